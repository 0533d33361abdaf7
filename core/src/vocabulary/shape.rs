//! Which values a field of a record may have, and whether an alternative accepts any of them.

use serde_json::Value;

use crate::event::{DetailType, EventCategory, EventType, PrincipalKind};
use crate::iam::account;
use crate::pattern::Matcher;

/// Digits of an account ID.
const ID_DIGITS: usize = 12;

/// Which values a field may have.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// An account ID.
    Account,
    /// A text that is not a number; lengths other than that of an ID too.
    NoNumber,
    /// `true` or `false`.
    Truth,
    /// These words and no others.
    Words(&'static [&'static str]),
    /// These words, and others that are unknown yet: a value that is nearly one of them is a misspelling.
    Nearly(fn() -> Vec<&'static str>),
    /// The name of a call.
    Call,
    /// The source of a record: `iam.amazonaws.com`.
    EventSource,
    /// The source of an envelope: `aws.iam`.
    Source,
    /// A Region.
    Region,
}

/// Which values a field has in every record, by its path. `None` if it is not known to be one of these.
pub(super) fn shape_of(path: &str) -> Option<Shape> {
    let last = path.rsplit('.').next().unwrap_or(path);
    let is_given = path.starts_with("detail.requestParameters.")
        || path.starts_with("detail.responseElements.");
    Some(match path {
        "account" | "detail.recipientAccountId" | "detail.userIdentity.accountId" => Shape::Account,
        "source" => Shape::Source,
        "region" | "detail.awsRegion" => Shape::Region,
        "detail-type" => Shape::Nearly(DetailType::words),
        "detail.eventName" => Shape::Call,
        "detail.eventSource" => Shape::EventSource,
        "detail.eventType" => Shape::Nearly(EventType::words),
        "detail.eventCategory" => Shape::Nearly(EventCategory::words),
        "detail.userIdentity.type" | "detail.userIdentity.sessionContext.sessionIssuer.type" => {
            Shape::Nearly(PrincipalKind::words)
        }
        "detail.readOnly" | "detail.managementEvent" => Shape::Truth,
        "detail.userIdentity.sessionContext.attributes.mfaAuthenticated" => {
            Shape::Words(&["true", "false"])
        }
        "detail.additionalEventData.MFAUsed" => Shape::Words(&["Yes", "No"]),
        "detail.responseElements.ConsoleLogin" => Shape::Words(&["Success", "Failure"]),
        _ if !is_given
            && ["accountId", "sourceAccount", "vpcEndpointAccountId"].contains(&last) =>
        {
            Shape::Account
        }
        _ if path.starts_with("detail.") && last.to_lowercase().contains("account") => {
            Shape::NoNumber
        }
        _ => return None,
    })
}

/// What a text must be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Exactly it.
    Whole,
    /// It, in any case.
    AnyCase,
    /// It begins so.
    Begin,
    /// It ends so.
    End,
    /// `*` in it is any text.
    Wildcard,
}

/// The text that an alternative matches, and which part of a value it is.
pub(super) fn asked_text(matcher: &Matcher) -> Option<(Part, String)> {
    let asked = matcher.to_value();
    if let Value::String(text) = asked {
        return Some((Part::Whole, text));
    }
    let (operator, operand) = asked.as_object()?.iter().next()?;
    let part = match operator.as_str() {
        "prefix" => Part::Begin,
        "suffix" => Part::End,
        "wildcard" => Part::Wildcard,
        "equals-ignore-case" => Part::AnyCase,
        _ => return None,
    };
    let text = operand.as_str().or_else(|| operand.as_object()?.values().next()?.as_str())?;
    Some((part, text.to_owned()))
}

/// May an alternative accept the ID of an account?
pub(super) fn is_of_accounts(matcher: &Matcher) -> bool {
    let Some((part, text)) = asked_text(matcher) else { return false };
    let is_piece = |text: &str| text.len() <= ID_DIGITS && text.bytes().all(|b| b.is_ascii_digit());
    match part {
        Part::Whole | Part::AnyCase => account::is_id(&text),
        Part::Begin | Part::End => is_piece(&text),
        Part::Wildcard => is_piece(&text.replace('*', "")),
    }
}
