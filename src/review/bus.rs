//! The bus rules: what EventBridge must deliver, so that the enabled rules see what they look for.
//!
//! A rule asks for facts that EventBridge does not have (`derived`), and for more than it takes: a pattern has
//! at most [`PATTERN_CHARACTERS_MAX`] characters and a complexity of
//! [`COMPLEXITY_MAX`](crate::pattern::COMPLEXITY_MAX). So each rule is *projected* onto what a bus rule
//! can ask: service and names of calls, and further fields only where a call is busy or where nothing
//! else confines it. A projection may deliver more than the rule wants, never less. What fits together
//! is packed into one bus rule.
//!
//! Sources that are delivered whole, busy calls and reads of everyday work are a table, `bus/traffic.tsv`.

mod clause;
mod delivery;
mod demand;
mod deployed;
mod fit;
mod group;
mod pack;
mod project;
mod share;
mod template;
mod traffic;

pub use clause::{Names, REGION_CHARACTERS_MAX};
pub use delivery::{EventScope, whole_sources};
pub use demand::Share;
pub use deployed::DeployedBusRules;
pub use fit::PATTERN_CHARACTERS_MAX;
pub use pack::{BUS_RULES_MAX, BusFault, BusRule, BusRules, WILDCARD_RULES_MAX};
pub use share::Shares;
pub use template::{BEGIN, END, replaced, resources};
