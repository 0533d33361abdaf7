//! An alert names who AWS or an identity provider says it was; what a session calls itself only as that.

use iam_responder::site::Format;
use iam_responder::text::severity::Severity;
use serde_json::{Value, json};

use crate::support::{by, call, responses, session};

const HERE: &str = "111122223333";
const ROLE: &str = "arn:aws:iam::111122223333:role/people/developer";
const KEY: &str = "ASIA0SESSION";

/// A change by a session of the role, under this name.
fn change(called: &str, source_identity: Option<&str>) -> Value {
    let mut identity = session(ROLE);
    identity["principalId"] = json!(format!("AROAX:{called}"));
    identity["arn"] = json!(format!("arn:aws:sts::{HERE}:assumed-role/developer/{called}"));
    identity["accessKeyId"] = json!(KEY);
    identity["sessionContext"]["sourceIdentity"] = json!(source_identity);
    by(call("iam", "CreateUser", 30, json!({"userName": "zed"})), identity)
}

/// The role is made with this trust policy.
fn made(minute: usize, statements: &Value) -> Value {
    let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let parameters =
        json!({"roleName": "developer", "path": "/people/", "assumeRolePolicyDocument": document});
    call("iam", "CreateRole", minute, parameters)
}

fn trusted(minute: usize, statements: &Value) -> Value {
    let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let parameters = json!({"roleName": "developer", "policyDocument": document});
    call("iam", "UpdateAssumeRolePolicy", minute, parameters)
}

fn saml() -> Value {
    json!({"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML",
        "Principal": {"Federated": format!("arn:aws:iam::{HERE}:saml-provider/idp")}})
}

fn users(condition: &Value) -> Value {
    json!({"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
        "Principal": {"AWS": HERE}, "Condition": condition})
}

/// SAML opens a session with this access key.
fn signed_in(key: &str, minute: usize, outcome: &Value) -> Value {
    let parameters =
        json!({"roleArn": ROLE, "principalArn": format!("arn:aws:iam::{HERE}:saml-provider/idp")});
    let identity = json!({"type": "SAMLUser", "userName": "kim", "principalId": "x:kim"});
    let mut record = by(call("sts", "AssumeRoleWithSAML", minute, parameters), identity);
    record["readOnly"] = json!(true);
    record["responseElements"] = json!({"credentials": {"accessKeyId": key}});
    record["errorCode"] = outcome.clone();
    record
}

/// The sentence of the alert about the last event.
#[track_caller]
fn sentence(site: &str, events: Vec<Value>) -> String {
    let last = responses(site, Vec::new(), events).pop().unwrap();
    last.alert.unwrap().sentence.shown()
}

#[track_caller]
fn check(site: &str, events: Vec<Value>, subject: &str) {
    let said = sentence(site, events);
    let (who, _) = said.split_once(" created user zed").unwrap();
    assert_eq!(who, subject);
}

const SESSION: &str = "A session of role developer that calls itself kim";

#[test]
fn saml_names_the_person_where_its_record_or_the_trust_policy_was_seen() {
    let kim = || change("kim", None);
    check("", vec![kim()], SESSION);
    check("", vec![signed_in(KEY, 10, &Value::Null), kim()], "kim");
    // Of another session, or refused.
    check("", vec![signed_in("ASIA0OTHER", 10, &Value::Null), kim()], SESSION);
    check("", vec![signed_in(KEY, 10, &json!("AccessDenied")), kim()], SESSION);
    // The first call in the same second.
    check("", vec![signed_in(KEY, 30, &Value::Null), kim()], "kim");

    check("", vec![made(5, &json!([saml()])), kim()], "kim");
    check("", vec![made(5, &json!([saml(), users(&json!({}))])), kim()], SESSION);
    let opened = trusted(6, &json!([saml(), users(&json!({}))]));
    check("", vec![made(5, &json!([saml()])), opened.clone(), kim()], SESSION);
    // Opened by another way in, which was closed again before the call.
    let mut later = kim();
    later["userIdentity"]["sessionContext"]["attributes"] =
        json!({"creationDate": "2026-11-24T12:10:00Z"});
    let closed = trusted(20, &json!([saml()]));
    check("", vec![made(5, &json!([saml()])), opened, closed, later.clone()], SESSION);
    check("", vec![made(5, &json!([saml()])), later], "kim");
}

#[test]
fn a_source_identity_is_believed_where_a_trust_policy_or_the_owner_says_so() {
    let kim = || change("x", Some("kim"));
    let unsure = "A session of role developer that calls itself x";
    let own = json!({"StringEquals": {"sts:SourceIdentity": "${aws:username}"}});
    check("", vec![kim()], unsure);
    check("", vec![made(5, &json!([users(&own)])), kim()], "kim");
    let any = json!({"StringLike": {"sts:SourceIdentity": "*"}});
    check("", vec![made(5, &json!([users(&any)])), kim()], unsure);
    check(&format!("source-identity-roles: ['{ROLE}']"), vec![kim()], "kim");
    let other = "source-identity-roles: ['arn:aws:iam::111122223333:role/developer']";
    check(other, vec![kim()], unsure);
}

#[test]
fn an_alert_about_a_session_of_assume_root_says_who_opened_it() {
    let root = |key: &str| {
        let identity = json!({"type": "Root", "accountId": HERE, "principalId": HERE, "accessKeyId": key,
            "arn": format!("arn:aws:iam::{HERE}:root"), "sessionContext": {"assumedRoot": "true"}});
        by(call("s3", "DeleteBucketPolicy", 30, json!({"bucketName": "locked"})), identity)
    };
    let opened = |target: &str| {
        let parameters = json!({"targetPrincipal": target, "taskPolicyArn": {"arn": "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}});
        let mut record = call("sts", "AssumeRoot", 20, parameters);
        record["recipientAccountId"] = json!("444455556666");
        record["userIdentity"] =
            json!({"type": "IAMUser", "userName": "dana", "accountId": "444455556666"});
        record["responseElements"] = json!({"credentials": {"accessKeyId": KEY}});
        record
    };
    for (events, who) in [
        (vec![root(KEY)], "The root session of AssumeRoot "),
        (vec![opened(HERE), root(KEY)], "The root session that dana opened by AssumeRoot "),
        (
            vec![opened(&format!("arn:aws:iam::{HERE}:root")), root(KEY)],
            "The root session that dana opened by AssumeRoot ",
        ),
        (vec![opened(HERE), root("ASIA0OTHER")], "The root session of AssumeRoot "),
        (vec![opened("777788889999"), root(KEY)], "The root session of AssumeRoot "),
    ] {
        let alert = responses("", Vec::new(), events).pop().unwrap().alert.unwrap();
        let said = alert.sentence.shown();
        assert!(said.starts_with(who), "{said}");
        assert_eq!(alert.rules[0].id(), "root-session-at-work");
        assert!(!alert.to_text().contains("recover the root password"), "{}", alert.to_text());
    }
}

#[test]
fn what_a_session_of_assume_root_does_to_root_has_a_runbook_of_its_own() {
    let off = |flag: Value| {
        let identity = json!({"type": "Root", "accountId": HERE, "arn": format!("arn:aws:iam::{HERE}:root"),
            "sessionContext": {"assumedRoot": flag}});
        let parameters =
            json!({"serialNumber": "arn:aws:iam::111122223333:mfa/root-account-mfa-device"});
        let record = by(call("iam", "DeactivateMFADevice", 30, parameters), identity);
        responses("", Vec::new(), [record]).pop().unwrap().alert.unwrap()
    };
    let (central, plain) = (off(json!("true")), off(Value::Null));
    for alert in [&central, &plain] {
        assert_eq!(alert.rules[0].id(), "root-mfa-deactivated");
    }
    let asks = |alert: &iam_responder::alert::Alert| {
        alert.runbook.as_deref().unwrap().starts_with("Who opened the session?")
    };
    assert!(asks(&central) && !asks(&plain));
}

#[test]
fn a_federated_session_is_judged_as_who_issued_it() {
    let by_federated = |issuer: Value, mut record: Value| {
        record["userIdentity"] = json!({"type": "FederatedUser", "accountId": HERE, "accessKeyId": KEY,
            "arn": format!("arn:aws:sts::{HERE}:federated-user/carol"), "sessionContext": {"sessionIssuer": issuer}});
        record
    };
    let bob = || json!({"type": "IAMUser", "userName": "bob", "arn": format!("arn:aws:iam::{HERE}:user/bob")});
    let root = || json!({"type": "Root", "arn": format!("arn:aws:iam::{HERE}:root")});
    let answer = |record: Value| responses("", Vec::new(), [record]).pop().unwrap();
    let attach = |user: &str| {
        let parameters =
            json!({"userName": user, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"});
        call("iam", "AttachUserPolicy", 30, parameters)
    };
    let ids = |record: Value| answer(record).outcome.rules;
    let own = "own-rights-raised-to-admin".to_owned();
    assert!(ids(by_federated(bob(), attach("BOB"))).contains(&own));
    for other in ["carol", "alice"] {
        assert!(!ids(by_federated(bob(), attach(other))).contains(&own), "{other}");
    }
    // A key without a name is the issuer's own.
    let key = || call("iam", "CreateAccessKey", 30, Value::Null);
    let of_bob = answer(by_federated(bob(), key())).alert.unwrap().entity.unwrap();
    assert_eq!(
        of_bob.arn,
        Some(iam_responder::text::hostile::Hostile::of("arn:aws:iam::111122223333:user/bob"))
    );
    let of_root = answer(by_federated(root(), key()));
    assert_eq!(of_root.outcome.rules[0], "root-access-key-created");
    assert_eq!(of_root.outcome.severity, Some(Severity::Critical));
    // Development makes others quieter, but not root.
    let site = "accounts: {'111122223333': {name: lab, tags: {env: dev}}}";
    let change = by_federated(root(), call("ec2", "DisableEbsEncryptionByDefault", 30, json!({})));
    let loud = responses(site, Vec::new(), [change]).pop().unwrap().outcome;
    assert_eq!((loud.severity, loud.rules[0].as_str()), (Some(Severity::High), "root-activity"));
}

#[test]
fn a_role_at_the_console_is_not_called_a_user() {
    let mut record = change("1764066900", None);
    record["eventSource"] = json!("signin.amazonaws.com");
    record["eventName"] = json!("ConsoleLogin");
    record["eventType"] = json!("AwsConsoleSignIn");
    record["responseElements"] = json!({"ConsoleLogin": "Success"});
    let alert = responses("", Vec::new(), [record]).pop().unwrap().alert.unwrap();
    let text = alert.to_text();
    assert!(
        text.contains("ConsoleLogin on role developer") && !text.contains("user developer"),
        "{text}"
    );
}

#[test]
fn the_key_that_signed_is_in_every_format() {
    let mut record = change("kim", Some("lee"));
    record["userIdentity"]["onBehalfOf"] = json!({"userId": "9448-01", "identityStoreArn": "arn:aws:identitystore::111122223333:identitystore/d-9"});
    let alert = responses("", Vec::new(), [record]).pop().unwrap().alert.unwrap();
    for &format in Format::ALL {
        let body = iam_responder::alert::Message::new(&alert, format).body;
        for shown in [KEY, "lee", "9448-01", "identitystore/d-9"] {
            assert!(body.contains(shown), "{shown} in {body}");
        }
    }
    let principal = &alert.to_json()["principal"];
    assert_eq!(principal["access_key"], KEY);
    assert_eq!(principal["session"], "kim");
    assert_eq!(principal["person"], Value::Null);
    assert_eq!(principal["on_behalf_of"]["user"], "9448-01");
}
