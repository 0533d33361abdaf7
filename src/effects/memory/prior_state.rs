//! Prior state in memory.

use super::kept::Memory;
use crate::effects::{EffectError, PriorState, lock};
use crate::prior::{Register, Write};

impl PriorState for Memory {
    async fn register(&self, address: &str) -> Result<Register, EffectError> {
        Ok(lock(&self.registers).get(address).cloned().unwrap_or_default())
    }

    async fn record_write(&self, address: &str, write: &Write) -> Result<(), EffectError> {
        let mut registers = lock(&self.registers);
        let Some(register) = registers.entry(address) else { return Ok(()) };
        let before = register.bytes();
        register.record(write);
        let more = register.bytes().saturating_sub(before);
        registers.grew(more);
        Ok(())
    }
}
