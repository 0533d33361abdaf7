//! Matching of an event, within a limit of steps.

use serde_json::Value;
use smallvec::SmallVec;

use super::compiled::{Branch, Field, Pattern};
use super::cost::Steps;
use super::leaves::{Leaf, Membership, collect};

impl Pattern {
    /// Does the pattern match this event?
    ///
    /// ```
    /// use iam_responder_core::pattern::Pattern;
    /// use serde_json::json;
    /// let pattern = Pattern::compile(&json!({"detail": {"eventName": [{"prefix": "Attach"}]}})).unwrap();
    /// assert!(pattern.matches(&json!({"detail": {"eventName": "AttachRolePolicy"}})));
    /// assert!(!pattern.matches(&json!({"detail": {"eventName": "DetachRolePolicy"}})));
    /// ```
    #[must_use]
    pub fn matches(&self, event: &Value) -> bool {
        self.decide(event, &mut Steps::new()).unwrap_or(true)
    }

    /// Does the pattern match? `None` if the steps ran out first.
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
}

impl Branch {
    /// Most events have no array of objects under a path of interest: then each field is independent. Otherwise a
    /// consistent choice of leaves is searched. `None` if the steps ran out.
    pub(crate) fn decide(&self, event: &Value, steps: &mut Steps) -> Option<bool> {
        self.decide_pending(event, steps, &|_| false)
    }

    /// May it match, while the values at the pending paths are unknown?
    pub(crate) fn decide_pending(
        &self,
        event: &Value,
        steps: &mut Steps,
        is_pending: &dyn Fn(&str) -> bool,
    ) -> Option<bool> {
        let mut in_arrays = false;
        for field in &self.fields {
            if steps.left() == 0 {
                return None;
            }
            if is_pending(field.path.text()) {
                continue;
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
        }
        if !in_arrays {
            return Some(true);
        }
        // Kept only now: most branches are decided without.
        let leaves = |field: &Field| {
            (!is_pending(field.path.text())).then(|| collect(event, &field.path).leaves)
        };
        let all: Vec<_> = self.fields.iter().map(leaves).collect();
        self.consistent(&all, 0, &Membership::default(), steps)
    }

    /// Does it match a value at a pending path?
    pub(crate) fn asks_pending(&self, is_pending: &dyn Fn(&str) -> bool) -> bool {
        self.fields.iter().any(|field| is_pending(field.path.text()))
    }

    /// Is there one leaf per field from `index` on such that none contradicts the array elements chosen so far?
    /// Fields are tried in the order of their paths, as AWS's matcher does; that decides what "absent" means inside
    /// an array. `None` if the steps ran out.
    fn consistent(
        &self,
        all: &[Option<SmallVec<[Leaf<'_>; 1]>>],
        index: usize,
        chosen: &Membership,
        steps: &mut Steps,
    ) -> Option<bool> {
        let (Some(field), Some(leaves)) = (self.fields.get(index), all.get(index)) else {
            return Some(true);
        };
        let Some(leaves) = leaves else { return self.consistent(all, index + 1, chosen, steps) };
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
