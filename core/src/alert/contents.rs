//! The contents of an alert.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::step::StepLine;
use super::word::KeptWord;
use crate::event::CallOutcome;
use crate::iam::kind::EntityKind;
use crate::iam::policy::{Grant, TrustWord};
use crate::text::hostile::Hostile;
use crate::text::line::{Line, NAME_CHARS_MAX, TEXT_CHARS_MAX};
use crate::text::severity::Severity;

/// Most rules listed beside the first.
pub(crate) const RULES_MAX: usize = 10;
/// Most lines about what a document allows.
pub(crate) const ALLOWS_MAX: usize = 8;
/// Most reasons listed.
pub const REASONS_MAX: usize = 20;
/// Most repetitions counted that one alert speaks for.
pub const HELD_BACK_MAX: u32 = 1_000;

/// One alert, ready to be rendered.
#[derive(Debug, Clone)]
pub struct Alert {
    /// How loud.
    pub severity: Severity,
    /// What happened, in a few words: the title of the first rule.
    pub title: Line,
    /// What happened, in one sentence.
    pub sentence: Line,
    /// All rules that matched, the loudest first.
    pub rules: Vec<RuleLine>,
    /// Why it is this loud.
    pub reasons: Vec<Line>,
    /// Not all of it was judged, and the reasons say so: the stricter answer counts.
    pub cut: bool,
    /// Why it matters, in the words of the first rule; for a mere attempt, in our own.
    pub why: Option<String>,
    /// What to do, in the words of the first rule; for a mere attempt, in our own.
    pub runbook: Option<String>,
    /// Who acted.
    pub who: Who,
    /// What was acted upon, as `role deploy`.
    pub entity: Option<EntityLine>,
    /// What a policy document or managed policy gives.
    pub rights: RightsLines,
    /// Where it happened.
    pub place: Place,
    /// The event itself.
    pub event: EventLine,
    /// The steps that undo it.
    pub undo: Vec<StepLine>,
    /// The steps that the rules allow in a plan.
    pub plan: Vec<StepLine>,
    /// Links by label.
    pub links: Vec<(Cow<'static, str>, String)>,
    /// What the principal did in the hour before, or why that is not known.
    pub history: Vec<Line>,
    /// Repetitions held back since an alert of this kind was first published.
    pub held_back: u32,
    /// Notes about this alert itself, for example that it may come twice.
    pub notes: Vec<Line>,
    /// The command that acknowledges it.
    pub acknowledge: Option<String>,
}

/// A rule that matched.
#[derive(Debug, Clone)]
pub struct RuleLine {
    /// ID of the rule.
    pub id: Hostile,
    /// Its title, which says so if the call was only tried.
    pub title: Line,
    /// Its base severity.
    pub severity: Severity,
    /// Its ATT&CK techniques.
    pub attack: Vec<String>,
}

impl RuleLine {
    /// The ID, as people see it.
    #[must_use]
    pub fn id(&self) -> String {
        self.id.shown(NAME_CHARS_MAX)
    }
}

/// Who acted.
#[derive(Debug, Clone, Default)]
pub struct Who {
    /// One line for people.
    pub line: Line,
    /// `userIdentity.type`.
    pub kind: Hostile,
    /// The person, where AWS or an identity provider names one.
    pub person: Option<Hostile>,
    /// ARN of the caller.
    pub arn: Option<Hostile>,
    /// ARN of the role behind a session.
    pub role_arn: Option<Hostile>,
    /// Account of the identity.
    pub account: Option<Hostile>,
    /// The access key that signed.
    pub access_key: Option<Hostile>,
    /// What a session calls itself.
    pub session: Option<Hostile>,
    /// `sourceIdentity` of a session.
    pub source_identity: Option<Hostile>,
    /// ID of the person in Identity Center for whom a session acts, and the ARN of the identity store.
    pub on_behalf_of: Option<(Hostile, Option<Hostile>)>,
    /// ARN of the thing that AWS gave the credentials to.
    pub in_scope_of: Option<Hostile>,
    /// The identity provider behind a session or a sign-in.
    pub identity_provider: Option<Hostile>,
    /// Second factor, where known.
    pub mfa: Option<bool>,
    /// Identity of another account.
    pub external: bool,
}

/// What was acted upon.
#[derive(Debug, Clone)]
pub struct EntityLine {
    /// `role`, `user` …
    pub kind: KeptWord<EntityKind>,
    /// Its name.
    pub name: Option<Hostile>,
    /// Its ARN.
    pub arn: Option<Hostile>,
}

/// What is now possible.
#[derive(Debug, Clone, Default)]
pub struct RightsLines {
    /// Grants, as rules see them.
    pub grants: BTreeSet<KeptWord<Grant>>,
    /// Grants that no condition guards.
    pub unconditional: BTreeSet<KeptWord<Grant>>,
    /// Whom the trust policy lets in.
    pub trust: BTreeSet<KeptWord<TrustWord>>,
    /// What it allows, for people.
    pub allows: Vec<Line>,
    /// The difference to the document before, where that is known.
    pub difference: Option<Line>,
}

/// Where it happened, and from where.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// Account ID.
    pub account: Option<Hostile>,
    /// Name of the account.
    pub account_name: Option<Hostile>,
    /// Environment of the account; that of the affected one, where that is louder.
    pub environment: Option<String>,
    /// Whether tags named the environment.
    pub environment_known: bool,
    /// The other account that is affected.
    pub affected: Option<AffectedPlace>,
    /// Region.
    pub region: Option<Hostile>,
    /// Source address.
    pub source_ip: Option<Hostile>,
    /// User agent.
    pub user_agent: Option<Hostile>,
}

/// Another account that an event opens, closes or hands over.
#[derive(Debug, Clone)]
pub struct AffectedPlace {
    /// Account ID.
    pub account: Hostile,
    /// Name of the account.
    pub account_name: Option<Hostile>,
    /// Environment of the account.
    pub environment: String,
    /// Whether tags named the environment.
    pub environment_known: bool,
}

/// The event.
#[derive(Debug, Clone, Default)]
pub struct EventLine {
    /// Event ID.
    pub id: Option<Hostile>,
    /// `iam.amazonaws.com`
    pub source: Option<Hostile>,
    /// `AttachRolePolicy`
    pub name: Option<Hostile>,
    /// When it happened.
    pub time: Option<Timestamp>,
    /// Delay between that time and the making of the alert.
    pub delay: Option<SignedDuration>,
    /// `None` for an event that cannot be read.
    pub outcome: Option<KeptWord<CallOutcome>>,
    /// Error code of a call that did not succeed.
    pub error_code: Option<Hostile>,
    /// Error message, or code and message as they were shown before.
    pub error_message: Option<Hostile>,
}

/// What EC2 writes before the details of a refusal.
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>
const ENCODED: &str = " Encoded authorization failure message:";

impl EventLine {
    /// Does the event say that the call was carried out?
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.outcome.as_ref().is_none_or(|outcome| *outcome == CallOutcome::Success.into())
    }

    /// Error code and message, as people see them.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        let message = self.error_message.as_ref().map(|text| match text.before(ENCODED) {
            // It is decoded only whole, and no alert has room for the whole.
            Some(said) => format!("{} The event has encoded details.", said.shown(TEXT_CHARS_MAX)),
            None => text.shown(TEXT_CHARS_MAX),
        });
        match (shown_name(self.error_code.as_ref()), message) {
            (Some(code), Some(message)) => Some(format!("{code}: {message}")),
            (code, message) => code.or(message),
        }
    }
}

impl Place {
    /// The user agent, as people see it.
    #[must_use]
    pub(crate) fn agent(&self) -> Option<String> {
        self.user_agent.as_ref().map(|agent| agent.shown(TEXT_CHARS_MAX))
    }
}

/// Lines, as people see them.
#[must_use]
pub fn shown_lines(lines: &[Line]) -> Vec<String> {
    lines.iter().map(Line::shown).collect()
}

/// A name, as people see it.
#[must_use]
pub fn shown_name(name: Option<&Hostile>) -> Option<String> {
    name.map(|name| name.shown(NAME_CHARS_MAX))
}
