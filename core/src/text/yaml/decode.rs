//! Decodes a document into a type, and reports all its faults at once.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::document::{Fault, YamlDocument};
use crate::text::nearest;
use crate::text::severity::Severity;

/// Most faults reported for one document.
const FAULTS_MAX: usize = 50;

/// A document that is not what it should be.
#[derive(Debug)]
pub struct Broken<T> {
    /// All that is wrong.
    pub faults: Vec<Fault>,
    /// What is left without that, so that it can be checked too. A list that lost an element is left empty: its others
    /// would stand at another path than they were written at. `None` where nothing is left.
    pub rest: Option<T>,
}

impl<T> From<Broken<T>> for Vec<Fault> {
    fn from(broken: Broken<T>) -> Self {
        broken.faults
    }
}

impl YamlDocument {
    /// Decodes the document into a type, with the nearest right word for a wrong one.
    ///
    /// # Errors
    /// All faults: each wrong part is removed, and the rest is decoded again.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Broken<T>> {
        let mut faults = self.faults.clone();
        let first = match serde_path_to_error::deserialize(&self.value) {
            Ok(read) if faults.is_empty() => return Ok(read),
            Ok(read) => return Err(Broken { faults, rest: Some(read) }),
            Err(error) => error,
        };
        let (taken, left, lists) = (Vec::new(), HashMap::new(), Vec::new());
        let mut repair = Repair { value: self.value.clone(), taken, left, lists };
        let mut error = first;
        loop {
            let text = error.inner().to_string();
            let path = repair.resolved(error.path(), &text);
            let spelt = repair.written(&path);
            let (at, help) = explained(&spelt, &text);
            if !repair.is_known(&spelt, &text) {
                faults.push(self.fault(&at, lower_first(&text), help));
            }
            if faults.len() >= FAULTS_MAX || !repair.take_out(&path, &spelt, &text) {
                return Err(Broken { faults, rest: None });
            }
            match serde_path_to_error::deserialize(&repair.value) {
                Ok(read) => {
                    let rest = if repair.left.is_empty() { Some(read) } else { repair.emptied() };
                    return Err(Broken { faults, rest });
                }
                Err(next) => error = next,
            }
        }
    }
}

/// Was a fault at this path or below it reported already? The wrong part was removed there, so what is left is not what
/// the author wrote.
pub(crate) fn is_reported(fault: &Fault, reported: &[Fault]) -> bool {
    reported.iter().any(|one| one.path.starts_with(&fault.path))
}

/// The document, without the parts that are wrong.
struct Repair {
    value: Value,
    /// Paths of the removed parts.
    taken: Vec<String>,
    /// For lists that lost an element, the former places of the elements that are left.
    left: HashMap<String, Vec<usize>>,
    /// Where those lists stand in the value as it is now.
    lists: Vec<Vec<Segment>>,
}

/// The part of a value at a path.
fn at<'v>(value: &'v mut Value, steps: &[Segment]) -> Option<&'v mut Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Segment::Map { key } => value.get_mut(key.as_str()),
        Segment::Seq { index } => value.get_mut(*index),
        _ => None,
    })
}

impl Repair {
    /// What is left, with the lists that lost an element empty.
    fn emptied<T: DeserializeOwned>(mut self) -> Option<T> {
        // The innermost first: a list may stand in another that lost an element later.
        self.lists.sort_by_key(|steps| std::cmp::Reverse(steps.len()));
        for steps in &self.lists {
            if let Some(Value::Array(items)) = at(&mut self.value, steps) {
                items.clear();
            }
        }
        T::deserialize(self.value).ok()
    }

    /// Is it missing because it was taken out?
    fn is_known(&self, path: &str, text: &str) -> bool {
        missing(text).is_some_and(|key| self.taken.contains(&below(path, key)))
    }

    /// The steps of a path. One into a map whose keys are words of ours has no name: it is the first below which the
    /// rest of the path leads on, to the wrong word where one is named.
    fn resolved(&self, path: &Path, text: &str) -> Vec<Segment> {
        let mut steps: Vec<Segment> = path.iter().cloned().collect();
        let mut value = self.value.clone();
        let wrong = named(text).map(Value::from);
        for index in 0..steps.len() {
            let (begun, rest) = steps.split_at(index);
            let [Segment::Unknown, rest @ ..] = rest else { continue };
            let Some(Value::Object(map)) = at(&mut value, begun) else { continue };
            let mut leading: Vec<(bool, String)> = Vec::new();
            for (key, below) in map {
                if let Some(end) = at(below, rest) {
                    leading.push((wrong.as_ref() == Some(&*end), key.clone()));
                }
            }
            let exact = leading.iter().find(|(is_it, _)| *is_it).or_else(|| leading.first());
            if let (Some((_, key)), Some(step)) = (exact, steps.get_mut(index)) {
                *step = Segment::Map { key: key.clone() };
            }
        }
        steps
    }

    /// A path as it is in the file.
    fn written(&self, path: &[Segment]) -> String {
        path.iter().fold(String::new(), |spelt, step| match step {
            Segment::Seq { index } => {
                let before = self.left.get(&spelt).and_then(|left| left.get(*index));
                format!("{spelt}[{}]", before.unwrap_or(index))
            }
            Segment::Map { key } => below(&spelt, key),
            Segment::Enum { variant } => below(&spelt, variant),
            Segment::Unknown => spelt,
        })
    }

    /// Takes out what a fault at a path is about. `false` if nothing more can be.
    fn take_out(&mut self, path: &[Segment], spelt: &str, text: &str) -> bool {
        let mut steps = path.to_vec();
        let field = named(text).filter(|_| text.starts_with("unknown field"));
        if let (Some(key), true) = (missing(text), steps.is_empty()) {
            let Value::Object(map) = &mut self.value else { return false };
            // A word that is valid as a text and as a severity, the only kinds of required fields.
            return map.insert(key.to_owned(), Value::from(Severity::Low.word())).is_none();
        }
        if let Some(field) = field
            && !matches!(steps.last(), Some(Segment::Map { key }) if key == field)
        {
            steps.push(Segment::Map { key: field.to_owned() });
            self.taken.push(below(spelt, field));
        } else {
            self.taken.push(spelt.to_owned());
        }
        let Some(last) = steps.pop() else { return false };
        let place = at(&mut self.value, &steps);
        match (place, last) {
            (Some(Value::Object(map)), Segment::Map { key }) => map.shift_remove(&key).is_some(),
            (Some(Value::Array(items)), Segment::Seq { index }) if index < items.len() => {
                let list = spelt.rfind('[').and_then(|cut| spelt.get(..cut)).unwrap_or_default();
                let left = self.left.entry(list.to_owned());
                left.or_insert_with(|| (0..items.len()).collect()).remove(index);
                items.remove(index);
                self.lists.push(steps);
                true
            }
            _ => false,
        }
    }
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The first word between backticks.
fn named(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}

/// The field that is missing.
fn missing(text: &str) -> Option<&str> {
    named(text).filter(|_| text.starts_with("missing field"))
}

/// serde says "unknown field `x`, expected one of `a`, `b`": points at `x`, suggests the nearest.
fn explained(path: &str, text: &str) -> (String, Option<String>) {
    let words: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let (Some(wrong), true) = (words.first(), text.starts_with("unknown ")) else {
        return (path.to_owned(), None);
    };
    let help = nearest::suggestion(wrong, words.iter().skip(1).copied());
    let unknown_field = text.starts_with("unknown field");
    let ends_with_it = path == *wrong || path.ends_with(&format!(".{wrong}"));
    let path = if unknown_field && !ends_with_it { below(path, wrong) } else { path.to_owned() };
    (path, help)
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Page {
        name: String,
        level: Severity,
        #[serde(default)]
        parts: Vec<Part>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Part {
        size: u32,
    }

    #[track_caller]
    fn check(text: &str, want: &[&str], rest: bool) {
        let document = YamlDocument::parse_all("f.yaml", text).unwrap().remove(0);
        let broken = document.decode::<Page>().unwrap_err();
        let found: Vec<String> = broken.faults.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), want.len(), "{found:?}");
        assert!(found.iter().zip(want).all(|(one, want)| one.contains(want)), "{found:?}");
        assert_eq!(broken.rest.is_some(), rest);
        let page = broken.rest.map(|page| {
            (page.name, page.level, page.parts.iter().map(|one| one.size).sum::<u32>())
        });
        assert!(page.is_none_or(|(_, level, size)| level == Severity::Low && size < 2));
    }

    #[test]
    fn all_faults_of_a_document_are_reported_at_once() {
        check(
            "nam: x\nlevel: hihg\nparts:\n  - {size: 1}\n",
            &[
                "f.yaml:1:1: `nam`",
                "f.yaml:2:1: `level`: unknown variant `hihg`",
                "missing field `name`",
            ],
            true,
        );
        check(
            "name: x\nlevel: low\nparts:\n  - {size: a}\n  - {sise: 1}\n  - {size: b}\n",
            &[
                "f.yaml:4:6",
                "f.yaml:5:6: `parts[1].sise`",
                "`parts[1]`: missing",
                "6:6: `parts[2].size`",
            ],
            true,
        );
        check(
            "name: !Ref Name\nlevel: low\nname: y\n",
            &["1:7: `name`: the tag `!Ref`", "3:1: `name`: key"],
            true,
        );
    }
}
