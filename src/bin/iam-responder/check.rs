//! `check`: mistakes in rules and site file that are not faults of form.

mod effective;
mod remark;
mod topics;

mod delivery;
mod exemptions;
mod silences;
mod written;

mod vain;

mod sound;

mod broken;

mod verb;

pub(crate) use verb::{Arguments, run};
