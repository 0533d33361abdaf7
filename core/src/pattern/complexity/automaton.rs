//! The wildcards of one path as AWS's matcher holds them: an automaton over bytes whose positions are
//! counted.

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

    /// The most positions that one value can be at, at the same time, up to `most`. If that takes too long, each
    /// wildcard counts for its own maximum, which is never less.
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

/// The texts of a matcher, character by character, between the quotes that AWS's matcher sees.
fn texts(matcher: &Matcher) -> Vec<Vec<Part>> {
    let one = |matcher: &Matcher| match matcher {
        Matcher::Wildcard(wildcard) => {
            let mut parts = vec![Part::Byte(b'"')];
            for (number, piece) in wildcard.pieces.iter().enumerate() {
                if number > 0 {
                    parts.push(Part::Star);
                }
                parts.extend(piece.bytes().map(Part::Byte));
            }
            parts.push(Part::Byte(b'"'));
            Some(parts)
        }
        _ => None,
    };
    match matcher {
        Matcher::AnythingBut(refused) => refused.iter().filter_map(one).collect(),
        _ => one(matcher).into_iter().collect(),
    }
}
