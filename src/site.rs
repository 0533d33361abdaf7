//! The site file: what an owner says about accounts, hours, known automation and topics.
//!
//! Detections stay as they came, so that an upgrade of the rules is a merge without conflicts.

pub mod calendar;
mod compile;
mod compiled;
mod guarded;
mod merge;
mod pipeline;
mod spec;

pub use compiled::{
    Adjustment, Environment, EnvironmentChange, Site, Suppression, Times, check_topic_arn,
};
pub use guarded::{GUARDED_MAX, Guarded, GuardedEntities};
pub use spec::{
    AccountSpec, AdjustmentSpec, Defaults, EnvironmentSpec, Format, OverrideSpec, PRODUCTION,
    SiteSpec, SuppressionSpec, TopicSpec,
};
