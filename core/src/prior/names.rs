//! The names that an entity bore before.

use super::address::Address;
use super::{Moment, Registers, Value};
use crate::iam::entity::EntityId;

/// Most renames followed.
const RENAMES_MAX: usize = 8;

/// The names that a user or group bore until this moment, the latest first, in lower case, by the known events. Empty
/// if it was created under its present name.
///
/// # Errors
/// The register that must be read first.
pub(crate) fn former_names(
    named: &EntityId,
    moment: Moment<'_>,
    registers: &Registers,
) -> Result<Vec<String>, Address> {
    let mut names = Vec::new();
    let mut life = Address::of_entity(named.account().as_str(), named.kind(), named.name());
    let mut moment = moment;
    while names.len() < RENAMES_MAX {
        let Some(write) = registers.get(&life).ok_or(life.clone())?.life(moment) else { break };
        let Value::Present(former) = &write.value else { break };
        life = life.of_other(former);
        if life.name().is_empty() {
            break;
        }
        names.push(life.name().to_owned());
        moment = Moment { at: write.at, event_id: &write.event_id };
    }
    Ok(names)
}
