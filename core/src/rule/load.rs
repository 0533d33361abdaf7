//! Reads rules. They are checked and compiled one after the other, so that many need no more memory than few.

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde_json::Value;

use super::compiled::Rule;
use super::pack::{PackedRule, PackedRules};
use super::set::RuleSet;
use super::spec::{GroupBy, RuleSpec, SEQUENCE_STEPS_MAX, THRESHOLD_MAX};
use crate::iam::catalogue;
use crate::pattern::{Pattern, PatternLoad};
use crate::text::nearest;
use crate::text::yaml::{Fault, YamlDocument, is_reported};
use crate::vocabulary::misspelt;

/// Longest title, so that a subject line holds it.
pub const TITLE_CHARS_MAX: usize = 70;

/// The rules that were read so far.
#[derive(Debug, Default)]
pub struct Loading {
    /// The rules of the pack, which come first.
    packed: Option<&'static PackedRules>,
    rules: Vec<Rule>,
    faults: Vec<Fault>,
    /// The place of the rule with an ID.
    places: HashMap<String, String>,
    budget: PatternLoad,
}

impl Loading {
    /// Rules beside those that the build compiled: IDs and what patterns may take are common to both.
    #[must_use]
    pub fn beside(packed: &'static PackedRules) -> Self {
        let place = |rule: &PackedRule| (rule.id.to_owned(), format!("{}:1", rule.file));
        let places = packed.rules.iter().map(place).collect();
        Self { packed: Some(packed), places, budget: packed.budget, ..Self::default() }
    }

    /// Checks and compiles one more. It breaks where all together are more than are taken: the rest need not be read.
    pub fn rule(&mut self, document: &YamlDocument) -> ControlFlow<()> {
        let rule = match compile(document) {
            Ok(rule) => rule,
            Err(mut found) => {
                self.faults.append(&mut found);
                return ControlFlow::Continue(());
            }
        };
        if let Err(message) = rule.patterns().try_for_each(|one| self.budget.take(one)) {
            self.faults.push(document.fault("pattern", message, None));
            return ControlFlow::Break(());
        }
        let place = format!("{}:{}", document.file, document.line("id"));
        if let Some(other) = self.places.insert(rule.spec.id.clone(), place) {
            let message = format!("rule `{}` stands in {other} already", rule.spec.id);
            let help = "an ID is used once; to read the pack's own folder leave the pack compiled in out \
                        with --no-pack";
            self.faults.push(document.fault("id", message, Some(help.to_owned())));
        }
        self.rules.push(rule);
        ControlFlow::Continue(())
    }

    /// Adds the fault of a file without a rule.
    pub fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// All of them.
    ///
    /// # Errors
    /// Every fault of every rule.
    pub fn end(self) -> Result<RuleSet, Vec<Fault>> {
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        Ok(RuleSet::beside(self.packed, self.rules))
    }
}

impl RuleSet {
    /// Checks and compiles rules. All faults are reported at once.
    ///
    /// # Errors
    /// Every fault of every rule.
    pub fn load(documents: &[YamlDocument]) -> Result<Self, Vec<Fault>> {
        let mut loading = Loading::default();
        for document in documents {
            if loading.rule(document).is_break() {
                break;
            }
        }
        loading.end()
    }
}

fn compile(document: &YamlDocument) -> Result<Rule, Vec<Fault>> {
    let (spec, mut faults) = match document.decode::<RuleSpec>() {
        Ok(spec) => (Some(spec), Vec::new()),
        Err(broken) => (broken.rest, broken.faults),
    };
    let more = spec.iter().flat_map(|spec| check(spec, document));
    let more: Vec<Fault> = more.filter(|fault| !is_reported(fault, &faults)).collect();
    faults.extend(more);
    let mut pattern = |value: &Value, at: &str| match Pattern::compile(value) {
        Ok(pattern) => {
            let misspelt = misspelt(value, None);
            faults.extend(misspelt.into_iter().map(|vain| {
                document.fault(&format!("{at}.{}", vain.path), vain.message, vain.help)
            }));
            Some(pattern)
        }
        Err(found) => {
            faults.extend(found.into_iter().map(|fault| {
                let dot = if fault.path.is_empty() { "" } else { "." };
                document.fault(&format!("{at}{dot}{}", fault.path), fault.message, fault.help)
            }));
            None
        }
    };
    // As it was written, also where another part of the rule is broken.
    let last = document.value.get("pattern").and_then(|value| pattern(value, "pattern"));
    let steps = document.value.pointer("/sequence/before").and_then(Value::as_array);
    let mut before = Vec::new();
    for (index, value) in steps.into_iter().flatten().enumerate() {
        before.extend(pattern(value, &format!("sequence.before[{index}]")));
    }
    match (spec, last) {
        (Some(spec), Some(pattern)) if faults.is_empty() => {
            Ok(Rule { by_itself: None, spec, pattern, before, file: document.file.clone() })
        }
        _ => Err(faults),
    }
}

/// Checks beyond the types.
fn check(spec: &RuleSpec, document: &YamlDocument) -> Vec<Fault> {
    let mut faults = Vec::new();
    let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if spec.id.is_empty() || !spec.id.chars().all(kebab) {
        faults.push(document.fault("id", format!("`{}` is not kebab-case", spec.id), None));
    }
    if spec.title.chars().count() > TITLE_CHARS_MAX || spec.title.trim().is_empty() {
        let message = format!("a title has 1 to {TITLE_CHARS_MAX} characters");
        faults.push(document.fault("title", message, None));
    }
    for (index, technique) in spec.attack.iter().enumerate() {
        let mut parts = technique.trim_start_matches('T').split('.');
        let digits = |part: Option<&str>, count: usize| {
            part.is_none_or(|part| part.len() == count && part.bytes().all(|b| b.is_ascii_digit()))
        };
        let good = technique.starts_with('T') && digits(parts.next(), 4) && digits(parts.next(), 3);
        if !good || parts.next().is_some() {
            let message =
                format!("`{technique}` is not an ATT&CK technique; write it like T1098.001");
            faults.push(document.fault(&format!("attack[{index}]"), message, None));
        }
    }
    for (index, word) in spec.respond.iter().enumerate() {
        if !catalogue::response_words().any(|known| known == word) {
            let help = nearest::suggestion(word, catalogue::response_words());
            let path = format!("respond[{index}]");
            faults.push(document.fault(&path, format!("unknown response `{word}`"), help));
        }
    }
    faults.extend(check_counting(spec, document));
    faults
}

/// How much is counted, and by what.
fn check_counting(spec: &RuleSpec, document: &YamlDocument) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some((path, message)) = spec.contradiction() {
        faults.push(document.fault(path, message.to_owned(), None));
    }
    if spec
        .sequence
        .as_ref()
        .is_some_and(|sequence| !(1..=SEQUENCE_STEPS_MAX).contains(&sequence.before.len()))
    {
        let message = format!("a sequence has 1 to {SEQUENCE_STEPS_MAX} patterns before the last");
        faults.push(document.fault("sequence.before", message, None));
    }
    if spec.threshold.as_ref().is_some_and(|threshold| !threshold.is_countable()) {
        let message = format!("a threshold counts 2 to {THRESHOLD_MAX}");
        faults.push(document.fault("threshold.count", message, None));
    }
    let threshold = spec.threshold.as_ref().map(|threshold| ("threshold", &threshold.by));
    let sequence = spec.sequence.as_ref().map(|sequence| ("sequence", &sequence.by));
    for (what, by) in threshold.into_iter().chain(sequence) {
        let found = GroupBy::uncounted(by).map(|index| {
            document.fault(&format!("{what}.by[{index}]"), GroupBy::COUNTED_SAID.to_owned(), None)
        });
        faults.extend(found);
    }
    faults
}
