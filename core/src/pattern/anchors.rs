//! Finds, among many patterns, those that an event could match, without trying each.
//!
//! One field of each branch is its *anchor*: the one whose values are rarest among all branches. A
//! hash table leads from the event's value under the anchor's path to the branches that match it;
//! prefixes and suffixes are found by the few lengths that occur. A branch without a usable field
//! (only `anything-but`, numbers, `exists` …) is always tried.
//!
//! Anchors refer to patterns by number, and are built once: the build writes those of the pack as constants.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::ops::Range;

use serde_json::Value;

use super::compiled::{Branch, Field, Pattern};
use super::cost::COMPARISONS;
use super::leaves::FieldPath;
use super::matcher::parse_address;
use super::path_tree::{PathTree, Visitor};
use super::{Matcher, STEPS_OF_EVENT_MAX, Steps};
use crate::text::hash::fnv1a;

/// If more branches than this match a value of a path, the presence of any value there is the better anchor.
const PRESENCE_PAYS: usize = 64;

/// Numbers of branches or lengths, in ascending order.
type Numbers = Cow<'static, [u32]>;

/// From the values of an event to the branches of patterns that could match it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Anchors {
    /// For each branch, the number of its pattern, and its own number in that pattern; branches of one pattern are
    /// consecutive.
    pub(super) owners: Cow<'static, [(u32, u32)]>,
    pub(super) paths: Vec<(FieldPath, Keys)>,
    tree: PathTree,
    pub(super) always: Numbers,
}

/// `Anchors` as constants of a program.
#[derive(Debug)]
pub struct PackedAnchors {
    /// For each branch, the number of its pattern, and its own number in that pattern.
    pub owners: &'static [(u32, u32)],
    /// By the path of the anchor.
    pub paths: &'static [(&'static str, Keys)],
    /// The branches without an anchor.
    pub always: &'static [u32],
}

/// The anchors of one path: from a value to the branches that match it.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// Any value, and no value.
    pub all: Numbers,
    /// Any value.
    pub present: Numbers,
    /// This very text, or one of `true` and `false`, as text or not.
    pub exact: Entries,
    /// This text in lower case.
    pub folded: Entries,
    /// This address, in any spelling.
    pub addresses: Entries,
    /// Texts that begin so.
    pub prefixes: Entries,
    /// Lengths of these beginnings, in bytes.
    pub prefix_lengths: Numbers,
    /// Texts that end so.
    pub suffixes: Entries,
    /// Lengths of these ends, in bytes.
    pub suffix_lengths: Numbers,
}

/// Branches by the texts that they match: a hash table in few pieces, which can be a constant.
#[derive(Debug, Clone, Default)]
pub struct Entries {
    /// All texts, one behind the other.
    pub texts: Cow<'static, str>,
    /// Where each text ends.
    pub ends: Numbers,
    /// The branches of all texts, one text's behind the other's.
    pub branches: Numbers,
    /// Where the branches of each text end.
    pub branch_ends: Numbers,
    /// The number of a text, counted from 1, in the slot of its hash or in the next free one behind it; 0 in free
    /// slots. There are twice as many slots as texts, at least, and a power of two.
    pub slots: Numbers,
}

impl Entries {
    fn of(entries: BTreeMap<String, Vec<u32>>) -> Self {
        let (mut texts, mut ends) = (String::new(), Vec::new());
        let (mut branches, mut branch_ends) = (Vec::new(), Vec::new());
        let mut slots = vec![0; (entries.len() * 2).next_power_of_two()];
        for ((text, of_text), number) in entries.into_iter().zip(1..) {
            let free = probe(&text, slots.len()).find(|at| slots.get(*at) == Some(&0));
            if let Some(slot) = free.and_then(|at| slots.get_mut(at)) {
                *slot = number;
            }
            texts.push_str(&text);
            branches.extend(of_text);
            // Patterns are bounded far below these numbers.
            ends.push(u32::try_from(texts.len()).unwrap_or(u32::MAX));
            branch_ends.push(u32::try_from(branches.len()).unwrap_or(u32::MAX));
        }
        let (ends, branch_ends) = (ends.into(), branch_ends.into());
        let (texts, branches) = (texts.into(), branches.into());
        Self { texts, ends, branches, branch_ends, slots: slots.into() }
    }

    fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn get(&self, wanted: &str) -> &[u32] {
        if self.is_empty() {
            return &[];
        }
        for at in probe(wanted, self.slots.len()) {
            let number = self.slots.get(at).and_then(|number| number.checked_sub(1));
            let Some(number) = number else { break };
            if self.texts.get(range(&self.ends, number as usize)) == Some(wanted) {
                let branches = self.branches.get(range(&self.branch_ends, number as usize));
                return branches.unwrap_or_default();
            }
        }
        &[]
    }
}

/// The slots that may hold a text, in order; their number is a power of two. Collisions by choice do not matter: the
/// texts in the table are those of patterns.
fn probe(text: &str, slots: usize) -> impl Iterator<Item = usize> {
    let within = slots - 1;
    let first = usize::try_from(fnv1a(text.bytes()) & within as u64).unwrap_or_default();
    (0..slots).map(move |further| (first + further) & within)
}

/// Where a piece lies among pieces that end so.
fn range(ends: &[u32], number: usize) -> Range<usize> {
    let end = |number: usize| ends.get(number).map_or(0, |end| *end as usize);
    number.checked_sub(1).map_or(0, end)..end(number)
}

/// Numbers of patterns, in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Patterns that match, or may match.
    pub matching: Vec<usize>,
    /// The undecided ones, because the steps ran out.
    pub cut: Vec<usize>,
    /// An answer may still change which patterns match.
    pub pending: bool,
    /// Steps of the event that are left.
    pub left: usize,
}

impl Default for Found {
    /// Nothing yet, and all steps of an event.
    fn default() -> Self {
        Self { matching: Vec::new(), cut: Vec::new(), pending: false, left: STEPS_OF_EVENT_MAX }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Present,
    Exact(String),
    Folded(String),
    Address(IpAddr),
    Prefix(String),
    Suffix(String),
}

impl Anchors {
    /// Anchors of these patterns, which are known by their position from here on. They also work before the values at
    /// late paths are known: no pattern is found by those.
    #[must_use]
    pub(crate) fn of<'p>(
        patterns: impl IntoIterator<Item = &'p Pattern>,
        standing: impl Fn(&str) -> Standing,
    ) -> Self {
        let mut owners = Vec::new();
        let mut branches: Vec<&Branch> = Vec::new();
        for (pattern, number) in patterns.into_iter().zip(0..) {
            owners.extend((0..).take(pattern.branches().len()).map(|branch| (number, branch)));
            branches.extend(pattern.branches().iter().map(|branch| &**branch));
        }
        let wanted = Frequencies::count(&branches, &standing);
        let (mut always, mut paths) = (Vec::new(), BTreeMap::<&FieldPath, Gathered>::new());
        for (branch, number) in branches.into_iter().zip(0..) {
            let Some((field, keys)) = wanted.rarest(branch, &standing) else {
                always.push(number);
                continue;
            };
            let path = paths.entry(&field.path).or_default();
            path.all.push(number);
            keys.into_iter().for_each(|key| path.insert(key, number));
        }
        let paths = paths.into_iter().map(|(path, gathered)| (path.clone(), gathered.keys()));
        Self::with_tree(owners.into(), paths.collect(), always.into())
    }

    fn with_tree(
        owners: Cow<'static, [(u32, u32)]>,
        paths: Vec<(FieldPath, Keys)>,
        always: Numbers,
    ) -> Self {
        let tree = PathTree::of(paths.iter().map(|(path, _)| path));
        Self { owners, paths, tree, always }
    }

    /// Adds those of the candidates' patterns that may match to those found before, by numbers that begin with `first`,
    /// and takes its cost from the steps left there. The values at pending paths are not known yet; these must be among
    /// the late ones. A pattern that `pattern` does not return is skipped; one that lacks the branch is undecided.
    pub(crate) fn search<'p>(
        &self,
        candidates: Candidates,
        event: &Value,
        is_pending: &dyn Fn(&str) -> bool,
        first: usize,
        found: &mut Found,
        pattern: impl Fn(usize) -> Option<&'p Pattern>,
    ) {
        // Branches of one pattern follow one another, and share its steps.
        let mut current: Option<(usize, Option<&Pattern>, Steps)> = None;
        let (mut settled, mut cut) = (false, false);
        for candidate in candidates.0 {
            let Some((number, branch)) = self.owners.get(candidate as usize) else { continue };
            let number = first + *number as usize;
            if current.as_ref().is_none_or(|(under_way, ..)| *under_way != number) {
                current = Some((number, pattern(number), Steps::within(found.left)));
                (settled, cut) = (false, false);
            }
            let Some((_, Some(pattern), steps)) = &mut current else { continue };
            if settled {
                continue;
            }
            let before = steps.left();
            let branch = pattern.branches().get(*branch as usize);
            let answer = branch.and_then(|branch| branch.decide_pending(event, steps, is_pending));
            if answer != Some(false) {
                found.pending |= branch.is_none_or(|branch| branch.asks_pending(is_pending));
            }
            match answer {
                Some(true) => {
                    if cut {
                        // Certain after all.
                        found.cut.pop();
                    } else {
                        found.matching.push(number);
                    }
                    settled = true;
                }
                None if !cut => {
                    found.matching.push(number);
                    found.cut.push(number);
                    cut = true;
                }
                Some(false) | None => {}
            }
            found.left -= before - steps.left();
        }
    }

    /// The branches that could match. If there are several sets of anchors, all are searched before the remaining steps
    /// are spent on matching.
    #[must_use]
    pub(crate) fn candidates(&self, event: &Value, left: &mut usize) -> Candidates {
        let mut candidacy = Candidacy {
            paths: &self.paths,
            branches: self.always.to_vec(),
            left: left.saturating_mul(COMPARISONS),
        };
        self.tree.walk(event, &self.paths, &mut candidacy);
        *left = candidacy.left / COMPARISONS;
        let mut candidates = candidacy.branches;
        candidates.sort_unstable();
        candidates.dedup();
        Candidates(candidates)
    }
}

/// Branches that could match an event, in ascending order.
#[derive(Debug)]
pub(crate) struct Candidates(pub(super) Vec<u32>);

/// Knowledge about a path before any event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Most events have a value there, or it is unknown.
    Usual,
    /// Only some events have a value there.
    Rare,
    /// The value is not known at first.
    Late,
}

impl From<&'static PackedAnchors> for Anchors {
    fn from(packed: &'static PackedAnchors) -> Self {
        let path = |(path, keys): &(&'static str, Keys)| (FieldPath::new(path), keys.clone());
        let paths = packed.paths.iter().map(path).collect();
        Self::with_tree(packed.owners.into(), paths, packed.always.into())
    }
}

/// Builder of [`Keys`].
#[derive(Default)]
struct Gathered {
    all: Vec<u32>,
    present: Vec<u32>,
    exact: BTreeMap<String, Vec<u32>>,
    folded: BTreeMap<String, Vec<u32>>,
    addresses: BTreeMap<String, Vec<u32>>,
    prefixes: BTreeMap<String, Vec<u32>>,
    suffixes: BTreeMap<String, Vec<u32>>,
}

impl Gathered {
    fn insert(&mut self, key: Key, branch: u32) {
        let branches = match key {
            Key::Present => &mut self.present,
            Key::Exact(text) => self.exact.entry(text).or_default(),
            Key::Folded(text) => self.folded.entry(text).or_default(),
            Key::Address(address) => self.addresses.entry(address.to_string()).or_default(),
            Key::Prefix(text) => self.prefixes.entry(text).or_default(),
            Key::Suffix(text) => self.suffixes.entry(text).or_default(),
        };
        branches.push(branch);
    }

    fn keys(self) -> Keys {
        let lengths = |texts: &BTreeMap<String, Vec<u32>>| -> Numbers {
            // A text longer than that is in no event.
            let lengths = texts.keys().filter_map(|text| u32::try_from(text.len()).ok());
            lengths.collect::<BTreeSet<u32>>().into_iter().collect()
        };
        Keys {
            prefix_lengths: lengths(&self.prefixes),
            suffix_lengths: lengths(&self.suffixes),
            all: self.all.into(),
            present: self.present.into(),
            exact: Entries::of(self.exact),
            folded: Entries::of(self.folded),
            addresses: Entries::of(self.addresses),
            prefixes: Entries::of(self.prefixes),
            suffixes: Entries::of(self.suffixes),
        }
    }
}

/// The branches that the values of an event lead to.
struct Candidacy<'a> {
    paths: &'a [(FieldPath, Keys)],
    branches: Vec<u32>,
    /// Comparisons that are left.
    left: usize,
}

impl Visitor for Candidacy<'_> {
    fn leaf(&mut self, path: usize, value: &Value) {
        let Some((_, keys)) = self.paths.get(path) else { return };
        let lengths = keys.prefix_lengths.len() + keys.suffix_lengths.len();
        self.left = self.left.saturating_sub(3 + lengths);
        keys.add_branches(value, &mut self.branches);
    }

    fn array(&mut self, elements: usize) {
        self.left = self.left.saturating_sub(elements);
    }

    fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// All branches of a path: any of its values may be one that they match.
    fn cut(&mut self, path: usize) {
        self.branches.extend(self.paths.get(path).into_iter().flat_map(|(_, keys)| &*keys.all));
    }
}

impl Keys {
    /// Adds the branches that match a value.
    fn add_branches(&self, value: &Value, found: &mut Vec<u32>) {
        found.extend(&*self.present);
        let text = match value {
            Value::String(text) => text.as_str(),
            Value::Bool(true) => "true",
            Value::Bool(false) => "false",
            _ => return,
        };
        found.extend(self.exact.get(text));
        if !self.folded.is_empty() {
            found.extend(self.folded.get(text.to_ascii_lowercase().as_str()));
        }
        if let (false, Some(address)) = (self.addresses.is_empty(), parse_address(text)) {
            found.extend(self.addresses.get(&address.to_string()));
        }
        for length in &*self.prefix_lengths {
            let head = text.get(..*length as usize);
            found.extend(head.map_or(&[][..], |head| self.prefixes.get(head)));
        }
        for length in &*self.suffix_lengths {
            let start = text.len().checked_sub(*length as usize);
            let tail = start.and_then(|start| text.get(start..));
            found.extend(tail.map_or(&[][..], |tail| self.suffixes.get(tail)));
        }
    }
}

/// How many branches match each value of each path.
struct Frequencies<'b>(HashMap<(&'b str, Key), usize>);

impl<'b> Frequencies<'b> {
    fn count(branches: &[&'b Branch], standing: &impl Fn(&str) -> Standing) -> Self {
        let mut counts = HashMap::with_capacity(branches.len() * 4);
        let fields = branches.iter().flat_map(|branch| &branch.fields);
        for field in fields {
            for key in keys(field, standing(field.path.text())).unwrap_or_default() {
                *counts.entry((field.path.text(), key)).or_default() += 1;
            }
        }
        Self(counts)
    }

    fn rarest(
        &self,
        branch: &'b Branch,
        standing: &impl Fn(&str) -> Standing,
    ) -> Option<(&'b Field, Vec<Key>)> {
        let cost = |(field, keys): &(&'b Field, Vec<Key>)| -> usize {
            let frequency = |key: &Key| self.0.get(&(field.path.text(), key.clone())).copied();
            let least = if keys.contains(&Key::Present) { PRESENCE_PAYS } else { 0 };
            keys.iter().filter_map(frequency).sum::<usize>() + least
        };
        branch
            .fields
            .iter()
            .filter_map(|field| Some((field, keys(field, standing(field.path.text()))?)))
            .min_by_key(cost)
    }
}

/// The keys that find every value a field accepts. `None` if a value could escape them.
fn keys(field: &Field, standing: Standing) -> Option<Vec<Key>> {
    let of_value = || field.matchers.iter().map(key).collect();
    match standing {
        Standing::Late => None,
        Standing::Usual => of_value(),
        // A rare field selects already by its presence.
        Standing::Rare => of_value().or((!field.may_be_absent()).then(|| vec![Key::Present])),
    }
}

fn key(matcher: &Matcher) -> Option<Key> {
    match matcher {
        Matcher::Text(text) => Some(Key::Exact(text.clone())),
        Matcher::Literal(Value::Bool(wanted)) => Some(Key::Exact(wanted.to_string())),
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
