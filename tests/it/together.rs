//! Rights that are cut into pieces over several documents are alerted by the call that completes them.

use std::task::{Context, Waker};

use iam_responder::alert::shown_lines;
use iam_responder::effects::faulty::{Faults, Faulty};
use iam_responder::effects::memory::Memory;
use iam_responder::effects::recorder::Recorder;
use iam_responder::event::Event;
use iam_responder::iam::kind::EntityKind;
use iam_responder::prior::seed::{Identity, Policy};
use iam_responder::prior::{Address, Value as Written};
use iam_responder::respond::handled::Disposition;
use iam_responder::respond::lookup::Cache;
use iam_responder::respond::{Response, Topics};
use iam_responder::text::severity::Severity;
use serde_json::{Value, json};

use crate::support::{self, Aws, delivered, numbered};

const POLICY: &str = "arn:aws:iam::111122223333:policy/team/Pieces";
const QUIET: &str =
    "severity: [{when: {source: [{prefix: aws.}]}, set: informational, because: quiet}]";
const PLAIN: &str = "accounts: {'111122223333': {name: lab, tags: {env: dev}}}";

fn call(name: &str, minute: usize, parameters: Value) -> Value {
    support::call("iam", name, minute, parameters)
}

fn allow(actions: &str, resource: &str) -> String {
    let actions: Vec<&str> = actions.split(' ').collect();
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": resource});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// Two halves of a way to more rights, and something of every day.
fn halves() -> [String; 2] {
    [
        allow("ec2:ModifyInstanceAttribute", "*"),
        allow("ec2:StopInstances ec2:StartInstances ec2:DescribeInstances", "*"),
    ]
}

fn daily() -> String {
    allow("s3:GetObject s3:PutObject logs:PutLogEvents", "arn:aws:s3:::reports/*")
}

fn put(minute: usize, kind: &str, name: &str, document: &str) -> Value {
    let field = format!("{}Name", kind.to_lowercase());
    let mut parameters = json!({"policyName": name, "policyDocument": document});
    parameters[field] = json!(format!("Lee{kind}"));
    call(&format!("Put{kind}Policy"), minute, parameters)
}

fn attach(minute: usize, kind: &str) -> Value {
    let mut parameters = json!({"policyArn": POLICY});
    parameters[format!("{}Name", kind.to_lowercase())] = json!(format!("lee{kind}"));
    call(&format!("Attach{kind}Policy"), minute, parameters)
}

fn policy(document: &str) -> Value {
    let made = json!({"policyName": "Pieces", "path": "/team/", "policyDocument": document});
    let mut event = call("CreatePolicy", 0, made);
    event["responseElements"] = json!({"policy": {"arn": POLICY, "defaultVersionId": "v1"}});
    event
}

/// The outcome of the last event, after a seed.
fn last(site: &str, seeds: Vec<(Address, Written)>, events: &[Value]) -> Response {
    support::responses(site, seeds, events.iter().cloned()).pop().unwrap()
}

fn severity(response: &Response) -> Option<Severity> {
    response.outcome.severity.filter(|_| response.outcome.disposition == Disposition::Alerted)
}

/// The last of the events completes a way to more rights, and says so.
#[track_caller]
fn completes(events: &[Value]) {
    for site in [QUIET, PLAIN] {
        let response = last(site, Vec::new(), events);
        assert!(severity(&response) >= Some(Severity::Medium), "{:?}", response.outcome);
        let allows = shown_lines(&response.alert.unwrap().rights.allows);
        let said = allows.iter().any(|line| line.starts_with("together with what it has: "));
        assert!(said, "{allows:?}");
    }
}

/// The last of the events gives no more than it says itself.
#[track_caller]
fn adds_nothing(events: &[Value]) {
    let response = last(PLAIN, Vec::new(), events);
    let severity = severity(&response);
    assert!(severity <= Some(Severity::Low), "{:?}", response.outcome);
    let allows = response.alert.map(|alert| shown_lines(&alert.rights.allows)).unwrap_or_default();
    assert!(!allows.iter().any(|line| line.starts_with("together")), "{allows:?}");
}

fn delete(event: &Value, minute: usize, call: &str) -> Value {
    let mut event = event.clone();
    event["eventName"] = json!(call);
    event["eventTime"] = json!(format!("2026-11-24T12:{minute:02}:00Z"));
    event["eventID"] = json!(format!("{call}-{minute}"));
    event
}

#[test]
fn two_inline_policies_are_judged_together() {
    let [one, two] = halves();
    for kind in ["User", "Role", "Group"] {
        completes(&[put(1, kind, "one", &one), put(9, kind, "two", &two)]);
        completes(&[put(1, kind, "two", &two), put(9, kind, "one", &one)]);
    }
    let roles = |from: char, to: char| {
        let arns = (from..=to).map(|c| format!("arn:aws:iam::111122223333:role/{c}*"));
        let arns: Vec<String> = arns.collect();
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": arns}]})
        .to_string()
    };
    let parts = [roles('a', 'b'), roles('c', 'd')];
    let puts = parts.iter().enumerate();
    let puts = puts.map(|(at, part)| put(at + 1, "User", &format!("p{at}"), part));
    completes(&puts.collect::<Vec<_>>());
}

#[test]
fn three_pieces_alert_with_the_third() {
    let pieces = ["ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"];
    let puts: Vec<Value> = pieces
        .iter()
        .enumerate()
        .map(|(at, piece)| {
            put(at + 1, "Role", piece.trim_start_matches("ec2:"), &allow(piece, "*"))
        })
        .collect();
    adds_nothing(&puts[..2]);
    completes(&puts);
}

#[test]
fn an_attached_and_an_inline_policy_are_judged_together() {
    let [one, two] = halves();
    for kind in ["User", "Role", "Group"] {
        completes(&[policy(&one), attach(1, kind), put(9, kind, "two", &two)]);
        completes(&[policy(&one), put(1, kind, "two", &two), attach(9, kind)]);
    }
}

#[test]
fn what_a_group_holds_and_its_member_are_judged_together() {
    let [one, two] = halves();
    let join = |minute| {
        call("AddUserToGroup", minute, json!({"groupName": "LeeGroup", "userName": "leeuser"}))
    };
    let of_group = put(1, "Group", "one", &one);
    completes(&[of_group.clone(), put(2, "User", "two", &two), join(9)]);
    completes(&[of_group.clone(), join(2), put(9, "User", "two", &two)]);
    let other = json!({"groupName": "Others", "policyName": "two", "policyDocument": two});
    let elsewhere =
        call("AddUserToGroup", 3, json!({"groupName": "others", "userName": "LeeUser"}));
    completes(&[of_group.clone(), call("PutGroupPolicy", 2, other), elsewhere, join(9)]);
    let leave = delete(&join(0), 3, "RemoveUserFromGroup");
    adds_nothing(&[of_group, join(2), leave, put(9, "User", "two", &two)]);
}

fn version(minute: usize, document: &str, default: bool) -> Value {
    let parameters =
        json!({"policyArn": POLICY, "policyDocument": document, "setAsDefault": default});
    let mut event = call("CreatePolicyVersion", minute, parameters);
    event["responseElements"] = json!({"policyVersion": {"versionId": "v2"}});
    event
}

#[test]
fn a_new_version_is_judged_with_what_its_bearers_hold() {
    let [one, two] = halves();
    let bears = |kind| vec![policy(&daily()), attach(1, kind), put(2, kind, "one", &one)];
    let then = |before: Vec<Value>, last| [before, vec![last]].concat();
    for kind in ["User", "Role", "Group"] {
        completes(&then(bears(kind), version(9, &two, true)));
        adds_nothing(&then(bears(kind), version(9, &two, false)));
        adds_nothing(&then(bears(kind), version(9, &daily(), true)));
        let choose =
            call("SetDefaultPolicyVersion", 9, json!({"policyArn": POLICY, "versionId": "v2"}));
        completes(&then(then(bears(kind), version(5, &two, false)), choose));
        let gone = delete(&attach(0, kind), 5, &format!("Detach{kind}Policy"));
        adds_nothing(&then(then(bears(kind), gone), version(9, &two, true)));
    }
}

#[test]
fn a_group_s_policy_is_judged_with_what_its_members_hold() {
    let [one, two] = halves();
    let join = call("AddUserToGroup", 1, json!({"groupName": "LeeGroup", "userName": "leeuser"}));
    let before = vec![join, put(2, "User", "one", &one)];
    let then = |more: &[Value]| [before.clone(), more.to_vec()].concat();
    completes(&then(&[put(9, "Group", "two", &two)]));
    completes(&then(&[policy(&two), attach(9, "Group")]));
    completes(&then(&[policy(&daily()), attach(3, "Group"), version(9, &two, true)]));
    adds_nothing(&then(&[put(9, "Group", "two", &daily())]));
}

#[test]
fn behind_other_bearers_none_is_hidden() {
    let [one, two] = halves();
    let bears = |number: usize| {
        call("AttachUserPolicy", 1, json!({"userName": format!("u{number}"), "policyArn": POLICY}))
    };
    for last in [0, 6, 11] {
        let piece =
            json!({"userName": format!("u{last}"), "policyName": "p", "policyDocument": one});
        let mut events = vec![policy(&daily())];
        events.extend((0..12).map(bears));
        events.extend([call("PutUserPolicy", 2, piece), version(9, &two, true)]);
        completes(&events);
    }
}

#[test]
fn behind_forty_bearers_no_half_is_hidden() {
    let [one, two] = halves();
    let before = |bearers: usize| {
        let bears = |number: usize| {
            let parameters = json!({"userName": format!("u{number}"), "policyArn": POLICY});
            call("AttachUserPolicy", 1 + number, parameters)
        };
        let piece = json!({"userName": "u0", "policyName": "p", "policyDocument": one});
        let first = vec![policy(&daily()), call("PutUserPolicy", 1, piece)];
        first.into_iter().chain((0..bearers).map(bears)).collect::<Vec<Value>>()
    };
    completes(&[before(40), vec![version(55, &two, true)]].concat());
    completes(&[before(41), vec![version(55, &two, true)]].concat());
    // A policy that allows no step towards rights completes none, for any rights of others.
    adds_nothing(&[before(41), vec![version(55, &daily(), true)]].concat());
}

#[test]
fn behind_forty_members_no_half_is_hidden() {
    let [one, two] = halves();
    let before = |members: usize| {
        let joins = |number: usize| {
            let parameters = json!({"userName": format!("u{number}"), "groupName": "crew"});
            call("AddUserToGroup", 1 + number, parameters)
        };
        let piece = json!({"userName": "u0", "policyName": "p", "policyDocument": one});
        let first = vec![
            call("CreateGroup", 0, json!({"groupName": "crew"})),
            call("PutUserPolicy", 0, piece),
        ];
        first.into_iter().chain((0..members).map(joins)).collect::<Vec<Value>>()
    };
    let put = |document: &str| {
        call(
            "PutGroupPolicy",
            55,
            json!({"groupName": "crew", "policyName": "q", "policyDocument": document}),
        )
    };
    for members in [39, 40, 41, 45] {
        completes(&[before(members), vec![put(&two)]].concat());
        adds_nothing(&[before(members), vec![put(&daily())]].concat());
    }
}

/// A group of which all but one have much else.
#[test]
fn behind_much_that_others_have_no_half_is_hidden() {
    let [one, two] = halves();
    let joins = |number: usize| {
        call(
            "AddUserToGroup",
            1 + number,
            json!({"userName": format!("u{number}"), "groupName": "crew"}),
        )
    };
    let long = json!({"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource":
        (0..200).map(|number| format!("arn:aws:s3:::bucket-{number:020}/*")).collect::<Vec<_>>()}});
    let much = (1..7).flat_map(|number| {
        (0..5).map(move |policy| (number, policy)).collect::<Vec<(usize, usize)>>()
    });
    let much = much.map(|(number, policy)| {
        let parameters = json!({"userName": format!("u{number}"), "policyName": format!("p{policy}"), "policyDocument": long.to_string()});
        call("PutUserPolicy", 20, parameters)
    });
    let piece = json!({"userName": "u0", "policyName": "p", "policyDocument": one});
    let mut events =
        vec![call("CreateGroup", 0, json!({"groupName": "crew"})), call("PutUserPolicy", 0, piece)];
    events.extend((0..7).map(joins));
    events.extend(much);
    let two = json!({"groupName": "crew", "policyName": "q", "policyDocument": two});
    events.push(call("PutGroupPolicy", 55, two));
    completes(&numbered(events));
}

#[test]
fn behind_eight_names_no_half_is_hidden() {
    let [one, two] = halves();
    let named = |number: usize| format!("lee-{number}");
    let before = |names: usize| {
        let renames = |number: usize| {
            call(
                "UpdateUser",
                3 + number,
                json!({"userName": named(number), "newUserName": named(number + 1)}),
            )
        };
        let mut first = vec![
            call("CreateUser", 1, json!({"userName": named(0)})),
            call(
                "PutUserPolicy",
                2,
                json!({"userName": named(0), "policyName": "p", "policyDocument": one}),
            ),
        ];
        first.extend((0..names).map(renames));
        first
    };
    let put = |names: usize| {
        call(
            "PutUserPolicy",
            55,
            json!({"userName": named(names), "policyName": "q", "policyDocument": two}),
        )
    };
    for names in [7, 8, 9, 10] {
        completes(&[before(names), vec![put(names)]].concat());
    }
}

/// The first half, so many policies of every day, put and perhaps taken away again, and the second half.
fn with_many_between(count: usize, gone: bool) -> Vec<Value> {
    let [first, second] = halves();
    let mut events = vec![put(1, "Role", "p-first", &first)];
    for number in 0..count {
        // Before the halves in any order of names.
        let made = put(2, "Role", &format!("a-{number:03}"), &daily());
        let away = gone.then(|| delete(&made, 3, "DeleteRolePolicy"));
        events.extend([made].into_iter().chain(away));
    }
    events.push(put(30, "Role", "q-second", &second));
    numbered(events)
}

#[test]
fn what_was_taken_away_hides_no_half() {
    completes(&with_many_between(45, true));
}

#[test]
fn forty_that_it_has_are_looked_at_and_behind_more_none_is_hidden() {
    completes(&with_many_between(39, false));
    let response = last(PLAIN, Vec::new(), &with_many_between(40, false));
    assert!(severity(&response) >= Some(Severity::Medium), "{:?}", response.outcome);
}

#[test]
fn another_name_parts_no_pieces() {
    let [one, two] = halves();
    let renamed = call("UpdateUser", 3, json!({"userName": "lee", "newUserName": "LeeUser"}));
    let mut old = put(1, "User", "one", &one);
    old["requestParameters"]["userName"] = json!("Lee");
    completes(&[old, renamed, put(9, "User", "two", &two)]);
    let of_group = put(1, "Group", "one", &one);
    let join = |minute, name: &str| {
        call("AddUserToGroup", minute, json!({"groupName": name, "userName": "leeuser"}))
    };
    let renamed = json!({"groupName": "LeeGroup", "newGroupName": "Staff"});
    let renamed = call("UpdateGroup", 3, renamed);
    let then = || put(9, "User", "two", &two);
    completes(&[of_group.clone(), join(2, "leegroup"), renamed.clone(), then()]);
    completes(&[of_group.clone(), renamed.clone(), join(4, "staff"), then()]);
    let leave = delete(&join(0, "staff"), 5, "RemoveUserFromGroup");
    adds_nothing(&[of_group, renamed, join(4, "staff"), leave, then()]);
}

#[test]
fn what_is_gone_or_another_s_completes_nothing() {
    let [one, two] = halves();
    let first = put(1, "User", "one", &one);
    let gone = delete(&first, 3, "DeleteUserPolicy");
    adds_nothing(&[first.clone(), gone, put(9, "User", "two", &two)]);
    let detached = delete(&attach(1, "Role"), 3, "DetachRolePolicy");
    adds_nothing(&[policy(&one), attach(1, "Role"), detached, put(9, "Role", "two", &two)]);
    adds_nothing(&[put(1, "Role", "one", &one), put(9, "User", "two", &two)]);
    // In the place of the first half.
    adds_nothing(&[first.clone(), put(9, "User", "ONE", &two)]);
    let mut refused = first.clone();
    refused["errorCode"] = json!("AccessDenied");
    adds_nothing(&[refused, put(9, "User", "two", &two)]);
    adds_nothing(&[first, put(9, "User", "two", &daily())]);
}

#[test]
fn what_it_could_do_before_does_not_alert_again() {
    let [one, two] = halves();
    let both = vec![put(1, "Role", "one", &one), put(2, "Role", "two", &two)];
    let then = |event: Value| [both.clone(), vec![event]].concat();
    adds_nothing(&then(put(9, "Role", "two", &two)));
    adds_nothing(&then(put(9, "Role", "three", &daily())));
    let admin =
        json!({"roleName": "leerole", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"});
    let admin = call("AttachRolePolicy", 1, admin);
    adds_nothing(&[admin, put(2, "Role", "one", &one), put(9, "Role", "two", &two)]);
}

#[test]
fn what_it_may_not_do_is_no_way() {
    let [one, two] = halves();
    let ban = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "ec2:ModifyInstanceAttribute", "Resource": "*"}]});
    let ban = put(2, "Role", "ban", &ban.to_string());
    adds_nothing(&[put(1, "Role", "one", &one), ban, put(9, "Role", "two", &two)]);
    for kind in ["User", "Role"] {
        let mut bound = json!({"permissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"});
        bound[format!("{}Name", kind.to_lowercase())] = json!(format!("Lee{kind}"));
        let bound = call(&format!("Put{kind}PermissionsBoundary"), 2, bound);
        adds_nothing(&[put(1, kind, "one", &one), bound, put(9, kind, "two", &two)]);
    }
}

#[test]
fn pieces_that_arrive_in_another_order_or_in_one_second_are_found() {
    let [one, two] = halves();
    completes(&[put(9, "User", "two", &two), put(8, "User", "one", &one)]);
    completes(&[put(9, "User", "two", &two), put(9, "User", "one", &one)]);
}

/// As much as IAM lets a role have, all of it ordinary: so many names of the own account's things.
#[test]
fn a_role_with_many_long_policies_is_judged_and_not_cut() {
    let long = |policy: usize| {
        let statement = |at: usize| {
            let arn = |service: &str, kind: &str| {
                format!("arn:aws:{service}:eu-west-1:111122223333:{kind}team{policy}-{at}")
            };
            let bucket = format!("arn:aws:s3:::team{policy}-{at}");
            json!({"Sid": format!("S{at}"), "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", "dynamodb:GetItem", "dynamodb:PutItem", "sqs:SendMessage",
                    "secretsmanager:GetSecretValue", "kms:Decrypt", "logs:PutLogEvents", "lambda:InvokeFunction"],
                "Resource": [bucket, format!("{bucket}/*"), arn("dynamodb", "table/"), arn("sqs", ""),
                    arn("secretsmanager", "secret:"), arn("lambda", "function:"), arn("logs", "log-group:")]})
        };
        let statements: Vec<Value> = (0..8).map(statement).collect();
        json!({"Version": "2012-10-17", "Statement": statements}).to_string()
    };
    let mut events = vec![call(
        "CreateRole",
        0,
        json!({"roleName": "LeeRole", "assumeRolePolicyDocument": "{}"}),
    )];
    for at in 0..20 {
        let arn = format!("arn:aws:iam::111122223333:policy/team/Long{at}");
        let made = json!({"policyName": format!("Long{at}"), "policyDocument": long(at)});
        let mut made = call("CreatePolicy", 1, made);
        made["responseElements"] = json!({"policy": {"arn": arn, "defaultVersionId": "v1"}});
        events.push(made);
        events.push(call("AttachRolePolicy", 2, json!({"roleName": "leerole", "policyArn": arn})));
    }
    let then = |event: Value| [events.clone(), vec![event]].concat();
    adds_nothing(&then(put(9, "Role", "daily", &daily())));
    // What was cut would have been everything before.
    let [one, two] = halves();
    completes(&[then(put(8, "Role", "one", &one)), vec![put(9, "Role", "two", &two)]].concat());
}

#[test]
fn pieces_that_are_answered_at_the_same_time_are_found() {
    let text = format!("{PLAIN}\ncalendars: {{window: {{change-calendar: changes}}}}");
    let engine = support::engine(&text);
    let (publish, state, topics) = (Recorder::default(), Memory::default(), Topics::default());
    let caches = [Cache::default(), Cache::default()];
    let (aws, faults) = (Aws::default(), Faults::slow());
    let ports = (&publish, &state, &Faulty::new(&aws, &faults));
    let responders =
        caches.each_ref().map(|cache| support::deployed((&engine, &topics), ports, cache));
    let [one, two] = halves();
    let events = [put(8, "User", "one", &one), put(9, "User", "two", &two)];
    let now = "2026-11-24T13:00:00Z".parse().unwrap();
    let mut both: Vec<_> = responders
        .iter()
        .zip(events)
        .map(|(one, event)| {
            Box::pin(one.respond(Event::parse(&delivered(event).to_string()), now, None))
        })
        .collect();
    let mut context = Context::from_waker(Waker::noop());
    assert!(both.iter_mut().all(|one| one.as_mut().poll(&mut context).is_pending()));
    let severities = both.into_iter().map(|one| severity(&pollster::block_on(one).unwrap()));
    assert!(severities.max() >= Some(Some(Severity::Medium)));
}

#[test]
fn a_seed_holds_the_first_piece() {
    let [one, two] = halves();
    let user = |inline, attached, groups: &[&str]| Identity {
        inline,
        attached,
        groups: groups.iter().map(|name| (*name).to_owned()).collect(),
        ..Identity::new(
            EntityKind::User,
            "LeeUser".to_owned(),
            "arn:aws:iam::111122223333:user/x/LeeUser".to_owned(),
        )
    };
    let inline = || vec![("one".to_owned(), one.clone())];
    let policy = Policy {
        arn: POLICY.to_owned(),
        default: "v1".to_owned(),
        versions: vec![("v1".to_owned(), one.clone())],
    };
    let group = Identity {
        inline: inline(),
        ..Identity::new(
            EntityKind::Group,
            "crew".to_owned(),
            "arn:aws:iam::111122223333:group/crew".to_owned(),
        )
    };
    let attached = user(Vec::new(), vec![POLICY.to_owned()], &[]).writes();
    for seeds in [
        user(inline(), Vec::new(), &[]).writes(),
        [policy.writes(), attached].concat(),
        [group.writes(), user(Vec::new(), Vec::new(), &["Crew"]).writes()].concat(),
    ] {
        let response = last(PLAIN, seeds, &[put(9, "User", "two", &two)]);
        assert!(severity(&response) >= Some(Severity::Medium), "{:?}", response.outcome);
    }
}
