//! Every effect failed once, every event delivered twice: two alerts rather than none.

use std::collections::BTreeSet;

use iam_responder::assess::engine::Engine;
use iam_responder::effects::alerts::{Judgement, JudgementWord, StoredAlerts};
use iam_responder::effects::faulty::{CALLS, Faults, Faulty, InjectedFault};
use iam_responder::effects::memory::Memory;
use iam_responder::effects::offline::Offline;
use iam_responder::effects::recorder::Recorder;
use iam_responder::effects::{Deliveries, Lookups, Publish, State};
use iam_responder::event::{Event, Unreadable};
use iam_responder::respond::handled::{Disposition, Handled};
use iam_responder::respond::lookup::Cache;
use iam_responder::respond::remind::remind;
use iam_responder::respond::{Origin, RespondError, Topics};
use iam_responder::site::Format;
use iam_responder::site::calendar::IcsFiles;
use iam_responder::text::yaml::YamlDocument;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::support::{self, Aws, by_bob, delivered, engine_of, file, topics};

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

fn world<S: State>(state: S, refusals: Faults) -> World<S> {
    assert_eq!(YamlDocument::parse_all("rules.yaml", RULES).unwrap().len(), 5);
    let engine = Engine::load(&[file("rules.yaml", RULES)], None, None).unwrap();
    let topics = topics(Format::Text);
    World { topics, refusals, ..World::of(engine, Origin::Checked, state, Offline) }
}

impl<S: State> World<S> {
    fn deliver(&self, input: Result<Event, Unreadable>) -> Result<Handled, RespondError> {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        self.try_answer(input, now, Some(now)).map(|response| response.outcome)
    }

    fn happens(&self, name: &str, id: &str, minute: u8) -> Result<Disposition, RespondError> {
        let at = minute_of_day(720 + i64::from(minute));
        let record = by_bob(("iam", name), ("111122223333", id, at), json!({}));
        let event = Event::parse(&delivered(record).to_string());
        self.deliver(event).map(|outcome| outcome.disposition)
    }
}

#[test]
fn a_publish_that_fails_once_is_tried_again() {
    let world = world(Memory::default(), Faults::first(1, InjectedFault::Before));
    assert_eq!(world.happens("CreateUser", "a", 0).unwrap(), Disposition::Alerted);
    assert_eq!(world.publish.take().len(), 1);
}

#[test]
fn a_publish_that_stays_failed_fails_the_invocation_and_its_retry_is_no_repetition() {
    let world = world(Memory::default(), Faults::first(2, InjectedFault::Before));
    let failed = world.happens("CreateUser", "a", 0).unwrap_err();
    assert!(failed.to_string().contains("event a was not published"), "{failed}");
    // Lambda delivers the same event again: the claim made before is its own.
    assert_eq!(world.happens("CreateUser", "a", 0).unwrap(), Disposition::Alerted);
    assert_eq!(world.publish.take().len(), 1);
}

#[test]
fn a_claim_of_an_event_never_published_holds_nothing_back() {
    let world = world(Memory::default(), Faults::first(2, InjectedFault::Before));
    assert!(world.happens("CreateUser", "a", 0).is_err());
    assert_eq!(world.happens("CreateUser", "b", 1).unwrap(), Disposition::Alerted);
}

#[test]
fn an_event_delivered_again_is_published_once() {
    let world = world(Memory::default(), Faults::none());
    assert_eq!(world.happens("CreateUser", "a", 0).unwrap(), Disposition::Alerted);
    for _ in 0..4 {
        assert_eq!(world.happens("CreateUser", "a", 0).unwrap(), Disposition::Deduplicated);
    }
    assert_eq!(world.publish.take().len(), 1);
}

#[test]
fn a_repetition_within_the_window_is_held_back_and_one_after_it_is_not() {
    let world = world(Memory::default(), Faults::none());
    assert_eq!(world.happens("CreateUser", "a", 0).unwrap(), Disposition::Alerted);
    assert_eq!(world.happens("CreateUser", "b", 5).unwrap(), Disposition::Deduplicated);
    assert_eq!(world.happens("CreateUser", "c", 11).unwrap(), Disposition::Alerted);
    assert_eq!(world.publish.take().len(), 2);
}

#[test]
fn a_threshold_counts_each_event_once() {
    let world = world(Memory::default(), Faults::none());
    assert_eq!(world.happens("TagRole", "a", 0).unwrap(), Disposition::Counted);
    assert_eq!(world.happens("TagRole", "a", 0).unwrap(), Disposition::Counted);
    assert_eq!(world.happens("TagRole", "b", 1).unwrap(), Disposition::Counted);
    assert_eq!(world.happens("TagRole", "c", 2).unwrap(), Disposition::Alerted);
    assert_eq!(world.happens("TagRole", "d", 30).unwrap(), Disposition::Counted);
}

#[test]
fn a_rule_about_many_events_holds_back_quieter_ones_about_each() {
    let world = world(Memory::default(), Faults::none());
    for (minute, id) in ["1", "2", "3"].into_iter().enumerate() {
        let minute = u8::try_from(minute).unwrap();
        assert_eq!(world.happens("DeleteRole", id, minute).unwrap(), Disposition::Alerted);
    }
    assert_eq!(world.happens("DeleteRole", "4", 4).unwrap(), Disposition::Deduplicated);
    assert_eq!(world.happens("DeleteRole", "5", 40).unwrap(), Disposition::Alerted);
}

#[test]
fn a_second_delivery_claims_only_what_it_publishes() {
    let world = world(Memory::default(), Faults::none());
    for (minute, id) in ["1", "2"].into_iter().enumerate() {
        let minute = u8::try_from(minute).unwrap();
        assert_eq!(world.happens("DeleteRole", id, minute).unwrap(), Disposition::Alerted);
    }
    // Another environment is at the third, which reaches the threshold and has published nothing yet.
    let now = "2026-11-20T12:00:00Z".parse().unwrap();
    pollster::block_on(world.state.begin("3", now)).unwrap();
    assert!(matches!(world.happens("DeleteRole", "3", 2), Err(RespondError::UnderWay(_))));
    // Now the first comes again, and sees the threshold reached too.
    assert_eq!(world.happens("DeleteRole", "1", 0).unwrap(), Disposition::Deduplicated);
    world.publish.take();
    pollster::block_on(world.state.end("3", now, None)).unwrap();
    assert_eq!(world.happens("DeleteRole", "3", 2).unwrap(), Disposition::Alerted);
    assert_eq!(world.publish.take().first().unwrap().0, "high", "the mass deletion itself");
}

#[test]
fn an_event_that_cannot_be_read_is_published_once() {
    let world = world(Memory::default(), Faults::none());
    let forged = r#"{"source":"my.app","detail":{"eventID":"a","eventName":"CreateUser"}}"#;
    let dispositions: Vec<Disposition> =
        (0..3).map(|_| world.deliver(Event::parse(forged)).unwrap().disposition).collect();
    assert_eq!(
        dispositions,
        [Disposition::Unreadable, Disposition::Deduplicated, Disposition::Deduplicated]
    );
    // A forged one does not silence the event whose ID it bears.
    assert_eq!(world.happens("CreateUser", "a", 0).unwrap(), Disposition::Alerted);
    assert_eq!(world.publish.take().len(), 2);
}

#[test]
fn a_store_that_is_down_silences_nothing() {
    let (memory, down) = (Memory::default(), Faults::from(0, InjectedFault::Before));
    let world = world(Faulty::new(&memory, &down), Faults::none());
    assert_eq!(world.happens("TagRole", "a", 0).unwrap(), Disposition::Alerted);
    assert_eq!(world.happens("CreateUser", "b", 0).unwrap(), Disposition::Alerted);
    assert_eq!(world.happens("CreateUser", "b", 0).unwrap(), Disposition::Alerted);
}

#[test]
fn a_signal_counts_and_never_sends() {
    let world = world(Memory::default(), Faults::none());
    assert_eq!(world.happens("GetUser", "a", 0).unwrap(), Disposition::Counted);
    assert_eq!(world.happens("ListUsers", "b", 0).unwrap(), Disposition::Quiet);
    assert!(world.publish.take().is_empty());
}

#[test]
fn what_cannot_be_read_or_was_not_sent_by_aws_alerts() {
    let world = world(Memory::default(), Faults::none());
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
        assert_eq!(outcome.disposition, Disposition::Unreadable, "{payload}");
        let sent = world.publish.take();
        assert_eq!(sent.len(), 1, "{payload}");
        assert_eq!(sent.first().unwrap().0, "high");
    }
}

/// A policy put into a role raises an alert alone, by a threshold, and in a sequence. A password raises an alert by one
/// rule only, so that no other rule hides a broken call.
const LOUD: &str = "
id: policy-put
title: Policy put
severity: high
why: It gives rights.
runbook: Look.
pattern: {source: [aws.iam], detail: {eventName: [PutRolePolicy]}}
dedupe: 10m
---
id: policies-put
title: Policies put
severity: medium
why: Many at once.
runbook: Look.
pattern: {source: [aws.iam], detail: {eventName: [PutRolePolicy]}}
threshold: {count: 2, within: 3h, by: [account]}
dedupe: 10m
---
id: policy-put-after-user-made
title: Policy put by somebody who made a user
severity: critical
why: First a user, then rights.
runbook: Look.
pattern: {source: [aws.iam], detail: {eventName: [PutRolePolicy]}}
sequence: {before: [{source: [aws.iam], detail: {eventName: [CreateUser]}}], within: 3h, by: [account]}
dedupe: 10m
---
id: password-set
title: Password set
severity: high
why: It lets somebody in.
runbook: Look.
pattern: {source: [aws.iam], detail: {eventName: [UpdateLoginProfile]}}
dedupe: 10m
";

/// Nothing of accounts, so that they are looked up, and a calendar that must be asked.
const SITE: &str = "
calendars:
  changes: {change-calendar: changes}
severity:
  - {when: {derived: {outsideTime: [changes]}}, raise: 1, because: changes are closed}
";

/// A day of one account. Its calls are broken where a test wraps them.
struct Day {
    engine: Engine,
    topics: Topics,
}

impl Day {
    fn new() -> Self {
        Self { engine: engine_of(LOUD, SITE, IcsFiles::new()), topics: topics(Format::Text) }
    }

    /// An event of this minute of the day is delivered at another minute, to a new copy of the function.
    fn deliver(
        &self,
        (publish, state, lookups): (&impl Publish, &impl State, &impl Lookups),
        (name, role, minute): (&str, &str, i64),
        minute_delivered: i64,
    ) -> Result<Disposition, RespondError> {
        let (at, cache) = (minute_of_day(minute), Cache::default());
        let ports = (publish, state, lookups);
        let responder = support::deployed((&self.engine, &self.topics), ports, &cache);
        let id = format!("{name}-{minute}");
        let parameters =
            json!({"roleName": role, "userName": "eve", "policyName": "p", "policyDocument": "{}"});
        let record = by_bob(("iam", name), ("111122223333", &id, at), parameters);
        let event = Event::parse(&delivered(record).to_string());
        let now = minute_of_day(minute_delivered);
        let responded = responder.respond(event, now, Some(now));
        pollster::block_on(responded).map(|response| response.outcome.disposition)
    }

    /// As Lambda delivers: what fails comes again, a minute and then two later. When it last came.
    fn deliver_as_lambda(
        &self,
        to: (&impl Publish, &impl State, &impl Lookups),
        event: (&str, &str, i64),
    ) -> i64 {
        let attempts = [0, 1, 3].map(|later| event.2 + later);
        let done = attempts.into_iter().find(|at| self.deliver(to, event, *at).is_ok());
        done.unwrap_or(event.2 + 3)
    }
}

fn minute_of_day(minute: i64) -> Timestamp {
    let midnight: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
    midnight + SignedDuration::from_mins(minute)
}

/// What happens while calls are broken.
#[derive(Debug, Clone, Copy)]
enum Story {
    /// The loud event, once.
    Alerted,
    /// The same again by another event, within the window of the first, which was published.
    HeldBack,
    /// The loud event, while SNS refuses twice.
    Refused,
    /// Nobody acknowledges the loud event.
    PublishedAgain,
    /// Somebody does, and reads what there is.
    Acknowledged,
}

const STORIES: [Story; 5] =
    [Story::Alerted, Story::HeldBack, Story::Refused, Story::PublishedAgain, Story::Acknowledged];

impl Story {
    /// How many messages people got of what this call does: when Lambda was done, and in all.
    fn run(self, name: &str, day: &Day, faults: &Faults) -> (usize, usize) {
        let memory = Memory::default();
        let before = (&Recorder::default(), &memory, &Aws::default());
        day.deliver(before, ("CreateUser", "", 600), 600).unwrap();
        day.deliver(before, ("PutRolePolicy", "another", 601), 601).unwrap();
        acknowledge(&memory, "PutRolePolicy-601");
        let mut event = (name, "deploy", 720);
        if matches!(self, Self::HeldBack | Self::PublishedAgain | Self::Acknowledged) {
            assert_eq!(day.deliver(before, event, 720).unwrap(), Disposition::Alerted);
        }
        let refusals = if matches!(self, Self::Refused) { 2 } else { 0 };
        let (sent, refused) = (Recorder::default(), Faults::first(refusals, InjectedFault::Before));
        let refusing = Faulty::new(&sent, &refused);
        let (publish, state) = (Faulty::new(&refusing, faults), Faulty::new(&memory, faults));
        let aws = Aws::default();
        let lookups = Faulty::new(&aws, faults);
        let to = (&publish, &state, &lookups);
        match self {
            Self::Alerted | Self::Refused | Self::HeldBack => {
                event.2 += if matches!(self, Self::HeldBack) { 2 } else { 0 };
                let at = day.deliver_as_lambda(to, event);
                let when_done = sent.take().len();
                // Buses deliver at least once: here it comes once more.
                let _ = day.deliver(to, event, at + 2);
                (when_done, when_done + sent.take().len())
            }
            Self::PublishedAgain | Self::Acknowledged => {
                if matches!(self, Self::Acknowledged) {
                    acknowledge(&state, &format!("{name}-720"));
                }
                for now in [751, 757, 763].map(minute_of_day) {
                    pollster::block_on(remind(&state, &publish, &day.topics, now));
                }
                let messages = sent.take().len();
                (messages, messages)
            }
        }
    }

    /// The fewest and the most messages, whichever call is broken once.
    fn bounds(self) -> (usize, usize) {
        match self {
            Self::Alerted | Self::Refused | Self::PublishedAgain => (1, 2),
            // The first was published before.
            Self::HeldBack => (0, 1),
            Self::Acknowledged => (0, 0),
        }
    }
}

/// People try again what failed.
fn acknowledge(state: &impl StoredAlerts, event_id: &str) {
    let at = minute_of_day(730);
    let judgement = Judgement { word: JudgementWord::Acknowledged, note: None, by: None, at };
    let judge = || pollster::block_on(state.judge(event_id, &judgement));
    assert!(judge().or_else(|_| judge()).unwrap());
    let read = || pollster::block_on(state.published_since(at - SignedDuration::from_hours(3)));
    let stored = read().or_else(|_| read()).unwrap();
    assert!(stored.iter().any(|alert| alert.acknowledged_at == Some(at)));
}

/// Two alerts rather than none, whichever call fails before it happens, after it happened, or happens twice.
#[test]
fn every_single_call_may_fail_once_or_happen_twice() {
    let (day, mut broken) = (Day::new(), BTreeSet::new());
    let names = ["PutRolePolicy", "UpdateLoginProfile"];
    for (story, name) in STORIES.into_iter().flat_map(|story| names.map(|name| (story, name))) {
        let whole = Faults::none();
        let (fewest, most) = story.bounds();
        assert_eq!(story.run(name, &day, &whole), (fewest, fewest), "{story:?} of {name}");
        for (number, call) in whole.calls().into_iter().enumerate() {
            for fault in [InjectedFault::Before, InjectedFault::After, InjectedFault::Repeated] {
                let faults = Faults::at(number, fault);
                let (when_done, in_all) = story.run(name, &day, &faults);
                let says =
                    format!("{story:?} of {name}, call {number}, {call} {fault:?}: {in_all}");
                assert_eq!(faults.calls().get(number), Some(&call), "{says}");
                assert!(fewest <= when_done && in_all <= most, "{says}, {when_done} when done");
                broken.insert(call);
            }
        }
    }
    let unbroken: Vec<_> = CALLS.iter().filter(|call| !broken.contains(**call)).collect();
    assert!(unbroken.is_empty(), "never broken: {unbroken:?}");
}
