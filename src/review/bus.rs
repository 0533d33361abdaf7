//! The bus rules: what EventBridge must deliver, so that the enabled rules see what they look for.
//!
//! A rule matches facts that EventBridge does not have (`derived`), and may exceed its limits: a pattern has at most
//! [`PATTERN_CHARACTERS_MAX`] characters and a complexity of [`COMPLEXITY_MAX`](crate::pattern::COMPLEXITY_MAX). So
//! each rule is *projected* onto fields that a bus rule can match: service and names of calls, and further fields only
//! if a call is busy or nothing else limits the events. A projection may deliver more than the rule matches, never
//! less. Projections that fit together are packed into one bus rule.
//!
//! Sources that are delivered whole, busy calls and reads of everyday work are a table, `bus/traffic.tsv`.

mod clause;
mod traffic;

mod delivery;
mod fit;
mod project;

mod demand;
mod group;

mod pack;

mod deployed;
mod share;
mod template;

pub use clause::{Names, REGION_CHARACTERS_MAX};
pub use delivery::{EventScope, whole_sources};
pub use demand::Share;
pub use deployed::DeployedBusRules;
pub use fit::PATTERN_CHARACTERS_MAX;
pub use pack::{BUS_RULES_MAX, BusFault, BusRule, BusRules, WILDCARD_RULES_MAX};
pub use share::Shares;
pub use template::{BEGIN, END, replaced, resources};
