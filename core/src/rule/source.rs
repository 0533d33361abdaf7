//! Rules as constants: what the build writes into a program.

use std::fmt::Write as _;

use super::set::RuleSet;

impl RuleSet {
    /// These rules as a Rust expression of the type [`super::PackedRules`], where all of `rule`, `pattern` and
    /// [`std::borrow::Cow`] are in scope. `texts` are the rules as JSON, in their order.
    #[must_use]
    pub fn to_source(&self, texts: &[String]) -> String {
        let mut source = "PackedRules { rules: &[".to_owned();
        for (rule, text) in self.rules().zip(texts) {
            let (id, enabled) = (&rule.spec.id, rule.spec.enabled);
            let held_for_days = rule.held_for_days().is_some();
            // Writing into a text cannot fail.
            let _ = writeln!(
                source,
                "PackedRule {{ id: {id:?}, file: {:?}, enabled: {enabled}, held_for_days: {held_for_days}, \
                 pattern: {:?}, text: {text:?} }},",
                rule.file,
                rule.spec.pattern.to_string(),
            );
        }
        let [anchors, step_anchors] = self.anchors().map(|anchors| anchors.to_source());
        let _ = write!(
            source,
            "], anchors: {anchors}, steps: &{:?}, step_anchors: {step_anchors}, budget: {} }}",
            self.steps_of_rules(),
            self.budget().to_source(),
        );
        source
    }
}
