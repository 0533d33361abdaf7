//! The table of phrases.

use crate::text::table::{columns, lines};

/// Behind the name of a service, in what events name as their source.
const DOMAIN: &str = ".amazonaws.com";

fn rows() -> impl Iterator<Item = [&'static str; 3]> {
    lines(include_str!("phrases.tsv")).filter_map(columns::<3>)
}

/// The service of a source: `iam`.
pub(super) fn service_of(source: &str) -> &str {
    source.strip_suffix(DOMAIN).unwrap_or(source)
}

/// The phrase for a call. Some services put a version behind the name: `AddPermission20150331v2`.
pub(super) fn of_call(source: &str, name: &str) -> Option<&'static str> {
    let service = service_of(source);
    let word = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'v' || c == '_');
    let found = |name: &str| {
        let mut of_service = rows().filter(|[of, ..]| *of == service);
        of_service.find_map(|[_, calls, phrase]| {
            calls.split(',').any(|call| call == name).then_some(phrase)
        })
    };
    found(name).or_else(|| found(word))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::verb::{self, Tense};
    use super::*;
    use crate::iam::catalogue;

    #[test]
    fn the_table_is_whole() {
        let lines = lines(include_str!("phrases.tsv"));
        assert_eq!(rows().count(), lines.count(), "a row has not exactly three columns");
        let mut seen = HashSet::new();
        for [source, calls, phrase] in rows() {
            for call in calls.split(',') {
                assert!(seen.insert((source, call)), "{source} {call} stands twice");
            }
            assert!(!source.ends_with(DOMAIN), "{source}");
            check(phrase);
        }
    }

    /// Brackets and braces are closed, forms are known, and it begins with a verb of the table.
    #[track_caller]
    fn check(phrase: &str) {
        let begins = match phrase.strip_prefix('<') {
            Some(rest) => rest.split('>').next().unwrap().split('|').collect(),
            None => vec![phrase],
        };
        for begin in begins {
            let word = begin.split(' ').next().unwrap();
            assert!(verb::form(word, Tense::Done).is_some(), "{word} in {phrase}");
        }
        for (open, close) in [('<', '>'), ('{', '}')] {
            let mut inside = false;
            for c in phrase.chars().filter(|c| [open, close].contains(c)) {
                assert_eq!(inside, c == close, "{phrase}");
                inside = c == open;
            }
            assert!(!inside, "{phrase}");
        }
        for form in phrase.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()) {
            let known = ["thing", "account", "node", "reach", "policy", "typed", "value", "tags"];
            assert!(form.split_once(':').is_none_or(|(form, _)| known.contains(&form)), "{form}");
            assert!(!form.contains(['<', '>', '|']), "{form}");
        }
    }

    #[test]
    fn a_version_behind_the_name_does_not_count() {
        let lambda = "lambda.amazonaws.com";
        assert!(of_call(lambda, "AddPermission20150331v2").is_some());
        assert!(of_call(lambda, "AddPermission").is_some());
        assert!(of_call(lambda, "AddPermissions").is_none());
        assert!(of_call("iam.amazonaws.com", "AddPermission").is_none());
    }

    /// Every call in the phrases must be in the catalogue: another name is a misspelling.
    #[test]
    fn sources_are_those_that_are_delivered() {
        let known: HashSet<&str> = catalogue::calls().map(|call| service_of(call.source)).collect();
        let others = [
            "cloud9",
            "ec2",
            "ec2-instance-connect",
            "ecs",
            "eks",
            "lakeformation",
            "quicksight",
            "ram",
            "redshift",
            "s3",
            "servicecatalog",
            "transfer",
        ];
        for [source, ..] in rows() {
            assert!(known.contains(source) || others.contains(&source), "{source}");
        }
    }
}
