//! Further ways to a role that something wears: revisions, chats, logins, credentials that are answered, sessions.

use super::*;

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
    // A version without anything else wears nothing, and takes no role away from the others.
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
        let name = format!("Update{sort}Configuration");
        let work = by_other(call("chatbot", &name, 30, other), "other");
        let severity = |policy: &str| {
            let events = worker(policy).into_iter().chain([chat.clone(), work.clone()]);
            let rules = outcomes(QUIET, events).pop().unwrap().rules;
            rules.iter().any(|rule| rule == "administrator-role-handed-over")
        };
        assert!(severity(ADMIN) && !severity(READS), "{name}");
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
            let severity = last(QUIET, role(ADMIN), work());
            assert_eq!(
                severity >= Some(Severity::Medium),
                loud,
                "{call_name} {parameters}: {severity:?}"
            );
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
        let severity = last(QUIET, before, by_other(plain(30), "third"));
        assert!(severity >= Some(Severity::Medium), "{source} {name}, later: {severity:?}");
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
fn machines_that_nobody_saw_made_alert_once_a_caller() {
    let session = |instance: &str, minute| {
        by_other(call("ssm", "StartSession", minute, json!({"target": instance})), "other")
    };
    let before = [worker(ADMIN), vec![instances(), session("i-71", 20)]].concat();
    assert!(last(QUIET, before.clone(), session("i-72", 30)) <= Some(Severity::Informational));
    // An instance that is known to wear it raises an alert of its own.
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

#[test]
fn an_image_under_the_tag_that_is_pulled_is_the_work() {
    let at = |host: &str, rest: &str| format!("{host}/team/app{rest}");
    let registry = "111122223333.dkr.ecr.us-east-1.amazonaws.com";
    let push =
        json!({"repositoryName": "team/app", "imageTag": "latest", "registryId": "111122223333"});
    let (image, task, build) = (at(registry, ":latest"), "RegisterTaskDefinition", "CreateProject");
    let of_task = |image: &str| {
        let containers = json!([{"name": "c", "image": image}]);
        let parameters =
            json!({"family": "f", "taskRoleArn": ROLE, "containerDefinitions": containers});
        made("ecs", task, parameters, json!({}))
    };
    let environment = json!({"image": image, "type": "LINUX_CONTAINER"});
    let project = json!({"name": "p", "serviceRole": ROLE, "environment": environment});
    let job = json!({"jobDefinitionName": "j",
        "containerProperties": {"jobRoleArn": ROLE, "image": image}});
    let source = json!({"imageRepository": {"imageIdentifier": image}});
    let service = json!({"serviceName": "s", "instanceConfiguration": {"instanceRoleArn": ROLE},
        "sourceConfiguration": source});
    let model =
        json!({"modelName": "m", "executionRoleArn": ROLE, "containers": [{"image": image}]});
    for pulls in [
        of_task(&image),
        made("codebuild", build, project, json!({})),
        made("batch", "RegisterJobDefinition", job, json!({})),
        made("apprunner", "CreateService", service, json!({})),
        made("sagemaker", "CreateModel", model, json!({})),
    ] {
        check(&pulls, "ecr", "PutImage", &push);
    }
    for host in [
        "111122223333.dkr.ecr-fips.us-east-1.amazonaws.com",
        "111122223333.dkr-ecr.us-east-1.on.aws",
        "111122223333.dkr.ecr.us-east-1.amazonaws.com.cn",
    ] {
        check(&of_task(&at(host, "")), "ecr", "PutImage", &push);
    }
    let pushed = by_other(call("ecr", "PutImage", 30, push), "other");
    for elsewhere in [
        at(registry, "@sha256:0a1b"),
        at(registry, ":v1@sha256:0a1b"),
        at(registry, "/more:latest"),
        "docker.io/team/app:latest".to_owned(),
    ] {
        let before = [worker(ADMIN), vec![of_task(&elsewhere)]].concat();
        let severity = last(QUIET, before, pushed.clone());
        assert!(severity <= Some(Severity::Informational), "{elsewhere}: {severity:?}");
    }
}

#[test]
fn what_is_started_later_with_other_input_is_work_today() {
    let arn =
        |service: &str, rest: &str| format!("arn:aws:{service}:us-east-1:111122223333:{rest}");
    let project =
        made("codebuild", "CreateProject", json!({"name": "p", "serviceRole": ROLE}), json!({}));
    let task = json!({"family": "f", "taskRoleArn": ROLE});
    let task = made("ecs", "RegisterTaskDefinition", task, json!({}));
    let job = json!({"jobDefinitionName": "j", "containerProperties": {"jobRoleArn": ROLE}});
    let job = made("batch", "RegisterJobDefinition", job, json!({}));
    let (build, definition) = (arn("codebuild", "project/p"), arn("ecs", "task-definition/f:3"));
    let (cluster, queue) = (arn("ecs", "cluster/c"), arn("batch", "job-queue/q"));
    let target = |target: Value| json!({"rule": "nightly", "targets": [target]});
    let targets = [
        (&project, json!({"id": "1", "arn": build, "input": "{\"buildspecOverride\":\"x\"}"})),
        (&project, json!({"id": "1", "arn": build, "inputTransformer": {"inputTemplate": "x"}})),
        (
            &task,
            json!({"id": "1", "arn": cluster, "input": "x",
            "ecsParameters": {"taskDefinitionArn": definition}}),
        ),
        (
            &task,
            json!({"id": "1", "arn": cluster,
            "ecsParameters": {"taskDefinitionArn": definition, "enableExecuteCommand": true}}),
        ),
        (
            &job,
            json!({"id": "1", "arn": queue, "input": "x",
            "batchParameters": {"jobDefinition": "j:2", "jobName": "n"}}),
        ),
        (
            &instances(),
            json!({"id": "1", "arn": arn("ssm", "document/AWS-RunShellScript"),
            "runCommandParameters": {"runCommandTargets": [{"key": "tag:a", "values": ["b"]}]}}),
        ),
    ];
    for (made, one) in &targets {
        check(made, "events", "PutTargets", &target(one.clone()));
    }
    let schedule = |target: Value| json!({"name": "s", "target": target});
    let of_task = json!({"arn": cluster, "input": "x",
        "ecsParameters": {"taskDefinitionArn": definition}});
    check(&task, "scheduler", "UpdateSchedule", &schedule(of_task));
    check(&project, "scheduler", "CreateSchedule", &schedule(json!({"arn": build, "input": "x"})));
    let command = json!({"arn": "arn:aws:scheduler:::aws-sdk:ssm:sendCommand", "input": "x"});
    check(&instances(), "scheduler", "CreateSchedule", &schedule(command));
    let pipe = json!({"name": "n", "targetParameters": {"ecsTaskParameters":
        {"taskDefinitionArn": definition, "overrides": {"containerOverrides": []}}}});
    check(&task, "pipes", "CreatePipe", &pipe);
    // A function of the project's name is another thing, and so is what runs as it was made to.
    for other in [
        json!({"id": "1", "arn": arn("lambda", "function:p"), "input": "x"}),
        json!({"id": "1", "arn": build}),
    ] {
        let work = by_other(call("events", "PutTargets", 30, target(other)), "other");
        let severity = last(QUIET, [worker(ADMIN), vec![project.clone()]].concat(), work);
        assert!(severity <= Some(Severity::Informational), "{severity:?}");
    }
}
