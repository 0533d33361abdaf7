//! The state that the settings ask for: a table, or the memory of this environment.

use iam_responder::aws::dynamodb::Table;
use iam_responder::effects::memory::Memory;
use iam_responder::effects::{Claim, Delivery, EffectError, State};
use iam_responder::ledger::{Judgement, Ledger, Record, Told};
use jiff::{SignedDuration, Timestamp};

/// One of the two.
pub enum Store {
    /// Shared by all environments.
    Table(Table),
    /// Lasts as long as this environment.
    Memory(Box<Memory>),
}

/// Hands each call on.
macro_rules! either {
    ($store:expr, $call:ident($($argument:expr),*)) => {
        match $store {
            Store::Table(table) => table.$call($($argument),*).await,
            Store::Memory(memory) => memory.$call($($argument),*).await,
        }
    };
}

impl State for Store {
    async fn begin(&self, event_id: &str, now: Timestamp) -> Result<Delivery, EffectError> {
        either!(self, begin(event_id, now))
    }

    async fn end(
        &self,
        event_id: &str,
        now: Timestamp,
        told: Option<&Told>,
    ) -> Result<(), EffectError> {
        either!(self, end(event_id, now, told))
    }

    async fn claim(
        &self,
        fingerprint: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> Result<Claim, EffectError> {
        either!(self, claim(fingerprint, event_id, at, window))
    }

    async fn hold(&self, fingerprint: &str, event_id: &str) -> Result<(), EffectError> {
        either!(self, hold(fingerprint, event_id))
    }

    async fn release(&self, fingerprint: &str, event_id: &str) -> Result<(), EffectError> {
        either!(self, release(fingerprint, event_id))
    }

    async fn count(
        &self,
        key: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> Result<u32, EffectError> {
        either!(self, count(key, event_id, at, window))
    }

    async fn first_between(
        &self,
        key: &str,
        from: Timestamp,
        to: Timestamp,
        none_of: &[String],
    ) -> Result<Option<(String, Timestamp)>, EffectError> {
        either!(self, first_between(key, from, to, none_of))
    }

    async fn document_before(
        &self,
        key: &str,
        event_id: &str,
    ) -> Result<Option<String>, EffectError> {
        either!(self, document_before(key, event_id))
    }

    async fn remember_document(
        &self,
        key: &str,
        event_id: &str,
        at: Timestamp,
        document: Option<&str>,
    ) -> Result<(), EffectError> {
        either!(self, remember_document(key, event_id, at, document))
    }

    async fn note(&self, key: &str) -> Result<Option<(String, Timestamp)>, EffectError> {
        either!(self, note(key))
    }

    async fn keep_note(&self, key: &str, text: &str, at: Timestamp) -> Result<(), EffectError> {
        either!(self, keep_note(key, text, at))
    }
}

impl Ledger for Store {
    async fn judge(&self, event_id: &str, judgement: &Judgement) -> Result<bool, EffectError> {
        either!(self, judge(event_id, judgement))
    }

    async fn told_since(&self, from: Timestamp) -> Result<Vec<Record>, EffectError> {
        either!(self, told_since(from))
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<Record>, EffectError> {
        either!(self, due(now))
    }

    async fn take_due(&self, record: &Record, until: Timestamp) -> Result<bool, EffectError> {
        either!(self, take_due(record, until))
    }

    async fn repeated(&self, event_id: &str, now: Timestamp) -> Result<(), EffectError> {
        either!(self, repeated(event_id, now))
    }
}
