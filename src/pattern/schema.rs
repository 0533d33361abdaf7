//! The JSON Schema of an event pattern, so that editors complete and check operators.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// Stands for a pattern in the schemas of rule and site files.
#[derive(Debug)]
pub struct EventPattern;

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
