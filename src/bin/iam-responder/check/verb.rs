//! The verb: reads rules and site file, and prints all that was found.

use std::io::Write;

use iam_responder::assess::engine::Engine;
use iam_responder::pack::PACK;
use iam_responder::text::yaml::Fault;
use serde_json::json;

use super::remark::Remark;
use super::written::Written;
use super::{broken, effective, sound, topics};
use crate::exit::{Exit, Failure};
use crate::options::{Global, OutputFormat};
use crate::{files, paint};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    deployment: topics::Deployment,
    /// Print notes in JSON too; people always get them
    #[arg(long)]
    notes: bool,
    /// Print the site in force instead, each line with the file that says it
    #[arg(long)]
    effective: bool,
}

pub(crate) fn run(global: &Global, arguments: &Arguments) -> Result<Exit, Failure> {
    let engine = match (global.rules.as_slice(), &global.site) {
        ([], None) => Engine::packed_checked(&PACK)
            .map_err(Failure::Rules)
            .and_then(|engine| Ok(engine.deployed_as(files::own(global)?))),
        _ => files::engine(global),
    };
    let checked = engine.and_then(|engine| {
        topics::check(&arguments.deployment, global, &engine)?;
        Ok(engine)
    });
    let engine = match checked {
        Err(Failure::Rules(faults)) => return broken(global, arguments, faults),
        other => other?,
    };
    if arguments.effective {
        return effective::print(global, &engine);
    }
    let remarks = sound::remarks(&engine, &mut Written::of(global))?;
    let warnings = remarks.iter().filter(|remark| !remark.note).count();
    let mut out = anstream::stdout().lock();
    print(&mut out, global, arguments, &remarks)?;
    if global.format == OutputFormat::Human {
        let rules = engine.rules().rules();
        let enabled = rules.clone().filter(|rule| rule.spec.enabled).count();
        let tests: usize = rules.clone().map(|rule| rule.spec.tests.len()).sum();
        let count = |number: usize, what: &str| {
            format!("{number} {what}{}", if number == 1 { "" } else { "s" })
        };
        writeln!(
            out,
            "{} ({enabled} enabled) with {}, {}: {}",
            count(rules.len(), "rule"),
            count(tests, "test"),
            count(engine.site().suppressions().len(), "suppression"),
            count(warnings, "warning"),
        )?;
    }
    out.flush()?;
    Ok(if warnings == 0 { Exit::Clean } else { Exit::Findings })
}

fn print(
    out: &mut impl Write,
    global: &Global,
    arguments: &Arguments,
    remarks: &[Remark],
) -> Result<(), Failure> {
    let notes = arguments.notes || global.format == OutputFormat::Human;
    for remark in remarks.iter().filter(|remark| notes || !remark.note) {
        match global.format {
            OutputFormat::Json => {
                writeln!(out, "{}", remark.to_json())?;
            }
            OutputFormat::Human => {
                let text = format!("{}: {}", remark.place, remark.message);
                let lead = format!("{}: ", remark.level());
                writeln!(out, "{}", paint::paragraph(&text, &lead, lead.len()))?;
            }
        }
    }
    Ok(())
}

/// Prints all faults, and beside them every warning: a run that names the faults alone is followed by a second one that
/// fails again. For people both are on standard error, as the check has no answer.
fn broken(global: &Global, arguments: &Arguments, faults: Vec<Fault>) -> Result<Exit, Failure> {
    let remarks = if arguments.effective { Vec::new() } else { broken::remarks(global, &faults)? };
    if global.format == OutputFormat::Human {
        let exit = Failure::Rules(faults).printed();
        let warnings: Vec<Remark> = remarks.into_iter().filter(|remark| !remark.note).collect();
        print(&mut anstream::stderr().lock(), global, arguments, &warnings)?;
        return Ok(exit);
    }
    let mut out = anstream::stdout().lock();
    for fault in faults {
        let line = json!({"level": "error", "file": fault.file, "line": fault.line, "column": fault.column,
                          "path": fault.path, "message": fault.message, "help": fault.help});
        writeln!(out, "{line}")?;
    }
    print(&mut out, global, arguments, &remarks)?;
    out.flush()?;
    Ok(Exit::RulesBroken)
}
