//! `RRULE`, read to the letter.
//!
//! Source: <https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10>

use ical::recur::expand::IcalRecurExpand;
use ical::recur::{IcalRecurDateTime, IcalRecurFreq, IcalRecurRule};

use super::clock::Clock;
use super::grammar::{HORIZON_YEAR, end_of_day, rule, until_moment};

/// Most times of day that one rule names.
const TIMES_OF_DAY_MAX: usize = 24;
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
        let (mut rule, until) = rule(text)?;
        let times = [&rule.by_hour, &rule.by_minute, &rule.by_second];
        let of_day: usize = times.iter().map(|list| list.len().max(1)).product();
        if !timed && times.iter().any(|list| !list.is_empty()) {
            return Err("RRULE: a time of day, and the event is of whole days".to_owned());
        }
        if of_day > TIMES_OF_DAY_MAX {
            return Err(format!("RRULE: more than {TIMES_OF_DAY_MAX} times of day"));
        }
        let short = matches!(rule.freq, IcalRecurFreq::Secondly | IcalRecurFreq::Minutely);
        if short || (!timed && rule.freq == IcalRecurFreq::Hourly) {
            return Err(
                "RRULE: FREQ is not followed; hours, and for whole days days, are the shortest"
                    .to_owned(),
            );
        }
        if !rule.by_set_pos.is_empty() && (rule.freq == IcalRecurFreq::Hourly || of_day > 1) {
            return Err("RRULE: BYSETPOS among times of day is not followed".to_owned());
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

    /// The occurrences from a start, at most `most`. The start is the first, for any rule (RFC 5545, 3.8.2.4).
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
    let written = until_moment(until)?;
    let local = match until.len() {
        16 => clock.local(written.seconds()).ok_or("RRULE: UNTIL cannot be read")?,
        _ => written,
    };
    Ok(if timed && until.len() != 8 { local } else { end_of_day(local) })
}
