//! Calls to the world for one event: how many, and how many of them one after the other.

use std::pin::pin;
use std::task::{Context, Waker};

use iam_responder::assess::engine::Engine;
use iam_responder::effects::faulty::{Faults, Faulty};
use iam_responder::effects::memory::Memory;
use iam_responder::effects::recorder::Recorder;
use iam_responder::event::Event;
use iam_responder::facts::Known;
use iam_responder::pack::PACK;
use iam_responder::respond::lookup::Cache;
use iam_responder::site::Format;
use iam_responder::site::calendar::IcsFiles;
use serde_json::{Value, json};

use crate::support::{Aws, by, call, delivered, deployed, engine_of, topics, user};

/// All calls for an event of an account that is not known yet, and how many of them are made one after the other:
/// before the first message is published, and in total.
fn calls(event: &Value) -> (Vec<&'static str>, Option<usize>, usize) {
    calls_of(&Engine::packed(&PACK).unwrap(), &[], event)
}

/// The same of an engine, by a function that starts anew on what a table holds after other events.
fn calls_of(
    engine: &Engine,
    earlier: &[Value],
    event: &Value,
) -> (Vec<&'static str>, Option<usize>, usize) {
    let (topics, cache) = (topics(Format::Text), Cache::default());
    let (sent, memory, faults) = (Recorder::default(), Memory::default(), Faults::slow());
    let publish = Faulty::new(&sent, &faults);
    let state = Faulty::new(&memory, &faults);
    let aws = Aws::default();
    let lookups = Faulty::new(&aws, &faults);
    let (unheard, before) = (Recorder::default(), Cache::default());
    let quiet = deployed((engine, &topics), (&unheard, &memory, &aws), &before);
    for event in earlier {
        let now = "2026-11-24T12:20:00Z".parse().unwrap();
        pollster::block_on(quiet.respond(Event::parse(&event.to_string()), now, None)).unwrap();
    }
    let responder = deployed((engine, &topics), (&publish, &state, &lookups), &cache);
    let event = Event::parse(&event.to_string());
    let now = "2026-11-24T12:30:00Z".parse().unwrap();
    let mut responded = pin!(responder.respond(event, now, Some(now)));
    let mut context = Context::from_waker(Waker::noop());
    let (mut turns, mut published) = (0, None);
    while responded.as_mut().poll(&mut context).is_pending() {
        if published.is_none() && faults.calls().contains(&"Publish.publish") {
            published = Some(turns);
        }
        turns += 1;
    }
    (faults.calls(), published, turns)
}

fn record(source: &str, name: &str, parameters: Value) -> Value {
    let mut record = by(call(source, name, 0, parameters), user("mallory"));
    record["recipientAccountId"] = json!("999988887777");
    record
}

/// `row`: most calls one after the other before the alert is published, in an account that is not known yet, with the
/// caller's last hour looked up.
#[track_caller]
fn check(name: &str, parameters: Value, row: usize) {
    let (made, before, in_all) = calls(&delivered(record("iam", name, parameters)));
    let measured = format!("{name}: {before:?} in a row, {in_all} to the end: {made:?}");
    assert!(before.is_some_and(|before| before <= row), "{measured}");
    assert!(made.len() <= CALLS_MAX, "{measured}");
}

/// Most calls in all.
const CALLS_MAX: usize = 25;

#[test]
fn an_alert_waits_for_few_calls_in_a_row() {
    let admin =
        json!({"roleName": "deploy", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"});
    check("AttachRolePolicy", admin, 3);
    let document = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let inline = json!({"roleName": "deploy", "policyName": "p", "policyDocument": document});
    check("PutRolePolicy", inline, 3);
}

/// The other rights of a role are read in rounds: its list, then the entries of the list with the documents of its
/// policies. The list is first looked into while the event's own writes are recorded, so that this costs no call in a
/// row more.
#[test]
fn an_alert_about_a_role_that_holds_much_waits_no_longer() {
    let arn = |name: &str| format!("arn:aws:iam::999988887777:policy/{name}");
    let document = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    let trust = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}}"#;
    let at = |minute: usize, name: &str, parameters: Value| {
        let mut made = record("iam", name, parameters);
        made["eventTime"] = format!("2026-11-24T12:{minute:02}:00Z").into();
        made
    };
    let create = json!({"roleName": "deploy", "assumeRolePolicyDocument": trust});
    let mut earlier = vec![at(1, "CreateRole", create)];
    for (minute, name) in (2..).step_by(2).zip(["a", "b", "c", "d"]) {
        let create = json!({"policyName": name, "policyDocument": document});
        let mut made = at(minute, "CreatePolicy", create);
        made["responseElements"] = json!({"policy": {"arn": arn(name), "defaultVersionId": "v1"}});
        let attach = json!({"roleName": "deploy", "policyArn": arn(name)});
        earlier.extend([made, at(minute + 1, "AttachRolePolicy", attach)]);
    }
    let inline = json!({"roleName": "deploy", "policyName": "i", "policyDocument": document});
    earlier.push(at(12, "PutRolePolicy", inline));
    let full = document.replace("s3:*", "*");
    let mut made = at(13, "CreatePolicy", json!({"policyName": "full", "policyDocument": full}));
    made["responseElements"] = json!({"policy": {"arn": arn("full"), "defaultVersionId": "v1"}});
    earlier.push(made);
    let earlier: Vec<Value> = earlier.into_iter().map(delivered).collect();
    let engine = Engine::packed(&PACK).unwrap();
    let waits = |policy: &str| {
        let attach = json!({"roleName": "deploy", "policyArn": policy});
        let event = delivered(at(25, "AttachRolePolicy", attach));
        let (made, before, in_all) = calls_of(&engine, &earlier, &event);
        let rounds = made.iter().filter(|call| **call == "PriorState.registers").count();
        let measured = format!("{policy}: {before:?} in a row, {in_all} to the end: {made:?}");
        assert!(made.len() <= CALLS_MAX, "{measured}");
        (before.expect("it is published"), rounds)
    };
    // It may do everything already, so nothing else matters.
    assert_eq!(waits("arn:aws:iam::aws:policy/AdministratorAccess"), (3, 1));
    assert_eq!(waits(&arn("full")), (3, 3));
}

/// Samples that publish nothing by themselves: rules count them, or want what came before.
const SILENT: &[&str] = &[
    "assume-role-chained",
    "assume-role-cross-account",
    "assume-role-with-saml",
    "assume-role-with-web-identity",
    "console-login-failed",
    "console-login-hidden-user",
    "console-login-mfa",
    "console-login-sso",
    "directory-user-console-login",
    "list-users",
];

/// Not even with a rule that asks about earlier events: its question is asked together with the others.
#[test]
fn no_sample_waits_for_more_in_an_account_that_nobody_knows() {
    let mut silent = Vec::new();
    for file in std::fs::read_dir("events").unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace("111122223333", "999988887777");
        let (made, before, _) = calls(&serde_json::from_str(&text).unwrap());
        let says = format!("{}: {before:?} in a row of {made:?}", path.display());
        match before {
            Some(before) => assert!(before <= 4 && made.len() <= CALLS_MAX, "{says}"),
            None => silent.push(path.file_stem().unwrap().to_string_lossy().into_owned()),
        }
    }
    silent.sort();
    assert_eq!(silent, SILENT);
}

/// Its former tags, the account itself and the questions of rules are looked up at the same time.
#[test]
fn a_tag_of_an_account_that_nobody_knows_costs_no_call_in_a_row_more() {
    let tags =
        json!({"resourceId": "999988887777", "tags": [{"key": "environment", "value": "x"}]});
    let (made, before, _) = calls(&delivered(record("organizations", "TagResource", tags)));
    assert!(before.is_some_and(|before| before <= 4), "{before:?} in a row of {made:?}");
}

/// Later events are compared with what it wrote.
#[test]
fn what_no_rule_can_want_is_kept_as_prior_state_all_the_same() {
    const RULE: &str =
        "{id: r, title: t, severity: low, why: w, runbook: b, pattern: {source: [aws.ec2]}}";
    let engine = engine_of(RULE, "accounts: {}\n", IcsFiles::new());
    let put = json!({"roleName": "deploy", "policyName": "p", "policyDocument": "{}"});
    let (made, published, _) =
        calls_of(&engine, &[], &delivered(record("iam", "PutRolePolicy", put)));
    assert!(
        !made.is_empty() && made.iter().all(|call| *call == "PriorState.add_write"),
        "{made:?}"
    );
    assert_eq!(published, None);
}

/// Of a change that only a signal may note, the burst of its caller is counted; no account, calendar or register is asked.
#[test]
fn what_only_a_signal_can_want_is_counted_and_looked_up_nowhere() {
    const RULE: &str = "{id: r, title: t, severity: informational, why: w, runbook: b, signal: true, \
                        pattern: {source: [aws.iam], detail: {eventName: [PutRolePolicy]}}}";
    let engine = engine_of(RULE, "accounts: {}\n", IcsFiles::new());
    let put = json!({"roleName": "deploy", "policyName": "p", "policyDocument": "{}"});
    let (made, published, _) =
        calls_of(&engine, &[], &delivered(record("iam", "PutRolePolicy", put)));
    let expected = ["PriorState.add_write", "Counters.count"];
    assert!(made.contains(&"Counters.count"), "{made:?}");
    assert!(made.iter().all(|call| expected.contains(call)), "{made:?}");
    assert_eq!(published, None);
}

#[test]
fn what_no_rule_can_want_is_looked_up_nowhere() {
    let mut read = record("ec2", "DescribeVpcs", Value::Null);
    read["readOnly"] = json!(true);
    let made = calls(&delivered(read)).0;
    assert!(made.is_empty(), "{made:?}");
    // A signal never fires: of what only it wants nothing is asked either.
    let mut identity = record("sts", "GetCallerIdentity", Value::Null);
    identity["readOnly"] = json!(true);
    let mut event = Event::parse(&delivered(identity.clone()).to_string()).unwrap();
    let engine = Engine::packed(&PACK).unwrap();
    let recognised = engine.recognise_at_once(&mut event, &Known::default());
    let ids: Vec<&str> = recognised.matching.rules.iter().map(|rule| &*rule.spec.id).collect();
    assert_eq!(ids, ["caller-identity-read"]);
    let made = calls(&delivered(identity)).0;
    assert!(made.iter().all(|call| *call == "Counters.count"), "{made:?}");
}
