//! Prior state: what was in force before an event, as far as the events before it tell.
//!
//! Each thing of each entity has a [`Register`]: the writes to it, ordered by the events' own time and
//! ID, never by their arrival. What an event writes ([`writes`]) and what it asks ([`Questions`]) are read
//! off the event; [`answer()`] makes an answer of the registers, through renames, deletion and making anew.
//! Unknown, absent and present are three different answers. All of it is pure: the registers that an
//! answer needs are fetched by `respond` and kept by `effects`.
//!
//! IAM tells names apart ignoring case, and managed policies by their names whatever their path:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>

use jiff::Timestamp;

use crate::iam::arn::Arn;

mod answer;
mod bearers;
mod given;
mod handed;
mod held;
mod holdings;
mod index;
mod memo;
mod names;
mod question;
mod reach;
mod reader;
mod register;
pub mod seed;
mod write;

pub use answer::{Registers, answer};
pub use bearers::{Bearers, Shared};
pub use given::Given;
pub use handed::{Handed, at_work};
pub use held::{Beside, Held};
pub use holdings::{Boundary, Holdings};
pub use memo::ReachMemo;
pub use names::former_names;
pub use question::{Ask, Questions};
pub use register::{LISTED_MAX, Moment, Register, VALUE_BYTES_MAX, Value, WRITES_MAX, Write};
pub use write::writes;

/// The name of one register: an account, an entity in it, a thing of the entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    account: String,
    /// Kind and name in small letters, as `user lee`.
    entity: String,
    /// As `inline stop`; nothing for the life of the entity itself.
    thing: String,
}

impl Address {
    /// The register of a thing of an entity.
    #[must_use]
    pub fn new(account: &str, entity: impl Into<String>, thing: impl Into<String>) -> Self {
        Self { account: account.to_owned(), entity: entity.into(), thing: thing.into() }
    }

    /// The register of when the entity was made, renamed and deleted.
    fn life(&self) -> Self {
        Self { thing: String::new(), ..self.clone() }
    }

    fn is_life(&self) -> bool {
        self.thing.is_empty()
    }

    fn of(&self, thing: impl Into<String>) -> Self {
        Self { thing: thing.into(), ..self.clone() }
    }

    /// As a key of a store. Line breaks part the fields, as no field can hold one unescaped.
    #[must_use]
    pub fn text(&self) -> String {
        let [account, entity, thing] =
            [&self.account, &self.entity, &self.thing].map(|part| part.escape_debug().to_string());
        format!("{account}\n{entity}\n{thing}")
    }
}

/// What was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prior {
    /// Nobody can tell.
    Unknown {
        /// Why.
        why: Why,
        /// Values that it may have had, among others.
        possible: Vec<String>,
    },
    /// For certain nothing.
    Absent {
        /// The event that tells.
        source: Source,
    },
    /// For certain this.
    Present {
        /// A document, the ID of a version, a status; empty where being there is all.
        value: String,
        /// The event that wrote it.
        source: Source,
    },
}

/// The event that an answer comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its ID.
    pub event_id: String,
    /// Its own time.
    pub at: Timestamp,
}

/// Why nobody can tell what was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Nobody asked.
    NotAsked,
    /// No event showed it.
    Unseen,
    /// Two events within one second, or around the reading of a seed.
    SameMoment,
    /// The events contradict each other: made twice, or used after its deletion.
    Contradicted,
    /// The event that wrote it does not say what.
    Unsaid,
    /// CloudTrail dropped the parameters of a later event, which may have written it.
    Omitted,
    /// What the event wrote cannot be read.
    Unreadable,
    /// The store did not answer.
    NoAnswer,
}

impl Why {
    /// The reason, as an alert says it.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotAsked | Self::Unseen => "no event showed it",
            Self::SameMoment => "events of one moment contradict each other",
            Self::Contradicted => "the events about it contradict each other",
            Self::Unsaid => "the event that wrote it does not say what",
            Self::Omitted => {
                "CloudTrail dropped the parameters of an event that may have written it"
            }
            Self::Unreadable => "what was written cannot be read",
            Self::NoAnswer => "the table did not answer",
        }
    }
}

impl Default for Prior {
    fn default() -> Self {
        Self::unknown(Why::NotAsked)
    }
}

impl Prior {
    /// Nobody can tell, and nothing is likely.
    #[must_use]
    pub fn unknown(why: Why) -> Self {
        Self::Unknown { why, possible: Vec::new() }
    }

    /// The value, where it is certain.
    #[must_use]
    pub fn present(&self) -> Option<&str> {
        match self {
            Self::Present { value, .. } => Some(value),
            Self::Unknown { .. } | Self::Absent { .. } => None,
        }
    }

    /// For certain not there?
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent { .. })
    }

    /// All values that it may have had, as far as any event showed them.
    #[must_use]
    pub fn possible(&self) -> &[String] {
        match self {
            Self::Present { value, .. } => std::slice::from_ref(value),
            Self::Unknown { possible, .. } => possible,
            Self::Absent { .. } => &[],
        }
    }

    /// `unknown`, `absent` or `present`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown",
            Self::Absent { .. } => "absent",
            Self::Present { .. } => "present",
        }
    }

    /// Why nobody can tell, where nobody can.
    #[must_use]
    pub fn why(&self) -> Option<Why> {
        match self {
            Self::Unknown { why, .. } => Some(*why),
            Self::Present { .. } | Self::Absent { .. } => None,
        }
    }
}

/// IAM tells names apart ignoring case.
fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// A customer's managed policy as an entity. Nothing for AWS's own, which no event of ours writes, and
/// for one of another account, which IAM would not take.
fn policy(account: &str, arn: &str) -> Option<Address> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "iam")?;
    let name = arn.resource.strip_prefix("policy/")?.rsplit('/').next()?;
    (arn.account == account).then(|| Address::new(account, format!("policy {}", fold(name)), ""))
}

/// `user`, `role` or `group`, as the name of a call has it, and the parameter that names it.
fn identity(call: &str) -> Option<(&'static str, &'static str)> {
    [("User", "user", "userName"), ("Role", "role", "roleName"), ("Group", "group", "groupName")]
        .into_iter()
        .find_map(|(word, kind, parameter)| call.contains(word).then_some((kind, parameter)))
}

#[cfg(test)]
mod tests;
