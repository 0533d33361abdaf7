//! Questions that no event will ever answer with yes: in rules, their tests, adjustments and suppressions.

use iam_responder::assess::engine::Engine;
use iam_responder::rule::{Rule, TestEvent};
use iam_responder::vocabulary::{SiteNames, Vain, doubts, doubts_of_test};
use serde_json::Value;

use super::remark::Remark;
use super::written::Written;

/// Patterns and changes of tests that no event can match, with their places and the nearest right words.
pub(super) fn remarks(engine: &Engine, written: &mut Written) -> Vec<Remark> {
    let site = engine.site();
    let names = SiteNames {
        environments: site.environment_names(),
        calendars: site.calendars().iter().map(|(name, _)| name.as_str()).collect(),
    };
    let mut remarks = Vec::new();
    for rule in engine.rules().rules() {
        for (at, vain) in of_rule(rule, &names) {
            let path = format!("{at}.{}", vain.path);
            let fault = written.in_rule(rule, &path, vain.message, vain.help);
            remarks.push(Remark::at(&rule.spec.id, &fault));
        }
    }
    for adjustment in site.adjustments() {
        let because = Value::from(adjustment.spec.because.as_str());
        let has = [("because", &because), ("when", &adjustment.spec.when)];
        for vain in doubts(&adjustment.spec.when, Some(&names)) {
            let below = format!("when.{}", vain.path);
            let fault = written.in_site("severity", &has, &below, vain.message, vain.help);
            let of = format!("severity because {}", adjustment.spec.because);
            remarks.push(Remark::at(&of, &fault));
        }
    }
    for suppression in site.suppressions() {
        let spec = &suppression.spec;
        let name = Value::from(spec.name.as_str());
        let has = [("name", &name), ("pattern", &spec.pattern)];
        for vain in doubts(&spec.pattern, Some(&names)) {
            let below = format!("pattern.{}", vain.path);
            let fault = written.in_site("suppressions", &has, &below, vain.message, vain.help);
            remarks
                .push(Remark::at(&format!("suppression {} of {}", spec.name, spec.owner), &fault));
        }
    }
    remarks
}

/// What can never match in a rule and its tests, with the part that holds it.
fn of_rule(rule: &Rule, names: &SiteNames<'_>) -> Vec<(String, Vain)> {
    let spec = &rule.spec;
    let before = spec.sequence.iter().flat_map(|sequence| &sequence.before).enumerate();
    let before = before.map(|(index, pattern)| (format!("sequence.before[{index}]"), pattern));
    let patterns: Vec<(String, &Value)> =
        [("pattern".to_owned(), &spec.pattern)].into_iter().chain(before).collect();
    let mut found = Vec::new();
    for (at, pattern) in &patterns {
        found.extend(doubts(pattern, Some(names)).into_iter().map(|vain| (at.clone(), vain)));
    }
    let patterns: Vec<&Value> = patterns.iter().map(|(_, pattern)| *pattern).collect();
    let mut of_event = |at: String, event: &TestEvent| {
        let vain = doubts_of_test(&patterns, &event.set, &event.remove);
        found.extend(vain.into_iter().map(|vain| (at.clone(), vain)));
    };
    for (index, test) in spec.tests.iter().enumerate() {
        let at = format!("tests[{index}]");
        of_event(at.clone(), &test.last());
        for (step, event) in test.before.iter().enumerate() {
            of_event(format!("{at}.before[{step}]"), event);
        }
    }
    found
}
