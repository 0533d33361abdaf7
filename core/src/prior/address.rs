//! The names of registers.

use crate::iam::arn::Arn;

/// The thing of a role that holds its path.
pub(super) const PATH: &str = "path";

/// The name of one register: an account, an entity in it, a thing of the entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    pub(super) account: String,
    /// Kind and name in small letters, as `user lee`.
    pub(super) entity: String,
    /// As `inline stop`; nothing for the life of the entity itself.
    pub(super) thing: String,
}

impl Address {
    /// The register of a thing of an entity.
    #[must_use]
    pub fn new(account: &str, entity: impl Into<String>, thing: impl Into<String>) -> Self {
        Self { account: account.to_owned(), entity: entity.into(), thing: thing.into() }
    }

    /// The register of when the entity was made, renamed and deleted.
    pub(super) fn life(&self) -> Self {
        Self { thing: String::new(), ..self.clone() }
    }

    pub(super) fn is_life(&self) -> bool {
        self.thing.is_empty()
    }

    pub(super) fn of(&self, thing: impl Into<String>) -> Self {
        Self { thing: thing.into(), ..self.clone() }
    }

    /// As a key of a store. Line breaks part the fields, as no field can hold one unescaped.
    #[must_use]
    pub fn text(&self) -> String {
        let [account, entity, thing] =
            [&self.account, &self.entity, &self.thing].map(|part| part.escape_debug().to_string());
        format!("{account}\n{entity}\n{thing}")
    }
}

/// IAM tells names apart ignoring case.
pub(super) fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// A customer's managed policy as an entity. Nothing for AWS's own, which no event of ours writes, and
/// for one of another account, which IAM would not take.
pub(super) fn policy(account: &str, arn: &str) -> Option<Address> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "iam")?;
    let name = arn.name_in_iam("policy")?;
    (arn.account == account).then(|| Address::new(account, format!("policy {}", fold(name)), ""))
}

/// `user`, `role` or `group`, as the name of a call has it, and the parameter that names it.
pub(super) fn identity(call: &str) -> Option<(&'static str, &'static str)> {
    [("User", "user", "userName"), ("Role", "role", "roleName"), ("Group", "group", "groupName")]
        .into_iter()
        .find_map(|(word, kind, parameter)| call.contains(word).then_some((kind, parameter)))
}

/// The register of the text of an organization's policy.
pub(super) fn organization_policy(account: &str, id: &str) -> Address {
    Address::new(account, format!("organization-policy {}", fold(id)), "content")
}

/// The register of calls of one name whose parameters CloudTrail dropped.
pub(super) fn unread(account: &str, call: &str) -> Address {
    Address::new(account, "account", format!("unread {call}"))
}
