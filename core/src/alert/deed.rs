//! What a call did or tried to do, as a sentence with its target.

mod fill;
mod parameter;
mod phrase;
mod say;
mod thing;
mod value;
mod verb;

pub(super) use say::deed;
pub(super) use verb::Tense;
