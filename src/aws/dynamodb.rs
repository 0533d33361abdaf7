//! State in one DynamoDB table, shared by all environments of the function.
//!
//! The table has the key `id` and the TTL attribute `expiration`, in epoch seconds. TTL deletion may
//! lag by days, so times are compared, never trusted to have expired. Every write is idempotent: the
//! SDK repeats a call whose answer was lost.

mod alerts;
mod counters;
mod deliveries;
mod find;
mod notes;
mod prior_state;
mod table;
mod windows;

pub use find::tables_of;
pub use table::Table;
