//! A deny contains a stolen identity, or locks out who could stop the thief: how loud it is, by whom it hits.

use iam_responder::event::Event;
use iam_responder::respond::Origin;
use serde_json::{Value, json};

use crate::support::{World, by, call, engine, now, user};

const BAN: &str = r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;

/// How loud the last of these is.
fn last(site: &str, events: Vec<Value>) -> String {
    let engine = engine(site);
    let world = World::new(&engine, Origin::Trusted);
    let answer = |event: Value| world.answer(Event::parse(&event.to_string()), now(), None);
    let alert = events.into_iter().map(answer).last().unwrap().alert.unwrap();
    alert.severity.to_string()
}

fn put(name: &str, minute: usize, parameters: Value) -> Value {
    by(call("iam", name, minute, parameters), user("ann"))
}

fn made() -> Value {
    put("CreateUser", 1, json!({"userName": "dave"}))
}

fn given(policy: &str) -> Value {
    let arn = format!("arn:aws:iam::aws:policy/{policy}");
    put("AttachUserPolicy", 2, json!({"userName": "dave", "policyArn": arn}))
}

fn banned(whom: &str) -> Value {
    put("PutUserPolicy", 9, json!({"userName": whom, "policyName": "q", "policyDocument": BAN}))
}

#[track_caller]
fn check(events: Vec<Value>, want: &str) {
    let what: Vec<String> =
        events.iter().map(|event| event["requestParameters"].to_string()).collect();
    assert_eq!(last("", events), want, "{what:?}");
}

#[test]
fn who_is_known_to_hold_little_is_contained_quietly() {
    check(vec![made(), banned("dave")], "low");
    check(vec![made(), given("AmazonS3ReadOnlyAccess"), banned("dave")], "low");
    let document = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
    let reads = json!({"userName": "dave", "policyName": "p", "policyDocument": document});
    check(vec![made(), put("PutUserPolicy", 2, reads), banned("dave")], "low");
    check(vec![banned("ann")], "low");
}

/// Who could stop an intruder, and whom nobody knows.
#[test]
fn who_may_be_a_defender_is_not_locked_out_quietly() {
    check(vec![banned("dave")], "medium");
    for policy in
        ["AdministratorAccess", "IAMFullAccess", "ReadOnlyAccess", "SecurityAudit", "Unheard"]
    {
        check(vec![made(), given(policy), banned("dave")], "medium");
    }
    let document =
        r#"{"Statement":{"Effect":"Allow","Action":"iam:PutUserPolicy","Resource":"*"}}"#;
    let inline = json!({"userName": "dave", "policyName": "p", "policyDocument": document});
    check(vec![made(), put("PutUserPolicy", 2, inline), banned("dave")], "medium");
    let document = r#"{"Statement":{"Effect":"Allow","Action":"*:Get*","Resource":"*"}}"#;
    let inline = json!({"userName": "dave", "policyName": "p", "policyDocument": document});
    check(vec![made(), put("PutUserPolicy", 2, inline), banned("dave")], "medium");
    let member = json!({"userName": "dave", "groupName": "crew"});
    check(vec![made(), put("AddUserToGroup", 2, member), banned("dave")], "medium");
    let group = json!({"groupName": "crew", "policyName": "q", "policyDocument": BAN});
    check(vec![put("PutGroupPolicy", 9, group)], "medium");
    // Whom the owner guards.
    let guarded = "protected: [\"arn:aws:iam::111122223333:user/dave\"]\n";
    assert_ne!(last(guarded, vec![made(), banned("dave")]), "low");
    let guarded = "protected: [\"arn:aws:iam::111122223333:user/ann\"]\n";
    assert_ne!(last(guarded, vec![banned("ann")]), "low");
}

#[test]
fn what_gives_beside_it_denies_is_no_containment() {
    let both = r#"{"Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}]}"#;
    let inline = json!({"userName": "dave", "policyName": "p", "policyDocument": both});
    check(vec![made(), put("PutUserPolicy", 9, inline)], "medium");
}
