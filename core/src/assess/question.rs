//! Questions of a matching rule about earlier events.

use jiff::{SignedDuration, Timestamp};

use super::fingerprint::{counter_key, entity_name, step_key};
use crate::event::Event;
use crate::facts::Context;
use crate::rule::{Fires, GroupBy, Rule, SequenceSpec, ThresholdSpec};

/// The question of a rule with a threshold or a sequence, before it fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// ID of the rule.
    pub rule: String,
    /// How many events there must be.
    pub count: Option<Count>,
    /// Which events must have come before.
    pub follow: Option<Follow>,
}

/// Events are counted under a key, this one included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// What is counted.
    pub key: String,
    /// Least number of events at which the rule fires.
    pub least: u32,
    /// The window around the event.
    pub within: SignedDuration,
}

/// An event is noted as a step of a rule's sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceStep {
    /// Under which it is found by the rule.
    pub key: String,
    /// How long it counts.
    pub within: SignedDuration,
}

/// Each step must have been seen, in order, each by a different event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follow {
    /// For each step, the keys under which it may have been noted: the entity may have had other names.
    pub steps: Vec<Vec<String>>,
    /// The time before the event.
    pub within: SignedDuration,
}

impl Follow {
    fn of(rule: &Rule, sequence: &SequenceSpec, event: &Event, context: &Context) -> Self {
        let mut names = vec![entity_name(context).to_owned()];
        if sequence.by.contains(&GroupBy::Entity) {
            names.extend(context.former_names.iter().cloned());
        }
        let keys = |step| {
            let key = |name: &String| step_key(rule, step, (event, context), name);
            names.iter().map(key).collect()
        };
        let steps = (0..sequence.before.len()).map(keys).collect();
        Self { steps, within: sequence.within.duration() }
    }

    /// All keys of its steps.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().flatten().map(String::as_str)
    }

    /// Was each step seen before this event, in order and in time, each by a different event? `noted` gives the events
    /// under a key: ID and time, in any order.
    #[must_use]
    pub fn is_met<'n>(
        &self,
        (id, at): (&'n str, Timestamp),
        noted: impl Fn(&str) -> &'n [(String, Timestamp)],
    ) -> bool {
        let mut from = at.checked_sub(self.within).unwrap_or(at);
        let mut taken = vec![id];
        self.steps.iter().all(|keys| {
            let fits = |(id, then): &&(String, Timestamp)| {
                (from..=at).contains(then) && !taken.contains(&id.as_str())
            };
            let noted = keys.iter().flat_map(|key| noted(key));
            let first = noted.filter(fits).min_by_key(|(_, then)| *then);
            let Some((id, then)) = first else { return false };
            from = *then;
            taken.push(id);
            true
        })
    }
}

impl SequenceStep {
    /// The step of this number of a rule's sequence; `None` for a rule without one.
    pub(super) fn of(rule: &Rule, number: usize, event: &Event, context: &Context) -> Option<Self> {
        let within = rule.spec.sequence.as_ref()?.within.duration();
        let key = step_key(rule, number, (event, context), entity_name(context));
        Some(Self { key, within })
    }
}

impl Question {
    /// The question of a rule about an event that it matches, if it has one.
    #[must_use]
    pub fn of(rule: &Rule, event: &Event, context: &Context) -> Option<Self> {
        let Fires::When { often, after } = rule.spec.fires() else { return None };
        let count = often.map(|threshold| count(rule, threshold, event, context));
        let follow = after.map(|sequence| Follow::of(rule, sequence, event, context));
        Some(Self { rule: rule.spec.id.clone(), count, follow })
    }
}

fn count(rule: &Rule, threshold: &ThresholdSpec, event: &Event, context: &Context) -> Count {
    let mut key = counter_key(rule, &threshold.by, event, context);
    if !threshold.environments.is_empty() {
        // Counters of different windows must not share what they keep.
        key.push_str(&format!("\nin {}", context.environment.name));
    }
    let (least, within) = threshold.in_environment(&context.environment.name);
    Count { key, least, within }
}
