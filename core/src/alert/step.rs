//! The steps of a plan, as an alert shows them.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::iam::catalogue::Effect;
use crate::plan::{Guard, Planned, Undo};

/// A step of a plan, as people and programs read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepLine {
    /// IAM action, as `iam:DetachRolePolicy`.
    pub action: Cow<'static, str>,
    /// What it does to rights.
    pub effect: Effect,
    /// Whether it may be done.
    pub status: Status,
    /// What refused it.
    pub guard: Option<Guard>,
    /// Doubts before it is done, in sentences.
    pub doubts: Vec<Cow<'static, str>>,
    /// Shell command that does it with the AWS CLI: one line, which does nothing in another account.
    pub command: Option<String>,
}

/// Whether a step may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Proposed to a human.
    Proposed,
    /// Refused by a guard.
    Refused,
}

impl StepLine {
    /// The steps as an alert proposes them. The list ends with the first refused step: the steps behind it are useless
    /// without it.
    #[must_use]
    pub fn all(steps: &[Undo]) -> Vec<Self> {
        let mut lines: Vec<Self> = Vec::new();
        for step in steps {
            if lines.iter().any(|line| line.status == Status::Refused) {
                break;
            }
            lines.push(Self::of(step));
        }
        lines
    }

    fn of(undo: &Undo) -> Self {
        let (command, guard) = match &undo.planned {
            // A person must be able to read the whole command before it is run.
            Planned::Do { .. } => {
                let command = undo.planned.command();
                let guard = command.is_none().then_some(Guard::UnsafeValue);
                (command, guard)
            }
            Planned::Refused { guard, .. } => (None, Some(*guard)),
        };
        Self {
            action: Cow::Borrowed(undo.planned.action().word()),
            effect: undo.effect,
            status: if guard.is_none() { Status::Proposed } else { Status::Refused },
            guard,
            doubts: undo.doubts.clone(),
            command,
        }
    }
}

/// How the steps of an undo are written for programs: none as null, one as itself, several as a list.
pub(super) fn serialize<S: Serializer>(
    steps: &[StepLine],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match steps {
        [] => serializer.serialize_none(),
        [step] => step.serialize(serializer),
        steps => steps.serialize(serializer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::facts::{Context, Known};
    use crate::plan::undo;

    #[test]
    fn what_no_command_can_say_is_refused_to_people_and_all_behind_it() {
        let steps = |label: &str| {
            let record = format!(
                r#"{{"eventSource":"sns.amazonaws.com","eventName":"AddPermission","awsRegion":"eu-west-1","recipientAccountId":"111122223333",
                "requestParameters":{{"topicArn":"arn:aws:sns:eu-west-1:111122223333:t","label":"{label}"}}}}"#
            );
            let event = Event::parse(&record).unwrap();
            let step = undo(&event, &Context::plain(&event, &Known::default())).remove(0);
            assert!(matches!(step.planned, Planned::Do { .. }), "{step:?}");
            let lines = StepLine::all(&[step.clone(), step]);
            lines.iter().map(|line| (line.guard, line.command.is_some())).collect::<Vec<_>>()
        };
        assert_eq!(steps("p"), [(None, true), (None, true)]);
        assert_eq!(steps("file://p"), [(Some(Guard::UnsafeValue), false)]);
    }
}
