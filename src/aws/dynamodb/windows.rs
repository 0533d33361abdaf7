//! Windows in the table: an item for each fingerprint, with its owner and the events that it holds back.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};

use super::table::{Item, Table, expiration, id, is_refusal, milliseconds, number, text};
use crate::alert::HELD_BACK_MAX;
use crate::effects::{Claim, EffectError, Windows};

impl Windows for Table {
    async fn claim(
        &self,
        fingerprint: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> Result<Claim, EffectError> {
        let span = milliseconds(window);
        // The count of the former claim moves aside, so that a call repeated after a lost answer finds its own claim
        // with it.
        let claimed = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(id("claim", fingerprint)))
            .update_expression(
                "SET #before = if_not_exists(held, :none), #owner = :event, #at = :at, \
                 expiration = :expiration REMOVE held",
            )
            .condition_expression("attribute_not_exists(id) OR #at <= :from OR #at >= :to")
            .expression_attribute_names("#before", "before")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":none", AttributeValue::Null(true))
            .expression_attribute_values(":event", text(event_id))
            .expression_attribute_values(":at", number(at.as_millisecond()))
            .expression_attribute_values(":expiration", number(expiration(at, window)))
            .expression_attribute_values(":from", number(at.as_millisecond().saturating_sub(span)))
            .expression_attribute_values(":to", number(at.as_millisecond().saturating_add(span)))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match claimed {
            Ok(answer) => Ok(Claim::Ours { held: held(answer.attributes.as_ref()) }),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    let item = refused.item();
                    let owner = item.and_then(|item| item.get("owner")?.as_s().ok());
                    let ours = owner.is_some_and(|owner| owner == event_id);
                    Ok(if ours { Claim::Ours { held: held(item) } } else { Claim::Theirs })
                }
                _ => Err(self.failed("claim", &error)),
            },
        }
    }

    async fn hold_back(
        &self,
        fingerprint: &str,
        event_id: &str,
    ) -> Result<Option<u32>, EffectError> {
        let most = i64::from(HELD_BACK_MAX);
        let counted = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(id("claim", fingerprint)))
            .update_expression("ADD held :event")
            .condition_expression(
                "attribute_exists(id) AND (attribute_not_exists(held) OR size(held) < :most)",
            )
            .expression_attribute_values(":event", AttributeValue::Ss(vec![event_id.to_owned()]))
            .expression_attribute_values(":most", number(most))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await;
        match counted {
            Ok(answer) => Ok(answer.attributes.and_then(|item| {
                let held = item.get("held")?.as_ss().ok()?;
                u32::try_from(held.len()).ok()
            })),
            Err(error) if is_refusal(&error) => Ok(None),
            Err(error) => Err(self.failed("count a repetition", &error)),
        }
    }

    async fn release(&self, fingerprint: &str, event_id: &str) -> Result<(), EffectError> {
        let key = text(id("claim", fingerprint));
        // A time long past gives the claim to the next event.
        let given = self
            .insisting
            .update_item()
            .table_name(&self.name)
            .key("id", key.clone())
            .update_expression("SET #owner = :nobody, #at = :past")
            .condition_expression("#owner = :event")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":event", text(event_id))
            .expression_attribute_values(":nobody", text(""))
            .expression_attribute_values(":past", number(0))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let item = match given {
            Ok(answer) => answer.attributes,
            // It is somebody else's by now.
            Err(error) if is_refusal(&error) => return Ok(()),
            Err(error) => return Err(self.failed("release a claim", &error)),
        };
        // No alert holds the count of the former claim yet.
        let before = item.as_ref().and_then(|item| item.get("before")?.as_ss().ok());
        let Some(before) = before else { return Ok(()) };
        let counted = self
            .insisting
            .update_item()
            .table_name(&self.name)
            .key("id", key)
            .update_expression("ADD held :before")
            .condition_expression("#owner = :nobody")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":nobody", text(""))
            .expression_attribute_values(":before", AttributeValue::Ss(before.clone()))
            .send()
            .await;
        self.was_done("keep what a claim held back", counted).map(|_| ())
    }
}

/// Repetitions that the claim before held back.
fn held(item: Option<&Item>) -> u32 {
    let set = item.and_then(|item| item.get("before")?.as_ss().ok());
    set.map_or(0, |events| u32::try_from(events.len()).unwrap_or(HELD_BACK_MAX))
}
