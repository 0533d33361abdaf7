//! The steps of a plan, as an alert shows and keeps them.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::iam::catalogue::Effect;
use crate::plan::{Guard, Planned, Undo};

/// A step of a plan, as people and programs read it and as the table keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLine {
    /// IAM action, as `iam:DetachRolePolicy`.
    pub action: Cow<'static, str>,
    /// What it does to rights.
    #[serde(default = "strictest")]
    pub effect: Effect,
    /// Whether it may be done.
    pub status: Status,
    /// What refused it.
    pub guard: Option<Guard>,
    /// What is to be doubted before it is done, in sentences.
    #[serde(default)]
    pub doubts: Vec<Cow<'static, str>>,
    /// Shell command that does it with the AWS CLI: one line, which does nothing in another account.
    pub command: Option<String>,
}

/// Of an alert that was kept before steps knew their effect.
fn strictest() -> Effect {
    Effect::Gives
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

impl From<&Undo> for StepLine {
    fn from(undo: &Undo) -> Self {
        let planned = &undo.planned;
        Self {
            action: Cow::Borrowed(planned.action()),
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

/// How the steps of an undo are written: none as null, one as itself, as when there never were more, several as a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Several(Vec<StepLine>),
    AtMostOne(Option<StepLine>),
}

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

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<StepLine>, D::Error> {
    Ok(match Written::deserialize(deserializer)? {
        Written::Several(steps) => steps,
        Written::AtMostOne(step) => step.into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use crate::alert::{Alert, StepLine};

    /// Alerts as the table held them before steps were typed: one with a command, one without.
    const KEPT: &str = include_str!("../../../tests/data/alerts-kept.ndjson");

    #[test]
    fn what_the_table_holds_is_read_and_written_as_ever() {
        for kept in KEPT.lines() {
            let alert = Alert::from_stored(kept).unwrap();
            assert_eq!(alert.to_stored().unwrap(), kept);
            assert_eq!(alert.undo.len(), 1);
            let text = alert.to_text();
            let command = alert.undo.iter().find_map(|step| step.command.as_ref());
            assert!(text.contains(command.map_or("By hand (iam:PutRolePolicy)", String::as_str)));
        }
    }

    #[test]
    fn an_undo_may_be_of_no_step_of_one_or_of_several() {
        let kept = KEPT.lines().next().unwrap();
        let mut alert = Alert::from_stored(kept).unwrap();
        let older = r#"{"action":"iam:DeletePolicyVersion","status":"proposed","guard":null,"command":"aws iam x"}"#;
        alert.undo.push(serde_json::from_str::<StepLine>(older).unwrap());
        for count in [2, 1, 0] {
            alert.undo.truncate(count);
            let again = Alert::from_stored(&alert.to_stored().unwrap()).unwrap();
            assert_eq!(again.undo, alert.undo);
            let text = alert.to_text();
            assert_eq!(text.matches("In account").count(), count);
            assert_eq!(text.contains("\nUndo\n"), count > 0);
            assert_eq!(alert.to_json()["undo"].is_array(), count > 1);
            assert_eq!(alert.to_json()["undo"].is_null(), count == 0);
        }
    }
}
