//! Lookups in AWS about an event.

use std::future::Future;

use jiff::Timestamp;

use super::error::EffectError;
use crate::iam::account::{Account, AccountId};

/// Whose calls are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// User name, or the name of a role session: what CloudTrail calls user name.
    User(String),
    /// Calls signed with this access key.
    AccessKey(String),
}

/// Calls of the past.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PastCalls {
    /// CloudTrail's records as JSON texts, the newest first.
    pub records: Vec<String>,
    /// There are more, which were not fetched.
    pub more: bool,
}

/// What a change calendar says of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarState {
    /// Changes are allowed.
    pub open: bool,
    /// Until when that stays so, if it says so.
    pub until: Option<Timestamp>,
}

/// Asks Organizations about accounts.
pub trait Accounts {
    /// Can accounts be looked up at all?
    fn asks_about_accounts(&self) -> bool;

    /// Name and tags of an account. `Ok(None)` means that there is nobody to ask.
    fn account(
        &self,
        account: AccountId,
    ) -> impl Future<Output = Result<Option<Account>, EffectError>>;
}

/// Asks Systems Manager about change calendars.
pub trait ChangeCalendars {
    /// The state of a change calendar at a moment. `Ok(None)` if calendars cannot be queried.
    fn change_calendar(
        &self,
        name: &str,
        at: Timestamp,
    ) -> impl Future<Output = Result<Option<CalendarState>, EffectError>>;
}

/// Asks CloudTrail about the past.
pub trait History {
    /// The newest of somebody's calls in an account, in this Region, between two moments, as many as one answer holds.
    /// `Ok(None)` means that there is nobody to ask.
    fn newest(
        &self,
        account: AccountId,
        whose: &Whose,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Future<Output = Result<Option<PastCalls>, EffectError>>;
}

/// All that an event may have AWS asked for, under one name.
pub trait Lookups: Accounts + ChangeCalendars + History {}

impl<L: Accounts + ChangeCalendars + History> Lookups for L {}
