//! The topics of alerts, and the notes about a replaced topic.

use std::collections::BTreeMap;
use std::sync::Mutex;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::effects::lock;
use crate::site::TopicSpec;
use crate::text::line::Line;
use crate::text::severity::Severity;

/// The topics of each severity.
#[derive(Debug, Default)]
pub struct Topics {
    of: BTreeMap<Severity, Vec<TopicSpec>>,
    detours: BTreeMap<Severity, Line>,
    /// The day (UTC) on which a detour was said, by severity.
    said: Mutex<BTreeMap<Severity, Date>>,
}

impl Topics {
    /// The topics. Some replace topics that the site file names; alerts of these severities say so, each once a day.
    /// Each copy of the function says it once: to know what other copies said would cost a call for every alert.
    #[must_use]
    pub fn new(of: BTreeMap<Severity, Vec<TopicSpec>>, detours: BTreeMap<Severity, Line>) -> Self {
        Self { of, detours, said: Mutex::default() }
    }

    /// Those that get alerts of this severity.
    #[must_use]
    pub fn of(&self, severity: Severity) -> &[TopicSpec] {
        self.of.get(&severity).map_or(&[], Vec::as_slice)
    }

    /// What an alert of this severity must say of its way: nothing if it takes that of the site file, or if it was said
    /// today. It also goes to the log, as an error.
    pub(super) fn detour(&self, severity: Severity, now: Timestamp) -> Option<&Line> {
        let detour = self.detours.get(&severity)?;
        let today = now.to_zoned(TimeZone::UTC).date();
        if lock(&self.said).insert(severity, today) == Some(today) {
            return None;
        }
        tracing::error!(%severity, "{}", detour.shown());
        Some(detour)
    }

    /// An alert was not published, so nobody read what it said.
    pub(super) fn say_again(&self) {
        lock(&self.said).clear();
    }
}

impl FromIterator<(Severity, Vec<TopicSpec>)> for Topics {
    fn from_iter<I: IntoIterator<Item = (Severity, Vec<TopicSpec>)>>(of: I) -> Self {
        Self::new(of.into_iter().collect(), BTreeMap::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detour_is_said_once_a_day_and_again_where_nobody_got_it() {
        let detours = BTreeMap::from([(Severity::High, Line::from("Another way."))]);
        let topics = Topics::new(BTreeMap::new(), detours);
        let day = "2026-11-20T23:59:00Z".parse().unwrap();
        let next = "2026-11-21T00:00:00Z".parse().unwrap();
        assert!(topics.detour(Severity::High, day).is_some());
        assert!(topics.detour(Severity::High, day).is_none());
        assert!(topics.detour(Severity::Low, day).is_none());
        assert!(topics.detour(Severity::High, next).is_some());
        assert!(topics.detour(Severity::High, next).is_none());
        topics.say_again();
        assert!(topics.detour(Severity::High, next).is_some());
    }
}
