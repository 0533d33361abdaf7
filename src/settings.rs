//! The function's settings, from its environment: a pure function of name and value.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use thiserror::Error;

use crate::nearest;
use crate::severity::Severity;
use crate::site::{Format, Site, TopicSpec, check_topic_arn};

/// Variables that name a topic begin so, followed by the severity in capitals.
pub const TOPIC_PREFIX: &str = "IAM_RESPONDER_TOPIC_";
/// Folder with rules and site file, in place of those compiled in.
pub const RULES: &str = "IAM_RESPONDER_RULES";
/// DynamoDB table for what is remembered across events.
pub const TABLE: &str = "IAM_RESPONDER_TABLE";
/// `true`: names and tags of accounts are looked up in Organizations.
pub const LOOK_UP_ACCOUNTS: &str = "IAM_RESPONDER_LOOK_UP_ACCOUNTS";
/// `true`: the caller's last hour is looked up in CloudTrail, for high and critical alerts.
pub const LOOK_UP_HISTORY: &str = "IAM_RESPONDER_LOOK_UP_HISTORY";
/// Minutes after which an alert of high or above that nobody acknowledged is told again; 0: never.
pub const REPEAT_AFTER_MINUTES: &str = "IAM_RESPONDER_REPEAT_AFTER_MINUTES";
/// Longest time until an alert is told again, in minutes: a week.
pub const REPEAT_AFTER_MINUTES_MAX: i64 = 7 * 24 * 60;
/// Level of the log, as Lambda's own setting gives it.
pub const LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";

/// Our own variables begin so.
const PREFIX: &str = "IAM_RESPONDER_";
const KNOWN: [&str; 10] = [
    "IAM_RESPONDER_TOPIC_CRITICAL",
    "IAM_RESPONDER_TOPIC_HIGH",
    "IAM_RESPONDER_TOPIC_MEDIUM",
    "IAM_RESPONDER_TOPIC_LOW",
    "IAM_RESPONDER_TOPIC_INFORMATIONAL",
    RULES,
    TABLE,
    LOOK_UP_ACCOUNTS,
    LOOK_UP_HISTORY,
    REPEAT_AFTER_MINUTES,
];

/// Settings of the function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Topics by severity.
    pub topics: BTreeMap<Severity, Vec<TopicSpec>>,
    /// Folder with rules and site file.
    pub rules: Option<String>,
    /// DynamoDB table for what is remembered across events; memory where there is none.
    pub table: Option<String>,
    /// Names and tags of accounts are looked up.
    pub look_up_accounts: bool,
    /// The caller's last hour is looked up.
    pub look_up_history: bool,
    /// An alert of high or above that nobody acknowledges in this time is told again.
    pub repeat_after: Option<SignedDuration>,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub log_level: String,
}

/// What is wrong with the settings: all of it at once.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("settings: {}", .0.join("; "))]
pub struct SettingsError(pub Vec<String>);

impl Settings {
    /// Reads settings from pairs of name and value.
    ///
    /// # Errors
    /// Every value that is not of its form.
    pub fn from_pairs(
        pairs: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let mut settings = Self { log_level: "info".to_owned(), ..Self::default() };
        let mut faults = Vec::new();
        for (name, value) in pairs {
            let value = value.trim();
            if let Err(fault) = settings.take(&name, value) {
                faults.push(format!("{name}: {fault}"));
            }
        }
        if settings.repeat_after.is_some() && settings.table.is_none() {
            faults
                .push(format!("{REPEAT_AFTER_MINUTES}: needs {TABLE}, which keeps what was told"));
        }
        if faults.is_empty() { Ok(settings) } else { Err(SettingsError(faults)) }
    }

    /// Takes one variable; one that is not ours is left alone, an empty one is none.
    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        let severity = name.strip_prefix(TOPIC_PREFIX);
        if value.is_empty() {
            return Ok(());
        }
        match (name, severity) {
            (_, Some(severity)) => {
                let (severity, topics) = topic(severity, value)?;
                self.topics.insert(severity, topics);
            }
            (RULES, _) => self.rules = Some(value.to_owned()),
            (TABLE, _) => self.table = Some(value.to_owned()),
            (LOOK_UP_ACCOUNTS, _) => self.look_up_accounts = yes_or_no(value)?,
            (LOOK_UP_HISTORY, _) => self.look_up_history = yes_or_no(value)?,
            (REPEAT_AFTER_MINUTES, _) => self.repeat_after = minutes(value)?,
            (LOG_LEVEL, _) => {
                let level = log_level(value);
                level
                    .ok_or_else(|| format!("`{value}` is no level as INFO or DEBUG"))?
                    .clone_into(&mut self.log_level);
            }
            (name, _) if name.starts_with(PREFIX) => {
                let help = nearest::suggestion(name, KNOWN).unwrap_or_else(|| KNOWN.join(", "));
                return Err(format!("no such setting; {help}"));
            }
            _ => {}
        }
        Ok(())
    }

    /// The topics of each severity: the site file's, else the environment's.
    ///
    /// # Errors
    /// The severities that have no topic anywhere, with the variable that would name it.
    pub fn topics(&self, site: &Site) -> Result<BTreeMap<Severity, Vec<TopicSpec>>, SettingsError> {
        let mut topics = BTreeMap::new();
        let mut faults = Vec::new();
        for severity in Severity::ALL {
            let of_site = site.topics(severity);
            let found = if of_site.is_empty() {
                self.topics.get(&severity).cloned()
            } else {
                Some(of_site.to_vec())
            };
            match found {
                Some(found) => {
                    topics.insert(severity, found);
                }
                None => {
                    let variable = format!("{TOPIC_PREFIX}{}", severity.word().to_uppercase());
                    faults.push(format!(
                        "no topic for {severity} alerts: set {variable} to a topic ARN"
                    ));
                }
            }
        }
        if faults.is_empty() { Ok(topics) } else { Err(SettingsError(faults)) }
    }
}

/// One or more ARNs, separated by commas.
fn topic(severity: &str, value: &str) -> Result<(Severity, Vec<TopicSpec>), String> {
    let severity = severity.to_lowercase().parse()?;
    let mut topics = Vec::new();
    for arn in value.split(',').map(str::trim) {
        check_topic_arn(arn)?;
        topics.push(TopicSpec { arn: arn.to_owned(), format: Format::default() });
    }
    Ok((severity, topics))
}

fn yes_or_no(value: &str) -> Result<bool, String> {
    match value.to_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("`{value}` is neither true nor false")),
    }
}

fn minutes(value: &str) -> Result<Option<SignedDuration>, String> {
    let minutes =
        value.parse().ok().filter(|minutes| (0..=REPEAT_AFTER_MINUTES_MAX).contains(minutes));
    let minutes = minutes.ok_or_else(|| {
        format!("`{value}` is no number of minutes, 0 to {REPEAT_AFTER_MINUTES_MAX}")
    })?;
    Ok((minutes > 0).then(|| SignedDuration::from_mins(minutes)))
}

/// Lambda says `FATAL` where there is no quieter level than `error`.
fn log_level(value: &str) -> Option<&'static str> {
    match value.to_lowercase().as_str() {
        "fatal" | "error" => Some("error"),
        "warn" => Some("warn"),
        "info" => Some("info"),
        "debug" => Some("debug"),
        "trace" => Some("trace"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::from_pairs(
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let error = read(&[
            ("IAM_RESPONDER_TOPIC_HIGH", "nonsense"),
            ("IAM_RESPONDER_TOPIC_LOUD", "arn:aws:sns:us-east-1:111122223333:x"),
            ("AWS_LAMBDA_LOG_LEVEL", "shout"),
            ("IAM_RESPONDER_TABEL", "state"),
            ("IAM_RESPONDER_LOOK_UP_HISTORY", "yes"),
            ("IAM_RESPONDER_REPEAT_AFTER_MINUTES", "-5"),
            ("PATH", "/bin"),
        ])
        .unwrap_err();
        assert_eq!(error.0.len(), 6, "{error}");
        assert!(error.to_string().contains("did you mean `IAM_RESPONDER_TABLE`"), "{error}");
        assert!(error.to_string().contains("IAM_RESPONDER_TOPIC_HIGH: `nonsense` is no topic ARN"));
    }

    #[test]
    fn telling_again_needs_a_table() {
        let minutes = ("IAM_RESPONDER_REPEAT_AFTER_MINUTES", "30");
        assert!(read(&[minutes]).unwrap_err().to_string().contains("needs IAM_RESPONDER_TABLE"));
        let settings = read(&[minutes, ("IAM_RESPONDER_TABLE", "state")]).unwrap();
        assert_eq!(settings.repeat_after, Some(SignedDuration::from_mins(30)));
        let never = read(&[("IAM_RESPONDER_REPEAT_AFTER_MINUTES", "0")]).unwrap();
        assert_eq!(never.repeat_after, None);
    }

    #[test]
    fn a_missing_topic_names_its_variable() {
        let settings =
            read(&[("IAM_RESPONDER_TOPIC_HIGH", "arn:aws:sns:us-east-1:111122223333:x")]).unwrap();
        let error = settings.topics(&Site::empty()).unwrap_err();
        assert_eq!(error.0.len(), 4);
        assert!(error.to_string().contains("IAM_RESPONDER_TOPIC_CRITICAL"));
    }
}
