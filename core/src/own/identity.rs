//! The deployed tool: its name, and its own resources.

use jiff::Timestamp;
use serde_json::Value;

use super::field::{self, Form, NameOwner, OWN_FIELDS, OwnField};
use crate::event::{Event, Principal};
use crate::iam::arn::{self, Arn};
use crate::iam::entity::EntityId;
use crate::iam::kind::EntityKind;
use crate::vocabulary::{OwnKind, OwnSession};

/// Name of everything that is deployed, where nothing else is said.
pub const DEFAULT_NAME: &str = "iam-responder";
/// Longest name, in characters: with what is put behind it, each service's own limit still holds.
pub const NAME_CHARS_MAX: usize = 32;

/// Seconds from 15 October 1582 to 1970.
const GREGORIAN_SECS: i64 = 12_219_292_800;

/// The text after the prefix in the names of the tool's functions.
pub(crate) const FUNCTIONS: [&str; 1] = [""];

/// What a call is to the making or updating of the tool's own stack. What CloudFormation then does to its parts for the
/// same caller is the owners' work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnUpdate {
    /// It begins one.
    Begins,
    /// It begins one if the change set of this ARN was made for the stack: the call names nothing else.
    ExecutesChangeSet(String),
    /// It made the change set of this ARN for the stack.
    MakesChangeSet(String),
}

/// The tool as it was deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    name: String,
    stack: String,
    /// The stack's whole ARN, where it is known: a name may be another stack's tomorrow.
    stack_id: Option<String>,
    deployed: Deployed,
}

/// Resources of the tool that only the deployment knows: AWS or their owners choose their names, so the name prefix
/// does not find them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deployed {
    /// ARNs of the roles that deploy it, with their paths.
    pub by: Vec<String>,
    /// ARN of the KMS key that its topics, queues and table are encrypted with.
    pub key: Option<String>,
    /// ARN of the policy that bounds its roles.
    pub boundary: Option<String>,
    /// ARN of the function's role, with its path.
    pub role: Option<String>,
    /// Change calendars that its site file uses: names or ARNs.
    pub calendars: Vec<String>,
}

impl Default for Own {
    fn default() -> Self {
        Self {
            name: DEFAULT_NAME.to_owned(),
            stack: DEFAULT_NAME.to_owned(),
            stack_id: None,
            deployed: Deployed::default(),
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
        let given = stack.unwrap_or(name);
        let id = Arn::parse(given).and_then(|arn| stack_of(&arn));
        Ok(Self {
            name: name.to_owned(),
            stack: id.unwrap_or(given).to_owned(),
            stack_id: id.map(|_| given.to_owned()),
            deployed: Deployed::default(),
        })
    }

    /// The same, deployed so.
    #[must_use]
    pub fn deployed(self, deployed: Deployed) -> Self {
        Self { deployed, ..self }
    }

    /// The same, going by these change calendars.
    #[must_use]
    pub(crate) fn going_by(mut self, calendars: Vec<String>) -> Self {
        self.deployed.calendars.extend(calendars);
        self
    }

    /// Is this the ARN of a role that deploys the tool?
    #[must_use]
    pub fn is_deployment_role(&self, role_arn: &str) -> bool {
        self.deployed.by.iter().any(|role| role == role_arn)
    }

    /// Does a role of this account and name deploy the tool, under any path? Role names are unique without their path.
    #[must_use]
    pub(crate) fn is_deployed_by(&self, account: &str, role: &str) -> bool {
        let wanted = EntityId::of(account, EntityKind::Role, role);
        wanted.is_some_and(|wanted| self.deployed.by.iter().any(|arn| wanted.is_of(arn)))
    }

    /// What this call is to the making or updating of the tool's own stack. `omitted`: CloudTrail dropped its
    /// parameters.
    #[must_use]
    pub fn update(&self, event: &Event, omitted: bool) -> Option<OwnUpdate> {
        if event.event_source() != Some("cloudformation.amazonaws.com") {
            return None;
        }
        match event.name()? {
            // An update whose parameters are omitted does not announce anything.
            "CreateStack" | "UpdateStack" | "ExecuteChangeSet" if omitted => None,
            "CreateStack" | "UpdateStack" => self.is_on_stack(event).then_some(OwnUpdate::Begins),
            "ExecuteChangeSet" if self.is_on_stack(event) => Some(OwnUpdate::Begins),
            "ExecuteChangeSet" => {
                change_set(event).map(|arn| OwnUpdate::ExecutesChangeSet(arn.to_owned()))
            }
            "CreateChangeSet" if self.is_on_stack(event) => {
                let arn = event.answer("id")?;
                Some(OwnUpdate::MakesChangeSet(arn.to_owned()))
            }
            _ => None,
        }
    }

    fn is_on_stack(&self, event: &Event) -> bool {
        let answered = event.answer("stackId");
        let asked = event.parameter("stackName");
        answered.or(asked).is_some_and(|stack| self.is_stack(stack, event))
    }

    /// When the stack was made, if its ID holds the time: CloudFormation's are UUIDs of version 1. The call that made
    /// it came before the tool could see it.
    #[must_use]
    pub fn made_at(&self) -> Option<Timestamp> {
        let id = self.stack_arn()?.name();
        let parts: Vec<&str> = id.split('-').collect();
        let [low, middle, high, _, _] = parts.as_slice() else { return None };
        let high = high.strip_prefix('1').filter(|high| high.len() == 3)?;
        let ticks = u64::from_str_radix(&format!("{high}{middle}{low}"), 16).ok()?;
        // RFC 9562, 5.1: steps of 100 ns since the Gregorian calendar began.
        let seconds = i64::try_from(ticks / 10_000_000).ok()?.checked_sub(GREGORIAN_SECS)?;
        Timestamp::from_second(seconds).ok().filter(|_| low.len() == 8 && middle.len() == 4)
    }

    /// Is a stack, as a call of this account and Region names it, the tool's own?
    fn is_stack(&self, stack: &str, event: &Event) -> bool {
        let Some(own) = &self.stack_id else {
            return Arn::parse(stack).map_or(Some(stack), |arn| stack_of(&arn))
                == Some(self.stack.as_str());
        };
        let here = Arn::parse(own).is_some_and(|own| {
            Some(own.account) == event.account() && Some(own.region) == event.region()
        });
        stack == own || (here && stack == self.stack)
    }

    /// The stack's ID, where it is known.
    pub(super) fn stack_arn(&self) -> Option<Arn<'_>> {
        self.stack_id.as_deref().and_then(Arn::parse)
    }

    /// ARN of the function's role. `None` if the deployment does not give it.
    pub(super) fn role(&self) -> Option<&str> {
        self.deployed.role.as_deref()
    }

    /// ARN of the key that its topics, queues and table are encrypted with.
    pub(super) fn key(&self) -> Option<&str> {
        self.deployed.key.as_deref()
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
    pub(crate) fn touched(&self, event: &Event) -> Vec<OwnKind> {
        let source = event.event_source().unwrap_or_default();
        let mut kinds = Vec::new();
        let refused = event.text("detail.errorMessage").and_then(refused_resource);
        for field in OWN_FIELDS.iter().filter(|field| field.source == source) {
            let steps: Vec<&str> = field.path.split('.').collect();
            let given =
                event.value("detail").is_some_and(|detail| self.names(detail, &steps, field));
            let refused = refused.is_some_and(|resource| self.has_part(resource));
            if (given || refused) && !kinds.contains(&field.kind) {
                kinds.push(field.kind);
            }
        }
        // The targets of its own bus rules belong to them, and are named with them.
        if kinds.contains(&OwnKind::BusRule) {
            kinds.retain(|kind| *kind != OwnKind::FunctionTarget);
            kinds.extend(self.has_other_target(event).then_some(OwnKind::OtherTarget));
        }
        kinds
    }

    /// Does a bus rule call anything except the function of the tool?
    fn has_other_target(&self, event: &Event) -> bool {
        let targets = event.parameter_value("targets").and_then(Value::as_array);
        let arns = targets.into_iter().flatten().filter_map(|target| target.get("arn")?.as_str());
        let is_own = |arn| field::FUNCTION_ARN.iter().any(|form| self.has_form(arn, *form));
        arns.into_iter().any(|arn| !is_own(arn))
    }

    /// Whether the caller is a session of a role of this tool, and whose. In another account anybody may name roles
    /// and sessions so. If the tool's account is unknown, no session of another account is the function's.
    #[must_use]
    pub fn session(&self, principal: &Principal, event: &Event) -> Option<OwnSession> {
        let arn = principal.role_arn.as_deref().and_then(Arn::parse)?;
        let role = arn.name_in_iam(EntityKind::Role)?;
        let home = self.account();
        if home.is_some_and(|home| home != arn.account) || !self.is_named(role) {
            return None;
        }
        let named = self.functions().any(|own| Some(&own) == principal.session_name.as_ref());
        let at_home = home.or(event.account()) == Some(arn.account);
        let function = named && at_home && self.is_role_of_function(role);
        Some(if function { OwnSession::Function } else { OwnSession::Other })
    }

    /// Is it the role of a function, in any Region? The same name may be deployed in several Regions, and some services
    /// report in only one. Creating another role with such a name raises an alert.
    fn is_role_of_function(&self, role: &str) -> bool {
        self.functions().any(|function| {
            let rest = role.strip_prefix(function.as_str());
            let rest = rest.and_then(|rest| rest.strip_prefix("-function"));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    }

    /// Does a text at the end of the path name the tool's own? On the way there may be lists.
    fn names(&self, value: &Value, steps: &[&str], field: &OwnField) -> bool {
        match (value, steps) {
            (Value::Array(items), _) => items.iter().any(|item| self.names(item, steps, field)),
            (Value::String(text), []) => match field.kind {
                field::KEY => self.is_key(text),
                field::CALENDAR => self.is_calendar(text),
                field::BOUNDARY => self.deployed.boundary.as_deref() == Some(text),
                _ => field.forms.iter().any(|form| self.has_form(text, *form)),
            },
            (Value::Object(map), [step, rest @ ..]) => {
                map.get(*step).is_some_and(|value| self.names(value, rest, field))
            }
            _ => false,
        }
    }

    /// A key is named by its ID or its ARN: nobody chooses these.
    fn is_key(&self, text: &str) -> bool {
        self.deployed
            .key
            .as_deref()
            .is_some_and(|own| text == own || Arn::parse(own).is_some_and(|own| own.name() == text))
    }

    /// A change calendar is a document, named by its name or its ARN.
    fn is_calendar(&self, text: &str) -> bool {
        let name = |text: &str| Arn::parse(text).map_or(text, |arn| arn.name()).to_owned();
        self.deployed.calendars.iter().any(|own| name(own) == name(text))
    }

    fn has_form(&self, text: &str, form: Form) -> bool {
        match form {
            Form::Part(_) => self.has_part(text),
            Form::Named(before, whose) => {
                text.strip_prefix(before).is_some_and(|named| self.has_name(named, whose))
            }
            Form::Arn(service, before, whose) => {
                let named = Arn::parse(text).and_then(|arn| arn.after(service, before));
                named.is_some_and(|named| self.has_name(named, whose))
            }
        }
    }

    fn has_name(&self, named: &str, whose: NameOwner) -> bool {
        match whose {
            NameOwner::Deployment => begins_with(named, &self.name),
            // A stack name that continues after a hyphen is that of another stack.
            NameOwner::Stack => {
                let rest = named.strip_prefix(self.stack.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            NameOwner::Anything => false,
        }
    }

    /// A part of a path, of an address or of an ARN's resource: partition, service, Region and account are not names.
    fn has_part(&self, text: &str) -> bool {
        let mut parts = Arn::parse(text).map_or_else(|| arn::parts(text), |arn| arn.parts());
        parts.any(|part| self.is_named(part))
    }

    /// Does a call of Lambda's name the tool's own function, and none that is only called like it?
    #[must_use]
    pub(crate) fn is_function(&self, event: &Event) -> bool {
        let named = event
            .text("detail.requestParameters.functionName")
            .filter(|_| event.event_source() == Some("lambda.amazonaws.com"));
        named.map(arn::function_name).is_some_and(|name| self.functions().any(|own| own == name))
    }

    /// Is a role of this name one of the tool's?
    #[must_use]
    pub(crate) fn has_role(&self, name: &str) -> bool {
        self.is_named(name)
    }

    /// IAM names ignore case.
    fn is_named(&self, text: &str) -> bool {
        begins_with(&text.to_ascii_lowercase(), &self.name)
    }
}

/// The ARN of a change set, where the call names it by that and names no stack.
fn change_set(event: &Event) -> Option<&str> {
    let named = event.parameter("changeSetName")?;
    let alone = event.parameter("stackName").is_none();
    Some(named).filter(|named| alone && Arn::parse(named).is_some())
}

/// The name of the stack: `arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/UUID`.
fn stack_of<'a>(arn: &Arn<'a>) -> Option<&'a str> {
    arn.parts_below("stack")?.next().filter(|_| arn.service == "cloudformation")
}

/// A name as given, or one that goes on behind a mark that parts it.
fn begins_with(text: &str, name: &str) -> bool {
    let rest = text.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', ':', '/']))
}

/// The target of a refused call is only in the text: "… on resource: role deploy because …".
fn refused_resource(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("on resource: ")?;
    let end = rest.find(" because").or_else(|| rest.find(" with ")).unwrap_or(rest.len());
    rest.get(..end)
}

#[cfg(test)]
mod tests;
