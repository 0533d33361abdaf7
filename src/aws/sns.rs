//! Publishing to SNS topics.

use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::error::SdkError;
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::types::MessageAttributeValue;

use super::budget::{Budget, Purpose};
use super::client::MissedByStandard;
use super::failure::failed;
use crate::alert::Message;
use crate::effects::{EffectError, Publish};

/// SNS as a publisher.
#[derive(Debug, Clone)]
pub struct Sns {
    client: Client,
}

impl Sns {
    /// A publisher over a shared configuration, within a budget.
    #[must_use]
    pub fn new(config: &SdkConfig, budget: &Budget) -> Self {
        let config = aws_sdk_sns::config::Builder::from(config)
            .retry_classifier(MissedByStandard)
            .interceptor(budget.limit(Purpose::Publish));
        Self { client: Client::from_conf(config.build()) }
    }

    /// Asks SNS whether a topic is there, without sending anything: one call of `GetTopicAttributes`.
    ///
    /// # Errors
    /// The topic does not exist, the role has no right to read it, or SNS does not answer.
    pub async fn look_at(&self, topic_arn: &str) -> Result<(), EffectError> {
        let answer = self.client.get_topic_attributes().topic_arn(topic_arn).send().await;
        let action = || format!("read the attributes of topic {topic_arn}");
        answer.map(|_| ()).map_err(|error| failed(action(), &error))
    }

    async fn send(
        &self,
        topic_arn: &str,
        message: &Message,
        subject: bool,
    ) -> Result<(), SdkError<PublishError>> {
        let mut request = self
            .client
            .publish()
            .topic_arn(topic_arn)
            .set_subject(subject.then(|| message.subject.clone()))
            .message(&message.body);
        if message.per_protocol {
            request = request.message_structure("json");
        }
        for (name, value) in &message.attributes {
            let value =
                MessageAttributeValue::builder().data_type("String").string_value(value).build();
            // A built value lacks nothing: its type is set above.
            if let Ok(value) = value {
                request = request.message_attributes(*name, value);
            }
        }
        request.send().await.map(|_| ())
    }
}

impl Publish for Sns {
    async fn publish(&self, topic_arn: &str, message: &Message) -> Result<(), EffectError> {
        let sent = match self.send(topic_arn, message, true).await {
            // Should SNS dislike a subject after all, an alert without one beats none.
            Err(error) if is_invalid(&error) => self.send(topic_arn, message, false).await,
            other => other,
        };
        sent.map_err(|error| failed(format!("publish to {topic_arn}"), &error))
    }
}

fn is_invalid(error: &SdkError<PublishError>) -> bool {
    error.as_service_error().is_some_and(PublishError::is_invalid_parameter_exception)
}
