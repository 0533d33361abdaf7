//! Where alerts go: to SNS, or in a dry run to the log.

use iam_responder::alert::Message;
use iam_responder::aws::sns::Sns;
use iam_responder::effects::{EffectError, Publish};
use iam_responder::text::severity::Severity;
use jiff::Timestamp;

use super::detour::Detours;
use super::dry_run;

/// One of the two.
pub(crate) enum Publisher {
    /// Topics of SNS.
    Sns {
        /// Takes the alerts.
        sns: Sns,
        /// Topics that cannot be published to, which alerts must say.
        detours: Detours,
    },
    /// The log: a dry run.
    Log,
}

impl Publish for Publisher {
    async fn publish(&self, topic_arn: &str, message: &Message) -> Result<(), EffectError> {
        match self {
            Self::Sns { sns, detours } => {
                let done = sns.publish(topic_arn, message).await;
                if done.is_err() {
                    detours.say_again();
                }
                done
            }
            Self::Log => {
                dry_run::show(topic_arn, message);
                Ok(())
            }
        }
    }

    fn note(&self, severity: Severity) -> Option<String> {
        match self {
            Self::Sns { detours, .. } => detours.note(severity, Timestamp::now()),
            Self::Log => None,
        }
    }
}
