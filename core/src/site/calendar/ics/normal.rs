//! Brings the events of a file into the one form that the expansion follows to the letter, and refuses
//! what it would pass over in silence: a deployment window at the wrong hour lowers the wrong alerts.
//!
//! Source: <https://www.rfc-editor.org/rfc/rfc5545#section-3.8.5>

use std::collections::HashSet;

use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarParameter,
    ICalendarParameterName, ICalendarProperty, ICalendarValue,
};
use jiff::civil;
use jiff::tz::TimeZone;

/// Properties whose values are moments.
const MOMENTS: [ICalendarProperty; 5] = [
    ICalendarProperty::Dtstart,
    ICalendarProperty::Dtend,
    ICalendarProperty::Exdate,
    ICalendarProperty::Rdate,
    ICalendarProperty::RecurrenceId,
];

/// Rewrites the events of a calendar whose times lie in `zone` where they name none.
///
/// # Errors
/// What cannot be followed.
pub(super) fn normalize(calendar: &mut ICalendar, zone: Tz) -> Result<(), String> {
    let zones = calendar.build_owned_tz_resolver();
    // A name that leads to an offset only, as "(GMT+01.00) Somewhere", knows no summer time.
    let known = |name: &str| {
        let zone = zones.resolve(name)?;
        let guessed = name.starts_with('(') && zone.name()?.starts_with("Etc/");
        (!guessed).then_some(zone)
    };
    let series: HashSet<String> = calendar
        .components
        .iter()
        .filter(|one| one.is_recurrent() && !one.is_recurrence_override())
        .filter_map(|one| one.uid().map(str::to_owned))
        .collect();
    for one in &mut calendar.components {
        if one.component_type == ICalendarComponentType::VEvent {
            let uid = one.uid().unwrap_or("without UID").to_owned();
            // A changed occurrence whose series is not in the file is an event like any other.
            if !one.uid().is_some_and(|uid| series.contains(uid)) {
                one.entries.retain(|entry| entry.name != ICalendarProperty::RecurrenceId);
            }
            event(one, zone, &known).map_err(|fault| format!("event {uid}: {fault}"))?;
        }
    }
    Ok(())
}

fn event(
    event: &mut ICalendarComponent,
    default: Tz,
    known: &dyn Fn(&str) -> Option<Tz>,
) -> Result<(), String> {
    readable(event)?;
    // Calendar programs count changes of single occurrences up; the occurrences stay the series'.
    event.entries.retain(|entry| entry.name != ICalendarProperty::Sequence);
    let start = event.entries.iter().find(|entry| entry.name == ICalendarProperty::Dtstart);
    let timed = start.and_then(first_moment).is_some_and(|moment| moment.hour.is_some());
    for entry in event.entries.iter_mut().filter(|entry| MOMENTS.contains(&entry.name)) {
        if let Some(name) = entry.tz_id()
            && known(name).is_none()
        {
            return Err(format!("unknown time zone `{name}`; use an IANA name as Europe/Berlin"));
        }
        let exception = matches!(
            entry.name,
            ICalendarProperty::Exdate | ICalendarProperty::Rdate | ICalendarProperty::RecurrenceId
        );
        if exception && timed && first_moment(entry).is_some_and(|moment| moment.hour.is_none()) {
            return Err(format!("{} is a day, and the event has a time", entry.name.as_str()));
        }
        utc(entry);
    }
    let has = |name: ICalendarProperty| event.entries.iter().find(|entry| entry.name == name);
    let (start, end) = (has(ICalendarProperty::Dtstart), has(ICalendarProperty::Dtend));
    if timed && end.is_none() && has(ICalendarProperty::Duration).is_none() {
        return Err("neither DTEND nor DURATION: how long does it last?".to_owned());
    }
    let apart = end.is_some_and(|end| start.map(ICalendarEntry::tz_id) != Some(end.tz_id()));
    if apart && timed && event.is_recurrent() {
        return Err("DTSTART and DTEND of a series are in different time zones".to_owned());
    }
    if has(ICalendarProperty::Exdate).is_some() && has(ICalendarProperty::Rrule).is_none() {
        return Err("EXDATE without RRULE".to_owned());
    }
    let zone = start.and_then(ICalendarEntry::tz_id).and_then(known).unwrap_or(default);
    for entry in event.entries.iter_mut().filter(|entry| entry.name == ICalendarProperty::Rrule) {
        for value in &mut entry.values {
            if let ICalendarValue::RecurrenceRule(rule) = value
                && let Some(until) = &mut rule.until
            {
                last_moment(until, zone, timed)?;
            }
        }
    }
    Ok(())
}

/// The parser keeps what it cannot read as text; a rule that is not followed would be an event that
/// never comes again, in silence.
fn readable(event: &ICalendarComponent) -> Result<(), String> {
    let text = |value: &ICalendarValue| {
        matches!(value, ICalendarValue::Text(_) | ICalendarValue::Binary(_))
    };
    let rules = event.entries.iter().filter(|entry| entry.name == ICalendarProperty::Rrule);
    if rules.count() > 1 {
        return Err("more than one RRULE; write a series of its own for each".to_owned());
    }
    for entry in &event.entries {
        if entry.params.iter().any(|param| param.name == ICalendarParameterName::Range) {
            return Err(
                "RANGE=THISANDFUTURE is not followed; end the series and begin another".to_owned()
            );
        }
        if entry.name == ICalendarProperty::Exrule {
            return Err("EXRULE is not followed; write the exceptions as EXDATE".to_owned());
        }
        let matters = MOMENTS.contains(&entry.name)
            || matches!(entry.name, ICalendarProperty::Rrule | ICalendarProperty::Duration);
        if matters && (entry.values.is_empty() || entry.values.iter().any(text)) {
            return Err(format!("{} cannot be read", entry.name.as_str()));
        }
    }
    Ok(())
}

fn first_moment(entry: &ICalendarEntry) -> Option<&PartialDateTime> {
    entry.values.iter().find_map(|value| match value {
        ICalendarValue::PartialDateTime(moment) => Some(moment.as_ref()),
        _ => None,
    })
}

/// `20261102T200000Z` becomes `20261102T200000` in the zone UTC: the expansion looks at zones only.
fn utc(entry: &mut ICalendarEntry) {
    let mut found = false;
    for value in &mut entry.values {
        if let ICalendarValue::PartialDateTime(moment) = value
            && moment.tz_hour.is_some()
        {
            (moment.tz_hour, moment.tz_minute, moment.tz_minus) = (None, None, false);
            found = true;
        }
    }
    if found {
        entry.params.retain(|param| param.name != ICalendarParameterName::Tzid);
        entry.params.push(ICalendarParameter::tzid("UTC".to_owned()));
    }
}

/// The end of a series is written in UTC, or as a day, and read as local time.
fn last_moment(until: &mut PartialDateTime, zone: Tz, timed: bool) -> Result<(), String> {
    let fault = || "UNTIL cannot be read".to_owned();
    if timed && until.hour.is_none() {
        (until.hour, until.minute, until.second) = (Some(23), Some(59), Some(59));
    }
    let name = zone.name().ok_or_else(fault)?;
    let zone = TimeZone::get(&name).map_err(|_| format!("unknown time zone `{name}`"))?;
    let part = |value: Option<u8>| i8::try_from(value.unwrap_or_default()).map_err(|_| fault());
    let year = i16::try_from(until.year.unwrap_or_default()).map_err(|_| fault())?;
    let moment = civil::DateTime::new(
        year,
        part(until.month)?,
        part(until.day)?,
        part(until.hour)?,
        part(until.minute)?,
        part(until.second)?,
        0,
    );
    let moment = moment.map_err(|_| fault())?;
    if until.tz_hour.is_none() {
        return Ok(());
    }
    let moment = moment.to_zoned(TimeZone::UTC).map_err(|_| fault())?;
    let moment = moment.with_time_zone(zone).datetime();
    let part = |value: i8| u8::try_from(value).ok();
    (until.tz_hour, until.tz_minute, until.tz_minus) = (None, None, false);
    until.year = u16::try_from(moment.year()).ok();
    (until.month, until.day) = (part(moment.month()), part(moment.day()));
    (until.hour, until.minute, until.second) =
        (part(moment.hour()), part(moment.minute()), part(moment.second()));
    Ok(())
}
