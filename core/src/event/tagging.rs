//! Tags of accounts, as Organizations sets them.

use indexmap::IndexMap;

use super::record::Event;
use crate::iam::account::{AccountId, TAGS_MAX};

/// The account that an event tags or untags in Organizations.
#[must_use]
pub(crate) fn tagged(event: &Event) -> Option<AccountId> {
    let is_call = event.event_source() == Some("organizations.amazonaws.com")
        && matches!(event.name(), Some("TagResource" | "UntagResource"));
    event.parameter("resourceId").filter(|_| is_call).and_then(AccountId::parse)
}

/// The tags of the account that an event tags or untags, after it. If the tags before it are unknown, there are none,
/// which counts as production.
#[must_use]
pub fn tags_after(event: &Event, before: &IndexMap<String, String>) -> IndexMap<String, String> {
    let mut tags = before.clone();
    let given = event.parameter_value("tags").and_then(|tags| tags.as_array());
    for tag in given.into_iter().flatten().take(TAGS_MAX) {
        let text = |key: &str| tag.get(key).and_then(|value| value.as_str());
        if let Some(key) = text("key") {
            tags.insert(key.to_owned(), text("value").unwrap_or_default().to_owned());
        }
    }
    for key in tags_removed(event) {
        tags.shift_remove(key);
    }
    tags
}

/// The keys of the tags that the event takes off an account.
pub(crate) fn tags_removed(event: &Event) -> impl Iterator<Item = &str> {
    let keys = event.parameter_value("tagKeys").and_then(|keys| keys.as_array());
    keys.into_iter().flatten().filter_map(|key| key.as_str())
}
