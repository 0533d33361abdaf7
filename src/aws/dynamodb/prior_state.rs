//! Registers of prior state, as items with a set of writes, each as JSON. Adding to a set needs no
//! reading before and loses nothing, whoever writes meanwhile; the order is that of the writes' own time.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::SignedDuration;

use super::table::{Item, Table, expiration, id, number, text};
use crate::effects::{EffectError, PriorState};
use crate::prior::{Register, Write};

/// Days after a write that its register is kept: five years.
const REGISTER_DAYS: i64 = 1_826;

impl PriorState for Table {
    async fn register(&self, address: &str) -> Result<Register, EffectError> {
        let item = self.item(id("register", address)).await?;
        Ok(item.as_ref().map(of).unwrap_or_default())
    }

    async fn record_write(&self, address: &str, write: &Write) -> Result<(), EffectError> {
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
        // By what they say: another version of this tool may write the same in other words, or what this one cannot read.
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

/// The register of an item. What cannot be read says nothing.
fn of(item: &Item) -> Register {
    let mut register = Register::default();
    for write in kept(item).iter().filter_map(|kept| serde_json::from_str(kept).ok()) {
        register.record(&write);
    }
    register
}

fn kept(item: &Item) -> &[String] {
    let set = item.get("writes").and_then(|value| value.as_ss().ok());
    set.map(Vec::as_slice).unwrap_or_default()
}
