//! What is planned against a change.

use std::borrow::Cow;

use super::command;
use super::guard::Guard;
use super::step::Step;
use crate::iam::account::AccountId;
use crate::iam::catalogue::{Effect, Operation};

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
    Do {
        /// Where it is to be done.
        account: AccountId,
        /// What is to be done.
        step: Step,
    },
    /// Refused. Its arguments may be what is not known.
    Refused {
        /// What it would call.
        action: Operation,
        /// What refuses it.
        guard: Guard,
    },
}

impl Planned {
    /// What it calls.
    #[must_use]
    pub fn action(&self) -> Operation {
        match self {
            Self::Do { step, .. } => step.operation(),
            Self::Refused { action, .. } => *action,
        }
    }

    /// What refuses it.
    #[must_use]
    pub(crate) fn guard(&self) -> Option<Guard> {
        match self {
            Self::Do { .. } => None,
            Self::Refused { guard, .. } => Some(*guard),
        }
    }

    /// Shell command that does it with the AWS CLI: one line, which does nothing in another account.
    #[must_use]
    pub fn command(&self) -> Option<String> {
        match self {
            Self::Do { account, step } => command::of(step, account),
            Self::Refused { .. } => None,
        }
    }
}
