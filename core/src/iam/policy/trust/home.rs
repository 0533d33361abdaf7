//! Own accounts and providers, and the account of a principal.

use crate::iam::account;
use crate::iam::arn::ArnPattern;

/// Accounts, organization and providers that are known to be ours, so not a stranger's.
#[derive(Clone, Copy)]
pub struct Home<'h> {
    /// The account of the role.
    pub account: Option<&'h str>,
    /// ID of the organization.
    pub organization: Option<&'h str>,
    /// Says whether another account is at home.
    pub knows: &'h dyn Fn(&str) -> bool,
    /// Unique IDs of principals of the account.
    pub ids: &'h [&'h str],
}

impl Home<'_> {
    /// An account that is neither the own nor known.
    pub(crate) fn is_foreign(&self, account: &str) -> bool {
        self.account != Some(account) && !(self.knows)(account)
    }
}

/// The account of an ARN, or a bare account ID.
pub(super) fn account_of(value: &str) -> Option<&str> {
    let pattern = ArnPattern::split(value);
    let account = if pattern.is_arn() { pattern.account()? } else { value };
    account::is_id(account).then_some(account)
}
