//! The function's settings, from its environment: a pure function of name and value.

use std::collections::BTreeMap;

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
/// Level of the log, as Lambda's own setting gives it.
pub const LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";

/// Our own variables begin so.
const PREFIX: &str = "IAM_RESPONDER_";
const KNOWN: [&str; 7] = [
    "IAM_RESPONDER_TOPIC_CRITICAL",
    "IAM_RESPONDER_TOPIC_HIGH",
    "IAM_RESPONDER_TOPIC_MEDIUM",
    "IAM_RESPONDER_TOPIC_LOW",
    "IAM_RESPONDER_TOPIC_INFORMATIONAL",
    RULES,
    TABLE,
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
            let value = value.trim().to_owned();
            if let Some(severity) = name.strip_prefix(TOPIC_PREFIX).filter(|_| !value.is_empty()) {
                match topic(severity, &value) {
                    Ok((severity, topics)) => {
                        settings.topics.insert(severity, topics);
                    }
                    Err(fault) => faults.push(format!("{name}: {fault}")),
                }
            } else if name == RULES && !value.is_empty() {
                settings.rules = Some(value);
            } else if name == TABLE && !value.is_empty() {
                settings.table = Some(value);
            } else if name.starts_with(PREFIX)
                && !KNOWN.contains(&name.as_str())
                && !name.starts_with(TOPIC_PREFIX)
            {
                let help = nearest::suggestion(&name, KNOWN).unwrap_or_else(|| KNOWN.join(", "));
                faults.push(format!("{name}: no such setting; {help}"));
            } else if name == LOG_LEVEL && !value.is_empty() {
                match log_level(&value) {
                    Some(level) => settings.log_level = level.to_owned(),
                    None => faults.push(format!("{name}: `{value}` is no level as INFO or DEBUG")),
                }
            }
        }
        if faults.is_empty() { Ok(settings) } else { Err(SettingsError(faults)) }
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
            ("PATH", "/bin"),
        ])
        .unwrap_err();
        assert_eq!(error.0.len(), 4, "{error}");
        assert!(error.to_string().contains("did you mean `IAM_RESPONDER_TABLE`"), "{error}");
        assert!(error.to_string().contains("IAM_RESPONDER_TOPIC_HIGH: `nonsense` is no topic ARN"));
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
