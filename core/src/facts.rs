//! What follows from an event, in two steps: what it says by itself, and what it means once the world was asked.

mod automation;
mod bearer;
mod opened;
pub mod rights;
mod silencing;
mod strengthening;

mod intrinsic;

mod context;
mod open;

mod value;

pub use bearer::Bearer;
pub use context::{Context, Known, OpenedAccount, TagsBefore};
pub use intrinsic::Facts;
pub use open::Open;
pub use rights::{Back, RightsChange};
