//! What is to be done next about a plan: a pure function of its journal, of what a look shows, and of the time. The edge
//! does what it says and nothing else.
//!
//! Three things are not to be believed: that a look shows the present (a read of IAM may be seconds old), that a write
//! without an answer was not done, and that this copy is the only one. Hence:
//!
//! - Before the first write, "somebody else has undone it" counts only [`SETTLED`] after the event.
//! - A write is never sent later than [`FENCE`] after its intent, so a copy that was frozen does not write later.
//! - After a write that was done for certain there is no second one, no matter what a look shows.
//! - What a write without an answer did is not known before [`SETTLED`] after its fence. A further write is sent only if
//!   CloudTrail knows neither that write nor one of anybody else.

use jiff::{SignedDuration, Timestamp};

use super::guard::Guard;
use super::journal::{Answer, ENTRIES_MAX, End, Entry, How, Journal, StepState, Stuck};

/// A look shows the present, or a moment not longer ago than this.
pub const SETTLED: SignedDuration = SignedDuration::from_secs(30);
/// Longest time from an intent to its write.
pub const FENCE: SignedDuration = SignedDuration::from_secs(5);
/// From the end of a plan to the second look.
pub const SECOND_LOOK: SignedDuration = SignedDuration::from_mins(10);
/// Longest time, from the first intent of a step, in which a write that AWS refused for now is tried again.
pub const BUSY: SignedDuration = SignedDuration::from_secs(60);
/// Most writes of a step that may go without an answer.
pub const UNANSWERED_MAX: usize = 3;
/// No further write is sent this long after the first intent of a step whose writes got no answer.
pub const UNANSWERED_FOR: SignedDuration = SignedDuration::from_mins(5);
/// A look is used for this long.
pub const FRESH: SignedDuration = SignedDuration::from_secs(2);
/// Seconds from an answer to each look after it: 1, 2, 4 and 8 seconds apart, then one when it is settled.
const LOOKS: [i64; 5] = [1, 3, 7, 15, 30];
/// Time between two writes that AWS refuses for now, or between two looks that show nothing.
const PAUSE: SignedDuration = SignedDuration::from_secs(4);

/// What a look shows of the thing that a step is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// As the event left it.
    Changed,
    /// As the step would leave it.
    Undone,
    /// Neither: somebody has changed it since.
    Other,
    /// AWS did not say.
    Unreadable,
}

/// A look at the thing that a step is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The step.
    pub step: usize,
    /// When it was begun.
    pub at: Timestamp,
    /// What it showed.
    pub sight: Sight,
}

/// All that the next move depends upon.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'s> {
    /// The journal.
    pub journal: &'s [Entry],
    /// Number of steps of the plan.
    pub steps: usize,
    /// Time of the event.
    pub event_at: Timestamp,
    /// Nothing is to be written.
    pub rehearsal: bool,
    /// The last look, if any.
    pub look: Option<Look>,
    /// What the guards say of the next write, with that look.
    pub guards: Result<(), Guard>,
    /// CloudTrail has recorded a write of this plan to the thing of the next step.
    pub own_event: bool,
    /// CloudTrail has recorded a write of somebody else to it, later than the event.
    pub later_event: bool,
    /// Now.
    pub now: Timestamp,
}

/// The next move. To append means: on condition that the journal is as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Nothing, until then.
    Wait(Timestamp),
    /// Look at the thing that a step is about.
    Look(usize),
    /// Append an intent; send the write, but not later than [`FENCE`] after the intent; append its answer.
    Write(usize),
    /// Append that a step is over.
    Over(usize, How),
    /// Append the end.
    End(End),
    /// Append that a second look showed nothing new.
    Held,
    /// Nothing, for ever.
    Rest,
}

/// What to do next.
#[must_use]
pub fn next(situation: &Situation<'_>) -> Move {
    let journal = Journal(situation.journal);
    if let Some((at, end)) = journal.end() {
        return after_end(situation, at, end);
    }
    let Some(released) = journal.released() else { return Move::Rest };
    // One entry is kept for an answer, one for the end, and one for what a second look shows.
    if situation.journal.len() + 3 > ENTRIES_MAX {
        return Move::End(End::Stuck(Stuck::Full));
    }
    let step = journal.over().map(|(step, _)| step + 1).max().unwrap_or(0);
    if step >= situation.steps {
        return Move::End(whole(journal));
    }
    let state = journal.step(step);
    match (state.done, state.last) {
        (Some(done), _) => settle(situation, step, done),
        (None, None) => begin(situation, step, released),
        (None, Some((intent, answer))) => go_on(situation, step, &state, (intent, answer)),
    }
}

/// The end of a plan whose steps are all over.
fn whole(journal: Journal<'_>) -> End {
    let has = |wanted| journal.over().any(|(_, how)| how == wanted);
    if has(How::Rehearsed) {
        End::Rehearsed
    } else if has(How::Done) {
        End::Done
    } else {
        End::AlreadyUndone
    }
}

/// Nothing was sent yet.
fn begin(situation: &Situation<'_>, step: usize, released: Timestamp) -> Move {
    match seen(situation, step, released) {
        None => Move::Look(step),
        Some(Sight::Undone) => {
            let settled = after(situation.event_at, SETTLED);
            if situation.look.is_some_and(|look| look.at >= settled) {
                Move::Over(step, How::Already)
            } else if situation.now < settled {
                Move::Wait(settled)
            } else {
                Move::Look(step)
            }
        }
        Some(sight) => write(situation, step, sight, released),
    }
}

/// Sends the write, if nothing stands against it. `since` is when the trouble began, if there is any.
fn write(situation: &Situation<'_>, step: usize, sight: Sight, since: Timestamp) -> Move {
    match (sight, situation.guards) {
        (Sight::Unreadable, _) => patience(situation, since, Stuck::Unreadable),
        (Sight::Other | Sight::Undone, _) => Move::End(End::Refused(Guard::ChangedSince)),
        (Sight::Changed, _) if situation.later_event => {
            Move::End(End::Refused(Guard::ChangedSince))
        }
        (Sight::Changed, Err(guard)) => Move::End(End::Refused(guard)),
        (Sight::Changed, Ok(())) if situation.rehearsal => Move::Over(step, How::Rehearsed),
        (Sight::Changed, Ok(())) => Move::Write(step),
    }
}

/// Something was sent, or was about to be, and nobody says that it was done.
fn go_on(
    situation: &Situation<'_>,
    step: usize,
    state: &StepState,
    (intent, answer): (Timestamp, Option<(Timestamp, Answer)>),
) -> Move {
    let first = state.first.unwrap_or(intent);
    // A write before the last one may have been done although the last one was not.
    let unknown = state.unanswered > 0 || answer.is_none();
    match answer {
        Some((_, Answer::NotPermitted)) => {
            refused(situation, step, unknown.then_some(intent), End::Refused(Guard::NotPermitted))
        }
        Some((_, Answer::Never)) => {
            refused(situation, step, unknown.then_some(intent), End::Stuck(Stuck::Refused))
        }
        Some((at, Answer::NotFound)) => {
            // Either the change is undone, or more than the change is gone.
            refused(situation, step, Some(at), End::Refused(Guard::ChangedSince))
        }
        Some((at, Answer::Later)) if !unknown => again(situation, step, first, at),
        _ => resolve(situation, step, state, intent),
    }
}

/// AWS refused the write for now.
fn again(situation: &Situation<'_>, step: usize, first: Timestamp, at: Timestamp) -> Move {
    if situation.now < after(at, PAUSE) {
        return Move::Wait(after(at, PAUSE));
    }
    match seen(situation, step, at) {
        None => Move::Look(step),
        Some(_) if situation.now > after(first, BUSY) => Move::End(End::Stuck(Stuck::Busy)),
        Some(sight) => write(situation, step, sight, first),
    }
}

/// AWS refused the write for good. If an earlier one may have been done, or the thing may be undone, looks since then show which.
fn refused(situation: &Situation<'_>, step: usize, since: Option<Timestamp>, end: End) -> Move {
    let Some(since) = since else { return Move::End(end) };
    match watch(situation, step, since) {
        Watched::Undone => Move::Over(step, How::Done),
        Watched::Not | Watched::Unreadable => Move::End(end),
        Watched::On(next) => next,
    }
}

/// A write got no answer. It was done, or it was not.
fn resolve(situation: &Situation<'_>, step: usize, state: &StepState, intent: Timestamp) -> Move {
    let fence = after(intent, FENCE);
    let late = situation.now > after(state.first.unwrap_or(intent), UNANSWERED_FOR);
    if situation.own_event {
        // It was done. A look shows whether it still holds.
        return settle(situation, step, fence);
    }
    match watch(situation, step, fence) {
        Watched::Undone => Move::Over(step, How::Done),
        Watched::On(next) => next,
        Watched::Unreadable => Move::End(End::Stuck(Stuck::Unreadable)),
        Watched::Not if state.unanswered >= UNANSWERED_MAX || late => {
            Move::End(End::Stuck(Stuck::Unanswered))
        }
        Watched::Not => match seen(situation, step, after(fence, SETTLED)) {
            None => Move::Look(step),
            Some(sight) => write(situation, step, sight, fence),
        },
    }
}

/// A write was done. Looks show it, or show that the change came back.
fn settle(situation: &Situation<'_>, step: usize, done: Timestamp) -> Move {
    match watch(situation, step, done) {
        Watched::Undone => Move::Over(step, How::Done),
        Watched::Not => Move::End(End::Flipped),
        Watched::Unreadable => Move::End(End::Stuck(Stuck::Unreadable)),
        Watched::On(next) => next,
    }
}

/// What looks show since something may have been written.
enum Watched {
    Undone,
    /// It is not undone, and the look is not old.
    Not,
    /// No look shows anything.
    Unreadable,
    /// It is not known yet: the next move.
    On(Move),
}

fn watch(situation: &Situation<'_>, step: usize, since: Timestamp) -> Watched {
    let look = situation.look.filter(|look| look.step == step && look.at >= since);
    match look {
        Some(Look { sight: Sight::Undone, .. }) => return Watched::Undone,
        Some(look) if look.at >= after(since, SETTLED) => {
            let unreadable = look.sight == Sight::Unreadable;
            return if unreadable { Watched::Unreadable } else { Watched::Not };
        }
        _ => {}
    }
    let from = look.map_or(since, |look| look.at);
    let due = LOOKS.iter().map(|secs| after(since, SignedDuration::from_secs(*secs)));
    let due = due.into_iter().find(|due| *due > from).unwrap_or_else(|| after(since, SETTLED));
    Watched::On(if situation.now < due { Move::Wait(due) } else { Move::Look(step) })
}

/// What follows an end: a second look, if this tool changed anything.
fn after_end(situation: &Situation<'_>, at: Timestamp, end: End) -> Move {
    let watched = end == End::Done && !Journal(situation.journal).is_held();
    let Some(last) = situation.steps.checked_sub(1).filter(|_| watched) else {
        return Move::Rest;
    };
    let due = after(at, SECOND_LOOK);
    if situation.now < due {
        return Move::Wait(due);
    }
    match situation.look.filter(|look| look.step == last && look.at >= due) {
        None => Move::Look(last),
        Some(Look { sight: Sight::Undone, .. }) => Move::Held,
        Some(Look { sight: Sight::Unreadable, at, .. }) if at < after(due, SECOND_LOOK) => {
            let again = after(at, BUSY);
            if situation.now < again { Move::Wait(again) } else { Move::Look(last) }
        }
        Some(Look { sight: Sight::Unreadable, .. }) => Move::End(End::Stuck(Stuck::Unreadable)),
        Some(Look { sight: Sight::Changed | Sight::Other, .. }) => Move::End(End::Flipped),
    }
}

/// What a look shows that is not older than `since`, and fresh.
fn seen(situation: &Situation<'_>, step: usize, since: Timestamp) -> Option<Sight> {
    let fresh = |look: &Look| {
        look.step == step && look.at >= since && situation.now <= after(look.at, FRESH)
    };
    situation.look.filter(fresh).map(|look| look.sight)
}

/// Another look in a while, for a minute.
fn patience(situation: &Situation<'_>, since: Timestamp, stuck: Stuck) -> Move {
    if situation.now > after(since, BUSY) {
        return Move::End(End::Stuck(stuck));
    }
    Move::Wait(after(situation.now, PAUSE))
}

fn after(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.checked_add(span).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
