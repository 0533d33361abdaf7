//! Reading of many registers for one answer.

use indexmap::IndexSet;
use jiff::Timestamp;

use super::address::{Address, Thing, policy};
use super::answer::{self, FIRST_VERSION, RENAMES_MAX, in_force, value};
use super::handed::{Bearer, Gift};
use super::holdings::{Boundary, Holdings};
use super::index::group_of;
use super::known::{Prior, Why};
use super::memo::ReachMemo;
use super::missing::Missing;
use super::{Ask, Handed, LISTED_MAX, Moment, Register, Registers, Value, Write};
use crate::iam::kind::EntityKind;

/// Most things of one user, role or group looked at: the latest that it has.
const THINGS_MAX: usize = 40;
/// Most groups of one user looked at, as many as IAM allows.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const GROUPS_MAX: usize = 10;

/// Reads registers, and notes those that are missing so that they are fetched together.
pub(super) struct Reader<'r> {
    pub(super) moment: Moment<'r>,
    pub(super) registers: &'r Registers,
    missing: Missing,
    /// Groups of a user looked at.
    groups: usize,
    /// Time of the last change in the registers that were read: since then nobody got, or lost, anything.
    changed: Option<Timestamp>,
    pub(super) reached: &'r ReachMemo,
}

impl<'r> Reader<'r> {
    pub(super) fn new(
        moment: Moment<'r>,
        registers: &'r Registers,
        reached: &'r ReachMemo,
    ) -> Self {
        let missing = Missing::default();
        Self { moment, registers, missing, groups: 0, changed: None, reached }
    }

    /// Was every register there so far?
    pub(super) fn is_whole(&self) -> bool {
        self.missing.needed.is_empty()
    }

    /// The things of a list, and whether it may have lost older things.
    pub(super) fn listed(&mut self, list: Address) -> Option<(Vec<&'r str>, bool)> {
        let (things, full) = self.need(answer::read(list, self.registers))?.listed();
        Some((things.collect(), full))
    }

    pub(super) fn need<T>(&mut self, found: Result<T, Address>) -> Option<T> {
        found.map_err(|address| self.missing.needed.insert(address)).ok()
    }

    /// Has a register read at the same time as what is missing.
    pub(super) fn ahead(&mut self, address: Address) {
        if !self.registers.contains_key(&address) {
            self.missing.ahead.insert(address);
        }
    }

    pub(super) fn value(&mut self, address: &Address) -> Option<Prior> {
        // Read at the same time as the life of the entity, which decides what it means.
        self.need(answer::read(address.clone(), self.registers));
        self.omissions_ahead(address);
        self.need(value(address, self.moment, self.registers, 0))
    }

    /// Has the calls read that may have written a thing without saying so.
    fn omissions_ahead(&mut self, address: &Address) {
        if let Some(calls) = address.omitting() {
            self.ahead(calls);
        }
    }

    /// Is it certainly absent?
    pub(super) fn lacks(&mut self, address: &Address) -> bool {
        self.value(address).as_ref().is_some_and(Prior::is_absent)
    }

    /// A register of somebody's rights. Notes the time of its last change.
    pub(super) fn holding(&mut self, address: &Address) -> Option<Prior> {
        let register = self.need(answer::read(address.clone(), self.registers));
        let since = register.and_then(|register| self.unchanged_since(register));
        self.changed = self.changed.max(since);
        self.value(address)
    }

    /// Time of the first of the last writes, which all say the same.
    fn unchanged_since(&self, register: &Register) -> Option<Timestamp> {
        let known =
            |write: &&Write| write.at <= self.moment.at && write.event_id != self.moment.event_id;
        let mut before = register.writes().iter().rev().filter(known);
        let last = before.next()?;
        Some(before.take_while(|write| write.value == last.value).last().unwrap_or(last).at)
    }

    /// Was this time after the last change of the rights that were read?
    pub(super) fn is_since(&self, at: Timestamp) -> bool {
        self.changed.is_none_or(|changed| at >= changed)
    }

    /// The result, if no register was missing.
    pub(super) fn finish<T>(self, found: T) -> Result<T, Missing> {
        if self.is_whole() { Ok(found) } else { Err(self.missing) }
    }

    /// What a call hands over, plus what its named document hands over, or plus the roles that things keep.
    pub(super) fn shown(&mut self, handed: &Handed) -> Handed {
        if let Some(worn) = handed.worn.as_ref().filter(|worn| worn.goes_on()) {
            let (roles, cut) = self.roles_worn(worn);
            let by_answer = worn.answered.iter().filter(|_| roles.is_empty()).cloned();
            let by_kept = handed.clone().by_kept(&roles, cut);
            return by_kept.with(by_answer);
        }
        let Some(ask) = &handed.document else { return handed.clone() };
        let (Ask::Value(policy) | Ask::InForce(policy)) = ask;
        let found = self.need(answer::answer(ask, self.moment, self.registers));
        let documents: Vec<String> = found.iter().flat_map(Prior::possible).cloned().collect();
        handed.clone().by_documents(&policy.account, &documents)
    }

    pub(super) fn is_before(&self, write: &Write) -> bool {
        write.at < self.moment.at && write.event_id != self.moment.event_id
    }

    /// Was the thing last given the same roles at the same places, and once by the same caller?
    pub(super) fn given(&mut self, thing: &Address, gift: &Gift) -> bool {
        let last = self.value(thing);
        let Some(Prior::Present { value, .. }) = last else { return false };
        let places = |kept: &Gift| kept.places == gift.places;
        if !Gift::kept(&Value::Present(value)).as_ref().is_some_and(places) {
            return false;
        }
        let register = self.need(answer::read(thing.clone(), self.registers));
        let writes = register.into_iter().flat_map(|it| it.writes());
        let mut writes = writes.filter(|write| self.is_before(write));
        writes
            .any(|write| Gift::kept(&write.value).as_ref() == Some(gift) && self.is_since(write.at))
    }

    /// Did the caller do the same before, after the last change of the handed-over rights?
    pub(super) fn usual(&mut self, habit: &Address) -> bool {
        match self.value(habit) {
            Some(Prior::Present { source, .. }) => self.is_since(source.at),
            _ => false,
        }
    }

    pub(super) fn bearer(&mut self, bearer: &Bearer) -> Holdings {
        let Some((identity, doubt)) = self.borne(bearer) else { return Holdings::default() };
        let held = self.identity(&identity);
        match doubt {
            Some(why) => Holdings { doubt: Some(why), boundary: None, ..held },
            None => held,
        }
    }

    /// The role or group itself, and why it may be another. `None` if there is none.
    pub(super) fn borne(&mut self, bearer: &Bearer) -> Option<(Address, Option<Why>)> {
        let profile = match bearer {
            Bearer::Identity(identity) => return Some((identity.clone(), None)),
            Bearer::Profile(profile) => profile,
        };
        let role_of = |name: &str| Address::of_entity(&profile.account, EntityKind::Role, name);
        // The console names a profile as its role, and nearly everybody does.
        let Some(role) = self.holding(&profile.of(Thing::Role)) else {
            // Until that is read nothing is answered; the role's holdings are asked for at the same time.
            return Some((role_of(profile.name()), None));
        };
        match &role {
            Prior::Present { value, .. } => Some((role_of(value), None)),
            Prior::Absent { .. } => None,
            Prior::Unknown { why, possible } => {
                Some((role_of(possible.first().map_or(profile.name(), String::as_str)), Some(*why)))
            }
        }
    }

    pub(super) fn identity(&mut self, identity: &Address) -> Holdings {
        let mut holdings = Holdings::default();
        // First, so that it is read at the same time as the list.
        let boundary = self.boundary(identity);
        self.omissions_ahead(&identity.of(Thing::Inline));
        let Some(things) = self.things(identity, &mut holdings) else { return holdings };
        things.iter().for_each(|thing| self.thing(identity, thing, &mut holdings));
        holdings.boundary = boundary;
        holdings
    }

    pub(super) fn thing(&mut self, identity: &Address, thing: &str, holdings: &mut Holdings) {
        let at = identity.of_kept(thing);
        // Which version counts, and the first one, are read at the same time as whether the policy is attached.
        let attached = match at.thing() {
            Some((Thing::Attached, arn)) => policy(&identity.account, arn),
            _ => None,
        };
        if let Some(policy) = attached {
            let first = policy.named(Thing::Version, FIRST_VERSION);
            for one in [policy.of(Thing::Default), policy.life(), first] {
                self.ahead(one);
            }
        }
        let Some(found) = self.holding(&at) else { return };
        let certain = found.present().is_some();
        match at.thing() {
            Some((Thing::Attached, _)) if found.possible().is_empty() => {
                holdings.doubt(found.why());
            }
            Some((Thing::Member, _)) if found.possible().is_empty() && !self.joined(&at) => {
                holdings.doubt(found.why());
            }
            Some((Thing::Attached, arn)) => self.attached(identity, arn, certain, holdings),
            Some((Thing::Member, _)) if self.groups >= GROUPS_MAX => holdings.cut = true,
            Some((Thing::Member, group)) => {
                self.groups += 1;
                let shared = self.group(&group_of(identity, group));
                holdings.share(shared, certain);
                holdings.doubt(found.why());
            }
            _ => holdings.add(&found, true),
        }
    }

    /// Did the last write of a place in a group, under this name of the group, give it? After a rename of the group
    /// more is unknown.
    fn joined(&mut self, place: &Address) -> bool {
        let places = self.need(answer::read(place.clone(), self.registers));
        let last = places.and_then(|places| places.last_until(self.moment));
        last.is_some_and(|last| matches!(last.value, Value::Present(_)))
    }

    /// A group with a member is not deleted, but renamed: what it held then.
    fn group(&mut self, group: &Address) -> Holdings {
        let now = self.moment;
        let life = self.need(answer::read(group.life(), self.registers));
        if let Some(end) =
            life.and_then(|life| life.life(now)).filter(|end| end.value == Value::Absent)
        {
            self.moment = Moment { at: end.at, event_id: &end.event_id };
        }
        let held = self.identity(group);
        self.moment = now;
        held
    }

    pub(super) fn attached(
        &mut self,
        identity: &Address,
        arn: &str,
        certain: bool,
        holdings: &mut Holdings,
    ) {
        let Some(policy) = policy(&identity.account, arn) else {
            holdings.managed.push(arn.to_owned());
            return;
        };
        if let Some(Prior::Present { value: id, .. }) = self.holding(&policy.of(Thing::Default)) {
            self.holding(&policy.named(Thing::Version, &id));
        }
        if let Some(found) = self.need(in_force(&policy, self.moment, self.registers)) {
            holdings.add(&found, certain);
            // An attached policy always has a document in force.
            if found.possible().is_empty() {
                holdings.doubt(Some(found.why().unwrap_or(Why::Unseen)));
            }
        }
    }

    /// Everything it was ever given, also under its former names, and the reasons why the list may be incomplete.
    /// `None` if a register is missing.
    pub(super) fn things(
        &mut self,
        identity: &Address,
        holdings: &mut Holdings,
    ) -> Option<Vec<String>> {
        let listed = self.listed_by_all_names(identity, Thing::List);
        let (names, born) = self.names(identity)?;
        let (listed, full) = listed?;
        // The latest first, each once.
        let mut things: IndexSet<&str> = listed.into_iter().rev().collect();
        holdings.cut |= full || (born.is_none() && names.len() > RENAMES_MAX);
        let mut whole = false;
        if let (Some(first), Some(born)) = (names.last(), born) {
            whole = true;
            self.omitted(first, born, holdings);
        }
        // A list from before lists were kept whole has no such mark.
        whole &= things.shift_remove("");
        if !whole {
            holdings.doubt(Some(Why::Unseen));
        }
        // Things taken away again must not crowd out things that are still there.
        if things.len() > THINGS_MAX {
            holdings.cut |= things.len() > LISTED_MAX;
            things.truncate(LISTED_MAX);
            things.retain(|thing| !self.lacks(&identity.of_kept(*thing)));
        }
        holdings.cut |= things.len() > THINGS_MAX;
        Some(things.into_iter().take(THINGS_MAX).map(str::to_owned).collect())
    }

    /// The names that an identity bore until now, the latest first, and when it was made by the last of them, if
    /// events or a seed say so. `None` if a register is missing.
    fn names(&mut self, identity: &Address) -> Option<(Vec<Address>, Option<Timestamp>)> {
        let (mut entity, mut moment) = (identity.life(), self.moment);
        let mut names = Vec::new();
        while names.len() <= RENAMES_MAX {
            names.push(entity.clone());
            let life = self.need(answer::read(entity.clone(), self.registers))?;
            let Some(birth) = life.life(moment) else { break };
            match &birth.value {
                Value::Present(former) if !former.is_empty() => {
                    entity = entity.of_other(former);
                    moment = Moment { at: birth.at, event_id: &birth.event_id };
                }
                Value::Present(_) => return Some((names, Some(birth.at))),
                Value::Absent | Value::Unsaid | Value::Listed(_) => break,
            }
        }
        Some((names, None))
    }

    /// A list of an identity, joined with the lists of its former names, and whether one of them may have lost older
    /// things.
    pub(super) fn listed_by_all_names(
        &mut self,
        identity: &Address,
        list: Thing,
    ) -> Option<(Vec<&'r str>, bool)> {
        // Asked for together with its life.
        self.listed(identity.of(list));
        let (mut all, mut any_full) = (Vec::new(), false);
        for name in self.names(identity)?.0.iter().rev() {
            let (listed, full) = self.listed(name.of(list))?;
            all.extend(listed);
            any_full |= full;
        }
        Some((all, any_full))
    }

    /// A call whose parameters CloudTrail dropped may have put an inline policy.
    fn omitted(&mut self, entity: &Address, since: Timestamp, holdings: &mut Holdings) {
        let Some(calls) = entity.of(Thing::Inline).omitting() else { return };
        let read = answer::read(calls, self.registers);
        let last = self.need(read).and_then(|register| register.last_until(self.moment));
        if last.is_some_and(|write| write.at >= since) {
            holdings.doubt(Some(Why::Omitted));
        }
    }

    /// Its certain boundary. A group has none.
    pub(super) fn boundary(&mut self, identity: &Address) -> Option<Boundary> {
        if identity.is(EntityKind::Group) {
            return None;
        }
        let found = self.holding(&identity.of(Thing::Boundary))?;
        let arn = found.present()?;
        let Some(policy) = policy(&identity.account, arn) else {
            return Some(Boundary::Managed(arn.to_owned()));
        };
        let document = self.need(in_force(&policy, self.moment, self.registers))?;
        document.present().map(|text| Boundary::Document(text.to_owned()))
    }
}
