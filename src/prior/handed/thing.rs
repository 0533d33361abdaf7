//! The things that roles are given to, and who gives.

use serde_json::Value as Json;

use crate::arn::{Arn, AwsRole};
use crate::event::Event;

/// The thing that is given a role, by all names and IDs of the call, so that another is never taken for it.
/// What a call makes anew was given nothing before.
pub(super) fn thing(event: &Event, source: &str, call: &str) -> Option<String> {
    // A new revision of a task or job is the same task or job.
    const CHANGING: [&str; 5] = ["Update", "Put", "Set", "Modify", "Register"];
    let changes = CHANGING.iter().any(|verb| call.starts_with(verb)) || call == "CreateChangeSet";
    let told = match deploying_role(event) {
        // Who deploys hands its stacks one role, day by day.
        Some(role) if source == "cloudformation.amazonaws.com" && !call.contains("StackSet") => {
            format!("by {role}")
        }
        _ if changes => identifying(event.value("detail.requestParameters")?)?,
        _ => return None,
    };
    Some(format!("thing {source} {} {told}", event.region().unwrap_or_default()))
}

/// Who calls, whatever the session is called.
pub(super) fn caller(event: &Event) -> Option<&str> {
    event
        .text("detail.userIdentity.sessionContext.sessionIssuer.arn")
        .or_else(|| event.text("detail.userIdentity.arn"))
        .or_else(|| event.text("detail.userIdentity.invokedBy"))
}

/// The role whose session calls, unless a person's.
fn deploying_role(event: &Event) -> Option<&str> {
    let role = event.text("detail.userIdentity.sessionContext.sessionIssuer.arn")?;
    let person = matches!(Arn::parse(role)?.aws_role(), Some(AwsRole::PermissionSet(_)));
    (!person && event.text("detail.userIdentity.type") == Some("AssumedRole")).then_some(role)
}

/// All names and IDs of a call, but those that tooling makes up for each.
pub(super) fn identifying(parameters: &Json) -> Option<String> {
    const ENDS: [&str; 7] = ["name", "id", "arn", "alias", "family", "rule", "identifier"];
    const FLEETING: [&str; 3] = ["changesetname", "revisionid", "versionid"];
    let mut told: Vec<String> = Vec::new();
    for (key, value) in parameters.as_object()? {
        let key = key.to_ascii_lowercase();
        let counts = ENDS.iter().any(|end| key.ends_with(end))
            && !key.ends_with("rolearn")
            && !FLEETING.contains(&key.as_str());
        told.extend(value.as_str().filter(|_| counts).map(|text| format!("{key} {text:?}")));
    }
    told.sort();
    (!told.is_empty()).then(|| told.join(" "))
}
