//! What memory keeps, of every port.

use std::collections::VecDeque;
use std::sync::Mutex;

use jiff::Timestamp;

use super::recent::Recent;
use crate::effects::Note;
use crate::effects::alerts::StoredAlert;
use crate::prior::Register;

/// Most bytes kept of each kind: events, windows, counters, alerts and notes. Beyond it the oldest of the kind
/// are forgotten: repetitions are published again, thresholds and sequences begin anew.
pub const BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most bytes of prior state kept. Beyond it the oldest is forgotten: what was before is unknown then, and
/// falls to the stricter side.
pub const REGISTERS_BYTES_MAX: usize = 32 * 1024 * 1024;

/// State that dies with the process.
#[derive(Debug)]
pub struct Memory {
    /// Event IDs: since when they are under way, and whether they were published.
    pub(super) deliveries: Mutex<Recent<(Timestamp, bool)>>,
    pub(super) claims: Mutex<Recent<Claimed>>,
    pub(super) counters: Mutex<Recent<Vec<(String, Timestamp)>>>,
    pub(super) registers: Mutex<Recent<Register>>,
    pub(super) notes: Mutex<Recent<Note>>,
    pub(super) sent: Mutex<Recent<StoredAlert>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            deliveries: Mutex::new(Recent::new(BYTES_MAX)),
            claims: Mutex::new(Recent::new(BYTES_MAX)),
            counters: Mutex::new(Recent::new(BYTES_MAX)),
            registers: Mutex::new(Recent::new(REGISTERS_BYTES_MAX)),
            notes: Mutex::new(Recent::new(BYTES_MAX)),
            sent: Mutex::new(Recent::new(BYTES_MAX)),
        }
    }
}

/// Owner of a window, its start, the events it holds back, and how many the former claim held back.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) owner: Option<String>,
    pub(super) since: Timestamp,
    pub(super) held: HeldEvents,
    pub(super) before: u32,
}

/// The events that a window held back: how many, and the latest of them.
#[derive(Debug, Default)]
pub(super) struct HeldEvents {
    pub(super) count: u32,
    pub(super) latest: VecDeque<String>,
}
