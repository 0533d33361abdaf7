//! Topics of the site file that the function cannot publish to: the alerts for them say so, once a day.

use std::collections::BTreeMap;
use std::sync::Mutex;

use iam_responder::effects::lock;
use iam_responder::operate::settings::Refusal;
use iam_responder::text::clean::clean;
use iam_responder::text::line::TEXT_CHARS_MAX;
use iam_responder::text::severity::Severity;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Most topics named in one note.
const TOPICS_MAX: usize = 3;

/// Which alerts take another way than the site file says, and what was published about it. Each copy of the function
/// publishes it once: knowing what others published would cost a call for every alert.
#[derive(Default)]
pub(crate) struct Detours {
    refused: BTreeMap<Severity, Vec<Refusal>>,
    /// The day (UTC) on which it was said, by severity.
    said: Mutex<BTreeMap<Severity, Date>>,
}

impl Detours {
    pub(crate) fn new(refused: BTreeMap<Severity, Vec<Refusal>>) -> Self {
        Self { refused, said: Mutex::default() }
    }

    /// What an alert of this severity must say. `None` if the site file's topics get it, or if this was said today.
    /// It also goes to the log, as an error.
    pub(crate) fn note(&self, severity: Severity, now: Timestamp) -> Option<String> {
        let refused = self.refused.get(&severity)?;
        let today = now.to_zoned(TimeZone::UTC).date();
        if lock(&self.said).insert(severity, today) == Some(today) {
            return None;
        }
        let note = note(severity, refused);
        tracing::error!(%severity, "{note}");
        Some(note)
    }

    /// An alert was not published, so nobody read what it said.
    pub(crate) fn say_again(&self) {
        lock(&self.said).clear();
    }
}

fn note(severity: Severity, refused: &[Refusal]) -> String {
    let mut causes: Vec<String> = refused
        .iter()
        .take(TOPICS_MAX)
        .map(|refusal| clean(&format!("{refusal}: {}.", refusal.help()), TEXT_CHARS_MAX))
        .collect();
    if refused.len() > TOPICS_MAX {
        causes.push(format!("And {} more.", refused.len() - TOPICS_MAX));
    }
    format!(
        "The site file sends {severity} alerts where the function cannot publish; they come to the \
         topic for {severity} alerts instead. {}",
        causes.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_once_a_day_and_again_where_nobody_got_it() {
        let arn = "arn:aws:sns:us-east-1:111122223333:lost";
        let refused = vec![Refusal::NotListed { arn: arn.to_owned() }; TOPICS_MAX + 2];
        let detours = Detours::new([(Severity::High, refused)].into());
        let day: Timestamp = "2026-11-20T23:59:00Z".parse().unwrap();
        let next: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
        let said = detours.note(Severity::High, day).unwrap();
        assert_eq!(said.matches(arn).count(), TOPICS_MAX, "{said}");
        assert!(said.ends_with("And 2 more."), "{said}");
        assert_eq!(detours.note(Severity::High, day), None);
        assert_eq!(detours.note(Severity::Low, day), None);
        assert!(detours.note(Severity::High, next).is_some());
        assert_eq!(detours.note(Severity::High, next), None);
        detours.say_again();
        assert!(detours.note(Severity::High, next).is_some());
    }
}
