//! Records that are not the first of their call.

use super::record::Event;
use crate::text::hash::fnv1a;

/// Why a call has a second record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondRecord {
    /// A network activity event: what passed an endpoint. It is the only record of a call that the endpoint refused.
    /// Source: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-network-events-with-cloudtrail.html>
    Network,
    /// It amends an earlier record, or comes late.
    Addendum,
}

impl Event {
    /// May there be another record of the same call, by the fields that AWS writes into this one?
    #[must_use]
    pub fn second_record(&self) -> Option<SecondRecord> {
        let is = |path: &str, word: &str| self.text(path) == Some(word);
        if is("detail.eventCategory", "NetworkActivity") || is("detail.eventType", "AwsVpceEvent") {
            return Some(SecondRecord::Network);
        }
        self.value("detail.addendum").map(|_| SecondRecord::Addendum)
    }

    /// What all records of one call have in common: the ID of its request, which AWS gives, with the call; or the ID of
    /// the first record, where there was no request.
    #[must_use]
    pub fn call_key(&self) -> String {
        let original = |field: &str| self.text(&format!("detail.addendum.{field}"));
        let request = original("originalRequestID").or_else(|| self.text("detail.requestID"));
        let call = [self.event_source(), self.name(), request];
        match call {
            [Some(source), Some(name), Some(request)] => {
                format!("call\n{source}\n{name}\n{request}")
            }
            _ => {
                let id = original("originalEventID").or_else(|| self.id());
                format!("call\n{}", id.map_or_else(|| self.identity(), str::to_owned))
            }
        }
    }

    /// A hash of the record, the same for the same record, no matter what brought it.
    #[must_use]
    pub fn content_hash(&self) -> String {
        let text = self.value("detail").map(ToString::to_string).unwrap_or_default();
        format!("{:016x}", fnv1a(text.into_bytes().into_iter()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn record(more: &Value) -> Event {
        let mut record = json!({"eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "eventID": "e-1",
            "requestID": "r-1"});
        for (key, value) in more.as_object().unwrap() {
            record[key] = value.clone();
        }
        Event::parse(&record.to_string()).unwrap()
    }

    #[test]
    fn all_records_of_a_call_have_one_key() {
        let first = record(&json!({}));
        assert_eq!(first.second_record(), None);
        let network = record(&json!({"eventID": "e-2", "eventCategory": "NetworkActivity"}));
        assert_eq!(network.second_record(), Some(SecondRecord::Network));
        let addendum = |with: Value| record(&json!({"eventID": "e-3", "addendum": with}));
        let amended = addendum(json!({"reason": "UPDATED_DATA", "originalEventID": "e-1"}));
        assert_eq!(amended.second_record(), Some(SecondRecord::Addendum));
        let renamed =
            record(&json!({"requestID": "r-2", "addendum": {"originalRequestID": "r-1"}}));
        for second in [&network, &amended, &renamed] {
            assert_eq!(second.call_key(), first.call_key());
        }
        for other in [json!({"requestID": "r-2"}), json!({"eventName": "CreateRole"})] {
            assert_ne!(record(&other).call_key(), first.call_key());
        }
        let none = json!({"requestID": null});
        let late =
            json!({"requestID": null, "eventID": "e-3", "addendum": {"originalEventID": "e-1"}});
        assert_eq!(record(&none).call_key(), record(&late).call_key());
        // An addendum under the ID of the first is not the same delivery.
        assert_ne!(
            record(&json!({"addendum": {"reason": "UPDATED_DATA"}})).identity(),
            first.identity()
        );
    }
}
