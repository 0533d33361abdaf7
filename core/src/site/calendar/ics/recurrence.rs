//! `RRULE`, read to the letter.
//!
//! Source: <https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10>

use std::collections::HashSet;

use ical::recur::expand::IcalRecurExpand;
use ical::recur::{IcalRecurDateTime, IcalRecurFreq, IcalRecurRule};

use super::clock::{Clock, HORIZON_YEAR};

/// The parts that a rule may have.
const PARTS: [&str; 14] = [
    "FREQ",
    "UNTIL",
    "COUNT",
    "INTERVAL",
    "BYSECOND",
    "BYMINUTE",
    "BYHOUR",
    "BYDAY",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYMONTH",
    "BYSETPOS",
    "WKST",
];

/// How an event repeats.
#[derive(Debug)]
pub(super) struct Recurrence {
    rule: IcalRecurRule,
    count: Option<usize>,
    /// Does it go on beyond the horizon?
    endless: bool,
}

/// What becomes of a rule.
#[derive(Debug, Default)]
pub(super) struct Expansion {
    /// Local times and their epoch seconds, in order.
    pub(super) occurrences: Vec<(IcalRecurDateTime, i64)>,
    /// Nothing is known from this epoch second on.
    pub(super) known_until: Option<i64>,
}

impl Recurrence {
    /// Reads the rule of an event that begins at a local time, or on a day where it is not `timed`.
    ///
    /// # Errors
    /// What cannot be followed.
    pub(super) fn read(
        text: &str,
        start: IcalRecurDateTime,
        clock: &Clock,
        timed: bool,
    ) -> Result<Self, String> {
        let mut seen = HashSet::new();
        let mut until = None;
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = name.trim().to_ascii_uppercase();
            if !PARTS.contains(&name.as_str()) {
                return Err(format!("RRULE: `{name}` is not followed"));
            }
            if name == "UNTIL" {
                until = Some(value.trim());
            }
            if !seen.insert(name) {
                return Err(format!("RRULE: `{part}` is there twice"));
            }
        }
        let mut rule =
            IcalRecurRule::parse(text).map_err(|fault| format!("RRULE cannot be read: {fault}"))?;
        if let Some(problem) = rule.problems().first() {
            return Err(format!("RRULE: {problem}"));
        }
        if rule.freq == IcalRecurFreq::Secondly {
            return Err("RRULE: FREQ=SECONDLY is not followed".to_owned());
        }
        rule.until = until.map(|until| last(until, clock, timed)).transpose()?;
        if rule.until.is_some_and(|until| until < start) {
            return Err("RRULE: UNTIL is before DTSTART".to_owned());
        }
        let horizon = IcalRecurDateTime::date(HORIZON_YEAR, 1, 1);
        let endless = rule.until.is_none_or(|until| until >= horizon);
        if endless {
            rule.until = Some(IcalRecurDateTime::from_seconds(horizon.seconds() - 1));
        }
        // Counted here: an occurrence at a time that the clock skips is none, and takes no place.
        let count = rule.count.take().map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        Ok(Self { rule, count, endless })
    }

    /// The occurrences from a start, which is the first whatever the rule says (RFC 5545, 3.8.2.4), `most` at most.
    pub(super) fn expand(&self, start: IcalRecurDateTime, clock: &Clock, most: usize) -> Expansion {
        let wanted = self.count.unwrap_or(usize::MAX);
        let first = clock.second(start).map(|second| (start, second));
        let later = IcalRecurExpand::new(self.rule.clone(), start).filter(|local| *local > start);
        let later = later.filter_map(|local| Some((local, clock.occurrence(local)?)));
        let occurrences: Vec<_> = first.into_iter().chain(later).take(wanted.min(most)).collect();
        let known_until = if occurrences.len() == wanted {
            None
        } else if occurrences.len() == most {
            occurrences.last().map(|(_, second)| *second)
        } else if self.endless {
            clock.second(IcalRecurDateTime::date(HORIZON_YEAR, 1, 1))
        } else {
            None
        };
        Expansion { occurrences, known_until }
    }
}

/// The end of a series is written in UTC or in the time of its start; a day holds all its hours.
fn last(until: &str, clock: &Clock, timed: bool) -> Result<IcalRecurDateTime, String> {
    let fault = || format!("RRULE: UNTIL `{until}` cannot be read");
    let written = IcalRecurDateTime::parse(until).map_err(|_| fault())?;
    Ok(match (until.len(), timed) {
        (8, true) => IcalRecurDateTime { hour: 23, minute: 59, second: 59, ..written },
        (16, true) => clock.local(written.seconds()).ok_or_else(fault)?,
        _ => written,
    })
}
