//! The deadline holds while the function computes, too.
//!
//! An event costs a bounded number of steps, under a second of one core. A function of 128 MB has a fourteenth of one,
//! and may be throttled further. Computation does not yield, so a timer on the same thread would fire too late, and
//! Lambda would end the function without a message. So an event is handled on its own thread, while the first thread
//! watches the clock.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use iam_responder::alert::Alert;
use iam_responder::effects::Windows;
use iam_responder::event::Event;
use iam_responder::respond::own_alert::{OncePer, Unpublished};
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};

use super::function::Function;

/// Time kept before the deadline to publish that an event is not judged: a connection to SNS, on what the other
/// thread leaves of the core.
const PUBLISHING: Duration = Duration::from_secs(6);
/// Time that it computes without a pause, so late, before it counts as stuck.
const STRETCH: Duration = Duration::from_millis(250);
/// Time within which one event raises one alert as not judged, however often Lambda tries it.
const WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// The work was still computing when time was nearly over. It goes on, and what it finds may still be published.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Overrun;

/// When to look whether an event is still being judged: a while before its deadline.
pub(crate) fn last_look(now: Instant, deadline: Duration) -> Instant {
    now + deadline.saturating_sub(PUBLISHING.min(deadline / 4))
}

/// Does the work on its own thread. Work that waits is left alone, because it has its own deadline. Work that still
/// computes at `last_look` is given up.
///
/// # Errors
/// [`Overrun`].
pub(crate) async fn watched<T, W>(
    last_look: Instant,
    work: impl FnOnce() -> W + Send + 'static,
) -> Result<T, Overrun>
where
    T: Send + 'static,
    W: Future<Output = T>,
{
    // Odd while it computes.
    let pulse = Arc::new(AtomicU64::new(0));
    let (beats, handle) = (Arc::clone(&pulse), Handle::current());
    let mut worker = spawn_blocking(move || {
        handle.block_on(async {
            let mut work = pin!(work());
            poll_fn(|context| {
                beats.fetch_add(1, Ordering::Relaxed);
                let state = work.as_mut().poll(context);
                beats.fetch_add(1, Ordering::Relaxed);
                state
            })
            .await
        })
    });
    let (mut look, mut seen) = (last_look, 0);
    loop {
        tokio::select! {
            biased;
            done = &mut worker => match done {
                Ok(done) => return Ok(done),
                // As if it had happened here.
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => return Err(Overrun),
                },
            },
            () = sleep_until(look) => {
                let now = pulse.load(Ordering::Relaxed);
                if now % 2 == 1 && now == seen {
                    return Err(Overrun);
                }
                (look, seen) = (Instant::now() + STRETCH, now);
            }
        }
    }
}

/// Publishes that an event was not judged. The invocation fails all the same: tried again, it may be judged; if not,
/// it waits in the queue for people.
pub(crate) async fn send_not_judged(
    function: &Function,
    windows: &impl Windows,
    text: &str,
    time_left: Duration,
) {
    let now = Timestamp::now();
    let event = Event::parse(text).ok();
    let key = event.as_ref().map_or_else(|| "without ID".to_owned(), Event::identity);
    let once = OncePer { key: &format!("not judged {key}"), now, window: WINDOW };
    let alert = Alert::not_judged(event.as_ref(), now);
    match function.publish_once(windows, once, alert, time_left).await {
        Ok(()) => {}
        Err(Unpublished::Failed(error)) => {
            tracing::error!(%error, "nobody knows that an event was not judged");
        }
        Err(Unpublished::Late) => {
            tracing::error!("no time was left to publish that an event was not judged");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// As the function's own: one thread, which waits while another one computes.
    #[track_caller]
    fn run<T>(test: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let done = runtime.block_on(test);
        runtime.shutdown_background();
        done
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(10)
    }

    #[test]
    fn what_computes_beyond_the_last_look_is_given_up_and_goes_on() {
        let (go_on, stuck) = mpsc::channel::<()>();
        let (say, said) = mpsc::channel();
        let late = run(watched(soon(), move || async move {
            // Not a wait that anybody sees: the thread does not yield.
            stuck.recv().unwrap();
            say.send("done").unwrap();
        }));
        assert_eq!(late, Err(Overrun));
        go_on.send(()).unwrap();
        assert_eq!(said.recv().unwrap(), "done");
    }

    #[test]
    fn what_waits_is_left_alone_however_late_it_is() {
        let waiting = watched(soon(), || async {
            tokio::time::sleep(2 * STRETCH + Duration::from_millis(50)).await;
            "done"
        });
        assert_eq!(run(waiting), Ok("done"));
    }

    #[test]
    fn time_is_kept_for_publishing() {
        let now = Instant::now();
        let after = |deadline| last_look(now, Duration::from_millis(deadline)) - now;
        assert_eq!(after(28_000), Duration::from_secs(22));
        assert_eq!(after(1_000), Duration::from_millis(750));
        assert_eq!(after(0), Duration::ZERO);
    }

    #[test]
    #[should_panic(expected = "as it was")]
    fn a_panic_comes_through() {
        // However long the machine takes to print it.
        let far = Instant::now() + Duration::from_secs(600);
        let _ = run(watched(far, || async { panic!("as it was") }));
    }
}
