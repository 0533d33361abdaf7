//! From facts to a decision: which rules match, what they ask of the events before, how loud an alert is, and what
//! keeps it quiet. One pure path, which the function, `respond`, `explain` and the rules' own tests share.

mod content;
mod reason;

pub mod fingerprint;

mod question;

pub mod decide;

mod assessment;
pub mod engine;
mod pack_files;

pub use assessment::{Assessment, Opened, Recognised};
pub use content::content;
pub use pack_files::PackFiles;
pub use question::{Count, Follow, Question};
pub use reason::Reason;
