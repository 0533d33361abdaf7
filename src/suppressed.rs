//! The day's word about suppressions: how many alerts each of them silenced, so that somebody reads it.
//!
//! Each suppression has a window of deduplication of its own, which the day's word claims and every alert that
//! it silences is held back by: the counting is that of repetitions, once however often an event is delivered.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::alert::Alert;
use crate::effects::{Claim, EffectError, HELD_MAX, Publish, State};
use crate::respond::silence::counted_as;
use crate::respond::tell::{PublishFailed, tell};
use crate::severity::Severity;
use crate::site::{Site, SuppressionSpec, TopicSpec};

/// Time within which one word is enough. A little less than a day, so that it comes every day.
const WINDOW: SignedDuration = SignedDuration::from_hours(23);
/// Most suppressions counted; of further ones nothing is told.
pub const SUPPRESSIONS_MAX: usize = 200;

/// What became of the day's word.
#[derive(Debug, Default)]
pub struct Word {
    /// Alerts that it tells of; where somebody else told it today, none.
    pub alerts: u32,
    /// It could not be told, and is told later.
    pub failure: Option<PublishFailed>,
    /// What the state did not do.
    pub state_failures: Vec<EffectError>,
}

/// Tells how many alerts each suppression silenced since it was told last, where it silenced any. Asked again
/// within the day, it tells nothing. What could not be told stays counted.
pub async fn tell_suppressed<S: State, P: Publish>(
    site: &Site,
    state: &S,
    publish: &P,
    topics: &BTreeMap<Severity, Vec<TopicSpec>>,
    now: Timestamp,
) -> Word {
    let (mut word, mut counts) = (Word::default(), Vec::new());
    let id = format!("word of {now}");
    for suppression in site.suppressions().iter().take(SUPPRESSIONS_MAX) {
        let spec = &suppression.spec;
        match state.claim(&counted_as(&spec.name), &id, now, WINDOW).await {
            Ok(Claim::Ours { held }) if held > 0 => counts.push((spec, held)),
            Ok(_) => {}
            Err(error) => word.state_failures.push(error),
        }
    }
    if counts.is_empty() {
        return word;
    }
    let alert = Alert::suppressed(&lines(&counts));
    match tell(publish, topics, &alert).await {
        Ok(()) => word.alerts = counts.iter().map(|(_, held)| held).sum(),
        Err(failure) => {
            word.failure = Some(failure);
            for (spec, _) in counts {
                let released = state.release(&counted_as(&spec.name), &id).await;
                word.state_failures.extend(released.err());
            }
        }
    }
    word
}

/// One line for each, those that silenced most first.
fn lines(counts: &[(&SuppressionSpec, u32)]) -> Vec<String> {
    let mut counts = counts.to_vec();
    counts.sort_by_key(|(_, held)| std::cmp::Reverse(*held));
    let line = |(spec, held): &(&SuppressionSpec, u32)| {
        let more = if *held >= HELD_MAX { " or more" } else { "" };
        let SuppressionSpec { name, owner, reason, expires, .. } = spec;
        format!("{held}{more} by {name} of {owner} until {expires}: {reason}")
    };
    counts.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::IcsFiles;
    use crate::document::Document;
    use crate::effects::memory::Memory;
    use crate::effects::recorder::Recorder;
    use crate::site::Format;

    const SITE: &str = "
suppressions:
  - {name: ci, pattern: {source: [aws.iam]}, owner: platform, reason: its own tags, expires: 2027-01-01}
  - {name: backup, pattern: {source: [aws.sts]}, owner: ops, reason: nightly, expires: 2027-01-01}
";

    fn run(publish: &Recorder, state: &Memory, now: &str) -> (Word, Vec<String>) {
        let document = Document::parse_all("site.yaml", SITE).unwrap().remove(0);
        let site = Site::load(None, Some(&document), &IcsFiles::new(), &[]).unwrap();
        let topic = TopicSpec { arn: "low".to_owned(), format: Format::Text };
        let topics = BTreeMap::from([(Severity::Low, vec![topic])]);
        let told = tell_suppressed(&site, state, publish, &topics, now.parse().unwrap());
        let word = pollster::block_on(told);
        (word, publish.take().into_iter().map(|(_, message)| message.body).collect())
    }

    fn hold(state: &Memory, name: &str, event_id: &str) {
        pollster::block_on(state.hold(&counted_as(name), event_id)).unwrap();
    }

    #[test]
    fn it_is_told_once_a_day_and_only_where_something_was_silenced() {
        let (publish, state) = (Recorder::default(), Memory::default());
        let (word, sent) = run(&publish, &state, "2026-11-24T00:01:00Z");
        assert!(word.alerts == 0 && sent.is_empty());
        for event in ["a", "b", "b"] {
            hold(&state, "ci", event);
        }
        hold(&state, "backup", "c");
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
    fn what_could_not_be_told_stays_counted() {
        let state = Memory::default();
        run(&Recorder::default(), &state, "2026-11-24T00:01:00Z");
        hold(&state, "ci", "a");
        let broken = Recorder::failing([true, true]);
        let (word, _) = run(&broken, &state, "2026-11-25T00:01:00Z");
        assert!(word.failure.is_some() && word.alerts == 0);
        let (word, sent) = run(&broken, &state, "2026-11-25T00:06:00Z");
        assert_eq!((word.alerts, sent.len()), (1, 1));
    }
}
