//! Whether EventBridge delivers what a rule looks for, and what it would say to the rule's own pattern.

use std::collections::HashSet;

use iam_responder::bus::{BusRules, PATTERN_CHARACTERS_MAX, Share};
use iam_responder::engine::Engine;
use iam_responder::pattern::COMPLEXITY_MAX;
use iam_responder::rule::Rule;

use super::Remark;
use crate::exit::Failure;
use crate::files;

/// Remarks about rules that the bus rules of the template, as they come, do not deliver whole, and about
/// patterns of the owner's own rules.
pub fn remarks(engine: &Engine) -> Result<Vec<Remark>, Failure> {
    let default = Engine::embedded().map_err(Failure::Rules)?;
    let ids: HashSet<&str> = default.rules().ids().into_iter().collect();
    let deployed = files::bus_rules(&default)?;
    let mut remarks = Vec::new();
    for rule in engine.rules().rules().iter().filter(|rule| rule.spec.enabled) {
        remarks.extend(of_share(rule, &deployed));
        if !ids.contains(rule.spec.id.as_str()) {
            remarks.extend(of_pattern(rule));
        }
    }
    Ok(remarks)
}

fn of_share(rule: &Rule, deployed: &BusRules) -> Option<Remark> {
    let again =
        "write them anew with `iam-responder bus-rules --into infra/responder.yaml` and deploy";
    match (deployed.share(rule, false), deployed.share(rule, true)) {
        (Share::All, _) => None,
        (Share::Nothing, Share::All) => {
            let message = "sees nothing until reads are delivered: DeliverReadOnlyEvents=true";
            Some(Remark::note(rule, message.to_owned()))
        }
        (_, Share::All) => {
            let message = "sees no reads of everyday work until they are delivered: DeliverReadOnlyEvents=true";
            Some(Remark::note(rule, message.to_owned()))
        }
        (_, Share::Nothing) => {
            let message = format!("sees nothing until you deploy the bus rules again; {again}");
            Some(Remark::of_rule(rule, message))
        }
        _ => {
            let message = format!("sees only a part until you deploy the bus rules again; {again}");
            Some(Remark::of_rule(rule, message))
        }
    }
}

/// What EventBridge would measure, where the pattern asks for nothing that only this tool knows.
fn of_pattern(rule: &Rule) -> Option<Remark> {
    let derived = |path: &&str| *path == "derived" || path.starts_with("derived.");
    if rule.pattern.paths().iter().any(|path| derived(path)) {
        return None;
    }
    let complexity = rule.pattern.complexity();
    let characters = rule.spec.pattern.to_string().chars().count();
    let message = format!(
        "its pattern could stand on a bus: complexity {complexity} of {COMPLEXITY_MAX}, {characters} of \
         {PATTERN_CHARACTERS_MAX} characters"
    );
    let fits = complexity <= COMPLEXITY_MAX && characters <= PATTERN_CHARACTERS_MAX;
    let message = if fits { message } else { message.replace("could", "could not") };
    Some(Remark::note(rule, message))
}
