//! `coverage`: what the rules see, and what they do not.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use iam_responder::plan;
use iam_responder::review::coverage::{
    Coverage, Delivered, Report, Summary, index, navigator_layer, report,
};
use iam_responder::review::permissions::Permissions;

use crate::exit::{Exit, Failure};
use crate::options::{Global, OutputFormat};
use crate::{files, paint};

/// Arguments of `coverage`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Also write a layer for the ATT&CK Navigator
    #[arg(long, value_name = "FILE")]
    layer: Option<PathBuf>,
    /// Print the index of all rules as Markdown instead
    #[arg(long)]
    index: bool,
    /// Print how each call of IAM is undone as Markdown instead
    #[arg(long, conflicts_with = "index")]
    undo: bool,
}

pub(crate) fn run(global: &Global, arguments: &Arguments) -> Result<Exit, Failure> {
    let engine = files::engine(global)?;
    let rules = engine.rules().rules();
    let mut out = anstream::stdout().lock();
    if arguments.index {
        write!(out, "{}", index(rules))?;
        return Ok(Exit::Clean);
    }
    if arguments.undo {
        write!(out, "{}", plan::table())?;
        return Ok(Exit::Clean);
    }
    let report = report(rules);
    if let Some(path) = &arguments.layer {
        let layer = format!("{:#}\n", navigator_layer(&report));
        fs::write(path, layer).map_err(|error| Failure::file("write", path, error))?;
    }
    match global.format {
        OutputFormat::Json => {
            let line = serde_json::to_string(&report)
                .map_err(|error| Failure::Fault(format!("failed to print the report: {error}")))?;
            writeln!(out, "{line}")?;
        }
        OutputFormat::Human => human(&mut out, &report)?,
    }
    out.flush()?;
    let unseen = report.iam.uncovered + report.other.uncovered + report.permissions.gaps.len();
    Ok(if unseen > 0 { Exit::Findings } else { Exit::Clean })
}

fn human(out: &mut impl Write, report: &Report) -> Result<(), Failure> {
    let bold = paint::BOLD;
    for (title, summary) in [("IAM", &report.iam), ("other services", &report.other)] {
        writeln!(
            out,
            "{bold}{title}{bold:#}: {} calls; {} named by a rule, {} by general rules only, {} by the catch-all only, {} not seen",
            summary.total, summary.named, summary.general, summary.catch_all, summary.uncovered,
        )?;
        list(out, summary, Coverage::General, "general rules only")?;
        list(out, summary, Coverage::CatchAll, "catch-all only")?;
        list(out, summary, Coverage::None, "not seen")?;
    }
    permissions(out, &report.permissions)?;
    delivery(out, &report.delivery)?;
    writeln!(out, "\n{bold}rules{bold:#}")?;
    for (severity, count) in report.rules_by_severity.iter().rev() {
        writeln!(out, "  {count:>4} {severity}")?;
    }
    writeln!(out, "\n{bold}ATT&CK{bold:#}: {} techniques", report.attack.len())?;
    let techniques = report.attack.iter().map(|(id, rules)| format!("{id} ({})", rules.len()));
    writeln!(out, "{}", paint::paragraph(&techniques.collect::<Vec<_>>().join(", "), "  ", 2))?;
    for (what, ids) in [
        ("without a page to read more", &report.rules_without_source),
        ("without a technique", &report.rules_without_technique),
    ] {
        if !ids.is_empty() {
            writeln!(out, "\nrules {what}\n{}", paint::paragraph(&ids.join(", "), "  ", 2))?;
        }
    }
    Ok(())
}

fn permissions(out: &mut impl Write, permissions: &Permissions) -> Result<(), Failure> {
    let bold = paint::BOLD;
    writeln!(
        out,
        "{bold}permissions management, by AWS's own list{bold:#}: {} actions; {} named by a rule, {} left out, {} neither",
        permissions.total(),
        permissions.named.len(),
        permissions.left_out(),
        permissions.gaps.len(),
    )?;
    if !permissions.gaps.is_empty() {
        writeln!(out, "  neither\n{}", paint::paragraph(&permissions.gaps.join(", "), "    ", 4))?;
    }
    for (reason, actions) in &permissions.left_out {
        let actions = paint::paragraph(&actions.join(", "), "    ", 4);
        writeln!(out, "  left out: {}\n{actions}", reason.says())?;
    }
    Ok(())
}

fn delivery(out: &mut impl Write, delivery: &Delivered) -> Result<(), Failure> {
    let bold = paint::BOLD;
    writeln!(out, "\n{bold}delivered by EventBridge{bold:#}")?;
    for fault in &delivery.faults {
        writeln!(out, "{}", paint::paragraph(fault, "  no bus rules can be made: ", 4))?;
    }
    let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    for (what, names) in [
        ("every change, unknown calls too, but for busy ones", delivery.whole.join(", ")),
        ("the call, by any caller", list(&delivery.named)),
        ("only as far as a rule asks for it", list(&delivery.in_part)),
        ("calls of the catalogue that are not delivered", delivery.not_at_all.join(", ")),
    ] {
        if names.is_empty() {
            continue;
        }
        writeln!(out, "  {what}\n{}", paint::paragraph(&names, "    ", 4))?;
    }
    Ok(())
}

fn list(
    out: &mut impl Write,
    summary: &Summary,
    coverage: Coverage,
    title: &str,
) -> Result<(), Failure> {
    let calls = summary.calls.iter().filter(|call| call.coverage == coverage);
    let names: Vec<String> = calls
        .map(|call| format!("{}:{}", call.source.trim_end_matches(".amazonaws.com"), call.name))
        .collect();
    if !names.is_empty() {
        writeln!(out, "  {title}\n{}", paint::paragraph(&names.join(", "), "    ", 4))?;
    }
    Ok(())
}
