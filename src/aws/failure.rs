//! Failures of the SDK in the words of the ports.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::budget::Refused;
use super::client::CONFLICTS;
use crate::effects::{EffectError, ErrorKind};

/// An SDK error with what was tried.
pub(super) fn failed<E>(action: impl Into<String>, error: &SdkError<E, HttpResponse>) -> EffectError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    // Our own refusals need no words of the SDK around them.
    if let Some(refused) = causes(error).find_map(|cause| cause.downcast_ref::<Refused>()) {
        return EffectError::new(action, ErrorKind::NoAnswer, refused.to_string());
    }
    let status = error.raw_response().map(|response| response.status().as_u16());
    let kind = match error {
        SdkError::ServiceError(service) => kind_of(service.err().code().unwrap_or(""), status),
        // An unreadable answer is a gateway's, or the rest of it never came.
        SdkError::ResponseError(_) => kind_of("", status),
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) => ErrorKind::NoAnswer,
        _ => ErrorKind::Broken,
    };
    EffectError::new(action, kind, chain(error))
}

/// By the code of the service first: JSON protocols have HTTP 400 for nearly everything.
fn kind_of(code: &str, status: Option<u16>) -> ErrorKind {
    let says = |words: &[&str]| words.iter().any(|word| code.contains(word));
    if says(&["Throttl", "TooManyRequests", "ThroughputExceeded", "RequestLimitExceeded"]) {
        return ErrorKind::Throttled;
    }
    if says(&CONFLICTS) || code == "ConditionalCheckFailedException" {
        return ErrorKind::Conflict;
    }
    if says(&["AccessDenied", "AuthorizationError", "UnrecognizedClient", "ExpiredToken"]) {
        return ErrorKind::Denied;
    }
    if says(&["NotFound", "NoSuchEntity"]) {
        return ErrorKind::Gone;
    }
    match status {
        Some(401 | 403) => ErrorKind::Denied,
        Some(404) => ErrorKind::Gone,
        Some(409) => ErrorKind::Conflict,
        Some(429) => ErrorKind::Throttled,
        Some(400..=499) => ErrorKind::Broken,
        _ => ErrorKind::NoAnswer,
    }
}

/// An error and its causes, in one line.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut chained = String::new();
    for cause in causes(error) {
        let text = cause.to_string();
        // Wrappers often say what they wrap.
        if !chained.ends_with(&text) {
            if !chained.is_empty() {
                chained.push_str(": ");
            }
            chained.push_str(&text);
        }
    }
    chained
}

fn causes<'e>(
    error: &'e (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'e (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_service_counts_more_than_the_status() {
        for (code, status, want) in [
            ("AccessDeniedException", 400, ErrorKind::Denied),
            ("AuthorizationError", 403, ErrorKind::Denied),
            ("ThrottlingException", 400, ErrorKind::Throttled),
            ("Throttled", 429, ErrorKind::Throttled),
            ("ProvisionedThroughputExceededException", 400, ErrorKind::Throttled),
            ("ResourceNotFoundException", 400, ErrorKind::Gone),
            ("NotFound", 404, ErrorKind::Gone),
            ("TransactionConflictException", 400, ErrorKind::Conflict),
            ("ConditionalCheckFailedException", 400, ErrorKind::Conflict),
            ("", 409, ErrorKind::Conflict),
            ("ValidationException", 400, ErrorKind::Broken),
            ("InternalServerError", 500, ErrorKind::NoAnswer),
            ("", 502, ErrorKind::NoAnswer),
            // The head of an answer whose rest was lost.
            ("", 200, ErrorKind::NoAnswer),
        ] {
            assert_eq!(kind_of(code, Some(status)), want, "{code} {status}");
        }
        assert_eq!(kind_of("", None), ErrorKind::NoAnswer);
    }
}
