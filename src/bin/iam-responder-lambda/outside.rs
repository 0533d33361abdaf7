//! Whom the function talks to: AWS, or in a dry run nobody but its log.

use iam_responder::alert::Message;
use iam_responder::aws::lookups::Aws;
use iam_responder::aws::sns::Sns;
use iam_responder::effects::offline::Offline;
use iam_responder::effects::{CalendarState, Calls, EffectError, Lookups, Publish, Whose};
use iam_responder::iam::account::Account;
use iam_responder::text::severity::Severity;
use jiff::Timestamp;

use super::detour::Detours;
use super::dry_run;

/// One of the two.
pub enum Outside {
    /// Topics and lookups of AWS.
    Aws {
        /// Takes the alerts.
        publish: Sns,
        /// Answers what events do not tell.
        lookups: Box<Aws>,
        /// Topics that get nothing, which alerts must say.
        detours: Detours,
    },
    /// Alerts go to the log; nothing is asked.
    DryRun,
}

/// The call of whichever looks up, as a future.
macro_rules! asked {
    ($outside:expr, $call:ident($($argument:expr),*)) => {
        match $outside {
            Outside::Aws { lookups, .. } => lookups.$call($($argument),*).await,
            Outside::DryRun => Offline.$call($($argument),*).await,
        }
    };
}

impl Outside {
    /// An alert did not come through, nor did what it said about where it goes.
    pub fn not_published(&self) {
        if let Self::Aws { detours, .. } = self {
            detours.say_again();
        }
    }
}

impl Publish for Outside {
    async fn publish(&self, topic_arn: &str, message: &Message) -> Result<(), EffectError> {
        match self {
            Self::Aws { publish, .. } => {
                let done = publish.publish(topic_arn, message).await;
                if done.is_err() {
                    self.not_published();
                }
                done
            }
            Self::DryRun => {
                dry_run::show(topic_arn, message);
                Ok(())
            }
        }
    }

    fn note(&self, severity: Severity) -> Option<String> {
        match self {
            Self::Aws { detours, .. } => detours.note(severity, Timestamp::now()),
            Self::DryRun => None,
        }
    }
}

impl Lookups for Outside {
    fn asks_about_accounts(&self) -> bool {
        match self {
            Self::Aws { lookups, .. } => lookups.asks_about_accounts(),
            Self::DryRun => false,
        }
    }

    async fn account(&self, account: &str) -> Result<Option<Account>, EffectError> {
        asked!(self, account(account))
    }

    async fn change_calendar(
        &self,
        name: &str,
        at: Timestamp,
    ) -> Result<Option<CalendarState>, EffectError> {
        asked!(self, change_calendar(name, at))
    }

    async fn calls(
        &self,
        account: &str,
        whose: &[Whose],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Option<Calls>, EffectError> {
        asked!(self, calls(account, whose, from, to))
    }
}
