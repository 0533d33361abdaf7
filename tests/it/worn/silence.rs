//! An earlier act makes a later one quiet only if it was serious itself: a harmless act never does.

use super::*;

/// The role that only reads, behind a profile of its name, and an instance that wears it.
fn weak() -> Vec<Value> {
    let mut run = made(
        "ec2",
        "RunInstances",
        json!({"iamInstanceProfile": {"name": "reader"}}),
        json!({"instancesSet": {"items": [{"instanceId": "i-5"}]}}),
    );
    run["eventID"] = json!("weak-instance");
    let trust = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}}"#;
    let role = json!({"roleName": "reader", "assumeRolePolicyDocument": trust});
    let policy = json!({"roleName": "reader", "policyArn": READS});
    let mut events =
        vec![call("iam", "CreateRole", 1, role), call("iam", "AttachRolePolicy", 2, policy), run];
    for (number, event) in events.iter_mut().enumerate() {
        event["eventID"] = json!(format!("weak-{number}"));
    }
    events
}

/// How loud the later work is after the earlier one of the same caller, all else being made by a stack.
fn after(
    made: &[Value],
    early: &(&str, &str, Value),
    late: &(&str, &str, Value),
) -> Option<Severity> {
    let act = |minute, (source, name, parameters): &(&str, &str, Value)| {
        by_other(call(source, name, minute, parameters.clone()), "other")
    };
    let mut early = act(20, early);
    if early["eventName"] == "RunInstances" {
        early["responseElements"] = json!({"instancesSet": {"items": [{"instanceId": "i-6"}]}});
    }
    let before = [worker(ADMIN), weak(), made.to_vec(), vec![early]].concat();
    last(QUIET, before, act(30, late))
}

#[test]
fn work_for_what_is_known_to_wear_little_buys_none_for_the_others() {
    let session = |target: &str| ("ssm", "StartSession", json!({"target": target}));
    let command = |named: Value| ("ssm", "SendCommand", named);
    let all = json!({"targets": [{"key": "tag:of", "values": ["ops"]}]});
    let run = ("ec2", "RunInstances", json!({"iamInstanceProfile": {"name": "reader"}}));
    let data = json!({"iamInstanceProfile": {"name": "reader"}});
    let template = json!({"CreateLaunchTemplateRequest": {"LaunchTemplateName": "t", "LaunchTemplateData": data}});
    let late = [
        command(all.clone()),
        session("i-7"),
        ("codedeploy", "CreateDeployment", json!({"applicationName": "ops"})),
        ("ssm", "UpdateDocument", json!({"name": "setup", "content": "x"})),
    ];
    let machines = [instances()];
    for early in [
        session("i-5"),
        command(json!({"instanceIds": ["i-5"]})),
        run,
        ("ec2", "CreateLaunchTemplate", template),
        ("ec2-instance-connect", "SendSSHPublicKey", json!({"instanceId": "i-5"})),
    ] {
        for late in &late {
            let severity = after(&machines, &early, late);
            assert!(severity >= Some(Severity::Medium), "{early:?}, then {late:?}: {severity:?}");
        }
    }
    // The use of an unknown thing alerted, and so did the same choice of machines.
    let again = |early: &(&'static str, &'static str, Value),
                 late: &(&'static str, &'static str, Value)| {
        let severity = after(&machines, early, late);
        assert!(
            severity <= Some(Severity::Informational),
            "{early:?}, then {late:?}: {severity:?}"
        );
    };
    for early in [session("i-71"), command(json!({"instanceIds": ["i-5", "i-72"]}))] {
        again(&early, &session("i-7"));
    }
    late.iter().for_each(|late| again(late, late));
    // Another choice may mean others.
    for early in [command(all), session("i-71")] {
        for late in late.iter().filter(|late| **late != early && late.1 != "StartSession") {
            let severity = after(&machines, &early, late);
            assert!(severity >= Some(Severity::Medium), "{early:?}, then {late:?}: {severity:?}");
        }
    }
}

#[test]
fn a_weak_role_given_buys_no_work_in_a_strong_one() {
    let low = "arn:aws:iam::111122223333:role/reader";
    let task = |family: &str, role: &str| {
        ("ecs", "RegisterTaskDefinition", json!({"family": family, "taskRoleArn": role}))
    };
    let shell = ("ecs", "ExecuteCommand", json!({"cluster": "c", "task": "0a1b", "command": "sh"}));
    let overrides = json!({"containerOverrides": [{"command": ["sh"]}]});
    let run = ("ecs", "RunTask", json!({"taskDefinition": "web", "overrides": overrides}));
    let alias = |name: &str, role: &str| {
        ("iot", "CreateRoleAlias", json!({"roleAlias": name, "roleArn": role}))
    };
    let attach = ("iot", "AttachPolicy", json!({"policyName": "n", "target": "t"}));
    for (strong, weak, late) in [
        (task("web", ROLE), task("shop", low), &shell),
        // A revision of the same family: any of them may be run.
        (task("web", ROLE), task("web", low), &run),
        (alias("ops", ROLE), alias("dev", low), &attach),
    ] {
        let (source, name, parameters) = strong.clone();
        let given = [made(source, name, parameters, json!({}))];
        let severity = after(&given, &weak, late);
        assert!(severity >= Some(Severity::Medium), "{weak:?}, then {late:?}: {severity:?}");
        // Who gave the strong one himself was in an alert then.
        let severity = after(&given, &strong, late);
        assert!(
            severity <= Some(Severity::Informational),
            "{strong:?}, then {late:?}: {severity:?}"
        );
    }
}

#[test]
fn a_full_list_says_nothing_about_the_time_before_its_oldest_entry() {
    let command = |minute| {
        let all = json!({"targets": [{"key": "tag:of", "values": ["ops"]}]});
        let mut event = by_other(call("ssm", "SendCommand", minute, all), "other");
        event["eventID"] = json!(format!("command-{minute}"));
        event
    };
    let template = |number: usize| {
        let data = json!({"iamInstanceProfile": {"name": format!("web-{number}")}});
        let mut made = made(
            "ec2",
            "CreateLaunchTemplate",
            json!({"CreateLaunchTemplateRequest": {"LaunchTemplateData": data}}),
            json!({}),
        );
        made["eventID"] = json!(format!("template-{number}"));
        made["eventTime"] = json!(format!("2026-11-24T12:25:{:02}Z", number % 60));
        made
    };
    let before = [worker(ADMIN), vec![instances(), command(20)]].concat();
    let full = [before.clone(), (0..260).map(template).collect()].concat();
    assert!(last(QUIET, before, command(30)) <= Some(Severity::Informational));
    assert!(last(QUIET, full.clone(), command(30)) >= Some(Severity::Medium));
    // Already published with the same list, it is not news.
    let again = [full, vec![command(30)]].concat();
    assert!(last(QUIET, again, command(40)) <= Some(Severity::Informational));
}

/// Who set a time limit before may not have brought code before.
#[test]
fn a_setting_is_no_habit_of_bringing_code() {
    let function = json!({"functionName": "f", "role": ROLE});
    let before = || {
        let function = made("lambda", "CreateFunction20150331", function.clone(), json!({}));
        [worker(ADMIN), vec![function]].concat()
    };
    let call = |name: &str, minute, more: Value| {
        let mut given = json!({"functionName": "f"});
        given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        by_other(call("lambda", name, minute, given), "other")
    };
    let set =
        |minute| call("UpdateFunctionConfiguration20150331v2", minute, json!({"timeout": minute}));
    let code = |minute| call("UpdateFunctionCode20150331v2", minute, json!({"publish": true}));
    let layer =
        |minute| call("UpdateFunctionConfiguration20150331v2", minute, json!({"layers": ["l"]}));
    let check = |earlier: Vec<Value>, now: Value, loud: bool| {
        let severity = last(QUIET, [before(), earlier].concat(), now.clone());
        assert_eq!(severity >= Some(Severity::Medium), loud, "{severity:?} {now}");
    };
    check(vec![set(20)], code(30), true);
    check(vec![set(20), set(25)], layer(30), true);
    check(vec![set(20), code(25)], code(30), false);
    check(vec![set(20)], set(30), false);
    check(vec![code(20)], set(30), false);
    check(vec![layer(20)], code(30), false);
}
