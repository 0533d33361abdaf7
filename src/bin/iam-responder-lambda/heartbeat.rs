//! The heartbeat: could the function publish an alert now?
//!
//! Settings are read at the start, and a function whose settings are faulty fails here too. Table and
//! topics are asked at the same time, so that the heartbeat takes as long as the slowest call.

use std::future::Future;
use std::time::Duration;

use iam_responder::aws::sns::Sns;
use iam_responder::effects::{EffectError, ErrorKind, Notes, PriorState};
use tokio::task::JoinSet;

use super::function::Function;
use super::publisher::Publisher;

/// Time for all that is read.
const HEARTBEAT_MAX: Duration = Duration::from_secs(10);
/// The key of the note and of the register that are read from the table; each read needs another permission. Nothing is
/// stored under it: "absent" is an answer too.
const KEY: &str = "heartbeat";

/// Reads the table, and the attributes of every topic that the function may publish to. `true` if all answered. A
/// failure is logged with its remedy.
pub(crate) async fn beats(function: &Function, state: &(impl Notes + PriorState)) -> bool {
    // A dry run could not publish.
    let Publisher::Sns(sns) = &function.publish else { return false };
    let table = async {
        let keys = [KEY.to_owned()];
        let read = async { tokio::try_join!(state.note(KEY), state.registers(&keys)) };
        let read = within(HEARTBEAT_MAX, "read the table", read).await;
        read.map(|_| ()).map_err(|error| {
            let what_to_do = "the table must exist and be active, and the function's role must have \
                              dynamodb:GetItem and dynamodb:BatchGetItem on it and kms:Decrypt on its key";
            tracing::error!(%error, what_to_do, "no heartbeat: the table cannot be read");
        })
    };
    let (table, topics) = tokio::join!(table, topics(sns, &function.publishable));
    table.is_ok() && topics
}

/// Are all topics there?
async fn topics(sns: &Sns, arns: &[String]) -> bool {
    let mut asked = JoinSet::new();
    for arn in arns {
        let (sns, arn) = (sns.clone(), arn.clone());
        asked.spawn(async move {
            let action = format!("read the attributes of topic {arn}");
            within(HEARTBEAT_MAX, &action, sns.look_at(&arn)).await
        });
    }
    let mut all = true;
    while let Some(answer) = asked.join_next().await {
        let error = match answer {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        all = false;
        let what_to_do = "the topic must exist in the function's Region, and the function's role must \
                          have sns:GetTopicAttributes on it";
        tracing::error!(error, what_to_do, "no heartbeat: a topic cannot be read");
    }
    all
}

async fn within<T>(
    most: Duration,
    action: &str,
    call: impl Future<Output = Result<T, EffectError>>,
) -> Result<T, EffectError> {
    tokio::time::timeout(most, call).await.unwrap_or_else(|_| {
        let cause = format!("no answer within {} ms", most.as_millis());
        Err(EffectError::new(action, ErrorKind::NoAnswer, cause))
    })
}
