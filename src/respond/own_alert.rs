//! Alerts of the tool about itself: each is published once within a window, and its claim is released if there was no
//! time to publish.

use std::pin::pin;

use futures_util::future::{Either, select};
use jiff::{SignedDuration, Timestamp};

use super::send::{PublishFailed, send};
use super::topics::Topics;
use crate::alert::Alert;
use crate::effects::{Claim, Publish, Windows};

/// Within which window an alert is enough.
#[derive(Debug, Clone, Copy)]
pub struct OncePer<'a> {
    /// The key that equal alerts share.
    pub key: &'a str,
    /// From now on.
    pub now: Timestamp,
    /// How long.
    pub window: SignedDuration,
}

/// Why an alert of the tool about itself was not published. It is published by the next that has the same key.
#[derive(Debug)]
pub enum Unpublished {
    /// A topic did not get it.
    Failed(PublishFailed),
    /// There was no time.
    Late,
}

/// Publishes an alert unless one of its key was published within the window, until the time is over. A state that does
/// not answer costs a second alert, not the first.
///
/// # Errors
/// It was not published, and does not count as published.
pub async fn publish_once<P: Publish>(
    (publish, topics): (&P, &Topics),
    windows: &impl Windows,
    once: OncePer<'_>,
    alert: Alert,
    until: impl Future<Output = ()>,
) -> Result<(), Unpublished> {
    let id = once.now.to_string();
    let work = async {
        match windows.claim(once.key, &id, once.now, once.window).await {
            Ok(Claim::Theirs) => Ok(()),
            _ => send(publish, topics, &alert, once.now).await,
        }
    };
    let published = in_time(work, until).await;
    if published.is_err()
        && let Err(error) = windows.release(once.key, &id).await
    {
        tracing::warn!(%error, "an alert that nobody got counts as published within its window");
    }
    published
}

/// Publishes, unless the time is over first.
///
/// # Errors
/// It was not published.
pub(super) async fn in_time<T>(
    work: impl Future<Output = Result<T, PublishFailed>>,
    until: impl Future<Output = ()>,
) -> Result<T, Unpublished> {
    match select(pin!(work), pin!(until)).await {
        Either::Left((done, _)) => done.map_err(Unpublished::Failed),
        Either::Right(_) => Err(Unpublished::Late),
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};
    use std::task::Poll;

    use super::*;
    use crate::effects::faulty::{Faults, Faulty, InjectedFault};
    use crate::effects::memory::Memory;
    use crate::effects::recorder::Recorder;
    use crate::event::Unreadable;
    use crate::site::Format;
    use crate::site::TopicSpec;

    /// The attempts at one event: returns the result of the first. Two more follow with all the time they need: one
    /// must publish what is missing, the other nothing.
    #[track_caller]
    fn check(faults: &Faults, until: impl Future<Output = ()>) -> Result<(), Unpublished> {
        let slow = Faults::slow();
        let alert = Alert::unreadable(&Unreadable::UnknownShape, None, None);
        let topic = TopicSpec { arn: "arn".to_owned(), format: Format::Text };
        let topics = [(alert.severity, vec![topic])].into_iter().collect();
        let (sent, state) = (Recorder::default(), Memory::default());
        let once = |second: i64| {
            let now = Timestamp::from_second(1_800_000_000 + second).unwrap();
            OncePer { key: "k", now, window: SignedDuration::from_hours(1) }
        };
        let (publish, windows) = (Faulty::new(&sent, faults), Faulty::new(&state, &slow));
        let first = publish_once((&publish, &topics), &windows, once(0), alert.clone(), until);
        let first = pollster::block_on(first);
        for second in [1, 2] {
            let next =
                publish_once((&sent, &topics), &state, once(second), alert.clone(), pending());
            pollster::block_on(next).unwrap();
        }
        assert_eq!(sent.take().len(), 1, "{first:?}");
        first
    }

    #[test]
    fn an_alert_that_nobody_got_does_not_count_as_published() {
        check(&Faults::slow(), pending()).unwrap();
        let refused = check(&Faults::from(0, InjectedFault::Before), pending());
        assert!(matches!(refused, Err(Unpublished::Failed(_))), "{refused:?}");
        for turns in 0..2 {
            let mut left = turns;
            let until = poll_fn(move |context| {
                if left == 0 {
                    return Poll::Ready(());
                }
                left -= 1;
                context.waker().wake_by_ref();
                Poll::Pending
            });
            let cut = check(&Faults::slow(), until);
            assert!(matches!(cut, Err(Unpublished::Late)), "{turns}: {cut:?}");
        }
    }
}
