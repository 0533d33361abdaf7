//! A compiled pattern: its branches and their fields.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::compile;
use super::compile::PatternFault;
use super::complexity;
use super::cost::{STEPS_OF_EVENT_MAX, Steps};
use super::explain;
use super::explain::Explanation;
use super::leaves::{FieldPath, Leaf, Membership, collect};
use super::matcher::Matcher;

/// Where an event holds what a call did, and not who made it, which call it was, how it ended, or that nobody knows.
const WHAT_WAS_DONE: [&str; 15] = [
    "detail.requestParameters",
    "detail.responseElements",
    "detail.serviceEventDetails",
    "derived.before",
    "derived.denies",
    "derived.environmentChange",
    "derived.grants",
    "derived.grantsUnconditional",
    "derived.handed.grants",
    "derived.handed.name",
    "derived.own",
    "derived.policyName",
    "derived.silences",
    "derived.trust",
    "derived.trustExternal",
];

/// Of how many things that were done a branch speaks, whether it names its calls exactly, how few, and how many fields
/// it has.
pub(crate) type Specificity = (usize, bool, Reverse<usize>, usize);

/// A compiled event pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// Shared with the index.
    pub(super) branches: Vec<Arc<Branch>>,
}

/// A conjunction of fields, sorted by path.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    pub(crate) fields: Vec<Field>,
}

/// One path and the alternatives of its value, which branches share.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) path: FieldPath,
    pub(crate) matchers: Arc<[Matcher]>,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// All faults found, each with its path below the pattern.
    pub fn compile(pattern: &Value) -> Result<Self, Vec<PatternFault>> {
        compile::compile(pattern)
    }

    /// Does the pattern match this event?
    ///
    /// ```
    /// use iam_responder::pattern::Pattern;
    /// use serde_json::json;
    /// let pattern = Pattern::compile(&json!({"detail": {"eventName": [{"prefix": "Attach"}]}})).unwrap();
    /// assert!(pattern.matches(&json!({"detail": {"eventName": "AttachRolePolicy"}})));
    /// assert!(!pattern.matches(&json!({"detail": {"eventName": "DetachRolePolicy"}})));
    /// ```
    #[must_use]
    pub fn matches(&self, event: &Value) -> bool {
        self.decide(event, &mut Steps::new()).unwrap_or(true)
    }

    /// Does the pattern match, as far as these steps go? Nothing where they ran out before it was known.
    pub(crate) fn decide(&self, event: &Value, steps: &mut Steps) -> Option<bool> {
        let mut answer = Some(false);
        for branch in &self.branches {
            match branch.decide(event, steps) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => answer = None,
            }
        }
        answer
    }

    /// Tells for each field of the nearest branch what was expected and what was there.
    #[must_use]
    pub fn explain(&self, event: &Value) -> Explanation {
        let mut left = STEPS_OF_EVENT_MAX;
        self.explain_within(event, &mut left)
    }

    /// The same for one of many patterns, which share the steps that an event has: [`STEPS_OF_EVENT_MAX`] at first.
    #[must_use]
    pub fn explain_within(&self, event: &Value, left: &mut usize) -> Explanation {
        explain::explain(self, event, left)
    }

    /// How specific the pattern is about this event, which it matches, to be compared: of how much that was done it
    /// speaks, whether it names its calls exactly, how few they are, and how many fields it asks for. Of its branches
    /// that counts which matches and says most; where the steps run out, the one that says least.
    pub(crate) fn specificity(&self, event: &Value, steps: &mut Steps) -> Specificity {
        let all = self.branches.iter().map(|branch| branch.specificity());
        if let [_] = self.branches.as_slice() {
            return all.min().unwrap_or_default();
        }
        let matching =
            self.branches.iter().filter(|branch| branch.decide(event, steps) == Some(true));
        let most = matching.map(|branch| branch.specificity()).max();
        most.or_else(|| all.min()).unwrap_or_default()
    }

    /// The dotted paths the pattern looks at, without repetition.
    #[must_use]
    pub fn paths(&self) -> Vec<&str> {
        let fields = self.branches.iter().flat_map(|branch| &branch.fields);
        let mut paths: Vec<&str> = fields.map(|field| field.path.text()).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    /// The exact texts that the pattern asks for under a path.
    #[must_use]
    pub fn texts(&self, path: &str) -> Vec<&str> {
        let fields = self.branches.iter().flat_map(|branch| &branch.fields);
        let matchers = fields
            .filter(|field| field.path.text() == path)
            .flat_map(|field| field.matchers.iter());
        matchers
            .filter_map(|matcher| match matcher {
                Matcher::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// The wildcard complexity of the pattern, as EventBridge counts it or above: it takes
    /// [`COMPLEXITY_MAX`](super::COMPLEXITY_MAX) and refuses more.
    /// [`COMPLEXITY_TOLD_MAX`](super::COMPLEXITY_TOLD_MAX) stands for that and all above.
    #[must_use]
    pub fn complexity(&self) -> usize {
        complexity::complexity(&self.branches)
    }

    /// The pattern's branches, each as its paths with the alternatives wanted there, as JSON.
    #[must_use]
    pub fn to_branches(&self) -> Vec<BTreeMap<String, Vec<Value>>> {
        let field = |field: &Field| {
            let matchers = field.matchers.iter().map(Matcher::to_value).collect();
            (field.path.text().to_owned(), matchers)
        };
        let branch = |branch: &Arc<Branch>| branch.fields.iter().map(field).collect();
        self.branches.iter().map(branch).collect()
    }

    /// Each of its branches as a pattern by itself.
    pub fn alternatives(&self) -> impl ExactSizeIterator<Item = Self> + '_ {
        self.branches.iter().map(|branch| Self { branches: vec![Arc::clone(branch)] })
    }

    /// The same, but that each branch which asks nothing under this path asks for one of these texts there.
    #[must_use]
    pub fn asking(&self, path: &str, texts: Vec<String>) -> Self {
        let path = FieldPath::new(path.to_owned());
        let matchers: Arc<[Matcher]> = texts.into_iter().map(Matcher::Text).collect();
        let asking = |branch: &Arc<Branch>| match branch
            .fields
            .binary_search_by(|field| field.path.cmp(&path))
        {
            Ok(_) => Arc::clone(branch),
            Err(at) => {
                let mut fields = branch.fields.clone();
                fields.insert(at, Field { path: path.clone(), matchers: Arc::clone(&matchers) });
                Arc::new(Branch { fields })
            }
        };
        Self { branches: self.branches.iter().map(asking).collect() }
    }

    pub(crate) fn branches(&self) -> &[Arc<Branch>] {
        &self.branches
    }
}

impl Field {
    /// Does it ask for something in what the call set or gave, or in a fact made of that? Not what asks only that
    /// something is not there.
    fn is_of_what_was_done(&self) -> bool {
        let path = self.path.text();
        let below = |begins: &&str| {
            path.strip_prefix(*begins).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let says = |matcher: &Matcher| {
            let value = matcher.to_value();
            value != Value::Bool(false)
                && value.get("exists").is_none_or(|there| *there == Value::Bool(true))
        };
        WHAT_WAS_DONE.iter().any(below) && self.matchers.iter().all(says)
    }

    pub(super) fn accepts(&self, leaf: &Leaf<'_>) -> bool {
        self.matchers.iter().any(|matcher| matcher.accepts(leaf.value))
    }

    pub(super) fn may_be_absent(&self) -> bool {
        self.matchers.iter().any(|matcher| matches!(matcher, Matcher::Absent))
    }
}

impl Branch {
    fn specificity(&self) -> Specificity {
        let names = self.fields.iter().find(|field| field.path.text() == "detail.eventName");
        let names = names.map(|field| &*field.matchers).unwrap_or_default();
        let exact =
            |matcher: &Matcher| matches!(matcher, Matcher::Text(_) | Matcher::IgnoreCase(_));
        let exactly = !names.is_empty() && names.iter().all(exact);
        let done = self.fields.iter().filter(|field| field.is_of_what_was_done()).count();
        (done, exactly, Reverse(names.len()), self.fields.len())
    }

    /// Most events hold no array of objects under a path of interest: then each field stands for
    /// itself. Otherwise a consistent choice of leaves is searched for. Nothing where the steps ran out.
    pub(crate) fn decide(&self, event: &Value, steps: &mut Steps) -> Option<bool> {
        let mut in_arrays = false;
        let mut all = Vec::with_capacity(self.fields.len());
        for field in &self.fields {
            if steps.left() == 0 {
                return None;
            }
            let found = collect(event, &field.path);
            if !steps.take(field.cost(&found)) {
                return None;
            }
            let leaves = found.leaves;
            let accepted = leaves.iter().any(|leaf| field.accepts(leaf));
            let inside = leaves.iter().any(|leaf| !leaf.membership.is_empty());
            let absent = field.may_be_absent() && (leaves.is_empty() || inside);
            if !accepted && !absent {
                return Some(false);
            }
            in_arrays |= inside;
            all.push(leaves);
        }
        if !in_arrays {
            return Some(true);
        }
        self.consistent(&all, 0, &Membership::default(), steps)
    }

    /// Is there one leaf per field from `index` on such that none contradicts the array elements
    /// chosen so far? Fields are tried in the order of their paths, as AWS's matcher does; that
    /// decides what "absent" means inside an array. Nothing where the steps ran out.
    fn consistent(
        &self,
        all: &[Vec<Leaf<'_>>],
        index: usize,
        chosen: &Membership,
        steps: &mut Steps,
    ) -> Option<bool> {
        let (Some(field), Some(leaves)) = (self.fields.get(index), all.get(index)) else {
            return Some(true);
        };
        let mut present = false;
        for leaf in leaves {
            if !steps.take(1) {
                return None;
            }
            let Some(merged) = chosen.merge(&leaf.membership) else { continue };
            present = true;
            if field.accepts(leaf) && self.consistent(all, index + 1, &merged, steps)? {
                return Some(true);
            }
        }
        if present || !field.may_be_absent() {
            return Some(false);
        }
        self.consistent(all, index + 1, chosen, steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{BRANCHES_MAX, PatternIndex};
    use serde_json::json;

    #[track_caller]
    fn check(pattern: &Value, event: &Value, want: bool) {
        let compiled = Pattern::compile(pattern).unwrap();
        assert_eq!(compiled.matches(event), want, "{pattern} on {event}");
        assert_eq!(compiled.explain(event).matched, want, "explain: {pattern} on {event}");
    }

    #[test]
    fn the_steps_are_those_of_the_whole_pattern() {
        let either: Vec<Value> = (0..BRANCHES_MAX)
            .map(|n| json!({"b": [n.to_string()], "c": [n.to_string()]}))
            .collect();
        let pattern = Pattern::compile(&json!({"a": {"$or": either}})).unwrap();
        let items = |count: usize| -> Value {
            // Each field finds its value, no element has both.
            let item = |n: usize| [json!({"b": n.to_string()}), json!({"c": n.to_string()})];
            json!({"a": (0..count).flat_map(item).collect::<Vec<_>>()})
        };
        let (few, many) = (items(20), items(2_000));
        let decided = |event| pattern.decide(event, &mut Steps::new());
        assert_eq!(decided(&few), Some(false));
        assert_eq!(decided(&many), None);
        assert!(pattern.matches(&many), "what cannot be decided counts as matched");
        let explained = pattern.explain(&many);
        assert!(explained.matched && explained.cut);
        let explained = pattern.explain(&few);
        assert!(!explained.matched && !explained.cut && explained.inconsistent);
        let mut left = 0;
        let explained = pattern.explain_within(&few, &mut left);
        assert!(explained.cut && explained.fields.is_empty() && !explained.inconsistent);
        let found = PatternIndex::new([&pattern]).search(&many);
        assert_eq!((found.matching, found.cut), (vec![0], vec![0]));
        assert!(PatternIndex::new([&pattern]).matching(&few).is_empty());
    }

    #[test]
    fn fields_in_one_array_must_match_in_one_element() {
        let pattern = json!({"p": {"name": ["a"], "on": [true]}});
        check(
            &pattern,
            &json!({"p": [{"name": "a", "on": false}, {"name": "b", "on": true}]}),
            false,
        );
        check(
            &pattern,
            &json!({"p": [{"name": "b", "on": false}, {"name": "a", "on": true}]}),
            true,
        );
    }

    #[test]
    fn what_was_compiled_can_be_written_again() {
        let pattern = json!({"a": [
            "x", 1, true, null, "10.0.0.1", {"prefix": "p"}, {"suffix": {"equals-ignore-case": "s"}},
            {"equals-ignore-case": "e"}, {"wildcard": "a*\\*"}, {"numeric": [">=", 0, "<", 5.5]},
            {"numeric": ["=", 3]}, {"cidr": "10.0.0.0/8"}, {"exists": true}, {"exists": false},
            {"anything-but": ["y", "z"]}, {"anything-but": [1.0, 2.0]}, {"anything-but": {"prefix": ["q"]}},
            {"anything-but": {"wildcard": ["*w*"]}}, {"anything-but": {"equals-ignore-case": ["i"]}},
        ]});
        let branches = Pattern::compile(&pattern).unwrap().to_branches();
        let again = json!({"a": branches.first().unwrap().get("a").unwrap()});
        let once_more = Pattern::compile(&again).unwrap().to_branches();
        assert_eq!(branches, once_more);
        let count = |value: &Value| value["a"].as_array().unwrap().len();
        assert_eq!(count(&again), count(&pattern));
    }

    #[test]
    fn a_huge_event_cannot_hide_behind_its_size() {
        let items: Vec<Value> = (0..2_000).map(|n| json!({"a": "x", "b": n})).collect();
        let event = json!({"p": items, "q": items});
        let pattern = json!({"p": {"a": ["x"], "b": [-1]}, "q": {"a": ["x"], "b": [1]}});
        // Decided before any search: no leaf of p.b is -1.
        check(&pattern, &event, false);
        let crossing = json!({"p": {"a": ["x"], "b": [1]}, "q": {"a": ["x"], "b": [1999], "c": [{"exists": false}]}});
        check(&crossing, &event, true);
    }
}
