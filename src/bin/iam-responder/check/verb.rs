//! The verb: reads rules and site file, and prints all that was found.

use std::io::Write;
use std::path::Path;

use iam_responder::assess::engine::Engine;
use iam_responder::pack::PACK;
use iam_responder::pattern::Pattern;
use iam_responder::rule::Rule;
use iam_responder::site::Adjustment;
use iam_responder::site::calendar::OCCURRENCES_MAX;
use iam_responder::text::nearest;
use iam_responder::text::yaml::Fault;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::remark::Remark;
use super::written::Written;
use super::{broken, delivery, effective, exemptions, silences, topics, vain};

use crate::exit::{Exit, Failure};
use crate::options::{Global, OutputFormat};
use crate::{files, paint};

/// Days before the end of a suppression at which `check` remarks on it.
const EXPIRY_NOTICE_DAYS: i32 = 14;

/// Most days for which anything should be silenced.
const SILENCE_DAYS_MAX: i32 = 366;

/// Days ahead that a calendar should cover.
const CALENDAR_NOTICE_DAYS: i32 = 366;

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
    let remarks = remarks(&engine, &mut Written::of(global))?;
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

/// All that is to be said of rules and a site without faults.
pub(super) fn remarks(engine: &Engine, written: &mut Written) -> Result<Vec<Remark>, Failure> {
    let mut remarks = vain::remarks(engine, written);
    remarks.extend(engine.rules().rules().flat_map(of_rule));
    remarks.extend(of_suppressions(engine, written, Timestamp::now()));
    remarks.extend(of_lowerings(engine));
    remarks.extend(of_calendars(engine, Timestamp::now()));
    remarks.extend(of_environments(engine, written));
    remarks.extend(exemptions::remarks(engine));
    remarks.extend(silences::remarks(engine));
    remarks.extend(delivery::remarks(engine)?);
    Ok(remarks)
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

/// All faults, and beside them what else is to be said: who mends the faults alone would be sent back again.
fn broken(global: &Global, arguments: &Arguments, faults: Vec<Fault>) -> Result<Exit, Failure> {
    let remarks = if arguments.effective { Vec::new() } else { broken::remarks(global, &faults)? };
    let mut out = anstream::stdout().lock();
    if global.format == OutputFormat::Human {
        let exit = Failure::Rules(faults).printed();
        print(&mut out, global, arguments, &remarks)?;
        out.flush()?;
        return Ok(exit);
    }
    for fault in faults {
        let line = json!({"level": "error", "file": fault.file, "line": fault.line, "column": fault.column,
                          "path": fault.path, "message": fault.message, "help": fault.help});
        writeln!(out, "{line}")?;
    }
    print(&mut out, global, arguments, &remarks)?;
    out.flush()?;
    Ok(Exit::RulesBroken)
}

pub(super) fn of_rule(rule: &Rule) -> Vec<Remark> {
    let mut messages = Vec::new();
    let spec = &rule.spec;
    if !spec.tests.iter().any(|test| test.matches) {
        messages.push("has no test that matches".to_owned());
    }
    if !spec.tests.iter().any(|test| !test.matches) {
        messages.push("has no near miss: a test that must not match".to_owned());
    }
    if !rule.pattern.paths().contains(&"source") {
        messages.push(
            "does not pin `source`; anybody who may put events on a bus can forge the rest"
                .to_owned(),
        );
    }
    let stem = Path::new(&rule.file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    if stem.is_some_and(|stem| stem != spec.id) {
        messages.push("does not bear the name of its file".to_owned());
    }
    messages.into_iter().map(|message| Remark::of_rule(rule, message)).collect()
}

/// A calendar whose file says nothing about the days to come, or names another zone.
fn of_calendars(engine: &Engine, now: Timestamp) -> Vec<Remark> {
    let soon = now.to_zoned(TimeZone::UTC).checked_add(CALENDAR_NOTICE_DAYS.days());
    let mut remarks = Vec::new();
    for (name, calendar) in engine.site().calendars() {
        if let Some(other) = calendar.other_zone() {
            let zone = calendar.zone();
            let message = format!(
                "its file says X-WR-TIMEZONE:{other}; its times that name no zone, and its whole days, are read in `zone`, which \
                 is {zone}: make `zone` the same if the file means them so"
            );
            remarks.push(Remark::new(format!("calendar {name}"), message));
        }
        let place = || format!("calendar {name}");
        remarks.extend(calendar.missed().map(|missed| Remark::new(place(), missed.to_owned())));
        let Some(until) = calendar.known_until() else { continue };
        if soon.as_ref().is_ok_and(|soon| until < soon.timestamp()) {
            let message = format!(
                "its file has more than {OCCURRENCES_MAX} occurrences of one event and is known only until \
                 {}; begin the series later",
                until.strftime("%Y-%m-%d")
            );
            remarks.push(Remark::new(format!("calendar {name}"), message));
        }
    }
    remarks
}

/// A threshold for an environment that the site does not know never counts.
fn of_environments(engine: &Engine, written: &mut Written) -> Vec<Remark> {
    let known = engine.site().environment_names();
    let mut remarks = Vec::new();
    for rule in engine.rules().rules() {
        let named = rule.spec.threshold.iter().flat_map(|threshold| threshold.environments.keys());
        for name in named.filter(|name| !known.contains(&name.as_str())) {
            let message =
                format!("has a threshold for environment {name}, which the site does not know");
            let help = nearest::suggestion(name, known.iter().copied());
            let path = format!("threshold.environments.{name}");
            let fault = written.in_rule(rule, &path, message, help);
            remarks.push(Remark::at(&rule.spec.id, &fault));
        }
    }
    remarks
}

/// Ends of fields that name the caller and that he does not choose, as an identity's name or ARN.
const SOMEBODY: [&str; 9] = [
    "roleArn",
    "userIdentity.arn",
    "principal.arn",
    "linkedService",
    "permissionSet",
    "principal.deploys",
    "ccessKeyId",
    "userIdentity.userName",
    "sessionIssuer.arn",
];

/// The first path of a pattern that ends in one of these.
fn asked<'p>(pattern: &'p Pattern, ends: &[&str]) -> Option<&'p str> {
    let mut paths = pattern.paths().into_iter();
    paths.find(|path| ends.iter().any(|end| path.ends_with(end)))
}

/// Fields whose values the caller is free to choose.
const SAID: [&str; 5] =
    ["userAgent", "sessionName", "sourceIdentity", "principal.person", "principalId"];

/// Lowerings that a caller can reach by choosing his own name.
fn of_lowerings(engine: &Engine) -> Vec<Remark> {
    let lowerings = engine.site().adjustments().iter().filter(|one| one.may_lower());
    let remark = |one: &Adjustment| {
        let said = asked(&one.pattern, &SAID)?;
        if asked(&one.pattern, &SOMEBODY).is_some() {
            return None;
        }
        let place = format!("severity because {}", one.spec.because);
        let message = format!(
            "lowers by `{said}`, which the caller chooses: ask for a principal that AWS vouches for beside it, as \
             `derived.principal.roleArn`"
        );
        Some(Remark::new(place, message))
    };
    lowerings.filter_map(remark).collect()
}

fn of_suppressions(engine: &Engine, written: &Written, now: Timestamp) -> Vec<Remark> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let soon = today.checked_add(EXPIRY_NOTICE_DAYS.days());
    let late = today.checked_add(SILENCE_DAYS_MAX.days());
    let mut remarks = Vec::new();
    for suppression in engine.site().suppressions() {
        let spec = &suppression.spec;
        let place = format!("suppression {} of {}", spec.name, spec.owner);
        if asked(&suppression.pattern, &SOMEBODY).is_none() {
            let message = "names no principal that AWS vouches for: it silences everybody who does this, under a session name \
                           or in a kind of identity that anybody may have";
            remarks.push(Remark::new(place.clone(), message.to_owned()));
        }
        let message = if suppression.is_expired(now) {
            format!("expired on {} and no longer silences; renew or remove it", suppression.expires)
        } else if soon.as_ref().is_ok_and(|soon| suppression.expires <= *soon) {
            format!("expires on {}", suppression.expires)
        } else if late.as_ref().is_ok_and(|late| suppression.expires > *late) {
            format!(
                "expires on {}, in more than a year: nobody will ask whether it is still right",
                suppression.expires
            )
        } else {
            continue;
        };
        let (name, expires) = (Value::from(spec.name.as_str()), Value::from(spec.expires.as_str()));
        let has = [("name", &name), ("expires", &expires)];
        let fault = written.in_site("suppressions", &has, "expires", message, None);
        remarks.push(Remark::at(&place, &fault));
    }
    remarks
}
