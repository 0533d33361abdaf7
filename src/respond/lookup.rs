//! Lookups in AWS, and how long an answer is valid.
//!
//! An account is looked up in the memory of this environment, in the state, and in AWS. If AWS does not answer, an
//! expired answer counts. The answer of a change calendar is valid until its next transition.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use futures_util::future::{join, join_all};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::effects::{CalendarState, Lookups, Precondition, State, lock};
use crate::event::{CallOutcome, Event, tags_after};
use crate::facts::Facts;
use crate::iam::account::{Account, AccountId};
use crate::site::Site;

/// How long this environment believes what it knows of an account, and waits after a lookup that
/// failed. A change of tags is seen by all environments after this time.
const MEMORY_FRESH: SignedDuration = SignedDuration::from_mins(5);
/// How long a stored account is valid.
const ACCOUNT_FRESH: SignedDuration = SignedDuration::from_hours(1);
/// How long it is still better than nothing, when AWS does not answer.
const ACCOUNT_STALE_MAX: SignedDuration = SignedDuration::from_hours(24 * 30);
/// How long a change calendar that did not answer is not asked again.
const CALENDAR_PAUSE: SignedDuration = SignedDuration::from_secs(60);
/// Longest time that an answer of a change calendar is valid, even before its next transition: the calendar may be
/// edited.
const CALENDAR_FRESH: SignedDuration = SignedDuration::from_mins(10);
/// Most accounts and calendar answers in memory; beyond it all are forgotten.
const CACHED_MAX: usize = 10_000;

/// Answers, as long as the environment lives.
#[derive(Debug, Default)]
pub struct Cache {
    accounts: Mutex<HashMap<AccountId, (Option<Account>, Timestamp)>>,
    calendars: Mutex<HashMap<String, Vec<Answer>>>,
}

/// The answer of a calendar for the time after `from`, and when it came.
#[derive(Debug, Clone, Copy)]
struct Answer {
    from: Timestamp,
    /// `None` if the calendar did not answer.
    state: Option<CalendarState>,
    asked: Timestamp,
}

/// The note on an account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct AccountNote {
    account: Account,
    /// AWS said so; what followed from an event is only better than nothing.
    believed: bool,
    /// The former value, if it changed.
    before: Option<Account>,
}

/// AWS's answer about an account. It is stored after the alert is out.
#[derive(Debug)]
pub struct FoundAccount {
    id: AccountId,
    note: AccountNote,
    /// The note that was read before AWS was asked: what was written since then is younger than its answer may be.
    over: Precondition,
}

/// The note on what an account was before an event that tagged it, written at the first delivery of the event.
#[derive(Debug, Default, Serialize, Deserialize)]
struct BeforeTagged {
    account: Option<Account>,
}

/// A lookup is stamped with the beginning of its invocation, and may have read this much later.
const STAMP_BLUR: SignedDuration = SignedDuration::from_secs(60);

fn key(id: AccountId) -> String {
    format!("account\n{id}")
}

fn before_tagged_key(id: AccountId, event: &Event) -> String {
    format!("tagged\n{id}\n{}", event.identity())
}

/// Looks things up through a cache.
#[derive(Debug)]
pub struct CachedLookups<'a, S, L> {
    /// The state that all environments share.
    pub state: &'a S,
    /// AWS.
    pub lookups: &'a L,
    /// The memory of this environment.
    pub cache: &'a Cache,
}

impl<S: State, L: Lookups> CachedLookups<'_, S, L> {
    /// The account, unless the site file says all about it, and AWS's answer to store. `None` if the account is
    /// unknown.
    pub async fn account(
        &self,
        site: &Site,
        id: AccountId,
        now: Timestamp,
    ) -> (Option<Account>, Option<FoundAccount>) {
        if !self.lookups.asks_about_accounts() || !site.must_look_up(id.as_str()) {
            return (None, None);
        }
        let remembered = lock(&self.cache.accounts).get(&id).cloned();
        if let Some((account, _)) =
            remembered.filter(|(_, at)| now.duration_since(*at) < MEMORY_FRESH)
        {
            return (account, None);
        }
        let mut found = None;
        let (kept, over) = self.kept(id).await;
        let younger = |limit| kept.as_ref().filter(|(_, at)| now.duration_since(*at) < limit);
        let account = match younger(ACCOUNT_FRESH).filter(|(kept, _)| kept.believed) {
            Some((kept, _)) => Some(kept.account.clone()),
            None => match self.lookups.account(id).await {
                Ok(Some(account)) => {
                    let before = kept.as_ref().and_then(|(kept, _)| {
                        let changed = kept.believed && kept.account.tags != account.tags;
                        if changed { Some(kept.account.clone()) } else { kept.before.clone() }
                    });
                    let note = AccountNote { account: account.clone(), believed: true, before };
                    found = Some(FoundAccount { id, note, over });
                    Some(account)
                }
                Ok(None) => None,
                Err(error) => {
                    tracing::warn!(%error, account = id.as_str(), "account not known, last answer counts");
                    younger(ACCOUNT_STALE_MAX).map(|(kept, _)| kept.account.clone())
                }
            },
        };
        self.remember(id, account.clone(), now);
        (account, found)
    }

    /// Keeps what AWS said of an account, so that other environments need not ask.
    pub(super) async fn keep_found(&self, found: &FoundAccount, now: Timestamp) {
        self.keep(found.id, &found.note, now, found.over).await;
    }

    /// The account before this event tags it. AWS is not asked: it would answer with the new tags. Nothing if the old
    /// ones are unknown.
    pub async fn tagged(&self, event: &Event, facts: &Facts, now: Timestamp) -> Option<Account> {
        let id = facts.tagged?;
        let first = before_tagged_key(id, event);
        let (first, (kept, _)) = join(self.state.note(&first), self.kept(id)).await;
        if let Ok(Some(note)) = first {
            return serde_json::from_str::<BeforeTagged>(&note.text).ok()?.account;
        }
        let time = event.time().unwrap_or(now);
        let (kept, at) = kept?;
        let before = at.checked_add(STAMP_BLUR).is_ok_and(|at| at < time);
        if before { Some(kept.account) } else { kept.before }
    }

    /// Keeps what an account was before this event tags it, for a second delivery of the event.
    pub(super) async fn keep_before_tagged(
        &self,
        event: &Event,
        facts: &Facts,
        before: Option<&Account>,
        now: Timestamp,
    ) {
        let asks = self.lookups.asks_about_accounts();
        let Some(id) = facts.tagged.filter(|_| asks) else { return };
        let (key, at) = (before_tagged_key(id, event), event.time().unwrap_or(now));
        let text =
            serde_json::to_string(&BeforeTagged { account: before.cloned() }).unwrap_or_default();
        if let Err(error) = self.state.write_note(&key, &text, at, Precondition::Absent).await {
            tracing::warn!(%error, "not kept what the account was before it was tagged");
        }
    }

    /// After an account was tagged, what was known of it is only better than nothing.
    pub async fn forget_tagged(
        &self,
        event: &Event,
        facts: &Facts,
        before: Option<&Account>,
        now: Timestamp,
    ) {
        let done = facts.outcome == CallOutcome::Success;
        let asks = done && self.lookups.asks_about_accounts();
        let Some(id) = facts.tagged.filter(|_| asks) else {
            return;
        };
        lock(&self.cache.accounts).remove(&id);
        let mut account = before.cloned().unwrap_or_default();
        // The tags of an event alone are not all tags: where those before it are not known, none are.
        account.tags = account.tags.take().map(|tags| tags_after(event, &tags));
        let note = AccountNote { account, believed: false, before: before.cloned() };
        self.keep(id, &note, event.time().unwrap_or(now), Precondition::NotLater).await;
    }

    /// The state of each change calendar of the site at a moment. A calendar that does not answer is missing.
    pub async fn calendars(
        &self,
        site: &Site,
        at: Option<Timestamp>,
        now: Timestamp,
    ) -> BTreeMap<String, bool> {
        let names = site.calendars().iter().filter_map(|(_, calendar)| calendar.change_calendar());
        let Some(at) = at else { return BTreeMap::new() };
        let answers = names.map(async |name| {
            let open = self.calendar(name, at, now).await?;
            Some((name.to_owned(), open))
        });
        join_all(answers).await.into_iter().flatten().collect()
    }

    async fn calendar(&self, name: &str, at: Timestamp, now: Timestamp) -> Option<bool> {
        let holds = |answer: &&Answer| {
            let age = now.duration_since(answer.asked);
            match answer.state {
                Some(state) => {
                    let until = state.until.is_none_or(|until| at < until);
                    age < CALENDAR_FRESH && answer.from <= at && until
                }
                None => age < CALENDAR_PAUSE,
            }
        };
        let known = lock(&self.cache.calendars)
            .get(name)
            .and_then(|answers| answers.iter().find(holds).copied());
        if let Some(answer) = known {
            return Some(answer.state?.open);
        }
        let state = match self.lookups.change_calendar(name, at).await {
            Ok(None) => return None,
            Ok(state) => state,
            Err(error) => {
                tracing::warn!(%error, "change calendar not known, the stricter side counts");
                None
            }
        };
        let mut calendars = lock(&self.cache.calendars);
        let answers = calendars.entry(name.to_owned()).or_default();
        answers.retain(|answer| now.duration_since(answer.asked) < CALENDAR_FRESH);
        if answers.len() < CACHED_MAX {
            answers.push(Answer { from: at, state, asked: now });
        }
        Some(state?.open)
    }

    /// The note on an account with its time, and the raw value in the table.
    async fn kept(&self, id: AccountId) -> (Option<(AccountNote, Timestamp)>, Precondition) {
        match self.state.note(&key(id)).await {
            Ok(note) => {
                let over = Precondition::of(note.as_ref());
                let read =
                    note.and_then(|note| Some((serde_json::from_str(&note.text).ok()?, note.at)));
                (read, over)
            }
            Err(error) => {
                tracing::warn!(%error, "not known what was known of the account");
                (None, Precondition::NotLater)
            }
        }
    }

    async fn keep(&self, id: AccountId, note: &AccountNote, at: Timestamp, over: Precondition) {
        let text = serde_json::to_string(note).unwrap_or_default();
        match self.state.write_note(&key(id), &text, at, over).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::debug!(account = id.as_str(), "a younger note on the account stands");
            }
            Err(error) => tracing::warn!(%error, "account not kept"),
        }
    }

    fn remember(&self, id: AccountId, account: Option<Account>, now: Timestamp) {
        let mut accounts = lock(&self.cache.accounts);
        if accounts.len() >= CACHED_MAX {
            accounts.clear();
        }
        accounts.insert(id, (account, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes on accounts as the table holds them.
    #[test]
    fn what_the_table_holds_is_read_and_written_as_ever() {
        let account = r#"{"name":"payments","tags":{"env":"prod"}}"#;
        let kept = [
            format!(r#"{{"account":{account},"believed":true,"before":null}}"#),
            format!(r#"{{"account":{{}},"believed":false,"before":{account}}}"#),
        ];
        for kept in kept {
            let read: AccountNote = serde_json::from_str(&kept).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), kept);
        }
        let with_alias =
            r#"{"account":{"name":"payments","alias":"pay"},"believed":true,"before":null}"#;
        let read: AccountNote = serde_json::from_str(with_alias).unwrap();
        assert_eq!(read.account.name.as_deref(), Some("payments"), "of an older version");
        let before = format!(r#"{{"account":{account}}}"#);
        let read: BeforeTagged = serde_json::from_str(&before).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), before);
    }
}
