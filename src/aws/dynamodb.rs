//! State in one DynamoDB table, shared by all environments of the function.
//!
//! The table has the key `id` and the TTL attribute `expiration`, in epoch seconds. TTL deletion may
//! lag by days, so times are compared, never trusted to have expired. Every write is idempotent: the
//! SDK repeats a call whose answer was lost.

mod find;
mod table;

mod alerts;
mod counters;
mod notes;
mod prior_state;
mod windows;

mod deliveries;

pub use find::tables_of;
pub use table::Table;
