//! The roles that things go on wearing, and whether it is news that somebody gives them work.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::address::Address;
use super::answer::{read, value};
use super::handed::{BEARERS_OF_POLICY_MAX, Bearer, Habits, List, OfKind, Worn, WornOn, list_of};
use super::index::Those;
use super::known::Prior;
use super::reader::Reader;
use super::{Moment, Register, Value, Write};
use crate::iam::catalogue;

/// Most things that a caller named before whose roles at that time are looked up: the latest.
const NAMED_MAX: usize = 16;
/// Most other things whose roles one wears that are looked at: the latest.
const OTHERS_MAX: usize = 16;
/// Longest chain of things of which each wears the roles of the next.
const HOPS_MAX: usize = 3;

impl Reader<'_> {
    /// The roles that things wear, each once, and whether there may be more. If a thing's roles are unknown: all
    /// roles that things of its kind may wear and that are known as administrators', or may assume such.
    pub(super) fn roles_worn(&mut self, worn: &Worn) -> (BTreeSet<String>, bool) {
        let (mut found, mut cut) = (BTreeSet::new(), false);
        let answered = !worn.answered.is_empty();
        for on in &worn.on {
            let Some(kept) = self.value(&on.thing) else { continue };
            let older = is_older(on, &kept, answered);
            if let Some(list) = counted(on, &kept, answered) {
                let counting = self.counting(list, older, 0).unwrap_or_default();
                // Harmless roles may have taken the place of others.
                cut |= counting.full;
                found.extend(counting.roles);
            }
            found.extend(roles_in(kept.possible()).map(str::to_owned));
        }
        (found, cut)
    }

    /// The roles of a list that count, with those of other things whose roles it wears. In a thing's own list all
    /// roles count, in a list of a kind only powerful ones. `older`: nobody saw the thing made, and its role is
    /// unknown.
    fn counting(&mut self, list: &List<Address>, older: bool, hops: usize) -> Option<Counting> {
        let register = self.need(read(list.at.clone(), self.registers))?;
        let (_, full) = register.listed();
        // The event's own additions were not there before.
        let own = |write: &&Write| write.event_id == self.moment.event_id && write.joined.is_none();
        let listed = register.writes().iter().filter(|write| !own(write)).filter_map(|write| {
            match &write.value {
                Value::Listed(text) => Some(text.as_str()),
                Value::Absent | Value::Present(_) | Value::Unsaid => None,
            }
        });
        let (others, roles): (Vec<&str>, Vec<&str>) =
            listed.partition(|text| OfKind::is_kept(text));
        let mut counting = Counting { full, ..Counting::default() };
        counting.full |= others.len() > OTHERS_MAX || (hops >= HOPS_MAX && !others.is_empty());
        let mut joined: BTreeSet<String> = match list.own {
            true => roles.into_iter().map(str::to_owned).collect(),
            false => self.powerful(roles).into_iter().collect(),
        };
        counting.roles = joined.clone();
        if older && (!list.own || (joined.is_empty() && others.is_empty())) {
            // It may wear any that lets its kind.
            let kind = OfKind::of(list.at.entity()).map(|of_kind| of_kind.kind);
            for service in kind.into_iter().flat_map(catalogue::services_that_wear) {
                let letting = self.letting_in(&list.at.account, service);
                let roles = letting.roles.into_iter().map(|role| Bearer::Identity(role).text());
                counting.join(Counting {
                    roles: roles.collect(),
                    since: letting.since,
                    full: letting.cut,
                    guessed: true,
                });
            }
            counting.guessed = list.own;
        }
        for other in others.into_iter().rev().take(OTHERS_MAX).filter(|_| hops < HOPS_MAX) {
            let thing = list.at.of_other(other);
            let Some(of_other) = self.worn_by_other(&thing, hops + 1) else { continue };
            if !of_other.roles.is_empty() {
                joined.insert(other.to_owned());
            }
            counting.join(of_other);
        }
        // A full list has dropped its oldest entries. They joined before the oldest entry left was given.
        let left = register.writes().first().filter(|_| full).map(|oldest| oldest.at);
        counting.since = counting.since.max(register.joined(&joined)).max(left);
        Some(counting)
    }

    /// The roles of a thing whose roles another wears, too.
    fn worn_by_other(&mut self, thing: &Address, hops: usize) -> Option<Counting> {
        let kept = self.value(thing);
        let register = self.need(read(thing.clone(), self.registers));
        let of_kind = OfKind::of(thing.entity());
        let list = of_kind.and_then(|of_kind| list_of(of_kind, thing.entity()));
        let list = list.map(|list| list.standing(|entity| thing.of_other(entity)));
        let (kept, register) = (kept?, register?);
        let mut found = Counting {
            roles: roles_in(kept.possible()).map(str::to_owned).collect(),
            since: self.first_of_the_same(register),
            ..Counting::default()
        };
        // If a role of the other thing is unknown, its list is looked up when somebody gives that thing work.
        let known = |list: &List<Address>| (is_unknown(&kept) || list.beside) && !list.by_trust;
        if let Some(list) = list.filter(known) {
            found.join(self.counting(&list, false, hops).unwrap_or_default());
        }
        Some(found)
    }

    /// Time of the first of the last writes, which all say the same.
    fn first_of_the_same(&self, register: &Register) -> Option<Timestamp> {
        let mut before = register.writes().iter().rev().filter(|write| self.is_before(write));
        let last = before.next()?;
        Some(before.take_while(|write| write.value == last.value).last().unwrap_or(last).at)
    }

    /// The roles among these that were ever an administrator's, may wear others, hand them to services, or belong to
    /// machines that run containers of such roles.
    fn powerful(&mut self, roles: Vec<&str>) -> Vec<String> {
        let mut known = BTreeMap::new();
        let (mut found, mut passing) = (Vec::new(), Vec::new());
        for text in roles {
            let Some((_, bearer)) = Bearer::of(text) else { continue };
            let Some((role, _)) = self.borne(&bearer) else { continue };
            let account = role.account.clone();
            let (powers, passers) = known.entry(account).or_insert_with_key(|account| {
                let powers =
                    [Those::Administrate, Those::Wear].map(|those| self.those(account, those));
                // Many things pass roles, mostly roles that are not administrators'.
                let mut passing = self.those(account, Those::Pass).0;
                if !self.contained(account).roles.is_empty() {
                    passing.extend(self.those(account, Those::Host).0);
                }
                (powers, passing)
            });
            if powers.iter().any(|(roles, cut)| *cut || roles.contains(&role)) {
                found.push(text.to_owned());
            } else if passers.contains(&role) {
                passing.push(text.to_owned());
            }
        }
        let room = BEARERS_OF_POLICY_MAX.saturating_sub(found.len());
        found.extend(passing.into_iter().take(room));
        found
    }

    /// Has the caller changed each thing that wears a role, or given it its role, since the thing got its roles and the
    /// roles got their rights?
    pub(super) fn worn_on(&mut self, worn: &Worn) -> bool {
        // All are looked at, so that what is missing is fetched together.
        let answered = !worn.answered.is_empty();
        worn.on.iter().map(|on| self.is_worn_on(on, answered)).fold(true, |all, again| all & again)
    }

    fn is_worn_on(&mut self, on: &WornOn, answered: bool) -> bool {
        let kept = self.value(&on.thing);
        let at = |act: &Prior| match act {
            Prior::Present { source, .. } => Some(source.at),
            Prior::Absent { .. } | Prior::Unknown { .. } => None,
        };
        let by = on.by.iter().filter_map(|by| self.value(by)).max_by_key(at);
        let register = self.need(read(on.thing.clone(), self.registers));
        let (Some(kept), Some(register)) = (kept, register) else { return false };
        let unknown = is_unknown(&kept);
        let list = counted(on, &kept, answered);
        let of_list = list.map(|list| {
            let by = by.as_ref().filter(|_| unknown && !list.beside);
            // A thing named by the answer is news if only the list gives its roles.
            let news = answered && !list.beside;
            let older = is_older(on, &kept, answered);
            let Some(counting) = self.counting(list, older, 0) else { return false };
            let of_kind = on.of_kind.iter().filter(|_| older && counting.guessed);
            // Both are looked at, so that what is missing is fetched together.
            let habits = on.habits.iter().chain(of_kind);
            habits
                .map(|habits| self.is_habit(&list.at, &counting, habits, by, news))
                .fold(false, |any, one| any | one)
        });
        if kept.is_absent() {
            return of_list.unwrap_or(true);
        }
        let Some(roles) = kept.present() else {
            // A thing without a known role adds none to what others wear, unless the answer says which it has.
            let news = answered && list.is_none_or(|list| list.beside);
            return unknown && !news && of_list.unwrap_or(true);
        };
        let Some(Prior::Present { source, .. }) = by else { return false };
        let before = register.writes().iter().rev().filter(|write| self.is_before(write));
        let same = |write: &&Write| matches!(&write.value, Value::Present(text) if text == roles);
        let given = before.take_while(same).last().is_some_and(|first| source.at >= first.at);
        given && self.is_since(source.at) && of_list.unwrap_or(true)
    }

    /// Has the caller used something that wears a role of the list before, after the last role joined the list and
    /// with all their rights unchanged? `by`: when he used this very thing, if its role is unknown. `news`: the
    /// answer names a role where the list may hold none.
    fn is_habit(
        &mut self,
        list: &Address,
        counting: &Counting,
        habits: &Habits,
        by: Option<&Prior>,
        news: bool,
    ) -> bool {
        if counting.roles.is_empty() && !counting.full && !news {
            return true;
        }
        let used = self.value(&habits.all);
        let given = self.need(read(habits.given.clone(), self.registers));
        let named = self.need(read(habits.some.clone(), self.registers));
        let (Some(used), Some(given), Some(named)) = (used, given, named) else { return false };
        let counts =
            |at: Timestamp| counting.since.is_none_or(|since| at >= since) && self.is_since(at);
        let mut acts = [by, Some(&used)].into_iter().flatten().filter_map(|act| match act {
            Prior::Present { source, .. } => Some(source.at),
            Prior::Absent { .. } | Prior::Unknown { .. } => None,
        });
        if acts.any(counts) {
            return true;
        }
        // One who gave a role himself raised an alert by that.
        let gifts =
            given.writes().iter().filter(|one| self.is_before(one) && self.is_since(one.at));
        let gifts = gifts.filter_map(|gift| match &gift.value {
            Value::Present(roles) => Some(roles),
            Value::Absent | Value::Unsaid | Value::Listed(_) => None,
        });
        let by_himself: BTreeSet<&str> = gifts.flat_map(|roles| roles.lines()).collect();
        let some = !counting.full && !counting.roles.is_empty();
        if some && counting.roles.iter().all(|role| by_himself.contains(role.as_str())) {
            return true;
        }
        if habits.selects {
            return false;
        }
        let latest = named.writes().iter().rev().filter(|one| self.is_before(one)).take(NAMED_MAX);
        let latest: Vec<&Write> = latest.filter(|one| counts(one.at)).collect();
        // All are looked at, so that what is missing is fetched together.
        latest.into_iter().map(|one| self.was_any(list, one)).fold(false, |any, one| any | one)
    }

    /// Was the role of a thing unknown when a caller named it? Then the use counted as any of its kind.
    fn was_any(&mut self, list: &Address, named: &Write) -> bool {
        let Value::Listed(name) = &named.value else { return false };
        let thing = list.of_other(name);
        let moment = Moment { at: named.at, event_id: &named.event_id };
        let known = self.need(value(&thing, moment, self.registers, 0));
        let register = self.need(read(thing, self.registers));
        let (Some(known), Some(register)) = (known, register) else { return false };
        // A thing with several roles has each in its list.
        let given = |write: &Write| write.at <= named.at && matches!(write.value, Value::Listed(_));
        is_unknown(&known) && !register.writes().iter().any(given)
    }
}

/// The list that counts for a thing of which this is kept.
fn counted<'w>(on: &'w WornOn, kept: &Prior, answered: bool) -> Option<&'w List<Address>> {
    let list = on.list.as_ref()?;
    let settled = list.by_trust && answered;
    ((is_unknown(kept) || list.beside) && !settled).then_some(list)
}

/// Did nobody see the thing made, nor says anything which role it has?
fn is_older(on: &WornOn, kept: &Prior, answered: bool) -> bool {
    is_unknown(kept) && !answered && !on.is_new
}

/// Is it unknown whether the thing wears a role?
fn is_unknown(kept: &Prior) -> bool {
    kept.possible().is_empty() && !kept.is_absent()
}

/// The roles of stored values.
fn roles_in(values: &[String]) -> impl Iterator<Item = &str> {
    values.iter().flat_map(|roles| roles.lines())
}

/// The roles that count.
#[derive(Debug, Default)]
struct Counting {
    roles: BTreeSet<String>,
    /// When the last of them joined.
    since: Option<Timestamp>,
    /// There may have been more.
    full: bool,
    /// The thing's own list is empty: these are the roles that let its kind wear them.
    guessed: bool,
}

impl Counting {
    fn join(&mut self, other: Self) {
        if !other.roles.is_empty() {
            self.since = self.since.max(other.since);
        }
        self.roles.extend(other.roles);
        self.full |= other.full;
    }
}
