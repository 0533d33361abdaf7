//! A site file, checked and compiled: every fault with its line.

use std::borrow::Cow;
use std::sync::OnceLock;

use jiff::civil::Date;
use serde_json::Value;

use super::compiled::{Adjustment, Site, Suppression, check_topic_arn};
use super::guarded::{GUARDED_MAX, GuardedEntities};
use super::spec::{Defaults, PRODUCTION, SiteSpec};
use crate::iam::account;
use crate::pattern::{Pattern, PatternLoad};
use crate::rule::{GroupBy, RuleSet, THRESHOLD_MAX};
use crate::site::calendar::{Calendar, CalendarFault, IcsFiles, IcsSize};
use crate::text::nearest;
use crate::text::yaml::{Fault, YamlDocument, is_reported};
use crate::vocabulary::{Guarded, SiteNames, Vain, misspelt};

/// Most steps one adjustment may raise or lower.
const STEPS_MAX: u8 = 4;

impl Site {
    /// Checks and compiles the site file, which adds to `base`, the one that came with the rules; without
    /// either everything is unknown and counts as production. `files` are the iCalendar files beside it.
    ///
    /// # Errors
    /// All faults found.
    pub fn load(
        base: Option<Self>,
        document: Option<&YamlDocument>,
        files: &IcsFiles,
        rule_ids: &[&str],
    ) -> Result<Self, Vec<Fault>> {
        Self::load_within(base, document, files, Some(rule_ids), PatternLoad::default())
    }

    /// As [`Site::load`], beside these rules: the patterns of both count together.
    ///
    /// # Errors
    /// All faults found.
    pub fn load_beside(
        base: Option<Self>,
        document: Option<&YamlDocument>,
        files: &IcsFiles,
        rules: &RuleSet,
    ) -> Result<Self, Vec<Fault>> {
        if document.is_none() {
            return Ok(base.unwrap_or_else(Self::empty));
        }
        Self::load_within(base, document, files, Some(&rules.ids()), rules.budget())
    }

    /// As [`Site::load`], with patterns counted before. Without `rule_ids` it is not known which rules there are, so none
    /// that it names is missing.
    pub(crate) fn load_within(
        base: Option<Self>,
        document: Option<&YamlDocument>,
        files: &IcsFiles,
        rule_ids: Option<&[&str]>,
        mut budget: PatternLoad,
    ) -> Result<Self, Vec<Fault>> {
        let mut base = base.unwrap_or_else(Self::empty);
        let Some(document) = document else { return Ok(base) };
        // A key with all its entries commented out is as good as none.
        let mut document = Cow::Borrowed(document);
        let has_null =
            |value: &Value| value.as_object().is_some_and(|map| map.values().any(Value::is_null));
        if has_null(&document.value)
            && let Value::Object(map) = &mut document.to_mut().value
        {
            map.retain(|_, value| !value.is_null());
        }
        let document = document.as_ref();
        let (spec, faults) = match document.decode::<SiteSpec>() {
            Ok(spec) => (spec, Vec::new()),
            Err(broken) => match broken.rest {
                Some(rest) => {
                    let faults = with_patterns(document, Some(&rest), broken.faults);
                    (rest, faults)
                }
                None => return Err(with_patterns(document, None, broken.faults)),
            },
        };
        if spec.defaults == Defaults::None {
            base = Self::empty();
        }
        let environment = spec.environment.clone().unwrap_or_default();
        let known = KnownNames::of(&spec, &base);
        for pattern in base.patterns() {
            budget.take(pattern).map_err(|fault| vec![document.fault("", fault, None)])?;
        }
        let mut compiler = Compiler { document, rule_ids, known, budget, faults: Vec::new() };
        compiler.check_accounts(&spec);
        let calendars = compiler.calendars(&spec, files);
        let adjustments = compiler.adjustments(&spec);
        let suppressions = compiler.suppressions(&spec);
        let guarded = compiler.guarded(&spec);
        compiler.check_roles(&spec);
        compiler.check_rules(&spec);
        let mut more = compiler.faults;
        more.retain(|fault| !is_reported(fault, &faults));
        if faults.is_empty() && more.is_empty() {
            let version = OnceLock::new();
            let own =
                Self { spec, environment, calendars, adjustments, suppressions, guarded, version };
            Ok(own.over(base))
        } else {
            Err(faults.into_iter().chain(more).collect())
        }
    }
}

/// The faults of a site file, and those of the patterns in lists of which nothing is left to be checked, where they are
/// written.
fn with_patterns(
    document: &YamlDocument,
    rest: Option<&SiteSpec>,
    mut faults: Vec<Fault>,
) -> Vec<Fault> {
    let lists = [
        ("severity", "when", rest.is_some_and(|rest| !rest.severity.is_empty())),
        ("suppressions", "pattern", rest.is_some_and(|rest| !rest.suppressions.is_empty())),
    ];
    for (list, key, _) in lists.into_iter().filter(|(.., is_left)| !is_left) {
        let items = document.value.get(list).and_then(Value::as_array);
        for (index, item) in items.into_iter().flatten().enumerate() {
            let found = item.get(key).and_then(|value| Pattern::compile(value).err());
            for fault in found.into_iter().flatten() {
                let dot = if fault.path.is_empty() { "" } else { "." };
                let path = format!("{list}[{index}].{key}{dot}{}", fault.path);
                faults.push(document.fault(&path, fault.message, fault.help));
            }
        }
    }
    faults
}

struct Compiler<'d> {
    document: &'d YamlDocument,
    /// `None` where they are not known.
    rule_ids: Option<&'d [&'d str]>,
    known: KnownNames,
    /// What the patterns of rules, of the site that came with them and of this one take together.
    budget: PatternLoad,
    faults: Vec<Fault>,
}

/// Names that a site file may use, those of the built-in one included.
struct KnownNames {
    calendars: Vec<String>,
    /// The size of the calendar files of the built-in site.
    calendar_files: IcsSize,
    environments: Vec<String>,
}

impl KnownNames {
    fn of(spec: &SiteSpec, base: &Site) -> Self {
        let calendars = base.calendars.iter().map(|(name, _)| name).chain(spec.calendars.keys());
        let environment = spec.environment.as_ref().unwrap_or(&base.environment);
        let mut calendar_files = IcsSize::default();
        // They were within it when they were read.
        let _ = base.calendars.iter().try_for_each(|(_, one)| one.add_size(&mut calendar_files));
        Self {
            calendar_files,
            calendars: calendars.cloned().collect(),
            environments: environment.values.keys().cloned().collect(),
        }
    }
}

impl Compiler<'_> {
    fn fault(&mut self, path: &str, message: impl Into<String>, help: Option<String>) {
        self.faults.push(self.document.fault(path, message, help));
    }

    fn check_accounts(&mut self, spec: &SiteSpec) {
        for id in spec.accounts.keys() {
            if !account::is_id(id) {
                let message = format!("`{id}` is not an account ID; it has twelve digits");
                self.fault(&format!("accounts.{id}"), message, None);
            }
        }
        if spec.environment.as_ref().is_some_and(|one| !one.values.contains_key(PRODUCTION)) {
            let message = "`values` must name `production`, as unknown accounts count as that";
            self.fault("environment.values", message, None);
        }
    }

    fn calendars(&mut self, spec: &SiteSpec, files: &IcsFiles) -> Vec<(String, Calendar)> {
        let mut calendars = Vec::new();
        let mut taken = self.known.calendar_files;
        for (name, calendar) in &spec.calendars {
            match Calendar::compile(calendar, files, &mut taken) {
                Ok(calendar) => calendars.push((name.clone(), calendar)),
                Err(faults) => {
                    for CalendarFault { path, message, help } in faults {
                        let dot = if path.is_empty() { "" } else { "." };
                        self.fault(&format!("calendars.{name}{dot}{path}"), message, help);
                    }
                }
            }
        }
        calendars
    }

    /// If all patterns together exceed the limit, no more are compiled: one fault says so.
    fn pattern(&mut self, value: &Value, at: &str) -> Option<Pattern> {
        if self.budget.is_spent() {
            return None;
        }
        match Pattern::compile(value) {
            Ok(pattern) => {
                if let Err(message) = self.budget.take(&pattern) {
                    self.fault(at, message, None);
                    return None;
                }
                let names = SiteNames {
                    environments: self.known.environments.iter().map(String::as_str).collect(),
                    calendars: self.known.calendars.iter().map(String::as_str).collect(),
                };
                for Vain { path, message, help } in misspelt(value, Some(&names)) {
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
            if let Some(pattern) = self.pattern(&one.when, &format!("{at}.when")) {
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
            let pattern = self.pattern(&one.pattern, &format!("{at}.pattern"));
            match (one.expires.parse::<Date>(), pattern) {
                (Ok(expires), Some(pattern)) => {
                    suppressions.push(Suppression { pattern, spec: one.clone(), expires });
                }
                (Err(_), _) => {
                    let message =
                        format!("`{}` is not a date; write it like 2027-03-31", one.expires);
                    self.fault(&format!("{at}.expires"), message, None);
                }
                (Ok(_), None) => {}
            }
        }
        suppressions
    }

    fn guarded(&mut self, spec: &SiteSpec) -> GuardedEntities {
        let mut entities = GuardedEntities::default();
        let lists = [
            ("break-glass", &spec.break_glass, Guarded::BreakGlass),
            ("protected", &spec.protected, Guarded::Protected),
        ];
        for (key, arns, why) in lists {
            for (index, arn) in arns.iter().enumerate() {
                if let Err(message) = entities.add(arn, why) {
                    self.fault(&format!("{key}[{index}]"), message, None);
                }
            }
        }
        if entities.len() > GUARDED_MAX {
            let message = format!("{} entities are guarded, {GUARDED_MAX} at most", entities.len());
            self.fault("protected", message, None);
        }
        entities
    }

    fn check_roles(&mut self, spec: &SiteSpec) {
        let lists = [
            ("pipelines", &spec.pipelines),
            ("source-identity-roles", &spec.source_identity_roles),
        ];
        for (name, list) in lists {
            for (index, arn) in list.iter().enumerate() {
                if let Err(message) = super::pipeline::check(arn) {
                    self.fault(&format!("{name}[{index}]"), message, None);
                }
            }
        }
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
        let known = self.rule_ids;
        for (path, id) in named {
            if let Some(known) = known.filter(|known| !known.contains(&id.as_str())) {
                let help = nearest::suggestion(id, known.iter().copied());
                self.fault(&path, format!("no rule `{id}`"), help);
            }
        }
        for (id, change) in &spec.overrides {
            let path = format!("overrides.{id}");
            if change.threshold.as_ref().is_some_and(|threshold| !threshold.is_countable()) {
                let message = format!("a threshold counts 2 to {THRESHOLD_MAX}");
                self.fault(&format!("{path}.threshold.count"), message, None);
            }
            let by =
                change.threshold.as_ref().and_then(|threshold| GroupBy::uncounted(&threshold.by));
            if let Some(index) = by {
                let path = format!("{path}.threshold.by[{index}]");
                self.fault(&path, GroupBy::COUNTED_SAID.to_owned(), None);
            }
            let named = change.threshold.iter().flat_map(|threshold| threshold.environments.keys());
            for name in named {
                if self.known.environments.contains(name) {
                    continue;
                }
                let names = self.known.environments.iter().map(String::as_str);
                let help = nearest::suggestion(name, names);
                let path = format!("{path}.threshold.environments.{name}");
                self.fault(&path, format!("no environment `{name}`"), help);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Site, Vec<Fault>> {
        let document = YamlDocument::parse_all("site.yaml", text).unwrap().remove(0);
        Site::load(None, Some(&document), &IcsFiles::new(), &["a-rule", "another-rule"])
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
        refuse("organization: r-abcd\n", 1, "not an organization ID");
        refuse("organization: o-Short\n", 1, "not an organization ID");
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
        refuse("topics:\n  high: [{arn: 'arn:aws:sqs:x'}]\n", 2, "not the ARN");
        refuse(
            "suppressions:\n  - {name: ci, pattern: {a: [b]}, owner: me, reason: x, expires: soon}\n",
            2,
            "not a date",
        );
    }
}
