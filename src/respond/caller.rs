//! What the principal did in the hour before, condensed to a few lines.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::effects::{Calls, Whose};
use crate::event::{CallOutcome, Event, Principal, PrincipalKind, is_read_only, outcome_of};
use crate::iam::catalogue::{self, IAM};
use crate::text::line::Line;

/// How far back is looked.
pub const LOOK_BACK: SignedDuration = SignedDuration::from_hours(1);
/// What is new began this long before the event.
const RECENT: SignedDuration = SignedDuration::from_mins(15);
/// Most items named in one line.
const NAMED_MAX: usize = 5;

/// How the calls of this principal can be found: first by its access key, which nobody can choose, then by the user
/// name that CloudTrail files them under. Empty for services and identities without either.
#[must_use]
pub fn whose(principal: &Principal) -> Vec<Whose> {
    if principal.kind == PrincipalKind::AwsService || principal.via_service.is_some() {
        return Vec::new();
    }
    let user = match principal.kind {
        PrincipalKind::AssumedRole => principal.session_name.clone(),
        PrincipalKind::Root => Some("root".to_owned()),
        PrincipalKind::IamUser => principal.name.clone(),
        _ => None,
    };
    let key = principal.access_key_id.clone().map(Whose::AccessKey);
    key.into_iter().chain(user.map(Whose::User)).collect()
}

/// The calls of one hour, of one principal.
#[derive(Debug, Default)]
struct Hour {
    calls: usize,
    denied: BTreeMap<String, usize>,
    iam_changes: BTreeMap<String, usize>,
    addresses: BTreeSet<String>,
    other_keys: usize,
    early: BTreeSet<String>,
    recent: BTreeSet<String>,
}

/// The lines. Calls of others may be among them: those of this principal are taken, each once, and not
/// the event itself.
#[must_use]
pub fn lines(calls: &Calls, event: &Event, principal: &Principal, now: Timestamp) -> Vec<Line> {
    let until = event.time().unwrap_or(now);
    let (mut hour, mut seen) = (Hour::default(), BTreeSet::new());
    let key = principal.key();
    seen.insert(event.identity());
    for record in &calls.records {
        let Ok(other) = Event::parse(record) else { continue };
        let who = Principal::of(&other);
        let same_key = who.access_key_id.is_some() && who.access_key_id == principal.access_key_id;
        if (same_key || who.key() == key) && seen.insert(other.identity()) {
            hour.add(&other, until);
            // Sessions get a new key with each sign-in; a second key of a user is news.
            let other_key = principal.kind == PrincipalKind::IamUser
                && who.access_key_id != principal.access_key_id;
            hour.other_keys += usize::from(other_key);
        }
    }
    if hour.calls == 0 {
        return vec![match calls.more {
            true => {
                let count = calls.records.len();
                Line::text(&format!("none among the newest {count} calls filed under its names"))
            }
            false => "no other calls on record".into(),
        }];
    }
    let lines = hour.lines(calls.more, event.text("detail.sourceIPAddress"));
    lines.iter().map(|line| Line::text(line)).collect()
}

impl Hour {
    fn add(&mut self, event: &Event, until: Timestamp) {
        self.calls += 1;
        let source = event.event_source().unwrap_or("unknown");
        let service = source.strip_suffix(".amazonaws.com").unwrap_or(source).to_owned();
        let name = event.name().unwrap_or("unknown").to_owned();
        let outcome = outcome_of(event);
        if outcome == CallOutcome::Denied {
            *self.denied.entry(format!("{service}:{name}")).or_default() += 1;
        }
        let changed = outcome == CallOutcome::Success && !is_read_only(event);
        if source == IAM && changed {
            let about = catalogue::find(source, &name).and_then(|call| {
                call.entity_paths().find_map(|path| event.text(&format!("detail.{path}")))
            });
            let entry = about.map_or(name.clone(), |entity| format!("{name} on {entity}"));
            *self.iam_changes.entry(entry).or_default() += 1;
        }
        if let Some(address) = event.text("detail.sourceIPAddress") {
            self.addresses.insert(address.to_owned());
        }
        let recent = event.time().is_some_and(|time| until.duration_since(time) <= RECENT);
        let services = if recent { &mut self.recent } else { &mut self.early };
        services.insert(service);
    }

    fn lines(&self, more: bool, address: Option<&str>) -> Vec<String> {
        let services: BTreeSet<&String> = self.early.union(&self.recent).collect();
        let at_least = if more { "at least " } else { "" };
        let (calls, count) = (plural(self.calls, "call"), plural(services.len(), "service"));
        let mut lines = vec![format!("{at_least}{calls} in {count}")];
        if !self.denied.is_empty() {
            let total: usize = self.denied.values().sum();
            lines.push(format!("{total} denied: {}", counted(&self.denied)));
        }
        if !self.iam_changes.is_empty() {
            lines.push(format!("other IAM changes: {}", counted(&self.iam_changes)));
        }
        if self.other_keys > 0 {
            lines.push(format!("{} with another access key", plural(self.other_keys, "call")));
        }
        let new: Vec<&str> = self.recent.difference(&self.early).map(String::as_str).collect();
        if !new.is_empty() && !self.early.is_empty() {
            lines.push(format!("only in the last 15 minutes: {}", listed(&new)));
        }
        let others: Vec<&str> = self
            .addresses
            .iter()
            .map(String::as_str)
            .filter(|one| Some(*one) != address && !one.ends_with(".amazonaws.com"))
            .collect();
        if !others.is_empty() {
            lines.push(format!("also from {}", listed(&others)));
        }
        lines
    }
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The most frequent first.
fn counted(items: &BTreeMap<String, usize>) -> String {
    let mut items: Vec<(&String, &usize)> = items.iter().collect();
    items.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let text = |(name, count): &(&String, &usize)| match count {
        1 => (*name).clone(),
        _ => format!("{name} ({count} times)"),
    };
    let texts: Vec<String> = items.iter().map(text).collect();
    listed(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

fn listed(items: &[&str]) -> String {
    let named = items.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(NAMED_MAX) {
        0 => named,
        rest => format!("{named} and {rest} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::shown_lines;

    fn record(id: &str, minute: u8, source: &str, name: &str, rest: &str) -> String {
        format!(
            r#"{{"eventID":"{id}","eventTime":"2026-11-20T12:{minute:02}:00Z","eventSource":"{source}.amazonaws.com",
               "eventName":"{name}","sourceIPAddress":"198.51.100.7","recipientAccountId":"111122223333",
               "userIdentity":{{"type":"IAMUser","userName":"bob","arn":"arn:aws:iam::111122223333:user/bob",
               "accountId":"111122223333","accessKeyId":"AKIA1"}}{rest}}}"#
        )
    }

    #[test]
    fn an_hour_becomes_a_few_lines() {
        let event = Event::parse(&record("now", 59, "iam", "CreateUser", "")).unwrap();
        let denied = r#","errorCode":"AccessDenied""#;
        let elsewhere =
            record("h", 50, "s3", "ListBuckets", "").replace("198.51.100.7", "203.0.113.9");
        let other = record("x", 10, "ec2", "RunInstances", "");
        let other = other.replace("bob", "eve").replace("AKIA1", "AKIA9");
        let on = r#","requestParameters":{"userName":"mallory\n<!here>"}"#;
        let records = [
            record("a", 5, "iam", "ListUsers", ""),
            record("a", 5, "iam", "ListUsers", ""),
            record("b", 6, "iam", "CreateAccessKey", on),
            record("c", 7, "kms", "Decrypt", denied).replace("AKIA1", "AKIA2"),
            record("d", 8, "kms", "Decrypt", denied),
            record("now", 59, "iam", "CreateUser", ""),
            elsewhere,
            other,
            "no record".to_owned(),
        ];
        let principal = Principal::of(&event);
        let calls = Calls { records: records.to_vec(), more: true };
        let lines = lines(&calls, &event, &principal, Timestamp::UNIX_EPOCH);
        assert_eq!(
            shown_lines(&lines),
            [
                "at least 5 calls in 3 services",
                "2 denied: kms:Decrypt (2 times)",
                "other IAM changes: CreateAccessKey on mallory ‹!here›",
                "1 call with another access key",
                "only in the last 15 minutes: s3",
                "also from 203.0.113.9",
            ]
        );
        assert_eq!(
            super::lines(&Calls::default(), &event, &principal, Timestamp::UNIX_EPOCH).len(),
            1
        );
        assert_eq!(
            whose(&principal),
            [Whose::AccessKey("AKIA1".to_owned()), Whose::User("bob".to_owned())]
        );
    }
}
