//! What a call gives one identity: a policy, or a place in a group.

use super::holdings::{is_holding, is_identity};
use super::{Address, Value, policy, writes};
use crate::event::Event;

/// What a call gives, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The user, role or group.
    pub(super) identity: Address,
    /// What it is given, as its register is called.
    pub(super) thing: String,
}

impl Given {
    /// What a call gives, if anything. Of a call that did not succeed nothing, nor of one that attaches a policy
    /// of AWS: those are judged by their names, and no document of theirs is known that could be joined.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let of_iam = event.event_source() == Some("iam.amazonaws.com");
        if !of_iam || event.text("detail.errorCode").is_some() {
            return None;
        }
        let given = |(at, value): &(Address, Value)| {
            is_identity(at) && is_holding(&at.thing) && *value != Value::Absent
        };
        let (identity, _) = writes(event, None, false).into_iter().find(given)?;
        let thing = identity.thing.clone();
        let arn = thing.strip_prefix("attached ");
        let joins = arn.is_none_or(|arn| policy(&identity.account, arn).is_some());
        joins.then_some(Self { identity, thing })
    }
}
