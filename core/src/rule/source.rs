//! Rules as constants: what the build writes into a program.

use std::fmt::Write as _;

use super::set::RuleSet;

impl RuleSet {
    /// These rules as a Rust expression of the type [`super::PackedRules`], where all of `rule`, `pattern` and
    /// [`std::borrow::Cow`] are in scope. `texts` are the rules as JSON, in their order.
    ///
    /// # Errors
    /// Not exactly one text for each rule: the pack would lack a rule, or hold the text of another.
    pub fn to_source(&self, texts: &[String]) -> Result<String, String> {
        let (rules, given) = (self.rules().count(), texts.len());
        if rules != given {
            return Err(format!(
                "failed to write {rules} rules into the program with {given} texts; give the text of each, in their order"
            ));
        }
        let mut source = "PackedRules { rules: &[".to_owned();
        for (rule, text) in self.rules().zip(texts) {
            let (id, enabled) = (&rule.spec.id, rule.spec.enabled);
            let held_for_days = rule.held_for_days().is_some();
            // Writing into a text cannot fail.
            let _ = writeln!(
                source,
                "PackedRule {{ id: {id:?}, file: {:?}, enabled: {enabled}, held_for_days: {held_for_days}, \
                 signal: {}, pattern: {:?}, text: {text:?} }},",
                rule.file,
                rule.spec.is_signal(),
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
        Ok(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml::YamlDocument;

    #[test]
    fn no_rule_is_left_out_where_a_text_is_missing() {
        let rule = |id: &str| {
            format!(
                "id: {id}\ntitle: t\nseverity: low\nwhy: w\nrunbook: r\npattern: {{source: [aws.iam]}}\n"
            )
        };
        let text = format!("{}---\n{}", rule("first"), rule("second"));
        let documents = YamlDocument::parse_all("rules/a.yaml", &text).unwrap();
        let rules = RuleSet::load(&documents).unwrap();
        let texts: Vec<String> = documents.iter().map(|one| one.value.to_string()).collect();
        let source = rules.to_source(&texts).unwrap();
        assert!(source.contains(r#"id: "first""#) && source.contains(r#"id: "second""#));
        let (_, one) = texts.split_first().unwrap();
        assert!(
            rules.to_source(one).unwrap_err().contains("2 rules into the program with 1 texts")
        );
        assert!(rules.to_source(&[&texts[..], one].concat()).is_err());
    }
}
