//! AWS without any event: its names, its calls, and the meaning of its policies.

pub mod account;
pub mod action;
pub mod kind;
pub mod region;
pub mod table;

pub mod arn;
pub mod catalogue;

pub mod entity;
pub mod policy;
