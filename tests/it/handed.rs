//! Roles handed over and places in groups are judged by what the role or group holds.

use iam_responder::assess::engine::Engine;
use iam_responder::iam::catalogue::{RoleTaken, roles_taken};
use iam_responder::pack::PACK;
use iam_responder::review::bus::{BusRules, DeployedBusRules, Names};
use iam_responder::text::severity::Severity;
use serde_json::{Value, json};

use crate::support::roles::{
    ADMIN, QUIET, READS, ROLE, by_stack, last, outcomes, worker, worker_of,
};
use crate::support::{call, delivered};

mod once;

const PLAIN: &str = "accounts: {'111122223333': {name: lab, tags: {env: dev}}}";

fn crew(document: &str) -> Vec<Value> {
    let put = json!({"groupName": "crew", "policyName": "p", "policyDocument": document});
    vec![
        call("iam", "CreateGroup", 1, json!({"groupName": "crew"})),
        call("iam", "PutGroupPolicy", 2, put),
    ]
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
fn an_administrator_s_role_alerts_wherever_a_stack_hands_it() {
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

/// An alert depends on what the role holds, not on what wears it.
#[test]
fn a_role_is_judged_alike_in_any_place() {
    let engine = Engine::packed(&PACK).unwrap();
    let bus_rules = BusRules::of(engine.rules().rules()).unwrap();
    let deployed = DeployedBusRules::new(&bus_rules, &Names::longest()).unwrap();
    let carriers = include_str!("handed/carriers.tsv").lines();
    for line in carriers.filter(|line| !line.starts_with('#')) {
        let (named, parameters) = line.split_once('\t').unwrap();
        let (source, name) = named.split_once(':').unwrap();
        let parameters = serde_json::from_str(&parameters.replace("ROLE", ROLE)).unwrap();
        check(source, name, &parameters);
        let event = delivered(call(source, name, 1, parameters));
        assert!(!deployed.taken(&event, false).is_empty(), "{line} is not delivered");
    }
}

/// No rule names these calls: what they name is enough.
#[test]
fn a_role_alerts_whichever_call_hands_it_over() {
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

/// Who lets guests into a pool, or says what a job runs, has its role, even if somebody else gave the role.
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

/// For every row of the table, a call with a role there is delivered, for any caller.
#[test]
fn what_takes_a_role_is_delivered() {
    let engine = Engine::packed(&PACK).unwrap();
    let bus_rules = BusRules::of(engine.rules().rules()).unwrap();
    let names = Names { prefix: "watch".to_owned(), ..Names::longest() };
    let deployed = DeployedBusRules::new(&bus_rules, &names).unwrap();
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
        deployed.taken(&event, false).is_empty()
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
    let hand = || call("states", "CreateStateMachine", 9, json!({"name": "a", "roleArn": ROLE}));
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

fn by(mut event: Value, role: &str) -> Value {
    let issuer = &mut event["userIdentity"]["sessionContext"]["sessionIssuer"];
    issuer["arn"] = json!(format!("arn:aws:iam::111122223333:role/{role}"));
    event
}

#[test]
fn who_changes_what_wears_an_administrator_s_role_alerts_once() {
    let medium = Some(Severity::Medium);
    let check = |source: &str, made: (&str, Value), changed: (&str, Value)| {
        let make = |minute| call(source, made.0, minute, made.1.clone());
        let change =
            |minute, who: &str| by(call(source, changed.0, minute, changed.1.clone()), who);
        let before = |policy| [worker(policy), vec![make(5)]].concat();
        let and = |more: Vec<Value>| [before(ADMIN), more].concat();
        assert_eq!(last(PLAIN, before(ADMIN), change(9, "dev")), medium, "{source}");
        assert_eq!(last(PLAIN, and(vec![change(6, "dev")]), change(9, "dev")), None, "{source}");
        assert_eq!(last(PLAIN, and(vec![change(6, "dev")]), change(9, "qa")), medium, "{source}");
        // Who gave it the role has it anyway.
        assert_eq!(last(PLAIN, before(ADMIN), change(9, "ci/builder")), None, "{source}");
        assert_eq!(last(PLAIN, before(READS), change(9, "dev")), None, "{source}");
        let elsewhere = worker_of("scheduler.amazonaws.com", ADMIN);
        assert_eq!(last(PLAIN, elsewhere, change(9, "dev")), None, "{source}");
        // Unknown rights alerted when they were given.
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
        assert_eq!(last(PLAIN, raised, change(9, "dev")), medium, "{source}");
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
fn a_function_is_the_same_under_all_forms_of_its_name() {
    let made =
        call("lambda", "CreateFunction20150331", 3, json!({"functionName": "f", "role": ROLE}));
    let before = [worker(ADMIN), vec![made]].concat();
    for name in [
        "f",
        "f:prod",
        "function:f",
        "111122223333:f",
        "111122223333:function:f:3",
        "us-east-1:f",
        "us-east-1:111122223333:f",
        "arn:aws:lambda:us-east-1:111122223333:function:f:$LATEST",
    ] {
        for version in ["20150331v2", "20240101"] {
            let code = json!({"functionName": name});
            let code =
                by(call("lambda", &format!("UpdateFunctionCode{version}"), 9, code), "other");
            let severity = last(PLAIN, before.clone(), code);
            assert!(severity >= Some(Severity::Medium), "{name} {version}: {severity:?}");
        }
    }
    let mut other = by(
        call(
            "lambda",
            "UpdateFunctionCode20150331v2",
            9,
            json!({"functionName": "111122223333:g"}),
        ),
        "other",
    );
    other["responseElements"] = json!({"role": "arn:aws:iam::111122223333:role/Reader"});
    assert!(last(PLAIN, before, other) <= Some(Severity::Low));
}

#[test]
fn what_was_made_before_anybody_looked_wears_the_role_that_the_answer_names() {
    let code = |minute, who: &str| {
        let mut event =
            call("lambda", "UpdateFunctionCode20150331v2", minute, json!({"functionName": "old"}));
        event["responseElements"] = json!({"functionName": "old", "role": ROLE});
        by(event, who)
    };
    assert!(last(PLAIN, worker(ADMIN), code(9, "ci")) >= Some(Severity::Medium));
    assert!(last(PLAIN, worker(READS), code(9, "ci")) <= Some(Severity::Low));
    let known = || [worker(ADMIN), vec![code(8, "ci")]].concat();
    assert!(last(PLAIN, known(), code(9, "ci")) <= Some(Severity::Low));
    assert!(last(PLAIN, known(), code(9, "other")) >= Some(Severity::Medium));
    let mut project = call("codebuild", "UpdateProject", 9, json!({"name": "p"}));
    project["responseElements"] = json!({"project": {"serviceRole": ROLE}});
    assert!(last(PLAIN, worker(ADMIN), project) >= Some(Severity::Medium));
}

#[test]
fn parameters_of_a_document_are_called_as_its_author_likes() {
    for name in ["TrustedRole", "PrincipalArn", "ResourceArn", "RemoveRole", "Anything"] {
        let run = json!({"documentName": "own", "parameters": {name: [ROLE]}});
        let run = call("ssm", "StartAutomationExecution", 9, run);
        assert!(last(PLAIN, worker(ADMIN), run) >= Some(Severity::Medium), "{name}");
    }
}

#[test]
fn who_uses_what_wears_an_administrator_s_role_alerts() {
    let made = |source: &str, name: &str, parameters: Value| {
        [worker(ADMIN), vec![call(source, name, 3, parameters)]].concat()
    };
    let job = made("glue", "CreateJob", json!({"name": "j", "role": ROLE}));
    let project = made("codebuild", "CreateProject", json!({"name": "p", "serviceRole": ROLE}));
    let notebook = json!({"notebookInstanceName": "n", "roleArn": ROLE});
    let notebook = made("sagemaker", "CreateNotebookInstance", notebook);
    let script = json!({"jobName": "j", "arguments": {"--scriptLocation": "s3://other/x.py"}});
    for (before, source, name, parameters) in [
        (&job, "glue", "StartJobRun", script),
        (&job, "glue", "UpdateJobFromSourceControl", json!({"jobName": "j"})),
        (&project, "codebuild", "StartSandbox", json!({"projectName": "p"})),
        (&project, "codebuild", "StartBuild", json!({"projectName": "p", "imageOverride": "x"})),
        (&notebook, "sagemaker", "UpdateNotebookInstance", json!({"notebookInstanceName": "n"})),
        (
            &notebook,
            "sagemaker",
            "CreatePresignedNotebookInstanceUrl",
            json!({"notebookInstanceName": "n"}),
        ),
    ] {
        let event = || by(call(source, name, 9, parameters.clone()), "other");
        assert!(last(PLAIN, before.clone(), event()) >= Some(Severity::Medium), "{name}");
        assert!(last(PLAIN, worker(ADMIN), event()) <= Some(Severity::Low), "{name}");
    }
    // A run as the job was made is daily work.
    let plain = by(call("glue", "StartJobRun", 9, json!({"jobName": "j"})), "other");
    assert!(last(PLAIN, job, plain) <= Some(Severity::Low));
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
    let bearer = |count: usize| -> Vec<Value> {
        let document =
            json!({"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}});
        let policies = (0..count - 1).flat_map(|n| {
            let arn = format!("arn:aws:iam::111122223333:policy/p{n}");
            let made =
                json!({"policyName": format!("p{n}"), "policyDocument": document.to_string()});
            let attached = json!({"roleName": "Worker", "policyArn": arn});
            [call("iam", "CreatePolicy", 3, made), call("iam", "AttachRolePolicy", 4, attached)]
        });
        worker(READS).into_iter().chain(policies).collect()
    };
    let run = || {
        let parameters = json!({"functionName": "f", "role": ROLE});
        by_stack(call("lambda", "CreateFunction20150331", 9, parameters))
    };
    assert!(last(PLAIN, bearer(40), run()) <= Some(Severity::Low));
    assert_eq!(last(PLAIN, bearer(41), run()), Some(Severity::Medium));
    // As for a policy that leads into many accounts.
    assert!(last(PLAIN, vec![], policy(40)) <= Some(Severity::Low));
    assert!(last(PLAIN, vec![], policy(41)) >= Some(Severity::Medium));
}

#[test]
fn a_policy_made_before_its_role_had_rights_alerts_when_it_is_given() {
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
fn a_policy_that_gives_one_role_alerts_by_what_the_role_holds() {
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
