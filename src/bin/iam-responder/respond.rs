//! `respond`: what would be sent where, for these events.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use iam_responder::alert::{Alert, RuleLine, shown_lines};
use iam_responder::effects::memory::Memory;
use iam_responder::effects::recorder::Recorder;
use iam_responder::event::input::{self, Found, Input};
use iam_responder::event::{Event, Shape, Unreadable};
use iam_responder::respond::handled::{Disposition, Handled};
use iam_responder::respond::{Mode, Origin, Responder, Response, Topics};
use iam_responder::site::{Format, TopicSpec};
use iam_responder::text::clean::{clean, escape_invisible, visible};
use iam_responder::text::line::TEXT_CHARS_MAX;
use iam_responder::text::severity::Severity;
use jiff::Timestamp;
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::options::{Global, OutputFormat};
use crate::skipped::Skipped;
use crate::{files, paint};

/// Arguments of `respond`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Files or folders with events, or - for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print each alert whole, as people get it
    #[arg(long)]
    full: bool,
    /// Also list the events of which nothing is published
    #[arg(long, short)]
    all: bool,
    /// Pretend it is this time, as 2026-11-20T02:00:05Z: alerts show the delay, suppressions end
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
}

pub(crate) fn run(global: &Global, arguments: &Arguments) -> Result<Exit, Failure> {
    let engine = files::engine(global)?;
    let paths = files::event_paths(&arguments.paths)?;
    let (publish, state) = (Recorder::default(), Memory::default());
    let topics = dry_topics();
    let responder =
        Responder::offline(&engine, &topics, &publish, &state, (Origin::Trusted, Mode::Reading));
    let now = arguments.now.unwrap_or_else(Timestamp::now);
    let mut out = anstream::stdout().lock();
    let (mut count, mut skipped, mut failed) = (Count::default(), Skipped::default(), None);
    for path in paths {
        let file = match files::event_file(&path) {
            Ok(file) => file,
            // The others are read all the same.
            Err(failure) => {
                failed.replace(failure).map(Failure::printed);
                continue;
            }
        };
        let text = file.text();
        let damaged = file.damage.iter().map(|damage| Err(Unreadable::Damaged(damage.clone())));
        let damaged =
            damaged.enumerate().map(|(number, event)| Input { number, found: Found::Event(event) });
        let mut inputs = input::read(&text).chain(damaged).peekable();
        let mut first = true;
        while let Some(input) = inputs.next() {
            let alone = std::mem::take(&mut first) && inputs.peek().is_none();
            let place =
                if alone { file.name.clone() } else { format!("{} #{}", file.name, input.number) };
            let place = visible(&place);
            let event = match input.found {
                Found::Event(event) => event,
                Found::NoEvents(what) => {
                    skipped.add(what);
                    continue;
                }
            };
            let foreign = not_via_cloudtrail(&event);
            // Nothing makes the recorder fail here.
            let response = pollster::block_on(responder.respond(event, now, arguments.now))
                .map_err(|error| Failure::Fault(error.to_string()))?;
            count.add(&response.outcome);
            let unheard = matches!(
                response.outcome.disposition,
                Disposition::Unreadable | Disposition::Quiet
            );
            if let Some(foreign) = foreign.filter(|_| unheard) {
                writeln!(anstream::stderr(), "warning: {place}: {foreign}")?;
            }
            match global.format {
                OutputFormat::Json => writeln!(out, "{}", line(&response, arguments.full)?)?,
                OutputFormat::Human => human(&mut out, &response, &place, arguments)?,
            }
            publish.take();
        }
    }
    if let Some(what) = skipped.line() {
        writeln!(anstream::stderr(), "note: {what}")?;
        // A script must not confuse "no lines" with "no files".
        if global.format == OutputFormat::Json && count.events == 0 {
            writeln!(out, "{}", json!({"outcome": "skipped", "reasons": [what]}))?;
        }
    }
    if global.format == OutputFormat::Human && (count.events > 0 || failed.is_none()) {
        writeln!(out, "{}", count.summary())?;
    }
    out.flush()?;
    match failed {
        Some(failure) => Err(failure),
        None => Ok(if count.published > 0 { Exit::Findings } else { Exit::Clean }),
    }
}

/// The line about an event that CloudTrail did not write and no rule matches. Without it, silence would look as if a
/// call had been judged.
fn not_via_cloudtrail(event: &Result<Event, Unreadable>) -> Option<String> {
    let event = event.as_ref().ok()?;
    if let Err(reason) = event.check_envelope() {
        return Some(format!("{}; the function publishes it as high", shown(&reason.to_string())));
    }
    if event.shape() == Shape::Unknown {
        return Some(format!("{}; the function publishes it as high", Unreadable::UnknownShape));
    }
    let of = |path: &str| event.text(path).map_or_else(|| "nothing".to_owned(), shown);
    (!event.is_via_cloudtrail()).then(|| {
        format!(
            "not an event of CloudTrail: its detail-type is `{}`, its source `{}`, and no rule asks for it",
            of("detail-type"),
            of("source")
        )
    })
}

/// A text of the event, as a terminal shows it: cut, and with nothing that steers it.
fn shown(text: &str) -> String {
    visible(&text.chars().take(TEXT_CHARS_MAX).collect::<String>())
}

/// Each severity has a topic of its name, so that the dry run takes the same path.
fn dry_topics() -> Topics {
    let topic = |severity: Severity| TopicSpec {
        arn: severity.word().to_owned(),
        format: Format::default(),
    };
    Severity::ALL.into_iter().map(|severity| (severity, vec![topic(severity)])).collect()
}

/// The outcome; with `--full` the alert beside it.
fn line(response: &Response, full: bool) -> Result<String, Failure> {
    let fault =
        |error: serde_json::Error| Failure::Fault(format!("failed to print an outcome: {error}"));
    let mut line = serde_json::to_value(&response.outcome).map_err(fault)?;
    if let (true, Some(map)) = (full, line.as_object_mut()) {
        map.insert(
            "alert".to_owned(),
            response.alert.as_ref().map(Alert::to_json).unwrap_or_default(),
        );
    }
    Ok(escape_invisible(&line.to_string()))
}

fn human(
    out: &mut impl Write,
    response: &Response,
    place: &str,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let outcome = &response.outcome;
    match &response.alert {
        Some(alert) if arguments.full => {
            writeln!(out, "{}\n{}", alert.to_text(), "─".repeat(paint::COLUMNS))?;
        }
        Some(alert) => brief(out, alert, place)?,
        None if arguments.all => {
            let name = outcome.event_name.as_deref().unwrap_or("event without name");
            let (faint, word) = (paint::FAINT, outcome.disposition.word());
            let rules = outcome.rules.join(", ");
            let name = clean(name, 60);
            writeln!(out, "{faint}{word:<13} {name}  {rules}\n{:14}{place}{faint:#}\n", "")?;
        }
        None => {}
    }
    Ok(())
}

/// An alert in a few lines.
fn brief(out: &mut impl Write, alert: &Alert, place: &str) -> Result<(), Failure> {
    const INDENT: usize = 14;
    let indented = " ".repeat(INDENT);
    let style = paint::severity(alert.severity);
    let word = alert.severity.word().to_uppercase();
    let bold = paint::BOLD;
    writeln!(out, "{style}{word:<13}{style:#} {bold}{}{bold:#}", alert.title.shown())?;
    writeln!(out, "{}", paint::paragraph(&alert.sentence.shown(), &indented, INDENT))?;
    let label = |name: &str| format!("{indented}{name:<6}");
    if !alert.reasons.is_empty() {
        writeln!(
            out,
            "{}",
            paint::paragraph(&shown_lines(&alert.reasons).join("; "), &label("why"), INDENT + 6)
        )?;
    }
    if !alert.rights.allows.is_empty() {
        let allows = shown_lines(&alert.rights.allows).join("; ");
        let gives = label(if alert.event.is_done() { "gives" } else { "asked" });
        writeln!(out, "{}", paint::paragraph(&allows, &gives, INDENT + 6))?;
    }
    for (step, command) in alert.undo.iter().filter_map(|step| Some((step, step.command.as_ref()?)))
    {
        let doubts = step.doubts.join(" ");
        if !doubts.is_empty() {
            writeln!(out, "{}", paint::paragraph(&doubts, &label("doubt"), INDENT + 6))?;
        }
        writeln!(out, "{}{command}", label("undo"))?;
    }
    let others: Vec<String> = alert.rules.iter().skip(1).map(RuleLine::id).collect();
    if !others.is_empty() {
        writeln!(out, "{}", paint::paragraph(&others.join(", "), &label("also"), INDENT + 6))?;
    }
    let faint = paint::FAINT;
    writeln!(out, "{faint}{}{place}{faint:#}\n", label("from"))?;
    Ok(())
}

/// Totals over all events: every event is in exactly one of them.
#[derive(Debug, Default)]
struct Count {
    events: usize,
    published: usize,
    by_severity: BTreeMap<Severity, usize>,
    by_disposition: BTreeMap<&'static str, usize>,
}

impl Count {
    fn add(&mut self, outcome: &Handled) {
        self.events += 1;
        self.published += usize::from(outcome.disposition.is_published());
        *self.by_disposition.entry(outcome.disposition.word()).or_default() += 1;
        if let (true, Some(severity)) =
            (outcome.disposition == Disposition::Alerted, outcome.severity)
        {
            *self.by_severity.entry(severity).or_default() += 1;
        }
    }

    fn summary(&self) -> String {
        let severities =
            self.by_severity.iter().rev().map(|(severity, count)| format!("{count} {severity}"));
        let severities = severities.collect::<Vec<_>>().join(", ");
        let others =
            self.by_disposition.iter().filter(|(word, _)| **word != Disposition::Alerted.word());
        let note = |word: &str| {
            if word == Disposition::Unreadable.word() { ", published as high" } else { "" }
        };
        let others =
            others.map(|(word, count)| format!("{count} {word}{}", note(word))).collect::<Vec<_>>();
        let alerted = self.by_disposition.get(Disposition::Alerted.word()).copied().unwrap_or(0);
        let alerts = if alerted == 0 {
            "no alerts".to_owned()
        } else {
            format!("{alerted} alerted ({severities})")
        };
        let silent = alerted == 0 && self.published == 0;
        let parts: Vec<String> =
            Some(alerts).filter(|_| silent || alerted > 0).into_iter().chain(others).collect();
        let noun = if self.events == 1 { "event" } else { "events" };
        paint::paragraph(&format!("{} {noun}: {}", self.events, parts.join(", ")), "", 2)
    }
}
