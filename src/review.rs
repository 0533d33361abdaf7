//! Questions about the rules themselves: their own tests, what they cover, what EventBridge must deliver.

pub mod bus;
pub mod permissions;
pub mod rule_test;

pub mod coverage;
