//! What documents and managed policies in events give, as rules see it.

use std::cell::Cell;
use std::fs;

use iam_responder::assess::engine::Engine;
use iam_responder::event::Event;
use iam_responder::pack::PACK;
use iam_responder::respond::Origin;
use serde_json::{Value, json};

use crate::support::{World, by, call, now, user};

#[track_caller]
fn check(file: &str, path: &str, want: &[&str]) {
    let engine = Engine::packed(&PACK).unwrap();
    let mut event = Event::parse(&fs::read_to_string(format!("events/{file}")).unwrap()).unwrap();
    engine.recognise_at_once(&mut event, &iam_responder::facts::Known::default());
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
fn an_alert_says_the_difference_to_the_document_before() {
    let world = World::new(Engine::packed(&PACK).unwrap(), Origin::Trusted);
    let text = fs::read_to_string("events/put-role-policy-inline.json").unwrap();
    let number = Cell::new(0);
    let deliver = |id: &str, minute: u8, document: &str| {
        let mut raw: Value = serde_json::from_str(&text).unwrap();
        raw["detail"]["eventID"] = id.into();
        // The same record is published once.
        raw["detail"]["tlsDetails"] = json!({"delivery": number.replace(number.get() + 1)});
        raw["detail"]["eventTime"] = format!("2026-11-20T11:{minute:02}:00Z").into();
        raw["detail"]["requestParameters"]["policyDocument"] = document.into();
        let event = Event::parse(&raw.to_string());
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        world.answer(event, now, None).alert.unwrap()
    };
    let narrow = r#"{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let wide = r#"{"Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]}"#;
    assert_eq!(deliver("one", 1, narrow).rights.difference, None);
    let text = deliver("two", 2, wide).to_text();
    assert!(text.contains("Compared with the document before: new escalation, pass-role-any, privesc:pass-administrator-role; gone data-all, data:s3."), "{text}");
    // Delivered again, it is still compared with the first.
    assert!(deliver("two", 2, wide).rights.difference.is_some());
}

#[test]
fn an_alert_says_why_a_policy_is_not_known() {
    let world = World::new(Engine::packed(&PACK).unwrap(), Origin::Trusted);
    let deliver = |name: &str, minute: usize, parameters: &Value| {
        let record = by(call("iam", name, minute, parameters.clone()), user("dan"));
        let response = world.answer(Event::parse(&record.to_string()), now(), None);
        (response.outcome.severity.unwrap().word(), response.alert.unwrap().to_text())
    };
    let policy = "arn:aws:iam::111122223333:policy/team/Sheets";
    let attach = &json!({"groupName": "g", "policyArn": policy});
    let (severity, text) = deliver("AttachGroupPolicy", 1, attach);
    assert_eq!(severity, "medium");
    assert!(text.contains("not known for certain: no event showed it"), "{text}");
    let document =
        r#"{"Statement":{"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}}"#;
    deliver("CreatePolicy", 2, &json!({"policyName": "sheets", "policyDocument": document}));
    let (severity, text) = deliver("AttachGroupPolicy", 3, attach);
    assert_eq!(severity, "low");
    assert!(!text.contains("for certain"), "{text}");
}

#[test]
fn a_document_that_was_read_and_is_harmless_differs_from_one_that_was_not_read() {
    let put = |document: &str| {
        let world = World::new(Engine::packed(&PACK).unwrap(), Origin::Trusted);
        let parameters = json!({"roleName": "r", "policyName": "p", "policyDocument": document});
        let record = by(call("iam", "PutRolePolicy", 1, parameters), user("dan"));
        let response = world.answer(Event::parse(&record.to_string()), now(), None);
        response.alert.unwrap().to_text()
    };
    let allow = r#"{"Statement":{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}}"#;
    let watched = "none of the rights that this tool watches for: ";
    let harmless = put(allow);
    assert!(harmless.contains(&format!("{watched}ec2:describe* on everything")), "{harmless}");
    assert!(harmless.contains("If no policy of this name was there before"), "{harmless}");
    let unread = put("none");
    assert!(!unread.contains(watched), "{unread}");
    let dangerous = put(&allow.replace("ec2:Describe*", "iam:*"));
    assert!(!dangerous.contains(watched), "{dangerous}");
    // Without such a policy somebody has more rights.
    let deny = r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#;
    let both = put(&allow
        .replace(r#":{"Effect""#, &format!(r#":[{deny},{{"Effect""#))
        .replace("}}", "}]}"));
    assert!(both.contains(watched), "{both}");
}
