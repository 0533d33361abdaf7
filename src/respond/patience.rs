//! An event that another copy of the function is handling.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::responder::{RespondError, Responder, Response};
use crate::effects::{Delivery, Lookups, Publish, State};
use crate::event::{Event, Unreadable};

/// How long a second delivery waits while another copy of the function handles its event. After that it fails, and
/// Lambda tries it again. The time is longer than handling takes unless AWS is broken, because two bus rules may match
/// one event. It is shorter than the function may run.
const PATIENCE: Duration = Duration::from_secs(20);
/// Pause before the second look; each further pause is twice as long, as every look costs the table.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause between two looks.
const PAUSE_MAX: Duration = Duration::from_secs(2);

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    /// Handles one event as it happens. Where another copy of the function is at it, waits for what
    /// comes of it, as failing would ring an alarm for nothing. Only its mark is looked at; where that cannot be, Lambda
    /// tries again later. `again` reads the event once more; `pause` waits.
    ///
    /// # Errors
    /// [`RespondError`] where an alert could not be delivered, or is being delivered elsewhere still.
    pub async fn respond_patiently<W: Future<Output = ()>>(
        &self,
        input: Result<Event, Unreadable>,
        again: impl Fn() -> Result<Event, Unreadable>,
        now: Timestamp,
        pause: impl Fn(Duration) -> W,
    ) -> Result<Response, RespondError> {
        let (mut waited, mut next) = (Duration::ZERO, FIRST_PAUSE);
        let mut result = self.respond(input, now, Some(now)).await;
        while let Err(RespondError::UnderWay(id)) = &result
            && waited < PATIENCE
        {
            pause(next).await;
            waited += next;
            next = (next * 2).min(PAUSE_MAX);
            let passed = SignedDuration::try_from(waited).unwrap_or_default();
            let later = now.saturating_add(passed).unwrap_or(now);
            match self.state.begin(id, later).await {
                Ok(Delivery::UnderWay) => continue,
                Ok(Delivery::Published) => {}
                // The other copy gave up: its mark is ours now, and released for the next look.
                Ok(Delivery::First) => {
                    let given = self.state.end(id, later, None).await;
                    given
                        .unwrap_or_else(|error| tracing::warn!(%error, "a mark stays for a while"));
                }
                Err(error) => {
                    tracing::warn!(%error, "not known what became of the event elsewhere");
                    break;
                }
            }
            result = self.respond(again(), later, Some(later)).await;
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::assess::engine::Engine;
    use crate::effects::Deliveries;
    use crate::effects::memory::Memory;
    use crate::effects::recorder::Recorder;
    use crate::event::sample;
    use crate::pack::PACK;
    use crate::respond::Origin;
    use crate::respond::handled::Disposition;
    use crate::respond::{Mode, Topics};

    /// Another copy marks the event, and `then` says what it does during the third pause. What comes of this copy,
    /// and how long it waited.
    fn run(then: impl Fn(&Memory)) -> (Result<Disposition, RespondError>, Duration) {
        let (engine, topics) = (Engine::packed(&PACK).unwrap(), Topics::default());
        let (publish, state) = (Recorder::default(), Memory::default());
        let responder =
            Responder::offline(&engine, &topics, &publish, &state, (Origin::Checked, Mode::Live));
        let now: Timestamp = "2026-11-24T12:00:05Z".parse().unwrap();
        pollster::block_on(state.begin("a", now)).unwrap();
        let (waited, pauses) = (Cell::new(Duration::ZERO), Cell::new(0));
        let pause = |time| {
            waited.set(waited.get() + time);
            pauses.set(pauses.get() + 1);
            if pauses.get() == 3 {
                then(&state);
            }
            std::future::ready(())
        };
        let record = sample::call("iam", "CreateUser").at(0, "a").by(sample::user("bob")).record();
        let event = sample::delivered(record).to_string();
        let again = || Event::parse(&event);
        let done = pollster::block_on(responder.respond_patiently(again(), again, now, pause));
        (done.map(|response| response.outcome.disposition), waited.get())
    }

    #[test]
    fn what_another_copy_is_at_is_waited_for() {
        let now: Timestamp = "2026-11-24T12:00:06Z".parse().unwrap();
        let (done, waited) = run(|state| pollster::block_on(state.end("a", now, None)).unwrap());
        assert_eq!((done.unwrap(), waited), (Disposition::Alerted, Duration::from_millis(1_400)));
        let (done, waited) = run(|_| {});
        assert!(matches!(done, Err(RespondError::UnderWay(_))));
        assert!((PATIENCE..PATIENCE + PAUSE_MAX).contains(&waited), "{waited:?}");
    }
}
