//! Whether a policy of the organization takes from the tool what it needs.
//!
//! Control policies bind whole accounts, and no policy of the account itself shows it.
//! Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_authorization_policies.html>

use crate::event::{CallOutcome, Event};
use crate::iam::policy::PolicyDocument;
use crate::own::Own;
use crate::prior::Prior;
use crate::site::Site;

/// AWS's own, which forbid nothing.
const OF_AWS: [&str; 2] = ["p-FullAWSAccess", "p-RCPFullAWSAccess"];

/// May the policy that is made, changed or attached forbid what the tool needs? One that nobody saw may, where it
/// is attached to the tool's own account.
pub(super) fn silences(
    event: &Event,
    outcome: CallOutcome,
    attached: &Prior,
    site: &Site,
    own: &Own,
) -> bool {
    let of_organization = event.event_source() == Some("organizations.amazonaws.com");
    if !of_organization || outcome != CallOutcome::Success {
        return false;
    }
    // Only what binds resources says whom, and services with them.
    let forbids = |document: &PolicyDocument| {
        let needs = own.needs(site.organization(), document.says_who());
        needs.iter().any(|request| document.may_forbid(request))
    };
    match event.name() {
        Some("CreatePolicy" | "UpdatePolicy") => {
            let content = event.parameter_value("content");
            content.and_then(PolicyDocument::from_field).is_some_and(|document| forbids(&document))
        }
        Some("AttachPolicy" | "DetachPolicy") => {
            let of_aws = event.parameter("policyId").is_some_and(|id| OF_AWS.contains(&id));
            // What allows everything is taken off: only what another one allows is left.
            if of_aws && event.name() == Some("DetachPolicy") {
                return true;
            }
            let mut known = attached.possible().iter();
            let here = own.account().is_some() && event.parameter("targetId") == own.account();
            let unseen = attached.why().is_some() && here && !of_aws;
            // A policy that limits chat keeps alerts out of it. Whether it does matters only when it is detached.
            let detached = event.name() == Some("DetachPolicy");
            let mutes = |text: &str| detached && is_about_chat(text);
            let denies = |text: &str| PolicyDocument::parse(text).is_some_and(|one| forbids(&one));
            unseen || known.any(|text| mutes(text) || denies(text))
        }
        _ => false,
    }
}

/// Is it a chat applications policy? The type of a policy is not in the event that attaches or detaches it.
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_chatbot_syntax.html>
fn is_about_chat(text: &str) -> bool {
    serde_json::from_str(text).is_ok_and(|json: serde_json::Value| json.get("chatbot").is_some())
}
