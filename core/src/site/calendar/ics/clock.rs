//! The clocks that the moments of a file are written in: UTC, a zone of IANA, or one that the file defines itself.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use ical::component::{IcalComponent, IcalComponentKind};
use ical::ical::Ical;
use ical::prop::{IcalProp, IcalPropKind};
use ical::recur::IcalRecurDateTime;
use ical::tz::{IcalTz, IcalTzObservance, IcalTzOffset, IcalTzTransition, IcalTzTransitions};
use ical::value::IcalValue;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::grammar::{
    HORIZON_YEAR, is, local_time, named, rule_of_zone, text, time_zone, unknown_property,
};

/// Conversion from a local time to a moment.
#[derive(Debug)]
pub(super) enum Clock {
    /// A zone of the IANA database, or UTC.
    Zone(TimeZone),
    /// A `VTIMEZONE` of the file.
    Defined {
        /// For local times.
        offsets: RefCell<IcalTzTransitions>,
        /// For moments, in order.
        transitions: Vec<IcalTzTransition>,
    },
}

impl Clock {
    fn offset(&self, local: IcalRecurDateTime) -> Option<IcalTzOffset> {
        match self {
            Self::Defined { offsets, .. } => Some(offsets.borrow_mut().resolve(local)),
            Self::Zone(zone) => Some(match zone.to_ambiguous_timestamp(civil(local)?).offset() {
                AmbiguousOffset::Unambiguous { offset } => IcalTzOffset::One(offset.seconds()),
                AmbiguousOffset::Gap { before, after } => {
                    IcalTzOffset::Gap { before: before.seconds(), after: after.seconds() }
                }
                AmbiguousOffset::Fold { before, after } => {
                    IcalTzOffset::Fold { earlier: before.seconds(), later: after.seconds() }
                }
            }),
        }
    }

    /// The epoch second of an occurrence that a rule makes. `None` for a local time that the clock skips: nothing
    /// takes place then.
    ///
    /// Source: RFC 5545, 3.3.10
    pub(super) fn occurrence(&self, local: IcalRecurDateTime) -> Option<i64> {
        self.offset(local)?.instant(local)
    }

    /// The epoch second of a local time that is written down; one that the clock skips is read by the offset before.
    ///
    /// Source: RFC 5545, 3.3.5
    pub(super) fn second(&self, local: IcalRecurDateTime) -> Option<i64> {
        Some(self.offset(local)?.literal_instant(local))
    }

    /// The local time of this clock at an epoch second.
    pub(super) fn local(&self, second: i64) -> Option<IcalRecurDateTime> {
        let offset = match self {
            Self::Zone(zone) => zone.to_offset(Timestamp::from_second(second).ok()?).seconds(),
            Self::Defined { transitions, .. } => {
                let begun =
                    |one: &IcalTzTransition| one.local.seconds() - i64::from(one.from) <= second;
                let last = transitions.partition_point(begun).checked_sub(1);
                match last.and_then(|last| transitions.get(last)) {
                    Some(last) => last.to,
                    None => transitions.first()?.from,
                }
            }
        };
        Some(IcalRecurDateTime::from_seconds(second + i64::from(offset)))
    }
}

fn civil(local: IcalRecurDateTime) -> Option<DateTime> {
    let part = |value: u8| i8::try_from(value).ok();
    DateTime::new(
        i16::try_from(local.year).ok()?,
        part(local.month)?,
        part(local.day)?,
        part(local.hour)?,
        part(local.minute)?,
        part(local.second.min(59))?, // a leap second
        0,
    )
    .ok()
}

/// Most zones that a calendar's events may take from its own definitions.
const DEFINED_MAX: usize = 20;
/// Most changes of a zone that are listed one by one.
const LISTED_MAX: usize = 500;
/// Seconds that no zone is apart from UTC.
const OFFSET_MAX: i32 = 24 * 60 * 60;

/// The clocks of one calendar.
#[derive(Debug)]
pub(super) struct Clocks {
    /// The clock of times without a zone.
    unnamed: Clock,
    is_unnamed_used: Cell<bool>,
    named: BTreeMap<String, Result<Clock, String>>,
}

/// The name under which times that end in `Z` find their clock.
const UTC: &str = "UTC";

impl Clocks {
    /// All that the events of a calendar name; `unnamed` is that of times without a zone.
    ///
    /// # Errors
    /// More definitions than are followed, or two of one name.
    pub(super) fn of(calendar: &Ical<'_>, unnamed: TimeZone) -> Result<Self, String> {
        let mut definitions = BTreeMap::new();
        for one in calendar.components.iter().filter(|one| is(one, IcalComponentKind::VTimezone)) {
            let name = text(one, IcalPropKind::TzId).ok_or("VTIMEZONE without TZID")?;
            if definitions.insert(name, one).is_some() {
                return Err(format!("VTIMEZONE `{name}` is there twice"));
            }
        }
        let mut named = BTreeMap::from([(UTC.to_owned(), Ok(Clock::Zone(TimeZone::UTC)))]);
        let events = calendar.components.iter().filter(|one| is(one, IcalComponentKind::VEvent));
        let mut defined = 0;
        for name in events.flat_map(|one| &one.props).filter_map(time_zone) {
            if named.contains_key(name) {
                continue;
            }
            let clock = find(definitions.get(name).copied(), name);
            defined += usize::from(matches!(clock, Ok(Clock::Defined { .. })));
            if defined > DEFINED_MAX {
                return Err(format!("more than {DEFINED_MAX} time zones that it defines itself"));
            }
            named.insert(name.to_owned(), clock);
        }
        Ok(Self { unnamed: Clock::Zone(unnamed), is_unnamed_used: Cell::new(false), named })
    }

    /// The clock of a property's value.
    ///
    /// # Errors
    /// An unknown zone.
    pub(super) fn clock(&self, property: &IcalProp<'_>, value: &str) -> Result<&Clock, String> {
        let clock = |name: &str| match self.named.get(name) {
            Some(Ok(clock)) => Ok(clock),
            Some(Err(fault)) => Err(fault.clone()),
            None => Err(unknown(name)),
        };
        let named = time_zone(property).map(clock).transpose()?;
        match (value.ends_with(['Z', 'z']), named) {
            (true, _) => clock(UTC),
            (false, Some(named)) => Ok(named),
            (false, None) => {
                self.is_unnamed_used.set(true);
                Ok(&self.unnamed)
            }
        }
    }

    /// Did a time name no zone?
    pub(super) fn is_unnamed_used(&self) -> bool {
        self.is_unnamed_used.get()
    }
}

fn unknown(name: &str) -> String {
    format!(
        "unknown time zone `{name}`; use an IANA name as Europe/Berlin, or define it in the file"
    )
}

fn find(definition: Option<&IcalComponent<'_>>, name: &str) -> Result<Clock, String> {
    if let Ok(zone) = TimeZone::get(name) {
        return Ok(Clock::Zone(zone));
    }
    let definition = definition.ok_or_else(|| unknown(name))?;
    match location(definition).and_then(|place| TimeZone::get(place).ok()) {
        Some(zone) => Ok(Clock::Zone(zone)),
        None => defined(definition, name).map_err(|fault| format!("VTIMEZONE `{name}`: {fault}")),
    }
}

/// The IANA name that libical and what is built on it write beside a definition.
fn location<'a>(definition: &'a IcalComponent<'_>) -> Option<&'a str> {
    let place =
        definition.props.iter().find(|one| one.name.eq_ignore_ascii_case("X-LIC-LOCATION"))?;
    match &place.value {
        IcalValue::Text(text) => Some(&text.0),
        IcalValue::Unknown(unknown) => unknown.components.first()?.first().map(AsRef::as_ref),
        _ => None,
    }
}

fn defined(definition: &IcalComponent<'_>, name: &str) -> Result<Clock, String> {
    let observances = definition.components.iter().map(observance);
    let observances = observances.collect::<Result<Vec<_>, _>>()?;
    if observances.is_empty() {
        return Err("neither STANDARD nor DAYLIGHT".to_owned());
    }
    let zone = IcalTz { id: name.to_owned(), observances };
    let transitions = zone.transitions(HORIZON_YEAR);
    let mut offsets = IcalTzTransitions::of_zone(zone);
    // All at once: what is asked later would be worked out again for each further span of years.
    offsets.resolve(IcalRecurDateTime::date(HORIZON_YEAR, 1, 1));
    Ok(Clock::Defined { offsets: RefCell::new(offsets), transitions })
}

fn observance(component: &IcalComponent<'_>) -> Result<IcalTzObservance, String> {
    let name = &*component.name;
    if !is(component, IcalComponentKind::Standard) && !is(component, IcalComponentKind::Daylight) {
        return Err(format!("`{name}` is neither STANDARD nor DAYLIGHT"));
    }
    if let Some(unknown) = unknown_property(component) {
        return Err(format!("{name}: unknown property `{unknown}`"));
    }
    let mut read = IcalTzObservance::of_component(component)
        .ok_or_else(|| format!("{name}: TZOFFSETFROM or TZOFFSETTO cannot be read"))?;
    if read.from.abs() >= OFFSET_MAX || read.to.abs() >= OFFSET_MAX {
        return Err(format!("{name}: an offset of a day or more"));
    }
    let listed = component.props.iter().filter(|one| named(one, IcalPropKind::RDate));
    let listed = listed.map(|one| match &one.value {
        IcalValue::DateTimeList(list) => {
            list.0.iter().all(|item| local_time(item).is_some()).then_some(list.0.len())
        }
        _ => None,
    });
    let listed: Option<usize> = listed.sum();
    if read.onsets.start.is_none() || listed.is_none_or(|listed| listed > LISTED_MAX) {
        return Err(format!(
            "{name}: DTSTART or RDATE cannot be read, or more than {LISTED_MAX} of them"
        ));
    }
    let mut rules = component.props.iter().filter(|one| named(one, IcalPropKind::RRule));
    let (rule, more) = (rules.next(), rules.next());
    if more.is_some() {
        return Err(format!("{name}: more than one RRULE"));
    }
    read.onsets.rules.clear();
    if let Some(rule) = rule {
        let IcalValue::Recur(text) = &rule.value else {
            return Err(format!("{name}: RRULE cannot be read"));
        };
        let rule = rule_of_zone(&text.0, read.from).map_err(|fault| format!("{name}: {fault}"))?;
        read.onsets.rules.push(rule);
    }
    Ok(read)
}
