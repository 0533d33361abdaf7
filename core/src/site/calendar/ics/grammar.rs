//! The grammar of a file: components, properties, moments, rules. It is strict: a misspelt word is refused, because it
//! would be ignored otherwise.
//!
//! Source: <https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10>

use std::collections::BTreeMap;

use ical::component::{IcalComponent, IcalComponentKind, IcalComponentName};
use ical::param::IcalParam;
use ical::prop::{IcalProp, IcalPropKind, IcalPropName};
use ical::recur::{IcalRecurDateTime, IcalRecurFreq, IcalRecurRule};
use ical::value::IcalValue;

/// First year that is not computed: a yearly event without an end would be followed for thousands of years.
pub(super) const HORIZON_YEAR: i32 = 2100;

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
/// No year has more weeks.
const WEEKS_OF_YEAR: u16 = 53;

/// Is the component of this kind?
pub(super) fn is(component: &IcalComponent<'_>, kind: IcalComponentKind) -> bool {
    matches!(component.name, IcalComponentName::Kind(one) if one == kind)
}

/// Has the property this name?
pub(super) fn named(property: &IcalProp<'_>, kind: IcalPropKind) -> bool {
    matches!(property.name, IcalPropName::Kind(one) if one == kind)
}

/// The text of the first property of this name.
pub(super) fn text<'a>(component: &'a IcalComponent<'_>, kind: IcalPropKind) -> Option<&'a str> {
    match &component.props.iter().find(|one| named(one, kind))?.value {
        IcalValue::Text(text) => Some(text.0.trim()),
        _ => None,
    }
}

/// The zone that a property names.
pub(super) fn time_zone<'a>(property: &'a IcalProp<'_>) -> Option<&'a str> {
    property.params.iter().find_map(|one| match one {
        IcalParam::TzId(name) => Some(name.as_ref()),
        _ => None,
    })
}

/// A date, or a date and a time of day, in digits.
pub(super) fn local_time(text: &str) -> Option<IcalRecurDateTime> {
    let plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, 'T' | 't' | 'Z' | 'z'));
    IcalRecurDateTime::parse(text).ok().filter(|_| plain)
}

/// A property that no standard knows, and that is not marked as somebody's own: a word written wrong.
pub(super) fn unknown_property<'a>(component: &'a IcalComponent<'_>) -> Option<&'a str> {
    unknown_of(&component.props)
}

/// The same of the properties of a whole calendar.
pub(super) fn unknown_of<'a>(properties: &'a [IcalProp<'_>]) -> Option<&'a str> {
    properties.iter().find_map(|one| match &one.name {
        IcalPropName::Unknown(name)
            if !name.get(..2).is_some_and(|x| x.eq_ignore_ascii_case("X-")) =>
        {
            Some(name.as_ref())
        }
        _ => None,
    })
}

/// A moment as files write it.
pub(super) fn written(local: IcalRecurDateTime) -> String {
    let IcalRecurDateTime { year, month, day, hour, minute, second, .. } = local;
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}")
}

/// A rule, and its end as written.
///
/// # Errors
/// What cannot be followed.
pub(super) fn rule(text: &str) -> Result<(IcalRecurRule, Option<&str>), String> {
    let mut parts = BTreeMap::new();
    for part in text.split(';') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (name.trim().to_ascii_uppercase(), value.trim());
        if !PARTS.contains(&name.as_str()) {
            return Err(format!("RRULE: `{name}` is not followed"));
        }
        if value.is_empty() || value.split(',').any(|one| one.trim().is_empty()) {
            return Err(format!("RRULE: `{name}` says nothing"));
        }
        if parts.insert(name, value).is_some() {
            return Err(format!("RRULE: `{part}` is there twice"));
        }
    }
    let rule =
        IcalRecurRule::parse(text).map_err(|fault| format!("RRULE cannot be read: {fault}"))?;
    if let Some(problem) = rule.problems().first() {
        return Err(format!("RRULE: {problem}"));
    }
    let beyond = |ordinal: i16| ordinal == 0 || ordinal.unsigned_abs() > WEEKS_OF_YEAR;
    if rule.count == Some(0) || rule.by_day.iter().any(|day| day.ordinal.is_some_and(beyond)) {
        return Err("RRULE: COUNT or a number of BYDAY that no period has".to_owned());
    }
    Ok((rule, parts.get("UNTIL").copied()))
}

/// The rule by which a zone changes its clocks, which ends in UTC or in the time by the offset before the change.
///
/// # Errors
/// What cannot be followed.
pub(super) fn rule_of_zone(text: &str, offset: i32) -> Result<IcalRecurRule, String> {
    let (mut rule, until) = rule(text)?;
    let plain = rule.freq == IcalRecurFreq::Yearly
        && rule.by_set_pos.is_empty()
        && [&rule.by_hour, &rule.by_minute, &rule.by_second].iter().all(|list| list.is_empty());
    if !plain {
        return Err("RRULE is not followed; a zone changes once a year".to_owned());
    }
    rule.until = match until {
        None => None,
        Some(until) => Some(match (until.len(), until_moment(until)?) {
            (16, until) => IcalRecurDateTime::from_seconds(until.seconds() + i64::from(offset)),
            (8, until) => end_of_day(until),
            (_, until) => until,
        }),
    };
    Ok(rule)
}

/// The moment at which a rule ends, as written.
///
/// # Errors
/// That it cannot be read.
pub(super) fn until_moment(until: &str) -> Result<IcalRecurDateTime, String> {
    local_time(until).ok_or_else(|| format!("RRULE: UNTIL `{until}` cannot be read"))
}

/// The last second of a day.
pub(super) fn end_of_day(day: IcalRecurDateTime) -> IcalRecurDateTime {
    IcalRecurDateTime { hour: 23, minute: 59, second: 59, ..day }
}
