//! What a call hands over.

use std::collections::BTreeSet;

use super::super::address::{Address, Thing};
use super::super::{Ask, Value};
use super::bearer::Bearer;
use super::search::{BEARERS_OF_POLICY_MAX, Call, Search, answered};
use super::setting::only_sets;
use super::thing::{List, Wearer, deployments, thing, wearers};
use crate::event::{Event, caller, is_read_only};
use crate::iam::catalogue::{self, IAM, Work};
use crate::iam::kind::EntityKind;
use crate::iam::policy::PolicyDocument;
use crate::vocabulary::HandedKind;

/// What a call hands over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// The account of the call.
    pub(in crate::prior) account: String,
    /// `role`, `group` or `permission-set`.
    pub kind: HandedKind,
    /// The names, as the call spells them. For an instance profile its own name.
    pub names: Vec<String>,
    /// The holders whose rights count.
    pub(in crate::prior) bearers: Vec<Bearer>,
    /// There was more than is looked at.
    pub(in crate::prior) cut: bool,
    /// A policy allows somebody to hand them over or to wear them, one by one.
    pub by_policy: bool,
    /// It only rolls out what was given before: each change had an alert of its own.
    pub rolls_out: bool,
    /// The document that names them, if the call only names the document.
    pub(in crate::prior) document: Option<Ask>,
    /// The documents that name them.
    pub(in crate::prior) policies: Vec<PolicyDocument>,
    /// Things that go on wearing their roles while the call gives them new work without a role.
    pub(in crate::prior) worn: Option<Worn>,
    /// Where the roles that the same thing was given last are stored. `None` if each call makes a new thing.
    pub(in crate::prior) thing: Option<(Address, Gift)>,
    /// The same of all stacks that the caller deploys.
    pub(in crate::prior) deployments: Option<(Address, Gift)>,
    /// The register of this habit: same caller, same call, same roles.
    pub(in crate::prior) habit: Option<Address>,
}

/// Words in the registers of calls that only set something, and of those that may bring code. A call is no news after one
/// of its own sort or of a later one: who changed a time limit may not have changed code.
const SORTS: [&str; 2] = ["set ", ""];

/// Most things of one call that are recorded as given work by the caller.
const NAMED_MAX: usize = 8;

/// The caller that gives a thing roles, and the places of the roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prior) struct Gift {
    pub caller: String,
    /// The roles in the call, each with its place.
    pub places: String,
}

impl Gift {
    fn value(&self) -> Value {
        Value::of(&format!("{}\n{}", self.caller, self.places))
    }

    /// Reads a stored bearer.
    pub(crate) fn kept(value: &Value) -> Option<Self> {
        let Value::Present(text) = value else { return None };
        let (caller, places) = text.split_once('\n')?;
        Some(Self { caller: caller.to_owned(), places: places.to_owned() })
    }
}

/// What a call does to the roles that things wear. Each thing has one name, the same for all calls about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::prior) struct Worn {
    /// Things that keep the roles that they have.
    pub on: Vec<WornOn>,
    /// The writes of the call about the things: their roles, and that the caller gave a role or changed them.
    writes: Vec<(Address, Value)>,
    /// The roles that it has, as the answer says.
    pub answered: Vec<(String, Bearer)>,
    /// It may come to wear the roles that the call names.
    pub proposed: bool,
}

/// A thing that goes on wearing the roles that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prior) struct WornOn {
    /// The register of its roles.
    pub thing: Address,
    /// The registers of when the caller gave it a role or changed it. The first is of such calls as this one; for a
    /// call that only sets something, the second is of those that may bring code.
    pub by: Vec<Address>,
    /// The list of roles that count beside its own roles, or instead of them if they are unknown.
    pub list: Option<List<Address>>,
    /// The call makes it: it cannot be older than what is stored.
    pub is_new: bool,
    /// The caller's habits with the things of that list, as those registers. Groups of machines create new ones every
    /// hour.
    pub habits: Vec<Habits>,
    /// If it has its own list: the caller's habits with other things of its kind.
    pub of_kind: Vec<Habits>,
}

/// The register of a caller's calls on the things whose roles are in one list. Calls on a thing that is known to wear
/// another role do not count: they may be harmless, and must not silence anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prior) struct Habits {
    /// The caller gave work to any of them, so to all.
    pub all: Address,
    /// The list of those that he named. Their own registers say whether their roles were known then.
    pub some: Address,
    /// The call selects things by a tag or the like: calls on named things are not a habit with these.
    pub selects: bool,
    /// Which roles he gave them.
    pub given: Address,
}

impl Habits {
    /// `sort`: of what the calls are, as [`SORTS`] has it.
    fn of(account: &str, list: &str, caller: &str, by: &str, sort: &str) -> Self {
        let at = |what: &str| {
            Address::kept(account, format!("{list} {sort}{what} by {caller}")).of(Thing::Roles)
        };
        let all = match by {
            "" => at("used"),
            by => at(&format!("used {by}")),
        };
        Self { all, some: at("named"), selects: !by.is_empty(), given: at("given") }
    }

    /// The write to store for a call, if any. `all`: it is about everything in the list, not about one thing.
    /// `before`: writes to be stored already.
    fn noted(
        &self,
        name: &str,
        all: bool,
        goes_on: bool,
        roles: Option<&Value>,
        before: &[(Address, Value)],
    ) -> Option<(Address, Value)> {
        match (all, goes_on, roles) {
            (true, true, _) => Some((self.all.clone(), Value::Present(String::new()))),
            (true, false, Some(roles @ Value::Present(_))) => {
                Some((self.given.clone(), roles.clone()))
            }
            (false, true, _) => {
                // A few of many names in one call are enough.
                let some = before.iter().filter(|(at, _)| *at == self.some).count();
                let named = (self.some.clone(), Value::Listed(name.to_owned()));
                (some < NAMED_MAX).then_some(named)
            }
            (_, false, _) => None,
        }
    }
}

impl Handed {
    /// What a successful call hands over, if anything. A read counts only if the catalogue names it: some services
    /// answer with credentials of a role to a call that CloudTrail calls a read.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let (source, call, account) = (event.event_source()?, event.name()?, event.account()?);
        let idle = is_read_only(event) && !catalogue::is_of_roles(source, call);
        if idle {
            return None;
        }
        let mut search = Search::new(account);
        let Call { kind, document, policies } = search.call(event, source, call)?;
        let (wearers, more) = wearers(event, source, call);
        search.cut |= more;
        let nothing = search.found.is_empty();
        let found = !nothing || search.cut || !search.wide.is_empty();
        if !found && document.is_none() && wearers.is_empty() {
            return None;
        }
        let places = search.places();
        let own = search.own;
        let (names, bearers): (Vec<String>, Vec<Bearer>) = search.found.into_iter().unzip();
        let given = roles_of(bearers.iter().map(Bearer::text));
        // Not for what only IAM hands over, where each time counts, nor for what was cut off.
        let of_iam = source == IAM;
        let caller = caller(event).filter(|_| !of_iam && !search.cut);
        let at = |entity: String| Address::kept(account, entity).of(Thing::Roles);
        // A call that names more than the limit stores nothing.
        let wearers = Some(wearers).filter(|all| !all.is_empty() && !search.cut);
        let own = roles_of(own.into_iter());
        let worn = wearers.map(|wearers| Worn::of(event, source, account, &wearers, &own, caller));
        let caller = caller.filter(|_| !nothing);
        let roles = match &given {
            Some(Value::Present(roles)) => roles.replace('\n', " "),
            _ => String::new(),
        };
        let habit = caller.map(|caller| at(format!("habit {caller} {source} {call} {roles}")));
        let gift = caller.zip(places);
        let gift = gift.map(|(caller, places)| Gift { caller: caller.to_owned(), places });
        let thing = thing(event, source, call).map(at).zip(gift.clone());
        let deployments = deployments(event, source, call).map(at).zip(gift);
        let by_policy = (of_iam && call.contains("Policy") && call != "UpdateAssumeRolePolicy")
            || source == "sso.amazonaws.com";
        let cut = search.cut;
        let account = account.to_owned();
        Some(Self {
            account,
            kind,
            names,
            bearers,
            cut,
            by_policy,
            rolls_out: call == "ProvisionPermissionSet",
            document,
            policies,
            worn,
            thing,
            deployments,
            habit,
        })
    }

    /// Does it name instance profiles, and no role?
    #[must_use]
    pub fn names_profiles(&self) -> bool {
        let is_profile = |bearer: &Bearer| matches!(bearer, Bearer::Profile(_));
        !self.bearers.is_empty() && self.bearers.iter().all(is_profile)
    }

    /// The roles that it hands over, by account and name in lower case. An instance profile counts as the role of the
    /// same name, which is nearly always the role in it.
    pub fn roles(&self) -> impl Iterator<Item = (&str, &str)> {
        self.bearers.iter().filter_map(|bearer| {
            let (Bearer::Identity(at) | Bearer::Profile(at)) = bearer;
            let is_role = !at.is(EntityKind::Group) && !at.is(EntityKind::PermissionSet);
            is_role.then_some((at.account.as_str(), at.name()))
        })
    }

    /// The same, with what the documents hand over that the call only names.
    pub(in crate::prior) fn by_documents(mut self, account: &str, documents: &[String]) -> Self {
        let mut search = Search::new(account);
        self.policies = documents.iter().filter_map(|text| PolicyDocument::parse(text)).collect();
        self.policies.iter().for_each(|document| search.policy(document, true));
        self.cut |= search.cut;
        self.with(search.found)
    }

    /// The same, with the stored roles that things go on wearing.
    pub(in crate::prior) fn by_kept(mut self, kept: &BTreeSet<String>, cut: bool) -> Self {
        self.cut |= cut || kept.len() > BEARERS_OF_POLICY_MAX;
        let roles = kept.iter().take(BEARERS_OF_POLICY_MAX);
        self.with(roles.filter_map(|role| Bearer::of(role)))
    }

    pub(in crate::prior) fn with(
        mut self,
        found: impl IntoIterator<Item = (String, Bearer)>,
    ) -> Self {
        for (name, bearer) in found {
            self.names.push(name);
            self.bearers.push(bearer);
        }
        self
    }

    /// The writes of a call: which roles the thing was given, and by whom.
    pub(in crate::prior) fn writes(self) -> Vec<(Address, Value)> {
        let there = |address| (address, Value::Present(String::new()));
        let given = self.thing.into_iter().chain(self.deployments);
        let given = given.map(|(address, gift)| (address, gift.value()));
        let worn = self.worn.map(|worn| worn.writes).unwrap_or_default();
        given.chain(worn).chain(self.habit.map(there)).collect()
    }
}

/// Roles in stored form.
fn roles_of(roles: impl Iterator<Item = String>) -> Option<Value> {
    let mut roles: Vec<String> = roles.collect();
    roles.sort();
    (!roles.is_empty()).then(|| Value::of(&roles.join("\n")))
}

/// The roles of a thing after the call, to be stored: those that it gives, or its answer names.
fn roles_after(wearer: &Wearer, given: Option<&Value>, answered: Option<&Value>) -> Option<Value> {
    let Wearer { work, unique, list, listed, .. } = wearer;
    match (work, given) {
        (Work::Used | Work::As, _) => None,
        (Work::Made | Work::Added | Work::Changed | Work::Proposed, Some(given)) => {
            Some(given.clone())
        }
        // A new thing whose name is never used again needs no record that it has no role.
        (Work::Made, None) => (!listed && (!unique || list.is_some())).then_some(Value::Absent),
        (Work::Added | Work::Proposed, None) => None,
        (Work::Changed, None) => answered.cloned(),
    }
}

/// Does a thing go on wearing the roles that it has?
fn goes_on(wearer: &Wearer, is_given: bool) -> bool {
    // A thing of several roles keeps the others when one is named.
    let of_several = wearer.listed && wearer.list.as_ref().is_some_and(|list| list.own);
    match wearer.work {
        Work::Used | Work::Proposed => true,
        Work::Changed => !is_given || of_several,
        Work::Made | Work::Added | Work::As => false,
    }
}

impl Worn {
    fn of(
        event: &Event,
        source: &str,
        account: &str,
        wearers: &[Wearer],
        given: &Option<Value>,
        caller: Option<&str>,
    ) -> Self {
        let at = |entity: String| Address::kept(account, entity).of(Thing::Roles);
        let answered = answered(event, source, account);
        let by_answer = roles_of(answered.iter().map(|(_, role)| role.text()));
        let sorts = SORTS.get(usize::from(!only_sets(event, source))..).unwrap_or_default();
        let mut worn = Self { answered, ..Self::default() };
        // The most useful writes first, as the writes of one event are limited.
        let (mut lists, mut things, mut habits) = (Vec::new(), Vec::new(), Vec::new());
        for wearer in wearers {
            let Wearer { name, work, is_new, list, listed, of, by: which, .. } = wearer;
            let thing = at(name.clone());
            let by = caller.filter(|_| !listed).into_iter();
            let by = by.flat_map(|caller| {
                sorts.iter().map(move |sort| format!("{name} {sort}by {caller}"))
            });
            let by: Vec<Address> = by.map(at).collect();
            let roles = roles_after(wearer, given.as_ref(), by_answer.as_ref());
            let goes_on = goes_on(wearer, given.is_some());
            worn.proposed |= *work == Work::Proposed;
            if *work != Work::As {
                habits.extend(by.first().map(|by| (by.clone(), Value::Present(String::new()))));
            }
            let habits_at = |list: &str| -> Vec<Habits> {
                let of = |caller| {
                    sorts.iter().map(move |sort| Habits::of(account, list, caller, which, sort))
                };
                caller.into_iter().flat_map(of).collect()
            };
            let of_list = list.as_ref().map(|list| habits_at(&list.at)).unwrap_or_default();
            if let (Some(of_list), Some(list)) = (of_list.first(), list) {
                let all = *listed || list.beside;
                habits.extend(of_list.noted(name, all, goes_on, roles.as_ref(), &habits));
            }
            // If nobody saw the thing made, what he did to others of its kind counts.
            let own = list.as_ref().filter(|list| list.own);
            let of_kind = own.map(|list| habits_at(&list.of_kind)).unwrap_or_default();
            if let Some(of_kind) = of_kind.first() {
                habits.extend(of_kind.noted(name, false, goes_on, None, &habits));
            }
            let list = list.clone().map(|list| list.standing(at));
            let joins = *listed || *work == Work::Proposed;
            match (roles, &list) {
                (Some(Value::Present(roles)), Some(list)) if joins => {
                    let roles = roles.lines().map(|role| Value::Listed(role.to_owned()));
                    lists.extend(roles.map(|role| (list.at.clone(), role)));
                }
                (Some(roles), _) => things.push((thing.clone(), roles)),
                (None, _) => {}
            }
            if let Some(list) = &list {
                lists.extend(of.iter().map(|of| (list.at.clone(), Value::Listed(of.clone()))));
            }
            if goes_on {
                worn.on.push(WornOn { thing, by, list, is_new: *is_new, habits: of_list, of_kind });
            }
        }
        worn.writes = [lists, things, habits].concat();
        worn
    }

    /// Does anything go on wearing what it has?
    pub(crate) fn goes_on(&self) -> bool {
        !self.on.is_empty()
    }
}

#[cfg(test)]
mod tests;
