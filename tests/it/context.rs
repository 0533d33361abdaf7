//! Knowledge that is not in the event, and what alerts say because of it: accounts, calendars, the caller's last hour,
//! repetitions, and unacknowledged alerts.

use std::cell::Cell;

use iam_responder::assess::engine::Engine;
use iam_responder::effects::CalendarState;
use iam_responder::effects::alerts::{Judgement, JudgementWord, StoredAlerts};
use iam_responder::effects::faulty::{Faults, InjectedFault};
use iam_responder::effects::memory::Memory;
use iam_responder::event::Event;
use iam_responder::respond::handled::{Disposition, Handled};
use iam_responder::respond::lookup::Cache;
use iam_responder::respond::remind::{Reminded, remind};
use iam_responder::respond::{Origin, RespondError};
use iam_responder::site::Format;
use iam_responder::site::calendar::IcsFiles;
use iam_responder::text::severity::Severity;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::{Aws, World, by_bob, delivered, engine_of, reminders, topics};

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

/// An environment of the function, and its time.
struct Day {
    world: World<Engine, Memory, Aws>,
    now: Cell<Timestamp>,
}

/// Friday noon: no release, the change calendar open.
fn day() -> Day {
    let calendars = IcsFiles::from([("releases.ics".to_owned(), RELEASES.to_owned())]);
    let engine = engine_of(RULES, SITE, calendars);
    let world = World::of(engine, Origin::Checked, Memory::default(), Aws::default());
    let world = World { topics: topics(Format::Text), reminders: Some(reminders()), ..world };
    Day { world, now: Cell::new("2026-11-20T12:00:00Z".parse().unwrap()) }
}

impl Day {
    fn later(&self, minutes: i64) -> &Self {
        self.now.set(self.now.get() + SignedDuration::from_mins(minutes));
        self
    }

    /// A new environment of the function: its memory is empty.
    fn restarted(mut self) -> Self {
        self.world.cache = Cache::default();
        self
    }

    fn try_deliver(&self, record: Value) -> Result<Handled, RespondError> {
        let now = self.now.get();
        let event = Event::parse(&delivered(record).to_string());
        self.world.try_answer(event, now, Some(now)).map(|response| response.outcome)
    }

    fn deliver(&self, record: Value) -> (Handled, Option<String>) {
        let outcome = self.try_deliver(record).unwrap();
        (outcome, self.world.publish.take().into_iter().next().map(|sent| sent.1.body))
    }

    fn happens(&self, name: &str, account: &str, id: &str) -> (Handled, Option<String>) {
        self.deliver(by_bob(("iam", name), (account, id, self.now.get()), json!({})))
    }

    fn retags(&self, account: &str, value: &str, id: &str) -> (Handled, Option<String>) {
        self.deliver(retagging(account, value, id, self.now.get()))
    }

    /// Looks for what nobody acknowledged, and publishes it again.
    fn looks(&self) -> Reminded {
        let World { state, topics, .. } = &self.world;
        pollster::block_on(remind(state, &self.world.publisher(), topics, self.now.get()))
    }
}

fn retagging(account: &str, value: &str, id: &str, at: Timestamp) -> Value {
    let tags = json!({"resourceId": account, "tags": [{"key": "env", "value": value}]});
    by_bob(("organizations", "TagResource"), ("999999999999", id, at), tags)
}

const LAB: &str = "444455556666";

#[test]
fn the_tags_of_an_account_are_looked_up_once_and_believed_for_a_while() {
    let day = day();
    day.world.lookups.tag(LAB, "STAGE", "Dev");
    let (outcome, alert) = day.happens("CreateUser", LAB, "a");
    assert_eq!(outcome.severity, Some(Severity::Medium), "{:?}", outcome.reasons);
    assert!(alert.unwrap().contains("lab (444455556666), development"));
    let asked = day.world.lookups.asked.get();
    day.later(20).happens("ListUsers", LAB, "of no rule");
    assert_eq!(day.world.lookups.asked.get(), asked, "what no rule can want is looked up nowhere");
    day.happens("CreateUser", LAB, "b");
    assert_eq!(day.world.lookups.asked.get(), asked + 1, "the calendar only");
    // Another environment of the function takes it from the state.
    let day = day.restarted();
    day.happens("CreateUser", LAB, "c");
    assert_eq!(day.world.lookups.asked.get(), asked + 2, "the calendar only");
    // Later AWS is asked again; as it does not answer, the old answer is better than none.
    day.world.lookups.down.set(true);
    let (outcome, _) = day.later(120).happens("CreateUser", LAB, "d");
    assert!(
        outcome.reasons.contains(&"environment is development".to_owned()),
        "{:?}",
        outcome.reasons
    );
}

#[test]
fn an_account_that_is_unknown_is_production_and_the_alert_says_so() {
    let day = day();
    day.world.lookups.down.set(true);
    let (outcome, alert) = day.happens("CreateUser", LAB, "a");
    assert!(outcome.reasons.contains(&"account tags unknown, treated as production".to_owned()));
    assert!(outcome.severity >= Some(Severity::High));
    assert!(alert.unwrap().contains("not known: CloudTrail did not answer"));
}

#[test]
fn any_tag_can_be_asked_for() {
    let day = day();
    day.world.lookups.tag(LAB, "PCI", "yes");
    let (outcome, _) = day.happens("CreateUser", LAB, "a");
    assert_eq!(outcome.severity, Some(Severity::Critical), "{:?}", outcome.reasons);
}

#[test]
fn retagging_an_account_as_quieter_alerts_and_forgets_what_was_known() {
    let day = day();
    day.world.lookups.tag(LAB, "env", "prod");
    day.happens("CreateUser", LAB, "a");
    let (outcome, _) = day.retags(LAB, "dev", "t1");
    assert_eq!(outcome.rules, ["retagged"]);
    // The very next event of the account sees the new tags.
    day.world.lookups.tag(LAB, "env", "dev");
    let (outcome, _) = day.later(15).happens("CreateUser", LAB, "b");
    assert!(
        outcome.reasons.contains(&"environment is development".to_owned()),
        "{:?}",
        outcome.reasons
    );
    // Back to the first tag is not news, and known even while AWS does not answer.
    day.world.lookups.down.set(true);
    assert_eq!(day.retags(LAB, "prod", "t2").0.disposition, Disposition::Quiet);
    let (outcome, _) = day.later(15).happens("CreateUser", LAB, "c");
    assert!(
        !outcome.reasons.contains(&"environment is development".to_owned()),
        "{:?}",
        outcome.reasons
    );
    // An account that was never seen counted as production until now.
    assert_eq!(day.retags("777788889999", "sandbox", "t3").0.rules, ["retagged"]);
    // Once a tag that names the environment is gone, the other tags may say anything.
    let untags = |key: &str| {
        let given = json!({"resourceId": "888899990000", "tagKeys": [key]});
        let untag = ("organizations", "UntagResource");
        day.deliver(by_bob(untag, ("999999999999", key, day.now.get()), given)).0
    };
    assert_eq!(untags("Stage").rules, ["retagged"]);
    assert_eq!(untags("team").disposition, Disposition::Quiet);
}

#[test]
fn a_retagging_alerts_even_if_it_is_tried_again_or_comes_late() {
    let mut day = day();
    day.world.lookups.tag(LAB, "env", "prod");
    day.happens("ListUsers", LAB, "a");
    day.world.refusals = Faults::first(2, InjectedFault::Before);
    assert!(day.try_deliver(retagging(LAB, "dev", "t1", day.now.get())).is_err());
    // Meanwhile another tag of the account changes, and somebody looks it up.
    day.world.lookups.tag(LAB, "env", "dev");
    day.retags(LAB, "dev", "another");
    day.later(1).happens("ListUsers", LAB, "between");
    day.later(-1);
    assert_eq!(day.retags(LAB, "dev", "t1").0.rules, ["retagged"], "Lambda's next attempt");

    // AWS already answers with the new tags when the event comes.
    day.world.lookups.tag("777788889999", "env", "prod");
    day.later(60).happens("ListUsers", "777788889999", "b");
    day.world.lookups.tag("777788889999", "env", "dev");
    day.later(90).happens("ListUsers", "777788889999", "c");
    day.later(-20);
    assert_eq!(day.retags("777788889999", "dev", "t2").0.rules, ["retagged"]);
}

#[test]
fn an_icalendar_file_lowers_by_one_step_while_its_event_lasts() {
    let day = day();
    let noon = day.happens("CreateUser", LAB, "a").0;
    let morning = day.later(-210).happens("CreateUser", LAB, "b").0;
    assert_eq!(noon.severity, Some(Severity::High));
    assert_eq!(morning.severity, Some(Severity::Medium), "{:?}", morning.reasons);
    assert!(morning.reasons.contains(&"inside a release".to_owned()));
}

#[test]
fn a_change_calendar_is_believed_until_its_next_transition_and_no_longer() {
    let day = day();
    let until = day.now.get() + SignedDuration::from_mins(4);
    day.world.lookups.calendar.set(Some(CalendarState { open: true, until: Some(until) }));
    day.world.lookups.tag(LAB, "env", "prod");
    day.happens("ListUsers", LAB, "a");
    let asked = day.world.lookups.asked.get();
    day.later(2).happens("ListUsers", LAB, "b");
    assert_eq!(day.world.lookups.asked.get(), asked);
    day.world.lookups.calendar.set(Some(CalendarState { open: false, until: None }));
    let (outcome, _) = day.later(2).happens("CreateUser", LAB, "c");
    assert_eq!(outcome.severity, Some(Severity::Critical), "{:?}", outcome.reasons);
    // One that does not answer may be closed.
    day.world.lookups.down.set(true);
    let (outcome, _) = day.later(60).happens("CreateUser", LAB, "d");
    assert_eq!(outcome.severity, Some(Severity::Critical));
    let why = "not known whether inside calendar change-window, the stricter side counts";
    assert!(outcome.reasons.contains(&why.to_owned()), "{:?}", outcome.reasons);
}

#[test]
fn an_alert_says_what_the_caller_did_in_the_hour_before() {
    let day = day();
    let at = day.now.get() - SignedDuration::from_mins(20);
    let earlier = |id, name, reads: bool| {
        let mut record = by_bob(("iam", name), (LAB, id, at), json!({}));
        record["readOnly"] = reads.into();
        record.to_string()
    };
    *day.world.lookups.records.borrow_mut() =
        vec![earlier("x", "ListUsers", true), earlier("y", "CreateAccessKey", false)];
    let alert = day.happens("CreateUser", LAB, "a").1.unwrap();
    assert!(
        alert.contains(
            "The caller's last hour\n- 2 calls in 1 service\n- other IAM changes: CreateAccessKey on bob\n"
        ),
        "{alert}"
    );
}

#[test]
fn the_next_alert_says_how_many_were_held_back() {
    let day = day();
    assert_eq!(day.happens("CreateUser", LAB, "a").0.held_back, 0);
    for id in ["b", "c", "b"] {
        assert_eq!(
            day.later(1).happens("CreateUser", LAB, id).0.disposition,
            Disposition::Deduplicated
        );
    }
    let (outcome, alert) = day.later(20).happens("CreateUser", LAB, "d");
    assert_eq!(outcome.held_back, 2);
    assert!(
        alert
            .unwrap()
            .contains("2 repetitions since the first alert, held back without an alert each.")
    );
}

#[test]
fn a_threshold_differs_by_environment() {
    let day = day();
    day.world.lookups.tag(LAB, "env", "dev");
    assert_eq!(day.happens("GetRole", LAB, "a").0.disposition, Disposition::Counted);
    assert_eq!(day.happens("GetRole", LAB, "b").0.disposition, Disposition::Counted);
    assert_eq!(day.happens("GetRole", LAB, "c").0.disposition, Disposition::Alerted);
    assert_eq!(day.happens("GetRole", "111122223333", "d").0.disposition, Disposition::Counted);
    assert_eq!(day.happens("GetRole", "111122223333", "e").0.disposition, Disposition::Alerted);
}

#[test]
fn many_different_changes_are_a_burst_and_the_same_one_often_is_not() {
    let day = day();
    for id in ["a", "b", "c"] {
        assert_eq!(day.happens("CreateAccessKey", LAB, id).0.disposition, Disposition::Quiet);
    }
    assert_eq!(day.happens("AttachUserPolicy", LAB, "d").0.disposition, Disposition::Quiet);
    assert_eq!(day.happens("TagUser", LAB, "e").0.disposition, Disposition::Quiet);
    assert_eq!(day.happens("PutUserPolicy", LAB, "f").0.rules, ["burst"]);
    assert_eq!(
        day.later(30).happens("CreateLoginProfile", LAB, "g").0.disposition,
        Disposition::Quiet
    );
}

#[test]
fn what_nobody_acknowledges_is_published_once_more_a_step_louder() {
    let day = day();
    let first = day.happens("CreateUser", LAB, "a").1.unwrap();
    assert!(first.contains("Sent again at 2026-11-20 12:30 UTC, a step louder, unless somebody acknowledges it.\n- Acknowledge: AWS_REGION=eu-west-1 iam-responder verdict a acknowledged --table state\n"));
    day.later(11).happens("CreateUser", LAB, "b");
    let said =
        Judgement { word: JudgementWord::Acknowledged, note: None, by: None, at: day.now.get() };
    assert!(pollster::block_on(day.world.state.judge("b", &said)).unwrap());
    let look = || (day.looks().published, day.world.publish.take());
    assert_eq!(look().0, 0, "too early");
    day.later(25);
    let (repeated, sent) = look();
    assert_eq!((repeated, sent.len()), (1, 1));
    let (topic, message) = &sent[0];
    assert_eq!(topic, "critical");
    assert!(message.subject.starts_with("[CRITICAL] Not acknowledged: User made"));
    assert!(message.body.contains("nobody acknowledged it within 36 minutes: a step louder"));
    day.later(60);
    assert_eq!(look().0, 0, "once");
    assert_eq!(
        pollster::block_on(day.world.state.published_since(Timestamp::UNIX_EPOCH)).unwrap().len(),
        2
    );
}

#[test]
fn many_that_nobody_acknowledges_are_one_message() {
    let day = day();
    for number in 0..7 {
        day.later(11).happens("CreateUser", LAB, &format!("e{number}"));
    }
    day.later(40);
    assert_eq!(day.looks().published, 7);
    let sent = day.world.publish.take();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].1.subject, "[CRITICAL] 7 alerts not acknowledged");
    assert!(
        sent[0].1.body.contains("HIGH: User made in 444455556666, event e6"),
        "{}",
        sent[0].1.body
    );
    day.later(60);
    assert_eq!(day.looks().due, 0);
}

#[test]
fn a_reminder_that_cannot_be_published_stays_due() {
    let mut day = day();
    day.happens("CreateUser", LAB, "a");
    day.later(31);
    day.world.refusals = Faults::first(2, InjectedFault::Before);
    assert_eq!(day.looks().failures.len(), 1);
    day.later(6);
    assert_eq!(day.looks().published, 1);
    day.later(60);
    assert_eq!(day.looks().due, 0);
}
