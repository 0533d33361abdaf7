//! The least severity, which no adjustment goes below: a file, a calendar or a tag that an attacker can change must not
//! hide what matters most. Only a declared suppression, which has an owner and an end, goes further.

use crate::assess::gravity::Gravity;
use crate::event::CallOutcome;
use crate::facts::{Context, Protected, RightsChange};
use crate::iam::arn::PERMISSION_SET_NAME;
use crate::iam::catalogue::{CallEffect, IAM};
use crate::iam::policy::TrustWord;
use crate::rule::Rule;
use crate::text::severity::Severity;
use crate::vocabulary::OwnKind;

/// The lowest severity that adjustments may leave an event, and why. `base` is the severity of the first rule: an
/// adjustment may not lower it, but only an event about a guarded entity, or about this tool, is raised here.
pub(super) fn least(
    context: &Context,
    base: Severity,
    rules: &[&Rule],
) -> Option<(Severity, Gravity)> {
    let guarded = cuts_guarded(context)
        .or_else(|| cuts_protected(context))
        .map(|gravity| (Severity::High, gravity));
    let own = (!context.own.is_empty() && !context.facts.read_only)
        .then(|| (about_us(base, context, rules).min(Severity::High), Gravity::Own));
    let grave = grave(context).map(|gravity| (base.min(Severity::Medium), gravity));
    let handed =
        context.hands_escalation().then_some((Severity::Medium, Gravity::HandsAdministrator));
    let by_rule = floor(context, rules).map(|floor| (base.min(floor), Gravity::RuleFloor));
    let all = [guarded, own, grave, handed, by_rule];
    all.into_iter().flatten().max_by_key(|(severity, _)| *severity)
}

/// The severity of the loudest rule about this tool, even of a general one: the owner's quieter rule about the same
/// call does not lower it.
fn about_us(base: Severity, context: &Context, rules: &[&Rule]) -> Severity {
    let own = rules.iter().filter(|rule| is_about_us(rule));
    own.map(|rule| rule.severity_of(context.facts.outcome)).max().unwrap_or(base).max(base)
}

fn is_about_us(rule: &Rule) -> bool {
    let absent = serde_json::json!({"exists": false});
    let asks = |branch: std::collections::BTreeMap<String, Vec<serde_json::Value>>| {
        branch.get("derived.own").is_some_and(|wanted| !wanted.contains(&absent))
    };
    rule.pattern.to_branches().into_iter().all(asks)
}

/// The highest floor of the rules about the call. Nobody but AWS can wear a service-linked role, and what it
/// opens is its service's work.
fn floor(context: &Context, rules: &[&Rule]) -> Option<Severity> {
    let by_service = context.facts.principal.linked_service.is_some();
    let (first, others) = rules.split_first().filter(|_| !by_service)?;
    let others = others.iter().filter(|rule| !rule.spec.is_general());
    others.chain([first]).map(|rule| rule.floor(context.facts.outcome)).max()
}

fn grave(context: &Context) -> Option<Gravity> {
    let grants = &context.rights.grants.all;
    let trust = context.rights.trust.as_ref();
    let keeps_own_roles = is_identity_centers(context);
    if grants.iter().any(|grant| grant.makes_administrator()) && !keeps_own_roles {
        return Some(Gravity::GivesAdministrator);
    }
    let unknown = context.rights.unknown.is_some() || opens_unknown(context);
    if unknown && context.automation.is_none() && !keeps_own_roles {
        return Some(Gravity::RightsUnknown);
    }
    let lets_in = trust
        .is_some_and(|trust| TrustWord::STRANGERS.iter().any(|word| trust.words.contains(word)));
    if lets_in && !keeps_own_roles {
        return Some(Gravity::LetsStrangersIn);
    }
    // Auto scaling deletes its alarms, a conformance pack its rules.
    let by_service = context.facts.principal.linked_service.is_some();
    (context.facts.tampering() && !by_service).then_some(Gravity::Tampering)
}

/// A group membership, a role for machines or a role's trust, if no event showed what the group or role holds. Roles
/// handed to services are unknown too often, so they do not count.
fn opens_unknown(context: &Context) -> bool {
    let of_iam = context.facts.call.is_some_and(|call| call.source == IAM);
    let newly = context.handed.as_ref().filter(|handed| of_iam && !handed.again);
    newly.is_some_and(|handed| handed.unknown.is_some())
}

/// Identity Center keeps the roles of its permission sets, and nobody else can wear its own. No other service's
/// work is to make administrators.
fn is_identity_centers(context: &Context) -> bool {
    let name =
        context.facts.entity.as_ref().and_then(|entity| entity.name.as_deref()).unwrap_or_default();
    context.facts.principal.linked_service.as_deref() == Some("sso.amazonaws.com")
        && name.starts_with(PERMISSION_SET_NAME)
}

/// How it weakens an entity that must not be weakened, by a policy that the entity bears or a group it is in.
fn cuts_protected(context: &Context) -> Option<Gravity> {
    let protected =
        context.protected.as_ref().filter(|_| context.facts.outcome == CallOutcome::Success)?;
    let cuts = context.rights.denies || context.rights.unknown.is_some();
    // A new version may take all that they can do, and so may a policy in another's place.
    let replaces = match context.facts.rights_change {
        RightsChange::Attach(_) => false,
        RightsChange::Inline(_) => !context.replaces_nothing(),
        _ => true,
    };
    match protected {
        Protected::Guarded(who) if cuts || replaces => Some(Gravity::MayWeakenGuarded(who.clone())),
        Protected::Uncounted if cuts || replaces => Some(Gravity::MayWeakenUncounted),
        Protected::Own(who) if cuts => Some(Gravity::MayWeakenOwnRole(who.clone())),
        Protected::Guarded(_) | Protected::Uncounted | Protected::Own(_) => None,
    }
}

/// What weakens, or takes out of sight, an entity that must work when nothing else does: a Deny, a boundary, a
/// detachment. For an entity that the owner guards also: any removal, a replacement of its rights, a change of who
/// may wear it, its end.
fn cuts_guarded(context: &Context) -> Option<Gravity> {
    let own = context.own.iter().any(|kind| matches!(kind, OwnKind::Role | OwnKind::Policy));
    if context.facts.outcome != CallOutcome::Success || context.facts.read_only {
        return None;
    }
    let call = context.facts.call?;
    let change = context.facts.rights_change;
    let takes_or_bounds = matches!(
        change,
        RightsChange::Bound
            | RightsChange::BoundSet
            | RightsChange::Unbound
            | RightsChange::Detach(_)
            | RightsChange::DeleteInline
            | RightsChange::DeleteManaged
    );
    let cuts = context.rights.denies || context.rights.unknown.is_some() || takes_or_bounds;
    // The former policy may have been its only right, and a key may be its only one.
    let replaces = matches!(change, RightsChange::Inline(_)) && !context.replaces_nothing();
    let takes =
        matches!(call.effect, CallEffect::Removes | CallEffect::Destroys | CallEffect::Weakens)
            || call.name == "UpdateAccessKey"
            || replaces;
    let new_trust = matches!(change, RightsChange::Trust(_));
    let renames = matches!(call.name, "UpdateUser" | "UpdateGroup");
    if context.guarded.is_some() && renames {
        return Some(Gravity::RenamesGuarded);
    }
    if context.guarded.is_some() && (cuts || takes || new_trust) {
        return Some(Gravity::WeakensGuarded);
    }
    (own && (cuts || new_trust)).then_some(Gravity::WeakensOwnRole)
}
