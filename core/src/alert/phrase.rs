//! One sentence that says what happened.

use super::contents::Place;
use super::deed::{Tense, deed};
use crate::event::{CallOutcome, Event};
use crate::facts::Context;
use crate::text::line::Line;

pub(super) fn sentence(event: &Event, context: &Context, place: &Place) -> Line {
    let subject = Line::name(&capitalised(&context.facts.principal.subject()));
    let account = match (&place.account_name, &place.account) {
        (Some(name), _) => Line::from(" in ").and(Line::name(name.as_it_is())),
        (None, Some(account)) => Line::from(" in account ").and(Line::name(account.as_it_is())),
        (None, None) => Line::default(),
    };
    let (done, end) = match context.facts.outcome {
        CallOutcome::Success => (Line::from(" ").and(deed(event, context, Tense::Done)), "."),
        CallOutcome::Denied => (tried(event, context), " and was denied."),
        CallOutcome::Failure => (tried(event, context), " and failed."),
    };
    subject.and(done).and(account).and(end)
}

fn capitalised(text: &str) -> String {
    let lower = [
        "a ",
        "the ",
        "somebody ",
        "user ",
        "role ",
        "account ",
        "federated ",
        "web ",
        "directory ",
    ];
    if !lower.iter().any(|word| text.starts_with(word)) {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn tried(event: &Event, context: &Context) -> Line {
    Line::from(" tried to ").and(deed(event, context, Tense::Tried))
}
