//! The rules that the build compiled into a program. The build checks them and generates their anchors; a rule is read
//! when an event first needs it.

use serde_json::Value;

use super::compiled::Rule;
use super::spec::RuleSpec;
use crate::pattern::{PackedAnchors, Pattern, PatternLoad};
use crate::text::severity::Severity;

/// Fields of a rule that only people and its tests read.
pub const FIELDS_OF_PEOPLE: [&str; 3] = ["tests", "source", "false_positives"];

/// Rules as constants of a program, as [`super::RuleSet::to_source`] writes them.
#[derive(Debug)]
pub struct PackedRules {
    /// In the order of their files.
    pub rules: &'static [PackedRule],
    /// From an event to the rules whose pattern it could match, by their position.
    pub anchors: PackedAnchors,
    /// Rule and step of each pattern that begins or continues a sequence.
    pub steps: &'static [(u32, u32)],
    /// From an event to these patterns.
    pub step_anchors: PackedAnchors,
    /// The size of all their patterns.
    pub budget: PatternLoad,
}

/// A rule that was checked.
#[derive(Debug)]
pub struct PackedRule {
    /// Its name.
    pub id: &'static str,
    /// File it came from.
    pub file: &'static str,
    /// Is it on?
    pub enabled: bool,
    /// Does it hold back repetitions for longer than a day ([`Rule::held_for_days`])?
    pub held_for_days: bool,
    /// Does it only count, and never fire ([`RuleSpec::is_signal`])?
    pub signal: bool,
    /// Its pattern as JSON: most rules that an event could match are read no further.
    pub pattern: &'static str,
    /// The whole rule as JSON.
    pub text: &'static str,
}

impl PackedRule {
    /// Its compiled pattern.
    ///
    /// # Errors
    /// Why it cannot be read, which the build prevents.
    pub fn pattern(&self) -> Result<Pattern, String> {
        let value: Value = serde_json::from_str(self.pattern).map_err(|error| error.to_string())?;
        compiled(&value)
    }

    /// The rule, with its compiled [`Self::pattern`]. One that cannot be read (the build prevents it) matches
    /// everything, so that its alert is still sent.
    #[must_use]
    pub fn unpacked(&self, pattern: &Result<Pattern, String>) -> Rule {
        let rule = pattern.as_ref().map_err(Clone::clone).and_then(|pattern| self.read(pattern));
        rule.unwrap_or_else(|fault| self.unreadable(&fault))
    }

    fn read(&self, pattern: &Pattern) -> Result<Rule, String> {
        let spec: RuleSpec = serde_json::from_str(self.text).map_err(|error| error.to_string())?;
        let before = spec.sequence.iter().flat_map(|sequence| &sequence.before);
        let before = before.map(compiled).collect::<Result<Vec<_>, _>>()?;
        let (pattern, file) = (pattern.clone(), self.file.to_owned());
        Ok(Rule { by_itself: None, pattern, before, file, spec })
    }

    /// In the place of a rule: it is loud about every event that the rule's anchors find.
    fn unreadable(&self, fault: &str) -> Rule {
        let why =
            format!("The rule `{}` may match this event, but cannot be read: {fault}.", self.id);
        let title = "Rule of the pack cannot be read";
        let mut spec = RuleSpec::of_words(self.id, title, Severity::High, why);
        spec.runbook = "Read the event itself. Build the function again, and deploy it.".to_owned();
        let pattern = Pattern::everything();
        Rule { by_itself: None, pattern, before: Vec::new(), file: self.file.to_owned(), spec }
    }
}

fn compiled(pattern: &Value) -> Result<Pattern, String> {
    Pattern::compile(pattern).map_err(|faults| {
        faults.into_iter().map(|fault| fault.message).collect::<Vec<_>>().join("; ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_cannot_be_read_is_loud_about_all_that_it_may_mean() {
        let whole = r#"{"id":"a","title":"t","severity":"low","why":"w","runbook":"r","pattern":{"a":[1]}}"#;
        for (pattern, text) in [
            (r#"{"a":[1]}"#, "{"),
            (r#"{"a":[1]}"#, r#"{"id": "x"}"#),
            (r#"{"a": 1}"#, whole),
            ("{", whole),
        ] {
            let packed = PackedRule {
                id: "a",
                file: "a.yaml",
                enabled: true,
                held_for_days: false,
                signal: false,
                pattern,
                text,
            };
            let rule = packed.unpacked(&packed.pattern());
            assert_eq!((rule.spec.severity, rule.spec.id.as_str()), (Severity::High, "a"));
            assert!(rule.pattern.matches(&serde_json::json!({"anything": [1]})), "{text}");
        }
    }
}
