//! What calls are about: of which kind, and which one.

use super::arn::Arn;
use crate::text::words::by_word;

/// The kind of what a call is about: one of the words of the catalogue's tables, and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntityKind(&'static str);

impl EntityKind {
    /// A group of users.
    pub const GROUP: Self = Self("group");
    /// What a machine wears a role by.
    pub(crate) const INSTANCE_PROFILE: Self = Self("instance-profile");
    /// A second factor.
    pub(crate) const MFA_DEVICE: Self = Self("mfa-device");
    /// An issuer of tokens.
    pub(crate) const OIDC_PROVIDER: Self = Self("oidc-provider");
    /// A policy of an organization.
    pub(crate) const ORGANIZATION_POLICY: Self = Self("organization-policy");
    /// What Identity Center makes roles of.
    pub(crate) const PERMISSION_SET: Self = Self("permission-set");
    /// A managed policy.
    pub const POLICY: Self = Self("policy");
    /// A role.
    pub const ROLE: Self = Self("role");
    /// The root user of an account.
    pub(crate) const ROOT: Self = Self("root");
    /// An issuer of assertions.
    pub(crate) const SAML_PROVIDER: Self = Self("saml-provider");
    /// A certificate.
    pub(crate) const SERVER_CERTIFICATE: Self = Self("server-certificate");
    /// A user.
    pub const USER: Self = Self("user");

    /// Kinds that one and the same name of IAM may be of.
    pub(in crate::iam) const OF_IAM: [Self; 10] = [
        Self::GROUP,
        Self::INSTANCE_PROFILE,
        Self::MFA_DEVICE,
        Self::OIDC_PROVIDER,
        Self::POLICY,
        Self::ROLE,
        Self::ROOT,
        Self::SAML_PROVIDER,
        Self::SERVER_CERTIFICATE,
        Self::USER,
    ];

    /// As a table has it.
    pub(in crate::iam) const fn of_table(word: &'static str) -> Self {
        Self(word)
    }

    /// Of a kind of what wears a role, as `lambda/function`: the word behind the service.
    pub(crate) fn of_wearer(kind: &'static str) -> Self {
        Self(kind.split_once('/').map_or(kind, |(_, word)| word))
    }

    /// The one of IAM that has this word.
    #[must_use]
    pub(crate) fn of_iam(word: &str) -> Option<Self> {
        Self::OF_IAM.into_iter().find(|kind| kind.0 == word)
    }

    /// Its word, in `derived.entity.kind`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.0
    }
}

by_word!(EntityKind);

/// One user, role, group or policy of IAM. Names are compared without case, and stand once in an account, whatever the
/// path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EntityId {
    account: String,
    kind: EntityKind,
    name: String,
}

impl EntityId {
    /// The one of this name.
    #[must_use]
    pub fn new(account: &str, kind: EntityKind, name: &str) -> Self {
        Self { account: account.to_owned(), kind, name: name.to_lowercase() }
    }

    /// The one of this ARN, if it is one and its name is no pattern.
    #[must_use]
    pub(crate) fn of_arn(arn: &str) -> Option<Self> {
        let arn = Arn::parse(arn).filter(|arn| super::account::is_id(arn.account))?;
        let (kind, _) = arn.iam_entity()?;
        let kind = EntityKind::of_iam(kind)?;
        let name = Some(arn.name()).filter(|name| !name.contains(['*', '?']))?;
        Some(Self::new(arn.account, kind, name))
    }

    /// Its account.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Its name, in small letters.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> EntityKind {
        self.kind
    }
}
