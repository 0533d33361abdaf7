//! Calls that the catalogue does not rate, and that are known all the same.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::text::table::columns;

static ROWS: LazyLock<HashSet<(&str, &str)>> = LazyLock::new(|| {
    let rows = include_str!("unrated.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(columns).map(|[source, name, _]| (source, name)).collect()
});

/// Is it known that a call, by its source and name, changes neither rights nor what watches, or do rules say all that
/// there is to say of it?
#[must_use]
pub fn is_unrated(call: (&str, &str)) -> bool {
    ROWS.contains(&call)
}

/// Their names, of one source.
pub(super) fn unrated_of(source: &str) -> impl Iterator<Item = &'static str> {
    ROWS.iter().filter(move |(of, _)| *of == source).map(|(_, name)| *name)
}

/// A source of one of them, by its name.
pub(super) fn unrated_source(name: &str) -> Option<&'static str> {
    ROWS.iter().filter(|(_, one)| *one == name).map(|(source, _)| *source).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::catalogue::find;

    #[test]
    fn the_table_is_whole_and_rates_nothing_that_the_catalogue_does() {
        let lines = include_str!("unrated.tsv").lines().filter(|line| !line.starts_with('#'));
        assert_eq!(lines.count(), ROWS.len(), "a row has not three columns, or stands twice");
        for (source, name) in ROWS.iter() {
            assert!(find(source, name).is_none(), "{source} {name}");
        }
        assert!(is_unrated(("sts.amazonaws.com", "DecodeAuthorizationMessage")));
        assert!(!is_unrated(("sso.amazonaws.com", "GrantStandingAccess")));
    }
}
