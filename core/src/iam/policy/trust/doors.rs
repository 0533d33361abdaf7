//! The ways into a role, and what the denies of a document leave of each.

use super::Home;
use super::claims::{Claims, is_saml};
use super::fence::Fence;
use crate::iam::policy::{Condition, PolicyDocument, PrincipalEntry, PrincipalKey, Statement};

const BY_SAML: &str = "sts:AssumeRoleWithSAML";
const BY_TOKEN: &str = "sts:AssumeRoleWithWebIdentity";

/// A way into the role, after all denies.
struct Door {
    action: &'static str,
    /// Taken with a token or an assertion, not by an identity of AWS.
    federated: bool,
    /// To everybody.
    closed: bool,
    /// Closed to AWS identities, though services may take it.
    closed_to_identities: bool,
    fence: Fence,
    claims: Claims,
}

/// All ways in.
pub(super) struct Doors {
    doors: [Door; 3],
}

/// The callers that one statement lets in.
pub(super) struct Entry<'d> {
    /// The doors it names that no deny closes.
    open: Vec<&'d Door>,
    /// The AWS identities and services that its conditions leave.
    pub(super) fence: Fence,
    /// The same for tokens, which lack the keys that AWS identities always bear.
    token_fence: Fence,
    claims: Claims,
    pub(super) conditions: &'d [Condition],
}

impl Doors {
    pub(super) fn of(document: &PolicyDocument, home: &Home<'_>) -> Self {
        let door = |action, federated| {
            let (fence, claims) = (Fence::default(), Claims::default());
            let (closed, closed_to_identities) = (false, false);
            Door { action, federated, closed, closed_to_identities, fence, claims }
        };
        let mut doors = [door("sts:AssumeRole", false), door(BY_SAML, true), door(BY_TOKEN, true)];
        for deny in document.statements.iter().filter(|statement| !statement.allow) {
            apply(deny, &mut doors, home);
        }
        Self { doors }
    }

    pub(super) fn entry<'d>(&'d self, statement: &'d Statement, home: &Home<'_>) -> Entry<'d> {
        let opens = |door: &&Door| !door.closed && statement.actions.names_action(door.action);
        Entry {
            open: self.doors.iter().filter(opens).collect(),
            fence: Fence::around(&statement.conditions, home, true),
            token_fence: Fence::around(&statement.conditions, home, false),
            claims: Claims::of(&statement.conditions),
            conditions: &statement.conditions,
        }
    }

    /// Accounts that denies of everybody else leave.
    pub(super) fn fenced_accounts(&self) -> impl Iterator<Item = &str> {
        self.doors.iter().flat_map(|door| &door.fence.accounts).map(String::as_str)
    }
}

/// The callers that a deny concerns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// `"*"`: everybody.
    Everybody,
    /// `{"AWS": "*"}`: identities of AWS. It is not documented whether it stops services and tokens.
    Identities,
    /// `NotPrincipal`: all but those it names.
    Others,
}

impl Before {
    fn of(deny: &Statement) -> Option<Self> {
        let principals = &deny.principals;
        if principals.negated {
            let exact = |one: &PrincipalEntry| !one.value.contains(['*', '?']);
            let others = !principals.entries.is_empty() && principals.entries.iter().all(exact);
            return others.then_some(Self::Others);
        }
        let stars = || principals.entries.iter().filter(|one| one.is_star());
        let has = |key: PrincipalKey| stars().any(|one| one.key == key);
        match (has(PrincipalKey::Bare), has(PrincipalKey::Aws)) {
            (true, _) => Some(Self::Everybody),
            (false, true) => Some(Self::Identities),
            (false, false) => None,
        }
    }
}

fn names_only_aws(statement: &Statement) -> bool {
    statement.principals.entries.iter().all(|one| one.key == PrincipalKey::Aws)
}

/// Closes or fences the doors that a deny names.
fn apply(deny: &Statement, doors: &mut [Door; 3], home: &Home<'_>) {
    let Some(before) = Before::of(deny) else { return };
    let without_condition = deny.conditions.is_empty();
    let of_aws = Fence::by_deny(deny, home, true).unwrap_or_default();
    let of_tokens = Fence::by_deny(deny, home, false).unwrap_or_default();
    let claims = Claims::by_deny(&deny.conditions);
    for door in doors.iter_mut().filter(|door| deny.actions.names_action(door.action)) {
        match (before, door.federated) {
            (Before::Everybody, federated) => {
                door.closed |= without_condition;
                door.fence.add(if federated { of_tokens.clone() } else { of_aws.clone() });
                door.claims.add(claims.clone());
            }
            (Before::Identities | Before::Others, false) => {
                door.closed_to_identities |= before == Before::Identities && without_condition;
                door.fence.add(of_aws.clone().but_for_services());
            }
            // A caller with a token is not among the AWS identities that it names.
            (Before::Others, true) => {
                door.closed |= without_condition && names_only_aws(deny);
                door.fence.add(of_tokens.clone());
            }
            (Before::Identities, true) => {}
        }
    }
}

impl Entry<'_> {
    fn aws_door(&self) -> Option<&Door> {
        self.open.iter().find(|door| !door.federated).copied()
    }

    fn token_doors(&self) -> impl Iterator<Item = &Door> {
        self.open.iter().filter(|door| door.federated).copied()
    }

    pub(super) fn is_open_to_identities(&self) -> bool {
        self.aws_door().is_some_and(|door| !door.closed_to_identities)
    }

    pub(super) fn is_open_to_services(&self) -> bool {
        self.aws_door().is_some()
    }

    /// The door that identities of a provider take, if it is open.
    fn door_of(&self, provider: &str) -> Option<&Door> {
        let action = if is_saml(provider) { BY_SAML } else { BY_TOKEN };
        self.token_doors().find(|door| door.action == action)
    }

    pub(super) fn is_open_to(&self, provider: &str) -> bool {
        self.door_of(provider).is_some()
    }

    /// Does a fence of this kind limit identities of AWS, by a condition or by a deny?
    pub(super) fn has(&self, fence: impl Fn(&Fence) -> bool) -> bool {
        fence(&self.fence) || self.aws_door().is_some_and(|door| fence(&door.fence))
    }

    /// Can nobody come with a token?
    pub(super) fn stops_tokens(&self) -> bool {
        self.token_fence.tokens || self.token_doors().all(|door| door.fence.tokens)
    }

    /// Are some tokens refused, whichever issuer they have?
    pub(super) fn fences_tokens(&self) -> bool {
        let by_deny = |door: &Door| door.fence.strangers || door.claims.are_exclusive();
        self.token_fence.strangers || self.claims.are_exclusive() || self.token_doors().all(by_deny)
    }

    /// Is it fixed whose identities of this provider may come?
    pub(super) fn fixes(&self, provider: &str) -> bool {
        let door = self.door_of(provider);
        self.claims.fix(provider) || door.is_some_and(|door| door.claims.fix(provider))
    }
}
