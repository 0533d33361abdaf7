//! Publishing into memory: dry run and test fake.

use std::sync::Mutex;

use super::error::EffectError;
use super::lock::lock;
use super::publish::Publish;
use crate::alert::Message;

/// Keeps what would have been sent.
#[derive(Debug, Default)]
pub struct Recorder {
    sent: Mutex<Vec<(String, Message)>>,
}

impl Recorder {
    /// What has been sent since the last call, by topic.
    pub fn take(&self) -> Vec<(String, Message)> {
        std::mem::take(&mut *lock(&self.sent))
    }
}

impl Publish for Recorder {
    async fn publish(&self, topic_arn: &str, message: &Message) -> Result<(), EffectError> {
        lock(&self.sent).push((topic_arn.to_owned(), message.clone()));
        Ok(())
    }
}
