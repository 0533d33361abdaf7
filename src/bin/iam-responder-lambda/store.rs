//! The state that the settings ask for: a table, or the memory of this environment.

use iam_responder::aws::dynamodb::Table;
use iam_responder::effects::memory::Memory;
use iam_responder::effects::{Claim, Delivery, EffectError, State};
use jiff::{SignedDuration, Timestamp};

/// One of the two.
pub enum Store {
    /// Shared by all environments.
    Table(Table),
    /// Lasts as long as this environment.
    Memory(Memory),
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

    async fn end(&self, event_id: &str, now: Timestamp, told: bool) -> Result<(), EffectError> {
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
}
