//! What an overridden rule would have done without its override. The difference is counted, so that people see an
//! override that silences too much.

use super::assessment::Recognised;
use super::question::Question;
use crate::event::Event;
use crate::rule::{Rank, Rule, RuleSet};
use crate::text::severity::Severity;

/// An overridden rule, without its override.
#[derive(Debug, Clone)]
pub struct ByItself {
    /// The rule without its override, under its own ID.
    rule: Rule,
    /// Its question about earlier events. `None` if it would fire.
    pub question: Option<Question>,
}

impl Recognised<'_> {
    /// The rules that match and would be louder without their override, of an event that was published with this severity,
    /// or not at all. Beside a rule about the call itself that fired, general rules would say nothing.
    #[must_use]
    pub fn by_themselves(&self, event: &Event, published: Option<Severity>) -> Vec<ByItself> {
        let matching = &self.matching;
        let is_general = |rule: &Rule| rule.spec.rank() != Rank::Specific;
        let specific = published.is_some()
            && matching.rules.iter().any(|rule| {
                !is_general(rule) && !rule.spec.is_signal() && rule.quietened().is_none()
            });
        let counts = |rule: &&&Rule| {
            !rule.spec.is_signal() && rule.quietened().is_some() && !(specific && is_general(rule))
        };
        let overridden = matching.rules.iter().chain(&matching.switched_off).filter(counts);
        overridden.filter_map(|rule| ByItself::of(rule, event, self)).collect()
    }

    /// The rules of these that fire and would have published a louder alert.
    #[must_use]
    pub fn louder(&self, firing: &[ByItself], published: Option<Severity>) -> Vec<String> {
        let outcome = self.context.facts.outcome;
        let settled = RuleSet::settled(firing.iter().map(|one| &one.rule).collect(), outcome);
        let only_general = settled.first().is_some_and(|rule| rule.spec.is_general());
        let heard = |rule: &&Rule| {
            let severity = rule.severity_of(outcome);
            (only_general || !rule.spec.is_general())
                && published
                    .is_none_or(|published| severity >= Severity::Medium && severity > published)
        };
        settled.into_iter().filter(heard).map(|rule| rule.spec.id.clone()).collect()
    }
}

impl ByItself {
    fn of(rule: &Rule, event: &Event, recognised: &Recognised<'_>) -> Option<Self> {
        let by_itself = rule.by_itself.as_deref()?.clone();
        let mut alone = Rule { spec: by_itself, ..rule.clone() };
        // Without the override it has another counter.
        alone.spec.id.push_str(" by itself");
        let question = Question::of(&alone, event, &recognised.context).map(|question| Question {
            // Steps are noted for the rule itself.
            follow: Question::of(rule, event, &recognised.context).and_then(|own| own.follow),
            ..question
        });
        alone.spec.id.clone_from(&rule.spec.id);
        Some(Self { rule: alone, question })
    }
}
