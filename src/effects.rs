//! The ports: what the responder needs from the world, in its own words.
//!
//! A port is a trait of one job, with an adapter in `aws` and a twin in [`memory`]; [`offline`] and [`recorder`] are the
//! twins of lookups and of publishing. [`faulty`] fails or repeats any call of any port. Calls are idempotent: made
//! twice, they leave the same behind as made once, for a call whose answer was lost is made again.

mod error;
mod lock;
mod usage;

pub mod alerts;
mod counters;
mod deliveries;
mod lookups;
mod notes;
mod prior_state;
mod publish;
mod windows;

pub mod faulty;
pub mod memory;
pub mod offline;
pub mod recorder;
mod state;

pub use counters::Counters;
pub use deliveries::{Deliveries, Delivery, UNDER_WAY_SECS_MAX};
pub use error::{EffectError, ErrorKind};
pub use lock::lock;
pub use lookups::{Accounts, CalendarState, ChangeCalendars, History, Lookups, PastCalls, Whose};
pub use notes::{Note, Notes, Precondition};
pub use prior_state::{PriorState, REGISTERS_PER_CALL_MAX};
pub use publish::Publish;
pub use state::State;
pub use usage::Usage;
pub use windows::{Claim, Windows};
