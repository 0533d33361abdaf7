//! Files without events beside log files.

use std::collections::BTreeMap;

use iam_responder::event::input::NoEvents;

/// How many there were of each kind.
#[derive(Debug, Default)]
pub(crate) struct Skipped(BTreeMap<&'static str, usize>);

impl Skipped {
    pub(crate) fn add(&mut self, what: NoEvents) {
        *self.0.entry(what.word()).or_default() += 1;
    }

    /// All of them in one line, if there are any.
    pub(crate) fn line(&self) -> Option<String> {
        let of_kind = |(word, count): (&&str, &usize)| {
            let many = if *count == 1 { "" } else { "s" };
            format!("{count} {word}{many}")
        };
        let all: Vec<String> = self.0.iter().map(of_kind).collect();
        (!all.is_empty()).then(|| format!("skipped, as they hold no events: {}", all.join(", ")))
    }
}
