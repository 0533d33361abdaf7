//! Where alerts go: to SNS, or in a dry run to the log.

use iam_responder::alert::Message;
use iam_responder::aws::sns::Sns;
use iam_responder::effects::{EffectError, Publish};

use super::dry_run;

/// One of the two.
pub(crate) enum Publisher {
    /// Topics of SNS.
    Sns(Sns),
    /// The log: a dry run.
    Log,
}

impl Publish for Publisher {
    async fn publish(&self, topic_arn: &str, message: &Message) -> Result<(), EffectError> {
        match self {
            Self::Sns(sns) => sns.publish(topic_arn, message).await,
            Self::Log => {
                dry_run::show(topic_arn, message);
                Ok(())
            }
        }
    }
}
