//! Roles handed over and places in groups are told by what the role or group holds.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use iam_responder::bus::{BusRules, Names, Reach};
use iam_responder::catalogue::{RoleTaken, roles_taken};
use iam_responder::engine::Engine;
use iam_responder::outcome::{Outcome, Verdict};
use iam_responder::severity::Severity;
use serde_json::{Value, json};

mod support;
use support::{call, responses};

const QUIET: &str =
    "severity: [{when: {source: [{prefix: aws.}]}, set: informational, because: quiet}]";
const PLAIN: &str = "accounts: {'111122223333': {name: lab, tags: {env: dev}}}";
const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const READS: &str = "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess";
const ROLE: &str = "arn:aws:iam::111122223333:role/app/Worker";

fn by_stack(mut event: Value) -> Value {
    event["userIdentity"]["invokedBy"] = json!("cloudformation.amazonaws.com");
    event
}

/// The role, made and given a policy.
fn worker(policy: &str) -> Vec<Value> {
    let trust = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}}"#;
    let made = json!({"roleName": "Worker", "path": "/app/", "assumeRolePolicyDocument": trust});
    vec![
        call("iam", "CreateRole", 1, made),
        call("iam", "AttachRolePolicy", 2, json!({"roleName": "Worker", "policyArn": policy})),
    ]
}

fn crew(document: &str) -> Vec<Value> {
    let put = json!({"groupName": "crew", "policyName": "p", "policyDocument": document});
    vec![
        call("iam", "CreateGroup", 1, json!({"groupName": "crew"})),
        call("iam", "PutGroupPolicy", 2, put),
    ]
}

fn outcomes(site: &str, events: impl IntoIterator<Item = Value>) -> Vec<Outcome> {
    responses(site, Vec::new(), events).into_iter().map(|response| response.outcome).collect()
}

/// How loud the last event is; nothing where nobody is told.
fn last(site: &str, before: Vec<Value>, event: Value) -> Option<Severity> {
    let outcome = outcomes(site, before.into_iter().chain([event])).pop().unwrap();
    outcome.severity.filter(|_| outcome.outcome == Verdict::Alerted)
}

#[track_caller]
fn check(source: &str, name: &str, parameters: &Value) {
    let event = || by_stack(call(source, name, 9, parameters.clone()));
    for site in [QUIET, PLAIN] {
        let severity = last(site, worker(ADMIN), event());
        assert!(severity >= Some(Severity::Medium), "{source} {name}: {severity:?}");
    }
    let severity = last(PLAIN, worker(READS), event());
    assert!(severity <= Some(Severity::Low), "{source} {name}, which reads: {severity:?}");
}

#[test]
fn an_administrator_s_role_is_told_wherever_a_stack_hands_it() {
    let profile = json!({"name": "Worker"});
    check(
        "iam",
        "AddRoleToInstanceProfile",
        &json!({"roleName": "WORKER", "instanceProfileName": "x"}),
    );
    let trust = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ecs-tasks.amazonaws.com"}}}"#;
    check("iam", "UpdateAssumeRolePolicy", &json!({"roleName": "worker", "policyDocument": trust}));
    check("ssm", "CreateActivation", &json!({"iamRole": "Worker"}));
    check(
        "cognito-identity",
        "SetIdentityPoolRoles",
        &json!({"identityPoolId": "p", "roles": {"authenticated": ROLE}}),
    );
    check(
        "lambda",
        "UpdateFunctionConfiguration20150331v2",
        &json!({"functionName": "f", "role": ROLE}),
    );
    check("lambda", "CreateFunction20150331", &json!({"functionName": "f", "role": ROLE}));
    check("ec2", "RunInstances", &json!({"iamInstanceProfile": profile}));
    check(
        "ec2",
        "AssociateIamInstanceProfile",
        &json!({"AssociateIamInstanceProfileRequest": {"IamInstanceProfile": {"Name": "Worker"}}}),
    );
    check("iot", "CreateRoleAlias", &json!({"roleAlias": "a", "roleArn": ROLE}));
    check("ecs", "RegisterTaskDefinition", &json!({"family": "web", "taskRoleArn": ROLE}));
    check("eks", "CreatePodIdentityAssociation", &json!({"clusterName": "c", "roleArn": ROLE}));
    check(
        "scheduler",
        "CreateSchedule",
        &json!({"name": "s", "target": {"arn": "x", "roleArn": ROLE}}),
    );
    check("apigateway", "PutIntegration", &json!({"restApiId": "a", "credentials": ROLE}));
}

/// No rule names these calls: what they name is enough.
#[test]
fn a_role_is_told_by_whatever_call_it_is_handed_over() {
    check("transfer", "CreateUser", &json!({"serverId": "s", "userName": "u", "role": ROLE}));
    check("redshift", "ModifyClusterIamRoles", &json!({"addIamRoles": [ROLE]}));
    check("eks", "CreateCluster", &json!({"name": "c", "roleArn": ROLE}));
    check(
        "ssm",
        "CreateAssociation",
        &json!({"name": "AWS-X", "parameters": {"AutomationAssumeRole": [ROLE]}}),
    );
    check("quarry", "CreateDig", &json!({"DigRoleArn": ROLE, "ExecutionRoleArn": ROLE}));
}

/// Who lets guests into a pool, or says what a job runs, has the role that it was given, by whomever.
#[test]
fn new_guests_and_commands_have_the_role_that_is_worn() {
    let guests = |minute| {
        let parameters = json!({"identityPoolId": "p", "allowUnauthenticatedIdentities": true});
        by(call("cognito-identity", "UpdateIdentityPool", minute, parameters), "dev")
    };
    let roles = json!({"identityPoolId": "p", "roles": {"unauthenticated": ROLE}});
    let pool = call("cognito-identity", "SetIdentityPoolRoles", 5, roles);
    let before = |policy| [worker(policy), vec![pool.clone()]].concat();
    assert_eq!(last(QUIET, before(ADMIN), guests(9)), Some(Severity::Medium));
    assert_eq!(last(QUIET, before(READS), guests(9)), None);
    let job = json!({"jobDefinitionName": "j", "containerProperties": {"jobRoleArn": ROLE}});
    let submit = |minute, overrides: Value| {
        let parameters = json!({"jobDefinition": "j:1", "containerOverrides": overrides});
        by(call("batch", "SubmitJob", minute, parameters), "dev")
    };
    let before = [worker(ADMIN), vec![call("batch", "RegisterJobDefinition", 5, job)]].concat();
    let command = || json!({"command": ["sh"]});
    assert_eq!(last(QUIET, before.clone(), submit(9, command())), Some(Severity::Medium));
    assert_eq!(last(QUIET, before.clone(), submit(9, json!({"vcpus": 2}))), None);
    let again = [before, vec![submit(6, command())]].concat();
    assert_eq!(last(PLAIN, again, submit(9, command())), None);
}

/// Of every row of the table: a call that has a role there comes through, whoever makes it.
#[test]
fn what_takes_a_role_is_delivered() {
    let engine = Engine::embedded().unwrap();
    let bus_rules = BusRules::of(engine.rules().rules()).unwrap();
    let names = Names { prefix: "watch".to_owned(), ..Names::longest() };
    let reach = Reach::new(&bus_rules, &names).unwrap();
    let missed = |taken: &&RoleTaken| {
        let (source, name, path) = match taken {
            RoleTaken::Field(path) => ("quarry.amazonaws.com", "CreateDig", *path),
            RoleTaken::Call(name) => ("quarry.amazonaws.com", *name, "detail.requestParameters.x"),
            RoleTaken::CallOf(source, name) => (*source, *name, "detail.requestParameters.x"),
        };
        let inner = path.rsplit('.').fold(json!(ROLE), |inner, step| json!({step: inner}));
        let mut event = json!({"source": "aws.any", "detail-type": "AWS API Call via CloudTrail"});
        event["detail"] = by_stack(call("quarry", "CreateDig", 9, json!(null)));
        event["detail"]["eventSource"] = json!(source);
        event["detail"]["eventName"] = json!(name.trim_end_matches('*'));
        for (key, value) in inner["detail"].as_object().unwrap() {
            event["detail"][key] = value.clone();
        }
        reach.taken(&event, false).is_empty()
    };
    let found: Vec<&RoleTaken> = roles_taken().iter().filter(missed).collect();
    assert!(found.is_empty(), "{found:?}");
    assert!(roles_taken().len() > 500);
}

#[test]
fn a_role_behind_a_profile_of_another_name_is_found() {
    let put = json!({"roleName": "Worker", "instanceProfileName": "web"});
    let mut before = worker(ADMIN);
    before.push(call("iam", "AddRoleToInstanceProfile", 3, put));
    let run =
        json!({"iamInstanceProfile": {"arn": "arn:aws:iam::111122223333:instance-profile/Web"}});
    assert_eq!(last(QUIET, before, call("ec2", "RunInstances", 9, run)), Some(Severity::Medium));
}

#[test]
fn rights_that_came_or_went_since_count() {
    let hand = || call("iot", "CreateRoleAlias", 9, json!({"roleAlias": "a", "roleArn": ROLE}));
    let taken = json!({"roleName": "worker", "policyArn": ADMIN});
    let mut before = worker(ADMIN);
    before.push(call("iam", "DetachRolePolicy", 3, taken));
    assert_eq!(last(QUIET, before, hand()), None);
    let all = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let put = json!({"roleName": "Worker", "policyName": "p", "policyDocument": all});
    let mut before = worker(READS);
    before.push(call("iam", "PutRolePolicy", 3, put));
    assert_eq!(last(QUIET, before, hand()), Some(Severity::Medium));
}

#[test]
fn the_same_thing_given_the_same_role_is_told_once() {
    let update = |minute| {
        let parameters = json!({"functionName": "f", "role": ROLE});
        by_stack(call("lambda", "UpdateFunctionConfiguration20150331v2", minute, parameters))
    };
    let mut before = worker(ADMIN);
    before.push(update(5));
    assert_eq!(last(PLAIN, before, update(9)), None);
}

fn by(mut event: Value, role: &str) -> Value {
    let issuer = &mut event["userIdentity"]["sessionContext"]["sessionIssuer"];
    issuer["arn"] = json!(format!("arn:aws:iam::111122223333:role/{role}"));
    event
}

#[test]
fn another_caller_or_another_place_of_the_same_role_is_told() {
    const DEV: &str = "arn:aws:iam::111122223333:role/Dev";
    #[track_caller]
    fn check(source: &str, name: &str, given: &Value, again: &Value) {
        let event = |minute, parameters: &Value| call(source, name, minute, parameters.clone());
        let before = || [worker(ADMIN), vec![event(5, given)]].concat();
        let told = Some(Severity::Medium);
        assert_eq!(last(PLAIN, before(), event(9, given)), None);
        assert_eq!(last(PLAIN, before(), by(event(9, given), "ci/other")), told);
        assert_eq!(last(PLAIN, before(), event(9, again)), told);
        // Each of two that take turns is told once.
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
fn what_is_given_back_after_another_role_is_told() {
    let update = |minute, role: &str| {
        call("glue", "UpdateJob", minute, json!({"jobName": "j", "jobUpdate": {"role": role}}))
    };
    let before = [worker(ADMIN), vec![update(5, "Worker"), update(6, "Dev")]].concat();
    assert_eq!(last(PLAIN, before, update(9, "Worker")), Some(Severity::Medium));
}

#[test]
fn who_changes_what_wears_an_administrator_s_role_is_told_once() {
    let told = Some(Severity::Medium);
    let check = |source: &str, made: (&str, Value), changed: (&str, Value)| {
        let make = |minute| call(source, made.0, minute, made.1.clone());
        let change =
            |minute, who: &str| by(call(source, changed.0, minute, changed.1.clone()), who);
        let before = |policy| [worker(policy), vec![make(5)]].concat();
        let and = |more: Vec<Value>| [before(ADMIN), more].concat();
        assert_eq!(last(PLAIN, before(ADMIN), change(9, "dev")), told, "{source}");
        assert_eq!(last(PLAIN, and(vec![change(6, "dev")]), change(9, "dev")), None, "{source}");
        assert_eq!(last(PLAIN, and(vec![change(6, "dev")]), change(9, "qa")), told, "{source}");
        // Who gave it the role has it anyway.
        assert_eq!(last(PLAIN, before(ADMIN), change(9, "ci/builder")), None, "{source}");
        assert_eq!(last(PLAIN, before(READS), change(9, "dev")), None, "{source}");
        assert_eq!(last(PLAIN, worker(ADMIN), change(9, "dev")), None, "{source}");
        // What nobody knows was told when it was given.
        assert_eq!(last(PLAIN, vec![make(5)], change(9, "dev")), None, "{source}");
        // Given the same again, day by day, by one and worked upon by another.
        let daily = vec![change(6, "dev"), make(7)];
        assert_eq!(last(PLAIN, and(daily), change(9, "dev")), None, "{source}");
        // Known from when it could do little.
        let mut other = make(5);
        for field in ["role", "roleArn", "serviceRole", "taskRoleArn"] {
            if made.1.get(field).is_some() {
                other["requestParameters"][field] = json!("arn:aws:iam::111122223333:role/Dev");
            }
        }
        let raised = [worker(ADMIN), vec![other, change(6, "dev"), make(7)]].concat();
        assert_eq!(last(PLAIN, raised, change(9, "dev")), told, "{source}");
    };
    let arn = "arn:aws:states:us-east-1:111122223333:stateMachine:m";
    check(
        "states",
        ("CreateStateMachine", json!({"name": "m", "roleArn": ROLE})),
        ("UpdateStateMachine", json!({"stateMachineArn": arn, "definition": "d"})),
    );
    check(
        "ecs",
        ("RegisterTaskDefinition", json!({"family": "t", "taskRoleArn": ROLE})),
        (
            "RunTask",
            json!({"taskDefinition": "t:2", "overrides": {"containerOverrides": [{"command": ["sh"]}]}}),
        ),
    );
    check(
        "codebuild",
        ("CreateProject", json!({"name": "p", "serviceRole": ROLE})),
        ("UpdateProject", json!({"name": "p", "source": {"buildspec": "b"}})),
    );
    check(
        "glue",
        ("CreateJob", json!({"name": "j", "role": ROLE})),
        ("UpdateJob", json!({"jobName": "j", "jobUpdate": {"command": {"scriptLocation": "s"}}})),
    );
    check(
        "lambda",
        ("CreateFunction20150331", json!({"functionName": "f", "role": ROLE})),
        ("UpdateFunctionConfiguration20150331v2", json!({"functionName": "f", "memorySize": 512})),
    );
}

#[test]
fn work_on_what_wears_an_unknown_role_is_quiet() {
    let made = json!({"name": "m", "roleArn": ROLE});
    let arn = "arn:aws:states:us-east-1:111122223333:stateMachine:m";
    let update = call("states", "UpdateStateMachine", 9, json!({"stateMachineArn": arn}));
    let before = vec![call("states", "CreateStateMachine", 5, made)];
    assert_eq!(last("accounts: {}", before, by(update, "dev")), None);
}

#[test]
fn behind_more_roles_than_are_looked_at_nothing_is_hidden() {
    let targets = |count: usize| {
        let target = |n| json!({"id": format!("t{n}"), "roleArn": format!("arn:aws:iam::111122223333:role/r{n}")});
        let targets: Vec<Value> = (0..count).map(target).collect();
        call("events", "PutTargets", 9, json!({"rule": "r", "targets": targets}))
    };
    assert!(last(PLAIN, vec![], targets(16)) <= Some(Severity::Low));
    assert_eq!(last(PLAIN, vec![], targets(17)), Some(Severity::Medium));
    let policy = |count: usize| {
        let roles: Vec<String> =
            (0..count).map(|n| format!("arn:aws:iam::111122223333:role/r{n}")).collect();
        let document = json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": roles}});
        let put =
            json!({"roleName": "hub", "policyName": "p", "policyDocument": document.to_string()});
        by_stack(call("iam", "PutRolePolicy", 9, put))
    };
    // As of one that leads into many accounts.
    assert!(last(PLAIN, vec![], policy(40)) <= Some(Severity::Low));
    assert!(last(PLAIN, vec![], policy(41)) >= Some(Severity::Medium));
    // And by a pattern in each.
    let pattern = |count: usize| {
        let roles: Vec<String> =
            (0..count).map(|n| format!("arn:aws:iam::1000000000{n:02}:role/app-*")).collect();
        by_statement(
            &[],
            &json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": roles}),
        )
    };
    assert!(pattern(40) <= Some(Severity::Low));
    assert!(pattern(41) >= Some(Severity::Medium));
}

#[test]
fn a_policy_made_before_its_role_had_rights_is_told_when_it_is_given() {
    let arn = "arn:aws:iam::111122223333:policy/app/wear";
    let document = |role: &str| {
        json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}})
            .to_string()
    };
    let before = |policy: &str| {
        let made = json!({"policyName": "wear", "path": "/app/", "policyDocument": document(ROLE)});
        let mut made = call("iam", "CreatePolicy", 0, made);
        made["responseElements"] = json!({"policy": {"arn": arn, "defaultVersionId": "v1"}});
        let other = document("arn:aws:iam::111122223333:role/Dev");
        let other = json!({"policyArn": arn, "policyDocument": other, "setAsDefault": true});
        let mut other = call("iam", "CreatePolicyVersion", 4, other);
        other["responseElements"] = json!({"policyVersion": {"versionId": "v2"}});
        [vec![made], worker(policy), vec![other]].concat()
    };
    let attach = |name: &str, who: &str| {
        by_stack(call("iam", name, 9, json!({who: "crew", "policyArn": arn})))
    };
    let choose = |minute, version: &str| {
        let chosen = json!({"policyArn": arn, "versionId": version});
        by_stack(call("iam", "SetDefaultPolicyVersion", minute, chosen))
    };
    let quiet = Some(Severity::Informational);
    let first = |policy: &str| [before(policy), vec![choose(5, "v1")]].concat();
    for (name, who) in [
        ("AttachUserPolicy", "userName"),
        ("AttachRolePolicy", "roleName"),
        ("AttachGroupPolicy", "groupName"),
    ] {
        assert!(last(QUIET, first(ADMIN), attach(name, who)) >= Some(Severity::Medium), "{name}");
        // Another version is in force, or the role may not do much.
        assert!(last(QUIET, before(ADMIN), attach(name, who)) <= quiet, "{name}");
        assert!(last(QUIET, first(READS), attach(name, who)) <= quiet, "{name}");
    }
    assert!(last(QUIET, before(ADMIN), choose(9, "v1")) >= Some(Severity::Medium));
    assert!(last(QUIET, before(READS), choose(9, "v1")) <= quiet);
    assert!(last(QUIET, first(ADMIN), choose(9, "v2")) <= quiet);
}

#[test]
fn a_policy_that_gives_one_role_is_told_by_what_the_role_holds() {
    let jobs = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole";
    for action in ["iam:PassRole", "sts:AssumeRole"] {
        let document = format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"{action}","Resource":"{ROLE}"}}}}"#
        );
        let put = json!({"roleName": "ci", "policyName": "p", "policyDocument": document});
        let put = || by_stack(call("iam", "PutRolePolicy", 9, put.clone()));
        assert_eq!(last(QUIET, worker(ADMIN), put()), Some(Severity::Medium));
        // One role for the work of every day.
        for harmless in [worker(READS), worker(jobs), vec![]] {
            assert!(last(PLAIN, harmless, put()) <= Some(Severity::Low));
        }
    }
}

/// A stack gives a role the right to wear or hand on what a statement says, after these events.
#[track_caller]
fn by_statement(before: &[Value], statement: &Value) -> Option<Severity> {
    let document = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    let put = json!({"roleName": "ci", "policyName": "p", "policyDocument": document});
    last(QUIET, before.to_vec(), by_stack(call("iam", "PutRolePolicy", 9, put)))
}

#[test]
fn a_pattern_that_reaches_an_administrator_s_role_is_told() {
    let allow = |action: &str, resource: &str| {
        let resource = format!("arn:aws:iam::{resource}");
        json!({"Effect": "Allow", "Action": action, "Resource": resource})
    };
    for resource in [
        "111122223333:role/app/Worke?",
        "111122223333:role/app/wor*",
        "*:role/app/Worker",
        "${aws:PrincipalAccount}:role/app/Worker",
        "111122223333:role/*/Worker",
        "111122223333:role/app/W${aws:PrincipalTag/end}",
    ] {
        for action in ["sts:AssumeRole", "iam:PassRole", "sts:*"] {
            let told = by_statement(&worker(ADMIN), &allow(action, resource));
            assert!(told >= Some(Severity::Medium), "{action} {resource}: {told:?}");
        }
        let reads = by_statement(&worker(READS), &allow("sts:AssumeRole", resource));
        assert!(reads <= Some(Severity::Informational), "{resource}: {reads:?}");
    }
    for elsewhere in
        ["111122223333:role/app/x*", "111122223333:role/wor*", "444455556666:role/*/Worker"]
    {
        let told = by_statement(&worker(ADMIN), &allow("sts:AssumeRole", elsewhere));
        assert!(told <= Some(Severity::Informational), "{elsewhere}: {told:?}");
    }
}

/// A role that may wear what a statement names.
fn hop(name: &str, resource: &str) -> Vec<Value> {
    let document = json!({"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": resource}});
    let made = json!({"roleName": name, "assumeRolePolicyDocument": "{}"});
    let put = json!({"roleName": name, "policyName": "p", "policyDocument": document.to_string()});
    vec![call("iam", "CreateRole", 3, made), call("iam", "PutRolePolicy", 4, put)]
}

#[test]
fn a_pattern_that_reaches_a_role_behind_which_an_administrator_s_stands_is_told() {
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let wear =
        |name: &str| json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role(name)});
    for behind in [ROLE.to_owned(), role("app/W*")] {
        let before = |policy: &str| [worker(policy), hop("mid", &behind)].concat();
        assert!(by_statement(&before(ADMIN), &wear("mi*")) >= Some(Severity::Medium), "{behind}");
        for quiet in
            [by_statement(&before(READS), &wear("mi*")), by_statement(&before(ADMIN), &wear("ot*"))]
        {
            assert!(quiet <= Some(Severity::Informational), "{behind}: {quiet:?}");
        }
    }
    // One behind the other: four are followed, and what is beyond counts.
    let chain: Vec<Value> = (0..7)
        .flat_map(|number| hop(&format!("hop-{number}"), &role(&format!("hop-{}", number + 1))))
        .collect();
    let before = |last: usize| {
        let end = if last == 0 { ROLE.to_owned() } else { role("nowhere") };
        [worker(ADMIN), chain.clone(), hop("hop-7", &end)].concat()
    };
    for first in 3..7 {
        assert!(
            by_statement(&before(0), &wear(&format!("hop-{first}"))) >= Some(Severity::Medium),
            "{first}"
        );
    }
    assert!(by_statement(&before(0), &wear("hop-0")) >= Some(Severity::Medium));
    let told = by_statement(&before(1), &wear("hop-5"));
    assert!(told <= Some(Severity::Informational), "{told:?}");
}

#[test]
fn a_pattern_of_accounts_reaches_those_that_are_known() {
    let elsewhere = |mut event: Value| {
        event["recipientAccountId"] = json!("444455556666");
        event["userIdentity"]["accountId"] = json!("444455556666");
        event
    };
    let before = |policy: &str| worker(policy).into_iter().map(elsewhere).collect::<Vec<Value>>();
    for account in ["444455556666", "44445555666?", "*", "4444*", "${aws:PrincipalTag/account}"] {
        for name in ["app/W*", "app/Worker"] {
            let resource = format!("arn:aws:iam::{account}:role/{name}");
            let wear = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": resource});
            let told = by_statement(&before(ADMIN), &wear);
            assert!(told >= Some(Severity::Medium), "{resource}: {told:?}");
            let told = by_statement(&before(READS), &wear);
            assert!(told <= Some(Severity::Informational), "{resource}: {told:?}");
        }
    }
    let own = "arn:aws:iam::${aws:PrincipalAccount}:role/app/W*";
    let wear = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": own});
    assert!(by_statement(&before(ADMIN), &wear) <= Some(Severity::Informational));
}

#[test]
fn a_permission_set_that_may_wear_an_administrator_s_role_is_told() {
    let document = |resource: &str| {
        json!({"Version": "2012-10-17", "Statement":
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": resource}})
    };
    let put = |resource: &str| {
        let set = "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef";
        let parameters =
            json!({"permissionSetArn": set, "inlinePolicy": document(resource).to_string()});
        by_stack(call("sso", "PutInlinePolicyToPermissionSet", 9, parameters))
    };
    for resource in [ROLE, "arn:aws:iam::111122223333:role/app/W*"] {
        assert!(last(QUIET, worker(ADMIN), put(resource)) >= Some(Severity::Medium), "{resource}");
        let told = last(QUIET, worker(READS), put(resource));
        assert!(told <= Some(Severity::Informational), "{resource}: {told:?}");
    }
}

#[test]
fn what_all_but_one_role_is_denied_reaches_that_one() {
    let all = json!({"Effect": "Allow", "Action": "sts:*", "Resource": "*"});
    let but = |role: &str| json!([all, {"Effect": "Deny", "Action": "sts:*", "NotResource": role}]);
    assert!(by_statement(&worker(ADMIN), &but(ROLE)) >= Some(Severity::Medium));
    let told = by_statement(&worker(READS), &but(ROLE));
    assert!(told <= Some(Severity::Informational), "{told:?}");
}

#[test]
fn roles_with_an_administrator_s_policy_of_their_own_are_known() {
    let arn = "arn:aws:iam::111122223333:policy/power";
    let all = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let mut made =
        call("iam", "CreatePolicy", 0, json!({"policyName": "power", "policyDocument": all}));
    made["responseElements"] = json!({"policy": {"arn": arn, "defaultVersionId": "v1"}});
    let inline = json!({"roleName": "Worker", "policyName": "p", "policyDocument": all});
    let inline = [worker(READS), vec![call("iam", "PutRolePolicy", 3, inline)]].concat();
    let pattern = json!({"Effect": "Allow", "Action": "sts:AssumeRole",
        "Resource": "arn:aws:iam::111122223333:role/app/Work??"});
    let own = [vec![made], worker(arn)].concat();
    for before in [inline, own.clone()] {
        assert!(by_statement(&before, &pattern) >= Some(Severity::Medium));
    }
    let detach =
        call("iam", "DetachRolePolicy", 5, json!({"roleName": "Worker", "policyArn": arn}));
    let told = by_statement(&[own, vec![detach]].concat(), &pattern);
    assert!(told <= Some(Severity::Informational), "{told:?}");
}

#[test]
fn a_role_behind_a_role_counts() {
    let wear = |resource: &str| {
        let document = json!({"Version": "2012-10-17", "Statement":
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": resource}});
        let hop = json!({"roleName": "Hop", "assumeRolePolicyDocument": "{}"});
        let put =
            json!({"roleName": "Hop", "policyName": "p", "policyDocument": document.to_string()});
        vec![call("iam", "CreateRole", 3, hop), call("iam", "PutRolePolicy", 4, put)]
    };
    let hop = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/Hop"});
    for resource in [ROLE, "arn:aws:iam::111122223333:role/app/W*"] {
        let before = |policy: &str| [worker(policy), wear(resource)].concat();
        assert!(by_statement(&before(ADMIN), &hop) >= Some(Severity::Medium), "{resource}");
        let told = by_statement(&before(READS), &hop);
        assert!(told <= Some(Severity::Informational), "{resource}: {told:?}");
        // Also where a service is given it.
        let stack = json!({"stackName": "shop", "roleARN": "arn:aws:iam::111122223333:role/Hop"});
        let stack = call("cloudformation", "CreateStack", 9, stack);
        assert!(last(QUIET, before(ADMIN), stack) >= Some(Severity::Medium), "{resource}");
    }
}

#[test]
fn jobs_of_every_day_are_told_once_and_administrators_each_time() {
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
fn an_unknown_role_is_told_of_sessions_once_a_week_and_of_no_stack() {
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

#[test]
fn a_place_in_a_group_gives_what_the_group_holds() {
    let all = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let member = |name| call("iam", name, 9, json!({"groupName": "Crew", "userName": "lee"}));
    for event in [member("AddUserToGroup"), by_stack(member("AddUserToGroup"))] {
        assert!(last(QUIET, crew(all), event.clone()) >= Some(Severity::Medium));
        assert!(last(PLAIN, crew(all), event) >= Some(Severity::Medium));
    }
    let stop = r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    let freed =
        outcomes("accounts: {}", crew(stop).into_iter().chain([member("RemoveUserFromGroup")]));
    let freed = freed.last().unwrap();
    assert_eq!(freed.severity, Some(Severity::High), "{freed:?}");
    assert!(freed.rules.contains(&"deny-removed".to_owned()), "{freed:?}");
    let read = r#"{"Statement":{"Effect":"Allow","Action":"ec2:DescribeRegions","Resource":"*"}}"#;
    assert_eq!(
        last("accounts: {}", crew(read), member("RemoveUserFromGroup")),
        Some(Severity::Low)
    );
}
