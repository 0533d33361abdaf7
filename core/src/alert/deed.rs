//! What a call did or tried to do, as a sentence with its target.

mod phrase;
mod thing;
mod value;
mod verb;

mod fill;
mod parameter;

mod say;

pub(super) use say::deed;
pub(super) use verb::Tense;
