//! The wildcards of one path as AWS's matcher holds them: an automaton over bytes whose positions are
//! counted.

use super::estimate::texts;
use super::positions::{Part, Positions};
use super::walk::busiest;
use crate::pattern::Matcher;

/// The wildcards of one path.
#[derive(Default)]
pub(super) struct Automaton {
    /// Each text with the number of the matcher it belongs to; equal matchers have equal numbers.
    texts: Vec<(usize, Vec<Part>)>,
    matchers: Vec<Matcher>,
}

impl Automaton {
    pub(super) fn add(&mut self, matcher: &Matcher) {
        let known = self.matchers.iter().position(|known| known == matcher);
        let number = known.unwrap_or_else(|| {
            self.matchers.push(matcher.clone());
            self.matchers.len() - 1
        });
        self.texts.extend(texts(matcher).into_iter().map(|text| (number, text)));
    }

    /// The most positions that one value can be at, at the same time, `most` at most. Where that takes
    /// too long each wildcard counts for the most that it can be alone, which is never less.
    pub(super) fn complexity(&self, most: usize) -> usize {
        let together = busiest(&Positions::of(&self.texts), most);
        together.unwrap_or_else(|| {
            let alone = |text: &(usize, Vec<Part>)| {
                let positions = Positions::of(std::slice::from_ref(text));
                busiest(&positions, most).unwrap_or(2 * text.1.len())
            };
            self.texts.iter().map(alone).sum::<usize>().min(most)
        })
    }
}
