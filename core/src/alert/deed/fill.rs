//! A phrase of the table, filled with what the event says.

use super::thing::{account, elsewhere, entity_name, name, node, policy, reach, thing};
use super::value::{is_said, is_there, said, settings, tags, texts};
use super::verb::{self, Tense};
use crate::event::Event;
use crate::facts::Context;
use crate::iam::arn::Arn;
use crate::iam::kind::EntityKind;
use crate::text::line::Line;

/// Most characters of what something is set to, or of half a tag.
const SETTING_CHARS_MAX: usize = 64;

/// The source of the values: an event and its meaning.
#[derive(Clone, Copy)]
pub(super) struct Filler<'a> {
    pub(super) event: &'a Event,
    pub(super) context: &'a Context,
}

/// A phrase that is filled.
pub(super) struct Filled {
    pub(super) line: Line,
    /// It says at least one value of the event.
    pub(super) names: bool,
}

impl Filled {
    fn nothing() -> Self {
        Self { line: Line::default(), names: false }
    }

    fn and(self, other: Self) -> Self {
        Self { line: self.line.and(other.line), names: self.names || other.names }
    }
}

impl Filler<'_> {
    /// The phrase with its verb in this form. `None` if it does not hold of the event.
    pub(super) fn phrase(self, phrase: &'static str, tense: Tense) -> Option<Filled> {
        let mut filled = Filled::nothing();
        let mut rest = phrase;
        while !rest.is_empty() {
            let more;
            (more, rest) = match rest.split_once('<') {
                Some(("", behind)) => {
                    let (alternatives, behind) = behind.split_once('>')?;
                    let first = filled.line == Line::default();
                    let tense = first.then_some(tense);
                    (alternatives.split('|').find_map(|one| self.plain(one, tense))?, behind)
                }
                _ => {
                    let end = rest.find('<').unwrap_or(rest.len());
                    let first = filled.line == Line::default();
                    (self.plain(rest.get(..end)?, first.then_some(tense))?, rest.get(end..)?)
                }
            };
            filled = filled.and(more);
        }
        Some(filled)
    }

    /// A part without alternatives. Where it begins the phrase, its first word is the verb.
    fn plain(self, part: &'static str, tense: Option<Tense>) -> Option<Filled> {
        let mut filled = Filled::nothing();
        let mut rest = part;
        if let Some(tense) = tense {
            let end = part.find(' ').unwrap_or(part.len());
            filled.line = verb::form(part.get(..end)?, tense)?.into();
            rest = part.get(end..)?;
        }
        while let Some((before, behind)) = rest.split_once('{') {
            let (form, behind) = behind.split_once('}')?;
            filled.line = filled.line.and(before).and(self.value(form)?);
            filled.names = true;
            rest = behind;
        }
        filled.line = filled.line.and(rest);
        Some(filled)
    }

    fn value(self, form: &'static str) -> Option<Line> {
        let Self { event, context } = self;
        if let Some(path) = form.strip_prefix('?') {
            let holds = match path.split_once('=') {
                Some((path, value)) => is_said(event, path, value),
                None => is_there(event, path),
            };
            return holds.then(Line::default);
        }
        if let Some((noun, paths)) = form.split_once('=') {
            return several(noun, &texts(event, paths), event);
        }
        let one = |paths: &str, say: &dyn Fn(&str) -> Line| {
            list(texts(event, paths).iter().map(|text| say(text)).collect())
        };
        match form.split_once(':') {
            Some(("thing", paths)) => one(paths, &|text| thing(text, event, context)),
            Some(("account", paths)) => one(paths, &|text| account(text, event, context)),
            Some(("node", paths)) => one(paths, &|text| node(text, event, context)),
            Some(("reach", paths)) => one(paths, &|text| reach(text, event, context)),
            Some(("policy", paths)) => one(paths, &|text| policy(text, event)),
            Some(("value", paths)) => {
                list(settings(event, paths).iter().map(|text| setting(text, event)).collect())
            }
            Some(("tags", path)) => list(tags(event, path).into_iter().map(tag).collect()),
            Some(("typed", paths)) => {
                let (kind, path) = paths.split_once(',')?;
                let kind = match texts(event, kind).first().map(AsRef::as_ref) {
                    Some("USER") => "user ",
                    Some("GROUP") => "group ",
                    _ => "principal ",
                };
                Some(Line::from(kind).and(one(path, &|text| name(text, event))?))
            }
            Some(_) => None,
            None if form == "entity" => self.entity(),
            None if form == "entity.name" => entity_name(context.facts.entity.as_ref()?),
            None => one(form, &|text| name(text, event)),
        }
    }

    /// `role deploy`, or `the root user`.
    fn entity(self) -> Option<Line> {
        let entity = self.context.facts.entity.as_ref()?;
        if entity.kind == EntityKind::Root {
            return Some("the root user".into());
        }
        Some(Line::name(&entity.kind.words_of()).and(" ").and(entity_name(entity)?))
    }
}

/// What something is set to. Of an ARN the name in it, and its account where that is another.
fn setting(text: &str, event: &Event) -> Line {
    let said = |text: &str| Line::theirs(text, SETTING_CHARS_MAX);
    match Arn::parse(text) {
        Some(arn) => said(arn.common_name()).and(elsewhere(&arn, event)),
        None => said(text),
    }
}

/// `"team" = "payments"`. A tag may hold a whole sentence: the quotes show where it ends, so that none goes on behind it
/// as ours.
fn tag((key, value): (&str, &str)) -> Line {
    let quoted = |text: &str| {
        let text = Line::theirs(&text.replace('"', "'"), SETTING_CHARS_MAX);
        Line::from("\"").and(text).and("\"")
    };
    quoted(key).and(" = ").and(quoted(value))
}

/// `instance i-1`, `instances i-1 and i-2`.
pub(super) fn several(
    noun: &'static str,
    values: &[impl AsRef<str>],
    event: &Event,
) -> Option<Line> {
    let names = list(values.iter().map(|value| name(value.as_ref(), event)).collect())?;
    let ending = match (values.len(), noun.ends_with('s')) {
        (1, _) => " ",
        (_, false) => "s ",
        (_, true) => "es ",
    };
    let line = match noun.strip_suffix('y').filter(|_| values.len() > 1) {
        Some(stem) => Line::from(stem).and("ies "),
        None => Line::from(noun).and(ending),
    };
    Some(line.and(names))
}

/// `None` if there is none.
pub(super) fn list(lines: Vec<Line>) -> Option<Line> {
    if lines.is_empty() {
        return None;
    }
    let (before, more) = said(lines.len());
    let pieces = before.into_iter().zip(lines);
    let line = pieces.fold(Line::default(), |line, (before, one)| line.and(before).and(one));
    Some(match more {
        0 => line,
        more => line.and(" and ").and(Line::text(&format!("{more} more"))),
    })
}
