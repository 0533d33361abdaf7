//! Sends an alert to the topics of its severity.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use thiserror::Error;

use crate::alert::{Alert, Message, shown_name};
use crate::effects::{EffectError, Publish};
use crate::site::TopicSpec;
use crate::text::severity::Severity;

/// Attempts to publish one message, beyond the SDK's own.
pub const PUBLISH_ATTEMPTS_MAX: u32 = 2;

/// An alert that could not be delivered. The invocation must fail, so that Lambda retries and the
/// event ends in the on-failure queue rather than nowhere.
#[derive(Debug, Error)]
#[error("alert {severity} `{title}` for event {event_id} was not published: {cause}")]
pub struct PublishFailed {
    /// How loud it would have been.
    pub severity: Severity,
    /// Its title.
    pub title: String,
    /// Event it is about.
    pub event_id: String,
    /// What failed.
    pub cause: EffectError,
}

/// Sends to every topic of the severity at once, each once before any is tried again. A topic that stays failed does
/// not keep the alert from the others, but fails the whole.
///
/// # Errors
/// A topic did not get it.
pub async fn send<P: Publish>(
    publish: &P,
    topics: &BTreeMap<Severity, Vec<TopicSpec>>,
    alert: &Alert,
) -> Result<(), PublishFailed> {
    let noted = publish.note(alert.severity).map(|note| alert.clone().noting(note));
    let alert = noted.as_ref().unwrap_or(alert);
    let topics = topics.get(&alert.severity).into_iter().flatten();
    let mut owing: Vec<(&TopicSpec, Message)> =
        topics.map(|topic| (topic, Message::new(alert, topic.format))).collect();
    let mut failure = None;
    for _ in 0..PUBLISH_ATTEMPTS_MAX {
        let sending = owing.iter().map(|(topic, message)| publish.publish(&topic.arn, message));
        let published = join_all(sending).await;
        let mut failed = Vec::new();
        for (one, published) in owing.into_iter().zip(published) {
            if let Err(cause) = published {
                failure = Some(cause);
                failed.push(one);
            }
        }
        owing = failed;
    }
    match failure.filter(|_| !owing.is_empty()) {
        None => Ok(()),
        Some(cause) => Err(PublishFailed {
            severity: alert.severity,
            title: alert.title.shown(),
            event_id: shown_name(alert.event.id.as_ref())
                .unwrap_or_else(|| "without ID".to_owned()),
            cause,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::recorder::Recorder;
    use crate::event::Unreadable;
    use crate::site::Format;

    /// Says something of every alert.
    struct Noting(Recorder);

    impl Publish for Noting {
        async fn publish(&self, topic_arn: &str, message: &Message) -> Result<(), EffectError> {
            self.0.publish(topic_arn, message).await
        }

        fn note(&self, severity: Severity) -> Option<String> {
            Some(format!("Another way for {severity}."))
        }
    }

    #[test]
    fn what_the_publisher_says_of_the_way_stands_in_the_message() {
        let alert = Alert::unreadable(&Unreadable::UnknownShape, None, None);
        let topic = TopicSpec { arn: "arn".to_owned(), format: Format::Text };
        let topics = [(alert.severity, vec![topic])].into();
        let noting = Noting(Recorder::default());
        pollster::block_on(send(&noting, &topics, &alert)).unwrap();
        pollster::block_on(send(&noting.0, &topics, &alert)).unwrap();
        let sent = noting.0.take();
        let says =
            |at: usize| sent[at].1.body.contains(&format!("Another way for {}.", alert.severity));
        assert_eq!((says(0), says(1)), (true, false));
    }
}
