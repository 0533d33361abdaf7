//! Keys that make events equal: for counters, and for repetitions.

use std::borrow::Cow;

use super::content::content;
use crate::event::{CallOutcome, Event, PrincipalKind, issuer};
use crate::facts::Context;
use crate::iam::catalogue::IAM;
use crate::rule::{GroupBy, Rule};
use crate::text::severity::Severity;

/// Is its name, or all that is known of it, what it calls itself? Each attempt may come under a new one. AWS says
/// who users, roles, accounts and its services are.
fn names_itself(context: &Context) -> bool {
    let principal = &context.facts.principal;
    match principal.kind {
        PrincipalKind::Root
        | PrincipalKind::IamUser
        | PrincipalKind::AwsAccount
        | PrincipalKind::AwsService => false,
        PrincipalKind::FederatedUser => principal.issued_by.is_none(),
        PrincipalKind::AssumedRole | PrincipalKind::Role => {
            principal.role_arn.is_none() && principal.arn.is_none()
        }
        _ => true,
    }
}

/// Did the attempt fail? A failed sign-in is judged by its rules alone: its caller is unknown.
#[must_use]
pub(super) fn is_attempt(event: &Event, context: &Context) -> bool {
    context.facts.outcome != CallOutcome::Success
        && event.event_source() != Some("signin.amazonaws.com")
}

/// When two alerts of a rule are the same: by the rule's own `dedupe_by`, otherwise by its threshold's keys, otherwise
/// by call, principal and entity. A louder alert is always news, and a success never equals a failure.
///
/// A caller without any right can try without end, with names that he makes up: attempts are the same by rule and
/// caller. An alert of a rule that counts is about many events, but not about another change of another kind of
/// thing: ten deleted keys must not hide a deleted user.
#[must_use]
pub(super) fn fingerprint(
    rule: &Rule,
    event: &Event,
    context: &Context,
    severity: Severity,
) -> String {
    let spec = &rule.spec;
    if let Some(by) =
        spec.dedupe_by.as_ref().or(spec.threshold.as_ref().map(|threshold| &threshold.by))
    {
        let key = counter_key(rule, by, event, context);
        let outcome = context.facts.outcome.word();
        let changed = context.facts.outcome == CallOutcome::Success && !context.facts.read_only;
        if rule.spec.threshold.is_none() || !changed {
            // The tool's own resources are in one Region; a resource with such a name in another Region is foreign.
            let place = if context.own.is_empty() { "" } else { region(event) };
            return format!("{key}\n{outcome}\n{severity}\n{}", place.escape_debug());
        }
        let name = event.name().unwrap_or_default();
        let entity = context.facts.entity.as_ref();
        let kind = entity.map(|entity| entity.kind.word()).unwrap_or_default();
        let who = context.facts.principal.key().to_lowercase();
        // One that is guarded, or ours, is never one of many.
        let guarded = context.guarded.is_some() || !context.own.is_empty();
        let which = entity.filter(|_| guarded).and_then(|entity| entity.name.as_deref());
        let which = which.unwrap_or_default().to_lowercase();
        let (who, which) = (who.escape_debug(), which.escape_debug());
        return format!("{key}\n{outcome}\n{severity}\n{name}\n{kind}\n{who}\n{which}");
    }
    if is_attempt(event, context) {
        let by = [GroupBy::Account, GroupBy::Principal];
        let (by, issuer) = match names_itself(context) {
            true => (&by[..1], issuer(event).unwrap_or_default()),
            false => (&by[..], ""),
        };
        let key = counter_key(rule, by, event, context);
        return format!("{key}\nattempt\n{severity}\n{}", issuer.escape_debug());
    }
    let by = [GroupBy::Account, GroupBy::Principal, GroupBy::Entity];
    let (key, name) = (counter_key(rule, &by, event, context), event.name().unwrap_or_default());
    // If the entity is unknown, the parameters identify it.
    let known = context.facts.entity.as_ref().is_some_and(|entity| entity.name.is_some());
    let parameters = event.value("detail.requestParameters").filter(|_| !known);
    let parameters = parameters.map(ToString::to_string).unwrap_or_default();
    let (outcome, region) = (context.facts.outcome.word(), region(event));
    format!("{key}\n{name}\n{outcome}\n{severity}\n{}\n{parameters}", region.escape_debug())
}

/// The step of a rule's sequence, by one of the names of the entity.
#[must_use]
pub(super) fn step_key(
    rule: &Rule,
    step: usize,
    (event, context): (&Event, &Context),
    name: &str,
) -> String {
    let by = rule.spec.sequence.as_ref().map(|sequence| sequence.by.as_slice()).unwrap_or_default();
    format!("step {step} of {}", key_of(rule, by, (event, context), name))
}

/// The key under which events are counted for a rule. Line breaks separate the fields, because no value contains one
/// unescaped.
#[must_use]
pub(super) fn counter_key(rule: &Rule, by: &[GroupBy], event: &Event, context: &Context) -> String {
    key_of(rule, by, (event, context), entity_name(context))
}

/// The name of the call's target. Empty if it has none.
#[must_use]
pub(super) fn entity_name(context: &Context) -> &str {
    context.facts.entity.as_ref().and_then(|entity| entity.name.as_deref()).unwrap_or_default()
}

fn key_of(rule: &Rule, by: &[GroupBy], (event, context): (&Event, &Context), name: &str) -> String {
    let mut key = rule.spec.id.clone();
    let principal = context.facts.principal.key();
    let of_iam = [IAM, "sts.amazonaws.com"].map(Some).contains(&event.event_source());
    for group in by {
        let owned: String;
        let value = match group {
            GroupBy::Account => event.account().unwrap_or_default(),
            GroupBy::Principal => &principal,
            GroupBy::Entity => name,
            GroupBy::Call => event.name().unwrap_or_default(),
            GroupBy::Handed => {
                let names = context.handed.as_ref().map(|handed| handed.names.join(" "));
                owned = names.unwrap_or_default();
                &owned
            }
            // A refused caller can make up any number of contents. For `Again`, only the state knows the answer.
            GroupBy::Again => "",
            GroupBy::Content if context.facts.outcome != CallOutcome::Success => "",
            GroupBy::Content => {
                owned = format!("{} {}", region(event), content(event, context));
                &owned
            }
            GroupBy::AccessKey => {
                context.facts.principal.access_key_id.as_deref().unwrap_or_default()
            }
            GroupBy::SourceIp => event.text("detail.sourceIPAddress").unwrap_or_default(),
        };
        // IAM names ignore case; others do not, and in what a call sets each letter counts.
        let folds = match group {
            GroupBy::Principal => true,
            GroupBy::Entity | GroupBy::Handed => of_iam,
            _ => false,
        };
        let value = if folds { Cow::Owned(value.to_lowercase()) } else { Cow::Borrowed(value) };
        key.push('\n');
        key.push_str(&value.escape_debug().to_string());
        if *group == GroupBy::Entity {
            key.push_str(&elsewhere(event, context));
        }
    }
    key
}

/// The account of the call's target, if it is another account.
fn elsewhere(event: &Event, context: &Context) -> String {
    let account = context.facts.entity.as_ref().and_then(|entity| entity.account.as_deref());
    let account = account.filter(|account| Some(*account) != event.account());
    account.map(|account| format!(" of {}", account.escape_debug())).unwrap_or_default()
}

/// The Region: the same name in another Region is another thing. Left out for sign-ins and assumed roles, where the
/// caller chooses among many.
fn region(event: &Event) -> &str {
    let everywhere = ["signin.amazonaws.com", "sts.amazonaws.com"];
    let of_caller = event.event_source().is_some_and(|source| everywhere.contains(&source));
    event.region().filter(|_| !of_caller).unwrap_or_default()
}
