//! Whom the policy of a key lets in: the question of a role's trust, asked of what KMS does with a key.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>

use super::{Home, Trust};
use crate::policy::{Clause, PolicyDocument, Statement};

/// What is worth something to a stranger: to use the key, or to take it from its owner. Reading about it is not.
const USES: [&str; 18] = [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DeleteImportedKeyMaterial",
    "kms:DeriveSharedSecret",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GenerateMac",
    "kms:ImportKeyMaterial",
    "kms:PutKeyPolicy",
    "kms:ReEncryptFrom",
    "kms:ReplicateKey",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:Sign",
    "kms:UpdatePrimaryRegion",
];
/// The one way in that all of these count as.
const DOOR: &str = "sts:AssumeRole";

impl Trust {
    /// Judges the policy of a key. What is allowed opens it if it is any use, what is denied shuts it only if that is
    /// every use.
    #[must_use]
    pub fn of_key(mut document: PolicyDocument, home: &Home<'_>) -> Self {
        document.statements.retain_mut(as_door);
        let mut trust = Self { of_key: true, ..Self::of(&document, home) };
        // Nobody asks for one here.
        trust.words.remove("no-external-id");
        trust
    }
}

fn as_door(statement: &mut Statement) -> bool {
    let named = |action: &&str| statement.actions.names_action(action);
    let counts = match statement.allow {
        true => USES.iter().any(named),
        false => USES.iter().all(named),
    };
    statement.actions = Clause { negated: false, patterns: vec![DOOR.to_ascii_lowercase()] };
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*"}"#;

    #[track_caller]
    fn check(statement: &str, want: &[&str]) {
        let text = format!(r#"{{"Statement":[{OWN},{statement}]}}"#);
        let document = PolicyDocument::parse(&text).unwrap();
        let knows = |account: &str| account == "444455556666";
        let home = Home {
            account: Some("111122223333"),
            organization: Some("o-exampleorgid"),
            knows: &knows,
            ids: &[],
        };
        let trust = Trust::of_key(document, &home);
        let words: Vec<&str> = trust.words.iter().map(String::as_str).collect();
        assert_eq!(words, want, "{statement}");
    }

    fn allow(principal: &str, action: &str, condition: &str) -> String {
        format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"{action}","Condition":{{{condition}}}}}"#
        )
    }

    #[test]
    fn strangers_come_by_whatever_use_they_are_given() {
        let foreign = r#"{"AWS":["arn:aws:iam::999988887777:role/x"]}"#;
        check(&allow(foreign, "kms:Decrypt", ""), &["external-account", "own-account"]);
        check(&allow(foreign, "kms:*Grant", ""), &["external-account", "own-account"]);
        check(&allow(foreign, "kms:DescribeKey", ""), &["own-account"]);
        check(&allow(foreign, "s3:*", ""), &["own-account"]);
        check(
            &allow(r#"{"AWS":"444455556666"}"#, "kms:*", ""),
            &["account-root", "known-account", "own-account"],
        );
        let but = format!(
            r#"{{"Effect":"Allow","Principal":{foreign},"NotAction":"kms:ScheduleKeyDeletion"}}"#
        );
        check(&but, &["external-account", "own-account"]);
    }

    #[test]
    fn a_star_is_everybody_unless_the_caller_s_account_is_fixed() {
        let own = r#""StringEquals":{"kms:CallerAccount":"111122223333"}"#;
        let via = r#""StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}"#;
        check(&allow("\"*\"", "kms:*", ""), &["anyone", "own-account"]);
        check(&allow(r#"{"AWS":"*"}"#, "kms:*", via), &["anyone", "own-account"]);
        check(&allow(r#"{"AWS":"*"}"#, "kms:*", own), &["anyone-conditioned", "own-account"]);
        let foreign = r#""StringEquals":{"kms:CallerAccount":"999988887777"}"#;
        check(
            &allow(r#"{"AWS":"*"}"#, "kms:Decrypt", foreign),
            &["anyone-conditioned", "external-account", "own-account"],
        );
        let organization = r#""StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}"#;
        check(&allow("\"*\"", "kms:Decrypt", organization), &["own-account", "own-organization"]);
    }

    #[test]
    fn a_deny_shuts_out_if_it_denies_every_use() {
        let deny = |action: &str| {
            format!(
                r#"{{"Effect":"Deny","Principal":"*","Action":"{action}","Condition":{{"StringNotEquals":{{"aws:PrincipalOrgID":"o-exampleorgid"}}}}}}"#
            )
        };
        let open = allow("\"*\"", "kms:*", "");
        check(&format!("{open},{}", deny("kms:Decrypt")), &["anyone", "own-account"]);
        check(&format!("{open},{}", deny("kms:*")), &["own-account", "own-organization"]);
    }
}
