//! The effects on AWS. Only this room speaks the SDK's language.

pub mod authorization;
mod chain;
pub mod client;
pub mod dynamodb;
pub mod lookups;
pub mod sns;

pub(crate) use chain::chain;
