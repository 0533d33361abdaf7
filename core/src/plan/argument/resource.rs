//! Of keys, topics, queues and IAM Roles Anywhere.
//!
//! Source: the models `kms`, `sns`, `sqs` and `rolesanywhere` of botocore, unless a type names another.

use super::form::{
    Place, arn, below, is_of, is_small, is_small_hex, is_uuid, is_uuid_of, is_word_char,
};
use super::value::texts;
use crate::plan::guard::Guard;

/// Longest text of no documented form, in characters.
const TEXT_CHARS_MAX: usize = 2_048;
/// Hexadecimal digits of the ID of a key of several Regions, behind `mrk-`.
const MANY_REGIONS_CHARS: usize = 32;

texts! {
    /// ID or ARN of a KMS key. The calls that take it do not take an alias.
    /// Source: `KeyIdType`, what the model says of the parameter in each call, and
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>
    KeyId: is_key, UnsafeValue;
    /// ID of a grant of a key. Source: `GrantIdType` for its length, and for its digits the examples of
    /// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html>, all of which are hexadecimal
    GrantId: |text| is_of(text, 1..=128, |c| c.is_ascii_hexdigit()), UnsafeValue;
    /// ARN of a topic.
    /// Source: <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
    TopicArn: is_topic, UnsafeValue;
    /// Name of a statement in the policy of a topic. Any text, as no form is documented.
    TopicLabel: |text| is_of(text, 1..=TEXT_CHARS_MAX, |_| true), UnsafeValue;
    /// Address of a queue.
    QueueUrl: |text| is_of(text, 0..=TEXT_CHARS_MAX, |_| true), UnsafeValue;
    /// Name of a statement in the policy of a queue.
    /// Source: `AddPermissionRequest`, in words
    QueueLabel: |text| is_of(text, 1..=80, |c| is_word_char(c) || c == '-'), UnsafeValue;
    /// Name or ARN of a function, or a part of its ARN, with a version or an alias behind it or not.
    /// Source: `FunctionName` of the model `lambda`
    FunctionName: is_function, UnsafeValue;
    /// Name of a statement in the policy of a function.
    /// Source: `StatementId` of the model `lambda`
    FunctionStatementId: |text| is_of(text, 1..=100, is_function_char), UnsafeValue;
    /// A version or an alias of a function.
    /// Source: `Qualifier` of the model `lambda`
    FunctionQualifier: |text| is_of(text, 1..=128, |c| is_function_char(c) || c == '$'), UnsafeValue;
    /// ID or ARN of a profile of Roles Anywhere.
    /// Source: `ProfileIdentifier`
    ProfileId: |text| is_anywhere(text, "profile"), UnsafeValue;
    /// ID or ARN of a trust anchor.
    /// Source: `TrustAnchorIdentifier`
    TrustAnchorId: |text| is_anywhere(text, "trust-anchor"), UnsafeValue;
    /// ID or ARN of a list of revoked certificates.
    /// Source: `CrlIdentifier`
    CrlId: |text| is_anywhere(text, "crl"), UnsafeValue;
}

fn is_function_char(c: char) -> bool {
    is_word_char(c) || c == '-'
}

fn is_function(text: &str) -> bool {
    is_of(text, 1..=170, |c| is_function_char(c) || matches!(c, ':' | '$' | '.'))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

fn is_key(text: &str) -> bool {
    let id = below(text, ("kms", Place::Regional), "key").unwrap_or(text);
    let is_of_many =
        |rest: &str| is_of(rest, MANY_REGIONS_CHARS..=MANY_REGIONS_CHARS, is_small_hex);
    is_uuid(id) || id.strip_prefix("mrk-").is_some_and(is_of_many)
}

/// The name has up to 256 letters, digits, dashes and underscores. That of a FIFO topic ends in `.fifo`.
fn is_topic(text: &str) -> bool {
    let Some(name) = arn(text, "sns", Place::Regional).and_then(|arn| arn.topic()) else {
        return false;
    };
    let name = name.strip_suffix(".fifo").unwrap_or(name);
    is_of(name, 1..=256, |c| is_word_char(c) || c == '-')
}

/// An ARN, also of an alias, or an ID: like a UUID, but only the first eight characters must be hexadecimal.
fn is_anywhere(text: &str, kind: &str) -> bool {
    let arn = arn(text, "rolesanywhere", Place::Regional);
    let is_named = arn.is_some_and(|arn| {
        let named = arn.below("alias").and_then(|rest| rest.split_once('/'));
        let (own, name) = named.or(arn.kind_and_name()).unwrap_or_default();
        own == kind && !name.is_empty()
    });
    let first = text.get(..8).unwrap_or_default();
    let is_id = is_uuid_of(text, is_small) && first.chars().all(is_small_hex);
    is_id || (is_named && text.len() <= 1_011)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::argument::value::check;

    const GUARD: Guard = Guard::UnsafeValue;
    const UUID: &str = "0a1b2c3d-0000-4000-8000-0123456789ab";

    #[test]
    fn a_key_is_named_by_its_id_or_its_arn() {
        let arn = format!("arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/{UUID}");
        let many = "mrk-0123456789abcdef0123456789abcdef";
        let refused = ["", "k", "mrk-1", "alias/x", "arn:aws:kms:eu-west-1:111122223333:alias/x"];
        check::<KeyId>(&[UUID, many, &arn], &refused, GUARD);
        check::<GrantId>(&["0c237476b39f8bc4"], &["", "x", &"a".repeat(129)], GUARD);
    }

    #[test]
    fn a_topic_is_named_by_its_arn_alone() {
        let topics = [
            "arn:aws:sns:eu-west-1:111122223333:a_b-c",
            "arn:aws-cn:sns:cn-north-1:111122223333:a.fifo",
        ];
        let refused = [
            "a",
            "arn:aws:sns:eu-west-1:111122223333:",
            "arn:aws:sns:eu-west-1:111122223333:a.b",
            "arn:aws:sqs:eu-west-1:111122223333:a",
        ];
        check::<TopicArn>(&topics, &refused, GUARD);
        check::<TopicLabel>(&["a b"], &[""], GUARD);
        let function = "arn:aws:lambda:eu-west-1:111122223333:function:pay:live";
        check::<FunctionName>(
            &["pay-it_2", "111122223333:pay", function, "pay:$LATEST"],
            &["", "-x", "a b", "a/b"],
            GUARD,
        );
        check::<FunctionStatementId>(&["a-B_1"], &["", "a b", "a.b"], GUARD);
        check::<FunctionQualifier>(&["$LATEST", "live"], &["", "a:b"], GUARD);
        check::<QueueLabel>(&["Alice_1-x"], &["", "a b", &"x".repeat(81)], GUARD);
        check::<QueueUrl>(
            &["https://sqs.eu-west-1.amazonaws.com/1/b"],
            &[&"x".repeat(2_049)],
            GUARD,
        );
    }

    #[test]
    fn roles_anywhere_has_uuids_and_arns() {
        let arn =
            |resource: &str| format!("arn:aws:rolesanywhere:eu-west-1:111122223333:{resource}");
        let (id, profile, alias) =
            (format!("profile/{UUID}"), arn(&format!("profile/{UUID}")), arn("alias/profile/x"));
        let anchor = arn(&format!("trust-anchor/{UUID}"));
        check::<ProfileId>(
            &[UUID, &profile, &alias],
            &["p", &id, &anchor, &arn("profile/")],
            GUARD,
        );
        check::<TrustAnchorId>(
            &[UUID, &anchor],
            &["0G1b2c3d-0000-4000-8000-0123456789ab", &profile],
            GUARD,
        );
        check::<CrlId>(&[UUID, &arn("crl/x")], &["crl", &anchor], GUARD);
    }
}
