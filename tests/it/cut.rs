//! If an event is not judged whole, because that would take too long, the alert says so in every format, and the
//! stricter answer counts.

use std::collections::BTreeMap;

use iam_responder::alert::shown_lines;
use iam_responder::assess::engine::Engine;
use iam_responder::event::{EVENT_BYTES_MAX, Event};
use iam_responder::pack::PACK;
use iam_responder::respond::{Origin, Response};
use iam_responder::site::calendar::IcsFiles;
use iam_responder::site::{Format, TopicSpec};
use iam_responder::text::severity::Severity;
use serde_json::{Value, json};

use crate::support::{World, by, call, delivered, engine_of, user};

/// Looks into any list of an event for a name and a state in the same element.
const RULE: &str = "
id: own-rule
title: Own rule
severity: high
why: It is looked for.
runbook: Look.
pattern:
  source: [aws.iam]
  detail: {eventName: [TagUser, UntagUser], requestParameters: {tags: {$or: [{key: [a], value: [b]}, {key: [c], value: [d]}]}}}
---
id: plain-rule
title: Plain rule
severity: medium
why: It is looked for.
runbook: Look.
pattern: {source: [aws.iam], detail: {eventName: [UntagUser]}}
";

const SITE: &str = "
defaults: none
severity: [{when: {detail: {requestParameters: {tags: {key: [c], value: [d]}}}}, lower: 1, because: usual tags}]
suppressions:
  - name: usual
    pattern: {detail: {requestParameters: {tags: {key: [a], value: [b]}}}}
    owner: platform
    reason: Usual.
    expires: 2030-01-01
";

fn engine(rules: &str) -> Engine {
    engine_of(rules, SITE, IcsFiles::new())
}

fn event(name: &str, parameters: &Value) -> String {
    let mut record = by(call("iam", name, 0, parameters.clone()), user("kim"));
    record["eventID"] = json!("1");
    delivered(record).to_string()
}

/// Each field finds its value in some element, but no element has both; there are too many elements to search all.
fn crowd(elements: usize) -> Value {
    let one = |key: &str, value: &str| {
        [json!({"key": key, "value": "x"}), json!({"key": "x", "value": value})]
    };
    let both = |_| [one("a", "b"), one("c", "d")].into_iter().flatten();
    json!({"userName": "lee", "tags": (0..elements).flat_map(both).collect::<Vec<_>>()})
}

fn respond(engine: &Engine, text: &str) -> (Response, BTreeMap<String, String>) {
    let topic = |&format: &Format| TopicSpec { arn: format.word().to_owned(), format };
    let all = || Format::ALL.iter().map(topic).collect();
    let topics = Severity::ALL.into_iter().map(|severity| (severity, all()));
    let world = World { topics: topics.collect(), ..World::new(engine, Origin::Checked) };
    let now = "2026-11-24T12:00:05Z".parse().unwrap();
    let response = world.answer(Event::parse(text), now, Some(now));
    let sent = world.publish.take().into_iter().map(|(arn, message)| (arn, message.body));
    (response, sent.collect())
}

/// The alert says that it was cut and `how`, in all formats, and is at least so loud.
#[track_caller]
fn check(engine: &Engine, text: &str, how: &str, least: Severity) {
    let (response, sent) = respond(engine, text);
    let alert = response.alert.unwrap_or_else(|| panic!("no alert: {:?}", response.outcome));
    assert!(alert.severity >= least, "{:?}", alert.reasons);
    assert!(response.outcome.reasons.iter().any(|one| one.contains(how)), "{:?}", response.outcome);
    assert_eq!(sent.len(), Format::ALL.len());
    assert!(sent.values().all(|body| body.contains(how)), "{sent:?}");
    let json: Value = serde_json::from_str(&sent["json"]).unwrap();
    assert_eq!(json["cut"], json!(true));
    assert!(json["reasons"].to_string().contains(how), "{json}");
    let by_protocol: Value = serde_json::from_str(&sent["per-protocol"]).unwrap();
    assert!(by_protocol["sms"].as_str().unwrap().contains("(judged in part):"), "{by_protocol}");
    assert!(by_protocol["email"].as_str().unwrap().contains(how), "{by_protocol}");
    assert!(by_protocol["sqs"].as_str().unwrap().contains(how), "{by_protocol}");
}

#[test]
fn a_search_that_does_not_end_counts_as_found() {
    let (engine, few) = (engine(RULE), event("TagUser", &crowd(2)));
    assert_eq!(respond(&engine, &few).0.alert.map(|alert| alert.title), None);
    let many = event("TagUser", &crowd(400));
    check(
        &engine,
        &many,
        "cut: the event took too many steps of matching; rule own-rule counts",
        Severity::High,
    );
}

#[test]
fn a_search_for_the_site_that_does_not_end_lowers_and_silences_nothing() {
    // Whom the site lowers or silences where it is certain.
    let engine = engine(RULE);
    let lowered = json!({"userName": "lee", "tags": [{"key": "c", "value": "d"}]});
    let (response, _) = respond(&engine, &event("UntagUser", &lowered));
    assert!(response.outcome.reasons.iter().any(|one| one == "usual tags"));
    let silent = json!({"userName": "lee", "tags": [{"key": "a", "value": "b"}]});
    assert!(respond(&engine, &event("UntagUser", &silent)).0.alert.is_none());
    let text = event("UntagUser", &crowd(400));
    check(
        &engine,
        &text,
        "cut: the event took too many steps of matching the site file",
        Severity::High,
    );
}

#[test]
fn elements_without_a_value_cost_steps_as_well() {
    let nothing = vec![json!({}); 100_000];
    let text = event("TagUser", &json!({"userName": "lee", "tags": nothing}));
    assert!(text.len() < EVENT_BYTES_MAX);
    let rules: String = (0..60)
        .map(|n| {
            format!(
                "{}---\n",
                RULE.replace("own-rule", &format!("own-{n}"))
                    .replace("plain-rule", &format!("plain-{n}"))
            )
        })
        .collect();
    let rules = rules
        .replace("{key: [a], value: [b]}", "{key: [{exists: false}], value: [{exists: true}]}");
    check(&engine(&rules), &text, "and ", Severity::High);
}

#[test]
fn a_policy_beyond_what_is_judged_alerts() {
    let engine = Engine::packed(&PACK).unwrap();
    let resources: Vec<String> = (0..20_000).map(|n| format!("*a*{n}*b*{n}")).collect();
    let document =
        |statements: Value| json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let put = |document: String| {
        event(
            "PutUserPolicy",
            &json!({"userName": "lee", "policyName": "p", "policyDocument": document}),
        )
    };
    let wide = document(json!([{"Effect": "Allow", "Action": "iam:*", "Resource": resources}]));
    let how = "cut: the policy is more than is judged, so it counts as everything";
    check(&engine, &put(wide), how, Severity::High);
    let statement = json!({"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"});
    check(&engine, &put(document(json!(vec![statement; 2_001]))), how, Severity::High);
    // Each key twice: more readings than are followed.
    let twice = r#"{"Statement":[{"Effect":"Allow","NotAction":"a:b","NotAction":"a:c","NotAction":"a:d","NotAction":"a:e","NotAction":"a:f","NotResource":"x","NotResource":"y","NotResource":"z","NotResource":"w"}]}"#;
    check(&engine, &put(twice.to_owned()), how, Severity::High);
}

#[test]
fn a_trust_policy_beyond_what_is_judged_alerts() {
    let statement = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}});
    let document =
        json!({"Version": "2012-10-17", "Statement": vec![statement; 2_001]}).to_string();
    let text =
        event("UpdateAssumeRolePolicy", &json!({"roleName": "r", "policyDocument": document}));
    let how = "cut: the trust policy is more than is judged, so it counts as open to anybody";
    check(&Engine::packed(&PACK).unwrap(), &text, how, Severity::High);
}

/// An event that cannot be read at all has its own alert, whose first sentence says so.
#[test]
fn a_document_or_an_event_beyond_its_limits_alerts_as_unread() {
    #[track_caller]
    fn check(text: &str, how: &str) {
        let (response, sent) = respond(&Engine::packed(&PACK).unwrap(), text);
        let alert = response.alert.unwrap();
        assert!(alert.severity >= Severity::Medium);
        assert!(sent["text"].contains(how), "{}", sent["text"]);
        assert!(sent["json"].contains(how), "{}", sent["json"]);
    }
    check(
        &format!("{{\"detail\":\"{}\"}}", "x".repeat(EVENT_BYTES_MAX)),
        "at most 1048576 are read",
    );
    check(
        &event("TagUser", &serde_json::from_str(&("[".repeat(70) + &"]".repeat(70))).unwrap()),
        "nested deeper than 64",
    );
    let mut document = json!({"Statement": []}).to_string();
    for _ in 0..6 {
        document = json!(document).to_string();
    }
    let put = json!({"userName": "lee", "policyName": "p", "policyDocument": document});
    check(&event("PutUserPolicy", &put), "not known: the document cannot be read");
}

#[test]
fn what_cut_it_stands_before_all_other_reasons_and_those_left_out_are_counted() {
    let raise = "severity: [";
    let more: String = (0..60)
        .map(|n| {
            format!("{{when: {{source: [aws.iam]}}, floor: low, set: high, because: reason {n}}}, ")
        })
        .map(|one| one.replace("floor: low, ", ""))
        .collect();
    let site = SITE.replace(raise, &format!("{raise}{more}"));
    let engine = engine_of(RULE, &site, IcsFiles::new());
    let (response, _) = respond(&engine, &event("TagUser", &crowd(400)));
    let reasons = shown_lines(&response.alert.unwrap().reasons);
    assert!(reasons[1].starts_with("cut:") && reasons[2].starts_with("cut:"), "{reasons:?}");
    assert!(reasons.last().unwrap().ends_with(" more"), "{reasons:?}");
}
