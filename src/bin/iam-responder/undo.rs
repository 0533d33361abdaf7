//! `undo`: how a change is undone, and what takes the undo back.

use std::io::Write;
use std::path::PathBuf;

use iam_responder::alert::{NeedLine, StepLine};
use iam_responder::assess::engine::Engine;
use iam_responder::effects::memory::Memory;
use iam_responder::effects::offline::Offline;
use iam_responder::effects::recorder::Recorder;
use iam_responder::event::input::{self, Found};
use iam_responder::event::{CallOutcome, Event, Shape, Unreadable};
use iam_responder::facts::Context;
use iam_responder::plan::{PlanId, undo};
use iam_responder::respond::handled::Disposition;
use iam_responder::respond::{Mode, Origin, Responder, Topics};
use iam_responder::text::clean::{clean, escape_invisible};
use jiff::Timestamp;
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::options::{Global, OutputFormat};
use crate::skipped::Skipped;
use crate::unreadable::unreadable;
use crate::{files, paint};

/// Columns before the text of a step.
const INDENT: usize = 10;

/// Arguments of `undo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// File with an event, or - for standard input
    #[arg(value_name = "EVENT")]
    path: PathBuf,
    /// Files or folders with earlier events, which show what was there before; may be given again
    #[arg(long, value_name = "FILE")]
    ledger: Vec<PathBuf>,
    /// Pretend it is this time, as 2026-11-20T02:00:05Z: an old event is doubted
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
}

/// The responder as the command line has it: it publishes nowhere and asks nobody.
type Dry<'a> = Responder<'a, Recorder, Memory, Offline>;

pub(crate) fn run(global: &Global, arguments: &Arguments) -> Result<Exit, Failure> {
    let is_input = |path: &PathBuf| path.as_os_str() == "-";
    if is_input(&arguments.path) && arguments.ledger.iter().any(is_input) {
        let both = "standard input is either the event or the ledger: write one of them to a file";
        return Err(Failure::Fault(both.to_owned()));
    }
    let engine = files::engine(global)?;
    let (topics, publish, state) = (Topics::default(), Recorder::default(), Memory::default());
    let responder =
        Responder::offline(&engine, &topics, &publish, &state, (Origin::Trusted, Mode::Reading));
    let now = arguments.now.unwrap_or_else(Timestamp::now);
    read_ledger(&responder, &arguments.ledger, now)?;
    let file = files::event_file(&arguments.path)?;
    let mut out = anstream::stdout().lock();
    let (mut found, mut skipped) = (false, Skipped::default());
    let damaged = file.damage.iter().map(|damage| Err(Unreadable::Damaged(damage.clone())));
    let text = file.text();
    let events = input::read(&text).filter_map(|input| match input.found {
        Found::Event(event) => Some(event),
        Found::NoEvents(what) => {
            skipped.add(what);
            None
        }
    });
    let mut seen = 0_usize;
    for event in events.chain(damaged) {
        seen += 1;
        let event = event.and_then(|event| {
            event.check_envelope()?;
            if event.shape() == Shape::Unknown { Err(Unreadable::UnknownShape) } else { Ok(event) }
        });
        found |= match event {
            Ok(event) => one(&mut out, &engine, &responder, event, (now, global.format))?,
            Err(reason) => {
                unreadable(&mut out, global.format, &reason.to_string())?;
                true
            }
        };
    }
    match skipped.line() {
        Some(what) => writeln!(anstream::stderr(), "note: {what}")?,
        None if seen == 0 => {
            unreadable(&mut out, global.format, "no event in it")?;
            found = true;
        }
        None => {}
    }
    out.flush()?;
    Ok(if found { Exit::Findings } else { Exit::Clean })
}

/// Keeps what earlier events wrote.
fn read_ledger(responder: &Dry<'_>, paths: &[PathBuf], now: Timestamp) -> Result<(), Failure> {
    for path in files::event_paths(paths)? {
        let file = files::event_file(&path)?;
        let mut lost = usize::from(file.damage.is_some());
        for input in input::read(&file.text()) {
            let Found::Event(event) = input.found else { continue };
            // Nothing makes the recorder fail here.
            let response = pollster::block_on(responder.respond(event, now, None))
                .map_err(|error| Failure::Fault(error.to_string()))?;
            responder.publish.take();
            lost += usize::from(response.outcome.disposition == Disposition::Unreadable);
        }
        if lost > 0 {
            let name = clean(&file.name, 200);
            let said =
                format!("{name}: {lost} could not be read, so what was before is less known");
            writeln!(anstream::stderr(), "warning: {said}")?;
        }
    }
    Ok(())
}

/// One event: is there something to undo?
fn one(
    out: &mut impl Write,
    engine: &Engine,
    responder: &Dry<'_>,
    mut event: Event,
    (now, format): (Timestamp, OutputFormat),
) -> Result<bool, Failure> {
    let context = pollster::block_on(responder.meaning(&mut event, now));
    let steps = undo(&event, &context);
    let id = PlanId::of(&event, &context, &steps, engine.site().version());
    let lines = StepLine::all(&steps, Some(&id)).into_iter();
    let plan: Vec<StepLine> = lines.map(|line| line.doubted(event.time(), Some(now))).collect();
    let why = plan.is_empty().then(|| why_nothing(&context));
    match format {
        OutputFormat::Json => {
            let line = json!({
                "event_id": event.id(),
                "event_time": event.time(),
                "account": event.account(),
                "event_name": event.name(),
                "plan": plan,
                "reason": why,
            });
            writeln!(out, "{}", escape_invisible(&line.to_string()))?;
        }
        OutputFormat::Human => human(out, &event, &plan, why.as_deref())?,
    }
    Ok(!plan.is_empty())
}

fn why_nothing(context: &Context) -> String {
    match (context.facts.outcome, context.facts.call) {
        (CallOutcome::Denied | CallOutcome::Failure, _) => {
            "nothing to undo: the call did not succeed".to_owned()
        }
        (CallOutcome::Success, _) if !context.facts.changes() => {
            "nothing to undo: the call changes nothing".to_owned()
        }
        (CallOutcome::Success, Some(call)) if call.inverses.is_empty() => {
            format!("no step undoes it. {}", call.note)
        }
        (CallOutcome::Success, Some(_)) => {
            "no step undoes it: what it set weakens nothing, or the steps undo other cases of the call".to_owned()
        }
        (CallOutcome::Success, None) => "no step undoes it: the call is not rated".to_owned(),
    }
}

fn human(
    out: &mut impl Write,
    event: &Event,
    plan: &[StepLine],
    why: Option<&str>,
) -> Result<(), Failure> {
    let (bold, faint) = (paint::BOLD, paint::FAINT);
    let name = clean(event.name().unwrap_or("event without name"), 100);
    writeln!(out, "{bold}{name}{bold:#}  {}", clean(event.id().unwrap_or("without ID"), 100))?;
    if let Some(id) = plan.first().and_then(|step| step.id.as_ref()) {
        writeln!(out, "{faint}plan {id}{faint:#}")?;
    }
    if let Some(why) = why {
        writeln!(out, "{}", paint::paragraph(why, "", 2))?;
    }
    for (at, step) in plan.iter().enumerate() {
        writeln!(out)?;
        one_step(out, at + 1, step)?;
    }
    writeln!(out)?;
    Ok(())
}

fn one_step(out: &mut impl Write, number: usize, step: &StepLine) -> Result<(), Failure> {
    let label = |name: &str| format!("   {name:<7}");
    let (style, status) = match step.guard {
        None => (paint::GOOD, "proposed"),
        Some(_) => (paint::BAD, "refused"),
    };
    writeln!(out, "{number}. {style}{status}{style:#}  {} ({})", step.action, step.effect)?;
    let mut say = |name: &str, text: &str| -> Result<(), Failure> {
        Ok(writeln!(out, "{}", paint::paragraph(text, &label(name), INDENT))?)
    };
    if let (Some(guard), Some(reason)) = (step.guard, &step.reason) {
        say("guard", &format!("{}: {reason}.", guard.word()))?;
    }
    let doubts = step.doubts.join(" ");
    if !doubts.is_empty() {
        say("doubt", &doubts)?;
    }
    for need in &step.needs {
        say("needs", &permission(need))?;
    }
    // A command stays on one line, so that it can be copied.
    if let Some(command) = &step.command {
        writeln!(out, "{}{command}", label("undo"))?;
    }
    match (&step.revert, &step.reason) {
        (Some(revert), _) => writeln!(out, "{}{revert}", label("back"))?,
        (None, Some(reason)) if step.guard.is_none() => {
            writeln!(out, "{}", paint::paragraph(&format!("{reason}."), &label("back"), INDENT))?;
        }
        (None, _) => {}
    }
    Ok(())
}

/// `iam:DetachRolePolicy on ARN, ARN, where iam:PolicyARN is ARN`
fn permission(need: &NeedLine) -> String {
    let resources = need.resource.join(" and ");
    let keys = need.condition.iter().flat_map(|condition| condition.values()).flatten();
    let keys = keys.map(|(key, value)| format!(", where {key} is {value}")).collect::<String>();
    clean(&format!("{} on {resources}{keys}", need.action), 2_000)
}
