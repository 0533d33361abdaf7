//! Many patterns at once: an event visits only those that it could match.
//!
//! Of each branch one field is its *anchor*: the one whose values are rarest among all branches.
//! The event's value under the anchor's path then leads, through a hash map, to the branches that
//! ask for it; prefixes and suffixes are found through the few lengths that occur. A branch
//! without any field that can serve (only `anything-but`, numbers, `exists` …) is always tried.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value;

use super::compiled::{Branch, Field, Pattern};
use super::cost::COMPARISONS;
use super::leaves::{FieldPath, collect};
use super::matcher::parse_address;
use super::{Matcher, STEPS_OF_EVENT_MAX, Steps};

/// A set of patterns compiled for speed.
#[derive(Debug, Clone, Default)]
pub struct PatternIndex {
    branches: Vec<(usize, Arc<Branch>)>,
    paths: Vec<PathIndex>,
    always: Vec<usize>,
}

/// Positions of patterns, in ascending order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// All that match, or that could for all that is known.
    pub matching: Vec<usize>,
    /// Those of them for which the steps ran out: nobody knows.
    pub cut: Vec<usize>,
    /// Steps of the event that are left.
    pub left: usize,
}

/// The anchors of one path: from a value to the branches that want it.
#[derive(Debug, Clone, Default)]
struct PathIndex {
    path: FieldPath,
    /// Whatever the value is.
    all: Vec<usize>,
    exact: HashMap<String, Vec<usize>>,
    folded: HashMap<String, Vec<usize>>,
    addresses: HashMap<IpAddr, Vec<usize>>,
    prefixes: HashMap<String, Vec<usize>>,
    prefix_lengths: BTreeSet<usize>,
    suffixes: HashMap<String, Vec<usize>>,
    suffix_lengths: BTreeSet<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Exact(String),
    Folded(String),
    Address(IpAddr),
    Prefix(String),
    Suffix(String),
}

impl PatternIndex {
    /// Builds the index. The patterns are known by their position from here on.
    #[must_use]
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        Self::with_late(patterns, |_| false)
    }

    /// Builds an index that can also be asked before what stands at late paths is known: no pattern is found by them.
    #[must_use]
    pub fn with_late<'p>(
        patterns: impl IntoIterator<Item = &'p Pattern>,
        is_late: impl Fn(&str) -> bool,
    ) -> Self {
        let mut index = Self::default();
        for (number, pattern) in patterns.into_iter().enumerate() {
            index.branches.extend(pattern.branches().iter().map(|branch| (number, branch.clone())));
        }
        let wanted = Frequencies::count(&index.branches, &is_late);
        let mut by_path: HashMap<FieldPath, usize> = HashMap::new();
        for (branch_number, (_, branch)) in index.branches.iter().enumerate() {
            let Some((field, keys)) = wanted.rarest(branch, &is_late) else {
                index.always.push(branch_number);
                continue;
            };
            let slot = *by_path.entry(field.path.clone()).or_insert_with(|| {
                let path = field.path.clone();
                index.paths.push(PathIndex { path, ..PathIndex::default() });
                index.paths.len() - 1
            });
            if let Some(path) = index.paths.get_mut(slot) {
                path.all.push(branch_number);
                keys.into_iter().for_each(|key| path.insert(key, branch_number));
            }
        }
        index
    }

    /// Positions of all patterns that match, in ascending order.
    #[must_use]
    pub fn matching(&self, event: &Value) -> Vec<usize> {
        self.search(event).matching
    }

    /// The patterns that match, and of which of them that is not certain.
    #[must_use]
    pub fn search(&self, event: &Value) -> Found {
        self.search_open(event, &|_| false)
    }

    /// The patterns that may match, where nobody knows yet what stands at the paths that are open; these must be
    /// among the late ones.
    #[must_use]
    pub fn search_open(&self, event: &Value, is_open: &dyn Fn(&str) -> bool) -> Found {
        let mut left = STEPS_OF_EVENT_MAX;
        let mut candidates = self.always.clone();
        for path in &self.paths {
            path.candidates(event, &mut candidates, &mut left);
        }
        candidates.sort_unstable();
        candidates.dedup();
        let mut found = Found::default();
        // Branches of one pattern follow one another, and share its steps.
        let (mut current, mut cut) = (None, false);
        for candidate in candidates {
            let Some((pattern, branch)) = self.branches.get(candidate) else { continue };
            if found.matching.last() == Some(pattern) && !cut {
                continue;
            }
            let mut steps = match current {
                Some((under_way, steps)) if under_way == *pattern => steps,
                _ => {
                    cut = false;
                    Steps::within(left)
                }
            };
            let before = steps.left();
            match branch.decide_open(event, &mut steps, is_open) {
                Some(true) if cut => {
                    // Certain after all.
                    found.cut.pop();
                    cut = false;
                }
                Some(true) => found.matching.push(*pattern),
                None if !cut => {
                    found.matching.push(*pattern);
                    found.cut.push(*pattern);
                    cut = true;
                }
                Some(false) | None => {}
            }
            left -= before - steps.left();
            current = Some((*pattern, steps));
        }
        found.left = left;
        found
    }
}

impl PathIndex {
    fn insert(&mut self, key: Key, branch: usize) {
        let branches = match key {
            Key::Exact(text) => self.exact.entry(text).or_default(),
            Key::Folded(text) => self.folded.entry(text).or_default(),
            Key::Address(address) => self.addresses.entry(address).or_default(),
            Key::Prefix(text) => {
                self.prefix_lengths.insert(text.len());
                self.prefixes.entry(text).or_default()
            }
            Key::Suffix(text) => {
                self.suffix_lengths.insert(text.len());
                self.suffixes.entry(text).or_default()
            }
        };
        branches.push(branch);
    }

    /// The branches that want what the event has under the path; all of them once its steps are used up.
    fn candidates(&self, event: &Value, found: &mut Vec<usize>, left: &mut usize) {
        let lengths = self.prefix_lengths.len() + self.suffix_lengths.len();
        if *left == 0 {
            found.extend(&self.all);
            return;
        }
        let under = collect(event, &self.path);
        let looked_up = under.leaves.len().saturating_mul(3 + lengths);
        *left = left.saturating_sub((under.elements + looked_up) / COMPARISONS);
        for leaf in under.leaves {
            let Value::String(text) = leaf.value else { continue };
            let mut take =
                |branches: Option<&Vec<usize>>| found.extend(branches.into_iter().flatten());
            take(self.exact.get(text));
            if !self.folded.is_empty() {
                take(self.folded.get(&text.to_ascii_lowercase()));
            }
            if !self.addresses.is_empty() {
                take(parse_address(text).and_then(|address| self.addresses.get(&address)));
            }
            for length in &self.prefix_lengths {
                take(text.get(..*length).and_then(|head| self.prefixes.get(head)));
            }
            for length in &self.suffix_lengths {
                let start = text.len().checked_sub(*length);
                take(
                    start
                        .and_then(|start| text.get(start..))
                        .and_then(|tail| self.suffixes.get(tail)),
                );
            }
        }
    }
}

/// How many branches ask for each value of each path.
struct Frequencies<'b>(HashMap<(&'b str, Key), usize>);

impl<'b> Frequencies<'b> {
    fn count(branches: &'b [(usize, Arc<Branch>)], is_late: &impl Fn(&str) -> bool) -> Self {
        let mut counts = HashMap::with_capacity(branches.len() * 4);
        let fields = branches.iter().flat_map(|(_, branch)| &branch.fields);
        for field in fields.filter(|field| !is_late(field.path.text())) {
            for key in keys(field).unwrap_or_default() {
                *counts.entry((field.path.text(), key)).or_default() += 1;
            }
        }
        Self(counts)
    }

    fn rarest(
        &self,
        branch: &'b Branch,
        is_late: &impl Fn(&str) -> bool,
    ) -> Option<(&'b Field, Vec<Key>)> {
        let cost = |(field, keys): &(&'b Field, Vec<Key>)| -> usize {
            let frequency = |key: &Key| self.0.get(&(field.path.text(), key.clone())).copied();
            keys.iter().filter_map(frequency).sum()
        };
        branch
            .fields
            .iter()
            .filter(|field| !is_late(field.path.text()))
            .filter_map(|field| keys(field).map(|keys| (field, keys)))
            .min_by_key(cost)
    }
}

/// The keys that find every value a field accepts, or none where a value could escape them.
fn keys(field: &Field) -> Option<Vec<Key>> {
    field.matchers.iter().map(key).collect()
}

fn key(matcher: &Matcher) -> Option<Key> {
    match matcher {
        Matcher::Text(text) => Some(Key::Exact(text.clone())),
        Matcher::Address(_, address) => Some(Key::Address(*address)),
        Matcher::IgnoreCase(folded) => folded.ascii_key().map(Key::Folded),
        Matcher::Prefix(text) => Some(Key::Prefix(text.clone())),
        Matcher::Suffix(text) => Some(Key::Suffix(text.clone())),
        Matcher::Wildcard(wildcard) => match wildcard.pieces.as_slice() {
            [only] => Some(Key::Exact(only.clone())),
            [first, ..] if !first.is_empty() => Some(Key::Prefix(first.clone())),
            [.., last] if !last.is_empty() => Some(Key::Suffix(last.clone())),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_index_finds_what_each_pattern_finds_alone() {
        let patterns: Vec<Pattern> = [
            json!({"n": ["AttachRolePolicy"]}),
            json!({"n": [{"prefix": "Att"}, {"suffix": "cy"}]}),
            json!({"n": [{"anything-but": ["AttachRolePolicy"]}]}),
            json!({"n": [{"equals-ignore-case": "ATTACHROLEPOLICY"}]}),
            json!({"n": [{"wildcard": "A*Role*"}], "x": [{"exists": false}]}),
            json!({"ip": ["2001:db8::1"]}),
            json!({"$or": [{"n": ["Other"]}, {"ip": [{"cidr": "2001:db8::/32"}]}]}),
            json!({"n": [{"prefix": ""}]}),
        ]
        .iter()
        .map(|pattern| Pattern::compile(pattern).unwrap())
        .collect();
        let index = PatternIndex::new(&patterns);
        for event in [
            json!({"n": "AttachRolePolicy", "ip": "2001:0db8::0001"}),
            json!({"n": "attachrolepolicy"}),
            json!({"n": ["Other", "Policy"]}),
            json!({"n": ""}),
            json!({}),
        ] {
            let alone: Vec<usize> =
                (0..patterns.len()).filter(|number| patterns[*number].matches(&event)).collect();
            assert_eq!(index.matching(&event), alone, "{event}");
        }
    }
}
