//! The site file: what an owner says about accounts, hours, known automation and topics.
//!
//! Detections stay as they came, so that an upgrade of the rules is a merge without conflicts.

pub mod calendar;
mod guarded;
mod pipeline;

mod spec;

mod compiled;

mod compile;
mod merge;

pub use compiled::{Adjustment, Environment, Site, Suppression, Times, check_topic_arn};
pub use guarded::GUARDED_MAX;
pub use spec::{
    AccountSpec, AdjustmentSpec, Defaults, EnvironmentSpec, Format, OverrideSpec, PRODUCTION,
    SiteSpec, SuppressionSpec, TopicSpec,
};
