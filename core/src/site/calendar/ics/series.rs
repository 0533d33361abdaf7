//! Events of an iCalendar file, with their repetitions.

use std::collections::HashSet;

use calcard::common::timezone::Tz;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarStatus,
};
use calcard::{Entry, Parser};
use jiff::Timestamp;

use super::super::presence::Presence;

/// Largest iCalendar file, in bytes.
pub const ICS_BYTES_MAX: usize = 1024 * 1024;
/// Most recurring events in one file.
const RECURRING_EVENTS_MAX: usize = 100;
/// Most bytes of the iCalendar files of all calendars, a file counted each time that it is named.
const ICS_BYTES_OF_ALL_MAX: usize = 4 * 1024 * 1024;
/// Most recurring events of all calendars.
const RECURRING_EVENTS_OF_ALL_MAX: usize = 200;
/// Most occurrences of one recurring event, counted from its start: daily ones reach 13 years, and cost
/// a cold start a millisecond. What lies beyond the last is not known, and falls to the stricter side.
pub const OCCURRENCES_MAX: usize = 5_000;

/// An iCalendar file: when its events take place, in epoch seconds.
#[derive(Debug, Clone, Default)]
pub(in crate::site::calendar) struct Ics {
    /// Without overlaps, in order; the end is outside.
    spans: Vec<(i64, i64)>,
    /// Nothing is known from here on.
    known_until: Option<i64>,
    size: IcsSize,
}

/// What iCalendar files take: bytes and recurring events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IcsSize {
    bytes: usize,
    series: usize,
}

impl IcsSize {
    /// Adds what another file takes.
    ///
    /// # Errors
    /// What is more than the files of all calendars may take.
    pub fn add(&mut self, other: Self) -> Result<(), String> {
        self.bytes += other.bytes;
        self.series += other.series;
        if self.bytes > ICS_BYTES_OF_ALL_MAX {
            return Err(format!(
                "the iCalendar files up to this one have more than {ICS_BYTES_OF_ALL_MAX} bytes together"
            ));
        }
        if self.series > RECURRING_EVENTS_OF_ALL_MAX {
            return Err(format!(
                "the iCalendar files up to this one have more than {RECURRING_EVENTS_OF_ALL_MAX} recurring \
                 events together"
            ));
        }
        Ok(())
    }
}

impl Ics {
    /// Reads a file's text; `zone` is that of its times that name none, `taken` what the files before it took.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub(in crate::site::calendar) fn read(
        text: &str,
        zone: &str,
        taken: &mut IcsSize,
    ) -> Result<Self, String> {
        if text.len() > ICS_BYTES_MAX {
            return Err(format!("more than {ICS_BYTES_MAX} bytes"));
        }
        let bytes = IcsSize { bytes: text.len(), series: 0 };
        taken.add(bytes)?;
        let zone: Tz = zone.parse().map_err(|()| format!("unknown time zone `{zone}`"))?;
        let mut parser = Parser::new(text);
        let mut found = Self { size: bytes, ..Self::default() };
        let mut calendars = 0;
        loop {
            match parser.entry() {
                Entry::ICalendar(mut calendar) => {
                    calendars += 1;
                    super::normal::normalize(&mut calendar, zone)?;
                    expand_one(&calendar, zone, &mut found, taken)?;
                }
                Entry::Eof => break,
                Entry::InvalidLine(line) if line.trim().is_empty() => {}
                Entry::InvalidLine(line) => {
                    let line: String = line.chars().take(60).collect();
                    return Err(format!("not iCalendar: `{line}`"));
                }
                other => {
                    let other: String = format!("{other:?}").chars().take(80).collect();
                    return Err(format!("not a whole iCalendar file: {other}"));
                }
            }
        }
        if calendars == 0 {
            return Err("no calendar in it: it should begin with BEGIN:VCALENDAR".to_owned());
        }
        found.spans = merged(std::mem::take(&mut found.spans));
        Ok(found)
    }

    /// Does an event take place at this moment?
    #[must_use]
    pub(in crate::site::calendar) fn presence(&self, moment: Timestamp) -> Presence {
        let second = moment.as_second();
        let next = self.spans.partition_point(|(from, _)| *from <= second);
        let last = next.checked_sub(1).and_then(|index| self.spans.get(index));
        if last.is_some_and(|(_, to)| second < *to) {
            Presence::Inside
        } else if self.known_until.is_some_and(|until| second >= until) {
            Presence::Unknown
        } else {
            Presence::Outside
        }
    }

    /// What it took to read it.
    #[must_use]
    pub(in crate::site::calendar) fn size(&self) -> IcsSize {
        self.size
    }

    /// From when on nothing is known, where the file has more occurrences than are counted.
    #[must_use]
    pub(in crate::site::calendar) fn known_until(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.known_until?).ok()
    }
}

/// The events without recurrence at once, then each recurring one by itself: the limit of the
/// expansion is shared by all in one call, and a long series would starve the next.
fn expand_one(
    calendar: &ICalendar,
    zone: Tz,
    found: &mut Ics,
    taken: &mut IcsSize,
) -> Result<(), String> {
    let uid = |index: usize| calendar.components.get(index).and_then(|one| one.uid());
    let recurring: Vec<usize> = calendar
        .components
        .iter()
        .enumerate()
        .filter(|(_, one)| one.component_type == ICalendarComponentType::VEvent)
        .filter(|(_, one)| one.is_recurrent() && !one.is_recurrence_override())
        .map(|(index, _)| index)
        .collect();
    found.size.series += recurring.len();
    if found.size.series > RECURRING_EVENTS_MAX {
        return Err(format!("more than {RECURRING_EVENTS_MAX} recurring events"));
    }
    taken.add(IcsSize { bytes: 0, series: recurring.len() })?;
    let series: HashSet<&str> = recurring.iter().filter_map(|index| uid(*index)).collect();
    let in_series = |index: usize| {
        recurring.contains(&index) || uid(index).is_some_and(|uid| series.contains(uid))
    };
    take(calendar, zone, &|index| !in_series(index), found)?;
    for one in &recurring {
        let same =
            |index: usize| index == *one || (uid(index).is_some() && uid(index) == uid(*one));
        take(calendar, zone, &same, found)?;
    }
    Ok(())
}

/// Expands the chosen events alone.
fn take(
    calendar: &ICalendar,
    zone: Tz,
    chosen: &dyn Fn(usize) -> bool,
    found: &mut Ics,
) -> Result<(), String> {
    // What is left out keeps its place, and is not copied for each series.
    let one = |(index, one): (usize, &ICalendarComponent)| {
        let event = one.component_type == ICalendarComponentType::VEvent;
        if one.component_type.has_time_ranges() && !(event && chosen(index)) {
            ICalendarComponent {
                component_type: ICalendarComponentType::Other(String::new()),
                entries: Vec::new(),
                component_ids: Vec::new(),
            }
        } else {
            one.clone()
        }
    };
    let components = calendar.components.iter().enumerate().map(one).collect();
    let part = ICalendar { components };
    let expanded = part.expand_dates(zone, OCCURRENCES_MAX);
    if let Some(error) = expanded.errors.first() {
        let which = usize::try_from(error.comp_id).ok();
        let uid = which.and_then(|index| calendar.components.get(index)?.uid());
        return Err(format!("event {}: {}", uid.unwrap_or("without UID"), error.error));
    }
    // Excepted occurrences count against the limit too.
    let excepted = |one: &ICalendarComponent| {
        let exdates = one.entries.iter().filter(|entry| entry.name == ICalendarProperty::Exdate);
        exdates.map(|entry| entry.values.len()).sum::<usize>()
    };
    let excepted: usize = part.components.iter().map(excepted).sum();
    if expanded.events.len() + excepted >= OCCURRENCES_MAX {
        let last = expanded.events.iter().map(|event| event.start.timestamp()).max();
        let until = [found.known_until, last].into_iter().flatten().min();
        found.known_until = until;
    }
    for event in expanded.events {
        let component = usize::try_from(event.comp_id).ok();
        let component = component.and_then(|index| calendar.components.get(index));
        if component.and_then(|one| one.status()) != Some(&ICalendarStatus::Cancelled) {
            // By wall clock where the event says how long it is: both edges of daylight saving.
            let fallback = event.timestamps();
            let span = event.try_into_date_time();
            let span = span.map(|span| (span.start.timestamp(), span.end.timestamp()));
            found.spans.push(span.unwrap_or(fallback));
        }
    }
    Ok(())
}

fn merged(mut spans: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    spans.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::with_capacity(spans.len());
    for (from, to) in spans.into_iter().filter(|(from, to)| from < to) {
        match merged.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => merged.push((from, to)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(events: &str) -> Result<Ics, String> {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n",
            events.replace('\n', "\r\n")
        );
        Ics::read(&text, "Europe/Berlin", &mut IcsSize::default())
    }

    #[track_caller]
    fn check(file: &Result<Ics, String>, moment: &str, want: Presence) {
        let file = file.as_ref().unwrap();
        assert_eq!(file.presence(moment.parse().unwrap()), want, "{moment}");
    }

    #[test]
    fn a_series_with_exceptions_moves_and_cancellations() {
        use Presence::{Inside, Outside};
        let weekly = file(
            "BEGIN:VEVENT\nUID:release\nDTSTART;TZID=America/New_York:20260302T200000\nDURATION:PT2H\n\
             RRULE:FREQ=WEEKLY;BYDAY=MO\nEXDATE;TZID=America/New_York:20261116T200000\nEND:VEVENT\n\
             BEGIN:VEVENT\nUID:release\nRECURRENCE-ID;TZID=America/New_York:20261123T200000\n\
             DTSTART;TZID=America/New_York:20261124T100000\nDURATION:PT1H\nEND:VEVENT\n\
             BEGIN:VEVENT\nUID:release\nRECURRENCE-ID;TZID=America/New_York:20261130T200000\nSTATUS:CANCELLED\n\
             DTSTART;TZID=America/New_York:20261130T200000\nDURATION:PT2H\nEND:VEVENT\n",
        );
        check(&weekly, "2026-11-10T01:30:00Z", Inside); // Monday 20:30 in winter
        check(&weekly, "2026-11-10T03:00:00Z", Outside); // the end is outside
        check(&weekly, "2026-07-07T00:30:00Z", Inside); // Monday 20:30 in summer
        check(&weekly, "2026-11-17T01:30:00Z", Outside); // excepted
        check(&weekly, "2026-11-24T01:30:00Z", Outside); // moved …
        check(&weekly, "2026-11-24T15:30:00Z", Inside); // … to here
        check(&weekly, "2026-12-01T01:30:00Z", Outside); // cancelled
        check(&weekly, "2026-12-08T01:30:00Z", Inside);
    }

    #[test]
    fn times_in_utc_are_in_utc_whatever_the_zone_of_the_calendar() {
        use Presence::{Inside, Outside};
        let weekly = file(
            "BEGIN:VEVENT\nUID:u\nSEQUENCE:0\nDTSTART:20261102T200000Z\nDTEND:20261102T210000Z\n\
             RRULE:FREQ=WEEKLY;UNTIL=20261214T200000Z\nEXDATE:20261109T200000Z\nEND:VEVENT\n\
             BEGIN:VEVENT\nUID:u\nSEQUENCE:3\nSTATUS:CANCELLED\nRECURRENCE-ID:20261116T200000Z\n\
             DTSTART:20261116T200000Z\nDTEND:20261116T210000Z\nEND:VEVENT\n",
        );
        check(&weekly, "2026-11-02T20:30:00Z", Inside);
        check(&weekly, "2026-11-02T19:30:00Z", Outside);
        check(&weekly, "2026-11-09T20:30:00Z", Outside); // excepted
        check(&weekly, "2026-11-16T20:30:00Z", Outside); // cancelled by a later change
        check(&weekly, "2026-12-14T20:30:00Z", Inside); // the last one
        check(&weekly, "2026-12-21T20:30:00Z", Outside);
        // The same moment ends a series that is written in local time.
        let local = file(
            "BEGIN:VEVENT\nUID:l\nDTSTART;TZID=Europe/Berlin:20261102T210000\nDURATION:PT1H\n\
             RRULE:FREQ=WEEKLY;UNTIL=20261214T200000Z\nEND:VEVENT\n",
        );
        check(&local, "2026-12-14T20:30:00Z", Inside);
        check(&local, "2026-12-21T20:30:00Z", Outside);
        // A day as the end of a series holds its occurrence; an occurrence without its series is an event.
        let until = file(
            "BEGIN:VEVENT\nUID:d\nDTSTART;TZID=Europe/Berlin:20261102T210000\nDURATION:PT1H\n\
             RRULE:FREQ=WEEKLY;UNTIL=20261214\nEND:VEVENT\n\
             BEGIN:VEVENT\nUID:p\nRECURRENCE-ID:20260101T000000Z\nDTSTART:20260601T100000Z\nDURATION:PT1H\n\
             END:VEVENT\nBEGIN:VEVENT\nUID:q\nRECURRENCE-ID:20260101T000000Z\n\
             DTSTART:20260602T100000Z\nDURATION:PT1H\nEND:VEVENT\n",
        );
        check(&until, "2026-12-14T20:30:00Z", Inside);
        check(&until, "2026-06-01T10:30:00Z", Inside);
        check(&until, "2026-06-02T10:30:00Z", Inside);
    }

    #[test]
    fn zones_of_the_file_are_followed_where_they_tell_a_name() {
        let zone = "BEGIN:VTIMEZONE\nTZID:Office\nX-LIC-LOCATION:Asia/Tokyo\nEND:VTIMEZONE\n";
        let event =
            "BEGIN:VEVENT\nUID:o\nDTSTART;TZID=Office:20261102T090000\nDURATION:PT1H\nEND:VEVENT\n";
        check(&file(&format!("{zone}{event}")), "2026-11-02T00:30:00Z", Presence::Inside);
        assert!(file(event).unwrap_err().contains("unknown time zone `Office`"));
    }

    #[test]
    fn whole_days_lie_in_the_zone_of_the_calendar() {
        use Presence::{Inside, Outside};
        let holidays = file(
            "BEGIN:VEVENT\nUID:xmas\nDTSTART;VALUE=DATE:20201225\nDTEND;VALUE=DATE:20201227\nRRULE:FREQ=YEARLY\n\
             END:VEVENT\nBEGIN:VTODO\nUID:todo\nDTSTART:20261101T000000Z\nDUE:20261201T000000Z\nEND:VTODO\n",
        );
        check(&holidays, "2026-12-24T23:00:00Z", Inside);
        check(&holidays, "2026-12-24T22:59:59Z", Outside);
        check(&holidays, "2026-12-26T22:59:59Z", Inside);
        check(&holidays, "2026-12-26T23:00:00Z", Outside);
        check(&holidays, "2026-11-20T12:00:00Z", Outside);
    }

    #[test]
    fn beyond_the_last_counted_occurrence_nothing_is_known() {
        let hourly = file(
            "BEGIN:VEVENT\nUID:a\nDTSTART:20260101T000000Z\nDURATION:PT10M\nRRULE:FREQ=HOURLY\nEND:VEVENT\n\
             BEGIN:VEVENT\nUID:b\nDTSTART:20260101T003000Z\nDURATION:PT5M\nRRULE:FREQ=DAILY\nEND:VEVENT\n",
        );
        check(&hourly, "2026-07-20T12:05:00Z", Presence::Inside);
        check(&hourly, "2026-07-20T12:15:00Z", Presence::Outside);
        check(&hourly, "2026-07-20T00:31:00Z", Presence::Inside); // as the Z says, whatever the zone
        check(&hourly, "2040-11-20T12:15:00Z", Presence::Unknown);
        let excepted = file(
            "BEGIN:VEVENT\nUID:a\nDTSTART:20260101T000000Z\nDURATION:PT10M\nRRULE:FREQ=HOURLY\n\
             EXDATE:20260101T010000Z\nEND:VEVENT\n",
        );
        check(&excepted, "2026-11-20T12:05:00Z", Presence::Unknown);
    }

    #[test]
    fn what_is_no_calendar_is_refused() {
        for text in ["", "hello\r\n", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "{}"] {
            assert!(Ics::read(text, "Etc/UTC", &mut IcsSize::default()).is_err(), "{text:?}");
        }
        let bad = file("BEGIN:VEVENT\nUID:x\nDTSTART:yesterday\nEND:VEVENT\n");
        assert!(bad.is_err());
        let rule =
            file("BEGIN:VEVENT\nUID:x\nDTSTART:20260101T000000Z\nRRULE:FREQ=OFTEN\nEND:VEVENT\n");
        assert!(rule.is_err());
    }
}
