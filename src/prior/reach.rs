//! Roles that a document reaches without naming them in full: of those known as administrators'.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::handed::{BEARERS_OF_POLICY_MAX, Bearer, Search};
use super::holdings::Holdings;
use super::index::{self, BEARERS};
use super::reader::Reader;
use super::write::PATH;
use super::{Address, Prior};
use crate::policy::PolicyDocument;

/// Most accounts of one document whose administrators' roles are looked at.
const ACCOUNTS_MAX: usize = 40;
/// Most customer's policies that make administrators whose bearers are looked at, in one account.
const POLICIES_MAX: usize = 40;
/// Most paths of one document in which a role may lie of which nobody knows where.
const DIRECTORIES_MAX: usize = 16;
/// How many roles one may wear one after the other, beginning with one that is handed over.
const HOPS_MAX: usize = 2;

/// What was judged already: an answer is asked for again and again, each time with more registers.
#[derive(Debug, Default)]
pub struct ReachMemo(RefCell<Vec<Judged>>);

#[derive(Debug)]
struct Judged {
    document: PolicyDocument,
    roles: Vec<String>,
    hand_on: bool,
    found: Option<Vec<String>>,
}

impl ReachMemo {
    fn of(
        &self,
        document: &PolicyDocument,
        roles: Vec<String>,
        hand_on: bool,
        own: &str,
    ) -> Option<Vec<String>> {
        let same = |judged: &&Judged| {
            judged.hand_on == hand_on && judged.roles == roles && judged.document == *document
        };
        if let Some(known) = self.0.borrow().iter().find(same) {
            return known.found.clone();
        }
        let found = document.roles_reached(&roles, hand_on, Some(own));
        let found: Option<Vec<String>> =
            found.map(|found| found.into_iter().map(str::to_owned).collect());
        let document = document.clone();
        self.0.borrow_mut().push(Judged { document, roles, hand_on, found: found.clone() });
        found
    }
}

/// Roles that documents let be worn or handed on.
#[derive(Debug, Default)]
pub(super) struct Reached {
    pub roles: Vec<(String, Bearer)>,
    /// There was more than is looked at.
    pub cut: bool,
}

impl Reader<'_> {
    /// The administrators' roles that documents of an account reach by patterns.
    pub(super) fn reached(
        &mut self,
        own: &str,
        documents: &[PolicyDocument],
        hand_on: bool,
    ) -> Reached {
        let mut reached = Reached::default();
        for document in documents {
            let mut search = Search::new(own);
            search.policy(document, hand_on);
            reached.cut |= search.wide.len() > ACCOUNTS_MAX;
            for account in search.wide.into_iter().take(ACCOUNTS_MAX) {
                self.reached_in(&account, own, document, hand_on, &mut reached);
            }
        }
        reached.cut |= reached.roles.len() > BEARERS_OF_POLICY_MAX;
        reached.roles.truncate(BEARERS_OF_POLICY_MAX);
        reached
    }

    fn reached_in(
        &mut self,
        account: &str,
        own: &str,
        document: &PolicyDocument,
        hand_on: bool,
        reached: &mut Reached,
    ) {
        let roles = self.administrators(account, &mut reached.cut);
        let directories = document.directories_of_roles();
        if directories.len() > DIRECTORIES_MAX {
            reached.cut |= !roles.is_empty();
            return;
        }
        let mut arns = Vec::new();
        for role in &roles {
            for path in self.paths(role, &directories) {
                let name = role.entity.trim_start_matches("role ");
                arns.push(format!("arn:aws:iam::{account}:role{path}{name}"));
            }
        }
        // Nothing is judged before all is read.
        if arns.is_empty() || !self.is_whole() {
            return;
        }
        let Some(found) = self.reached.of(document, arns, hand_on, own) else {
            reached.cut = true;
            return;
        };
        let names: BTreeSet<&str> = found.iter().filter_map(|arn| arn.rsplit('/').next()).collect();
        for name in names {
            let role = Address::new(account, format!("role {name}"), "");
            reached.roles.push((name.to_owned(), Bearer::Identity(role)));
        }
    }

    /// The roles of an account that were ever an administrator's.
    fn administrators(&mut self, account: &str, cut: &mut bool) -> BTreeSet<Address> {
        let Some((listed, _)) = self.listed(index::administrators(account)) else {
            return BTreeSet::new();
        };
        let of = |entity: &str, thing: &str| Address::new(account, entity, thing);
        let (roles, policies): (Vec<&str>, Vec<&str>) =
            listed.into_iter().partition(|entity| entity.starts_with("role "));
        *cut |= policies.len() > POLICIES_MAX;
        let mut found: BTreeSet<Address> = roles.into_iter().map(|role| of(role, "")).collect();
        for policy in policies.into_iter().take(POLICIES_MAX) {
            let Some((bearers, _)) = self.listed(of(policy, BEARERS)) else { continue };
            let roles = bearers.into_iter().filter(|entity| entity.starts_with("role "));
            found.extend(roles.map(|role| of(role, "")));
        }
        found
    }

    /// Where a role may lie. Of one of which nobody knows, where the document says.
    fn paths(&mut self, role: &Address, directories: &BTreeSet<String>) -> Vec<String> {
        let root = || "/".to_owned();
        match self.value(&role.of(PATH)) {
            None => Vec::new(),
            Some(Prior::Present { value, .. }) => vec![value],
            Some(Prior::Absent { .. }) => vec![root()],
            Some(Prior::Unknown { possible, .. }) => {
                possible.into_iter().chain([root()]).chain(directories.iter().cloned()).collect()
            }
        }
    }

    /// What those may wear in their turn that a call hands over: it is handed over with them.
    pub(super) fn beyond(&mut self, bearers: &[Bearer], holdings: &mut Vec<Holdings>) {
        let mut seen: Vec<Bearer> = bearers.to_vec();
        let mut from = 0;
        for _ in 0..HOPS_MAX {
            let to = seen.len();
            let mut cut = false;
            for at in from..to {
                let (Some(bearer), Some(held)) = (seen.get(at), holdings.get(at)) else { continue };
                let account = bearer.account().to_owned();
                let texts = held.documents.iter().chain(&held.possible);
                let documents: Vec<PolicyDocument> =
                    texts.filter_map(|text| PolicyDocument::parse(text)).collect();
                let mut search = Search::new(&account);
                documents.iter().for_each(|document| search.policy(document, false));
                let reached = self.reached(&account, &documents, false);
                cut |= search.cut || reached.cut;
                for (_, role) in search.found.into_iter().chain(reached.roles) {
                    if !seen.contains(&role) {
                        seen.push(role);
                    }
                }
            }
            cut |= seen.len() > bearers.len() + BEARERS_OF_POLICY_MAX;
            if cut {
                holdings.push(Holdings::uncounted());
                return;
            }
            for bearer in seen.iter().skip(to) {
                // Nobody is told of what is only possible behind a role.
                holdings.push(Holdings { doubt: None, ..self.bearer(bearer) });
            }
            from = to;
        }
    }
}
