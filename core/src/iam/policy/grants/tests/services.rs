//! Roles that services use already, and people in directories. A caller who may change the work of such a role, or an
//! identity in such a directory, has their rights.

use super::*;

/// A way, the actions that open it, and the form of the resources of one of its steps, with a star for each part of a
/// name. The form is empty if AWS allows the action on `*` alone.
const WAYS: [(&str, &[&str], &str); 27] = [
    ("codebuild-sandbox", &["codebuild:StartSandbox*", "codebuild:StartCommand*"], ""),
    ("codebuild-sandbox", &["codebuild:StartCommandExecution"], "codebuild:*:*:sandbox/*:*"),
    ("codebuild-sandbox", &["codebuild:StartSandboxConnection"], "codebuild:*:*:sandbox/*"),
    ("glue-job-arguments", &["glue:StartJobRun"], "glue:*:*:job/*"),
    ("glue-job-arguments", &["glue:UpdateTrigger"], "glue:*:*:trigger/*"),
    ("ssm-document", &["ssm:UpdateDocument*"], "ssm:*:*:document/*"),
    ("ssm-maintenance-window", &["ssm:RegisterTask*"], "ssm:*:*:maintenancewindow/*"),
    ("ssm-maintenance-window", &["ssm:UpdateMaintenance*"], "ssm:*:*:maintenancewindow/mw-*"),
    ("update-state-machine", &["states:UpdateStateMachine"], "states:*:*:stateMachine:*"),
    (
        "sagemaker-update-lifecycle-config",
        &["sagemaker:UpdateNotebookInstanceLifecycleConfig"],
        "sagemaker:*:*:notebook-instance-lifecycle-config/*",
    ),
    (
        "sagemaker-studio-lifecycle-config",
        &["sagemaker:CreateStudioLifecycleConfig", "sagemaker:UpdateUserProfile"],
        "",
    ),
    ("sagemaker-domain", &["sagemaker:StartSession"], "sagemaker:*:*:space/*/*"),
    (
        "bedrock-code-interpreter",
        &["bedrock-agentcore:InvokeCode*"],
        "bedrock-agentcore:*:*:code-interpreter-custom/*",
    ),
    (
        "bedrock-agent-runtime-command",
        &["bedrock-agentcore:InvokeAgentRuntimeCommand"],
        "bedrock-agentcore:*:*:runtime/*",
    ),
    ("update-flink", &["kinesisanalytics:UpdateApplication"], "kinesisanalytics:*:*:application/*"),
    ("cloud9-membership", &["cloud9:CreateEnvironmentMembership"], "cloud9:*:*:environment:*"),
    ("greengrass-deployment", &["greengrass:CreateDeployment"], ""),
    ("cognito-group", &["cognito-idp:AdminAdd*"], "cognito-idp:*:*:userpool/*"),
    ("cognito-user", &["cognito-idp:AdminSetUserPassword"], "cognito-idp:*:*:userpool/*"),
    ("directory-password", &["ds:ResetUserPassword"], "ds:*:*:directory/*"),
    ("directory-group", &["ds-data:AddGroupMember"], "ds:*:*:directory/d-*"),
    (
        "update-elasticbeanstalk",
        &["elasticbeanstalk:UpdateEnvironment"],
        "elasticbeanstalk:*:*:environment/*/*",
    ),
    ("iot-certificate", &["iot:RegisterCertificateWithoutCA", "iot:AttachPolicy"], ""),
    (
        "emr-containers-job",
        &["emr-containers:StartJobRun"],
        "emr-containers:*:*:/virtualclusters/*",
    ),
    ("deadline-queue-role", &["deadline:AssumeQueue*"], "deadline:*:*:farm/*/queue/*"),
    ("deadline-queue-role", &["deadline:AssumeFleet*"], "deadline:*:*:farm/*/fleet/*/worker/*"),
    ("athena-spark-session", &["athena:Start*"], "athena:*:*:workgroup/*"),
];

fn actions(list: &[&str]) -> String {
    serde_json::to_string(list).unwrap()
}

#[test]
fn what_services_run_with_roles_of_their_own_is_a_way() {
    for (way, list, resource) in WAYS {
        let word = format!("privesc:{way}");
        let policy = |resource: &str| {
            let actions = actions(list);
            format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":"{resource}"}}"#)
        };
        check(&policy("*"), &[&word, "escalation"], &["admin", "pass-role-any"]);
        if !resource.is_empty() {
            check(&policy(&format!("arn:aws:{resource}")), &[&word], &["admin"]);
            // All of one account and Region, without what is named otherwise.
            let here = resource.replacen(":*:*:", ":eu-west-1:111122223333:", 1);
            check(&policy(&format!("arn:aws:{here}")), &[&word], &["admin"]);
        }
    }
}

#[test]
fn one_resource_of_a_service_is_daily_work() {
    for (_, list, resource) in WAYS.iter().filter(|(_, _, resource)| !resource.is_empty()) {
        let here = resource.replacen(":*:*:", ":eu-west-1:111122223333:", 1);
        let (all, _) = here.split_once('*').unwrap();
        for one in ["nightly-report", "billing-*"] {
            let text = format!(
                r#"{{"Effect":"Allow","Action":{},"Resource":"arn:aws:{all}{one}"}}"#,
                actions(list)
            );
            check(&text, &[], &["escalation"]);
        }
    }
}

#[test]
fn what_services_do_every_day_is_no_way() {
    for list in [
        // These calls do not say what runs: AWS requires the right to pass the role of a task, and a state machine
        // itself defines its work.
        &["ecs:RunTask", "states:StartExecution", "states:StartSyncExecution"][..],
        &["codebuild:StartSandbox", "codebuild:StopSandbox", "codebuild:BatchGetSandboxes"],
        &["glue:GetJobRun", "glue:BatchStopJobRun", "glue:StartCrawler", "glue:StartTrigger"],
        // Pushes, and builds the next version.
        &["codecommit:GitPush", "ecr:PutImage", "s3:PutObject"],
        &["elasticbeanstalk:CreateApplicationVersion", "elasticbeanstalk:Describe*"],
        // A new version of a document that nobody runs before it is the default one.
        &["ssm:UpdateDocument", "ssm:CreateDocument", "ssm:DescribeMaintenanceWindow*"],
        &["sagemaker:UpdateNotebookInstance", "sagemaker:StartNotebookInstance"],
        &["sagemaker:CreateNotebookInstanceLifecycleConfig", "sagemaker:StartNotebookInstance"],
        &["bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeAgentRuntime"],
        // People sign up and are looked up.
        &["cognito-idp:AdminCreateUser", "cognito-idp:AdminGetUser", "cognito-idp:ListUsers"],
        &["cognito-idp:AdminConfirmSignUp", "cognito-idp:AdminRemoveUserFromGroup"],
        &["ds:Describe*", "ds:AccessDSData", "ds-data:List*", "ds-data:RemoveGroupMember"],
        &["cloud9:DescribeEnvironmentMemberships", "cloud9:CreateEnvironmentEC2"],
        &["greengrass:GetDeployment", "greengrass:ListDeployments", "iot:Publish", "iot:Connect"],
        &["kms:PutKeyPolicy"],
    ] {
        let text = format!(r#"{{"Effect":"Allow","Action":{},"Resource":"*"}}"#, actions(list));
        check(&text, &[], &["escalation"]);
    }
}

#[test]
fn groups_of_instances_are_named_behind_an_id() {
    for (group, is_way) in [("*", true), ("web", false)] {
        let text = format!(
            r#"{{"Effect":"Allow","Action":"ec2:CreateLaunchTemplateVersion","Resource":"*"}},
               {{"Effect":"Allow","Action":"autoscaling:StartInstanceRefresh","Resource":"arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/{group}"}}"#
        );
        let word = &["privesc:autoscaling-refresh"][..];
        check(&text, if is_way { word } else { &[] }, if is_way { &[] } else { &["escalation"] });
    }
}

#[test]
fn a_way_of_two_steps_needs_both() {
    for (one, other, way) in [
        ("ssm:UpdateDocument", "ssm:UpdateDocumentDefaultVersion", "ssm-document"),
        (
            "sagemaker:CreateStudioLifecycleConfig",
            "sagemaker:UpdateDomain",
            "sagemaker-studio-lifecycle-config",
        ),
        (
            "sagemaker:CreateNotebookInstanceLifecycleConfig",
            "sagemaker:UpdateNotebookInstance",
            "sagemaker-lifecycle-config",
        ),
        ("iot:RegisterCertificate", "iot:AttachPolicy", "iot-certificate"),
    ] {
        let word = format!("privesc:{way}");
        check_one(one, r#""*""#, &[], &[&word]);
        check_one(other, r#""*""#, &[], &[&word]);
        let both = format!(r#"{{"Effect":"Allow","Action":["{one}","{other}"],"Resource":"*"}}"#);
        check(&both, &[&word, "escalation"], &[]);
    }
}
