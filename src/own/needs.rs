//! What the tool calls, and those who hand it events: without these calls nobody is told anything.

use super::identity::Own;
use crate::iam::arn::Arn;
use crate::iam::policy::Request;
use crate::text::severity::Severity;

/// What the function asks of its table for each event.
const OF_TABLE: [&str; 4] =
    ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query"];
const OF_KEY: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];

/// The Region where events of IAM and Organizations come to be.
const GLOBAL_REGION: &str = "us-east-1";

/// What every request of a role bears.
fn common() -> impl Iterator<Item = (&'static str, String)> {
    let keys = [
        ("aws:principalisawsservice", "false"),
        ("aws:principaltype", "AssumedRole"),
        ("aws:securetransport", "true"),
    ];
    keys.into_iter().map(|(key, value)| (key, value.to_owned()))
}

impl Own {
    /// The calls without which no alert goes out, or none comes to be told. Where the stack's ID is not known,
    /// neither is what they are about.
    #[must_use]
    pub fn needs(&self) -> Vec<Request> {
        let arn = self.stack_arn();
        let keys = self.keys(arn.as_ref());
        let of =
            |action, resource: Option<String>| Request { action, resource, keys: keys.clone() };
        let own = |service: &str, rest: String| {
            let Arn { partition, region, account, .. } = arn.as_ref()?;
            Some(format!("arn:{partition}:{service}:{region}:{account}:{rest}"))
        };
        let name = self.name();
        let topics =
            Severity::ALL.map(|severity| own("sns", format!("{name}-{}", severity.word())));
        let mut needs: Vec<Request> = topics.map(|topic| of("sns:Publish", topic)).into();
        // The template ends the table's name as the stack's ID ends.
        let end = arn.as_ref().and_then(|arn| arn.resource.rsplit('-').next());
        let table = end.and_then(|end| own("dynamodb", format!("table/{name}-state-{end}")));
        needs.extend(OF_TABLE.map(|action| of(action, table.clone())));
        needs.push(of("sqs:SendMessage", own("sqs", format!("{name}-on-failure"))));
        if let Some(key) = self.key() {
            needs.extend(OF_KEY.map(|action| of(action, Some(key.to_owned()))));
        }
        // Other accounts and Regions hand their events on by roles of their own; those of IAM come from one Region.
        let here = arn.as_ref().map(|arn| arn.region);
        needs.extend(here.into_iter().chain([GLOBAL_REGION]).map(|region| Request {
            action: "events:PutEvents",
            resource: None,
            keys: common().chain([("aws:requestedregion", region.to_owned())]).collect(),
        }));
        needs
    }

    /// Of the function's requests. Its role has the path that its owner chose.
    fn keys(&self, stack: Option<&Arn<'_>>) -> Vec<(&'static str, String)> {
        let mut keys: Vec<_> = common().collect();
        if let Some(Arn { partition, region, account, .. }) = stack {
            let role =
                format!("arn:{partition}:iam::{account}:role/{}-function-{region}", self.name());
            keys.push(("aws:principalaccount", (*account).to_owned()));
            keys.push(("aws:principalarn", role));
            keys.push(("aws:requestedregion", (*region).to_owned()));
        }
        keys
    }

    /// Account of the stack, where its ID is known.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.stack_arn().map(|arn| arn.account)
    }
}
