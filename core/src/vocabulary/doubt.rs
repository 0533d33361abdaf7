//! Values and fields that a rule, a site file or a test of a rule expects, but no event of AWS will ever have.
//!
//! Nothing here is refused: AWS adds calls, fields and words every week, so a person decides. For the same reason an
//! unknown word is reported only if it is similar to a known word, or has a form that no such word can have.

mod keys;

mod names;

mod calls;

mod value;

mod asked;

pub use asked::{doubts, doubts_of_test};

#[cfg(test)]
mod tests;
