//! The steps of a stored alert and the words in them, in version 1: what the program calls them since does not matter here.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::alert::step::{Condition, NeedLine, Status, StepLine};
use crate::iam::catalogue::Effect;
use crate::plan::{Guard, PlanId};
use crate::text::severity::Severity;

/// Words by their stored spelling. One more that the program learns does not compile before it has a place here.
macro_rules! words {
    ($kept:ident, $live:ident, $($word:literal $name:ident),*) => {
        #[derive(Clone, Copy, Serialize, Deserialize)]
        pub(super) enum $kept {
            $(#[serde(rename = $word)] $name),*
        }

        impl From<$live> for $kept {
            fn from(live: $live) -> Self {
                match live {
                    $($live::$name => Self::$name),*
                }
            }
        }

        impl From<$kept> for $live {
            fn from(kept: $kept) -> Self {
                match kept {
                    $($kept::$name => Self::$name),*
                }
            }
        }
    };
}

words!(
    SeverityV1, Severity,
    "informational" Informational,
    "low" Low,
    "medium" Medium,
    "high" High,
    "critical" Critical
);

words!(
    EffectV1, Effect,
    "narrows" Narrows,
    "guards" Guards,
    "gives" Gives,
    "moves" Moves,
    "destroys" Destroys,
    "restores" Restores,
    "unfit" Unfit
);

words!(StatusV1, Status, "proposed" Proposed, "refused" Refused);

words!(
    GuardV1, Guard,
    "parameters-omitted" ParametersOmitted,
    "impossible-name" ImpossibleName,
    "prior-state-unknown" PriorStateUnknown,
    "value-missing" ValueMissing,
    "unsafe-value" UnsafeValue,
    "service-managed-role" ServiceManagedRole,
    "service-work" ServiceWork,
    "gives-rights" GivesRights,
    "root-credential" RootCredential,
    "was-so-before" WasSoBefore,
    "changed-since" ChangedSince,
    "not-permitted" NotPermitted,
    "irreversible" Irreversible,
    "for-people" ForPeople
);

#[derive(Serialize, Deserialize)]
pub(super) struct StepV1 {
    action: Cow<'static, str>,
    #[serde(default = "strictest")]
    effect: EffectV1,
    status: StatusV1,
    guard: Option<GuardV1>,
    #[serde(default)]
    doubts: Vec<Cow<'static, str>>,
    command: Option<String>,
    // What steps say since plans have an ID. An alert that was stored before says nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'static, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revert: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    needs: Vec<NeedV1>,
}

#[derive(Serialize, Deserialize)]
struct NeedV1 {
    action: Cow<'static, str>,
    resource: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
}

impl From<NeedLine> for NeedV1 {
    fn from(need: NeedLine) -> Self {
        let NeedLine { action, resource, condition } = need;
        Self { action, resource, condition }
    }
}

impl From<NeedV1> for NeedLine {
    fn from(need: NeedV1) -> Self {
        let NeedV1 { action, resource, condition } = need;
        Self { action, resource, condition }
    }
}

/// The effect of a step stored before steps had one.
fn strictest() -> EffectV1 {
    EffectV1::Gives
}

impl From<StepLine> for StepV1 {
    fn from(step: StepLine) -> Self {
        Self {
            action: step.action,
            effect: step.effect.into(),
            status: step.status.into(),
            guard: step.guard.map(GuardV1::from),
            doubts: step.doubts,
            command: step.command,
            id: step.id.as_ref().map(PlanId::to_string),
            reason: step.reason,
            revert: step.revert,
            needs: step.needs.into_iter().map(NeedV1::from).collect(),
        }
    }
}

impl From<StepV1> for StepLine {
    fn from(step: StepV1) -> Self {
        Self {
            id: step.id.as_deref().and_then(PlanId::parse),
            action: step.action,
            effect: step.effect.into(),
            status: step.status.into(),
            guard: step.guard.map(Guard::from),
            reason: step.reason,
            doubts: step.doubts,
            command: step.command,
            revert: step.revert,
            needs: step.needs.into_iter().map(NeedLine::from).collect(),
        }
    }
}

/// How the steps of an undo are stored: none as null, one as itself, for the oldest readers, several as a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Several(Vec<StepV1>),
    AtMostOne(Option<StepV1>),
}

pub(super) fn serialize<S: Serializer>(steps: &[StepV1], serializer: S) -> Result<S::Ok, S::Error> {
    match steps {
        [] => serializer.serialize_none(),
        [step] => step.serialize(serializer),
        steps => steps.serialize(serializer),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<StepV1>, D::Error> {
    Ok(match Written::deserialize(deserializer)? {
        Written::Several(steps) => steps,
        Written::AtMostOne(step) => step.into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::alert::Alert;

    /// Alerts as the table held them before steps were typed: one with a command, one without.
    const KEPT: &str = include_str!("../../../../tests/data/alerts-kept.ndjson");

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
        let older = StepLine::from(serde_json::from_str::<StepV1>(older).unwrap());
        assert_eq!((older.effect, older.doubts.len()), (Effect::Gives, 0));
        alert.undo.push(older);
        for count in [2, 1, 0] {
            alert.undo.truncate(count);
            let again = Alert::from_stored(&alert.to_stored().unwrap()).unwrap();
            assert_eq!(again.undo, alert.undo);
            let text = alert.to_text();
            assert_eq!(text.matches("\nIn account").count(), count.min(1));
            assert_eq!(text.matches("\nThen, in account").count(), count.saturating_sub(1));
            assert_eq!(text.contains("\nUndo\n"), count > 0);
            assert_eq!(alert.to_json()["undo"].is_array(), count > 1);
            assert_eq!(alert.to_json()["undo"].is_null(), count == 0);
        }
    }

    #[test]
    fn a_step_is_read_as_it_was_stored() {
        let text = r#"{"action":"iam:DetachRolePolicy","effect":"guards","status":"proposed","guard":null,"doubts":[],"command":"aws iam x","id":"0123456789abcdef0123456789abcdef01234567","revert":"aws iam y","needs":[{"action":"iam:DetachRolePolicy","resource":["arn:aws:iam::111122223333:role/r"],"condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/X"}}}]}"#;
        let line = StepLine::from(serde_json::from_str::<StepV1>(text).unwrap());
        assert_eq!(line.revert.as_deref(), Some("aws iam y"));
        assert_eq!((line.needs.len(), line.effect), (1, Effect::Guards));
        assert_eq!(serde_json::to_string(&StepV1::from(line.clone())).unwrap(), text);
        assert!(line.id.is_some());
        let odd = text.replace("0123456789abcdef", "x");
        let odd = StepLine::from(serde_json::from_str::<StepV1>(&odd).unwrap());
        assert_eq!(odd, StepLine { id: None, ..line });
    }

    /// Each stored word means this, and is written as it was read.
    #[track_caller]
    fn check<Stored, Live>(rows: &[(&str, Live)])
    where
        Stored: DeserializeOwned + Serialize + From<Live>,
        Live: From<Stored> + Copy + PartialEq + std::fmt::Debug,
    {
        for (word, live) in rows {
            let stored: Stored = serde_json::from_value((*word).into()).unwrap();
            assert_eq!(Live::from(stored), *live);
            assert_eq!(serde_json::to_value(Stored::from(*live)).unwrap(), *word);
        }
    }

    #[test]
    fn words_are_stored_as_they_ever_were() {
        check::<SeverityV1, _>(&[
            ("informational", Severity::Informational),
            ("low", Severity::Low),
            ("medium", Severity::Medium),
            ("high", Severity::High),
            ("critical", Severity::Critical),
        ]);
        check::<StatusV1, _>(&[("proposed", Status::Proposed), ("refused", Status::Refused)]);
        check::<EffectV1, _>(&[
            ("narrows", Effect::Narrows),
            ("guards", Effect::Guards),
            ("gives", Effect::Gives),
            ("moves", Effect::Moves),
            ("destroys", Effect::Destroys),
            ("restores", Effect::Restores),
            ("unfit", Effect::Unfit),
        ]);
        check::<GuardV1, _>(&[
            ("parameters-omitted", Guard::ParametersOmitted),
            ("impossible-name", Guard::ImpossibleName),
            ("prior-state-unknown", Guard::PriorStateUnknown),
            ("value-missing", Guard::ValueMissing),
            ("unsafe-value", Guard::UnsafeValue),
            ("service-managed-role", Guard::ServiceManagedRole),
            ("service-work", Guard::ServiceWork),
            ("gives-rights", Guard::GivesRights),
            ("root-credential", Guard::RootCredential),
            ("was-so-before", Guard::WasSoBefore),
            ("changed-since", Guard::ChangedSince),
            ("not-permitted", Guard::NotPermitted),
            ("irreversible", Guard::Irreversible),
            ("for-people", Guard::ForPeople),
        ]);
    }
}
