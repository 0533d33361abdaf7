//! `test`: the rules' own tests.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use iam_responder::assess::engine::Engine;
use iam_responder::pack::PACK;
use iam_responder::review::rule_test;
use iam_responder::rule::{Rule, TestSpec};
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::options::{Global, OutputFormat};
use crate::{files, paint};

/// Arguments of `test`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Folder with the events that tests name [default: events beside the rules, or those compiled in]
    #[arg(long, value_name = "DIR")]
    events: Option<PathBuf>,
    /// Only rules whose ID contains this
    #[arg(value_name = "TEXT")]
    only: Option<String>,
}

pub(crate) fn run(global: &Global, arguments: &Arguments) -> Result<Exit, Failure> {
    let engine = files::engine(global)?;
    let folder = events_folder(global, arguments);
    let mut out = anstream::stdout().lock();
    let (mut passed, mut failed, mut rules) = (0_usize, 0_usize, 0_usize);
    for rule in engine.rules().rules() {
        if arguments.only.as_ref().is_some_and(|text| !rule.spec.id.contains(text)) {
            continue;
        }
        rules += 1;
        for test in &rule.spec.tests {
            let result = one(&engine, rule, test, folder.as_deref());
            match &result {
                Ok(()) => passed += 1,
                Err(_) => failed += 1,
            }
            print(&mut out, global.format, rule, test, &result)?;
        }
    }
    if let (0, Some(text)) = (rules, &arguments.only) {
        return Err(Failure::Fault(format!("no rule whose ID contains `{text}`")));
    }
    if global.format == OutputFormat::Human {
        writeln!(out, "{rules} rules: {passed} passed, {failed} failed")?;
    }
    out.flush()?;
    Ok(if failed > 0 { Exit::RulesBroken } else { Exit::Clean })
}

fn print(
    out: &mut impl Write,
    format: OutputFormat,
    rule: &Rule,
    test: &TestSpec,
    result: &Result<(), String>,
) -> Result<(), Failure> {
    match (format, result) {
        (OutputFormat::Json, _) => {
            let message = result.as_ref().err();
            let line = json!({"rule": rule.spec.id, "test": test.name, "passed": result.is_ok(), "message": message});
            writeln!(out, "{line}")?;
        }
        (OutputFormat::Human, Err(message)) => {
            let bad = paint::BAD;
            writeln!(out, "{bad}failed{bad:#}  {}: {}", rule.spec.id, test.name)?;
            writeln!(out, "{}", paint::paragraph(message, "        ", 8))?;
        }
        (OutputFormat::Human, Ok(())) => {}
    }
    Ok(())
}

/// The folder with the events of the tests; `None` for those compiled in.
pub(crate) fn events_folder(global: &Global, arguments: &Arguments) -> Option<PathBuf> {
    let first = global.rules.first();
    let beside = || Some(first?.parent()?.join("events")).filter(|folder| folder.is_dir());
    let inside = || Some(first?.join("events")).filter(|folder| folder.is_dir());
    arguments.events.clone().or_else(inside).or_else(beside)
}

fn one(engine: &Engine, rule: &Rule, test: &TestSpec, folder: Option<&Path>) -> Result<(), String> {
    let text_of = |name: &str| match folder {
        // Rules of the pack name the events that came with it.
        Some(folder) if folder.join(name).is_file() || PACK.event(name).is_none() => {
            let path = folder.join(name);
            fs::read_to_string(&path)
                .map_err(|error| format!("failed to read `{}`: {error}", path.display()))
        }
        _ => PACK
            .event(name)
            .map(str::to_owned)
            .ok_or_else(|| format!("no event `{name}`; name its folder with --events")),
    };
    pollster::block_on(rule_test::run(engine, rule, test, &text_of))
}
