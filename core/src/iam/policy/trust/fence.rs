//! The callers of a statement that its conditions leave.

use std::collections::BTreeSet;

use super::caller::{self, Key, NamedCaller, ValueKind};
use super::home::{Home, account_of};
use crate::iam::policy::operator::Operator;
use crate::iam::policy::{Condition, Statement};

/// Which callers remain. A stranger cannot pass a fence by his own choice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fence {
    /// It keeps strangers of AWS out.
    pub(super) strangers: bool,
    /// It requires a key that only identities of AWS have, so nobody with a token passes.
    pub(super) tokens: bool,
    /// Only the own organization remains.
    pub(super) organization: bool,
    /// A fixed external ID is asked for.
    pub(super) external_id: bool,
    /// A service must act for somebody whom the condition names.
    pub(super) source: bool,
    /// Nobody but identities of `accounts` remains: AWS says of each caller of which account it is.
    pub(super) by_account: bool,
    /// Accounts that remain, where the conditions name them.
    pub(super) accounts: BTreeSet<String>,
}

impl Fence {
    fn tightest() -> Self {
        Self {
            strangers: true,
            tokens: true,
            organization: true,
            source: true,
            by_account: true,
            ..Self::default()
        }
    }

    /// The fence around an allow: every condition must be met. `of_aws`: the callers are AWS
    /// identities, whose requests bear some keys always.
    pub(super) fn around(conditions: &[Condition], home: &Home<'_>, of_aws: bool) -> Self {
        let mut fence = Self::default();
        for condition in conditions {
            let (operator, key) = (Operator::of(&condition.operator), Key::of(condition));
            let key = key.filter(|key| operator.takes_only_named(key.always && of_aws));
            let named = key.and_then(|key| Self::named(condition, key, operator, home));
            fence.add(named.unwrap_or_default());
        }
        fence
    }

    /// The fence that a deny puts around everybody else, as `StringNotEquals aws:PrincipalOrgID` does. It holds where
    /// every stranger must meet all its conditions; callers named by one of them may pass.
    pub(super) fn by_deny(deny: &Statement, home: &Home<'_>, of_aws: bool) -> Option<Self> {
        let mut conditions = deny.conditions.iter().filter(|one| !excepts_services(one)).peekable();
        let mut fence = match conditions.peek() {
            Some(_) => Self::tightest(),
            None => Self::default(),
        };
        for condition in conditions {
            let (operator, key) = (Operator::of(&condition.operator), Key::of(condition)?);
            if !operator.takes_all_others(key.always && of_aws) {
                return None;
            }
            let one = Self::named(condition, key, operator, home)?;
            fence.tokens &= one.tokens;
            fence.organization &= one.organization;
            fence.external_id |= one.external_id;
            fence.source &= one.source;
            fence.by_account &= one.by_account;
            fence.accounts.extend(one.accounts);
        }
        fence.source &= !deny.conditions.iter().any(excepts_services);
        if deny.principals.negated {
            // Everybody is denied but those named.
            let named = deny.principals.entries.iter().map(|one| one.value.as_str());
            fence.accounts.extend(named.filter_map(account_of).map(str::to_owned));
            fence = Self {
                strangers: true,
                external_id: fence.external_id,
                accounts: fence.accounts,
                ..Self::default()
            };
        }
        fence.strangers.then_some(fence)
    }

    /// The same, for a deny that is not put before services.
    pub(super) fn but_for_services(mut self) -> Self {
        self.source = false;
        self
    }

    /// Both apply: a caller must pass each.
    pub(super) fn add(&mut self, other: Self) {
        self.strangers |= other.strangers;
        self.tokens |= other.tokens;
        self.organization |= other.organization;
        self.external_id |= other.external_id;
        self.source |= other.source;
        self.by_account |= other.by_account;
        self.accounts.extend(other.accounts);
    }

    /// Callers that the values of a condition name together. `None` if a stranger can match.
    fn named(condition: &Condition, key: Key, operator: Operator, home: &Home<'_>) -> Option<Self> {
        let one_network =
            key.value != ValueKind::Address || caller::are_one_owners(&condition.values);
        if condition.values.is_empty() || !one_network {
            return None;
        }
        let mut fence = Self {
            tokens: !key.of_network,
            external_id: key.value == ValueKind::ExternalId,
            source: key.of_service || key.value == ValueKind::Organization,
            by_account: key.always && key.value == ValueKind::Account,
            ..Self::tightest()
        };
        for value in &condition.values {
            match key.named(operator, value, home) {
                NamedCaller::Anybody => return None,
                NamedCaller::Organization => {}
                NamedCaller::Account(account) => {
                    fence.organization = false;
                    fence.accounts.insert(account.to_owned());
                }
                NamedCaller::Somebody => {
                    fence.organization = false;
                    fence.by_account = false;
                }
            }
        }
        Some(fence)
    }
}

/// Calls of AWS services themselves are commonly excepted from a deny.
fn excepts_services(condition: &Condition) -> bool {
    condition.key.eq_ignore_ascii_case("aws:PrincipalIsAWSService")
        && condition.operator.to_lowercase().starts_with("bool")
        && !condition.values.is_empty()
        && condition.values.iter().all(|value| value.eq_ignore_ascii_case("false"))
}
