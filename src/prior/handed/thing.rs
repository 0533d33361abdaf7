//! The things that roles are given to, and who gives.

use serde_json::Value as Json;

use crate::account;
use crate::arn::{Arn, AwsRole};
use crate::event::Event;

/// The thing that is given a role, by all names and IDs of the call, so that another is never taken for it.
/// What a call makes anew was given nothing before.
pub(super) fn thing(event: &Event, source: &str, call: &str) -> Option<String> {
    // A new revision of a task or job is the same task or job.
    const CHANGING: [&str; 5] = ["Update", "Put", "Set", "Modify", "Register"];
    let changes = CHANGING.iter().any(|verb| call.starts_with(verb)) || call == "CreateChangeSet";
    let told = match deploying_role(event) {
        // Who deploys hands its stacks one role, day by day.
        Some(role) if source == "cloudformation.amazonaws.com" && !call.contains("StackSet") => {
            format!("by {role}")
        }
        _ if changes => identifying(event.value("detail.requestParameters")?)?,
        _ => return None,
    };
    Some(format!("thing {source} {} {told}", event.region().unwrap_or_default()))
}

/// What a call does to what wears a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// It makes it: with the roles that it names, or with none.
    Made,
    /// It changes it: to the roles that it names, or it goes on wearing what it has.
    Changed,
    /// It lets it do what the caller says, or for whom he says: a role that it names is for this time alone.
    Used,
}

/// What keeps its role while its work changes, by one name for all calls about it; and what the call does to it.
/// Whoever changes the work of what wears a role has the role.
pub(super) fn wearer(event: &Event, source: &str, call: &str) -> Option<(String, Work)> {
    use Work::{Changed, Made, Used};
    let parameter = |name: &str| event.text(&format!("detail.requestParameters.{name}"));
    let given = |name: &str| event.value(&format!("detail.requestParameters.{name}")).is_some();
    let (field, work) = match (source, call) {
        // Lambda's names have the version of the API behind them.
        ("lambda.amazonaws.com", _) if call.starts_with("CreateFunction2") => {
            ("functionName", Made)
        }
        ("lambda.amazonaws.com", _)
            if ["UpdateFunctionCode", "UpdateFunctionConfiguration"]
                .iter()
                .any(|name| call.starts_with(name)) =>
        {
            ("functionName", Changed)
        }
        ("states.amazonaws.com", "CreateStateMachine") => ("name", Made),
        ("states.amazonaws.com", "UpdateStateMachine") => ("stateMachineArn", Changed),
        ("codebuild.amazonaws.com", "CreateProject") => ("name", Made),
        ("codebuild.amazonaws.com", "UpdateProject") => ("name", Changed),
        ("codebuild.amazonaws.com", "StartSandbox") => ("projectName", Used),
        ("codebuild.amazonaws.com", "StartBuild" | "StartBuildBatch")
            if BUILD_OVERRIDES.iter().any(|name| given(name)) && !given("serviceRoleOverride") =>
        {
            ("projectName", Used)
        }
        ("sagemaker.amazonaws.com", "CreateNotebookInstance") => ("notebookInstanceName", Made),
        ("sagemaker.amazonaws.com", "UpdateNotebookInstance") => ("notebookInstanceName", Changed),
        ("sagemaker.amazonaws.com", "CreatePresignedNotebookInstanceUrl") => {
            ("notebookInstanceName", Used)
        }
        ("apprunner.amazonaws.com", "CreateService") => ("serviceName", Made),
        ("apprunner.amazonaws.com", "UpdateService") => ("serviceArn", Changed),
        ("elasticbeanstalk.amazonaws.com", "CreateEnvironment") => ("environmentName", Made),
        ("elasticbeanstalk.amazonaws.com", "UpdateEnvironment") => ("environmentName", Changed),
        ("glue.amazonaws.com", "CreateJob") => ("name", Made),
        ("glue.amazonaws.com", "UpdateJob" | "UpdateJobFromSourceControl") => ("jobName", Changed),
        // An argument may name another script.
        ("glue.amazonaws.com", "StartJobRun") if given("arguments") => ("jobName", Used),
        // Who may come in, and how, is the work of a pool: guests, or those of another provider.
        ("cognito-identity.amazonaws.com", "SetIdentityPoolRoles") => ("identityPoolId", Changed),
        ("cognito-identity.amazonaws.com", "UpdateIdentityPool") => ("identityPoolId", Used),
        ("batch.amazonaws.com", "RegisterJobDefinition") => ("jobDefinitionName", Changed),
        ("batch.amazonaws.com", "SubmitJob") if overrides_command(event) => ("jobDefinition", Used),
        ("ecs.amazonaws.com", "RegisterTaskDefinition") => ("family", Changed),
        ("ecs.amazonaws.com", "RunTask" | "StartTask")
            if overrides_command(event) && parameter("overrides.taskRoleArn").is_none() =>
        {
            ("taskDefinition", Used)
        }
        ("cloudformation.amazonaws.com", "CreateStack") => ("stackName", Made),
        ("cloudformation.amazonaws.com", "UpdateStack") => ("stackName", Changed),
        ("cloudformation.amazonaws.com", "CreateChangeSet") => {
            ("stackName", if parameter("changeSetType") == Some("CREATE") { Made } else { Changed })
        }
        _ => return None,
    };
    let region = event.region().unwrap_or_default();
    let name = bare_name(source, region, parameter(field)?);
    Some((format!("worn {source} {region} {name:?}"), work))
}

/// What lets a build run what its caller says.
const BUILD_OVERRIDES: [&str; 9] = [
    "buildspecOverride",
    "imageOverride",
    "environmentVariablesOverride",
    "sourceLocationOverride",
    "sourceTypeOverride",
    "secondarySourcesOverride",
    "registryCredentialOverride",
    "privilegedModeOverride",
    "debugSessionEnabled",
];

/// Does a run do what its caller says, not what its definition does?
fn overrides_command(event: &Event) -> bool {
    const OVERRIDES: [&str; 5] = [
        "overrides",
        "containerOverrides",
        "ecsPropertiesOverride",
        "eksPropertiesOverride",
        "nodeOverrides",
    ];
    let of = |name: &&str| event.value(&format!("detail.requestParameters.{name}"));
    OVERRIDES.iter().filter_map(of).any(|given| has_command(given, OVERRIDE_DEPTH_MAX))
}

/// Deeper than any override.
const OVERRIDE_DEPTH_MAX: usize = 12;

fn has_command(value: &Json, depth: usize) -> bool {
    let below = |value| depth > 0 && has_command(value, depth - 1);
    match value {
        Json::Object(map) => {
            let named = |key: &String| ["command", "args"].contains(&key.as_str());
            map.iter().any(|(key, value)| (named(key) && !value.is_null()) || below(value))
        }
        Json::Array(list) => list.iter().any(below),
        _ => false,
    }
}

/// A name without what services let stand around it: the ARN, the account, a version or an alias.
fn bare_name<'t>(source: &str, region: &str, text: &'t str) -> &'t str {
    let resource = Arn::parse(text).map_or(text, |arn| arn.resource);
    // Lambda takes `111122223333:function:f`, `us-east-1:f` and the like.
    let resource = match source {
        "lambda.amazonaws.com" => without_place(resource, region),
        _ => resource,
    };
    let (kind, end) = match source {
        "lambda.amazonaws.com" => ("function:", ':'),
        "states.amazonaws.com" => ("stateMachine:", ':'),
        "cloudformation.amazonaws.com" => ("stack/", '/'),
        "apprunner.amazonaws.com" => ("service/", '/'),
        "batch.amazonaws.com" => ("job-definition/", ':'),
        "ecs.amazonaws.com" => ("task-definition/", ':'),
        _ => return text,
    };
    let name = resource.split_once(kind).map_or(resource, |(_, name)| name);
    name.split(end).next().unwrap_or(name)
}

/// A function's name without the Region or the account before it.
fn without_place<'t>(text: &'t str, region: &str) -> &'t str {
    match text.split_once(':') {
        Some((part, rest)) if part == region || account::is_id(part) => without_place(rest, region),
        _ => text,
    }
}

/// Who calls, whatever the session is called.
pub(super) fn caller(event: &Event) -> Option<&str> {
    event
        .text("detail.userIdentity.sessionContext.sessionIssuer.arn")
        .or_else(|| event.text("detail.userIdentity.arn"))
        .or_else(|| event.text("detail.userIdentity.invokedBy"))
}

/// The role whose session calls, unless a person's.
fn deploying_role(event: &Event) -> Option<&str> {
    let role = event.text("detail.userIdentity.sessionContext.sessionIssuer.arn")?;
    let person = matches!(Arn::parse(role)?.aws_role(), Some(AwsRole::PermissionSet(_)));
    (!person && event.text("detail.userIdentity.type") == Some("AssumedRole")).then_some(role)
}

/// All names and IDs of a call, but those that tooling makes up for each.
pub(super) fn identifying(parameters: &Json) -> Option<String> {
    const ENDS: [&str; 7] = ["name", "id", "arn", "alias", "family", "rule", "identifier"];
    const FLEETING: [&str; 3] = ["changesetname", "revisionid", "versionid"];
    let mut told: Vec<String> = Vec::new();
    for (key, value) in parameters.as_object()? {
        let key = key.to_ascii_lowercase();
        let counts = ENDS.iter().any(|end| key.ends_with(end))
            && !key.ends_with("rolearn")
            && !FLEETING.contains(&key.as_str());
        told.extend(value.as_str().filter(|_| counts).map(|text| format!("{key} {text:?}")));
    }
    told.sort();
    (!told.is_empty()).then(|| told.join(" "))
}
