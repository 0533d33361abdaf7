//! How a change would be undone: a plan before it is an act.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Inverse, Undo};
use crate::derive::{CallOutcome, Facts};
use crate::event::Event;

/// Longest value put into a command, in characters.
const ARGUMENT_CHARS_MAX: usize = 2_048;

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// IAM action, as `iam:DetachRolePolicy`.
    pub action: Cow<'static, str>,
    /// Whether it may be done.
    pub status: Status,
    /// What refused it.
    pub guard: Option<Guard>,
    /// AWS CLI command that does it, for the account of the event.
    pub command: Option<String>,
    /// The word a rule's `respond` uses for it.
    #[serde(skip)]
    pub word: Cow<'static, str>,
}

/// Whether a step may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Proposed to a human.
    Proposed,
    /// Refused by a guard.
    Refused,
}

/// What refuses a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// CloudTrail dropped the parameters: nobody knows what was changed.
    ParametersOmitted,
    /// The inverse needs to know what was there before.
    PriorStateUnknown,
    /// A value the command needs is not in the event.
    ValueMissing,
    /// A value cannot be put into a command safely.
    UnsafeValue,
    /// The role belongs to an AWS service or to Identity Center and cannot be changed through IAM.
    ServiceManagedRole,
}

impl Guard {
    /// The reason, as an alert says it.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::ParametersOmitted => {
                "CloudTrail dropped the parameters, so the change is not known"
            }
            Self::PriorStateUnknown => "what was there before is not in the event",
            Self::ValueMissing => "the event does not hold all that is needed",
            Self::UnsafeValue => "a name in the event cannot be put into a command safely",
            Self::ServiceManagedRole => {
                "the role is managed by AWS and cannot be changed through IAM"
            }
        }
    }
}

/// The step that undoes an event, whether or not any rule asks for it. Nothing where the call
/// failed, changed nothing, or has no inverse.
#[must_use]
pub fn undo(event: &Event, facts: &Facts) -> Option<Step> {
    if facts.outcome != CallOutcome::Success {
        return None;
    }
    let (inverse, prior) = match facts.call?.undo {
        Undo::Call(inverse) => (inverse, false),
        Undo::Prior(inverse) => (inverse, true),
        Undo::None => return None,
    };
    let refused = |guard| Step {
        action: Cow::Borrowed(inverse.action),
        status: Status::Refused,
        guard: Some(guard),
        command: None,
        word: Cow::Borrowed(inverse.word),
    };
    if facts.omitted {
        return Some(refused(Guard::ParametersOmitted));
    }
    if is_service_managed(facts) {
        return Some(refused(Guard::ServiceManagedRole));
    }
    if prior {
        return Some(refused(Guard::PriorStateUnknown));
    }
    Some(match command(&inverse, event) {
        Ok(command) => Step {
            action: Cow::Borrowed(inverse.action),
            status: Status::Proposed,
            guard: None,
            command: Some(command),
            word: Cow::Borrowed(inverse.word),
        },
        Err(guard) => refused(guard),
    })
}

fn is_service_managed(facts: &Facts) -> bool {
    let entity = facts.entity.as_ref();
    let name = entity.and_then(|entity| entity.name.as_deref()).unwrap_or_default();
    let arn = entity.and_then(|entity| entity.arn.as_deref()).unwrap_or_default();
    entity.is_some_and(|entity| entity.kind == "role")
        && (name.starts_with("AWSServiceRoleFor")
            || name.starts_with("AWSReservedSSO_")
            || arn.contains(":role/aws-service-role/")
            || arn.contains(":role/aws-reserved/"))
}

/// Fills the placeholders of a command; each value becomes one quoted word.
fn command(inverse: &Inverse, event: &Event) -> Result<String, Guard> {
    let mut filled = String::new();
    let mut rest = inverse.command;
    while let Some((before, after)) = rest.split_once('{') {
        let (paths, after) = after.split_once('}').ok_or(Guard::ValueMissing)?;
        let value = paths.split('|').find_map(|path| event.text(&format!("detail.{path}")));
        filled.push_str(before);
        filled.push_str(&argument(value.ok_or(Guard::ValueMissing)?)?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// One word of a POSIX shell. The AWS CLI reads files and URLs where a value begins like one, and
/// takes a leading dash for an option; such values are refused, as are characters that do not show.
fn argument(value: &str) -> Result<String, Guard> {
    let lower = value.to_lowercase();
    let reads = ["file://", "fileb://"].iter().any(|scheme| lower.starts_with(scheme));
    // Markup may stand in an IAM path, but only an attacker puts it there.
    let markup = |c: char| matches!(c, '<' | '>' | '`');
    let visible = |c: char| (c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric()) && !markup(c);
    let short = value.chars().count() <= ARGUMENT_CHARS_MAX;
    if reads || value.starts_with('-') || !value.chars().all(visible) || !short {
        return Err(Guard::UnsafeValue);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-+=,.@/:%".contains(c);
    if value.chars().all(plain) {
        return Ok(value.to_owned());
    }
    Ok(format!("'{}'", value.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Site;

    fn plan(name: &str, parameters: &str, rest: &str) -> Option<Step> {
        let record = format!(
            r#"{{"eventSource":"iam.amazonaws.com","eventName":"{name}","recipientAccountId":"111122223333",
               "awsRegion":"us-east-1","requestParameters":{parameters}{rest}}}"#
        );
        let event = Event::parse(&record).unwrap();
        undo(
            &event,
            &Facts::of(
                &event,
                &Site::empty(),
                &crate::own::Own::default(),
                &crate::derive::Known::default(),
            ),
        )
    }

    #[test]
    fn an_attachment_is_detached() {
        let step = plan(
            "AttachRolePolicy",
            r#"{"roleName":"deploy","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}"#,
            "",
        )
        .unwrap();
        assert_eq!(
            step.command.unwrap(),
            "aws iam detach-role-policy --role-name deploy --policy-arn arn:aws:iam::aws:policy/AdministratorAccess"
        );
        assert_eq!(step.action, "iam:DetachRolePolicy");
    }

    #[track_caller]
    fn refuse(name: &str, parameters: &str, guard: Guard) {
        let step = plan(name, parameters, "").unwrap();
        assert_eq!((step.status, step.guard, step.command), (Status::Refused, Some(guard), None));
    }

    #[test]
    fn guards_refuse_what_is_not_safe() {
        refuse("AttachRolePolicy", r#"{"omitted":true}"#, Guard::ParametersOmitted);
        refuse("AttachRolePolicy", r#"{"roleName":"x"}"#, Guard::ValueMissing);
        refuse("PutRolePolicy", r#"{"roleName":"x","policyName":"y"}"#, Guard::PriorStateUnknown);
        refuse(
            "AttachRolePolicy",
            r#"{"roleName":"AWSServiceRoleForX","policyArn":"a"}"#,
            Guard::ServiceManagedRole,
        );
        for hostile in ["--profile", "file:///etc/passwd", "a\\nb", "a\\u202eb", "<b>", "`id`"] {
            let parameters = format!(r#"{{"roleName":"{hostile}","policyArn":"a"}}"#);
            refuse("AttachRolePolicy", &parameters, Guard::UnsafeValue);
        }
    }

    #[test]
    fn values_are_quoted_for_the_shell() {
        assert_eq!(argument("a;rm -rf $(x)'").unwrap(), r"'a;rm -rf $(x)'\'''");
        assert_eq!(argument("a.b@c+d=e,f").unwrap(), "a.b@c+d=e,f");
    }

    #[test]
    fn a_failed_call_needs_no_undo() {
        assert_eq!(plan("AttachRolePolicy", "null", r#","errorCode":"AccessDenied""#), None);
    }
}
