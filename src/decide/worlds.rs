//! An event as it would be in each case that cannot be told apart.
//!
//! Where a calendar cannot be asked, the event may lie inside it or outside. What makes louder counts
//! if it holds in any of these cases, what makes quieter only if it holds in all. Tags of an account that
//! are not known make nothing quieter; louder only what the environment does, which counts as production.

use serde_json::Value;

use crate::derive::Facts;
use crate::event::Event;
use crate::pattern::Pattern;

/// Most unknown calendars of which all cases are looked at. With more of them nothing is lowered or
/// silenced that asks for a time.
const UNKNOWN_MAX: usize = 6;

/// All cases, and whether the account's tags are known.
pub(super) struct Worlds<'e> {
    cases: Cases<'e>,
    tags_known: bool,
}

enum Cases<'e> {
    /// All is known.
    One(&'e Value),
    /// Each combination of inside and outside.
    Some(Vec<Value>),
    /// Too many to be looked at: the event as rules see it, with each unknown calendar on both lists.
    Uncounted(&'e Value),
}

impl<'e> Worlds<'e> {
    pub(super) fn of(event: &'e Event, facts: &Facts) -> Self {
        Self { cases: Cases::of(event, facts), tags_known: facts.tags.is_some() }
    }

    /// Does it match in any case?
    pub(super) fn any(&self, pattern: &Pattern) -> bool {
        match &self.cases {
            Cases::One(raw) | Cases::Uncounted(raw) => pattern.matches(raw),
            Cases::Some(raws) => raws.iter().any(|raw| pattern.matches(raw)),
        }
    }

    /// Does it match in all cases, without any doubt? A tag that is not there may only be unknown.
    pub(super) fn all(&self, pattern: &Pattern) -> bool {
        let asks = |wanted: &[&str]| {
            pattern.paths().iter().any(|path| wanted.iter().any(|wanted| path.starts_with(wanted)))
        };
        if !self.tags_known && asks(&["derived.accountTags"]) {
            return false;
        }
        match &self.cases {
            Cases::One(raw) => pattern.surely_matches(raw),
            Cases::Some(raws) => raws.iter().all(|raw| pattern.surely_matches(raw)),
            Cases::Uncounted(raw) => {
                !asks(&["derived.time", "derived.outsideTime"]) && pattern.surely_matches(raw)
            }
        }
    }
}

impl<'e> Cases<'e> {
    fn of(event: &'e Event, facts: &Facts) -> Self {
        let unknown = &facts.times.unknown;
        if unknown.is_empty() {
            return Self::One(event.raw());
        }
        if unknown.len() > UNKNOWN_MAX {
            return Self::Uncounted(event.raw());
        }
        let world = |case: usize| {
            let (mut inside, mut outside) =
                (facts.times.inside.clone(), facts.times.outside.clone());
            for (bit, name) in unknown.iter().enumerate() {
                let list = if case >> bit & 1 == 1 { &mut inside } else { &mut outside };
                list.push(name.clone());
            }
            let mut raw = event.raw().clone();
            if let Some(derived) = raw.get_mut("derived").and_then(Value::as_object_mut) {
                derived.insert("time".to_owned(), inside.into());
                derived.insert("outsideTime".to_owned(), outside.into());
            }
            raw
        };
        Self::Some((0..1_usize << unknown.len()).map(world).collect())
    }
}
