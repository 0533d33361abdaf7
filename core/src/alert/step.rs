//! The steps of a plan, as an alert shows them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::age::human;

use crate::iam::catalogue::Effect;
use crate::plan::{Guard, Permission, Pin, PlanId, Planned, Undo};
use crate::text::live::is_live;

/// Age of an event above which its undo is doubted, in minutes.
const UNDO_AGE_MINUTES_MAX: i64 = 60;
/// How far ahead of the clock an event may be, in minutes, before its undo is doubted.
const UNDO_AHEAD_MINUTES_MAX: i64 = 15;

/// Longest command in an alert that takes a step back, in bytes. It may hold a document, which each channel escapes
/// anew, and an alert that is too large for SNS reaches nobody.
const REVERT_BYTES_MAX: usize = 1_024;
/// Why an alert has no such command although there is one.
const LONG_REVERT: &str =
    "the command that takes it back is too long for an alert: `iam-responder undo EVENT` prints it";

/// A step of a plan, as people and programs read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepLine {
    /// ID of the plan that it belongs to. `None` for an alert that was stored before plans had one.
    pub id: Option<PlanId>,
    /// IAM action, as `iam:DetachRolePolicy`.
    pub action: Cow<'static, str>,
    /// What it does to rights.
    pub effect: Effect,
    /// Whether it may be done.
    pub status: Status,
    /// What refused it.
    pub guard: Option<Guard>,
    /// Why it is refused, or why no command takes it back.
    pub reason: Option<Cow<'static, str>>,
    /// Doubts before it is done, in sentences.
    pub doubts: Vec<Cow<'static, str>>,
    /// Shell command that does it with the AWS CLI: one line, which does nothing in another account.
    pub command: Option<String>,
    /// Shell command that takes it back to what the event left, in the same form.
    pub revert: Option<String>,
    /// What the command needs, and no more: each is a statement of a policy.
    pub needs: Vec<NeedLine>,
}

/// A permission that a step needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NeedLine {
    /// IAM action, as `iam:DetachRolePolicy`.
    pub action: Cow<'static, str>,
    /// ARNs. The path of a name of IAM is not in the event, so such a name stands there without a path and with any. What a
    /// channel would make a link or a mention of is taken apart by `?`, which means any one character.
    pub resource: Vec<String>,
    /// The condition of the statement, as a policy has it: values by key by operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
}

/// Values by key by operator.
pub type Condition = BTreeMap<Cow<'static, str>, BTreeMap<Cow<'static, str>, String>>;

/// An ARN in which nothing is live: it still means what it meant, and next to nothing else.
fn dead(arn: &str) -> String {
    let chars: Vec<char> = arn.chars().collect();
    let shown = |(at, c): (usize, &char)| {
        if is_live(&chars, at) || *c == '<' || !c.is_ascii_graphic() { '?' } else { *c }
    };
    chars.iter().enumerate().map(shown).collect()
}

impl NeedLine {
    fn of(permission: &Permission) -> Self {
        let condition = |pin: &Pin| {
            let value = dead(&pin.value);
            // `ArnEquals` takes a `?` for any character by itself.
            let exact = value == pin.value || pin.operator != "StringEquals";
            let operator = if exact { pin.operator } else { "StringLike" };
            let by_key = BTreeMap::from([(Cow::Borrowed(pin.key), value)]);
            BTreeMap::from([(Cow::Borrowed(operator), by_key)])
        };
        Self {
            action: Cow::Borrowed(permission.action),
            resource: permission.resources.iter().map(|resource| dead(resource)).collect(),
            condition: permission.pin.as_ref().map(condition),
        }
    }
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
    /// The steps of the plan of this ID, as they are proposed. The list ends with the first refused step: the steps
    /// behind it are useless without it.
    #[must_use]
    pub fn all(steps: &[Undo], id: Option<&PlanId>) -> Vec<Self> {
        let mut lines: Vec<Self> = Vec::new();
        for step in steps {
            if lines.iter().any(|line| line.status == Status::Refused) {
                break;
            }
            lines.push(Self::of(step, id));
        }
        lines
    }

    /// The same in an alert.
    #[must_use]
    pub fn in_alert(steps: &[Undo], id: Option<&PlanId>) -> Vec<Self> {
        let mut lines = Self::all(steps, id);
        for line in &mut lines {
            if line.revert.take_if(|revert| revert.len() > REVERT_BYTES_MAX).is_some() {
                line.reason = Some(Cow::Borrowed(LONG_REVERT));
            }
        }
        lines
    }

    /// The same with a doubt where its event is not of now, as its command may meet another state.
    #[must_use]
    pub fn doubted(mut self, at: Option<Timestamp>, now: Option<Timestamp>) -> Self {
        let doubt = match (at, now) {
            (None, _) => Some("The event has no time: see first what is so now.".to_owned()),
            (Some(at), Some(now)) => {
                let age = now.duration_since(at);
                if age.as_mins() > UNDO_AGE_MINUTES_MAX {
                    let age = human(age);
                    Some(format!("The event is {age} old: see first what was changed since."))
                } else if age.as_mins() < -UNDO_AHEAD_MINUTES_MAX {
                    Some("The time of the event lies ahead: see first what is so now.".to_owned())
                } else {
                    None
                }
            }
            (Some(_), None) => None,
        };
        self.doubts.extend(doubt.map(Cow::Owned));
        self
    }

    fn of(undo: &Undo, id: Option<&PlanId>) -> Self {
        let planned = &undo.planned;
        // A person must be able to read the whole command before it is run.
        let command = planned.command();
        let unsaid = command.is_none().then_some(Guard::UnsafeValue);
        let guard = planned.guard().or(unsaid);
        let (revert, reason) =
            match guard.map_or_else(|| planned.command_back(), |guard| Err(guard.reason())) {
                Ok(revert) => (Some(revert), None),
                Err(reason) => (None, Some(reason)),
            };
        let needs = match (planned, guard) {
            (Planned::Do(proposal), None) => proposal.needs.iter().map(NeedLine::of).collect(),
            _ => Vec::new(),
        };
        Self {
            id: id.cloned(),
            action: Cow::Borrowed(planned.action().word()),
            effect: undo.effect,
            status: if guard.is_none() { Status::Proposed } else { Status::Refused },
            guard,
            reason: reason.map(Cow::Borrowed),
            doubts: undo.doubts.clone(),
            command,
            revert,
            needs,
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
    use crate::event::sample::call;
    use crate::facts::{Context, Known};
    use crate::plan::undo;
    use crate::prior::{Answers, Prior, Source, Taken};

    #[test]
    fn what_no_command_can_say_is_refused_to_people_and_all_behind_it() {
        let steps = |label: &str| {
            let record = format!(
                r#"{{"eventSource":"sns.amazonaws.com","eventName":"AddPermission","awsRegion":"eu-west-1","recipientAccountId":"111122223333",
                "requestParameters":{{"topicArn":"arn:aws:sns:eu-west-1:111122223333:t","label":"{label}"}}}}"#
            );
            let event = Event::parse(&record).unwrap();
            let step = undo(&event, &Context::plain(&event, &Known::default())).remove(0);
            assert!(matches!(step.planned, Planned::Do(_)), "{step:?}");
            let lines = StepLine::all(&[step.clone(), step], None);
            lines.iter().map(|line| (line.guard, line.command.is_some())).collect::<Vec<_>>()
        };
        assert_eq!(steps("p"), [(None, true), (None, true)]);
        assert_eq!(steps("file://p"), [(Some(Guard::UnsafeValue), false)]);
    }
    #[test]
    fn a_long_document_is_not_put_back_by_a_command_in_an_alert() {
        let put = |letters: usize| {
            let document = format!(r#"{{"Statement":[{{"Sid":"{}"}}]}}"#, "x".repeat(letters));
            let parameters =
                serde_json::json!({"roleName": "r", "policyName": "p", "policyDocument": document});
            let event = call("iam", "PutRolePolicy").with("requestParameters", parameters).event();
            let source = Source { event_id: "f".to_owned(), at: Timestamp::UNIX_EPOCH };
            let former = Prior::Absent { source, taken: Taken::Nothing };
            let before = Answers { former, ..Answers::default() };
            undo(&event, &Context::plain(&event, &Known { before, ..Known::default() }))
        };
        let line = |steps: &[Undo]| StepLine::in_alert(steps, None).remove(0);
        let (short, long) = (put(500), put(1_000));
        assert!(line(&short).revert.is_some() && line(&short).reason.is_none());
        assert_eq!((line(&long).revert, line(&long).reason), (None, Some(LONG_REVERT.into())));
        assert!(StepLine::all(&long, None)[0].revert.is_some());
    }

    #[test]
    fn a_step_says_what_it_needs_and_what_takes_it_back() {
        let line = |name: &str, parameters: serde_json::Value, response: serde_json::Value| {
            let event = call("iam", name).with("requestParameters", parameters);
            let event = event.with("responseElements", response).event();
            let steps = undo(&event, &Context::plain(&event, &Known::default()));
            serde_json::to_value(StepLine::all(&steps, None).remove(0)).unwrap()
        };
        let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess";
        let parameters = serde_json::json!({"roleName": "r", "policyArn": policy});
        let detach = line("AttachRolePolicy", parameters, serde_json::Value::Null);
        let back = detach["revert"].as_str().unwrap();
        assert!(back.ends_with(&format!(
            "&& aws iam attach-role-policy --role-name=r --policy-arn={policy}"
        )));
        assert!(back.starts_with("test ") && detach["reason"].is_null());
        let want = r#"[{"action":"iam:DetachRolePolicy",
            "resource":["arn:aws:iam::111122223333:role/r","arn:aws:iam::111122223333:role/*/r"],
            "condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}}]"#;
        assert_eq!(detach["needs"], json(want));
        let hostile =
            "arn:aws:iam::111122223333:policy/http://evil.example/<!here>/@everyone/\u{7f}p*";
        let parameters = serde_json::json!({"roleName": "www.evil", "policyArn": hostile});
        let needs = line("AttachRolePolicy", parameters, json("null"))["needs"].to_string();
        assert!(needs.contains("policy/http:/?evil.example/?!here>/?everyone/?p${*}"), "{needs}");
        assert!(needs.contains("role/www?evil"), "{needs}");
        let service = json(r#"{"servicePrincipal":"backup.evil.com"}"#);
        let event = call("organizations", "DisableAWSServiceAccess");
        let event = event.with("requestParameters", service).event();
        let steps = undo(&event, &Context::plain(&event, &Known::default()));
        let needs = serde_json::to_string(&StepLine::all(&steps, None)[0].needs).unwrap();
        let want = r#"{"StringLike":{"organizations:ServicePrincipal":"backup.evil?com"}}"#;
        assert!(needs.contains(want), "{needs}");
        let user = json(r#"{"userName":"u"}"#);
        let password = line("CreateLoginProfile", user.clone(), user);
        assert_eq!(
            (&password["status"], &password["revert"]),
            (&json("\"proposed\""), &json("null"))
        );
        assert!(password["reason"].as_str().unwrap().contains("the password cannot be read"));
        let refused = line("AttachRolePolicy", json(r#"{"roleName":"r"}"#), json("null"));
        assert_eq!(refused["needs"], json("[]"));
        assert_eq!(refused["reason"].as_str(), Some(Guard::ValueMissing.reason()));
    }
}
