//! Work that reaches a role by a way round: what it pulls, fetches, runs or starts with, and whom its trust lets in.

use super::memory::{LOW, check_loud};
use super::*;
use crate::support::numbered;

const IMAGE: &str = "111122223333.dkr.ecr.us-east-1.amazonaws.com/team/app:latest";

/// The same in another Region.
fn in_region(mut event: Value, region: &str) -> Value {
    event["awsRegion"] = json!(region);
    event
}

#[test]
fn an_image_comes_by_replication_by_a_cache_and_into_jobs() {
    let task = |image: &str, role: &str| {
        let given =
            json!({"family": "f", "taskRoleArn": role, "containerDefinitions": [{"image": image}]});
        made("ecs", "RegisterTaskDefinition", given, json!({}))
    };
    let push = || ("ecr", "PutImage", json!({"repositoryName": "team/app", "imageTag": "latest"}));
    check_loud(&[in_region(task(IMAGE, ROLE), "eu-west-1")], push(), true);
    check_loud(&[in_region(task(IMAGE, LOW), "eu-west-1")], push(), false);
    // The rule fetches the images in the folder of its name.
    let rule = |folder: &str| {
        ("ecr", "CreatePullThroughCacheRule", json!({"ecrRepositoryPrefix": folder}))
    };
    check_loud(&[task(IMAGE, ROLE)], rule("team"), true);
    check_loud(&[task(IMAGE, LOW)], rule("team"), false);
    check_loud(&[task(IMAGE, ROLE)], rule("quay"), false);
    let alone = "111122223333.dkr.ecr.us-east-1.amazonaws.com/team:latest";
    check_loud(&[task(alone, ROLE)], rule("team"), false);
    let job = |role: &str| {
        let given = json!({"roleArn": role, "algorithmSpecification": {"trainingImage": IMAGE}});
        made("sagemaker", "CreateTrainingJob", given, json!({}))
    };
    check_loud(&[job(ROLE)], push(), true);
    check_loud(&[job(LOW)], push(), false);
    let given = json!({"roleArn": ROLE, "appSpecification": {"imageUri": IMAGE}});
    check_loud(&[made("sagemaker", "CreateProcessingJob", given, json!({}))], push(), true);
}

#[test]
fn an_application_runs_its_image_in_the_roles_of_its_jobs() {
    let application = made(
        "emr-serverless",
        "CreateApplication",
        json!({"name": "spark", "imageConfiguration": {"imageUri": IMAGE}}),
        json!({"applicationId": "a-1"}),
    );
    let job = |role: &str| {
        let given = json!({"applicationId": "a-1", "executionRoleArn": role});
        made("emr-serverless", "StartJobRun", given, json!({}))
    };
    let push = || ("ecr", "PutImage", json!({"repositoryName": "team/app"}));
    let update = |more: Value| {
        let mut given = json!({"applicationId": "a-1"});
        given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ("emr-serverless", "UpdateApplication", given)
    };
    let image = json!({"imageConfiguration": {"imageUri": "x"}});
    for work in [push(), update(image)] {
        check_loud(&[application.clone(), job(ROLE)], work.clone(), true);
        check_loud(&[application.clone(), job(LOW)], work, false);
    }
    let capacity = json!({"maximumCapacity": {"cpu": "400 vCPU"}});
    check_loud(&[application, job(ROLE)], update(capacity), false);
}

#[test]
fn a_trust_by_a_pattern_of_names_lets_each_of_them_in() {
    let trust = |principal: &str, operator: &str, value: &str| {
        json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": principal},
            "Condition": {operator: {"aws:PrincipalArn": value}}}})
        .to_string()
    };
    let severity = |trust: String, name: &str| {
        let of_services = json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"}}});
        let mut before = worker(ADMIN);
        before.extend([
            call("iam", "UpdateAssumeRolePolicy", 3, json!({"roleName": "Worker", "policyDocument": trust})),
            call(
                "iam",
                "CreateRole",
                4,
                json!({"roleName": name, "path": "/ci/", "assumeRolePolicyDocument": of_services.to_string()}),
            ),
        ]);
        let before = numbered(before);
        let given = json!({"functionName": "f", "role": format!("arn:aws:iam::111122223333:role/ci/{name}")});
        let function = made("lambda", "CreateFunction20150331", given.clone(), json!({}));
        let handed = by_other(call("lambda", "CreateFunction20150331", 20, given), "other");
        let code = json!({"functionName": "f"});
        let code = by_other(call("lambda", "UpdateFunctionCode20150331v2", 30, code), "other");
        let severity = last(QUIET, before.clone(), handed);
        assert_eq!(severity, last(QUIET, [before, vec![function]].concat(), code));
        severity
    };
    let of = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    for (operator, value, name) in [
        ("ArnLike", of("deploy-*"), "deploy-x"),
        ("StringLike", of("*deploy-?"), "Deploy-x"),
        ("ArnEquals", of("old"), "old"),
        ("StringEquals", of("ci/old"), "old"),
        ("ArnLikeIfExists", "arn:aws:iam::*:role/deploy-*".to_owned(), "deploy-x"),
    ] {
        let severity = severity(trust("*", operator, &value), name);
        assert!(severity >= Some(Severity::Medium), "{operator} {value}: {severity:?}");
    }
    for (principal, operator, value) in [
        ("*", "ArnLike", of("ops-*")),
        ("*", "ArnNotLike", of("deploy-*")),
        ("*", "ArnLike", "arn:aws:iam::444455556666:role/deploy-*".to_owned()),
        // A caller who is let in as part of the account needs rights, too.
        ("arn:aws:iam::111122223333:root", "ArnLike", of("deploy-*")),
    ] {
        let severity = severity(trust(principal, operator, &value), "deploy-x");
        assert!(
            severity <= Some(Severity::Informational),
            "{principal} {operator} {value}: {severity:?}"
        );
    }
}

#[test]
fn machines_take_their_image_from_a_parameter() {
    let template = |image: &str, profile: &str| {
        let data = json!({"ImageId": image, "IamInstanceProfile": {"Name": profile}});
        let given = json!({"CreateLaunchTemplateRequest": {"LaunchTemplateName": "t", "LaunchTemplateData": data}});
        made("ec2", "CreateLaunchTemplate", given, json!({}))
    };
    let put =
        |name: &str| ("ssm", "PutParameter", json!({"name": name, "dataType": "aws:ec2:image"}));
    check_loud(&[template("resolve:ssm:/golden/ami", "Worker")], put("/golden/ami"), true);
    check_loud(&[template("resolve:ssm:golden:3", "Worker")], put("golden"), true);
    check_loud(&[template("resolve:ssm:/golden/ami", "low")], put("/golden/ami"), false);
    check_loud(&[template("resolve:ssm:/golden/ami", "Worker")], put("/other/ami"), false);
    check_loud(&[template("ami-0a1b", "Worker")], put("ami-0a1b"), false);
    let data = json!({"ImageId": "resolve:ssm:/next"});
    let version = json!({"CreateLaunchTemplateVersionRequest":
        {"LaunchTemplateName": "t", "SourceVersion": "1", "LaunchTemplateData": data}});
    let version = made("ec2", "CreateLaunchTemplateVersion", version, json!({}));
    check_loud(&[template("ami-0a1b", "Worker"), version], put("/next"), true);
}

#[test]
fn a_document_runs_in_the_role_of_what_starts_it() {
    let given = |role: &str| {
        let parameters = json!({"AutomationAssumeRole": {"staticValue": {"values": [role]}}});
        let remediation = json!({"targetId": "mend", "parameters": parameters});
        let automation = json!({"ssmAutomation": {"documentName": "mend", "roleArn": role}});
        let action = json!({"Name": "mend", "Version": "1", "AssumeRole": role});
        let answer = json!({"serviceActionDetail": {"serviceActionSummary": {"id": "act-1"}}});
        let association = json!({"associationId": "as-1", "name": "mend",
            "parameters": {"AutomationAssumeRole": [role]}});
        [
            made(
                "config",
                "PutRemediationConfigurations",
                json!({"remediationConfigurations": [remediation]}),
                json!({}),
            ),
            made(
                "ssm-incidents",
                "CreateResponsePlan",
                json!({"actions": [automation]}),
                json!({}),
            ),
            made("servicecatalog", "CreateServiceAction", json!({"definition": action}), answer),
            made("ssm", "UpdateAssociation", association, json!({})),
        ]
    };
    let work = |name, document: &str| ("ssm", name, json!({"name": document, "content": "x"}));
    for (strong, weak) in given(ROLE).into_iter().zip(given(LOW)) {
        // Deleted and made anew it runs as well.
        for name in ["UpdateDocument", "UpdateDocumentDefaultVersion", "CreateDocument"] {
            check_loud(std::slice::from_ref(&strong), work(name, "mend"), true);
            check_loud(std::slice::from_ref(&strong), work(name, "other"), false);
            check_loud(std::slice::from_ref(&weak), work(name, "mend"), false);
        }
    }
    // A task is given another document, and goes on wearing its role.
    let task = json!({"windowId": "w", "serviceRoleArn": ROLE, "taskArn": "AWS-X"});
    let task = made("ssm", "RegisterTaskWithMaintenanceWindow", task, json!({"windowTaskId": "t"}));
    let changed = json!({"windowId": "w", "windowTaskId": "t", "taskArn": "mend"});
    let changed = made("ssm", "UpdateMaintenanceWindowTask", changed, json!({}));
    check_loud(&[task, changed], work("CreateDocument", "mend"), true);
    // On machines it runs in their roles; a new document that nothing runs is nobody's work.
    let association =
        json!({"name": "setup", "targets": [{"key": "InstanceIds", "values": ["*"]}]});
    let association = made("ssm", "CreateAssociation", association, json!({}));
    check_loud(&[instances(), association.clone()], work("CreateDocument", "setup"), true);
    check_loud(&[instances(), association.clone()], work("CreateDocument", "mine"), false);
    check_loud(&[association], work("CreateDocument", "setup"), false);
}

#[test]
fn what_machines_install_and_are_built_of_is_their_work() {
    let sources = json!({"baselineId": "pb-1", "sources": [{"name": "corp"}]});
    check(&instances(), "ssm", "UpdatePatchBaseline", &sources);
    let rules =
        ("ssm", "UpdatePatchBaseline", json!({"baselineId": "pb-1", "rejectedPatches": ["x"]}));
    check_loud(&[instances()], rules, false);

    let arn = |what: &str| format!("arn:aws:imagebuilder:us-east-1:111122223333:{what}");
    let infrastructure = |profile: &str| {
        let answer =
            json!({"infrastructureConfigurationArn": arn("infrastructure-configuration/golden")});
        let given = json!({"name": "golden", "instanceProfileName": profile});
        made("imagebuilder", "CreateInfrastructureConfiguration", given, answer)
    };
    let recipe = |version: &str| {
        let component = json!({"componentArn": arn(&format!("component/harden-it/{version}"))});
        let answer = json!({"imageRecipeArn": arn("image-recipe/golden/1.0.0")});
        let given = json!({"name": "golden", "components": [component]});
        made("imagebuilder", "CreateImageRecipe", given, answer)
    };
    let pipeline = json!({"name": "golden", "imageRecipeArn": arn("image-recipe/golden/1.0.0"),
        "infrastructureConfigurationArn": arn("infrastructure-configuration/golden")});
    let pipeline = made("imagebuilder", "CreateImagePipeline", pipeline, json!({}));
    let component = |name: &str| ("imagebuilder", "CreateComponent", json!({"name": name}));
    let given =
        |profile: &str, version: &str| [infrastructure(profile), recipe(version), pipeline.clone()];
    check_loud(&given("Worker", "x.x.x"), component("Harden it"), true);
    check_loud(&given("Worker", "1.0.0/1"), component("harden-it"), false);
    check_loud(&given("Worker", "x.x.x"), component("other"), false);
    check_loud(&given("low", "x.x.x"), component("harden-it"), false);
}

#[test]
fn a_volume_that_was_a_machine_s_is_its_work_wherever_it_is_attached() {
    let attach = |volume: &str, instance: &str| json!({"volumeId": volume, "instanceId": instance, "device": "/dev/sdf"});
    let first = |instance: &str| made("ec2", "AttachVolume", attach("vol-1", instance), json!({}));
    let work = |volume: &str| ("ec2", "AttachVolume", attach(volume, "i-9"));
    check_loud(&[instances(), first("i-1")], work("vol-1"), true);
    // A new one, and one that was elsewhere.
    check_loud(&[instances(), first("i-1")], work("vol-2"), false);
    check_loud(&[instances()], ("ec2", "AttachVolume", attach("vol-2", "i-1")), false);
    let bare = made(
        "ec2",
        "RunInstances",
        json!({"imageId": "ami-1"}),
        json!({"instancesSet": {"items": [{"instanceId": "i-8"}]}}),
    );
    check_loud(&[instances(), bare, first("i-8")], work("vol-1"), false);
}

#[test]
fn machines_of_builds_and_clusters_are_made_of_the_image_that_is_set() {
    let fleet = "arn:aws:codebuild:us-east-1:111122223333:fleet/f:0a1b";
    let project = |role: &str, fleet: &str| {
        let environment = json!({"fleet": {"fleetArn": fleet}});
        let given = json!({"name": "p", "serviceRole": role, "environment": environment});
        made("codebuild", "CreateProject", given, json!({}))
    };
    let image = || ("codebuild", "UpdateFleet", json!({"arn": fleet, "imageId": "ami-0a1b"}));
    check_loud(&[project(ROLE, fleet)], image(), true);
    check_loud(&[project(LOW, fleet)], image(), false);
    check_loud(&[project(ROLE, &fleet.replace("/f:", "/g:"))], image(), false);
    let size = ("codebuild", "UpdateFleet", json!({"arn": fleet, "baseCapacity": 3}));
    check_loud(&[project(ROLE, fleet)], size, false);

    let cluster = made(
        "elasticmapreduce",
        "RunJobFlow",
        json!({"name": "etl", "jobFlowRole": "Worker"}),
        json!({"jobFlowId": "j-1"}),
    );
    let groups =
        |more: Value| json!({"jobFlowId": "j-1", "clusterId": "j-1", "instanceGroups": [more]});
    let image = json!({"instanceRole": "TASK", "customAmiId": "ami-0a1b"});
    check(&cluster, "elasticmapreduce", "AddInstanceGroups", &groups(image));
    let settings = json!({"configurations": [{"classification": "yarn-env"}]});
    check(&cluster, "elasticmapreduce", "ModifyInstanceGroups", &groups(settings));
    let size = ("elasticmapreduce", "ModifyInstanceGroups", groups(json!({"instanceCount": 5})));
    check_loud(&[cluster], size, false);
}

#[test]
fn what_says_who_somebody_is_is_work_for_his_roles() {
    let pool = |trigger: &str| {
        let given = json!({"poolName": "staff", "lambdaConfig": {trigger: "arn:aws:lambda:us-east-1:111122223333:function:f"}});
        made("cognito-idp", "CreateUserPool", given, json!({"userPool": {"id": "p"}}))
    };
    let group = |role: &str| {
        let given = json!({"userPoolId": "p", "groupName": "g", "roleArn": role});
        made("cognito-idp", "CreateGroup", given, json!({}))
    };
    let function = |role: &str| {
        let given = json!({"functionName": "f", "role": role});
        made("lambda", "CreateFunction20150331", given, json!({}))
    };
    let code = || ("lambda", "UpdateFunctionCode20150331v2", json!({"functionName": "f"}));
    check_loud(&[function(LOW), pool("preTokenGeneration"), group(ROLE)], code(), true);
    check_loud(&[function(LOW), pool("preTokenGeneration"), group(LOW)], code(), false);
    check_loud(&[function(LOW), pool("customMessage"), group(ROLE)], code(), false);
    // Who changed it before the group had the role is named by an alert when it has.
    let (name, parameters) = (code().1, code().2);
    let early = by_other(call("lambda", name, 5, parameters), "third");
    let pool = pool("preTokenGeneration");
    let given = [function(LOW), pool.clone(), early.clone(), group(ROLE)];
    check_loud(&given, code(), true);
    check_loud(&[function(LOW), pool, group(ROLE), early], code(), false);
    let client = |more: Value| {
        let mut given = json!({"userPoolId": "p", "clientId": "c"});
        given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ("cognito-idp", "UpdateUserPoolClient", given)
    };
    check_loud(&[group(ROLE)], client(json!({"writeAttributes": ["custom:team"]})), true);
    check_loud(&[group(ROLE)], client(json!({"callbackURLs": ["https://example.com"]})), false);
}
