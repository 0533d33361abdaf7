//! Publishing alerts.

use std::future::Future;

use super::error::EffectError;
use crate::alert::Message;

/// Publishes messages.
pub trait Publish {
    /// Sends one message to one topic. At least once: a message may arrive twice, never zero times
    /// where this returns `Ok`.
    fn publish(
        &self,
        topic_arn: &str,
        message: &Message,
    ) -> impl Future<Output = Result<(), EffectError>>;
}
