//! `check`: mistakes in rules and site file that are not faults of form.

mod effective;
mod remark;
mod topics;

mod broken;
mod delivery;
mod exemptions;
mod silences;
mod sound;
mod written;

mod vain;

mod verb;

pub(crate) use verb::{Arguments, run};
