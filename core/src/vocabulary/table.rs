//! The facts as a table for people.

use std::fmt::Write;

use super::fact::{FACTS, Values};

/// Most words that are listed; where there are more, the fact describes them.
const LISTED_MAX: usize = 32;

/// The facts as a table in Markdown, with their values.
#[must_use]
pub fn table() -> String {
    let mut text = "| `derived.` | Values | What it says |\n|---|---|---|\n".to_owned();
    for fact in FACTS {
        let values = match fact.values {
            Values::Words(words) => match words() {
                words if words.len() > LISTED_MAX => "words".to_owned(),
                words => {
                    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
                }
            },
            Values::Truth => "`true`, `false`".to_owned(),
            Values::True => "`true`".to_owned(),
            Values::Number => "number".to_owned(),
            Values::Text => "text".to_owned(),
            Values::Account => "account ID".to_owned(),
            Values::Environment => "environment of the site file".to_owned(),
            Values::Calendar => "calendar of the site file".to_owned(),
            Values::Below => "facts below".to_owned(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| `{}` | {values} | {} |", fact.name(), fact.says);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_readme_has_it() {
        let readme = include_str!("../../../rules/README.md");
        assert!(readme.contains(&table()), "run .ci/regenerate");
        // Too many words to list are in the description of the fact.
        let grants = ["admin", "iam-write", "too-long", "monitoring-write", "deny-removed"];
        let says = FACTS.iter().find(|fact| fact.path == "derived.grants").unwrap().says;
        assert!(grants.iter().all(|word| says.contains(&format!("`{word}`"))));
    }
}
