//! A clause in the form of bus rules: in parts, or looser, so that EventBridge accepts each.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::clause::{Clause, Names, is_wildcard, pattern};
use crate::pattern::{COMPLEXITY_MAX, Pattern};

/// Longest pattern, in characters of JSON without spaces, where nobody raised the quota.
pub const PATTERN_CHARACTERS_MAX: usize = 2_048;
/// Fields that only CloudTrail's events have: a clause with one of them matches only events via CloudTrail.
const OF_A_RECORD: [&str; 5] =
    ["eventSource", "userAgent", "userIdentity", "sourceIPAddress", "recipientAccountId"];

/// Clauses in the form of bus rules, each measured once.
#[derive(Debug, Clone, Default)]
pub(super) struct Prepared(HashMap<Arc<Clause>, Arc<Result<Vec<Clause>, String>>>);

impl Prepared {
    pub(super) fn known(&self, clause: &Arc<Clause>) -> Option<Arc<Result<Vec<Clause>, String>>> {
        self.0.get(clause).map(Arc::clone)
    }

    pub(super) fn of(&mut self, clause: &Arc<Clause>) -> Arc<Result<Vec<Clause>, String>> {
        let found = self.0.entry(Arc::clone(clause)).or_insert_with(|| Arc::new(prepared(clause)));
        Arc::clone(found)
    }
}

/// Fields that are never loosened.
const PINNED: [&str; 4] = ["source", "detail-type", "detail.eventSource", "detail.eventName"];
/// More fields than any pattern has room for. Further ones are left out at once, not one by one.
const FIELDS_MAX: usize = PATTERN_CHARACTERS_MAX / 8;

/// A clause in the form of bus rules: limited to events via CloudTrail if it has a field of theirs, and in parts that
/// each fit into a bus rule.
fn prepared(clause: &Clause) -> Result<Vec<Clause>, String> {
    let of_record = |(path, wanted): (&String, &Vec<Value>)| {
        let field = path.strip_prefix("detail.").and_then(|rest| rest.split('.').next());
        field.is_some_and(|field| OF_A_RECORD.contains(&field))
            && !wanted.contains(&json!({"exists": false}))
    };
    let mut clause = clause.clone();
    if !clause.0.contains_key("detail-type") && clause.0.iter().any(of_record) {
        clause = clause.with("detail-type", vec![json!({"suffix": " via CloudTrail"})]);
    }
    if clause.0.len() > FIELDS_MAX {
        let before = clause.0.clone();
        let pinned = |path: &String| PINNED.contains(&path.as_str());
        let free = before.keys().filter(|path| !pinned(path));
        free.skip(FIELDS_MAX).for_each(|path| _ = clause.0.remove(path));
        clause = clause.without_lone_absence(&before);
    }
    let mut parts = Vec::new();
    let mut open = vec![clause];
    while let Some(clause) = open.pop() {
        if fits(std::slice::from_ref(&clause)) {
            parts.push(clause);
        } else if let Some((one, other)) = halved(&clause) {
            open.extend([one, other]);
        } else if let Some(looser) = relaxed(&clause) {
            open.push(looser);
        } else {
            return Err(too_large(&clause));
        }
    }
    Ok(parts)
}

/// Names by which patterns are measured: the longest, and some whose texts repeat themselves.
fn measures() -> [Names; 3] {
    let repeating = "ab-".repeat(10);
    [
        Names::longest(),
        Names { prefix: format!("{repeating}ab"), ..Names::longest() },
        Names { prefix: crate::own::DEFAULT_NAME.to_owned(), ..Names::longest() },
    ]
}

/// Does EventBridge take these clauses as one bus rule, under any names? Some words are refused as fields beside
/// others in `$or`.
pub(super) fn fits(clauses: &[Clause]) -> bool {
    let pattern = pattern(clauses);
    let longest = Names::longest().resolved(&pattern);
    if longest.to_string().chars().count() > PATTERN_CHARACTERS_MAX {
        return false;
    }
    if !clauses.iter().any(Clause::has_wildcard) {
        return Pattern::compile(&longest).is_ok();
    }
    // Without a name in it, it is the same under each.
    let mut measured = measures().map(|names| names.resolved(&pattern)).to_vec();
    measured.dedup();
    measured
        .iter()
        .all(|one| Pattern::compile(one).is_ok_and(|compiled| compiled.is_simple_enough()))
}

/// Characters of the pattern of some clauses, under the longest names.
pub(super) fn characters(clauses: &[Clause]) -> usize {
    Names::longest().resolved(&pattern(clauses)).to_string().chars().count()
}

/// Characters that each field of a clause takes at least where it stands in a branch of its own.
pub(super) fn characters_of_fields(clause: &Clause) -> Vec<(&str, usize)> {
    let names = Names::longest();
    let field = |(path, wanted): (&'_ String, &Vec<Value>)| {
        let key = path.rsplit('.').next().unwrap_or_default();
        let wanted = names.resolved(&json!(wanted)).to_string();
        key.chars().count() + wanted.chars().count() + "\"\":".len()
    };
    clause.0.iter().map(|one| (one.0.as_str(), field(one))).collect()
}

/// Two clauses that together match the same: the longest list of alternatives is divided, that of
/// wildcards first.
pub(super) fn halved(clause: &Clause) -> Option<(Clause, Clause)> {
    let weight = |(_, wanted): &(&String, &Vec<Value>)| {
        let wildcards = wanted.iter().filter(|one| is_wildcard(one)).count();
        let characters: usize = wanted.iter().map(|one| one.to_string().len()).sum();
        (wildcards, characters)
    };
    let (path, wanted) =
        clause.0.iter().filter(|(_, wanted)| wanted.len() > 1).max_by_key(weight)?;
    let (one, other) = wanted.split_at(wanted.len() / 2);
    let with = |part: &[Value]| clause.clone().with(path, part.to_vec());
    Some((with(one), with(other)))
}

/// The clause with its most complex field loosened: to be there is enough, or it is left out.
fn relaxed(clause: &Clause) -> Option<Clause> {
    let free = clause.0.iter().filter(|(path, _)| !PINNED.contains(&path.as_str()));
    let longest = free.max_by_key(|(_, wanted)| {
        (wanted.iter().any(is_wildcard), json!(wanted).to_string().len())
    });
    let (path, wanted) = longest?;
    let mut looser = clause.clone();
    match wanted.iter().any(is_wildcard) {
        true => looser.0.insert(path.clone(), vec![json!({"exists": true})]),
        false => looser.0.remove(path),
    };
    let looser = looser.without_lone_absence(&clause.0);
    (looser.0.len() > 2).then_some(looser)
}

fn too_large(clause: &Clause) -> String {
    let longest = clause.0.iter().max_by_key(|(_, wanted)| json!(wanted).to_string().len());
    let field = longest.map_or("the pattern", |(path, _)| path.as_str());
    format!(
        "`{field}` does not fit into a bus rule of {PATTERN_CHARACTERS_MAX} characters and complexity \
         {COMPLEXITY_MAX}; name fewer or shorter values, or calls by `detail.eventName`"
    )
}
