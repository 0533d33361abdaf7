//! One register: what was written to one thing of one entity, in the order of the events' own time.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Most writes kept in one register; beyond it the oldest go.
pub(crate) const WRITES_MAX: usize = 8;
/// Most things kept in one list: what an identity had, who had a policy, which roles of an account were an
/// administrator's. Beyond it the oldest go.
pub(crate) const LISTED_MAX: usize = 256;
/// Longest value kept, in bytes, without the white space between the words of a document. IAM takes 10,240 characters
/// at most. If a value is longer, only the fact that it was written is kept.
pub(crate) const VALUE_BYTES_MAX: usize = 32 * 1024;
/// Time around the reading of a seed within which it is unknown whether an event came before it.
const SEED_SECS: i64 = 60;

/// A write of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// It took it away.
    Absent,
    /// It wrote this.
    Present(String),
    /// It wrote something, but does not say what.
    Unsaid,
    /// It gave this to an identity, whose list it joins for ever, even if it was taken away later. Empty: the list is
    /// kept from here on.
    Listed(String),
}

impl Value {
    /// A text as a value: a document without insignificant white space.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = compact(text);
        if text.len() > VALUE_BYTES_MAX { Self::Unsaid } else { Self::Present(text) }
    }
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// The event's own time.
    pub at: Timestamp,
    /// The event's ID, or the name of the seed.
    pub event_id: String,
    /// The value.
    pub value: Value,
    /// It was not written at that time, but read.
    #[serde(default)]
    pub seed: bool,
    /// When the thing joined the list, if it was given again since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Timestamp>,
}

impl Write {
    /// A write of an event, or with `seed` of a reading.
    #[must_use]
    pub fn new(at: Timestamp, event_id: String, value: Value, seed: bool) -> Self {
        Self { at, event_id, value, seed, joined: None }
    }
}

/// A moment that a question is about: the event that asks.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'e> {
    /// Its own time.
    pub at: Timestamp,
    /// Its ID: an earlier delivery of the same event does not count.
    pub event_id: &'e str,
}

/// All that is kept of one register.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    writes: Vec<Write>,
}

impl Register {
    /// Adds a write at its place. `true` if anything changed: a write that is there already, or is older than all
    /// writes of a full register, changes nothing.
    pub fn add(&mut self, write: &Write) -> bool {
        let list = matches!(write.value, Value::Listed(_));
        let same = self.writes.iter().position(|kept| match list {
            true => kept.value == write.value,
            false => kept.event_id == write.event_id,
        });
        let mut write = write.clone();
        if let Some(place) = same {
            // If it was given again, the last time counts, as the oldest write makes room.
            let younger = |kept: &&Write| order(kept) < order(&write);
            let Some(kept) = self.writes.get(place).filter(younger).filter(|_| list) else {
                return false;
            };
            write.joined = Some(kept.joined.unwrap_or(kept.at));
            self.writes.remove(place);
        }
        let place = self.writes.partition_point(|kept| order(kept) < order(&write));
        let full = self.writes.len() >= if list { LISTED_MAX } else { WRITES_MAX };
        if full && place == 0 {
            return false;
        }
        self.writes.insert(place, write);
        if full {
            self.writes.remove(0);
        }
        true
    }

    /// Older writes may have made room.
    pub(super) fn is_full(&self) -> bool {
        self.writes.len() >= WRITES_MAX
    }

    /// The things of a list, and whether it may have lost older things.
    pub(super) fn listed(&self) -> (impl Iterator<Item = &str>, bool) {
        let things = self.writes.iter().filter_map(|write| match &write.value {
            Value::Listed(thing) => Some(thing.as_str()),
            Value::Absent | Value::Present(_) | Value::Unsaid => None,
        });
        (things, self.writes.len() >= LISTED_MAX)
    }

    /// When the last of these things joined the list.
    pub(super) fn joined(&self, things: &BTreeSet<String>) -> Option<Timestamp> {
        let of = |write: &Write| match &write.value {
            Value::Listed(thing) if things.contains(thing) => {
                Some(write.joined.unwrap_or(write.at))
            }
            _ => None,
        };
        self.writes.iter().filter_map(of).max()
    }

    /// The last write.
    #[must_use]
    pub fn last(&self) -> Option<&Write> {
        self.writes.last()
    }

    /// All writes, the oldest first.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// Bytes of its values, and a little for each write.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let of = |write: &Write| match &write.value {
            Value::Present(text) | Value::Listed(text) => text.len() + 100,
            Value::Absent | Value::Unsaid => 100,
        };
        self.writes.iter().map(of).sum()
    }

    /// The writes that may have been the last before a moment, none of them older than `since`. Several if their
    /// times are equal: CloudTrail's times are in seconds.
    pub(super) fn before(&self, moment: Moment<'_>, since: Option<&Write>) -> Sight<'_> {
        let other = |write: &&Write| write.event_id != moment.event_id;
        let young = |write: &&Write| since.is_none_or(|since| !is_before(write, since));
        // The values that the creating event wrote precede every act on the entity.
        let made = since.filter(|since| !since.seed);
        let first = |write: &Write| made.is_some_and(|made| made.event_id == write.event_id);
        let near = |write: &Write| !first(write) && is_near(write, moment);
        let earlier = |write: &&Write| first(write) || (write.at < moment.at && !near(write));
        let kept = || self.writes.iter().filter(other).filter(young);
        let last = kept().rfind(earlier);
        let alike = |write: &&Write| last.is_some_and(|last| !is_before(write, last));
        let mut found: Vec<&Write> = kept().filter(earlier).filter(alike).collect();
        let unsure = found.is_empty();
        found.extend(kept().filter(|write| near(write)));
        match found.as_slice() {
            [] => Sight::Never,
            // If a write in the same second has nothing before it, it may have come after the event.
            [one, rest @ ..] if !unsure && rest.iter().all(|other| other.value == one.value) => {
                Sight::One(one)
            }
            _ => Sight::Several(found),
        }
    }

    /// The last write until a moment that made the entity, or deleted it before. A call on an entity comes after its
    /// making, even in the same second.
    pub(super) fn life(&self, moment: Moment<'_>) -> Option<&Write> {
        let counts = |write: &&Write| {
            let (then, now) = (second(write.at), second(moment.at));
            write.event_id != moment.event_id
                && if write.value == Value::Absent { then < now } else { then <= now }
        };
        let rank = |write: &&Write| (second(write.at), write.value != Value::Absent);
        self.writes.iter().filter(counts).max_by_key(rank)
    }

    /// Was it there when this write made it anew? A deletion in the same second came before.
    pub(super) fn was_there(&self, anew: &Write) -> bool {
        let older = self.writes.iter().rfind(|write| {
            second(write.at) < second(anew.at)
                || (second(write.at) == second(anew.at) && write.value == Value::Absent)
        });
        older.is_some_and(|write| write.value != Value::Absent)
    }

    /// Was it taken away between two writes, both included?
    pub(super) fn gone_between(&self, from: &Write, to: &Write) -> bool {
        let span = second(from.at)..=second(to.at);
        self.writes
            .iter()
            .any(|write| write.value == Value::Absent && span.contains(&second(write.at)))
    }

    /// The value before a write removed it, if that is certain.
    pub(super) fn held_until(&self, taking: &Write) -> Option<&str> {
        let others = || self.writes.iter().filter(|write| write.event_id != taking.event_id);
        let last = others().rfind(|write| is_before(write, taking))?;
        let may = |write: &&Write| !is_before(write, last) && !is_before(taking, write);
        match &last.value {
            Value::Present(text) if others().filter(may).all(|one| one.value == last.value) => {
                Some(text)
            }
            Value::Present(_) | Value::Absent | Value::Unsaid | Value::Listed(_) => None,
        }
    }

    /// The last write until a moment, even in the same second.
    pub(super) fn last_until(&self, moment: Moment<'_>) -> Option<&Write> {
        self.writes.iter().rfind(|write| {
            second(write.at) <= second(moment.at) && write.event_id != moment.event_id
        })
    }
}

/// The last writes in a register, before a moment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sight<'r> {
    /// No write is stored.
    Never,
    /// This was the last write.
    One(&'r Write),
    /// The last write was one of these. If all are in the queried second, it may also be one that nobody saw.
    Several(Vec<&'r Write>),
}

fn order(write: &Write) -> (Timestamp, &str) {
    (write.at, &write.event_id)
}

fn second(at: Timestamp) -> i64 {
    at.as_second()
}

/// Seconds around a write within which the order of two writes is unknown.
fn blur(write: &Write) -> i64 {
    if write.seed { SEED_SECS } else { 0 }
}

/// Is it unknown which of the two came first?
pub(super) fn is_near(write: &Write, moment: Moment<'_>) -> bool {
    (second(write.at) - second(moment.at)).abs() <= blur(write)
}

/// Was one write for certain made before the other?
pub(super) fn is_before(one: &Write, other: &Write) -> bool {
    second(one.at) + blur(one).max(blur(other)) < second(other.at)
}

/// A document without the white space between its words; a text that is not a JSON object, unchanged.
fn compact(text: &str) -> String {
    let text = text.trim();
    if !text.starts_with('{') {
        return text.to_owned();
    }
    let (mut inside, mut escaped) = (false, false);
    let means = |c: &char| {
        let keep = inside || !matches!(c, ' ' | '\t' | '\n' | '\r');
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            _ => {}
        }
        keep
    };
    text.chars().filter(means).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn write(second: i64, event: &str, value: &str) -> Write {
        let value = if value.is_empty() { Value::Absent } else { Value::of(value) };
        Write::new(at(second), event.to_owned(), value, false)
    }

    /// Writes as the table stores them, for five years.
    #[test]
    fn what_the_table_holds_is_read_and_written_as_ever() {
        let kept = [
            r#"{"at":"2026-11-20T02:00:00Z","event_id":"e","value":"absent","seed":false}"#,
            r#"{"at":"2026-11-20T02:00:00.5Z","event_id":"seed 1","value":{"present":"{}"},"seed":true}"#,
            r#"{"at":"2026-11-20T02:00:00Z","event_id":"e","value":"unsaid","seed":false}"#,
            r#"{"at":"2026-11-20T02:00:00Z","event_id":"e","value":{"listed":"r"},"seed":false,"joined":"2026-11-19T02:00:00Z"}"#,
        ];
        for kept in kept {
            let write: Write = serde_json::from_str(kept).unwrap();
            assert_eq!(serde_json::to_string(&write).unwrap(), kept);
        }
        // A write from before seeds were stored.
        let older = r#"{"at":"2026-11-20T02:00:00Z","event_id":"e","value":"absent"}"#;
        assert!(!serde_json::from_str::<Write>(older).unwrap().seed);
    }

    /// The possible values before a second, as words: a single one is certain.
    #[track_caller]
    fn check(writes: &[Write], second: i64, event_id: &str, want: &[&str]) {
        let mut register = Register::default();
        for one in writes {
            register.add(one);
        }
        let text = |write: &&Write| match &write.value {
            Value::Present(text) => text.clone(),
            other => format!("{other:?}"),
        };
        let found: Vec<String> = match register.before(Moment { at: at(second), event_id }, None) {
            Sight::Never => vec![],
            Sight::One(one) => vec![text(&one)],
            Sight::Several(several) => {
                let mut found: Vec<String> = several.iter().map(text).collect();
                found.push("?".to_owned());
                found
            }
        };
        assert_eq!(found, want, "before {second}");
    }

    #[test]
    fn the_events_own_time_decides_not_the_order_of_arrival() {
        let (a, b) = (write(0, "a", "first"), write(5, "b", "second"));
        for writes in [[a.clone(), b.clone(), a.clone()], [b.clone(), a.clone(), b.clone()]] {
            check(&writes, 9, "c", &["second"]);
            check(&writes, 5, "b", &["first"]);
            check(&writes, 3, "late", &["first"]);
            check(&writes, 0, "a", &[]);
        }
        check(&[b, write(7, "c", ""), a], 9, "d", &["Absent"]);
    }

    #[test]
    fn within_one_second_the_order_is_unknown() {
        let both = [write(0, "a", "one"), write(0, "b", "two")];
        check(&both, 1, "c", &["one", "two", "?"]);
        check(&both, 0, "b", &["one", "?"]);
        check(&[write(0, "a", "one"), write(0, "b", "one")], 1, "c", &["one"]);
        check(&[write(-5, "a", "one"), write(0, "b", "two")], 0, "c", &["one", "two", "?"]);
        check(&[write(-5, "a", "one"), write(0, "b", "one")], 0, "c", &["one"]);
    }

    #[test]
    fn a_seed_is_blurred_by_its_minute() {
        let seed = Write { seed: true, ..write(100, "seed", "read") };
        check(std::slice::from_ref(&seed), 200, "e", &["read"]);
        check(std::slice::from_ref(&seed), 130, "e", &["read", "?"]);
        check(&[write(0, "a", "live"), seed.clone()], 200, "e", &["read"]);
        check(&[write(60, "a", "live"), seed.clone()], 200, "e", &["live", "read", "?"]);
        check(&[seed.clone(), write(150, "a", "live")], 250, "e", &["read", "live", "?"]);
        check(&[seed, write(170, "a", "live")], 250, "e", &["live"]);
    }

    #[test]
    fn the_oldest_writes_make_room_and_older_ones_stay_out() {
        let mut register = Register::default();
        for second in 10..10 + i64::try_from(WRITES_MAX).unwrap() {
            assert!(register.add(&write(second, &second.to_string(), "v")));
        }
        assert!(!register.add(&write(1, "old", "w")));
        assert!(register.add(&write(99, "new", "w")));
        assert_eq!(register.writes.len(), WRITES_MAX);
        assert_eq!(register.last().unwrap().value, Value::of("w"));
    }

    #[test]
    fn a_list_has_each_thing_once_and_one_event_may_give_several() {
        let listed = |second: i64, thing: &str| Write {
            value: Value::Listed(thing.to_owned()),
            ..write(second, "seed", "x")
        };
        let mut register = Register::default();
        assert!(register.add(&listed(5, "a")) && register.add(&listed(5, "b")));
        assert!(!register.add(&listed(5, "a")) && !register.add(&listed(1, "b")));
        assert!(register.add(&listed(9, "a")));
        // The time when a thing joined is known while it is listed.
        let joined = |things: &[&str]| {
            register.joined(&things.iter().map(|thing| (*thing).to_owned()).collect())
        };
        assert_eq!(
            [joined(&["a"]), joined(&["b"]), joined(&["c"])],
            [Some(at(5)), Some(at(5)), None]
        );
        let (things, full) = register.listed();
        assert_eq!((things.collect::<Vec<_>>(), full), (vec!["b", "a"], false));
        for number in 0..LISTED_MAX {
            register.add(&listed(7, &number.to_string()));
        }
        let (things, full) = register.listed();
        let things: Vec<&str> = things.collect();
        assert!(
            full && things.len() == LISTED_MAX && things.contains(&"a") && !things.contains(&"b")
        );
    }

    #[test]
    fn a_document_is_kept_without_the_space_that_means_nothing() {
        let padded = format!("{{ \"a\" :{}\"b \\\" c\" }}", " ".repeat(VALUE_BYTES_MAX));
        assert_eq!(Value::of(&padded), Value::Present(r#"{"a":"b \" c"}"#.to_owned()));
        assert_eq!(Value::of(&"x".repeat(VALUE_BYTES_MAX + 1)), Value::Unsaid);
    }
}
