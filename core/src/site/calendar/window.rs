//! Calendars: weekly windows, spans of time, holidays.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::ics::{Ics, IcsSize};
use super::presence::Presence;
use crate::text::nearest;

/// Most windows and dates in one calendar.
const CALENDAR_ENTRIES_MAX: usize = 1_000;

/// A calendar as written in the site file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CalendarSpec {
    /// IANA time zone, as `Europe/Berlin` or `Etc/UTC`; for iCalendar files the zone of times that
    /// name none.
    #[serde(default)]
    pub zone: Option<String>,
    /// Windows that repeat every week.
    #[serde(default)]
    pub weekly: Vec<WeeklySpec>,
    /// Single spans of time.
    #[serde(default)]
    pub spans: Vec<SpanSpec>,
    /// Days on which no weekly window opens, as 2026-12-25, or an iCalendar file of them, as
    /// holidays.ics.
    #[serde(default)]
    pub except: Vec<String>,
    /// iCalendar file beside the site file: inside while one of its events takes place.
    #[serde(default)]
    pub ics: Option<String>,
    /// ARN or name of a change calendar of AWS Systems Manager: inside while it is open.
    #[serde(default)]
    pub change_calendar: Option<String>,
}

/// Texts of iCalendar files by name.
pub type IcsFiles = BTreeMap<String, String>;

/// A window that repeats every week.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SpanSpec {
    /// First moment inside, as 2026-12-20T00:00.
    pub from: String,
    /// First moment outside.
    pub to: String,
}

/// A compiled calendar.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
    weekly: Vec<Weekly>,
    spans: Vec<(DateTime, DateTime)>,
    except: Vec<Date>,
    except_ics: Vec<Ics>,
    ics: Option<Ics>,
    change_calendar: Option<String>,
}

/// What is wrong with a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarFault {
    /// Where, below the calendar. Empty for the whole of it.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// The nearest right word.
    pub help: Option<String>,
}

impl CalendarFault {
    fn new(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), message: message.into(), help: None }
    }

    fn below(self, path: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self { path: format!("{path}{dot}{}", self.path), ..self }
    }
}

#[derive(Debug, Clone)]
struct Weekly {
    days: Vec<Weekday>,
    from: Time,
    /// `None`: until midnight.
    to: Option<Time>,
}

impl Calendar {
    /// Checks and compiles a calendar. `files` are the iCalendar files beside the site file, `taken` is the size of the
    /// files of earlier calendars.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn compile(
        spec: &CalendarSpec,
        files: &IcsFiles,
        taken: &mut IcsSize,
    ) -> Result<Self, Vec<CalendarFault>> {
        let mut faults = Vec::new();
        let zone = zone(spec).unwrap_or_else(|fault| {
            faults.push(fault);
            TimeZone::UTC
        });
        if spec.weekly.len() + spec.spans.len() + spec.except.len() > CALENDAR_ENTRIES_MAX {
            faults
                .push(CalendarFault::new("", format!("more than {CALENDAR_ENTRIES_MAX} entries")));
            return Err(faults);
        }
        let windows = !spec.weekly.is_empty() || !spec.spans.is_empty();
        if !windows && spec.ics.is_none() && spec.change_calendar.is_none() {
            let message = "a calendar needs `weekly` windows, `spans`, `ics` or `change-calendar`";
            faults.push(CalendarFault::new("", message));
        }
        let mut calendar = Self {
            zone,
            weekly: Vec::new(),
            spans: Vec::new(),
            except: Vec::new(),
            except_ics: Vec::new(),
            ics: None,
            change_calendar: spec.change_calendar.clone(),
        };
        calendar.windows(spec, &mut faults);
        calendar.files(spec, files, taken, &mut faults);
        if faults.is_empty() { Ok(calendar) } else { Err(faults) }
    }

    fn windows(&mut self, spec: &CalendarSpec, faults: &mut Vec<CalendarFault>) {
        self.weekly = entries("weekly", spec.weekly.iter().map(weekly), faults);
        self.spans = entries("spans", spec.spans.iter().map(single), faults);
        for (index, day) in spec.except.iter().enumerate().filter(|(_, day)| !is_file(day)) {
            match day.parse() {
                Ok(day) => self.except.push(day),
                Err(_) => faults.push(CalendarFault::new(
                    &format!("except[{index}]"),
                    format!("`{day}` is neither a date nor a file; write it like 2026-12-25 or holidays.ics"),
                )),
            }
        }
    }

    fn files(
        &mut self,
        spec: &CalendarSpec,
        files: &IcsFiles,
        taken: &mut IcsSize,
        faults: &mut Vec<CalendarFault>,
    ) {
        let zone = self.zone.clone();
        let mut read = |name: &String, at: &str| {
            let found = match files.get(name) {
                Some(text) => {
                    Ics::read(text, &zone, taken).map_err(|fault| format!("{name}: {fault}"))
                }
                None => Err(format!("no file `{name}` beside the site file; it must end in .ics")),
            };
            found.map_err(|message| faults.push(CalendarFault::new(at, message))).ok()
        };
        self.ics = spec.ics.as_ref().and_then(|name| read(name, "ics"));
        for (index, name) in spec.except.iter().enumerate().filter(|(_, name)| is_file(name)) {
            self.except_ics.extend(read(name, &format!("except[{index}]")));
        }
    }

    /// The change calendar that must be asked too.
    #[must_use]
    pub fn change_calendar(&self) -> Option<&str> {
        self.change_calendar.as_deref()
    }

    /// The size of its files.
    ///
    /// # Errors
    /// Together the files of all calendars exceed the limit.
    pub(crate) fn add_size(&self, taken: &mut IcsSize) -> Result<(), String> {
        self.ics.iter().chain(&self.except_ics).try_for_each(|ics| taken.add(ics.size()))
    }

    /// Time from which its files say nothing, if they have more occurrences than are counted.
    #[must_use]
    pub fn known_until(&self) -> Option<Timestamp> {
        self.ics.iter().chain(&self.except_ics).filter_map(Ics::known_until).min()
    }

    /// The zone that one of its files names for times without one, where they are read in the calendar's own, another.
    #[must_use]
    pub fn other_zone(&self) -> Option<&str> {
        self.ics.iter().chain(&self.except_ics).find_map(Ics::other_zone)
    }

    /// Exceptions in its files that hit no occurrence, each with its line.
    pub fn missed(&self) -> impl Iterator<Item = &str> {
        self.ics.iter().chain(&self.except_ics).flat_map(|ics| ics.missed()).map(String::as_str)
    }

    /// Name of its time zone.
    #[must_use]
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or_default()
    }

    /// Is this moment inside? `open` is the answer of the change calendar, if it answered.
    #[must_use]
    pub(crate) fn presence(&self, moment: Timestamp, open: Option<bool>) -> Presence {
        let local = moment.to_zoned(self.zone.clone()).datetime();
        let within = |span: &(DateTime, DateTime)| (span.0..span.1).contains(&local);
        let spans = Presence::of(self.spans.iter().any(within));
        let weekly = self.weekly.iter().map(|window| self.inside(window, local));
        let file = self.ics.as_ref().map(|ics| ics.presence(moment));
        let asked = open.map_or(Presence::Unknown, Presence::of);
        let asked = self.change_calendar.is_some().then_some(asked);
        weekly.chain(file).chain(asked).fold(spans, Presence::or)
    }

    /// A day counts by its noon: files of holidays hold whole days.
    fn excepted(&self, day: Date) -> Presence {
        let noon = day.at(12, 0, 0, 0).to_zoned(self.zone.clone());
        let noon = noon.map(|noon| noon.timestamp());
        let holds = |ics: &Ics| noon.as_ref().map_or(Presence::Unknown, |noon| ics.presence(*noon));
        let named = Presence::of(self.except.contains(&day));
        self.except_ics.iter().map(holds).fold(named, Presence::or)
    }

    fn inside(&self, window: &Weekly, local: DateTime) -> Presence {
        let opens_on = |day: Date| match window.days.contains(&day.weekday()) {
            true => self.excepted(day).not(),
            false => Presence::Outside,
        };
        let (today, time) = (local.date(), local.time());
        let from_today = |within: bool| if within { opens_on(today) } else { Presence::Outside };
        match window.to {
            None => from_today(time >= window.from),
            Some(to) if window.from < to => from_today((window.from..to).contains(&time)),
            // Across midnight: the part after midnight belongs to the day before.
            Some(to) => {
                let yesterday = today.checked_sub(1.day()).ok().filter(|_| time < to);
                from_today(time >= window.from).or(yesterday.map_or(Presence::Outside, opens_on))
            }
        }
    }
}

fn is_file(entry: &str) -> bool {
    entry.to_lowercase().ends_with(".ics")
}

/// The right entries of a list; the faults of the others, with their places.
fn entries<T>(
    list: &str,
    read: impl Iterator<Item = Result<T, Vec<CalendarFault>>>,
    faults: &mut Vec<CalendarFault>,
) -> Vec<T> {
    let mut right = Vec::new();
    for (index, entry) in read.enumerate() {
        match entry {
            Ok(entry) => right.push(entry),
            Err(found) => {
                let at = format!("{list}[{index}]");
                faults.extend(found.into_iter().map(|fault| fault.below(&at)));
            }
        }
    }
    right
}

/// The zone of a calendar.
fn zone(spec: &CalendarSpec) -> Result<TimeZone, CalendarFault> {
    let name = match (&spec.zone, &spec.change_calendar) {
        (Some(zone), _) => zone.as_str(),
        (None, Some(_)) => "Etc/UTC",
        (None, None) => {
            return Err(CalendarFault::new("", "a calendar needs a `zone`, as Europe/Berlin"));
        }
    };
    TimeZone::get(name).map_err(|_| {
        let message = format!("unknown time zone `{name}`; use an IANA name as Europe/Berlin");
        let help = nearest_zone(name).map(|meant| format!("did you mean `{meant}`?"));
        CalendarFault { help, ..CalendarFault::new("zone", message) }
    })
}

/// Most letters that the name of a zone has otherwise, and is still meant.
const ZONE_LETTERS_MAX: usize = 2;

/// The zone that is nearest to a name, or whose place alone it is: `Berlin`.
fn nearest_zone(name: &str) -> Option<String> {
    let small = name.to_lowercase();
    let distance = |zone: &str| {
        let zone = zone.to_lowercase();
        match zone.rsplit('/').next() == Some(&small) {
            true => 0,
            false => strsim::osa_distance(&zone, &small),
        }
    };
    let most = ZONE_LETTERS_MAX.min(small.len() / 4);
    let zones = jiff::tz::db().available();
    let zones = zones.map(|zone| (distance(zone.as_str()), zone.as_str().to_owned()));
    zones.filter(|(distance, _)| *distance <= most).min().map(|(_, zone)| zone)
}

fn weekly(spec: &WeeklySpec) -> Result<Weekly, Vec<CalendarFault>> {
    let (mut days, mut faults) = (Vec::new(), Vec::new());
    for (index, word) in spec.days.iter().enumerate() {
        match weekdays(word) {
            Ok(found) => days.extend(found),
            Err((message, help)) => {
                let at = format!("days[{index}]");
                faults.push(CalendarFault { help, ..CalendarFault::new(&at, message) });
            }
        }
    }
    if spec.days.is_empty() {
        let message = "`days` is empty; name a day as mon or a range as mon-fri";
        faults.push(CalendarFault::new("days", message));
    }
    let mut time = |text: &str, at: &str| {
        clock_time(text).map_err(|message| faults.push(CalendarFault::new(at, message))).ok()
    };
    let from = time(&spec.from, "from");
    let to = if spec.to == "24:00" { None } else { time(&spec.to, "to") };
    if from.is_some() && to == from {
        let message = "`from` and `to` are the same; a whole day is 00:00 to 24:00";
        faults.push(CalendarFault::new("", message));
    }
    match from {
        Some(from) if faults.is_empty() => Ok(Weekly { days, from, to }),
        _ => Err(faults),
    }
}

fn clock_time(text: &str) -> Result<Time, String> {
    let well_formed = text.len() == 5 && text.get(2..3) == Some(":");
    text.parse()
        .ok()
        .filter(|_| well_formed)
        .ok_or_else(|| format!("`{text}` is not a time; write it like 08:00"))
}

fn single(spec: &SpanSpec) -> Result<(DateTime, DateTime), Vec<CalendarFault>> {
    let mut faults = Vec::new();
    let mut moment = |text: &str, at: &str| -> Option<DateTime> {
        let message = format!("`{text}` is not a moment; write it like 2026-12-20T00:00");
        text.parse().map_err(|_| faults.push(CalendarFault::new(at, message))).ok()
    };
    match (moment(&spec.from, "from"), moment(&spec.to, "to")) {
        (Some(from), Some(to)) if from < to => Ok((from, to)),
        (Some(_), Some(_)) => Err(vec![CalendarFault::new("", "`to` must be after `from`")]),
        _ => Err(faults),
    }
}

/// The days of the week, by the names that they may have.
const DAYS: [(&str, &str, Weekday); 7] = [
    ("mon", "monday", Weekday::Monday),
    ("tue", "tuesday", Weekday::Tuesday),
    ("wed", "wednesday", Weekday::Wednesday),
    ("thu", "thursday", Weekday::Thursday),
    ("fri", "friday", Weekday::Friday),
    ("sat", "saturday", Weekday::Saturday),
    ("sun", "sunday", Weekday::Sunday),
];

/// `mon`, `monday` or `mon-fri`. What is none comes back with the nearest day.
fn weekdays(word: &str) -> Result<Vec<Weekday>, (String, Option<String>)> {
    let one = |word: &str| {
        let small = word.trim().to_lowercase();
        let found = DAYS.iter().find(|(short, long, _)| *short == small || *long == small);
        found.map(|(.., day)| *day).ok_or_else(|| {
            let message = format!("unknown day `{small}`; days: mon tue wed thu fri sat sun");
            (message, nearest::suggestion(&small, DAYS.iter().map(|(short, ..)| *short)))
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
        let spec = CalendarSpec {
            zone: Some("Europe/Berlin".to_owned()),
            weekly: vec![WeeklySpec {
                days: owned(yaml_days),
                from: from.to_owned(),
                to: to.to_owned(),
            }],
            except: owned(except),
            ..CalendarSpec::default()
        };
        let holidays = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY\r\n\
                        END:VEVENT\r\nEND:VCALENDAR\r\n";
        let files = IcsFiles::from([("holidays.ics".to_owned(), holidays.to_owned())]);
        Calendar::compile(&spec, &files, &mut IcsSize::default()).unwrap()
    }

    #[track_caller]
    fn check(calendar: &Calendar, moment: &str, want: bool) {
        let want = if want { Presence::Inside } else { Presence::Outside };
        assert_eq!(calendar.presence(moment.parse().unwrap(), None), want, "{moment}");
    }

    #[test]
    fn business_hours_follow_the_zone_and_its_holidays() {
        let hours = calendar(&["mon-fri"], "08:00", "18:00", &["2026-12-25", "holidays.ics"]);
        check(&hours, "2026-11-20T07:00:00Z", true); // Friday 08:00 in winter
        check(&hours, "2026-11-20T06:59:59Z", false);
        check(&hours, "2026-11-20T17:00:00Z", false); // the end is outside
        check(&hours, "2026-07-17T06:00:00Z", true); // Friday 08:00 in summer
        check(&hours, "2026-11-21T10:00:00Z", false); // Saturday
        check(&hours, "2026-12-25T10:00:00Z", false);
        check(&hours, "2027-01-01T10:00:00Z", false); // a Friday, in the file
    }

    #[test]
    fn where_a_file_of_holidays_ends_nobody_knows() {
        let mut hours = calendar(&["mon-fri"], "08:00", "18:00", &["holidays.ics"]);
        let holidays = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:x\nDTSTART;VALUE=DATE:20100101\nRRULE:FREQ=DAILY\n\
                        END:VEVENT\nEND:VCALENDAR\n";
        let zone = hours.zone.clone();
        hours.except_ics = vec![Ics::read(holidays, &zone, &mut IcsSize::default()).unwrap()];
        let presence = |moment: &str| hours.presence(moment.parse().unwrap(), None);
        assert_eq!(presence("2020-11-20T10:00:00Z"), Presence::Outside);
        assert_eq!(presence("2026-11-20T10:00:00Z"), Presence::Unknown);
        assert_eq!(presence("2026-11-20T22:00:00Z"), Presence::Outside); // closed on any day
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
            zone: Some("Europe/Berlni".to_owned()),
            weekly: vec![WeeklySpec {
                days: vec!["frid".into()],
                from: "25:00".into(),
                to: "8:00".into(),
            }],
            ..CalendarSpec::default()
        };
        let compile = |spec: &CalendarSpec| {
            Calendar::compile(spec, &IcsFiles::new(), &mut IcsSize::default())
        };
        let faults = |spec: &CalendarSpec| -> Vec<String> {
            compile(spec).unwrap_err().into_iter().map(|fault| fault.path).collect()
        };
        // All of it at once, each with the nearest right word.
        assert_eq!(faults(&spec), ["zone", "weekly[0].days[0]", "weekly[0].from", "weekly[0].to"]);
        let helps: Vec<_> =
            compile(&spec).unwrap_err().into_iter().filter_map(|fault| fault.help).collect();
        assert_eq!(helps, ["did you mean `Europe/Berlin`?", "did you mean `fri`?"]);
        spec.zone = Some("Etc/UTC".to_owned());
        spec.weekly.clear();
        assert_eq!(faults(&spec), [""]);
        spec.spans = vec![SpanSpec { from: "today".into(), to: "tomorrow".into() }];
        assert_eq!(faults(&spec), ["spans[0].from", "spans[0].to"]);
        spec.spans.clear();
        spec.ics = Some("releases.ics".to_owned());
        assert_eq!(faults(&spec), ["ics"]);
        spec.ics = None;
        spec.change_calendar = Some("freeze".to_owned());
        let calendar = compile(&spec).unwrap();
        let presence = |open| calendar.presence(Timestamp::UNIX_EPOCH, open);
        assert_eq!(presence(Some(true)), Presence::Inside);
        assert_eq!(presence(Some(false)), Presence::Outside);
        assert_eq!(presence(None), Presence::Unknown);
        assert_eq!(weekdays("sat-mon").unwrap().len(), 3);
        assert_eq!(weekdays("xyz").unwrap_err().1, None);
        assert_eq!(nearest_zone("berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(nearest_zone("Mars/Olympus"), None);
    }
}
