//! Named times: business hours, deployment windows, freezes, in an IANA zone.
//!
//! Windows are compared as wall-clock time, so both edges of daylight saving come out as people
//! read them: an hour that happens twice is inside twice, an hour that is skipped never happens.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// Most windows and dates in one calendar.
pub const CALENDAR_ENTRIES_MAX: usize = 1_000;

/// A calendar as written in the site file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CalendarSpec {
    /// IANA time zone, as `Europe/Berlin` or `Etc/UTC`.
    pub zone: String,
    /// Windows that repeat every week.
    #[serde(default)]
    pub weekly: Vec<WeeklySpec>,
    /// Single spans of time.
    #[serde(default)]
    pub spans: Vec<SpanSpec>,
    /// Days on which no weekly window opens, as 2026-12-25.
    #[serde(default)]
    pub except: Vec<String>,
}

/// A window that repeats every week.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WeeklySpec {
    /// Days on which the window opens: `mon`, `tue`, or a range such as `mon-fri`.
    pub days: Vec<String>,
    /// First minute inside, as 08:00.
    pub from: String,
    /// First minute outside, as 18:00 or 24:00; before `from` it means the next day.
    pub to: String,
}

/// One span of time.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SpanSpec {
    /// First moment inside, as 2026-12-20T00:00.
    pub from: String,
    /// First moment outside.
    pub to: String,
}

/// A calendar ready to be asked.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
    weekly: Vec<Weekly>,
    spans: Vec<(DateTime, DateTime)>,
    except: Vec<Date>,
}

#[derive(Debug, Clone)]
struct Weekly {
    days: Vec<Weekday>,
    from: Time,
    /// `None`: until midnight.
    to: Option<Time>,
}

impl Calendar {
    /// Checks and compiles a calendar.
    ///
    /// # Errors
    /// Path below the calendar and what is wrong there.
    pub fn compile(spec: &CalendarSpec) -> Result<Self, (String, String)> {
        let zone = TimeZone::get(&spec.zone).map_err(|_| {
            (
                "zone".to_owned(),
                format!("unknown time zone `{}`; use an IANA name as Europe/Berlin", spec.zone),
            )
        })?;
        if spec.weekly.len() + spec.spans.len() + spec.except.len() > CALENDAR_ENTRIES_MAX {
            return Err((String::new(), format!("more than {CALENDAR_ENTRIES_MAX} entries")));
        }
        if spec.weekly.is_empty() && spec.spans.is_empty() {
            return Err((String::new(), "a calendar needs `weekly` windows or `spans`".to_owned()));
        }
        let at = |list: &str, index: usize, fault: String| (format!("{list}[{index}]"), fault);
        let mut calendar = Self { zone, weekly: Vec::new(), spans: Vec::new(), except: Vec::new() };
        for (index, window) in spec.weekly.iter().enumerate() {
            calendar.weekly.push(weekly(window).map_err(|fault| at("weekly", index, fault))?);
        }
        for (index, span) in spec.spans.iter().enumerate() {
            calendar.spans.push(single(span).map_err(|fault| at("spans", index, fault))?);
        }
        for (index, day) in spec.except.iter().enumerate() {
            let parsed = day.parse().map_err(|_| format!("`{day}` is no date as 2026-12-25"));
            calendar.except.push(parsed.map_err(|fault| at("except", index, fault))?);
        }
        Ok(calendar)
    }

    /// Is this moment inside?
    #[must_use]
    pub fn contains(&self, moment: Timestamp) -> bool {
        let local = moment.to_zoned(self.zone.clone()).datetime();
        self.spans.iter().any(|(from, to)| (*from..*to).contains(&local))
            || self.weekly.iter().any(|window| self.inside(window, local))
    }

    fn inside(&self, window: &Weekly, local: DateTime) -> bool {
        let opens_on =
            |day: Date| window.days.contains(&day.weekday()) && !self.except.contains(&day);
        let (today, time) = (local.date(), local.time());
        match window.to {
            None => opens_on(today) && time >= window.from,
            Some(to) if window.from < to => opens_on(today) && (window.from..to).contains(&time),
            // Across midnight: the part after midnight belongs to the day before.
            Some(to) => {
                let yesterday = today.checked_sub(1.day());
                (opens_on(today) && time >= window.from)
                    || (time < to && yesterday.is_ok_and(opens_on))
            }
        }
    }
}

fn weekly(spec: &WeeklySpec) -> Result<Weekly, String> {
    let mut days = Vec::new();
    for word in &spec.days {
        days.extend(weekdays(word)?);
    }
    if days.is_empty() {
        return Err("`days` is empty; name a day as mon or a range as mon-fri".to_owned());
    }
    let from = clock_time(&spec.from)?;
    let to = if spec.to == "24:00" { None } else { Some(clock_time(&spec.to)?) };
    if to == Some(from) {
        return Err("`from` and `to` are the same; a whole day is 00:00 to 24:00".to_owned());
    }
    Ok(Weekly { days, from, to })
}

fn clock_time(text: &str) -> Result<Time, String> {
    let well_formed = text.len() == 5 && text.get(2..3) == Some(":");
    text.parse().ok().filter(|_| well_formed).ok_or_else(|| format!("`{text}` is no time as 08:00"))
}

fn single(spec: &SpanSpec) -> Result<(DateTime, DateTime), String> {
    let moment = |text: &str| -> Result<DateTime, String> {
        text.parse().map_err(|_| format!("`{text}` is no moment as 2026-12-20T00:00"))
    };
    let (from, to) = (moment(&spec.from)?, moment(&spec.to)?);
    if from >= to {
        return Err("`to` must be after `from`".to_owned());
    }
    Ok((from, to))
}

/// `mon`, `monday` or `mon-fri`.
fn weekdays(word: &str) -> Result<Vec<Weekday>, String> {
    let one = |word: &str| -> Result<Weekday, String> {
        Ok(match word.trim().to_lowercase().as_str() {
            "mon" | "monday" => Weekday::Monday,
            "tue" | "tuesday" => Weekday::Tuesday,
            "wed" | "wednesday" => Weekday::Wednesday,
            "thu" | "thursday" => Weekday::Thursday,
            "fri" | "friday" => Weekday::Friday,
            "sat" | "saturday" => Weekday::Saturday,
            "sun" | "sunday" => Weekday::Sunday,
            other => {
                return Err(format!("unknown day `{other}`; days: mon tue wed thu fri sat sun"));
            }
        })
    };
    let Some((first, last)) = word.split_once('-') else { return Ok(vec![one(word)?]) };
    let (first, last) = (one(first)?, one(last)?);
    let count = usize::try_from(first.until(last)).unwrap_or_default() + 1;
    Ok(first.cycle_forward().take(count).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(yaml_days: &[&str], from: &str, to: &str, except: &[&str]) -> Calendar {
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        Calendar::compile(&CalendarSpec {
            zone: "Europe/Berlin".to_owned(),
            weekly: vec![WeeklySpec {
                days: owned(yaml_days),
                from: from.to_owned(),
                to: to.to_owned(),
            }],
            spans: Vec::new(),
            except: owned(except),
        })
        .unwrap()
    }

    #[track_caller]
    fn check(calendar: &Calendar, moment: &str, want: bool) {
        assert_eq!(calendar.contains(moment.parse().unwrap()), want, "{moment}");
    }

    #[test]
    fn business_hours_follow_the_zone_and_its_holidays() {
        let hours = calendar(&["mon-fri"], "08:00", "18:00", &["2026-12-25"]);
        check(&hours, "2026-11-20T07:00:00Z", true); // Friday 08:00 in winter
        check(&hours, "2026-11-20T06:59:59Z", false);
        check(&hours, "2026-11-20T17:00:00Z", false); // the end is outside
        check(&hours, "2026-07-17T06:00:00Z", true); // Friday 08:00 in summer
        check(&hours, "2026-11-21T10:00:00Z", false); // Saturday
        check(&hours, "2026-12-25T10:00:00Z", false);
    }

    #[test]
    fn a_window_across_midnight_belongs_to_the_day_it_opens() {
        let night = calendar(&["fri"], "22:00", "02:00", &["2026-11-27"]);
        check(&night, "2026-11-20T21:30:00Z", true); // Friday 22:30
        check(&night, "2026-11-21T00:30:00Z", true); // Saturday 01:30
        check(&night, "2026-11-21T21:30:00Z", false); // Saturday 22:30
        check(&night, "2026-11-28T00:30:00Z", false); // the morning after the excepted Friday
    }

    #[test]
    fn both_edges_of_daylight_saving() {
        let early = calendar(&["sun"], "02:00", "03:00", &[]);
        // 2026-10-25: 02:30 happens twice, in summer and in winter time.
        check(&early, "2026-10-25T00:30:00Z", true);
        check(&early, "2026-10-25T01:30:00Z", true);
        check(&early, "2026-10-25T02:00:00Z", false);
        // 2026-03-29: 02:00 to 03:00 does not exist.
        check(&early, "2026-03-29T00:59:59Z", false);
        check(&early, "2026-03-29T01:00:00Z", false);
    }

    #[test]
    fn faults_name_the_entry() {
        let mut spec = CalendarSpec {
            zone: "Europe/Berlni".to_owned(),
            weekly: vec![WeeklySpec {
                days: vec!["mon".into()],
                from: "08:00".into(),
                to: "8:00".into(),
            }],
            spans: Vec::new(),
            except: Vec::new(),
        };
        assert_eq!(Calendar::compile(&spec).unwrap_err().0, "zone");
        spec.zone = "Etc/UTC".to_owned();
        assert_eq!(Calendar::compile(&spec).unwrap_err().0, "weekly[0]");
        assert_eq!(weekdays("sat-mon").unwrap().len(), 3);
    }
}
