//! What belongs to this tool itself: decided by the name that it was deployed under, never by a word in
//! a rule.
//!
//! One table says where each service names a resource, and in which forms. Facts read it
//! (`derived.own`), and so do the bus rules that deliver the events for that fact.

mod field;

mod identity;

mod needs;

pub use field::{Form, NameOwner, OWN_FIELDS, OwnField};
pub use identity::{DEFAULT_NAME, Deployed, NAME_CHARS_MAX, Own, OwnUpdate, check_name};
