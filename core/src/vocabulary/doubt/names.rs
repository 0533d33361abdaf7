//! Names of calls and sources, and words of fields that AWS may add to.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::keys::{Asking, is_near};
use crate::iam::catalogue::{IAM, all_calls, calls, find, without_version};
use crate::pattern::Matcher;
use crate::vocabulary::shape::{Part, asked_text};

/// How the sources of records end. In China some end in `.cn`.
const ENDS: [&str; 3] = [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.cn"];
/// Names with fewer letters than this are near to many others.
const LETTERS_LEAST: usize = 12;
/// The same of services.
const SERVICE_LETTERS_LEAST: usize = 8;

/// Services whose names an application may bear as well.
const ALSO_WORDS: [&str; 8] =
    ["account", "chatbot", "config", "detective", "events", "logs", "monitoring", "notifications"];

/// The sources of the catalogue, without their end.
static SERVICES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    calls().filter_map(|call| call.source.strip_suffix(".amazonaws.com")).collect()
});

/// A word that is nearly one of these, and how to write it.
pub(super) fn nearly(path: &str, matcher: &Matcher, words: &[&str]) -> Option<(String, String)> {
    let (part, text) = asked_text(matcher)?;
    let is_known = words.iter().any(|one| matcher.accepts(&(*one).into()));
    if is_known || !matches!(part, Part::Whole | Part::AnyCase) {
        return None;
    }
    // `User` for `IAMUser`, too.
    let holds = |one: &&&str| text.len() >= 4 && one.to_lowercase().ends_with(&text.to_lowercase());
    let near = words.iter().find(|one| is_near(&text, one)).or_else(|| words.iter().find(holds));
    let meant = near?;
    Some((format!("`{path}` is never `{text}`"), format!("did you mean `{meant}`?")))
}

/// A name that no call of its sources has, and that is nearly one of theirs or can be none.
pub(super) fn call(matcher: &Matcher, asking: &Asking) -> Option<(String, Option<String>)> {
    let (part, text) = asked_text(matcher)?;
    let never = |meant: Option<&str>| {
        let help = meant.map(|meant| format!("did you mean `{meant}`?"));
        Some((format!("`detail.eventName` is never `{text}`"), help))
    };
    // An action of a policy is not the name of a call: `iam:CreateUser`.
    if let (Part::Whole | Part::AnyCase, Some((service, action))) = (part, text.split_once(':'))
        && SERVICES.contains(service)
        && action.starts_with(|c: char| c.is_ascii_uppercase())
    {
        return never(Some(action));
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
        let meant = known.iter().copied().find(is_one).filter(|_| is_plain && !is_any)?;
        return (!known.contains(&text.as_str())).then(|| never(Some(meant)))?;
    }
    let known: Option<Vec<&[&str]>> =
        asking.sources.iter().map(|source| all_calls(source)).collect();
    let known = known?.concat();
    match part {
        Part::Whole | Part::AnyCase => {
            let bare = without_version(&text);
            let is_known = known.iter().any(|one| {
                *one == text
                    || *one == bare
                    || (part == Part::AnyCase && one.eq_ignore_ascii_case(&text))
            }) || asking.sources.iter().any(|source| find(source, &text).is_some());
            if is_known {
                return None;
            }
            match nearest_call(&text, &known) {
                Some(meant) => never(Some(meant)),
                None if text.contains(char::is_whitespace) => never(None),
                None => None,
            }
        }
        Part::Begin => {
            let is_known = known.iter().any(|one| one.starts_with(text.as_str()));
            let begins = |one: &&str| {
                one.get(..text.len())
                    .is_some_and(|begin| begin != text && (begin.eq_ignore_ascii_case(&text)))
            };
            let meant = known.iter().copied().find(begins).and_then(|one| one.get(..text.len()));
            if is_known { None } else { never(Some(meant?)) }
        }
        _ => None,
    }
}

/// The call that is nearest to a name.
fn nearest_call<'a>(text: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = known.iter().copied().filter(|one| is_near(text, one));
    near.min_by_key(|one| strsim::osa_distance(text, one))
}

/// A source that no record has.
pub(super) fn event_source(matcher: &Matcher) -> Option<(String, String)> {
    let (part, text) = asked_text(matcher)?;
    let is_whole = matches!(part, Part::Whole | Part::AnyCase);
    let begins = part == Part::Begin && text.starts_with("aws.");
    if !is_whole && !begins {
        return None;
    }
    let small = text.to_lowercase();
    let ending = ENDS.iter().find(|end| small.ends_with(**end));
    let service = ending.map_or(small.as_str(), |end| small.strip_suffix(end).unwrap_or(&small));
    let service = service.strip_prefix("aws.").unwrap_or(service).trim();
    let service = service.split(['.', ' ']).next().unwrap_or(service);
    let meant = misspelt_service(service);
    let is_case = part != Part::AnyCase && small != text;
    if is_whole && ending.is_some() && !is_case && meant.is_none() && !small.starts_with("aws.") {
        return None;
    }
    let help = match begins {
        true => "the source of a record is like `iam.amazonaws.com`; that of an envelope, in `source`, like `aws.iam`".to_owned(),
        false => format!("did you mean `{}.amazonaws.com`?", meant.unwrap_or(service)),
    };
    Some((format!("`detail.eventSource` is never `{text}`"), help))
}

/// A source that no envelope of AWS has. Applications and partners have sources of any name; a source that is nearly
/// one of AWS's is a misspelling.
pub(super) fn source(matcher: &Matcher) -> Option<(String, String)> {
    let (_, text) = asked_text(matcher).filter(|(part, _)| *part == Part::Whole)?;
    let small = text.to_lowercase();
    let bare = ENDS.iter().find_map(|end| small.strip_suffix(end));
    let named = ["aws.", "aws:", "aws-", "aws/"].iter().find_map(|begin| small.strip_prefix(begin));
    let is_known = |service: &str| SERVICES.contains(service);
    let service = match (bare, named) {
        (Some(bare), _) => bare.strip_prefix("aws.").unwrap_or(bare),
        (None, Some(named)) if is_known(named) && format!("aws.{named}") != text => named,
        (None, Some(named)) => misspelt_service(named).filter(|_| small.starts_with("aws."))?,
        (None, None) if is_known(&small) && !ALSO_WORDS.contains(&small.as_str()) => &small,
        _ => return None,
    };
    Some((format!("`source` is never `{text}`"), format!("did you mean `aws.{service}`?")))
}

/// The service of the catalogue whose name is nearly this one. A name that differs in a number at the end is another
/// service.
fn misspelt_service(service: &str) -> Option<&'static str> {
    if SERVICES.contains(service) {
        return None;
    }
    let number = |text: &str| text.trim_start_matches(|c: char| !c.is_ascii_digit()).to_owned();
    SERVICES.iter().copied().find(|one| {
        one.len() >= SERVICE_LETTERS_LEAST
            && number(one) == number(service)
            && is_near(service, one)
    })
}
