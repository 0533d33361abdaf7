//! New work for what wears an administrator's role, and its use, is told: whoever says what it does has the role.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use iam_responder::text::severity::Severity;
use serde_json::{Value, json};

mod support;
use support::call;
#[path = "support/roles.rs"]
mod roles;
use roles::{ADMIN, QUIET, READS, ROLE, by_stack, last, worker};

/// A stack makes a thing, with what the answer of the call says; nobody is told of it here.
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

/// How loud the work is after the thing was made with an administrator's role, and with one that only reads; and
/// another's of the same sort, and the same caller's once more.
#[track_caller]
fn check(made: &Value, source: &str, name: &str, parameters: &Value) {
    let work = by_other(call(source, name, 30, parameters.clone()), "other");
    let told = |policy: &str, more: &[&Value]| {
        let more = more.iter().map(|event| (*event).clone());
        last(QUIET, worker(policy).into_iter().chain(more).collect(), work.clone())
    };
    let quiet = Some(Severity::Informational);
    let with_admin = told(ADMIN, &[made]);
    assert!(with_admin >= Some(Severity::Medium), "{source} {name}: {with_admin:?}");
    let with_reads = told(READS, &[made]);
    assert!(with_reads <= quiet, "{source} {name}, a role that reads: {with_reads:?}");
    let unmade = told(ADMIN, &[]);
    assert!(unmade <= quiet, "{source} {name}, another thing: {unmade:?}");
    let before = by_other(call(source, name, 20, parameters.clone()), "other");
    let again = told(ADMIN, &[made, &before]);
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
    // Who had a shell before any task had the role is told when one has it.
    let early = by_other(call("ecs", "ExecuteCommand", 3, shell.clone()), "other");
    let before = [worker(ADMIN), vec![early, task]].concat();
    let later = by_other(call("ecs", "ExecuteCommand", 30, shell), "other");
    assert!(last(QUIET, before.clone(), later.clone()) >= Some(Severity::Medium));
    // The same task once more is no news.
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
        let told = last(QUIET, [before, vec![work]].concat(), by_other(later, "third"));
        assert!(told >= Some(Severity::Medium));
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
fn a_template_s_versions_pass_their_role_on() {
    let data = json!({"iamInstanceProfile": {"name": "Worker"}});
    let template = made(
        "ec2",
        "CreateLaunchTemplate",
        json!({"CreateLaunchTemplateRequest": {"LaunchTemplateName": "web", "LaunchTemplateData": data}}),
        json!({"CreateLaunchTemplateResponse": {"launchTemplate": {"launchTemplateId": "lt-1"}}}),
    );
    let version = |named: Value| {
        let mut request = named;
        request["LaunchTemplateData"] = json!({"UserData": "<sensitiveDataRemoved>"});
        json!({"CreateLaunchTemplateVersionRequest": request})
    };
    let by_id = version(json!({"LaunchTemplateId": "lt-1", "SourceVersion": "1"}));
    check(&template, "ec2", "CreateLaunchTemplateVersion", &by_id);
    let by_name = version(json!({"LaunchTemplateName": "web", "SourceVersion": "$Latest"}));
    check(&template, "ec2", "CreateLaunchTemplateVersion", &by_name);
    let default = json!({"ModifyLaunchTemplateRequest": {"LaunchTemplateId": "lt-1", "SetDefaultVersion": "7"}});
    check(&template, "ec2", "ModifyLaunchTemplate", &default);
    let fleet = json!({"CreateFleetRequest": {"LaunchTemplateConfigs":
        {"LaunchTemplateSpecification": {"LaunchTemplateId": "lt-1"}, "Overrides": {"ImageId": "ami-1"}}}});
    check(&template, "ec2", "CreateFleet", &fleet);
    // A version of nothing else wears nothing, and takes none of the others' role away.
    let bare = version(json!({"LaunchTemplateId": "lt-1"}));
    let bare = by_other(call("ec2", "CreateLaunchTemplateVersion", 20, bare), "other");
    let before = [worker(ADMIN), vec![template]].concat();
    assert!(last(QUIET, before.clone(), bare.clone()) <= Some(Severity::Informational));
    let later = by_other(call("ec2", "CreateLaunchTemplateVersion", 30, by_id), "third");
    assert!(last(QUIET, [before, vec![bare]].concat(), later) >= Some(Severity::Medium));
}

#[test]
fn chats_sandboxes_and_studios_are_their_roles() {
    for (sort, answer) in [
        ("SlackChannel", "channelConfiguration"),
        ("MicrosoftTeamsChannel", "channelConfiguration"),
        ("ChimeWebhook", "webhookConfiguration"),
    ] {
        let arn = format!("arn:aws:chatbot::111122223333:chat-configuration/{sort}/ops");
        let chat = made(
            "chatbot",
            &format!("Create{sort}Configuration"),
            json!({"configurationName": "ops", "iamRoleArn": ROLE}),
            json!({answer: {"chatConfigurationArn": arn}}),
        );
        let other = json!({"chatConfigurationArn": arn, "slackChannelId": "C0"});
        check(&chat, "chatbot", &format!("Update{sort}Configuration"), &other);
    }
    let project =
        made("codebuild", "CreateProject", json!({"name": "p", "serviceRole": ROLE}), json!({}));
    for (name, id) in [
        ("StartCommandExecution", "p:0a1b"),
        ("StartSandboxConnection", "arn:aws:codebuild:eu-west-1:111122223333:sandbox/p:0a1b"),
    ] {
        check(&project, "codebuild", name, &json!({"sandboxId": id, "command": "env"}));
    }
    let domain = made(
        "sagemaker",
        "CreateDomain",
        json!({"domainName": "d", "defaultUserSettings": {"executionRole": ROLE}}),
        json!({"domainArn": "arn:aws:sagemaker:eu-west-1:111122223333:domain/d-1"}),
    );
    let space =
        json!({"resourceIdentifier": "arn:aws:sagemaker:eu-west-1:111122223333:space/d-1/s"});
    check(&domain, "sagemaker", "StartSession", &space);
    let app =
        json!({"domainId": "d-1", "appName": "a", "resourceSpec": {"lifecycleConfigArn": "x"}});
    check(&domain, "sagemaker", "CreateApp", &app);
}

#[test]
fn who_is_let_in_as_another_has_the_role_of_the_group() {
    let group = made(
        "cognito-idp",
        "CreateGroup",
        json!({"userPoolId": "p", "groupName": "g", "roleArn": ROLE}),
        json!({}),
    );
    for (name, more) in [
        ("AdminSetUserPassword", json!({"username": "kim", "permanent": true})),
        ("AdminUpdateUserAttributes", json!({"username": "kim"})),
        ("AdminLinkProviderForUser", json!({"destinationUser": {}})),
        ("UpdateUserPool", json!({"lambdaConfig": {"defineAuthChallenge": "f"}})),
    ] {
        let mut parameters = more;
        parameters["userPoolId"] = json!("p");
        check(&group, "cognito-idp", name, &parameters);
    }
    let given =
        made("iot", "CreateRoleAlias", json!({"roleAlias": "a", "roleArn": ROLE}), json!({}));
    for name in ["AttachPolicy", "CreatePolicyVersion", "SetDefaultPolicyVersion"] {
        check(&given, "iot", name, &json!({"policyName": "n", "target": "t"}));
    }
}

#[test]
fn credentials_that_a_service_answers_are_its_role_even_if_called_a_read() {
    let fleet = made(
        "deadline",
        "CreateFleet",
        json!({"farmId": "farm-1", "roleArn": ROLE}),
        json!({"fleetId": "fleet-1"}),
    );
    let queue = made(
        "deadline",
        "CreateQueue",
        json!({"farmId": "farm-1", "roleArn": ROLE}),
        json!({"queueId": "queue-1"}),
    );
    let environment = made(
        "datazone",
        "AssociateEnvironmentRole",
        json!({"domainIdentifier": "d", "environmentIdentifier": "e", "environmentRoleArn": ROLE}),
        json!({}),
    );
    let game = made(
        "gamelift",
        "CreateFleet",
        json!({"name": "g", "instanceRoleArn": ROLE}),
        json!({"fleetAttributes": {"fleetId": "fleet-9"}}),
    );
    let cases = [
        (
            &fleet,
            "deadline",
            "AssumeFleetRoleForWorker",
            json!({"farmId": "farm-1", "fleetId": "fleet-1"}),
        ),
        (
            &queue,
            "deadline",
            "AssumeQueueRoleForUser",
            json!({"farmId": "farm-1", "queueId": "queue-1"}),
        ),
        (
            &environment,
            "datazone",
            "GetEnvironmentCredentials",
            json!({"domainIdentifier": "d", "environmentIdentifier": "e"}),
        ),
        (&game, "gamelift", "GetComputeAccess", json!({"fleetId": "fleet-9", "computeName": "c"})),
    ];
    for (made, source, name, parameters) in cases {
        check(made, source, name, &parameters);
        for read in [true, false] {
            let mut work = by_other(call(source, name, 30, parameters.clone()), "other");
            work["readOnly"] = json!(read);
            let before = [worker(ADMIN), vec![made.clone()]].concat();
            assert!(last(QUIET, before, work.clone()) >= Some(Severity::Medium), "{work}");
        }
    }
    // Named by the call, and answered to what is called a read.
    let mut named = by_other(
        call(
            "emr-containers",
            "GetManagedEndpointSessionCredentials",
            30,
            json!({"endpointIdentifier": "e", "executionRoleArn": ROLE}),
        ),
        "other",
    );
    named["readOnly"] = json!(true);
    assert!(last(QUIET, worker(ADMIN), named) >= Some(Severity::Medium));
}

#[test]
fn a_document_that_machines_run_is_their_work() {
    let association = made(
        "ssm",
        "CreateAssociation",
        json!({"name": "mend", "parameters": {"AutomationAssumeRole": [ROLE]}}),
        json!({"associationDescription": {"associationId": "as-1"}}),
    );
    check(&association, "ssm", "UpdateDocument", &json!({"name": "mend", "content": "x"}));
    check(&instances(), "ssm", "UpdateDocument", &json!({"name": "setup", "content": "x"}));
    let default = json!({"name": "setup", "documentVersion": "4"});
    check(&instances(), "ssm", "UpdateDocumentDefaultVersion", &default);
}

#[test]
fn a_stack_set_that_names_no_role_has_the_one_of_every_account() {
    let trust = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"cloudformation.amazonaws.com"}}}"#;
    let name = "AWSCloudFormationStackSetAdministrationRole";
    let role = |policy: &str| {
        vec![
            call(
                "iam",
                "CreateRole",
                1,
                json!({"roleName": name, "assumeRolePolicyDocument": trust}),
            ),
            call("iam", "AttachRolePolicy", 2, json!({"roleName": name, "policyArn": policy})),
        ]
    };
    for (parameters, loud) in [
        (json!({"stackSetName": "s"}), true),
        (json!({"stackSetName": "s", "permissionModel": "SELF_MANAGED"}), true),
        (json!({"stackSetName": "s", "permissionModel": "SERVICE_MANAGED"}), false),
        (
            json!({"stackSetName": "s", "administrationRoleARN": "arn:aws:iam::111122223333:role/low"}),
            false,
        ),
    ] {
        for call_name in ["CreateStackSet", "UpdateStackSet"] {
            let work =
                || by_other(call("cloudformation", call_name, 30, parameters.clone()), "other");
            let told = last(QUIET, role(ADMIN), work());
            assert_eq!(told >= Some(Severity::Medium), loud, "{call_name} {parameters}: {told:?}");
            assert!(last(QUIET, role(READS), work()) <= Some(Severity::Informational));
        }
    }
}

#[test]
fn another_role_named_beside_leaves_the_one_that_is_worn() {
    let weak = "arn:aws:iam::111122223333:role/weak";
    let service = made(
        "apprunner",
        "CreateService",
        json!({"serviceName": "s", "instanceConfiguration": {"instanceRoleArn": ROLE}}),
        json!({}),
    );
    let project =
        made("codebuild", "CreateProject", json!({"name": "p", "serviceRole": ROLE}), json!({}));
    let application = made(
        "kinesisanalytics",
        "CreateApplication",
        json!({"applicationName": "a", "serviceExecutionRole": ROLE}),
        json!({}),
    );
    let cases = [
        (
            &service,
            "apprunner",
            "UpdateService",
            json!({
            "serviceArn": "arn:aws:apprunner:eu-west-1:111122223333:service/s/0a1b",
            "sourceConfiguration": {"authenticationConfiguration": {"accessRoleArn": weak}}}),
        ),
        (
            &project,
            "codebuild",
            "UpdateProject",
            json!({"name": "p", "buildBatchConfig": {"serviceRole": weak}}),
        ),
        (
            &application,
            "kinesisanalytics",
            "UpdateApplication",
            json!({"applicationName": "a",
            "applicationConfigurationUpdate": {"environmentPropertyUpdates": {"propertyGroups":
                [{"propertyMap": {"role": weak}}]}}}),
        ),
    ];
    for (made, source, name, parameters) in cases {
        check(made, source, name, &parameters);
        // Nor does it hide what comes after.
        let plain = |minute| {
            let mut plain = parameters.clone();
            for key in ["sourceConfiguration", "buildBatchConfig", "applicationConfigurationUpdate"]
            {
                plain.as_object_mut().unwrap().remove(key);
            }
            call(source, name, minute, plain)
        };
        let first = by_other(call(source, name, 20, parameters.clone()), "other");
        let before = [worker(ADMIN), vec![made.clone(), first]].concat();
        let told = last(QUIET, before, by_other(plain(30), "third"));
        assert!(told >= Some(Severity::Medium), "{source} {name}, later: {told:?}");
    }
}

#[test]
fn a_name_that_looks_like_an_arn_is_another_name() {
    let weak = "arn:aws:iam::111122223333:role/weak";
    let job = made("glue", "CreateJob", json!({"name": "prod", "role": ROLE}), json!({}));
    let like = json!({"name": "arn:aws:glue:us-east-1:111122223333:job/prod", "role": weak});
    let run = json!({"jobName": "prod", "arguments": {"--scriptLocation": "s3://b/x"}});
    let group = made(
        "cognito-idp",
        "CreateGroup",
        json!({"userPoolId": "p", "groupName": "admins", "roleArn": ROLE}),
        json!({}),
    );
    let as_arn =
        json!({"userPoolId": "p", "groupName": "arn:aws:x:y:z:group/admins", "roleArn": weak});
    let joined = json!({"userPoolId": "p", "groupName": "admins", "username": "kim"});
    for (made, source, name, like, work, parameters) in [
        (job, "glue", "CreateJob", like, "StartJobRun", run),
        (group, "cognito-idp", "CreateGroup", as_arn, "AdminAddUserToGroup", joined),
    ] {
        let like = by_other(call(source, name, 20, like), "other");
        let before = [worker(ADMIN), vec![made, like]].concat();
        let work = by_other(call(source, work, 30, parameters), "other");
        assert!(last(QUIET, before, work.clone()) >= Some(Severity::Medium), "{work}");
    }
}

#[test]
fn a_session_in_a_task_or_a_training_machine_is_its_role() {
    let task = made(
        "ecs",
        "RegisterTaskDefinition",
        json!({"family": "web", "taskRoleArn": ROLE}),
        json!({}),
    );
    check(&task, "ssm", "StartSession", &json!({"target": "ecs:c_0a1b_0a1b-123"}));
    let training = made("sagemaker", "CreateTrainingJob", json!({"roleArn": ROLE}), json!({}));
    check(&training, "ssm", "StartSession", &json!({"target": "sagemaker-training-job:j_algo-1"}));
    // What a window or an association runs on machines is changed without saying on which.
    let window = json!({"windowId": "w", "windowTaskId": "t", "taskArn": "AWS-RunShellScript"});
    check(&instances(), "ssm", "UpdateMaintenanceWindowTask", &window);
    let association = json!({"associationId": "a", "parameters": {"commands": ["x"]}});
    check(&instances(), "ssm", "UpdateAssociation", &association);
}

#[test]
fn machines_that_nobody_saw_made_are_told_of_once_a_caller() {
    let session = |instance: &str, minute| {
        by_other(call("ssm", "StartSession", minute, json!({"target": instance})), "other")
    };
    let before = [worker(ADMIN), vec![instances(), session("i-71", 20)]].concat();
    assert!(last(QUIET, before.clone(), session("i-72", 30)) <= Some(Severity::Informational));
    // One that is known to wear it is told of by itself.
    assert!(last(QUIET, before, session("i-1", 30)) >= Some(Severity::Medium));
}

#[test]
fn a_login_or_a_certificate_is_the_role_that_is_open_to_it() {
    let pool = made(
        "cognito-identity",
        "SetIdentityPoolRoles",
        json!({"identityPoolId": "eu-west-1:1", "roles": {"authenticated": ROLE}}),
        json!({}),
    );
    check(&pool, "cognito-idp", "AdminCreateUser", &json!({"userPoolId": "p", "username": "kim"}));
    let profile = made("rolesanywhere", "CreateProfile", json!({"roleArns": [ROLE]}), json!({}));
    check(&profile, "acm-pca", "IssueCertificate", &json!({"certificateAuthorityArn": "a"}));
}
