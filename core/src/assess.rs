//! From facts to a decision: which rules match, what they need to know of earlier events, how loud an alert is, and
//! what keeps it quiet. One pure path, which the function, `respond`, `explain` and the rules' own tests share.

mod content;
mod gravity;

mod fingerprint;
mod reason;

pub mod decide;
mod question;
mod repetition;

mod assessment;

mod by_itself;
pub mod engine;

mod pack_files;

pub use assessment::{Ahead, Assessment, Recognised, Screened};
pub use by_itself::ByItself;
pub use gravity::{Gravity, Untimed};
pub use pack_files::PackFiles;
pub use question::{Count, Follow, Question, SequenceStep};
pub use reason::Reason;
pub use repetition::{Again, Claiming, Repetition};
