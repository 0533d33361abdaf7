//! What belongs to this tool itself: decided by the name that it was deployed under, never by a word in
//! a rule.
//!
//! One table says where each service names a resource, and in which forms. Facts read it
//! (`derived.own`), and so do the bus rules that deliver what rules ask of that fact.

use serde_json::Value;

use crate::event::Event;

/// Name of everything that is deployed, where nothing else is said.
pub const DEFAULT_NAME: &str = "iam-responder";
/// Longest name, in characters: with what is put behind it, each service's own limit still holds.
pub const NAME_CHARS_MAX: usize = 32;

/// What follows the name in the names of the tool's functions.
pub const FUNCTIONS: [&str; 2] = ["", "-remediator"];

/// The tool as it was deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    name: String,
    stack: String,
}

impl Default for Own {
    fn default() -> Self {
        Self { name: DEFAULT_NAME.to_owned(), stack: DEFAULT_NAME.to_owned() }
    }
}

/// Where an event names a resource of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Kind of the resource, as `derived.own` says it.
    pub kind: &'static str,
    /// `sns.amazonaws.com`
    pub source: &'static str,
    /// Path below `detail`; what lies there may be a list.
    pub path: &'static str,
    /// How the resource is written there. `{name}` is that of the deployment, `{stack}` that of its
    /// stack; anything may stand for `{partition}`, `{region}` and `{account}`, and for a leading `*`.
    /// Behind the name nothing follows, or what parts it from the rest of a longer name.
    pub forms: &'static [&'static str],
}

const NAME: &[&str] = &["{name}"];
const FUNCTION: &[&str] = &[
    "{name}",
    "{account}:{name}",
    "{account}:function:{name}",
    "arn:{partition}:lambda:{region}:{account}:function:{name}",
];
const FUNCTION_ARN: &[&str] = &["arn:{partition}:lambda:{region}:{account}:function:{name}"];
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
const CHANGE_SET: &[&str] = &[
    "{name}",
    "arn:{partition}:cloudformation:{region}:{account}:changeSet/{name}",
    "arn:{partition}:cloudformation:{region}:{account}:changeSet/{stack}",
];
const PARAMETER: &[&str] = &["{name}", "/{name}"];
/// At whatever path or address, and ignoring case, as IAM does.
const LAST: &[&str] = &["*/{name}"];

/// Every place that tells of a resource of the tool.
pub const PLACES: &[Place] = &[
    place("function", "lambda.amazonaws.com", "requestParameters.functionName", FUNCTION),
    place("function", "lambda.amazonaws.com", "requestParameters.resource", FUNCTION_ARN),
    place("function", "lambda.amazonaws.com", "responseElements.functionArn", FUNCTION_ARN),
    place("topic", "sns.amazonaws.com", "requestParameters.topicArn", TOPIC),
    place("topic", "sns.amazonaws.com", "requestParameters.subscriptionArn", TOPIC),
    place("topic", "sns.amazonaws.com", "requestParameters.resourceArn", TOPIC),
    place("queue", "sqs.amazonaws.com", "requestParameters.queueUrl", LAST),
    place("queue", "sqs.amazonaws.com", "requestParameters.queueName", NAME),
    place("queue", "sqs.amazonaws.com", "requestParameters.sourceArn", QUEUE_ARN),
    place("bus-rule", "events.amazonaws.com", "requestParameters.name", NAME),
    place("bus-rule", "events.amazonaws.com", "requestParameters.rule", NAME),
    place("bus-rule", "events.amazonaws.com", "requestParameters.resourceARN", BUS_RULE),
    place("event-bus", "events.amazonaws.com", "requestParameters.eventBusName", EVENT_BUS),
    place("archive", "events.amazonaws.com", "requestParameters.archiveName", NAME),
    place("alarm", "monitoring.amazonaws.com", "requestParameters.alarmName", NAME),
    place("alarm", "monitoring.amazonaws.com", "requestParameters.alarmNames", NAME),
    place("alarm", "monitoring.amazonaws.com", "requestParameters.muteTargets.alarmNames", NAME),
    place("table", "dynamodb.amazonaws.com", "requestParameters.tableName", TABLE),
    place("table", "dynamodb.amazonaws.com", "requestParameters.resourceArn", TABLE_ARN),
    place("table", "dynamodb.amazonaws.com", "requestParameters.backupArn", TABLE_ARN),
    place("table", "dynamodb.amazonaws.com", "requestParameters.tableArn", TABLE_ARN),
    place("table", "dynamodb.amazonaws.com", "requestParameters.sourceTableName", NAME),
    place("log-group", "logs.amazonaws.com", "requestParameters.logGroupName", LOG_GROUP),
    place("log-group", "logs.amazonaws.com", "requestParameters.logGroupIdentifier", LOG_GROUP_ARN),
    place("log-group", "logs.amazonaws.com", "requestParameters.resourceIdentifier", LOG_GROUP_ARN),
    place("key-alias", "kms.amazonaws.com", "requestParameters.aliasName", ALIAS),
    place("stack", "cloudformation.amazonaws.com", "requestParameters.stackName", STACK),
    place("stack", "cloudformation.amazonaws.com", "requestParameters.changeSetName", CHANGE_SET),
    place("schedule", "scheduler.amazonaws.com", "requestParameters.name", NAME),
    place("schedule", "scheduler.amazonaws.com", "requestParameters.Name", NAME),
    place("schedule", "scheduler.amazonaws.com", "requestParameters.groupName", NAME),
    place("parameter", "ssm.amazonaws.com", "requestParameters.name", PARAMETER),
    place("parameter", "ssm.amazonaws.com", "requestParameters.names", PARAMETER),
    place("role", "iam.amazonaws.com", "requestParameters.roleName", LAST),
    place("policy", "iam.amazonaws.com", "requestParameters.policyArn", LAST),
    place("role", "sts.amazonaws.com", "requestParameters.roleArn", LAST),
];

const fn place(
    kind: &'static str,
    source: &'static str,
    path: &'static str,
    forms: &'static [&'static str],
) -> Place {
    Place { kind, source, path, forms }
}

/// What `derived.principal.own` says of the session of a role of this tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnSession {
    /// Named as Lambda names it: after the function.
    Function,
    /// Any other name: somebody else holds the role.
    Other,
}

impl OwnSession {
    /// The word in `derived.principal.own`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Function => "function-session",
            Self::Other => "other-session",
        }
    }
}

/// The prefix that names everything of a deployment, as the template's parameter takes it: a lower-case
/// letter, then lower-case letters, digits and hyphens, and no hyphen at the end.
///
/// # Errors
/// What it should look like.
pub fn check_name(name: &str) -> Result<(), String> {
    let good = name.len() <= NAME_CHARS_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if good {
        return Ok(());
    }
    Err(format!(
        "`{name}` is not a name prefix; it has at most {NAME_CHARS_MAX} lower-case letters, digits and \
         hyphens, begins with a letter and does not end with a hyphen, like `{DEFAULT_NAME}`"
    ))
}

impl Own {
    /// The tool under this name, from a stack named like it unless another is given, as ARN or name.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub fn new(name: &str, stack: Option<&str>) -> Result<Self, String> {
        check_name(name)?;
        // arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/UUID
        let of_arn =
            |stack: &str| stack.split(":stack/").nth(1)?.split('/').next().map(str::to_owned);
        let stack = stack.map(|stack| of_arn(stack).unwrap_or_else(|| stack.to_owned()));
        Ok(Self { name: name.to_owned(), stack: stack.unwrap_or_else(|| name.to_owned()) })
    }

    /// The name that everything deployed begins with.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Names of the tool's functions: Lambda names the sessions of their roles after them.
    pub fn functions(&self) -> impl Iterator<Item = String> {
        FUNCTIONS.iter().map(|behind| format!("{}{behind}", self.name))
    }

    /// Kinds of the tool's own resources that an event names, each once.
    #[must_use]
    pub fn touched(&self, event: &Event) -> Vec<&'static str> {
        let source = event.event_source().unwrap_or_default();
        let mut kinds = Vec::new();
        let refused = event.text("detail.errorMessage").and_then(refused_resource);
        for place in PLACES.iter().filter(|place| place.source == source) {
            let value = event.value(&format!("detail.{}", place.path));
            let given = value.is_some_and(|value| self.any(value, place.forms));
            let refused = refused.is_some_and(|resource| self.has_part(resource));
            if (given || refused) && !kinds.contains(&place.kind) {
                kinds.push(place.kind);
            }
        }
        kinds
    }

    /// Whether the caller is a session of a role of this tool, and whose.
    #[must_use]
    pub fn session(&self, event: &Event) -> Option<OwnSession> {
        let text = |path: &str| event.text(&format!("detail.userIdentity.{path}"));
        let of_issuer =
            || text("sessionContext.sessionIssuer.arn")?.split_once(":role/")?.1.rsplit('/').next();
        let of_session = || text("arn")?.split_once(":assumed-role/")?.1.split('/').next();
        let role = of_issuer().or_else(of_session)?;
        if !self.is_named(role) {
            return None;
        }
        let session =
            text("principalId").and_then(|id| id.split_once(':')).map(|(_, session)| session);
        let function = session.is_some_and(|session| self.functions().any(|name| name == session));
        Some(if function { OwnSession::Function } else { OwnSession::Other })
    }

    fn any(&self, value: &Value, forms: &[&str]) -> bool {
        match value {
            Value::String(text) => forms.iter().any(|form| self.has_form(text, form)),
            Value::Array(items) => items.iter().any(|item| self.any(item, forms)),
            _ => false,
        }
    }

    fn has_form(&self, text: &str, form: &str) -> bool {
        if form.starts_with('*') {
            return self.has_part(text);
        }
        if let Some((head, _)) = form.split_once("{name}") {
            return after(text, head).is_some_and(|rest| begins_with(rest, &self.name));
        }
        // Names of stacks that go on behind a hyphen are those of other stacks.
        let rest = form.split_once("{stack}").and_then(|(head, _)| after(text, head));
        let rest = rest.and_then(|rest| rest.strip_prefix(self.stack.as_str()));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// A part of a path, an address or an ARN.
    fn has_part(&self, text: &str) -> bool {
        text.split(['/', ':', ' ']).any(|part| self.is_named(part))
    }

    /// IAM does not tell names apart by case.
    fn is_named(&self, text: &str) -> bool {
        begins_with(&text.to_ascii_lowercase(), &self.name)
    }
}

/// A name as given, or one that goes on behind a mark that parts it.
fn begins_with(text: &str, name: &str) -> bool {
    let rest = text.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', ':', '/']))
}

/// What follows a form's beginning. Each of its placeholders stands for anything without a colon.
fn after<'t>(text: &'t str, head: &str) -> Option<&'t str> {
    let mut rest = text;
    let mut pieces = head.split('{');
    rest = rest.strip_prefix(pieces.next()?)?;
    for piece in pieces {
        let (_, literal) = piece.split_once('}')?;
        rest = rest.get(rest.find(':')?..)?;
        rest = rest.strip_prefix(literal)?;
    }
    Some(rest)
}

/// What a refused call was about stands only in the text: "… on resource: role deploy because …".
fn refused_resource(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("on resource: ")?;
    let end = rest.find(" because").or_else(|| rest.find(" with ")).unwrap_or(rest.len());
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(source: &str, rest: &str) -> Event {
        let text = format!(r#"{{"eventSource":"{source}.amazonaws.com","eventName":"X",{rest}}}"#);
        Event::parse(&text).unwrap()
    }

    #[track_caller]
    fn check(name: &str, source: &str, parameters: &str, want: &[&str]) {
        let own =
            Own::new(name, Some("arn:aws:cloudformation:us-east-1:111122223333:stack/alerts/5b7f"));
        let event = event(source, &format!(r#""requestParameters":{parameters}"#));
        assert_eq!(own.unwrap().touched(&event), want, "{parameters}");
    }

    #[test]
    fn the_deployed_name_decides_what_is_own() {
        for name in ["iam-responder", "watch2"] {
            let function =
                |text: &str| format!(r#"{{"functionName":"{}"}}"#, text.replace('N', name));
            check(name, "lambda", &function("N"), &["function"]);
            check(name, "lambda", &function("N-remediator"), &["function"]);
            check(name, "lambda", &function("N:live"), &["function"]);
            check(name, "lambda", &function("111122223333:function:N"), &["function"]);
            check(
                name,
                "lambda",
                &function("arn:aws-cn:lambda:cn-north-1:111122223333:function:N"),
                &["function"],
            );
            check(name, "lambda", &function("Nx"), &[]);
            check(name, "lambda", &function("my-N"), &[]);
        }
        check("watch2", "lambda", r#"{"functionName":"iam-responder"}"#, &[]);
    }

    #[test]
    fn every_service_names_its_resources_in_its_own_way() {
        let arn = "arn:aws:sns:eu-west-1:111122223333:iam-responder-critical";
        check("iam-responder", "sns", &format!(r#"{{"topicArn":"{arn}"}}"#), &["topic"]);
        check("iam-responder", "sns", &format!(r#"{{"subscriptionArn":"{arn}:1f"}}"#), &["topic"]);
        check(
            "iam-responder",
            "sns",
            r#"{"topicArn":"arn:aws:sns:eu-west-1:111122223333:other"}"#,
            &[],
        );
        let queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/iam-responder-on-failure";
        check("iam-responder", "sqs", &format!(r#"{{"queueUrl":"{queue}"}}"#), &["queue"]);
        check(
            "iam-responder",
            "monitoring",
            r#"{"alarmNames":["x","iam-responder-errors"]}"#,
            &["alarm"],
        );
        check("iam-responder", "kms", r#"{"aliasName":"alias/iam-responder"}"#, &["key-alias"]);
        check(
            "iam-responder",
            "logs",
            r#"{"logGroupName":"/aws/lambda/iam-responder"}"#,
            &["log-group"],
        );
        check(
            "iam-responder",
            "ssm",
            r#"{"names":["/a/b","/iam-responder/site"]}"#,
            &["parameter"],
        );
        check("iam-responder", "cloudformation", r#"{"stackName":"alerts"}"#, &["stack"]);
        check(
            "iam-responder",
            "cloudformation",
            r#"{"stackName":"arn:aws:cloudformation:us-east-1:1:stack/alerts/9"}"#,
            &["stack"],
        );
        check("iam-responder", "cloudformation", r#"{"stackName":"alerts-web"}"#, &[]);
        check("iam-responder", "cloudformation", r#"{"stackName":"others"}"#, &[]);
        check("iam-responder", "iam", r#"{"roleName":"IAM-Responder-function"}"#, &["role"]);
    }

    #[test]
    fn a_refused_call_tells_its_resource_in_words() {
        let own = Own::default();
        for resource in [
            "role iam-responder-function",
            "arn:aws:iam::111122223333:role/x/iam-responder-function",
        ] {
            let message = format!(
                "User: x is not authorized to perform: iam:Y on resource: {resource} because no"
            );
            let event =
                event("iam", &format!(r#""errorCode":"AccessDenied","errorMessage":"{message}""#));
            assert!(own.touched(&event).contains(&"role"), "{resource}");
        }
    }

    #[test]
    fn a_session_under_another_name_is_foreign() {
        let own = Own::default();
        let session = |role: &str, name: &str| {
            let identity = format!(
                r#""userIdentity":{{"type":"AssumedRole","principalId":"AROAX:{name}","arn":"arn:aws:sts::111122223333:assumed-role/{role}/{name}"}}"#
            );
            own.session(&event("iam", &identity))
        };
        assert_eq!(session("iam-responder-function", "iam-responder"), Some(OwnSession::Function));
        assert_eq!(session("iam-responder-function", "mallory"), Some(OwnSession::Other));
        assert_eq!(session("deploy", "iam-responder"), None);
    }

    #[test]
    fn a_name_that_would_break_a_limit_is_refused() {
        for name in ["", "Upper", "9x", "x-", "under_score", &"x".repeat(NAME_CHARS_MAX + 1)] {
            assert!(Own::new(name, None).is_err(), "{name}");
        }
        assert!(Own::new(&"x".repeat(NAME_CHARS_MAX), None).is_ok());
    }
}
