//! What a suppression silences is counted, so that the day's word tells of it.

use super::Responder;
use crate::effects::{Lookups, Publish, State};
use crate::event::Event;

/// Under which name the alerts are counted that a suppression silences.
#[must_use]
pub fn counted_as(suppression: &str) -> String {
    format!("suppressed by {suppression}")
}

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    /// Counts an alert that a suppression silences, once however often it is delivered. A store that is down
    /// costs the count.
    pub(super) async fn silenced(&self, event: &Event, suppression: &str) {
        let counted = self.state.hold(&counted_as(suppression), &event.identity()).await;
        if let Err(error) = counted {
            tracing::warn!(%error, "a suppressed alert is not counted");
        }
    }
}
