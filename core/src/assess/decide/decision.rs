//! How loud, and why.

use jiff::Timestamp;

use super::found;
use super::least;
use super::worlds::Worlds;
use crate::assess::gravity::Untimed;
use crate::assess::reason::Reason;
use crate::event::{CallOutcome, Event};
use crate::facts::Context;
use crate::iam::kind::EntityKind;
use crate::iam::policy::Grant;
use crate::plan::{self, PlanId, Undo};
use crate::rule::Rule;
use crate::site::{AdjustmentSpec, Site, Suppression};
use crate::text::severity::Severity;

/// What is decided about an event that rules matched.
#[derive(Debug, Clone)]
pub struct Decision {
    /// How loud.
    pub severity: Severity,
    /// Why this loud, the base first, then what was cut.
    pub reasons: Vec<Reason>,
    /// Not all of it was judged, because that would have taken too long: the stricter answer counts.
    pub cut: bool,
    /// Adjustments that made it quieter than medium by more than a step, by their reasons: that is counted.
    pub quietened_by: Vec<String>,
    /// The suppression that silences it, if one does.
    pub suppressed: Option<String>,
    /// The steps that undo the change, where there are any.
    pub undo: Vec<Undo>,
    /// The steps that the matching rules allow in a plan.
    pub plan: Vec<Undo>,
    /// The ID of these steps, where there are any.
    pub plan_id: Option<PlanId>,
}

/// Decides about an event. `rules` are those that fire, as the rule set settles them; `unsure` are
/// rules that count as matched because matching ran out of steps; `now` is when it is decided, for the expiry of
/// suppressions.
#[must_use]
pub fn decide(
    event: &Event,
    context: &Context,
    rules: &[&Rule],
    unsure: &[&Rule],
    site: &Site,
    now: Timestamp,
) -> Decision {
    let mut reasons = Vec::new();
    let worlds = Worlds::of(event, context);
    let mut quietened_by = Vec::new();
    let found = (&mut reasons, &mut quietened_by);
    let mut severity = adjusted(event, &worlds, context, rules, site, found);
    if plan::names_the_impossible(event, context) && severity < Severity::High {
        severity = Severity::High;
        reasons.push(Reason::ImpossibleNames);
    }
    if severity >= Severity::Medium {
        quietened_by.clear();
    }
    let suppressed = suppression(&worlds, rules, site, now, &mut reasons);
    let cut = cut(context, unsure, &worlds);
    let is_cut = !cut.is_empty();
    // Behind the base, so that no number of other reasons crowds it out.
    let behind = reasons.len().min(1);
    reasons.splice(behind..behind, cut);
    let undo = plan::undo(event, context);
    // A call that can be undone in several ways may be where a rule names one of them.
    let words: Vec<&str> = plan::inverses(event, context).map(|inverse| inverse.word).collect();
    let mut responses = rules.iter().flat_map(|rule| &rule.spec.respond);
    let allowed = responses.any(|word| words.contains(&word.as_str()));
    let plan = if allowed { undo.clone() } else { Vec::new() };
    let plan_id = (!undo.is_empty()).then(|| PlanId::of(event, context, &undo, site.version()));
    Decision { severity, reasons, cut: is_cut, quietened_by, suppressed, undo, plan, plan_id }
}

/// The parts that were not judged whole, with the answer that counts instead.
fn cut(context: &Context, unsure: &[&Rule], worlds: &Worlds<'_>) -> Vec<Reason> {
    let mut lines = Vec::new();
    if let [first, others @ ..] = unsure {
        lines.push(Reason::RulesCut { first: first.spec.id.clone(), more: others.len() });
    }
    if worlds.is_cut() {
        lines.push(Reason::SiteCut);
    }
    if context.rights.grants.all.contains(&Grant::TooLong) {
        lines.push(Reason::PolicyCut);
    }
    if context.rights.trust.as_ref().is_some_and(|trust| trust.cut) {
        lines.push(Reason::TrustCut);
    }
    lines
}

/// What the first of the settled rules says.
fn base(
    event: &Event,
    context: &Context,
    rules: &[&Rule],
    reasons: &mut Vec<Reason>,
) -> Option<Severity> {
    let attempt = context.facts.outcome != CallOutcome::Success;
    let loudest = rules.first()?;
    let severity = loudest.severity_of(context.facts.outcome);
    reasons.push(Reason::Rule {
        rule: loudest.spec.id.clone(),
        severity: loudest.spec.severity,
        by_itself: loudest.pack_severity(),
    });
    reasons.extend(found::found(rules, event, context));
    if attempt {
        let quieter = severity != loudest.spec.severity;
        reasons.push(Reason::Attempt { outcome: context.facts.outcome, quieter });
    }
    Some(severity)
}

fn adjusted(
    event: &Event,
    worlds: &Worlds<'_>,
    context: &Context,
    rules: &[&Rule],
    site: &Site,
    (reasons, quietened_by): (&mut Vec<Reason>, &mut Vec<String>),
) -> Severity {
    let Some(base) = base(event, context, rules, reasons) else {
        return Severity::Informational;
    };
    let mut severity = base;
    say_what_is_unknown(event, context, reasons);
    let mut floors = Vec::new();
    let mut lowered_by_window = false;
    for adjustment in site.adjustments() {
        let spec = &adjustment.spec;
        let named =
            spec.rules.is_empty() || rules.iter().any(|rule| spec.rules.contains(&rule.spec.id));
        if !named || !worlds.any(&adjustment.pattern) {
            continue;
        }
        if let Some(floor) = spec.floor {
            floors.push((floor, spec));
            continue;
        }
        let wanted = target(severity, spec).max(kept(severity, spec, rules, context));
        if wanted == severity && spec.lower.is_some() {
            continue;
        }
        let lowers = wanted < severity;
        if lowers && !worlds.all(&adjustment.pattern) {
            continue;
        }
        if adjustment.timed && lowers {
            if let Some(why) = never_lowered_by_time(context) {
                let because = spec.because.clone();
                reasons.push(Reason::NotLowered { because, why });
                continue;
            }
            if lowered_by_window {
                reasons.push(Reason::LoweredAlready(spec.because.clone()));
                continue;
            }
            lowered_by_window = true;
            let cut = wanted < severity.lowered(1);
            severity = severity.lowered(1);
            let reason = if cut { Reason::OneStepAtMost } else { Reason::Adjusted };
            reasons.push(reason(spec.because.clone()));
            continue;
        }
        if severity >= Severity::Medium && adjustment.quietens() {
            quietened_by.push(spec.because.clone());
        }
        severity = wanted;
        reasons.push(Reason::Adjusted(spec.because.clone()));
    }
    for (floor, spec) in floors {
        if severity < floor {
            severity = floor;
            reasons.push(Reason::Floor { because: spec.because.clone(), least: floor });
        }
    }
    match least::least(context, base, rules) {
        Some((least, what)) if severity < least => {
            reasons.push(Reason::Least { what, least });
            least
        }
        _ => severity,
    }
}

/// Unknown facts about account and time, and which answer counts instead.
fn say_what_is_unknown(event: &Event, context: &Context, reasons: &mut Vec<Reason>) {
    if !context.environment.known {
        let known = context.tags.is_some() && context.affected.is_none();
        reasons.push(if known { Reason::NoEnvironment } else { Reason::TagsUnknown });
    }
    if event.time().is_none() {
        reasons.push(Reason::TimeUnknown);
    } else if !context.times.unknown.is_empty() {
        reasons.push(Reason::CalendarsUnknown(context.times.unknown.clone()));
    }
}

/// How loud it stays by the rules that an adjustment does not name: their severity is not lowered.
fn kept(severity: Severity, spec: &AdjustmentSpec, rules: &[&Rule], context: &Context) -> Severity {
    let others = rules.iter().filter(|rule| {
        !spec.rules.is_empty() && !spec.rules.contains(&rule.spec.id) && !rule.spec.is_general()
    });
    let loudest = others.map(|rule| rule.severity_of(context.facts.outcome)).max();
    loudest.unwrap_or(Severity::Informational).min(severity)
}

fn target(severity: Severity, spec: &AdjustmentSpec) -> Severity {
    let raised = severity.raised(spec.raise.unwrap_or(0));
    spec.set.unwrap_or_else(|| raised.lowered(spec.lower.unwrap_or(0)))
}

/// A window that anybody can wait for must not quieten what matters most.
fn never_lowered_by_time(context: &Context) -> Option<Untimed> {
    let root = context.facts.principal.is_root()
        || context.facts.entity.as_ref().is_some_and(|entity| entity.kind == EntityKind::Root);
    match (root, context.facts.tampering(), context.facts.omitted) {
        (true, _, _) => Some(Untimed::Root),
        (_, true, _) => Some(Untimed::Tampering),
        (_, _, true) => Some(Untimed::Omitted),
        _ => None,
    }
}

/// The first suppression in force. One that has expired no longer silences, and says so.
fn suppression(
    worlds: &Worlds<'_>,
    rules: &[&Rule],
    site: &Site,
    now: Timestamp,
    reasons: &mut Vec<Reason>,
) -> Option<String> {
    // Silence needs a suppression for every matching rule: a suppression of one rule must not hide
    // what another rule found.
    let covers = |suppression: &Suppression| {
        let named = &suppression.spec.rules;
        (named.is_empty() || rules.iter().all(|rule| named.contains(&rule.spec.id)))
            && worlds.all(&suppression.pattern)
    };
    let mut in_force = None;
    for suppression in site.suppressions().iter().filter(|suppression| covers(suppression)) {
        if suppression.is_expired(now) {
            let spec = &suppression.spec;
            reasons.push(Reason::SuppressionExpired {
                name: spec.name.clone(),
                owner: spec.owner.clone(),
                expires: suppression.expires,
            });
        } else if in_force.is_none() {
            in_force = Some(suppression.spec.name.clone());
        }
    }
    reasons.extend(in_force.clone().map(Reason::Suppressed));
    in_force
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::event::sample::{call, user};
    use crate::facts::{Facts, Known};
    use crate::own::Own;
    use crate::rule::RuleSet;
    use crate::site::calendar::IcsFiles;
    use crate::text::yaml::YamlDocument;

    const SITE: &str = r"
accounts:
  '111122223333': {name: shop, tags: {env: prod}}
  '444455556666': {name: lab, tags: {env: dev}}
calendars:
  release: {zone: Etc/UTC, weekly: [{days: [fri], from: '02:00', to: '03:00'}]}
  hours: {zone: Etc/UTC, weekly: [{days: [mon-fri], from: '08:00', to: '18:00'}]}
  freeze: {change-calendar: freeze}
severity:
  - {when: {derived: {accountTags: {pci: [{exists: false}]}, principal: {name: [dan]}}}, lower: 1, because: no cards}
  - {when: {derived: {time: [freeze], principal: {name: [eve]}}}, lower: 1, because: changes are open}
  - {when: {derived: {outsideTime: [freeze], principal: {name: [eve]}}}, raise: 1, because: changes are frozen}
  - {when: {derived: {environment: [development]}}, lower: 1, because: environment is development}
  - {when: {derived: {outsideTime: [hours]}}, raise: 1, because: outside calendar hours}
  - {when: {derived: {time: [release]}}, lower: 3, because: inside deployment window release}
  - {when: {derived: {principal: {type: [Root]}}}, floor: high, because: the root user acted}
suppressions:
  - {name: open, pattern: {derived: {time: [freeze], principal: {name: [eve]}}}, owner: platform, reason: r, expires: 2026-11-30}
  - {name: ci, pattern: {derived: {principal: {name: [ci]}}}, owner: platform, reason: pipeline, expires: 2026-11-30}
";
    const RULES: &str =
        "{id: r, title: t, severity: medium, why: w, runbook: b, pattern: {source: [aws.iam]}}";

    #[track_caller]
    fn check(
        account: &str,
        identity: &Value,
        time: &str,
        rest: &str,
        want: Severity,
        reason: &str,
    ) -> Decision {
        let site = YamlDocument::parse_all("site.yaml", SITE).unwrap().remove(0);
        let rules = RuleSet::load(&YamlDocument::parse_all("r.yaml", RULES).unwrap()).unwrap();
        let site = Site::load(None, Some(&site), &IcsFiles::new(), &rules.ids()).unwrap();
        let record = call("iam", "CreateUser").with("recipientAccountId", account);
        let record = record.with("eventTime", time).by(identity.clone());
        let mut event = record.and(rest).event();
        let facts = Facts::of(&event, &Own::default());
        let context = Context::unasked(&event, facts, &site, &Own::default()).answered(
            &event,
            &site,
            &Own::default(),
            &Known::default(),
        );
        event.set_derived(context.to_value());
        let matching = rules.matching(event.raw());
        let decision = decide(&event, &context, &matching.rules, &[], &site, time.parse().unwrap());
        assert_eq!(decision.severity, want, "{:?}", decision.reasons);
        assert!(
            decision.reasons.iter().any(|one| one.line().as_it_is().contains(reason)),
            "{:?}",
            decision.reasons
        );
        decision
    }

    #[test]
    fn severity_follows_environment_time_and_principal() {
        use Severity::{High, Low, Medium};
        let (noon, bob, root) = ("2026-11-20T12:00:00Z", &user("bob"), &json!({"type": "Root"}));
        check("111122223333", bob, noon, "", Medium, "rule r says medium");
        check("444455556666", bob, noon, "", Low, "environment is development");
        check("000000000000", bob, noon, "", Medium, "tags unknown");
        check("111122223333", bob, "2026-11-20T20:00:00Z", "", High, "outside calendar hours");
        check("111122223333", bob, noon, r#""errorCode":"AccessDenied""#, Low, "an attempt");
        // The window takes back one of the three steps of its adjustment.
        check("111122223333", bob, "2026-11-20T02:30:00Z", "", Medium, "inside deployment window");
        check("111122223333", root, noon, "", High, "the root user acted: at least high");
        check("111122223333", root, "2026-11-20T02:30:00Z", "", High, "not lowered although");
        let omitted = r#""requestParameters":{"omitted":true}"#;
        check("111122223333", bob, "2026-11-20T02:30:00Z", omitted, High, "not lowered although");
    }

    #[test]
    fn what_cannot_be_asked_falls_to_the_stricter_side() {
        let (dan, eve) = (&user("dan"), &user("eve"));
        check("111122223333", dan, "2026-11-20T12:00:00Z", "", Severity::Low, "no cards");
        check("000000000000", dan, "2026-11-20T12:00:00Z", "", Severity::Medium, "tags unknown");
        let noon = "2026-11-20T12:00:00Z";
        let decision = check("111122223333", eve, noon, "", Severity::High, "changes are frozen");
        assert!(
            !decision.reasons.iter().any(|one| one.line().as_it_is().contains("open")),
            "{:?}",
            decision.reasons
        );
        assert!(
            decision.reasons.iter().any(|one| one
                .line()
                .as_it_is()
                .contains("not known whether inside calendar freeze"))
        );
        assert_eq!(decision.suppressed, None);
    }

    #[test]
    fn a_name_that_cannot_be_makes_the_event_suspicious() {
        let noon = "2026-11-20T12:00:00Z";
        let named = |name: &str| format!(r#""requestParameters":{{"userName":"{name}"}}"#);
        let (lab, bob) = ("444455556666", &user("bob"));
        check(lab, bob, noon, &named("a b"), Severity::High, "may be forged");
        check(lab, bob, noon, &named("--x"), Severity::Low, "environment is development");
        let refused = format!(r#"{},"errorCode":"ValidationError""#, named("a b"));
        check(lab, bob, noon, &refused, Severity::Informational, "an attempt");
    }

    #[test]
    fn an_expired_suppression_alerts_again_and_says_so() {
        let ci = &user("ci");
        let silent =
            check("111122223333", ci, "2026-11-30T12:00:00Z", "", Severity::Medium, "rule r");
        assert_eq!(silent.suppressed.as_deref(), Some("ci"));
        let loud = check(
            "111122223333",
            ci,
            "2026-12-01T12:00:00Z",
            "",
            Severity::Medium,
            "expired on 2026-11-30",
        );
        assert_eq!(loud.suppressed, None);
    }
}
