//! Ports that fail: a wrapper around any port. It counts the calls of all wrappers with the same [`Faults`], and
//! fails or repeats those that a test chooses.

use std::future::{Future, poll_fn};
use std::sync::Mutex;
use std::task::Poll;

use jiff::{SignedDuration, Timestamp};

use super::alerts::{Judgement, OpenAlerts, StoredAlert, StoredAlerts};
use super::counters::Counters;
use super::deliveries::{Deliveries, Delivery};
use super::error::{EffectError, ErrorKind};
use super::lock::lock;
use super::lookups::{Accounts, CalendarState, ChangeCalendars, History, PastCalls, Whose};
use super::notes::{Note, Notes, Precondition};
use super::prior_state::PriorState;
use super::publish::Publish;
use super::windows::{Claim, Windows};
use crate::alert::{Message, SentAlert};
use crate::iam::account::{Account, AccountId};
use crate::prior::{Register, Write};

/// The result of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectedFault {
    /// The call fails before it does anything.
    Before,
    /// The call takes effect, but its answer is lost.
    After,
    /// The call takes effect twice, and the second answer counts: the first was lost, and the caller repeated it.
    Repeated,
}

/// Which calls are broken, and how: calls are counted from 0, over everything that shares this.
#[derive(Debug, Default)]
pub struct Faults {
    first: usize,
    count: usize,
    fault: Option<InjectedFault>,
    slow: bool,
    calls: Mutex<Vec<&'static str>>,
}

impl Faults {
    /// Breaks nothing, and counts.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Breaks nothing, and each call takes one turn: a call polled twice has made one round trip.
    #[must_use]
    pub fn slow() -> Self {
        Self { slow: true, ..Self::default() }
    }

    /// Breaks one call.
    #[must_use]
    pub fn at(call: usize, fault: InjectedFault) -> Self {
        Self { first: call, count: 1, fault: Some(fault), ..Self::default() }
    }

    /// Breaks so many calls, and none after them.
    #[must_use]
    pub fn first(count: usize, fault: InjectedFault) -> Self {
        Self { count, fault: Some(fault), ..Self::default() }
    }

    /// Breaks a call and all after it.
    #[must_use]
    pub fn from(call: usize, fault: InjectedFault) -> Self {
        Self { first: call, count: usize::MAX, fault: Some(fault), ..Self::default() }
    }

    /// The calls so far, in their order, each as `Port.method`.
    pub fn calls(&self) -> Vec<&'static str> {
        lock(&self.calls).clone()
    }

    async fn call<T, F>(&self, name: &'static str, call: impl Fn() -> F) -> Result<T, EffectError>
    where
        F: Future<Output = Result<T, EffectError>>,
    {
        let number = {
            let mut calls = lock(&self.calls);
            calls.push(name);
            calls.len() - 1
        };
        if self.slow {
            let mut waited = false;
            poll_fn(|context| {
                if std::mem::replace(&mut waited, true) {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
        let broken = number.checked_sub(self.first).is_some_and(|after| after < self.count);
        match self.fault.filter(|_| broken) {
            Some(InjectedFault::Before) => {}
            Some(InjectedFault::After) => drop(call().await),
            Some(InjectedFault::Repeated) => {
                drop(call().await);
                return call().await;
            }
            None => return call().await,
        }
        Err(EffectError::new(name, ErrorKind::NoAnswer, "broken on purpose"))
    }
}

/// A port, or several, with faults.
#[derive(Debug, Clone, Copy)]
pub struct Faulty<'a, T> {
    of: &'a T,
    faults: &'a Faults,
}

impl<'a, T> Faulty<'a, T> {
    /// Wraps a port, with these faults.
    pub fn new(of: &'a T, faults: &'a Faults) -> Self {
        Self { of, faults }
    }
}

/// All calls of all ports, written once more: their arguments can be copied, so that a call can be made twice.
macro_rules! faulty {
    ($($port:ident {
        $($call:ident($($name:ident: $kind:ty),*) -> $answer:ty;)*
        $(=> $pass:ident($($argument:ident: $of:ty),*) -> $gives:ty;)?
    })*) => {
        /// Every call that can be broken, as `Port.method`.
        pub const CALLS: &[&str] = &[$($(concat!(stringify!($port), ".", stringify!($call))),*),*];

        $(impl<T: $port> $port for Faulty<'_, T> {
            $(async fn $call(&self, $($name: $kind),*) -> Result<$answer, EffectError> {
                let name = concat!(stringify!($port), ".", stringify!($call));
                self.faults.call(name, || self.of.$call($($name),*)).await
            })*
            $(fn $pass(&self, $($argument: $of),*) -> $gives {
                self.of.$pass($($argument),*)
            })?
        })*
    };
}

faulty! {
    Deliveries {
        begin(event_id: &str, now: Timestamp) -> Delivery;
        end(event_id: &str, now: Timestamp, argument: Option<&SentAlert>) -> ();
    }
    Windows {
        claim(fingerprint: &str, event_id: &str, at: Timestamp, window: SignedDuration) -> Claim;
        hold_back(fingerprint: &str, event_id: &str) -> Option<u32>;
        release(fingerprint: &str, event_id: &str) -> ();
    }
    Counters {
        count(key: &str, event_id: &str, at: Timestamp, window: SignedDuration) -> u32;
        counted_between(key: &str, from: Timestamp, to: Timestamp) -> Vec<(String, Timestamp)>;
    }
    PriorState {
        registers(addresses: &[String]) -> Vec<Option<Register>>;
        add_write(address: &str, write: &Write) -> ();
    }
    Notes {
        note(key: &str) -> Option<Note>;
        write_note(key: &str, text: &str, at: Timestamp, standing: Precondition) -> bool;
    }
    StoredAlerts {
        judge(event_id: &str, judgement: &Judgement) -> bool;
        published_since(from: Timestamp) -> Vec<StoredAlert>;
    }
    OpenAlerts {
        due(now: Timestamp) -> Vec<StoredAlert>;
        take_due(record: &StoredAlert, until: Timestamp) -> bool;
        reminded(event_id: &str, now: Timestamp) -> ();
    }
    Publish {
        publish(topic_arn: &str, message: &Message) -> ();
    }
    Accounts {
        account(account: AccountId) -> Option<Account>;
        => asks_about_accounts() -> bool;
    }
    ChangeCalendars {
        change_calendar(name: &str, at: Timestamp) -> Option<CalendarState>;
    }
    History {
        newest(
            account: AccountId, whose: &Whose, from: Timestamp, to: Timestamp
        ) -> Option<PastCalls>;
    }
}
