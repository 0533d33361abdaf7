//! Lookups without anybody to ask: for the command line, and for a function that may not look up anything.

use jiff::Timestamp;

use super::error::EffectError;
use super::lookups::{Accounts, CalendarState, ChangeCalendars, History, PastCalls, Whose};
use crate::iam::account::{Account, AccountId};

/// Leaves every question unanswered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offline;

impl Accounts for Offline {
    fn asks_about_accounts(&self) -> bool {
        false
    }

    async fn account(&self, _: AccountId) -> Result<Option<Account>, EffectError> {
        Ok(None)
    }
}

impl ChangeCalendars for Offline {
    async fn change_calendar(
        &self,
        _: &str,
        _: Timestamp,
    ) -> Result<Option<CalendarState>, EffectError> {
        Ok(None)
    }
}

impl History for Offline {
    async fn newest(
        &self,
        _: AccountId,
        _: &Whose,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<Option<PastCalls>, EffectError> {
        Ok(None)
    }
}
