//! The names that an entity bore before.

use super::address::{Address, fold};
use super::{Moment, Registers, Value};
use crate::iam::entity::EntityId;

/// Most renames followed.
const RENAMES_MAX: usize = 8;

/// The names that a user or group bore until this moment, the latest first, in small letters, as far as events
/// told. Nothing where it was made by its name of today.
///
/// # Errors
/// The register that must be read first.
pub fn former_names(
    named: &EntityId,
    moment: Moment<'_>,
    registers: &Registers,
) -> Result<Vec<String>, Address> {
    let mut names = Vec::new();
    let mut entity = format!("{} {}", named.kind(), fold(named.name()));
    let mut moment = moment;
    while names.len() < RENAMES_MAX {
        let life = Address::new(named.account(), entity, "");
        let Some(write) = registers.get(&life).ok_or(life)?.life(moment) else { break };
        let Value::Present(former) = &write.value else { break };
        let Some((_, name)) = former.split_once(' ') else { break };
        names.push(name.to_owned());
        entity = former.clone();
        moment = Moment { at: write.at, event_id: &write.event_id };
    }
    Ok(names)
}
