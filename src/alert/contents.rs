//! What an alert holds.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::step::StepLine;
use crate::text::severity::Severity;

/// Longest name shown, in characters.
pub const NAME_CHARS_MAX: usize = 256;
/// Longest free text shown, as a user agent or an error message.
pub const TEXT_CHARS_MAX: usize = 300;
/// Most rules listed beside the first.
pub const RULES_MAX: usize = 10;
/// Most lines about what a document allows.
pub const ALLOWS_MAX: usize = 8;
/// Most reasons listed.
pub const REASONS_MAX: usize = 20;
/// Most repetitions counted that one alert speaks for.
pub const HELD_MAX: u32 = 1_000;

/// One alert, ready to be rendered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Alert {
    /// How loud.
    pub severity: Severity,
    /// What happened, in a few words: the title of the first rule.
    pub title: String,
    /// What happened, in one sentence.
    pub sentence: String,
    /// All rules that matched, the loudest first.
    pub rules: Vec<RuleLine>,
    /// Why it is this loud.
    pub reasons: Vec<String>,
    /// Not all of it was judged, which the reasons tell: the stricter answer stands.
    #[serde(default)]
    pub cut: bool,
    /// Why it matters, in the words of the first rule; of what was only tried, in our own.
    pub why: Option<String>,
    /// What to do, in the words of the first rule; about what was only tried, in our own.
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
    #[serde(with = "super::step")]
    pub undo: Vec<StepLine>,
    /// The steps that the rules allow to be planned.
    pub plan: Vec<StepLine>,
    /// Links by label.
    pub links: Vec<(Cow<'static, str>, String)>,
    /// What the principal did in the hour before, or why that is not known.
    pub history: Vec<String>,
    /// Repetitions held back since an alert of this kind was first told.
    pub held_back: u32,
    /// What must be known about this alert itself, as that it may come twice.
    pub notes: Vec<String>,
    /// The command that acknowledges it.
    #[serde(default)]
    pub acknowledge: Option<String>,
}

/// A rule that matched.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RuleLine {
    /// ID of the rule.
    pub id: String,
    /// Its title; of what was only tried it says so.
    pub title: String,
    /// Its base severity.
    pub severity: Severity,
    /// Its ATT&CK techniques.
    pub attack: Vec<String>,
}

/// Who acted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Who {
    /// One line for people.
    pub line: String,
    /// `userIdentity.type`.
    pub kind: String,
    /// The person, as far as known.
    pub person: Option<String>,
    /// ARN of the caller.
    pub arn: Option<String>,
    /// ARN of the role behind a session.
    pub role_arn: Option<String>,
    /// Account of the identity.
    pub account: Option<String>,
    /// Second factor, where known.
    pub mfa: Option<bool>,
    /// Identity of another account.
    pub external: bool,
}

/// What was acted upon.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct EntityLine {
    /// `role`, `user` …
    pub kind: String,
    /// Its name.
    pub name: Option<String>,
    /// Its ARN.
    pub arn: Option<String>,
}

/// What is now possible.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RightsLines {
    /// Words, as rules see them.
    pub grants: Vec<String>,
    /// Those that no condition guards.
    pub unconditional: Vec<String>,
    /// Words of the trust policy.
    pub trust: Vec<String>,
    /// What it allows, for people.
    pub allows: Vec<String>,
    /// The difference to the document before, where that is known.
    pub difference: Option<String>,
}

/// Where it happened, and from where.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Place {
    /// Account ID.
    pub account: Option<String>,
    /// Name of the account.
    pub account_name: Option<String>,
    /// Environment of the account.
    pub environment: Option<String>,
    /// Whether tags told the environment.
    pub environment_known: bool,
    /// Region.
    pub region: Option<String>,
    /// Source address.
    pub source_ip: Option<String>,
    /// User agent.
    pub user_agent: Option<String>,
}

/// The event.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct EventLine {
    /// Event ID.
    pub id: Option<String>,
    /// `iam.amazonaws.com`
    pub source: Option<String>,
    /// `AttachRolePolicy`
    pub name: Option<String>,
    /// When it happened.
    pub time: Option<Timestamp>,
    /// How long ago that was when the alert was made.
    pub delay: Option<SignedDuration>,
    /// `success`, `denied`, `failure`; nothing for an event that cannot be read.
    pub outcome: Option<Cow<'static, str>>,
    /// Error code and message.
    pub error: Option<String>,
}
