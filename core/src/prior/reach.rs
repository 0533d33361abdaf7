//! Roles that a document reaches without naming them in full, among those known as administrators'.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::address::{Address, Thing};
use super::answer;
use super::handed::{BEARERS_OF_POLICY_MAX, Bearer, Search};
use super::holdings::Holdings;
use super::index::{self, Those};
use super::known::Prior;
use super::memo::How;
use super::reader::Reader;
use crate::iam::arn::{self, Arn};
use crate::iam::kind::EntityKind;
use crate::iam::policy::{PolicyDocument, glob};
use crate::iam::{account, catalogue};

/// Most accounts of one document whose administrators' roles are looked at.
const ACCOUNTS_MAX: usize = 40;
/// Most customer's policies of one account that make administrators and whose bearers are looked at.
const POLICIES_MAX: usize = 40;
/// Most directories of one document that are tried for a role whose path is unknown.
const DIRECTORIES_MAX: usize = 16;
/// How many roles one may wear one after the other, beginning with one that is handed over.
const HOPS_MAX: usize = 4;

/// Services whose containers wear roles on machines that others may control.
const CONTAINERS: [&str; 2] = ["ecs", "eks"];

/// Roles that documents let be worn or handed on.
#[derive(Debug, Default)]
pub(super) struct Reached {
    pub roles: Vec<(String, Bearer)>,
    /// There was more than is looked at.
    pub cut: bool,
}

/// A document, and the roles that it may mean at all.
struct Meant<'d> {
    document: &'d PolicyDocument,
    how: How,
    ends: BTreeSet<String>,
    directories: BTreeSet<String>,
}

impl<'d> Meant<'d> {
    fn of(document: &'d PolicyDocument, how: How) -> Self {
        let ends = document.ends_of_roles(how != How::Wear);
        Self { document, how, ends, directories: document.directories_of_roles() }
    }

    fn may_be(&self, role: &Address) -> bool {
        self.ends.iter().any(|end| glob(end, role.name()))
    }
}

impl Reader<'_> {
    /// The roles of a kind that documents of an account reach by patterns.
    pub(super) fn reached(
        &mut self,
        own: &str,
        documents: &[PolicyDocument],
        hand_on: bool,
        those: Those,
    ) -> Reached {
        let mut reached = Reached::default();
        for document in documents {
            let mut search = Search::new(own);
            search.policy(document, hand_on);
            let named = search.wide.iter().filter(|account| account::is_id(account));
            reached.cut |= named.count() > ACCOUNTS_MAX;
            let meant = Meant::of(document, How::wear_or(hand_on));
            for account in self.accounts(own, &search.wide) {
                self.reached_in(&account, own, &meant, those, &mut reached);
            }
        }
        reached.cut |= reached.roles.len() > BEARERS_OF_POLICY_MAX;
        reached.roles.truncate(BEARERS_OF_POLICY_MAX);
        reached
    }

    /// The accounts that patterns of accounts mean: the own one, and those known to have administrators.
    fn accounts(&mut self, own: &str, patterns: &BTreeSet<String>) -> BTreeSet<String> {
        let (named, patterns): (Vec<&String>, Vec<&String>) =
            patterns.iter().partition(|account| account::is_id(account));
        let mut found: BTreeSet<String> = named.into_iter().take(ACCOUNTS_MAX).cloned().collect();
        if !patterns.is_empty() {
            let listed = self.listed(index::accounts()).map(|(listed, _)| listed);
            let known = listed.into_iter().flatten().chain([own]);
            let means = |account: &&str| patterns.iter().any(|pattern| glob(pattern, account));
            found.extend(known.filter(means).map(str::to_owned));
        }
        found
    }

    fn reached_in(
        &mut self,
        account: &str,
        own: &str,
        meant: &Meant<'_>,
        those: Those,
        reached: &mut Reached,
    ) {
        let (roles, more) = self.those(account, those);
        reached.cut |= more;
        let mut arns = Vec::new();
        for role in roles.iter().filter(|role| meant.may_be(role)) {
            if meant.directories.len() > DIRECTORIES_MAX {
                reached.cut = true;
                return;
            }
            arns.extend(self.arns(role, &meant.directories));
        }
        self.judge(meant, arns, own, account, reached);
    }

    /// The ARNs that a role may have.
    fn arns(&mut self, role: &Address, directories: &BTreeSet<String>) -> Vec<String> {
        let arn = |path| arn::of_iam("aws", &role.account, &format!("role{path}{}", role.name()));
        self.paths(role, directories).into_iter().map(arn).collect()
    }

    /// Adds the roles that a document reaches, of those with these ARNs in an account.
    fn judge(
        &mut self,
        meant: &Meant<'_>,
        arns: Vec<String>,
        own: &str,
        account: &str,
        reached: &mut Reached,
    ) {
        // Nothing is judged before all is read.
        if arns.is_empty() || !self.is_whole() {
            return;
        }
        let Some(found) = self.reached.of(meant.document, arns, meant.how, own) else {
            reached.cut = true;
            return;
        };
        let names: BTreeSet<&str> =
            found.iter().filter_map(|arn| Arn::parse(arn)).map(|arn| arn.name()).collect();
        reached.roles.extend(names.into_iter().map(|name| {
            let role = Address::of_entity(account, EntityKind::Role, name);
            (name.to_owned(), Bearer::Identity(role))
        }));
    }

    /// The roles of a list, and those that bear the policies of it.
    fn roles_of(&mut self, list: Address, cut: &mut bool) -> BTreeSet<Address> {
        let account = list.account.clone();
        let Some((listed, _)) = self.listed(list) else { return BTreeSet::new() };
        let of = |entity| Address::kept(&account, entity);
        let is_role = |one: &Address| one.is(EntityKind::Role);
        let (roles, policies): (Vec<_>, Vec<_>) = listed.into_iter().map(of).partition(is_role);
        let mut found = BTreeSet::from_iter(roles);
        *cut |= policies.len() > POLICIES_MAX;
        for policy in policies.into_iter().take(POLICIES_MAX) {
            let Some((bearers, _)) = self.listed(policy.of(Thing::Bearers)) else { continue };
            found.extend(bearers.into_iter().map(of).filter(is_role));
        }
        found
    }

    /// Paths that a role may have. If its path is unknown, also those that the document names.
    fn paths(&mut self, role: &Address, directories: &BTreeSet<String>) -> Vec<String> {
        let root = || "/".to_owned();
        match self.value(&role.of(Thing::Path)) {
            None => Vec::new(),
            Some(Prior::Present { value, .. }) => vec![value],
            Some(Prior::Absent { .. }) => vec![root()],
            Some(Prior::Unknown { possible, .. }) => {
                possible.into_iter().chain([root()]).chain(directories.iter().cloned()).collect()
            }
        }
    }

    /// The roles that these bearers may wear, one after the other, with what each holds. A role that may only
    /// possibly be worn does not count. With `pass` also administrators' roles that they may hand to a service.
    pub(super) fn beyond(
        &mut self,
        bearers: &[Bearer],
        holdings: &[Holdings],
        pass: bool,
    ) -> Beyond {
        let (mut seen, mut held) = (bearers.to_vec(), holdings.to_vec());
        // Roles of containers, and roles reached only through them.
        let mut of_containers = BTreeSet::new();
        let mut from = 0;
        let mut cut = false;
        for hop in 0..=HOPS_MAX {
            let to = seen.len();
            for at in from..to {
                let (Some(bearer), Some(held)) = (seen.get(at), held.get(at)) else { continue };
                let next = self.worn_by(bearer, held, pass);
                cut |= next.cut || seen.len() > bearers.len() + BEARERS_OF_POLICY_MAX;
                if cut {
                    break;
                }
                let by_containers = of_containers.contains(&at);
                let roles = next.roles.into_iter().map(|role| (role, by_containers));
                for (role, of_container) in
                    roles.chain(next.contained.into_iter().map(|role| (role, true)))
                {
                    if seen.contains(&role) {
                        continue;
                    }
                    if of_container {
                        of_containers.insert(seen.len());
                    }
                    seen.push(role);
                }
            }
            // Behind the last step there may be more.
            cut |= seen.len() > bearers.len() + BEARERS_OF_POLICY_MAX;
            cut |= hop == HOPS_MAX && seen.len() > to;
            if cut || seen.len() == to {
                break;
            }
            for bearer in seen.iter().skip(to) {
                held.push(Holdings { doubt: None, ..self.bearer(bearer) });
            }
            from = to;
        }
        let behind = seen.into_iter().zip(held).enumerate().skip(bearers.len());
        let roles = behind.map(|(at, (role, holdings))| {
            let of_container = of_containers.contains(&at);
            Behind { role, holdings, of_container }
        });
        Beyond { roles: roles.collect(), cut }
    }

    /// The roles of the account that let a role in by their trust, and whether there may be more.
    fn trusting(&mut self, bearer: &Bearer) -> (Vec<Bearer>, bool) {
        let Some((role, _)) = self.borne(bearer) else { return (Vec::new(), false) };
        if !role.is(EntityKind::Role) {
            return (Vec::new(), false);
        }
        let name = role.name();
        let lists = [role.of(Thing::TrustedBy), index::trusting(&role.account)];
        let (mut found, mut cut) = (Vec::new(), false);
        for list in lists {
            let (listed, full) = self.listed(list).unwrap_or_default();
            cut |= full;
            for entity in listed {
                let other = Address::kept(&role.account, entity);
                let lets_in = |trust: &PolicyDocument| {
                    let like = trust.roles_trusted_like(&role.account);
                    trust.roles_trusted(&role.account).contains(name)
                        || like.iter().any(|pattern| glob(pattern, name))
                };
                if self.may_trust(&other, lets_in) {
                    found.push(Bearer::Identity(other));
                }
            }
        }
        (found, cut)
    }

    /// Does the known or possible trust of a role let somebody in?
    fn may_trust(&mut self, role: &Address, lets_in: impl Fn(&PolicyDocument) -> bool) -> bool {
        let trust = self.holding(&role.of(Thing::Trust)).unwrap_or_default();
        let mut documents = trust.possible().iter().filter_map(|text| PolicyDocument::parse(text));
        documents.any(|trust| lets_in(&trust))
    }

    /// The roles that one may wear by its holdings and by their trust.
    fn worn_by(&mut self, bearer: &Bearer, held: &Holdings, pass: bool) -> Next {
        let account = bearer.account();
        let texts = held.documents.iter().chain(&held.possible);
        let all: Vec<PolicyDocument> =
            texts.filter_map(|text| PolicyDocument::parse(text)).collect();
        let passed = if pass { self.passed(account, &all) } else { Reached::default() };
        let is_host = held.managed.iter().any(|arn| index::is_host_policy(arn))
            || all.iter().any(PolicyDocument::registers_hosts);
        let contained = if pass && is_host { self.contained(account) } else { Letting::default() };
        let about_roles = |one: &PolicyDocument| one.about_roles(false).next().is_some();
        let documents: Vec<PolicyDocument> = all.into_iter().filter(about_roles).collect();
        let mut search = Search::new(account);
        documents.iter().for_each(|document| search.policy(document, false));
        let (mut roles, more) = self.trusting(bearer);
        let mut cut = search.cut || more || passed.cut || contained.cut;
        roles.extend(passed.roles.into_iter().map(|(_, role)| role));
        roles.extend(search.found.into_iter().map(|(_, role)| role));
        for those in [Those::Administrate, Those::Wear] {
            let reached = self.reached(account, &documents, false, those);
            cut |= reached.cut;
            roles.extend(reached.roles.into_iter().map(|(_, role)| role));
        }
        Next { roles, contained: contained.roles.into_iter().map(Bearer::Identity).collect(), cut }
    }

    /// The administrators' roles of the account that documents together let somebody hand to a service by a call that
    /// takes one: who may do both has the roles, though each right alone is daily work.
    fn passed(&mut self, account: &str, documents: &[PolicyDocument]) -> Reached {
        let mut passed = Reached::default();
        if !documents.iter().any(PolicyDocument::hands_on) {
            return passed;
        }
        let document = PolicyDocument::joined(documents);
        let meant = Meant::of(&document, How::Pass);
        let (roles, _) = self.those(account, Those::Administrate);
        let mut arns = Vec::new();
        for role in roles.iter().filter(|role| meant.may_be(role)) {
            arns.extend(self.arns(role, &meant.directories).into_iter().take(DIRECTORIES_MAX));
        }
        self.judge(&meant, arns, account, account, &mut passed);
        passed
    }

    /// The roles of an account that containers may wear, and that are known as administrators' or may wear others:
    /// who controls a machine that runs containers reads their credentials.
    pub(super) fn contained(&mut self, account: &str) -> Letting {
        let mut all = Letting::default();
        for letting in CONTAINERS.map(|service| self.letting_in(account, service)) {
            all.cut |= letting.cut;
            all.since = all.since.max(letting.since);
            all.roles.extend(letting.roles);
        }
        all
    }

    /// The roles of an account that the things of a service, as `ec2`, may wear by their trust, and that are known as
    /// administrators' or may wear others.
    pub(super) fn letting_in(&mut self, account: &str, service: &str) -> Letting {
        let mut letting = Letting::default();
        let list = index::worn_by(account, service);
        // Read at the same time as who may wear which.
        for those in [Those::Administrate, Those::Wear] {
            self.ahead(those.list(account));
        }
        let mut trusting = self.roles_of(list.clone(), &mut letting.cut);
        let any = index::worn_by(account, index::ANY_SERVICE);
        trusting.extend(self.roles_of(any.clone(), &mut letting.cut));
        if trusting.is_empty() {
            return letting;
        }
        let powers = [Those::Administrate, Those::Wear].map(|those| self.those(account, those));
        letting.cut |= powers.iter().any(|(_, more)| *more);
        let is_powerful = |role: &Address| powers.iter().any(|(roles, _)| roles.contains(role));
        for role in trusting.into_iter().filter(is_powerful) {
            if self.may_trust(&role, |trust| {
                trust.worn_by().iter().any(|one| catalogue::is_principal_of(one, service))
            }) {
                letting.roles.push(role);
            }
        }
        let names = letting.roles.iter().map(|role| role.entity().to_owned()).collect();
        for list in [list, any] {
            let register = self.need(answer::read(list, self.registers));
            letting.since = letting.since.max(register.and_then(|one| one.joined(&names)));
        }
        letting
    }

    /// Has the lists read of an account that nearly every answer about handed-over roles needs next.
    pub(super) fn powers_ahead(&mut self, account: &str) {
        for those in [Those::Administrate, Those::Wear] {
            self.ahead(those.list(account));
        }
        for service in CONTAINERS.into_iter().chain([index::ANY_SERVICE]) {
            self.ahead(index::worn_by(account, service));
        }
        self.ahead(index::trusting(account));
        self.ahead(index::accounts());
    }

    /// Was the role ever an administrator's?
    pub(super) fn administrates(&mut self, role: &Bearer) -> bool {
        let Bearer::Identity(at) = role else { return false };
        let (roles, cut) = self.those(&at.account, Those::Administrate);
        cut || roles.contains(at)
    }

    /// The roles of an account that were ever of a kind, and whether there were more than are looked at.
    pub(super) fn those(&mut self, account: &str, those: Those) -> (BTreeSet<Address>, bool) {
        let mut cut = false;
        (self.roles_of(those.list(account), &mut cut), cut)
    }
}

/// Roles that let the things of a service wear them.
#[derive(Debug, Default)]
pub(super) struct Letting {
    pub roles: Vec<Address>,
    /// There may be more.
    pub cut: bool,
    /// When the last of them began to let them.
    pub since: Option<Timestamp>,
}

/// The roles that one may wear next.
struct Next {
    roles: Vec<Bearer>,
    /// Roles of the containers that run on machines under its control.
    contained: Vec<Bearer>,
    /// There was more than is looked at.
    cut: bool,
}

/// A role behind another.
#[derive(Debug)]
pub(super) struct Behind {
    pub role: Bearer,
    pub holdings: Holdings,
    /// It is reached by way of containers alone.
    pub of_container: bool,
}

/// Roles behind roles.
#[derive(Debug, Default)]
pub(super) struct Beyond {
    pub roles: Vec<Behind>,
    /// There were more than are looked at.
    pub cut: bool,
}
