//! `check`: mistakes in rules and site file that are not faults of form.

mod remark;

mod delivery;
mod effective;
mod exemptions;
mod silences;
mod topics;
mod vain;
mod written;

mod verb;

pub(crate) use verb::{Arguments, run};
