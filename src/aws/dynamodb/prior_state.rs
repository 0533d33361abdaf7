//! Registers of prior state, as items with a set of writes, each as JSON. Adding to a set needs no reading before and
//! loses nothing, even if others write meanwhile; the order is that of the writes' own time.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnValue};
use jiff::SignedDuration;

use super::table::{Item, Table, expiration, id, number, text};
use crate::effects::{EffectError, ErrorKind, PriorState};
use crate::prior::{Register, Write};

/// Days after a write that its register is kept: five years.
const REGISTER_DAYS: i64 = 1_826;
/// Most answers to one question for registers: DynamoDB gives 16 MiB at a time, and may leave out what it throttles.
const ANSWERS_MAX: usize = 4;
/// Pause before it is asked for the items left out.
const BETWEEN_ANSWERS: Duration = Duration::from_millis(50);

impl PriorState for Table {
    async fn registers(&self, addresses: &[String]) -> Result<Vec<Option<Register>>, EffectError> {
        let ids: Vec<String> = addresses.iter().map(|address| id("register", address)).collect();
        let (items, unread) = self.items(&ids).await?;
        let read =
            |id: &String| (!unread.contains(id)).then(|| items.get(id).map(of).unwrap_or_default());
        Ok(ids.iter().map(read).collect())
    }

    async fn add_write(&self, address: &str, write: &Write) -> Result<(), EffectError> {
        let id = id("register", address);
        let days = SignedDuration::from_hours(24 * REGISTER_DAYS / 2);
        let text_of = |write: &Write| serde_json::to_string(write).unwrap_or_default();
        let answer = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(&*id))
            .update_expression("ADD writes :write SET expiration = :expiration")
            .expression_attribute_values(":write", AttributeValue::Ss(vec![text_of(write)]))
            .expression_attribute_values(":expiration", number(expiration(write.at, days)))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(|error| self.failed("record a write", &error))?;
        let item = answer.attributes.unwrap_or_default();
        let register = of(&item);
        // Compared by content: another version of this tool may write it otherwise, or so that this one cannot read it.
        let is_old = |kept: &&String| {
            serde_json::from_str(kept).is_ok_and(|write: Write| !register.writes().contains(&write))
        };
        let old: Vec<String> = kept(&item).iter().filter(is_old).cloned().collect();
        if !old.is_empty() {
            self.take_out(id, "writes", old).await;
        }
        Ok(())
    }
}

impl Table {
    /// The items of these keys, by their keys, and the keys that were not read. Keys without an item are absent.
    async fn items(
        &self,
        ids: &[String],
    ) -> Result<(HashMap<String, Item>, HashSet<String>), EffectError> {
        let mut items = HashMap::new();
        let mut unread: HashSet<String> = ids.iter().cloned().collect();
        for number in 0..ANSWERS_MAX {
            if unread.is_empty() {
                break;
            }
            if number > 0 {
                tokio::time::sleep(BETWEEN_ANSWERS).await;
            }
            let (found, left) = match self.some_items(&unread).await {
                Ok(answer) => answer,
                Err(error) if number == 0 => return Err(error),
                // A part is better than nothing.
                Err(error) => {
                    tracing::warn!(%error, "only a part of what was before");
                    break;
                }
            };
            items.extend(found.into_iter().filter_map(|item| Some((key_of(&item)?, item))));
            // If the whole answer was throttled, the table is not asked for the same again at once.
            let throttled = left.len() == unread.len();
            unread = left;
            if throttled {
                break;
            }
        }
        if !unread.is_empty() {
            // No call failed, but it is unknown what was before.
            self.budget.count_state_failure();
            tracing::warn!(left_out = unread.len(), "registers that DynamoDB did not give");
        }
        Ok((items, unread))
    }

    /// One answer: items, and the keys that it leaves out.
    async fn some_items(
        &self,
        ids: &HashSet<String>,
    ) -> Result<(Vec<Item>, HashSet<String>), EffectError> {
        let keys = ids.iter().map(|id| Item::from([("id".to_owned(), text(id))])).collect();
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
        let wanted = wanted.build().map_err(|error| {
            EffectError::new("read registers", ErrorKind::Broken, error.to_string())
        })?;
        let request = self.client.batch_get_item().request_items(&self.name, wanted);
        let answer = request.send().await.map_err(|error| self.failed("read registers", &error))?;
        let items = answer.responses.unwrap_or_default().into_values().flatten().collect();
        let left = answer.unprocessed_keys.unwrap_or_default().into_values();
        let left = left.flat_map(|left| left.keys).filter_map(|key| key_of(&key)).collect();
        Ok((items, left))
    }
}

fn key_of(item: &Item) -> Option<String> {
    item.get("id")?.as_s().ok().cloned()
}

/// The register of an item. Unreadable writes are left out.
fn of(item: &Item) -> Register {
    let mut register = Register::default();
    for write in kept(item).iter().filter_map(|kept| serde_json::from_str(kept).ok()) {
        register.add(&write);
    }
    register
}

fn kept(item: &Item) -> &[String] {
    let set = item.get("writes").and_then(|value| value.as_ss().ok());
    set.map(Vec::as_slice).unwrap_or_default()
}
