//! Records as tables and exports spell them: names of fields in small letters, structures as JSON text.

use serde_json::{Map, Value};

/// Deepest nesting of an event.
pub const EVENT_DEPTH_MAX: usize = 64;

/// Fields of a record that hold structures, and that tables of log files keep as JSON text.
pub(crate) const STRUCTURES: [&str; 10] = [
    "additionalEventData",
    "addendum",
    "insightDetails",
    "requestParameters",
    "resources",
    "responseElements",
    "serviceEventDetails",
    "tlsDetails",
    "userIdentity",
    "eventContext",
];
/// All fields of a record, as CloudTrail spells them.
/// Source: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
pub(crate) const RECORD_FIELDS: [&str; 32] = [
    "additionalEventData",
    "addendum",
    "apiVersion",
    "awsRegion",
    "edgeDeviceDetails",
    "errorCode",
    "errorMessage",
    "eventCategory",
    "eventContext",
    "eventID",
    "eventName",
    "eventSource",
    "eventTime",
    "eventType",
    "eventVersion",
    "insightDetails",
    "managementEvent",
    "readOnly",
    "recipientAccountId",
    "requestID",
    "requestParameters",
    "resources",
    "responseElements",
    "serviceEventDetails",
    "sessionCredentialFromConsole",
    "sharedEventID",
    "sourceIPAddress",
    "tlsDetails",
    "userAgent",
    "userIdentity",
    "vpcEndpointAccountId",
    "vpcEndpointId",
];
/// All fields of its identity, by their paths.
/// Source: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>
pub(crate) const IDENTITY_PATHS: [&str; 35] = [
    "accessKeyId",
    "accountId",
    "arn",
    "credentialId",
    "identityProvider",
    "inScopeOf",
    "inScopeOf.credentialsIssuedTo",
    "inScopeOf.issuerType",
    "inScopeOf.sourceAccount",
    "inScopeOf.sourceArn",
    "invokedBy",
    "invokedByDelegate",
    "invokedByDelegate.accountId",
    "onBehalfOf",
    "onBehalfOf.identityStoreArn",
    "onBehalfOf.userId",
    "principalId",
    "sessionContext",
    "sessionContext.assumedRoot",
    "sessionContext.attributes",
    "sessionContext.attributes.creationDate",
    "sessionContext.attributes.mfaAuthenticated",
    "sessionContext.ec2RoleDelivery",
    "sessionContext.sessionIssuer",
    "sessionContext.sessionIssuer.accountId",
    "sessionContext.sessionIssuer.arn",
    "sessionContext.sessionIssuer.principalId",
    "sessionContext.sessionIssuer.type",
    "sessionContext.sessionIssuer.userName",
    "sessionContext.sourceIdentity",
    "sessionContext.webIdFederationData",
    "sessionContext.webIdFederationData.attributes",
    "sessionContext.webIdFederationData.federatedProvider",
    "type",
    "userName",
];
/// Layers of JSON text within JSON text that are read.
const LAYERS_MAX: usize = 3;

/// A structure is nested deeper than [`EVENT_DEPTH_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooDeep;

/// The fields as CloudTrail spells them, those of the identity too. Fields that CloudTrail does not know are unchanged.
pub(super) fn respelled(record: Map<String, Value>) -> Map<String, Value> {
    let mut found = with_names(record);
    if let Some(Value::Object(identity)) = found.get_mut("userIdentity") {
        *identity = identity_respelled(std::mem::take(identity));
    }
    found
}

fn identity_respelled(identity: Map<String, Value>) -> Map<String, Value> {
    let inner = |(key, value)| match value {
        Value::Object(map) => (key, Value::Object(identity_respelled(map))),
        other => (key, other),
    };
    with_names(identity).into_iter().map(inner).collect()
}

fn with_names(map: Map<String, Value>) -> Map<String, Value> {
    let mut found = Map::new();
    for (key, value) in map {
        let bare: String = key.chars().filter(|c| *c != '_').collect();
        let of_identity = IDENTITY_PATHS.iter().map(|path| path.rsplit('.').next().unwrap_or(path));
        let mut fields = RECORD_FIELDS.iter().copied().chain(of_identity);
        let name = fields.find(|name| name.eq_ignore_ascii_case(&bare));
        let name = name.map_or(key, str::to_owned);
        // The first of two spellings counts, so that the other cannot replace it.
        if !found.contains_key(&name) {
            found.insert(name, value);
        }
    }
    found
}

/// Reads the structures of a record that are JSON texts. What is not JSON stays text.
///
/// # Errors
/// [`TooDeep`]
pub(super) fn read_structures(record: &mut Map<String, Value>) -> Result<(), TooDeep> {
    for field in STRUCTURES {
        if let Some(value) = record.get_mut(field)
            && let Some(text) = value.as_str()
            && let Some(read) = structure(text)?
        {
            *value = read;
        }
    }
    Ok(())
}

/// The object or array that a text holds, also as a text within it.
///
/// # Errors
/// [`TooDeep`]
pub(super) fn structure(text: &str) -> Result<Option<Value>, TooDeep> {
    let mut text = text.to_owned();
    for _ in 0..LAYERS_MAX {
        if !text.trim_start().starts_with(['{', '[', '"']) {
            return Ok(None);
        }
        // The structure is below `detail` and its own field.
        if depth(&text) + 2 > EVENT_DEPTH_MAX {
            return Err(TooDeep);
        }
        match serde_json::from_str(&text) {
            Ok(Value::String(inner)) => text = inner,
            Ok(value @ (Value::Object(_) | Value::Array(_))) => return Ok(Some(value)),
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// Levels of objects and arrays in a value. The parser's own limit is 128 levels.
pub(super) fn levels(value: &Value) -> usize {
    let below = match value {
        Value::Object(map) => map.values().map(levels).max(),
        Value::Array(items) => items.iter().map(levels).max(),
        _ => return 0,
    };
    1 + below.unwrap_or_default()
}

/// Deepest nesting of brackets outside of strings, in a text that may not be JSON.
pub(super) fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut inside_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside_string => escaped = true,
            b'"' => inside_string = !inside_string,
            _ if inside_string => {}
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn fields_get_the_names_that_cloudtrail_gives_them() {
        let table = json!({"eventname": "CreateUser", "event_source": "iam.amazonaws.com", "P_Any": 1,
            "useridentity": {"sessioncontext": {"sessionissuer": {"username": "ops"}}, "principalid": "A"}});
        let want = json!({"eventName": "CreateUser", "eventSource": "iam.amazonaws.com", "P_Any": 1,
            "userIdentity": {"sessionContext": {"sessionIssuer": {"userName": "ops"}}, "principalId": "A"}});
        assert_eq!(Value::Object(respelled(map(&table))), want);
        let twice = json!({"eventName": "CreateUser", "eventname": "ListUsers"});
        assert_eq!(Value::Object(respelled(map(&twice))), json!({"eventName": "CreateUser"}));
    }

    #[test]
    fn structures_are_read_from_text_and_nothing_else_is() {
        let inner = json!({"userName": "{\"a\":1}"}).to_string();
        let mut record = map(
            &json!({"requestParameters": inner, "responseElements": json!(inner).to_string(),
            "userIdentity": "HIDDEN_DUE_TO_SECURITY_REASONS", "resources": "[{\"ARN\":", "eventName": "{}"}),
        );
        read_structures(&mut record).unwrap();
        let read = json!({"userName": "{\"a\":1}"});
        assert_eq!((&record["requestParameters"], &record["responseElements"]), (&read, &read));
        assert_eq!(record["userIdentity"], "HIDDEN_DUE_TO_SECURITY_REASONS");
        assert_eq!(record["resources"], "[{\"ARN\":");
        assert_eq!(record["eventName"], "{}");
        let deep = format!("{}{}", "[".repeat(63), "]".repeat(63));
        let mut record = map(&json!({"requestParameters": deep}));
        assert_eq!(read_structures(&mut record), Err(TooDeep));
    }
}
