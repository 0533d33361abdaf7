//! Raw fields of `userIdentity`.

use crate::event::{Event, PrincipalKind};

/// The text that CloudTrail writes in place of a hidden name.
pub(crate) const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// A text below `userIdentity`.
pub(super) fn text<'e>(event: &'e Event, path: &str) -> Option<&'e str> {
    event.of_identity(path)
}

/// ARN of the issuer of the caller's session: of a role, with its path, or of a user.
#[must_use]
pub fn issuer(event: &Event) -> Option<&str> {
    text(event, "sessionContext.sessionIssuer.arn")
}

/// ARN of the role whose session calls, as AWS writes the issuer of the session.
#[must_use]
pub(crate) fn session_role(event: &Event) -> Option<&str> {
    issuer(event).filter(|_| kind_word(event) == PrincipalKind::AssumedRole.word())
}

/// The service that made the call for somebody, as AWS says, and not by the address that it came from.
#[must_use]
pub(crate) fn invoked_by(event: &Event) -> Option<&str> {
    text(event, "invokedBy")
}

/// The caller without the session name: an ARN, else a service.
#[must_use]
pub fn caller(event: &Event) -> Option<&str> {
    issuer(event).or_else(|| text(event, "arn")).or_else(|| invoked_by(event))
}

/// Unique IDs of the caller and of the issuer of the session, if they belong to the account of the event.
#[must_use]
pub(crate) fn own_ids(event: &Event) -> Vec<&str> {
    let at_home = event.account().is_some() && text(event, "accountId") == event.account();
    let paths = ["principalId", "sessionContext.sessionIssuer.principalId"];
    let ids = paths.into_iter().filter(|_| at_home).filter_map(|path| text(event, path));
    ids.map(unique_id).collect()
}

/// The part after the colon is the session name, which the caller chose.
pub(super) fn unique_id(principal_id: &str) -> &str {
    principal_id.split(':').next().unwrap_or(principal_id)
}

/// `userIdentity.type`, or the field that replaces it.
pub(super) fn kind_word(event: &Event) -> &str {
    let given = text(event, "type");
    let service =
        event.text("detail.eventType") == Some("AwsServiceEvent") || invoked_by(event).is_some();
    let unsaid = if service { PrincipalKind::AwsService } else { PrincipalKind::Unknown };
    given.unwrap_or(unsaid.word())
}
