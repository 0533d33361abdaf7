//! AWS managed policies, known by name with their risk.
//!
//! `judged.tsv` holds what their documents grant, in our words: `.ci/managed-policies` makes it. `managed.tsv` adds
//! by hand what no document says. A name that is in neither is not known to be harmless.
//!
//! Source: <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use std::sync::OnceLock;

use super::{Grant, Grants};
use crate::iam::arn::Arn;
use crate::iam::kind::EntityKind;
use crate::text::table::line_of;

/// Beginning of the names of the policies that AWS puts on credentials found in public.
const QUARANTINE: &str = "awscompromisedkeyquarantine";

/// An AWS managed policy.
#[derive(Debug, Clone)]
pub(crate) struct ManagedPolicy {
    /// What it gives.
    pub grants: Grants,
    /// It forbids rather than grants: removing it grants.
    pub denies: bool,
    /// AWS attaches it to credentials found in public.
    pub quarantines: bool,
}

/// Names for documents that several policies share; `judged.tsv` has their words.
pub const DOCUMENTS: [(&str, &str); 3] = [
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

/// Hand-written knowledge about policies, by their names.
const MANAGED: &str = include_str!("managed.tsv");
/// The words of all policies that were known when it was made, by their names.
const JUDGED: &str = include_str!("judged.tsv");

/// Words that no document gives: what a policy is for, or what the judge of documents has no word for.
const BESIDE: [&str; 5] = [
    "quarantine",
    "monitoring-write",
    "organizations-write",
    "identity-center-write",
    "identity-pool-write",
];

/// The line of a name in lower case, behind the first of the table.
fn find(table: &'static str, name: &str) -> Option<&'static str> {
    line_of(table.split_once('\n')?.1, name)
}

/// The words in a line.
fn words_of(line: &'static str) -> Option<&'static str> {
    line.split('\t').nth(1)
}

/// The grants of a named document. It is judged once, because it is long and often needed.
fn document(name: &str) -> Option<&'static Grants> {
    static GRANTS: [OnceLock<Grants>; DOCUMENTS.len()] =
        [const { OnceLock::new() }; DOCUMENTS.len()];
    let at = DOCUMENTS.iter().position(|(known, _)| *known == name)?;
    let words = || find(JUDGED, name).and_then(words_of).unwrap_or_default();
    Some(GRANTS.get(at)?.get_or_init(|| Grants::from_words(words().split_whitespace())))
}

/// The AWS managed policy of an ARN, if it is one and known. Names are compared ignoring case, as
/// IAM does.
#[must_use]
pub(crate) fn managed(arn: &str) -> Option<ManagedPolicy> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "iam" && arn.account == "aws")?;
    let name = arn.name_in_iam(EntityKind::Policy)?.to_lowercase();
    // Later versions of the policy have the same purpose.
    let known = if name.starts_with(QUARANTINE) { QUARANTINE } else { &name };
    let (by_hand, judged) = (find(MANAGED, known), find(JUDGED, known));
    let words = by_hand.or(judged).map(|line| words_of(line).unwrap_or_default())?;
    let of_document = judged.and_then(words_of);
    let beside = words.split_whitespace().filter(|word| BESIDE.contains(word));
    let words: Vec<&'static str> = match of_document {
        Some(found) => found.split_whitespace().chain(beside).collect(),
        None => words.split_whitespace().collect(),
    };
    let whole = words.first().and_then(|word| document(word)).cloned();
    let denies = words.contains(&"deny");
    let quarantines = words.contains(&Grant::Quarantine.word());
    let grants = whole
        .unwrap_or_else(|| Grants::from_words(words.into_iter().filter(|word| *word != "deny")));
    Some(ManagedPolicy { grants, denies, quarantines })
}

#[cfg(test)]
mod tests {
    use super::super::PolicyDocument;
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
        for line in MANAGED.lines().skip(1).chain(JUDGED.lines().skip(1)) {
            let columns: Vec<&str> = line.split('\t').collect();
            for word in columns[1].split_whitespace().map(|word| word.trim_end_matches('?')) {
                let beside = word == "deny" || DOCUMENTS.iter().any(|(name, _)| *name == word);
                assert!(beside || Grant::of(word).is_some(), "{word}: {line}");
            }
        }
        assert!(MANAGED.lines().all(|line| line.split('\t').count() == 3));
    }

    #[test]
    fn the_tables_are_sorted_and_the_documents_in_them_are_what_they_amount_to() {
        for table in [MANAGED, JUDGED] {
            let name = |line: &str| line.split('\t').next().unwrap().to_lowercase();
            assert!(table.lines().skip(1).map(name).is_sorted());
        }
        for (name, text) in DOCUMENTS {
            let judged = Grants::of(&PolicyDocument::parse(text).unwrap(), None);
            assert_eq!(*document(name).unwrap(), judged, "{name}: run .ci/managed-policies");
        }
    }
}
