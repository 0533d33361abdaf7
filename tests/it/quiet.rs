//! What a quiet day costs: alerts about normal life.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use iam_responder::assess::engine::Engine;
use iam_responder::event::{Event, Unreadable, input};
use iam_responder::pack::PACK;
use iam_responder::respond::Origin;
use iam_responder::respond::handled::{Disposition, Handled};
use iam_responder::text::severity::Severity;
use serde_json::{Value, json};

use crate::support::{World, by, call, engine, responses, session, user};

/// Answers events in order, as one environment would.
fn outcomes(events: Vec<Result<Event, Unreadable>>) -> Vec<Handled> {
    let world = World::new(Engine::packed(&PACK).unwrap(), Origin::Trusted);
    let now = "2026-11-20T12:00:00Z".parse().unwrap();
    let answer = |event| world.answer(event, now, None).outcome;
    events.into_iter().map(answer).collect()
}

fn by_severity(outcomes: &[Handled]) -> BTreeMap<Severity, usize> {
    let mut counts = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| outcome.disposition == Disposition::Alerted) {
        *counts.entry(outcome.severity.unwrap()).or_default() += 1;
    }
    counts
}

#[test]
fn normal_life_is_quiet() {
    let quiet = [
        "list-users.json",
        "console-login-mfa.json",
        "console-login-sso.json",
        "create-service-linked-role.json",
        "assume-role-with-saml.json",
        "assume-role-with-web-identity.json",
        "service-event-no-type.json",
    ];
    let read =
        |name: &&str| Event::parse(&fs::read_to_string(Path::new("events").join(name)).unwrap());
    for (name, outcome) in quiet.iter().zip(outcomes(quiet.iter().map(read).collect())) {
        let loud = outcome.severity.is_some_and(|severity| severity > Severity::Low);
        assert!(outcome.disposition != Disposition::Alerted || !loud, "{name}: {outcome:?}");
    }
}

/// The background of a recorded intrusion: all calls except those of the intruder and of the user whose keys he has.
/// Nearly two hundred records of services, instances, a colleague and their roles.
#[test]
fn the_background_of_an_intrusion_is_quiet() {
    let folder =
        std::env::var_os("IAM_RESPONDER_CORPUS").unwrap_or_else(|| "../shared/corpus".into());
    let Ok(file) = fs::File::open(Path::new(&folder).join("invictus.ndjson.gz")) else { return };
    let mut text = String::new();
    MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    let intruder = |event: &Event| {
        let name = event.text("detail.userIdentity.userName").unwrap_or_default();
        let arn = event.text("detail.userIdentity.arn").unwrap_or_default();
        name == "bert-jan" || arn.contains("stratus-red-team")
    };
    let inputs = input::read(&text).filter_map(|input| input.event());
    let background: Vec<_> =
        inputs.filter(|event| event.as_ref().is_ok_and(|event| !intruder(event))).collect();
    assert!(background.len() > 150, "{} records", background.len());
    let counts = by_severity(&outcomes(background));
    assert!(counts.is_empty(), "{counts:?}");
}

/// How loud a call of a person is by night, where a role is guarded.
fn by_night(source: &str, name: &str, parameters: Value) -> Option<Severity> {
    let guarded = engine("protected: [\"arn:aws:iam::111122223333:role/keeper\"]\n");
    let mut record = by(call(source, name, 0, parameters), user("ann"));
    record["eventTime"] = "2026-11-24T02:00:00Z".into();
    let event = Event::parse(&record.to_string());
    let now = "2026-11-24T02:00:00Z".parse().unwrap();
    World::new(guarded, Origin::Trusted).answer(event, now, None).outcome.severity
}

/// Who only forbids something holds somebody back, as responders do at night.
#[test]
fn a_ban_by_night_is_no_gift() {
    let put = |role: &str, document: &str| {
        let parameters =
            json!({"roleName": role, "policyName": "stop", "policyDocument": document});
        by_night("iam", "PutRolePolicy", parameters)
    };
    let ban = r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    let gift = r#"{"Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"},
        {"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}]}"#;
    assert_eq!(put("lab", ban), Some(Severity::Medium));
    assert_eq!(put("lab", gift), Some(Severity::High));
    // A guarded role must be able to work.
    assert!(put("keeper", ban) >= Some(Severity::High));
    let own = by_night(
        "iam",
        "PutUserPolicy",
        json!({"userName": "ann", "policyName": "stop", "policyDocument": ban}),
    );
    assert_eq!(own, Some(Severity::Low));
    let attach = json!({"roleName": "lab", "policyArn": "arn:aws:iam::aws:policy/AWSDenyAll"});
    assert!(by_night("iam", "AttachRolePolicy", attach) <= Some(Severity::Medium));
    let detach = json!({"roleName": "lab", "policyArn": "arn:aws:iam::aws:policy/AWSDenyAll"});
    assert!(by_night("iam", "DetachRolePolicy", detach) >= Some(Severity::High));
}

/// A change that only records more is not tampering; one that may record less is.
#[test]
fn a_trail_that_is_strengthened_by_night_is_quiet() {
    let trail = |parameters| by_night("cloudtrail", "UpdateTrail", parameters);
    let group = "arn:aws:logs:us-east-1:111122223333:log-group:trail:*";
    assert_eq!(trail(json!({"name": "t", "isMultiRegionTrail": true})), Some(Severity::Low));
    let logs = json!({"name": "t", "cloudWatchLogsLogGroupArn": group});
    assert_eq!(trail(logs), Some(Severity::Medium));
    for less in [
        json!({"name": "t", "isMultiRegionTrail": false}),
        json!({"name": "t", "isMultiRegionTrail": true, "s3BucketName": "other"}),
        json!({"name": "t", "cloudWatchLogsLogGroupArn": ""}),
        json!({"name": "t"}),
    ] {
        assert!(trail(less.clone()) >= Some(Severity::High), "{less}");
    }
}

/// Who changes to a new phone is one step quieter, and never silent: a thief of the session looks the same.
#[test]
fn a_user_who_changes_his_own_device_with_a_second_factor_is_a_step_quieter() {
    let taken = |by_whom: Value, whose: &str| {
        let parameters =
            json!({"userName": whose, "serialNumber": "arn:aws:iam::111122223333:mfa/phone"});
        let record = by(call("iam", "DeactivateMFADevice", 1, parameters), by_whom);
        responses("accounts: {}", Vec::new(), vec![record]).remove(0).outcome.severity
    };
    let bob = |mfa: Option<&str>| {
        let mut bob = user("bob");
        if let Some(mfa) = mfa {
            bob["sessionContext"] = json!({"attributes": {"mfaAuthenticated": mfa}});
        }
        bob
    };
    assert_eq!(taken(bob(Some("true")), "bob"), Some(Severity::Medium));
    assert_eq!(taken(bob(Some("false")), "bob"), Some(Severity::High));
    assert_eq!(taken(bob(None), "bob"), Some(Severity::High));
    assert_eq!(taken(bob(Some("true")), "ann"), Some(Severity::High));
    // The session's word that it had a factor counts of users alone.
    let mut role = session("arn:aws:iam::111122223333:role/bob");
    role["sessionContext"]["attributes"] = json!({"mfaAuthenticated": "true"});
    assert_eq!(taken(role, "bob"), Some(Severity::High));
}
