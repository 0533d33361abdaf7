//! The names of registers: the one place that knows how they are kept.

use crate::iam::arn::Arn;
use crate::iam::entity::EntityId;
use crate::iam::kind::EntityKind;
use crate::text::words::words;

words! {
    /// The part of an entity that a register stores. If the thing has a name, the name follows the word, as `inline
    /// stop`.
    pub enum Thing {
        /// The list of the roles and policies of an account by which somebody is an administrator.
        Administrators = "administrators",
        /// A managed policy, by its ARN.
        Attached = "attached",
        /// An audience of an issuer of tokens, by its ID.
        Audience = "audience",
        /// The list of those who bear a policy, or are bounded by it.
        Bearers = "bearers",
        /// The permissions boundary.
        Boundary = "boundary",
        /// The text of a policy of an organization.
        Content = "content",
        /// The list of the tags by which documents decide.
        DecidingTags = "deciding tags",
        /// The ID of the default version of a policy.
        Default = "default",
        /// The list of resources that forward events and logs.
        Feeds = "feeds",
        /// The list of the roles of machines on which containers run.
        Hosts = "hosts",
        /// An inline policy, by its name.
        Inline = "inline",
        /// The list of an identity's policies and groups.
        List = "list",
        /// A place in a group, by the group's name.
        Member = "member",
        /// The list of the members of a group.
        Members = "members",
        /// The list of the roles that may hand others to services.
        Passers = "passers",
        /// A password.
        Password = "password",
        /// The path of a role.
        Path = "path",
        /// The role in an instance profile.
        Role = "role",
        /// The roles of a thing that wears them.
        Roles = "roles",
        /// The issuer of an access key.
        Session = "session",
        /// The status of a credential.
        Status = "status",
        /// The thing is there.
        There = "there",
        /// The trust policy of a role.
        Trust = "trust",
        /// The list of the roles that let a role in by their trust.
        TrustedBy = "trusted-by",
        /// The list of the roles that let many in by their trust.
        Trusting = "trusting",
        /// Calls of a name whose parameters CloudTrail dropped.
        Unread = "unread",
        /// A version of a policy, by its ID.
        Version = "version",
        /// The list of the roles that may wear others.
        Wearers = "wearers",
        /// The list of the roles that the things of a service may wear.
        WornBy = "worn by",
    }
}

/// The name of one register: an account, an entity in it, a thing of the entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    pub(super) account: String,
    /// Kind and name in lower case, as `user lee`.
    entity: String,
    /// As `inline stop`. Empty for the life of the entity itself.
    thing: String,
}

impl Address {
    /// The life of an entity given in stored form.
    pub(super) fn kept(account: &str, entity: impl Into<String>) -> Self {
        Self { account: account.to_owned(), entity: entity.into(), thing: String::new() }
    }

    /// The life of an entity of IAM or Organizations.
    pub(super) fn of_entity(account: &str, kind: EntityKind, name: &str) -> Self {
        Self::kept(account, format!("{kind} {}", fold(name)))
    }

    /// A register about a whole account.
    pub(super) fn of_account(account: &str, thing: Thing) -> Self {
        Self::kept(account, "account").of(thing)
    }

    /// The entity in stored form.
    pub(super) fn entity(&self) -> &str {
        &self.entity
    }

    /// The name of the entity, in lower case. Empty if an account has only one of its kind.
    pub(super) fn name(&self) -> &str {
        self.entity.split_once(' ').map_or("", |(_, name)| name)
    }

    pub(super) fn is(&self, kind: EntityKind) -> bool {
        self.entity.strip_prefix(kind.word()).is_some_and(|rest| rest.starts_with(' '))
    }

    /// The kind of an IAM entity.
    pub(super) fn kind(&self) -> Option<EntityKind> {
        EntityKind::of_iam(self.entity.split_once(' ')?.0)
    }

    /// An IAM entity.
    pub(super) fn id(&self) -> Option<EntityId> {
        EntityId::of(&self.account, self.kind()?, self.name())
    }

    /// The register of when the entity was made, renamed and deleted.
    pub(super) fn life(&self) -> Self {
        self.of_kept("")
    }

    pub(super) fn is_life(&self) -> bool {
        self.thing.is_empty()
    }

    pub(super) fn of(&self, thing: Thing) -> Self {
        self.of_kept(thing.word())
    }

    pub(super) fn named(&self, thing: Thing, name: &str) -> Self {
        self.of_kept(format!("{thing} {name}"))
    }

    /// A thing of the same entity, in its stored form.
    pub(super) fn of_kept(&self, thing: impl Into<String>) -> Self {
        Self { thing: thing.into(), ..self.clone() }
    }

    /// The same thing of another entity of the account, in its stored form.
    pub(super) fn of_other(&self, entity: impl Into<String>) -> Self {
        Self { entity: entity.into(), ..self.clone() }
    }

    /// The thing, and its name where it has one.
    pub(super) fn thing(&self) -> Option<(Thing, &str)> {
        let (word, name) = self.thing.split_once(' ').unwrap_or((&self.thing, ""));
        Some((Thing::of(word)?, name))
    }

    /// The thing in stored form.
    pub(super) fn thing_text(&self) -> &str {
        &self.thing
    }

    /// Is it of a user, a role or a group?
    pub(super) fn is_of_identity(&self) -> bool {
        self.kind().is_some_and(|kind| IDENTITIES.iter().any(|(_, one, _)| *one == kind))
    }

    /// Is the thing a policy, or a place in a group?
    pub(super) fn is_holding(&self) -> bool {
        matches!(self.thing(), Some((Thing::Inline | Thing::Attached | Thing::Member, _)))
    }

    /// The register of the calls that may have written the thing without saying so, as CloudTrail drops their
    /// parameters.
    pub(super) fn omitting(&self) -> Option<Self> {
        let (thing, _) = self.thing()?;
        let call = match (thing, self.kind()) {
            (Thing::Trust, _) => "UpdateAssumeRolePolicy",
            (Thing::Default, _) => "CreatePolicyVersion",
            (Thing::Inline, Some(EntityKind::User)) => "PutUserPolicy",
            (Thing::Inline, Some(EntityKind::Role)) => "PutRolePolicy",
            (Thing::Inline, Some(EntityKind::Group)) => "PutGroupPolicy",
            _ => return None,
        };
        Some(unread(&self.account, call))
    }

    /// As a key of a store. Line breaks part the fields, as no field can hold one unescaped.
    #[must_use]
    pub fn text(&self) -> String {
        let parts = [&self.account, &self.entity, &self.thing];
        let length = parts.iter().map(|part| part.len()).sum::<usize>() + parts.len();
        let mut text = String::with_capacity(length);
        for (at, part) in parts.into_iter().enumerate() {
            if at > 0 {
                text.push('\n');
            }
            match part.bytes().all(is_kept) {
                true => text.push_str(part),
                false => text.extend(part.escape_debug()),
            }
        }
        text
    }
}

/// Is it a letter that escaping leaves as it is? Nearly all are.
fn is_kept(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'\'' | b'"' | b'\\')
}

/// IAM compares names without case.
pub(super) fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// A customer's managed policy as an entity. `None` for AWS's own, which no event of ours writes, and for one of
/// another account, which IAM refuses.
pub(super) fn policy(account: &str, arn: &str) -> Option<Address> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "iam")?;
    let name = arn.name_in_iam(EntityKind::Policy)?;
    (arn.account == account).then(|| Address::of_entity(account, EntityKind::Policy, name))
}

/// The kinds of entities that are given rights: the word in the names of calls, the kind, and the parameter with the
/// name.
const IDENTITIES: [(&str, EntityKind, &str); 3] = [
    ("User", EntityKind::User, "userName"),
    ("Role", EntityKind::Role, "roleName"),
    ("Group", EntityKind::Group, "groupName"),
];

/// User, role or group, as the name of a call has it, and the parameter that names it.
pub(super) fn identity(call: &str) -> Option<(EntityKind, &'static str)> {
    let found = IDENTITIES.into_iter().find(|(word, ..)| call.contains(word));
    found.map(|(_, kind, parameter)| (kind, parameter))
}

/// The register of the text of an organization's policy.
pub(super) fn organization_policy(account: &str, id: &str) -> Address {
    Address::of_entity(account, EntityKind::OrganizationPolicy, id).of(Thing::Content)
}

/// The register of calls of one name whose parameters CloudTrail dropped.
pub(super) fn unread(account: &str, call: &str) -> Address {
    Address::kept(account, "account").named(Thing::Unread, call)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table keeps these texts: they stay.
    #[test]
    fn the_stored_text_of_an_address_stays() {
        let text = |account: &str, name: &str, thing: &str| {
            Address::kept(account, format!("user {name}")).of_kept(thing).text()
        };
        assert_eq!(text("111122223333", "bob", "path"), "111122223333\nuser bob\npath");
        assert_eq!(text("", "b", ""), "\nuser b\n");
        assert_eq!(text("1", "a\nb", "x'y"), "1\nuser a\\nb\nx\\'y");
        assert_eq!(text("1", "é\"\\", "\u{202e}"), "1\nuser é\\\"\\\\\n\\u{202e}");
    }
}
