//! The account that a call opens, closes or hands over, where that is not the one in which it is recorded.

use super::record::Event;
use crate::iam::account::AccountId;
use crate::iam::arn::Arn;

/// Source, calls, and the path below `detail` of the account, as an ID or in an ARN. Calls that create an account or
/// invite a foreign one are not here: they do not open that account yet.
const CALLS: [(&str, &[&str], &str); 7] = [
    (
        "sso.amazonaws.com",
        &["CreateAccountAssignment", "DeleteAccountAssignment", "ProvisionPermissionSet"],
        "requestParameters.targetId",
    ),
    ("sts.amazonaws.com", &["AssumeRoot"], "requestParameters.targetPrincipal"),
    (
        "organizations.amazonaws.com",
        &[
            "CloseAccount",
            "DeregisterDelegatedAdministrator",
            "MoveAccount",
            "RegisterDelegatedAdministrator",
            "RemoveAccountFromOrganization",
        ],
        "requestParameters.accountId",
    ),
    (
        "organizations.amazonaws.com",
        &["AttachPolicy", "DetachPolicy"],
        "requestParameters.targetId",
    ),
    (
        "organizations.amazonaws.com",
        &["AccountDepartedOrganization", "AccountJoinedOrganization"],
        "serviceEventDetails.accountId",
    ),
    (
        "organizations.amazonaws.com",
        &["CloseAccountResult"],
        "serviceEventDetails.closeAccountStatus.accountId",
    ),
    (
        "account.amazonaws.com",
        &[
            "AcceptPrimaryEmailUpdate",
            "CloseAccount",
            "DeleteAlternateContact",
            "DisableRegion",
            "EnableRegion",
            "PutAccountName",
            "PutAlternateContact",
            "PutContactInformation",
            "StartPrimaryEmailUpdate",
        ],
        "requestParameters.accountId",
    ),
];

/// The other account that an event affects, if there is one.
#[must_use]
pub(crate) fn affected_account(event: &Event) -> Option<AccountId> {
    let (source, name) = (event.event_source()?, event.name()?);
    let of_call = |(of, calls, _): &&(&str, &[&str], &str)| *of == source && calls.contains(&name);
    let (_, _, path) = CALLS.iter().find(of_call)?;
    let detail = event.value("detail")?;
    let found = super::values_at(detail, path).into_iter().find_map(|value| value.as_str())?;
    let id = Arn::parse(found).map_or(found, |arn| arn.account);
    AccountId::parse(id).filter(|id| event.account() != Some(id.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::sample::call;

    #[track_caller]
    fn check(source: &str, name: &str, parameters: serde_json::Value, want: Option<&str>) {
        let event = call(source, name).with("requestParameters", parameters).event();
        assert_eq!(affected_account(&event).as_ref().map(AccountId::as_str), want, "{name}");
    }

    #[test]
    fn what_is_opened_is_the_account_that_the_call_names() {
        let other = Some("444455556666");
        check("sso", "CreateAccountAssignment", json!({"targetId": "444455556666"}), other);
        check("sts", "AssumeRoot", json!({"targetPrincipal": "444455556666"}), other);
        let root = json!({"targetPrincipal": "arn:aws:iam::444455556666:root"});
        check("sts", "AssumeRoot", root, other);
        check("organizations", "DetachPolicy", json!({"targetId": "444455556666"}), other);
        check("account", "EnableRegion", json!({"AccountId": "444455556666"}), other);
    }

    #[test]
    fn it_is_none_where_it_is_the_same_a_unit_or_a_new_one() {
        check("sso", "CreateAccountAssignment", json!({"targetId": "111122223333"}), None);
        check("organizations", "AttachPolicy", json!({"targetId": "ou-4k2p-9x0a7h2k"}), None);
        let invited = json!({"target": {"id": "444455556666"}});
        check("organizations", "InviteAccountToOrganization", invited, None);
        check("iam", "AttachPolicy", json!({"targetId": "444455556666"}), None);
    }
}
