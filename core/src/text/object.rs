//! Fields of JSON objects, by name and by dotted path.

use serde_json::{Map, Value};

/// In an object with at most this many fields, looking at one name after the other is faster than a hash of the name.
const SCANNED_MAX: usize = 32;

/// The field with a name.
#[must_use]
pub(crate) fn field<'v>(map: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    if map.len() > SCANNED_MAX {
        return map.get(name);
    }
    map.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// The value at a dotted path through objects, unless it is null.
#[must_use]
pub(crate) fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let (mut value, mut rest) = (value, path);
    loop {
        let (step, below) = first_step(rest);
        value = field(value.as_object()?, step)?;
        match below {
            Some(below) => rest = below,
            None => return Some(value).filter(|value| !value.is_null()),
        }
    }
}

/// The first step of a dotted path, and the path below it. Paths are short: no search of the standard library pays.
#[must_use]
pub(crate) fn first_step(path: &str) -> (&str, Option<&str>) {
    let dot = path.bytes().position(|byte| byte == b'.');
    match dot.and_then(|dot| Some((path.get(..dot)?, path.get(dot + 1..)?))) {
        Some((step, below)) => (step, Some(below)),
        None => (path, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn small_and_large_objects_are_read_alike() {
        for fields in [1, SCANNED_MAX, SCANNED_MAX + 1] {
            let map: Map<String, Value> =
                (0..fields).map(|n| (format!("k{n}"), json!(n))).collect();
            for n in 0..fields {
                assert_eq!(field(&map, &format!("k{n}")), Some(&json!(n)));
            }
            assert_eq!(field(&map, "k"), None);
            assert_eq!(field(&map, &format!("k{fields}")), None);
        }
    }

    #[test]
    fn a_path_leads_through_objects_alone() {
        let value =
            json!({"a": {"b": {"c": 1}, "n": null, "l": [{"c": 1}]}, "a.b": 2, "": {"": 3}});
        assert_eq!(at(&value, "a.b.c"), Some(&json!(1)));
        assert_eq!(at(&value, "."), Some(&json!(3)));
        for none in ["a.b.c.d", "a.n", "a.l.c", "a.l.0", "a.x", "x", "a.", ""] {
            assert_eq!(at(&value, none).filter(|found| !found.is_object()), None, "{none}");
        }
    }
}
