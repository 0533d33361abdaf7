//! The alerts that were published, as items: the mark of their event carries what was published and what people
//! made of it.
//!
//! An alert that may have to be published again also has `open` and `due`. Only such alerts are in the index `open`,
//! until they are acknowledged or published again.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::table::{Item, Table, id, is_refusal, number, text, timestamp};
use crate::alert::SentAlert;
use crate::effects::EffectError;
use crate::effects::alerts::{
    Judgement, JudgementWord, KEPT_DAYS, OpenAlerts, StoredAlert, StoredAlerts,
};
use crate::text::severity::Severity;

/// Name of the index of alerts that nobody acknowledged yet.
pub(super) const OPEN_INDEX: &str = "open";
/// Most alerts read by one question for due ones.
const DUE_MAX: i32 = 50;
/// Between rules in their list: no rule ID holds it.
const BETWEEN: &str = ",";

/// The item of an event that was published.
pub(super) fn item(key: AttributeValue, sent: &SentAlert, now: Timestamp) -> Item {
    let kept = now.as_second().saturating_add(KEPT_DAYS * 86_400);
    let mut item = Item::from([
        ("id".to_owned(), key),
        ("told".to_owned(), AttributeValue::Bool(true)),
        ("at".to_owned(), number(now.as_second())),
        ("told_at".to_owned(), number(now.as_millisecond())),
        ("expiration".to_owned(), number(kept)),
        ("event_id".to_owned(), text(&*sent.event_id)),
        ("severity".to_owned(), text(sent.severity.word())),
        ("title".to_owned(), text(&*sent.title)),
        ("rules".to_owned(), text(sent.rules.join(BETWEEN))),
    ]);
    let mut also = |name: &str, value: Option<AttributeValue>| {
        item.extend(value.map(|value| (name.to_owned(), value)));
    };
    also("account", sent.account.as_deref().map(text));
    also("event_time", sent.event_time.map(|time| number(time.as_millisecond())));
    also("alert", sent.alert.as_deref().map(text));
    also("open", sent.remind_at.map(|_| text("yes")));
    also("due", sent.remind_at.map(|at| number(at.as_second())));
    item
}

fn record(item: &Item) -> Option<StoredAlert> {
    let get = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    let at = |name: &str| item.get(name).and_then(timestamp);
    let due = item.get("due").and_then(|value| value.as_n().ok()?.parse().ok());
    let rules = get("rules").unwrap_or_default();
    let word = get("judgement").and_then(|word| word.parse::<JudgementWord>().ok());
    Some(StoredAlert {
        sent: SentAlert {
            event_id: get("event_id")?,
            severity: get("severity")?.parse::<Severity>().ok()?,
            title: get("title").unwrap_or_default(),
            rules: rules.split(BETWEEN).filter(|id| !id.is_empty()).map(str::to_owned).collect(),
            account: get("account"),
            event_time: at("event_time"),
            remind_at: due.and_then(|second| Timestamp::from_second(second).ok()),
            alert: get("alert"),
        },
        sent_at: at("told_at")?,
        acknowledged_at: at("acknowledged_at"),
        judgement: word.zip(at("judged_at")).map(|(word, at)| Judgement {
            word,
            note: get("note"),
            by: get("judged_by"),
            at,
        }),
        reminded_at: at("repeated_at"),
    })
}

impl StoredAlerts for Table {
    async fn judge(&self, event_id: &str, judgement: &Judgement) -> Result<bool, EffectError> {
        let mut expression = "SET judgement = :word, judged_at = :at, \
                              acknowledged_at = if_not_exists(acknowledged_at, :at)"
            .to_owned();
        let mut gone = "REMOVE #open, due".to_owned();
        let mut request = self
            .insisting
            .update_item()
            .table_name(&self.name)
            .key("id", text(id("event", event_id)))
            .condition_expression("attribute_exists(event_id)")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":word", text(judgement.word.text()))
            .expression_attribute_values(":at", number(judgement.at.as_millisecond()));
        for (name, value) in [("note", &judgement.note), ("judged_by", &judgement.by)] {
            if let Some(value) = value {
                expression.push_str(&format!(", {name} = :{name}"));
                request = request.expression_attribute_values(format!(":{name}"), text(value));
            } else {
                gone.push_str(&format!(", {name}"));
            }
        }
        match request.update_expression(format!("{expression} {gone}")).send().await {
            Ok(_) => Ok(true),
            Err(error) if is_refusal(&error) => Ok(false),
            Err(error) => Err(self.failed("keep a judgement", &error)),
        }
    }

    async fn published_since(&self, from: Timestamp) -> Result<Vec<StoredAlert>, EffectError> {
        let mut pages = self
            .insisting
            .scan()
            .table_name(&self.name)
            .consistent_read(true)
            .filter_expression("attribute_exists(event_id) AND told_at >= :from")
            .expression_attribute_values(":from", number(from.as_millisecond()))
            .into_paginator()
            .items()
            .send();
        let mut records = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| self.failed("read the alerts", &error))?;
            records.extend(record(&item));
        }
        Ok(records)
    }
}

impl OpenAlerts for Table {
    async fn due(&self, now: Timestamp) -> Result<Vec<StoredAlert>, EffectError> {
        let answer = self
            .insisting
            .query()
            .table_name(&self.name)
            .index_name(OPEN_INDEX)
            .key_condition_expression("#open = :yes AND due <= :now")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":yes", text("yes"))
            .expression_attribute_values(":now", number(now.as_second()))
            .limit(DUE_MAX)
            .send()
            .await
            .map_err(|error| self.failed("find what nobody acknowledged", &error))?;
        Ok(answer.items().iter().filter_map(record).collect())
    }

    async fn take_due(&self, found: &StoredAlert, until: Timestamp) -> Result<bool, EffectError> {
        let Some(due) = found.sent.remind_at else { return Ok(false) };
        let taken = self
            .insisting
            .update_item()
            .table_name(&self.name)
            .key("id", text(id("event", &found.sent.event_id)))
            .update_expression("SET due = :until")
            // The index lags: what it shows may have been acknowledged.
            .condition_expression("attribute_exists(#open) AND due = :due")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":due", number(due.as_second()))
            .expression_attribute_values(":until", number(until.as_second()))
            .send()
            .await;
        match taken {
            Ok(_) => Ok(true),
            Err(error) if is_refusal(&error) => Ok(false),
            Err(error) => Err(self.failed("take what nobody acknowledged", &error)),
        }
    }

    async fn reminded(&self, event_id: &str, now: Timestamp) -> Result<(), EffectError> {
        let marked = self
            .insisting
            .update_item()
            .table_name(&self.name)
            .key("id", text(id("event", event_id)))
            .update_expression("SET repeated_at = :at REMOVE #open, due")
            .condition_expression("attribute_exists(event_id)")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":at", number(now.as_millisecond()))
            .send()
            .await;
        self.was_done("mark an alert as published again", marked).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::severity::Severity;

    /// DynamoDB itself decides when to delete an item after its expiration.
    #[test]
    fn an_alert_is_kept_for_ninety_days() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let sent = SentAlert {
            event_id: "e".to_owned(),
            severity: Severity::High,
            title: "Title".to_owned(),
            rules: Vec::new(),
            account: None,
            event_time: None,
            remind_at: None,
            alert: None,
        };
        let item = item(text("event#e"), &sent, now);
        let until = item.get("expiration").and_then(|until| until.as_n().ok()).unwrap();
        assert_eq!(until.parse::<i64>().unwrap() - now.as_second(), 90 * 24 * 60 * 60);
    }
}
