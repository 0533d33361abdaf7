//! Names of calls that none of their sources has.

use serde_json::{Value, json};

use super::keys::{Asking, is_near};
use super::names::SERVICES;
use crate::iam::catalogue::{IAM, all_calls, calls, find, source_of, without_version};
use crate::pattern::{Matcher, Pattern};
use crate::vocabulary::shape::{Part, asked_text};

/// Names with fewer letters than this are near to many others.
const LETTERS_LEAST: usize = 12;
/// The same of parts of names.
const PART_LETTERS_LEAST: usize = 4;
/// Sources whose records bear the names of their calls and no others.
const CALLS_ONLY: [&str; 2] = [IAM, "sts.amazonaws.com"];

/// What check says of a name.
type Finding = Option<(String, Option<String>)>;

fn never(text: &str, help: Option<String>) -> Finding {
    Some((format!("`detail.eventName` is never `{text}`"), help))
}

fn meant(word: &str) -> Option<String> {
    Some(format!("did you mean `{word}`?"))
}

/// A name that no call of its sources has, and that is nearly one of theirs or can be none.
pub(super) fn call(matcher: &Matcher, asking: &Asking) -> Finding {
    let (part, text) = asked_text(matcher)?;
    // An action of a policy is no name of a call: `iam:CreateUser`.
    if let (Part::Whole | Part::AnyCase, Some((service, action))) = (part, text.split_once(':'))
        && SERVICES.contains(service)
        && action.starts_with(|c: char| c.is_ascii_uppercase())
    {
        return never(&text, meant(action));
    }
    if asking.sources.is_empty() {
        // Any service may have a call of nearly the name: only long ones that one letter separates from one of IAM's.
        let is_one = |one: &&str| {
            one.len() >= LETTERS_LEAST
                && strsim::osa_distance(&text.to_lowercase(), &one.to_lowercase()) == 1
        };
        let known = all_calls(IAM).unwrap_or_default();
        let is_plain = part == Part::Whole && (asking.records || asking.any_kind);
        let is_any = calls().any(|call| call.name == text);
        let near = known.iter().copied().find(is_one).filter(|_| is_plain && !is_any)?;
        return (!known.contains(&text.as_str())).then(|| never(&text, meant(near)))?;
    }
    let known: Option<Vec<&[&str]>> =
        asking.sources.iter().map(|source| all_calls(source)).collect();
    let known = known?.concat();
    let is_known = match part {
        Part::Whole | Part::AnyCase => {
            let bare = without_version(&text);
            known.iter().any(|one| {
                *one == text
                    || *one == bare
                    || (part == Part::AnyCase && one.eq_ignore_ascii_case(&text))
            }) || asking.sources.iter().any(|source| find(source, &text).is_some())
        }
        // Behind some names stands the date of a version.
        Part::Begin if text.ends_with(|c: char| c.is_ascii_digit()) => {
            known.contains(&text.trim_end_matches(|c: char| c.is_ascii_digit()))
        }
        _ => known.iter().any(|one| matcher.accepts(&Value::from(*one))),
    };
    if is_known {
        return None;
    }
    match part {
        Part::Whole | Part::AnyCase => match nearest_call(&text, &known) {
            Some(near) => never(&text, meant(near)),
            None if text.contains(char::is_whitespace) => never(&text, None),
            None if asking.is_test => None,
            None => foreign(&text, &known, asking),
        },
        Part::Begin | Part::End => never(&text, meant(nearest_part(&text, part, &known)?)),
        Part::Wildcard => never(&text, meant(&nearest_wildcard(&text, &known)?)),
    }
}

/// A call of another service; or one of things that the calls of its sources, which are all known, do not know. A new call
/// of a service is mostly about what it has already, and that no word is near is no doubt.
fn foreign(text: &str, known: &[&str], asking: &Asking) -> Finding {
    if let Some(source) = source_of(text).filter(|source| !asking.sources.contains(*source)) {
        return never(text, Some(format!("it is a call of `{source}`")));
    }
    let is_all = asking.sources.iter().all(|source| CALLS_ONLY.contains(&source.as_str()));
    let things: Vec<&str> = words(text).skip(1).map(|word| word.trim_end_matches('s')).collect();
    let is_of_it = |thing: &&str| known.iter().any(|one| one.contains(*thing));
    (is_all && !things.is_empty() && !things.iter().any(is_of_it)).then(|| never(text, None))?
}

/// Where the words of a name begin, and its end: `CreateUser` has 0, 6 and 10.
fn bounds(name: &str) -> Vec<usize> {
    let mut found = vec![0];
    let pairs = name.char_indices().zip(name.chars().skip(1));
    let begun = pairs.filter(|((_, one), next)| !one.is_uppercase() && next.is_uppercase());
    found.extend(begun.map(|((at, one), _)| at + one.len_utf8()));
    found.push(name.len());
    found
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    let bounds = bounds(name);
    let ends = bounds.clone().into_iter().skip(1);
    bounds.into_iter().zip(ends).filter_map(|(from, to)| name.get(from..to))
}

/// Is a part of a name nearly one of another: but for one letter, or in other letters?
fn is_near_part(text: &str, known: &str) -> bool {
    text.len() >= PART_LETTERS_LEAST
        && known.len() >= PART_LETTERS_LEAST
        && text != known
        && strsim::osa_distance(&text.to_lowercase(), &known.to_lowercase()) <= 1
}

/// The whole words at the beginning or the end of a known name that are nearest to this.
fn nearest_part<'a>(text: &str, part: Part, known: &[&'a str]) -> Option<&'a str> {
    let parts = known.iter().flat_map(|one| {
        bounds(one).into_iter().filter_map(move |at| match part {
            Part::Begin => one.get(..at),
            _ => one.get(at..),
        })
    });
    let near = parts.filter(|one| is_near_part(text, one));
    near.min_by_key(|one| (strsim::osa_distance(text, one), *one))
}

/// The wildcard with one of its texts written as the known names have it, where any of them fits then.
fn nearest_wildcard(text: &str, known: &[&str]) -> Option<String> {
    let pieces = text.split('*').filter(|piece| piece.len() >= PART_LETTERS_LEAST);
    let mut wrong = pieces.filter(|piece| !known.iter().any(|one| one.contains(*piece)));
    wrong.find_map(|piece| {
        let parts = known.iter().flat_map(|one| {
            let bounds = bounds(one);
            let ends = bounds.clone();
            bounds.into_iter().flat_map(move |from| {
                ends.clone().into_iter().filter_map(move |to| one.get(from..to))
            })
        });
        let mut near: Vec<&str> = parts.filter(|one| is_near_part(piece, one)).collect();
        near.sort_unstable();
        near.dedup();
        let written = |one: &str| text.replacen(piece, one, 1);
        let fits = |wildcard: &String| {
            let asked = Pattern::compile(&json!({"field": [{"wildcard": wildcard}]})).ok();
            let matcher = asked.and_then(|asked| asked.matchers("field").next().cloned());
            let fits = |one: &&str| {
                matcher.as_ref().is_some_and(|matcher| matcher.accepts(&Value::from(*one)))
            };
            known.iter().any(fits)
        };
        near.into_iter().map(written).find(fits)
    })
}

/// The call that is nearest to a name.
fn nearest_call<'a>(text: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = known.iter().copied().filter(|one| is_near(text, one));
    near.min_by_key(|one| strsim::osa_distance(text, one))
}
