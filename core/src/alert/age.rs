//! Spans of time, as people read them.

use jiff::SignedDuration;

/// The two largest units: `3 s`, `2 min 5 s`, `4 h 10 min`, `92 d 3 h`.
pub(super) fn human(delay: SignedDuration) -> String {
    let seconds = delay.as_secs().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}
