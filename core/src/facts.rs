//! What follows from an event, in two steps: what it says by itself, and what it means once the world was asked.

mod automation;
mod opened;
mod protected;
pub mod rights;
mod silencing;
mod strengthening;

mod intrinsic;

mod context;
mod pending;

mod value;

pub use context::{AffectedAccount, Context, Known, TagsBefore};
pub use intrinsic::Facts;
pub use pending::Pending;
pub use protected::Protected;
pub use rights::{Back, HandedOver, LimitChange, RightsChange};
