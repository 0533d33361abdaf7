//! What was acted upon.

use super::principal::HIDDEN;
use super::record::Event;
use super::{CallOutcome, partition};
use crate::event::{Principal, PrincipalKind};
use crate::iam::arn::{self, Arn, ArnPattern};
use crate::iam::catalogue::Call;
use crate::iam::entity::EntityId;
use crate::iam::kind::EntityKind;

/// What was acted upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Its name; that of the caller where the API lets it be absent.
    pub name: Option<String>,
    /// Its ARN, where the event gives it or it follows from the name.
    pub arn: Option<String>,
    /// The account it lives in.
    pub account: Option<String>,
}

impl Entity {
    /// Which one it is, where its account and name are known.
    #[must_use]
    pub fn id(&self) -> Option<EntityId> {
        EntityId::of(self.account.as_deref()?, self.kind, self.name.as_deref()?)
    }
}

/// The target of a call, by the catalogue's entry. For a denied call, the entity that its message names. `omitted`:
/// CloudTrail dropped the parameters.
#[must_use]
pub fn entity(
    event: &Event,
    call: &Call,
    principal: &Principal,
    outcome: CallOutcome,
    omitted: bool,
) -> Option<Entity> {
    let account = event.account().map(str::to_owned);
    // Root has no name: a user that an answer to root names is not root's name.
    let counts = |path: &&str| {
        let by_root = principal.is_root() && call.absent_is_caller();
        !by_root || path.starts_with("requestParameters.")
    };
    let mut paths = call.entity_paths().filter(counts);
    match paths.find_map(|path| given(event, path)) {
        Some(Given::One(given)) => return Some(named(call.kind, given, event, account)),
        Some(Given::Several) => {
            return Some(Entity { kind: call.kind, name: None, arn: None, account });
        }
        None => {}
    }
    if call.absent_is_account() {
        let arn = account.as_deref().map(|account| arn::of_iam(partition(event), account, "root"));
        return Some(Entity { kind: call.kind, name: account.clone(), arn, account });
    }
    if let (CallOutcome::Denied, Some(message)) = (outcome, event.text("detail.errorMessage")) {
        return Some(denied_entity(message, call.kind, event, account));
    }
    // The record of a failed call may omit its parameters: their absence does not say that there were none.
    let parameters = event.value("detail.requestParameters").is_some();
    let absent = outcome == CallOutcome::Success || (outcome == CallOutcome::Failure && parameters);
    if call.absent_is_caller() && absent && !omitted {
        return Some(the_caller(call.kind, principal, account));
    }
    Some(Entity { kind: call.kind, name: None, arn: None, account })
}

/// The caller, with its own kind: the name of a role is not that of a user. IAM has names only for users and roles.
fn the_caller(kind: EntityKind, principal: &Principal, account: Option<String>) -> Entity {
    let kind = match principal.acts_as() {
        PrincipalKind::Root => EntityKind::Root,
        PrincipalKind::IamUser => EntityKind::User,
        PrincipalKind::AssumedRole | PrincipalKind::Role => EntityKind::Role,
        _ => return Entity { kind, name: None, arn: None, account },
    };
    let role = principal.role_arn.as_deref().filter(|_| kind == EntityKind::Role);
    let arn = role.or_else(|| principal.own_arn()).map(str::to_owned);
    Entity { kind, name: principal.name.clone(), arn, account }
}

/// The value of the parameter that names the target of a call.
enum Given<'e> {
    One(&'e str),
    Several,
}

/// A name, or the only one of a list. CloudTrail replaces a hidden name by a fixed text.
fn given<'e>(event: &'e Event, path: &str) -> Option<Given<'e>> {
    let path = format!("detail.{path}");
    let said = |text: &&str| *text != HIDDEN;
    if let Some(text) = event.text(&path).filter(said) {
        return Some(Given::One(text));
    }
    match event.value(&path)?.as_array()?.as_slice() {
        [] => None,
        [one] => one.as_str().filter(|one| !one.is_empty()).filter(said).map(Given::One),
        _ => Some(Given::Several),
    }
}

/// The target of a denied call is only in the text: "… is not authorized to perform:
/// iam:AttachRolePolicy on resource: role deploy because …".
fn denied_entity(
    message: &str,
    kind: EntityKind,
    event: &Event,
    account: Option<String>,
) -> Entity {
    let unknown = || Entity { kind, name: None, arn: None, account: account.clone() };
    let Some((_, rest)) = message.split_once("on resource: ") else { return unknown() };
    let word = |text: &str| {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        text.get(..end).unwrap_or_default().trim_end_matches(['.', ',']).to_owned()
    };
    let rest = rest.trim_start();
    if ArnPattern::split(rest).is_arn() {
        return named(kind, &word(rest), event, account);
    }
    // Kinds of two words come first: "instance profile web".
    const KINDS: [(&str, EntityKind); 9] = [
        ("instance profile ", EntityKind::InstanceProfile),
        ("server certificate ", EntityKind::ServerCertificate),
        ("mfa device ", EntityKind::MfaDevice),
        ("saml provider ", EntityKind::SamlProvider),
        ("oidc provider ", EntityKind::OidcProvider),
        ("user ", EntityKind::User),
        ("role ", EntityKind::Role),
        ("group ", EntityKind::Group),
        ("policy ", EntityKind::Policy),
    ];
    let lower = rest.to_lowercase();
    let found = KINDS.iter().find(|(words, _)| lower.starts_with(words));
    let (kind, name) = match found {
        Some((words, kind)) => (*kind, word(rest.get(words.len()..).unwrap_or_default())),
        None => (kind, word(rest)),
    };
    if name == "*" || name.is_empty() { unknown() } else { named(kind, &name, event, account) }
}

/// An entity by name or ARN. Names of IAM users, roles and groups lead to an ARN without path.
fn named(kind: EntityKind, given: &str, event: &Event, account: Option<String>) -> Entity {
    let arn = Arn::parse(given);
    let of_root = arn.is_some_and(|arn| arn.is_device_of_root());
    let root = given.eq_ignore_ascii_case("AWS ROOT USER") || of_root;
    let kind = if root { EntityKind::Root } else { kind };
    if let Some(arn) = arn {
        // A thing that belongs to another follows it.
        let name = match kind {
            EntityKind::LogStream | EntityKind::Subscription => arn.last_part(),
            _ => arn.common_name(),
        };
        let name = Some(name).filter(|name| !["", "*"].contains(name)).map(str::to_owned);
        // An ARN says itself what it is of, and whose.
        let own_kind = arn.iam_entity().map(|(kind, _)| kind);
        let named_kinds = [
            EntityKind::User,
            EntityKind::Role,
            EntityKind::Group,
            EntityKind::Policy,
            EntityKind::InstanceProfile,
        ];
        let kind = own_kind.filter(|own| named_kinds.contains(own)).unwrap_or(kind);
        let account = arn.account_id().map(str::to_owned).or(account);
        return Entity { kind, name, arn: Some(given.to_owned()), account };
    }
    // No name of IAM holds a colon.
    let of_name = account.as_deref().filter(|_| root || !given.contains(':'));
    let arn = of_name.and_then(|account| match kind {
        EntityKind::Root => Some(arn::of_iam(partition(event), account, "root")),
        EntityKind::User
        | EntityKind::Role
        | EntityKind::Group
        | EntityKind::InstanceProfile
        | EntityKind::ServerCertificate => {
            Some(arn::of_iam(partition(event), account, &format!("{kind}/{given}")))
        }
        _ => None,
    });
    let name = if root { "root" } else { given };
    Entity { kind, name: Some(name.to_owned()), arn, account }
}

/// Is it the caller? IAM ignores the case of names.
#[must_use]
pub(crate) fn is_caller(entity: &Entity, principal: &Principal) -> bool {
    let same = |one: &Option<String>, other: &Option<String>| match (one, other) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => false,
    };
    let same_account = entity.account.is_none()
        || principal.account.is_none()
        || entity.account == principal.account;
    let kinds = match entity.kind {
        EntityKind::User => principal.acts_as() == PrincipalKind::IamUser,
        EntityKind::Role => {
            matches!(principal.kind, PrincipalKind::AssumedRole | PrincipalKind::Role)
        }
        EntityKind::Root => principal.is_root(),
        _ => false,
    };
    kinds && same_account && (principal.is_root() || same(&entity.name, &principal.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, kind: EntityKind, name: &str) {
        let event = Event::parse(r#"{"recipientAccountId":"111122223333"}"#).unwrap();
        let entity = named(EntityKind::MfaDevice, given, &event, None);
        assert_eq!((entity.kind, entity.name.as_deref()), (kind, Some(name)), "{given}");
    }

    #[test]
    fn a_path_makes_no_device_the_one_of_root() {
        let root = "arn:aws:iam::111122223333:mfa/root-account-mfa-device";
        check(root, EntityKind::Root, "root-account-mfa-device");
        let device = "root-account-mfa-device";
        for path in ["mfa/x:mfa/", "mfa/x/", "user/x:mfa/"] {
            let kind =
                if path.starts_with("user") { EntityKind::User } else { EntityKind::MfaDevice };
            check(&format!("arn:aws:iam::111122223333:{path}{device}"), kind, device);
        }
        check("arn:aws:iam::111122223333:user/a:role/b/carol", EntityKind::User, "carol");
    }
}
