//! The clocks that the moments of a file are written in: UTC, a zone of IANA, or one that the file defines itself.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ical::component::{IcalComponent, IcalComponentKind, IcalComponentName};
use ical::ical::Ical;
use ical::param::IcalParam;
use ical::prop::{IcalProp, IcalPropKind, IcalPropName};
use ical::recur::{IcalRecurDateTime, IcalRecurFreq};
use ical::tz::{IcalTz, IcalTzObservance, IcalTzOffset, IcalTzTransition, IcalTzTransitions};
use ical::value::IcalValue;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// First year of which nothing is said: a yearly event without an end would be followed for thousands of years.
pub(super) const HORIZON_YEAR: i32 = 2100;

/// What turns a local time into a moment.
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

    /// The epoch second of an occurrence that a rule makes; `None` for a local time that the clock skips, at which
    /// nothing takes place.
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

    /// What this clock shows at an epoch second.
    pub(super) fn local(&self, second: i64) -> Option<IcalRecurDateTime> {
        let offset = match self {
            Self::Zone(zone) => zone.to_offset(Timestamp::from_second(second).ok()?).seconds(),
            Self::Defined { transitions, .. } => {
                let begun =
                    |one: &&IcalTzTransition| one.local.seconds() - i64::from(one.from) <= second;
                let last = transitions.iter().take_while(begun).last();
                last.map(|one| one.to).or_else(|| Some(transitions.first()?.from))?
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

/// The clocks of one calendar.
#[derive(Debug)]
pub(super) struct Clocks {
    unnamed: Clock,
    named: BTreeMap<String, Result<Clock, String>>,
}

/// The name under which times that end in `Z` find their clock.
const UTC: &str = "UTC";

impl Clocks {
    /// All that the events of a calendar name; `unnamed` is that of times without a zone.
    pub(super) fn of(calendar: &Ical<'_>, unnamed: TimeZone) -> Self {
        let mut named = BTreeMap::from([(UTC.to_owned(), Ok(Clock::Zone(TimeZone::UTC)))]);
        let events = calendar.components.iter().filter(|one| is(one, IcalComponentKind::VEvent));
        for name in events.flat_map(|one| &one.props).filter_map(time_zone) {
            if !named.contains_key(name) {
                named.insert(name.to_owned(), find(calendar, name));
            }
        }
        Self { unnamed: Clock::Zone(unnamed), named }
    }

    /// The clock of a property's value.
    ///
    /// # Errors
    /// A zone that nobody knows.
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
            (false, None) => Ok(&self.unnamed),
        }
    }
}

fn unknown(name: &str) -> String {
    format!(
        "unknown time zone `{name}`; use an IANA name as Europe/Berlin, or define it in the file"
    )
}

fn find(calendar: &Ical<'_>, name: &str) -> Result<Clock, String> {
    if let Ok(zone) = TimeZone::get(name) {
        return Ok(Clock::Zone(zone));
    }
    let definitions =
        calendar.components.iter().filter(|one| is(one, IcalComponentKind::VTimezone));
    for one in definitions {
        let Some(zone) = IcalTz::of_component(one).filter(|zone| zone.id == name) else { continue };
        if let Some(zone) = location(one).and_then(|place| TimeZone::get(place).ok()) {
            return Ok(Clock::Zone(zone));
        }
        return defined(one, zone).map_err(|fault| format!("VTIMEZONE `{name}`: {fault}"));
    }
    Err(unknown(name))
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

fn defined(definition: &IcalComponent<'_>, zone: IcalTz) -> Result<Clock, String> {
    let observances = definition
        .components
        .iter()
        .filter(|one| is(one, IcalComponentKind::Standard) || is(one, IcalComponentKind::Daylight));
    let mut found = 0;
    for one in observances {
        let Some(read) = IcalTzObservance::of_component(one) else {
            return Err("TZOFFSETFROM or TZOFFSETTO cannot be read".to_owned());
        };
        let rules = one.props.iter().filter(|one| named(one, IcalPropKind::RRule)).count();
        let yearly = |freq| matches!(freq, IcalRecurFreq::Yearly);
        if read.onsets.start.is_none()
            || read.onsets.rules.len() != rules
            || !read.onsets.rules.iter().all(|rule| yearly(rule.freq))
        {
            return Err("DTSTART or RRULE cannot be read; a zone changes once a year".to_owned());
        }
        found += 1;
    }
    if found == 0 {
        return Err("neither STANDARD nor DAYLIGHT".to_owned());
    }
    let transitions = zone.transitions(HORIZON_YEAR);
    let mut offsets = IcalTzTransitions::of_zone(zone);
    // All at once: what is asked later would be worked out again for each further span of years.
    offsets.resolve(IcalRecurDateTime::date(HORIZON_YEAR, 1, 1));
    Ok(Clock::Defined { offsets: RefCell::new(offsets), transitions })
}

/// Is the component of this kind?
pub(super) fn is(component: &IcalComponent<'_>, kind: IcalComponentKind) -> bool {
    matches!(component.name, IcalComponentName::Kind(one) if one == kind)
}

/// Has the property this name?
pub(super) fn named(property: &IcalProp<'_>, kind: IcalPropKind) -> bool {
    matches!(property.name, IcalPropName::Kind(one) if one == kind)
}

fn time_zone<'a>(property: &'a IcalProp<'_>) -> Option<&'a str> {
    property.params.iter().find_map(|one| match one {
        IcalParam::TzId(name) => Some(name.as_ref()),
        _ => None,
    })
}
