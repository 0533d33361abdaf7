//! The wanted clauses, by kinds of bus rules: each thing once, without what another one delivers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::clause::Clause;
use super::delivery::EventScope;
use super::traffic;
use crate::iam::catalogue::{self, RoleTaken};

/// Bus rules of one kind, with what they deliver in a sentence.
pub(super) struct Group {
    pub(super) label: &'static str,
    pub(super) about: &'static str,
    pub(super) delivery: EventScope,
    pub(super) clauses: Vec<Clause>,
}

/// Clauses that deliver sources whole, and what they deliver together with bus rules for reads.
pub(super) struct Whole {
    pub(super) clauses: Vec<Clause>,
    pub(super) together: Vec<Clause>,
}

/// The clauses of the sources that are delivered whole, if any rule needs them, without busy calls. Sources whose
/// changes CloudTrail may call reads are separate.
pub(super) fn whole(wanted: &BTreeMap<EventScope, Vec<Clause>>) -> Whole {
    let asked = |source: &&str| {
        let of = |clause: &Clause| {
            clause.texts("detail.eventSource").is_some_and(|all| all.contains(source))
        };
        wanted.values().flatten().any(of)
    };
    let (uncertain, certain): (Vec<&str>, Vec<&str>) =
        traffic::whole().filter(asked).partition(|source| traffic::is_uncertain(source));
    let named = named_reads(wanted, &uncertain);
    let mut found = Whole { clauses: Vec::new(), together: Vec::new() };
    // Sources with the same calls left out share a clause: most leave out none.
    let mut alike: BTreeMap<Vec<&str>, Vec<&str>> = BTreeMap::new();
    for source in certain {
        alike.entry(traffic::busy_of(&[source])).or_default().push(source);
    }
    for (busy, sources) in alike {
        found.clauses.push(changes_of(&sources, busy));
    }
    for source in uncertain {
        let busy = traffic::busy_of(&[source]);
        let of_source = named.iter().filter(|(of, _)| *of == source).map(|(_, name)| *name);
        found.together.push(changes_of(&[source], busy.clone()));
        found.clauses.push(changes_of(&[source], busy.into_iter().chain(of_source).collect()));
    }
    found
}

/// Every change of these sources, except some calls.
fn changes_of(sources: &[&str], mut out: Vec<&str>) -> Clause {
    let clause = Clause::default()
        .with("source", vec![json!({"prefix": "aws."})])
        .with("detail-type", vec![json!({"suffix": " via CloudTrail"})])
        .with("detail.eventSource", sources.iter().map(|source| json!(source)).collect())
        .changes_only();
    out.sort_unstable();
    out.dedup();
    match out.is_empty() {
        true => clause,
        false => clause.with("detail.eventName", vec![json!({"anything-but": out})]),
    }
}

/// Calls that bus rules for reads deliver by name, with any other fields: they need no second way.
fn named_reads<'w>(
    wanted: &'w BTreeMap<EventScope, Vec<Clause>>,
    sources: &[&str],
) -> Vec<(&'w str, &'w str)> {
    let mut names = Vec::new();
    for clause in wanted.get(&EventScope::All).into_iter().flatten() {
        let of = clause.texts("detail.eventSource").unwrap_or_default();
        if clause.is_call_alone() && of.iter().all(|source| sources.contains(source)) {
            let calls = clause.texts("detail.eventName").unwrap_or_default();
            names.extend(
                of.iter().flat_map(|source| calls.iter().map(move |name| (*source, *name))),
            );
        }
    }
    names
}

/// Clauses that no other clause covers, by kinds of bus rules.
pub(super) fn groups(
    whole: Vec<Clause>,
    together: &[Clause],
    mut wanted: BTreeMap<EventScope, Vec<Clause>>,
) -> Vec<Group> {
    let mut take = |delivery| without_covered(wanted.remove(&delivery).unwrap_or_default());
    let (all, changes, reads) =
        (merged(take(EventScope::All)), take(EventScope::Changes), merged(take(EventScope::Reads)));
    let not_in = |known: &[Clause], clauses: Vec<Clause>| -> Vec<Clause> {
        clauses.into_iter().filter(|clause| !known.iter().any(|all| all.covers(clause))).collect()
    };
    // Before they are joined: the joined clause would match more than each of them.
    let changes = merged(not_in(together, not_in(&whole, changes)));
    let changes = not_in(&all, not_in(together, not_in(&whole, changes)));
    let reads = not_in(&all, reads);
    let (changes, events): (Vec<Clause>, Vec<Clause>) =
        changes.into_iter().partition(Clause::may_be_of_cloudtrail);
    let of_service = |clause: &Clause| clause.texts("detail.eventSource").is_some();
    let exact = |clause: &Clause| of_service(clause) && !clause.has_wildcard();
    let (calls, others): (_, Vec<Clause>) = changes.into_iter().partition(exact);
    let (roles, callers) = others.into_iter().partition(takes_role);
    let (sessions, suspects) = all.into_iter().partition(exact);
    let group = |label, delivery, about, clauses| Group { label, about, delivery, clauses };
    vec![
        group(
            "whole",
            EventScope::Changes,
            "Every change by the services that decide who may do what, and by those that watch.",
            whole,
        ),
        group("calls", EventScope::Changes, "Calls of other services that rules name.", calls),
        group(
            "roles",
            EventScope::Changes,
            "Calls of any service that take a role or an instance profile, by its field or by their name.",
            roles,
        ),
        group(
            "callers",
            EventScope::Changes,
            "Changes that rules confine by who made them or how: by root, refused, or by a wildcard.",
            callers,
        ),
        group(
            "reads-named",
            EventScope::All,
            "Calls that rules name and that CloudTrail may call reads.",
            sessions,
        ),
        group(
            "suspects",
            EventScope::All,
            "Any call, reads too, that rules confine by who made it or how.",
            suspects,
        ),
        group(
            "events",
            EventScope::Changes,
            "Events that CloudTrail did not write, and that rules ask for by their kind.",
            events,
        ),
        group("reads", EventScope::Reads, "Reads of everyday work that rules count.", reads),
    ]
}

/// Does it match a field that takes a role, or calls of any service by their names?
fn takes_role(clause: &Clause) -> bool {
    let fields = catalogue::roles_taken().iter();
    let mut fields = fields.filter_map(|taken| match taken {
        RoleTaken::Field(path) => Some(*path),
        RoleTaken::Call(_) | RoleTaken::CallOf(..) => None,
    });
    let of_any = clause.texts("detail.eventSource").is_none();
    of_any
        && (clause.0.contains_key("detail.eventName")
            || fields.any(|path| clause.0.contains_key(path)))
}

fn without_covered(clauses: Vec<Clause>) -> Vec<Clause> {
    let mut kept: Vec<Option<Clause>> = Vec::new();
    // Positions of those kept, by the services that they name: only these, and those that name none, can cover or be
    // covered.
    let mut of_services: BTreeMap<Option<String>, BTreeSet<usize>> = BTreeMap::new();
    for clause in clauses {
        let services = services(&clause);
        let near: BTreeSet<usize> = match services.contains(&None) {
            true => (0..kept.len()).collect(),
            false => {
                let near = services.iter().chain([&None]);
                near.filter_map(|one| of_services.get(one)).flatten().copied().collect()
            }
        };
        let at = |position: &usize| kept.get(*position).and_then(Option::as_ref);
        if near.iter().filter_map(at).any(|all| all.covers(&clause)) {
            continue;
        }
        for position in near {
            if let Some(one) = kept.get_mut(position) {
                one.take_if(|one| clause.covers(one));
            }
        }
        for service in services {
            of_services.entry(service).or_default().insert(kept.len());
        }
        kept.push(Some(clause));
    }
    kept.into_iter().flatten().collect()
}

/// The services that a clause names, or none if it may mean any.
fn services(clause: &Clause) -> Vec<Option<String>> {
    match clause.texts("detail.eventSource") {
        Some(names) => names.into_iter().map(|name| Some(name.to_owned())).collect(),
        None => vec![None],
    }
}

/// Joins clauses that differ in the names of calls alone. If more than the call is asked, clauses of several services
/// are joined, too: a call of one service with another's name hardly meets the other conditions.
fn merged(clauses: Vec<Clause>) -> Vec<Clause> {
    let by_name = joined(clauses, &["detail.eventName"]);
    let asks_more =
        |clause: &Clause| clause.0.len() > 4 && clause.texts("detail.eventSource").is_some();
    let (more, alone): (Vec<Clause>, Vec<Clause>) = by_name.into_iter().partition(asks_more);
    let mut merged = joined(more, &["detail.eventSource", "detail.eventName"]);
    merged.extend(alone);
    merged.sort_by_key(|clause| {
        let sources = clause.texts("detail.eventSource").unwrap_or_default();
        (sources.first().map(|source| (*source).to_owned()), json!(clause.0).to_string())
    });
    merged
}

/// Clauses that differ in these paths alone become one that wants all their values there.
fn joined(clauses: Vec<Clause>, paths: &[&str]) -> Vec<Clause> {
    let mut known: BTreeMap<String, Clause> = BTreeMap::new();
    for clause in clauses {
        let mut rest = clause.clone();
        let own: Vec<Option<Vec<Value>>> = paths.iter().map(|path| rest.0.remove(*path)).collect();
        let given: Vec<bool> = own.iter().map(Option::is_some).collect();
        let one = known.entry(format!("{given:?} {}", json!(rest.0))).or_insert(rest);
        for (path, values) in paths.iter().zip(own) {
            let Some(values) = values else { continue };
            let all = one.0.entry((*path).to_owned()).or_default();
            all.extend(values);
            all.sort_by_key(ToString::to_string);
            all.dedup();
        }
    }
    known.into_values().collect()
}
