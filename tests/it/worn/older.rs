//! What nobody saw made may wear any role that lets its service in, unless its role is known.

use super::*;
use crate::support::roles::worker_of;

/// Work for what is older than the tool: the service whose trusting roles it may wear, and the call.
fn works() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let overrides = json!({"containerOverrides": [{"command": ["sh"]}]});
    vec![
        ("ec2", "ssm", "StartSession", json!({"target": "i-0a"})),
        ("ec2", "ssm", "SendCommand", json!({"targets": [{"key": "tag:a", "values": ["b"]}]})),
        ("ec2", "elasticmapreduce", "AddJobFlowSteps", json!({"jobFlowId": "j-1"})),
        ("ec2", "ssm", "UpdateDocument", json!({"name": "d", "content": "x"})),
        ("ssm", "ssm", "UpdateDocument", json!({"name": "d", "content": "x"})),
        ("ecs-tasks", "ecs", "ExecuteCommand", json!({"cluster": "c", "task": "0a1b"})),
        ("ecs-tasks", "ecs", "RunTask", json!({"taskDefinition": "t:2", "overrides": overrides})),
        (
            "ecs-tasks",
            "batch",
            "SubmitJob",
            json!({"jobDefinition": "j", "containerOverrides": {"command": ["x"]}}),
        ),
        ("cloudformation", "cloudformation", "UpdateStack", json!({"stackName": "s"})),
        (
            "states.us-east-1",
            "states",
            "UpdateStateMachine",
            json!({"stateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:m", "definition": "{}"}),
        ),
        ("glue", "glue", "StartJobRun", json!({"jobName": "j", "arguments": {"--x": "y"}})),
        (
            "codebuild",
            "codebuild",
            "StartBuild",
            json!({"projectName": "p", "buildspecOverride": "x"}),
        ),
        ("codepipeline", "codepipeline", "UpdatePipeline", json!({"pipeline": {"name": "p"}})),
        ("airflow-env", "airflow", "CreateCliToken", json!({"name": "e"})),
        ("credentials.deadline", "deadline", "CreateJob", json!({"farmId": "f", "queueId": "q"})),
        (
            "bedrock-agentcore",
            "bedrock-agentcore",
            "InvokeCodeInterpreter",
            json!({"codeInterpreterIdentifier": "c"}),
        ),
        ("lambda", "synthetics", "UpdateCanary", json!({"name": "c", "code": {"handler": "h"}})),
        ("lambda", "lambda", "UpdateFunctionCode20150331v2", json!({"functionName": "f"})),
    ]
}

#[test]
fn what_is_older_than_the_tool_may_wear_any_role_that_lets_its_service_in() {
    for (service, source, name, parameters) in works() {
        let service = format!("{service}.amazonaws.com");
        let work = |minute| by_other(call(source, name, minute, parameters.clone()), "other");
        loud([worker_of(&service, ADMIN), vec![work(20)]].concat());
        quiet([worker_of(&service, ADMIN), vec![work(20), work(30)]].concat());
        quiet([worker_of(&service, READS), vec![work(20)]].concat());
        quiet([worker_of("scheduler.amazonaws.com", ADMIN), vec![work(20)]].concat());
    }
}

#[test]
fn a_role_known_from_the_answer_or_the_making_is_not_guessed() {
    let weak = "arn:aws:iam::111122223333:role/weak";
    let mut code = by_other(
        call("lambda", "UpdateFunctionCode20150331v2", 20, json!({"functionName": "f"})),
        "other",
    );
    code["responseElements"] = json!({"functionName": "f", "role": weak});
    quiet([worker_of("lambda.amazonaws.com", ADMIN), vec![code]].concat());
    let job = made("glue", "CreateJob", json!({"name": "j", "role": weak}), json!({}));
    let run = json!({"jobName": "j", "arguments": {"--x": "y"}});
    let run = by_other(call("glue", "StartJobRun", 20, run), "other");
    quiet([worker_of("glue.amazonaws.com", ADMIN), vec![job, run]].concat());
    // A document cannot be older than the call that makes it.
    let document = json!({"name": "new", "content": "x", "documentType": "Automation"});
    let document = by_other(call("ssm", "CreateDocument", 20, document), "other");
    quiet([worker_of("ssm.amazonaws.com", ADMIN), vec![document]].concat());
}

#[test]
fn a_role_that_came_to_more_is_news_with_what_is_older() {
    let work = |minute| {
        let stack = call("cloudformation", "UpdateStack", minute, json!({"stackName": "s"}));
        by_other(stack, "other")
    };
    let attached = json!({"roleName": "Worker", "policyArn": ADMIN});
    let grown = call("iam", "AttachRolePolicy", 25, attached);
    let before = || worker_of("cloudformation.amazonaws.com", READS);
    quiet([before(), vec![work(20), work(30)]].concat());
    loud([before(), vec![work(20), grown, work(30)]].concat());
}

#[test]
fn who_comes_to_what_was_made_with_a_role_has_it() {
    let domain = json!({"domainName": "d", "defaultUserSettings": {"executionRole": ROLE}});
    let product = json!({"productId": "p", "type": "LAUNCH",
        "parameters": format!(r#"{{"RoleArn":"{ROLE}"}}"#)});
    let invited =
        json!({"userStackAssociations": [{"stackName": "s", "userName": "x@evil.example"}]});
    for (first, (source, name, parameters)) in [
        (
            made("appstream", "CreateFleet", json!({"name": "f", "iamRoleArn": ROLE}), json!({})),
            ("appstream", "BatchAssociateUserStack", invited),
        ),
        (
            made("sagemaker", "CreateDomain", domain, json!({"domainId": "d-1"})),
            ("sagemaker", "CreateImageVersion", json!({"imageName": "i", "baseImage": "evil"})),
        ),
        (
            made("servicecatalog", "CreateConstraint", product, json!({})),
            ("servicecatalog", "AssociatePrincipalWithPortfolio", json!({"portfolioId": "port-1"})),
        ),
        (
            made("iot", "CreateRoleAlias", json!({"roleAlias": "a", "roleArn": ROLE}), json!({})),
            ("iot", "UpdateCertificate", json!({"certificateId": "c", "newStatus": "ACTIVE"})),
        ),
        (
            made(
                "cognito-identity",
                "SetIdentityPoolRoles",
                json!({"identityPoolId": "p", "roles": {"authenticated": ROLE}}),
                json!({}),
            ),
            (
                "cognito-identity",
                "SetPrincipalTagAttributeMap",
                json!({"identityPoolId": "p", "principalTags": {"team": "custom:team"}}),
            ),
        ),
    ] {
        let work = |minute| by_other(call(source, name, minute, parameters.clone()), "other");
        let before =
            |policy| [worker_of("scheduler.amazonaws.com", policy), vec![first.clone()]].concat();
        loud([before(ADMIN), vec![work(20)]].concat());
        quiet([before(ADMIN), vec![work(20), work(30)]].concat());
        quiet([before(READS), vec![work(20)]].concat());
    }
}

#[test]
fn what_somebody_does_to_one_that_nobody_saw_made_is_a_habit_with_others() {
    let work = |minute, stack: &str| {
        by_other(
            call("cloudformation", "UpdateStack", minute, json!({"stackName": stack})),
            "other",
        )
    };
    let before = || worker_of("cloudformation.amazonaws.com", ADMIN);
    quiet([before(), vec![work(20, "one"), work(30, "two")]].concat());
    // A stack that is known to wear another role is not one of them.
    let weak = json!({"stackName": "one", "roleARN": "arn:aws:iam::111122223333:role/weak"});
    let known = made("cloudformation", "CreateStack", weak, json!({}));
    loud([before(), vec![known, work(20, "one"), work(30, "two")]].concat());
}

#[test]
fn a_role_that_lets_many_services_in_lets_each_in() {
    let names = [
        "airflow",
        "athena",
        "batch",
        "codebuild",
        "codepipeline",
        "ec2",
        "ecs-tasks",
        "fis",
        "glue",
        "iot",
        "lambda",
        "pods.eks",
        "rolesanywhere",
        "sagemaker",
        "ssm",
        "states",
        "transfer",
    ];
    let services: Vec<String> = names.iter().map(|name| format!("{name}.amazonaws.com")).collect();
    let trust = json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": services}}});
    let role = json!({"roleName": "Worker", "assumeRolePolicyDocument": trust.to_string()});
    let attached = json!({"roleName": "Worker", "policyArn": ADMIN});
    let work = json!({"stateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:m", "definition": "{}"});
    loud(vec![
        call("iam", "CreateRole", 1, role),
        call("iam", "AttachRolePolicy", 2, attached),
        by_other(call("states", "UpdateStateMachine", 20, work), "other"),
    ]);
}
