//! Settings, read from the environment.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use thiserror::Error;

use super::form;
use super::topics::{PublishableTopics, Refusal, TOPICS, TopicList};
use crate::iam::region::Region;
use crate::iam::table::TableName;
use crate::own::{DEFAULT_NAME, Deployed, check_name};
use crate::site::{Format, Site, TopicSpec};
use crate::text::nearest;
use crate::text::severity::Severity;

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
/// Minutes after which an alert of high or above that nobody acknowledged is published again; 0: never.
pub const REPEAT_AFTER_MINUTES: &str = "IAM_RESPONDER_REPEAT_AFTER_MINUTES";
/// Prefix that names everything of the deployment.
pub const NAME: &str = "IAM_RESPONDER_NAME";
/// ARN of the deployment's own CloudFormation stack.
pub const STACK: &str = "IAM_RESPONDER_STACK";
/// ARNs of the roles that deploy it, separated by commas.
pub const DEPLOYMENT_ROLES: &str = "IAM_RESPONDER_DEPLOYMENT_ROLES";
/// ARN of the KMS key that the deployment's topics, queues and table are encrypted with.
pub const KEY: &str = "IAM_RESPONDER_KEY";
/// ARN of the policy that bounds the roles of the deployment.
pub const BOUNDARY: &str = "IAM_RESPONDER_BOUNDARY";
/// ARN of the function's role.
pub(super) const ROLE: &str = "IAM_RESPONDER_ROLE";
/// `true`: alerts go to the log, and nothing is asked of AWS.
pub const DRY_RUN: &str = "IAM_RESPONDER_DRY_RUN";
/// Least severe line that the function logs.
pub const LOG_LEVEL: &str = "IAM_RESPONDER_LOG_LEVEL";
/// The level of Lambda's own filter on the log, used if [`LOG_LEVEL`] is not set. Lambda drops each
/// line below it, and treats a line without `level` as INFO. Source:
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>
pub const LAMBDA_LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
/// Region of the function, as Lambda sets it.
pub const REGION: &str = "AWS_REGION";

/// Our own variables begin so.
const PREFIX: &str = "IAM_RESPONDER_";
const KNOWN: [&str; 19] = [
    "IAM_RESPONDER_TOPIC_CRITICAL",
    "IAM_RESPONDER_TOPIC_HIGH",
    "IAM_RESPONDER_TOPIC_MEDIUM",
    "IAM_RESPONDER_TOPIC_LOW",
    "IAM_RESPONDER_TOPIC_INFORMATIONAL",
    TOPICS,
    RULES,
    TABLE,
    LOOK_UP_ACCOUNTS,
    LOOK_UP_HISTORY,
    REPEAT_AFTER_MINUTES,
    NAME,
    STACK,
    DEPLOYMENT_ROLES,
    KEY,
    BOUNDARY,
    ROLE,
    DRY_RUN,
    LOG_LEVEL,
];

/// Settings of the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Topics by severity.
    pub topics: BTreeMap<Severity, Vec<TopicSpec>>,
    /// ARNs of further topics that the site file may name, at most [`TOPICS_MAX`](super::topics::TOPICS_MAX).
    pub further_topics: Vec<String>,
    /// Folder with rules and site file.
    pub rules: Option<String>,
    /// DynamoDB table for what is remembered across events. `None`: memory.
    pub table: Option<TableName>,
    /// Names and tags of accounts are looked up.
    pub look_up_accounts: bool,
    /// The caller's last hour is looked up.
    pub look_up_history: bool,
    /// An alert of high or above that nobody acknowledges in this time is published again.
    pub remind_after: Option<SignedDuration>,
    /// Prefix that names everything of the deployment: at most [`NAME_CHARS_MAX`](crate::own::NAME_CHARS_MAX) characters.
    pub name: String,
    /// ARN of the deployment's own CloudFormation stack.
    pub stack: Option<String>,
    /// Resources of the deployment that its name does not find; at most
    /// [`DEPLOYMENT_ROLES_MAX`](super::DEPLOYMENT_ROLES_MAX) roles.
    pub deployed: Deployed,
    /// Alerts go to the log, and nothing is asked of AWS.
    pub dry_run: bool,
    /// Region of the function, if Lambda or the owner sets it.
    pub region: Option<Region>,
    /// `error`, `warn`, `info`, `debug` or `trace`, where the function's own setting gives it.
    own_log_level: Option<&'static str>,
    /// The same as Lambda gives it.
    lambda_log_level: Option<&'static str>,
    /// The level that a metric line must bear to pass Lambda's filter. `None` if it passes without.
    pub metric_level: Option<&'static str>,
}

/// What is wrong with the settings: all of it at once.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("settings: {}", .0.join("; "))]
pub struct SettingsError(pub Vec<String>);

/// Where alerts go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes {
    /// Topics by severity, each one that the function can publish to.
    pub topics: BTreeMap<Severity, Vec<TopicSpec>>,
    /// Topics that the site file names and that cannot be published to, by severity. The severity's own topic, which
    /// the environment names, gets the alerts in their place.
    pub refused: BTreeMap<Severity, Vec<Refusal>>,
}

impl Settings {
    /// Reads all settings that can be read, and returns every malformed value. If there is one, the settings serve only
    /// to find further faults.
    #[must_use]
    pub fn read(pairs: impl IntoIterator<Item = (String, String)>) -> (Self, Vec<String>) {
        let mut settings = Self::unset();
        let mut faults = Vec::new();
        for (name, value) in pairs {
            let value = value.trim();
            if let Err(fault) = settings.take(&name, value) {
                faults.push(format!("{name}: {fault}"));
            }
        }
        if settings.remind_after.is_some() && settings.table.is_none() {
            faults.push(format!(
                "{REPEAT_AFTER_MINUTES}: needs {TABLE}, which keeps what was published"
            ));
        }
        let deployed = settings.of_a_deployment();
        if settings.dry_run && !deployed.is_empty() {
            faults.push(format!(
                "{DRY_RUN}: `true` publishes nothing and asks nothing of AWS, so it cannot stand beside {}; \
                 remove it from a deployed function, or them on a laptop",
                deployed.join(", ")
            ));
        }
        (settings, faults)
    }

    fn unset() -> Self {
        Self {
            topics: BTreeMap::new(),
            further_topics: Vec::new(),
            rules: None,
            table: None,
            look_up_accounts: false,
            look_up_history: false,
            remind_after: None,
            name: DEFAULT_NAME.to_owned(),
            stack: None,
            deployed: Deployed::default(),
            dry_run: false,
            region: None,
            own_log_level: None,
            lambda_log_level: None,
            metric_level: None,
        }
    }

    /// Variables that are set although a dry run does not use them.
    fn of_a_deployment(&self) -> Vec<String> {
        let topic = |severity: &Severity| topic_variable(*severity);
        let mut set: Vec<String> = self.topics.keys().rev().map(topic).collect();
        let others = [
            (TOPICS, !self.further_topics.is_empty()),
            (TABLE, self.table.is_some()),
            (LOOK_UP_ACCOUNTS, self.look_up_accounts),
            (LOOK_UP_HISTORY, self.look_up_history),
        ];
        set.extend(others.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| (*name).to_owned()));
        set
    }

    /// Takes one variable. One that is not ours is left alone; an empty one counts as unset.
    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        let severity = name.strip_prefix(TOPIC_PREFIX);
        if value.is_empty() {
            return Ok(());
        }
        match (name, severity) {
            (_, Some(severity)) => {
                let severity = severity.to_lowercase().parse()?;
                // Also for a faulty value: the severity is then not reported as missing as well.
                let topics = self.topics.entry(severity).or_default();
                let TopicList(arns) = value.parse()?;
                let spec = |arn| TopicSpec { arn, format: Format::default() };
                topics.extend(arns.into_iter().map(spec));
            }
            (TOPICS, _) => self.further_topics = value.parse::<TopicList>()?.0,
            (RULES, _) => self.rules = Some(value.to_owned()),
            (TABLE, _) => self.table = Some(form::table(value)?),
            (LOOK_UP_ACCOUNTS, _) => self.look_up_accounts = form::yes_or_no(value)?,
            (LOOK_UP_HISTORY, _) => self.look_up_history = form::yes_or_no(value)?,
            (REPEAT_AFTER_MINUTES, _) => self.remind_after = form::minutes(value)?,
            (NAME, _) => check_name(value).map(|()| value.clone_into(&mut self.name))?,
            (STACK, _) => {
                self.stack = form::check_stack(value).map(|()| Some(value.to_owned()))?;
            }
            (DEPLOYMENT_ROLES, _) => self.deployed.by = form::roles(value)?,
            (KEY, _) => {
                self.deployed.key = form::check_key(value).map(|()| Some(value.to_owned()))?;
            }
            (BOUNDARY, _) => {
                self.deployed.boundary =
                    form::check_policy(value).map(|()| Some(value.to_owned()))?;
            }
            (ROLE, _) => self.deployed.role = form::roles(value)?.pop(),
            (DRY_RUN, _) => self.dry_run = form::yes_or_no(value)?,
            (LOG_LEVEL, _) => self.own_log_level = Some(form::log_level(value)?),
            (LAMBDA_LOG_LEVEL, _) => {
                self.lambda_log_level = Some(form::log_level(value)?);
                self.metric_level = form::above_info(value);
            }
            (REGION, _) => self.region = Some(form::region(value)?),
            (name, _) if name.starts_with(PREFIX) => {
                let help = nearest::suggestion(name, KNOWN).unwrap_or_else(|| KNOWN.join(", "));
                return Err(format!("no such setting; {help}"));
            }
            _ => {}
        }
        Ok(())
    }

    /// Least severe line that the function logs: `error`, `warn`, `info`, `debug` or `trace`.
    #[must_use]
    pub fn log_level(&self) -> &'static str {
        self.own_log_level.or(self.lambda_log_level).unwrap_or("info")
    }

    /// ARNs of all topics that the function may publish to.
    #[must_use]
    pub fn publishable(&self) -> BTreeSet<String> {
        let own = self.topics.values().flatten().map(|topic| &topic.arn);
        own.chain(&self.further_topics).cloned().collect()
    }

    /// The topics of each severity: those of the site file that the function can publish to. If the site file names
    /// none, or one that the function cannot publish to, the environment's topic. A dry run uses all topics of the site
    /// file, and the stack's usual names for the others.
    ///
    /// # Errors
    /// The severities that have no topic anywhere, with the variable that would name it.
    pub fn routes(&self, site: &Site) -> Result<Routes, SettingsError> {
        let publishable = PublishableTopics {
            region: self.region.clone(),
            listed: self.publishable(),
            prefix: None,
        };
        let mut routes = Routes::default();
        let mut faults = Vec::new();
        for severity in Severity::ALL.into_iter().rev() {
            let refusal = |topic: &TopicSpec| {
                if self.dry_run { None } else { publishable.refusal(&topic.arn) }
            };
            let of_site = site.topics(severity);
            let refused: Vec<Refusal> = of_site.iter().filter_map(refusal).collect();
            let mut topics: Vec<TopicSpec> =
                of_site.iter().filter(|topic| refusal(topic).is_none()).cloned().collect();
            if of_site.is_empty() || !refused.is_empty() {
                match self.own_topics(severity) {
                    Some(own) => {
                        let known: BTreeSet<String> =
                            topics.iter().map(|topic| topic.arn.clone()).collect();
                        topics.extend(own.into_iter().filter(|topic| !known.contains(&topic.arn)));
                    }
                    None => faults.push(missing(severity, &refused)),
                }
            }
            routes.topics.insert(severity, topics);
            if !refused.is_empty() {
                routes.refused.insert(severity, refused);
            }
        }
        if faults.is_empty() { Ok(routes) } else { Err(SettingsError(faults)) }
    }

    /// The topics of a severity that the environment names.
    fn own_topics(&self, severity: Severity) -> Option<Vec<TopicSpec>> {
        if self.dry_run {
            let arn = format!("{}-{severity}", self.name);
            return Some(vec![TopicSpec { arn, format: Format::default() }]);
        }
        self.topics.get(&severity).cloned()
    }
}

fn topic_variable(severity: Severity) -> String {
    format!("{TOPIC_PREFIX}{}", severity.word().to_uppercase())
}

fn missing(severity: Severity, refused: &[Refusal]) -> String {
    let variable = topic_variable(severity);
    let cause = refused.first().map_or_else(String::new, |refusal| format!(", and {refusal}"));
    format!(
        "{variable}: no topic for {severity} alerts{cause}; set it to a topic ARN, as \
         `arn:aws:sns:us-east-1:111122223333:{DEFAULT_NAME}-{severity}`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::calendar::IcsFiles;
    use crate::text::yaml::YamlDocument;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Settings, SettingsError> {
        let (settings, faults) = Settings::read(pairs);
        if faults.is_empty() { Ok(settings) } else { Err(SettingsError(faults)) }
    }

    #[test]
    fn all_faults_are_reported_at_once() {
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
        assert!(
            error
                .to_string()
                .contains("IAM_RESPONDER_TOPIC_HIGH: `nonsense` is not the ARN of an SNS topic")
        );
    }

    #[test]
    fn publishing_again_needs_a_table() {
        let minutes = ("IAM_RESPONDER_REPEAT_AFTER_MINUTES", "30");
        assert!(read(&[minutes]).unwrap_err().to_string().contains("needs IAM_RESPONDER_TABLE"));
        let settings = read(&[minutes, ("IAM_RESPONDER_TABLE", "state")]).unwrap();
        assert_eq!(settings.remind_after, Some(SignedDuration::from_mins(30)));
        let never = read(&[("IAM_RESPONDER_REPEAT_AFTER_MINUTES", "0")]).unwrap();
        assert_eq!(never.remind_after, None);
    }

    #[test]
    fn a_missing_topic_names_its_variable() {
        let settings =
            read(&[("IAM_RESPONDER_TOPIC_HIGH", "arn:aws:sns:us-east-1:111122223333:x")]).unwrap();
        let error = settings.routes(&Site::empty()).unwrap_err();
        assert_eq!(error.0.len(), 4);
        assert!(error.0[0].starts_with("IAM_RESPONDER_TOPIC_CRITICAL: no topic for critical"));
    }

    #[test]
    fn a_faulty_topic_is_reported_once() {
        let (settings, faults) = Settings::read([("IAM_RESPONDER_TOPIC_HIGH".into(), "x".into())]);
        assert_eq!(faults.len(), 1);
        assert_eq!(settings.routes(&Site::empty()).unwrap_err().0.len(), 4);
    }

    #[test]
    fn the_own_log_level_goes_before_lambdas() {
        let level = |pairs: &[(&str, &str)]| {
            let settings = read(pairs).unwrap();
            (settings.log_level(), settings.metric_level)
        };
        assert_eq!(level(&[]), ("info", None));
        assert_eq!(level(&[(LAMBDA_LOG_LEVEL, "TRACE")]), ("trace", None));
        assert_eq!(level(&[(LOG_LEVEL, "ERROR"), (LAMBDA_LOG_LEVEL, "TRACE")]), ("error", None));
        assert_eq!(level(&[(LAMBDA_LOG_LEVEL, "INFO"), (LOG_LEVEL, "debug")]), ("debug", None));
        // A line that Lambda would drop must bear the level that it lets pass.
        assert_eq!(level(&[(LAMBDA_LOG_LEVEL, "WARN")]), ("warn", Some("WARN")));
        assert_eq!(level(&[(LAMBDA_LOG_LEVEL, "fatal")]), ("error", Some("FATAL")));
    }

    #[test]
    fn what_is_its_own_is_read_and_checked() {
        let stack = "arn:aws:cloudformation:us-east-1:111122223333:stack/guard/0f1e";
        let role = "arn:aws:iam::111122223333:role/deployer";
        let settings = read(&[(NAME, "guard"), (STACK, stack), (DEPLOYMENT_ROLES, role)]).unwrap();
        assert_eq!((settings.name.as_str(), settings.stack.as_deref()), ("guard", Some(stack)));
        assert_eq!(settings.deployed.by, [role]);
        let bare = read(&[(NAME, ""), (STACK, ""), (DEPLOYMENT_ROLES, "")]).unwrap();
        assert_eq!((bare.name.as_str(), bare.stack), (DEFAULT_NAME, None));
        assert!(bare.deployed.by.is_empty());
        let key = "arn:aws:kms:us-east-1:111122223333:key/0f1e";
        assert_eq!(read(&[(KEY, key)]).unwrap().deployed.key.as_deref(), Some(key));
        let policy = "arn:aws:iam::aws:policy/PowerUserAccess";
        let role = "arn:aws:iam::111122223333:role/security/iam-responder-function-eu-west-1";
        assert_eq!(read(&[(ROLE, role)]).unwrap().deployed.role.as_deref(), Some(role));
        assert_eq!(read(&[(BOUNDARY, policy)]).unwrap().deployed.boundary.as_deref(), Some(policy));
        let faults = [
            (NAME, "Guard"),
            (STACK, "guard"),
            (DEPLOYMENT_ROLES, "deployer"),
            (KEY, "alias/x"),
            (BOUNDARY, "x"),
            (ROLE, "x"),
        ];
        for (name, value) in faults {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.0[0].starts_with(&format!("{name}: `{value}` is not ")), "{error}");
        }
    }

    #[test]
    fn a_dry_run_stands_alone() {
        let settings = read(&[(DRY_RUN, "true"), (NAME, "guard")]).unwrap();
        let routes = settings.routes(&Site::empty()).unwrap();
        assert_eq!(routes.topics[&Severity::High][0].arn, "guard-high");
        for (name, value) in [
            ("IAM_RESPONDER_TOPIC_HIGH", FAR),
            (TOPICS, FAR),
            (TABLE, "state"),
            (LOOK_UP_ACCOUNTS, "true"),
            (LOOK_UP_HISTORY, "true"),
        ] {
            let error = read(&[(DRY_RUN, "true"), (name, value)]).unwrap_err();
            assert!(error.0[0].starts_with(DRY_RUN) && error.0[0].contains(name), "{error}");
            assert!(read(&[(DRY_RUN, "false"), (name, value)]).is_ok());
        }
    }

    const FAR: &str = "arn:aws:sns:eu-west-1:111122223333:far";
    const OWN: &str = "arn:aws:sns:us-east-1:111122223333:guard";

    /// The site names for high alerts one listed topic, one of another Region and one that is not listed.
    fn site() -> Site {
        let text = format!(
            "topics:\n  high: [{{arn: '{OWN}-pager', format: text}}, {{arn: '{FAR}'}}, {{arn: '{OWN}-lost'}}]\n"
        );
        let document = YamlDocument::parse_all("site.yaml", &text).unwrap().remove(0);
        Site::load(None, Some(&document), &IcsFiles::new(), &[]).unwrap()
    }

    #[test]
    fn a_topic_out_of_reach_gives_its_alerts_to_the_severitys_own() {
        let mut pairs = vec![
            (REGION.to_owned(), "us-east-1".to_owned()),
            (TOPICS.to_owned(), format!("{OWN}-pager,{FAR}")),
        ];
        let own = |severity: Severity| (topic_variable(severity), format!("{OWN}-{severity}"));
        pairs.extend(Severity::ALL.map(own));
        let settings = of(pairs.clone()).unwrap();
        assert_eq!(settings.publishable().len(), 7);
        let routes = settings.routes(&site()).unwrap();
        let arns = |severity| -> Vec<&str> {
            routes.topics[&severity].iter().map(|topic| topic.arn.as_str()).collect()
        };
        assert_eq!(arns(Severity::High), [format!("{OWN}-pager"), format!("{OWN}-high")]);
        assert_eq!(arns(Severity::Low), [format!("{OWN}-low")]);
        let refused = &routes.refused[&Severity::High];
        assert!(matches!(refused[0], Refusal::OtherRegion { .. }), "{refused:?}");
        assert!(matches!(refused[1], Refusal::NotListed { .. }), "{refused:?}");
        assert_eq!(routes.refused.len(), 1);
        // Nowhere to go at all is a fault, not silence.
        pairs.retain(|(name, _)| name != "IAM_RESPONDER_TOPIC_HIGH");
        let error = of(pairs).unwrap().routes(&site()).unwrap_err();
        assert!(error.0[0].contains("another Region"), "{error}");
    }
}
