//! A second record of one call raises no second alert, neither in files nor on the bus.

use iam_responder::assess::engine::Engine;
use iam_responder::event::Event;
use iam_responder::pack::PACK;
use iam_responder::respond::Origin;
use iam_responder::respond::handled::Disposition;
use serde_json::{Value, json};

use crate::support::{World, by, call, delivered, now, user};

const ONCE: [Disposition; 2] = [Disposition::Alerted, Disposition::Deduplicated];
const TWICE: [Disposition; 2] = [Disposition::Alerted, Disposition::Alerted];

/// A record of a call that raises an alert, made through an endpoint.
fn record(name: &str, id: &str, parameters: Value) -> Value {
    let (source, name) = name.split_once(' ').unwrap();
    let mut record = by(call(source, name, 0, parameters), user("kim"));
    record["eventID"] = id.into();
    record["requestID"] = "request-1".into();
    record["vpcEndpointId"] = "vpce-0f1e2d3c4b5a69788".into();
    record["recipientAccountId"] = "111122223333".into();
    record
}

fn with(mut record: Value, fields: &Value) -> Value {
    for (key, value) in fields.as_object().unwrap() {
        record[key] = value.clone();
    }
    record
}

/// The record of an endpoint about a call.
fn network(record: &Value) -> Value {
    let fields = json!({"eventID": "event-of-network", "eventCategory": "NetworkActivity", "eventType": "AwsVpceEvent",
        "requestParameters": null, "managementEvent": false});
    with(record.clone(), &fields)
}

/// In files, and on the bus: what becomes of records in this order.
#[track_caller]
fn check(records: &[Value], want: &[Disposition]) {
    let engine = Engine::packed(&PACK).unwrap();
    for origin in [Origin::Trusted, Origin::Checked] {
        let world = World::new(&engine, origin);
        let answer = |record: &Value| {
            let event = match origin {
                Origin::Trusted => record.to_string(),
                Origin::Checked => delivered(record.clone()).to_string(),
            };
            world.answer(Event::parse(&event), now(), None).outcome.disposition
        };
        let found: Vec<Disposition> = records.iter().map(answer).collect();
        assert_eq!(found, want, "{origin:?} {records:?}");
    }
}

fn made() -> Value {
    record("iam CreateUser", "event-1", json!({"userName": "zoe"}))
}

fn stopped() -> Value {
    record("cloudtrail StopLogging", "event-1", json!({"name": "audit"}))
}

#[test]
fn the_same_record_is_published_once() {
    check(&[made(), made()], &ONCE);
    let other = record("iam CreateUser", "event-2", json!({"userName": "zoe"}));
    check(&[made(), with(other, &json!({"requestID": "request-2"}))], &TWICE);
}

/// On the bus AWS alone sets IDs; in a file anybody may.
#[test]
fn another_record_under_the_same_id_in_a_file_is_published() {
    let engine = Engine::packed(&PACK).unwrap();
    let world = World::new(&engine, Origin::Trusted);
    let other = with(made(), &json!({"requestParameters": {"userName": "mallory"}}));
    for record in [made(), other] {
        let outcome = world.answer(Event::parse(&record.to_string()), now(), None).outcome;
        assert_eq!(outcome.disposition, Disposition::Alerted);
    }
}

#[test]
fn a_call_and_its_network_activity_are_one() {
    check(&[stopped(), network(&stopped())], &ONCE);
    // The record of the call says what was stopped, and how it is started again.
    check(&[network(&stopped()), stopped()], &TWICE);
    let other = with(network(&stopped()), &json!({"requestID": "request-2"}));
    check(&[stopped(), other], &TWICE);
    let refused = with(network(&stopped()), &json!({"errorCode": "VpceAccessDenied"}));
    check(&[refused], &[Disposition::Alerted]);
    // The record of the call says what the endpoint does not: which policy it was.
    let attached = record(
        "iam AttachUserPolicy",
        "event-1",
        json!({"userName": "zoe", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    );
    check(&[network(&attached), attached.clone()], &TWICE);
    check(&[attached.clone(), network(&attached)], &ONCE);
}

#[test]
fn an_addendum_is_published_where_it_says_more() {
    let amends = |id: &str| json!({"eventID": id, "addendum": {"reason": "UPDATED_DATA", "originalEventID": "event-1"}});
    check(&[made(), with(made(), &amends("event-2"))], &ONCE);
    check(&[made(), with(made(), &amends("event-1"))], &ONCE);
    check(&[with(made(), &amends("event-2"))], &[Disposition::Alerted]);
    let attach = |policy: &str| {
        let parameters =
            json!({"userName": "zoe", "policyArn": format!("arn:aws:iam::aws:policy/{policy}")});
        record("iam AttachUserPolicy", "event-1", parameters)
    };
    let louder = with(attach("AdministratorAccess"), &amends("event-1"));
    check(&[attach("AWSXRayDaemonWriteAccess"), louder], &TWICE);
}
