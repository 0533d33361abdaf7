//! Of IAM: names, ARNs and IDs.
//!
//! Source: the model `iam` of botocore, unless a type names another.

use super::form::{Place, arn, below, is_name_char, is_of, is_word_char};
use super::value::{choices, texts};
use crate::event::Event;
use crate::iam::account;
use crate::iam::arn::{Arn, is_partition};
use crate::iam::catalogue::IAM;
use crate::plan::guard::Guard;

/// Longest ARN, and longest text of no documented form, in characters. Source: `arnType`.
const TEXT_CHARS_MAX: usize = 2_048;
/// Longest name of a user or a role, in characters.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const SHORT_NAME_CHARS_MAX: usize = 64;
/// Longest name of anything else in IAM, in characters.
const NAME_CHARS_MAX: usize = 128;
/// Longest document of an inline policy, of a role or of a permission set, in characters.
const DOCUMENT_CHARS_MAX: usize = 32_768;
/// What IAM calls the root user where a user name is asked for.
const ROOT: &str = "AWS ROOT USER";

/// Parameters that hold a name of IAM, with its greatest length.
const NAMES: [(&str, usize); 10] = [
    ("userName", SHORT_NAME_CHARS_MAX),
    ("newUserName", SHORT_NAME_CHARS_MAX),
    ("roleName", SHORT_NAME_CHARS_MAX),
    ("groupName", NAME_CHARS_MAX),
    ("newGroupName", NAME_CHARS_MAX),
    ("policyName", NAME_CHARS_MAX),
    ("instanceProfileName", NAME_CHARS_MAX),
    ("serverCertificateName", NAME_CHARS_MAX),
    ("newServerCertificateName", NAME_CHARS_MAX),
    ("samlProviderName", NAME_CHARS_MAX),
];

texts! {
    /// Name of an IAM user.
    UserName: |text| is_given_name(text, SHORT_NAME_CHARS_MAX), ImpossibleName;
    /// Name of a role.
    RoleName: |text| is_given_name(text, SHORT_NAME_CHARS_MAX), ImpossibleName;
    /// Name of a group.
    GroupName: |text| is_given_name(text, NAME_CHARS_MAX), ImpossibleName;
    /// Name of an inline policy.
    PolicyName: |text| is_given_name(text, NAME_CHARS_MAX), ImpossibleName;
    /// Name of an instance profile.
    InstanceProfileName: |text| is_given_name(text, NAME_CHARS_MAX), ImpossibleName;
    /// Name of a server certificate.
    ServerCertificateName: |text| is_given_name(text, NAME_CHARS_MAX), ImpossibleName;
    /// ARN of a managed policy.
    PolicyArn: is_policy_arn, ImpossibleName;
    /// ARN of an OpenID Connect provider: its name is the address of its issuer, without `https://`.
    /// Source: `arnType`, and
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
    OidcProviderArn: |text| is_arn_of(text, "oidc-provider"), UnsafeValue;
    /// ARN of a SAML provider, whose name has up to 128 letters, digits or `._-`.
    /// Source: `SAMLProviderNameType`
    SamlProviderArn: is_saml_provider, UnsafeValue;
    /// Audience of an OpenID Connect provider: any text that its issuer writes.
    ClientId: is_short, UnsafeValue;
    /// Serial number of a virtual device for a second factor: an ARN, whose path may hold anything.
    SerialNumber: is_short, UnsafeValue;
    /// ID of an access key.
    /// Source: `accessKeyIdType`
    AccessKeyId: |text| is_of(text, 16..=128, is_word_char), UnsafeValue;
    /// ID of an SSH public key.
    /// Source: `publicKeyIdType`
    SshPublicKeyId: |text| is_of(text, 20..=128, is_word_char), UnsafeValue;
    /// ID of a credential for one service.
    /// Source: `serviceSpecificCredentialId`
    ServiceCredentialId: |text| is_of(text, 20..=128, is_word_char), UnsafeValue;
    /// ID of a signing certificate.
    /// Source: `certificateIdType`
    CertificateId: |text| is_of(text, 24..=128, is_word_char), UnsafeValue;
    /// Version of a managed policy: `v2`, or `v2.` with letters, digits and dashes behind it.
    /// Source: `policyVersionIdType`, which sets no greatest length; 128 here.
    PolicyVersion: is_policy_version, UnsafeValue;
    /// Alias of an account: 3 to 63 small letters, digits and single dashes, none of them first or last.
    /// Source: `accountAliasType`
    AccountAlias: is_account_alias, UnsafeValue;
    /// Document of an inline policy, as it was written.
    /// Source: `policyDocumentType`, and for its length
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    DocumentText: is_document, UnsafeValue;
    /// ID of a delegation request.
    /// Source: `delegationRequestIdType`
    DelegationRequestId: |text| is_of(text, 16..=128, |c| is_word_char(c) || c == '-'), UnsafeValue;
}

choices! {
    /// Whether a credential works.
    CredentialStatus {
        /// It works.
        Active = "Active",
        /// It does not.
        Inactive = "Inactive",
    }
}

/// Does an event of IAM name what IAM has no names for? Then its record is not what it claims.
pub(in crate::plan) fn names_the_impossible(event: &Event) -> bool {
    event.event_source() == Some(IAM)
        && (NAMES.iter().any(|(key, chars_max)| {
            event.parameter(key).is_some_and(|name| name != ROOT && !is_name(name, *chars_max))
        }) || event.parameter("policyArn").is_some_and(|arn| !is_policy_arn(arn)))
}

/// Letters, digits and `_+=,.@-`, says the page of the quotas.
fn is_name(text: &str, chars_max: usize) -> bool {
    is_of(text, 0..=chars_max, |c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
}

/// A name has one character at least.
fn is_given_name(text: &str, chars_max: usize) -> bool {
    !text.is_empty() && is_name(text, chars_max)
}

/// A path may hold every character from `!` to DEL.
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>
fn is_policy_arn(text: &str) -> bool {
    let Some(arn) = Arn::parse(text) else { return false };
    is_partition(arn.partition)
        && (arn.service, arn.region) == ("iam", "")
        && (arn.account == "aws" || account::is_id(arn.account))
        && arn.below("policy").is_some()
        && is_of(text, 1..=TEXT_CHARS_MAX, |c| ('!'..='\u{7f}').contains(&c))
}

fn is_arn_of(text: &str, kind: &str) -> bool {
    let name = below(text, ("iam", Place::Account), kind);
    name.is_some_and(|name| !name.is_empty()) && text.len() <= TEXT_CHARS_MAX
}

fn is_saml_provider(text: &str) -> bool {
    let name = arn(text, "iam", Place::Account).and_then(|arn| arn.below("saml-provider"));
    name.is_some_and(|name| is_of(name, 1..=128, is_name_char))
}

fn is_short(text: &str) -> bool {
    is_of(text, 0..=TEXT_CHARS_MAX, |_| true)
}

fn is_policy_version(text: &str) -> bool {
    let Some(version) = text.strip_prefix('v') else { return false };
    let (number, rest) = version.split_once('.').unwrap_or((version, ""));
    is_of(number, 1..=128, |c| c.is_ascii_digit())
        && !number.starts_with('0')
        && is_of(rest, 0..=128, |c| c.is_ascii_alphanumeric() || c == '-')
}

/// A JSON object, of the characters that IAM takes.
fn is_document(text: &str) -> bool {
    let good = |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
    is_of(text, 1..=DOCUMENT_CHARS_MAX, good)
        && serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok()
}

fn is_account_alias(text: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    is_of(text, 3..=63, good) && text.split('-').all(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::argument::value::{Argument, check};

    #[test]
    fn names_that_iam_has_not() {
        for name in ["аdmin", "a b", "a/b", "arn:aws:iam::111122223333:role/x", &"x".repeat(65)] {
            assert!(!is_name(name, 64), "{name}");
        }
        assert!(is_name("--profile", 64) && is_name("a+b=c,d.e@f-g_h", 64));
        assert!(is_policy_arn("arn:aws-cn:iam::aws:policy/service-role/X"));
        assert!(is_policy_arn("arn:aws:iam::111122223333:policy/a`<\u{7f}:*/x"));
        for arn in ["x", "arn:aws:iam::1:policy/x", "arn:aws:iam::111122223333:role/x", "http://x"]
        {
            assert!(!is_policy_arn(arn), "{arn}");
        }
    }

    #[test]
    fn what_has_no_name_of_iam_is_refused() {
        let (taken, refused, impossible) = (["a+b"], ["", "a b"], Guard::ImpossibleName);
        check::<UserName>(&taken, &refused, impossible);
        check::<RoleName>(&taken, &refused, impossible);
        check::<GroupName>(&taken, &refused, impossible);
        check::<PolicyName>(&taken, &refused, impossible);
        check::<InstanceProfileName>(&taken, &refused, impossible);
        check::<ServerCertificateName>(&taken, &refused, impossible);
        check::<PolicyArn>(&["arn:aws:iam::aws:policy/X"], &["x"], impossible);
    }

    #[test]
    fn providers_are_named_by_their_arns() {
        let guard = Guard::UnsafeValue;
        check::<OidcProviderArn>(
            &[
                "arn:aws:iam::111122223333:oidc-provider/token.actions.example.com",
                "arn:aws-us-gov:iam::111122223333:oidc-provider/oidc.eks.us-gov-west-1.amazonaws.com/id/0A",
            ],
            &[
                "token.actions.example.com",
                "arn:aws:iam::111122223333:oidc-provider/",
                "arn:aws:iam::111122223333:saml-provider/x",
                "arn:aws:iam:eu-west-1:111122223333:oidc-provider/x",
                "arn:aws:iam::111122223333:oidc-provider/x y",
            ],
            guard,
        );
        check::<SamlProviderArn>(
            &[
                "arn:aws:iam::111122223333:saml-provider/A.b_c-d",
                "arn:aws-cn:iam::111122223333:saml-provider/x",
            ],
            &["arn:aws:iam::111122223333:saml-provider/a$(id)", "arn:aws:iam::aws:saml-provider/x"],
            guard,
        );
        check::<ClientId>(&["https://x"], &[&"x".repeat(2_049)], guard);
        let serial = "arn:aws:iam::111122223333:mfa/p/x";
        check::<SerialNumber>(&[serial], &[&"x".repeat(2_049)], guard);
    }

    #[test]
    fn ids_of_credentials_have_their_form() {
        let (id, guard) = ("APKAEXAMPLE_0123456789ab", Guard::UnsafeValue);
        check::<AccessKeyId>(&["AKIAIOSFODNN7EXA"], &["AKIAX", "AKIAIOSFODNN7EX;"], guard);
        check::<SshPublicKeyId>(&[id], &["APKAX", "APKAEXAMPLE-0123456789ab"], guard);
        check::<ServiceCredentialId>(&[id], &["ACCAX", "APKAEXAMPLE 0123456789ab"], guard);
        check::<CertificateId>(&[id], &["APKAEXAMPLE0123456789", &"x".repeat(129)], guard);
        check::<DelegationRequestId>(
            &["dr-0123456789abcdef"],
            &["dr-1", "dr/0123456789abcdef"],
            guard,
        );
        assert_eq!(CredentialStatus::read(Ok("Inactive")), Ok(CredentialStatus::Inactive));
        assert_eq!(CredentialStatus::read(Ok("Expired")), Err(guard));
    }

    #[test]
    fn a_document_is_an_object_of_json() {
        let documents = ["{}", "{\"Version\":\t\"2012-10-17\"}", "\n{ \"a\": \"é\" }\r"];
        let refused = ["", "[]", "x", "%7B%7D", "{\"a\":\"\u{202e}\"}", "{}{}", "file://x"];
        check::<DocumentText>(&documents, &refused, Guard::UnsafeValue);
    }

    #[test]
    fn versions_and_aliases_have_their_form() {
        let (no_versions, guard) =
            (["", "v", "v0", "1", "v01", "v1.a/b", "v1.a.b"], Guard::UnsafeValue);
        check::<PolicyVersion>(&["v1", "v10", "v2.", "v2.a-B"], &no_versions, guard);
        let no_aliases = ["ab", "-abc", "abc-", "a--b", "Shop", "a.b", &"x".repeat(64)];
        check::<AccountAlias>(&["abc", "shop-prod-1"], &no_aliases, guard);
    }
}
