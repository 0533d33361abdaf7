//! Publishing into memory: dry run, test fake and fault injector.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::error::{EffectError, ErrorKind};
use super::lock::lock;
use super::publish::Publish;
use crate::alert::Message;

/// Keeps what would have been sent, and fails on demand.
#[derive(Debug, Default)]
pub struct Recorder {
    sent: Mutex<Vec<(String, Message)>>,
    faults: Mutex<VecDeque<bool>>,
}

impl Recorder {
    /// A recorder that lets the next calls fail (`true`) or pass (`false`), and then all pass.
    #[must_use]
    pub fn failing(faults: impl IntoIterator<Item = bool>) -> Self {
        Self { faults: Mutex::new(faults.into_iter().collect()), ..Self::default() }
    }

    /// What has been sent since the last call, by topic.
    pub fn take(&self) -> Vec<(String, Message)> {
        std::mem::take(&mut *lock(&self.sent))
    }
}

impl Publish for Recorder {
    async fn publish(&self, topic_arn: &str, message: &Message) -> Result<(), EffectError> {
        let fails = lock(&self.faults).pop_front();
        if fails == Some(true) {
            let action = format!("publish to {topic_arn}");
            return Err(EffectError::new(action, ErrorKind::Broken, "injected"));
        }
        lock(&self.sent).push((topic_arn.to_owned(), message.clone()));
        Ok(())
    }
}
