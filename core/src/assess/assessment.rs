//! What is made of an event, step by step: what may match it, what matches after the world was asked, and what is decided
//! once the questions of the rules are answered. Each step takes what the one before it made.

use std::collections::BTreeSet;

use super::decide::Decision;
use super::question::{Question, SequenceStep};
use crate::event::Event;
use crate::facts::{Context, Facts};
use crate::rule::{Fires, Matching, Possible, Rule, RuleSet};

/// An event that was read by itself, before anybody was asked.
#[derive(Debug, Clone)]
pub struct Opened {
    pub(super) context: Context,
    /// Rules that may match it, for any answer to its questions.
    pub(super) possible: Possible,
}

impl Opened {
    /// What it says by itself, and what it asks of the world.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.context.facts
    }

    /// No rule can want it, for any answer: nothing need be asked.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.possible.is_nothing()
    }

    /// May a rule fire, and not only note the event or count it?
    #[must_use]
    pub fn may_speak(&self) -> bool {
        self.possible.speaks()
    }

    /// Does an answer matter? It does if a rule may fire, if a match depends on one, or if the event is a change, which
    /// counts for its caller's burst.
    #[must_use]
    pub fn wants_answers(&self) -> bool {
        let possible = &self.possible;
        let counts = !possible.is_nothing() && self.context.facts.changes();
        possible.speaks() || possible.hangs_on_answers() || counts
    }
}

/// An event with all that the world answered, and the rules that match it.
#[derive(Debug, Clone)]
pub struct Recognised<'r> {
    /// What the event means.
    pub context: Context,
    /// The rules that match.
    pub matching: Matching<'r>,
    /// The steps of sequences that the event is.
    pub steps: Vec<SequenceStep>,
    /// What those ask that count, or wait for other events.
    pub questions: Vec<Question>,
}

/// What is decided about an event.
#[derive(Debug, Clone)]
pub struct Assessment<'r> {
    /// The rules that fire, settled: the first gives title and base severity.
    pub firing: Vec<&'r Rule>,
    /// How loud it is, and why. `None` if no rule fires.
    pub decision: Option<Decision>,
}

impl<'r> Recognised<'r> {
    pub(super) fn of(
        event: &Event,
        context: Context,
        matching: Matching<'r>,
        steps: Vec<(&Rule, usize)>,
    ) -> Self {
        let step = |(rule, number): (&Rule, usize)| SequenceStep::of(rule, number, event, &context);
        let steps = steps.into_iter().filter_map(step).collect();
        let speaking = matching.rules.iter().filter(|rule| !rule.spec.is_signal());
        let questions = speaking.filter_map(|rule| Question::of(rule, event, &context)).collect();
        Self { context, matching, steps, questions }
    }

    /// Does it only count, or wait: does it say nothing about one event alone?
    #[must_use]
    pub fn waits(&self, rule: &Rule) -> bool {
        rule.spec.is_signal() || self.questions.iter().any(|question| question.rule == rule.spec.id)
    }

    /// The rules that match and only count: a signal, or a threshold. The last event of a sequence that never began is
    /// nothing by itself.
    #[must_use]
    pub fn counted(&self) -> Vec<&'r Rule> {
        let counts = |rule: &&&Rule| match rule.spec.fires() {
            Fires::Never | Fires::When { often: Some(_), .. } => true,
            Fires::Each | Fires::When { often: None, .. } => false,
        };
        self.matching.rules.iter().filter(counts).copied().collect()
    }

    /// The rules that fire where the questions of these are answered with yes: no signals, and of those that ask only
    /// these. Settled.
    pub(super) fn firing(&self, yes: &BTreeSet<String>) -> Vec<&'r Rule> {
        let fires = |rule: &&&Rule| {
            !rule.spec.is_signal() && (!self.waits(rule) || yes.contains(&rule.spec.id))
        };
        let firing = self.matching.rules.iter().filter(fires).copied().collect();
        RuleSet::settled(firing, self.context.facts.outcome)
    }
}
