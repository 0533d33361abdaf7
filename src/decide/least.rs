//! What no adjustment makes quieter than it must be: a file, a calendar or a tag that somebody can reach must
//! not hide what matters most. Only a declared suppression, which has an owner and an end, goes further.

use crate::arn::PERMISSION_SET_NAME;
use crate::derive::{CallOutcome, Facts};
use crate::severity::Severity;

/// Words of a policy that make whoever has it an administrator, at once or by one more call.
const ADMINISTRATOR: [&str; 2] = ["admin", "iam-write"];
/// Words of a trust policy that lets strangers in.
const STRANGERS: [&str; 4] =
    ["anyone", "external-account", "unknown-principal", "federated-unconditioned"];

/// How loud an event is at least whatever the adjustments say, and why. `base` is what the rule said: an
/// adjustment may not lower it, but nothing here raises it.
pub(super) fn least(facts: &Facts, base: Severity) -> Option<(Severity, &'static str)> {
    if let Some(what) = cuts_guarded(facts) {
        return Some((Severity::High, what));
    }
    grave(facts).map(|what| (base.min(Severity::Medium), what))
}

fn grave(facts: &Facts) -> Option<&'static str> {
    let grants = &facts.rights.grants.all;
    let trust = facts.rights.trust.as_ref();
    let keeps_own_roles = is_identity_centers(facts);
    if ADMINISTRATOR.iter().any(|word| grants.contains(*word)) && !keeps_own_roles {
        return Some("it gives administrator rights");
    }
    let lets_in =
        trust.is_some_and(|trust| STRANGERS.iter().any(|word| trust.words.contains(*word)));
    if lets_in && !keeps_own_roles {
        return Some("it lets strangers in");
    }
    if !facts.own.is_empty() && !facts.read_only && !facts.own_stack {
        return Some("it is about this tool itself");
    }
    // Auto scaling deletes its alarms, a conformance pack its rules.
    let by_service = facts.principal.linked_service.is_some();
    (facts.tampering() && !by_service).then_some("it weakens the monitoring")
}

/// Identity Center keeps the roles of its permission sets, and nobody else can wear its own. No other service's
/// work is to make administrators.
fn is_identity_centers(facts: &Facts) -> bool {
    let name = facts.entity.as_ref().and_then(|entity| entity.name.as_deref()).unwrap_or_default();
    facts.principal.linked_service.as_deref() == Some("sso.amazonaws.com")
        && name.starts_with(PERMISSION_SET_NAME)
}

/// A Deny, a boundary or a detachment on what must work when nothing else does.
fn cuts_guarded(facts: &Facts) -> Option<&'static str> {
    let guarded = facts.guarded.is_some();
    let own = facts.own.iter().any(|kind| matches!(*kind, "role" | "policy"));
    if facts.outcome != CallOutcome::Success || facts.read_only || !(guarded || own) {
        return None;
    }
    let name = facts.call?.name;
    let bounds = name.ends_with("PermissionsBoundary");
    let detaches = name.starts_with("Detach")
        || (name.starts_with("Delete")
            && (name.ends_with("Policy") || name.ends_with("PolicyVersion")));
    match (facts.rights.denies, bounds, detaches, guarded) {
        (true, _, _, true) => Some("a Deny on an entity that the site guards"),
        (_, true, _, true) => Some("a boundary of an entity that the site guards"),
        (_, _, true, true) => Some("a detachment from an entity that the site guards"),
        (true, _, _, false) => Some("a Deny on this tool's own"),
        (_, true, _, false) => Some("a boundary of this tool's own"),
        (_, _, true, false) => Some("a detachment from this tool's own"),
        _ => None,
    }
}
