//! An event: the envelope of EventBridge with its CloudTrail record.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::kinds::{DetailType, EventType};
pub use super::spelling::EVENT_DEPTH_MAX;
use super::spelling::{depth, levels, read_structures, respelled, structure};
use crate::text::hash::fnv1a;
use crate::text::object::{at, field};

/// Largest event, in bytes of JSON: EventBridge's own limit for one request.
pub const EVENT_BYTES_MAX: usize = 1024 * 1024;
/// The fields of an object.
type Fields = Map<String, Value>;

/// Fields of which every record has one.
const PARTS: [&str; 4] = ["eventName", "eventSource", "eventVersion", "userIdentity"];

/// Why an event cannot be read. Each becomes an alert, never silence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// Not JSON.
    #[error("not valid JSON: {0}")]
    Syntax(String),
    /// JSON, but no object.
    #[error("a JSON {0} where an event (a JSON object) is needed")]
    NotAnObject(&'static str),
    /// More than [`EVENT_BYTES_MAX`].
    #[error("{0} bytes long; at most {EVENT_BYTES_MAX} are read")]
    TooLarge(usize),
    /// More than is searched for events.
    #[error("{bytes} bytes long; what carries events is searched up to {most} bytes, unpacked")]
    CarrierTooLarge {
        /// All of it.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// More than [`EVENT_DEPTH_MAX`].
    #[error("nested deeper than {EVENT_DEPTH_MAX} levels")]
    TooDeep,
    /// A JSON object of an unknown shape.
    #[error("neither an EventBridge event nor a CloudTrail record")]
    UnknownShape,
    /// `source` does not begin with `aws.`: not sent by AWS, even if `detail` says so.
    #[error("refused: its source is `{0}`, and only AWS can send a source that begins with `aws.`")]
    ForeignSource(String),
    /// A file that could be read in part only.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// Envelope and record contradict each other.
    #[error("refused: sent from account {envelope}, but its record was delivered to {record}")]
    ForeignAccount {
        /// `account` of the envelope, set by EventBridge.
        envelope: String,
        /// `recipientAccountId` of the record.
        record: String,
    },
}

/// The shape of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// An EventBridge envelope.
    Envelope,
    /// An envelope without `source`, completed from its record.
    Completed,
    /// A CloudTrail record, put into the envelope that EventBridge would have sent.
    Record,
    /// Some other JSON object, unchanged; or a part of a record that does not name its call.
    Unknown,
}

/// One event.
#[derive(Debug, Clone)]
pub struct Event {
    raw: Value,
    shape: Shape,
}

impl Event {
    /// Reads one event from JSON text: an envelope or a bare CloudTrail record.
    ///
    /// # Errors
    /// [`Unreadable`] for anything but a JSON object within the limits.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        if text.len() > EVENT_BYTES_MAX {
            return Err(Unreadable::TooLarge(text.len()));
        }
        let value = serde_json::from_str(text).map_err(|error| match depth(text) {
            deep if deep > EVENT_DEPTH_MAX => Unreadable::TooDeep,
            _ => Unreadable::Syntax(error.to_string()),
        })?;
        if levels(&value) > EVENT_DEPTH_MAX {
            return Err(Unreadable::TooDeep);
        }
        match value {
            Value::Object(map) => Self::from_object(map),
            Value::Array(_) => Err(Unreadable::NotAnObject("array")),
            Value::String(_) => Err(Unreadable::NotAnObject("string")),
            Value::Number(_) => Err(Unreadable::NotAnObject("number")),
            Value::Bool(_) => Err(Unreadable::NotAnObject("boolean")),
            Value::Null => Err(Unreadable::NotAnObject("null")),
        }
    }

    fn from_object(mut map: Map<String, Value>) -> Result<Self, Unreadable> {
        if let Some(detail) = map.get_mut("detail")
            && let Some(text) = detail.as_str()
            && let Some(read) = structure(text).map_err(|_| Unreadable::TooDeep)?
        {
            *detail = read;
        }
        if map.get("detail").is_some_and(Value::is_object) {
            return Self::from_envelope(map);
        }
        Ok(match record_of(map)? {
            Ok(record) => Self { raw: wrap(record), shape: Shape::Record },
            // If it looks like a part of a record, rules may match it.
            Err(part) if PARTS.iter().any(|key| part.contains_key(*key)) => {
                Self { raw: wrap(part), shape: Shape::Unknown }
            }
            Err(other) => Self { raw: Value::Object(other), shape: Shape::Unknown },
        })
    }

    fn from_envelope(mut map: Map<String, Value>) -> Result<Self, Unreadable> {
        let is_sent = map.get("source").is_some_and(Value::is_string);
        let Some(Value::Object(detail)) = map.get_mut("detail").map(Value::take) else {
            return Ok(Self { raw: Value::Object(map), shape: Shape::Unknown });
        };
        if is_sent {
            let mut detail = detail;
            read_structures(&mut detail).map_err(|_| Unreadable::TooDeep)?;
            map.insert("detail".to_owned(), Value::Object(detail));
            return Ok(Self { raw: Value::Object(map), shape: Shape::Envelope });
        }
        let record = match record_of(detail)? {
            Ok(record) => record,
            Err(other) => {
                map.insert("detail".to_owned(), Value::Object(other));
                return Ok(Self { raw: Value::Object(map), shape: Shape::Unknown });
            }
        };
        if let Value::Object(whole) = wrap(record) {
            for (key, value) in whole {
                if map.get(&key).is_none_or(Value::is_null) {
                    map.insert(key, value);
                }
            }
        }
        Ok(Self { raw: Value::Object(map), shape: Shape::Completed })
    }

    /// Checks what only AWS can set: the source, and that envelope and record agree on the account.
    ///
    /// # Errors
    /// [`Unreadable::ForeignSource`] or [`Unreadable::ForeignAccount`].
    pub fn check_origin(&self) -> Result<(), Unreadable> {
        // Fields that we completed ourselves prove nothing.
        let source =
            self.text("source").filter(|_| self.shape == Shape::Envelope).unwrap_or_default();
        if !source.starts_with("aws.") {
            return Err(Unreadable::ForeignSource(source.to_owned()));
        }
        match (self.text("account"), self.text("detail.recipientAccountId")) {
            (Some(envelope), Some(record)) if envelope != record => {
                Err(Unreadable::ForeignAccount {
                    envelope: envelope.to_owned(),
                    record: record.to_owned(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Checks the source of an event from a file, where it has one: a bare record, which has no envelope, is taken for
    /// what it is, and accounts may be masked.
    ///
    /// # Errors
    /// [`Unreadable::ForeignSource`]
    pub fn check_envelope(&self) -> Result<(), Unreadable> {
        match self.check_origin() {
            Err(foreign @ Unreadable::ForeignSource(_)) if self.shape == Shape::Envelope => {
                Err(foreign)
            }
            _ => Ok(()),
        }
    }

    /// Does it say that it came via CloudTrail? A record does, an envelope by its `detail-type`, if it has one.
    #[must_use]
    pub fn is_via_cloudtrail(&self) -> bool {
        match self.text("detail-type") {
            Some(kind) => kind.ends_with(" via CloudTrail"),
            None => self.name().or(self.event_source()).is_some(),
        }
    }

    /// Is it the ringing of a scheduled bus rule?
    #[must_use]
    pub fn is_clock(&self) -> bool {
        self.text("source") == Some("aws.events")
            && self.text("detail-type") == Some("Scheduled Event")
    }

    /// The whole event, as patterns see it.
    #[must_use]
    pub fn raw(&self) -> &Value {
        &self.raw
    }

    /// Adds our own facts as `derived`. A field of that name in the input is overwritten.
    pub(crate) fn set_derived(&mut self, derived: Value) {
        if let Value::Object(map) = &mut self.raw {
            map.insert("derived".to_owned(), derived);
        }
    }

    /// What the input was.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The value at a dotted path.
    #[must_use]
    pub fn value(&self, path: &str) -> Option<&Value> {
        at(&self.raw, path)
    }

    /// The value at a dotted path below a field of the record.
    fn below(&self, part: &str, path: &str) -> Option<&Value> {
        at(field(field(self.raw.as_object()?, "detail")?.as_object()?, part)?, path)
    }

    /// A parameter of the call, by its name or a dotted path.
    #[must_use]
    pub(crate) fn parameter_value(&self, path: &str) -> Option<&Value> {
        self.below("requestParameters", path)
    }

    /// A parameter of the call that is a non-empty text, by its name or a dotted path.
    #[must_use]
    pub(crate) fn parameter(&self, path: &str) -> Option<&str> {
        text_of(self.parameter_value(path))
    }

    /// A non-empty text of the call's answer, by its name or a dotted path.
    #[must_use]
    pub(crate) fn answer(&self, path: &str) -> Option<&str> {
        text_of(self.below("responseElements", path))
    }

    /// A non-empty text of `userIdentity`, by a dotted path.
    #[must_use]
    pub(crate) fn of_identity(&self, path: &str) -> Option<&str> {
        text_of(self.below("userIdentity", path))
    }

    /// A non-empty string at a dotted path.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        text_of(self.value(path))
    }

    /// A boolean at a dotted path, also spelled as a string, as CloudTrail does at times.
    #[must_use]
    pub(crate) fn flag(&self, path: &str) -> Option<bool> {
        match self.value(path)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// `detail.eventID`, which is unique per record, else the envelope's `id`.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.text("detail.eventID").or_else(|| self.text("id"))
    }

    /// The identity of this event: its ID, or a hash of the whole event if it has no ID.
    #[must_use]
    pub fn identity(&self) -> String {
        let hash = || {
            // Our own facts are left out: they may differ from one delivery to the next.
            let parts =
                self.raw.as_object().into_iter().flatten().filter(|(key, _)| *key != "derived");
            let texts = parts.flat_map(|(key, value)| [key.clone(), value.to_string()]);
            // No text holds the byte after each of them, so none runs into the next.
            let bytes = texts.flat_map(|text| text.into_bytes().into_iter().chain([0xff]));
            format!("without-id-{:016x}", fnv1a(bytes))
        };
        let id = self.id().map_or_else(hash, str::to_owned);
        // It may bear the ID of the record that it amends, and say more.
        match self.value("detail.addendum") {
            Some(_) => format!("{id}-addendum"),
            None => id,
        }
    }

    /// `detail.eventName`, as `AttachRolePolicy`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("detail.eventName")
    }

    /// `detail.eventSource`, as `iam.amazonaws.com`.
    #[must_use]
    pub fn event_source(&self) -> Option<&str> {
        self.text("detail.eventSource")
    }

    /// The account in which it happened: the envelope's, else the record's recipient.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.text("account")
            .or_else(|| self.text("detail.recipientAccountId"))
            .or_else(|| self.text("detail.userIdentity.accountId"))
    }

    /// The Region of the call.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.text("detail.awsRegion").or_else(|| self.text("region"))
    }

    /// When it happened: `detail.eventTime`, else the envelope's `time`.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        let parsed = |path| self.text(path).and_then(|text| text.parse().ok());
        parsed("detail.eventTime").or_else(|| parsed("time"))
    }
}

/// A record with its fields as CloudTrail spells them and its structures read, or the object as it was.
///
/// # Errors
/// [`Unreadable::TooDeep`]
fn record_of(map: Fields) -> Result<Result<Fields, Fields>, Unreadable> {
    let mut record = if is_record(&map) {
        map
    } else {
        let other = respelled(map.clone());
        if !is_record(&other) {
            return Ok(Err(map));
        }
        other
    };
    read_structures(&mut record).map_err(|_| Unreadable::TooDeep)?;
    Ok(Ok(record))
}

/// Is it a record of CloudTrail? It names a call and the service of AWS that was called, or says that it is an insight
/// into many calls. Audit logs of other clouds have fields of the same names, and so have notices of S3 and queues.
fn is_record(map: &Map<String, Value>) -> bool {
    let text = |key: &str| map.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let of_aws = text("eventSource").is_some_and(|source| source.contains(".amazonaws."));
    (of_aws && text("eventName").is_some()) || text("eventType") == Some(EventType::Insight.word())
}

/// The envelope that EventBridge would have sent for a record.
fn wrap(record: Map<String, Value>) -> Value {
    let text = |key: &str| record.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let detail_type = match text("eventType") {
        Some(kind) if kind.eq_ignore_ascii_case(EventType::SignIn.word()) => DetailType::SignIn,
        kind => match kind.and_then(EventType::of) {
            Some(EventType::Service) => DetailType::Service,
            Some(EventType::ConsoleAction) => DetailType::ConsoleAction,
            Some(EventType::Insight) => DetailType::Insight,
            _ => DetailType::Call,
        },
    };
    let detail_type = detail_type.word();
    let service =
        text("eventSource").and_then(|source| source.split('.').next()).unwrap_or("unknown");
    let caller_account = record.get("userIdentity").and_then(|identity| identity.get("accountId"));
    let account = text("recipientAccountId").or_else(|| caller_account.and_then(Value::as_str));
    let mut envelope = json!({
        "version": "0",
        "id": text("eventID"),
        "detail-type": detail_type,
        "source": format!("aws.{service}"),
        "account": account,
        "time": text("eventTime"),
        "region": text("awsRegion"),
        "resources": [],
    });
    if let Value::Object(map) = &mut envelope {
        map.retain(|_, value| !value.is_null());
        map.insert("detail".to_owned(), Value::Object(record));
    }
    envelope
}

/// All values at a path below a value, in its order. Lists are entered, on the way and at the end; keys ignore case.
#[must_use]
pub(crate) fn values_at<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut found = Vec::new();
    walk(value, path, &mut found);
    found
}

fn walk<'v>(value: &'v Value, path: &str, found: &mut Vec<&'v Value>) {
    match (value, path.split_once('.').unwrap_or((path, ""))) {
        (Value::Array(items), _) => items.iter().for_each(|item| walk(item, path, found)),
        (end, ("", _)) => found.push(end),
        (Value::Object(map), (field, rest)) => {
            let named = map.iter().filter(|(key, _)| key.eq_ignore_ascii_case(field));
            named.for_each(|(_, value)| walk(value, rest, found));
        }
        _ => {}
    }
}

fn text_of(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_record_is_wrapped() {
        let event = Event::parse(
            r#"{"eventName":"ConsoleLogin","eventSource":"signin.amazonaws.com","eventType":"AwsConsoleSignIn",
                "eventTime":"2026-11-20T02:00:00Z","recipientAccountId":"111122223333","awsRegion":"us-east-1"}"#,
        )
        .unwrap();
        assert_eq!(event.shape(), Shape::Record);
        assert_eq!(event.text("source"), Some("aws.signin"));
        assert_eq!(event.text("detail-type"), Some("AWS Console Sign In via CloudTrail"));
        assert_eq!(event.account(), Some("111122223333"));
        assert_eq!(event.name(), Some("ConsoleLogin"));
    }

    #[test]
    fn an_event_without_an_id_has_the_same_identity_in_every_version() {
        let text = r#"{"source":"aws.iam","detail":{"eventName":"CreateUser"}}"#;
        let mut event = Event::parse(text).unwrap();
        assert_eq!(event.identity(), "without-id-4b4fab2d7bf26b2d");
        event.set_derived(json!({"effect": "gives"}));
        assert_eq!(event.identity(), "without-id-4b4fab2d7bf26b2d");
        let other = Event::parse(&text.replace("User", "Role")).unwrap();
        assert_ne!(other.identity(), event.identity());
    }

    #[test]
    fn errors_name_their_limit() {
        let deep = format!("{{\"detail\":{}{}}}", "[".repeat(70), "]".repeat(70));
        assert_eq!(Event::parse(&deep).unwrap_err(), Unreadable::TooDeep);
        let brackets_in_text = format!("{{\"detail\":{{\"x\":\"{}\\\"\"}}}}", "[".repeat(70));
        assert!(Event::parse(&brackets_in_text).is_ok());
        let large = format!("{{\"detail\":\"{}\"}}", "x".repeat(EVENT_BYTES_MAX));
        assert!(matches!(Event::parse(&large).unwrap_err(), Unreadable::TooLarge(_)));
        assert!(matches!(Event::parse("{").unwrap_err(), Unreadable::Syntax(_)));
        assert_eq!(Event::parse("[]").unwrap_err(), Unreadable::NotAnObject("array"));
    }

    #[test]
    fn only_aws_can_send_a_source_that_begins_with_aws() {
        let origin = |text: &str| Event::parse(text).unwrap().check_origin();
        assert!(
            origin(r#"{"source":"aws.iam","account":"1","detail":{"recipientAccountId":"1"}}"#)
                .is_ok()
        );
        assert!(matches!(
            origin(r#"{"source":"awsiam","detail":{}}"#),
            Err(Unreadable::ForeignSource(_))
        ));
        let bare = r#"{"eventSource":"iam.amazonaws.com","eventName":"CreateUser"}"#;
        for unproven in [r#"{"detail":{}}"#, bare, &format!(r#"{{"detail":{bare}}}"#)] {
            assert!(matches!(origin(unproven), Err(Unreadable::ForeignSource(_))), "{unproven}");
        }
        let forged = r#"{"source":"aws.iam","account":"1","detail":{"recipientAccountId":"2"}}"#;
        assert!(matches!(origin(forged), Err(Unreadable::ForeignAccount { .. })));
    }
}
