//! The leaves of an event under a path, each with the array elements that contain it.

use std::sync::Arc;

use serde_json::{Map, Value};
use smallvec::SmallVec;

use crate::text::object::field;

/// Most leaves for which room is made before they are seen.
const RESERVED_MAX: usize = 64;

/// Is it this dotted path, or below it?
#[must_use]
pub(crate) fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A scalar of the event.
pub(super) struct Leaf<'e> {
    pub(super) value: &'e Value,
    pub(super) membership: Membership,
}

/// The elements of arrays of objects that contain a leaf. Arrays are distinguished by their address within the event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Membership(Vec<(usize, usize)>);

impl Membership {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Both together. `None` if they name different elements of one array.
    pub(super) fn merge(&self, other: &Self) -> Option<Self> {
        let mut merged = self.0.clone();
        for (array, index) in &other.0 {
            match self.0.iter().find(|(known, _)| known == array) {
                Some((_, known_index)) if known_index != index => return None,
                Some(_) => {}
                None => merged.push((*array, *index)),
            }
        }
        Some(Self(merged))
    }
}

/// A dotted path. A dot inside a key of the event counts as a step, as in AWS's matcher. Branches share it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FieldPath {
    text: Arc<str>,
    /// Where each step ends in the text.
    ends: Arc<[usize]>,
}

impl FieldPath {
    pub(crate) fn new(text: &str) -> Self {
        let dots = text.match_indices('.').map(|(at, _)| at);
        let ends = dots.chain(std::iter::once(text.len())).collect();
        Self { text: text.into(), ends }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The key made of the steps `from..=to`.
    fn key(&self, from: usize, to: usize) -> Option<&str> {
        let start = match from.checked_sub(1) {
            None => 0,
            Some(before) => self.ends.get(before)? + 1,
        };
        self.text.get(start..*self.ends.get(to)?)
    }

    /// The value under the next step, or under a key that spans several, and the step after it.
    fn descend<'e>(&self, map: &'e Map<String, Value>, step: usize) -> Option<(&'e Value, usize)> {
        let next = self.key(step, step)?;
        if let Some(value) = field(map, next) {
            return Some((value, step + 1));
        }
        let last = self.ends.len();
        if step + 1 == last || !any_spans(map, next) {
            return None;
        }
        (step + 1..last).find_map(|to| Some((map.get(self.key(step, to)?)?, to + 1)))
    }
}

/// Has an object a key that spans this step and further ones?
pub(super) fn any_spans(map: &Map<String, Value>, step: &str) -> bool {
    let spans =
        |key: &String| key.as_bytes().get(step.len()) == Some(&b'.') && key.starts_with(step);
    map.keys().any(spans)
}

/// The values under a path.
#[derive(Default)]
pub(super) struct Found<'e> {
    /// In the order of the event. Most paths have one.
    pub(super) leaves: SmallVec<[Leaf<'e>; 1]>,
    /// How many elements of arrays were looked at on the way, with or without a leaf in them.
    pub(super) elements: usize,
}

/// All leaves under a path.
pub(super) fn collect<'e>(event: &'e Value, path: &FieldPath) -> Found<'e> {
    collect_from(event, path, 0)
}

/// All leaves below a value that the first steps of a path led to.
pub(super) fn collect_from<'e>(value: &'e Value, path: &FieldPath, step: usize) -> Found<'e> {
    let mut found = Found::default();
    walk(value, path, step, &mut Membership::default(), &mut found);
    found
}

fn walk<'e>(
    value: &'e Value,
    path: &FieldPath,
    step: usize,
    membership: &mut Membership,
    found: &mut Found<'e>,
) {
    match value {
        Value::Object(map) => {
            if let Some((inner, next)) = path.descend(map, step) {
                walk(inner, path, next, membership, found);
            }
        }
        Value::Array(items) => {
            let array = std::ptr::from_ref(items) as usize;
            found.elements += items.len();
            found.leaves.reserve(items.len().min(RESERVED_MAX));
            for (index, item) in items.iter().enumerate() {
                if item.is_object() || item.is_array() {
                    membership.0.push((array, index));
                    walk(item, path, step, membership, found);
                    membership.0.pop();
                } else {
                    walk(item, path, step, membership, found);
                }
            }
        }
        _ if step == path.ends.len() => {
            found.leaves.push(Leaf { value, membership: membership.clone() });
        }
        _ => {}
    }
}
