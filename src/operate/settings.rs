//! The function's settings, from its environment: a pure function of name and value.

mod topics;

mod form;

mod environment;

pub use environment::{
    BOUNDARY, DEPLOYMENT_ROLES, DRY_RUN, KEY, LAMBDA_LOG_LEVEL, LOG_LEVEL, LOOK_UP_ACCOUNTS,
    LOOK_UP_HISTORY, NAME, REGION, REPEAT_AFTER_MINUTES, RULES, Routes, STACK, Settings,
    SettingsError, TABLE, TOPIC_PREFIX,
};
pub use form::{
    DEPLOYMENT_ROLES_MAX, REPEAT_AFTER_MINUTES_MAX, check_key, check_policy, region,
    roles as deployment_roles,
};
pub use topics::{PublishableTopics, Refusal, TOPICS, TOPICS_MAX, TopicList};
