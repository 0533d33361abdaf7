//! What calls hand over, and its registers.

use serde_json::json;

use super::super::search::{BEARERS_MAX, VALUES_MAX};
use super::*;
use crate::event::sample::{self, user};
use crate::event::{Event, Principal, call_outcome};
use crate::prior::Questions;

fn event(source: &str, call: &str, parameters: &str) -> Event {
    sample::call(source, call).by(user("kim")).parameters(parameters).event()
}

#[track_caller]
fn check(source: &str, call: &str, parameters: &str, want: &[&str]) {
    let handed = Handed::of(&event(source, call, parameters));
    let found: Vec<String> =
        handed.iter().flat_map(|handed| &handed.bearers).map(Bearer::text).collect();
    assert_eq!(found, want, "{source} {call} {parameters}");
}

#[test]
fn roles_are_found_wherever_services_name_them() {
    let role = &["111122223333 role ops"][..];
    let arn = |key: &str| format!(r#"{{"{key}":"arn:aws:iam::111122223333:role/x/Ops"}}"#);
    check("lambda", "UpdateFunctionConfiguration20150331v2", &arn("role"), role);
    check("states", "CreateStateMachine", &arn("roleArn"), role);
    check("scheduler", "CreateSchedule", &format!(r#"{{"target":{}}}"#, arn("roleArn")), role);
    check("events", "PutTargets", &format!(r#"{{"targets":[{}]}}"#, arn("roleArn")), role);
    check(
        "cognito-identity",
        "SetIdentityPoolRoles",
        &format!(r#"{{"roles":{}}}"#, arn("authenticated")),
        role,
    );
    check(
        "rolesanywhere",
        "CreateProfile",
        r#"{"roleArns":["arn:aws:iam::111122223333:role/Ops"]}"#,
        role,
    );
    check("ssm", "CreateActivation", r#"{"iamRole":"service-role/Ops"}"#, role);
    check("glue", "CreateJob", r#"{"role":"Ops"}"#, role);
    check("ecs", "RegisterTaskDefinition", r#"{"family":"web","taskRoleArn":"Ops"}"#, role);
    check(
        "iam",
        "AddRoleToInstanceProfile",
        r#"{"roleName":"Ops","instanceProfileName":"web"}"#,
        role,
    );
    check(
        "iam",
        "AddUserToGroup",
        r#"{"groupName":"Staff","userName":"lee"}"#,
        &["111122223333 group staff"],
    );
    let setting = |id: &str| format!(r#"{{"settingId":"{id}","settingValue":"Ops"}}"#);
    let id = "arn:aws:ssm:eu-west-1:111122223333:servicesetting/ssm/managed-instance/default-ec2-instance-management-role";
    check("ssm", "UpdateServiceSetting", &setting(id), role);
    check(
        "ssm",
        "UpdateServiceSetting",
        &setting("/ssm/parameter-store/default-parameter-tier"),
        &[],
    );
    check(
        "glue",
        "CreateJob",
        r#"{"role":"arn:aws:iam::444455556666:role/Ops"}"#,
        &["444455556666 role ops"],
    );
}

#[test]
fn what_newer_services_call_their_roles_is_found() {
    let role = &["111122223333 role ops"][..];
    let arn = r#""arn:aws:iam::111122223333:role/x/Ops""#;
    check("redshift", "ModifyClusterIamRoles", &format!(r#"{{"addIamRoles":[{arn}]}}"#), role);
    check("datazone", "CreateGroupProfile", &format!(r#"{{"rolePrincipalArn":{arn}}}"#), role);
    check("partner", "PutSettings", &format!(r#"{{"ResourceSnapshotJobRoleArn":{arn}}}"#), role);
    check("cloudcontrolapi", "DeleteResource", &format!(r#"{{"roleArn":{arn}}}"#), role);
    let patch = format!(r#"{{"patchOperations":[{{"path":"/credentials","value":{arn}}}]}}"#);
    check("apigateway", "UpdateIntegration", &patch, role);
    check(
        "servicecatalog",
        "CreateConstraint",
        r#"{"type":"LAUNCH","parameters":"{\"LocalRoleName\":\"Ops\"}"}"#,
        role,
    );
}

#[test]
fn roles_that_are_taken_mentioned_or_none_are_not_handed_over() {
    let arn = r#""arn:aws:iam::111122223333:role/Ops""#;
    check("redshift", "ModifyClusterIamRoles", &format!(r#"{{"removeIamRoles":[{arn}]}}"#), &[]);
    check("rds", "RemoveRoleFromDBCluster", &format!(r#"{{"roleArn":{arn}}}"#), &[]);
    check("tagging", "TagResources", &format!(r#"{{"resourceARNList":[{arn}]}}"#), &[]);
    let owners = format!(r#"{{"roles":[{{"roleType":"PROCESS_OWNER","roleArn":{arn}}}]}}"#);
    check("auditmanager", "CreateAssessment", &owners, &[]);
    let parameters = format!(r#"{{"resourceIdentifier":{{"iamRoleArn":{arn}}}}}"#);
    check("iot", "CreateAuditSuppression", &parameters, &[]);
    check("quicksight", "RegisterUser", &format!(r#"{{"iamArn":{arn}}}"#), &[]);
    check("organizations", "CreateAccount", r#"{"roleName":"Ops"}"#, &[]);
    check("workmail", "CreateUser", r#"{"name":"kim","role":"USER"}"#, &[]);
    check(
        "elasticmapreduce",
        "AddInstanceGroups",
        r#"{"instanceGroups":[{"instanceRole":"CORE"}]}"#,
        &[],
    );
    // Elsewhere it is a name like any other.
    check("glue", "CreateJob", r#"{"role":"USER"}"#, &["111122223333 role user"]);
}

#[test]
fn instance_profiles_are_found_in_each_shape() {
    check(
        "batch",
        "CreateComputeEnvironment",
        r#"{"computeResources":{"instanceRole":"Web"}}"#,
        &["111122223333 instance-profile web"],
    );
    let profile = &["111122223333 instance-profile web"][..];
    for parameters in [
        r#"{"iamInstanceProfile":{"name":"web"}}"#,
        r#"{"iamInstanceProfile":{"arn":"arn:aws:iam::111122223333:instance-profile/x/Web"}}"#,
        r#"{"AssociateIamInstanceProfileRequest":{"IamInstanceProfile":{"Name":"web"}}}"#,
        r#"{"CreateLaunchTemplateRequest":{"LaunchTemplateData":{"IamInstanceProfile":{"Arn":"arn:aws:iam::111122223333:instance-profile/web"}}}}"#,
        r#"{"iamInstanceProfile":"web"}"#,
        r#"{"jobFlowRole":"web"}"#,
        r#"{"optionSettings":[{"namespace":"aws:autoscaling:launchconfiguration","optionName":"IamInstanceProfile","value":"web"}]}"#,
    ] {
        check("ec2", "RunInstances", parameters, profile);
    }
}

#[test]
fn a_policy_hands_over_the_single_roles_that_it_names() {
    let policy = |statement: &str| {
        let document = format!(r#"{{"Statement":{statement}}}"#).replace('"', r#"\""#);
        format!(r#"{{"userName":"u","policyName":"p","policyDocument":"{document}"}}"#)
    };
    let one = r#"{"Effect":"Allow","Action":["sts:AssumeRole","s3:*"],"Resource":["arn:aws:iam::*:role/x/Ops","arn:aws:iam::111122223333:role/app-*","*"]}"#;
    check("iam", "PutUserPolicy", &policy(one), &["111122223333 role ops"]);
    let pass = r#"{"Effect":"Allow","Action":"iam:Pass*","Resource":"arn:aws:iam::111122223333:role/Ops"}"#;
    check("iam", "CreatePolicyVersion", &policy(pass), &["111122223333 role ops"]);
    for other in [
        r#"{"Effect":"Deny","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/Ops"}"#,
        r#"{"Effect":"Allow","Action":"iam:GetRole","Resource":"arn:aws:iam::111122223333:role/Ops"}"#,
        r#"{"Effect":"Allow","Action":"iam:PassRole","NotResource":"arn:aws:iam::111122223333:role/Ops"}"#,
    ] {
        check("iam", "PutUserPolicy", &policy(other), &[]);
    }
}

#[test]
fn a_launch_template_s_profile_stands_in_the_answer() {
    let text = r#"{"eventSource":"ec2.amazonaws.com","eventName":"RunInstances","recipientAccountId":"111122223333",
        "requestParameters":{"launchTemplate":{"launchTemplateId":"lt-0a"}},
        "responseElements":{"instancesSet":{"items":[
            {"iamInstanceProfile":{"arn":"arn:aws:iam::111122223333:instance-profile/web","id":"AIPAEXAMPLE"}},
            {"iamInstanceProfile":{"arn":"arn:aws:iam::111122223333:instance-profile/web","id":"AIPAEXAMPLE"}}]}}}"#;
    let handed = Handed::of(&Event::parse(text).unwrap()).unwrap();
    assert_eq!(handed.names, ["web"]);
}

#[test]
fn what_is_worn_trusted_or_aws_s_own_is_not_handed_over() {
    let arn = "arn:aws:iam::111122223333:role/ops";
    check("sts", "AssumeRole", &format!(r#"{{"roleArn":"{arn}"}}"#), &[]);
    check("lambda", "AddPermission20150331v2", &format!(r#"{{"principal":"{arn}"}}"#), &[]);
    check("eks", "CreateAccessEntry", &format!(r#"{{"principalArn":"{arn}"}}"#), &[]);
    check("iam", "AttachRolePolicy", r#"{"roleName":"ops","policyArn":"x"}"#, &[]);
    let linked =
        "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX";
    check(
        "autoscaling",
        "CreateAutoScalingGroup",
        &format!(r#"{{"serviceLinkedRoleARN":"{linked}"}}"#),
        &[],
    );
    // A path that anybody may choose shelters nothing.
    let alike = "arn:aws:iam::111122223333:role/x/aws-service-role/ops";
    check("glue", "CreateJob", &format!(r#"{{"role":"{alike}"}}"#), &["111122223333 role ops"]);
    check("x", "PutText", r#"{"role":"a text, no name","note":"ops"}"#, &[]);
    let refused = sample::call("glue", "CreateJob").with("errorCode", "AccessDenied");
    let refused = refused.parameters(r#"{"role":"ops"}"#).event();
    assert_eq!(
        Questions::of(&refused, call_outcome(&refused), &Principal::of(&refused)).handed,
        None
    );
}

#[test]
fn work_and_roles_are_bounded() {
    let many: Vec<String> = (0..5_000).map(|n| format!(r#"{{"roleArn":"role{n}"}}"#)).collect();
    let parameters = format!(r#"{{"targets":[{}]}}"#, many.join(","));
    let handed = Handed::of(&event("events", "PutTargets", &parameters)).unwrap();
    assert!(handed.cut && handed.bearers.len() == BEARERS_MAX);
    assert!(handed.thing.is_none() && handed.habit.is_none());
    // A value beyond the limit is unknown, not absent.
    let padding = vec!["0"; VALUES_MAX + 1].join(",");
    let parameters = format!(r#"{{"input":[{padding}],"roleArn":"ops"}}"#);
    let handed = Handed::of(&event("states", "CreateStateMachine", &parameters)).unwrap();
    assert!(handed.cut && handed.bearers.is_empty());
}

#[test]
fn only_the_same_thing_is_given_a_role_again() {
    let place = |source: &str, call: &str, parameters: &str| {
        let handed = Handed::of(&event(source, call, parameters)).unwrap();
        handed.thing.map(|(address, gift)| (address.text(), gift))
    };
    let update = |name: &str| {
        format!(r#"{{"stackName":"{name}","roleARN":"arn:aws:iam::111122223333:role/ops"}}"#)
    };
    let change = r#"{"changeSetName":"of-today","stackName":"web","roleARN":"arn:aws:iam::111122223333:role/ops"}"#;
    let first = place("cloudformation", "UpdateStack", &update("web"));
    assert!(first.is_some());
    assert_eq!(first, place("cloudformation", "CreateChangeSet", change));
    assert_ne!(first, place("cloudformation", "UpdateStack", &update("shop")));
    assert_eq!(first, place("cloudformation", "CreateStack", &update("web")));
    let id = "arn:aws:cloudformation:eu-west-1:111122223333:stack/web/0a1b";
    assert_eq!(first, place("cloudformation", "UpdateStack", &update(id)));
    assert_eq!(place("states", "CreateStateMachine", r#"{"name":"m","roleArn":"ops"}"#), None);
    assert!(
        place("ecs", "RegisterTaskDefinition", r#"{"family":"web","taskRoleArn":"ops"}"#).is_some()
    );
    assert_eq!(place("iam", "UpdateAssumeRolePolicy", r#"{"roleName":"ops"}"#), None);
    assert_eq!(place("glue", "UpdateJob", r#"{"role":"ops"}"#), None);
}

#[test]
fn a_habit_is_one_caller_s_by_one_call_and_with_the_same_roles() {
    let habit = |caller: &str, call: &str, role: &str| {
        let record = sample::call("glue", call).by(json!({"arn": caller}));
        let event = record.with("requestParameters", json!({"name": "n", "role": role})).event();
        Handed::of(&event).unwrap().habit.unwrap().text()
    };
    let first = habit("a", "CreateJob", "ops");
    assert_eq!(first, habit("a", "CreateJob", "OPS"));
    for other in [
        habit("b", "CreateJob", "ops"),
        habit("a", "CreateJob", "dev"),
        habit("a", "UpdateJob", "ops"),
    ] {
        assert_ne!(first, other);
    }
}

#[test]
fn a_deploying_role_is_known_by_its_stacks_and_a_person_is_not() {
    let stack = |issuer: &str, name: &str| {
        let issuer = json!({"sessionIssuer": {"arn": issuer}});
        let identity = json!({"type": "AssumedRole", "sessionContext": issuer});
        let stack = json!({"stackName": name, "roleARN": "arn:aws:iam::111122223333:role/ops"});
        let record = sample::call("cloudformation", "CreateStack").by(identity);
        Handed::of(&record.with("requestParameters", stack).event()).unwrap().deployments
    };
    let role = "arn:aws:iam::111122223333:role/ci/deploy";
    assert!(stack(role, "a").is_some());
    assert_eq!(stack(role, "a"), stack(role, "b"));
    assert_ne!(stack(role, "a"), stack("arn:aws:iam::111122223333:role/dev", "a"));
    let person = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef";
    assert_eq!(stack(person, "a"), None);
}

#[test]
fn gifts_differ_by_their_fields_elements_and_caller() {
    let gift = |source: &str, call: &str, parameters: &str| {
        Handed::of(&event(source, call, parameters)).unwrap().thing.unwrap().1
    };
    let pool = |roles: &str| {
        let parameters = format!(r#"{{"identityPoolId":"p","roles":{roles}}}"#);
        gift("cognito-identity", "SetIdentityPoolRoles", &parameters)
    };
    let arn = |name: &str| format!(r#""arn:aws:iam::111122223333:role/{name}""#);
    let (ops, dev) = (arn("ops"), arn("dev"));
    let inside = pool(&format!(r#"{{"authenticated":{ops}}}"#));
    assert_eq!(inside, pool(&format!(r#"{{"authenticated":{}}}"#, arn("x/Ops"))));
    assert_ne!(inside, pool(&format!(r#"{{"authenticated":{ops},"unauthenticated":{ops}}}"#)));
    let both = pool(&format!(r#"{{"authenticated":{ops},"unauthenticated":{dev}}}"#));
    assert_eq!(both, pool(&format!(r#"{{"unauthenticated":{dev},"authenticated":{ops}}}"#)));
    assert_ne!(both, pool(&format!(r#"{{"authenticated":{dev},"unauthenticated":{ops}}}"#)));

    let targets = |first: &str, second: &str| {
        let target = |(id, role): (&str, &str)| format!(r#"{{"id":"{id}","roleArn":{role}}}"#);
        let of = |list: &[(&str, &str)]| {
            let list = list.iter().copied().map(target).collect::<Vec<_>>().join(",");
            gift("events", "PutTargets", &format!(r#"{{"rule":"r","targets":[{list}]}}"#))
        };
        let one = of(&[("a", first), ("b", second)]);
        assert_eq!(one, of(&[("b", second), ("a", first)]));
        one
    };
    assert_ne!(targets(&ops, &dev), targets(&dev, &ops));
    // A value that is too long to store never equals another.
    let long = format!(r#"{{"name":"n","{}":{{"roleArn":"ops"}}}}"#, "k".repeat(40_000));
    assert_eq!(Handed::of(&event("states", "UpdateStateMachine", &long)).unwrap().thing, None);
    let nobody = sample::call("glue", "UpdateJob").parameters(r#"{"jobName":"n","role":"ops"}"#);
    assert_eq!(Handed::of(&nobody.event()).unwrap().thing, None);
}

/// How a call changes the roles that a thing wears: the thing, and what is stored of it.
#[track_caller]
fn check_worn(source: &str, call: &str, parameters: &str, want: (&str, &str)) {
    let handed = Handed::of(&event(source, call, parameters));
    let worn = handed.and_then(|handed| handed.worn).unwrap_or_default();
    let on = worn.on.iter().map(|on| (on.thing.entity().to_owned(), "goes on".to_owned()));
    let of_one = |value: &Value| !matches!(value, Value::Listed(_));
    let kept =
        worn.writes.iter().filter(|(at, value)| !at.entity().contains(" by ") && of_one(value));
    let kept = kept.map(|(at, value)| match value {
        Value::Present(roles) => (at.entity().to_owned(), roles.clone()),
        _ => (at.entity().to_owned(), "none".to_owned()),
    });
    let found: Vec<(String, String)> = on.chain(kept).collect();
    let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let want: Vec<(&str, &str)> =
        Some(want).filter(|want| !want.0.is_empty()).into_iter().collect();
    assert_eq!(found, want, "{call} {parameters}");
}

#[test]
fn what_wears_a_role_is_one_thing_under_any_of_its_names() {
    let (role, of) = (r#""arn:aws:iam::111122223333:role/ops""#, "111122223333 role ops");
    let function = "worn  lambda/function \"f\"";
    let made = format!(r#"{{"functionName":"f","role":{role}}}"#);
    check_worn("lambda", "CreateFunction20150331", &made, (function, of));
    check_worn("lambda", "UpdateFunctionConfiguration20150331v2", &made, (function, of));
    for name in [
        "f",
        "f:live",
        "111122223333:function:f",
        "arn:aws:lambda:eu-west-1:111122223333:function:f",
        "arn:aws:lambda:eu-west-1:111122223333:function:f:live",
    ] {
        let code = format!(r#"{{"functionName":"{name}"}}"#);
        check_worn("lambda", "UpdateFunctionCode20150331v2", &code, (function, "goes on"));
    }
    let machine = "worn  states/stateMachine \"m\"";
    // For an existing thing the call takes no other role, and succeeds: so a list is kept.
    let made = format!(r#"{{"name":"m","roleArn":{role}}}"#);
    check_worn("states", "CreateStateMachine", &made, ("", ""));
    let arn = r#"{"stateMachineArn":"arn:aws:states:eu-west-1:111122223333:stateMachine:m"}"#;
    check_worn("states", "UpdateStateMachine", arn, (machine, "goes on"));
    let stack = "worn  cloudformation/stack \"s\"";
    check_worn("cloudformation", "CreateStack", r#"{"stackName":"s"}"#, (stack, "none"));
    let arn = r#"{"stackName":"arn:aws:cloudformation:eu-west-1:111122223333:stack/s/0a1b"}"#;
    check_worn("cloudformation", "UpdateStack", arn, (stack, "goes on"));
    check_worn("cloudformation", "CreateChangeSet", r#"{"stackName":"s"}"#, (stack, "goes on"));
    let anew = r#"{"stackName":"s","changeSetType":"CREATE"}"#;
    check_worn("cloudformation", "CreateChangeSet", anew, (stack, "goes on"));
    let job = "worn  glue/job \"j:k/l\"";
    check_worn("glue", "CreateJob", r#"{"name":"j:k/l","role":"ops"}"#, (job, of));
    check_worn("glue", "UpdateJob", r#"{"jobName":"j:k/l"}"#, (job, "goes on"));
    check_worn("lambda", "CreateFunctionUrlConfig", r#"{"functionName":"f"}"#, ("", ""));
}

#[test]
fn who_says_what_a_definition_runs_works_in_its_role() {
    let arn = "arn:aws:batch:eu-west-1:111122223333:job-definition/nightly:3";
    let job = r#"worn  batch/job-definition "nightly""#;
    let register = r#"{"jobDefinitionName":"nightly","containerProperties":{"jobRoleArn":"Ops"}}"#;
    // A thing with revisions has a list of the roles of all revisions.
    check_worn("batch", "RegisterJobDefinition", register, ("", ""));
    let submit = |name: &str, more: &str| format!(r#"{{"jobDefinition":"{name}"{more}}}"#);
    let command = r#","containerOverrides":{"command":["sh"]}"#;
    check_worn("batch", "SubmitJob", &submit(arn, command), (job, "goes on"));
    check_worn("batch", "SubmitJob", &submit("nightly", command), (job, "goes on"));
    let pods = r#","eksPropertiesOverride":{"podProperties":{"containers":[{"args":["x"]}]}}"#;
    check_worn("batch", "SubmitJob", &submit("nightly:3", pods), (job, "goes on"));
    check_worn("batch", "SubmitJob", &submit("nightly", ""), ("", ""));
    let variables = r#","containerOverrides":{"environment":[{"name":"DAY","value":"1"}]}"#;
    // A variable may be all that an interpreter needs.
    check_worn("batch", "SubmitJob", &submit("nightly", variables), (job, "goes on"));
    let parameters = r#","parameters":{"day":"1"}"#;
    check_worn("batch", "SubmitJob", &submit("nightly", parameters), (job, "goes on"));

    let task = r#"worn  ecs/task-definition "web""#;
    let register = r#"{"family":"web","taskRoleArn":"Ops"}"#;
    check_worn("ecs", "RegisterTaskDefinition", register, ("", ""));
    let run = r#"{"taskDefinition":"web:7","overrides":{"containerOverrides":[{"name":"c","command":["sh"]}]}}"#;
    check_worn("ecs", "RunTask", run, (task, "goes on"));
    check_worn("ecs", "RunTask", r#"{"taskDefinition":"web:7"}"#, ("", ""));
    // Another role for the run takes the place of the definition's, one to start it does not; neither is kept.
    let with = |field: &str| {
        format!(
            r#"{{"taskDefinition":"web","overrides":{{"{field}":"Dev","containerOverrides":[{{"command":["sh"]}}]}}}}"#
        )
    };
    check_worn("ecs", "RunTask", &with("taskRoleArn"), ("", ""));
    check_worn("ecs", "RunTask", &with("executionRoleArn"), (task, "goes on"));

    let pool = r#"worn  cognito-identity/pool "p""#;
    let guests = r#"{"identityPoolId":"p","allowUnauthenticatedIdentities":true}"#;
    check_worn("cognito-identity", "UpdateIdentityPool", guests, (pool, "goes on"));
}

#[test]
fn work_without_a_role_says_nothing_of_which_it_was_given() {
    let handed = Handed::of(&event("glue", "UpdateJob", r#"{"jobName":"j"}"#)).unwrap();
    assert!(handed.thing.is_none() && handed.habit.is_none());
    // The caller's contact with it, and with any thing that nobody saw made.
    let writes = handed.writes();
    assert_eq!(writes.len(), 2);
    assert!(writes.iter().all(|(at, _)| at.entity().contains(" by ")), "{writes:?}");
}
