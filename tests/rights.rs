//! What documents and managed policies in events give, as rules see it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use iam_responder::effects::memory::Memory;
use iam_responder::effects::recorder::Recorder;
use iam_responder::engine::Engine;
use iam_responder::event::Event;
use iam_responder::respond::{Origin, Responder};
use serde_json::Value;

#[track_caller]
fn check(file: &str, path: &str, want: &[&str]) {
    let engine = Engine::embedded().unwrap();
    let mut event = Event::parse(&fs::read_to_string(format!("events/{file}")).unwrap()).unwrap();
    engine.derive(&mut event, &iam_responder::derive::Known::default());
    let found = event.value(&format!("derived.{path}")).cloned().unwrap_or_default();
    let words: Vec<&str> =
        found.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for word in want {
        assert!(words.contains(word), "{file}: {word} not in {words:?}");
    }
    assert_eq!(words.is_empty(), want.is_empty(), "{file}: {words:?}");
}

#[test]
fn the_fixtures_are_judged() {
    check(
        "put-role-policy-inline.json",
        "grantsUnconditional",
        &["admin", "data-all", "escalation"],
    );
    check("put-group-policy-inline.json", "grants", &["assume-any", "escalation"]);
    check("put-user-policy-inline.json", "grants", &[]);
    check("attach-role-policy-admin.json", "grants", &["admin"]);
    check("attach-role-policy-readonly.json", "grants", &["data-all"]);
    check("create-policy.json", "grants", &["data:s3", "data:dynamodb"]);
    check("federated-user-put-user-policy.json", "grants", &["admin"]);
    check(
        "create-role-external-trust.json",
        "trust",
        &["external-account", "account-root", "no-external-id"],
    );
    check("update-assume-role-policy.json", "trust", &["anyone"]);
    check("delete-role-permissions-boundary.json", "grants", &["boundary-removed"]);
    check("put-role-policy-omitted.json", "grants", &[]);
}

#[test]
fn an_alert_tells_the_difference_to_the_document_before() {
    let engine = Engine::embedded().unwrap();
    let (publish, state, topics) = (Recorder::default(), Memory::default(), [].into());
    let responder = Responder::offline(&engine, &topics, &publish, &state, Origin::Trusted);
    let text = fs::read_to_string("events/put-role-policy-inline.json").unwrap();
    let deliver = |id: &str, document: &str| {
        let mut raw: Value = serde_json::from_str(&text).unwrap();
        raw["detail"]["eventID"] = id.into();
        raw["detail"]["requestParameters"]["policyDocument"] = document.into();
        let event = Event::parse(&raw.to_string());
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        pollster::block_on(responder.respond(event, now, None)).unwrap().alert.unwrap()
    };
    let narrow = r#"{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let wide = r#"{"Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]}"#;
    assert_eq!(deliver("one", narrow).rights.difference, None);
    let told = deliver("two", wide).to_text();
    assert!(told.contains("Compared with the document before: new escalation, pass-role-any; gone data-all, data:s3."), "{told}");
    // Delivered again, it is still compared with the first.
    assert!(deliver("two", wide).rights.difference.is_some());
}
