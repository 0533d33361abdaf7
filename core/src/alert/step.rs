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

impl From<&Undo> for StepLine {
    fn from(undo: &Undo) -> Self {
        let planned = &undo.planned;
        Self {
            action: Cow::Borrowed(planned.action().word()),
            effect: undo.effect,
            status: match planned {
                Planned::Do { .. } => Status::Proposed,
                Planned::Refused { .. } => Status::Refused,
            },
            guard: planned.guard(),
            doubts: undo.doubts.clone(),
            command: planned.command(),
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
