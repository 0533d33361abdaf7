//! Time budgets and stop-watch of an invocation, as one interceptor in every client: each call of a client is timed,
//! ended in time, or not sent at all once the time is used up.
//!
//! Several calls may be in flight at once: the stop-watch runs while at least one is, so it never shows more than went by.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::timeout::TimeoutConfig;
use thiserror::Error;

use crate::effects::{Usage, lock};

/// A call that fails after this time failed because nobody answered.
const SLOW: Duration = Duration::from_millis(1_000);
/// Time for all calls of the table together: until it has said whether the alert was published, and again from there
/// on. Once it is used up, only [`Purpose::Insist`] is asked.
const STATE_MAX: Duration = Duration::from_millis(2_500);
/// Time kept before the end for the steps after publishing: marking the event, or releasing what it claimed.
const AFTER_PUBLISH: Duration = Duration::from_millis(3_500);
/// Time kept before the end for answering.
const AFTER_END: Duration = Duration::from_millis(200);
/// Time for all lookups of one invocation together.
const LOOKUPS_MAX: Duration = Duration::from_millis(3_500);
/// Within it, time for the caller's last hour, from the first question about it on.
const LOOK_BACK_MAX: Duration = Duration::from_millis(2_000);

/// What a client is for, which decides about its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Publishes alerts.
    Publish,
    /// Asks the table for something optional. A table that did not answer is not asked again.
    Ask,
    /// Asks the table even if it did not answer before: whether there is an alert at all, and writes that prevent
    /// harm.
    Insist,
    /// Looks up what the event does not hold.
    LookUp,
    /// Looks up what the caller did before. The alert waits for it.
    LookBack,
}

/// Why a call is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum Refused {
    /// The table did not answer, or took all the time that it has.
    #[error("it was too slow a moment ago")]
    TooSlow,
    /// It could not end in time.
    #[error("there is no more time for it")]
    NoTime,
}

/// The time of the invocations of one function environment, one after the other; shared by its clients. Until the
/// first begins, nothing is limited.
#[derive(Debug, Clone, Default)]
pub struct Budget {
    current: Arc<Mutex<Arc<Invocation>>>,
}

impl Budget {
    /// Begins an invocation, or a part of one with its own time limit. All later calls belong to it. A call that is
    /// still in flight counts for the invocation that made it.
    pub fn begin(&self, deadline: Instant) -> Arc<Invocation> {
        let new = Arc::new(Invocation { deadline: Some(deadline), spent: Mutex::default() });
        *lock(&self.current) = Arc::clone(&new);
        new
    }

    /// The table answers: what must be known before an alert gets its time, even if time was spent before.
    pub(super) fn renew(&self) {
        let current = self.current();
        lock(&current.spent).renew(Instant::now());
    }

    /// Counts an answer of the table that lacks the asked items as a failed call.
    pub(super) fn count_state_failure(&self) {
        let current = self.current();
        lock(&current.spent).state.failures += 1;
    }

    /// The interceptor of a client.
    pub(super) fn limit(&self, purpose: Purpose) -> Limit {
        Limit { budget: self.clone(), purpose }
    }

    fn current(&self) -> Arc<Invocation> {
        Arc::clone(&lock(&self.current))
    }
}

/// One invocation: when it must be over, and what it did.
#[derive(Debug, Default)]
pub struct Invocation {
    deadline: Option<Instant>,
    spent: Mutex<Spent>,
}

impl Invocation {
    /// What was spent until now.
    pub fn usage(&self) -> Usage {
        let (spent, now) = (lock(&self.spent), Instant::now());
        Usage {
            state: spent.state.time(now),
            lookup: spent.lookup.time(now),
            publish: spent.publish.time(now),
            state_failures: spent.state.failures,
            lookup_failures: spent.lookup.failures,
        }
    }
}

/// The stop-watches, and what follows from them for the table.
#[derive(Debug, Default)]
struct Spent {
    publish: Watch,
    state: Watch,
    lookup: Watch,
    /// What `state` showed when the table's time in force began.
    state_before: Duration,
    /// When the caller's last hour was first asked for.
    looked_back: Option<Instant>,
    /// The table did not answer: any other question to it would cost the same time again.
    silent: bool,
}

impl Spent {
    fn watch(&mut self, purpose: Purpose) -> &mut Watch {
        match purpose {
            Purpose::Publish => &mut self.publish,
            Purpose::Ask | Purpose::Insist => &mut self.state,
            Purpose::LookUp | Purpose::LookBack => &mut self.lookup,
        }
    }

    fn renew(&mut self, now: Instant) {
        (self.silent, self.state_before) = (false, self.state.time(now));
    }

    /// Starts a call, and says how long it may take.
    fn start(
        &mut self,
        purpose: Purpose,
        deadline: Instant,
        now: Instant,
    ) -> Result<Duration, Refused> {
        let until = |kept: Duration| deadline.saturating_duration_since(now).saturating_sub(kept);
        let state = self.state.time(now).saturating_sub(self.state_before);
        if purpose == Purpose::Ask && (self.silent || state >= STATE_MAX) {
            return Err(Refused::TooSlow);
        }
        let lookups = LOOKUPS_MAX.saturating_sub(self.lookup.time(now));
        let left = match purpose {
            Purpose::Publish => until(AFTER_PUBLISH),
            Purpose::Ask | Purpose::Insist => until(AFTER_END),
            Purpose::LookUp => lookups,
            Purpose::LookBack => {
                let since = *self.looked_back.get_or_insert(now);
                let rest = LOOK_BACK_MAX.saturating_sub(now.saturating_duration_since(since));
                // A page that is not asked for does not fail.
                if rest.is_zero() {
                    return Err(Refused::NoTime);
                }
                lookups.min(rest)
            }
        };
        let watch = self.watch(purpose);
        if left.is_zero() {
            watch.failures += 1;
            return Err(Refused::NoTime);
        }
        watch.start(now);
        Ok(left)
    }

    fn stop(&mut self, purpose: Purpose, started: Instant, now: Instant, failed: bool) {
        let watch = self.watch(purpose);
        watch.stop(now);
        watch.failures += u32::from(failed);
        let of_table = matches!(purpose, Purpose::Ask | Purpose::Insist);
        if failed && of_table && now.saturating_duration_since(started) >= SLOW {
            self.silent = true;
        }
    }
}

/// Runs while at least one call is in flight.
#[derive(Debug, Default)]
struct Watch {
    in_flight: u32,
    since: Option<Instant>,
    before: Duration,
    failures: u32,
}

impl Watch {
    fn start(&mut self, now: Instant) {
        self.since.get_or_insert(now);
        self.in_flight += 1;
    }

    fn stop(&mut self, now: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.in_flight == 0 {
            self.before = self.time(now);
            self.since = None;
        }
    }

    fn time(&self, now: Instant) -> Duration {
        self.before
            + self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

/// Keeps the calls of one client within the budget.
#[derive(Debug)]
pub(super) struct Limit {
    budget: Budget,
    purpose: Purpose,
}

impl Intercept for Limit {
    fn name(&self) -> &'static str {
        "time budget"
    }

    /// The SDK reads its time limits after this.
    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let invocation = self.budget.current();
        let Some(deadline) = invocation.deadline else { return Ok(()) };
        let started = Instant::now();
        let left = lock(&invocation.spent).start(self.purpose, deadline, started)?;
        let own = cfg.load::<TimeoutConfig>().and_then(TimeoutConfig::operation_timeout);
        let timeout = TimeoutConfig::builder().operation_timeout(own.unwrap_or(left).min(left));
        cfg.interceptor_state().store_put(timeout.build());
        let (purpose, over) = (self.purpose, AtomicBool::new(false));
        cfg.interceptor_state().store_put(InFlight { invocation, purpose, started, over });
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = cfg.load::<InFlight>() {
            let done = context.output_or_error().is_some_and(|done| done.is_ok());
            let answered = done || is_answer(context);
            call.end(!answered);
        }
        Ok(())
    }
}

/// A condition of a write that does not hold is an answer of the table, not a failure.
fn is_answer(context: &FinalizerInterceptorContextRef<'_>) -> bool {
    let body = context.response().and_then(|response| response.body().bytes());
    body.is_some_and(|body| {
        String::from_utf8_lossy(body).contains("ConditionalCheckFailedException")
    })
}

/// A call in flight. It ends with its answer, or with the future that waits for it, if the waiter gave up.
#[derive(Debug)]
struct InFlight {
    invocation: Arc<Invocation>,
    purpose: Purpose,
    started: Instant,
    over: AtomicBool,
}

impl InFlight {
    fn end(&self, failed: bool) {
        if !self.over.swap(true, Ordering::Relaxed) {
            let mut spent = lock(&self.invocation.spent);
            spent.stop(self.purpose, self.started, Instant::now(), failed);
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.end(true);
    }
}

impl Storable for InFlight {
    type Storer = StoreReplace<Self>;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls at given milliseconds, in an invocation of ten seconds.
    struct Minute(Spent, Instant);

    impl Minute {
        fn new() -> Self {
            Self(Spent::default(), Instant::now())
        }

        fn at(&self, milliseconds: u64) -> Instant {
            self.1 + Duration::from_millis(milliseconds)
        }

        /// How long a call that begins now may take, in milliseconds.
        #[track_caller]
        fn start(&mut self, purpose: Purpose, now: u64) -> Result<u128, Refused> {
            let (deadline, now) = (self.at(10_000), self.at(now));
            self.0.start(purpose, deadline, now).map(|left| left.as_millis())
        }

        fn stop(&mut self, purpose: Purpose, (from, to): (u64, u64), failed: bool) {
            let (from, to) = (self.at(from), self.at(to));
            self.0.stop(purpose, from, to, failed);
        }

        fn call(&mut self, purpose: Purpose, (from, to): (u64, u64), failed: bool) {
            self.start(purpose, from).unwrap();
            self.stop(purpose, (from, to), failed);
        }
    }

    use Purpose::{Ask, Insist, LookBack, LookUp, Publish};

    #[test]
    fn time_is_kept_for_what_comes_after() {
        let mut minute = Minute::new();
        assert_eq!(minute.start(Publish, 1_000), Ok(5_500));
        assert_eq!(minute.start(Insist, 1_000), Ok(8_800));
        assert_eq!(minute.start(Publish, 6_500), Err(Refused::NoTime));
        assert_eq!(minute.start(Insist, 9_800), Err(Refused::NoTime));
        assert_eq!(minute.0.state.failures, 1);
    }

    #[test]
    fn a_table_that_did_not_answer_is_only_asked_what_must_be() {
        let mut minute = Minute::new();
        minute.call(Ask, (0, 999), true);
        assert!(minute.start(Ask, 1_000).is_ok(), "it failed, but at once");
        minute.stop(Ask, (1_000, 2_000), true);
        assert_eq!(minute.start(Ask, 2_000), Err(Refused::TooSlow));
        assert_eq!(minute.0.state.failures, 2, "what is not asked does not fail");
        minute.call(Insist, (2_000, 2_100), false);
        assert_eq!(minute.start(Ask, 2_100), Err(Refused::TooSlow));
        let now = minute.at(2_100);
        minute.0.renew(now);
        assert!(minute.start(Ask, 2_100).is_ok());
    }

    #[test]
    fn a_table_has_its_time_twice() {
        let mut minute = Minute::new();
        minute.call(Ask, (0, 2_499), false);
        minute.call(Ask, (3_000, 3_001), false);
        assert_eq!(minute.start(Ask, 4_000), Err(Refused::TooSlow));
        let now = minute.at(4_000);
        minute.0.renew(now);
        minute.call(Ask, (4_000, 6_500), false);
        assert_eq!(minute.start(Ask, 6_500), Err(Refused::TooSlow));
        assert!(minute.start(Insist, 6_500).is_ok());
    }

    #[test]
    fn lookups_share_their_time() {
        let mut minute = Minute::new();
        minute.call(LookUp, (0, 3_000), false);
        assert_eq!(minute.start(LookUp, 5_000), Ok(500));
        minute.stop(LookUp, (5_000, 5_500), true);
        assert_eq!(minute.start(LookUp, 5_500), Err(Refused::NoTime));
        assert_eq!(minute.0.lookup.failures, 2);
    }

    #[test]
    fn the_last_hour_has_a_part_of_the_lookups_time_and_its_pauses_count() {
        let mut minute = Minute::new();
        minute.call(LookUp, (0, 1_000), false);
        minute.call(LookBack, (3_000, 3_100), false);
        assert_eq!(minute.start(LookBack, 4_000), Ok(1_000));
        minute.stop(LookBack, (4_000, 4_100), false);
        assert_eq!(minute.start(LookBack, 5_000), Err(Refused::NoTime));
        assert_eq!(minute.0.lookup.failures, 0);
        // Time that others used is gone for it too.
        let mut minute = Minute::new();
        minute.call(LookUp, (0, 3_000), false);
        assert_eq!(minute.start(LookBack, 3_000), Ok(500));
    }

    #[test]
    fn calls_at_once_count_once() {
        let mut minute = Minute::new();
        for _ in 0..10 {
            minute.start(Ask, 0).unwrap();
        }
        let now = minute.at(300);
        assert_eq!(minute.0.state.time(now), Duration::from_millis(300));
        for number in 0..10 {
            minute.stop(Ask, (0, 300 + number * 10), false);
        }
        minute.call(Ask, (1_000, 1_100), false);
        let now = minute.at(5_000);
        assert_eq!(minute.0.state.time(now), Duration::from_millis(490));
    }
}
