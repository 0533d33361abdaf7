//! Changes that take rights away, in alerts of rules that match only the call's name and whose words speak of rights
//! given.

use serde_json::Value;

use crate::facts::{Back, Context};
use crate::iam::policy::TrustWord;
use crate::rule::Rule;

/// What such a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lesser {
    /// The policy that it puts or attaches only forbids.
    OnlyDenies,
    /// The replaced policy gave more.
    GivesLess,
}

impl Lesser {
    /// `None` where it gives something, where that is not certain, and where the rule itself knows of rights.
    pub(super) fn of(rule: &Rule, context: &Context) -> Option<Self> {
        if asks_more_than_the_call(&rule.spec.pattern) {
            return None;
        }
        let rights = &context.rights;
        if context.only_contains() {
            return Some(Self::OnlyDenies);
        }
        let narrow = |word: &TrustWord| *word == TrustWord::ServiceOnly;
        let gives = !rights.grants.all.is_empty()
            || rights.trust.as_ref().is_some_and(|trust| !trust.words.iter().all(narrow));
        let certain = rights.unknown.is_none() && !rights.unreadable;
        (certain && !gives && rights.back == Back::Gives).then_some(Self::GivesLess)
    }

    /// The words after the title.
    pub(super) fn said(self) -> &'static str {
        match self {
            Self::OnlyDenies => ": it only denies",
            Self::GivesLess => ": it gives less than before",
        }
    }

    /// Why it matters.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::OnlyDenies => {
                "It gives no rights: who it is put on can do less than before. Responders lock a stolen identity out so, \
                 and intruders lock out who could stop them."
            }
            Self::GivesLess => {
                "It gives nothing far-reaching, and what stood there before gave more. Somebody may miss it."
            }
        }
    }

    /// What to do.
    pub(super) fn runbook(self) -> &'static str {
        match self {
            Self::OnlyDenies => {
                "Ask the caller whom it is to hold back. If it contains a stolen identity, leave it until the review is over.\n\
                 If nobody can say, see whether it is put on people or roles that watch or mend this account; \
                 then take it off, and treat the caller's credentials as stolen."
            }
            Self::GivesLess => {
                "Ask the caller if the change is not known from a review or a ticket.\n\
                 Put nothing back unless its owner asks for it: what stood there before gave more."
            }
        }
    }
}

/// Does the pattern match derived facts, and not only the call?
fn asks_more_than_the_call(pattern: &Value) -> bool {
    match pattern {
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| name == "derived" || asks_more_than_the_call(value))
        }
        Value::Array(branches) => branches.iter().any(asks_more_than_the_call),
        _ => false,
    }
}
