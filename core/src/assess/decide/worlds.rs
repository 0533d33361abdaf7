//! An event in each case that may be the true one.
//!
//! If a calendar does not answer, the event may be inside it or outside. A louder adjustment counts if it holds in any
//! of these cases, a quieter one only if it holds in all. Unknown tags of an account make nothing quieter; the
//! environment then counts as production, which may make louder.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use serde_json::Value;

use crate::event::Event;
use crate::facts::Context;
use crate::pattern::{Pattern, STEPS_OF_EVENT_MAX, Steps};

/// Most unknown calendars whose cases are all evaluated. With more of them, adjustments and
/// suppressions with a time lower and silence nothing.
const UNKNOWN_MAX: usize = 6;
/// Facts in which the cases differ.
const TIMED: [&str; 2] = ["derived.time", "derived.outsideTime"];

/// All cases, whether the account's tags are known, and what steps are left for the patterns of the site.
pub(super) struct Worlds<'e> {
    /// The event. For patterns with a time it is changed in place to the evaluated case, because copying a large event
    /// for each case is slow.
    event: RefCell<Cow<'e, Value>>,
    context: &'e Context,
    /// Number of combinations of inside and outside. `None` if there are too many to evaluate.
    cases: Option<usize>,
    left: Cell<usize>,
    cut: Cell<bool>,
}

impl<'e> Worlds<'e> {
    pub(super) fn of(event: &'e Event, context: &'e Context) -> Self {
        let unknown = context.times.unknown.len();
        Self {
            event: RefCell::new(Cow::Borrowed(event.raw())),
            context,
            cases: (unknown <= UNKNOWN_MAX).then(|| 1 << unknown),
            left: Cell::new(STEPS_OF_EVENT_MAX),
            cut: Cell::new(false),
        }
    }

    /// Does it match in any case? What cannot be decided within the steps may match.
    pub(super) fn any(&self, pattern: &Pattern) -> bool {
        self.has_case(pattern, |answer| answer != Some(false))
    }

    /// Does it match in all cases, without any doubt? A tag that is not there may only be unknown.
    pub(super) fn all(&self, pattern: &Pattern) -> bool {
        let unknown_tags = self.context.tags.is_none() && asks(pattern, &["derived.accountTags"]);
        let uncounted = self.cases.is_none() && asks(pattern, &TIMED);
        if unknown_tags || uncounted {
            return false;
        }
        !self.has_case(pattern, |answer| answer != Some(true))
    }

    /// Did the steps run out for any pattern?
    pub(super) fn is_cut(&self) -> bool {
        self.cut.get()
    }

    /// Is there a case with such an answer? Nothing is the answer where the steps ran out.
    fn has_case(&self, pattern: &Pattern, wanted: impl Fn(Option<bool>) -> bool) -> bool {
        // A pattern without a time has one case.
        let cases = if asks(pattern, &TIMED) { self.cases.unwrap_or(1) } else { 1 };
        let mut steps = Steps::within(self.left.get());
        let before = steps.left();
        let found = (0..cases).any(|case| {
            if cases > 1 {
                self.enter(case);
            }
            let answer = pattern.decide(&self.event.borrow(), &mut steps);
            self.cut.set(self.cut.get() || answer.is_none());
            wanted(answer)
        });
        self.left.set(self.left.get() - (before - steps.left()));
        found
    }

    /// Makes the event that of a case: each bit says whether the moment is inside an unknown calendar.
    fn enter(&self, case: usize) {
        let times = &self.context.times;
        let (mut inside, mut outside) = (times.inside.clone(), times.outside.clone());
        for (bit, name) in times.unknown.iter().enumerate() {
            let list = if case >> bit & 1 == 1 { &mut inside } else { &mut outside };
            list.push(name.clone());
        }
        let mut event = self.event.borrow_mut();
        if let Some(derived) = event.to_mut().get_mut("derived").and_then(Value::as_object_mut) {
            derived.insert("time".to_owned(), inside.into());
            derived.insert("outsideTime".to_owned(), outside.into());
        }
    }
}

fn asks(pattern: &Pattern, wanted: &[&str]) -> bool {
    pattern.paths().iter().any(|path| wanted.iter().any(|wanted| path.starts_with(wanted)))
}
