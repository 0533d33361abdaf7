//! Records of CloudTrail for tests, built from the fields that matter.

use serde_json::{Map, Value, json};

use super::Event;

/// The record of a call in account 111122223333.
pub(crate) struct Sample(Map<String, Value>);

/// A call of a service, as `iam`.
pub(crate) fn call(service: &str, name: &str) -> Sample {
    let sample = Sample(Map::new()).with("recipientAccountId", "111122223333");
    sample.with("eventSource", format!("{service}.amazonaws.com")).with("eventName", name)
}

/// The identity of a user of the account.
pub(crate) fn user(name: &str) -> Value {
    json!({"type": "IAMUser", "userName": name, "accountId": "111122223333",
        "arn": format!("arn:aws:iam::111122223333:user/{name}")})
}

impl Sample {
    pub(crate) fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0.insert(field.to_owned(), value.into());
        self
    }

    /// Further fields, as the inside of a JSON object. They replace fields of the same name.
    pub(crate) fn and(mut self, fields: &str) -> Self {
        self.0.extend(serde_json::from_str::<Map<_, _>>(&format!("{{{fields}}}")).unwrap());
        self
    }

    pub(crate) fn by(self, identity: impl Into<Value>) -> Self {
        self.with("userIdentity", identity)
    }

    /// The parameters, as JSON.
    pub(crate) fn parameters(self, text: &str) -> Self {
        self.with("requestParameters", serde_json::from_str::<Value>(text).unwrap())
    }

    /// The answer, as JSON.
    pub(crate) fn answer(self, text: &str) -> Self {
        self.with("responseElements", serde_json::from_str::<Value>(text).unwrap())
    }

    pub(crate) fn event(self) -> Event {
        Event::parse(&Value::Object(self.0).to_string()).unwrap()
    }
}
