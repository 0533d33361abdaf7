//! Whom a trust policy lets in.

use std::collections::BTreeSet;

use super::super::document::{PolicyDocument, Statement};
use super::super::glob::is_all;
use super::super::principals::{PrincipalEntry, PrincipalKey};
use super::claims::{Asked, said};
use super::doors::{Doors, Entry};
use super::home::{Home, account_of};
use super::word::TrustWord;
use crate::iam::arn::ArnPattern;

/// Whom a trust policy lets in, in words that rules and people use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// The identities that are let in.
    pub words: BTreeSet<TrustWord>,
    /// Accounts other than the own.
    pub accounts: BTreeSet<String>,
    /// Federated providers, as written.
    pub others: BTreeSet<String>,
    /// Services, as written.
    pub services: BTreeSet<String>,
    /// Federated providers whose identities are let in without further question.
    pub unconditioned: BTreeSet<String>,
    /// Identities given by unique IDs or the like, which do not show their account.
    pub unknown: BTreeSet<String>,
    /// ID of the own organization, where a condition binds to it and the site names it.
    pub organization: Option<String>,
    /// What conditions ask of the identities of providers, a line for each statement and provider.
    pub asked: BTreeSet<String>,
    /// Everybody is let in whom AWS says to be of the own account, and by a condition nobody else.
    pub own_alone: bool,
    /// What conditions ask of everybody, where strangers can meet it: anyone is let in. Empty if a statement without
    /// conditions lets anyone in.
    pub met_by_strangers: BTreeSet<String>,
    /// What conditions ask of everybody, where strangers cannot meet it of their own accord.
    pub fenced_by: BTreeSet<String>,
    /// A policy would be left without the statements that let in anyone; of a key, one by which somebody of the own
    /// account may change it.
    pub others_remain: bool,
    /// Of a key: whom a statement without a fence lets in may put its policy, too.
    pub administered: bool,
    /// It has more statements than are judged, and counts as open to anyone.
    pub cut: bool,
    /// It also forbids something, perhaps on a condition.
    pub denies: bool,
    /// The thing whose policy it is.
    pub of: Of,
}

/// What a policy lets somebody into.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Of {
    /// A role, which is taken.
    #[default]
    Role,
    /// A key, which is used.
    Key,
    /// Another resource, which AWS opens only to its accounts.
    Resource,
    /// A resource of a service that also answers unsigned requests, where the policy lets in everybody.
    WebResource,
}

/// Services that hand a role's credentials to machines outside of AWS.
const OUTSIDE: [&str; 6] =
    ["rolesanywhere.", "ssm.", "credentials.iot.", "credentials.deadline.", "mgn.", "drs."];

impl Trust {
    /// Judges a trust policy.
    #[must_use]
    pub fn of(document: &PolicyDocument, home: &Home<'_>) -> Self {
        let mut trust = Self::by_doors(document, home);
        let (_, others) = trust.separated(document, |one| Self::by_doors(&one, home));
        trust.others_remain = !others.is_empty();
        trust
    }

    /// The statements that by themselves let in anyone, and the others. None, where it does not let in anyone.
    pub(super) fn separated(
        &self,
        document: &PolicyDocument,
        judged: impl Fn(PolicyDocument) -> Self,
    ) -> (Vec<Statement>, Vec<Statement>) {
        if self.cut || !self.has(TrustWord::Anyone) {
            return (Vec::new(), Vec::new());
        }
        let opens = |statement: &Statement| {
            statement.allow && judged(document.alone(statement)).has(TrustWord::Anyone)
        };
        document.statements.iter().cloned().partition(opens)
    }

    pub(super) fn by_doors(document: &PolicyDocument, home: &Home<'_>) -> Self {
        let denies = document.denies();
        let mut trust = Self { cut: document.too_long, denies, ..Self::default() };
        if trust.cut {
            trust.add(TrustWord::Anyone);
        }
        let doors = Doors::of(document, home);
        for statement in document.statements.iter().filter(|statement| statement.allow) {
            trust.judge(statement, &doors.entry(statement, home), home);
        }
        if trust.has(TrustWord::AnyoneConditioned) {
            // Once for the document, because a deny applies to every statement.
            doors.fenced_accounts().for_each(|account| trust.account(account, home));
        }
        let services =
            [TrustWord::Service, TrustWord::ServiceOutside, TrustWord::ServiceUnconditioned];
        let only_services = trust.words.iter().all(|word| services.contains(word));
        if only_services && trust.has(TrustWord::Service) && !trust.has(TrustWord::ServiceOutside) {
            trust.add(TrustWord::ServiceOnly);
        }
        trust
    }

    fn judge(&mut self, statement: &Statement, entry: &Entry<'_>, home: &Home<'_>) {
        let principals = &statement.principals;
        let asked = Asked::of(&statement.conditions);
        if principals.negated {
            self.everybody(entry, home);
        }
        // Do accounts come in by the values of conditions, not by the principal?
        let mut by_condition = principals.negated;
        let allowed = principals.entries.iter().filter(|_| !principals.negated);
        for PrincipalEntry { key, value } in allowed {
            match key {
                PrincipalKey::Bare | PrincipalKey::Aws if is_all(value) => {
                    by_condition = true;
                    self.everybody(entry, home);
                }
                PrincipalKey::Federated if entry.is_open_to(value) => {
                    self.federated(value, entry, home);
                    self.asked.extend(asked.line(value, entry.fixes(value)));
                }
                PrincipalKey::Service if entry.is_open_to_services() => {
                    by_condition = true;
                    self.service(value, entry, home);
                }
                PrincipalKey::Federated | PrincipalKey::Service => {}
                _ if !entry.is_open_to_identities() => {}
                // Should IAM take an unknown key some day, it names outsiders.
                _ => self.principal(value, entry, home),
            }
        }
        // Once for the statement, however many principals it has.
        if by_condition && entry.is_open_to_services() && !entry.has(|fence| fence.organization) {
            let foreign = entry.fence.accounts.iter().filter(|account| home.is_foreign(account));
            foreign.for_each(|account| self.account(account, home));
        }
    }

    /// A star is everybody, whichever way he comes: as an identity of AWS, or with a token, also of
    /// an issuer that needs no provider in the account.
    fn everybody(&mut self, entry: &Entry<'_>, home: &Home<'_>) {
        if entry.is_open_to_identities() {
            if !entry.has(|fence| fence.strangers) {
                self.anyone(entry);
            } else if entry.has(|fence| fence.organization) {
                self.within_organization(home);
            } else {
                let is_own = |account: &String| home.account == Some(account.as_str());
                let by_account =
                    entry.has(|fence| fence.by_account && fence.accounts.iter().all(is_own));
                let is_first = !self.has(TrustWord::AnyoneConditioned);
                self.own_alone = by_account && (self.own_alone || is_first);
                self.fenced(entry);
            }
        }
        if !entry.stops_tokens() {
            match entry.fences_tokens() {
                true => self.fenced(entry),
                false => self.anyone(entry),
            }
        }
    }

    fn fenced(&mut self, entry: &Entry<'_>) {
        // Of a resource the keys that bind nobody are taken off before.
        let named = entry.conditions.iter().filter(|one| !one.key.is_empty());
        self.fenced_by.extend(named.map(said));
        self.add(TrustWord::AnyoneConditioned);
    }

    /// One statement without conditions is enough for all.
    fn anyone(&mut self, entry: &Entry<'_>) {
        let is_first = !self.has(TrustWord::Anyone);
        match entry.conditions {
            [] => self.met_by_strangers.clear(),
            conditions if is_first || !self.met_by_strangers.is_empty() => {
                self.met_by_strangers.extend(conditions.iter().map(said));
            }
            _ => {}
        }
        self.add(TrustWord::Anyone);
    }

    /// An identity or account of AWS, by ARN, account ID or unique ID.
    fn principal(&mut self, value: &str, entry: &Entry<'_>, home: &Home<'_>) {
        let organization = entry.has(|fence| fence.organization);
        match account_of(value) {
            Some(account) if home.account == Some(account) => self.add(TrustWord::OwnAccount),
            Some(account) => {
                if organization {
                    self.accounts.insert(account.to_owned());
                    self.add(TrustWord::KnownAccount);
                } else {
                    self.account(account, home);
                }
                let pattern = ArnPattern::split(value);
                if !pattern.is_arn() || pattern.resource() == Some("root") {
                    self.add(TrustWord::AccountRoot);
                }
                if !entry.has(|fence| fence.external_id) {
                    self.add(TrustWord::NoExternalId);
                }
            }
            // Wildcards, where IAM allows none.
            None if value.contains(['*', '?']) => return self.everybody(entry, home),
            None if home.ids.contains(&value) => self.add(TrustWord::OwnAccount),
            // A unique ID may be that of a living principal of any account.
            None if !organization => {
                self.unknown.insert(value.to_owned());
                self.add(TrustWord::UnknownPrincipal);
                self.add(TrustWord::ExternalAccount);
            }
            None => {}
        }
        if organization {
            self.within_organization(home);
        }
    }

    /// An account that a principal or a condition names.
    fn account(&mut self, account: &str, home: &Home<'_>) {
        if home.account == Some(account) {
            return;
        }
        self.accounts.insert(account.to_owned());
        self.add(match home.is_foreign(account) {
            true => TrustWord::ExternalAccount,
            false => TrustWord::KnownAccount,
        });
    }

    fn federated(&mut self, value: &str, entry: &Entry<'_>, home: &Home<'_>) {
        self.add(TrustWord::Federated);
        self.others.insert(value.to_owned());
        if let Some(account) = account_of(value).filter(|_| home.account.is_some()) {
            self.account(account, home);
        }
        if !entry.fixes(value) {
            self.add(TrustWord::FederatedUnconditioned);
            self.unconditioned.insert(value.to_owned());
        }
    }

    fn service(&mut self, value: &str, entry: &Entry<'_>, home: &Home<'_>) {
        self.add(TrustWord::Service);
        self.services.insert(value.to_owned());
        let name = value.to_lowercase();
        if name.contains('*') || OUTSIDE.iter().any(|service| name.starts_with(service)) {
            self.add(TrustWord::ServiceOutside);
        }
        if !entry.has(|fence| fence.source) {
            self.add(TrustWord::ServiceUnconditioned);
        } else if entry.has(|fence| fence.organization) {
            self.bound_to_organization(home);
        }
    }

    fn within_organization(&mut self, home: &Home<'_>) {
        self.add(TrustWord::OwnOrganization);
        self.bound_to_organization(home);
    }

    fn bound_to_organization(&mut self, home: &Home<'_>) {
        let id = home.organization.unwrap_or("that of the role's own account");
        self.organization.get_or_insert_with(|| id.to_owned());
    }

    pub(crate) fn has(&self, word: TrustWord) -> bool {
        self.words.contains(&word)
    }

    fn add(&mut self, word: TrustWord) {
        self.words.insert(word);
    }
}

#[cfg(test)]
mod tests;
