//! The daily message about silence: how many alerts each suppression silenced, each override held back or made
//! quieter than medium, each adjustment lowered by more than a step, and each window of days held back.
//!
//! Each of them has its own window of deduplication. The daily message claims that window, and every silenced alert is
//! held back by the claim. So each event counts once, however often it is delivered.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::topics::Topics;
use crate::alert::{Alert, HELD_BACK_MAX};
use crate::assess::engine::Engine;
use crate::effects::{Claim, EffectError, Publish, State};
use crate::respond::own_alert::{Unpublished, in_time};
use crate::respond::send::send;
use crate::respond::silence::{
    counted_as, counted_as_adjusted, counted_as_held, counted_as_overridden,
};
use crate::rule::Rule;
use crate::site::{Adjustment, SuppressionSpec};

/// Time within which one message is enough. A little less than a day, so that it comes every day.
const WINDOW: SignedDuration = SignedDuration::from_hours(23);
/// Counts asked for at once.
const AT_ONCE: usize = 16;
/// Most suppressions, adjustments and windows counted, and most overrides, those of the loudest rules first. Further
/// ones are not published.
const COUNTED_MAX: usize = 200;

/// The result of the daily message.
#[derive(Debug, Default)]
pub struct DailyMessage {
    /// Alerts that it counts. 0 if another copy published it today.
    pub alerts: u32,
    /// It could not be published, and is published later.
    pub failure: Option<Unpublished>,
    /// What the state did not do.
    pub state_failures: Vec<EffectError>,
}

/// A declared silence, and its line in the daily message.
struct Silence {
    counted_as: String,
    words: String,
}

impl Silence {
    fn of_suppression(spec: &SuppressionSpec) -> Self {
        let SuppressionSpec { name, owner, reason, expires, .. } = spec;
        Self {
            counted_as: counted_as(name),
            words: format!("by {name} of {owner} until {expires}: {reason}"),
        }
    }

    fn of_override(rule: &Rule, engine: &Engine) -> Option<Self> {
        let (how, id) = (rule.quietened()?, &rule.spec.id);
        let (owner, reason) = responsible(rule, engine);
        Some(Self {
            counted_as: counted_as_overridden(id),
            words: format!("by the override{owner} of rule {id}, {how}{reason}"),
        })
    }

    fn of_window(rule: &Rule, engine: &Engine) -> Option<Self> {
        let (window, id) = (rule.held_for_days()?.text(), &rule.spec.id);
        let (owner, reason) = responsible(rule, engine);
        let overridden =
            engine.site().override_of(id).is_some_and(|change| change.dedupe.is_some());
        let whose = if overridden {
            format!("the override{owner} of rule {id}")
        } else {
            format!("rule {id}")
        };
        let reason = if overridden { reason } else { String::new() };
        Some(Self {
            counted_as: counted_as_held(id),
            words: format!("by {whose}, repetitions within {window}{reason}"),
        })
    }

    fn of_adjustment(adjustment: &Adjustment) -> Option<Self> {
        let spec = &adjustment.spec;
        let change = spec.change().filter(|_| adjustment.quietens())?;
        Some(Self {
            counted_as: counted_as_adjusted(&spec.because),
            words: format!("by the adjustment because {}: {change}", spec.because),
        })
    }

    /// All that is declared, bounded.
    fn all(engine: &Engine) -> Vec<Self> {
        let suppressions = engine.site().suppressions().iter().take(COUNTED_MAX);
        let suppressions = suppressions.map(|one| Self::of_suppression(&one.spec));
        let mut rules: Vec<&Rule> =
            engine.rules().quietenable().filter(|rule| rule.quietened().is_some()).collect();
        rules.sort_by_key(|rule| {
            let by_itself = rule.by_itself.as_ref().map(|spec| spec.severity);
            std::cmp::Reverse(by_itself)
        });
        let overrides = rules.into_iter().filter_map(|rule| Self::of_override(rule, engine));
        let windows = engine.rules().quietenable().filter_map(|rule| Self::of_window(rule, engine));
        let adjustments = engine.site().adjustments().iter().filter_map(Self::of_adjustment);
        let overrides = overrides.take(COUNTED_MAX).chain(windows.take(COUNTED_MAX));
        suppressions.chain(overrides).chain(adjustments.take(COUNTED_MAX)).collect()
    }
}

/// Owner and reason of a rule's override, if the site file has them.
fn responsible(rule: &Rule, engine: &Engine) -> (String, String) {
    let change = engine.site().override_of(&rule.spec.id);
    let owner = change.and_then(|change| change.owner.as_deref());
    let reason = change.and_then(|change| change.reason.as_deref());
    let owner = owner.map(|owner| format!(" of {owner}")).unwrap_or_default();
    (owner, reason.map(|reason| format!(": {reason}")).unwrap_or_default())
}

/// Does the site silence or lower anything that people would have to hear of?
#[must_use]
pub fn is_anything_silenced(engine: &Engine) -> bool {
    let (site, mut rules) = (engine.site(), engine.rules().quietenable());
    !site.suppressions().is_empty()
        || rules.any(|rule| rule.quietened().is_some() || rule.held_for_days().is_some())
        || site.adjustments().iter().any(Adjustment::quietens)
}

/// Publishes how many alerts each suppression silenced, and each override, window or adjustment held back or lowered, since
/// it did so last, if there were any. Asked again within the day, it publishes nothing. What could not be published
/// stays counted.
pub async fn send_silences<S: State, P: Publish>(
    engine: &Engine,
    state: &S,
    (publish, topics): (&P, &Topics),
    now: Timestamp,
    until: impl Future<Output = ()>,
) -> DailyMessage {
    let (silences, id) = (Silence::all(engine), format!("word of {now}"));
    let mut state_failures = Vec::new();
    let work = async {
        let mut counts = Vec::new();
        for some in silences.chunks(AT_ONCE) {
            let claims = some.iter().map(|one| state.claim(&one.counted_as, &id, now, WINDOW));
            for (silence, claimed) in some.iter().zip(join_all(claims).await) {
                match claimed {
                    Ok(Claim::Ours { held }) if held > 0 => counts.push((silence, held)),
                    Ok(_) => {}
                    Err(error) => state_failures.push(error),
                }
            }
        }
        if counts.is_empty() {
            return Ok(0);
        }
        counts.sort_by_key(|(_, held)| std::cmp::Reverse(*held));
        let alert = Alert::suppressed(&lines(&counts));
        let sent = send(publish, topics, &alert, now).await;
        sent.map(|()| counts.iter().map(|(_, held)| held).sum())
    };
    let failure = match in_time(work, until).await {
        Ok(alerts) => return DailyMessage { alerts, failure: None, state_failures },
        Err(failure) => failure,
    };
    // Releasing an unclaimed window does nothing.
    for some in silences.chunks(AT_ONCE) {
        let released = some.iter().map(|one| state.release(&one.counted_as, &id));
        state_failures.extend(join_all(released).await.into_iter().filter_map(Result::err));
    }
    DailyMessage { alerts: 0, failure: Some(failure), state_failures }
}

/// One line for each.
fn lines(counts: &[(&Silence, u32)]) -> Vec<String> {
    let line = |(silence, held): &(&Silence, u32)| {
        let more = if *held >= HELD_BACK_MAX { " or more" } else { "" };
        format!("{held}{more} {}", silence.words)
    };
    counts.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};
    use std::task::Poll;

    use super::*;
    use crate::assess::engine::{SiteFiles, SourceFile};
    use crate::effects::Windows;
    use crate::effects::faulty::{Faults, Faulty, InjectedFault};
    use crate::effects::memory::Memory;
    use crate::effects::recorder::Recorder;
    use crate::event::{Event, sample};
    use crate::pack::PACK;
    use crate::respond::Mode;
    use crate::respond::{Origin, Responder};
    use crate::site::Format;
    use crate::site::TopicSpec;
    use crate::site::calendar::IcsFiles;
    use crate::text::severity::Severity;

    const SITE: &str = "
suppressions:
  - {name: ci, pattern: {source: [aws.iam]}, owner: platform, reason: its own tags, expires: 2027-01-01}
  - {name: backup, pattern: {source: [aws.sts]}, owner: ops, reason: nightly, expires: 2027-01-01}
";

    fn engine(site: &str) -> Engine {
        let site = SourceFile { name: "site.yaml".to_owned(), text: site.to_owned() };
        Engine::packed_with(&PACK, &SiteFiles { site, calendars: IcsFiles::new() }).unwrap()
    }

    fn topics() -> Topics {
        let topic = TopicSpec { arn: "low".to_owned(), format: Format::Text };
        [(Severity::Low, vec![topic])].into_iter().collect()
    }

    fn run(publish: &Recorder, state: &Memory, now: &str) -> (DailyMessage, Vec<String>) {
        let (engine, topics) = (engine(SITE), topics());
        let now = now.parse().unwrap();
        let word = send_silences(&engine, state, (publish, &topics), now, pending());
        (
            pollster::block_on(word),
            publish.take().into_iter().map(|(_, message)| message.body).collect(),
        )
    }

    fn hold_back(state: &Memory, name: &str, event_id: &str) {
        pollster::block_on(state.hold_back(&counted_as(name), event_id)).unwrap();
    }

    #[test]
    fn it_is_published_once_a_day_and_only_where_something_was_silenced() {
        let (publish, state) = (Recorder::default(), Memory::default());
        let (word, sent) = run(&publish, &state, "2026-11-24T00:01:00Z");
        assert!(word.alerts == 0 && sent.is_empty());
        for event in ["a", "b", "b"] {
            hold_back(&state, "ci", event);
        }
        hold_back(&state, "backup", "c");
        assert!(run(&publish, &state, "2026-11-24T12:00:00Z").1.is_empty());
        let (word, sent) = run(&publish, &state, "2026-11-25T00:02:00Z");
        assert_eq!((word.alerts, sent.len()), (3, 1));
        let lines: Vec<&str> = sent[0].lines().filter(|line| line.starts_with("- ")).collect();
        assert!(
            lines[0].contains("2 by ci of platform until 2027-01-01: its own tags"),
            "{lines:?}"
        );
        assert!(lines[1].contains("1 by backup of ops"), "{lines:?}");
        assert!(sent[0].contains("LOW"), "{sent:?}");
        assert!(run(&publish, &state, "2026-11-26T00:03:00Z").1.is_empty());
    }

    #[test]
    fn what_could_not_be_published_stays_counted() {
        let state = Memory::default();
        run(&Recorder::default(), &state, "2026-11-24T00:01:00Z");
        hold_back(&state, "ci", "a");
        let (publish, now) = (Recorder::default(), "2026-11-25T00:01:00Z".parse().unwrap());
        let faults = Faults::from(0, InjectedFault::Before);
        let (engine, topics, broken) = (engine(SITE), topics(), Faulty::new(&publish, &faults));
        let word = send_silences(&engine, &state, (&broken, &topics), now, pending());
        let word = pollster::block_on(word);
        assert!(word.failure.is_some() && word.alerts == 0);
        // Nor what there was no time for, when the claims were made.
        let slow = Faults::slow();
        let (claims, until) = (Faulty::new(&state, &slow), async {
            let mut turns = 2;
            poll_fn(|context| {
                turns -= 1;
                context.waker().wake_by_ref();
                if turns == 0 { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        });
        let late = Faulty::new(&publish, &slow);
        let now = "2026-11-25T00:03:00Z".parse().unwrap();
        let word = send_silences(&engine, &claims, (&late, &topics), now, until);
        let word = pollster::block_on(word);
        assert!(matches!(word.failure, Some(Unpublished::Late)), "{word:?}");
        publish.take();
        let (word, sent) = run(&publish, &state, "2026-11-25T00:06:00Z");
        assert_eq!((word.alerts, sent.len()), (1, 1));
    }

    const RULES: &str = "
{id: grave, title: t, severity: high, why: w, runbook: b, pattern: {source: [aws.iam], detail: {eventName: [A, B]}}}
---
{id: small, title: t, severity: low, why: w, runbook: b, pattern: {source: [aws.iam], detail: {eventName: [A]}}}
---
{id: loud, title: t, severity: medium, why: w, runbook: b, pattern: {source: [aws.iam], detail: {eventName: [B]}}}
---
{id: often, title: t, severity: high, why: w, runbook: b, threshold: {count: 2, within: 5m},
 pattern: {source: [aws.iam], detail: {eventName: [C]}}}
---
{id: after, title: t, severity: high, why: w, runbook: b, sequence: {before: [{source: [aws.iam], detail: {eventName: [C]}}], within: 5m},
 pattern: {source: [aws.iam], detail: {eventName: [D]}}}
---
{id: any, title: t, severity: medium, why: w, runbook: b, general: true, pattern: {source: [aws.iam]}}
";

    /// The text of the daily message after these calls, each in another minute, without the numbers of the list.
    #[track_caller]
    fn check(overrides: &str, calls: &[&str], want: &[&str]) {
        let file = |name: &str, text: String| SourceFile { name: name.to_owned(), text };
        let site = file("site.yaml", format!("overrides: {overrides}\n"));
        let site = SiteFiles { site, calendars: IcsFiles::new() };
        let rules = [file("rules.yaml", RULES.to_owned())];
        let engine = Engine::load(&rules, Some(&site), None).unwrap();
        let (publish, state, topics) = (Recorder::default(), Memory::default(), topics());
        let word = |now: &str| {
            let now = now.parse().unwrap();
            let word = send_silences(&engine, &state, (&publish, &topics), now, pending());
            pollster::block_on(word);
        };
        word("2026-11-24T00:00:00Z");
        let responder =
            Responder::offline(&engine, &topics, &publish, &state, (Origin::Checked, Mode::Live));
        for (minute, name) in calls.iter().enumerate() {
            let call = sample::call("iam", name).at(minute, &minute.to_string());
            let event = sample::delivered(call.by(sample::user("bob")).record()).to_string();
            for _ in 0..2 {
                let event = Event::parse(&event);
                let now = event.as_ref().unwrap().time().unwrap();
                pollster::block_on(responder.respond(event, now, None)).unwrap();
            }
        }
        publish.take();
        word("2026-11-25T00:00:00Z");
        let sent: String = publish.take().into_iter().map(|(_, message)| message.body).collect();
        let lines: Vec<&str> = sent.lines().filter_map(|line| line.strip_prefix("- ")).collect();
        assert_eq!(lines, want, "{sent}");
    }

    #[test]
    fn what_overrides_switch_off_or_lower_is_published_too() {
        let grave = "1 by the override of rule grave, switched off";
        check("{grave: {enabled: false}}", &["A"], &[grave]);
        let small = "1 by the override of rule small, switched off";
        let all = "{grave: {disabled: true}, small: {enabled: false}, any: {severity: low}}";
        check(all, &["A"], &[grave]);
        let small_off = "{grave: {enabled: false}, small: {enabled: false}, any: {enabled: false}}";
        check(small_off, &["A"], &[grave, small]);
        check(
            "{grave: {severity: low}}",
            &["A", "A"],
            &["2 by the override of rule grave, low instead of high"],
        );
        let owned = "{grave: {severity: informational, owner: platform, reason: too many}}";
        let line =
            "1 by the override of platform of rule grave, informational instead of high: too many";
        check(owned, &["A"], &[line]);
        let rare = "{grave: {threshold: {count: 9, within: 5m}}}";
        check(rare, &["A", "A"], &["2 by the override of rule grave, alerts from 9 events on"]);
    }

    #[test]
    fn what_is_loud_or_would_not_be_published_is_not_counted() {
        check("{}", &["A", "B", "C", "D"], &[]);
        check("{grave: {severity: medium}}", &["A"], &[]);
        check("{grave: {severity: critical}}", &["A"], &[]);
        // Another rule says medium.
        check("{grave: {enabled: false}}", &["B"], &[]);
        check("{grave: {severity: low}, any: {enabled: false}}", &["B"], &[]);
        // The general rule would add nothing about the call.
        check(
            "{any: {severity: low}, loud: {enabled: false}, grave: {enabled: false}}",
            &["A"],
            &["1 by the override of rule grave, switched off"],
        );
    }

    #[test]
    fn repetitions_held_back_for_days_are_counted() {
        let week = "{grave: {dedupe: 7d, owner: ops, reason: nightly}, small: {enabled: false}}";
        let line = "2 by the override of ops of rule grave, repetitions within 7d: nightly";
        check(week, &["A", "A", "A"], &[line]);
        // Another call is news, and within a day it is published again.
        check(week, &["A", "B"], &[]);
        check("{grave: {dedupe: 1d}, small: {enabled: false}}", &["A", "A", "A"], &[]);
        // A rule without a window publishes each.
        check("{grave: {dedupe: 7d}}", &["A", "A"], &[]);
        let line = "1 by the override of rule loud, repetitions within 25h";
        check("{loud: {dedupe: 25h}, grave: {enabled: false}}", &["B", "B"], &[line]);
    }

    #[test]
    fn adjustments_that_go_far_are_counted() {
        let by = |what: &str, rest: &str| {
            format!(
                "{{}}\nseverity: [{{when: {{source: [aws.iam]{rest}}}, {what}, because: all is well}}]"
            )
        };
        let line = |number: usize, what: &str| {
            format!("{number} by the adjustment because all is well: {what}")
        };
        check(&by("set: low", ""), &["B", "B"], &[]);
        let off = |what: &str| by(what, "").replacen("{}", "{grave: {enabled: false}}", 1);
        let grave = "2 by the override of rule grave, switched off";
        check(&off("set: low"), &["B", "B"], &[grave, &line(2, "set low")]);
        check(&off("lower: 2"), &["B", "B"], &[grave, &line(2, "lower 2")]);
        check(&off("lower: 1"), &["B", "B"], &[grave]);
        check(&off("set: medium"), &["B"], &[]);
        let other = ", detail: {eventName: [X]}";
        check(&by("set: low", other), &["B"], &[]);
        let vouched = ", derived: {principal: {linkedService: [{exists: true}]}}";
        check(&by("set: low", vouched), &["B"], &[]);
    }

    #[test]
    fn what_counts_by_itself_is_counted_as_it_would_be_published() {
        let off = "{often: {enabled: false}, any: {severity: low}}";
        check(off, &["C"], &["1 by the override of rule any, low instead of medium"]);
        let often = "1 by the override of rule often, switched off";
        // The second alone would have been published by the rule that counts.
        let any = "1 by the override of rule any, low instead of medium";
        check(off, &["C", "C"], &[often, any]);
        let rarer = "{often: {threshold: {count: 50, within: 5m}}, any: {severity: low}}";
        let often = "1 by the override of rule often, alerts from 50 events on";
        check(rarer, &["C", "C"], &[often, any]);
        let off = "{after: {enabled: false}, any: {enabled: false}}";
        let any = "1 by the override of rule any, switched off";
        check(off, &["D"], &[any]);
        check(off, &["C", "D"], &["1 by the override of rule after, switched off", any]);
    }
}
