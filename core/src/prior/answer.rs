//! From registers to an answer.

use std::collections::{BTreeMap, BTreeSet};

use super::address::{Address, Thing};
use super::known::{Prior, Source, Taken, Why};
use super::missing::Missing;
use super::register::{Sight, is_before, is_near};
use super::{Ask, Moment, Register, Value, Write};
use crate::iam::kind::EntityKind;

/// Most renames followed; beyond it the answer is unknown.
pub(super) const RENAMES_MAX: usize = 8;
/// Most versions looked at if it is uncertain which one was the default.
const VERSIONS_MAX: usize = 5;

/// The default version of a policy that was never changed, as most are.
pub(super) const FIRST_VERSION: &str = "v1";

/// The registers read so far.
pub type Registers = BTreeMap<Address, Register>;

impl Ask {
    /// The register that must be read first, with those that will be needed as well, so that they are read together.
    pub(super) fn first(&self, missing: Address, known: &Registers) -> Missing {
        let (Self::Value(at) | Self::InForce(at)) = self;
        let at = match self {
            Self::Value(_) => at.clone(),
            Self::InForce(_) => at.of(Thing::Default),
        };
        let omitted = at.omitting();
        let version = match self {
            Self::Value(_) => None,
            Self::InForce(policy) => Some(policy.named(Thing::Version, FIRST_VERSION)),
        };
        // The role's path is asked for once it turns out that others may wear the role.
        let path = at.is(EntityKind::Role).then(|| at.of(Thing::Path));
        let first = [at.life(), at].into_iter().chain(omitted).chain(path).chain(version);
        let ahead = first.filter(|one| !known.contains_key(one)).collect();
        Missing { ahead, ..Missing::from(missing) }
    }
}

/// Answers a question about the moment just before an event.
///
/// # Errors
/// The register that must be read first.
pub fn answer(ask: &Ask, moment: Moment<'_>, registers: &Registers) -> Result<Prior, Address> {
    match ask {
        Ask::Value(address) => value(address, moment, registers, 0),
        Ask::InForce(policy) => in_force(policy, moment, registers),
    }
}

pub(super) fn read(address: Address, registers: &Registers) -> Result<&Register, Address> {
    registers.get(&address).ok_or(address)
}

/// The document of the version that was the default.
pub(super) fn in_force(
    policy: &Address,
    moment: Moment<'_>,
    registers: &Registers,
) -> Result<Prior, Address> {
    let default = value(&policy.of(Thing::Default), moment, registers, 0)?;
    let document = |id: &String| value(&policy.named(Thing::Version, id), moment, registers, 0);
    match default {
        // A default version always has a document, whether or not an event showed it.
        Prior::Present { value: id, .. } => Ok(match document(&id)? {
            Prior::Absent { .. } => Prior::unknown(Why::Unseen),
            found => found,
        }),
        Prior::Unknown { why, possible: ids } => {
            let mut possible = Vec::new();
            for id in ids.iter().take(VERSIONS_MAX) {
                possible.extend_from_slice(document(id)?.possible());
            }
            Ok(Prior::Unknown { why, possible: distinct(possible) })
        }
        // A policy always has a default version.
        Prior::Absent { .. } => Ok(Prior::unknown(Why::Unseen)),
    }
}

pub(super) fn value(
    address: &Address,
    moment: Moment<'_>,
    registers: &Registers,
    renames: usize,
) -> Result<Prior, Address> {
    let life = read(address.life(), registers)?;
    let own = read(address.clone(), registers)?;
    let found = match life.life(moment) {
        None => seen(own, own.before(moment, None)),
        Some(write) => match &write.value {
            Value::Present(former) if !former.is_empty() => match own.before(moment, Some(write)) {
                Sight::Never if renames < RENAMES_MAX => {
                    let then = address.of_other(former);
                    let moment = Moment { at: write.at, event_id: &write.event_id };
                    value(&then, moment, registers, renames + 1)?
                }
                sight => seen(own, sight),
            },
            Value::Present(_) if write.seed => read_whole(write, own, moment, address),
            Value::Present(_) => born(write, life, own, moment),
            // A call on the entity after its end is about another one of its name, which nobody saw made.
            Value::Absent | Value::Unsaid | Value::Listed(_) => {
                seen(own, own.before(moment, Some(write)))
            }
        },
    };
    // A group that was renamed has its members under another name.
    if let Some((Thing::Member, group)) = address.thing() {
        let group = Address::of_entity(&address.account, EntityKind::Group, group);
        let renamed = |write: &Write| text(write).is_some_and(|former| !former.is_empty());
        if read(group, registers)?.life(moment).is_some_and(renamed) {
            return Ok(Prior::unknown(Why::Unseen));
        }
    }
    let Some(calls) = address.omitting() else { return Ok(found) };
    let omitted = read(calls, registers)?.last_until(moment);
    Ok(match omitted {
        Some(omitted) => since(found, omitted),
        None => found,
    })
}

/// Since an entity was made it has what was written since, and nothing else.
fn born(birth: &Write, life: &Register, own: &Register, moment: Moment<'_>) -> Prior {
    let since = own.before(moment, Some(birth));
    let older = own.before(Moment { at: birth.at, event_id: &birth.event_id }, None);
    let mut older: Vec<&Write> = match older {
        Sight::Never => Vec::new(),
        Sight::One(write) => vec![write],
        Sight::Several(writes) => writes,
    };
    older.retain(|write| is_before(write, birth) && !life.gone_between(write, birth));
    let contradicted = !older.is_empty() || life.was_there(birth);
    match since {
        Sight::Never if !contradicted => nothing_since(birth, own),
        since if !contradicted => seen(own, since),
        // Made although it existed: no event says that it was deleted, so its former values may have stayed.
        since => {
            let mut possible = seen(own, since).possible().to_vec();
            possible.extend(older.into_iter().filter_map(text));
            Prior::Unknown { why: Why::Contradicted, possible: distinct(possible) }
        }
    }
}

/// No write since is stored. If the register is full, an older write may have been removed: unknown.
fn nothing_since(write: &Write, own: &Register) -> Prior {
    if own.is_full() {
        return Prior::unknown(Why::Unseen);
    }
    Prior::Absent { source: source(write), taken: Taken::Nothing }
}

/// A seed reads an entity with all that it lists.
fn read_whole(seed: &Write, own: &Register, moment: Moment<'_>, at: &Address) -> Prior {
    let listed = at.is_holding()
        || matches!(
            at.thing(),
            Some((Thing::Version | Thing::Boundary | Thing::Trust | Thing::Path, _))
        );
    match own.before(moment, Some(seed)) {
        Sight::Never if !listed => seen(own, own.before(moment, None)),
        Sight::Never if is_near(seed, moment) => Prior::unknown(Why::SameMoment),
        Sight::Never => nothing_since(seed, own),
        sight => seen(own, sight),
    }
}

fn seen(own: &Register, sight: Sight<'_>) -> Prior {
    match sight {
        Sight::Never => Prior::unknown(Why::Unseen),
        Sight::One(write) => match &write.value {
            Value::Absent => {
                let held = own.held_until(write).map(str::to_owned);
                let taken = held.map_or(Taken::Something, Taken::This);
                Prior::Absent { source: source(write), taken }
            }
            Value::Present(value) => Prior::Present { value: value.clone(), source: source(write) },
            Value::Unsaid | Value::Listed(_) => Prior::unknown(Why::Unsaid),
        },
        Sight::Several(writes) => Prior::Unknown {
            why: Why::SameMoment,
            possible: distinct(writes.into_iter().filter_map(text).collect()),
        },
    }
}

fn text(write: &Write) -> Option<String> {
    match &write.value {
        Value::Present(text) => Some(text.clone()),
        Value::Absent | Value::Unsaid | Value::Listed(_) => None,
    }
}

fn distinct(mut values: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    values.retain(|value| seen.insert(value.clone()));
    values
}

fn source(write: &Write) -> Source {
    Source { event_id: write.event_id.clone(), at: write.at }
}

/// An answer, doubted where a call that may have changed it came later.
fn since(found: Prior, omitted: &Write) -> Prior {
    let (source, possible) = match &found {
        Prior::Present { source, value } => (source, vec![value.clone()]),
        Prior::Absent { source, .. } => (source, Vec::new()),
        Prior::Unknown { .. } => return found,
    };
    if source.at > omitted.at { found } else { Prior::Unknown { why: Why::Omitted, possible } }
}
