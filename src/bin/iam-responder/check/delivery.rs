//! Whether EventBridge delivers what a rule looks for, and what it would say to the rule's own pattern.

use std::collections::HashSet;

use iam_responder::bus::{BusFault, BusRules, PATTERN_CHARACTERS_MAX, Share, Shares};
use iam_responder::engine::Engine;
use iam_responder::pattern::COMPLEXITY_MAX;
use iam_responder::rule::Rule;

use serde_json::Value;

use super::Remark;
use crate::exit::Failure;
use crate::files;

/// Remarks about rules that the bus rules of the template, as they come, do not deliver whole, and about
/// patterns of the owner's own rules.
pub fn remarks(engine: &Engine) -> Result<Vec<Remark>, Failure> {
    let default = Engine::embedded().map_err(Failure::Rules)?;
    let ids: HashSet<&str> = default.rules().ids().into_iter().collect();
    let deployed = files::bus_rules(&default)?;
    let (own, pack) = (engine.rules().rules(), default.rules().rules());
    // Of the same rules the same bus rules are made.
    let fresh = if same(own, pack) { None } else { Some(BusRules::of(own)) };
    let fresh = fresh.as_ref().map_or(Ok(&deployed), Result::as_ref);
    let mut of_fresh = fresh.map(BusRules::shares);
    let mut of_deployed = deployed.shares();
    let mut remarks = Vec::new();
    for rule in engine.rules().rules().iter().filter(|rule| rule.spec.enabled) {
        remarks.extend(of_share(rule, &mut of_deployed, of_fresh.as_mut()));
        if !ids.contains(rule.spec.id.as_str()) {
            remarks.extend(of_pattern(rule));
        }
    }
    // Of faults that are no rule's own, one remark is enough.
    let common = fresh.err().into_iter().flatten().filter(|fault| fault.rule.is_none());
    remarks.extend(common.map(|fault| Remark::new("bus rules".to_owned(), fault.message.clone())));
    Ok(remarks)
}

/// Do both ask for the same events?
fn same(own: &[Rule], pack: &[Rule]) -> bool {
    let before = |rule: &Rule| -> Vec<Value> {
        rule.spec.sequence.iter().flat_map(|sequence| sequence.before.clone()).collect()
    };
    let alike = |(own, pack): (&Rule, &Rule)| {
        (&own.spec.id, own.spec.enabled) == (&pack.spec.id, pack.spec.enabled)
            && own.spec.pattern == pack.spec.pattern
            && before(own) == before(pack)
    };
    own.len() == pack.len() && own.iter().zip(pack).all(alike)
}

fn of_share(
    rule: &Rule,
    deployed: &mut Shares<'_>,
    fresh: Result<&mut Shares<'_>, &mut &Vec<BusFault>>,
) -> Option<Remark> {
    let now = deployed.both(rule);
    let sees = match now.0 {
        Share::All => return None,
        Share::Nothing => "sees nothing",
        Share::WithoutReads | Share::Part => "sees only a part",
    };
    if now.1 == Share::All {
        let message = format!("{sees} until reads are delivered: DeliverReadOnlyEvents=true");
        return Some(Remark::note(rule, message));
    }
    let again = "put it into a folder below rules/, or its settings into rules/site.yaml, build, and deploy by \
                 `infra/package`; `iam-responder bus-rules` shows them before";
    let message = match fresh.map(|fresh| fresh.of(rule, false)) {
        Err(faults) => {
            let own = faults.iter().find(|fault| fault.rule.as_ref() == Some(&rule.spec.id));
            let why =
                own.map_or("the bus rules cannot be made from these rules", |own| &own.message);
            format!("{sees}, and no bus rule can deliver it: {why}")
        }
        Ok(Share::All) => format!("{sees} until you deploy the bus rules again; {again}"),
        Ok(_) => format!(
            "{sees} until you deploy the bus rules again with DeliverReadOnlyEvents=true; {again}"
        ),
    };
    Some(Remark::of_rule(rule, message))
}

/// What EventBridge would measure, where the pattern asks for nothing that only this tool knows.
fn of_pattern(rule: &Rule) -> Option<Remark> {
    let derived = |path: &&str| *path == "derived" || path.starts_with("derived.");
    if rule.pattern.paths().iter().any(derived) {
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
