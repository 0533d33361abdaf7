//! The ID of a plan.

use std::fmt;

use serde::Serialize;

use super::argument::Value;
use super::planned::{Planned, Undo};
use super::step::Step;
use crate::event::Event;
use crate::facts::Context;
use crate::prior::Prior;
use crate::text::hash::Fingerprint;

/// Hexadecimal digits of an ID: 160 bits, so that nobody finds two plans of one ID.
const DIGITS: usize = 40;

/// ID of a plan: a hash of account, event, steps, what was there before, and the site file. Everybody who knows these
/// derives the same ID, and an ID alone orders nothing else than its plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanId(String);

impl PlanId {
    /// The ID of these steps against an event. `site` is the version of the site file.
    #[must_use]
    pub fn of(event: &Event, context: &Context, steps: &[Undo], site: &str) -> Self {
        let hash = Fingerprint::of("iam-responder plan 1")
            .and(event.account().unwrap_or_default())
            .and(&event.identity())
            .and(site);
        let hash = before(hash, &context.former).and(&steps.len().to_string());
        let mut digits = steps.iter().fold(hash, with).end();
        digits.truncate(DIGITS);
        Self(digits)
    }

    /// `None` if it has another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == DIGITS && text.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn before(hash: Fingerprint, former: &Prior) -> Fingerprint {
    match former {
        Prior::Unknown { .. } => hash.and("unknown"),
        Prior::Absent { source, .. } => hash.and("absent").and(&source.event_id),
        Prior::Present { value, source } => hash.and("present").and(&source.event_id).and(value),
    }
}

fn with(hash: Fingerprint, undo: &Undo) -> Fingerprint {
    let hash = hash.and(undo.planned.action().word()).and(undo.effect.word());
    match &undo.planned {
        Planned::Refused { guard, .. } => hash.and("refused").and(guard.reason()),
        Planned::Do(proposal) => {
            let hash = with_step(hash.and("do").and(proposal.account.as_str()), &proposal.step);
            // What takes it back holds what the event left.
            match &proposal.back {
                Ok(back) => with_step(hash.and("back").and(back.operation().word()), back),
                Err(why) => hash.and("no way back").and(why.reason()),
            }
        }
    }
}

fn with_step(hash: Fingerprint, step: &Step) -> Fingerprint {
    let arguments = step.arguments();
    let hash = hash.and(&arguments.len().to_string());
    arguments.into_iter().fold(hash, |hash, (name, value)| match value {
        Value::Nothing => hash.and(name).and("nothing"),
        Value::Flag(on) => hash.and(name).and("flag").and(if on { "on" } else { "off" }),
        Value::Text(text) => hash.and(name).and("text").and(text),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::event::sample::call;
    use crate::facts::Known;
    use crate::plan::undo;
    use crate::prior::{Answers, Source, Taken};

    /// The ID against a change of the default version of a policy, which was this one before.
    fn id(
        account: &str,
        event_id: &str,
        policy: &str,
        former: &str,
        by: &str,
        site: &str,
    ) -> PlanId {
        let parameters = json!({"policyArn": policy, "versionId": "v3"});
        let event = call("iam", "SetDefaultPolicyVersion").with("requestParameters", parameters);
        let event = event.with("eventID", event_id).with("recipientAccountId", account).event();
        let source = Source { event_id: by.to_owned(), at: Timestamp::UNIX_EPOCH };
        let former = match former {
            "" => Prior::default(),
            value => Prior::Present { value: value.to_owned(), source },
        };
        let known = Known { before: Answers { former, ..Answers::default() }, ..Known::default() };
        let context = Context::plain(&event, &known);
        let steps = undo(&event, &context);
        assert_eq!(steps.len(), 1);
        PlanId::of(&event, &context, &steps, site)
    }

    #[test]
    fn a_plan_has_one_id_and_every_other_plan_another() {
        let (a, b) = ("111122223333", "444455556666");
        let p = "arn:aws:iam::111122223333:policy/p";
        let ids = [
            id(a, "e", p, "v1", "f", "s"),
            id(b, "e", p, "v1", "f", "s"),
            id(a, "E", p, "v1", "f", "s"),
            id(a, "e", p, "v2", "f", "s"),
            id(a, "e", p, "", "f", "s"),
            id(a, "e", p, "v1", "g", "s"),
            id(a, "e", p, "v1", "f", "t"),
        ];
        assert_eq!(ids[0], id(a, "e", p, "v1", "f", "s"));
        let different: BTreeSet<&str> = ids.iter().map(PlanId::as_str).collect();
        assert_eq!(different.len(), ids.len());
        assert!(ids.iter().all(|id| PlanId::parse(id.as_str()).as_ref() == Some(id)));
        for text in ["", "x", &"0".repeat(41), &"A".repeat(40), &format!("{}\n", "0".repeat(39))] {
            assert_eq!(PlanId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_refused_plan_and_a_changed_step_have_other_ids() {
        let plan = |name: &str, parameters: serde_json::Value| {
            let event = call("iam", name).with("requestParameters", parameters);
            let event = event.with("eventID", "e").event();
            let context = Context::plain(&event, &Known::default());
            PlanId::of(&event, &context, &undo(&event, &context), "s").to_string()
        };
        let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess";
        let ids = BTreeSet::from([
            plan("AttachRolePolicy", json!({"roleName": "r", "policyArn": policy})),
            plan("AttachRolePolicy", json!({"roleName": "s", "policyArn": policy})),
            plan("AttachUserPolicy", json!({"userName": "r", "policyArn": policy})),
            plan("AttachRolePolicy", json!({"roleName": "r"})),
            plan("AttachRolePolicy", json!({"omitted": true})),
        ]);
        assert_eq!(ids.len(), 5);
        let put = |action: &str| {
            let text = format!(
                r#"{{"Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#
            );
            let parameters = json!({"roleName": "r", "policyName": "p", "policyDocument": text});
            let event = call("iam", "PutRolePolicy").with("requestParameters", parameters);
            let event = event.with("eventID", "e").event();
            let source = Source { event_id: "f".to_owned(), at: Timestamp::UNIX_EPOCH };
            let former = Prior::Absent { source, taken: Taken::Nothing };
            let known =
                Known { before: Answers { former, ..Answers::default() }, ..Known::default() };
            let context = Context::plain(&event, &known);
            let steps = undo(&event, &context);
            assert!(steps[0].planned.command_back().unwrap().contains(action));
            PlanId::of(&event, &context, &steps, "s")
        };
        assert_ne!(put("s3:GetObject"), put("*"), "what takes it back differs");
    }
}
