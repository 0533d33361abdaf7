//! Verbs, as a sentence needs them.

use crate::text::table::columns;

/// Whether it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::alert) enum Tense {
    /// It was: `deleted`.
    Done,
    /// It was not, so the sentence says `tried to delete`.
    Tried,
}

fn rows() -> impl Iterator<Item = [&'static str; 2]> {
    include_str!("verbs.tsv").lines().skip(1).filter_map(columns::<2>)
}

/// The form of a verb, from its infinitive. `None` if the table lacks it.
pub(super) fn form(infinitive: &str, tense: Tense) -> Option<&'static str> {
    let [same, past] = rows().find(|[known, _]| *known == infinitive)?;
    Some(if tense == Tense::Done { past } else { same })
}

/// The verb that the name of a call begins with, in its form, and the rest of the name: `deleted`, `LogGroup`. What only
/// reads is called by its name.
pub(super) fn of_call(name: &str, tense: Tense) -> Option<(&'static str, &str)> {
    let found = rows().find_map(|[infinitive, past]| {
        let head = name.get(..infinitive.len())?;
        let rest = name.get(infinitive.len()..)?;
        let is_it = infinitive != "get"
            && head.eq_ignore_ascii_case(infinitive)
            && head.starts_with(|c: char| c.is_ascii_uppercase())
            && rest.starts_with(|c: char| c.is_ascii_uppercase());
        is_it.then_some(([infinitive, past], rest))
    });
    found.map(|([infinitive, past], rest)| {
        (if tense == Tense::Done { past } else { infinitive }, rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let text = include_str!("verbs.tsv");
        assert_eq!(rows().count(), text.lines().count() - 1);
        let mut sorted: Vec<_> = rows().collect();
        sorted.sort_unstable();
        sorted.dedup_by_key(|[infinitive, _]| *infinitive);
        assert!(rows().eq(sorted), "sorted, none twice");
    }

    #[test]
    fn a_call_begins_with_its_verb() {
        assert_eq!(of_call("DeleteLogGroup", Tense::Done), Some(("deleted", "LogGroup")));
        assert_eq!(of_call("DeleteLogGroup", Tense::Tried), Some(("delete", "LogGroup")));
        // If letters follow, it is another word.
        for name in ["Settle", "Disable", "GetGroup", "ConsoleLogin", "deleteGroup", "é"] {
            assert_eq!(of_call(name, Tense::Done), None, "{name}");
        }
    }
}
