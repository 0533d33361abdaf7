//! Events that stay at medium under any adjustment: each rule's own events, before a site that is as quiet as it can
//! be.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use iam_responder::assess::engine::Engine;
use iam_responder::event::Event;
use iam_responder::facts::Known;
use iam_responder::iam::catalogue;
use iam_responder::respond::Origin;
use iam_responder::respond::handled::Handled;
use iam_responder::review::rule_test;
use iam_responder::rule::Rule;
use iam_responder::text::severity::Severity;
use serde_json::Value;

use crate::support::{World, engine};

/// Every account of the samples is for development, every hour is in a window, and one more adjustment lowers
/// everything.
const QUIET: &str = "
accounts:
  '111122223333': {name: lab, tags: {environment: development}}
  '444455556666': {name: lab-2, tags: {environment: development}}
calendars:
  always: {zone: Etc/UTC, weekly: [{days: [mon-sun], from: '00:00', to: '24:00'}]}
severity:
  - {when: {derived: {time: [always]}}, lower: 3, because: a window}
  - {when: {source: [{prefix: aws.}]}, lower: 1, because: a step}
  - {when: {source: [{prefix: aws.}]}, set: informational, because: quiet}
";

/// The events of a rule's own tests that match, without those that only several events make.
fn events(engine: &Engine, rule: &Rule) -> Vec<Event> {
    if rule.spec.threshold.is_some() || rule.spec.sequence.is_some() {
        return Vec::new();
    }
    let text = |name: &str| Ok(fs::read_to_string(Path::new("events").join(name)).unwrap());
    rule_test::events(rule, engine.own(), &text).unwrap()
}

fn outcome(engine: &Engine, event: Event) -> Handled {
    let now = event.time().unwrap();
    World::new(engine, Origin::Trusted).answer(Ok(event), now, None).outcome
}

#[test]
fn what_is_grave_or_lets_strangers_in_is_never_below_medium() {
    let engine = engine(QUIET);
    let mut tried = BTreeMap::new();
    for rule in engine.rules().rules().filter(|rule| rule.spec.enabled) {
        for mut event in events(&engine, rule) {
            let context = engine.recognise_at_once(&mut event, &Known::default()).context;
            let floor = rule.floor(context.facts.outcome);
            if floor < Severity::Medium || context.facts.principal.linked_service.is_some() {
                continue;
            }
            let outcome = outcome(&engine, event);
            if !outcome.rules.contains(&rule.spec.id) {
                continue;
            }
            let severity = outcome.severity.unwrap();
            assert!(
                severity >= Severity::Medium,
                "{}: {severity} {:?}",
                rule.spec.id,
                outcome.reasons
            );
            tried.insert(rule.spec.id.clone(), severity);
        }
    }
    // Most of the pack: those that are left out need several events, or are switched off.
    assert!(tried.len() > 130, "{} rules", tried.len());
}

/// What lets somebody in from outside is known by these techniques: trusted relationships, trust in another directory,
/// other ways to sign in. Such rules of medium have a floor, or are listed here with the reason.
#[test]
fn rules_about_ways_in_keep_medium() {
    const ORDINARY: [(&str, &str); 6] = [
        ("cluster-access-mode-changed", "opens nothing to whom IAM does not let in"),
        ("delegated-access-token-issued", "a partner at work, whom an alert of high let in"),
        (
            "identity-center-password-set",
            "a help desk's work, and the person has the second factor",
        ),
        ("mfa-device-deleted", "a device that no user has any more"),
        ("mfa-device-registered", "a user's own second factor"),
        ("password-policy-changed", "lets nobody in by itself"),
    ];
    let mut left = Vec::new();
    for rule in engine(QUIET).rules().rules() {
        let spec = &rule.spec;
        let way_in = spec.attack.iter().any(|technique| {
            ["T1199", "T1484.002"].contains(&technique.as_str()) || technique.starts_with("T1556")
        });
        if spec.enabled && way_in && spec.severity == Severity::Medium && spec.floor.is_none() {
            left.push(spec.id.clone());
        }
    }
    left.sort();
    let listed: Vec<&str> = ORDINARY.iter().map(|(id, _)| *id).collect();
    assert_eq!(left, listed);
}

/// A service-linked role does its service's work, and stays as quiet as the site wants it.
#[test]
fn the_work_of_services_stays_quiet() {
    let text = fs::read_to_string("events/update-saml-provider.json").unwrap();
    let mut raw: Value = serde_json::from_str(&text).unwrap();
    let at = |role: &str| {
        serde_json::json!({"type": "AssumedRole", "accountId": "111122223333", "principalId": "AROAX:s",
            "arn": "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForSSO/s",
            "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "AWSServiceRoleForSSO",
                "arn": format!("arn:aws:iam::111122223333:role/{role}")}}})
    };
    for (role, want) in [
        ("aws-service-role/sso.amazonaws.com/AWSServiceRoleForSSO", Severity::Informational),
        ("AWSServiceRoleForSSO", Severity::Medium),
    ] {
        raw["detail"]["userIdentity"] = at(role);
        let event = Event::parse(&raw.to_string()).unwrap();
        assert_eq!(outcome(&engine(QUIET), event).severity, Some(want), "{role}");
    }
}

/// The calls that each rule about monitoring matches, in addition to its own tests: every source with every name of a
/// call.
fn asked(rule: &Rule) -> Vec<(String, String)> {
    let texts = |values: Option<&Vec<Value>>| -> Vec<String> {
        values.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut calls = Vec::new();
    for branch in rule.pattern.to_branches() {
        let names = texts(branch.get("detail.eventName"));
        for source in texts(branch.get("detail.eventSource")) {
            calls.extend(names.iter().map(|name| (source.clone(), name.clone())));
        }
    }
    calls
}

/// Rules about monitoring without a call that weakens it, with the reason.
const NOT_TAMPERING: [(&str, &str); 21] = [
    ("access-analyzer-finding-archived", "triage, and can be taken back"),
    ("chat-channel-changed", "other topics, another role, or nothing that matters"),
    ("cloudtrail-logging-interrupted", "the call that matters is the one before, which stopped it"),
    ("cloudtrail-selectors-whole", "strengthens"),
    ("cloudtrail-trail-created", "more records"),
    (
        "cloudtrail-trail-key-set",
        "strengthens, mostly; high, and medium at least by a pipeline: it has a floor",
    ),
    ("cloudtrail-trail-log-group-set", "strengthens, mostly; has a floor"),
    ("cloudtrail-trail-strengthened", "strengthens"),
    ("config-rule-changed", "checks are made and changed every day"),
    ("config-shared-with-account", "shows, but weakens nothing; has a floor"),
    ("event-replay-started", "old events come again, and none is lost"),
    ("guardduty-finding-hidden", "triage, and can be taken back"),
    ("identity-parameters-omitted", "any call"),
    (
        "log-bucket-expires-early",
        "an everyday call, only the name of the bucket shows it; has a floor",
    ),
    ("monitoring-resumed", "strengthens"),
    ("security-administrator-named", "gives another account a say; high, so it has a floor"),
    ("security-hub-findings-burst", "triage, only many at once matter"),
    ("security-hub-findings-suppressed", "triage, and can be taken back"),
    ("security-invitation-accepted", "gives another account a say; high, so it has a floor"),
    ("security-lake-shared", "shows, but weakens nothing; has a floor"),
    (
        "trail-bucket-changed",
        "everyday calls, only the name of the bucket shows it; high, so it has a floor",
    ),
];

#[test]
fn what_weakens_monitoring_is_known_as_tampering() {
    let folder =
        iam_responder::operate::folder::engine(&[Path::new("rules")], None, false).unwrap();
    let monitoring = || folder.rules().rules().filter(|rule| rule.file.contains("/monitoring/"));
    let mut without = Vec::new();
    for rule in monitoring() {
        let tampers = |event: Event| {
            let mut event = event;
            folder.recognise_at_once(&mut event, &Known::default()).context.facts.tampering()
        };
        let asks_for_it = asked(rule).iter().any(|(source, name)| {
            catalogue::find(source, name).is_some_and(catalogue::Call::is_tampering)
        });
        // Rules that count take several events, each of them one of these calls.
        let counts = rule.spec.threshold.is_some() || rule.spec.sequence.is_some();
        let shows_it = events(&folder, rule).into_iter().any(tampers);
        if !(shows_it || counts && asks_for_it) {
            without.push(rule.spec.id.clone());
        }
    }
    without.sort();
    let listed: Vec<&str> = NOT_TAMPERING.iter().map(|(id, _)| *id).collect();
    assert_eq!(without, listed);
}

/// Nobody forgets to say what a new rule's calls do: each is known of one of the rule's sources. The calls of S3 are
/// everyday ones, but for the names of some buckets, and Macie has no `TerminateMacie` any more.
#[test]
fn every_call_that_a_rule_about_monitoring_names_is_classified() {
    let folder =
        iam_responder::operate::folder::engine(&[Path::new("rules")], None, false).unwrap();
    for rule in folder.rules().rules().filter(|rule| rule.file.contains("/monitoring/")) {
        let asked = asked(rule);
        for (source, name) in &asked {
            let known = |(source, one): &(String, String)| {
                one == name && catalogue::find(source, one).is_some()
            };
            let excepted = source == "s3.amazonaws.com" || name == "TerminateMacie";
            assert!(excepted || asked.iter().any(known), "{}: {source} {name}", rule.spec.id);
        }
    }
}
