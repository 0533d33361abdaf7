//! The journal of a plan that is carried out: what was begun, what AWS answered, what was seen, how it ended.
//!
//! Entries are only ever appended, each under the condition that the journal still has the length that was read, so that of
//! two copies of the remediator one wins and the other reads again. An entry holds what [`super::next`] needs and
//! nothing else.

use jiff::Timestamp;

use super::guard::Guard;

/// Most entries of a journal. A plan that needs more is stuck.
pub const ENTRIES_MAX: usize = 64;

/// One entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// When it was written, by the clock of the remediator.
    pub at: Timestamp,
    /// What happened.
    pub what: What,
}

/// What an entry says. Steps are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The plan may be carried out.
    Released,
    /// A write is about to be sent. It is never sent later than [`super::next::FENCE`] after this entry.
    Intent {
        /// The step.
        step: usize,
    },
    /// AWS answered, or did not.
    Answer {
        /// The step.
        step: usize,
        /// The answer.
        answer: Answer,
    },
    /// A step is over.
    Over {
        /// The step.
        step: usize,
        /// How.
        how: How,
    },
    /// The end.
    End(End),
    /// A second look showed that the change is still undone.
    Held,
}

/// What AWS answered to a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It was done.
    Done,
    /// It was not done and may be later: `ConcurrentModification`, `EntityTemporarilyUnmodifiable`, throttling.
    Later,
    /// It was not done, as the thing is not there: `NoSuchEntity`.
    NotFound,
    /// It was not done, as this tool may not: `AccessDenied`.
    NotPermitted,
    /// It was not done, and never will be: `LimitExceeded`, `DeleteConflict`, `UnmodifiableEntity`,
    /// `MalformedPolicyDocument`, and errors that are not known.
    Never,
    /// Nobody knows: the connection broke, or the time was over.
    None,
}

/// How a step came to be over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// This tool did it, and a look showed it.
    Done,
    /// A look showed it before this tool wrote anything.
    Already,
    /// Nothing stood against it, and nothing was written, as asked.
    Rehearsed,
}

/// How a plan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The change is undone, as a look showed.
    Done,
    /// Somebody else had undone it.
    AlreadyUndone,
    /// A guard refused it.
    Refused(Guard),
    /// Nothing stood against it, and nothing was written, as asked.
    Rehearsed,
    /// It was undone, and the change came back.
    Flipped,
    /// A person rejected it.
    Rejected,
    /// Nobody approved it in time.
    Expired,
    /// It cannot go on.
    Stuck(Stuck),
    /// It was undone, and a person took that back.
    Reverted,
}

/// Why a plan cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stuck {
    /// AWS refused the write for good.
    Refused,
    /// AWS refused the write again and again, for a minute.
    Busy,
    /// No write got an answer, and none of them shows.
    Unanswered,
    /// AWS does not show the thing.
    Unreadable,
    /// The journal is full.
    Full,
}

/// What the journal says of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StepState {
    /// When the first write was intended.
    pub(super) first: Option<Timestamp>,
    /// How many writes have no answer.
    pub(super) unanswered: usize,
    /// The last write that was intended: when, and what AWS answered, when.
    pub(super) last: Option<(Timestamp, Option<(Timestamp, Answer)>)>,
    /// When AWS said that a write was done.
    pub(super) done: Option<Timestamp>,
}

/// The journal as it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Journal<'j>(pub(super) &'j [Entry]);

impl Journal<'_> {
    /// The end, and when.
    pub(super) fn end(self) -> Option<(Timestamp, End)> {
        self.0.iter().rev().find_map(|entry| match entry.what {
            What::End(end) => Some((entry.at, end)),
            _ => None,
        })
    }

    /// Was there a second look that showed nothing new?
    pub(super) fn is_held(self) -> bool {
        self.0.iter().any(|entry| entry.what == What::Held)
    }

    /// When it was released.
    pub(super) fn released(self) -> Option<Timestamp> {
        self.0.iter().find(|entry| entry.what == What::Released).map(|entry| entry.at)
    }

    /// The steps that are over.
    pub(super) fn over(self) -> impl Iterator<Item = (usize, How)> {
        self.0.iter().filter_map(|entry| match entry.what {
            What::Over { step, how } => Some((step, how)),
            _ => None,
        })
    }

    /// What was done about one step.
    pub(super) fn step(self, wanted: usize) -> StepState {
        let mut state = StepState { first: None, unanswered: 0, last: None, done: None };
        for entry in self.0 {
            match entry.what {
                What::Intent { step } if step == wanted => {
                    state.first = state.first.or(Some(entry.at));
                    state.unanswered += 1;
                    state.last = Some((entry.at, None));
                }
                What::Answer { step, answer } if step == wanted => {
                    if let Some((_, came)) = &mut state.last {
                        *came = Some((entry.at, answer));
                    }
                    if answer != Answer::None {
                        state.unanswered = state.unanswered.saturating_sub(1);
                    }
                    if answer == Answer::Done {
                        state.done = Some(entry.at);
                    }
                }
                _ => {}
            }
        }
        state
    }
}
