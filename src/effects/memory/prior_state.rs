//! Prior state in memory.

use super::kept::Memory;
use crate::effects::{EffectError, PriorState, lock};
use crate::prior::{Register, Write};

impl PriorState for Memory {
    async fn registers(&self, addresses: &[String]) -> Result<Vec<Option<Register>>, EffectError> {
        let registers = lock(&self.registers);
        let read = |address: &String| Some(registers.get(address).cloned().unwrap_or_default());
        Ok(addresses.iter().map(read).collect())
    }

    async fn add_write(&self, address: &str, write: &Write) -> Result<(), EffectError> {
        let mut registers = lock(&self.registers);
        let Some(register) = registers.entry(address) else { return Ok(()) };
        let before = register.bytes();
        register.add(write);
        let more = register.bytes().saturating_sub(before);
        registers.grew(more);
        Ok(())
    }
}
