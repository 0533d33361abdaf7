//! Every effect failed once, every event delivered twice: two alerts rather than none.

use iam_responder::alert::SentAlert;
use iam_responder::assess::engine::{Engine, SourceFile};
use iam_responder::effects::memory::Memory;
use iam_responder::effects::recorder::Recorder;
use iam_responder::effects::{Claim, Delivery, EffectError, State};
use iam_responder::event::{Event, Unreadable};
use iam_responder::prior::{Register, Write};
use iam_responder::respond::outcome::{Outcome, Verdict};
use iam_responder::respond::{Origin, RespondError};
use iam_responder::site::Format;
use iam_responder::text::yaml::Document;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::support::{self, by, call, delivered, now, topics, user};

const RULES: &str = "
id: often
title: Often
severity: medium
why: It happens often.
runbook: Look.
pattern: {source: [aws.iam], detail: {eventName: [TagRole]}}
threshold: {count: 3, within: 5m, by: [account, principal]}
---
id: once
title: Once
severity: high
why: Once is enough.
runbook: Look.
pattern: {source: [aws.iam], detail: {eventName: [CreateUser]}}
dedupe: 10m
---
id: signal
title: A signal
severity: critical
why: It only counts.
runbook: Nothing.
pattern: {source: [aws.iam], detail: {eventName: [GetUser]}}
signal: true
---
id: gone
title: Gone
severity: low
why: It is gone.
runbook: Look.
pattern: {source: [aws.iam], detail: {eventName: [DeleteRole]}}
---
id: gone-in-mass
title: Gone in mass
severity: high
why: Many are gone.
runbook: Look.
pattern: {source: [aws.iam], detail: {eventName: [DeleteRole]}}
threshold: {count: 3, within: 10m, by: [account]}
dedupe: 10m
";

type World<S> = support::World<Engine, S>;

fn world<S: State>(state: S, publish: Recorder) -> World<S> {
    let file = SourceFile { name: "rules.yaml".to_owned(), text: RULES.to_owned() };
    assert_eq!(Document::parse_all(&file.name, &file.text).unwrap().len(), 5);
    let engine = Engine::load(&[file], None, false).unwrap();
    World { engine, topics: topics(Format::Text), publish, state, origin: Origin::Checked }
}

impl<S: State> World<S> {
    fn deliver(&self, input: Result<Event, Unreadable>) -> Result<Outcome, RespondError> {
        self.try_answer(input, now(), Some(now())).map(|response| response.outcome)
    }

    fn happens(&self, name: &str, id: &str, minute: usize) -> Result<Verdict, RespondError> {
        let mut record = by(call("iam", name, minute, json!({})), user("bob"));
        record["eventID"] = json!(id);
        let event = Event::parse(&delivered(record).to_string());
        self.deliver(event).map(|outcome| outcome.outcome)
    }
}

/// A store that is down.
struct Down;

impl Down {
    fn fails<T>() -> Result<T, EffectError> {
        Err(EffectError { action: "use the table".to_owned(), cause: "down".to_owned() })
    }
}

impl State for Down {
    async fn begin(&self, _: &str, _: Timestamp) -> Result<Delivery, EffectError> {
        Self::fails()
    }

    async fn end(&self, _: &str, _: Timestamp, _: Option<&SentAlert>) -> Result<(), EffectError> {
        Self::fails()
    }

    async fn claim(
        &self,
        _: &str,
        _: &str,
        _: Timestamp,
        _: SignedDuration,
    ) -> Result<Claim, EffectError> {
        Self::fails()
    }

    async fn hold(&self, _: &str, _: &str) -> Result<Option<u32>, EffectError> {
        Self::fails()
    }

    async fn release(&self, _: &str, _: &str) -> Result<(), EffectError> {
        Self::fails()
    }

    async fn count(
        &self,
        _: &str,
        _: &str,
        _: Timestamp,
        _: SignedDuration,
    ) -> Result<u32, EffectError> {
        Self::fails()
    }

    async fn first_between(
        &self,
        _: &str,
        _: Timestamp,
        _: Timestamp,
        _: &[String],
    ) -> Result<Option<(String, Timestamp)>, EffectError> {
        Self::fails()
    }

    async fn register(&self, _: &str) -> Result<Register, EffectError> {
        Self::fails()
    }

    async fn record_write(&self, _: &str, _: &Write) -> Result<(), EffectError> {
        Self::fails()
    }

    async fn note(&self, _: &str) -> Result<Option<(String, Timestamp)>, EffectError> {
        Self::fails()
    }

    async fn keep_note(&self, _: &str, _: &str, _: Timestamp) -> Result<(), EffectError> {
        Self::fails()
    }
}

#[test]
fn a_publish_that_fails_once_is_tried_again() {
    let world = world(Memory::default(), Recorder::failing([true, false]));
    assert_eq!(world.happens("CreateUser", "a", 0).unwrap(), Verdict::Alerted);
    assert_eq!(world.publish.take().len(), 1);
}

#[test]
fn a_publish_that_stays_failed_fails_the_invocation_and_its_retry_is_no_repetition() {
    let world = world(Memory::default(), Recorder::failing([true, true]));
    let failed = world.happens("CreateUser", "a", 0).unwrap_err();
    assert!(failed.to_string().contains("event a was not published"), "{failed}");
    // Lambda delivers the same event again: the claim made before is its own.
    assert_eq!(world.happens("CreateUser", "a", 0).unwrap(), Verdict::Alerted);
    assert_eq!(world.publish.take().len(), 1);
}

#[test]
fn a_claim_of_an_event_that_was_never_told_holds_nobody_back() {
    let world = world(Memory::default(), Recorder::failing([true, true]));
    assert!(world.happens("CreateUser", "a", 0).is_err());
    assert_eq!(world.happens("CreateUser", "b", 1).unwrap(), Verdict::Alerted);
}

#[test]
fn an_event_delivered_again_is_told_once() {
    let world = world(Memory::default(), Recorder::default());
    assert_eq!(world.happens("CreateUser", "a", 0).unwrap(), Verdict::Alerted);
    for _ in 0..4 {
        assert_eq!(world.happens("CreateUser", "a", 0).unwrap(), Verdict::Deduplicated);
    }
    assert_eq!(world.publish.take().len(), 1);
}

#[test]
fn a_repetition_within_the_window_is_held_back_and_one_after_it_is_not() {
    let world = world(Memory::default(), Recorder::default());
    assert_eq!(world.happens("CreateUser", "a", 0).unwrap(), Verdict::Alerted);
    assert_eq!(world.happens("CreateUser", "b", 5).unwrap(), Verdict::Deduplicated);
    assert_eq!(world.happens("CreateUser", "c", 11).unwrap(), Verdict::Alerted);
    assert_eq!(world.publish.take().len(), 2);
}

#[test]
fn a_threshold_counts_each_event_once() {
    let world = world(Memory::default(), Recorder::default());
    assert_eq!(world.happens("TagRole", "a", 0).unwrap(), Verdict::Counted);
    assert_eq!(world.happens("TagRole", "a", 0).unwrap(), Verdict::Counted);
    assert_eq!(world.happens("TagRole", "b", 1).unwrap(), Verdict::Counted);
    assert_eq!(world.happens("TagRole", "c", 2).unwrap(), Verdict::Alerted);
    assert_eq!(world.happens("TagRole", "d", 30).unwrap(), Verdict::Counted);
}

#[test]
fn a_rule_about_many_events_holds_back_quieter_ones_about_each() {
    let world = world(Memory::default(), Recorder::default());
    for (minute, id) in ["1", "2", "3"].into_iter().enumerate() {
        assert_eq!(world.happens("DeleteRole", id, minute).unwrap(), Verdict::Alerted);
    }
    assert_eq!(world.happens("DeleteRole", "4", 4).unwrap(), Verdict::Deduplicated);
    assert_eq!(world.happens("DeleteRole", "5", 40).unwrap(), Verdict::Alerted);
}

#[test]
fn a_second_delivery_claims_nothing_that_it_does_not_tell() {
    let world = world(Memory::default(), Recorder::default());
    for (minute, id) in ["1", "2"].into_iter().enumerate() {
        assert_eq!(world.happens("DeleteRole", id, minute).unwrap(), Verdict::Alerted);
    }
    // Another environment is at the third, which reaches the threshold and has not told yet.
    pollster::block_on(world.state.begin("3", now())).unwrap();
    assert!(matches!(world.happens("DeleteRole", "3", 2), Err(RespondError::UnderWay(_))));
    // Now the first comes again, and sees the threshold reached too.
    assert_eq!(world.happens("DeleteRole", "1", 0).unwrap(), Verdict::Deduplicated);
    world.publish.take();
    pollster::block_on(world.state.end("3", now(), None)).unwrap();
    assert_eq!(world.happens("DeleteRole", "3", 2).unwrap(), Verdict::Alerted);
    assert_eq!(world.publish.take().first().unwrap().0, "high", "the mass deletion itself");
}

#[test]
fn an_event_that_cannot_be_read_is_told_once() {
    let world = world(Memory::default(), Recorder::default());
    let forged = r#"{"source":"my.app","detail":{"eventID":"a","eventName":"CreateUser"}}"#;
    let verdicts: Vec<Verdict> =
        (0..3).map(|_| world.deliver(Event::parse(forged)).unwrap().outcome).collect();
    assert_eq!(verdicts, [Verdict::Unreadable, Verdict::Deduplicated, Verdict::Deduplicated]);
    // A forged one does not silence the event whose ID it bears.
    assert_eq!(world.happens("CreateUser", "a", 0).unwrap(), Verdict::Alerted);
    assert_eq!(world.publish.take().len(), 2);
}

#[test]
fn a_store_that_is_down_silences_nothing() {
    let world = world(Down, Recorder::default());
    assert_eq!(world.happens("TagRole", "a", 0).unwrap(), Verdict::Alerted);
    assert_eq!(world.happens("CreateUser", "b", 0).unwrap(), Verdict::Alerted);
    assert_eq!(world.happens("CreateUser", "b", 0).unwrap(), Verdict::Alerted);
}

#[test]
fn a_signal_counts_and_never_sends() {
    let world = world(Memory::default(), Recorder::default());
    assert_eq!(world.happens("GetUser", "a", 0).unwrap(), Verdict::Counted);
    assert_eq!(world.happens("ListUsers", "b", 0).unwrap(), Verdict::Quiet);
    assert!(world.publish.take().is_empty());
}

#[test]
fn what_cannot_be_read_or_was_not_sent_by_aws_is_told() {
    let world = world(Memory::default(), Recorder::default());
    for payload in [
        "null",
        "[]",
        "\"attach\"",
        "7",
        "{}",
        "{\"Records\":1}",
        r#"{"source":"aws.iam","detail-type":"x","detail":"text"}"#,
        r#"{"source":"my.app","detail":{"eventName":"CreateUser"}}"#,
        r#"{"source":"aws.iam","account":"111122223333","detail":{"recipientAccountId":"444455556666"}}"#,
    ] {
        let outcome = world.deliver(Event::parse(payload)).unwrap();
        assert_eq!(outcome.outcome, Verdict::Unreadable, "{payload}");
        let sent = world.publish.take();
        assert_eq!(sent.len(), 1, "{payload}");
        assert_eq!(sent.first().unwrap().0, "high");
    }
}
