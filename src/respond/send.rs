//! Sends an alert to the topics of its severity.

use futures_util::future::join_all;
use jiff::Timestamp;
use thiserror::Error;

use super::topics::Topics;
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
    topics: &Topics,
    alert: &Alert,
    now: Timestamp,
) -> Result<(), PublishFailed> {
    let detour = topics.detour(alert.severity, now);
    let noted = detour.map(|detour| alert.clone().noting(detour.clone()));
    let alert = noted.as_ref().unwrap_or(alert);
    let of = |topic: &TopicSpec| Message::new(alert, topic.format);
    let mut owing: Vec<(&TopicSpec, Message)> =
        topics.of(alert.severity).iter().map(|topic| (topic, of(topic))).collect();
    let mut failure = None;
    for _ in 0..PUBLISH_ATTEMPTS_MAX {
        let sending = owing.iter().map(|(topic, message)| publish.publish(&topic.arn, message));
        let published = join_all(sending).await;
        let mut failed = Vec::new();
        for (one, published) in owing.into_iter().zip(published) {
            if let Err(cause) = published {
                topics.say_again();
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
    use std::collections::BTreeMap;

    use super::*;
    use crate::effects::recorder::Recorder;
    use crate::event::Unreadable;
    use crate::site::Format;

    #[test]
    fn what_is_said_of_the_way_stands_in_one_message() {
        let alert = Alert::unreadable(&Unreadable::UnknownShape, None, None);
        let topic = TopicSpec { arn: "arn".to_owned(), format: Format::Text };
        let detours = BTreeMap::from([(alert.severity, "Another way.".into())]);
        let topics = Topics::new([(alert.severity, vec![topic])].into(), detours);
        let sent = Recorder::default();
        for _ in 0..2 {
            let now = Timestamp::UNIX_EPOCH;
            pollster::block_on(send(&sent, &topics, &alert, now)).unwrap();
        }
        let says: Vec<bool> =
            sent.take().iter().map(|(_, message)| message.body.contains("Another way.")).collect();
        assert_eq!(says, [true, false]);
    }
}
