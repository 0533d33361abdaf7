//! What was before an event, as far as the events before it tell.

use std::future::Future;

use super::error::EffectError;
use crate::prior::{Register, Write};

/// Registers of prior state, each under an address.
pub trait PriorState {
    /// A register; one that nothing was written to is empty.
    fn register(&self, address: &str) -> impl Future<Output = Result<Register, EffectError>>;

    /// Adds a write to a register, at the place of its own time. Adding it twice is adding it once, and
    /// no write takes the place of a younger one, whoever else writes meanwhile.
    fn record_write(
        &self,
        address: &str,
        write: &Write,
    ) -> impl Future<Output = Result<(), EffectError>>;
}
