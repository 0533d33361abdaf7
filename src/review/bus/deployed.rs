//! Which bus rules take an event: EventBridge's own matching, on the laptop.

use serde_json::Value;

use super::clause::Names;
use super::delivery::EventScope;
use super::pack::BusRules;
use crate::pattern::Pattern;

/// The bus rules as deployed in one account and Region.
#[derive(Debug, Clone)]
pub struct DeployedBusRules(Vec<(String, EventScope, Pattern)>);

impl DeployedBusRules {
    /// Puts the names of a deployment in.
    ///
    /// # Errors
    /// The bus rule whose pattern EventBridge would refuse.
    pub fn new(bus_rules: &BusRules, names: &Names) -> Result<Self, String> {
        let compiled = |rule: &super::BusRule| {
            let pattern = Pattern::compile(&names.resolved(&rule.pattern()))
                .map_err(|faults| format!("bus rule {}: {faults:?}", rule.label))?;
            Ok((rule.label.clone(), rule.delivery, pattern))
        };
        bus_rules.rules().iter().map(compiled).collect::<Result<_, String>>().map(Self)
    }

    /// The bus rules that hand this event to the function, with or without those for reads.
    #[must_use]
    pub fn taken(&self, event: &Value, reads: bool) -> Vec<&str> {
        let change = !is_read(event);
        let hears = |delivery: EventScope| match delivery {
            EventScope::Changes => change,
            EventScope::All => true,
            EventScope::Reads => reads,
        };
        let takes = |(_, delivery, pattern): &&(String, EventScope, Pattern)| {
            hears(*delivery) && pattern.matches(event)
        };
        self.0.iter().filter(takes).map(|(label, ..)| label.as_str()).collect()
    }
}

/// EventBridge finds reads by its own lists, CloudTrail by a flag: a read by either counts.
fn is_read(event: &Value) -> bool {
    let detail = event.get("detail");
    let field = |name: &str| detail.and_then(|detail| detail.get(name));
    let name = field("eventName").and_then(Value::as_str).unwrap_or_default();
    let named = ["Get", "List", "Describe"].iter().any(|word| name.starts_with(word));
    let kind = event.get("detail-type").and_then(Value::as_str).unwrap_or_default();
    kind.ends_with(" via CloudTrail") && (named || field("readOnly") == Some(&Value::Bool(true)))
}
