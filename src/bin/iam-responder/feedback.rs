//! `verdict` and `stats`: what people say of alerts, and the numbers it gives.

use clap::builder::PossibleValuesParser;
use iam_responder::effects::alerts::JudgementWord;

use crate::deployment::DeploymentTable;

/// Arguments of `verdict`.
#[derive(Debug, clap::Args)]
pub(crate) struct VerdictArguments {
    /// Event ID, as the alert ends with it; several separated by commas
    #[arg(value_name = "EVENT_ID", required = true, value_delimiter = ',', num_args = 1)]
    pub events: Vec<String>,
    /// What it was; `acknowledged` says only that somebody looks into it
    #[arg(value_name = "VERDICT", value_parser = PossibleValuesParser::new(JudgementWord::ALL.map(JudgementWord::text)))]
    pub word: String,
    /// Why, for those who read it later
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Who says so
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true)]
    pub by: Option<String>,
    #[command(flatten)]
    pub deployment: DeploymentTable,
}

/// Arguments of `stats`.
#[derive(Debug, clap::Args)]
pub(crate) struct StatsArguments {
    /// Alerts of so many days
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=90))]
    pub days: i64,
    #[command(flatten)]
    pub deployment: DeploymentTable,
}

#[cfg(feature = "aws")]
pub(crate) use with_aws::{stats, verdict};
#[cfg(not(feature = "aws"))]
pub(crate) use without_aws::{stats, verdict};

#[cfg(not(feature = "aws"))]
mod without_aws {
    use super::{StatsArguments, VerdictArguments};
    use crate::deployment::refused;
    use crate::exit::{Exit, Failure};
    use crate::options::Global;

    pub(crate) fn verdict(_: &Global, _: &VerdictArguments) -> Result<Exit, Failure> {
        refused()
    }

    pub(crate) fn stats(_: &Global, _: &StatsArguments) -> Result<Exit, Failure> {
        refused()
    }
}

#[cfg(feature = "aws")]
mod with_aws {
    use std::collections::BTreeMap;
    use std::io::Write;

    use iam_responder::effects::EffectError;
    use iam_responder::effects::alerts::{
        self, Judgement, JudgementWord, NOTE_CHARS_MAX, StoredAlerts,
    };
    use iam_responder::respond::stats::{self, Stats};
    use iam_responder::text::clean::{clean, visible};
    use iam_responder::text::line::NAME_CHARS_MAX;
    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;

    use super::{StatsArguments, VerdictArguments};
    use crate::deployment::with_table;
    use crate::exit::{Exit, Failure};
    use crate::options::{Global, OutputFormat};
    use crate::paint;

    pub(crate) fn verdict(global: &Global, arguments: &VerdictArguments) -> Result<Exit, Failure> {
        let word: JudgementWord = arguments.word.parse().map_err(Failure::Fault)?;
        let short = |text: &String| text.chars().take(NOTE_CHARS_MAX).collect();
        let judgement = Judgement {
            word,
            note: arguments.note.as_ref().map(short),
            by: arguments.by.as_ref().filter(|by| !by.is_empty()).map(short),
            at: Timestamp::now(),
        };
        let mut unknown = Vec::new();
        with_table(global, &arguments.deployment, async |table, _| {
            for event in &arguments.events {
                if !table.judge(event, &judgement).await? {
                    unknown.push(event.clone());
                }
            }
            Ok::<(), EffectError>(())
        })?;
        let mut out = anstream::stdout().lock();
        for event in arguments.events.iter().filter(|event| !unknown.contains(event)) {
            match global.format {
                OutputFormat::Human => writeln!(out, "{}: {}", visible(event), word.text())?,
                OutputFormat::Json => writeln!(
                    out,
                    "{}",
                    json!({"event_id": event, "verdict": word, "note": judgement.note,
                           "by": judgement.by, "at": judgement.at})
                )?,
            }
        }
        if unknown.is_empty() {
            return Ok(Exit::Clean);
        }
        Err(Failure::Fault(format!(
            "no alert about event `{}` in the table; alerts are kept for {} days, each in the Region it \
             was sent from",
            unknown.join("`, `"),
            alerts::KEPT_DAYS
        )))
    }

    pub(crate) fn stats(global: &Global, arguments: &StatsArguments) -> Result<Exit, Failure> {
        let from = Timestamp::now()
            .checked_sub(SignedDuration::from_hours(24 * arguments.days))
            .map_err(|error| Failure::Fault(error.to_string()))?;
        let records = with_table(global, &arguments.deployment, async |table, _| {
            table.published_since(from).await
        })?;
        let stats = stats::stats(&records);
        let mut out = anstream::stdout().lock();
        match global.format {
            OutputFormat::Json => {
                let line = serde_json::to_string(&stats);
                writeln!(out, "{}", line.map_err(|error| Failure::Fault(error.to_string()))?)?;
            }
            OutputFormat::Human => human(&mut out, &stats, arguments.days)?,
        }
        Ok(if stats.unacknowledged_loud > 0 { Exit::Findings } else { Exit::Clean })
    }

    fn human(out: &mut impl Write, stats: &Stats, days: i64) -> Result<(), Failure> {
        let severities = stats.by_severity.iter().rev();
        let severities: Vec<String> =
            severities.map(|(severity, count)| format!("{count} {severity}")).collect();
        let words: BTreeMap<&str, usize> =
            stats.by_verdict.iter().map(|(word, count)| (word.text(), *count)).collect();
        let words: Vec<String> =
            words.iter().map(|(word, count)| format!("{count} {word}")).collect();
        let or_none = |list: Vec<String>| {
            if list.is_empty() { "none".to_owned() } else { list.join(", ") }
        };
        let rate = stats.false_positive_rate.map_or_else(
            || "no verdicts yet".to_owned(),
            |rate| format!("{:.1} % of those judged", rate * 100.0),
        );
        let lines = [
            ("Alerts", format!("{} in {days} days: {}", stats.alerts, or_none(severities))),
            ("Verdicts", or_none(words)),
            ("False positives", rate),
            (
                "Unacknowledged",
                format!(
                    "{}, of them {} high or critical; {} published again",
                    stats.unacknowledged, stats.unacknowledged_loud, stats.reminded
                ),
            ),
            (
                "To acknowledge",
                spread(stats.seconds_to_acknowledge_median, stats.seconds_to_acknowledge_p90),
            ),
            ("To detect", spread(stats.seconds_to_detect_median, stats.seconds_to_detect_p90)),
        ];
        for (label, value) in lines {
            writeln!(out, "{}", paint::paragraph(&value, &format!("{label:<17}"), 17))?;
        }
        let mut rules: Vec<_> = stats.by_rule.iter().collect();
        rules.sort_by_key(|(_, rule)| std::cmp::Reverse((rule.false_positives, rule.alerts)));
        if !rules.is_empty() {
            writeln!(
                out,
                "\n{:>7} {:>7} {:>7} {:>9}  Rule",
                "Alerts", "Judged", "False", "Expected"
            )?;
        }
        for (id, rule) in rules {
            let id = clean(id, NAME_CHARS_MAX);
            let (alerts, judged) = (rule.alerts, rule.judged);
            let (wrong, expected) = (rule.false_positives, rule.expected);
            writeln!(out, "{alerts:>7} {judged:>7} {wrong:>7} {expected:>9}  {id}")?;
        }
        Ok(())
    }

    fn spread(median: Option<i64>, p90: Option<i64>) -> String {
        match (median, p90) {
            (Some(median), Some(p90)) => format!("{median} s median, {p90} s for nine of ten"),
            _ => "not known".to_owned(),
        }
    }
}
