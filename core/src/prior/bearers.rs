//! The holders of the policy, boundary or group that a call changes.

use super::address::{Address, Thing, fold, policy};
use super::given::Given;
use super::known::Prior;
use super::memo::ReachMemo;
use super::missing::Missing;
use super::reader::Reader;
use super::write::is_default;
use super::{Moment, Registers};
use crate::event::Event;
use crate::iam::catalogue::IAM;
use crate::iam::entity::EntityId;
use crate::iam::kind::EntityKind;

/// Most identities whose other policies are read beside the one of an event. The latest that were given it come
/// first.
pub(super) const BESIDE_MAX: usize = 40;

/// A policy, boundary or group that a call changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The policy or group.
    at: Address,
    /// ARN of the policy in lower case. Empty for a group.
    arn: String,
}

/// The holders of a changed policy, boundary or group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bearers {
    /// Wanted bearers, unless it was certainly taken from them.
    pub found: Vec<EntityId>,
    /// There were more than are kept, so any of them may bear it.
    pub cut: bool,
}

impl Shared {
    /// The policy, boundary or group that a successful call of IAM changes, if any.
    pub(super) fn of(event: &Event) -> Option<Self> {
        let (account, call) = (event.account()?, event.name()?);
        let changes = event.event_source() == Some(IAM);
        match call {
            _ if !changes => None,
            "CreatePolicyVersion" if !is_default(event) => None,
            "CreatePolicyVersion" | "SetDefaultPolicyVersion" => {
                let arn = event.parameter("policyArn")?;
                Some(Self { at: policy(account, arn)?, arn: fold(arn) })
            }
            "PutGroupPolicy" | "DeleteGroupPolicy" | "AttachGroupPolicy" | "DetachGroupPolicy" => {
                let group = event.parameter("groupName")?;
                let at = Address::of_entity(account, EntityKind::Group, group);
                Some(Self { at, arn: String::new() })
            }
            _ => None,
        }
    }

    /// The attachments of the policy to its bearers, the latest first, and whether there are more. Empty for a group.
    pub(super) fn bearers(&self, reader: &mut Reader<'_>) -> (Vec<Given>, bool) {
        let listed = match self.arn.is_empty() {
            true => None,
            false => reader.listed(self.at.of(Thing::Bearers)),
        };
        let (listed, full) = listed.unwrap_or_default();
        let attached = |entity| self.at.of_other(entity).named(Thing::Attached, &self.arn);
        let given = listed.into_iter().rev().map(|entity| Given { at: attached(entity) });
        let mut bear = |given: &Given| !reader.lacks(&given.at);
        let mut bearing: Vec<Given> = given.filter(&mut bear).take(BESIDE_MAX + 1).collect();
        let more = bearing.len() > BESIDE_MAX;
        bearing.truncate(BESIDE_MAX);
        (bearing, more || full)
    }
}

impl Bearers {
    /// Its holders, limited to those that `wanted` accepts.
    ///
    /// # Errors
    /// The registers that must be read first.
    pub fn of(
        shared: &Shared,
        wanted: impl Fn(&EntityId) -> bool,
        moment: Moment<'_>,
        registers: &Registers,
    ) -> Result<Self, Missing> {
        let memo = ReachMemo::default();
        let mut reader = Reader::new(moment, registers, &memo);
        let mut bearers = Self::default();
        if shared.at.is(EntityKind::Group) {
            bearers.members(&shared.at, &wanted, &mut reader);
            return reader.finish(bearers);
        }
        let listed = reader.listed(shared.at.of(Thing::Bearers));
        let (listed, full) = listed.unwrap_or_default();
        bearers.cut |= full;
        for entity in listed {
            let at = shared.at.of_other(entity);
            let Some(id) = at.id() else { continue };
            let (is_group, is_wanted) = (at.is(EntityKind::Group), wanted(&id));
            if (!is_group && !is_wanted) || !bears(&mut reader, &at, &shared.arn) {
                continue;
            }
            if is_wanted {
                bearers.found.push(id);
            }
            if is_group {
                bearers.members(&at, &wanted, &mut reader);
            }
        }
        reader.finish(bearers)
    }

    fn members(
        &mut self,
        group: &Address,
        wanted: &impl Fn(&EntityId) -> bool,
        reader: &mut Reader<'_>,
    ) {
        let (listed, full) = reader.listed_by_all_names(group, Thing::Members).unwrap_or_default();
        self.cut |= full;
        for entity in listed {
            let at = group.of_other(entity).named(Thing::Member, group.name());
            let Some(id) = at.id() else { continue };
            let bears = wanted(&id) && !reader.lacks(&at);
            if bears && !self.found.contains(&id) {
                self.found.push(id);
            }
        }
    }
}

/// Does it still have the policy, or is it bounded by it?
fn bears(reader: &mut Reader<'_>, at: &Address, arn: &str) -> bool {
    let attached = !reader.lacks(&at.named(Thing::Attached, arn));
    let boundary = reader.value(&at.of(Thing::Boundary));
    let bounds = boundary.iter().flat_map(Prior::possible).any(|bound| fold(bound) == arn);
    bounds || attached
}
