//! Alerts that nobody can make quieter: neither by a file, nor by a name, nor by a stack, nor by a flood.

use iam_responder::assess::engine::Engine;
use iam_responder::event::Event;
use iam_responder::own::Own;
use iam_responder::pack::PACK;
use iam_responder::respond::Origin;
use iam_responder::respond::handled::{Disposition, Handled};
use std::future::pending;

use iam_responder::respond::suppressed::send_silences;
use iam_responder::site::{Format, TopicSpec};
use iam_responder::text::severity::Severity;
use serde_json::{Value, json};

use crate::support::{self, World, by, delivered, session};

/// A site that makes everything as quiet as it can.
const QUIET: &str = "
severity: [{when: {source: [{prefix: aws.}]}, set: informational, because: quiet}]
break-glass: ['arn:aws:iam::111122223333:role/emergency/break-glass']
";

fn engine(site: &str) -> Engine {
    let stack = "arn:aws:cloudformation:us-east-1:111122223333:stack/iam-responder/919108f7-52d1-4320-9bac-f847db4148a8";
    support::engine(site).deployed_as(Own::new("iam-responder", Some(stack)).unwrap())
}

/// A call by somebody, at a minute of one hour by day.
fn call(source: &str, name: &str, parameters: &Value, identity: &Value, minute: usize) -> Value {
    delivered(by(support::call(source, name, minute, parameters.clone()), identity.clone()))
}

fn through_stack(mut identity: Value) -> Value {
    identity["invokedBy"] = json!("cloudformation.amazonaws.com");
    identity
}

fn refused(mut event: Value, resource: &str) -> Value {
    event["detail"]["errorCode"] = json!("AccessDenied");
    event["detail"]["requestParameters"] = Value::Null;
    event["detail"]["errorMessage"] = json!(format!(
        "User: x is not authorized to perform: iam:X on resource: {resource} because no policy allows it"
    ));
    event
}

/// The outcome of the last of these events.
fn last(engine: &Engine, events: &[Value]) -> Handled {
    all(engine, events).pop().unwrap()
}

fn all(engine: &Engine, events: &[Value]) -> Vec<Handled> {
    let world = World::new(engine, Origin::Checked);
    let respond = |event: &Value| {
        let event = Event::parse(&event.to_string());
        let now = event.as_ref().unwrap().time().unwrap();
        world.answer(event, now, Some(now)).outcome
    };
    events.iter().map(respond).collect()
}

const BOB: &str = "arn:aws:iam::111122223333:role/bob";

#[test]
fn adjustments_stop_where_it_matters_most() {
    let engine = engine(QUIET);
    let check = |source: &str, name: &str, parameters: Value, by: &str, want: Severity| {
        let outcome = last(&engine, &[call(source, name, &parameters, &session(by), 0)]);
        assert_eq!(outcome.severity, Some(want), "{name} {parameters}: {:?}", outcome.reasons);
    };
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    let trust = |principal: Value| {
        json!({"roleName": "r", "policyDocument": json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": principal}}).to_string()})
    };
    use Severity::{High, Informational, Medium};
    check("iam", "CreateUser", json!({"userName": "u"}), BOB, Informational);
    check("iam", "AttachRolePolicy", json!({"roleName": "r", "policyArn": admin}), BOB, Medium);
    check("iam", "UpdateAssumeRolePolicy", trust(json!({"AWS": "*"})), BOB, Medium);
    check(
        "iam",
        "UpdateAssumeRolePolicy",
        trust(json!({"AWS": "arn:aws:iam::999988887777:root"})),
        BOB,
        Medium,
    );
    check("cloudtrail", "StopLogging", json!({"name": "t"}), BOB, Medium);
    check(
        "sns",
        "DeleteTopic",
        json!({"topicArn": "arn:aws:sns:us-east-1:111122223333:iam-responder-high"}),
        BOB,
        High,
    );
    // An entity that must work when nothing else does.
    let deny = json!({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}).to_string();
    for name in ["iam-responder-function", "Break-Glass"] {
        let put = json!({"roleName": name, "policyName": "p", "policyDocument": deny});
        check("iam", "PutRolePolicy", put, BOB, High);
        let detach = json!({"roleName": name, "policyArn": "arn:aws:iam::111122223333:policy/p"});
        check("iam", "DetachRolePolicy", detach, BOB, High);
        let bound =
            json!({"roleName": name, "permissionsBoundary": "arn:aws:iam::111122223333:policy/p"});
        check("iam", "PutRolePermissionsBoundary", bound, BOB, High);
    }
    let nobody =
        json!({"roleName": "break-glass", "policyDocument": json!({"Statement": []}).to_string()});
    check("iam", "UpdateAssumeRolePolicy", nobody, BOB, High);
    check("iam", "DeleteRole", json!({"roleName": "break-glass"}), BOB, High);
    let unseen = json!({"roleName": "r", "policyArn": "arn:aws:iam::111122223333:policy/unseen"});
    check("iam", "AttachRolePolicy", unseen, BOB, Medium);
    check("iam", "AttachRolePolicy", Value::Null, BOB, Medium);
    // Identity Center keeps its own roles, and no other service's work is to make administrators.
    let sso =
        "arn:aws:iam::111122223333:role/aws-service-role/sso.amazonaws.com/AWSServiceRoleForSSO";
    let keep = json!({"roleName": "AWSReservedSSO_Admin_0123456789abcdef", "policyArn": admin});
    check("iam", "AttachRolePolicy", keep.clone(), sso, Informational);
    check("iam", "AttachRolePolicy", json!({"roleName": "r", "policyArn": admin}), sso, Medium);
    check("iam", "AttachRolePolicy", keep.clone(), &sso.replace("sso.", "ssm."), Medium);
    for evil in ["x:role/aws-service-role/sso.amazonaws.com/evil", "AWSServiceRoleForSSO"] {
        check(
            "iam",
            "AttachRolePolicy",
            keep.clone(),
            &format!("arn:aws:iam::111122223333:role/{evil}"),
            Medium,
        );
    }
}

#[test]
fn only_an_update_of_the_own_stack_by_the_same_role_is_an_update() {
    let engine = engine("accounts: {}\n");
    let topic = json!({"topicArn": "arn:aws:sns:us-east-1:111122223333:iam-responder-high", "attributeName": "Policy"});
    let code = json!({"functionName": "iam-responder"});
    let begin = |stack: &str, by: &str| {
        call("cloudformation", "UpdateStack", &json!({"stackName": stack}), &session(by), 0)
    };
    let does = |by: &str| {
        call("lambda", "UpdateFunctionCode20150331v2", &code, &through_stack(session(by)), 20)
    };
    let check = |events: &[Value], low: Severity, high: Severity| {
        let outcome = last(&engine, events);
        let severity = outcome.severity.unwrap();
        assert!(
            (low..=high).contains(&severity),
            "{severity} {:?} {:?}",
            outcome.rules,
            outcome.reasons
        );
    };
    use Severity::{Critical, High, Medium};
    check(&[does(BOB)], Critical, Critical);
    check(&[begin("iam-responder", BOB), does(BOB)], Medium, Medium);
    check(
        &[begin("iam-responder", BOB), does("arn:aws:iam::111122223333:role/eve")],
        Critical,
        Critical,
    );
    check(&[begin("web", BOB), does(BOB)], Critical, Critical);
    check(&[begin("iam-responder", BOB)], High, High);
    let mut late = does(BOB);
    late["detail"]["eventTime"] = json!("2026-11-24T13:00:01Z");
    check(&[begin("iam-responder", BOB), late], Critical, Critical);
    let mut refused = begin("iam-responder", BOB);
    refused["detail"]["errorCode"] = json!("AccessDenied");
    check(&[refused, does(BOB)], Critical, Critical);
    // An adjustment for stacks does not lower another rule's severity.
    let rights = json!({"roleName": "iam-responder-function", "policyName": "p", "policyDocument":
        json!({"Statement": {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}}).to_string()});
    let put = call("iam", "PutRolePolicy", &rights, &through_stack(session(BOB)), 20);
    check(&[begin("iam-responder", BOB), put], Medium, Medium);
    let trust = json!({"roleName": "iam-responder-function", "policyDocument": json!({"Statement": {"Effect": "Allow",
        "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}}).to_string()});
    let open = call("iam", "UpdateAssumeRolePolicy", &trust, &through_stack(session(BOB)), 20);
    check(&[begin("iam-responder", BOB), open], High, Critical);
    let silence = call("sns", "SetTopicAttributes", &topic, &through_stack(session(BOB)), 20);
    check(&[begin("iam-responder", BOB), silence], High, Critical);
}

/// A rule about the call itself takes the place of a general one, but not of what is said about this tool.
#[test]
fn a_quiet_rule_of_the_owner_s_takes_nothing_from_what_is_about_this_tool() {
    let rule = "{id: tags, title: t, severity: low, why: w, runbook: b, pattern: {source: [aws.sns], detail: \
                {eventSource: [sns.amazonaws.com], eventName: [TagResource]}}}";
    let engine = Engine::load(&[support::file("tags.yaml", rule)], None, Some(&PACK)).unwrap();
    let tag = |topic: &str, by: Value| {
        let arn = format!("arn:aws:sns:us-east-1:111122223333:{topic}");
        let outcome =
            last(&engine, &[call("sns", "TagResource", &json!({"resourceArn": arn}), &by, 0)]);
        assert!(outcome.rules.contains(&"tags".to_owned()), "{:?}", outcome.rules);
        (outcome.severity, outcome.rules)
    };
    let (severity, rules) = tag("iam-responder-high", through_stack(session(BOB)));
    assert!(rules.contains(&"responder-resource-changed-by-stack".to_owned()), "{rules:?}");
    assert_eq!(severity, Some(Severity::Medium));
    assert_eq!(tag("web", through_stack(session(BOB))).0, Some(Severity::Low));
}

#[test]
fn in_the_first_hour_of_the_stack_the_first_caller_makes_it() {
    // 24 November 2026, 11:30, in a UUID of version 1.
    let stack = "arn:aws:cloudformation:us-east-1:111122223333:stack/iam-responder/622aac00-e7fa-11f1-8000-000000000000";
    let own = Own::new("iam-responder", Some(stack)).unwrap();
    assert_eq!(own.made_at().unwrap().to_string(), "2026-11-24T11:30:00Z");
    let engine = engine("accounts: {}\n").deployed_as(own);
    let subscribe = |by: &str, minute: usize| {
        let topic = json!({"topicArn": "arn:aws:sns:us-east-1:111122223333:iam-responder-high", "protocol": "email"});
        call("sns", "Subscribe", &topic, &through_stack(session(by)), minute)
    };
    let eve = "arn:aws:iam::111122223333:role/eve";
    let outcomes = all(
        &engine,
        &[subscribe(BOB, 0), subscribe(eve, 1), subscribe(BOB, 2), subscribe(BOB, 40)],
    );
    let loud: Vec<bool> =
        outcomes.iter().map(|outcome| outcome.severity >= Some(Severity::High)).collect();
    assert_eq!(loud, [false, true, false, true], "{outcomes:?}");
}

#[test]
fn a_name_that_the_caller_chooses_makes_no_new_caller() {
    let engine = engine("accounts: {}\n");
    let federated = |number: usize| {
        json!({"type": "FederatedUser", "accountId": "111122223333",
            "arn": format!("arn:aws:sts::111122223333:federated-user/n{number}"),
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:user/bob"}}})
    };
    // A session that a user gave away is that user's, under any name.
    let of_bob = |number: usize| {
        let mut identity = federated(number);
        identity["sessionContext"]["sessionIssuer"]["type"] = json!("IAMUser");
        identity
    };
    let bob = |_: usize| {
        json!({"type": "IAMUser", "userName": "bob", "accountId": "111122223333",
        "arn": "arn:aws:iam::111122223333:user/bob"})
    };
    let named = |kind: &'static str| move |number: usize| json!({"type": kind, "userName": format!("n{number}"), "principalId": format!("p{number}")});
    let callers: [&dyn Fn(usize) -> Value; 6] = [
        &federated,
        &named("WebIdentityUser"),
        &named("SAMLUser"),
        &named("Unknown"),
        &named("IdentityCenterUser"),
        &named("AssumedRole"),
    ];
    let alerted = |caller: &dyn Fn(usize) -> Value| {
        let attempt = |number: usize| {
            let parameters = json!({"roleName": "iam-responder-x"});
            let event = call("iam", "DeleteRole", &parameters, &caller(number), number);
            refused(event, "role iam-responder-x")
        };
        let events: Vec<Value> = (0..9).map(attempt).collect();
        let outcomes = all(&engine, &events);
        outcomes.iter().filter(|one| one.disposition == Disposition::Alerted).count()
    };
    for caller in callers {
        assert_eq!(alerted(caller), 1, "{}", caller(1));
    }
    assert_eq!(alerted(&of_bob), alerted(&bob));
}

#[test]
fn what_one_caller_tries_in_vain_alerts_once_and_hides_nothing_that_succeeds() {
    let engine = engine("accounts: {}\n");
    let delete = |name: &str, minute: usize| {
        call("iam", "DeleteRole", &json!({"roleName": name}), &session(BOB), minute)
    };
    let mut events: Vec<Value> = (0..9)
        .map(|minute| {
            let name = format!("iam-responder-{minute}");
            refused(delete(&name, minute), &format!("role {name}"))
        })
        .collect();
    events.push(delete("iam-responder-function", 9));
    events.push(refused(delete("iam-responder-x", 12), "role iam-responder-x"));
    let outcomes = all(&engine, &events);
    let alerted: Vec<usize> =
        (0..events.len()).filter(|at| outcomes[*at].disposition == Disposition::Alerted).collect();
    // The fifth is news once more: refused often.
    assert_eq!(alerted, [0, 4, 9, 10], "{outcomes:?}");
    assert_eq!(outcomes[10].held_back, 7);
    // Somebody else's attempts are news.
    let other = refused(
        call("iam", "DeleteRole", &json!({}), &session("arn:aws:iam::111122223333:role/eve"), 3),
        "role iam-responder-y",
    );
    assert_eq!(last(&engine, &[events[0].clone(), other]).disposition, Disposition::Alerted);
}

/// A change set bears the name that its maker likes, and may be executed by its ARN alone.
#[test]
fn a_change_set_counts_as_that_of_the_stack_it_was_made_for() {
    let engine = engine("accounts: {}\n");
    let stack = |name: &str| {
        let id = "919108f7-52d1-4320-9bac-f847db4148a8";
        format!("arn:aws:cloudformation:us-east-1:111122223333:stack/{name}/{id}")
    };
    let set = "arn:aws:cloudformation:us-east-1:111122223333:changeSet/iam-responder/5b7f";
    let made = |of: &str| {
        let parameters = json!({"stackName": of, "changeSetName": "iam-responder"});
        let mut event = call("cloudformation", "CreateChangeSet", &parameters, &session(BOB), 0);
        event["detail"]["responseElements"] = json!({"id": set, "stackId": stack(of)});
        event
    };
    let executed = call(
        "cloudformation",
        "ExecuteChangeSet",
        &json!({"changeSetName": set}),
        &session(BOB),
        1,
    );
    let code = call(
        "lambda",
        "UpdateFunctionCode20150331v2",
        &json!({"functionName": "iam-responder"}),
        &through_stack(session(BOB)),
        2,
    );
    let check = |of: &str, want: Severity| {
        let outcome = last(&engine, &[made(of), executed.clone(), code.clone()]);
        assert_eq!(outcome.severity, Some(want), "{of}: {:?}", outcome.rules);
    };
    check("iam-responder", Severity::Medium);
    check("shop", Severity::Critical);
}

#[test]
fn a_flood_of_attempts_says_how_many_and_that_it_goes_on() {
    let engine = engine("accounts: {}\n");
    let events: Vec<Value> = (0..240)
        .map(|number| {
            let name = format!("iam-responder-{number}");
            let parameters = json!({"roleName": name});
            let mut event = call("iam", "DeleteRole", &parameters, &session(BOB), number / 60);
            event["id"] = json!(format!("e-{number}"));
            event["detail"]["eventID"] = json!(number.to_string());
            refused(event, &format!("role {name}"))
        })
        .collect();
    let outcomes = all(&engine, &events);
    let alerts: Vec<(usize, u32)> = outcomes
        .iter()
        .enumerate()
        .filter(|(_, outcome)| outcome.disposition == Disposition::Alerted)
        .map(|(at, outcome)| (at, outcome.held_back))
        .collect();
    // The fifth is news once more: refused often. Repetitions of that alert are held back separately.
    let held: Vec<u32> = alerts.iter().map(|(_, held)| *held).collect();
    assert_eq!(held.first(), Some(&0));
    assert!(held.contains(&100) && held.len() <= 4, "{alerts:?}");
}

#[test]
fn many_deletions_hide_no_deletion_of_another_thing() {
    let engine = engine("accounts: {}\n");
    let key = |minute: usize| {
        let parameters =
            json!({"userName": format!("u{minute}"), "accessKeyId": format!("AKIA{minute}")});
        call("iam", "DeleteAccessKey", &parameters, &session(BOB), minute)
    };
    let keys: Vec<Value> = (0..10).map(|minute| key(minute % 10)).collect();
    let user = call("iam", "DeleteUser", &json!({"userName": "ceo"}), &session(BOB), 9);
    let with = |last: Value| keys.iter().cloned().chain([last]).collect::<Vec<_>>();
    assert_eq!(last(&engine, &with(user)).disposition, Disposition::Alerted);
    let mut again = key(9);
    again["detail"]["eventID"] = json!("again");
    again["id"] = json!("again");
    assert_eq!(last(&engine, &with(again)).disposition, Disposition::Deduplicated);
}

/// Renaming what is guarded does not take it off the list.
#[test]
fn a_guarded_user_is_guarded_by_its_next_name() {
    let engine = engine(
        "severity: [{when: {source: [{prefix: aws.}]}, set: informational, because: quiet}]
protected: ['arn:aws:iam::111122223333:user/ops/Rescue', 'arn:aws:iam::111122223333:group/Rescuers']
",
    );
    let rename = |kind: &str, from: &str, to: &str, minute: usize| {
        let parameters =
            json!({format!("{}Name", kind.to_lowercase()): from, format!("new{kind}Name"): to});
        call("iam", &format!("Update{kind}"), &parameters, &session(BOB), minute)
    };
    let deny = json!({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}).to_string();
    let cut = |kind: &str, name: &str, minute: usize| {
        let parameters = json!({format!("{}Name", kind.to_lowercase()): name, "policyName": "p",
            "policyDocument": deny});
        call("iam", &format!("Put{kind}Policy"), &parameters, &session(BOB), minute)
    };
    let check = |events: &[Value], want: Severity| {
        let outcome = last(&engine, events);
        assert_eq!(outcome.severity, Some(want), "{:?}", outcome.reasons);
        outcome
    };
    use Severity::{High, Informational};
    for (kind, name) in [("User", "rescue"), ("Group", "RESCUERS")] {
        let (first, second) = (rename(kind, name, "nobody", 1), rename(kind, "Nobody", "x", 3));
        let outcome = check(std::slice::from_ref(&first), High);
        assert!(outcome.reasons.iter().any(|one| one.contains("change the list")));
        check(&[first.clone(), cut(kind, "NOBODY", 2)], High);
        check(&[first.clone(), second.clone()], High);
        check(&[first.clone(), second, cut(kind, "x", 4)], High);
        // Another one of that name, before and elsewhere.
        check(&[cut(kind, "nobody", 0)], Informational);
        check(&[first.clone(), cut(kind, "x", 2)], Informational);
        let gone = call(
            "iam",
            &format!("Delete{kind}"),
            &json!({format!("{}Name", kind.to_lowercase()): "nobody"}),
            &session(BOB),
            3,
        );
        check(&[first, gone, cut(kind, "nobody", 5)], Informational);
    }
    check(&[rename("User", "else", "nobody", 1), cut("User", "nobody", 2)], Informational);
}

/// What an owner silences is published once a day, by the suppression that did it.
#[test]
fn the_daily_message_says_what_suppressions_silenced() {
    let engine = engine(
        "suppressions: [{name: pipeline, pattern: {derived: {principal: {name: [bob]}}}, owner: platform, reason: r,
  expires: 2027-01-01}]
",
    );
    let low = TopicSpec { arn: "low".to_owned(), format: Format::Text };
    let topics = [(Severity::Low, vec![low])].into_iter().collect();
    let world = World { topics, ..World::new(&engine, Origin::Checked) };
    let word = |now: &str| {
        let World { state, publish, topics, .. } = &world;
        let now = now.parse().unwrap();
        pollster::block_on(send_silences(&engine, state, (publish, topics), now, pending())).alerts
    };
    assert_eq!(word("2026-11-24T00:01:00Z"), 0);
    let user = |minute| call("iam", "CreateUser", &json!({"userName": "u"}), &session(BOB), minute);
    for event in [user(1), user(2), user(2)] {
        let event = Event::parse(&event.to_string());
        let now = event.as_ref().unwrap().time().unwrap();
        assert_eq!(world.answer(event, now, None).outcome.disposition, Disposition::Suppressed);
    }
    assert_eq!(world.publish.take(), []);
    assert_eq!(word("2026-11-25T00:01:00Z"), 2);
    let sent = world.publish.take();
    assert!(sent[0].1.body.contains("2 by pipeline of platform"), "{sent:?}");
}

/// The first change of an own update must not hide another one behind it, and a repetition is not news.
#[test]
fn within_an_own_update_other_code_settings_and_rights_alert_again() {
    let engine = engine("accounts: {}\n");
    let begin = json!({"stackName": "iam-responder"});
    let begin = call("cloudformation", "UpdateStack", &begin, &session(BOB), 0);
    let bob = through_stack(session(BOB));
    let set = |source: &str, name: &str, parameters: Value, answer: Value, minute: usize| {
        let mut event = call(source, name, &parameters, &bob, minute);
        event["detail"]["responseElements"] = answer;
        event
    };
    let check = |events: [Value; 3], repeated: Disposition, why: &str| {
        let [one, again, other] = events;
        let outcomes = all(&engine, &[begin.clone(), one, again, other]);
        let alerted = Disposition::Alerted;
        let dispositions: Vec<Disposition> =
            outcomes.iter().map(|outcome| outcome.disposition).collect();
        assert_eq!(dispositions, [alerted, alerted, repeated, alerted], "{why}");
        let last = &outcomes[3];
        assert_eq!(last.severity, Some(Severity::Medium), "{why}: {:?}", last.reasons);
    };
    let held = Disposition::Deduplicated;
    let function = || json!({"functionName": "iam-responder"});
    let code = |hash: &str, minute| {
        let answer = json!({"codeSha256": hash, "revisionId": format!("r{minute}")});
        set("lambda", "UpdateFunctionCode20150331v2", function(), answer, minute)
    };
    check([code("a=", 20), code("a=", 21), code("b=", 22)], held, "other code");
    let settings = |revision: &str, minute| {
        let answer = json!({"codeSha256": "a=", "revisionId": revision, "environment": {}});
        set("lambda", "UpdateFunctionConfiguration20150331v2", function(), answer, minute)
    };
    check(
        [settings("1", 20), settings("1", 21), settings("2", 22)],
        held,
        "variables that nobody sees",
    );
    let rights = |role: &str, action: &str, minute| {
        let document = json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}});
        let put =
            json!({"roleName": role, "policyName": "p", "policyDocument": document.to_string()});
        set("iam", "PutRolePolicy", put, Value::Null, minute)
    };
    // The rule about inline policies holds nothing back.
    let alerted = Disposition::Alerted;
    let first = |minute| rights("iam-responder-function", "sns:Publish", minute);
    let other = rights("iam-responder-function", "sqs:SendMessage", 22);
    check([first(20), first(21), other], alerted, "other rights");
    let another = rights("iam-responder-scheduler", "sns:Publish", 22);
    check([first(20), first(21), another], alerted, "another role");
    let keep = |days: u32, minute| {
        let keep =
            json!({"logGroupName": "/aws/lambda/iam-responder-9bac", "retentionInDays": days});
        set("logs", "PutRetentionPolicy", keep, Value::Null, minute)
    };
    check([keep(400, 20), keep(400, 21), keep(1, 22)], held, "logs kept shorter");
}

/// One alert about many bus rules and alarms does not hide that one of them is set a second time.
#[test]
fn within_an_own_update_the_same_rule_or_alarm_alerts_again() {
    let engine = engine("accounts: {}\n");
    let update = |minute| {
        let stack = json!({"stackName": "iam-responder", "templateURL": "https://example.com/t"});
        call("cloudformation", "UpdateStack", &stack, &session(BOB), minute)
    };
    let bob = through_stack(session(BOB));
    let rule = |name: &str, pattern: &str, minute| {
        let rule = json!({"name": format!("iam-responder-{name}"), "eventPattern": pattern});
        call("events", "PutRule", &rule, &bob, minute)
    };
    let alarm = |name: &str, most: u32, minute| {
        let name = format!("iam-responder-{name}");
        let alarm = json!({"alarmName": name, "threshold": most, "alarmActions": ["x"]});
        call("monitoring", "PutMetricAlarm", &alarm, &bob, minute)
    };
    let dispositions = |events: &[Value]| -> Vec<bool> {
        let is_alerted = |one: &Handled| one.disposition == Disposition::Alerted;
        all(&engine, events).iter().map(is_alerted).collect()
    };
    let rules = [
        update(0),
        rule("calls-1", "a", 1),
        rule("calls-2", "a", 2),
        rule("calls-2", "a", 3),
        rule("calls-2", "b", 4),
        rule("calls-2", "b", 5),
        rule("calls-1", "b", 6),
        rule("calls-1", "c", 7),
    ];
    assert_eq!(dispositions(&rules), [true, true, false, false, true, false, true, true]);
    let alarms = [update(0), alarm("errors", 1, 1), alarm("errors", 1, 2), alarm("errors", 99, 3)];
    assert_eq!(dispositions(&alarms), [true, true, false, true]);
    // No record holds the content of a template: each update is another.
    assert_eq!(dispositions(&[update(0), update(20)]), [true, true]);
    let set = |name: &str, minute| {
        let set = json!({"stackName": "iam-responder", "changeSetName": name});
        call("cloudformation", "ExecuteChangeSet", &set, &session(BOB), minute)
    };
    assert_eq!(dispositions(&[set("one", 0), set("one", 1), set("two", 2)]), [true, false, true]);
}

/// What an update puts by the dozen alerts once, and refused calls raise no new alert for their content.
#[test]
fn within_an_own_update_what_comes_by_the_dozen_alerts_once() {
    let engine = engine("accounts: {}\n");
    let begin = json!({"stackName": "iam-responder"});
    let mut events = vec![call("cloudformation", "UpdateStack", &begin, &session(BOB), 0)];
    let bob = through_stack(session(BOB));
    for number in 1..9 {
        let alarm = json!({"alarmName": format!("iam-responder-{number}"), "alarmActions": ["x"]});
        events.push(call("monitoring", "PutMetricAlarm", &alarm, &bob, number));
    }
    let alerts = |events: &[Value]| {
        all(&engine, events).iter().filter(|one| one.disposition == Disposition::Alerted).count()
    };
    assert_eq!(alerts(&events), 2);
    events.truncate(1);
    for number in 1..9 {
        let put = json!({"roleName": "iam-responder-function", "policyName": format!("p{number}")});
        let mut event = call("iam", "PutRolePolicy", &put, &bob, number);
        event["detail"]["errorCode"] = json!("AccessDenied");
        events.push(event);
    }
    // The update, the first that was refused, and that it is many.
    assert_eq!(alerts(&events), 3);
}
