//! Names of calls and sources, and words of fields that AWS may add to.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::keys::{Asking, is_near};
use crate::iam::catalogue::calls;
use crate::pattern::Matcher;
use crate::vocabulary::shape::{Part, asked_text};

/// How the sources of records end. In China some end in `.cn`.
const ENDS: [&str; 3] = [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.cn"];
/// Names of services with fewer letters than this are near to many others.
const SERVICE_LETTERS_LEAST: usize = 8;

/// Services whose names an application may bear as well.
const ALSO_WORDS: [&str; 8] =
    ["account", "chatbot", "config", "detective", "events", "logs", "monitoring", "notifications"];

/// The sources of the catalogue, without their end.
pub(super) static SERVICES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
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

/// Services whose events bear each other's names: those of Identity Center, and the new of an old name.
const RELATED: [&[&str]; 2] = [
    &["sso", "sso-directory", "sso-oauth", "identitystore", "identitystore-scim", "signin"],
    &["monitoring", "cloudwatch", "logs"],
];

/// A source of an envelope in which no record of the sources that are asked beside it comes. The answer is another
/// service of the catalogue, or nearly the one that is asked for; of the rest nobody knows.
pub(super) fn other_source(matcher: &Matcher, asking: &Asking) -> Option<(String, String)> {
    let (_, text) = asked_text(matcher).filter(|(part, _)| *part == Part::Whole)?;
    let service = text.strip_prefix("aws.").filter(|_| !asking.recorded.is_empty())?;
    let begin = |name: &str| name.split('-').next().unwrap_or_default().to_owned();
    let goes_with = |recorded: &&str| {
        begin(recorded).starts_with(&begin(service))
            || begin(service).starts_with(&begin(recorded))
            || RELATED.iter().any(|all| all.contains(recorded) && all.contains(&service))
    };
    let recorded: Option<Vec<&str>> = asking
        .recorded
        .iter()
        .map(|source| source.strip_suffix(".amazonaws.com")?.split('.').next())
        .collect();
    let recorded = recorded?;
    let are_known = recorded.iter().all(|one| SERVICES.contains(one));
    if !are_known || recorded.iter().any(goes_with) {
        return None;
    }
    let near = recorded.iter().find(|one| strsim::osa_distance(one, service) == 1);
    let meant = near.or_else(|| recorded.first().filter(|_| SERVICES.contains(service)))?;
    let sources: Vec<&str> = asking.recorded.iter().map(String::as_str).collect();
    let message = format!(
        "`source` is never `{text}` where `detail.eventSource` is `{}`",
        sources.join("` or `")
    );
    Some((message, format!("did you mean `aws.{meant}`?")))
}

/// The service of the catalogue that is meant by a name that is nearly its own. What differs in a number at the end is
/// another service.
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
