//! The effects on AWS. Only this room speaks the SDK's language.

#[cfg(feature = "aws")]
pub mod authorization;
pub mod budget;
pub mod client;
pub mod dynamodb;
mod failure;
pub mod lookups;
pub mod sns;
