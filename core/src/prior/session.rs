//! Who opened the session that makes a call, by earlier events.

use jiff::Timestamp;

use super::address::{Address, Thing};
use super::answer::Registers;
use super::ask::Ask;
use super::missing::Missing;
use super::register::Moment;
use super::{Prior, Value, answer};
use crate::event::{CallOutcome, Event, Principal, issuer};
use crate::iam::arn::Arn;
use crate::iam::kind::EntityKind;
use crate::iam::policy::{Naming, PolicyDocument};

/// In place of who opened it: SAML did.
const SAML: &str = "saml";
/// Before the words for who opened a session of root.
const ROOT: &str = "root ";

/// The session that makes a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The issuer of its access key.
    key: Option<Ask>,
    /// The trust policy of its role.
    trust: Option<Ask>,
    /// When it was opened, which AWS says of every session of a role: what the trust policy said then is what let it
    /// in, and not what was put there since.
    opened: Option<Timestamp>,
    account: String,
}

/// The known facts about a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionBefore {
    /// SAML opened it: its provider named it.
    pub by_saml: bool,
    /// Its `sourceIdentity` is the own name of the one who set it.
    pub own_name: bool,
    /// Who opened a session of `AssumeRoot`, in words for people.
    pub opener: Option<String>,
}

impl Session {
    /// The session behind this call: of a role of the account, or of `AssumeRoot`. Roles that AWS manages need no
    /// lookup.
    #[must_use]
    pub fn of(event: &Event, principal: &Principal) -> Option<Self> {
        let account = event.account()?;
        let role = issuer(event)
            .and_then(Arn::parse)
            .filter(|arn| arn.account == account && arn.aws_role().is_none())
            .and_then(|arn| arn.name_in_iam(EntityKind::Role));
        let named = principal.session_name.is_some() || principal.source_identity.is_some();
        let role = role.filter(|_| named);
        if role.is_none() && principal.assumed_root.is_none() {
            return None;
        }
        let key = principal.access_key_id.as_deref().map(|id| issued(account, id));
        let trust =
            role.map(|role| Address::of_entity(account, EntityKind::Role, role).of(Thing::Trust));
        let created = "detail.userIdentity.sessionContext.attributes.creationDate";
        let opened = event.text(created).and_then(|text| text.parse().ok());
        Some(Self {
            key: key.map(Ask::Value),
            trust: trust.map(Ask::Value),
            opened,
            account: account.to_owned(),
        })
    }

    /// The known facts about it before this moment.
    pub(super) fn before(
        &self,
        moment: Moment<'_>,
        registers: &Registers,
    ) -> Result<SessionBefore, Missing> {
        let mut missing = Missing::default();
        let opened = Moment { at: self.opened.unwrap_or(moment.at).min(moment.at), ..moment };
        let mut ask = |ask: &Option<Ask>, moment: Moment<'_>| {
            let ask = ask.as_ref()?;
            match answer(ask, moment, registers) {
                Ok(prior) => Some(prior),
                Err(address) => {
                    let Missing { needed, ahead } = ask.first(address, registers);
                    missing.needed.extend(needed);
                    missing.ahead.extend(ahead);
                    None
                }
            }
        };
        let (issued, trust) = (ask(&self.key, moment), ask(&self.trust, opened));
        if missing != Missing::default() {
            return Err(missing);
        }
        let document = trust.as_ref().and_then(Prior::present).and_then(PolicyDocument::parse);
        // A key is issued once: it does not matter that its first call came in the same second.
        let issued = issued.as_ref().and_then(|by| by.possible().first());
        let issued = issued.map(String::as_str);
        let naming =
            document.map(|document| Naming::of(&document, &self.account)).unwrap_or_default();
        Ok(SessionBefore {
            by_saml: naming.by_saml || issued == Some(SAML),
            own_name: naming.own_name,
            opener: issued.and_then(|by| by.strip_prefix(ROOT)).map(str::to_owned),
        })
    }
}

/// The register of an access key's issuer.
fn issued(account: &str, access_key: &str) -> Address {
    Address::kept(account, format!("credential {access_key}")).of(Thing::Session)
}

/// Does the call open a session whose access key identifies the person behind it?
#[must_use]
pub fn opens_session(event: &Event, outcome: CallOutcome) -> bool {
    event.event_source() == Some("sts.amazonaws.com")
        && matches!(event.name(), Some("AssumeRoleWithSAML" | "AssumeRoot"))
        && outcome == CallOutcome::Success
}

/// The write about the access key of a session that the event opens.
pub(super) fn writes(
    event: &Event,
    (caller, outcome): (&Principal, CallOutcome),
) -> Option<(Address, Value)> {
    let key = event.answer("credentials.accessKeyId")?;
    let account = event.account().filter(|_| opens_session(event, outcome))?;
    if event.name() == Some("AssumeRoleWithSAML") {
        return Some((issued(account, key), Value::of(SAML)));
    }
    let target = event.parameter("targetPrincipal")?;
    let target = Arn::parse(target).map_or(target, |arn| arn.account);
    let opener = caller.subject();
    Some((issued(target, key), Value::Present(format!("{ROOT}{opener}"))))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value as Json, json};

    use super::*;
    use crate::event::call_outcome;
    use crate::prior::{Inquiry, Questions, Register};

    /// How often registers are read for an event of which none is known.
    fn rounds(event: &Json) -> usize {
        let event = Event::parse(&event.to_string()).unwrap();
        let questions = Questions::of(&event, call_outcome(&event), &Principal::of(&event));
        let (mut registers, mut rounds) = (Registers::new(), 0);
        let id = event.identity();
        let moment = Moment { at: event.time().unwrap(), event_id: &id };
        let mut inquiry = Inquiry::new(&questions, None);
        loop {
            let missing = inquiry.ask(moment, &registers, &BTreeSet::new(), |_| false);
            if missing.is_empty() {
                return rounds;
            }
            rounds += 1;
            registers.extend(missing.into_iter().map(|at| (at, Register::default())));
        }
    }

    #[test]
    fn all_that_is_asked_of_a_session_is_read_at_once() {
        let role = "arn:aws:iam::111122223333:role/ci/builder";
        let event = json!({"eventSource": "s3.amazonaws.com", "eventName": "PutBucketPolicy",
            "recipientAccountId": "111122223333", "eventTime": "2026-11-24T12:00:00Z",
            "userIdentity": {"type": "AssumedRole", "accessKeyId": "ASIA0SESSION", "accountId": "111122223333",
                "arn": "arn:aws:sts::111122223333:assumed-role/builder/run-1",
                "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role}}}});
        assert_eq!(rounds(&event), 1);
    }
}
