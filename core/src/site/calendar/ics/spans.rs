//! When the events of a file take place.

use std::collections::{BTreeMap, BTreeSet};

use ical::component::{IcalComponentKind, IcalComponentName};
use ical::ical::Ical;
use ical::prop::IcalPropKind;
use ical::recur::IcalRecurDateTime;
use ical::tree::cst::IcalCst;
use ical::value::IcalValue;
use ical::version::IcalVersion;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::presence::Presence;
use super::clock::Clocks;
use super::grammar::{is, named, unknown_of, written};
use super::size::{ICS_BYTES_MAX, IcsSize, OCCURRENCES_MAX, RECURRING_EVENTS_MAX};
use super::vevent::{Taken, VEvent};

/// Most components within each other: a calendar, an event, an alarm, and as many again. The parser goes into each.
const NESTED_MAX: usize = 6;

/// An iCalendar file: when its events take place, in epoch seconds.
#[derive(Debug, Clone, Default)]
pub(in crate::site::calendar) struct Ics {
    /// Without overlaps, in order; the end is outside.
    spans: Vec<(i64, i64)>,
    /// Nothing is known from here on.
    known_until: Option<i64>,
    /// The zone that the file names for times without one, where it has such times and the calendar says another.
    other_zone: Option<String>,
    /// Exceptions that hit no occurrence: what they mean to leave out still counts.
    missed: Vec<String>,
    size: IcsSize,
}

impl Ics {
    /// Reads a file's text; `zone` is that of its times that name none, `taken` what the files before it took.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub(in crate::site::calendar) fn read(
        text: &str,
        zone: &TimeZone,
        taken: &mut IcsSize,
    ) -> Result<Self, String> {
        if text.len() > ICS_BYTES_MAX {
            return Err(format!("more than {ICS_BYTES_MAX} bytes"));
        }
        let bytes = IcsSize { bytes: text.len(), series: 0 };
        taken.add(bytes)?;
        let places = Places::of(text);
        let text = unfolded(text)?;
        let mut found = Self { size: bytes, ..Self::default() };
        let calendars = IcalCst::parse_many(&text)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|fault| format!("not iCalendar: {}", short(&fault)))?;
        if calendars.is_empty() {
            return Err("no calendar in it: it should begin with BEGIN:VCALENDAR".to_owned());
        }
        let calendars = calendars.iter().enumerate();
        let calendars =
            calendars.map(|(at, calendar)| decoded(calendar, zone, &places.of_calendar(at)));
        let calendars = calendars.collect::<Result<Vec<_>, _>>()?;
        found.add(&calendars, &places, taken)?;
        found.other_zone = calendars.iter().find_map(|(calendar, clocks)| {
            let named = zone_of(calendar)?;
            let is_other = !zone.iana_name().is_some_and(|zone| zone.eq_ignore_ascii_case(&named));
            (is_other && clocks.is_unnamed_used()).then_some(named)
        });
        found.spans = merged(std::mem::take(&mut found.spans));
        Ok(found)
    }

    /// Changed occurrences are found whichever calendar of the file holds them.
    fn add(
        &mut self,
        calendars: &[(Ical<'_>, Clocks)],
        places: &Places,
        taken: &mut IcsSize,
    ) -> Result<(), String> {
        let mut events = Vec::new();
        for (calendar, clocks) in calendars {
            let components = calendar.components.iter();
            for one in components.filter(|one| is(one, IcalComponentKind::VEvent)) {
                let line = places.events.get(events.len()).copied().unwrap_or(1);
                events.push(VEvent::read(one, clocks, line)?);
            }
        }
        let series = events.iter().filter(|one| one.is_series()).count();
        self.size.series += series;
        if self.size.series > RECURRING_EVENTS_MAX {
            return Err(format!("more than {RECURRING_EVENTS_MAX} recurring events"));
        }
        taken.add(IcsSize { bytes: 0, series })?;
        let changed = changed(&events)?;
        for one in events.iter().filter(|one| !one.is_cancelled) {
            // A changed occurrence is an event like any other, also without its series.
            let of_series = one.uid.filter(|_| one.replaces.is_none());
            let replaced =
                of_series.and_then(|uid| changed.get(uid)).map_or(&[][..], Vec::as_slice);
            let taken = one.taken(replaced, OCCURRENCES_MAX);
            self.missed.extend(missed(one, &taken, &events));
            self.spans.extend(taken.spans);
            self.known_until = [self.known_until, taken.known_until].into_iter().flatten().min();
        }
        self.missed.extend(orphans(&events));
        Ok(())
    }

    /// Exceptions of its events that hit no occurrence, each with its line.
    #[must_use]
    pub(in crate::site::calendar) fn missed(&self) -> &[String] {
        &self.missed
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

    /// The zone that the file names by `X-WR-TIMEZONE`, where times of it that name none are read in another, as the
    /// calendar says.
    #[must_use]
    pub(in crate::site::calendar) fn other_zone(&self) -> Option<&str> {
        self.other_zone.as_deref()
    }

    /// Its size.
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

/// The exceptions of an event that hit none of its occurrences.
fn missed(event: &VEvent<'_>, taken: &Taken, events: &[VEvent<'_>]) -> Vec<String> {
    let uid = event.uid.unwrap_or("without UID");
    let message = |line: usize, name: &str, local: IcalRecurDateTime| {
        format!(
            "line {line}: event {uid}: {name} {} is none of its occurrences, so what it means to leave out still counts",
            written(local)
        )
    };
    let except = taken.missed_except.iter().map(|local| message(event.line, "EXDATE", *local));
    let line = |local: &IcalRecurDateTime| {
        let replaces = |one: &&VEvent<'_>| {
            let moment = one.replaces.filter(|_| one.uid == event.uid);
            let moment = moment.and_then(|moment| {
                moment.of_event(event.is_of_days, event.clock, "RECURRENCE-ID").ok()
            });
            moment == Some(*local)
        };
        events.iter().find(replaces).map_or(event.line, |one| one.line)
    };
    let replaced = taken.missed_replaced.iter();
    let replaced = replaced.map(|local| message(line(local), "RECURRENCE-ID", *local));
    except.chain(replaced).collect()
}

/// Cancelled occurrences whose series is not in the file: they cancel nothing.
fn orphans(events: &[VEvent<'_>]) -> Vec<String> {
    let series: BTreeSet<&str> =
        events.iter().filter(|one| one.replaces.is_none()).filter_map(|one| one.uid).collect();
    let is_orphan = |one: &&VEvent<'_>| {
        let uid = one.uid.filter(|_| one.is_cancelled && one.replaces.is_some());
        uid.is_some_and(|uid| !series.contains(uid))
    };
    let message = |one: &VEvent<'_>| {
        format!(
            "line {}: event {}: it is cancelled, and no event of the file has its UID without a RECURRENCE-ID, so it \
             cancels nothing",
            one.line,
            one.uid.unwrap_or_default()
        )
    };
    events.iter().filter(is_orphan).map(message).collect()
}

/// Line numbers in a file.
#[derive(Clone)]
struct Places {
    /// Of the beginnings of its events, in their order.
    events: Vec<usize>,
    /// Of the first property of each name, in capitals, for each of its calendars.
    calendars: Vec<BTreeMap<String, usize>>,
}

/// The same of the properties of one calendar.
#[derive(Clone, Default)]
struct Lines(BTreeMap<String, usize>);

impl Places {
    fn of(text: &str) -> Self {
        let mut places = Self { events: Vec::new(), calendars: Vec::new() };
        for (index, line) in text.lines().enumerate() {
            let (name, value) = line.split_once([':', ';']).unwrap_or((line, ""));
            let name = name.trim_start_matches('\u{feff}').to_ascii_uppercase();
            let begins = |what: &str| name == "BEGIN" && value.trim().eq_ignore_ascii_case(what);
            if begins("VEVENT") {
                places.events.push(index + 1);
            }
            if begins("VCALENDAR") {
                places.calendars.push(BTreeMap::new());
            }
            if let Some(last) = places.calendars.last_mut() {
                last.entry(name).or_insert(index + 1);
            }
        }
        places
    }

    fn of_calendar(&self, at: usize) -> Lines {
        self.calendars.get(at).cloned().map(Lines).unwrap_or_default()
    }
}

impl Lines {
    fn of(&self, name: &str) -> usize {
        self.0.get(&name.to_ascii_uppercase()).map_or(1, |line| *line)
    }

    /// A fault of a property that a calendar has once.
    fn fault(&self, name: &str, fault: &str) -> String {
        format!("line {}: {name} {fault}", self.of(name))
    }
}

/// Of a draft of RFC 7986, and written by some programs: the zone of times without one.
const ZONE_OF_DRAFT: &str = "TIMEZONE-ID";

/// The zone that a calendar names for its times without one. No standard knows it; most programs write it.
fn zone_of(calendar: &Ical<'_>) -> Option<String> {
    let property = calendar.props.iter().find(|one| {
        ["X-WR-TIMEZONE", ZONE_OF_DRAFT].iter().any(|name| one.name.eq_ignore_ascii_case(name))
    })?;
    let text = match &property.value {
        IcalValue::Text(text) => text.0.as_ref(),
        IcalValue::Unknown(unknown) => unknown.components.first()?.first()?.as_ref(),
        _ => return None,
    };
    Some(text.trim().to_owned())
}

/// A calendar, and the clocks of its times.
fn decoded<'a>(
    calendar: &'a IcalCst<'_>,
    zone: &TimeZone,
    places: &Lines,
) -> Result<(Ical<'a>, Clocks), String> {
    let name = calendar.begin.as_ref().map(|begin| begin.raw_value_str());
    if !name.is_some_and(|name| name.trim().eq_ignore_ascii_case("VCALENDAR")) {
        return Err("it should begin with BEGIN:VCALENDAR".to_owned());
    }
    let calendar = calendar.decode();
    let property = |kind| {
        let value = &calendar.props.iter().find(|one| named(one, kind))?.value;
        Some(if let IcalValue::Text(text) = value {
            text.0.trim().to_ascii_uppercase()
        } else {
            String::new()
        })
    };
    if calendar.version != IcalVersion::V2_0 {
        return Err(places.fault("VERSION", "is not followed; it should be 2.0"));
    }
    if property(IcalPropKind::CalScale).is_some_and(|scale| scale != "GREGORIAN") {
        return Err(places.fault("CALSCALE", "is not followed; it should be GREGORIAN"));
    }
    match property(IcalPropKind::Method).as_deref() {
        None | Some("PUBLISH" | "REQUEST") => {}
        Some("CANCEL") => {
            let fault = "is CANCEL: none of its events takes place; leave the file out";
            return Err(places.fault("METHOD", fault));
        }
        Some(_) => return Err(places.fault("METHOD", "is not followed; it should be PUBLISH")),
    }
    if let Some(unknown) =
        unknown_of(&calendar.props).filter(|unknown| !unknown.eq_ignore_ascii_case(ZONE_OF_DRAFT))
    {
        let line = places.of(unknown);
        return Err(format!(
            "line {line}: unknown property `{unknown}`; properties of one's own begin with X-"
        ));
    }
    let unknown = calendar.components.iter().find_map(|one| match &one.name {
        IcalComponentName::Unknown(name) if !name.starts_with("X-") => Some(name),
        _ => None,
    });
    if let Some(unknown) = unknown {
        return Err(format!("unknown component `{unknown}`"));
    }
    let clocks = Clocks::of(&calendar, zone.clone())?;
    Ok((calendar, clocks))
}

/// The local times that changed occurrences take the places of, by the `UID` of their series, in order.
fn changed<'a>(events: &[VEvent<'a>]) -> Result<BTreeMap<&'a str, Vec<IcalRecurDateTime>>, String> {
    let mut series = BTreeMap::new();
    for one in events.iter().filter(|one| one.replaces.is_none()) {
        if let Some(uid) = one.uid
            && series.insert(uid, one).is_some()
        {
            return Err(format!(
                "line {}: event {uid}: its UID is there twice, and neither has a RECURRENCE-ID",
                one.line
            ));
        }
    }
    let mut changed: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for one in events {
        let (Some(uid), Some(replaces)) = (one.uid, one.replaces) else { continue };
        let Some(series) = series.get(uid) else { continue };
        let moment = replaces.of_event(series.is_of_days, series.clock, "RECURRENCE-ID");
        changed
            .entry(uid)
            .or_default()
            .push(moment.map_err(|fault| format!("line {}: event {uid}: {fault}", one.line))?);
    }
    for (uid, moments) in &mut changed {
        moments.sort_unstable();
        if moments.windows(2).any(|two| matches!(two, [one, other] if one == other)) {
            return Err(format!("event {uid}: an occurrence is changed twice"));
        }
    }
    Ok(changed)
}

/// One line a property: a long one is written as several, of which all but the first begin with a blank. Every
/// component is closed, and nesting has a limit for the parser.
fn unfolded(text: &str) -> Result<String, String> {
    let mut lines = String::with_capacity(text.len() + 1);
    for line in text.strip_prefix('\u{feff}').unwrap_or(text).split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.contains('\r') {
            return Err("not iCalendar: a line ends in CR alone".to_owned());
        }
        match line.strip_prefix([' ', '\t']) {
            Some(_) if lines.is_empty() => {
                return Err("not iCalendar: it begins with a blank".to_owned());
            }
            Some(more) => lines.push_str(more),
            None if line.is_empty() => {}
            None => {
                if !lines.is_empty() {
                    lines.push('\n');
                }
                lines.push_str(line);
            }
        }
    }
    if !lines.is_empty() {
        lines.push('\n');
    }
    let mut open = Vec::new();
    for line in lines.lines() {
        let (word, name) = line.split_once([':', ';']).unwrap_or((line, ""));
        if word.eq_ignore_ascii_case("BEGIN") {
            open.push(name);
        } else if word.eq_ignore_ascii_case("END")
            && !open.pop().is_some_and(|begun| begun.eq_ignore_ascii_case(name))
        {
            return Err(format!("not iCalendar: `{}` ends what did not begin", short(&line)));
        }
        if open.len() > NESTED_MAX {
            return Err(format!("more than {NESTED_MAX} components within each other"));
        }
    }
    Ok(lines)
}

/// A fault holds what was read, which may be long.
fn short(fault: &impl std::fmt::Display) -> String {
    fault.to_string().chars().take(100).collect()
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
mod tests;
