//! Facts about an account: name, tags.

use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Most tags of an account: Organizations allows 50.
pub const TAGS_MAX: usize = 50;

/// Name and tags of an account, as looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Name in Organizations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Tags in Organizations. `None` if they are unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<IndexMap<String, String>>,
}

/// Is this the ID of an account: twelve digits?
#[must_use]
pub(crate) fn is_id(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// ID of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountId([u8; 12]);

impl AccountId {
    /// `None` if it is not twelve digits.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        id.as_bytes().try_into().ok().filter(|_| is_id(id)).map(Self)
    }

    /// As AWS writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// ID of an organization: `o-` and ten to 32 small letters or digits.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html>
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = "^o-[a-z0-9]{10,32}$")))]
pub struct OrganizationId(String);

impl OrganizationId {
    /// As AWS writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OrganizationId {
    type Error = String;

    fn try_from(id: String) -> Result<Self, String> {
        let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        match id.strip_prefix("o-") {
            Some(rest) if (10..=32).contains(&rest.len()) && rest.bytes().all(fine) => Ok(Self(id)),
            _ => Err(format!("`{id}` is not an organization ID; write it like o-exampleorgid")),
        }
    }
}
