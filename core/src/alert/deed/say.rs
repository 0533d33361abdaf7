//! The deed of a call, in words.

use super::fill::{Filled, Filler, list, several};
use super::parameter;
use super::phrase;
use super::thing::{entity_name, name, thing};
use super::verb::{self, Tense};
use crate::event::{CallOutcome, Event};
use crate::facts::Context;
use crate::iam::arn::Arn;
use crate::iam::kind::EntityKind;
use crate::text::line::{Line, NAME_CHARS_MAX};

/// `deleted log group payments`, or `delete log group payments`: by the table of phrases, or where that has none, or none that
/// says a name, by the words of the call's own name and what else of the event names something.
pub(in crate::alert) fn deed(event: &Event, context: &Context, tense: Tense) -> Line {
    let call = event.name().unwrap_or("an unnamed call");
    let filler = Filler { event, context };
    let phrase = phrase::of_call(event.event_source().unwrap_or_default(), call);
    let filled = phrase.and_then(|phrase| filler.phrase(phrase, tense));
    let names_nothing_ever = phrase.is_some_and(|phrase| !phrase.contains('{'));
    match filled {
        Some(filled) if filled.names || names_nothing_ever => filled.line,
        filled => {
            let plain = plain(event, context, call, tense);
            match filled {
                Some(filled) if !plain.names => filled.line,
                _ => plain.line,
            }
        }
    }
}

/// The call's own name as words, and what it is about.
fn plain(event: &Event, context: &Context, call: &str, tense: Tense) -> Filled {
    let (line, rest) = match verb::of_call(call, tense) {
        Some((verb, rest)) => (Line::from(verb).and(" ").and(Line::name(&words(rest))), rest),
        None => {
            let verb = if tense == Tense::Done { "called " } else { "call " };
            (Line::from(verb).and(Line::name(call)), "")
        }
    };
    let on = about(event, context, rest);
    Filled { names: on.is_some(), line: line.and(on.unwrap_or_default()) }
}

/// The target of the call, with its preposition: by the catalogue, by the parameters, or by the text of the refusal.
fn about(event: &Event, context: &Context, rest: &str) -> Option<Line> {
    let entity = context.facts.entity.as_ref();
    if entity.is_some_and(|entity| entity.kind == EntityKind::Root) {
        return Some(" of the root user".into());
    }
    let of_entity = entity.and_then(|entity| {
        let name = entity_name(entity)?;
        Some(beside(&entity.kind.words_of(), name, rest))
    });
    // The sentence says anyhow in which account it was.
    let only_account = entity.is_some_and(|entity| {
        entity.kind == EntityKind::Account && entity.name.as_deref() == event.account()
    });
    let by_parameters = || of_parameters(event, rest);
    match of_entity {
        Some(line) if only_account => Some(by_parameters().unwrap_or(line)),
        Some(line) => Some(line),
        None => by_parameters().or_else(|| refused(event, context)),
    }
}

/// ` on role deploy`, or only the name where the call's own words end with the kind.
fn beside(kind: &str, name: Line, rest: &str) -> Line {
    let noun = kind.rsplit(' ').next().unwrap_or_default();
    let words = words(rest);
    if words.rsplit(' ').next() == Some(noun) {
        Line::from(" ").and(name)
    } else if words.split(' ').any(|word| word == noun) {
        Line::from(" of ").and(name)
    } else {
        Line::from(" on ").and(Line::name(kind)).and(" ").and(name)
    }
}

fn of_parameters(event: &Event, rest: &str) -> Option<Line> {
    let named = parameter::named(event);
    let mut line: Option<Line> = None;
    for one in &named {
        let names = || list(one.names.iter().map(|value| name(value, event)).collect());
        let more = match (one.noun, &line) {
            (None, _) => Line::from(" ").and(names()?),
            (Some(noun), None) if one.names.len() == 1 => beside(noun, names()?, rest),
            (Some(noun), None) => Line::from(" on ").and(several(noun, &one.names, event)?),
            (Some(noun), Some(_)) => Line::from(", ").and(several(noun, &one.names, event)?),
        };
        line = Some(line.unwrap_or_default().and(more));
    }
    line
}

/// The ARN in the text of a refused call.
fn refused(event: &Event, context: &Context) -> Option<Line> {
    let message = event.text("detail.errorMessage")?;
    let (_, resource) = message
        .split_once("on resource: ")
        .filter(|_| context.facts.outcome == CallOutcome::Denied)?;
    let arn = resource.split_whitespace().next()?.trim_end_matches(['.', ',']);
    let named = !Arn::parse(arn)?.common_name().is_empty();
    named.then(|| Line::from(" on ").and(thing(arn, event, context)))
}

/// `RolePermissionsBoundary` as `role permissions boundary`, `MFADevice` as `MFA device`.
fn words(name: &str) -> String {
    // Lambda puts a version behind its names: `20150331v2`.
    let unversioned = name.find("20").and_then(|at| name.get(..at)).unwrap_or(name);
    let chars: Vec<char> = unversioned.chars().take(NAME_CHARS_MAX).collect();
    let mut words: Vec<String> = Vec::new();
    for (index, c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| chars.get(before));
        let after = chars.get(index + 1);
        let starts = c.is_uppercase()
            && (before.is_none_or(|c| c.is_lowercase()) || after.is_some_and(|c| c.is_lowercase()));
        match words.last_mut() {
            Some(word) if !starts => word.push(*c),
            _ => words.push(c.to_string()),
        }
    }
    let acronym = |word: &String| word.len() > 1 && word.chars().all(|c| !c.is_lowercase());
    let plain = |word: String| if acronym(&word) { word } else { word.to_lowercase() };
    words.into_iter().map(plain).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_calls_become_words() {
        assert_eq!(words("RolePermissionsBoundary"), "role permissions boundary");
        assert_eq!(words("MFADevice"), "MFA device");
        assert_eq!(words("OpenIDConnectProvider"), "open ID connect provider");
    }
}
