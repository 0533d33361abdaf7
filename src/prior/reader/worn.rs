//! The roles that things go on wearing, and whether it is news that somebody gives them work.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::super::address::Address;
use super::super::answer::{read, value};
use super::super::handed::{Bearer, Habits, Worn, WornOn};
use super::super::index::Those;
use super::super::known::Prior;
use super::super::{Moment, Value, Write};
use super::Reader;

/// Most things that a caller named before of which it is looked at whether anybody knew their roles: the latest.
const NAMED_MAX: usize = 16;

impl Reader<'_> {
    /// The roles that things wear, each once. Of those that nobody knows the roles of their kind that are known as
    /// administrators', or may wear such; and whether there may have been more.
    pub(super) fn roles_worn(&mut self, all: &[WornOn]) -> (BTreeSet<String>, bool) {
        let (mut found, mut cut) = (BTreeSet::new(), false);
        for on in all {
            let Some(kept) = self.value(&on.thing) else { continue };
            match &on.any {
                Some(any) if kept.possible().is_empty() && !kept.is_absent() => {
                    let (listed, full) = self.listed(any.clone()).unwrap_or_default();
                    // Harmless ones may have taken the place of others.
                    cut |= full;
                    // Of the thing itself all count, as of any that has one role.
                    match on.has_own_list() {
                        true => found.extend(listed.into_iter().map(str::to_owned)),
                        false => found.extend(self.powerful(listed)),
                    }
                }
                _ => found.extend(
                    kept.possible().iter().flat_map(|roles| roles.lines()).map(str::to_owned),
                ),
            }
        }
        (found, cut)
    }

    /// Those of these roles that were ever an administrator's, or may wear others.
    fn powerful(&mut self, roles: Vec<&str>) -> Vec<String> {
        let mut known = BTreeMap::new();
        let mut found = Vec::new();
        for text in roles {
            let Some((_, bearer)) = Bearer::of(text) else { continue };
            let Some((role, _)) = self.borne(&bearer) else { continue };
            let account = role.account.clone();
            let powers = known.entry(account).or_insert_with_key(|account| {
                [Those::Administrate, Those::Wear].map(|those| self.those(account, those))
            });
            if powers.iter().any(|(roles, cut)| *cut || roles.contains(&role)) {
                found.push(text.to_owned());
            }
        }
        found
    }

    /// Did the caller change already, or give its role to, each thing that wears any, since it has the roles that it
    /// has, and they the rights that were read?
    pub(in crate::prior) fn worn_on(&mut self, worn: &Worn) -> bool {
        // All are looked at, so that what is missing is fetched together.
        let answered = !worn.answered.is_empty();
        worn.on.iter().map(|on| self.is_worn_on(on, answered)).fold(true, |all, again| all & again)
    }

    fn is_worn_on(&mut self, on: &WornOn, answered: bool) -> bool {
        let kept = self.value(&on.thing);
        let by = on.by.as_ref().and_then(|by| self.value(by));
        let register = self.need(read(on.thing.clone(), self.registers));
        let (Some(kept), Some(register)) = (kept, register) else { return false };
        if kept.is_absent() {
            return true;
        }
        let Some(roles) = kept.present() else {
            if on.any.is_none() && kept.possible().is_empty() {
                // What nobody knows a role of adds none to what others wear, unless the answer says which it has.
                return !answered;
            }
            let any = on.any.as_ref().filter(|_| kept.possible().is_empty());
            let Some((any, habits)) = any.zip(on.habits.as_ref()) else { return false };
            return self.is_habit(any, on.has_own_list(), habits, by);
        };
        let Some(Prior::Present { source, .. }) = by else { return false };
        let before = register.writes().iter().rev().filter(|write| self.is_before(write));
        let same = |write: &&Write| matches!(&write.value, Value::Present(text) if text == roles);
        let given = before.take_while(same).last().is_some_and(|first| source.at >= first.at);
        given && self.is_since(source.at)
    }

    /// Had the caller to do before with whatever wears a role of the list that counts, since the last of them joined it
    /// and since nobody's rights changed? `by`: when he had to do with the very thing, of which nobody knows a role.
    fn is_habit(&mut self, list: &Address, all: bool, habits: &Habits, by: Option<Prior>) -> bool {
        let listed = self.listed(list.clone());
        let register = self.need(read(list.clone(), self.registers));
        let used = self.value(&habits.all);
        let given = self.need(read(habits.given.clone(), self.registers));
        let named = self.need(read(habits.some.clone(), self.registers));
        let (Some((listed, full)), Some(register)) = (listed, register) else { return false };
        let (Some(given), Some(named)) = (given, named) else { return false };
        let counting: BTreeSet<String> = match all {
            true => listed.into_iter().map(str::to_owned).collect(),
            false => self.powerful(listed).into_iter().collect(),
        };
        // Of those that made room nobody knows more than that they joined before the oldest that is left was given.
        let left = register.writes().first().filter(|_| full).map(|oldest| oldest.at);
        let joined = register.joined(&counting).max(left);
        let counts = |reader: &Self, at: Timestamp| {
            joined.is_none_or(|joined| at >= joined) && reader.is_since(at)
        };
        let acts = [by, used].into_iter().flatten();
        let mut acts = acts.filter_map(|act| match act {
            Prior::Present { source, .. } => Some(source.at),
            Prior::Absent { .. } | Prior::Unknown { .. } => None,
        });
        if acts.any(|at| counts(self, at)) {
            return true;
        }
        // Whoever gave a role himself was told of it then.
        let gifts =
            given.writes().iter().filter(|gift| self.is_before(gift) && self.is_since(gift.at));
        let by_himself: BTreeSet<&str> = gifts.flat_map(|gift| roles_in(&gift.value)).collect();
        if !full && counting.iter().all(|role| by_himself.contains(role.as_str())) {
            return true;
        }
        let latest = named.writes().iter().rev().filter(|one| self.is_before(one)).take(NAMED_MAX);
        let latest: Vec<&Write> = latest.filter(|one| counts(self, one.at)).collect();
        // All are looked at, so that what is missing is fetched together.
        latest.into_iter().map(|one| self.was_any(list, one)).fold(false, |any, one| any | one)
    }

    /// Did nobody know, when a caller named a thing, which role it wears? Then it counted as any of its kind.
    fn was_any(&mut self, list: &Address, named: &Write) -> bool {
        let Value::Listed(name) = &named.value else { return false };
        let thing = Address { entity: name.clone(), ..list.clone() };
        let moment = Moment { at: named.at, event_id: &named.event_id };
        let known = self.need(value(&thing, moment, self.registers, 0));
        known.is_some_and(|known| known.possible().is_empty() && !known.is_absent())
    }
}

/// The roles of a gift.
fn roles_in(gift: &Value) -> impl Iterator<Item = &str> {
    let text = match gift {
        Value::Present(text) => text.as_str(),
        Value::Absent | Value::Unsaid | Value::Listed(_) => "",
    };
    text.lines()
}
