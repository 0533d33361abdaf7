//! Fields of events that name the tool's own resources: one table for the facts and for the bus rules.

use crate::vocabulary::OwnKind;

/// Where an event names a resource of one kind.
#[derive(Debug, Clone, Copy)]
pub struct OwnField {
    /// Kind of the resource, as `derived.own` says it.
    pub kind: OwnKind,
    /// `sns.amazonaws.com`
    pub source: &'static str,
    /// Path below `detail`; its value may be a list.
    pub path: &'static str,
    /// How the resource is written there.
    pub forms: &'static [Form],
}

/// How a resource is written: a text before its name, and the owner of that name. The name ends the text, or a
/// separator follows it.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// By its name: `alias/NAME`.
    Named(&'static str, NameOwner),
    /// By an ARN of this service, in any account, of this resource: `key/NAME`.
    Arn(&'static str, &'static str, NameOwner),
    /// By a part of any text, behind a mark, ignoring case, as IAM does.
    Part(char),
}

/// Whose name it is.
#[derive(Debug, Clone, Copy)]
pub enum NameOwner {
    /// The deployment's.
    Deployment,
    /// The stack's.
    Stack,
    /// Any: it is delivered, and earlier events show whether it is the tool's own.
    Anything,
}

/// AWS chooses the key's ID: only the deployment knows it. No bus rule can match it, so calls on keys are delivered
/// only if a rule names them.
pub(super) const KEY: OwnKind = OwnKind::Key;
/// The site file names change calendars. Only those calls on documents are delivered that a rule names.
pub(super) const CALENDAR: OwnKind = OwnKind::Calendar;
/// The owner chooses the name of the policy that bounds the tool's roles: as of the key, only the deployment knows it.
pub(super) const BOUNDARY: OwnKind = OwnKind::Boundary;

const NAME: &[Form] = &[named("")];
/// Lambda takes the name behind any of Region, account and `function:`, each of which may be left out.
/// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html>
const FUNCTION: &[Form] = &[named(""), Form::Part(':')];
pub(super) const FUNCTION_ARN: &[Form] = &[arn("lambda", "function:")];
const TOPIC: &[Form] = &[arn("sns", "")];
const QUEUE_ARN: &[Form] = &[arn("sqs", "")];
const BUS_RULE: &[Form] = &[arn("events", "rule/")];
const EVENT_BUS: &[Form] = &[named(""), arn("events", "event-bus/")];
const TABLE: &[Form] = &[named(""), arn("dynamodb", "table/")];
const TABLE_ARN: &[Form] = &[arn("dynamodb", "table/")];
const LOG_GROUP: &[Form] = &[named(""), named("/"), named("/aws/lambda/")];
const LOG_GROUP_ARN: &[Form] = &[named("/aws/lambda/"), arn("logs", "log-group:/aws/lambda/")];
const ALIAS: &[Form] = &[named("alias/"), arn("kms", "alias/")];
const STACK: &[Form] = &[
    named(""),
    Form::Named("", NameOwner::Stack),
    arn("cloudformation", "stack/"),
    Form::Arn("cloudformation", "stack/", NameOwner::Stack),
];
const STACK_ARN: &[Form] = &[Form::Arn("cloudformation", "stack/", NameOwner::Stack)];
const CHANGE_SET: &[Form] = &[
    named(""),
    arn("cloudformation", "changeSet/"),
    Form::Arn("cloudformation", "changeSet/", NameOwner::Stack),
];
/// A change set of any name may be of the tool's stack.
const ANY_CHANGE_SET: &[Form] = &[Form::Arn("cloudformation", "changeSet/", NameOwner::Anything)];
const PARAMETER: &[Form] = &[named(""), named("/")];
/// At any path or address.
const LAST: &[Form] = &[Form::Part('/')];

/// Every field that names a resource of the tool.
pub const OWN_FIELDS: &[OwnField] = &[
    field(OwnKind::Function, "lambda.amazonaws.com", "requestParameters.functionName", FUNCTION),
    field(OwnKind::Function, "lambda.amazonaws.com", "requestParameters.resource", FUNCTION_ARN),
    field(OwnKind::Function, "lambda.amazonaws.com", "responseElements.functionArn", FUNCTION_ARN),
    // Another caller of the function can send it any event.
    field(
        OwnKind::FunctionTarget,
        "events.amazonaws.com",
        "requestParameters.targets.arn",
        FUNCTION_ARN,
    ),
    field(
        OwnKind::FunctionTarget,
        "scheduler.amazonaws.com",
        "requestParameters.target.arn",
        FUNCTION_ARN,
    ),
    field(
        OwnKind::FunctionTarget,
        "scheduler.amazonaws.com",
        "requestParameters.Target.Arn",
        FUNCTION_ARN,
    ),
    field(OwnKind::FunctionTarget, "pipes.amazonaws.com", "requestParameters.target", FUNCTION_ARN),
    field(OwnKind::FunctionTarget, "pipes.amazonaws.com", "requestParameters.Target", FUNCTION_ARN),
    field(
        OwnKind::FunctionTarget,
        "pipes.amazonaws.com",
        "requestParameters.enrichment",
        FUNCTION_ARN,
    ),
    field(
        OwnKind::FunctionTarget,
        "pipes.amazonaws.com",
        "requestParameters.Enrichment",
        FUNCTION_ARN,
    ),
    field(OwnKind::FunctionTarget, "sns.amazonaws.com", "requestParameters.endpoint", FUNCTION_ARN),
    field(OwnKind::Topic, "sns.amazonaws.com", "requestParameters.name", NAME),
    field(OwnKind::Topic, "sns.amazonaws.com", "requestParameters.topicArn", TOPIC),
    field(OwnKind::Topic, "sns.amazonaws.com", "requestParameters.subscriptionArn", TOPIC),
    field(OwnKind::Topic, "sns.amazonaws.com", "requestParameters.resourceArn", TOPIC),
    field(OwnKind::Queue, "sqs.amazonaws.com", "requestParameters.queueUrl", LAST),
    field(OwnKind::Queue, "sqs.amazonaws.com", "requestParameters.queueName", NAME),
    field(OwnKind::Queue, "sqs.amazonaws.com", "requestParameters.sourceArn", QUEUE_ARN),
    field(OwnKind::BusRule, "events.amazonaws.com", "requestParameters.name", NAME),
    field(OwnKind::BusRule, "events.amazonaws.com", "requestParameters.rule", NAME),
    field(OwnKind::BusRule, "events.amazonaws.com", "requestParameters.resourceARN", BUS_RULE),
    field(OwnKind::EventBus, "events.amazonaws.com", "requestParameters.eventBusName", EVENT_BUS),
    field(OwnKind::Archive, "events.amazonaws.com", "requestParameters.archiveName", NAME),
    field(OwnKind::Alarm, "monitoring.amazonaws.com", "requestParameters.alarmName", NAME),
    field(OwnKind::Alarm, "monitoring.amazonaws.com", "requestParameters.alarmNames", NAME),
    field(
        OwnKind::Alarm,
        "monitoring.amazonaws.com",
        "requestParameters.muteTargets.alarmNames",
        NAME,
    ),
    field(OwnKind::Table, "dynamodb.amazonaws.com", "requestParameters.tableName", TABLE),
    field(OwnKind::Table, "dynamodb.amazonaws.com", "requestParameters.resourceArn", TABLE_ARN),
    field(OwnKind::Table, "dynamodb.amazonaws.com", "requestParameters.backupArn", TABLE_ARN),
    field(OwnKind::Table, "dynamodb.amazonaws.com", "requestParameters.tableArn", TABLE_ARN),
    field(OwnKind::Table, "dynamodb.amazonaws.com", "requestParameters.sourceTableName", NAME),
    field(OwnKind::LogGroup, "logs.amazonaws.com", "requestParameters.logGroupName", LOG_GROUP),
    field(
        OwnKind::LogGroup,
        "logs.amazonaws.com",
        "requestParameters.logGroupIdentifier",
        LOG_GROUP_ARN,
    ),
    field(
        OwnKind::LogGroup,
        "logs.amazonaws.com",
        "requestParameters.resourceIdentifier",
        LOG_GROUP_ARN,
    ),
    field(OwnKind::Bucket, "s3.amazonaws.com", "requestParameters.bucketName", NAME),
    // Another reader of the queue removes events that could not be handled.
    field(OwnKind::Queue, "lambda.amazonaws.com", "requestParameters.eventSourceArn", QUEUE_ARN),
    field(OwnKind::Queue, "pipes.amazonaws.com", "requestParameters.source", QUEUE_ARN),
    field(OwnKind::Queue, "pipes.amazonaws.com", "requestParameters.Source", QUEUE_ARN),
    field(OwnKind::KeyAlias, "kms.amazonaws.com", "requestParameters.aliasName", ALIAS),
    field(KEY, "kms.amazonaws.com", "requestParameters.keyId", &[]),
    field(OwnKind::Stack, "cloudformation.amazonaws.com", "requestParameters.stackName", STACK),
    // If CloudTrail dropped the parameters, the answer still names the stack.
    field(OwnKind::Stack, "cloudformation.amazonaws.com", "responseElements.stackId", STACK_ARN),
    field(
        OwnKind::Stack,
        "cloudformation.amazonaws.com",
        "requestParameters.changeSetName",
        CHANGE_SET,
    ),
    field(
        OwnKind::Stack,
        "cloudformation.amazonaws.com",
        "requestParameters.changeSetName",
        ANY_CHANGE_SET,
    ),
    field(OwnKind::Stack, "cloudformation.amazonaws.com", "requestParameters.stackIds", STACK_ARN),
    field(
        OwnKind::Stack,
        "cloudformation.amazonaws.com",
        "requestParameters.stackDefinitions.stackName",
        STACK,
    ),
    field(OwnKind::Schedule, "scheduler.amazonaws.com", "requestParameters.name", NAME),
    field(OwnKind::Schedule, "scheduler.amazonaws.com", "requestParameters.Name", NAME),
    field(OwnKind::Schedule, "scheduler.amazonaws.com", "requestParameters.groupName", NAME),
    field(CALENDAR, "ssm.amazonaws.com", "requestParameters.name", &[]),
    field(OwnKind::Parameter, "ssm.amazonaws.com", "requestParameters.name", PARAMETER),
    field(OwnKind::Parameter, "ssm.amazonaws.com", "requestParameters.names", PARAMETER),
    field(OwnKind::Role, "iam.amazonaws.com", "requestParameters.roleName", LAST),
    field(OwnKind::Policy, "iam.amazonaws.com", "requestParameters.policyArn", LAST),
    field(BOUNDARY, "iam.amazonaws.com", "requestParameters.policyArn", &[]),
    field(OwnKind::Role, "sts.amazonaws.com", "requestParameters.roleArn", LAST),
];

const fn field(
    kind: OwnKind,
    source: &'static str,
    path: &'static str,
    forms: &'static [Form],
) -> OwnField {
    OwnField { kind, source, path, forms }
}

/// By the deployment's name, behind this.
const fn named(before: &'static str) -> Form {
    Form::Named(before, NameOwner::Deployment)
}

/// By an ARN of this service, with the deployment's name behind this.
const fn arn(service: &'static str, before: &'static str) -> Form {
    Form::Arn(service, before, NameOwner::Deployment)
}
