//! The places within the texts of an automaton, and where each byte leads to from them.

use std::collections::{BTreeMap, BTreeSet};

/// One byte of a wildcard, or its star.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Byte(u8),
    Star,
}

/// A place within one or several texts.
#[derive(Default, Clone)]
pub(super) struct Position {
    /// Where a byte leads to.
    pub(super) bytes: BTreeMap<u8, Vec<usize>>,
    /// Where any byte leads to.
    pub(super) any: Vec<usize>,
    /// Behind a star: it may not be shared with another text.
    behind_star: bool,
    /// The place whose ways lead on from here: itself, another, or none at the end.
    pub(super) goes_on_at: Option<usize>,
    /// Matchers that match here.
    matches: BTreeSet<usize>,
}

pub(super) struct Positions(Vec<Position>);

impl Positions {
    /// The places of these texts, each with the number of its matcher.
    pub(super) fn of(texts: &[(usize, Vec<Part>)]) -> Self {
        let mut positions = Self(Vec::new());
        positions.new_position(false);
        for (matcher, text) in texts {
            positions.add(*matcher, text);
        }
        positions
    }

    /// A position that its own ways lead on from.
    fn new_position(&mut self, behind_star: bool) -> usize {
        let at = self.0.len();
        self.0.push(Position { behind_star, goes_on_at: Some(at), ..Position::default() });
        at
    }

    fn change(&mut self, at: usize, change: impl FnOnce(&mut Position)) {
        if let Some(position) = self.0.get_mut(at) {
            change(position);
        }
    }

    /// Adds one text. A beginning without star is shared with texts that begin alike; a star may match nothing, so the
    /// place before it also leads past it.
    fn add(&mut self, matcher: usize, text: &[Part]) {
        let Some((last, rest)) = text.split_last() else { return };
        let (mut at, mut before) = (0, None);
        for (number, part) in rest.iter().enumerate() {
            let ends_in_star = *last == Part::Star && number + 1 == rest.len();
            let after_star = number > 0 && rest.get(number - 1) == Some(&Part::Star);
            let next = match part {
                Part::Byte(byte) => {
                    let shared = if ends_in_star { None } else { self.shared(at, *byte) };
                    shared.unwrap_or_else(|| {
                        let next = self.new_position(self.is_behind_star(at) || ends_in_star);
                        let from = [Some(at), before.filter(|_| after_star)];
                        for from in from.into_iter().flatten() {
                            self.change(from, |p| p.bytes.entry(*byte).or_default().push(next));
                        }
                        next
                    })
                }
                Part::Star => {
                    let next = self.new_position(true);
                    self.change(next, |position| position.any.push(next));
                    self.change(at, |position| position.any.push(next));
                    next
                }
            };
            if ends_in_star {
                self.change(next, |position| {
                    position.matches.insert(matcher);
                });
            }
            before = Some(at);
            at = next;
        }
        self.end(matcher, *last, at, before.filter(|_| rest.last() == Some(&Part::Star)));
    }

    fn end(&mut self, matcher: usize, last: Part, at: usize, before_star: Option<usize>) {
        let matches = BTreeSet::from([matcher]);
        let next = self.0.len();
        match last {
            Part::Star => {
                let goes_on_at = Some(at);
                self.0.push(Position {
                    behind_star: true,
                    goes_on_at,
                    matches,
                    ..Position::default()
                });
                self.change(at, |position| position.any.push(next));
            }
            Part::Byte(byte) => {
                let ends_here = |position: &Position| {
                    let ways = position.bytes.get(&byte).into_iter().flatten();
                    let mut ends = ways.filter_map(|way| self.0.get(*way));
                    ends.any(|end| end.goes_on_at.is_none() && end.matches == matches)
                };
                if self.0.get(at).is_some_and(ends_here) {
                    return;
                }
                self.0.push(Position { matches, ..Position::default() });
                for from in [Some(at), before_star].into_iter().flatten() {
                    self.change(from, |p| p.bytes.entry(byte).or_default().push(next));
                }
            }
        }
    }

    pub(super) fn all(&self) -> &[Position] {
        &self.0
    }

    fn is_behind_star(&self, at: usize) -> bool {
        self.0.get(at).is_some_and(|position| position.behind_star)
    }

    /// A place that this byte leads to and another text may use.
    fn shared(&self, at: usize, byte: u8) -> Option<usize> {
        let ways = self.0.get(at)?.bytes.get(&byte)?;
        let usable = |way: &&usize| {
            self.0.get(**way).is_some_and(|p| p.goes_on_at.is_some() && !p.behind_star)
        };
        ways.iter().find(usable).copied()
    }

    /// For each place, how many matchers can be reached from it.
    pub(super) fn reachable(&self) -> Vec<usize> {
        let mut reached: Vec<BTreeSet<usize>> =
            self.0.iter().map(|position| position.matches.clone()).collect();
        // Ways lead to later places, or into themselves.
        for at in (0..self.0.len()).rev() {
            let ways = self.0.get(at).and_then(|position| self.0.get(position.goes_on_at?));
            let ways = ways.into_iter().flat_map(|p| p.bytes.values().flatten().chain(&p.any));
            let more: BTreeSet<usize> =
                ways.filter_map(|way| reached.get(*way)).flatten().copied().collect();
            if let Some(own) = reached.get_mut(at) {
                own.extend(more);
            }
        }
        reached.iter().map(BTreeSet::len).collect()
    }
}
