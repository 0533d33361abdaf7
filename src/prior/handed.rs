//! What a call hands over: roles to whoever can use what it makes or changes, or a place in a group.
//!
//! Services name roles in their own ways: by ARN, by name, behind an instance profile. So the parameters are
//! searched for ARNs of roles and for fields that are called so; which calls matter is the rules' affair.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>

pub use self::search::{BEARERS_OF_POLICY_MAX, Search};
use self::search::{Call, answered};
use self::thing::{Work, caller, thing, wearer};
use super::{Address, Ask, Value};
use crate::event::Event;
use crate::policy::PolicyDocument;

mod search;
mod thing;

/// What a call hands over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// The account of the call.
    pub(super) account: String,
    /// `role` or `group`.
    pub kind: &'static str,
    /// The names, as the call spells them; of an instance profile its own.
    pub names: Vec<String>,
    /// Whose holdings count.
    pub(super) bearers: Vec<Bearer>,
    /// There was more than is looked at.
    pub(super) cut: bool,
    /// A policy allows somebody to hand them over or to wear them, one by one.
    pub by_policy: bool,
    /// The document that says which, where the call only names it.
    pub(super) document: Option<Ask>,
    /// The documents that say which.
    pub(super) policies: Vec<PolicyDocument>,
    /// What goes on wearing its role where it is given new work without one.
    pub(super) worn: Option<Worn>,
    /// Where it is kept which roles the same thing was given last. Nothing of what is made anew by each call.
    pub(super) thing: Option<(Address, Gift)>,
    /// Where it is kept that the same caller handed over the same by the same call.
    pub(super) habit: Option<Address>,
}

/// By whom and where a thing is given roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gift {
    pub caller: String,
    /// Which role stands where in the call.
    pub places: String,
}

impl Gift {
    fn value(&self) -> Value {
        Value::of(&format!("{}\n{}", self.caller, self.places))
    }

    /// One that was kept.
    pub fn kept(value: &Value) -> Option<Self> {
        let Value::Present(text) = value else { return None };
        let (caller, places) = text.split_once('\n')?;
        Some(Self { caller: caller.to_owned(), places: places.to_owned() })
    }
}

/// Where it is kept which roles a thing wears, under the one name that all calls about it come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Worn {
    pub thing: Address,
    /// That the caller gave it a role or changed it.
    pub by: Option<Address>,
    /// The roles of this call: nothing where it goes on wearing what it has.
    given: Option<Value>,
    /// The roles that it has, as the answer says.
    pub answered: Vec<(String, Bearer)>,
}

/// One that holds rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bearer {
    /// A role or group.
    Identity(Address),
    /// The role in an instance profile, which mostly bears the profile's name.
    Profile(Address),
}

impl Bearer {
    fn text(&self) -> String {
        let (Self::Identity(at) | Self::Profile(at)) = self;
        format!("{} {}", at.account, at.entity)
    }

    pub fn account(&self) -> &str {
        let (Self::Identity(at) | Self::Profile(at)) = self;
        &at.account
    }

    /// The one that a text is of, and its name.
    fn of(text: &str) -> Option<(String, Self)> {
        let (account, entity) = text.split_once(' ')?;
        let (kind, name) = entity.split_once(' ')?;
        let address = Address::new(account, entity, "");
        let profile = kind == "instance-profile";
        let bearer = if profile { Self::Profile(address) } else { Self::Identity(address) };
        Some((name.to_owned(), bearer))
    }
}

impl Handed {
    /// What a call hands over, if anything. Of a call that did not succeed nothing, nor of one that reads.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let (source, call, account) = (event.event_source()?, event.name()?, event.account()?);
        let idle =
            event.text("detail.errorCode").is_some() || event.flag("detail.readOnly") == Some(true);
        if idle {
            return None;
        }
        let mut search = Search::new(account);
        let Call { kind, document, policies } = search.call(event, source, call)?;
        let worn = wearer(event, source, call).filter(|_| !search.cut);
        let nothing = search.found.is_empty();
        let found = !nothing || search.cut || !search.wide.is_empty();
        if !found && document.is_none() && worn.is_none() {
            return None;
        }
        let places = search.places();
        let (names, bearers): (Vec<String>, Vec<Bearer>) = search.found.into_iter().unzip();
        let given = roles_of(bearers.iter());
        // Of what only IAM itself hands over each time counts, and of what was not looked at.
        let of_iam = source == "iam.amazonaws.com";
        let caller = caller(event).filter(|_| !of_iam && !search.cut);
        let at = |entity: String| Address::new(account, entity, "roles");
        let worn = worn.map(|(thing, work)| Worn {
            by: caller.map(|caller| at(format!("{thing} by {caller}"))),
            thing: at(thing),
            answered: answered(event, source, account),
            given: match (work, nothing) {
                (Work::Used, _) | (Work::Changed, true) => None,
                (Work::Made, true) => Some(Value::Absent),
                (_, false) => given.clone(),
            },
        });
        let caller = caller.filter(|_| !nothing);
        let roles = match &given {
            Some(Value::Present(roles)) => roles.replace('\n', " "),
            _ => String::new(),
        };
        let habit = caller.map(|caller| at(format!("habit {caller} {source} {call} {roles}")));
        let gift = caller.zip(places);
        let gift = gift.map(|(caller, places)| Gift { caller: caller.to_owned(), places });
        let thing = thing(event, source, call).map(at).zip(gift);
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
            document,
            policies,
            worn,
            thing,
            habit,
        })
    }

    /// The same, with what the documents hand over that the call only names.
    pub(super) fn by_documents(mut self, account: &str, documents: &[String]) -> Self {
        let mut search = Search::new(account);
        self.policies = documents.iter().filter_map(|text| PolicyDocument::parse(text)).collect();
        self.policies.iter().for_each(|document| search.policy(document, true));
        self.cut |= search.cut;
        self.with(search.found)
    }

    /// The same, with the roles that a thing goes on wearing, as they are kept.
    pub(super) fn by_kept(self, kept: &[String]) -> Self {
        self.with(kept.iter().flat_map(|roles| roles.lines()).filter_map(Bearer::of))
    }

    pub(super) fn with(mut self, found: impl IntoIterator<Item = (String, Bearer)>) -> Self {
        for (name, bearer) in found {
            self.names.push(name);
            self.bearers.push(bearer);
        }
        self
    }

    /// What is to be kept: which roles the thing was given, and by whom.
    pub(super) fn writes(self) -> Vec<(Address, Value)> {
        let there = |address| (address, Value::Present(String::new()));
        let thing = self.thing.map(|(address, gift)| (address, gift.value()));
        let (by, worn) = match self.worn {
            Some(Worn { thing, by, given, answered }) => {
                let answered = roles_of(answered.iter().map(|(_, role)| role));
                let given = given.or(answered);
                (by, given.map(|given| (thing, given)))
            }
            None => (None, None),
        };
        let habits = self.habit.into_iter().chain(by).map(there);
        thing.into_iter().chain(worn).chain(habits).collect()
    }
}

/// Roles as they are kept.
fn roles_of<'b>(bearers: impl Iterator<Item = &'b Bearer>) -> Option<Value> {
    let mut roles: Vec<String> = bearers.map(Bearer::text).collect();
    roles.sort();
    (!roles.is_empty()).then(|| Value::of(&roles.join("\n")))
}

impl Worn {
    /// Does it go on wearing what it has?
    pub fn goes_on(&self) -> bool {
        self.given.is_none()
    }
}

#[cfg(test)]
mod tests;
