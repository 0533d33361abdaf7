//! The effects on AWS. Only this room speaks the SDK's language.

pub mod budget;
pub mod client;

mod failure;

#[cfg(feature = "aws")]
pub mod authorization;
pub mod dynamodb;
pub mod lookups;
pub mod sns;
