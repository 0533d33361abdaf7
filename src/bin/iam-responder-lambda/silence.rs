//! The day's word about silence: each copy of the function looks once a day whether it was told.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use iam_responder::effects::{State, lock};
use iam_responder::respond::suppressed::{is_anything_silenced, tell_suppressed};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Function;

/// Least time for it: with less the next invocation does it.
const LEFT_MIN: Duration = Duration::from_secs(8);

/// The day (UTC) on which this copy looked.
#[derive(Default)]
pub struct Looked(Mutex<Option<Date>>);

impl Looked {
    /// Notes a day, or that it was none; gives what was noted before.
    fn replace(&self, day: Option<Date>) -> Option<Date> {
        std::mem::replace(&mut *lock(&self.0), day)
    }
}

/// Tells how many alerts suppressions and overrides silenced, unless this copy looked today. What fails is tried again at the
/// next invocation: what was silenced stays counted.
pub async fn tell_silence(function: &Function, state: &impl State, now: Timestamp, left: Duration) {
    if left < LEFT_MIN {
        return;
    }
    let today = now.to_zoned(TimeZone::UTC).date();
    if !is_anything_silenced(&function.engine)
        || function.looked.replace(Some(today)) == Some(today)
    {
        return;
    }
    function.budget.begin(Instant::now() + left);
    let told = tell_suppressed(&function.engine, state, &function.publish, &function.topics, now);
    let Ok(word) = tokio::time::timeout(left, told).await else {
        tracing::error!("no time was left to tell what was silenced");
        return;
    };
    for error in &word.state_failures {
        tracing::warn!(%error, "not known how much was silenced");
    }
    if let Some(failure) = word.failure {
        tracing::error!(error = %failure, "nobody knows how much was silenced");
        function.looked.replace(None);
    }
}
