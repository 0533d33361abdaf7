//! The effects of one invocation: each call is timed, and a table that does not answer is asked once.

use std::cell::Cell;
use std::future::Future;
use std::time::{Duration, Instant};

use iam_responder::alert::{Message, SentAlert};
use iam_responder::effects::{
    CalendarState, Calls, Claim, Delivery, EffectError, Lookups, Publish, State, Whose,
};
use iam_responder::iam::account::Account;
use iam_responder::prior::{Register, Write};
use iam_responder::respond::metrics::Phases;
use iam_responder::text::severity::Severity;
use jiff::{SignedDuration, Timestamp};

use super::outside::Outside;
use super::store::{Store, either};

/// A call that fails after this time failed because nobody answered.
const SLOW: Duration = Duration::from_millis(1_000);
/// Time for the table, all its calls together: before it is asked whether the event was told, and once
/// more from there on. After it none is begun but the last, which marks the event as told.
const STATE_MAX: Duration = Duration::from_millis(2_500);
/// Time kept before the end for what comes after publishing.
const AFTER_PUBLISH: Duration = Duration::from_millis(3_500);
/// Time kept before the end for answering.
const AFTER_END: Duration = Duration::from_millis(200);
/// Time for all lookups of one event together.
const LOOKUPS_MAX: Duration = Duration::from_millis(3_500);

/// What one invocation does, and how long each part of it took.
pub struct Invocation<'f> {
    outside: &'f Outside,
    store: &'f Store,
    phases: Cell<Phases>,
    /// When the invocation must be over.
    deadline: Instant,
    /// Time spent on the table before the budget in force began.
    state_before: Cell<Duration>,
    /// The table did not answer: whatever else is asked of it would cost the same time again.
    silent: Cell<bool>,
}

impl<'f> Invocation<'f> {
    pub fn new(outside: &'f Outside, store: &'f Store, deadline: Instant) -> Self {
        let (phases, state_before, silent) = (Cell::default(), Cell::default(), Cell::default());
        Self { outside, store, phases, deadline, state_before, silent }
    }

    /// Time spent so far, by what it was spent on.
    pub fn phases(&self) -> Phases {
        self.phases.get()
    }

    fn add(&self, change: impl FnOnce(&mut Phases)) {
        let mut phases = self.phases.get();
        change(&mut phases);
        self.phases.set(phases);
    }

    /// The table answers: what must be known before an alert gets its time, whatever was spent before.
    fn renew(&self) {
        self.silent.set(false);
        self.state_before.set(self.phases.get().state);
    }

    /// Time until so long before the end.
    fn left(&self, before: Duration) -> Duration {
        self.deadline.saturating_duration_since(Instant::now()).saturating_sub(before)
    }

    async fn asked<T>(
        &self,
        call: impl Future<Output = Result<T, EffectError>>,
    ) -> Result<T, EffectError> {
        let spent = self.phases.get().state.saturating_sub(self.state_before.get());
        if self.silent.get() || spent >= STATE_MAX {
            let cause = "it was too slow a moment ago".to_owned();
            return Err(EffectError { action: "ask the table".to_owned(), cause });
        }
        self.insisted(call).await
    }

    /// Also where the table did not answer before: what this writes keeps others from harm.
    async fn insisted<T>(
        &self,
        call: impl Future<Output = Result<T, EffectError>>,
    ) -> Result<T, EffectError> {
        let started = Instant::now();
        let left = self.left(AFTER_END);
        let answer = timed(left, "ask the table", call).await;
        let spent = started.elapsed();
        self.add(|phases| {
            phases.state += spent;
            phases.state_failures += u32::from(answer.is_err());
        });
        if answer.is_err() && spent >= SLOW {
            self.silent.set(true);
        }
        answer
    }

    async fn looked_up<T>(
        &self,
        call: impl Future<Output = Result<Option<T>, EffectError>>,
    ) -> Result<Option<T>, EffectError> {
        let left = LOOKUPS_MAX.saturating_sub(self.phases.get().lookup);
        let started = Instant::now();
        let answer = timed(left, "look it up", call).await;
        self.add(|phases| {
            phases.lookup += started.elapsed();
            phases.lookup_failures += u32::from(answer.is_err());
        });
        answer
    }
}

async fn timed<T>(
    left: Duration,
    action: &str,
    call: impl Future<Output = Result<T, EffectError>>,
) -> Result<T, EffectError> {
    match tokio::time::timeout(left, call).await {
        Ok(answer) => answer,
        Err(_) => Err(EffectError {
            action: action.to_owned(),
            cause: format!("no answer within {} ms, and no more time", left.as_millis()),
        }),
    }
}

impl Publish for Invocation<'_> {
    async fn publish(&self, topic_arn: &str, message: &Message) -> Result<(), EffectError> {
        let started = Instant::now();
        // Time is kept for marking the event, or for giving back what it claimed.
        let left = self.left(AFTER_PUBLISH);
        let action = || format!("publish to {topic_arn}");
        let answer = timed(left, &action(), self.outside.publish(topic_arn, message)).await;
        self.add(|phases| phases.publish += started.elapsed());
        if answer.is_err() {
            // Also where the time was over, of which the publisher knows nothing.
            self.outside.not_published();
        }
        answer
    }

    fn note(&self, severity: Severity) -> Option<String> {
        self.outside.note(severity)
    }
}

impl Lookups for Invocation<'_> {
    fn asks_about_accounts(&self) -> bool {
        self.outside.asks_about_accounts()
    }

    async fn account(&self, account: &str) -> Result<Option<Account>, EffectError> {
        self.looked_up(self.outside.account(account)).await
    }

    async fn change_calendar(
        &self,
        name: &str,
        at: Timestamp,
    ) -> Result<Option<CalendarState>, EffectError> {
        self.looked_up(self.outside.change_calendar(name, at)).await
    }

    async fn calls(
        &self,
        account: &str,
        whose: &[Whose],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Option<Calls>, EffectError> {
        self.looked_up(self.outside.calls(account, whose, from, to)).await
    }
}

impl State for Invocation<'_> {
    /// Asked whatever was spent before: it decides whether there is an alert at all.
    async fn begin(&self, event_id: &str, now: Timestamp) -> Result<Delivery, EffectError> {
        let delivery = self.insisted(either!(self.store, begin(event_id, now))).await?;
        self.renew();
        Ok(delivery)
    }

    async fn end(
        &self,
        event_id: &str,
        now: Timestamp,
        told: Option<&SentAlert>,
    ) -> Result<(), EffectError> {
        self.insisted(either!(self.store, end(event_id, now, told))).await
    }

    async fn claim(
        &self,
        fingerprint: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> Result<Claim, EffectError> {
        self.asked(either!(self.store, claim(fingerprint, event_id, at, window))).await
    }

    async fn hold(&self, fingerprint: &str, event_id: &str) -> Result<Option<u32>, EffectError> {
        self.asked(either!(self.store, hold(fingerprint, event_id))).await
    }

    async fn release(&self, fingerprint: &str, event_id: &str) -> Result<(), EffectError> {
        self.insisted(either!(self.store, release(fingerprint, event_id))).await
    }

    async fn count(
        &self,
        key: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> Result<u32, EffectError> {
        self.asked(either!(self.store, count(key, event_id, at, window))).await
    }

    async fn first_between(
        &self,
        key: &str,
        from: Timestamp,
        to: Timestamp,
        none_of: &[String],
    ) -> Result<Option<(String, Timestamp)>, EffectError> {
        self.asked(either!(self.store, first_between(key, from, to, none_of))).await
    }

    async fn register(&self, address: &str) -> Result<Register, EffectError> {
        self.asked(either!(self.store, register(address))).await
    }

    async fn record_write(&self, address: &str, write: &Write) -> Result<(), EffectError> {
        self.asked(either!(self.store, record_write(address, write))).await
    }

    async fn note(&self, key: &str) -> Result<Option<(String, Timestamp)>, EffectError> {
        self.asked(either!(self.store, note(key))).await
    }

    async fn keep_note(&self, key: &str, text: &str, at: Timestamp) -> Result<(), EffectError> {
        self.asked(either!(self.store, keep_note(key, text, at))).await
    }
}
