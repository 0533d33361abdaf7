//! The fields of an object, each left as text: nothing in them is judged, so that one bad value spoils no other.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// One field. Of two of the same name, both are there.
pub(super) struct Field<'t> {
    pub(super) name: Cow<'t, str>,
    /// JSON text.
    pub(super) value: &'t str,
}

impl Field<'_> {
    /// Is this its name, in one spelling or another?
    pub(super) fn is(&self, name: &str) -> bool {
        same_name(&self.name, name)
    }
}

/// Tables write names in small letters, others with `_` between the words.
pub(super) fn same_name(one: &str, name: &str) -> bool {
    let letters = one.bytes().filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase());
    letters.eq(name.bytes().map(|byte| byte.to_ascii_lowercase()))
}

/// The fields of an object. `None` for any other text.
pub(super) fn fields(text: &str) -> Option<Vec<Field<'_>>> {
    let All(fields) = serde_json::from_str(text).ok()?;
    Some(fields)
}

/// What a JSON string says. Half a character, as `\ud800`, becomes a replacement character.
pub(super) fn decoded(text: &str) -> Option<String> {
    let Bytes(bytes) = serde_json::from_str(text).ok()?;
    Some(
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}

struct All<'t>(Vec<Field<'t>>);

impl<'de> Deserialize<'de> for All<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = All<'de>;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((name, value)) = map.next_entry::<&'de RawValue, &'de RawValue>()? {
                    let plain = name.get().strip_prefix('"').and_then(|it| it.strip_suffix('"'));
                    let name = match plain.filter(|plain| !plain.contains('\\')) {
                        Some(plain) => Cow::Borrowed(plain),
                        None => Cow::Owned(decoded(name.get()).unwrap_or_default()),
                    };
                    fields.push(Field { name, value: value.get() });
                }
                Ok(All(fields))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Raw;
        impl Visitor<'_> for Raw {
            type Value = Bytes;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_split_and_their_values_left_as_they_stand() {
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        let text = format!(r#"{{"a":{deep},"b\u00e9":"\ud800", "a" : 1e999,"c\udc00":null}}"#);
        let found = fields(&text).unwrap();
        let found: Vec<_> = found.iter().map(|field| (&*field.name, field.value)).collect();
        let want = [("a", deep.as_str()), ("bé", r#""\ud800""#), ("a", "1e999")];
        assert_eq!(found[..3], want);
        assert_eq!(found[3].1, "null");
        assert_eq!(decoded(r#""x\ud800y""#).map(|text| text.len() > 2), Some(true));
        assert!(fields("[1]").is_none() && fields("{").is_none() && decoded("1").is_none());
        assert!(same_name("event_name", "eventName") && !same_name("eventNames", "eventName"));
    }
}
