//! What people and programs are told, for every event in `events/`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use iam_responder::alert::{Alert, Message, SNS_SUBJECT_CHARS_MAX};
use iam_responder::derive::{Known, PATHS};
use iam_responder::effects::memory::Memory;
use iam_responder::effects::recorder::Recorder;
use iam_responder::engine::Engine;
use iam_responder::event::Event;
use iam_responder::prior::{Prior, Why};
use iam_responder::respond::{Origin, Responder};
use iam_responder::severity::Severity;
use iam_responder::site::{Format, TopicSpec};

/// The alert about a fixture, if there is one.
fn alert(engine: &Engine, text: &str) -> Option<Alert> {
    let (publish, state) = (Recorder::default(), Memory::default());
    let topic =
        |severity| (severity, vec![TopicSpec { arn: "arn".to_owned(), format: Format::Text }]);
    let topics: BTreeMap<Severity, Vec<TopicSpec>> = Severity::ALL.into_iter().map(topic).collect();
    let responder = Responder::offline(engine, &topics, &publish, &state, Origin::Checked);
    let event = Event::parse(text);
    let told = event
        .as_ref()
        .ok()
        .and_then(Event::time)
        .map(|time| time + jiff::SignedDuration::from_secs(5));
    let now = told.unwrap_or_default();
    pollster::block_on(responder.respond(event, now, told)).unwrap().alert
}

fn fixtures() -> Vec<(String, String)> {
    let mut found: Vec<_> = fs::read_dir("events")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap()))
        .collect();
    found.sort();
    found
}

#[test]
fn the_alert_of_the_night() {
    let engine = Engine::embedded().unwrap();
    let text = fs::read_to_string("events/attach-role-policy-admin.json").unwrap();
    let told = alert(&engine, &text).unwrap().to_text();
    let expected = include_str!("data/attach-role-policy-admin.txt");
    assert_eq!(told, expected, "\n{told}");
}

#[test]
fn no_alert_carries_what_an_attacker_could_use() {
    let engine = Engine::embedded().unwrap();
    let fixtures = fixtures();
    assert!(fixtures.len() >= 30);
    for (file, text) in fixtures {
        let Some(alert) = alert(&engine, &text) else { continue };
        for format in [Format::Text, Format::Json, Format::PerProtocol] {
            let Message { subject, body, attributes, .. } = Message::new(&alert, format);
            assert!(subject.len() <= SNS_SUBJECT_CHARS_MAX, "{file}: {subject}");
            assert!(subject.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{file}: {subject}");
            assert!(!body.contains("EXAMPLETOKEN"), "{file}: a session token");
            let shown =
                |c: char| c == '\n' || !(c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
            assert!(body.chars().all(shown), "{file}: {body:?}");
            for markup in ["<b>", "<!channel>", "<script"] {
                assert!(!body.contains(markup), "{file}: {markup} in {body}");
            }
            for (name, value) in attributes {
                assert!(!value.is_empty() && value.is_ascii(), "{file}: {name} = {value:?}");
            }
        }
    }
}

#[test]
fn per_protocol_bodies_are_what_sns_asks_for() {
    let engine = Engine::embedded().unwrap();
    let text = fs::read_to_string("events/attach-role-policy-admin.json").unwrap();
    let alert = alert(&engine, &text).unwrap();
    let message = Message::new(&alert, Format::PerProtocol);
    let bodies: serde_json::Value = serde_json::from_str(&message.body).unwrap();
    for protocol in ["default", "email", "sms", "email-json", "http", "https", "lambda", "sqs"] {
        assert!(bodies.get(protocol).is_some_and(serde_json::Value::is_string), "{protocol}");
    }
    let sqs: serde_json::Value = serde_json::from_str(bodies["sqs"].as_str().unwrap()).unwrap();
    assert_eq!(sqs["severity"], "critical");
    assert_eq!(sqs["entity"]["name"], "deploy-payments");
    assert_eq!(sqs["delay_seconds"], 5);
    assert_eq!(
        message.subject,
        "[CRITICAL] Administrator policy attached to a role: deploy-payments (payments-production)"
    );
}

#[test]
fn an_event_made_of_long_names_stays_within_the_limits() {
    let engine = Engine::embedded().unwrap();
    let long = "<\u{202e}漢".repeat(20_000);
    let text = format!(
        r#"{{"source":"aws.iam","account":"111122223333","detail":{{"eventSource":"iam.amazonaws.com",
           "eventName":"AttachRolePolicy","eventID":"{long}","userAgent":"{long}","sourceIPAddress":"{long}",
           "awsRegion":"{long}","errorCode":"{long}","errorMessage":"{long}",
           "userIdentity":{{"type":"{long}","userName":"{long}","arn":"{long}","principalId":"{long}"}},
           "requestParameters":{{"roleName":"{long}","policyArn":"{long}"}}}}}}"#
    );
    let alert = alert(&engine, &text).unwrap();
    for format in [Format::Text, Format::Json, Format::PerProtocol] {
        let message = Message::new(&alert, format);
        assert!(message.body.len() < 64 * 1024, "{} bytes", message.body.len());
        assert!(message.attributes.iter().all(|(_, value)| value.len() < 1_024));
    }
}

/// A path of `derived` that is not listed could not be asked for; a listed one that never comes
/// would never match.
#[test]
fn the_paths_of_derived_are_those_that_the_samples_show() {
    fn leaves(value: &serde_json::Value, at: &str, found: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    leaves(value, &format!("{at}.{key}"), found);
                }
            }
            _ => _ = found.insert(at.to_owned()),
        }
    }
    let engine = Engine::embedded().unwrap();
    let mut found = BTreeSet::from(["derived.entity".to_owned(), "derived.principal".to_owned()]);
    for (_, text) in fixtures() {
        let Ok(mut event) = Event::parse(&text) else { continue };
        let former = Prior::unknown(Why::Unseen);
        let known = Known { burst: Some(1), former, ..Known::default() };
        engine.derive(&mut event, &known);
        leaves(event.value("derived").unwrap(), "derived", &mut found);
    }
    // Tags have any names.
    let tags = |path: &String| path.starts_with("derived.accountTags.");
    assert!(found.extract_if(.., tags).count() > 0);
    found.insert("derived.accountTags".to_owned());
    let listed = BTreeSet::from(PATHS.map(str::to_owned));
    assert_eq!(found, listed);
}
