//! What a rule, a site file or a test of a rule asks of an event that no event of AWS will ever have.
//!
//! Nothing here is refused: AWS adds calls, fields and words every week, so a person decides. For the same reason only what
//! is nearly a known word, or could be none, is told; that no word is near is no doubt.

mod keys;
mod names;

mod value;

mod asked;

pub use asked::{doubts, doubts_of_test};

#[cfg(test)]
mod tests;
