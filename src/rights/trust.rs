//! Whom a trust policy lets in, seen from the account of the event.

use crate::event::Event;
use crate::policy::{Home, PolicyDocument, Trust};
use crate::site::Site;

/// Unique IDs in a trust policy do not tell their account; the event tells those of the caller, if he
/// is of the account himself.
pub(super) fn judge(document: &PolicyDocument, event: &Event, site: &Site) -> Trust {
    let account = event.account();
    let at_home = account.is_some() && event.text("detail.userIdentity.accountId") == account;
    let ids: Vec<&str> = [
        "detail.userIdentity.principalId",
        "detail.userIdentity.sessionContext.sessionIssuer.principalId",
    ]
    .iter()
    .filter_map(|path| event.text(path).filter(|_| at_home)?.split(':').next())
    .collect();
    let knows = |account: &str| site.knows_account(account);
    let home = Home { account, organization: site.organization(), knows: &knows, ids: &ids };
    Trust::of(document, &home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(principal: &str, caller_account: &str, want: &str) {
        let event = Event::parse(&format!(
            r#"{{"eventSource":"iam.amazonaws.com","eventName":"UpdateAssumeRolePolicy","recipientAccountId":"111122223333",
               "userIdentity":{{"accountId":"{caller_account}","principalId":"AROAEXAMPLEEXAMPLE001:dana"}}}}"#
        ))
        .unwrap();
        let document = PolicyDocument::parse(&format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"AWS":"{principal}"}}}}}}"#
        ))
        .unwrap();
        let words = judge(&document, &event, &Site::empty()).words;
        assert!(words.contains(want), "{principal} {caller_account}: {words:?}");
    }

    #[test]
    fn the_caller_s_own_id_is_at_home_if_he_is() {
        check("AROAEXAMPLEEXAMPLE001", "111122223333", "own-account");
        check("AROAEXAMPLEEXAMPLE002", "111122223333", "external-account");
        check("AROAEXAMPLEEXAMPLE001", "999988887777", "external-account");
    }
}
