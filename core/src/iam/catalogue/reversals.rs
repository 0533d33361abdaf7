//! How calls are undone that the catalogue does not rate.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::call::{Inverse, calls, without_version};
use crate::text::table::{columns, lines};

/// Source and name of a call, and its inverse; a trailing `*` of the name stands for a version.
static ROWS: LazyLock<Vec<(&str, &str, Inverse)>> = LazyLock::new(|| {
    let rows = lines(include_str!("reversals.tsv")).filter_map(columns);
    rows.filter_map(|[source, name, undo, action, word, arguments]| {
        Some((source, name, Inverse::read([undo, action, word, arguments])?))
    })
    .collect()
});

static BY_NAME: LazyLock<HashMap<(&str, &str), &Inverse>> = LazyLock::new(|| {
    ROWS.iter().map(|(source, name, inverse)| ((*source, *name), inverse)).collect()
});

/// How a call of an event is undone that has no row in the table of calls.
#[must_use]
pub(crate) fn reversal(source: &str, name: &str) -> Option<&'static Inverse> {
    let exact = BY_NAME.get(&(source, name)).copied();
    exact.or_else(|| {
        let word = without_version(name);
        BY_NAME.get(&(source, format!("{word}*").as_str())).copied()
    })
}

/// All of them.
pub(crate) fn reversals() -> impl Iterator<Item = &'static Inverse> {
    ROWS.iter().map(|(_, _, inverse)| inverse)
}

/// All words that a rule's `respond` may use.
pub(crate) fn response_words() -> impl Iterator<Item = &'static str> {
    calls().flat_map(|call| &call.inverses).chain(reversals()).map(|inverse| inverse.word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::catalogue::find;

    #[test]
    fn the_table_is_whole_and_repeats_no_other() {
        assert_eq!(BY_NAME.len(), lines(include_str!("reversals.tsv")).count());
        for (source, name) in BY_NAME.keys() {
            assert!(find(source, name.trim_end_matches('*')).is_none(), "{source} {name}");
        }
    }

    #[test]
    fn versioned_names_are_found() {
        let word = |name| reversal("lambda.amazonaws.com", name).map(|inverse| inverse.word);
        assert_eq!(word("CreateFunctionUrlConfig20211031"), Some("delete-function-url"));
        assert_eq!(word("CreateFunctionUrl20211031"), None);
        assert_eq!(reversal("s3.amazonaws.com", "CreateBucket"), None);
    }
}
