//! The rules' own tests: events of `events/`, changed, and what the rule must say.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::assess::engine::Engine;
use crate::effects::memory::Memory;
use crate::effects::recorder::Recorder;
use crate::event::Event;
use crate::facts::Known;
use crate::own::{self, Deployed, Own};
use crate::respond::{Mode, Origin, Responder, Topics};
use crate::rule::{Fires, Rule, TestEvent, TestSpec};

/// Runs one of a rule's own tests. `text_of` gives the text of an event by its file name.
///
/// # Errors
/// Why the test could not be run, or what it found instead.
pub async fn run(
    engine: &Engine,
    rule: &Rule,
    test: &TestSpec,
    text_of: &impl Fn(&str) -> Result<String, String>,
) -> Result<(), String> {
    let stateful = matches!(rule.spec.fires(), Fires::When { .. });
    if stateful || !test.before.is_empty() || test.repeat > 1 {
        return fires(engine, rule, test, text_of).await;
    }
    let engine = alone(engine, rule);
    let mut event = event(&test.last(), engine.own(), text_of, None)?;
    let recognised = engine.recognise_at_once(&mut event, &Known::default());
    let now = event.time().unwrap_or(Timestamp::UNIX_EPOCH);
    let says = match rule.spec.fires() {
        // It counts, and fires on nothing.
        Fires::Never => !recognised.matching.rules.is_empty(),
        _ => engine.assess(&event, &recognised, &BTreeSet::new(), now).decision.is_some(),
    };
    if says == test.matches {
        return Ok(());
    }
    let explanation = rule.pattern.explain(event.raw());
    Err(match explanation.first_failure() {
        Some(field) => format!(
            "should match, but `{}` is {} where {} is wanted",
            field.path,
            found(&field.found),
            field.expected.join(" or ")
        ),
        None => "should not match, but every field does".to_owned(),
    })
}

/// The rule alone, for the tool as it would be with a role that deploys it.
fn alone(engine: &Engine, rule: &Rule) -> Engine {
    engine.alone(rule).deployed_as(deployed(engine.own()))
}

/// The tool as the events of tests show it: with a role that deploys it, and a key.
#[must_use]
pub fn deployed(own: &Own) -> Own {
    let key = format!("arn:aws:kms:eu-west-1:111122223333:key/{KEY_ID}");
    let boundary = Some(BOUNDARY_ARN.to_owned());
    let calendars = vec![CALENDAR_NAME.to_owned()];
    let by = vec![DEPLOYER_ARN.to_owned()];
    own.clone().deployed(Deployed { by, key: Some(key), boundary, calendars, role: None })
}

/// Delivers all events of a test to the rule alone: does it fire on the last one?
async fn fires(
    engine: &Engine,
    rule: &Rule,
    test: &TestSpec,
    text_of: &impl Fn(&str) -> Result<String, String>,
) -> Result<(), String> {
    let engine = alone(engine, rule);
    let (publish, state, topics) = (Recorder::default(), Memory::default(), Topics::default());
    let responder =
        Responder::offline(&engine, &topics, &publish, &state, (Origin::Trusted, Mode::Reading));
    let last = test.last();
    let repeated = (0..test.repeat).map(|_| &last);
    let mut fired = false;
    for (number, step) in test.before.iter().chain(repeated).enumerate() {
        let event = event(step, engine.own(), text_of, Some(number))?;
        let now = event.time().unwrap_or(Timestamp::UNIX_EPOCH);
        let response =
            responder.respond(Ok(event), now, None).await.map_err(|error| error.to_string())?;
        fired =
            response.outcome.severity.is_some() && response.outcome.rules.contains(&rule.spec.id);
    }
    match (fired, test.matches) {
        (true, false) => Err("should not fire on the last event, but does".to_owned()),
        (false, true) => Err("should fire on the last event, but does not".to_owned()),
        _ => Ok(()),
    }
}

/// The events of a rule's own tests that must match, and those that come before them.
///
/// # Errors
/// Why one could not be made.
pub fn events(
    rule: &Rule,
    own: &Own,
    text_of: &impl Fn(&str) -> Result<String, String>,
) -> Result<Vec<Event>, String> {
    let mut events = Vec::new();
    for test in rule.spec.tests.iter().filter(|test| test.matches) {
        for step in test.before.iter().chain([&test.last()]) {
            events.push(event(step, own, text_of, None)?);
        }
    }
    Ok(events)
}

/// Stands in the values of a test for the name that the tool was deployed under.
const OWN_NAME: &str = "{own}";

/// Placeholder in the values of a test for the name of a change calendar that the site file uses.
const OWN_CALENDAR: &str = "{ownCalendar}";
const CALENDAR_NAME: &str = "freeze-of-the-year";

/// Stands in the values of a test for the ARN of a role that deploys the tool.
const DEPLOYER: &str = "{deployer}";
const DEPLOYER_ARN: &str = "arn:aws:iam::111122223333:role/release/deployer";

/// Stands in the values of a test for the ID of the key that the tool's topics and table are encrypted with.
const OWN_KEY: &str = "{ownKey}";
const KEY_ID: &str = "5e1c2f10-8a31-4f0b-9b3e-0a1b2c3d4e5f";

/// Stands in the values of a test for the ARN of the policy that bounds the tool's roles.
const OWN_BOUNDARY: &str = "{ownBoundary}";
const BOUNDARY_ARN: &str = "arn:aws:iam::111122223333:policy/bounds/workloads";

/// An event with the test's changes; a number makes it a separate event.
fn event(
    test: &TestEvent,
    own: &Own,
    text_of: &impl Fn(&str) -> Result<String, String>,
    number: Option<usize>,
) -> Result<Event, String> {
    // The samples show the tool under its default name.
    let text = text_of(&test.event)?.replace(own::DEFAULT_NAME, own.name());
    let mut raw: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    if let Some(number) = number {
        set(&mut raw, "detail.eventID", format!("test-{number}").into())?;
    }
    for (path, value) in &test.set {
        set(&mut raw, path, named(value, own))?;
    }
    for path in &test.remove {
        remove(&mut raw, path)?;
    }
    Event::parse(&raw.to_string()).map_err(|error| error.to_string())
}

/// A value with the tool's own name put in.
fn named(value: &Value, own: &Own) -> Value {
    match value {
        Value::String(text) => {
            let text = text.replace(OWN_NAME, own.name()).replace(OWN_KEY, KEY_ID);
            let text =
                text.replace(OWN_BOUNDARY, BOUNDARY_ARN).replace(OWN_CALENDAR, CALENDAR_NAME);
            Value::String(text.replace(DEPLOYER, DEPLOYER_ARN))
        }
        Value::Array(items) => items.iter().map(|item| named(item, own)).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), named(value, own))).collect()
        }
        other => other.clone(),
    }
}

/// Values as an explanation shows them.
#[must_use]
pub fn found(values: &[Value]) -> String {
    if values.is_empty() {
        return "absent".to_owned();
    }
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Sets the value at a dotted path, which is made where it is missing.
fn set(root: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let mut place = root;
    for step in path.split('.') {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        place = match place {
            Value::Object(map) => map.entry(step).or_insert(Value::Null),
            Value::Array(items) => {
                let index: usize =
                    step.parse().map_err(|_| format!("`{path}`: `{step}` is not an index"))?;
                items.get_mut(index).ok_or_else(|| format!("`{path}`: no element {index}"))?
            }
            _ => return Err(format!("`{path}`: `{step}` lies below a plain value")),
        };
    }
    *place = value;
    Ok(())
}

fn remove(root: &mut Value, path: &str) -> Result<(), String> {
    let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
    let steps = parent.split('.').filter(|step| !step.is_empty());
    let mut steps = steps;
    let place = steps.try_fold(root, |place, step| place.get_mut(step));
    let map = place.and_then(Value::as_object_mut);
    map.and_then(|map| map.shift_remove(last))
        .map(|_| ())
        .ok_or_else(|| format!("`{path}`: nothing to remove"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_change_events_by_path() {
        let mut value = serde_json::json!({"a": {"b": [1, {"c": 2}]}});
        set(&mut value, "a.b.1.c", 3.into()).unwrap();
        set(&mut value, "x.y", "z".into()).unwrap();
        remove(&mut value, "x.y").unwrap();
        assert_eq!(value, serde_json::json!({"a": {"b": [1, {"c": 3}]}, "x": {}}));
        assert!(set(&mut value, "a.b.9", 1.into()).is_err());
        assert!(remove(&mut value, "a.nothing").is_err());
    }
}
