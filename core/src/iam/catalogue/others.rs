//! All calls of a source, where the catalogue knows all of them: those that it rates and the others.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::call::{IAM, calls, calls_of, find};
use super::unrated::{is_unrated, unrated_of, unrated_source};
use super::wearers::wearing_source;
use crate::text::table::columns;

/// Sources that the AWS SDK has no model of, and of which the catalogue has every call that people and rules name.
const WITHOUT_MODEL: [&str; 1] = ["signin.amazonaws.com"];

static BY_SOURCE: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let rows = include_str!("others.tsv").lines().filter(|line| !line.starts_with('#'));
    let others = rows.filter_map(columns).map(|[source, names]| (source, names));
    let all = others.chain(WITHOUT_MODEL.map(|source| (source, "")));
    all.map(|(source, others)| {
        let rated = calls_of(source).map(|call| call.name.trim_end_matches('*'));
        (source, rated.chain(unrated_of(source)).chain(others.split_whitespace()).collect())
    })
    .collect()
});

/// Names of all calls of a source, without versions. `None` where only some are known.
#[must_use]
pub(crate) fn all_calls(source: &str) -> Option<&'static [&'static str]> {
    BY_SOURCE.get(source).map(Vec::as_slice)
}

/// Is a call known, by its source and name: rated, or known to need no rating?
#[must_use]
pub(crate) fn is_known(call: (&str, &str)) -> bool {
    find(call.0, call.1).is_some() || is_unrated(call)
}

/// A source that is known to have a call of this name.
#[must_use]
pub(crate) fn source_of(name: &str) -> Option<&'static str> {
    // Other services have users and roles too; most mean those of IAM.
    if all_calls(IAM).is_some_and(|names| names.contains(&name)) {
        return Some(IAM);
    }
    let rated = calls().find(|call| call.name == name).map(|call| call.source);
    let others =
        || BY_SOURCE.iter().find(|(_, names)| names.contains(&name)).map(|(source, _)| *source);
    rated.or_else(|| wearing_source(name)).or_else(|| unrated_source(name)).or_else(others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::catalogue::{find, is_unrated};

    #[test]
    fn the_table_is_whole_and_repeats_no_other() {
        for line in include_str!("others.tsv").lines().filter(|line| !line.starts_with('#')) {
            let [source, names] = columns(line).unwrap();
            for name in names.split_whitespace() {
                assert!(find(source, name).is_none(), "{source} {name}; run .ci/other_calls.py");
                assert!(!is_unrated((source, name)), "{source} {name}; run .ci/other_calls.py");
            }
        }
        let iam = all_calls("iam.amazonaws.com").unwrap();
        assert!(["ListUsers", "AttachRolePolicy"].iter().all(|name| iam.contains(name)));
        assert!(all_calls("s3.amazonaws.com").is_none());
        assert_eq!(source_of("RunInstances"), Some("ec2.amazonaws.com"));
        assert_eq!(source_of("MakeTea"), None);
    }
}
