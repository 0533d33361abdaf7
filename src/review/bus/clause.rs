//! One conjunction of fields of a bus rule, and how several become a pattern.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::own::NAME_CHARS_MAX;

/// Longest name of a Region, in characters (`ap-southeast-2`).
pub const REGION_CHARACTERS_MAX: usize = 14;
/// Longest name of a stack, in characters.
const STACK_CHARACTERS_MAX: usize = 128;

/// The path of the field that distinguishes changes from reads.
pub(super) const READ_ONLY: &str = "detail.readOnly";

/// Values of the parameters and pseudo parameters of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// `NamePrefix`
    pub prefix: String,
    /// `AWS::StackName`
    pub stack: String,
    /// `AWS::AccountId`
    pub account: String,
    /// `AWS::Region`
    pub region: String,
    /// `AWS::Partition`
    pub partition: String,
}

impl Names {
    /// The longest possible values: a pattern that fits with these fits everywhere.
    #[must_use]
    pub fn longest() -> Self {
        Self {
            prefix: "n".repeat(NAME_CHARS_MAX),
            stack: "s".repeat(STACK_CHARACTERS_MAX),
            account: "111122223333".to_owned(),
            region: "r".repeat(REGION_CHARACTERS_MAX),
            partition: "aws-us-gov".to_owned(),
        }
    }

    fn in_text(&self, text: &str) -> String {
        text.replace("${NamePrefix}", &self.prefix)
            .replace("${AWS::StackName}", &self.stack)
            .replace("${AWS::AccountId}", &self.account)
            .replace("${AWS::Region}", &self.region)
            .replace("${AWS::Partition}", &self.partition)
    }

    /// A pattern of the template as EventBridge gets it.
    #[must_use]
    pub fn resolved(&self, value: &Value) -> Value {
        match value {
            Value::Object(map) => match map.get("Fn::Sub").and_then(Value::as_str) {
                Some(text) => Value::String(self.in_text(text)),
                None => {
                    let entry =
                        |(key, value): (&String, &Value)| (key.clone(), self.resolved(value));
                    Value::Object(map.iter().map(entry).collect())
                }
            },
            Value::Array(items) => items.iter().map(|item| self.resolved(item)).collect(),
            other => other.clone(),
        }
    }
}

/// A text of the template with a placeholder.
pub(super) fn sub(text: impl Into<String>) -> Value {
    json!({"Fn::Sub": text.into()})
}

/// A conjunction: each path with the alternatives wanted there, as a pattern writes them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Clause(pub(super) BTreeMap<String, Vec<Value>>);

impl Clause {
    pub(super) fn get(&self, path: &str) -> &[Value] {
        self.0.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// The exact texts wanted under a path, if nothing else is wanted there.
    pub(super) fn texts(&self, path: &str) -> Option<Vec<&str>> {
        let texts: Option<Vec<&str>> = self.get(path).iter().map(Value::as_str).collect();
        texts.filter(|texts| !texts.is_empty())
    }

    pub(super) fn with(mut self, path: &str, wanted: Vec<Value>) -> Self {
        self.0.insert(path.to_owned(), wanted);
        self
    }

    /// The rest after some fields of `before` were loosened, without an absence that the rule does not require. Inside
    /// an array "absent" means absent from the element that the fields before it chose. Without those fields it would
    /// mean absent from all elements, which is stricter.
    pub(super) fn without_lone_absence(mut self, before: &BTreeMap<String, Vec<Value>>) -> Self {
        let loosened: BTreeSet<String> = before
            .iter()
            .filter(|(path, wanted)| self.0.get(*path) != Some(wanted))
            .filter_map(|(path, _)| container(path))
            .collect();
        let stays = |path: &str, wanted: &[Value]| {
            let beside = container(path).is_some_and(|inside| loosened.contains(&inside));
            !beside || !wanted.contains(&json!({"exists": false}))
        };
        self.0.retain(|path, wanted| stays(path, wanted));
        self
    }

    /// Only the changes among what matches. A bus rule for changes gets no reads, but AWS's page on it can be read in
    /// two ways.
    pub(super) fn changes_only(self) -> Self {
        self.with(READ_ONLY, vec![json!(false), json!({"exists": false})])
    }

    /// This and more. `None` if both name exact values of one path and share none, as no event has two. Among other
    /// values those that say more are kept: each side alone lets through what both do.
    pub(super) fn and(&self, more: &Self) -> Option<Self> {
        let mut both = self.clone();
        for (path, wanted) in &more.0 {
            let known = both.get(path);
            let kept = match (known.is_empty(), is_exact(known), is_exact(wanted)) {
                (true, ..) | (_, false, true) => wanted.clone(),
                (_, _, false) => known.to_vec(),
                (_, true, true) => {
                    let common = known.iter().filter(|one| wanted.contains(one));
                    let common: Vec<Value> = common.cloned().collect();
                    if common.is_empty() {
                        return None;
                    }
                    common
                }
            };
            both.0.insert(path.clone(), kept);
        }
        Some(both)
    }

    /// May CloudTrail have written what matches? It alone marks reads: no other event counts as a read.
    pub(super) fn may_be_of_cloudtrail(&self) -> bool {
        let kinds = self.get("detail-type");
        kinds.is_empty() || kinds.iter().any(may_be_its_kind)
    }

    /// Does every change that the other wants match this? `false` if the form alone does not show it.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.0.iter().all(|(path, wanted)| {
            if path == READ_ONLY && other.may_be_of_cloudtrail() {
                return true;
            }
            let given = other.get(path);
            // Long lists are mostly the same one.
            given == wanted
                || !given.is_empty()
                    && given.iter().all(|one| wanted.iter().any(|all| holds(all, one)))
        })
    }

    /// Asks for nothing but calls by their names.
    pub(super) fn is_call_alone(&self) -> bool {
        let call = ["source", "detail-type", "detail.eventSource", "detail.eventName", READ_ONLY];
        let named =
            self.0.contains_key("detail.eventSource") && self.0.contains_key("detail.eventName");
        named && self.0.keys().all(|path| call.contains(&path.as_str()))
    }

    /// Does any alternative match by wildcard?
    pub(super) fn has_wildcard(&self) -> bool {
        self.0.values().flatten().any(is_wildcard)
    }
}

/// The part of a path that it shares with its neighbours and that may be an array of objects: below `detail` its
/// field. The identity is never an array.
fn container(path: &str) -> Option<String> {
    let (root, rest) = path.split_once('.')?;
    let (field, _) = match root {
        "detail" => rest.split_once('.')?,
        _ => ("", rest),
    };
    (field != "userIdentity").then(|| format!("{root}.{field}"))
}

/// Names exact values and nothing else.
fn is_exact(wanted: &[Value]) -> bool {
    wanted.iter().all(|one| one.is_string() || one.is_boolean() || one.is_number())
}

/// May a `detail-type` wanted so be one of CloudTrail's? They go from "AWS " to " via CloudTrail".
fn may_be_its_kind(wanted: &Value) -> bool {
    let (first, last) = ("AWS ", " via CloudTrail");
    let word = |operator: &str| wanted.get(operator).and_then(Value::as_str);
    let wildcard = word("wildcard");
    let head = word("prefix").or_else(|| wildcard?.split(['*', '\\']).next()).unwrap_or_default();
    let tail = word("suffix").or_else(|| wildcard?.rsplit('*').next()).or(wanted.as_str());
    let tail = tail.unwrap_or_default();
    let ends = tail.ends_with(last) || (last.ends_with(tail) && !wanted.is_string());
    ends && (head.starts_with(first) || first.starts_with(head))
}

pub(super) fn is_wildcard(wanted: &Value) -> bool {
    let but = || wanted.get("anything-but").and_then(|but| but.get("wildcard"));
    wanted.get("wildcard").is_some() || but().is_some()
}

/// Does every value that `one` matches match `all` too?
fn holds(all: &Value, one: &Value) -> bool {
    let prefix = all.get("prefix").and_then(Value::as_str);
    let suffix = all.get("suffix").and_then(Value::as_str);
    let but = all.get("anything-but").and_then(Value::as_array);
    let begins = one.as_str().or_else(|| one.get("prefix").and_then(Value::as_str));
    let exists = |value: &Value| value.get("exists").and_then(Value::as_bool);
    if all == one || (exists(all) == Some(true) && exists(one) != Some(false)) {
        return true;
    }
    match (prefix, suffix, but) {
        (Some(prefix), _, _) => begins.is_some_and(|text| text.starts_with(prefix)),
        (_, Some(suffix), _) => one.as_str().is_some_and(|text| text.ends_with(suffix)),
        (_, _, Some(but)) => match one.get("prefix").and_then(Value::as_str) {
            Some(begins) => {
                !but.iter().any(|out| out.as_str().is_none_or(|out| out.starts_with(begins)))
            }
            None => one.is_string() && !but.contains(one),
        },
        _ => false,
    }
}

/// The pattern that matches what any of the clauses matches. Fields that all of them share are beside `$or`. A path is
/// never given twice, because EventBridge would keep only the last.
pub(super) fn pattern(clauses: &[Clause]) -> Value {
    let Some((first, rest)) = clauses.split_first() else { return json!({}) };
    let shared: Vec<&String> = first
        .0
        .keys()
        .filter(|path| rest.iter().all(|clause| clause.get(path) == first.get(path)))
        .collect();
    let mut root = Map::new();
    for path in &shared {
        put(&mut root, path, first.get(path));
    }
    if !rest.is_empty() {
        let branch = |clause: &Clause| {
            let mut branch = Map::new();
            let own = clause.0.keys().filter(|path| !shared.contains(path));
            own.for_each(|path| put(&mut branch, path, clause.get(path)));
            Value::Object(branch)
        };
        let mut branches: Vec<Value> = clauses.iter().map(branch).collect();
        branches.retain(|branch| branch.as_object().is_some_and(|map| !map.is_empty()));
        one_of(&mut root, branches);
    }
    Value::Object(root)
}

/// Puts `$or` where it is shortest: below a field, if all branches match only below that field.
fn one_of(at: &mut Map<String, Value>, branches: Vec<Value>) {
    if let Some((field, below)) = below(&branches)
        && let Value::Object(inner) = at.entry(field).or_insert_with(|| json!({}))
    {
        return one_of(inner, below);
    }
    at.insert("$or".to_owned(), Value::Array(branches));
}

/// The one field of all branches, and what each matches below it. `None` if a branch matches the field itself.
fn below(branches: &[Value]) -> Option<(String, Vec<Value>)> {
    let mut fields = branches.iter().filter_map(Value::as_object).flat_map(Map::keys);
    let field = fields.next()?.clone();
    let only = |branch: &Value| {
        let inner = branch.as_object().filter(|map| map.len() == 1)?.get(&field)?;
        inner.is_object().then(|| inner.clone())
    };
    let below: Option<Vec<Value>> = branches.iter().map(only).collect();
    below.map(|below| (field, below))
}

fn put(root: &mut Map<String, Value>, path: &str, wanted: &[Value]) {
    match path.split_once('.') {
        Some((step, rest)) => {
            if let Value::Object(inner) = root.entry(step).or_insert_with(|| json!({})) {
                put(inner, rest, wanted);
            }
        }
        None => {
            root.insert(path.to_owned(), Value::Array(wanted.to_vec()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clause(fields: &[(&str, Value)]) -> Clause {
        let field = |(path, wanted): &(&str, Value)| {
            ((*path).to_owned(), wanted.as_array().unwrap().clone())
        };
        Clause(fields.iter().map(field).collect())
    }

    #[test]
    fn what_is_shared_stands_beside_or() {
        let of = |source: &str, name: &str| {
            clause(&[
                ("source", json!([{"prefix": "aws."}])),
                ("detail.eventSource", json!([source])),
                ("detail.eventName", json!([name])),
            ])
        };
        assert_eq!(
            pattern(&[of("a", "X"), of("b", "Y")]),
            json!({"source": [{"prefix": "aws."}], "detail": {"$or": [
                {"eventName": ["X"], "eventSource": ["a"]}, {"eventName": ["Y"], "eventSource": ["b"]}
            ]}})
        );
        let field = |path: &str| clause(&[("source", json!(["aws.iam"])), (path, json!([true]))]);
        assert_eq!(
            pattern(&[field("detail.a.x"), field("detail.a.y.z")]),
            json!({"source": ["aws.iam"], "detail": {"a": {"$or": [{"x": [true]}, {"y": {"z": [true]}}]}}})
        );
        assert_eq!(
            pattern(&[field("detail.a"), field("detail.a.y")]),
            json!({"source": ["aws.iam"], "detail": {"$or": [{"a": [true]}, {"a": {"y": [true]}}]}})
        );
        assert_eq!(
            pattern(&[of("a", "X")]),
            json!({"detail": {"eventName": ["X"], "eventSource": ["a"]}, "source": [{"prefix": "aws."}]})
        );
    }

    #[test]
    fn covering_is_seen_from_the_form() {
        let check = |all: Value, one: Value, want: bool| {
            let (all, one) = (clause(&[("a", all)]), clause(&[("a", one)]));
            assert_eq!(all.covers(&one), want, "{all:?} {one:?}");
        };
        check(json!(["x", "y"]), json!(["x"]), true);
        check(json!(["x"]), json!(["x", "y"]), false);
        check(json!([{"prefix": "Up"}]), json!(["Update", {"prefix": "Upd"}]), true);
        check(json!([{"prefix": "Upd"}]), json!([{"prefix": "Up"}]), false);
        check(json!([{"anything-but": ["Get"]}]), json!(["Put"]), true);
        check(json!([{"anything-but": ["Get"]}]), json!([{"prefix": "G"}]), false);
        check(json!([{"anything-but": ["Get"]}]), json!([{"exists": true}]), false);
        // Only events of CloudTrail can be reads, even if others have a field of that name.
        let all = clause(&[]).changes_only();
        let of = |kind: &str| clause(&[("detail-type", json!([kind]))]);
        assert!(all.covers(&of("AWS API Call via CloudTrail")));
        assert!(!all.covers(&of("AWS Health Event")));
    }

    #[test]
    fn what_no_kind_of_cloudtrail_fits_is_not_its_own() {
        let check = |kind: Value, want: bool| {
            let clause = clause(&[("detail-type", json!([kind]))]);
            assert_eq!(clause.may_be_of_cloudtrail(), want, "{clause:?}");
        };
        check(json!("AWS API Call via CloudTrail"), true);
        check(json!("AWS Health Event"), false);
        check(json!("CloudTrail"), false);
        check(json!({"prefix": "AWS "}), true);
        check(json!({"prefix": "A"}), true);
        check(json!({"prefix": "AWS API Call via CloudTrail"}), true);
        check(json!({"prefix": "Object "}), false);
        check(json!({"suffix": "Trail"}), true);
        check(json!({"suffix": "Call via CloudTrail"}), true);
        check(json!({"suffix": " Change"}), false);
        check(json!({"wildcard": "*via*"}), true);
        check(json!({"wildcard": "AWS * via CloudTrail"}), true);
        check(json!({"wildcard": "EC2 * via CloudTrail"}), false);
        check(json!({"wildcard": "AWS * Change"}), false);
        check(json!({"anything-but": ["AWS Health Event"]}), true);
        check(json!({"exists": true}), true);
        check(json!({"equals-ignore-case": "aws health event"}), true);
        assert!(Clause::default().may_be_of_cloudtrail());
    }

    #[test]
    fn what_two_sides_ask_of_one_path_is_never_lost() {
        let check = |one: Value, other: Value, want: Option<Value>| {
            let (one, other) = (clause(&[("a", one)]), clause(&[("a", other)]));
            let both = one.and(&other).map(|both| json!(both.get("a")));
            assert_eq!(both, want, "{one:?} {other:?}");
        };
        check(json!(["x", "y"]), json!(["y", "z"]), Some(json!(["y"])));
        check(json!(["x"]), json!(["z"]), None);
        check(json!([{"prefix": "i"}]), json!(["iam"]), Some(json!(["iam"])));
        check(json!(["iam"]), json!([{"anything-but": ["s3"]}]), Some(json!(["iam"])));
        check(json!([{"prefix": "A"}]), json!([{"exists": true}]), Some(json!([{"prefix": "A"}])));
    }

    #[test]
    fn placeholders_are_put_in() {
        let names = Names { prefix: "watch".to_owned(), ..Names::longest() };
        let value = json!({"a": [{"prefix": sub("arn:${AWS::Partition}:${NamePrefix}")}]});
        assert_eq!(names.resolved(&value), json!({"a": [{"prefix": "arn:aws-us-gov:watch"}]}));
    }
}
