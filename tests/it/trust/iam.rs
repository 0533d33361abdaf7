//! A small IAM: is a request allowed by a trust policy?

use std::collections::BTreeMap;

use serde_json::Value;

/// A request to take the role.
#[derive(Debug, Clone, Default)]
pub(super) struct Request {
    pub action: &'static str,
    /// ARN and account of an identity of AWS.
    pub arn: Option<String>,
    /// Federated provider, as a document names it.
    pub provider: Option<String>,
    /// The keys that AWS fills in, in lower case.
    pub context: BTreeMap<String, Vec<String>>,
}

pub(super) fn is_allowed(document: &Value, request: &Request) -> bool {
    let statements = document["Statement"].as_array().unwrap();
    let applies = |statement: &&Value, effect: &str| {
        statement["Effect"] == effect && applies(statement, request)
    };
    statements.iter().any(|statement| applies(&statement, "Allow"))
        && !statements.iter().any(|statement| applies(&statement, "Deny"))
}

fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(list).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

fn applies(statement: &Value, request: &Request) -> bool {
    let action = list(&statement["Action"]).iter().any(|pattern| like(pattern, request.action));
    let allows = statement["Effect"] == "Allow";
    let named = |value: &Value| is_named(value, request, allows);
    let principal = match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(principals), _) => named(principals),
        (None, Some(others)) => !named(others),
        (None, None) => false,
    };
    action && principal && conditions(statement).iter().all(|one| holds(one, request))
}

/// It is not documented whether `{"AWS": "*"}` includes callers with a token: here it does in an allow, and does not
/// in a deny.
fn is_named(principals: &Value, request: &Request, allows: bool) -> bool {
    if principals == "*" {
        return true;
    }
    let entries = principals.as_object().unwrap();
    entries.iter().any(|(kind, values)| {
        list(values).iter().any(|value| match (kind.as_str(), &request.arn, &request.provider) {
            ("AWS", Some(arn), _) => {
                let account = arn.split(':').nth(4).unwrap();
                let id = request.context["aws:userid"][0].split(':').next() == Some(value);
                let root = format!("arn:aws:iam::{account}:root");
                value == "*" || value == account || *value == root || value == arn || id
            }
            ("AWS", None, Some(_)) => value == "*" && allows,
            ("Federated", _, Some(provider)) => value == provider,
            _ => false,
        })
    })
}

/// Operator, key and values.
pub(super) struct Condition {
    pub operator: String,
    pub key: String,
    pub values: Vec<String>,
}

pub(super) fn conditions(statement: &Value) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
        for (key, values) in keys.as_object().unwrap() {
            let (operator, key) = (operator.clone(), key.to_lowercase());
            conditions.push(Condition { operator, key, values: list(values) });
        }
    }
    conditions
}

fn holds(condition: &Condition, request: &Request) -> bool {
    let found = request.context.get(&condition.key);
    let (quantifier, rest) = match condition.operator.split_once(':') {
        Some((quantifier, rest)) => (quantifier, rest),
        None => ("", condition.operator.as_str()),
    };
    if rest == "Null" {
        return (condition.values[0] == "true") == found.is_none();
    }
    let (base, if_exists) = match rest.strip_suffix("IfExists") {
        Some(base) => (base, true),
        None => (rest, false),
    };
    let negated = base.contains("Not");
    let Some(found) = found else {
        return if_exists || quantifier == "ForAllValues" || (negated && quantifier.is_empty());
    };
    let one = |text: &String| {
        let meets = condition.values.iter().any(|value| {
            let value = with_variables(value, &request.context);
            value.is_some_and(|value| compares(base, &value, text))
        });
        meets != negated
    };
    if quantifier == "ForAllValues" { found.iter().all(one) } else { found.iter().any(one) }
}

/// The value with its variables filled in; a variable that has no value fits nothing.
fn with_variables(value: &str, context: &BTreeMap<String, Vec<String>>) -> Option<String> {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, end) = after.split_once('}')?;
        out.push_str(before);
        out.push_str(context.get(&name.to_lowercase())?.first()?);
        rest = end;
    }
    out.push_str(rest);
    Some(out)
}

fn compares(base: &str, value: &str, found: &str) -> bool {
    match base {
        "StringEquals" | "StringNotEquals" | "Bool" => value == found,
        "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase" => value.eq_ignore_ascii_case(found),
        "StringLike" | "StringNotLike" => like(value, found),
        "ArnEquals" | "ArnLike" | "ArnNotEquals" | "ArnNotLike" => {
            let (value, found): (Vec<_>, Vec<_>) =
                (value.splitn(6, ':').collect(), found.splitn(6, ':').collect());
            value.len() == 6
                && found.len() == 6
                && value.iter().zip(&found).all(|(value, found)| like(value, found))
        }
        "IpAddress" | "NotIpAddress" => in_block(value, found),
        other => panic!("no operator {other}"),
    }
}

/// Wildcards, the plain way.
pub(super) fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for letter in pattern {
        let mut next = vec![false; text.len() + 1];
        for place in 0..=text.len() {
            let from_before = place > 0 && reached[place - 1];
            next[place] = match letter {
                '*' => reached[place] || (place > 0 && next[place - 1]),
                '?' => from_before,
                letter => from_before && text[place - 1] == letter,
            };
        }
        reached = next;
    }
    reached[text.len()]
}

fn in_block(block: &str, address: &str) -> bool {
    let number = |text: &str| text.parse::<std::net::Ipv4Addr>().map(u32::from);
    let (base, bits) = block.split_once('/').unwrap_or((block, "32"));
    let (Ok(base), Ok(address), Ok(bits)) = (number(base), number(address), bits.parse::<u32>())
    else {
        return false;
    };
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    base & mask == address & mask
}
