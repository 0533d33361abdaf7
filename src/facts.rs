//! What follows from an event: `derived`, as rules see it.

mod automation;
mod bearer;
mod derived;
mod opened;
pub mod rights;
mod silencing;

pub use automation::Automation;
pub use bearer::Bearer;
pub use derived::{Facts, Known, acted_upon, renamable};
