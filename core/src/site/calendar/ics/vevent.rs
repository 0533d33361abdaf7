//! One event of a file.

use ical::component::{IcalComponent, IcalComponentKind};
use ical::param::IcalParam;
use ical::prop::{IcalProp, IcalPropKind};
use ical::recur::IcalRecurDateTime;
use ical::value::IcalValue;
use jiff::fmt::temporal::SpanParser;

use super::clock::{Clock, Clocks};
use super::grammar::{is, local_time, named, text, unknown_property};
use super::recurrence::{Expansion, Recurrence};

/// Properties of which an event has one at most.
const ONCE: [(IcalPropKind, &str); 7] = [
    (IcalPropKind::DtStart, "DTSTART"),
    (IcalPropKind::DtEnd, "DTEND"),
    (IcalPropKind::Duration, "DURATION"),
    (IcalPropKind::RRule, "RRULE"),
    (IcalPropKind::RecurrenceId, "RECURRENCE-ID"),
    (IcalPropKind::Uid, "UID"),
    (IcalPropKind::Status, "STATUS"),
];

/// A moment as written: a local time and its time zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct WrittenTime<'a> {
    local: IcalRecurDateTime,
    clock: &'a Clock,
    is_day: bool,
}

impl WrittenTime<'_> {
    fn second(&self) -> Option<i64> {
        self.clock.second(self.local)
    }

    /// The same moment on another clock.
    fn on(&self, clock: &Clock) -> Option<IcalRecurDateTime> {
        if std::ptr::eq(self.clock, clock) {
            return Some(self.local);
        }
        clock.local(self.second()?)
    }
}

/// When an event ends.
#[derive(Debug, Clone, Copy)]
enum End {
    /// So many days later by the clock on the wall, and so many seconds after that: a day may have 23 hours, an hour is
    /// an hour.
    ///
    /// Source: RFC 5545, 3.3.6
    After { days: i64, seconds: i64 },
    /// At this epoch second.
    At(i64),
}

/// When an event takes place.
#[derive(Debug)]
pub(super) struct Taken {
    /// In epoch seconds.
    pub(super) spans: Vec<(i64, i64)>,
    /// From when on nothing is known of it.
    pub(super) known_until: Option<i64>,
    /// Exceptions of its own that are none of its occurrences.
    pub(super) missed_except: Vec<IcalRecurDateTime>,
    /// The same of those that others take the place of.
    pub(super) missed_replaced: Vec<IcalRecurDateTime>,
}

/// Properties of a whole file, which no event has.
const OF_CALENDARS: [(IcalPropKind, &str); 3] = [
    (IcalPropKind::Method, "METHOD"),
    (IcalPropKind::ProdId, "PRODID"),
    (IcalPropKind::CalScale, "CALSCALE"),
];

/// An event: its first occurrence and what follows from it.
#[derive(Debug)]
pub(super) struct VEvent<'a> {
    /// Line of the file at which it begins.
    pub(super) line: usize,
    /// Its `UID`, which the changed occurrences of a series share.
    pub(super) uid: Option<&'a str>,
    /// The clock of its start, in which it repeats.
    pub(super) clock: &'a Clock,
    /// Is it of whole days?
    pub(super) is_of_days: bool,
    /// The occurrence of a series that it takes the place of.
    pub(super) replaces: Option<WrittenTime<'a>>,
    /// It does not take place.
    pub(super) is_cancelled: bool,
    start: IcalRecurDateTime,
    end: End,
    rule: Option<Recurrence>,
    also: Vec<(IcalRecurDateTime, End)>,
    except: Vec<IcalRecurDateTime>,
}

impl<'a> VEvent<'a> {
    /// Reads a component that begins at this line.
    ///
    /// # Errors
    /// What cannot be followed, with the event's line and `UID`.
    pub(super) fn read(
        component: &'a IcalComponent<'_>,
        clocks: &'a Clocks,
        line: usize,
    ) -> Result<Self, String> {
        let properties = Properties { of: component, clocks, line };
        let uid = text(component, IcalPropKind::Uid);
        let read = properties.event(uid);
        read.map_err(|fault| {
            format!("line {line}: event {}: {fault}", uid.unwrap_or("without UID"))
        })
    }

    /// Does it take place more than once?
    pub(super) fn is_series(&self) -> bool {
        self.rule.is_some() || !self.also.is_empty()
    }

    /// Its spans in epoch seconds, with the local times `replaced` left out, `most` of its rule at most.
    pub(super) fn taken(&self, replaced: &[IcalRecurDateTime], most: usize) -> Taken {
        let once = || Expansion {
            occurrences: self
                .clock
                .second(self.start)
                .map(|second| (self.start, second))
                .into_iter()
                .collect(),
            known_until: None,
        };
        let expansion =
            self.rule.as_ref().map_or_else(once, |rule| rule.expand(self.start, self.clock, most));
        let also = self.also.iter();
        let also = also.filter_map(|(local, end)| Some((*local, self.clock.second(*local)?, *end)));
        let occurrences = expansion.occurrences.into_iter();
        let occurrences = occurrences.map(|(local, second)| (local, second, self.end)).chain(also);
        let takes_place = |local: &IcalRecurDateTime| {
            self.except.binary_search(local).is_err() && replaced.binary_search(local).is_err()
        };
        let occurrences: Vec<_> = occurrences.collect();
        let mut locals: Vec<IcalRecurDateTime> =
            occurrences.iter().map(|(local, ..)| *local).collect();
        locals.sort_unstable();
        let known_until = expansion.known_until;
        // Of what lies beyond the last occurrence that is counted nobody knows.
        let is_known = |local: &IcalRecurDateTime| {
            known_until.is_none_or(|until| self.clock.second(*local).is_some_and(|at| at < until))
        };
        let misses =
            |local: &&IcalRecurDateTime| locals.binary_search(local).is_err() && is_known(local);
        let missed = |list: &[IcalRecurDateTime]| list.iter().filter(misses).copied().collect();
        Taken {
            missed_except: missed(&self.except),
            missed_replaced: missed(replaced),
            spans: occurrences
                .into_iter()
                .filter(|(local, ..)| takes_place(local))
                .filter_map(|(_, from, end)| Some((from, self.until(from, end)?)))
                .collect(),
            known_until,
        }
    }

    fn until(&self, from: i64, end: End) -> Option<i64> {
        match end {
            End::At(second) => Some(second),
            End::After { days: 0, seconds } => Some(from + seconds),
            End::After { days, seconds } => {
                let shown = self.clock.local(from)?.seconds();
                let last =
                    self.clock.second(IcalRecurDateTime::from_seconds(shown + DAY * days))?;
                Some(last + seconds)
            }
        }
    }
}

/// The properties of a component.
struct Properties<'a, 'b> {
    of: &'a IcalComponent<'b>,
    clocks: &'a Clocks,
    line: usize,
}

impl<'a> Properties<'a, '_> {
    fn all(&self, kind: IcalPropKind) -> impl Iterator<Item = &'a IcalProp<'a>> {
        self.of.props.iter().filter(move |one| named(one, kind))
    }

    fn event(&self, uid: Option<&'a str>) -> Result<VEvent<'a>, String> {
        self.followed()?;
        if uid.is_none() && self.all(IcalPropKind::Uid).next().is_some() {
            return Err("UID cannot be read".to_owned());
        }
        let replaces = self.moment(IcalPropKind::RecurrenceId, "RECURRENCE-ID")?;
        if uid.is_none() && replaces.is_some() {
            return Err("RECURRENCE-ID without UID: of which series?".to_owned());
        }
        let start = self.moment(IcalPropKind::DtStart, "DTSTART")?.or(replaces);
        let start = start.ok_or("DTSTART is missing")?;
        let rule = self.all(IcalPropKind::RRule).next();
        let repeats = rule.is_some() || self.all(IcalPropKind::RDate).next().is_some();
        if repeats && replaces.is_some() {
            return Err(
                "RRULE or RDATE beside RECURRENCE-ID: an occurrence does not repeat".to_owned()
            );
        }
        let rule = rule.map(|rule| match &rule.value {
            IcalValue::Recur(text) => {
                Recurrence::read(&text.0, start.local, start.clock, !start.is_day)
            }
            _ => Err("RRULE cannot be read".to_owned()),
        });
        let rule = rule.transpose()?;
        let end = self.end(start)?;
        let also = self.also(start, end)?;
        let except = self.except(start)?;
        let is_cancelled = self.is_cancelled()?;
        let (clock, is_of_days, start) = (start.clock, start.is_day, start.local);
        Ok(VEvent {
            line: self.line,
            uid,
            clock,
            is_of_days,
            replaces,
            is_cancelled,
            start,
            end,
            rule,
            also,
            except,
        })
    }

    /// Checks that the file holds nothing that would be passed over.
    fn followed(&self) -> Result<(), String> {
        for (kind, name) in ONCE {
            if self.all(kind).nth(1).is_some() {
                let advice = if kind == IcalPropKind::RRule {
                    "; write a series of its own for each"
                } else {
                    ""
                };
                return Err(format!("more than one {name}{advice}"));
            }
        }
        if self.all(IcalPropKind::ExRule).next().is_some() {
            return Err("EXRULE is not followed; write the exceptions as EXDATE".to_owned());
        }
        if let Some(unknown) = unknown_property(self.of) {
            return Err(format!(
                "unknown property `{unknown}`; properties of one's own begin with X-"
            ));
        }
        if let Some((_, name)) =
            OF_CALENDARS.iter().find(|(kind, _)| self.all(*kind).next().is_some())
        {
            return Err(format!("{name} within an event; it belongs to the whole file"));
        }
        let mut inner = self.of.components.iter();
        if let Some(inner) = inner.find(|one| !WITHIN.iter().any(|kind| is(one, *kind))) {
            return Err(format!("`{}` within an event", &*inner.name));
        }
        let range = |one: &IcalParam<'_>| matches!(one, IcalParam::Range(_));
        if self.of.props.iter().any(|one| one.params.iter().any(range)) {
            return Err(
                "RANGE=THISANDFUTURE is not followed; end the series and begin another".to_owned()
            );
        }
        Ok(())
    }

    fn is_cancelled(&self) -> Result<bool, String> {
        if self.all(IcalPropKind::Status).next().is_none() {
            return Ok(false);
        }
        let status = text(self.of, IcalPropKind::Status).unwrap_or_default().to_ascii_uppercase();
        match status.as_str() {
            "CANCELLED" => Ok(true),
            "TENTATIVE" | "CONFIRMED" => Ok(false),
            _ => Err("STATUS is none of CONFIRMED, TENTATIVE and CANCELLED".to_owned()),
        }
    }

    fn moment(&self, kind: IcalPropKind, name: &str) -> Result<Option<WrittenTime<'a>>, String> {
        let Some(property) = self.all(kind).next() else { return Ok(None) };
        let text = match &property.value {
            IcalValue::Date(date) => Some(&date.0),
            IcalValue::DateTime(moment) => Some(&moment.0),
            _ => None,
        };
        let text = text.ok_or_else(|| format!("{name} cannot be read"))?;
        moment(self.clocks, property, text, name).map(Some)
    }

    fn end(&self, start: WrittenTime<'_>) -> Result<End, String> {
        let end = self.moment(IcalPropKind::DtEnd, "DTEND")?;
        let duration = self.all(IcalPropKind::Duration).next();
        match (end, duration) {
            (Some(_), Some(_)) => Err("both DTEND and DURATION".to_owned()),
            (Some(end), None) if end.is_day != start.is_day => {
                Err("of DTSTART and DTEND one is a day and the other has a time".to_owned())
            }
            (Some(end), None) => {
                let (from, to) = match start.is_day {
                    true => (Some(start.local.seconds()), Some(end.local.seconds())),
                    false => (start.second(), end.second()),
                };
                let seconds = from.zip(to).map(|(from, to)| to - from);
                let seconds = seconds.filter(|seconds| (1..=LENGTH_MAX).contains(seconds));
                let seconds = seconds.ok_or("DTEND is not after DTSTART, or years after it")?;
                Ok(match start.is_day {
                    true => End::After { days: seconds / DAY, seconds: 0 },
                    // One length for all (RFC 5545, 3.8.5.3).
                    false => End::After { days: 0, seconds },
                })
            }
            (None, Some(duration)) => match &duration.value {
                IcalValue::Duration(text) => length(&text.0, start.is_day),
                _ => Err("DURATION cannot be read".to_owned()),
            },
            (None, None) if start.is_day => Ok(End::After { days: 1, seconds: 0 }),
            // It ends when it begins (RFC 5545, 3.6.1). Events have their time to the second, so it lasts one.
            (None, None) => Ok(End::After { days: 0, seconds: 1 }),
        }
    }

    /// Occurrences beside the rule; a period has its own end.
    fn also(
        &self,
        start: WrittenTime<'_>,
        end: End,
    ) -> Result<Vec<(IcalRecurDateTime, End)>, String> {
        let mut also = Vec::new();
        for (property, item) in self.items(IcalPropKind::RDate, "RDATE")? {
            let (from, to) =
                item.split_once('/').map_or((item, None), |(from, to)| (from, Some(to)));
            let from = moment(self.clocks, property, from, "RDATE")?;
            let end = match to {
                None => end,
                Some(to) if to.starts_with(['P', '+']) => length(to, from.is_day)?,
                Some(to) => {
                    let to = moment(self.clocks, property, to, "RDATE")?;
                    let span = from.second().zip(to.second()).filter(|(from, to)| from < to);
                    End::At(span.ok_or("RDATE ends before it begins")?.1)
                }
            };
            also.push((from.of_event(start.is_day, start.clock, "RDATE")?, end));
        }
        Ok(also)
    }

    fn except(&self, start: WrittenTime<'_>) -> Result<Vec<IcalRecurDateTime>, String> {
        let mut except = Vec::new();
        for (property, item) in self.items(IcalPropKind::ExDate, "EXDATE")? {
            let one = moment(self.clocks, property, item, "EXDATE")?;
            except.push(one.of_event(start.is_day, start.clock, "EXDATE")?);
        }
        except.sort_unstable();
        Ok(except)
    }

    fn items(
        &self,
        kind: IcalPropKind,
        name: &str,
    ) -> Result<Vec<(&'a IcalProp<'a>, &'a str)>, String> {
        let mut items = Vec::new();
        for property in self.all(kind) {
            match &property.value {
                IcalValue::DateTimeList(list) if !list.0.is_empty() => {
                    items.extend(list.0.iter().map(|item| (property, item.as_ref())));
                }
                IcalValue::Date(date) => items.push((property, date.0.as_ref())),
                IcalValue::DateTime(moment) => items.push((property, moment.0.as_ref())),
                _ => return Err(format!("{name} cannot be read")),
            }
        }
        Ok(items)
    }
}

/// Components that an event may contain; none of them changes its time.
const WITHIN: [IcalComponentKind; 4] = [
    IcalComponentKind::VAlarm,
    IcalComponentKind::Participant,
    IcalComponentKind::VLocation,
    IcalComponentKind::VResource,
];
/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;
/// Longest event, in seconds: ten years.
const LENGTH_MAX: i64 = 3_660 * DAY;

fn moment<'a>(
    clocks: &'a Clocks,
    property: &IcalProp<'_>,
    text: &str,
    name: &str,
) -> Result<WrittenTime<'a>, String> {
    let clock = clocks.clock(property, text)?;
    let local = local_time(text).ok_or_else(|| format!("{name} cannot be read"))?;
    Ok(WrittenTime { local, clock, is_day: text.len() == 8 })
}

impl WrittenTime<'_> {
    /// The local time of an occurrence of the event that begins at `start`. A date does not name an occurrence of an
    /// event with times, nor a time one of whole days.
    ///
    /// # Errors
    /// Such a mismatch, with the property's name.
    pub(super) fn of_event(
        &self,
        is_day: bool,
        clock: &Clock,
        name: &str,
    ) -> Result<IcalRecurDateTime, String> {
        match (self.is_day, is_day) {
            (true, false) => Err(format!("{name} is a day, and the event has a time")),
            (false, true) => Err(format!("{name} has a time, and the event is of whole days")),
            _ => self.on(clock).ok_or_else(|| format!("{name} cannot be read")),
        }
    }
}

/// A duration as `PT2H` or `P1D`.
fn length(text: &str, is_day: bool) -> Result<End, String> {
    let fault = || format!("DURATION `{text}` cannot be read; write it like PT2H or P1D");
    let span = SpanParser::new().parse_span(text).map_err(|_| fault())?;
    let fraction = span.get_milliseconds() + span.get_microseconds() + span.get_nanoseconds();
    if fraction != 0 || span.get_years() != 0 || span.get_months() != 0 {
        return Err(fault());
    }
    let days = 7 * i64::from(span.get_weeks()) + i64::from(span.get_days());
    let seconds = 3600 * i64::from(span.get_hours()) + 60 * span.get_minutes() + span.get_seconds();
    if is_day && seconds != 0 {
        return Err("DURATION has hours, and the event is of whole days".to_owned());
    }
    match (1..=LENGTH_MAX).contains(&(DAY * days + seconds)) {
        true => Ok(End::After { days, seconds }),
        false => Err(format!("DURATION `{text}` is nothing, or years")),
    }
}
