//! The site file: what an owner says about accounts, hours, known automation and topics.
//!
//! Detections stay as they came, so that an upgrade of the rules is a merge without conflicts.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::calendar::{Calendar, CalendarSpec};
use crate::derive;
use crate::document::{Document, Fault};
use crate::nearest;
use crate::pattern::Pattern;
use crate::rule::{Span, THRESHOLD_MAX, ThresholdSpec};
use crate::severity::Severity;

/// Most steps one adjustment may raise or lower.
const STEPS_MAX: u8 = 4;

/// `site.yaml` as written.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SiteSpec {
    /// Accounts by their twelve-digit ID.
    #[serde(default)]
    pub accounts: IndexMap<String, AccountSpec>,
    /// How an account's tags tell its environment.
    #[serde(default)]
    pub environment: EnvironmentSpec,
    /// Named times.
    #[serde(default)]
    pub calendars: IndexMap<String, CalendarSpec>,
    /// Adjustments of severity, applied in this order.
    #[serde(default)]
    pub severity: Vec<AdjustmentSpec>,
    /// Declared silence.
    #[serde(default)]
    pub suppressions: Vec<SuppressionSpec>,
    /// Changes to single rules, by rule ID.
    #[serde(default)]
    pub overrides: IndexMap<String, OverrideSpec>,
    /// Where alerts of each severity go.
    #[serde(default)]
    pub topics: BTreeMap<Severity, Vec<TopicSpec>>,
}

/// What is known of an account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AccountSpec {
    /// Name that people know it by.
    #[serde(default)]
    pub name: Option<String>,
    /// Tags; they win over tags looked up elsewhere.
    #[serde(default)]
    pub tags: IndexMap<String, String>,
}

/// How tags tell the environment. Keys and values are compared ignoring case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnvironmentSpec {
    /// Tag keys to look at, the first present wins.
    #[serde(default = "default_keys")]
    pub keys: Vec<String>,
    /// Tag values of each environment. An unknown value counts as production.
    #[serde(default = "default_values")]
    pub values: IndexMap<String, Vec<String>>,
}

impl Default for EnvironmentSpec {
    fn default() -> Self {
        Self { keys: default_keys(), values: default_values() }
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn default_keys() -> Vec<String> {
    owned(&["environment", "env", "stage", "tier"])
}

fn default_values() -> IndexMap<String, Vec<String>> {
    IndexMap::from([
        (PRODUCTION.to_owned(), owned(&["production", "prod", "prd", "live"])),
        ("staging".to_owned(), owned(&["staging", "stage", "stg", "uat", "preprod"])),
        ("development".to_owned(), owned(&["development", "dev", "sandbox", "test"])),
    ])
}

/// The environment that an unknown account counts as.
pub const PRODUCTION: &str = "production";

/// One adjustment of severity: exactly one of `raise`, `lower`, `set`, `floor`, or none of them
/// for a reason that changes nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AdjustmentSpec {
    /// Event pattern, over the same event as the rules see.
    #[cfg_attr(feature = "cli", schemars(with = "crate::pattern::EventPattern"))]
    pub when: Value,
    /// Only for these rules.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Steps louder.
    #[serde(default)]
    pub raise: Option<u8>,
    /// Steps quieter.
    #[serde(default)]
    pub lower: Option<u8>,
    /// Exactly this.
    #[serde(default)]
    pub set: Option<Severity>,
    /// At least this.
    #[serde(default)]
    pub floor: Option<Severity>,
    /// The reason, as the alert will say it.
    pub because: String,
}

/// Declared silence for known-good automation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SuppressionSpec {
    /// Name, as it appears in reports.
    pub name: String,
    /// Event pattern of what is known to be good.
    #[cfg_attr(feature = "cli", schemars(with = "crate::pattern::EventPattern"))]
    pub pattern: Value,
    /// Only for these rules; all where empty.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Who answers for it.
    pub owner: String,
    /// Why it is good.
    pub reason: String,
    /// Last day of silence, as 2027-03-31; it alerts again on the day after (UTC).
    pub expires: String,
}

/// Changes to one rule.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OverrideSpec {
    /// Another base severity.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Switches the rule on or off.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// The opposite of `enabled`.
    #[serde(default)]
    pub disabled: Option<bool>,
    /// Another threshold.
    #[serde(default)]
    pub threshold: Option<ThresholdSpec>,
    /// Another window within which a repetition is held back.
    #[serde(default)]
    pub dedupe: Option<Span>,
}

/// An SNS topic and the format it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TopicSpec {
    /// ARN of the topic, in the function's own Region.
    pub arn: String,
    /// Form of the message.
    #[serde(default)]
    pub format: Format,
}

/// Form of a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Text for people.
    Text,
    /// JSON for programs.
    Json,
    /// Text for mail, short text for SMS, JSON for queues, functions and HTTP.
    #[default]
    PerProtocol,
}

/// The site, ready to be asked.
#[derive(Debug, Clone)]
pub struct Site {
    spec: SiteSpec,
    calendars: Vec<(String, Calendar)>,
    adjustments: Vec<Adjustment>,
    suppressions: Vec<Suppression>,
}

/// An adjustment, compiled.
#[derive(Debug, Clone)]
pub struct Adjustment {
    /// When it applies.
    pub pattern: Pattern,
    /// What it says.
    pub spec: AdjustmentSpec,
    /// It depends on the time: such an adjustment lowers by one step at most.
    pub timed: bool,
}

/// A suppression, compiled.
#[derive(Debug, Clone)]
pub struct Suppression {
    /// What it silences.
    pub pattern: Pattern,
    /// What it says.
    pub spec: SuppressionSpec,
    /// Last day of silence.
    pub expires: Date,
}

impl Suppression {
    /// Is its time over at this moment?
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now.to_zoned(TimeZone::UTC).date() > self.expires
    }
}

/// The environment of an account and how it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// `production`, `staging`, `development` or a name of the site's own.
    pub name: String,
    /// Whether the account's tags told it; otherwise it counts as production.
    pub known: bool,
}

impl Site {
    /// Checks and compiles the site file; without one everything is unknown and counts as
    /// production.
    ///
    /// # Errors
    /// All faults found.
    pub fn load(document: Option<&Document>, rule_ids: &[&str]) -> Result<Self, Vec<Fault>> {
        let Some(document) = document else { return Ok(Self::empty()) };
        // A key with all its entries commented out is as good as none.
        let mut document = document.clone();
        if let Value::Object(map) = &mut document.value {
            map.retain(|_, value| !value.is_null());
        }
        let document = &document;
        let spec: SiteSpec = document.decode().map_err(|fault| vec![fault])?;
        let mut compiler = Compiler { document, rule_ids, faults: Vec::new() };
        compiler.check_accounts(&spec);
        let calendars = compiler.calendars(&spec);
        let adjustments = compiler.adjustments(&spec);
        let suppressions = compiler.suppressions(&spec);
        compiler.check_rules(&spec);
        if compiler.faults.is_empty() {
            Ok(Self { spec, calendars, adjustments, suppressions })
        } else {
            Err(compiler.faults)
        }
    }

    /// A site about which nothing is known.
    #[must_use]
    pub fn empty() -> Self {
        let (calendars, adjustments, suppressions) = (Vec::new(), Vec::new(), Vec::new());
        Self { spec: SiteSpec::default(), calendars, adjustments, suppressions }
    }

    /// The account's name, where the site file gives one.
    #[must_use]
    pub fn account_name(&self, account: &str) -> Option<&str> {
        self.spec.accounts.get(account).and_then(|account| account.name.as_deref())
    }

    /// Is the account one of ours, as far as the site file says?
    #[must_use]
    pub fn knows_account(&self, account: &str) -> bool {
        self.spec.accounts.contains_key(account)
    }

    /// The account's environment from its tags.
    #[must_use]
    pub fn environment(&self, account: Option<&str>) -> Environment {
        let tags =
            account.and_then(|account| self.spec.accounts.get(account)).map(|found| &found.tags);
        let value = self.spec.environment.keys.iter().find_map(|key| {
            let same = |(tag, _): &(&String, &String)| tag.eq_ignore_ascii_case(key);
            tags.and_then(|tags| tags.iter().find(same)).map(|(_, value)| value)
        });
        let named = value.and_then(|value| {
            let names_it = |(name, values): &(&String, &Vec<String>)| {
                let same = |one: &&String| one.trim().eq_ignore_ascii_case(value.trim());
                values.iter().find(same).is_some() || name.eq_ignore_ascii_case(value.trim())
            };
            self.spec.environment.values.iter().find(names_it).map(|(name, _)| name.clone())
        });
        Environment { known: named.is_some(), name: named.unwrap_or_else(|| PRODUCTION.to_owned()) }
    }

    /// Names of the calendars inside and outside of which a moment lies.
    #[must_use]
    pub fn calendars_at(&self, moment: Timestamp) -> (Vec<&str>, Vec<&str>) {
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for (name, calendar) in &self.calendars {
            let list = if calendar.contains(moment) { &mut inside } else { &mut outside };
            list.push(name.as_str());
        }
        (inside, outside)
    }

    /// Names of all calendars.
    #[must_use]
    pub fn calendar_names(&self) -> Vec<&str> {
        self.calendars.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Adjustments of severity, in order.
    #[must_use]
    pub fn adjustments(&self) -> &[Adjustment] {
        &self.adjustments
    }

    /// Declared silences.
    #[must_use]
    pub fn suppressions(&self) -> &[Suppression] {
        &self.suppressions
    }

    /// Does the site change any rule?
    #[must_use]
    pub fn has_overrides(&self) -> bool {
        !self.spec.overrides.is_empty()
    }

    /// What the site changes about a rule.
    #[must_use]
    pub fn override_of(&self, rule: &str) -> Option<&OverrideSpec> {
        self.spec.overrides.get(rule)
    }

    /// Topics of a severity, as the site file names them.
    #[must_use]
    pub fn topics(&self, severity: Severity) -> &[TopicSpec] {
        self.spec.topics.get(&severity).map_or(&[], Vec::as_slice)
    }
}

struct Compiler<'d> {
    document: &'d Document,
    rule_ids: &'d [&'d str],
    faults: Vec<Fault>,
}

impl Compiler<'_> {
    fn fault(&mut self, path: &str, message: impl Into<String>, help: Option<String>) {
        self.faults.push(self.document.fault(path, message, help));
    }

    fn check_accounts(&mut self, spec: &SiteSpec) {
        for id in spec.accounts.keys() {
            if id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
                let message = format!("`{id}` is no account ID; it has twelve digits");
                self.fault(&format!("accounts.{id}"), message, None);
            }
        }
        if !spec.environment.values.contains_key(PRODUCTION) {
            let message = "`values` must name `production`, as unknown accounts count as that";
            self.fault("environment.values", message, None);
        }
    }

    fn calendars(&mut self, spec: &SiteSpec) -> Vec<(String, Calendar)> {
        let mut calendars = Vec::new();
        for (name, calendar) in &spec.calendars {
            match Calendar::compile(calendar) {
                Ok(calendar) => calendars.push((name.clone(), calendar)),
                Err((at, message)) => {
                    let path = if at.is_empty() { String::new() } else { format!(".{at}") };
                    self.fault(&format!("calendars.{name}{path}"), message, None);
                }
            }
        }
        calendars
    }

    fn pattern(&mut self, value: &Value, at: &str, calendars: &SiteSpec) -> Option<Pattern> {
        match Pattern::compile(value) {
            Ok(pattern) => {
                self.check_calendar_names(&pattern, at, calendars);
                for (path, message, help) in derive::misspelt(&pattern) {
                    self.fault(&format!("{at}.{path}"), message, help);
                }
                Some(pattern)
            }
            Err(faults) => {
                for fault in faults {
                    let path = if fault.path.is_empty() {
                        at.to_owned()
                    } else {
                        format!("{at}.{}", fault.path)
                    };
                    self.fault(&path, fault.message, fault.help);
                }
                None
            }
        }
    }

    /// A calendar's name misspelt in a pattern would never match, in silence.
    fn check_calendar_names(&mut self, pattern: &Pattern, at: &str, spec: &SiteSpec) {
        for path in ["derived.time", "derived.outsideTime"] {
            for name in pattern.texts(path) {
                if !spec.calendars.contains_key(name) {
                    let help = nearest::suggestion(name, spec.calendars.keys().map(String::as_str));
                    self.fault(&format!("{at}.{path}"), format!("no calendar `{name}`"), help);
                }
            }
        }
    }

    fn adjustments(&mut self, spec: &SiteSpec) -> Vec<Adjustment> {
        let mut adjustments = Vec::new();
        for (index, one) in spec.severity.iter().enumerate() {
            let at = format!("severity[{index}]");
            let steps = one.raise.into_iter().chain(one.lower);
            let verbs = steps.clone().count()
                + usize::from(one.set.is_some())
                + usize::from(one.floor.is_some());
            if verbs > 1 {
                self.fault(&at, "only one of `raise`, `lower`, `set`, `floor` may be given", None);
            }
            if steps.into_iter().any(|steps| !(1..=STEPS_MAX).contains(&steps)) {
                self.fault(&at, format!("steps are 1 to {STEPS_MAX}"), None);
            }
            if let Some(pattern) = self.pattern(&one.when, &format!("{at}.when"), spec) {
                let is_timed = |path: &&str| {
                    matches!(
                        *path,
                        "derived.time" | "derived.outsideTime" | "time" | "detail.eventTime"
                    )
                };
                let timed = pattern.paths().iter().any(is_timed);
                adjustments.push(Adjustment { pattern, spec: one.clone(), timed });
            }
        }
        adjustments
    }

    fn suppressions(&mut self, spec: &SiteSpec) -> Vec<Suppression> {
        let mut suppressions = Vec::new();
        for (index, one) in spec.suppressions.iter().enumerate() {
            let at = format!("suppressions[{index}]");
            for (key, text) in [("owner", &one.owner), ("reason", &one.reason), ("name", &one.name)]
            {
                if text.trim().is_empty() {
                    self.fault(
                        &format!("{at}.{key}"),
                        format!("`{key}` is empty; a suppression needs it"),
                        None,
                    );
                }
            }
            let pattern = self.pattern(&one.pattern, &format!("{at}.pattern"), spec);
            match (one.expires.parse::<Date>(), pattern) {
                (Ok(expires), Some(pattern)) => {
                    suppressions.push(Suppression { pattern, spec: one.clone(), expires });
                }
                (Err(_), _) => {
                    let message = format!("`{}` is no date as 2027-03-31", one.expires);
                    self.fault(&format!("{at}.expires"), message, None);
                }
                (Ok(_), None) => {}
            }
        }
        suppressions
    }

    /// Every rule named anywhere must exist.
    fn check_rules(&mut self, spec: &SiteSpec) {
        let overridden = spec.overrides.keys().map(|id| (format!("overrides.{id}"), id));
        let adjusted = spec.severity.iter().enumerate().flat_map(|(index, one)| {
            one.rules.iter().map(move |id| (format!("severity[{index}].rules"), id))
        });
        let suppressed = spec.suppressions.iter().enumerate().flat_map(|(index, one)| {
            one.rules.iter().map(move |id| (format!("suppressions[{index}].rules"), id))
        });
        let named: Vec<_> = overridden.chain(adjusted).chain(suppressed).collect();
        for (path, id) in named {
            if !self.rule_ids.contains(&id.as_str()) {
                let help = nearest::suggestion(id, self.rule_ids.iter().copied());
                self.fault(&path, format!("no rule `{id}`"), help);
            }
        }
        for (id, change) in &spec.overrides {
            let path = format!("overrides.{id}");
            if change.threshold.as_ref().is_some_and(|threshold| !threshold.is_countable()) {
                let message = format!("a threshold counts 2 to {THRESHOLD_MAX}");
                self.fault(&format!("{path}.threshold.count"), message, None);
            }
            if change.enabled.is_some() && change.disabled.is_some() {
                self.fault(&path, "only one of `enabled` and `disabled` may be given", None);
            }
        }
        for (severity, topics) in &spec.topics {
            for (index, topic) in topics.iter().enumerate() {
                if let Err(message) = check_topic_arn(&topic.arn) {
                    self.fault(&format!("topics.{severity}[{index}].arn"), message, None);
                }
            }
        }
    }
}

/// Is this the ARN of an SNS topic?
///
/// # Errors
/// What it should look like.
pub fn check_topic_arn(arn: &str) -> Result<(), String> {
    let parts: Vec<&str> = arn.split(':').collect();
    let good = matches!(parts.as_slice(), ["arn", partition, "sns", region, account, name]
        if partition.starts_with("aws") && !region.is_empty() && account.len() == 12 && !name.is_empty());
    if good {
        Ok(())
    } else {
        Err(format!("`{arn}` is no topic ARN as arn:aws:sns:us-east-1:111122223333:name"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Site, Vec<Fault>> {
        let document = Document::parse_all("site.yaml", text).unwrap().remove(0);
        Site::load(Some(&document), &["a-rule", "another-rule"])
    }

    #[test]
    fn the_environment_comes_from_tags_ignoring_case_and_unknown_is_production() {
        let site = load(
            "accounts:\n  '111122223333': {name: shop, tags: {Stage: PROD}}\n  '444455556666': {tags: {env: Sandbox}}\n  '777788889999': {tags: {env: odd}}\n",
        )
        .unwrap();
        let of = |account| site.environment(Some(account));
        assert_eq!(of("111122223333"), Environment { name: "production".into(), known: true });
        assert_eq!(of("444455556666").name, "development");
        assert_eq!(of("777788889999"), Environment { name: "production".into(), known: false });
        assert!(!of("000000000000").known);
        assert_eq!(site.account_name("111122223333"), Some("shop"));
    }

    #[track_caller]
    fn refuse(text: &str, line: usize, fragment: &str) {
        let faults = load(text).unwrap_err();
        let found = faults.iter().any(|f| f.line == line && f.to_string().contains(fragment));
        assert!(found, "{faults:?}");
    }

    #[test]
    fn faults_name_line_path_and_the_nearest_right_word() {
        refuse("account: {}\n", 1, "did you mean `accounts`");
        refuse("accounts:\n  '123': {name: x}\n", 2, "twelve digits");
        refuse("overrides:\n  a-rul: {severity: low}\n", 2, "did you mean `a-rule`");
        refuse("overrides:\n  a-rule:\n    severity: hihg\n", 3, "did you mean `high`");
        refuse(
            "severity:\n  - when: {derived: {time: [nights]}}\n    raise: 1\n    because: x\ncalendars:\n  night: {zone: Etc/UTC, weekly: [{days: [mon], from: '20:00', to: '06:00'}]}\n",
            2,
            "did you mean `night`",
        );
        refuse(
            "severity:\n  - when: {a: [{prefx: x}]}\n    because: y\n",
            2,
            "did you mean `prefix`",
        );
        refuse("topics:\n  high: [{arn: 'arn:aws:sqs:x'}]\n", 2, "no topic ARN");
        refuse(
            "suppressions:\n  - {name: ci, pattern: {a: [b]}, owner: me, reason: x, expires: soon}\n",
            2,
            "no date",
        );
    }
}
