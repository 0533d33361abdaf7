//! Coverage of the rules: calls, ATT&CK techniques, references.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use crate::iam::action;
use crate::iam::catalogue::{self, Call, CallEffect, IAM};
use crate::pattern::Matcher;
use crate::review::bus::{self, BusRules};
use crate::review::permissions::{self, Permissions};
use crate::rule::{Rank, Rule};
use crate::text::severity::Severity;

/// How well a call is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coverage {
    /// No rule would see it.
    None,
    /// Only a catch-all.
    CatchAll,
    /// Only rules for many calls, by prefix or without a name.
    General,
    /// A rule names it.
    Named,
}

/// One call and the rules that see it.
#[derive(Debug, Clone, Serialize)]
pub struct CallCoverage {
    /// `iam.amazonaws.com`
    pub source: &'static str,
    /// `AttachRolePolicy`
    pub name: &'static str,
    /// What it does to rights.
    pub effect: CallEffect,
    /// How well it is covered.
    pub coverage: Coverage,
    /// Rules that name it. If none does, rules that see it otherwise.
    pub rules: Vec<String>,
}

/// The whole report.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Calls of IAM.
    pub iam: Summary,
    /// Calls of all other services in the catalogue.
    pub other: Summary,
    /// AWS's own list of actions that manage permissions.
    pub permissions: Permissions,
    /// Rules by ATT&CK technique.
    pub attack: BTreeMap<String, Vec<String>>,
    /// Rules without a source page.
    pub rules_without_source: Vec<String>,
    /// Rules that name no technique.
    pub rules_without_technique: Vec<String>,
    /// What EventBridge delivers of all this.
    pub delivery: Delivered,
    /// Enabled rules by base severity.
    pub rules_by_severity: BTreeMap<Severity, usize>,
}

/// What the bus rules of the enabled rules deliver.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Delivered {
    /// Sources of which every change is delivered, by unknown calls too; busy calls excepted.
    pub whole: Vec<&'static str>,
    /// Calls of other sources that are delivered for every caller, as `s3:PutBucketPolicy`.
    pub named: BTreeSet<String>,
    /// Calls that are delivered only in part, as rules need.
    pub in_part: BTreeSet<String>,
    /// Calls of the catalogue that are not delivered.
    pub not_at_all: Vec<String>,
    /// Why no bus rules can be made.
    pub faults: Vec<String>,
}

/// Counts over some calls, and the calls.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Calls in the catalogue.
    pub total: usize,
    /// Calls that a rule names.
    pub named: usize,
    /// Calls that only rules for many calls see.
    pub general: usize,
    /// Calls that only a catch-all sees.
    pub catch_all: usize,
    /// Calls that no rule sees.
    pub uncovered: usize,
    /// Each call.
    pub calls: Vec<CallCoverage>,
}

/// Reports on the enabled rules.
#[must_use]
pub fn report<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> Report {
    let enabled: Vec<&Rule> = rules.into_iter().filter(|rule| rule.spec.enabled).collect();
    let covered: Vec<CallCoverage> = catalogue::calls().map(|call| cover(call, &enabled)).collect();
    let (iam, other) = covered.into_iter().partition(|call| call.source == IAM);
    let mut attack: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut by_severity = BTreeMap::new();
    for rule in &enabled {
        *by_severity.entry(rule.spec.severity).or_default() += 1;
        for technique in rule.spec.attack.iter().collect::<BTreeSet<_>>() {
            attack.entry(technique.clone()).or_default().push(rule.spec.id.clone());
        }
    }
    let ids = |lacks: fn(&Rule) -> bool| {
        enabled.iter().filter(|rule| lacks(rule)).map(|rule| rule.spec.id.clone()).collect()
    };
    Report {
        iam: summary(iam),
        other: summary(other),
        permissions: permissions::permissions(|call| best_of(call, &enabled).0 == Coverage::Named),
        attack,
        rules_without_source: ids(|rule| rule.spec.source.is_none()),
        rules_without_technique: ids(|rule| rule.spec.attack.is_empty()),
        delivery: delivered(&enabled),
        rules_by_severity: by_severity,
    }
}

fn delivered(enabled: &[&Rule]) -> Delivered {
    let whole = bus::whole_sources();
    let bus_rules = match BusRules::of(enabled.iter().copied()) {
        Ok(bus_rules) => bus_rules,
        Err(faults) => {
            let faults = faults.iter().map(ToString::to_string).collect();
            return Delivered { faults, ..Delivered::default() };
        }
    };
    let (mut named, mut in_part) = bus_rules.calls().clone();
    let of_others = |call: &String| {
        let (service, _) = action::parts(call);
        !whole.iter().any(|source| source.trim_end_matches(".amazonaws.com") == service)
    };
    named.retain(of_others);
    in_part.retain(of_others);
    let known = |name: &str| {
        let all = named.iter().chain(&in_part);
        all.into_iter().any(|call| {
            call.strip_suffix('*').map_or(call == name, |begins| name.starts_with(begins))
        })
    };
    let others = catalogue::calls().filter(|call| !whole.contains(&call.source));
    let name = |call: &Call| {
        format!(
            "{}:{}",
            call.source.trim_end_matches(".amazonaws.com"),
            call.name.trim_end_matches('*')
        )
    };
    let not_at_all = others.map(name).filter(|name| !known(name)).collect();
    Delivered { whole, named, in_part, not_at_all, faults: Vec::new() }
}

fn summary(calls: Vec<CallCoverage>) -> Summary {
    let count = |coverage| calls.iter().filter(|call| call.coverage == coverage).count();
    Summary {
        total: calls.len(),
        named: count(Coverage::Named),
        general: count(Coverage::General),
        catch_all: count(Coverage::CatchAll),
        uncovered: count(Coverage::None),
        calls,
    }
}

fn cover(call: &Call, rules: &[&Rule]) -> CallCoverage {
    let (coverage, rules) = best_of((call.source, call.name), rules);
    CallCoverage {
        source: call.source,
        name: call.name,
        effect: call.effect,
        coverage,
        rules: rules.into_iter().map(str::to_owned).collect(),
    }
}

/// How well a call is covered, by its source and name, and by which rules.
fn best_of<'r>(call: (&str, &str), rules: &[&'r Rule]) -> (Coverage, Vec<&'r str>) {
    let mut best = Coverage::None;
    let mut seen: Vec<(Coverage, &str)> = Vec::new();
    for rule in rules {
        let coverage = match names(rule, call) {
            Coverage::None => continue,
            coverage => match rule.spec.rank() {
                Rank::Fallback => Coverage::CatchAll,
                Rank::General => Coverage::General,
                // A signal alone does not alert.
                Rank::Specific if coverage == Coverage::Named && rule.spec.is_signal() => {
                    Coverage::General
                }
                Rank::Specific => coverage,
            },
        };
        best = best.max(coverage);
        seen.push((coverage, &rule.spec.id));
    }
    seen.retain(|(coverage, _)| *coverage == best);
    (best, seen.into_iter().map(|(_, id)| id).collect())
}

/// Would the rule see the call, under its other conditions, and does it name it?
fn names(rule: &Rule, (source, name): (&str, &str)) -> Coverage {
    // If a trailing star replaces a version, the event has one.
    let event_name = match name.strip_suffix('*') {
        Some(word) => format!("{word}20150331"),
        None => name.to_owned(),
    };
    let service = source.split('.').next().unwrap_or_default();
    let wanted = [
        ("source", format!("aws.{service}")),
        ("detail.eventSource", source.to_owned()),
        ("detail.eventName", event_name.clone()),
    ];
    let mut best = Coverage::None;
    for branch in rule.pattern.alternatives() {
        let accepts = |(path, value): &(&str, String)| {
            let value = Value::from(value.as_str());
            let mut asked = branch.matchers(path).peekable();
            asked.peek().is_none() || asked.any(|matcher| matcher.accepts(&value))
        };
        if !wanted.iter().all(accepts) {
            continue;
        }
        let by_name = branch.matchers("detail.eventName").any(|matcher| {
            let exact = matches!(matcher, Matcher::Text(_) | Matcher::IgnoreCase(_));
            // A versioned name can only be named by its beginning.
            let versioned =
                name.ends_with('*') && matches!(matcher, Matcher::Prefix(_) | Matcher::Wildcard(_));
            let value = Value::from(event_name.as_str());
            (exact || versioned) && matcher.accepts(&value)
        });
        best = best.max(if by_name { Coverage::Named } else { Coverage::General });
    }
    best
}

/// A layer for the ATT&CK Navigator: each technique scored by the number of rules.
///
/// Source: <https://github.com/mitre-attack/attack-navigator/tree/master/layers>
#[must_use]
pub fn navigator_layer(report: &Report) -> Value {
    let technique = |(id, rules): (&String, &Vec<String>)| json!({"techniqueID": id, "score": rules.len(), "comment": rules.join(", "), "enabled": true});
    let techniques: Vec<Value> = report.attack.iter().map(technique).collect();
    let most = report.attack.values().map(Vec::len).max().unwrap_or(1);
    json!({
        "name": "iam-responder",
        "versions": {"attack": "17", "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "description": "Techniques that the enabled rules detect, scored by the number of rules",
        "filters": {"platforms": ["IaaS", "Identity Provider"]},
        "gradient": {"colors": ["#ffffff", "#66b1ff"], "minValue": 0, "maxValue": most},
        "techniques": techniques,
    })
}

/// The index of all rules as a Markdown table, the loudest first.
#[must_use]
pub fn index<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> String {
    let mut sorted: Vec<&Rule> = rules.into_iter().collect();
    sorted.sort_by(|one, other| {
        let key = |rule: &Rule| (std::cmp::Reverse(rule.spec.severity), rule.spec.id.clone());
        key(one).cmp(&key(other))
    });
    let mut table = String::from("| Rule | Severity | Detects | ATT&CK |\n|---|---|---|---|\n");
    for rule in sorted {
        let off = if rule.spec.enabled { "" } else { " (off)" };
        let spec = &rule.spec;
        let line = format!(
            "| [{id}]({file}) | {severity}{off} | {title} | {attack} |\n",
            id = spec.id,
            file = rule.file.trim_start_matches("rules/"),
            severity = spec.severity,
            title = spec.title,
            attack = spec.attack.join(", "),
        );
        table.push_str(&line);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::engine::Engine;
    use crate::pack::PACK;

    #[test]
    fn every_call_of_iam_is_named() {
        let engine = Engine::packed(&PACK).unwrap();
        let rules = engine.rules().rules();
        let report = report(rules);
        assert_eq!(report.iam.uncovered, 0);
        let unnamed: Vec<&str> = report
            .iam
            .calls
            .iter()
            .filter(|call| call.coverage != Coverage::Named)
            .map(|call| call.name)
            .collect();
        assert!(unnamed.is_empty(), "no rule names {unnamed:?}");
    }

    #[test]
    fn each_action_that_manages_permissions_is_named_or_left_out_for_a_reason() {
        let engine = Engine::packed(&PACK).unwrap();
        let all = report(engine.rules().rules()).permissions;
        assert!(all.total() > 500, "{} actions only", all.total());
        assert!(all.gaps.is_empty(), "neither named by a rule nor left out: {:#?}", all.gaps);
        let off: Vec<Rule> = Vec::new();
        let left_out = report(&off).permissions.left_out;
        assert_eq!(all.left_out, left_out, "a rule names what is left out");
    }

    #[test]
    fn what_is_delivered_is_listed_call_by_call() {
        let engine = Engine::packed(&PACK).unwrap();
        let delivery = report(engine.rules().rules()).delivery;
        assert!(delivery.whole.contains(&"iam.amazonaws.com"));
        assert!(delivery.named.contains("s3:PutBucketPolicy"), "{:?}", delivery.named);
        assert!(delivery.in_part.contains("monitoring:PutMetricAlarm"), "{:?}", delivery.in_part);
        let off: Vec<Rule> = Vec::new();
        assert!(report(&off).delivery.not_at_all.contains(&"kms:CreateGrant".to_owned()));
    }
}
