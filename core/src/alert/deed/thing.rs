//! One thing that an event names, in words.

use crate::event::{Entity, Event};
use crate::facts::Context;
use crate::iam::account::AccountId;
use crate::iam::arn::Arn;
use crate::iam::kind::EntityKind;
use crate::text::line::Line;

/// Services whose ARNs do not say of what they are.
const WITHOUT_KIND: [(&str, &str); 3] = [("s3", "bucket"), ("sns", "topic"), ("sqs", "queue")];
/// Words for kinds in ARNs that differ from those of [`EntityKind`], and how alerts call them.
const KINDS: [(&str, &str); 22] = [
    ("access-entry", "access entry"),
    ("alias", "alias"),
    ("cluster-access-policy", "cluster access policy"),
    ("dashboard", "dashboard"),
    ("db", "database"),
    ("eventdatastore", "event data store"),
    ("file-system", "file system"),
    ("flow-log", "flow log"),
    ("identitypool", "identity pool"),
    ("image", "image"),
    ("layer", "layer"),
    ("loadbalancer", "load balancer"),
    ("mfa", "MFA device"),
    ("permissionSet", "permission set"),
    ("rule", "rule"),
    ("secret", "secret"),
    ("snapshot", "snapshot"),
    ("stackset", "stack set"),
    ("stream", "stream"),
    ("userpool", "user pool"),
    ("vault", "vault"),
    ("webacl", "web ACL"),
];

/// The common name: for an ARN, the name in it, and its account where that is another. A secret's ends in six letters of
/// chance, and a name may end alike: only the whole ARN finds it.
pub(super) fn name(value: &str, event: &Event) -> Line {
    match Arn::parse(value).filter(|arn| arn.service != "secretsmanager") {
        Some(arn) => Line::name(arn.common_name()).and(elsewhere(&arn, event)),
        None => Line::name(value),
    }
}

/// The name of the target of a call.
pub(super) fn entity_name(entity: &Entity) -> Option<Line> {
    let name = entity.name.as_deref()?;
    // A queue is called by its address.
    let address = entity.kind == EntityKind::Queue && name.contains("://");
    let last = name.rsplit('/').next().filter(|_| address);
    Some(Line::name(last.unwrap_or(name)))
}

/// An ARN with its kind, and its account where that is another: `role deploy of account 444455556666`. An account or a
/// name is unchanged.
pub(super) fn thing(value: &str, event: &Event, context: &Context) -> Line {
    let Some(arn) = Arn::parse(value) else {
        return match value {
            "*" => "everyone".into(),
            _ if AccountId::parse(value).is_some() => account(value, event, context),
            _ => Line::name(value),
        };
    };
    if arn.is_root() {
        return account(arn.account, event, context);
    }
    if let Some((role, _)) = arn.assumed_role() {
        return Line::from("a session of role ").and(Line::name(role)).and(elsewhere(&arn, event));
    }
    let named = Line::name(arn.common_name());
    let line = match kind(&arn) {
        _ if arn.is_subscription() => {
            let id = Line::from("subscription ").and(Line::name(arn.last_part()));
            id.and(" of topic ").and(named)
        }
        Some(kind) => Line::name(&kind).and(" ").and(named),
        None => named,
    };
    line.and(elsewhere(&arn, event))
}

/// ` of account 444455556666`, where that is not the account of the event.
pub(super) fn elsewhere(arn: &Arn<'_>, event: &Event) -> Line {
    match arn.account_id().filter(|account| event.account() != Some(*account)) {
        Some(account) => Line::from(" of account ").and(Line::name(account)),
        None => Line::default(),
    }
}

/// The kind that an ARN names, if it is one that is known: the caller may have made up any other.
fn kind(arn: &Arn<'_>) -> Option<String> {
    if let Some((_, kind)) = WITHOUT_KIND.iter().find(|(service, _)| *service == arn.service) {
        return Some((*kind).to_owned());
    }
    let word = arn.kind_word();
    let listed = KINDS.iter().find(|(known, _)| *known == word);
    let known = || EntityKind::of(word).map(EntityKind::words_of);
    listed.map(|(_, kind)| (*kind).to_owned()).or_else(known)
}

/// An account by its ID or an ARN of it, with its name where that is known: `account payments (111122223333)`.
pub(super) fn account(value: &str, event: &Event, context: &Context) -> Line {
    let id = Arn::parse(value).and_then(|arn| arn.account_id()).unwrap_or(value);
    let own = context.account_name.as_deref().filter(|_| event.account() == Some(id));
    let affected = context.affected.as_ref().filter(|affected| affected.id.as_str() == id);
    let name = own.or_else(|| affected?.name.as_deref());
    match name {
        Some(name) => {
            Line::from("account ").and(Line::name(name)).and(" (").and(Line::name(id)).and(")")
        }
        None => Line::from("account ").and(Line::name(id)),
    }
}

/// An account, a unit or the root of an organization, by its ID.
pub(super) fn node(value: &str, event: &Event, context: &Context) -> Line {
    match value {
        _ if AccountId::parse(value).is_some() => account(value, event, context),
        _ if value.starts_with("ou-") => Line::from("organizational unit ").and(Line::name(value)),
        _ if value.starts_with("r-") => Line::from("root ").and(Line::name(value)),
        _ => name(value, event),
    }
}

/// Where something is put, by the ID of a unit or of the root, and how far that reaches.
pub(super) fn reach(value: &str, event: &Event, context: &Context) -> Line {
    let line = node(value, event, context);
    match value.starts_with("r-") {
        true => line.and(", every account of the organization"),
        false => line,
    }
}

/// A customer may give a policy any name, also one of AWS's: whose it is must be said.
pub(super) fn policy(arn: &str, event: &Event) -> Line {
    let parsed = Arn::parse(arn);
    let name = Line::name(parsed.map_or(arn, |arn| arn.name()));
    let Some(account) = parsed.map(|arn| arn.account).filter(|account| *account != "aws") else {
        return Line::from("policy ").and(name);
    };
    let line = Line::from("customer policy ").and(name);
    match event.account() == Some(account) {
        true => line,
        false => line.and(" of account ").and(Line::theirs(account, 20)),
    }
}
