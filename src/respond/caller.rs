//! What the principal did in the hour before, condensed to a few lines.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use crate::effects::{EffectError, History, PastCalls, Whose};
use crate::event::{CallOutcome, Event, Principal, PrincipalKind};
use crate::facts::Facts;
use crate::iam::account::AccountId;
use crate::iam::catalogue::IAM;
use crate::own::Own;
use crate::text::line::Line;

/// How far back is looked.
pub const LOOK_BACK: SignedDuration = SignedDuration::from_hours(1);
/// New activity began at most this long before the event.
const RECENT: SignedDuration = SignedDuration::from_mins(15);
/// Most items named in one line.
const NAMED_MAX: usize = 5;
/// The newest calls of a caller in an account, in this Region, between two moments. All names are looked up at once,
/// because CloudTrail allows two requests a second. No further page is read, because an alert waits for the answer.
/// [`PastCalls::more`] says that calls are missing. `Ok(None)` if CloudTrail is not used.
pub(super) async fn calls(
    history: &impl History,
    (account, whose): (AccountId, &[Whose]),
    (from, to): (Timestamp, Timestamp),
) -> Result<Option<PastCalls>, EffectError> {
    let asked = whose.iter().map(|whose| history.newest(account, whose, from, to));
    let (mut all, mut answered, mut failure) = (PastCalls::default(), false, None);
    for calls in join_all(asked).await {
        match calls {
            Ok(Some(calls)) => {
                answered = true;
                all.records.extend(calls.records);
                all.more |= calls.more;
            }
            Ok(None) => return Ok(None),
            Err(error) => failure = Some(error),
        }
    }
    match failure {
        Some(error) if answered => {
            tracing::warn!(%error, "only a part of the last hour");
            all.more = true;
        }
        Some(error) => return Err(error),
        None => {}
    }
    Ok(Some(all))
}

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

/// The lines. The calls may include those of other callers: only the calls of this principal count, each once, without
/// the event itself.
#[must_use]
pub fn lines(calls: &PastCalls, event: &Event, principal: &Principal, now: Timestamp) -> Vec<Line> {
    let until = event.time().unwrap_or(now);
    let (mut hour, mut seen) = (Hour::default(), BTreeSet::new());
    // The tool's own resources do not matter here.
    let own = Own::default();
    let key = principal.key();
    seen.insert(event.identity());
    for record in &calls.records {
        let Ok(other) = Event::parse(record) else { continue };
        let facts = Facts::of(&other, &own);
        let who = &facts.principal;
        let same_key = who.access_key_id.is_some() && who.access_key_id == principal.access_key_id;
        if (same_key || who.key() == key) && seen.insert(other.identity()) {
            hour.add(&other, &facts, until);
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
    fn add(&mut self, event: &Event, facts: &Facts, until: Timestamp) {
        self.calls += 1;
        let source = event.event_source().unwrap_or("unknown");
        let service = source.strip_suffix(".amazonaws.com").unwrap_or(source).to_owned();
        let name = event.name().unwrap_or("unknown").to_owned();
        if facts.outcome == CallOutcome::Denied {
            *self.denied.entry(format!("{service}:{name}")).or_default() += 1;
        }
        if source == IAM && facts.changes() {
            let about = facts.acted_upon();
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
    use serde_json::json;

    use super::*;
    use crate::alert::shown_lines;
    use crate::effects::ErrorKind;
    use crate::event::sample::{self, Sample};

    /// Answers by key and by name with one call each and whether there are more, or fails.
    struct Trail([Result<bool, ErrorKind>; 2]);

    impl History for Trail {
        async fn newest(
            &self,
            account: AccountId,
            whose: &Whose,
            _: Timestamp,
            _: Timestamp,
        ) -> Result<Option<PastCalls>, EffectError> {
            assert_eq!(account.as_str(), "111122223333");
            let (word, answer) = match whose {
                Whose::AccessKey(_) => ("key", self.0[0]),
                Whose::User(_) => ("name", self.0[1]),
            };
            let calls = |more| Some(PastCalls { records: vec![word.to_owned()], more });
            answer.map(calls).map_err(|kind| EffectError::new("ask", kind, "on purpose"))
        }
    }

    #[test]
    fn a_part_is_better_than_nothing_and_says_so() {
        let whose = [Whose::AccessKey("AKIA1".to_owned()), Whose::User("bob".to_owned())];
        let account = AccountId::parse("111122223333").unwrap();
        let hour = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let ask = |key, name| {
            let done = pollster::block_on(calls(&Trail([key, name]), (account, &whose), hour));
            done.map(|calls| calls.map(|calls| (calls.records.join(" "), calls.more)))
        };
        let some = |records: &str, more| Ok(Some((records.to_owned(), more)));
        let kind = |done: Result<_, EffectError>| done.map_err(|error| error.kind);
        assert_eq!(kind(ask(Ok(false), Ok(false))), some("key name", false));
        assert_eq!(kind(ask(Ok(false), Ok(true))), some("key name", true));
        assert_eq!(kind(ask(Err(ErrorKind::Throttled), Ok(false))), some("name", true));
        let neither = (Err(ErrorKind::NoAnswer), Err(ErrorKind::NoAnswer));
        assert_eq!(kind(ask(neither.0, neither.1)), Err(ErrorKind::NoAnswer));
    }

    #[test]
    fn an_hour_becomes_a_few_lines() {
        let user = |name: &str, key: &str| sample::with_key(sample::user(name), key);
        let call = |id: &str, minute, service: &str, name: &str| -> Sample {
            sample::call(service, name).at(minute, id).by(user("bob", "AKIA1"))
        };
        let event = call("now", 59, "iam", "CreateUser").event();
        let denied = |sample: Sample| sample.with("errorCode", "AccessDenied");
        let made = call("b", 6, "iam", "CreateAccessKey");
        let records = [
            call("a", 5, "iam", "ListUsers"),
            call("a", 5, "iam", "ListUsers"),
            made.with("requestParameters", json!({"userName": "mallory\n<!here>"})),
            denied(call("c", 7, "kms", "Decrypt")).by(user("bob", "AKIA2")),
            denied(call("d", 8, "kms", "Decrypt")),
            call("now", 59, "iam", "CreateUser"),
            call("h", 50, "s3", "ListBuckets").with("sourceIPAddress", "203.0.113.9"),
            call("x", 10, "ec2", "RunInstances").by(user("eve", "AKIA9")),
        ];
        let mut records = records.map(|sample| sample.record().to_string()).to_vec();
        records.push(json!("no record").to_string());
        let principal = Principal::of(&event);
        let calls = PastCalls { records, more: true };
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
            super::lines(&PastCalls::default(), &event, &principal, Timestamp::UNIX_EPOCH).len(),
            1
        );
        assert_eq!(
            whose(&principal),
            [Whose::AccessKey("AKIA1".to_owned()), Whose::User("bob".to_owned())]
        );
    }
}
