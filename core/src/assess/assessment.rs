//! What is made of an event: the rules that match, what they ask, and what is decided once that is answered.

use std::collections::BTreeSet;

use super::decide::Decision;
use super::question::Question;
use crate::event::Event;
use crate::facts::Context;
use crate::rule::{Matching, Rule, RuleSet};

/// The rules that match an event, and what they ask before they fire.
#[derive(Debug, Clone, Default)]
pub struct Recognised<'r> {
    /// The rules that match.
    pub matching: Matching<'r>,
    /// The steps of sequences that the event is: each rule with the number of the step.
    pub steps: Vec<(&'r Rule, usize)>,
    /// What those ask that count, or wait for other events.
    pub questions: Vec<Question>,
}

/// What is decided about an event.
#[derive(Debug, Clone)]
pub struct Assessment<'r> {
    /// The rules that fire, settled: the first gives title and base severity.
    pub firing: Vec<&'r Rule>,
    /// How loud it is, and why; nothing where no rule fires.
    pub decision: Option<Decision>,
}

impl<'r> Recognised<'r> {
    pub(super) fn of(
        matching: Matching<'r>,
        steps: Vec<(&'r Rule, usize)>,
        event: &Event,
        context: &Context,
    ) -> Self {
        let speaking = matching.rules.iter().filter(|rule| !rule.spec.is_signal());
        let questions = speaking.filter_map(|rule| Question::of(rule, event, context)).collect();
        Self { matching, steps, questions }
    }

    /// Does it only count, or wait: does it say nothing about one event alone?
    #[must_use]
    pub fn waits(&self, rule: &Rule) -> bool {
        rule.spec.is_signal() || self.questions.iter().any(|question| question.rule == rule.spec.id)
    }

    /// The rules that fire where the questions of these are answered with yes: no signals, and of those that ask only
    /// these. Settled.
    pub(super) fn firing(&self, yes: &BTreeSet<String>, context: &Context) -> Vec<&'r Rule> {
        let fires = |rule: &&&Rule| {
            !rule.spec.is_signal() && (!self.waits(rule) || yes.contains(&rule.spec.id))
        };
        let firing = self.matching.rules.iter().filter(fires).copied().collect();
        RuleSet::settled(firing, context.facts.outcome)
    }
}
