//! Properties of a call of any service: how it ended, and what CloudTrail omitted.

use super::record::Event;
use crate::iam::arn::{Arn, is_partition};
use crate::text::words::words;

words! {
    /// How a call ended.
    pub enum CallOutcome {
        /// It was carried out.
        Success = "success",
        /// The caller was not allowed to.
        Denied = "denied",
        /// It failed for another reason.
        Failure = "failure",
    }
}

/// How the call ended. Several spellings of "denied" occur, `VpceAccessDenied` of an endpoint's policy among them; a
/// failed sign-in has no `errorCode` at all, and one to Identity Center says so in `serviceEventDetails`. `Success` and
/// `0` are not errors: exports that rewrite records put them there. Source:
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html>
#[must_use]
pub fn call_outcome(event: &Event) -> CallOutcome {
    const DENIED: [&str; 8] = [
        "AccessDenied",
        "VpceAccessDenied",
        "AuthorizationError",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "Unauthorized",
        "UnauthorizedAccess",
        "NotAuthorized",
    ];
    const NO_ERROR: [&str; 2] = ["Success", "0"];
    let code = event.text("detail.errorCode");
    let Some(code) = code.filter(|code| !NO_ERROR.iter().any(|no| code.eq_ignore_ascii_case(no)))
    else {
        let call = event.name().unwrap_or_default();
        let said = |place| {
            let word = event.text(&format!("detail.{place}.{call}"));
            word.is_some_and(|word| word.eq_ignore_ascii_case("Failure"))
        };
        let failed = said("responseElements")
            || said("serviceEventDetails")
            || (code.is_none() && event.text("detail.errorMessage").is_some());
        return if failed { CallOutcome::Failure } else { CallOutcome::Success };
    };
    let bare = code.rsplit(['.', ':', '#']).next().unwrap_or(code);
    let denied = DENIED.iter().any(|word| bare.starts_with(word));
    if denied { CallOutcome::Denied } else { CallOutcome::Failure }
}

/// Does the call change nothing? The record's own word, else the name of the call. `AssumeRole` counts
/// as read-only to AWS.
#[must_use]
pub(crate) fn is_read_only(event: &Event) -> bool {
    const READING: [&str; 10] = [
        "Get", "List", "Describe", "Simulate", "Generate", "Lookup", "Head", "BatchGet", "Search",
        "Test",
    ];
    let by_name =
        || event.name().is_some_and(|name| READING.iter().any(|word| name.starts_with(word)));
    event.flag("detail.readOnly").unwrap_or_else(by_name)
}

/// `{"reason": "requestParameters too large", "omitted": true}`, also with `"true"` as text. A structure that stays a
/// text could not be read, as one that was cut.
#[must_use]
pub(crate) fn omitted(event: &Event) -> bool {
    event.flag("detail.requestParameters.omitted") == Some(true)
        || event
            .text("detail.requestParameters")
            .is_some_and(|text| text.trim_start().starts_with(['{', '[']))
}

/// The partition, from the caller's ARN, else from the Region.
#[must_use]
pub(crate) fn partition(event: &Event) -> &str {
    let arn = event.of_identity("arn").and_then(Arn::parse);
    let from_arn = arn.map(|arn| arn.partition).filter(|partition| is_partition(partition));
    from_arn.unwrap_or_else(|| match event.region().unwrap_or_default() {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        region if region.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    })
}
