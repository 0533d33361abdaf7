//! What an event gives: the policy document or managed policy it carries or names, judged, and against the
//! one before.

mod back;
mod contain;
mod denial;
mod held;
mod how;
mod trust;

mod change;
mod limits;

mod together;

pub use back::Back;
pub(crate) use change::rights;
pub use change::{DocumentsBefore, Rights};
pub use held::HandedOver;
pub use how::RightsChange;
pub use limits::LimitChange;
pub(crate) use limits::limit_change;
pub(crate) use together::holds_little;
