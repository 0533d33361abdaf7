//! A role that is handed over again alerts once, unless something differs that matters.

use iam_responder::text::severity::Severity;
use serde_json::{Value, json};

use super::{PLAIN, by};
use crate::support::call;
use crate::support::roles::{ADMIN, READS, ROLE, by_stack, last, worker};

#[test]
fn the_same_thing_given_the_same_role_alerts_once() {
    let update = |minute| {
        let parameters = json!({"functionName": "f", "role": ROLE});
        by_stack(call("lambda", "UpdateFunctionConfiguration20150331v2", minute, parameters))
    };
    let mut before = worker(ADMIN);
    before.push(update(5));
    assert_eq!(last(PLAIN, before, update(9)), None);
}

#[test]
fn another_caller_or_another_place_of_the_same_role_alerts() {
    const DEV: &str = "arn:aws:iam::111122223333:role/Dev";
    #[track_caller]
    fn check(source: &str, name: &str, given: &Value, again: &Value) {
        let event = |minute, parameters: &Value| call(source, name, minute, parameters.clone());
        let before = || [worker(ADMIN), vec![event(5, given)]].concat();
        let medium = Some(Severity::Medium);
        assert_eq!(last(PLAIN, before(), event(9, given)), None);
        assert_eq!(last(PLAIN, before(), by(event(9, given), "ci/other")), medium);
        assert_eq!(last(PLAIN, before(), event(9, again)), medium);
        // Each of two that take turns is alerted once.
        let turns = [before(), vec![by(event(6, given), "ci/other")]].concat();
        assert_eq!(last(PLAIN, turns.clone(), event(9, given)), None);
        assert_eq!(last(PLAIN, turns, by(event(9, given), "ci/other")), None);
    }
    let pool = |roles: Value| json!({"identityPoolId": "p", "roles": roles});
    check(
        "cognito-identity",
        "SetIdentityPoolRoles",
        &pool(json!({"authenticated": ROLE})),
        &pool(json!({"authenticated": ROLE, "unauthenticated": ROLE})),
    );
    check(
        "ecs",
        "RegisterTaskDefinition",
        &json!({"family": "web", "taskRoleArn": DEV, "executionRoleArn": ROLE}),
        &json!({"family": "web", "taskRoleArn": ROLE, "executionRoleArn": DEV}),
    );
    let schedule = |name: &str| json!({"name": name, "target": {"arn": "x", "roleArn": ROLE}});
    check("scheduler", "UpdateSchedule", &schedule("s"), &schedule("t"));
}

#[test]
fn a_role_given_back_after_another_one_alerts() {
    let update = |minute, role: &str| {
        call("glue", "UpdateJob", minute, json!({"jobName": "j", "jobUpdate": {"role": role}}))
    };
    let before = [worker(ADMIN), vec![update(5, "Worker"), update(6, "Dev")]].concat();
    assert_eq!(last(PLAIN, before, update(9, "Worker")), Some(Severity::Medium));
}

/// The role gets administrator rights at the 5th minute.
fn grown() -> Value {
    call("iam", "AttachRolePolicy", 5, json!({"roleName": "Worker", "policyArn": ADMIN}))
}

#[test]
fn what_was_given_a_role_before_it_had_rights_alerts_once_more() {
    let schedule = |minute| {
        let target = json!({"roleArn": ROLE, "arn": "arn:aws:lambda:::f"});
        call("scheduler", "UpdateSchedule", minute, json!({"name": "x", "target": target}))
    };
    let function =
        || call("lambda", "CreateFunction20150331", 3, json!({"functionName": "f", "role": ROLE}));
    let code = |minute| {
        call("lambda", "UpdateFunctionCode20150331v2", minute, json!({"functionName": "f"}))
    };
    let stack = |name: &str, minute| {
        let parameters = json!({"stackName": name, "roleARN": ROLE});
        call("cloudformation", "CreateStack", minute, parameters)
    };
    for (before, again) in [
        (vec![schedule(3)], [schedule(9), schedule(12)]),
        (vec![function()], [code(9), code(12)]),
        (vec![function(), code(4)], [code(9), code(12)]),
        (vec![stack("one", 3)], [stack("one", 9), stack("one", 12)]),
    ] {
        let quiet = || [worker(READS), before.clone()].concat();
        let [first, second] = again;
        assert!(last(PLAIN, quiet(), first.clone()) <= Some(Severity::Low), "{first}");
        let grown = || [quiet(), vec![grown()]].concat();
        assert!(last(PLAIN, grown(), first.clone()) >= Some(Severity::Medium), "{first}");
        // The same rights given once more change nothing.
        let same =
            call("iam", "AttachRolePolicy", 10, json!({"roleName": "Worker", "policyArn": ADMIN}));
        let once = [grown(), vec![first, same]].concat();
        assert!(last(PLAIN, once, second.clone()) <= Some(Severity::Low), "{second}");
    }
    // A boundary that falls gives rights as well.
    let bound = json!({"roleName": "Worker", "permissionsBoundary": READS});
    let bounded = vec![
        call("iam", "PutRolePermissionsBoundary", 2, bound),
        function(),
        call("iam", "DeleteRolePermissionsBoundary", 5, json!({"roleName": "Worker"})),
    ];
    let before = [worker(ADMIN), bounded].concat();
    assert!(last(PLAIN, before, code(9)) >= Some(Severity::Medium));
}

#[test]
fn jobs_of_every_day_alert_once_and_administrators_each_time() {
    let jobs = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole";
    let job = |minute: usize, name: &str| {
        call("glue", "CreateJob", minute, json!({"name": name, "role": ROLE}))
    };
    assert_eq!(last(PLAIN, worker(jobs), job(5, "a")), Some(Severity::Medium));
    let before = |policy| [worker(policy), vec![job(5, "a")]].concat();
    assert_eq!(last(PLAIN, before(jobs), job(9, "b")), None);
    assert_eq!(last(PLAIN, before(ADMIN), job(9, "b")), Some(Severity::Medium));
}

#[test]
fn a_stack_alerts_once_and_those_of_a_pipeline_together() {
    let stack = |minute: usize, name: &str| {
        call("cloudformation", "CreateStack", minute, json!({"stackName": name, "roleARN": ROLE}))
    };
    let before = || [worker(ADMIN), vec![stack(5, "a")]].concat();
    assert_eq!(last(PLAIN, before(), stack(9, "a")), None);
    assert_eq!(last(PLAIN, before(), stack(9, "b")), Some(Severity::Medium));
    let listed = format!("{PLAIN}\npipelines: ['arn:aws:iam::111122223333:role/ci/builder']");
    assert_eq!(last(&listed, before(), stack(9, "b")), None);
    assert_eq!(last(&listed, worker(ADMIN), stack(9, "b")), Some(Severity::Medium));
    let another = by(stack(9, "b"), "ci/other");
    assert_eq!(last(&listed, before(), another), Some(Severity::Medium));
}

#[test]
fn an_unknown_role_alerts_for_sessions_once_a_week_and_for_no_stack() {
    let site = "accounts: {}";
    let machine = |minute: usize, name: &str| {
        call("states", "CreateStateMachine", minute, json!({"name": name, "roleArn": ROLE}))
    };
    assert_eq!(last(site, vec![], machine(1, "a")), Some(Severity::Low));
    assert_eq!(last(site, vec![machine(1, "a")], machine(9, "b")), None);
    assert_eq!(last(site, vec![], by_stack(machine(1, "a"))), None);
    assert_eq!(last(site, worker(READS), machine(9, "a")), None);
    let pipeline = "pipelines: ['arn:aws:iam::111122223333:role/ci/builder']";
    assert_eq!(last(pipeline, vec![], machine(1, "a")), None);
}
