//! One sentence that says what happened.

use super::contents::Place;
use crate::event::{CallOutcome, Event};
use crate::facts::Context;
use crate::iam::arn::Arn;
use crate::iam::kind::EntityKind;
use crate::text::line::{Line, NAME_CHARS_MAX};

/// Sentences for the calls that matter most: event name, what was done, what was tried. `{kind}`
/// and `{entity}` stand for the entity, other braces for paths below `detail`.
const PHRASES: [(&str, &str, &str); 18] = [
    (
        "AttachRolePolicy",
        "attached {policy} to {kind} {entity}",
        "attach a policy to {kind} {entity}",
    ),
    (
        "AttachUserPolicy",
        "attached {policy} to {kind} {entity}",
        "attach a policy to {kind} {entity}",
    ),
    (
        "AttachGroupPolicy",
        "attached {policy} to {kind} {entity}",
        "attach a policy to {kind} {entity}",
    ),
    (
        "DetachRolePolicy",
        "detached {policy} from {kind} {entity}",
        "detach a policy from {kind} {entity}",
    ),
    (
        "DetachUserPolicy",
        "detached {policy} from {kind} {entity}",
        "detach a policy from {kind} {entity}",
    ),
    (
        "DetachGroupPolicy",
        "detached {policy} from {kind} {entity}",
        "detach a policy from {kind} {entity}",
    ),
    (
        "PutRolePolicy",
        "put inline policy {requestParameters.policyName} on {kind} {entity}",
        "put an inline policy on {kind} {entity}",
    ),
    (
        "PutUserPolicy",
        "put inline policy {requestParameters.policyName} on {kind} {entity}",
        "put an inline policy on {kind} {entity}",
    ),
    (
        "PutGroupPolicy",
        "put inline policy {requestParameters.policyName} on {kind} {entity}",
        "put an inline policy on {kind} {entity}",
    ),
    (
        "DeleteRolePolicy",
        "deleted inline policy {requestParameters.policyName} from {kind} {entity}",
        "delete an inline policy from {kind} {entity}",
    ),
    (
        "CreateAccessKey",
        "created access key {responseElements.accessKey.accessKeyId} for {kind} {entity}",
        "create an access key for {kind} {entity}",
    ),
    (
        "CreateLoginProfile",
        "gave {kind} {entity} a console password",
        "give {kind} {entity} a console password",
    ),
    (
        "UpdateLoginProfile",
        "changed the console password of {kind} {entity}",
        "change the console password of {kind} {entity}",
    ),
    (
        "UpdateAssumeRolePolicy",
        "changed who may assume role {entity}",
        "change who may assume role {entity}",
    ),
    (
        "AddUserToGroup",
        "added user {requestParameters.userName} to group {requestParameters.groupName}",
        "add a user to a group",
    ),
    ("ConsoleLogin", "signed in to the console", "sign in to the console"),
    (
        "AssumeRole",
        "assumed role {requestParameters.roleArn}",
        "assume role {requestParameters.roleArn}",
    ),
    (
        "LeaveOrganization",
        "took the account out of its organization",
        "take the account out of its organization",
    ),
];

/// Verbs with which the names of calls begin, and their past.
const VERBS: [(&str, &str); 40] = [
    ("Accept", "accepted"),
    ("Add", "added"),
    ("Associate", "associated"),
    ("Attach", "attached"),
    ("Change", "changed"),
    ("Close", "closed"),
    ("Create", "created"),
    ("Deactivate", "deactivated"),
    ("Delete", "deleted"),
    ("Deregister", "deregistered"),
    ("Detach", "detached"),
    ("Disable", "disabled"),
    ("Disassociate", "disassociated"),
    ("Enable", "enabled"),
    ("Import", "imported"),
    ("Invite", "invited"),
    ("Move", "moved"),
    ("Put", "put"),
    ("Register", "registered"),
    ("Reject", "rejected"),
    ("Remove", "removed"),
    ("Reset", "reset"),
    ("Restore", "restored"),
    ("Resync", "resynchronised"),
    ("Schedule", "scheduled"),
    ("Send", "sent"),
    ("Set", "set"),
    ("Start", "started"),
    ("Stop", "stopped"),
    ("Switch", "switched"),
    ("Tag", "tagged"),
    ("Unsubscribe", "unsubscribed"),
    ("Untag", "untagged"),
    ("Update", "updated"),
    ("Upload", "uploaded"),
    ("Run", "ran"),
    ("Modify", "modified"),
    ("Assume", "assumed"),
    ("Authorize", "authorized"),
    ("Revoke", "revoked"),
];

pub(super) fn sentence(event: &Event, context: &Context, place: &Place) -> Line {
    let subject = Line::name(&capitalised(&context.facts.principal.subject()));
    let name = event.name().unwrap_or("an unnamed call");
    let account = match (&place.account_name, &place.account) {
        (Some(name), _) => Line::from(" in ").and(Line::name(name.as_it_is())),
        (None, Some(account)) => Line::from(" in account ").and(Line::name(account.as_it_is())),
        (None, None) => Line::default(),
    };
    let (done, end) = match context.facts.outcome {
        CallOutcome::Success => (Line::from(" ").and(done(event, context, name)), "."),
        CallOutcome::Denied => (tried(event, context, name), " and was denied."),
        CallOutcome::Failure => (tried(event, context, name), " and failed."),
    };
    subject.and(done).and(account).and(end)
}

fn capitalised(text: &str) -> String {
    let lower = ["a ", "the ", "user ", "role ", "account ", "federated ", "web ", "directory "];
    if !lower.iter().any(|word| text.starts_with(word)) {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn done(event: &Event, context: &Context, name: &str) -> Line {
    let phrase = PHRASES.iter().find(|(call, _, _)| *call == name);
    if let Some(filled) = phrase.and_then(|(_, phrase, _)| fill(phrase, event, context)) {
        return filled;
    }
    match VERBS.iter().find_map(|(verb, past)| name.strip_prefix(verb).map(|rest| (*past, rest))) {
        Some((past, rest)) if starts_a_word(rest) => call(past.into(), context, rest),
        _ => Line::from("called ").and(Line::name(name)).and(on(context, "")),
    }
}

fn tried(event: &Event, context: &Context, name: &str) -> Line {
    let tried = Line::from(" tried to ");
    let phrase = PHRASES.iter().find(|(call, _, _)| *call == name);
    if let Some(filled) = phrase.and_then(|(_, _, phrase)| fill(phrase, event, context)) {
        return tried.and(filled);
    }
    match VERBS.iter().find_map(|(verb, _)| name.strip_prefix(verb).map(|rest| (verb, rest))) {
        Some((verb, rest)) if starts_a_word(rest) => {
            tried.and(call(Line::name(&verb.to_lowercase()), context, rest))
        }
        _ => tried.and("call ").and(Line::name(name)).and(on(context, "")),
    }
}

/// What was called, as words: the verb, and the rest of the call's name.
fn call(verb: Line, context: &Context, rest: &str) -> Line {
    verb.and(" ").and(Line::name(&words(rest))).and(on(context, rest))
}

fn starts_a_word(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_ascii_uppercase())
}

/// ` on role deploy`, or only the name where the call's own words end with the kind.
fn on(context: &Context, rest: &str) -> Line {
    let Some(entity) = &context.facts.entity else { return Line::default() };
    let Some(name) = &entity.name else { return Line::default() };
    if entity.kind == EntityKind::Root {
        return " of the root user".into();
    }
    let name = Line::name(name);
    let kind = entity.kind.word().replace('-', " ");
    let (words, noun) = (words(rest), kind.rsplit(' ').next().unwrap_or_default());
    if words.rsplit(' ').next() == Some(noun) {
        Line::from(" ").and(name)
    } else if words.split(' ').any(|word| word == noun) {
        Line::from(" of ").and(name)
    } else {
        Line::from(" on ").and(Line::name(&kind)).and(" ").and(name)
    }
}

/// `RolePermissionsBoundary` as `role permissions boundary`, `MFADevice` as `MFA device`.
fn words(name: &str) -> String {
    // Lambda puts a version behind its names: `20150331v2`.
    let unversioned = name.find("20").and_then(|at| name.get(..at)).unwrap_or(name);
    let chars: Vec<char> = unversioned.chars().take(NAME_CHARS_MAX).collect();
    let mut words: Vec<String> = Vec::new();
    for (index, c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| chars.get(before));
        let after = chars.get(index + 1);
        let starts = c.is_uppercase()
            && (before.is_none_or(|c| c.is_lowercase()) || after.is_some_and(|c| c.is_lowercase()));
        match words.last_mut() {
            Some(word) if !starts => word.push(*c),
            _ => words.push(c.to_string()),
        }
    }
    let acronym = |word: &String| word.len() > 1 && word.chars().all(|c| !c.is_lowercase());
    let plain = |word: String| if acronym(&word) { word } else { word.to_lowercase() };
    words.into_iter().map(plain).collect::<Vec<_>>().join(" ")
}

/// `None` if a placeholder has no value.
fn fill(phrase: &'static str, event: &Event, context: &Context) -> Option<Line> {
    let mut filled = Line::default();
    let mut rest = phrase;
    while let Some((before, after)) = rest.split_once('{') {
        let (path, after) = after.split_once('}')?;
        let entity = context.facts.entity.as_ref();
        let root = entity.is_some_and(|entity| entity.kind == EntityKind::Root);
        let value = match path {
            "kind" if root => Some("the"),
            "kind" => entity.map(|entity| entity.kind.word()),
            "entity" if root => Some("root user"),
            "entity" => entity.and_then(|entity| entity.name.as_deref()),
            "policy" => {
                let policy = policy(event.text("detail.requestParameters.policyArn")?);
                filled = filled.and(before).and(policy);
                rest = after;
                continue;
            }
            path => event.text(&format!("detail.{path}")),
        }?;
        // People call a thing by the last part of its ARN.
        let short = Arn::parse(value).map_or(value, |arn| arn.name());
        filled = filled.and(before).and(Line::name(short));
        rest = after;
    }
    Some(filled.and(rest))
}

/// A customer may give a policy any name, also one of AWS's: the owner must be said.
fn policy(arn: &str) -> Line {
    let parsed = Arn::parse(arn);
    let name = Line::name(parsed.map_or(arn, |arn| arn.name()));
    match parsed.map(|arn| arn.account).filter(|account| *account != "aws") {
        Some(account) => {
            let account = Line::theirs(account, 20);
            Line::from("customer policy ").and(name).and(" of account ").and(account)
        }
        None => Line::from("policy ").and(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_calls_become_words() {
        assert_eq!(words("RolePermissionsBoundary"), "role permissions boundary");
        assert_eq!(words("MFADevice"), "MFA device");
        assert_eq!(words("OpenIDConnectProvider"), "open ID connect provider");
    }
}
