//! What is planned against a change.

use std::borrow::Cow;

use super::command;
use super::guard::Guard;
use super::irreversible::NoReverse;
use super::permission::Permission;
use super::step::Step;
use crate::iam::account::AccountId;
use crate::iam::catalogue::{Effect, Operation};

/// Longest command that takes a step back, in bytes: one that puts back a document has it in it.
const COMMAND_BYTES_MAX: usize = 8_192;
/// What is said in its place.
const TOO_LONG: &str = "to take it back, put the document of the event again: a command with it would be too long, or not safe";

/// One of the steps that undo a change, with what is to be known before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// What it does to rights.
    pub effect: Effect,
    /// Doubts to check before the step is done, as sentences.
    pub doubts: Vec<Cow<'static, str>>,
    /// The step, or the reason against it.
    pub planned: Planned,
}

/// A step, or the reason against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Planned {
    /// Proposed to people.
    Do(Box<Proposal>),
    /// Refused. Its arguments may be what is not known.
    Refused {
        /// What it would call.
        action: Operation,
        /// What refuses it.
        guard: Guard,
    },
}

/// A step that is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Where it is to be done.
    pub account: AccountId,
    /// What is to be done.
    pub step: Step,
    /// What takes it back to what the event left, or why nothing is known to.
    pub back: Result<Step, NoReverse>,
    /// What its command needs.
    pub needs: Vec<Permission>,
}

impl Planned {
    /// What it calls.
    #[must_use]
    pub fn action(&self) -> Operation {
        match self {
            Self::Do(proposal) => proposal.step.operation(),
            Self::Refused { action, .. } => *action,
        }
    }

    /// What refuses it.
    #[must_use]
    pub(crate) fn guard(&self) -> Option<Guard> {
        match self {
            Self::Do(_) => None,
            Self::Refused { guard, .. } => Some(*guard),
        }
    }

    /// Shell command that does it with the AWS CLI: one line, which does nothing in another account.
    #[must_use]
    pub fn command(&self) -> Option<String> {
        match self {
            Self::Do(proposal) => command::of(&proposal.step, &proposal.account),
            Self::Refused { .. } => None,
        }
    }

    /// Shell command that takes it back, in the same form.
    ///
    /// # Errors
    /// Why there is none, or why the step itself is not done.
    pub fn command_back(&self) -> Result<String, &'static str> {
        match self {
            Self::Do(proposal) => {
                let back = proposal.back.as_ref().map_err(NoReverse::reason)?;
                let command = command::of(back, &proposal.account);
                command.filter(|line| line.len() <= COMMAND_BYTES_MAX).ok_or(TOO_LONG)
            }
            Self::Refused { guard, .. } => Err(guard.reason()),
        }
    }
}
