//! Events for tests: calls that a user who has a key makes within an hour.

use serde_json::{Value, json};

/// The record of a call of a service, as `iam`, at a minute of the hour, with these fields beside the usual ones or in
/// their place.
pub(super) fn record(id: &str, minute: usize, call: (&str, &str), fields: &Value) -> Value {
    let mut record = json!({"eventID": id, "eventTime": format!("2026-11-24T12:{minute:02}:00Z"),
        "eventSource": format!("{}.amazonaws.com", call.0), "eventName": call.1,
        "awsRegion": "us-east-1", "recipientAccountId": "111122223333", "sourceIPAddress": "198.51.100.7",
        "userIdentity": user("bob", "AKIA1")});
    for (field, value) in fields.as_object().into_iter().flatten() {
        record[field] = value.clone();
    }
    record
}

/// A user of the account, by a key of his.
pub(super) fn user(name: &str, key: &str) -> Value {
    json!({"type": "IAMUser", "userName": name, "arn": format!("arn:aws:iam::111122223333:user/{name}"),
        "accountId": "111122223333", "accessKeyId": key})
}

/// A call of IAM as EventBridge delivers it.
pub(super) fn delivered(id: &str, minute: usize, name: &str) -> String {
    let record = record(id, minute, ("iam", name), &Value::Null);
    json!({"version": "0", "id": id, "source": "aws.iam", "detail-type": "AWS API Call via CloudTrail",
        "account": "111122223333", "region": "us-east-1", "time": record["eventTime"], "detail": record})
    .to_string()
}
