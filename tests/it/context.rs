//! What is known beside the event, and what alerts say because of it: accounts, calendars, the caller's last hour,
//! repetitions, and unacknowledged alerts.

use std::cell::Cell;

use iam_responder::assess::engine::Engine;
use iam_responder::effects::CalendarState;
use iam_responder::effects::alerts::{Judgement, JudgementWord, StoredAlerts};
use iam_responder::effects::memory::Memory;
use iam_responder::effects::recorder::Recorder;
use iam_responder::event::Event;
use iam_responder::respond::Responder;
use iam_responder::respond::lookup::Cache;
use iam_responder::respond::outcome::{Outcome, Verdict};
use iam_responder::respond::remind::remind;
use iam_responder::site::Format;
use iam_responder::site::calendar::IcsFiles;
use iam_responder::text::severity::Severity;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::{Aws, Topics, by_bob, delivered, deployed, engine_of, topics};

const RULES: &str = "
id: user-made
title: User made
severity: high
why: It is new.
runbook: Look.
pattern: {source: [aws.iam], detail: {eventName: [CreateUser]}}
dedupe: 10m
---
id: retagged
title: Account called quieter
severity: critical
why: It is quieter.
runbook: Look.
pattern: {source: [aws.organizations], derived: {environmentChange: [lowered]}}
---
id: often
title: Often
severity: medium
why: It happens often.
runbook: Look.
pattern: {source: [aws.iam], detail: {eventName: [GetRole]}}
threshold: {count: 2, within: 5m, by: [account], environments: {development: {count: 3}}}
---
id: burst
title: Burst
severity: low
why: Many.
runbook: Look.
pattern: {source: [aws.iam], derived: {burst: [{numeric: ['>=', 3]}]}}
";

const SITE: &str = "
calendars:
  releases: {zone: Etc/UTC, ics: releases.ics}
  change-window: {change-calendar: changes}
severity:
  - {when: {derived: {environment: [development]}}, lower: 1, because: environment is development}
  - {when: {derived: {time: [releases]}}, lower: 1, because: inside a release}
  - {when: {derived: {outsideTime: [change-window]}}, raise: 1, because: changes are closed}
  - {when: {derived: {accountTags: {pci: ['yes']}}}, floor: critical, because: the account holds cards}
";

const RELEASES: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:r\r\n\
DTSTART:20261102T080000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;BYDAY=FR\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

struct World {
    engine: Engine,
    topics: Topics,
    publish: Recorder,
    state: Memory,
    aws: Aws,
    cache: Cache,
    now: Cell<Timestamp>,
}

/// Friday noon: no release, the change calendar open.
fn world() -> World {
    let calendars = IcsFiles::from([("releases.ics".to_owned(), RELEASES.to_owned())]);
    World {
        engine: engine_of(RULES, SITE, calendars),
        topics: topics(Format::Text),
        publish: Recorder::default(),
        state: Memory::default(),
        aws: Aws::default(),
        cache: Cache::default(),
        now: Cell::new("2026-11-20T12:00:00Z".parse().unwrap()),
    }
}

impl World {
    fn later(&self, minutes: i64) -> &Self {
        self.now.set(self.now.get() + SignedDuration::from_mins(minutes));
        self
    }

    /// A new environment of the function: its memory is empty.
    fn restarted(mut self) -> Self {
        self.cache = Cache::default();
        self
    }

    fn responder(&self) -> Responder<'_, Recorder, Memory, Aws> {
        let ports = (&self.publish, &self.state, &self.aws);
        deployed((&self.engine, &self.topics), ports, &self.cache)
    }

    fn deliver(&self, record: Value) -> (Outcome, Option<String>) {
        let now = self.now.get();
        let event = Event::parse(&delivered(record).to_string());
        let response = pollster::block_on(self.responder().respond(event, now, Some(now)));
        let outcome = response.unwrap().outcome;
        (outcome, self.publish.take().into_iter().next().map(|sent| sent.1.body))
    }

    fn happens(&self, name: &str, account: &str, id: &str) -> (Outcome, Option<String>) {
        self.deliver(by_bob(("iam", name), (account, id, self.now.get()), json!({})))
    }

    fn retags(&self, account: &str, value: &str, id: &str) -> (Outcome, Option<String>) {
        self.deliver(retagging(account, value, id, self.now.get()))
    }
}

fn retagging(account: &str, value: &str, id: &str, at: Timestamp) -> Value {
    let tags = json!({"resourceId": account, "tags": [{"key": "env", "value": value}]});
    by_bob(("organizations", "TagResource"), ("999999999999", id, at), tags)
}

const LAB: &str = "444455556666";

#[test]
fn the_tags_of_an_account_are_looked_up_once_and_believed_for_a_while() {
    let world = world();
    world.aws.tag(LAB, "STAGE", "Dev");
    let (outcome, alert) = world.happens("CreateUser", LAB, "a");
    assert_eq!(outcome.severity, Some(Severity::Medium), "{:?}", outcome.reasons);
    assert!(alert.unwrap().contains("lab (444455556666), development"));
    let asked = world.aws.asked.get();
    world.later(20).happens("ListUsers", LAB, "of no rule");
    assert_eq!(world.aws.asked.get(), asked, "what no rule can want is looked up nowhere");
    world.happens("CreateUser", LAB, "b");
    assert_eq!(world.aws.asked.get(), asked + 1, "the calendar only");
    // Another environment of the function takes it from the state.
    let world = world.restarted();
    world.happens("CreateUser", LAB, "c");
    assert_eq!(world.aws.asked.get(), asked + 2, "the calendar only");
    // Later AWS is asked again; as it does not answer, the old answer is better than none.
    world.aws.down.set(true);
    let (outcome, _) = world.later(120).happens("CreateUser", LAB, "d");
    assert!(
        outcome.reasons.contains(&"environment is development".to_owned()),
        "{:?}",
        outcome.reasons
    );
}

#[test]
fn an_account_that_is_unknown_is_production_and_the_alert_says_so() {
    let world = world();
    world.aws.down.set(true);
    let (outcome, alert) = world.happens("CreateUser", LAB, "a");
    assert!(outcome.reasons.contains(&"account tags unknown, treated as production".to_owned()));
    assert!(outcome.severity >= Some(Severity::High));
    assert!(alert.unwrap().contains("not known: CloudTrail did not answer"));
}

#[test]
fn any_tag_can_be_asked_for() {
    let world = world();
    world.aws.tag(LAB, "PCI", "yes");
    let (outcome, _) = world.happens("CreateUser", LAB, "a");
    assert_eq!(outcome.severity, Some(Severity::Critical), "{:?}", outcome.reasons);
}

#[test]
fn retagging_an_account_as_quieter_alerts_and_forgets_what_was_known() {
    let world = world();
    world.aws.tag(LAB, "env", "prod");
    world.happens("CreateUser", LAB, "a");
    let (outcome, _) = world.retags(LAB, "dev", "t1");
    assert_eq!(outcome.rules, ["retagged"]);
    // The very next event of the account sees the new tags.
    world.aws.tag(LAB, "env", "dev");
    let (outcome, _) = world.later(15).happens("CreateUser", LAB, "b");
    assert!(
        outcome.reasons.contains(&"environment is development".to_owned()),
        "{:?}",
        outcome.reasons
    );
    // Back to the first tag is not news, and known even while AWS does not answer.
    world.aws.down.set(true);
    assert_eq!(world.retags(LAB, "prod", "t2").0.verdict, Verdict::Quiet);
    let (outcome, _) = world.later(15).happens("CreateUser", LAB, "c");
    assert!(
        !outcome.reasons.contains(&"environment is development".to_owned()),
        "{:?}",
        outcome.reasons
    );
    // An account that was never seen counted as production until now.
    assert_eq!(world.retags("777788889999", "sandbox", "t3").0.rules, ["retagged"]);
}

#[test]
fn a_retagging_alerts_even_if_it_is_tried_again_or_comes_late() {
    let mut world = world();
    world.aws.tag(LAB, "env", "prod");
    world.happens("ListUsers", LAB, "a");
    world.publish = Recorder::failing([true, true]);
    let now = world.now.get();
    let event = Event::parse(&delivered(retagging(LAB, "dev", "t1", now)).to_string());
    let failed = pollster::block_on(world.responder().respond(event, now, Some(now)));
    assert!(failed.is_err());
    // Meanwhile another tag of the account changes, and somebody looks it up.
    world.aws.tag(LAB, "env", "dev");
    world.retags(LAB, "dev", "another");
    world.later(1).happens("ListUsers", LAB, "between");
    world.later(-1);
    assert_eq!(world.retags(LAB, "dev", "t1").0.rules, ["retagged"], "Lambda's next attempt");

    // AWS already answers with the new tags when the event comes.
    world.aws.tag("777788889999", "env", "prod");
    world.later(60).happens("ListUsers", "777788889999", "b");
    world.aws.tag("777788889999", "env", "dev");
    world.later(90).happens("ListUsers", "777788889999", "c");
    world.later(-20);
    assert_eq!(world.retags("777788889999", "dev", "t2").0.rules, ["retagged"]);
}

#[test]
fn an_icalendar_file_lowers_by_one_step_while_its_event_lasts() {
    let world = world();
    let noon = world.happens("CreateUser", LAB, "a").0;
    let morning = world.later(-210).happens("CreateUser", LAB, "b").0;
    assert_eq!(noon.severity, Some(Severity::High));
    assert_eq!(morning.severity, Some(Severity::Medium), "{:?}", morning.reasons);
    assert!(morning.reasons.contains(&"inside a release".to_owned()));
}

#[test]
fn a_change_calendar_is_believed_until_its_next_transition_and_no_longer() {
    let world = world();
    let until = world.now.get() + SignedDuration::from_mins(4);
    world.aws.calendar.set(Some(CalendarState { open: true, until: Some(until) }));
    world.aws.tag(LAB, "env", "prod");
    world.happens("ListUsers", LAB, "a");
    let asked = world.aws.asked.get();
    world.later(2).happens("ListUsers", LAB, "b");
    assert_eq!(world.aws.asked.get(), asked);
    world.aws.calendar.set(Some(CalendarState { open: false, until: None }));
    let (outcome, _) = world.later(2).happens("CreateUser", LAB, "c");
    assert_eq!(outcome.severity, Some(Severity::Critical), "{:?}", outcome.reasons);
    // One that does not answer may be closed.
    world.aws.down.set(true);
    let (outcome, _) = world.later(60).happens("CreateUser", LAB, "d");
    assert_eq!(outcome.severity, Some(Severity::Critical));
    let why = "not known whether inside calendar change-window, the stricter side counts";
    assert!(outcome.reasons.contains(&why.to_owned()), "{:?}", outcome.reasons);
}

#[test]
fn an_alert_says_what_the_caller_did_in_the_hour_before() {
    let world = world();
    let at = world.now.get() - SignedDuration::from_mins(20);
    let earlier = |id, name, reads: bool| {
        let mut record = by_bob(("iam", name), (LAB, id, at), json!({}));
        record["readOnly"] = reads.into();
        record.to_string()
    };
    *world.aws.records.borrow_mut() =
        vec![earlier("x", "ListUsers", true), earlier("y", "CreateAccessKey", false)];
    let alert = world.happens("CreateUser", LAB, "a").1.unwrap();
    assert!(
        alert.contains(
            "The caller's last hour\n- 2 calls in 1 service\n- other IAM changes: CreateAccessKey on bob\n"
        ),
        "{alert}"
    );
}

#[test]
fn the_next_alert_says_how_many_were_held_back() {
    let world = world();
    assert_eq!(world.happens("CreateUser", LAB, "a").0.held_back, 0);
    for id in ["b", "c", "b"] {
        assert_eq!(world.later(1).happens("CreateUser", LAB, id).0.verdict, Verdict::Deduplicated);
    }
    let (outcome, alert) = world.later(20).happens("CreateUser", LAB, "d");
    assert_eq!(outcome.held_back, 2);
    assert!(
        alert
            .unwrap()
            .contains("2 repetitions since this was first told, held back without an alert each.")
    );
}

#[test]
fn a_threshold_differs_by_environment() {
    let world = world();
    world.aws.tag(LAB, "env", "dev");
    assert_eq!(world.happens("GetRole", LAB, "a").0.verdict, Verdict::Counted);
    assert_eq!(world.happens("GetRole", LAB, "b").0.verdict, Verdict::Counted);
    assert_eq!(world.happens("GetRole", LAB, "c").0.verdict, Verdict::Alerted);
    assert_eq!(world.happens("GetRole", "111122223333", "d").0.verdict, Verdict::Counted);
    assert_eq!(world.happens("GetRole", "111122223333", "e").0.verdict, Verdict::Alerted);
}

#[test]
fn many_different_changes_are_a_burst_and_the_same_one_often_is_not() {
    let world = world();
    for id in ["a", "b", "c"] {
        assert_eq!(world.happens("CreateAccessKey", LAB, id).0.verdict, Verdict::Quiet);
    }
    assert_eq!(world.happens("AttachUserPolicy", LAB, "d").0.verdict, Verdict::Quiet);
    assert_eq!(world.happens("TagUser", LAB, "e").0.verdict, Verdict::Quiet);
    assert_eq!(world.happens("PutUserPolicy", LAB, "f").0.rules, ["burst"]);
    assert_eq!(world.later(30).happens("CreateLoginProfile", LAB, "g").0.verdict, Verdict::Quiet);
}

#[test]
fn what_nobody_acknowledges_is_published_once_more_a_step_louder() {
    let world = world();
    let first = world.happens("CreateUser", LAB, "a").1.unwrap();
    assert!(first.contains("Told again at 2026-11-20 12:30 UTC, a step louder, unless somebody acknowledges it.\n- Acknowledge: AWS_REGION=eu-west-1 iam-responder verdict a acknowledged --table state\n"));
    world.later(11).happens("CreateUser", LAB, "b");
    let said =
        Judgement { word: JudgementWord::Acknowledged, note: None, by: None, at: world.now.get() };
    assert!(pollster::block_on(world.state.judge("b", &said)).unwrap());
    let look = || {
        let looked = remind(&world.state, &world.publish, &world.topics, world.now.get());
        (pollster::block_on(looked).repeated, world.publish.take())
    };
    assert_eq!(look().0, 0, "too early");
    world.later(25);
    let (repeated, sent) = look();
    assert_eq!((repeated, sent.len()), (1, 1));
    let (topic, message) = &sent[0];
    assert_eq!(topic, "critical");
    assert!(message.subject.starts_with("[CRITICAL] Not acknowledged: User made"));
    assert!(message.body.contains("nobody acknowledged it within 36 minutes: a step louder"));
    world.later(60);
    assert_eq!(look().0, 0, "once");
    assert_eq!(
        pollster::block_on(world.state.published_since(Timestamp::UNIX_EPOCH)).unwrap().len(),
        2
    );
}

#[test]
fn many_that_nobody_acknowledges_are_one_message() {
    let world = world();
    for number in 0..7 {
        world.later(11).happens("CreateUser", LAB, &format!("e{number}"));
    }
    world.later(40);
    let look = || remind(&world.state, &world.publish, &world.topics, world.now.get());
    assert_eq!(pollster::block_on(look()).repeated, 7);
    let sent = world.publish.take();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].1.subject, "[CRITICAL] 7 alerts not acknowledged");
    assert!(
        sent[0].1.body.contains("HIGH: User made in 444455556666, event e6"),
        "{}",
        sent[0].1.body
    );
    world.later(60);
    assert_eq!(pollster::block_on(look()).due, 0);
}

#[test]
fn a_reminder_that_cannot_be_published_stays_due() {
    let mut world = world();
    world.happens("CreateUser", LAB, "a");
    world.later(31);
    world.publish = Recorder::failing([true, true]);
    let looked = remind(&world.state, &world.publish, &world.topics, world.now.get());
    assert_eq!(pollster::block_on(looked).failures.len(), 1);
    world.later(6);
    let looked = remind(&world.state, &world.publish, &world.topics, world.now.get());
    assert_eq!(pollster::block_on(looked).repeated, 1);
    world.later(60);
    let looked = remind(&world.state, &world.publish, &world.topics, world.now.get());
    assert_eq!(pollster::block_on(looked).due, 0);
}
