//! A compiled pattern: its branches and their fields.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::leaves::{FieldPath, Leaf};
use super::matcher::Matcher;

/// A compiled event pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// Shared with the index.
    pub(super) branches: Vec<Arc<Branch>>,
}

/// A conjunction of fields, sorted by path.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    pub(crate) fields: Vec<Field>,
}

/// One path and the alternatives of its value, which branches share.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) path: FieldPath,
    pub(crate) matchers: Arc<[Matcher]>,
}

impl Pattern {
    /// A pattern that matches every event. No written pattern does.
    #[must_use]
    pub(crate) fn everything() -> Self {
        Self { branches: vec![Arc::new(Branch { fields: Vec::new() })] }
    }

    /// The dotted paths the pattern looks at, without repetition.
    #[must_use]
    pub fn paths(&self) -> Vec<&str> {
        let fields = self.branches.iter().flat_map(|branch| &branch.fields);
        let mut paths: Vec<&str> = fields.map(|field| field.path.text()).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    /// The alternatives of a path, of all branches.
    pub fn matchers(&self, path: &str) -> impl Iterator<Item = &Matcher> {
        let fields = self.branches.iter().flat_map(|branch| &branch.fields);
        let of_path = fields.filter(move |field| field.path.text() == path);
        of_path.flat_map(|field| field.matchers.iter())
    }

    /// The exact texts that the pattern matches under a path.
    #[must_use]
    pub fn texts(&self, path: &str) -> Vec<&str> {
        self.matchers(path)
            .filter_map(|matcher| match matcher {
                Matcher::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// The pattern's branches, each as its paths with the alternatives wanted there, as JSON.
    #[must_use]
    pub fn to_branches(&self) -> Vec<BTreeMap<String, Vec<Value>>> {
        let field = |field: &Field| {
            let matchers = field.matchers.iter().map(Matcher::to_value).collect();
            (field.path.text().to_owned(), matchers)
        };
        let branch = |branch: &Arc<Branch>| branch.fields.iter().map(field).collect();
        self.branches.iter().map(branch).collect()
    }

    /// Each of its branches as a pattern by itself.
    pub fn alternatives(&self) -> impl ExactSizeIterator<Item = Self> + '_ {
        self.branches.iter().map(|branch| Self { branches: vec![Arc::clone(branch)] })
    }

    /// The same pattern, but each branch without alternatives under this path matches only these texts there.
    #[must_use]
    pub fn asking(&self, path: &str, texts: Vec<String>) -> Self {
        let path = FieldPath::new(path);
        let matchers: Arc<[Matcher]> = texts.into_iter().map(Matcher::Text).collect();
        let asking = |branch: &Arc<Branch>| match branch
            .fields
            .binary_search_by(|field| field.path.cmp(&path))
        {
            Ok(_) => Arc::clone(branch),
            Err(at) => {
                let mut fields = branch.fields.clone();
                fields.insert(at, Field { path: path.clone(), matchers: Arc::clone(&matchers) });
                Arc::new(Branch { fields })
            }
        };
        Self { branches: self.branches.iter().map(asking).collect() }
    }

    pub(crate) fn branches(&self) -> &[Arc<Branch>] {
        &self.branches
    }
}

impl Field {
    pub(super) fn accepts(&self, leaf: &Leaf<'_>) -> bool {
        self.matchers.iter().any(|matcher| matcher.accepts(leaf.value))
    }

    pub(super) fn may_be_absent(&self) -> bool {
        self.matchers.iter().any(|matcher| matches!(matcher, Matcher::Absent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_compiled_can_be_written_again() {
        let pattern = json!({"a": [
            "x", 1, true, null, "10.0.0.1", {"prefix": "p"}, {"suffix": {"equals-ignore-case": "s"}},
            {"equals-ignore-case": "e"}, {"wildcard": "a*\\*"}, {"numeric": [">=", 0, "<", 5.5]},
            {"numeric": ["=", 3]}, {"cidr": "10.0.0.0/8"}, {"exists": true}, {"exists": false},
            {"anything-but": ["y", "z"]}, {"anything-but": [1.0, 2.0]}, {"anything-but": {"prefix": ["q"]}},
            {"anything-but": {"wildcard": ["*w*"]}}, {"anything-but": {"equals-ignore-case": ["i"]}},
        ]});
        let branches = Pattern::compile(&pattern).unwrap().to_branches();
        let again = json!({"a": branches.first().unwrap().get("a").unwrap()});
        let once_more = Pattern::compile(&again).unwrap().to_branches();
        assert_eq!(branches, once_more);
        let count = |value: &Value| value["a"].as_array().unwrap().len();
        assert_eq!(count(&again), count(&pattern));
    }
}
