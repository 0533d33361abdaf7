//! Whom a trust policy lets in, seen from the account of the event.

use serde_json::json;

use crate::event::{Event, own_ids};
use crate::iam::policy::{Home, PolicyDocument, Trust};
use crate::site::Site;

/// Whom a grant lets use a key: an identity or a service.
pub(super) fn grant(event: &Event) -> Option<PolicyDocument> {
    let names = ["granteePrincipal", "retiringPrincipal"];
    let names = names.map(|name| event.parameter(name));
    let principal = |name: &str| match name.ends_with(".amazonaws.com") {
        true => json!({"Service": name}),
        false => json!({"AWS": name}),
    };
    let allow = |name| json!({"Effect": "Allow", "Action": "kms:*", "Principal": principal(name)});
    let statements: Vec<_> = names.into_iter().flatten().map(allow).collect();
    PolicyDocument::from_field(&json!({"Statement": statements}))
}

/// Unique IDs in a trust policy do not say their account. The event gives those of the caller, if he belongs to the
/// account himself.
pub(super) fn judge(document: &PolicyDocument, event: &Event, site: &Site) -> Trust {
    at_home(event, site, |home| Trust::of(document, home))
}

/// The same of a grant.
pub(super) fn judge_grant(document: PolicyDocument, event: &Event, site: &Site) -> Trust {
    at_home(event, site, |home| Trust::of_grant(document, home))
}

/// The same of the policy of a key.
pub(super) fn judge_key(document: PolicyDocument, event: &Event, site: &Site) -> Trust {
    at_home(event, site, |home| Trust::of_key(document, home))
}

fn at_home(event: &Event, site: &Site, judge: impl FnOnce(&Home<'_>) -> Trust) -> Trust {
    let account = event.account();
    let ids = own_ids(event);
    let knows = |account: &str| site.knows_account(account);
    let home = Home { account, organization: site.organization(), knows: &knows, ids: &ids };
    judge(&home)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::sample::call;

    #[track_caller]
    fn check(principal: &str, caller_account: &str, want: &str) {
        let dana =
            json!({"accountId": caller_account, "principalId": "AROAEXAMPLEEXAMPLE001:dana"});
        let event = call("iam", "UpdateAssumeRolePolicy").by(dana).event();
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
