//! Rules in a set that finds the matching ones fast.

use std::sync::{LazyLock, OnceLock};

use serde_json::Value;

use super::compiled::Rule;
use super::pack::{PackedRule, PackedRules};
use super::spec::{Rank, RuleSpec};
use crate::event::CallOutcome;
use crate::pattern::{Anchors, Found, Pattern, PatternLoad, Standing, Steps, is_below};
use crate::vocabulary::is_late;

/// All rules, in a set that finds the matching ones fast: those of the pack first.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    entries: Vec<Entry>,
    /// Position of the rule, and number within it, of each pattern that begins or continues a sequence.
    steps: Vec<(u32, u32)>,
    parts: Vec<Part>,
    /// The size of all patterns.
    budget: PatternLoad,
}

static EVERYTHING: LazyLock<Pattern> = LazyLock::new(Pattern::everything);

/// A rule that is read already, or only when an event needs it.
#[derive(Debug, Clone)]
enum Entry {
    Read(Box<Rule>),
    Packed(&'static PackedRule, OnceLock<Result<Pattern, String>>, OnceLock<Box<Rule>>),
}

impl From<&'static PackedRule> for Entry {
    fn from(packed: &'static PackedRule) -> Self {
        Self::Packed(packed, OnceLock::new(), OnceLock::new())
    }
}

impl Entry {
    fn id(&self) -> &str {
        match self {
            Self::Read(rule) => &rule.spec.id,
            Self::Packed(packed, ..) => packed.id,
        }
    }

    fn rule(&self) -> &Rule {
        match self {
            Self::Read(rule) => rule,
            Self::Packed(packed, pattern, read) => read.get_or_init(|| {
                Box::new(packed.unpacked(pattern.get_or_init(|| packed.pattern())))
            }),
        }
    }

    fn pattern(&self) -> &Pattern {
        match self {
            Self::Read(rule) => &rule.pattern,
            // One that cannot be read matches everything: the rule will say so.
            Self::Packed(packed, read, _) => {
                read.get_or_init(|| packed.pattern()).as_ref().unwrap_or(&EVERYTHING)
            }
        }
    }

    /// Does it only count, and never fire?
    fn is_signal(&self) -> bool {
        match self {
            Self::Read(rule) => rule.spec.is_signal(),
            Self::Packed(packed, ..) => packed.signal,
        }
    }

    /// Is it on, or only switched off by the site?
    fn is_looked_for(&self) -> bool {
        match self {
            Self::Read(rule) => rule.spec.enabled || rule.is_switched_off(),
            Self::Packed(packed, ..) => packed.enabled,
        }
    }
}

/// Index to rules and steps with consecutive numbers.
#[derive(Debug, Clone)]
struct Part {
    /// Position of its first rule.
    first: usize,
    anchors: Anchors,
    /// Position of its first step.
    first_step: usize,
    step_anchors: Anchors,
}

/// Knowledge about a path of an event: most facts are present only if they have a value.
fn standing(path: &str) -> Standing {
    match is_late(path) {
        true => Standing::Late,
        false if is_below(path, "derived") => Standing::Rare,
        false => Standing::Usual,
    }
}

/// Rules that may match an event, for any answer to its questions.
#[derive(Debug, Clone, Default)]
pub struct Possible {
    rules: Found,
    steps: Found,
    /// One of the rules is more than a signal.
    speaks: bool,
}

impl Possible {
    /// Can no rule want this event?
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.rules.matching.is_empty() && self.steps.matching.is_empty()
    }

    /// May a rule fire, and not only note the event or count it?
    #[must_use]
    pub fn speaks(&self) -> bool {
        self.speaks
    }

    /// May an answer still change which rules match, or which steps the event is?
    #[must_use]
    pub(crate) fn hangs_on_answers(&self) -> bool {
        self.rules.pending || self.steps.pending
    }
}

/// The rules that match an event, the loudest first.
#[derive(Debug, Clone, Default)]
pub struct Matching<'r> {
    /// All of them.
    pub rules: Vec<&'r Rule>,
    /// Those that count as matched because the steps ran out.
    pub unsure: Vec<&'r Rule>,
    /// Rules that the site switched off, and that match: they do not alert, and are counted.
    pub switched_off: Vec<&'r Rule>,
}

impl RuleSet {
    /// The rules that the build compiled.
    #[must_use]
    pub fn packed(packed: &'static PackedRules) -> Self {
        Self::beside(Some(packed), Vec::new())
    }

    /// These rules, behind those that the build compiled.
    pub(super) fn beside(packed: Option<&'static PackedRules>, rules: Vec<Rule>) -> Self {
        let mut all = Self::default();
        if let Some(packed) = packed {
            let (anchors, step_anchors) = ((&packed.anchors).into(), (&packed.step_anchors).into());
            all.parts.push(Part { first: 0, anchors, first_step: 0, step_anchors });
            all.entries.extend(packed.rules.iter().map(Entry::from));
            all.steps.extend(packed.steps);
            all.budget = packed.budget;
        }
        if !rules.is_empty() {
            all.parts.push(Part {
                first: all.entries.len(),
                anchors: Anchors::of(rules.iter().map(|rule| &rule.pattern), standing),
                first_step: all.steps.len(),
                step_anchors: Anchors::of(rules.iter().flat_map(|rule| &rule.before), standing),
            });
        }
        for rule in rules {
            // The loaded rules are within the limit.
            let _ = rule.patterns().try_for_each(|pattern| all.budget.take(pattern));
            // Rules are bounded far below this number.
            let position = u32::try_from(all.entries.len()).unwrap_or(u32::MAX);
            all.steps.extend((0..).take(rule.before.len()).map(|step| (position, step)));
            all.entries.push(Entry::Read(Box::new(rule)));
        }
        all
    }

    /// The same, with the rules that their owner changed: `change` gives the change of the rule with an ID, and
    /// `applied` the rule after it.
    #[must_use]
    pub fn overridden<C>(
        mut self,
        change: impl Fn(&str) -> Option<C>,
        applied: impl Fn(&C, &RuleSpec) -> RuleSpec,
    ) -> Self {
        for entry in &mut self.entries {
            let Some(change) = change(entry.id()) else { continue };
            let mut rule = entry.rule().clone();
            let spec = applied(&change, &rule.spec);
            rule.by_itself = Some(Box::new(std::mem::replace(&mut rule.spec, spec)));
            *entry = Entry::Read(Box::new(rule));
        }
        self
    }

    /// A set of this rule alone, switched on: for its own tests.
    #[must_use]
    pub fn alone(rule: &Rule) -> Self {
        let mut rule = rule.clone();
        rule.spec.enabled = true;
        Self::beside(None, vec![rule])
    }

    /// The rules, and steps of sequences, that may match an event, for any answer. `is_pending` says of a late path
    /// whether an answer may change its value.
    #[must_use]
    pub(crate) fn possible(&self, event: &Value, is_pending: &dyn Fn(&str) -> bool) -> Possible {
        let (rules, steps) = (self.found(event, is_pending), self.found_steps(event, is_pending));
        let mut entries = rules.matching.iter().filter_map(|position| self.entries.get(*position));
        let speaks = entries.any(|entry| !entry.is_signal());
        Possible { rules, steps, speaks }
    }

    /// Positions of the rules that may match.
    fn found(&self, event: &Value, is_pending: &dyn Fn(&str) -> bool) -> Found {
        let pattern = |position: usize| {
            let entry = self.entries.get(position)?;
            entry.is_looked_for().then(|| entry.pattern())
        };
        self.found_by(|part| (&part.anchors, part.first), event, is_pending, pattern)
    }

    /// Positions of the steps that it may be.
    fn found_steps(&self, event: &Value, is_pending: &dyn Fn(&str) -> bool) -> Found {
        let pattern = |position: usize| {
            let (entry, step) = self.step(position)?;
            entry.is_looked_for().then(|| entry.rule().before.get(step))?
        };
        self.found_by(|part| (&part.step_anchors, part.first_step), event, is_pending, pattern)
    }

    /// All candidates first: one part's matching takes no steps from the looking of another.
    fn found_by<'s>(
        &'s self,
        anchors: impl Fn(&'s Part) -> (&'s Anchors, usize),
        event: &Value,
        is_pending: &dyn Fn(&str) -> bool,
        pattern: impl Fn(usize) -> Option<&'s Pattern>,
    ) -> Found {
        let mut found = Found::default();
        let candidates: Vec<_> = self
            .parts
            .iter()
            .map(|part| anchors(part).0.candidates(event, &mut found.left))
            .collect();
        for (part, candidates) in self.parts.iter().zip(candidates) {
            let (anchors, first) = anchors(part);
            anchors.search(candidates, event, is_pending, first, &mut found, &pattern);
        }
        found
    }

    /// The rule of a step, and the number of the step within it.
    fn step(&self, position: usize) -> Option<(&Entry, usize)> {
        let (rule, step) = self.steps.get(position)?;
        Some((self.entries.get(*rule as usize)?, *step as usize))
    }

    /// The steps of sequences that an event is: each rule with the number of the step.
    #[must_use]
    pub fn steps(&self, event: &Value) -> Vec<(&Rule, usize)> {
        let positions = self.found_steps(event, &|_| false).matching.into_iter();
        let steps = positions.filter_map(|position| self.step(position));
        steps.map(|(entry, step)| (entry.rule(), step)).collect()
    }

    /// The same, where some were possible before anybody was asked.
    #[must_use]
    pub(crate) fn steps_of(&self, event: &Value, possible: &Possible) -> Vec<(&Rule, usize)> {
        if possible.steps.matching.is_empty() { Vec::new() } else { self.steps(event) }
    }

    /// The steps that an event certainly is: none if an answer may still change one.
    pub(crate) fn certain_steps(&self, possible: &Possible) -> Vec<(&Rule, usize)> {
        let positions = possible.steps.matching.iter().filter(|_| !possible.steps.pending);
        let steps = positions.filter_map(|position| self.step(*position));
        steps.map(|(entry, step)| (entry.rule(), step)).collect()
    }

    /// The rules with a sequence among those that may match.
    pub(crate) fn possible_sequences(&self, possible: &Possible) -> impl Iterator<Item = &Rule> {
        let waits = |at: &&usize| self.steps.iter().any(|(rule, _)| *rule as usize == **at);
        let waiting = possible.rules.matching.iter().filter(waits);
        waiting.filter_map(|at| self.entries.get(*at)).map(Entry::rule)
    }

    /// The share of its patterns in the limits of all patterns together.
    #[must_use]
    pub fn budget(&self) -> PatternLoad {
        self.budget
    }

    /// All rules, also those switched off.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &Rule> + Clone {
        self.entries.iter().map(Entry::rule)
    }

    /// The rules that may be quieter, or quiet for longer, than the pack's rule says: the owner's rules, overridden
    /// rules, and rules that hold back repetitions for days. The others need not be read for that.
    pub fn quietenable(&self) -> impl Iterator<Item = &Rule> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Read(_) => Some(entry.rule()),
            Entry::Packed(packed, ..) => packed.held_for_days.then(|| entry.rule()),
        })
    }

    /// The IDs of all rules.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        self.entries.iter().map(Entry::id).collect()
    }

    /// The index to rules and to steps of sequences, in a set of one part.
    pub(super) fn anchors(&self) -> [Anchors; 2] {
        let part = self.parts.first();
        part.map(|part| [part.anchors.clone(), part.step_anchors.clone()]).unwrap_or_default()
    }

    /// Position of the rule, and number within it, of each pattern that begins or continues a sequence.
    pub(super) fn steps_of_rules(&self) -> &[(u32, u32)] {
        &self.steps
    }

    /// Enabled rules that match: the loudest first, and among equals the most specific. Rules that could not be
    /// decided within [`crate::pattern::STEPS_MAX`] are listed apart.
    #[must_use]
    pub fn matching(&self, event: &Value) -> Matching<'_> {
        self.matched(event, self.found(event, &|_| false))
    }

    /// The same, for the rules that were possible before any lookup.
    #[must_use]
    pub(crate) fn matching_of(&self, event: &Value, possible: &Possible) -> Matching<'_> {
        let mut found = Found::default();
        let mut left = possible.rules.left;
        for position in &possible.rules.matching {
            let Some(pattern) = self.entries.get(*position).map(Entry::pattern) else { continue };
            let mut steps = Steps::within(left);
            let before = steps.left();
            let answer = pattern.decide(event, &mut steps);
            left -= before - steps.left();
            if answer != Some(false) {
                found.matching.push(*position);
            }
            if answer.is_none() {
                found.cut.push(*position);
            }
        }
        self.matched(event, found)
    }

    fn matched(&self, event: &Value, found: Found) -> Matching<'_> {
        let rules = |positions: Vec<usize>| {
            let matched = positions.into_iter().filter_map(|position| self.entries.get(position));
            let mut rules: Vec<&Rule> = matched.map(Entry::rule).collect();
            let mut steps = Steps::new();
            rules.sort_by_cached_key(|rule| {
                let specificity = rule.pattern.specificity(event, &mut steps);
                std::cmp::Reverse((rule.spec.severity, specificity))
            });
            rules
        };
        let is_on = |rule: &&Rule| rule.spec.enabled;
        let (on, switched_off) = rules(found.matching).into_iter().partition(is_on);
        let unsure = rules(found.cut).into_iter().filter(is_on).collect();
        Matching { rules: on, unsure, switched_off }
    }

    /// Settles which of the firing rules speak: specific ones before general ones, fallbacks only if no other fires;
    /// within each the loudest for this outcome first. The first of all gives title and base severity.
    #[must_use]
    pub(crate) fn settled(mut firing: Vec<&Rule>, outcome: CallOutcome) -> Vec<&Rule> {
        firing.sort_by_key(|rule| std::cmp::Reverse(rule.severity_of(outcome)));
        let (mut speaking, general): (Vec<&Rule>, Vec<&Rule>) =
            firing.into_iter().partition(|rule| !rule.spec.is_general());
        let is_fallback = |rule: &Rule| rule.spec.rank() == Rank::Fallback;
        if speaking.iter().any(|rule| !is_fallback(rule) && !rule.spec.is_signal()) {
            speaking.retain(|rule| !is_fallback(rule));
        } else if let Some(loudest) = general.iter().map(|rule| rule.spec.severity).max() {
            speaking.retain(|rule| !is_fallback(rule) || rule.spec.severity > loudest);
        }
        speaking.extend(general);
        speaking
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml::{Fault, YamlDocument};

    fn load(text: &str) -> Result<RuleSet, Vec<Fault>> {
        RuleSet::load(&YamlDocument::parse_all("r.yaml", text).map_err(|fault| vec![fault])?)
    }

    const RULE: &str =
        "id: a-rule\ntitle: A rule\nseverity: high\nwhy: x\nrunbook: y\npattern: {a: [x]}\n";

    #[track_caller]
    fn refuse(text: &str, line: usize, fragment: &str) {
        let faults = load(text).unwrap_err();
        let found = faults.iter().any(|f| f.line == line && f.to_string().contains(fragment));
        assert!(found, "{faults:?}");
    }

    #[test]
    fn faults_name_line_path_and_the_nearest_right_word() {
        refuse(&RULE.replace("high", "hihg"), 3, "did you mean `high`");
        refuse(&RULE.replace("runbook", "runbok"), 5, "did you mean `runbook`");
        refuse(&RULE.replace("[x]", "[{prefx: x}]"), 6, "`pattern.a[0].prefx`: unknown operator");
        refuse(&RULE.replace("a-rule", "A_rule"), 1, "kebab-case");
        let counts = format!("{RULE}threshold: {{count: 3, within: 5m, by: [account, call]}}\n");
        refuse(&counts, 7, "`threshold.by[1]`: it counts by");
        let both = format!("{RULE}general: true\nfallback: true\n");
        refuse(&both, 8, "`fallback`: a rule is `general` or `fallback`");
        let counted = format!("{RULE}signal: true\nthreshold: {{count: 3, within: 5m}}\n");
        refuse(&counted, 8, "`threshold`: a `signal` never fires");
        refuse(&format!("{RULE}---\n{RULE}"), 8, "stands in r.yaml:1 already");
        refuse(
            &format!("{RULE}respond: [detach-role-polcy]\n"),
            7,
            "did you mean `detach-role-policy`",
        );
        refuse(&format!("{RULE}dedupe: 10x\n"), 7, "not a span");
        refuse(&format!("{RULE}attack: [T10]\n"), 7, "not an ATT&CK technique");
    }

    #[test]
    fn of_equal_rules_the_one_that_says_most_of_what_was_done_leads() {
        let first = |one: &str, other: &str, event: Value| {
            let rule =
                |id: &str, pattern: &str| RULE.replace("a-rule", id).replace("{a: [x]}", pattern);
            let leader = |texts: [String; 2]| {
                let rules = load(&texts.join("---\n")).unwrap();
                rules.matching(&event).rules.first().map(|rule| rule.spec.id.clone())
            };
            let in_order = leader([rule("one", one), rule("other", other)]);
            assert_eq!(in_order, leader([rule("other", other), rule("one", one)]));
            in_order.unwrap()
        };
        let event = serde_json::json!({"detail": {"eventName": "A", "requestParameters": {"days": 1, "name": "audit"},
            "userIdentity": {"userName": "bob"}}, "derived": {"grants": ["admin"], "effect": "grants"}});
        let named = "{detail: {eventName: [A]}}";
        let granting = "{detail: {eventName: [A, B, C]}, derived: {grants: [admin]}}";
        let who = "{detail: {eventName: [A], userIdentity: {userName: [bob]}}, derived: {effect: [grants]}}";
        let days = "{detail: {eventName: [A], requestParameters: {days: [1]}}}";
        // The branch that matches says two things, the other one.
        let log = "{detail: {$or: [{eventName: [B], requestParameters: {name: [audit]}}, {eventName: [A, B], \
                   requestParameters: {days: [1], name: [audit]}}]}}";
        let absent = "{detail: {eventName: [A, B], requestParameters: {key: [{exists: false}]}}}";
        // A call by itself says less than one of two calls with something about who made it.
        let who_of_two = "{detail: {eventName: [A, B], userIdentity: {userName: [bob]}}}";
        // A document that gives rights over rights and data is no matter of data.
        let given = serde_json::json!({"detail": {"eventName": "A"},
            "derived": {"grants": ["pass-role-any", "privesc:pass-role-ec2", "data-all", "data:s3"]}});
        let roles = "{detail: {eventName: [A, B, C]}, derived: {grants: [pass-role-any]}}";
        let way = "{detail: {eventName: [A, B, C]}, derived: {grants: [{prefix: \"privesc:\"}]}}";
        let one_service = "{detail: {eventName: [A, B]}, derived: {grants: [\"data:s3\"]}}";
        let data = "{detail: {eventName: [A]}, derived: {grants: [data-all]}}";
        for (leads, behind) in [(roles, way), (roles, one_service), (way, data), (one_service, way)]
        {
            assert_eq!(first(leads, behind, given.clone()), "one", "{leads} {behind}");
        }
        assert_eq!(first(data, "{detail: {eventName: [A]}}", given), "one");
        assert_eq!(first(who_of_two, named, event.clone()), "one");
        assert_eq!(first(granting, named, event.clone()), "one");
        assert_eq!(first(granting, who, event.clone()), "one");
        assert_eq!(first(who, named, event.clone()), "one");
        assert_eq!(first(log, days, event.clone()), "one");
        assert_eq!(first(named, absent, event), "one");
    }

    #[test]
    fn a_fallback_counts_only_alone() {
        let text = format!(
            "{RULE}---\n{}fallback: true\n---\n{}enabled: false\n",
            RULE.replace("a-rule", "catch-all").replace("a: [x]", "a: [x, y]"),
            RULE.replace("a-rule", "off"),
        );
        let rules = load(&text).unwrap();
        let ids = |event: Value| -> Vec<String> {
            let firing = RuleSet::settled(rules.matching(&event).rules, CallOutcome::Success);
            firing.iter().map(|rule| rule.spec.id.clone()).collect()
        };
        assert_eq!(ids(serde_json::json!({"a": "x"})), ["a-rule"]);
        assert_eq!(ids(serde_json::json!({"a": "y"})), ["catch-all"]);
    }
}
