//! Where the tool's own resources stand in events: one table for the facts and for the bus rules.

use crate::vocabulary::OwnKind;

/// Where an event names a resource of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Kind of the resource, as `derived.own` says it.
    pub kind: OwnKind,
    /// `sns.amazonaws.com`
    pub source: &'static str,
    /// Path below `detail`; what lies there may be a list.
    pub path: &'static str,
    /// How the resource is written there. `{name}` is that of the deployment, `{stack}` that of its
    /// stack; anything may stand for `{partition}`, `{region}` and `{account}`, and for a leading `*`.
    /// Behind the name nothing follows, or what parts it from the rest of a longer name. A form without
    /// either is delivered, and what was seen before tells whether it is the tool's own.
    pub forms: &'static [&'static str],
}

/// The key has an ID of AWS's, no name: only the deployment can tell it. No bus rule can ask for it, so of
/// the calls on keys come those that a rule names.
pub(super) const KEY: OwnKind = OwnKind::Key;
/// The site file names change calendars; of the calls on documents come those that a rule names.
pub(super) const CALENDAR: OwnKind = OwnKind::Calendar;
/// The owner chooses the name of the policy that bounds the tool's roles: as of the key, only the deployment knows it.
pub(super) const BOUNDARY: OwnKind = OwnKind::Boundary;

const NAME: &[&str] = &["{name}"];
/// Lambda takes the name behind any of Region, account and `function:`, each of which may be left out.
/// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html>
const FUNCTION: &[&str] = &["{name}", "*:{name}"];
pub(super) const FUNCTION_ARN: &[&str] =
    &["arn:{partition}:lambda:{region}:{account}:function:{name}"];
const TOPIC: &[&str] = &["arn:{partition}:sns:{region}:{account}:{name}"];
const QUEUE_ARN: &[&str] = &["arn:{partition}:sqs:{region}:{account}:{name}"];
const BUS_RULE: &[&str] = &["arn:{partition}:events:{region}:{account}:rule/{name}"];
const EVENT_BUS: &[&str] =
    &["{name}", "arn:{partition}:events:{region}:{account}:event-bus/{name}"];
const TABLE: &[&str] = &["{name}", "arn:{partition}:dynamodb:{region}:{account}:table/{name}"];
const TABLE_ARN: &[&str] = &["arn:{partition}:dynamodb:{region}:{account}:table/{name}"];
const LOG_GROUP: &[&str] = &["{name}", "/{name}", "/aws/lambda/{name}"];
const LOG_GROUP_ARN: &[&str] =
    &["/aws/lambda/{name}", "arn:{partition}:logs:{region}:{account}:log-group:/aws/lambda/{name}"];
const ALIAS: &[&str] = &["alias/{name}", "arn:{partition}:kms:{region}:{account}:alias/{name}"];
const STACK: &[&str] = &[
    "{name}",
    "{stack}",
    "arn:{partition}:cloudformation:{region}:{account}:stack/{name}",
    "arn:{partition}:cloudformation:{region}:{account}:stack/{stack}",
];
const STACK_ARN: &[&str] = &["arn:{partition}:cloudformation:{region}:{account}:stack/{stack}"];
const CHANGE_SET: &[&str] = &[
    "{name}",
    "arn:{partition}:cloudformation:{region}:{account}:changeSet/{name}",
    "arn:{partition}:cloudformation:{region}:{account}:changeSet/{stack}",
];
/// A change set of any name may be of the tool's stack.
const ANY_CHANGE_SET: &[&str] = &["arn:{partition}:cloudformation:{region}:{account}:changeSet/"];
const PARAMETER: &[&str] = &["{name}", "/{name}"];
/// At whatever path or address, and ignoring case, as IAM does.
const LAST: &[&str] = &["*/{name}"];

/// Every place that tells of a resource of the tool.
pub const PLACES: &[Place] = &[
    place(OwnKind::Function, "lambda.amazonaws.com", "requestParameters.functionName", FUNCTION),
    place(OwnKind::Function, "lambda.amazonaws.com", "requestParameters.resource", FUNCTION_ARN),
    place(OwnKind::Function, "lambda.amazonaws.com", "responseElements.functionArn", FUNCTION_ARN),
    // Who else calls the function hands it what he likes.
    place(
        OwnKind::FunctionTarget,
        "events.amazonaws.com",
        "requestParameters.targets.arn",
        FUNCTION_ARN,
    ),
    place(
        OwnKind::FunctionTarget,
        "scheduler.amazonaws.com",
        "requestParameters.target.arn",
        FUNCTION_ARN,
    ),
    place(
        OwnKind::FunctionTarget,
        "scheduler.amazonaws.com",
        "requestParameters.Target.Arn",
        FUNCTION_ARN,
    ),
    place(OwnKind::FunctionTarget, "pipes.amazonaws.com", "requestParameters.target", FUNCTION_ARN),
    place(OwnKind::FunctionTarget, "pipes.amazonaws.com", "requestParameters.Target", FUNCTION_ARN),
    place(
        OwnKind::FunctionTarget,
        "pipes.amazonaws.com",
        "requestParameters.enrichment",
        FUNCTION_ARN,
    ),
    place(
        OwnKind::FunctionTarget,
        "pipes.amazonaws.com",
        "requestParameters.Enrichment",
        FUNCTION_ARN,
    ),
    place(OwnKind::FunctionTarget, "sns.amazonaws.com", "requestParameters.endpoint", FUNCTION_ARN),
    place(OwnKind::Topic, "sns.amazonaws.com", "requestParameters.name", NAME),
    place(OwnKind::Topic, "sns.amazonaws.com", "requestParameters.topicArn", TOPIC),
    place(OwnKind::Topic, "sns.amazonaws.com", "requestParameters.subscriptionArn", TOPIC),
    place(OwnKind::Topic, "sns.amazonaws.com", "requestParameters.resourceArn", TOPIC),
    place(OwnKind::Queue, "sqs.amazonaws.com", "requestParameters.queueUrl", LAST),
    place(OwnKind::Queue, "sqs.amazonaws.com", "requestParameters.queueName", NAME),
    place(OwnKind::Queue, "sqs.amazonaws.com", "requestParameters.sourceArn", QUEUE_ARN),
    place(OwnKind::BusRule, "events.amazonaws.com", "requestParameters.name", NAME),
    place(OwnKind::BusRule, "events.amazonaws.com", "requestParameters.rule", NAME),
    place(OwnKind::BusRule, "events.amazonaws.com", "requestParameters.resourceARN", BUS_RULE),
    place(OwnKind::EventBus, "events.amazonaws.com", "requestParameters.eventBusName", EVENT_BUS),
    place(OwnKind::Archive, "events.amazonaws.com", "requestParameters.archiveName", NAME),
    place(OwnKind::Alarm, "monitoring.amazonaws.com", "requestParameters.alarmName", NAME),
    place(OwnKind::Alarm, "monitoring.amazonaws.com", "requestParameters.alarmNames", NAME),
    place(
        OwnKind::Alarm,
        "monitoring.amazonaws.com",
        "requestParameters.muteTargets.alarmNames",
        NAME,
    ),
    place(OwnKind::Table, "dynamodb.amazonaws.com", "requestParameters.tableName", TABLE),
    place(OwnKind::Table, "dynamodb.amazonaws.com", "requestParameters.resourceArn", TABLE_ARN),
    place(OwnKind::Table, "dynamodb.amazonaws.com", "requestParameters.backupArn", TABLE_ARN),
    place(OwnKind::Table, "dynamodb.amazonaws.com", "requestParameters.tableArn", TABLE_ARN),
    place(OwnKind::Table, "dynamodb.amazonaws.com", "requestParameters.sourceTableName", NAME),
    place(OwnKind::LogGroup, "logs.amazonaws.com", "requestParameters.logGroupName", LOG_GROUP),
    place(
        OwnKind::LogGroup,
        "logs.amazonaws.com",
        "requestParameters.logGroupIdentifier",
        LOG_GROUP_ARN,
    ),
    place(
        OwnKind::LogGroup,
        "logs.amazonaws.com",
        "requestParameters.resourceIdentifier",
        LOG_GROUP_ARN,
    ),
    place(OwnKind::Bucket, "s3.amazonaws.com", "requestParameters.bucketName", NAME),
    // Whoever else reads the queue takes what could not be handled out of it.
    place(OwnKind::Queue, "lambda.amazonaws.com", "requestParameters.eventSourceArn", QUEUE_ARN),
    place(OwnKind::Queue, "pipes.amazonaws.com", "requestParameters.source", QUEUE_ARN),
    place(OwnKind::Queue, "pipes.amazonaws.com", "requestParameters.Source", QUEUE_ARN),
    place(OwnKind::KeyAlias, "kms.amazonaws.com", "requestParameters.aliasName", ALIAS),
    place(KEY, "kms.amazonaws.com", "requestParameters.keyId", &[]),
    place(OwnKind::Stack, "cloudformation.amazonaws.com", "requestParameters.stackName", STACK),
    // Where CloudTrail dropped the parameters, the answer still tells.
    place(OwnKind::Stack, "cloudformation.amazonaws.com", "responseElements.stackId", STACK_ARN),
    place(
        OwnKind::Stack,
        "cloudformation.amazonaws.com",
        "requestParameters.changeSetName",
        CHANGE_SET,
    ),
    place(
        OwnKind::Stack,
        "cloudformation.amazonaws.com",
        "requestParameters.changeSetName",
        ANY_CHANGE_SET,
    ),
    place(OwnKind::Stack, "cloudformation.amazonaws.com", "requestParameters.stackIds", STACK_ARN),
    place(
        OwnKind::Stack,
        "cloudformation.amazonaws.com",
        "requestParameters.stackDefinitions.stackName",
        STACK,
    ),
    place(OwnKind::Schedule, "scheduler.amazonaws.com", "requestParameters.name", NAME),
    place(OwnKind::Schedule, "scheduler.amazonaws.com", "requestParameters.Name", NAME),
    place(OwnKind::Schedule, "scheduler.amazonaws.com", "requestParameters.groupName", NAME),
    place(CALENDAR, "ssm.amazonaws.com", "requestParameters.name", &[]),
    place(OwnKind::Parameter, "ssm.amazonaws.com", "requestParameters.name", PARAMETER),
    place(OwnKind::Parameter, "ssm.amazonaws.com", "requestParameters.names", PARAMETER),
    place(OwnKind::Role, "iam.amazonaws.com", "requestParameters.roleName", LAST),
    place(OwnKind::Policy, "iam.amazonaws.com", "requestParameters.policyArn", LAST),
    place(BOUNDARY, "iam.amazonaws.com", "requestParameters.policyArn", &[]),
    place(OwnKind::Role, "sts.amazonaws.com", "requestParameters.roleArn", LAST),
];

const fn place(
    kind: OwnKind,
    source: &'static str,
    path: &'static str,
    forms: &'static [&'static str],
) -> Place {
    Place { kind, source, path, forms }
}
