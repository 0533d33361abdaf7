//! The state before an event, as far as earlier events show it.

use std::future::Future;

use super::error::EffectError;
use crate::prior::{Register, Write};

/// Most registers read by one call. DynamoDB gives up to a hundred items, of up to 256 KiB each here. An answer
/// should come within the time of a call, and a failed call should not cost all questions.
pub const REGISTERS_PER_CALL_MAX: usize = 25;

/// Registers of prior state, each under an address.
pub trait PriorState {
    /// Registers at different addresses, at most [`REGISTERS_PER_CALL_MAX`], each in the place of its address. A
    /// register without writes is empty. `None` if it could not be read.
    fn registers(
        &self,
        addresses: &[String],
    ) -> impl Future<Output = Result<Vec<Option<Register>>, EffectError>>;

    /// Adds a write to a register, ordered by its own time. Adding it twice has the effect of once. A write never
    /// replaces a younger one, even if others write at the same time.
    fn add_write(
        &self,
        address: &str,
        write: &Write,
    ) -> impl Future<Output = Result<(), EffectError>>;
}
