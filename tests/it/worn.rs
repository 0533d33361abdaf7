//! New work for a thing that wears an administrator's role, and its use, alerts: who says what it does has the role.

use iam_responder::text::severity::Severity;
use serde_json::{Value, json};

use crate::support::roles::{ADMIN, QUIET, READS, ROLE, by_stack, last, outcomes, worker};
use crate::support::{call, numbered};

mod further;
mod hosts;
mod memory;
mod older;
mod passing;
mod silence;
mod ways;

/// A stack makes a thing, with what the answer of the call says; no alert comes of it here.
fn made(source: &str, name: &str, parameters: Value, answer: Value) -> Value {
    let mut event = by_stack(call(source, name, 5, parameters));
    event["responseElements"] = answer;
    event
}

/// The same by another role.
fn by_other(mut event: Value, other: &str) -> Value {
    let arn = format!("arn:aws:iam::111122223333:role/{other}");
    event["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] = json!(arn);
    event["userIdentity"]["arn"] =
        json!(format!("arn:aws:sts::111122223333:assumed-role/{other}/x"));
    event
}

/// How loud the last of these is.
fn severity(events: Vec<Value>) -> Option<Severity> {
    let mut events = numbered(events);
    let event = events.pop().unwrap();
    last(QUIET, events, event)
}

#[track_caller]
fn loud(events: Vec<Value>) {
    let severity = severity(events);
    assert!(severity >= Some(Severity::Medium), "{severity:?}");
}

#[track_caller]
fn quiet(events: Vec<Value>) {
    let severity = severity(events);
    assert!(severity <= Some(Severity::Informational), "{severity:?}");
}

/// How loud the work is after the thing was made with an administrator's role, and with one that only reads; and
/// another's of the same sort, and the same caller's once more.
#[track_caller]
fn check(made: &Value, source: &str, name: &str, parameters: &Value) {
    let work = by_other(call(source, name, 30, parameters.clone()), "other");
    let severity = |policy: &str, more: &[&Value]| {
        let more = more.iter().map(|event| (*event).clone());
        last(QUIET, worker(policy).into_iter().chain(more).collect(), work.clone())
    };
    let quiet = Some(Severity::Informational);
    let with_admin = severity(ADMIN, &[made]);
    assert!(with_admin >= Some(Severity::Medium), "{source} {name}: {with_admin:?}");
    let with_reads = severity(READS, &[made]);
    assert!(with_reads <= quiet, "{source} {name}, a role that reads: {with_reads:?}");
    let unmade = severity(ADMIN, &[]);
    assert!(unmade <= quiet, "{source} {name}, another thing: {unmade:?}");
    let before = by_other(call(source, name, 20, parameters.clone()), "other");
    let again = severity(ADMIN, &[made, &before]);
    assert!(again <= quiet, "{source} {name}, once more: {again:?}");
}

#[test]
fn what_only_the_answer_names_is_known_by_it() {
    let cluster = made(
        "elasticmapreduce",
        "RunJobFlow",
        json!({"name": "etl", "jobFlowRole": "Worker"}),
        json!({"jobFlowId": "j-1"}),
    );
    // The role in an instance profile mostly bears its name.
    check(
        &cluster,
        "elasticmapreduce",
        "AddJobFlowSteps",
        &json!({"jobFlowId": "j-1", "steps": []}),
    );
    let app = made(
        "amplify",
        "CreateApp",
        json!({"name": "shop", "iamServiceRoleArn": ROLE}),
        json!({"app": {"appId": "d1"}}),
    );
    check(&app, "amplify", "UpdateApp", &json!({"appId": "d1", "buildSpec": "x"}));
    check(
        &app,
        "amplify",
        "UpdateBranch",
        &json!({"appId": "d1", "branchName": "b", "buildSpec": "x"}),
    );
    let interpreter = made(
        "bedrock-agentcore-control",
        "CreateCodeInterpreter",
        json!({"name": "c", "executionRoleArn": ROLE}),
        json!({"codeInterpreterId": "c-1"}),
    );
    let invoked = json!({"codeInterpreterIdentifier": "c-1", "name": "executeCode"});
    check(&interpreter, "bedrock-agentcore", "InvokeCodeInterpreter", &invoked);
    let task = made(
        "ssm",
        "RegisterTaskWithMaintenanceWindow",
        json!({"windowId": "mw-1", "serviceRoleArn": ROLE}),
        json!({"windowTaskId": "t-1"}),
    );
    let changed =
        json!({"windowId": "mw-1", "windowTaskId": "t-1", "taskArn": "AWS-RunShellScript"});
    check(&task, "ssm", "UpdateMaintenanceWindowTask", &changed);
}

#[test]
fn a_name_of_several_parts_is_one() {
    let integration = made(
        "apigateway",
        "PutIntegration",
        json!({"restApiId": "a", "resourceId": "r", "httpMethod": "GET", "credentials": ROLE}),
        json!({}),
    );
    let changed = json!({"restApiId": "a", "resourceId": "r", "httpMethod": "GET",
        "patchOperations": [{"op": "replace", "path": "/uri", "value": "x"}]});
    check(&integration, "apigateway", "UpdateIntegration", &changed);
    let second = made(
        "apigateway",
        "CreateIntegration",
        json!({"apiId": "b", "credentialsArn": ROLE}),
        json!({"integrationId": "i"}),
    );
    let changed = json!({"apiId": "b", "integrationId": "i", "integrationUri": "x"});
    check(&second, "apigateway", "UpdateIntegration", &changed);
    let source = made(
        "appsync",
        "CreateDataSource",
        json!({"apiId": "a", "name": "http", "serviceRoleArn": ROLE}),
        json!({}),
    );
    let resolver = json!({"apiId": "a", "dataSourceName": "http", "fieldName": "f", "code": "x"});
    check(&source, "appsync", "UpdateResolver", &resolver);
    let group = made(
        "cognito-idp",
        "CreateGroup",
        json!({"userPoolId": "p", "groupName": "g", "roleArn": ROLE}),
        json!({}),
    );
    let joined = json!({"userPoolId": "p", "groupName": "g", "username": "kim"});
    check(&group, "cognito-idp", "AdminAddUserToGroup", &joined);
}

#[test]
fn what_a_notebook_starts_with_is_its_work() {
    let notebook = made(
        "sagemaker",
        "CreateNotebookInstance",
        json!({"notebookInstanceName": "n", "roleArn": ROLE, "lifecycleConfigName": "start"}),
        json!({}),
    );
    let config =
        json!({"notebookInstanceLifecycleConfigName": "start", "onStart": [{"content": "x"}]});
    check(&notebook, "sagemaker", "UpdateNotebookInstanceLifecycleConfig", &config);
    let url = json!({"notebookInstanceName": "n"});
    check(&notebook, "sagemaker", "CreatePresignedNotebookInstanceUrl", &url);
}

/// Instances as their own role's profile makes them.
fn instances() -> Value {
    let items = json!([{"instanceId": "i-1"}, {"instanceId": "i-2"}]);
    let given = json!({"iamInstanceProfile": {"name": "Worker"}});
    made("ec2", "RunInstances", given, json!({"instancesSet": {"items": items}}))
}

#[test]
fn a_shell_on_an_instance_is_its_role() {
    for (source, name, parameters) in [
        ("ssm", "StartSession", json!({"target": "i-2"})),
        (
            "ssm",
            "SendCommand",
            json!({"instanceIds": ["i-9", "i-2"], "documentName": "AWS-RunShellScript"}),
        ),
        (
            "ec2",
            "ModifyInstanceAttribute",
            json!({"instanceId": "i-1", "userData": "<sensitiveDataRemoved>"}),
        ),
        (
            "ec2-instance-connect",
            "SendSSHPublicKey",
            json!({"instanceId": "i-1", "sSHPublicKey": "x"}),
        ),
        // Whichever bear the tag.
        ("ssm", "SendCommand", json!({"targets": [{"key": "tag:of", "values": ["shop"]}]})),
        (
            "ssm",
            "CreateAssociation",
            json!({"name": "AWS-RunShellScript", "targets": [{"key": "InstanceIds", "values": ["*"]}]}),
        ),
    ] {
        check(&instances(), source, name, &parameters);
    }
    // A group of machines makes them itself, by a template, and nobody sees with what.
    let data = json!({"iamInstanceProfile": {"name": "Worker"}});
    let template = json!({"CreateLaunchTemplateRequest": {"LaunchTemplateName": "t", "LaunchTemplateData": data}});
    let template = made("ec2", "CreateLaunchTemplate", template, json!({}));
    check(&template, "ssm", "StartSession", &json!({"target": "i-7"}));
    // One that is known to have another role is not one of them.
    let mut reader = made(
        "ec2",
        "RunInstances",
        json!({"iamInstanceProfile": {"name": "reader"}}),
        json!({"instancesSet": {"items": [{"instanceId": "i-5"}]}}),
    );
    reader["eventTime"] = json!("2026-11-24T12:06:00Z");
    let before = worker(ADMIN).into_iter().chain([template, reader]).collect();
    let session = by_other(call("ssm", "StartSession", 30, json!({"target": "i-5"})), "other");
    assert!(last(QUIET, before, session) <= Some(Severity::Informational));
}

#[test]
fn a_shell_in_a_task_may_be_any_task_s_role() {
    let task = made(
        "ecs",
        "RegisterTaskDefinition",
        json!({"family": "web", "taskRoleArn": ROLE}),
        json!({}),
    );
    let shell = json!({"cluster": "c", "task": "0a1b", "container": "web", "command": "sh"});
    check(&task, "ecs", "ExecuteCommand", &shell);
    // Who had a shell before any task had the role is named by an alert when one has it.
    let early = by_other(call("ecs", "ExecuteCommand", 3, shell.clone()), "other");
    let before = [worker(ADMIN), vec![early, task]].concat();
    let later = by_other(call("ecs", "ExecuteCommand", 30, shell), "other");
    assert!(last(QUIET, before.clone(), later.clone()) >= Some(Severity::Medium));
    // The same task once more is not news.
    let mut revision = made(
        "ecs",
        "RegisterTaskDefinition",
        json!({"family": "web", "taskRoleArn": ROLE, "cpu": "512"}),
        json!({}),
    );
    revision["eventTime"] = json!("2026-11-24T12:35:00Z");
    let mut once_more = later.clone();
    once_more["eventTime"] = json!("2026-11-24T12:40:00Z");
    once_more["eventID"] = json!("once-more");
    let before = [before, vec![later, revision]].concat();
    assert!(last(QUIET, before, once_more) <= Some(Severity::Informational));
}

#[test]
fn what_is_given_another_role_is_not_what_it_was() {
    let swapped = made(
        "ec2",
        "ReplaceIamInstanceProfileAssociation",
        json!({"ReplaceIamInstanceProfileAssociationRequest":
            {"AssociationId": "a-1", "IamInstanceProfile": {"Name": "Worker"}}}),
        json!({"ReplaceIamInstanceProfileAssociationResponse":
            {"iamInstanceProfileAssociation": {"instanceId": "i-3"}}}),
    );
    check(&swapped, "ssm", "StartSession", &json!({"target": "i-3"}));
}

#[test]
fn of_many_roles_of_machines_only_those_of_administrators_count() {
    let profile = |name: String, minute: usize| {
        let data = json!({"iamInstanceProfile": {"name": name}});
        let mut made = made(
            "ec2",
            "CreateLaunchTemplate",
            json!({"CreateLaunchTemplateRequest": {"LaunchTemplateName": name, "LaunchTemplateData": data}}),
            json!({}),
        );
        made["eventID"] = json!(format!("template-{minute}"));
        made
    };
    let many: Vec<Value> = (0..60).map(|count| profile(format!("web-{count}"), count)).collect();
    let command = by_other(
        call("ssm", "SendCommand", 30, json!({"targets": [{"key": "tag:of", "values": ["shop"]}]})),
        "other",
    );
    let before = [worker(ADMIN), many].concat();
    assert!(last(QUIET, before.clone(), command.clone()) <= Some(Severity::Informational));
    let before = [before, vec![profile("Worker".to_owned(), 60)]].concat();
    assert!(last(QUIET, before, command) >= Some(Severity::Medium));
}

#[test]
fn a_role_s_arn_where_the_caller_writes_what_he_likes_hides_nothing() {
    let harmless = "arn:aws:iam::111122223333:role/low";
    let function = made(
        "lambda",
        "CreateFunction20150331",
        json!({"functionName": "f", "role": ROLE}),
        json!({}),
    );
    for (name, more) in [
        ("UpdateFunctionCode20150331v2", json!({"s3Bucket": "b", "s3Key": harmless})),
        ("UpdateFunctionConfiguration20150331v2", json!({"description": harmless, "handler": "h"})),
        (
            "UpdateFunctionConfiguration20150331v2",
            json!({"environment": {"variables": {"ROLE": harmless}}}),
        ),
    ] {
        let mut parameters = more;
        parameters["functionName"] = json!("f");
        let work = by_other(call("lambda", name, 30, parameters), "other");
        let before = [worker(ADMIN), vec![function.clone()]].concat();
        assert!(last(QUIET, before.clone(), work.clone()) >= Some(Severity::Medium), "{work}");
        // Nor is it taken for the role that the function has from then on.
        let later =
            call("lambda", "UpdateFunctionCode20150331v2", 40, json!({"functionName": "f"}));
        let severity = last(QUIET, [before, vec![work]].concat(), by_other(later, "third"));
        assert!(severity >= Some(Severity::Medium));
    }
}

#[test]
fn a_newer_revision_and_a_change_set_take_no_role_away() {
    let job = made(
        "batch",
        "RegisterJobDefinition",
        json!({"jobDefinitionName": "j", "containerProperties": {"jobRoleArn": ROLE}}),
        json!({}),
    );
    let stack = made(
        "cloudformation",
        "CreateStack",
        json!({"stackName": "s", "roleARN": ROLE}),
        json!({}),
    );
    let low = "arn:aws:iam::111122223333:role/low";
    let cases = [
        (
            job.clone(),
            ("batch", "RegisterJobDefinition", json!({"jobDefinitionName": "j"})),
            ("batch", "SubmitJob"),
            json!({"jobDefinition": "j:1", "containerOverrides": {"command": ["sh"]}}),
        ),
        (
            job,
            (
                "batch",
                "RegisterJobDefinition",
                json!({"jobDefinitionName": "j", "containerProperties": {"jobRoleArn": low}}),
            ),
            ("batch", "SubmitJob"),
            json!({"jobDefinition": "j:1", "containerOverrides": {"command": ["sh"]}}),
        ),
        (
            stack,
            (
                "cloudformation",
                "CreateChangeSet",
                json!({"stackName": "s", "changeSetName": "x", "roleARN": low}),
            ),
            ("cloudformation", "UpdateStack"),
            json!({"stackName": "s"}),
        ),
    ];
    for (made, between, (source, name), parameters) in cases {
        let between = by_other(call(between.0, between.1, 20, between.2), "other");
        let before = [worker(ADMIN), vec![made, between]].concat();
        let work = by_other(call(source, name, 30, parameters), "third");
        assert!(last(QUIET, before, work.clone()) >= Some(Severity::Medium), "{work}");
    }
}

#[test]
fn an_instance_seen_without_a_role_has_none() {
    let bare = made(
        "ec2",
        "RunInstances",
        json!({"imageId": "ami-1"}),
        json!({"instancesSet": {"items": [{"instanceId": "i-8"}]}}),
    );
    let before = [worker(ADMIN), vec![instances(), bare]].concat();
    let session = by_other(call("ssm", "StartSession", 30, json!({"target": "i-8"})), "other");
    assert!(last(QUIET, before, session) <= Some(Severity::Informational));
}

#[test]
fn of_more_machines_than_find_room_each_is_one_that_nobody_knows() {
    for count in [49, 50, 60] {
        let items: Vec<Value> =
            (0..count).map(|number| json!({"instanceId": format!("i-{number}")})).collect();
        let run = made(
            "ec2",
            "RunInstances",
            json!({"iamInstanceProfile": {"name": "Worker"}}),
            json!({"instancesSet": {"items": items}}),
        );
        let profile = json!({"roleName": "Worker", "instanceProfileName": "Worker"});
        let profile = by_stack(call("iam", "AddRoleToInstanceProfile", 4, profile));
        for machine in [format!("i-{}", count - 1), "i-never-seen".to_owned()] {
            let command = json!({"instanceIds": [machine]});
            let work = by_other(call("ssm", "SendCommand", 30, command), "other");
            let before = [worker(ADMIN), vec![profile.clone(), run.clone()]].concat();
            let severity = last(QUIET, before, work);
            assert!(severity >= Some(Severity::Medium), "{count} {machine}: {severity:?}");
        }
    }
}

#[test]
fn of_what_has_several_roles_each_counts_that_leads_to_more_rights() {
    let power = "arn:aws:iam::aws:policy/PowerUserAccess";
    for (made, source, name, work) in [
        (
            made(
                "codebuild",
                "CreateProject",
                json!({"name": "p", "serviceRole": ROLE}),
                json!({}),
            ),
            "codebuild",
            "UpdateProject",
            json!({"name": "p", "source": {"location": "https://example.com/x.git"}}),
        ),
        (
            made(
                "codebuild",
                "CreateProject",
                json!({"name": "p", "serviceRole": ROLE}),
                json!({}),
            ),
            "codebuild",
            "StartBuild",
            json!({"projectName": "p", "sourceVersion": "refs/pull/12/head"}),
        ),
        (
            made(
                "batch",
                "RegisterJobDefinition",
                json!({"jobDefinitionName": "j", "containerProperties": {"jobRoleArn": ROLE}}),
                json!({}),
            ),
            "batch",
            "SubmitJob",
            json!({"jobDefinition": "j", "containerOverrides": {"command": ["sh"]}}),
        ),
        (
            made(
                "ecs",
                "RegisterTaskDefinition",
                json!({"family": "web", "taskRoleArn": ROLE}),
                json!({}),
            ),
            "ecs",
            "RunTask",
            json!({"taskDefinition": "web", "overrides": {"containerOverrides": [{"environment": [{"name": "NODE_OPTIONS", "value": "--import=data:x"}]}]}}),
        ),
    ] {
        let work = by_other(call(source, name, 30, work), "other");
        let severity =
            |policy: &str| last(QUIET, [worker(policy), vec![made.clone()]].concat(), work.clone());
        assert!(
            severity(power) >= Some(Severity::Medium),
            "{source} {name}: {:?}",
            severity(power)
        );
    }
}
