//! The function's settings, from its environment: a pure function of name and value.

mod environment;
mod form;
mod reach;

pub use environment::{
    BOUNDARY, DEPLOYMENT_ROLES, DEPLOYMENT_ROLES_MAX, DRY_RUN, KEY, LAMBDA_LOG_LEVEL, LOG_LEVEL,
    LOOK_UP_ACCOUNTS, LOOK_UP_HISTORY, NAME, REGION, REPEAT_AFTER_MINUTES,
    REPEAT_AFTER_MINUTES_MAX, RULES, Routes, STACK, Settings, SettingsError, TABLE, TOPIC_PREFIX,
    TOPICS,
};
pub use form::{check_key, check_policy, check_region, roles as deployment_roles};
pub use reach::{Reach, Refusal, TOPICS_MAX, TopicList};
