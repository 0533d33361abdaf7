//! Deliveries in the table: an item for each event, which also carries its alert.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};

use super::alerts;
use super::table::{SLACK_SECS, Table, id, number, text};
use crate::alert::SentAlert;
use crate::effects::{Deliveries, Delivery, EffectError, UNDER_WAY_SECS_MAX};

impl Deliveries for Table {
    async fn begin(&self, event_id: &str, now: Timestamp) -> Result<Delivery, EffectError> {
        let stale = now.as_second().saturating_sub(UNDER_WAY_SECS_MAX);
        // A call repeated after a lost answer finds its own mark by this.
        let owner = token();
        let begun = self
            .insisting
            .put_item()
            .table_name(&self.name)
            .item("id", text(id("event", event_id)))
            .item("told", AttributeValue::Bool(false))
            .item("owner", text(owner.clone()))
            .item("at", number(now.as_second()))
            .item("expiration", number(now.as_second().saturating_add(SLACK_SECS)))
            .condition_expression(
                "attribute_not_exists(id) OR #owner = :owner OR (told = :no AND #at < :stale)",
            )
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":owner", text(owner))
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .expression_attribute_values(":stale", number(stale))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let delivery = match begun {
            Ok(_) => Delivery::First,
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                    let sent =
                        refused.item().and_then(|item| item.get("told")?.as_bool().ok().copied());
                    if sent == Some(true) { Delivery::Published } else { Delivery::UnderWay }
                }
                _ => return Err(self.failed("mark an event", &error)),
            },
        };
        self.budget.renew();
        Ok(delivery)
    }

    async fn end(
        &self,
        event_id: &str,
        now: Timestamp,
        sent: Option<&SentAlert>,
    ) -> Result<(), EffectError> {
        let key = text(id("event", event_id));
        let Some(sent) = sent else {
            let request = self.insisting.delete_item().table_name(&self.name).key("id", key);
            let done = request.send().await;
            return done.map(|_| ()).map_err(|error| self.failed("release an event", &error));
        };
        let request = self.insisting.put_item().table_name(&self.name);
        let request = request
            .set_item(Some(alerts::item(key, sent, now)))
            // Published twice, because the state was down: judgements on the first stay.
            .condition_expression("attribute_not_exists(told) OR told = :no")
            .expression_attribute_values(":no", AttributeValue::Bool(false));
        self.was_done("mark an event as published", request.send().await).map(|_| ())
    }
}

/// A random text.
fn token() -> String {
    let mut bytes = [0_u8; 16];
    // Without randomness two calls may have the same token: two alerts rather than none.
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
