//! The catalogue of mutating calls: what each acts upon, what it does to rights, how it is undone.
//!
//! One table, `catalogue/calls.tsv`, rates the calls: facts, plans, coverage and documentation are read from it. How
//! some calls are undone that it does not rate says `catalogue/reversals.tsv`, what the steps that undo calls do
//! `catalogue/steps.tsv`, which calls of all services take a role `catalogue/roles.tsv`, and what goes on wearing one
//! `catalogue/wearers.tsv`. Known calls that need no row in it stand in `catalogue/unrated.tsv`, and those that nobody
//! needs to rate, as reads, in `catalogue/others.tsv`.
//!
//! What a row cannot say stands where it is used, in closed lists of names: how a call changes the documents of rights
//! (`facts/rights/how.rs`), what it writes to the prior state and asks of it (`prior/write.rs`, `prior/ask.rs`), and how
//! it weakens what is guarded (`assess/decide/least.rs`). A new call of that kind needs its name there, too.

mod operation;
mod roles;
mod unrated;

mod call;

mod reversals;

mod step;
mod wearers;

mod others;

pub use call::{Access, Call, CallEffect, IAM, Inverse, calls, calls_of, find};
pub(crate) use call::{ValueFrom, without_version};
pub use operation::Operation;
pub(crate) use others::{all_calls, is_known, source_of};
#[cfg(test)]
pub(crate) use reversals::reversals;
pub(crate) use reversals::{response_words, reversal};
pub use roles::{RoleTaken, roles_taken};
pub(crate) use roles::{is_no_role, is_of_roles};
pub use step::Effect;
pub(crate) use step::{StepCondition, StepRow, step_doubts, step_rows};
pub use unrated::is_unrated;
pub use wearers::Requirement;
pub(crate) use wearers::{
    NamePart, Other, WearerKind, WearerRow, Work, has_others_beside, has_several_roles,
    is_any_known, is_principal_of, services_that_wear, wearer_rows, wearing_services,
};
