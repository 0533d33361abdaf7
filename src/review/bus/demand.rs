//! The events that one rule needs.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::clause::{Clause, READ_ONLY};
use super::delivery::EventScope;
use super::project::{Asks, Branch, asks, clauses, is_foreign, seen};
use super::traffic;
use crate::pattern::Pattern;
use crate::rule::Rule;

/// Fields that name a service or a call, or are common to most events: they confine little.
const COMMON: [&str; 9] = [
    "source",
    "detail-type",
    "detail.eventSource",
    "detail.eventName",
    "detail.eventType",
    "detail.awsRegion",
    "detail.userIdentity.type",
    "detail.userIdentity.invokedBy",
    READ_ONLY,
];

/// One thing that a rule needs delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Demand {
    /// The rule.
    pub(super) rule: String,
    /// By which kind of bus rule.
    pub(super) delivery: EventScope,
    pub(super) clause: Arc<Clause>,
}

/// How many of a rule's events are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// All of it.
    All,
    /// Some; the rest are reads of everyday work.
    WithoutReads,
    /// Some; no bus rule can distinguish the rest.
    Part,
    /// None of it.
    Nothing,
}

/// Finds what rules need. Many rules differ only in facts that EventBridge does not have: each distinct branch is
/// projected once.
#[derive(Debug, Default)]
pub(super) struct Demands(HashMap<Branch, Arc<[Part]>>);

/// A clause, and the kind of bus rule that delivers it.
type Part = (EventScope, Arc<Clause>);

impl Demands {
    /// Everything that a rule needs, the steps of its sequence included, each thing once.
    pub(super) fn of_rule(&mut self, rule: &Rule) -> Vec<Demand> {
        let patterns = rule.before.iter().chain(std::iter::once(&rule.pattern));
        let mut known = HashSet::new();
        let mut demands = Vec::new();
        for branch in patterns.flat_map(Pattern::to_branches) {
            for (delivery, clause) in self.of_branch(&branch).iter() {
                if known.insert((*delivery, Arc::clone(clause))) {
                    let (rule, clause) = (rule.spec.id.clone(), Arc::clone(clause));
                    demands.push(Demand { rule, delivery: *delivery, clause });
                }
            }
        }
        demands
    }

    fn of_branch(&mut self, branch: &Branch) -> Arc<[Part]> {
        let branch = seen(branch);
        if let Some(known) = self.0.get(&branch) {
            return Arc::clone(known);
        }
        let found: Arc<[_]> = if is_foreign(&branch) {
            Arc::from([])
        } else {
            let asks = asks(&branch);
            let clauses = clauses(&branch);
            let parts = clauses.iter().flat_map(|clause| match clause.may_be_of_cloudtrail() {
                true => parts(clause, asks),
                // All of it comes by a bus rule that gets no reads.
                false => vec![(EventScope::Changes, clause.clone())],
            });
            parts.map(|(delivery, clause)| (delivery, Arc::new(clause))).collect()
        };
        self.0.insert(branch, Arc::clone(&found));
        found
    }
}

/// A clause, divided by the bus rules that must deliver it: service by service and call by call if it names them,
/// otherwise whole.
fn parts(clause: &Clause, asks: Asks) -> Vec<(EventScope, Clause)> {
    let Some(sources) = clause.texts("detail.eventSource") else {
        return broad(clause, asks);
    };
    let names = positive_names(clause);
    let mut parts = Vec::new();
    for source in sources {
        let of_source = clause.clone().with("detail.eventSource", vec![json!(source)]);
        match &names {
            None => parts.extend(broad(&of_source, asks)),
            Some(names) => {
                for name in names {
                    let call = of_source.clone().with("detail.eventName", vec![(*name).clone()]);
                    parts.extend(named(&call, source, name, asks));
                }
            }
        }
    }
    parts
}

/// Names of calls, exact or by their beginning. `None` if the name must meet anything else.
fn positive_names(clause: &Clause) -> Option<Vec<&Value>> {
    let names = clause.get("detail.eventName");
    let positive = |name: &&Value| name_text(name).is_some();
    (!names.is_empty() && names.iter().all(|name| positive(&name))).then(|| names.iter().collect())
}

/// The name of a call, or the beginning of it.
pub(super) fn name_text(name: &Value) -> Option<&str> {
    name.as_str().or_else(|| name.get("prefix").and_then(Value::as_str))
}

/// A call by its name, or calls by the beginning of their names.
fn named(clause: &Clause, source: &str, name: &Value, asks: Asks) -> Vec<(EventScope, Clause)> {
    let text = name_text(name).unwrap_or_default();
    let read = traffic::may_be_read(source, text);
    if (asks == Asks::Changes && !traffic::reads_by_name(text)) || !read {
        let busy = traffic::is_busy(source, text);
        let wanted = if busy { clause.clone() } else { bare(clause) };
        return if asks == Asks::Reads { Vec::new() } else { vec![(EventScope::Changes, wanted)] };
    }
    if !traffic::is_frequent(source, text) {
        return vec![(EventScope::All, bare(clause))];
    }
    let delivery = if is_confined(clause, true) { EventScope::All } else { EventScope::Reads };
    vec![(delivery, clause.clone())]
}

/// The call alone, with conditions only if they make its events few: the tool's own name, and refusal.
fn bare(clause: &Clause) -> Clause {
    let kept = |(path, wanted): &(&String, &Vec<Value>)| {
        let call = ["source", "detail-type", "detail.eventSource", "detail.eventName"];
        call.contains(&path.as_str()) || *path == "detail.errorCode" || names_us(wanted)
    };
    let kept = clause.0.iter().filter(kept);
    let kept = kept.map(|(path, wanted)| (path.clone(), wanted.clone())).collect();
    Clause(kept).without_lone_absence(&clause.0)
}

/// Everything of a service, or of all: with every field that a bus rule can ask.
fn broad(clause: &Clause, asks: Asks) -> Vec<(EventScope, Clause)> {
    let part = |delivery| (delivery, clause.clone());
    let changes = || (EventScope::Changes, clause.clone().changes_only());
    match asks {
        Asks::Changes => vec![changes()],
        // A bus rule for reads also delivers changes.
        _ if is_confined(clause, false) => vec![part(EventScope::All)],
        Asks::Both => vec![changes(), part(EventScope::Reads)],
        Asks::Reads => vec![part(EventScope::Reads)],
    }
}

/// Does anything except the call limit it to few events? Refusal does if the call is named.
fn is_confined(clause: &Clause, named: bool) -> bool {
    let says_what =
        |wanted: &Value| wanted.get("anything-but").is_none() && wanted.get("exists").is_none();
    clause.0.iter().any(|(path, wanted)| {
        let common = COMMON.contains(&path.as_str()) || (!named && path == "detail.errorCode");
        !common && wanted.iter().all(says_what)
    })
}

/// Holds the tool's own name: such events are few, however busy the call.
fn names_us(wanted: &[Value]) -> bool {
    wanted.iter().any(|one| one.to_string().contains("${NamePrefix}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;
    use crate::text::yaml::YamlDocument;

    /// By which bus rules it is delivered, and whether they leave reads out by the field.
    #[track_caller]
    fn check(pattern: &str, want: &[(EventScope, bool)]) {
        let yaml = format!(
            "{{id: own, title: t, severity: high, why: w, runbook: b, pattern: {pattern}}}\n"
        );
        let set = RuleSet::load(&YamlDocument::parse_all("own.yaml", &yaml).unwrap()).unwrap();
        let demands = Demands::default().of_rule(set.rules().next().unwrap());
        let found: Vec<(EventScope, bool)> = demands
            .iter()
            .map(|demand| (demand.delivery, demand.clause.0.contains_key(READ_ONLY)))
            .collect();
        assert_eq!(found, want, "{pattern}");
    }

    #[test]
    fn what_cloudtrail_did_not_write_is_no_read() {
        let change = [(EventScope::Changes, false)];
        check("{source: [aws.health], detail-type: [AWS Health Event]}", &change);
        check(
            "{source: [aws.health], detail-type: [AWS Health Event], detail: {service: [IAM]}}",
            &change,
        );
        check(
            "{source: [aws.ecs], detail-type: [{prefix: ECS}], detail: {eventName: [SERVICE_DEPLOYMENT_FAILED]}}",
            &change,
        );
        check(
            "{source: [aws.x], detail-type: [X Change], detail: {eventSource: [x.amazonaws.com], eventName: [ListX]}}",
            &change,
        );
        check("{source: [aws.x], detail-type: [X Change], derived: {readOnly: [true]}}", &change);
        let both = [(EventScope::Changes, true), (EventScope::Reads, false)];
        check("{source: [aws.health]}", &both);
        check("{source: [aws.s3], detail-type: [AWS API Call via CloudTrail]}", &both);
        let one_of = "detail-type: [AWS API Call via CloudTrail, Object Created]";
        check(&format!("{{source: [aws.s3], {one_of}}}"), &both);
    }
}
