//! The assessment of an event in three steps: the rules that may match it; the rules that match, once lookups are
//! answered; and the decision, once the questions of the rules are answered. Each step consumes the result of the step
//! before.

use std::collections::BTreeSet;

use super::decide::Decision;
use super::question::{Follow, Question, SequenceStep};
use crate::event::Event;
use crate::facts::{Context, Facts};
use crate::rule::{Fires, Matching, Possible, Rule, RuleSet};

/// An event with the facts that it contains, before any lookup.
#[derive(Debug, Clone)]
pub struct Screened {
    pub(super) context: Context,
    /// Rules that may match it, for any answer to its questions.
    pub(super) possible: Possible,
}

impl Screened {
    /// The facts that it contains, and the lookups that it needs.
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

    /// Does an answer matter? It does if a rule may fire, or if a match depends on one.
    #[must_use]
    pub fn wants_answers(&self) -> bool {
        self.possible.speaks() || self.possible.hangs_on_answers()
    }

    /// Is it a change that a rule at least notes? It counts for its caller's burst, even if no answer matters.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        !self.is_nothing() && self.context.facts.changes()
    }
}

/// What is noted and asked about sequences before the answers are there, as the facts of an event alone show it.
#[derive(Debug, Clone, Default)]
pub struct Ahead {
    /// The steps that the event is, for any answer.
    pub steps: Vec<SequenceStep>,
    /// What the rules will ask that may match.
    pub follows: Vec<Follow>,
}

impl Ahead {
    pub(super) fn of<'r>(
        event: &Event,
        context: &Context,
        steps: Vec<(&Rule, usize)>,
        waiting: impl Iterator<Item = &'r Rule>,
    ) -> Self {
        let step = |(rule, number): (&Rule, usize)| SequenceStep::of(rule, number, event, context);
        let follows = waiting.filter_map(|rule| Question::of(rule, event, context)?.follow);
        Self { steps: steps.into_iter().filter_map(step).collect(), follows: follows.collect() }
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
    /// The questions of rules with a threshold or a sequence.
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

    /// The rules that match and only count: a signal, or a threshold. The last event of a sequence that never began
    /// does not count.
    #[must_use]
    pub fn counted(&self) -> Vec<&'r Rule> {
        let counts = |rule: &&&Rule| match rule.spec.fires() {
            Fires::Never | Fires::When { often: Some(_), .. } => true,
            Fires::Each | Fires::When { often: None, .. } => false,
        };
        self.matching.rules.iter().filter(counts).copied().collect()
    }

    /// The rules that fire, settled: never signals, and rules with a question only if its answer is in `yes`.
    pub(super) fn firing(&self, yes: &BTreeSet<String>) -> Vec<&'r Rule> {
        let fires = |rule: &&&Rule| {
            !rule.spec.is_signal() && (!self.waits(rule) || yes.contains(&rule.spec.id))
        };
        let firing = self.matching.rules.iter().filter(fires).copied().collect();
        RuleSet::settled(firing, self.context.facts.outcome)
    }
}
