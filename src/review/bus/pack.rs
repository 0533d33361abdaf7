//! From what the rules need to as few bus rules as fit.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use super::clause::{Clause, is_wildcard, pattern};
use super::delivery::EventScope;
use super::demand::{Demand, Demands, name_text};
use super::fit::{
    PATTERN_CHARACTERS_MAX, Prepared, characters, characters_of_fields, fits, halved,
};
use super::group::{Group, Whole, groups, whole};
use crate::rule::Rule;

/// Most bus rules that are made: EventBridge takes 300 on a bus, and others need some.
pub const BUS_RULES_MAX: usize = 100;
/// Most of them with wildcards: EventBridge takes 30 on a bus.
pub const WILDCARD_RULES_MAX: usize = 20;

/// Most clauses that are packed: the pack has a tenth of them.
const CLAUSES_MAX: usize = 10_000;
/// Rules that are named where too much is asked.
const NAMED_MAX: usize = 5;

/// One bus rule.
#[derive(Debug, Clone)]
pub struct BusRule {
    /// Its name behind the prefix, as `calls-2`.
    pub label: String,
    /// Which events it gets.
    pub delivery: EventScope,
    /// Description of its events, as a sentence.
    pub about: &'static str,
    clauses: Vec<Clause>,
}

impl BusRule {
    /// Its pattern, with the placeholders of the template.
    #[must_use]
    pub fn pattern(&self) -> Value {
        pattern(&self.clauses)
    }

    /// Does it match anything by wildcard?
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        self.clauses.iter().any(Clause::has_wildcard)
    }
}

/// All bus rules.
#[derive(Debug, Clone)]
pub struct BusRules {
    rules: Vec<BusRule>,
    /// Calls that rules name; first those that are delivered for every caller.
    calls: (BTreeSet<String>, BTreeSet<String>),
    /// Events that several bus rules deliver together, although no single clause shows it.
    together: Vec<Clause>,
    /// The demands in the form of bus rules: measuring them is slow, and done once.
    prepared: Prepared,
}

/// Why no bus rule can deliver what a rule needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusFault {
    /// The rule. `None` if there are too many bus rules for all of them.
    pub rule: Option<String>,
    /// What is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for BusFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rule {
            Some(rule) => write!(f, "rule {rule}: {}", self.message),
            None => write!(f, "{}", self.message),
        }
    }
}

impl BusRules {
    /// The bus rules that deliver what the enabled rules look for.
    ///
    /// # Errors
    /// Every rule of which something cannot be delivered, and too many bus rules.
    pub fn of<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> Result<Self, Vec<BusFault>> {
        let mut faults = Vec::new();
        let (mut projected, mut prepared) = (Demands::default(), Prepared::default());
        let mut demands = Vec::new();
        let mut wanted: BTreeMap<EventScope, Vec<Clause>> = BTreeMap::new();
        // Rules that differ in facts alone want the same.
        let mut known: HashSet<(EventScope, Arc<Clause>)> = HashSet::new();
        for rule in rules.into_iter().filter(|rule| rule.spec.enabled) {
            let found = projected.of_rule(rule);
            if found.is_empty() {
                let message = "no event of AWS can match: `source` must begin with `aws.`, and a field that is \
                               asked for twice must agree with itself";
                faults.push(BusFault {
                    rule: Some(rule.spec.id.clone()),
                    message: message.to_owned(),
                });
            }
            for demand in found {
                if known.insert((demand.delivery, Arc::clone(&demand.clause))) {
                    match prepared.of(&demand.clause).as_ref() {
                        Ok(clauses) => {
                            let wanted = wanted.entry(demand.delivery).or_default();
                            wanted.extend(clauses.iter().cloned());
                        }
                        Err(message) => {
                            let (rule, message) = (Some(demand.rule.clone()), message.clone());
                            faults.push(BusFault { rule, message });
                        }
                    }
                    demands.push(demand);
                }
            }
            if wanted.values().map(Vec::len).sum::<usize>() > CLAUSES_MAX {
                let message = format!(
                    "more than {CLAUSES_MAX} clauses are needed by the rules up to this one: name calls by \
                     `detail.eventName`"
                );
                faults.push(BusFault { rule: Some(rule.spec.id.clone()), message });
                return Err(faults);
            }
        }
        faults.dedup();
        let Whole { clauses, together } = whole(&wanted);
        let mut rules = Vec::new();
        for group in groups(clauses, &together, wanted) {
            rules.extend(pack(&group));
        }
        rules.extend(watchdog(&rules));
        let found = Self { rules, together, calls: calls(&demands), prepared };
        faults.extend(found.too_many(&demands));
        if faults.is_empty() { Ok(found) } else { Err(faults) }
    }

    /// The bus rules, in the order of the template.
    #[must_use]
    pub fn rules(&self) -> &[BusRule] {
        &self.rules
    }

    /// The same, with reads of everyday work delivered in any case.
    #[must_use]
    pub fn with_reads(mut self) -> Self {
        for rule in &mut self.rules {
            if rule.delivery == EventScope::Reads {
                rule.delivery = EventScope::All;
            }
        }
        self
    }

    /// Calls by their names, as `s3:PutBucketPolicy`: those that are delivered for every caller, and those that are
    /// delivered only in part, as rules need. A prefix of names, or all of a service, ends in `*`.
    #[must_use]
    pub fn calls(&self) -> &(BTreeSet<String>, BTreeSet<String>) {
        &self.calls
    }

    pub(super) fn bus_rules(&self) -> impl Iterator<Item = (EventScope, &[Clause])> {
        self.rules.iter().map(|rule| (rule.delivery, rule.clauses.as_slice()))
    }

    pub(super) fn together(&self) -> &[Clause] {
        &self.together
    }

    pub(super) fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// The rules that need most, if EventBridge does not accept so many bus rules.
    fn too_many(&self, demands: &[Demand]) -> Option<BusFault> {
        let wildcards = self.rules.iter().filter(|rule| rule.has_wildcard()).count();
        let (message, by_wildcard) = if wildcards > WILDCARD_RULES_MAX {
            let found =
                format!("{wildcards} bus rules with wildcards are needed, {WILDCARD_RULES_MAX}");
            (found, true)
        } else if self.rules.len() > BUS_RULES_MAX {
            (format!("{} bus rules are needed, {BUS_RULES_MAX}", self.rules.len()), false)
        } else {
            return None;
        };
        let mut most: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for demand in demands {
            let paths = demand
                .clause
                .0
                .iter()
                .filter(|(_, wanted)| !by_wildcard || wanted.iter().any(is_wildcard));
            let weight = |wanted: &Vec<Value>| json!(wanted).to_string().len();
            if let Some((path, wanted)) = paths.max_by_key(|(_, wanted)| weight(wanted)) {
                *most.entry((&demand.rule, path)).or_default() += weight(wanted);
            }
        }
        let mut most: Vec<_> = most.into_iter().collect();
        most.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
        let named =
            most.iter().take(NAMED_MAX).map(|((rule, path), _)| format!("{rule} by `{path}`"));
        let named = named.collect::<Vec<_>>().join(", ");
        let help = "disable rules in the site file, or name calls exactly";
        let message = format!("{message} are allowed: {help}; most is asked by {named}");
        Some(BusFault { rule: None, message })
    }
}

fn calls(demands: &[Demand]) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut whole, mut part) = (BTreeSet::new(), BTreeSet::new());
    for demand in demands.iter().filter(|demand| demand.delivery != EventScope::Reads) {
        let names = demand.clause.get("detail.eventName").iter().filter_map(|name| {
            let star = if name.is_string() { "" } else { "*" };
            name_text(name).map(|text| format!("{text}{star}"))
        });
        let mut names: Vec<String> = names.collect();
        if names.is_empty() {
            names.push("*".to_owned());
        }
        let to = if demand.clause.is_call_alone() { &mut whole } else { &mut part };
        for source in demand.clause.texts("detail.eventSource").unwrap_or_default() {
            let service = source.trim_end_matches(".amazonaws.com");
            to.extend(names.iter().map(|name| format!("{service}:{name}")));
        }
    }
    part.retain(|call| !whole.contains(call));
    (whole, part)
}

/// Clauses of one bus rule, with the characters of their pattern.
struct Bin {
    clauses: Vec<Clause>,
    characters: usize,
}

impl Bin {
    fn of(clauses: Vec<Clause>) -> Self {
        let characters = characters(&clauses);
        Self { clauses, characters }
    }

    /// This with one clause more, if EventBridge takes it.
    fn with(&self, clause: &Clause, fields: &[(&str, usize)]) -> Option<Self> {
        // What not all clauses share stands in a branch of its own; what there is takes no less beside it. To see that
        // costs little, to measure the pattern much.
        let shared = |path: &str| self.clauses.iter().all(|one| one.get(path) == clause.get(path));
        let own = fields.iter().filter(|(path, _)| !shared(path));
        let least: usize = own.map(|(_, characters)| characters).sum();
        if self.characters + least > PATTERN_CHARACTERS_MAX {
            return None;
        }
        let clauses: Vec<Clause> = self.clauses.iter().chain([clause]).cloned().collect();
        fits(&clauses).then(|| Self::of(clauses))
    }
}

/// Puts each clause into the first bus rule that has room for it, and opens another where none has.
fn pack(group: &Group) -> Vec<BusRule> {
    let mut bins: Vec<Bin> = Vec::new();
    let mut open = group.clauses.clone();
    open.reverse();
    while let Some(clause) = open.pop() {
        // More than are allowed are refused anyway.
        if bins.len() > BUS_RULES_MAX {
            break;
        }
        // Names were put together after the clause was measured.
        if !fits(std::slice::from_ref(&clause))
            && let Some((one, other)) = halved(&clause)
        {
            open.extend([other, one]);
            continue;
        }
        let fields = characters_of_fields(&clause);
        let mut room =
            bins.iter_mut().filter_map(|bin| bin.with(&clause, &fields).map(|with| (bin, with)));
        match room.next() {
            Some((bin, with)) => *bin = with,
            None => bins.push(Bin::of(vec![clause])),
        }
    }
    let alone = bins.len() == 1;
    let bus_rule = |(number, bin): (usize, Bin)| BusRule {
        label: if alone {
            group.label.to_owned()
        } else {
            format!("{}-{}", group.label, number + 1)
        },
        delivery: group.delivery,
        about: group.about,
        clauses: bin.clauses,
    };
    bins.into_iter().enumerate().map(bus_rule).collect()
}

/// A bus rule cannot report its own end: a second one has the clauses on changes of bus rules.
fn watchdog(packed: &[BusRule]) -> Vec<BusRule> {
    let of_ours = |clause: &&Clause| {
        clause
            .texts("detail.eventSource")
            .is_some_and(|sources| sources.contains(&"events.amazonaws.com"))
            && json!(clause.0).to_string().contains("${NamePrefix}")
    };
    let changes = packed.iter().filter(|rule| rule.delivery == EventScope::Changes);
    let clauses = changes.flat_map(|rule| &rule.clauses).filter(of_ours).cloned().collect();
    pack(&Group {
        label: "watchdog",
        about: "Changes of these bus rules, a second time: none can report its own end.",
        delivery: EventScope::Changes,
        clauses,
    })
}
