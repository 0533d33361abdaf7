//! How each call of IAM is undone, as a table in Markdown: made from the catalogue.

use std::fmt::Write as _;

use crate::iam::catalogue::{Call, Effect, IAM, Inverse, StepCondition, calls_of, step_rows};

/// The table: a row for each call of IAM that changes something, with the steps that undo it, or the reason why none
/// does.
#[must_use]
pub fn table() -> String {
    let mut text =
        "| Call | Undone by | Effect | Known from, or what is to be known |\n|---|---|---|---|\n"
            .to_owned();
    for call in calls_of(IAM) {
        let (steps, effects, from) = row(call);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| `{}` | {steps} | {effects} | {from} |", call.name);
    }
    text
}

fn row(call: &Call) -> (String, String, String) {
    if call.inverses.is_empty() {
        return ("–".to_owned(), "–".to_owned(), call.note.to_owned());
    }
    let mut cells = (String::new(), String::new(), String::new());
    for (at, inverse) in call.inverses.iter().enumerate() {
        let between = match (at, inverse.follows) {
            (0, _) => "",
            (_, true) => ", then ",
            (_, false) => "; or ",
        };
        let (_, name) = inverse.action.parts();
        for (cell, text) in [
            (&mut cells.0, format!("`{name}`")),
            (&mut cells.1, effects(inverse)),
            (&mut cells.2, known_from(inverse).to_owned()),
        ] {
            cell.push_str(between);
            cell.push_str(&text);
        }
    }
    cells
}

/// What the step does, each case once. Where it would be no undo it is not offered.
fn effects(inverse: &Inverse) -> String {
    let mut words: Vec<&str> = Vec::new();
    for row in step_rows(inverse.word).iter().filter(|row| row.effect != Effect::Unfit) {
        if !words.contains(&row.effect.word()) {
            words.push(row.effect.word());
        }
    }
    words.join(" or ")
}

fn known_from(inverse: &Inverse) -> &'static str {
    match inverse.arguments() {
        _ if inverse.by_hand => "people do it: no command fits every case",
        Some(_) if inverse.needs_former() => "the event, and the value before",
        Some(_) if is_new_only(inverse) => "the event, and that nothing was there before",
        Some(_) => "the event",
        None => "what was there before: a person puts it back",
    }
}

/// Is it offered only where what the call made replaced nothing?
fn is_new_only(inverse: &Inverse) -> bool {
    step_rows(inverse.word).iter().any(|row| row.when.contains(&StepCondition::ReplacesNothing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_has_a_step_or_a_reason() {
        let table = table();
        let rows: Vec<Vec<&str>> = table
            .lines()
            .skip(2)
            .map(|row| row.trim_matches(['|', ' ']).split(" | ").collect())
            .collect();
        assert_eq!(rows.len(), calls_of(IAM).count());
        for row in &rows {
            assert!(row.len() == 4 && row.iter().all(|cell| !cell.is_empty()), "{row:?}");
        }
        let of = |name: &str| {
            rows.iter().find(|row| row[0] == format!("`{name}`")).unwrap()[1..].to_vec()
        };
        assert_eq!(of("AttachRolePolicy"), ["`DetachRolePolicy`", "gives or narrows", "the event"]);
        assert!(of("CreateUser")[2].starts_with("Harmless"));
        assert!(of("CreateRole")[2].starts_with("people do it"));
        assert_eq!(
            of("PutRolePolicy")[2].split("; ").next(),
            Some("the event, and that nothing was there before")
        );
        assert_eq!(
            of("CreatePolicyVersion")[0],
            "`DeletePolicyVersion`; or `SetDefaultPolicyVersion`, then `DeletePolicyVersion`"
        );
    }
}
