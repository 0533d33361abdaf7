//! How complex AWS's matcher finds a pattern.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use super::super::Matcher;
use super::super::compiled::{Branch, Pattern};
use super::automaton::Automaton;

/// The largest complexity that EventBridge accepts.
pub const COMPLEXITY_MAX: usize = 10;
/// The largest complexity that is computed; a pattern above it counts as having this one.
const COMPLEXITY_COUNTED_MAX: usize = 1_000;
/// Most states of AWS's matcher that are distinguished. Beyond it all wildcards of a path count together,
/// which is never less.
const STATES_MAX: usize = 2_000;

impl Pattern {
    /// The wildcard complexity of the pattern, as EventBridge counts it or above: it accepts
    /// [`COMPLEXITY_MAX`] and refuses more. `COMPLEXITY_COUNTED_MAX` means that or more.
    #[must_use]
    pub fn complexity(&self) -> usize {
        self.complexity_up_to(COMPLEXITY_COUNTED_MAX)
    }

    /// Is it one that EventBridge accepts? To see that costs less than the figure.
    #[must_use]
    pub fn is_simple_enough(&self) -> bool {
        self.complexity_up_to(COMPLEXITY_MAX + 1) <= COMPLEXITY_MAX
    }

    fn complexity_up_to(&self, most: usize) -> usize {
        let branches = &self.branches;
        Tree::of(branches).unwrap_or_else(|| Tree::flat(branches)).complexity(most).min(most)
    }
}

/// The matcher's states and, for each of their paths, the automaton of its values. Branches that begin
/// alike share states, and so their wildcards meet in one automaton.
#[derive(Default)]
struct Tree<'b> {
    states: Vec<State<'b>>,
}

#[derive(Default)]
struct State<'b> {
    paths: BTreeMap<&'b str, Values>,
}

/// The values wanted of one path: the state behind each that is not a wildcard, and the wildcards.
#[derive(Default)]
struct Values {
    behind: HashMap<String, usize>,
    automaton: Automaton,
}

impl<'b> Tree<'b> {
    /// `None` if there are more than [`STATES_MAX`] states.
    fn of(branches: &'b [Arc<Branch>]) -> Option<Self> {
        let mut tree = Self { states: vec![State::default()] };
        for branch in branches {
            let mut reached = vec![0];
            for field in &branch.fields {
                let mut next = Vec::new();
                for state in &reached {
                    tree.add(*state, field.path.text(), &field.matchers, &mut next)?;
                }
                next.sort_unstable();
                next.dedup();
                reached = next;
            }
        }
        Some(tree)
    }

    /// Adds the alternatives of one field to a state. Alternatives that are new lead to one state, that
    /// of the alternative before them where it was known.
    fn add(
        &mut self,
        state: usize,
        path: &'b str,
        matchers: &[Matcher],
        next: &mut Vec<usize>,
    ) -> Option<()> {
        let mut last: Option<usize> = None;
        for matcher in matchers {
            let fresh = self.states.len();
            let values = self.states.get_mut(state)?.paths.entry(path).or_default();
            if is_wildcard(matcher) {
                values.automaton.add(matcher);
            }
            let reached = if has_star(matcher) {
                last.unwrap_or(fresh)
            } else {
                *values.behind.entry(identity(matcher)).or_insert(last.unwrap_or(fresh))
            };
            if reached == fresh {
                self.states.push(State::default());
            }
            last = Some(reached);
            next.push(reached);
        }
        (self.states.len() <= STATES_MAX).then_some(())
    }

    /// All wildcards of a path in one automaton, ignoring what comes before them.
    fn flat(branches: &'b [Arc<Branch>]) -> Self {
        let mut state = State::default();
        for field in branches.iter().flat_map(|branch| &branch.fields) {
            let values = state.paths.entry(field.path.text()).or_default();
            for matcher in field.matchers.iter().filter(|matcher| is_wildcard(matcher)) {
                values.automaton.add(matcher);
            }
        }
        Self { states: vec![state] }
    }

    fn complexity(&self, most: usize) -> usize {
        let values = self.states.iter().flat_map(|state| state.paths.values());
        values.map(|values| values.automaton.complexity(most)).max().unwrap_or(0)
    }
}

/// Matches by wildcard, also by `anything-but`.
fn is_wildcard(matcher: &Matcher) -> bool {
    match matcher {
        Matcher::Wildcard(_) => true,
        Matcher::AnythingBut(refused) => {
            refused.iter().any(|one| matches!(one, Matcher::Wildcard(_)))
        }
        _ => false,
    }
}

/// Does it have a star? AWS's matcher treats any other value as one text, and recognises it.
fn has_star(matcher: &Matcher) -> bool {
    match matcher {
        Matcher::Wildcard(wildcard) => wildcard.pieces.len() > 1,
        Matcher::AnythingBut(refused) => refused.iter().any(has_star),
        _ => false,
    }
}

/// Values that are equal for AWS's matcher: sets in any order, numbers and ranges by value, blocks of addresses by
/// their ends. Treating further values as equal never gives a lower figure.
fn identity(matcher: &Matcher) -> String {
    match matcher {
        Matcher::AnythingBut(refused) => {
            let mut all: Vec<String> = refused.iter().map(identity).collect();
            all.sort_unstable();
            all.dedup();
            format!("but {all:?}")
        }
        Matcher::Number(number) => format!("number {:?}", number.as_f64()),
        Matcher::Numeric(range) => match (range.low, range.high) {
            (Bound::Included(low), Bound::Included(high)) if low == high => {
                format!("number {:?}", Some(low))
            }
            (low, high) => format!("range {low:?} {high:?}"),
        },
        Matcher::Cidr(network) => format!("block {} {}", network.first, network.last),
        Matcher::Wildcard(wildcard) => format!("wildcard {:?}", wildcard.pieces),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(pattern: &Value, want: usize) {
        assert_eq!(Pattern::compile(pattern).unwrap().complexity(), want, "{pattern}");
    }

    #[test]
    fn without_a_wildcard_nothing_is_complex() {
        check(&json!({"a": ["x", {"prefix": "p"}, {"suffix": "s"}, {"anything-but": ["y"]}]}), 0);
    }

    #[test]
    fn what_eventbridge_took_and_refused() {
        let stack = |name: &str| json!({"wildcard": format!("*:stack/{name}/*")});
        check(&json!({"a": [stack("one"), stack("two"), stack("six")]}), 9);
        check(&json!({"a": [stack("one"), stack("two"), stack("six"), stack("ten")]}), 12);
    }

    #[test]
    fn a_wildcard_outside_of_or_counts_for_each_branch() {
        let star = json!([{"wildcard": "*x*"}]);
        check(&json!({"a": star, "$or": [{"b": ["1"]}, {"b": ["2"]}]}), 6);
        check(&json!({"$or": [{"a": star}, {"b": star}]}), 3);
    }

    #[test]
    fn what_must_not_match_counts_too() {
        check(&json!({"a": [{"anything-but": {"wildcard": "*x*"}}]}), 3);
    }

    /// A value that AWS's matcher recognises leads to one state, where the wildcards after it meet.
    #[test]
    fn values_that_are_the_same_meet() {
        let alike = [
            [json!("k"), json!("k")],
            [json!({"wildcard": "k"}), json!({"wildcard": "k"})],
            [json!({"anything-but": ["a", "b"]}), json!({"anything-but": ["b", "a", "a"]})],
            [json!({"numeric": [">", 0]}), json!({"numeric": [">", 0.0]})],
            [json!(300), json!(300.0)],
            [json!({"cidr": "10.0.0.0/8"}), json!({"cidr": "10.1.0.0/8"})],
        ];
        for [one, other] in alike {
            let branch = |a: &Value, text: &str| json!({"a": [a], "b": [{"wildcard": text}]});
            check(&json!({"$or": [branch(&one, "*x*"), branch(&other, "*y*")]}), 6);
        }
    }

    #[test]
    fn many_branches_are_counted_in_bounded_time() {
        let branches: Vec<Value> = (0..900).map(|n| json!({"b": [n.to_string()]})).collect();
        let pattern =
            json!({"a": [{"wildcard": "*ab*ba*"}, {"wildcard": "a*a*a"}], "$or": branches});
        check(&pattern, COMPLEXITY_COUNTED_MAX);
    }
}
