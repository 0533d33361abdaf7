//! How loud, and why.

use jiff::Timestamp;

use super::least;
use super::worlds::Worlds;
use crate::event::{CallOutcome, Event};
use crate::facts::Facts;
use crate::plan::{self, Undo};
use crate::rule::Rule;
use crate::site::{AdjustmentSpec, Site, Suppression};
use crate::text::severity::Severity;

/// What is decided about an event that rules matched.
#[derive(Debug, Clone)]
pub struct Decision {
    /// How loud.
    pub severity: Severity,
    /// Why this loud, the base first, then what was cut.
    pub reasons: Vec<String>,
    /// Not all of it was judged, as that would have taken too long: the stricter answer stands.
    pub cut: bool,
    /// Adjustments that made it quieter than medium by more than a step, by their reasons: that is counted.
    pub quietened_by: Vec<String>,
    /// The suppression that silences it, if one does.
    pub suppressed: Option<String>,
    /// The steps that undo the change, where there are any.
    pub undo: Vec<Undo>,
    /// The steps that the matching rules allow to be planned.
    pub plan: Vec<Undo>,
}

/// Decides about an event. `rules` are those that fire, as [`crate::rule::RuleSet::settled`] gives
/// them; `unsure` are rules that count as matched because nobody could tell within the steps there are;
/// `now` is when it is decided, for the expiry of suppressions.
#[must_use]
pub fn decide(
    event: &Event,
    facts: &Facts,
    rules: &[&Rule],
    unsure: &[&Rule],
    site: &Site,
    now: Timestamp,
) -> Decision {
    let mut reasons = Vec::new();
    let worlds = Worlds::of(event, facts);
    let mut quietened_by = Vec::new();
    let told = (&mut reasons, &mut quietened_by);
    let mut severity = adjusted(event, &worlds, facts, rules, site, told);
    if plan::names_the_impossible(event, facts) && severity < Severity::High {
        severity = Severity::High;
        reasons.push(
            "names in it are none that IAM allows, the record may be forged: at least high"
                .to_owned(),
        );
    }
    if severity >= Severity::Medium {
        quietened_by.clear();
    }
    let suppressed = suppression(&worlds, rules, site, now, &mut reasons);
    let cut = cut(facts, unsure, &worlds);
    let is_cut = !cut.is_empty();
    // Behind the base, so that no number of other reasons crowds it out.
    let behind = reasons.len().min(1);
    reasons.splice(behind..behind, cut);
    let undo = plan::undo(event, facts);
    // A call that can be undone in several ways may be where a rule names one of them.
    let words: Vec<&str> =
        facts.call.iter().flat_map(|call| &call.inverses).map(|inverse| inverse.word).collect();
    let mut responses = rules.iter().flat_map(|rule| &rule.spec.respond);
    let allowed = responses.any(|word| words.contains(&word.as_str()));
    let plan = if allowed { undo.clone() } else { Vec::new() };
    Decision { severity, reasons, cut: is_cut, quietened_by, suppressed, undo, plan }
}

/// What was not judged whole, and which answer stands in its place.
fn cut(facts: &Facts, unsure: &[&Rule], worlds: &Worlds<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(first) = unsure.first() {
        let others = match unsure.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        lines.push(format!(
            "cut: the event took too many steps of matching; rule {}{others} counts as matched",
            first.spec.id
        ));
    }
    if worlds.is_cut() {
        lines.push(
            "cut: the event took too many steps of matching the site file; what makes louder counts, what makes \
             quieter or silent does not"
                .to_owned(),
        );
    }
    if facts.rights.grants.all.contains("too-long") {
        lines.push("cut: the policy is more than is judged, so it counts as everything".to_owned());
    }
    if facts.rights.trust.as_ref().is_some_and(|trust| trust.cut) {
        lines.push(
            "cut: the trust policy is more than is judged, so it counts as open to anybody"
                .to_owned(),
        );
    }
    lines
}

/// What the first of the settled rules says.
fn base(facts: &Facts, rules: &[&Rule], reasons: &mut Vec<String>) -> Option<Severity> {
    let attempt = facts.outcome != CallOutcome::Success;
    let loudest = rules.first()?;
    let severity = loudest.severity_of(facts.outcome);
    reasons.push(match loudest.pack_severity() {
        Some(pack) => format!(
            "rule {} says {} by the site's override, {pack} by itself",
            loudest.spec.id, loudest.spec.severity
        ),
        None => format!("rule {} says {}", loudest.spec.id, loudest.spec.severity),
    });
    if attempt && severity != loudest.spec.severity {
        reasons.push(format!("the call {}: an attempt, one step quieter", past(facts.outcome)));
    } else if attempt {
        reasons.push(format!("the call {}", past(facts.outcome)));
    }
    Some(severity)
}

fn adjusted(
    event: &Event,
    worlds: &Worlds<'_>,
    facts: &Facts,
    rules: &[&Rule],
    site: &Site,
    (reasons, quietened_by): (&mut Vec<String>, &mut Vec<String>),
) -> Severity {
    let Some(base) = base(facts, rules, reasons) else {
        return Severity::Informational;
    };
    let mut severity = base;
    say_what_is_unknown(event, facts, reasons);
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
        let wanted = target(severity, spec).max(kept(severity, spec, rules, facts));
        if wanted == severity && spec.lower.is_some() {
            continue;
        }
        let lowers = wanted < severity;
        if lowers && !worlds.all(&adjustment.pattern) {
            continue;
        }
        if adjustment.timed && lowers {
            if let Some(why_not) = never_lowered_by_time(facts) {
                reasons.push(format!("not lowered although {}: {why_not}", spec.because));
                continue;
            }
            if lowered_by_window {
                reasons.push(format!("{}, but one window has lowered it already", spec.because));
                continue;
            }
            lowered_by_window = true;
            let cut = wanted < severity.lowered(1);
            severity = severity.lowered(1);
            let note = if cut { ", one step at most" } else { "" };
            reasons.push(format!("{}{note}", spec.because));
            continue;
        }
        if severity >= Severity::Medium && adjustment.quietens() {
            quietened_by.push(spec.because.clone());
        }
        severity = wanted;
        reasons.push(spec.because.clone());
    }
    for (floor, spec) in floors {
        if severity < floor {
            severity = floor;
            reasons.push(format!("{}: at least {floor}", spec.because));
        }
    }
    match least::least(facts, base, rules) {
        Some((least, what)) if severity < least => {
            reasons.push(format!("{what}: at least {least}"));
            least
        }
        _ => severity,
    }
}

/// What is not known of account and time, and on which side it falls.
fn say_what_is_unknown(event: &Event, facts: &Facts, reasons: &mut Vec<String>) {
    if !facts.environment.known {
        reasons.push(match facts.tags {
            Some(_) => "account tags name no environment, treated as production".to_owned(),
            None => "account tags unknown, treated as production".to_owned(),
        });
    }
    if event.time().is_none() {
        reasons.push(
            "time of the event unknown, the stricter side of all calendars counts".to_owned(),
        );
    } else if !facts.times.unknown.is_empty() {
        let names = facts.times.unknown.join(", ");
        reasons
            .push(format!("not known whether inside calendar {names}, the stricter side counts"));
    }
}

/// How loud it stays by the rules that an adjustment does not name: of what those say it takes nothing.
fn kept(severity: Severity, spec: &AdjustmentSpec, rules: &[&Rule], facts: &Facts) -> Severity {
    let others = rules.iter().filter(|rule| {
        !spec.rules.is_empty() && !spec.rules.contains(&rule.spec.id) && !rule.spec.general
    });
    let loudest = others.map(|rule| rule.severity_of(facts.outcome)).max();
    loudest.unwrap_or(Severity::Informational).min(severity)
}

fn past(outcome: CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Success => "succeeded",
        CallOutcome::Denied => "was denied",
        CallOutcome::Failure => "failed",
    }
}

fn target(severity: Severity, spec: &AdjustmentSpec) -> Severity {
    let raised = severity.raised(spec.raise.unwrap_or(0));
    spec.set.unwrap_or_else(|| raised.lowered(spec.lower.unwrap_or(0)))
}

/// A window that anybody can wait for must not quieten what matters most.
fn never_lowered_by_time(facts: &Facts) -> Option<&'static str> {
    let root = facts.principal.is_root()
        || facts.entity.as_ref().is_some_and(|entity| entity.kind == "root");
    match (root, facts.tampering(), facts.omitted) {
        (true, _, _) => Some("it is about the root user"),
        (_, true, _) => Some("it weakens the monitoring itself"),
        (_, _, true) => Some("CloudTrail dropped the parameters"),
        _ => None,
    }
}

/// The first suppression in force. One that has expired no longer silences, and says so.
fn suppression(
    worlds: &Worlds<'_>,
    rules: &[&Rule],
    site: &Site,
    now: Timestamp,
    reasons: &mut Vec<String>,
) -> Option<String> {
    // Silence needs every matching rule to be covered: a suppression of one rule must not hide
    // what another one found.
    let covers = |suppression: &Suppression| {
        let named = &suppression.spec.rules;
        (named.is_empty() || rules.iter().all(|rule| named.contains(&rule.spec.id)))
            && worlds.all(&suppression.pattern)
    };
    let mut in_force = None;
    for suppression in site.suppressions().iter().filter(|suppression| covers(suppression)) {
        if suppression.is_expired(now) {
            let spec = &suppression.spec;
            reasons.push(format!(
                "suppression {} of {} expired on {}",
                spec.name, spec.owner, suppression.expires
            ));
        } else if in_force.is_none() {
            in_force = Some(suppression.spec.name.clone());
        }
    }
    in_force
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Known;
    use crate::own::Own;
    use crate::rule::RuleSet;
    use crate::site::calendar::IcsFiles;
    use crate::text::yaml::Document;

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
        identity: &str,
        time: &str,
        rest: &str,
        want: Severity,
        reason: &str,
    ) -> Decision {
        let site = Document::parse_all("site.yaml", SITE).unwrap().remove(0);
        let rules = RuleSet::load(&Document::parse_all("r.yaml", RULES).unwrap()).unwrap();
        let site = Site::load(None, Some(&site), &IcsFiles::new(), &rules.ids()).unwrap();
        let record = format!(
            r#"{{"eventSource":"iam.amazonaws.com","eventName":"CreateUser","eventTime":"{time}",
               "recipientAccountId":"{account}","userIdentity":{identity}{rest}}}"#
        );
        let mut event = Event::parse(&record).unwrap();
        let facts = Facts::of(&event, &site, &Own::default(), &Known::default());
        event.set_derived(facts.to_value());
        let matching = rules.matching(event.raw());
        let decision = decide(&event, &facts, &matching.rules, &[], &site, time.parse().unwrap());
        assert_eq!(decision.severity, want, "{:?}", decision.reasons);
        assert!(decision.reasons.iter().any(|one| one.contains(reason)), "{:?}", decision.reasons);
        decision
    }

    const BOB: &str = r#"{"type":"IAMUser","userName":"bob"}"#;
    const ROOT: &str = r#"{"type":"Root"}"#;

    #[test]
    fn severity_follows_environment_time_and_principal() {
        use Severity::{High, Low, Medium};
        let noon = "2026-11-20T12:00:00Z";
        check("111122223333", BOB, noon, "", Medium, "rule r says medium");
        check("444455556666", BOB, noon, "", Low, "environment is development");
        check("000000000000", BOB, noon, "", Medium, "tags unknown");
        check("111122223333", BOB, "2026-11-20T20:00:00Z", "", High, "outside calendar hours");
        check("111122223333", BOB, noon, r#","errorCode":"AccessDenied""#, Low, "an attempt");
        // The window takes back one step of the three it asks for.
        check("111122223333", BOB, "2026-11-20T02:30:00Z", "", Medium, "inside deployment window");
        check("111122223333", ROOT, noon, "", High, "the root user acted: at least high");
        check("111122223333", ROOT, "2026-11-20T02:30:00Z", "", High, "not lowered although");
        let omitted = r#","requestParameters":{"omitted":true}"#;
        check("111122223333", BOB, "2026-11-20T02:30:00Z", omitted, High, "not lowered although");
    }

    #[test]
    fn what_cannot_be_asked_falls_to_the_stricter_side() {
        let dan = r#"{"type":"IAMUser","userName":"dan"}"#;
        check("111122223333", dan, "2026-11-20T12:00:00Z", "", Severity::Low, "no cards");
        check("000000000000", dan, "2026-11-20T12:00:00Z", "", Severity::Medium, "tags unknown");
        let eve = r#"{"type":"IAMUser","userName":"eve"}"#;
        let noon = "2026-11-20T12:00:00Z";
        let decision = check("111122223333", eve, noon, "", Severity::High, "changes are frozen");
        assert!(!decision.reasons.iter().any(|one| one.contains("open")), "{:?}", decision.reasons);
        assert!(
            decision
                .reasons
                .iter()
                .any(|one| one.contains("not known whether inside calendar freeze"))
        );
        assert_eq!(decision.suppressed, None);
    }

    #[test]
    fn a_name_that_cannot_be_makes_the_event_suspicious() {
        let noon = "2026-11-20T12:00:00Z";
        let named = |name: &str| format!(r#","requestParameters":{{"userName":"{name}"}}"#);
        let lab = "444455556666";
        check(lab, BOB, noon, &named("a b"), Severity::High, "may be forged");
        check(lab, BOB, noon, &named("--x"), Severity::Low, "environment is development");
        let refused = format!(r#"{},"errorCode":"ValidationError""#, named("a b"));
        check(lab, BOB, noon, &refused, Severity::Informational, "an attempt");
    }

    #[test]
    fn an_expired_suppression_alerts_again_and_says_so() {
        let ci = r#"{"type":"IAMUser","userName":"ci"}"#;
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
