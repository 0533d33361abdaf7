//! The JSON Schema of an event pattern, so that editors complete and check operators.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::fact::{FACTS, Values};

/// Stands for a pattern in the schemas of rule and site files.
#[derive(Debug)]
pub(crate) struct EventPattern;

impl JsonSchema for EventPattern {
    fn schema_name() -> Cow<'static, str> {
        "EventPattern".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let pattern = generator.subschema_for::<Self>();
        let operators = generator.subschema_for::<Operator>();
        json_schema!({
            "description": "EventBridge event pattern over the envelope and `derived`.",
            "type": "object",
            "minProperties": 1,
            "properties": {
                "$or": {"type": "array", "minItems": 2, "items": pattern},
                "derived": generator.subschema_for::<Derived>(),
            },
            "additionalProperties": {
                "anyOf": [
                    pattern,
                    {
                        "type": "array",
                        "minItems": 1,
                        "items": {"anyOf": [{"type": ["string", "number", "boolean", "null"]}, operators]},
                    },
                ],
            },
        })
    }
}

/// The facts below `derived`.
#[derive(Debug)]
struct Derived;

impl JsonSchema for Derived {
    fn schema_name() -> Cow<'static, str> {
        "Derived".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (own, operators) =
            (generator.subschema_for::<Self>(), generator.subschema_for::<Operator>());
        let mut properties = Map::new();
        let mut below: IndexMap<&str, Map<String, Value>> = IndexMap::new();
        for fact in FACTS {
            let alternatives = alternatives(fact.values, &operators);
            let items = json!({"type": "array", "minItems": 1, "items": {"anyOf": alternatives}});
            let schema = match fact.name() {
                // Tags have names of their own.
                "accountTags" => {
                    json!({"anyOf": [items, {"type": "object", "additionalProperties": items}]})
                }
                _ => items,
            };
            let schema = described(schema, fact.says);
            match fact.name().split_once('.') {
                Some((of, name)) => {
                    _ = below.entry(of).or_default().insert(name.to_owned(), schema);
                }
                None => _ = properties.insert(fact.name().to_owned(), schema),
            }
        }
        for (of, names) in below {
            let object = json!({"type": "object", "minProperties": 1, "additionalProperties": false,
                "properties": names});
            let schema = match properties.remove(of) {
                Some(there) => json!({"anyOf": [object, there]}),
                None => object,
            };
            properties.insert(of.to_owned(), schema);
        }
        properties.insert("$or".to_owned(), json!({"type": "array", "minItems": 2, "items": own}));
        json_schema!({
            "description": "What the event means; README.md of the rules has all facts.",
            "type": "object",
            "minProperties": 1,
            "properties": properties,
            "additionalProperties": false,
        })
    }
}

fn described(mut schema: Value, says: &str) -> Value {
    if let Value::Object(map) = &mut schema {
        map.insert("description".to_owned(), json!(says));
    }
    schema
}

/// What one alternative of a fact may be.
fn alternatives(values: Values, operators: &Schema) -> Value {
    let plain = match values {
        Values::Words(words) => json!({"enum": words()}),
        Values::Truth => json!({"type": "boolean"}),
        Values::True => json!({"const": true}),
        Values::Number => json!({"type": "number"}),
        Values::Text | Values::Environment | Values::Calendar => json!({"type": "string"}),
        Values::Account => json!({"type": "string", "pattern": "^[0-9]{12}$"}),
        Values::Below => return json!([operators]),
    };
    json!([plain, operators])
}

/// `{"prefix": "Attach"}` and its like: exactly one operator.
#[derive(Debug)]
struct Operator;

impl JsonSchema for Operator {
    fn schema_name() -> Cow<'static, str> {
        "Operator".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let ignore_case = json_schema!({
            "type": "object",
            "properties": {"equals-ignore-case": {"type": "string"}},
            "required": ["equals-ignore-case"],
            "additionalProperties": false,
        });
        let text = json_schema!({"type": "string"});
        let texts =
            json_schema!({"anyOf": [text, {"type": "array", "minItems": 1, "items": text}]});
        let values = json_schema!({
            "anyOf": [
                {"type": ["string", "number"]},
                {"type": "array", "minItems": 1, "items": {"type": "string"}},
                {"type": "array", "minItems": 1, "items": {"type": "number"}},
                {
                    "type": "object",
                    "properties": {
                        "prefix": texts, "suffix": texts, "equals-ignore-case": texts, "wildcard": texts,
                    },
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": false,
                },
            ],
        });
        json_schema!({
            "type": "object",
            "properties": {
                "prefix": {"anyOf": [text, ignore_case]},
                "suffix": {"anyOf": [text, ignore_case]},
                "equals-ignore-case": text,
                "wildcard": {"type": "string", "not": {"pattern": r"(^|[^\\])\*\*"}},
                "anything-but": values,
                "numeric": {"type": "array", "minItems": 2, "maxItems": 4},
                "cidr": text,
                "exists": {"type": "boolean"},
            },
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": false,
        })
    }
}
