//! An event as it came in: the EventBridge envelope with its CloudTrail record.
//!
//! The JSON is kept whole, because rules may look at any field; the accessors here read what the
//! product itself needs, and take a missing, empty or wrongly typed field as absent. Real records
//! break every rule that a strict type would impose (no `userIdentity`, empty `sessionIssuer`,
//! parameters as a string …).

mod id;
mod kinds;
mod principal_kind;
mod spelling;

mod record;

mod affected_account;
mod call;
pub mod input;
mod second;
mod tagging;

mod principal;

mod entity;

#[cfg(any(test, feature = "sample"))]
pub mod sample;

pub(crate) use affected_account::affected_account;
pub use call::{CallOutcome, call_outcome};
pub(crate) use call::{is_read_only, omitted, partition};
pub(crate) use entity::is_caller;
pub use entity::{Entity, entity};
pub use id::EventId;
pub use kinds::{DetailType, EventCategory, EventType};
pub(crate) use principal::{HIDDEN, invoked_by, own_ids, session_role};
pub use principal::{Issuer, MESSENGERS, Opener, Principal, Vouched, Voucher, caller, issuer};
pub use principal_kind::PrincipalKind;
pub(crate) use record::values_at;
pub use record::{EVENT_BYTES_MAX, EVENT_DEPTH_MAX, Event, Shape, Unreadable};
pub use second::SecondRecord;
pub(crate) use spelling::{IDENTITY_PATHS, RECORD_FIELDS, STRUCTURES};
pub use tagging::tags_after;
pub(crate) use tagging::{tagged, tags_removed};
