//! Records of CloudTrail for tests, built from the fields that matter.
//!
//! The tests of this package are built with it, and those of the package above, which asks for the feature `sample` as
//! a dev-dependency. No program that is shipped has it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "only tests are built with it")]

use serde_json::{Map, Value, json};

use super::Event;

/// The account of the calls and identities.
const ACCOUNT: &str = "111122223333";

/// The record of a call in account 111122223333.
#[derive(Debug, Clone)]
pub struct Sample(Map<String, Value>);

/// A call of a service, as `iam`.
#[must_use]
pub fn call(service: &str, name: &str) -> Sample {
    let sample = Sample(Map::new()).with("recipientAccountId", ACCOUNT);
    sample.with("eventSource", format!("{service}.amazonaws.com")).with("eventName", name)
}

/// The identity of a user of the account.
#[must_use]
pub fn user(name: &str) -> Value {
    user_of(ACCOUNT, name)
}

/// The identity of a user of another account.
#[must_use]
pub fn user_of(account: &str, name: &str) -> Value {
    json!({"type": "IAMUser", "userName": name, "accountId": account,
        "arn": format!("arn:aws:iam::{account}:user/{name}")})
}

/// A user by an access key.
#[must_use]
pub fn with_key(mut user: Value, key: &str) -> Value {
    user["accessKeyId"] = key.into();
    user
}

/// The identity of a session of a role of the account, which is given by its ARN.
#[must_use]
pub fn session(role: &str) -> Value {
    let name = role.rsplit('/').next();
    json!({"type": "AssumedRole", "accountId": ACCOUNT, "principalId": "AROAX:run-1",
        "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{}/run-1", name.unwrap()),
        "sessionContext": {"sessionIssuer": {"type": "Role", "userName": name, "arn": role}}})
}

/// A record as EventBridge delivers it.
#[must_use]
pub fn delivered(record: Value) -> Value {
    let source = record["eventSource"].as_str().unwrap().trim_end_matches(".amazonaws.com");
    let mut event = json!({"version": "0", "id": record["eventID"], "source": format!("aws.{source}"),
        "detail-type": "AWS API Call via CloudTrail", "account": record["recipientAccountId"],
        "region": record["awsRegion"], "time": record["eventTime"]});
    event["detail"] = record;
    event
}

impl Sample {
    /// A further field, or another value of it.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0.insert(field.to_owned(), value.into());
        self
    }

    /// Further fields, as the inside of a JSON object. They replace fields of the same name.
    #[must_use]
    pub fn and(mut self, fields: &str) -> Self {
        self.0.extend(serde_json::from_str::<Map<_, _>>(&format!("{{{fields}}}")).unwrap());
        self
    }

    /// The caller.
    #[must_use]
    pub fn by(self, identity: impl Into<Value>) -> Self {
        self.with("userIdentity", identity)
    }

    /// The parameters, as JSON.
    #[must_use]
    pub fn parameters(self, text: &str) -> Self {
        self.with("requestParameters", serde_json::from_str::<Value>(text).unwrap())
    }

    /// The answer, as JSON.
    #[must_use]
    pub fn answer(self, text: &str) -> Self {
        self.with("responseElements", serde_json::from_str::<Value>(text).unwrap())
    }

    /// Where and when: an address and a Region, and the minute after 12:00 on 24 November 2026.
    #[must_use]
    pub fn at(self, minute: usize, id: &str) -> Self {
        let time = format!("2026-11-24T12:{minute:02}:00Z");
        let placed = self.with("awsRegion", "us-east-1").with("sourceIPAddress", "203.0.113.7");
        placed.with("eventTime", time).with("eventID", id)
    }

    /// The record alone.
    #[must_use]
    pub fn record(self) -> Value {
        Value::Object(self.0)
    }

    /// The event that it is.
    #[must_use]
    pub fn event(self) -> Event {
        Event::parse(&self.record().to_string()).unwrap()
    }
}
