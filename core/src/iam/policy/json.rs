//! JSON that keeps keys given twice: a reader that drops one of them can be shown the harmless one.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Under this key `serde_json` hands over a number, to keep its spelling.
const NUMBER: &str = "$serde_json::private::Number";

/// A JSON value. An object is its entries, in order, also where a key comes twice.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    /// A text, or a number or truth value in its spelling.
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// All values of an object under a name. Names are compared ignoring case: what IAM would refuse
    /// must not slip past us.
    pub(super) fn fields<'j>(&'j self, name: &'j str) -> impl Iterator<Item = &'j Self> {
        let named = |(key, _): &&(String, Self)| key.eq_ignore_ascii_case(name);
        self.entries().iter().filter(named).map(|(_, value)| value)
    }

    /// The entries of an object. Empty for any other value.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Object(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list. Any other value is its own only element.
    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            one => std::slice::from_ref(one),
        }
    }

    /// One text or a list of them.
    pub(super) fn texts(&self) -> Vec<String> {
        match self {
            Self::List(items) => items.iter().flat_map(Self::texts).collect(),
            Self::Text(text) => vec![text.clone()],
            Self::Null | Self::Object(_) => Vec::new(),
        }
    }
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::String(text) => Self::Text(text.clone()),
            Value::Bool(_) | Value::Number(_) => Self::Text(value.to_string()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(map) => {
                Self::Object(map.iter().map(|(key, value)| (key.clone(), value.into())).collect())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Builder)
    }
}

struct Builder;

impl<'de> Visitor<'de> for Builder {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Text(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Text(value.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries: Vec<(String, Json)> = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(match entries.as_slice() {
            [(key, Json::Text(number))] if key == NUMBER => Json::Text(number.clone()),
            _ => Json::Object(entries),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_values_of_a_key_are_kept() {
        let json: Json =
            serde_json::from_str(r#"{"a":1,"b":[true,null],"A":"x","a":2.50}"#).unwrap();
        let found: Vec<String> = json.fields("a").flat_map(Json::texts).collect();
        assert_eq!(found, ["1", "x", "2.50"]);
        assert_eq!(json.fields("b").flat_map(Json::texts).collect::<Vec<_>>(), ["true"]);
    }

    #[test]
    fn a_value_is_taken_as_its_text_is() {
        let text = r#"{"a":[1,"2",{"b":null}],"c":{},"d":false}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Json::from(&value), serde_json::from_str(text).unwrap());
    }
}
