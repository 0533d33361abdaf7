//! Histories of events, and what is known before the last one of them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::register::WRITES_MAX;
use super::*;
use crate::event::{Event, Principal, call_outcome, sample};

/// An event: minutes and seconds, call, parameters, and the answer behind `=>`. The ID is its place.
pub(super) fn event(line: &str, id: usize) -> Event {
    let (time, rest) = line.split_once(' ').unwrap();
    let (call, rest) = rest.split_once(' ').unwrap();
    let (parameters, answer) = rest.split_once("=>").unwrap_or((rest, "null"));
    let source = if call.contains("PermissionSet") { "sso" } else { "iam" };
    let record = sample::call(source, call).with("eventTime", format!("2026-11-20T10:{time}Z"));
    let record = record.with("eventID", id.to_string());
    record.parameters(parameters).answer(answer).event()
}

pub(super) fn record(registers: &mut Registers, event: &Event) {
    let omitted = event.flag("detail.requestParameters.omitted") == Some(true);
    for (address, value) in written_by(event, omitted, Handed::of(event).as_ref()) {
        let (at, event_id) = (event.time().unwrap(), event.identity());
        let write = Write::new(at, event_id, value, false);
        registers.entry(address).or_default().add(&write);
    }
}

fn asked(ask: &Ask, event: &Event, mut registers: Registers) -> String {
    let id = event.identity();
    let moment = Moment { at: event.time().unwrap(), event_id: &id };
    let prior = loop {
        match answer(ask, moment, &registers) {
            Ok(prior) => break prior,
            Err(address) => assert!(registers.insert(address, Register::default()).is_none()),
        }
    };
    match prior {
        Prior::Absent { source, .. } => format!("absent by {}", source.event_id),
        Prior::Present { value, source } => {
            format!("{value} by {}", source.event_id).trim_start().to_owned()
        }
        Prior::Unknown { why, possible } => {
            format!("{why:?} {}", possible.join(" ")).trim().to_owned()
        }
    }
}

/// The answer to the last event, for any order of the others, and after a second delivery.
#[track_caller]
fn check(lines: &[&str], want: &str) {
    let events: Vec<Event> =
        lines.iter().enumerate().map(|(index, line)| event(line, index)).collect();
    let (last, before) = events.split_last().unwrap();
    let questions = Questions::of(last, call_outcome(last), &Principal::of(last));
    let ask = questions.named.or(questions.replaced).unwrap();
    let mut orders = vec![before.to_vec(), before.iter().rev().cloned().collect::<Vec<_>>()];
    orders.push([before, before].concat());
    orders.push([std::slice::from_ref(last), before].concat());
    for order in orders {
        let mut registers = Registers::new();
        order.iter().for_each(|event| record(&mut registers, event));
        assert_eq!(asked(&ask, last, registers), want);
    }
}

const DELETE: &str = r#"09:00 DeleteUserPolicy {"userName":"Lee","policyName":"STOP"}"#;
const ATTACH: &str = r#"09:00 AttachUserPolicy {"userName":"u","policyArn":"arn:aws:iam::111122223333:policy/x/App"}"#;

fn put(time: &str, user: &str, document: &str) -> String {
    format!(
        r#"{time} PutUserPolicy {{"userName":"{user}","policyName":"stop","policyDocument":"{document}"}}"#
    )
}

#[test]
fn a_register_read_ahead_that_cannot_be_read_is_let_go() {
    let arn = "arn:aws:iam::111122223333:policy/x/App";
    let events = [
        format!(
            r#"01:00 CreatePolicy {{"policyName":"App","policyDocument":"a"}}=>{{"policy":{{"arn":"{arn}","defaultVersionId":"v1"}}}}"#
        ),
        format!(
            r#"02:00 CreatePolicyVersion {{"policyArn":"{arn}","policyDocument":"b","setAsDefault":true}}=>{{"policyVersion":{{"versionId":"v3","isDefaultVersion":true}}}}"#
        ),
    ];
    let mut known = Registers::new();
    for (id, line) in events.iter().enumerate() {
        record(&mut known, &event(line, id));
    }
    let last = event(ATTACH, 2);
    let id = last.identity();
    let moment = Moment { at: last.time().unwrap(), event_id: &id };
    let questions = Questions::of(&last, call_outcome(&last), &Principal::of(&last));
    let named = |lost: &str| {
        let mut inquiry = Inquiry::new(&questions, None);
        let (mut read, mut unread) = (Registers::new(), BTreeSet::new());
        loop {
            let missing = inquiry.ask(moment, &read, &unread, |_| false);
            if missing.is_empty() {
                break inquiry.end(Why::Unseen).named;
            }
            for address in missing {
                if address.thing() == Some((Thing::Version, lost)) {
                    assert!(unread.insert(address), "it is asked for once");
                } else {
                    let register = known.get(&address).cloned().unwrap_or_default();
                    read.insert(address, register);
                }
            }
        }
    };
    assert_eq!(named("v1").present(), Some("b"));
    assert_eq!(named("v3").why(), Some(Why::NoAnswer));
}

#[test]
fn names_differ_in_more_than_case_and_the_last_write_by_time_counts() {
    check(&[DELETE], "Unseen");
    check(&[&put("01:00", "LEE", "a"), DELETE], "a by 0");
    check(&[&put("01:00", "lee", "a"), &put("02:00", "lee", "b"), DELETE], "b by 1");
    check(
        &[&put("01:00", "lee", "a"), DELETE.replace("09:", "02:").as_str(), DELETE],
        "absent by 1",
    );
    check(&[&put("09:00", "lee", "a"), DELETE], "SameMoment a");
    check(&[&put("09:01", "lee", "a"), DELETE], "Unseen");
    check(&[&put("01:00", "lee2", "a"), DELETE], "Unseen");
}

#[test]
fn a_rename_takes_everything_along() {
    let moved = r#"03:00 UpdateUser {"userName":"kim","newUserName":"lee"}"#;
    let back = r#"04:00 UpdateUser {"userName":"lee","newUserName":"Kim"}"#;
    let again = r#"05:00 UpdateUser {"userName":"kim","newUserName":"lee"}"#;
    check(&[&put("01:00", "kim", "a"), moved, DELETE], "a by 0");
    check(&[&put("01:00", "kim", "a"), moved, back, again, DELETE], "a by 0");
    check(&[&put("01:00", "kim", "a"), moved, &put("04:00", "lee", "b"), DELETE], "b by 2");
    check(&[&put("04:00", "kim", "a"), moved, DELETE], "Unseen");
    // The former owner of the name is another entity.
    check(&[&put("01:00", "lee", "a"), moved, DELETE], "Unseen");
    check(&[&put("01:00", "lee", "a"), back, DELETE], "Unseen");
    let only_letters = r#"03:00 UpdateUser {"userName":"lee","newUserName":"LEE"}"#;
    check(&[&put("01:00", "lee", "a"), only_letters, DELETE], "a by 0");
    let path = r#"03:00 UpdateUser {"userName":"lee","newPath":"/staff/"}"#;
    check(&[&put("01:00", "lee", "a"), path, DELETE], "a by 0");
}

#[test]
fn what_was_made_anew_has_only_what_came_since() {
    let created = r#"03:00 CreateUser {"userName":"lee"}"#;
    let deleted = r#"02:00 DeleteUser {"userName":"lee"}"#;
    check(&[created, DELETE], "absent by 0");
    check(&[created, &put("03:00", "lee", "a"), DELETE], "a by 1");
    check(&[&put("01:00", "lee", "a"), deleted, created, DELETE], "absent by 2");
    check(&[&put("01:00", "lee", "a"), deleted, DELETE], "Unseen");
    // Made although it was there: what it had may have stayed.
    check(&[&put("01:00", "lee", "a"), created, DELETE], "Contradicted a");
    let twice = r#"04:00 CreateUser {"userName":"lee"}"#;
    check(&[created, twice, DELETE], "Contradicted");
    check(&[created, DELETE.replace("09:00", "03:00").as_str(), DELETE], "absent by 1");
}

const MADE: &str = r#"01:00 CreatePolicy {"policyName":"app","policyDocument":"one"}"#;

fn version(time: &str, document: &str, default: &str, id: &str) -> String {
    format!(
        r#"{time} CreatePolicyVersion {{"policyArn":"arn:aws:iam::111122223333:policy/x/app",
           "policyDocument":"{document}","setAsDefault":{default}}}
           => {{"policyVersion":{{"versionId":"{id}"}}}}"#
    )
}

fn choose(time: &str, id: &str) -> String {
    format!(
        r#"{time} SetDefaultPolicyVersion {{"policyArn":"arn:aws:iam::111122223333:policy/x/app","versionId":"{id}"}}"#
    )
}

#[test]
fn the_default_version_is_in_force() {
    check(&[ATTACH], "Unseen");
    check(&[MADE, ATTACH], "one by 0");
    check(&[&MADE.replace("01:", "09:"), ATTACH], "one by 0");
    check(&[MADE, &version("02:00", "two", "false", "v2"), ATTACH], "one by 0");
    for default in ["true", "\"true\""] {
        check(&[MADE, &version("02:00", "two", default, "v2"), ATTACH], "two by 1");
    }
    let two = version("02:00", "two", "true", "v2");
    check(&[MADE, &two, &choose("03:00", "v1"), ATTACH], "one by 0");
    check(&[MADE, &two, &choose("03:00", "v7"), ATTACH], "Unseen");
    check(&[&two, &choose("03:00", "v1"), ATTACH], "Unseen");
    check(&[MADE, &two, &choose("02:00", "v1"), ATTACH], "SameMoment two one");
    // Without an answer the event's ID identifies the version.
    let unanswered = two.split("=>").next().unwrap();
    check(&[MADE, unanswered, ATTACH], "two by 1");
    check(&[MADE, unanswered, &choose("03:00", "v1"), ATTACH], "one by 0");
    // The version that a choice puts in force.
    check(&[MADE, &two, &choose("04:00", "V1")], "one by 0");
    check(&[&two, &choose("04:00", "v1")], "Unseen");
}

#[test]
fn what_made_room_is_not_taken_for_absent() {
    let created = r#"00:30 CreateUser {"userName":"lee"}"#.to_owned();
    let puts = (1..=WRITES_MAX + 2).map(|minute| put(&format!("{minute:02}:00"), "lee", "a"));
    let late = DELETE.replace("09:00", "02:30");
    let lines: Vec<String> = [created].into_iter().chain(puts).chain([late]).collect();
    check(&lines.iter().map(String::as_str).collect::<Vec<_>>(), "Unseen");
}

#[test]
fn a_policy_deleted_and_made_anew_is_another_one() {
    let deleted = r#"02:00 DeletePolicy {"policyArn":"arn:aws:iam::111122223333:policy/x/app"}"#;
    let anew = MADE.replace("01:00", "03:00").replace("one", "new");
    check(&[MADE, deleted, &anew, ATTACH], "new by 2");
    check(&[MADE, deleted, ATTACH], "Unseen");
    check(&[MADE, &anew, ATTACH], "Contradicted new one");
}

#[test]
fn calls_without_parameters_leave_doubt() {
    let omitted = r#"03:00 CreatePolicyVersion {"omitted":true,"reason":"too large"}"#;
    check(&[MADE, omitted, ATTACH], "Omitted one");
    check(&[MADE, omitted, &version("04:00", "two", "true", "v3"), ATTACH], "two by 2");
    let omitted = r#"03:00 PutUserPolicy {"omitted":true}"#;
    check(&[&put("01:00", "lee", "a"), omitted, DELETE], "Omitted a");
    check(&[&put("01:00", "lee", "a"), &omitted.replace("User", "Role"), DELETE], "a by 0");
    check(&[r#"01:00 PutUserPolicy {"userName":"lee","policyName":"stop"}"#, DELETE], "Unsaid");
    let moved = r#"02:00 UpdateUser {"userName":"kim","newUserName":"lee"}"#;
    check(&[&put("01:00", "kim", "a"), moved, omitted, DELETE], "Omitted a");
}

#[test]
fn a_seed_reads_an_entity_as_a_whole() {
    let at: Timestamp = "2026-11-20T10:05:00Z".parse().unwrap();
    let seed = |value: &str| Write::new(at, "seed".to_owned(), Value::of(value), true);
    let check = |lines: &[&str], inline: Option<&str>, want: &str| {
        let mut registers = Registers::new();
        let user = Address::kept("111122223333", "user lee");
        registers.entry(user.clone()).or_default().add(&seed(""));
        if let Some(inline) = inline {
            registers.entry(user.named(Thing::Inline, "stop")).or_default().add(&seed(inline));
        }
        for (index, line) in lines.iter().enumerate() {
            record(&mut registers, &event(line, index));
        }
        let last = event(DELETE, 9);
        let ask =
            Questions::of(&last, call_outcome(&last), &Principal::of(&last)).replaced.unwrap();
        assert_eq!(asked(&ask, &last, registers.clone()), want, "{lines:?}");
        let near = event(&DELETE.replace("09:00", "05:59"), 9);
        let found = asked(&ask, &near, registers);
        assert!(found.starts_with("SameMoment") || !lines.is_empty(), "{found}");
    };
    check(&[], Some("read"), "read by seed");
    check(&[], None, "absent by seed");
    check(&[&put("01:00", "lee", "a")], Some("read"), "read by seed");
    check(&[&put("01:00", "lee", "a")], None, "absent by seed");
    check(&[&put("04:30", "lee", "a")], None, "a by 0");
    check(&[&put("04:30", "lee", "a")], Some("read"), "SameMoment a read");
    check(&[&put("07:00", "lee", "a")], Some("read"), "a by 0");
    check(&[&put("09:00", "kim", "a")], Some("read"), "read by seed");
    check(&[r#"07:00 CreateUser {"userName":"lee"}"#], Some("read"), "Contradicted read");
    check(
        &[r#"06:30 DeleteUser {"userName":"lee"}"#, r#"07:00 CreateUser {"userName":"lee"}"#],
        Some("read"),
        "absent by 1",
    );
}

#[test]
fn only_the_accounts_own_policies_are_asked_for() {
    for arn in ["arn:aws:iam::aws:policy/App", "arn:aws:iam::444455556666:policy/app"] {
        let attach = ATTACH.replace("arn:aws:iam::111122223333:policy/x/App", arn);
        let attach = event(&attach, 0);
        assert_eq!(
            Questions::of(&attach, call_outcome(&attach), &Principal::of(&attach)).named,
            None,
            "{arn}"
        );
    }
}

/// The former value where the last event writes.
#[track_caller]
fn check_former(lines: &[&str], want: &str) {
    let events: Vec<Event> =
        lines.iter().enumerate().map(|(index, line)| event(line, index)).collect();
    let (last, before) = events.split_last().unwrap();
    let mut registers = Registers::new();
    before.iter().for_each(|event| record(&mut registers, event));
    let found = Questions::of(last, call_outcome(last), &Principal::of(last))
        .former
        .map(|ask| asked(&ask, last, registers));
    assert_eq!(found.unwrap_or_default(), want);
}

#[test]
fn what_stood_where_a_call_writes_is_known() {
    check_former(&[ATTACH], "Unseen");
    check_former(&[&ATTACH.replace("09:", "01:"), ATTACH], "by 0");
    let detached = ATTACH.replace("09:", "02:").replace("Attach", "Detach");
    check_former(&[&ATTACH.replace("09:", "01:"), &detached, ATTACH], "absent by 1");
    check_former(&[r#"01:00 CreateUser {"userName":"u"}"#, ATTACH], "absent by 0");
    check_former(&[&put("01:00", "lee", "a"), DELETE], "a by 0");
    check_former(&[MADE, &version("02:00", "two", "true", "v2")], "v1 by 0");
    check_former(&[MADE, &choose("02:00", "v3")], "v1 by 0");
    let key = r#"01:00 CreateAccessKey {} => {"accessKey":{"accessKeyId":"AKIAX"}}"#;
    let status = r#"02:00 UpdateAccessKey {"accessKeyId":"AKIAX","status":"Active"}"#;
    check_former(&[key, status], "active by 0");
    check_former(&[r#"01:00 CreateRole {"roleName":"r"}"#], "");
    check_former(&[r#"01:00 TagRole {"roleName":"r"}"#], "");
}

#[test]
fn members_of_a_renamed_group_are_not_known() {
    let made = r#"01:00 CreateUser {"userName":"u"}"#;
    let joined = r#"02:00 AddUserToGroup {"userName":"u","groupName":"g"}"#;
    let renamed = r#"03:00 UpdateGroup {"groupName":"g","newGroupName":"h"}"#;
    let again = r#"04:00 AddUserToGroup {"userName":"u","groupName":"h"}"#;
    check_former(&[made, joined, &joined.replace("02:", "03:")], "by 1");
    check_former(&[made, again], "absent by 0");
    check_former(&[made, joined, renamed, again], "Unseen");
}

/// The writes of an event of a caller.
fn written_by(event: &Event, omitted: bool, handed: Option<&Handed>) -> Vec<(Address, Value)> {
    let (caller, outcome) = (&Principal::of(event), call_outcome(event));
    writes(event, Writer { entity: Some("caller"), omitted, handed, caller, outcome })
}

/// The writes of an event, as lines.
#[track_caller]
fn check_writes(line: &str, want: &[&str]) {
    let found: Vec<String> = written_by(&event(line, 0), false, None)
        .into_iter()
        .map(|(address, value)| {
            let value = match value {
                Value::Absent => "-".to_owned(),
                Value::Unsaid => "?".to_owned(),
                Value::Present(text) => format!("={text}"),
                Value::Listed(thing) => format!("lists {thing}").trim().to_owned(),
            };
            format!("{} {} {value}", address.entity(), address.thing_text())
        })
        .collect();
    assert_eq!(found, want);
}

#[test]
fn attachments_memberships_credentials_and_the_like_are_recorded() {
    check_writes(
        r#"01:00 CreateRole {"roleName":"Ops","path":"/Ci/","assumeRolePolicyDocument":"t","permissionsBoundary":"b"}"#,
        &[
            "role ops  =",
            "role ops trust =t",
            "role ops path =/ci/",
            "role ops boundary =b",
            "role ops list lists",
        ],
    );
    check_writes(
        r#"01:00 CreateServiceLinkedRole {"aWSServiceName":"x"} => {"role":{"roleName":"AWSServiceRoleForX"}}"#,
        &[
            "role awsserviceroleforx  =",
            "role awsserviceroleforx trust ?",
            "role awsserviceroleforx list lists",
        ],
    );
    check_writes(
        r#"01:00 DetachGroupPolicy {"groupName":"G","policyArn":"arn:aws:iam::aws:policy/P"}"#,
        &["group g attached arn:aws:iam::aws:policy/p -"],
    );
    check_writes(
        r#"01:00 PutRolePolicy {"roleName":"r","policyName":"P","policyDocument":"d"}"#,
        &["role r inline p =d", "role r list lists inline p"],
    );
    check_writes(
        r#"01:00 AttachUserPolicy {"userName":"u","policyArn":"arn:aws:iam::aws:policy/P"}"#,
        &[
            "user u attached arn:aws:iam::aws:policy/p =",
            "user u list lists attached arn:aws:iam::aws:policy/p",
        ],
    );
    check_writes(
        r#"01:00 AddRoleToInstanceProfile {"roleName":"R","instanceProfileName":"P"}"#,
        &["role-in-profile p r there =", "instance-profile p role =r"],
    );
    check_writes(
        r#"01:00 AddUserToGroup {"userName":"u","groupName":"G"}"#,
        &["user u member g =", "user u list lists member g", "group g members lists user u"],
    );
    check_writes(
        r#"01:00 PutRolePermissionsBoundary {"roleName":"r","permissionsBoundary":"b"}"#,
        &["role r boundary =b"],
    );
    check_writes(r#"01:00 DeleteLoginProfile {}"#, &["user caller password -"]);
    check_writes(
        r#"01:00 CreateAccessKey {} => {"accessKey":{"accessKeyId":"AKIAX"}}"#,
        &["credential AKIAX status =active"],
    );
    check_writes(
        r#"01:00 UpdateAccessKey {"accessKeyId":"AKIAX","status":"Inactive"}"#,
        &["credential AKIAX status =inactive"],
    );
    check_writes(
        r#"01:00 RemoveClientIDFromOpenIDConnectProvider {"openIDConnectProviderArn":"P","clientID":"C"}"#,
        &["provider p audience C -"],
    );
    check_writes(
        r#"01:00 PutInlinePolicyToPermissionSet {"permissionSetArn":"S","inlinePolicy":"d"}"#,
        &["permission-set s inline =d", "permission-set s list lists inline"],
    );
    check_writes(r#"01:00 TagRole {"roleName":"r"}"#, &[]);
    check_writes(r#"01:00 PutRolePolicy "a text""#, &[]);
}

/// A reference to a customer policy is recorded as an attachment: by path and name, as its account is open.
#[test]
fn policies_of_permission_sets_are_recorded() {
    check_writes(
        r#"01:00 AttachManagedPolicyToPermissionSet {"permissionSetArn":"S","managedPolicyArn":"M"}"#,
        &["permission-set s attached m =", "permission-set s list lists attached m"],
    );
    check_writes(
        r#"01:00 AttachCustomerManagedPolicyReferenceToPermissionSet {"permissionSetArn":"S","customerManagedPolicyReference":{"name":"Team","path":"/a/"}}"#,
        &["permission-set s attached /a/team =", "permission-set s list lists attached /a/team"],
    );
    check_writes(
        r#"01:00 DetachCustomerManagedPolicyReferenceFromPermissionSet {"permissionSetArn":"S","customerManagedPolicyReference":{"name":"Team"}}"#,
        &["permission-set s attached /team -"],
    );
}
