//! The ways into a role, and what the denies of a document leave of each.

use super::Home;
use super::claims::Claims;
use super::fence::Fence;
use crate::policy::{PolicyDocument, Statement};

/// A way into the role, after all denies.
struct Door {
    action: &'static str,
    /// Taken with a token or an assertion, not by an identity of AWS.
    federated: bool,
    closed: bool,
    fence: Fence,
    claims: Claims,
}

/// All ways in.
pub(super) struct Doors {
    doors: [Door; 3],
}

/// What one statement opens.
pub(super) struct Entry<'d> {
    /// The doors it names that no deny closes.
    open: Vec<&'d Door>,
    /// What its conditions leave of AWS identities and of services.
    pub(super) fence: Fence,
    /// Tokens come with no key that AWS identities always bear.
    token_fence: Fence,
    claims: Claims,
}

impl Doors {
    pub(super) fn of(document: &PolicyDocument, home: &Home<'_>) -> Self {
        let door = |action, federated| {
            let (fence, claims) = (Fence::default(), Claims::default());
            Door { action, federated, closed: false, fence, claims }
        };
        let mut doors = [
            door("sts:AssumeRole", false),
            door("sts:AssumeRoleWithSAML", true),
            door("sts:AssumeRoleWithWebIdentity", true),
        ];
        for deny in document.statements.iter().filter(|statement| !statement.allow) {
            apply(deny, &mut doors, home);
        }
        Self { doors }
    }

    pub(super) fn entry(&self, statement: &Statement, home: &Home<'_>) -> Entry<'_> {
        let opens = |door: &&Door| !door.closed && statement.actions.names_action(door.action);
        Entry {
            open: self.doors.iter().filter(opens).collect(),
            fence: Fence::around(&statement.conditions, home, true),
            token_fence: Fence::around(&statement.conditions, home, false),
            claims: Claims::of(&statement.conditions),
        }
    }

    /// Accounts that denies of everybody else leave.
    pub(super) fn fenced_accounts(&self) -> impl Iterator<Item = &str> {
        self.doors.iter().flat_map(|door| &door.fence.accounts).map(String::as_str)
    }
}

/// Closes or fences the doors that a deny names.
fn apply(deny: &Statement, doors: &mut [Door; 3], home: &Home<'_>) {
    let everybody = names_everybody(deny);
    let others = deny.principals.negated && !deny.principals.entries.is_empty() && !everybody;
    let of_everybody = everybody && !deny.principals.negated;
    if !of_everybody && !others {
        return;
    }
    let of_aws = Fence::by_deny(deny, home, true);
    let of_tokens = Fence::by_deny(deny, home, false);
    let claims = if of_everybody { Claims::by_deny(&deny.conditions) } else { Claims::default() };
    for door in doors.iter_mut().filter(|door| deny.actions.names_action(door.action)) {
        door.closed |= of_everybody && deny.conditions.is_empty();
        let fence = if door.federated { &of_tokens } else { &of_aws };
        door.fence.add(fence.clone().unwrap_or_default());
        door.claims.add(claims.clone());
    }
}

fn names_everybody(statement: &Statement) -> bool {
    let everybody = |(kind, value): &(String, String)| {
        value == "*" && (kind == "*" || kind.eq_ignore_ascii_case("aws"))
    };
    statement.principals.entries.iter().any(everybody)
}

impl Entry<'_> {
    fn aws_door(&self) -> Option<&Door> {
        self.open.iter().find(|door| !door.federated).copied()
    }

    fn token_doors(&self) -> impl Iterator<Item = &Door> {
        self.open.iter().filter(|door| door.federated).copied()
    }

    pub(super) fn is_open_to_aws(&self) -> bool {
        self.aws_door().is_some()
    }

    pub(super) fn is_open_to_tokens(&self) -> bool {
        self.token_doors().next().is_some()
    }

    /// Does a fence of this kind stand before identities of AWS, by a condition or by a deny?
    pub(super) fn has(&self, fence: impl Fn(&Fence) -> bool) -> bool {
        fence(&self.fence) || self.aws_door().is_some_and(|door| fence(&door.fence))
    }

    /// Is everybody with a token of any issuer kept out?
    pub(super) fn keeps_tokens_out(&self) -> bool {
        let by_deny = |door: &Door| door.fence.strangers || door.claims.fix_something();
        self.token_fence.strangers || self.claims.fix_something() || self.token_doors().all(by_deny)
    }

    /// Is it fixed whose identities of this provider may come?
    pub(super) fn fixes(&self, provider: &str) -> bool {
        self.claims.fix(provider) || self.token_doors().all(|door| door.claims.fix(provider))
    }
}
