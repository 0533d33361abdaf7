//! The state that the settings ask for: a table, or the memory of this environment.

use iam_responder::aws::dynamodb::Table;
use iam_responder::effects::EffectError;
use iam_responder::effects::alerts::{Judgement, StoredAlert, StoredAlerts};
use iam_responder::effects::memory::Memory;
use jiff::Timestamp;

/// One of the two.
pub enum Store {
    /// Shared by all environments.
    Table(Table),
    /// Lasts as long as this environment.
    Memory(Box<Memory>),
}

/// The call of whichever it is, as a future.
macro_rules! either {
    ($store:expr, $call:ident($($argument:expr),*)) => {
        async {
            match $store {
                Store::Table(table) => table.$call($($argument),*).await,
                Store::Memory(memory) => memory.$call($($argument),*).await,
            }
        }
    };
}
pub(crate) use either;

impl StoredAlerts for Store {
    async fn judge(&self, event_id: &str, judgement: &Judgement) -> Result<bool, EffectError> {
        either!(self, judge(event_id, judgement)).await
    }

    async fn told_since(&self, from: Timestamp) -> Result<Vec<StoredAlert>, EffectError> {
        either!(self, told_since(from)).await
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<StoredAlert>, EffectError> {
        either!(self, due(now)).await
    }

    async fn take_due(&self, record: &StoredAlert, until: Timestamp) -> Result<bool, EffectError> {
        either!(self, take_due(record, until)).await
    }

    async fn repeated(&self, event_id: &str, now: Timestamp) -> Result<(), EffectError> {
        either!(self, repeated(event_id, now)).await
    }
}
