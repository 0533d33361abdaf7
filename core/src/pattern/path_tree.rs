//! Paths as a tree: an event's objects are entered once for all paths that begin alike.

use indexmap::IndexMap;
use serde_json::Value;

use super::leaves::{FieldPath, any_spans, collect_from};
use crate::text::object::field;

/// Paths by their steps. They are known by their position.
#[derive(Debug, Clone, Default)]
pub(super) struct PathTree(Node);

#[derive(Debug, Clone, Default)]
struct Node {
    /// The path that ends here.
    end: Option<usize>,
    /// The steps that follow, each with what is below it.
    below: IndexMap<String, Node>,
}

/// What is done with the values that a walk finds.
pub(super) trait Visitor {
    /// A value under a path.
    fn leaf(&mut self, path: usize, value: &Value);
    /// An array on the way, by the number of its elements.
    fn array(&mut self, elements: usize);
    /// Nothing more is to be looked at.
    fn is_spent(&self) -> bool;
    /// A path of which not all values were looked at.
    fn cut(&mut self, path: usize);
}

impl PathTree {
    /// The tree of these paths.
    pub(super) fn of<'p>(paths: impl Iterator<Item = &'p FieldPath>) -> Self {
        let mut root = Node::default();
        for (number, path) in paths.enumerate() {
            let end = path.text().split('.').fold(&mut root, Node::step);
            end.end = Some(number);
        }
        Self(root)
    }

    /// Finds the values under all paths, those of one array element together. `paths` are those of the tree.
    pub(super) fn walk<K>(
        &self,
        event: &Value,
        paths: &[(FieldPath, K)],
        visitor: &mut impl Visitor,
    ) {
        self.0.walk((event, 0), paths, visitor);
    }
}

impl Node {
    fn step(&mut self, step: &str) -> &mut Self {
        self.below.entry(step.to_owned()).or_default()
    }

    /// Walks from a value to which this number of steps led.
    fn walk<K>(
        &self,
        (value, steps): (&Value, usize),
        paths: &[(FieldPath, K)],
        visitor: &mut impl Visitor,
    ) {
        if visitor.is_spent() {
            return self.each(&mut |path| visitor.cut(path));
        }
        match value {
            Value::Object(map) => {
                for (step, node) in &self.below {
                    match field(map, step) {
                        Some(inner) => node.walk((inner, steps + 1), paths, visitor),
                        None if !node.below.is_empty() && any_spans(map, step) => {
                            node.each(&mut |path| spanned((value, steps), path, paths, visitor));
                        }
                        None => {}
                    }
                }
            }
            Value::Array(items) => {
                visitor.array(items.len());
                for item in items {
                    self.walk((item, steps), paths, visitor);
                    if visitor.is_spent() {
                        return self.each(&mut |path| visitor.cut(path));
                    }
                }
            }
            leaf => {
                if let Some(path) = self.end {
                    visitor.leaf(path, leaf);
                }
            }
        }
    }

    /// All paths that end here or below.
    fn each(&self, with: &mut impl FnMut(usize)) {
        self.end.into_iter().for_each(&mut *with);
        self.below.values().for_each(|node| node.each(with));
    }
}

/// Values that a key may hide which spans several steps: the path is followed alone.
fn spanned<K>(
    (value, steps): (&Value, usize),
    number: usize,
    paths: &[(FieldPath, K)],
    visitor: &mut impl Visitor,
) {
    let Some((path, _)) = paths.get(number) else { return };
    let found = collect_from(value, path, steps);
    visitor.array(found.elements);
    found.leaves.iter().for_each(|leaf| visitor.leaf(number, leaf.value));
}

#[cfg(test)]
mod tests {
    use super::super::leaves::collect;
    use super::*;
    use serde_json::json;

    #[derive(Default)]
    struct Seen {
        leaves: Vec<(usize, Value)>,
        elements: usize,
        left: usize,
        cut: Vec<usize>,
    }

    impl Visitor for Seen {
        fn leaf(&mut self, path: usize, value: &Value) {
            self.leaves.push((path, value.clone()));
            self.left -= 1;
        }
        fn array(&mut self, elements: usize) {
            self.elements += elements;
        }
        fn is_spent(&self) -> bool {
            self.left == 0
        }
        fn cut(&mut self, path: usize) {
            self.cut.push(path);
        }
    }

    fn seen(paths: &[&str], event: &Value, left: usize) -> Seen {
        let paths: Vec<(FieldPath, ())> =
            paths.iter().map(|path| (FieldPath::new(path), ())).collect();
        let mut seen = Seen { left, ..Seen::default() };
        PathTree::of(paths.iter().map(|(path, _)| path)).walk(event, &paths, &mut seen);
        seen
    }

    #[test]
    fn a_walk_finds_what_each_path_finds_alone() {
        let paths = ["a", "a.b", "a.b.c", "a.b.d", "a.x.y.z", "e", "e.f", "q.r.s"];
        for event in [
            json!({"a": 1, "e": [1, [2, {"f": 3}], {"f": [4, 5]}]}),
            json!({"a": {"b": {"c": 1, "d": [2, null]}}, "e": {"f": {"g": 1}}}),
            json!({"a.b": {"c": 1}, "a": {"b.c": 2, "x.y": {"z": 3}}}),
            json!({"a.b": {"c": 1}, "a.b.d": 2, "a.x": {"y.z": 3}, "q.r": [{"s": 1}, {"s": [2]}]}),
            json!({"a": {"b": [{"c": 1, "d": 2}, {"c": 3}, 4]}, "q": {"r": {"s": {}}}}),
            json!([{"a": {"b": true}}]),
            json!("a"),
        ] {
            let mut found = seen(&paths, &event, 1_000).leaves;
            found.sort_by_key(|(path, _)| *path);
            let alone = (0..).zip(paths).flat_map(|(number, path)| {
                let leaves = collect(&event, &FieldPath::new(path)).leaves;
                leaves.iter().map(|leaf| (number, leaf.value.clone())).collect::<Vec<_>>()
            });
            assert_eq!(found, alone.collect::<Vec<_>>(), "{event}");
        }
    }

    #[test]
    fn a_path_that_was_not_seen_to_its_end_is_cut() {
        let event = json!({"a": {"b": 1}, "e": [{"f": 1, "g": 2}, {"f": 3, "g": 4}], "q": 5});
        let paths = ["a.b", "e.f", "e.g", "q"];
        for (left, cut) in [(1, &[1, 2, 3][..]), (2, &[2, 1, 2, 3]), (3, &[1, 2, 3]), (9, &[])] {
            let seen = seen(&paths, &event, left);
            assert_eq!(seen.cut, cut, "{left}");
            assert_eq!(seen.elements, if left == 1 { 0 } else { 2 });
        }
    }
}
