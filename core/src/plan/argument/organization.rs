//! Of Organizations: IDs, and the services that it lets in.
//!
//! Source: the model `organizations` of botocore.

use super::form::{is_of, is_small, is_word_char};
use super::value::texts;
use crate::iam::account;
use crate::plan::guard::Guard;

texts! {
    /// ID of a policy of an organization.
    /// Source: `PolicyId`
    OrganizationPolicyId: is_policy, UnsafeValue;
    /// ID of what a policy is attached to: a root, an organizational unit or an account.
    /// Source: `PolicyTargetId`
    PolicyTargetId: |text| is_parent(text) || account::is_id(text), UnsafeValue;
    /// ID of the parent of an account: a root or an organizational unit. Source: `ParentId`
    ParentId: is_parent, UnsafeValue;
    /// Service that works in all accounts: `guardduty.amazonaws.com`.
    /// Source: `ServicePrincipal`
    ServicePrincipal: is_service, UnsafeValue;
}

fn is_policy(text: &str) -> bool {
    text.strip_prefix("p-").is_some_and(|rest| is_of(rest, 8..=128, is_word_char))
}

/// `r-ROOT` or `ou-ROOT-UNIT`.
fn is_parent(text: &str) -> bool {
    let is_root = |id: &str| is_of(id, 4..=32, is_small);
    let is_unit = |(root, unit): (&str, &str)| is_root(root) && is_of(unit, 8..=32, is_small);
    text.strip_prefix("r-").is_some_and(is_root)
        || text.strip_prefix("ou-").and_then(|ids| ids.split_once('-')).is_some_and(is_unit)
}

fn is_service(text: &str) -> bool {
    is_of(text, 1..=128, |c| is_word_char(c) || "+=,.@-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::argument::value::check;

    const GUARD: Guard = Guard::UnsafeValue;

    #[test]
    fn policies_hang_on_roots_units_and_accounts() {
        check::<OrganizationPolicyId>(
            &["p-FullAWSAccess", "p-0123abcd"],
            &["p-1", "0123abcd", "p-0123-abcd"],
            GUARD,
        );
        let (root, unit) = ("r-ab12", "ou-ab12-0123abcd");
        let no_ids = ["", "r-1", "r-AB12", "ou-1", "ou-ab12", "ou-ab12-0123abcd-x", "x"];
        check::<ParentId>(&[root, unit], &[no_ids.as_slice(), &["111122223333"]].concat(), GUARD);
        check::<PolicyTargetId>(&[root, unit, "111122223333"], &no_ids, GUARD);
    }

    #[test]
    fn services_are_named_by_their_principals() {
        let sets = "member.org.stacksets.cloudformation.amazonaws.com";
        let refused = ["", "a b", "http://x", &"x".repeat(129)];
        check::<ServicePrincipal>(&["guardduty.amazonaws.com", sets], &refused, GUARD);
    }
}
