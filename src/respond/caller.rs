//! What the principal did in the hour before, condensed to a few lines.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::pin::Pin;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use crate::effects::{EffectError, ErrorKind, History, Whose};
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
/// Questions to CloudTrail for one alert, each for one page.
const QUESTIONS_MAX: usize = 4;
/// CloudTrail allows two questions a second: these at once,
const QUESTIONS_AT_ONCE: usize = 2;
/// and each further one after a pause.
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(500);

/// Waits between two questions.
pub type Pause = fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// Calls of the past, as CloudTrail records: JSON texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// The records of each page, the newest first.
    pub records: Vec<String>,
    /// There are more than were fetched.
    pub more: bool,
}

/// The calls of somebody, found by any of these, in an account, in this Region, between two moments: page by page. A
/// part is better than nothing: [`Calls::more`] says that something is missing. `Ok(None)` means that there is nobody to
/// ask.
pub(super) async fn calls<W: Future<Output = ()>>(
    history: &impl History,
    pause: impl Fn(Duration) -> W,
    (account, whose): (AccountId, &[Whose]),
    (from, to): (Timestamp, Timestamp),
) -> Result<Option<Calls>, EffectError> {
    let (mut calls, mut asked) = (Calls::default(), 0);
    let (mut answered, mut silent, mut failure) = (false, false, None);
    let mut questions: VecDeque<(&Whose, Option<String>)> =
        whose.iter().map(|whose| (whose, None)).collect();
    // CloudTrail is not asked again once it did not answer.
    while asked < QUESTIONS_MAX && !questions.is_empty() && !silent {
        if asked >= QUESTIONS_AT_ONCE {
            pause(BETWEEN_QUESTIONS).await;
        }
        let at_once = QUESTIONS_AT_ONCE.saturating_sub(asked).max(1);
        let pages = questions.drain(..at_once.min(questions.len())).map(async |(whose, token)| {
            (whose, history.page(account, whose, from, to, token.as_deref()).await)
        });
        for (whose, page) in join_all(pages).await {
            asked += 1;
            match page {
                Ok(Some(page)) => {
                    answered = true;
                    calls.records.extend(page.records);
                    questions.extend(page.next.map(|next| (whose, Some(next))));
                }
                Ok(None) => return Ok(None),
                Err(error) => {
                    silent |= error.kind == ErrorKind::NoAnswer;
                    failure = Some(error);
                }
            }
        }
    }
    calls.more = !questions.is_empty() || failure.is_some();
    match failure {
        Some(error) if answered => tracing::warn!(%error, "only a part of the last hour"),
        Some(error) => return Err(error),
        None => {}
    }
    Ok(Some(calls))
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

/// The lines. The calls may include those of others: only those of this principal count, each once, without the event
/// itself.
#[must_use]
pub fn lines(calls: &Calls, event: &Event, principal: &Principal, now: Timestamp) -> Vec<Line> {
    let until = event.time().unwrap_or(now);
    let (mut hour, mut seen) = (Hour::default(), BTreeSet::new());
    // What is the tool's own plays no part in it.
    let own = Own::default();
    let key = principal.key();
    seen.insert(event.identity());
    for record in &calls.records {
        let Ok(other) = Event::parse(record) else { continue };
        let who = Principal::of(&other);
        let same_key = who.access_key_id.is_some() && who.access_key_id == principal.access_key_id;
        if (same_key || who.key() == key) && seen.insert(other.identity()) {
            hour.add(&other, &Facts::of(&other, &own), until);
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
    use std::cell::RefCell;
    use std::future::ready;

    use serde_json::{Value, json};

    use super::*;
    use crate::alert::shown_lines;
    use crate::effects::HistoryPage;
    use crate::respond::sample::{record, user};

    /// Answers each question with the number of its page, and one of them with a failure.
    #[derive(Default)]
    struct Pages {
        /// What was asked, and each pause.
        asked: RefCell<Vec<String>>,
        of_key: usize,
        of_name: usize,
        fails: Option<(usize, ErrorKind)>,
    }

    impl History for Pages {
        async fn page(
            &self,
            account: AccountId,
            whose: &Whose,
            _: Timestamp,
            _: Timestamp,
            token: Option<&str>,
        ) -> Result<Option<HistoryPage>, EffectError> {
            assert_eq!(account.as_str(), "111122223333");
            let (word, pages) = match whose {
                Whose::AccessKey(_) => ("key", self.of_key),
                Whose::User(_) => ("name", self.of_name),
            };
            let number = token.map_or(1, |token| token.parse().unwrap());
            let call = self.asked.borrow().len();
            self.asked.borrow_mut().push(format!("{word} {number}"));
            if let Some((_, kind)) = self.fails.filter(|(fails, _)| *fails == call) {
                return Err(EffectError::new("ask", kind, "on purpose"));
            }
            let next = (number < pages).then(|| (number + 1).to_string());
            Ok(Some(HistoryPage { records: vec![format!("{word} {number}")], next }))
        }
    }

    /// What is asked and waited for, and what comes of it: the records, and whether there are more.
    #[track_caller]
    fn check(pages: &Pages, asked: &[&str], (found, more): (&[&str], bool)) {
        let whose = [Whose::AccessKey("AKIA1".to_owned()), Whose::User("bob".to_owned())];
        let pause = |time| {
            pages.asked.borrow_mut().push(format!("{time:?}"));
            ready(())
        };
        let account = AccountId::parse("111122223333").unwrap();
        let hour = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let done = pollster::block_on(calls(pages, pause, (account, &whose), hour));
        assert_eq!(*pages.asked.borrow(), asked);
        let records = found.iter().map(|&record| record.to_owned()).collect();
        assert_eq!(done.unwrap(), Some(Calls { records, more }));
    }

    #[test]
    fn two_are_asked_at_once_and_further_pages_after_a_pause_each() {
        let pages = Pages { of_key: 1, of_name: 1, ..Pages::default() };
        let both: &[&str] = &["key 1", "name 1"];
        check(&pages, both, (both, false));
        let pages = Pages { of_key: 2, of_name: 9, ..Pages::default() };
        let asked = ["key 1", "name 1", "500ms", "key 2", "500ms", "name 2"];
        check(&pages, &asked, (&["key 1", "name 1", "key 2", "name 2"], true));
    }

    #[test]
    fn a_part_is_better_than_nothing_and_says_so() {
        let fails = |call, kind| Pages {
            of_key: 2,
            of_name: 2,
            fails: Some((call, kind)),
            ..Pages::default()
        };
        let asked = ["key 1", "name 1", "500ms", "name 2"];
        let throttled = fails(0, ErrorKind::Throttled);
        check(&throttled, &asked, (&["name 1", "name 2"], true));
        // Who does not answer is not asked again.
        check(&fails(0, ErrorKind::NoAnswer), &asked[..2], (&["name 1"], true));
        let whose = [Whose::User("bob".to_owned())];
        let (pages, hour) = (fails(0, ErrorKind::NoAnswer), Timestamp::UNIX_EPOCH);
        let account = AccountId::parse("111122223333").unwrap();
        let done = calls(&pages, |_| ready(()), (account, &whose), (hour, hour));
        assert_eq!(pollster::block_on(done).unwrap_err().kind, ErrorKind::NoAnswer);
    }

    #[test]
    fn an_hour_becomes_a_few_lines() {
        let now = record("now", 59, ("iam", "CreateUser"), &Value::Null);
        let event = Event::parse(&now.to_string()).unwrap();
        let on = json!({"requestParameters": {"userName": "mallory\n<!here>"}});
        let other_key = json!({"errorCode": "AccessDenied", "userIdentity": user("bob", "AKIA2")});
        let denied = json!({"errorCode": "AccessDenied"});
        let elsewhere = json!({"sourceIPAddress": "203.0.113.9"});
        let other = json!({"userIdentity": user("eve", "AKIA9")});
        let records = [
            record("a", 5, ("iam", "ListUsers"), &Value::Null),
            record("a", 5, ("iam", "ListUsers"), &Value::Null),
            record("b", 6, ("iam", "CreateAccessKey"), &on),
            record("c", 7, ("kms", "Decrypt"), &other_key),
            record("d", 8, ("kms", "Decrypt"), &denied),
            now,
            record("h", 50, ("s3", "ListBuckets"), &elsewhere),
            record("x", 10, ("ec2", "RunInstances"), &other),
            json!("no record"),
        ];
        let principal = Principal::of(&event);
        let calls =
            Calls { records: records.map(|record| record.to_string()).to_vec(), more: true };
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
