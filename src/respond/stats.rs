//! The numbers that people's judgements of alerts give.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::effects::alerts::{JudgementWord, StoredAlert};
use crate::text::severity::Severity;

/// The numbers that judgements give.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Stats {
    /// Alerts published.
    pub alerts: usize,
    /// By severity.
    pub by_severity: BTreeMap<Severity, usize>,
    /// Alerts with each judgement.
    pub by_verdict: BTreeMap<JudgementWord, usize>,
    /// Alerts that nobody spoke of.
    pub unacknowledged: usize,
    /// Unacknowledged alerts that are high or critical.
    pub unacknowledged_loud: usize,
    /// Alerts published a second time, because nobody spoke of them.
    #[serde(rename = "repeated")]
    pub reminded: usize,
    /// False positives among the alerts that were judged, 0 to 1.
    pub false_positive_rate: Option<f64>,
    /// From the alert to the first word about it: median, in seconds.
    pub seconds_to_acknowledge_median: Option<i64>,
    /// The same at the 90th percentile.
    pub seconds_to_acknowledge_p90: Option<i64>,
    /// From the event to the alert: median, in seconds.
    pub seconds_to_detect_median: Option<i64>,
    /// The same at the 90th percentile.
    pub seconds_to_detect_p90: Option<i64>,
    /// By the rule that gave title and severity.
    pub by_rule: BTreeMap<String, OfRule>,
}

/// The numbers of one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OfRule {
    /// Alerts published.
    pub alerts: usize,
    /// Judged in any way but acknowledged only.
    pub judged: usize,
    /// False positives.
    pub false_positives: usize,
    /// Expected ones.
    pub expected: usize,
}

/// Adds up records.
#[must_use]
pub fn stats(records: &[StoredAlert]) -> Stats {
    let mut stats = Stats { alerts: records.len(), ..Stats::default() };
    let (mut acknowledged, mut detected) = (Vec::new(), Vec::new());
    for record in records {
        let sent = &record.sent;
        *stats.by_severity.entry(sent.severity).or_default() += 1;
        stats.reminded += usize::from(record.reminded_at.is_some());
        match record.acknowledged_at {
            Some(at) => acknowledged.push(at.duration_since(record.sent_at).as_secs().max(0)),
            None => {
                stats.unacknowledged += 1;
                stats.unacknowledged_loud += usize::from(sent.severity >= Severity::High);
            }
        }
        detected
            .extend(sent.event_time.map(|at| record.sent_at.duration_since(at).as_secs().max(0)));
        let rule = sent.rules.first().map_or("none", String::as_str);
        let of_rule = stats.by_rule.entry(rule.to_owned()).or_default();
        of_rule.alerts += 1;
        let Some(judgement) = &record.judgement else { continue };
        *stats.by_verdict.entry(judgement.word).or_default() += 1;
        of_rule.judged += usize::from(judgement.word != JudgementWord::Acknowledged);
        of_rule.false_positives += usize::from(judgement.word == JudgementWord::FalsePositive);
        of_rule.expected += usize::from(judgement.word == JudgementWord::Expected);
    }
    let judged: usize = stats.by_rule.values().map(|rule| rule.judged).sum();
    let wrong: usize = stats.by_rule.values().map(|rule| rule.false_positives).sum();
    stats.false_positive_rate = ratio(wrong, judged);
    acknowledged.sort_unstable();
    detected.sort_unstable();
    stats.seconds_to_acknowledge_median = percentile(&acknowledged, 50);
    stats.seconds_to_acknowledge_p90 = percentile(&acknowledged, 90);
    stats.seconds_to_detect_median = percentile(&detected, 50);
    stats.seconds_to_detect_p90 = percentile(&detected, 90);
    stats
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    let number = |count: usize| u32::try_from(count).ok().map(f64::from);
    number(part).zip(number(whole).filter(|_| whole > 0)).map(|(part, whole)| part / whole)
}

/// The value that this share of a sorted list does not exceed.
fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::alert::SentAlert;
    use crate::effects::alerts::Judgement;

    fn record(
        severity: Severity,
        rule: &str,
        acknowledged: Option<i64>,
        word: Option<JudgementWord>,
    ) -> StoredAlert {
        let sent_at = Timestamp::from_second(1_800_000_005).unwrap();
        let after = |seconds: i64| Timestamp::from_second(1_800_000_005 + seconds).unwrap();
        StoredAlert {
            sent: SentAlert {
                event_id: "e".to_owned(),
                severity,
                title: "t".to_owned(),
                rules: vec![rule.to_owned()],
                account: None,
                event_time: Some(Timestamp::from_second(1_800_000_000).unwrap()),
                remind_at: None,
                alert: None,
            },
            sent_at,
            acknowledged_at: acknowledged.map(after),
            judgement: word.map(|word| Judgement { word, note: None, by: None, at: sent_at }),
            reminded_at: None,
        }
    }

    #[test]
    fn judgements_become_numbers() {
        let stats = stats(&[
            record(Severity::High, "a", Some(60), Some(JudgementWord::TruePositive)),
            record(Severity::High, "a", Some(600), Some(JudgementWord::FalsePositive)),
            record(Severity::Low, "b", Some(120), Some(JudgementWord::Expected)),
            record(Severity::Low, "b", Some(90), Some(JudgementWord::Acknowledged)),
            record(Severity::Critical, "c", None, None),
        ]);
        assert_eq!((stats.alerts, stats.unacknowledged, stats.unacknowledged_loud), (5, 1, 1));
        assert!((stats.false_positive_rate.unwrap() - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(stats.seconds_to_acknowledge_median, Some(90));
        assert_eq!(stats.seconds_to_acknowledge_p90, Some(600));
        assert_eq!(stats.seconds_to_detect_median, Some(5));
        let a = &stats.by_rule["a"];
        assert_eq!((a.alerts, a.judged, a.false_positives, a.expected), (2, 2, 1, 0));
        assert_eq!(stats.by_rule["b"].judged, 1);
        assert_eq!(super::stats(&[]).false_positive_rate, None);
    }
}
