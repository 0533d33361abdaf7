//! Calls of the tool, and of the services that send it events: without these calls nobody gets an alert.

use super::identity::Own;
use crate::iam::arn::Arn;
use crate::iam::policy::Request;
use crate::text::severity::Severity;

/// The calls on the table that the function makes for each event.
const OF_TABLE: [&str; 5] = [
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:Query",
];
const OF_KEY: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];
/// The Region where events of IAM and Organizations come to be.
const GLOBAL_REGION: &str = "us-east-1";
/// Keys that requests of a function do not bear: sessions of machines and of people do.
const ABSENT: [&str; 6] = [
    "aws:ec2instancesourceprivateipv4",
    "aws:ec2instancesourcevpc",
    "aws:multifactorauthpresent",
    "aws:principalservicename",
    "ec2:roledelivery",
    "ec2:sourceinstancearn",
];

type Keys = Vec<(&'static str, String)>;

/// The Region and account of the stack, and its organization.
struct Here<'o> {
    stack: Option<Arn<'o>>,
    organization: Option<&'o str>,
}

impl Here<'_> {
    /// ARN of a thing of the stack's account and Region.
    fn arn(&self, service: &str, rest: &str) -> Option<String> {
        Some(self.stack?.of(service, rest).to_string())
    }

    /// Keys that every request of any caller bears.
    fn common(&self, by_service: bool) -> Keys {
        let mut keys = vec![
            ("aws:principalisawsservice", by_service.to_string()),
            ("aws:securetransport", "true".to_owned()),
            // It is unknown which organization it is; it is the same for the tool's own resources.
            ("aws:resourceorgid", self.organization.unwrap_or_default().to_owned()),
        ];
        if let Some(Arn { account, .. }) = &self.stack {
            keys.push(("aws:resourceaccount", (*account).to_owned()));
        }
        keys.retain(|(_, value)| !value.is_empty());
        keys
    }

    /// Condition keys of every request of a role of the tool.
    fn of_role(&self) -> Keys {
        let mut keys = self.common(false);
        keys.push(("aws:principaltype", "AssumedRole".to_owned()));
        keys.extend(
            self.organization.map(|organization| ("aws:principalorgid", organization.to_owned())),
        );
        keys
    }
}

impl Own {
    /// The calls without which no alert is sent, or no event arrives: those of roles, and those of AWS's services,
    /// which a resource control policy also limits. If the stack's ID is unknown, so are their resources.
    #[must_use]
    pub(crate) fn needs(&self, organization: Option<&str>, of_services: bool) -> Vec<Request> {
        let here = Here { stack: self.stack_arn(), organization };
        let mut needs = self.needs_of_function(&here);
        // Other accounts and Regions hand their events on by roles of their own; events of IAM come from one Region.
        let own_region = here.stack.as_ref().map(|arn| arn.region);
        needs.extend(own_region.into_iter().chain([GLOBAL_REGION]).map(|region| Request {
            action: "events:PutEvents",
            resource: None,
            keys: [here.of_role(), vec![("aws:requestedregion", region.to_owned())]].concat(),
            absent: &ABSENT,
        }));
        if of_services {
            needs.extend(self.needs_of_services(&here));
        }
        needs
    }

    fn needs_of_function(&self, here: &Here<'_>) -> Vec<Request> {
        let mut keys = here.of_role();
        if let Some(Arn { region, account, .. }) = &here.stack {
            keys.push(("aws:principalaccount", (*account).to_owned()));
            keys.push(("aws:requestedregion", (*region).to_owned()));
        }
        keys.extend(self.role().map(|role| ("aws:principalarn", role.to_owned())));
        let of = |action, resource: Option<String>| Request {
            action,
            resource,
            keys: keys.clone(),
            absent: &ABSENT,
        };
        let name = self.name();
        let topic = |severity: Severity| here.arn("sns", &format!("{name}-{}", severity.word()));
        let mut needs: Vec<Request> =
            Severity::ALL.map(|severity| of("sns:Publish", topic(severity))).into();
        // The template ends the table's name as the stack's ID ends.
        let end = here.stack.as_ref().and_then(|arn| arn.name().rsplit('-').next());
        let table = end.and_then(|end| here.arn("dynamodb", &format!("table/{name}-state-{end}")));
        needs.extend(OF_TABLE.map(|action| of(action, table.clone())));
        needs.push(of("sqs:SendMessage", here.arn("sqs", &format!("{name}-on-failure"))));
        if let Some(key) = self.key() {
            needs.extend(OF_KEY.map(|action| of(action, Some(key.to_owned()))));
        }
        needs
    }

    /// Lambda takes on the function's role, and EventBridge leaves in a queue what it cannot deliver.
    fn needs_of_services(&self, here: &Here<'_>) -> [Request; 2] {
        let of = |action, resource, service: &str| {
            let mut keys = vec![("aws:principalservicename", service.to_owned())];
            keys.extend(here.organization.map(|own| ("aws:sourceorgid", own.to_owned())));
            let account = here.stack.as_ref().map(|arn| arn.account.to_owned());
            keys.extend(account.map(|account| ("aws:sourceaccount", account)));
            Request { action, resource, keys: [here.common(true), keys].concat(), absent: &[] }
        };
        let letters = here.arn("sqs", &format!("{}-bus-dead-letters", self.name()));
        [
            of("sts:AssumeRole", self.role().map(str::to_owned), "lambda.amazonaws.com"),
            of("sqs:SendMessage", letters, "events.amazonaws.com"),
        ]
    }

    /// Account in which it is deployed, where the stack's ID or the function's role says so.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        let role = || self.role().and_then(Arn::parse);
        self.stack_arn().or_else(role)?.account_id()
    }
}
