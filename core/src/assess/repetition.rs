//! Repetitions: the windows that an alert claims, so that the next alert of its kind is held back.

use jiff::SignedDuration;

use super::content::content;
use super::fingerprint::{counter_key, fingerprint, is_attempt};
use crate::event::{CallOutcome, Event};
use crate::facts::Context;
use crate::rule::{GroupBy, Rule, Span};
use crate::text::severity::Severity;

/// Window for refused or failed calls of one caller, if the rule has no window of its own: they are published once.
const ATTEMPT_WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// Shortest window that an alert mentions.
const SAID_FROM: SignedDuration = SignedDuration::from_hours(1);

/// Attempts held back at which they are published once more within their window: people on call learn that it goes on,
/// and how much it is.
const ATTEMPTS_PUBLISHED_AGAIN: [u32; 2] = [100, 1_000];

/// The parts of an alert that may be repetitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repetition {
    /// A rule of it holds nothing back: it is news, no matter what was published before.
    pub is_news: bool,
    /// The claims of its other rules.
    pub claiming: Vec<Claiming>,
    /// It was tried in vain.
    is_attempt: bool,
}

/// A window that one rule claims for its alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claiming {
    /// The key that equal alerts of the rule share.
    pub fingerprint: String,
    /// How long the next of the kind is held back.
    pub window: SignedDuration,
    /// The content that makes it news within the window.
    pub again: Option<Again>,
    /// The rule, where it holds repetitions back for days.
    pub for_days: Option<String>,
}

/// A call is the same as the first on its entity within the window where it sets the same as that; else all that it
/// sets belongs to the fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// The key under which the first content is stored.
    pub thing: String,
    /// The content that this call sets.
    pub content: String,
}

impl Repetition {
    /// What the rules of an alert of this severity claim. A rule about many events has said of them all: quieter ones
    /// about each are not asked, nor general ones beside one about the call itself.
    #[must_use]
    pub fn of(event: &Event, context: &Context, rules: &[&Rule], severity: Severity) -> Self {
        let is_attempt = is_attempt(event, context);
        let specific = rules.iter().any(|rule| !rule.spec.is_general());
        let many = rules.iter().filter(|rule| rule.spec.threshold.is_some());
        let floor = many.map(|rule| rule.severity_of(context.facts.outcome)).max();
        let (mut is_news, mut claiming) = (false, Vec::new());
        for rule in rules {
            let is_beside = specific && rule.spec.is_general();
            if is_beside
                || floor.is_some_and(|floor| rule.severity_of(context.facts.outcome) < floor)
            {
                continue;
            }
            let own = rule.spec.dedupe.as_ref().map(Span::duration);
            let Some(window) = own.or_else(|| is_attempt.then_some(ATTEMPT_WINDOW)) else {
                is_news = true;
                continue;
            };
            claiming.push(Claiming {
                fingerprint: fingerprint(rule, event, context, severity),
                window,
                again: again(rule, event, context),
                for_days: rule.held_for_days().map(|_| rule.spec.id.clone()),
            });
        }
        Self { is_news, claiming, is_attempt }
    }

    /// How long the next of its kind is only counted, where that is longer than people look at the first one. `None`
    /// where a rule of it holds nothing back.
    #[must_use]
    pub fn counts_for(&self) -> Option<SignedDuration> {
        let windows = self.claiming.iter().map(|claiming| claiming.window);
        // It is held back only if every rule of it is.
        windows.min().filter(|window| !self.is_news && *window >= SAID_FROM)
    }

    /// Is this repetition published all the same? The 100th and the 1,000th attempt within a window are.
    #[must_use]
    pub fn is_published_again(&self, held: u32) -> bool {
        self.is_attempt && ATTEMPTS_PUBLISHED_AGAIN.contains(&held)
    }
}

impl Claiming {
    /// The fingerprint of a call that sets something else than the first on its entity did.
    #[must_use]
    pub fn of_content(&self, content: &str) -> String {
        format!("{}\n{}", self.fingerprint, content.escape_debug())
    }
}

/// For a rule that counts repeated content. A refused caller can invent any number of contents.
fn again(rule: &Rule, event: &Event, context: &Context) -> Option<Again> {
    let by = rule.spec.dedupe_by.as_deref().unwrap_or_default();
    if !by.contains(&GroupBy::Again) || context.facts.outcome != CallOutcome::Success {
        return None;
    }
    let by = [GroupBy::Account, GroupBy::Principal, GroupBy::Call, GroupBy::Entity];
    let thing = format!("set first\n{}", counter_key(rule, &by, event, context));
    Some(Again { thing, content: content(event, context) })
}
