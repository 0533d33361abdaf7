//! AWS managed policies, known by name with their risk.
//!
//! `judged.tsv` holds what their documents grant, in our words: `.ci/managed-policies` makes it. `managed.tsv`
//! adds what no document tells, by hand. A name that is in neither is not known to be harmless.
//!
//! Source: <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Grants;
use super::document::PolicyDocument;
use crate::iam::arn::Arn;

/// How the policies begin that AWS puts on credentials found in public.
const QUARANTINE: &str = "awscompromisedkeyquarantine";

/// An AWS managed policy.
#[derive(Debug, Clone)]
pub struct ManagedPolicy {
    /// Its name, without path.
    pub name: &'static str,
    /// What it gives.
    pub grants: Grants,
    /// It forbids rather than grants: removing it grants.
    pub denies: bool,
    /// AWS attaches it to credentials found in public.
    pub quarantines: bool,
    /// What it is for, or the trap in it.
    pub note: &'static str,
}

/// Some are given as the document they amount to, so that they are judged as any other, once.
static JUDGED: LazyLock<HashMap<&'static str, Grants>> = LazyLock::new(|| {
    let judge = |text| {
        PolicyDocument::parse(text).map(|document| Grants::of(&document, None)).unwrap_or_default()
    };
    DOCUMENTS.into_iter().map(|(name, text)| (name, judge(text))).collect()
});

const DOCUMENTS: [(&str, &str); 3] = [
    ("@admin", r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#),
    (
        "@admin-iam",
        r#"{"Statement":{"Effect":"Allow","Action":["iam:*","organizations:Describe*"],"Resource":"*"}}"#,
    ),
    (
        "@power",
        r#"{"Statement":{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"}}"#,
    ),
];

/// Lines of `managed.tsv`, by the names of the policies in small letters.
static MANAGED: LazyLock<HashMap<String, &'static str>> =
    LazyLock::new(|| by_name(include_str!("managed.tsv")));
/// Lines of `judged.tsv`: the words of all policies that were known when it was made.
static WORDS: LazyLock<HashMap<String, &'static str>> =
    LazyLock::new(|| by_name(include_str!("judged.tsv")));

/// Words that no document tells: what a policy is for, or what the judge of documents has no word for.
const BESIDE: [&str; 5] = [
    "quarantine",
    "monitoring-write",
    "organizations-write",
    "identity-center-write",
    "identity-pool-write",
];

/// The lines of a table behind its first, by their names in small letters.
fn by_name(table: &'static str) -> HashMap<String, &'static str> {
    let lines = table.lines().skip(1);
    lines.filter_map(|line| Some((line.split('\t').next()?.to_lowercase(), line))).collect()
}

/// The AWS managed policy of an ARN, if it is one and known. Names are compared ignoring case, as
/// IAM does.
#[must_use]
pub fn managed(arn: &str) -> Option<ManagedPolicy> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "iam" && arn.account == "aws")?;
    let name = arn.resource.strip_prefix("policy/")?.rsplit('/').next()?.to_lowercase();
    // The next version of it is for the same.
    let known = if name.starts_with(QUARANTINE) { QUARANTINE } else { &name };
    let (by_hand, judged) = (MANAGED.get(known), WORDS.get(known));
    let mut columns = by_hand.or(judged)?.split('\t');
    let (name, words) = (columns.next()?, columns.next().unwrap_or_default());
    let note = columns.next().unwrap_or_default();
    let of_document = judged.and_then(|line| line.split('\t').nth(1));
    let beside = words.split_whitespace().filter(|word| BESIDE.contains(word));
    let words: Vec<&'static str> = match of_document {
        Some(found) => found.split_whitespace().chain(beside).collect(),
        None => words.split_whitespace().collect(),
    };
    let whole = words.first().and_then(|word| JUDGED.get(word)).cloned();
    let denies = words.contains(&"deny");
    let quarantines = words.contains(&"quarantine");
    let grants = whole
        .unwrap_or_else(|| Grants::from_words(words.into_iter().filter(|word| *word != "deny")));
    Some(ManagedPolicy { name, grants, denies, quarantines, note })
}

#[cfg(test)]
mod tests {
    use super::super::Grant;
    use super::*;

    #[test]
    fn managed_policies_are_known_in_every_partition_and_case() {
        for arn in [
            "arn:aws:iam::aws:policy/AdministratorAccess",
            "arn:aws-cn:iam::aws:policy/AdministratorAccess",
            "arn:aws:iam::aws:policy/administratoraccess",
        ] {
            assert!(managed(arn).unwrap().grants.unconditional.contains("admin"), "{arn}");
        }
        assert!(
            managed("arn:aws:iam::aws:policy/IAMFullAccess").unwrap().grants.all.contains("admin")
        );
        let power = managed("arn:aws:iam::aws:policy/PowerUserAccess").unwrap().grants;
        assert!(power.all.contains("data-all") && !power.all.contains("admin"));
        assert!(
            managed("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess")
                .unwrap()
                .grants
                .is_empty()
        );
        assert!(
            managed("arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3").unwrap().quarantines
        );
        assert!(managed("arn:aws:iam::111122223333:policy/AdministratorAccess").is_none());
    }

    #[test]
    fn the_table_uses_words_that_exist() {
        for line in MANAGED.values().chain(WORDS.values()) {
            let columns: Vec<&str> = line.split('\t').collect();
            for word in columns[1].split_whitespace().map(|word| word.trim_end_matches('?')) {
                let beside = word == "deny" || JUDGED.contains_key(word);
                assert!(beside || Grant::of(word).is_some(), "{word}: {line}");
            }
        }
        assert!(MANAGED.values().all(|line| line.split('\t').count() == 3));
    }
}
