//! Windows in memory.

use jiff::{SignedDuration, Timestamp};

use super::kept::{Claimed, HeldEvents, Memory};
use crate::alert::HELD_BACK_MAX;
use crate::effects::{Claim, EffectError, Windows, lock};

/// Events of a window whose IDs are remembered. Further ones are counted without.
const HELD_IDS_MAX: usize = 100;

impl HeldEvents {
    /// Counts an event, once however often it is delivered; says whether it was new.
    fn add(&mut self, event_id: &str) -> bool {
        if self.count >= HELD_BACK_MAX || self.latest.iter().any(|known| known == event_id) {
            return false;
        }
        self.count += 1;
        self.latest.push_back(event_id.to_owned());
        if self.latest.len() > HELD_IDS_MAX {
            self.latest.pop_front();
        }
        true
    }
}

impl Windows for Memory {
    async fn claim(
        &self,
        fingerprint: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> Result<Claim, EffectError> {
        let mut claims = lock(&self.claims);
        let mut before = 0;
        if let Some(claimed) = claims.get(fingerprint) {
            let inside = at.duration_since(claimed.since).abs() < window;
            match &claimed.owner {
                Some(owner) if inside && owner == event_id => {
                    return Ok(Claim::Ours { held: claimed.before });
                }
                Some(_) if inside => return Ok(Claim::Theirs),
                Some(_) => before = claimed.held.count,
                // Released: the count that it found is in no alert yet.
                None => before = claimed.before,
            }
        }
        let owner = Some(event_id.to_owned());
        let claimed = Claimed { owner, since: at, held: HeldEvents::default(), before };
        claims.insert(fingerprint, claimed, event_id.len());
        Ok(Claim::Ours { held: before })
    }

    async fn hold_back(
        &self,
        fingerprint: &str,
        event_id: &str,
    ) -> Result<Option<u32>, EffectError> {
        let mut claims = lock(&self.claims);
        let Some(claimed) = claims.get_mut(fingerprint) else { return Ok(None) };
        if !claimed.held.add(event_id) {
            return Ok(None);
        }
        let count = claimed.held.count;
        claims.grew(event_id.len());
        Ok(Some(count))
    }

    async fn release(&self, fingerprint: &str, event_id: &str) -> Result<(), EffectError> {
        if let Some(claimed) = lock(&self.claims).get_mut(fingerprint)
            && claimed.owner.as_deref() == Some(event_id)
        {
            claimed.before = claimed.before.saturating_add(claimed.held.count).min(HELD_BACK_MAX);
            claimed.owner = None;
            claimed.held = HeldEvents::default();
        }
        Ok(())
    }
}
