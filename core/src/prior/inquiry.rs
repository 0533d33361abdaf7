//! All questions of one event about the state before it, answered together as registers are read.

use std::collections::BTreeSet;

use super::address::Address;
use super::answer::{Registers, answer};
use super::ask::Ask;
use super::bearers::Bearers;
use super::held::{Beside, Held};
use super::known::{Prior, Why};
use super::memo::ReachMemo;
use super::missing::Missing;
use super::names::former_names;
use super::question::Questions;
use super::register::Moment;
use super::session::SessionBefore;
use crate::iam::entity::EntityId;
use crate::iam::policy::TagWord;

/// The known state before an event.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// The document of the policy that the event names.
    pub named: Prior,
    /// The document that was in force where the event puts or deletes one.
    pub replaced: Prior,
    /// The former value where the event writes.
    pub former: Prior,
    /// Former names of the user or group that is acted upon, the latest first, in lower case.
    pub former_names: Vec<String>,
    /// The rights of the roles or groups that the event hands over.
    pub handed: Option<Held>,
    /// The wanted identities that bear what the event changes.
    pub bearers: Option<Bearers>,
    /// The present rights of the identities to which the event gives something.
    pub beside: Vec<Beside>,
    /// Decisions of known documents by the tags that the event sets or removes.
    pub decided: BTreeSet<TagWord>,
    /// The bus rule or role that the event changes hands events or logs on.
    pub feeds: bool,
    /// Who opened the session that makes the call.
    pub session: SessionBefore,
}

/// The questions of one event, with what was answered so far.
#[derive(Debug)]
pub struct Inquiry<'q> {
    questions: &'q Questions,
    renamed: Option<EntityId>,
    memo: ReachMemo,
    answers: Answers,
    open: Open,
}

/// The questions without an answer yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    named: bool,
    replaced: bool,
    former: bool,
    former_names: bool,
    handed: bool,
    bearers: bool,
    beside: bool,
    tagged: bool,
    fed: bool,
    session: bool,
}

impl<'q> Inquiry<'q> {
    /// Begins to answer the questions, and to find the former names of a user or group.
    #[must_use]
    pub fn new(questions: &'q Questions, renamed: Option<EntityId>) -> Self {
        let open = Open {
            named: questions.named.is_some(),
            replaced: questions.replaced.is_some(),
            former: questions.former.is_some(),
            former_names: renamed.is_some(),
            handed: questions.handed.is_some(),
            bearers: questions.shared.is_some(),
            beside: questions.given.is_some() || questions.shared.is_some(),
            tagged: questions.tagged.is_some(),
            fed: questions.fed.is_some(),
            session: questions.session.is_some(),
        };
        let (memo, answers) = (ReachMemo::default(), Answers::default());
        Self { questions, renamed, memo, answers, open }
    }

    /// Answers from the registers, or gives those that must be read first. Answers that need a register that could
    /// not be read stay unknown. `wanted` says which bearers of what is changed matter.
    pub fn ask(
        &mut self,
        moment: Moment<'_>,
        registers: &Registers,
        unread: &BTreeSet<Address>,
        wanted: impl Fn(&EntityId) -> bool,
    ) -> BTreeSet<Address> {
        let mut round = Round { unread, missing: BTreeSet::new() };
        let Questions { named, replaced, former, handed, shared, given, tagged, fed, .. } =
            self.questions;
        let value = |ask: &Option<Ask>| {
            let ask = ask.as_ref()?;
            Some(answer(ask, moment, registers).map_err(|missing| ask.first(missing, registers)))
        };
        let (open, answers) = (&mut self.open, &mut self.answers);
        for (ask, open, place) in [
            (named, &mut open.named, &mut answers.named),
            (replaced, &mut open.replaced, &mut answers.replaced),
            (former, &mut open.former, &mut answers.former),
        ] {
            if let Some(found) = value(ask).filter(|_| *open) {
                round.take(found, open, |found| *place = found.unwrap_or_else(Prior::unknown));
            }
        }
        if let Some(entity) = self.renamed.as_ref().filter(|_| open.former_names) {
            let found = former_names(entity, moment, registers);
            let found = found.map_err(Missing::from);
            let place = &mut answers.former_names;
            round.take(found, &mut open.former_names, |found| *place = found.unwrap_or_default());
        }
        if let Some(handed) = handed.as_ref().filter(|_| open.handed) {
            let found = Held::of(handed, moment, registers, &self.memo);
            let place = &mut answers.handed;
            let unknown = |why| Held::unknown(handed, why);
            round.take(found, &mut open.handed, |found| {
                *place = Some(found.unwrap_or_else(unknown));
            });
        }
        if let Some(shared) = shared.as_ref().filter(|_| open.bearers) {
            let found = Bearers::of(shared, wanted, moment, registers);
            let place = &mut answers.bearers;
            round.take(found, &mut open.bearers, |found| *place = found.ok());
        }
        if let Some(tagged) = tagged.as_ref().filter(|_| open.tagged) {
            let found = tagged.decide(moment, registers);
            let place = &mut answers.decided;
            // It is unknown: some may go far.
            let unknown = |_| BTreeSet::from([TagWord::Rights]);
            round.take(found, &mut open.tagged, |found| *place = found.unwrap_or_else(unknown));
        }
        if let Some(fed) = fed.as_ref().filter(|_| open.fed) {
            let found = fed.hands_on(moment, registers);
            round.take(found, &mut open.fed, |found| answers.feeds = found.unwrap_or_default());
        }
        if let Some(session) = self.questions.session.as_ref().filter(|_| open.session) {
            let found = session.before(moment, registers);
            let place = &mut answers.session;
            round.take(found, &mut open.session, |found| *place = found.unwrap_or_default());
        }
        if open.beside {
            let found = Beside::of(given.as_ref(), shared.as_ref(), moment, registers);
            let place = &mut answers.beside;
            round.take(found, &mut open.beside, |found| *place = found.unwrap_or_default());
        }
        round.missing
    }

    /// All answers. Those still open are unknown for this reason.
    #[must_use]
    pub fn end(self, why: Why) -> Answers {
        let Self { questions, open, mut answers, .. } = self;
        for (open, place) in [
            (open.named, &mut answers.named),
            (open.replaced, &mut answers.replaced),
            (open.former, &mut answers.former),
        ] {
            if open {
                *place = Prior::unknown(why);
            }
        }
        if let Some(handed) = questions.handed.as_ref().filter(|_| open.handed) {
            answers.handed = Some(Held::unknown(handed, why));
        }
        answers
    }
}

/// One round of asking.
struct Round<'r> {
    unread: &'r BTreeSet<Address>,
    missing: BTreeSet<Address>,
}

impl Round<'_> {
    /// Takes what a question gave: its answer, which closes it, or the registers that it needs.
    fn take<T>(
        &mut self,
        found: Result<T, Missing>,
        open: &mut bool,
        answer: impl FnOnce(Result<T, Why>),
    ) {
        match found {
            Ok(found) => answer(Ok(found)),
            Err(missing) if missing.needed.iter().any(|one| self.unread.contains(one)) => {
                answer(Err(Why::NoAnswer));
            }
            Err(missing) => {
                self.missing.extend(missing.worth_reading(self.unread));
                return;
            }
        }
        *open = false;
    }
}
