//! `bus-rules`: what EventBridge must deliver for the enabled rules, as CloudFormation.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use iam_responder::pattern::Pattern;
use iam_responder::review::bus::{self, BusRules, EventScope, Names};
use serde_json::{Value, json};

use crate::exit::{Exit, Failure};
use crate::files;
use crate::options::{Global, OutputFormat};

/// Arguments of `bus-rules`. With --name, that name replaces the parameter NamePrefix.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Put the bus rules into this template, between its two marks
    #[arg(long, value_name = "TEMPLATE")]
    into: Option<PathBuf>,
    /// Deliver reads of everyday work also where the parameter DeliverReadOnlyEvents says no
    #[arg(long)]
    reads: bool,
}

/// Prints the resources, or puts them into a template.
pub(crate) fn run(global: &Global, arguments: &Arguments) -> Result<Exit, Failure> {
    let engine = files::engine(global)?;
    let bus_rules = files::bus_rules(&engine)?;
    let bus_rules = if arguments.reads { bus_rules.with_reads() } else { bus_rules };
    if global.format == OutputFormat::Json {
        if arguments.into.is_some() {
            let message =
                "--format json prints the bus rules; leave it out to put them into a template";
            return Err(Failure::Fault(message.to_owned()));
        }
        return print(&bus_rules);
    }
    let resources = bus::resources(&bus_rules, global.name.as_deref());
    let Some(template) = &arguments.into else {
        let mut out = anstream::stdout().lock();
        writeln!(out, "{}\n{resources}\n{}", bus::BEGIN, bus::END)?;
        return Ok(Exit::Clean);
    };
    let text =
        fs::read_to_string(template).map_err(|error| Failure::file("read", template, error))?;
    let replaced = bus::replaced(&text, &resources)
        .map_err(|fault| Failure::Fault(format!("{}: {fault}", template.display())))?;
    fs::write(template, replaced).map_err(|error| Failure::file("write", template, error))?;
    let mut err = anstream::stderr().lock();
    writeln!(err, "{}: {} bus rules", template.display(), bus_rules.rules().len())?;
    Ok(Exit::Clean)
}

/// One line a bus rule: its name, state, pattern, and what EventBridge measures of it.
fn print(bus_rules: &BusRules) -> Result<Exit, Failure> {
    let mut out = anstream::stdout().lock();
    for rule in bus_rules.rules() {
        let pattern = rule.pattern();
        let longest: Value = Names::longest().resolved(&pattern);
        let compiled = Pattern::compile(&longest).ok();
        let line = json!({
            "name": rule.label,
            "state": rule.delivery.state(),
            "onlyWithReads": rule.delivery == EventScope::Reads,
            "characters": longest.to_string().chars().count(),
            "complexity": compiled.map(|compiled| compiled.complexity()),
            "pattern": pattern,
        });
        writeln!(out, "{line}")?;
    }
    Ok(Exit::Clean)
}
