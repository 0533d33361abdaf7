//! How specific a pattern is: of several that match, the most specific one names the alert.

use std::cmp::Reverse;

use serde_json::Value;

use super::compiled::{Branch, Field, Pattern};
use super::cost::Steps;
use super::leaves::is_below;
use super::matcher::Matcher;

/// Paths that hold what a call did, not who made it, which call it was, or how it ended.
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

/// Number of a branch's fields about what was done, how far the rights go that it looks for, whether it names its calls
/// exactly, how many fields must be there, and how few its calls are.
pub(crate) type Specificity = (usize, Rights, bool, usize, Reverse<usize>);

/// How far the rights go that a branch looks for in a document. Of one document with several of them, the furthest name
/// the alert: who has those can have the others too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Rights {
    /// The data of some service.
    SomeData,
    /// The data of one service, or one way to more rights.
    OneOfMany,
    /// All others, and branches that ask for no rights.
    #[default]
    Others,
}

impl Pattern {
    /// How specific the pattern is about this event, which it matches: the greatest specificity of its matching
    /// branches. If the steps run out, the least of all branches.
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
}

impl Field {
    /// Does it match something that the call set or gave, or a fact derived from that? Matching only absence does not
    /// count.
    fn is_of_what_was_done(&self) -> bool {
        let path = self.path.text();
        let says = |matcher: &Matcher| {
            let value = matcher.to_value();
            value != Value::Bool(false)
                && value.get("exists").is_none_or(|there| *there == Value::Bool(true))
        };
        WHAT_WAS_DONE.iter().any(|begins| is_below(path, begins)) && self.matchers.iter().all(says)
    }

    /// How far the rights go that it looks for in a document.
    fn rights(&self) -> Option<Rights> {
        let rights = |matcher: &Matcher| match matcher {
            Matcher::Text(word) if word == "data-all" => Rights::SomeData,
            Matcher::Text(word) | Matcher::Prefix(word)
                if word.starts_with("data:") || word.starts_with("privesc:") =>
            {
                Rights::OneOfMany
            }
            _ => Rights::Others,
        };
        (self.path.text() == "derived.grants").then(|| self.matchers.iter().map(rights).max())?
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
        let rights = self.fields.iter().filter_map(Field::rights).min().unwrap_or_default();
        let absence = |field: &&Field| field.matchers.iter().all(|one| *one == Matcher::Absent);
        let asked = self.fields.len() - self.fields.iter().filter(absence).count();
        (done, rights, exactly, asked, Reverse(names.len()))
    }
}
