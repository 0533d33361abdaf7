//! `explain`: why each rule did or did not match, and why this loud.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use iam_responder::assess::decide::Decision;
use iam_responder::assess::engine::Engine;
use iam_responder::event::input::{self, Found};
use iam_responder::event::{Event, Shape, Unreadable};
use iam_responder::facts::Known;
use iam_responder::pattern::{Explanation, FieldExplanation, STEPS_OF_EVENT_MAX};
use iam_responder::review::rule_test::found;
use iam_responder::rule::Rule;
use iam_responder::text::clean::{clean, escape_invisible};
use jiff::Timestamp;
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::options::{Global, OutputFormat};
use crate::skipped::Skipped;
use crate::unreadable::unreadable;
use crate::{files, paint};

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// File with an event, or - for standard input
    #[arg(value_name = "EVENT")]
    path: PathBuf,
    /// Only this rule
    #[arg(long, value_name = "ID")]
    rule: Option<String>,
    /// Also the rules that are far from matching
    #[arg(long, short)]
    all: bool,
}

struct Judged<'r> {
    rule: &'r Rule,
    counts: bool,
    waits: bool,
    unsure: bool,
    explanation: Explanation,
}

pub(crate) fn run(global: &Global, arguments: &Arguments) -> Result<Exit, Failure> {
    let engine = files::engine(global)?;
    if let Some(id) = &arguments.rule
        && !engine.rules().ids().contains(&id.as_str())
    {
        return Err(Failure::Fault(format!(
            "no rule `{id}`; `iam-responder coverage --index` lists all"
        )));
    }
    let file = files::event_file(&arguments.path)?;
    let mut out = anstream::stdout().lock();
    let (mut matched, mut skipped) = (false, Skipped::default());
    if let Some(damage) = &file.damage {
        matched = true;
        unreadable(&mut out, global.format, &Unreadable::Damaged(damage.clone()).to_string())?;
    }
    for input in input::read(&file.text()) {
        let event = match input.found {
            Found::Event(Ok(event)) => event,
            Found::NoEvents(what) => {
                skipped.add(what);
                continue;
            }
            Found::Event(Err(reason)) => {
                matched = true;
                unreadable(&mut out, global.format, &reason.to_string())?;
                continue;
            }
        };
        matched |= one(&mut out, &engine, event, global.format, arguments)?;
    }
    if let Some(what) = skipped.line() {
        writeln!(anstream::stderr(), "note: {what}")?;
    }
    out.flush()?;
    Ok(if matched { Exit::Findings } else { Exit::Clean })
}

fn one<'e>(
    out: &mut impl Write,
    engine: &'e Engine,
    mut event: Event,
    format: OutputFormat,
    arguments: &Arguments,
) -> Result<bool, Failure> {
    let recognised = engine.recognise_at_once(&mut event, &Known::default());
    // A rule that counts, or waits for earlier events, says nothing about one event alone.
    let now = Timestamp::now();
    let assessment = engine.assess(&event, &recognised, &BTreeSet::new(), now);
    let is_one = |rules: &[&Rule], rule: &Rule| rules.iter().any(|one| std::ptr::eq(*one, rule));
    let all = &recognised.matching.rules;
    let wanted = |rule: &&Rule| arguments.rule.as_ref().is_none_or(|id| *id == rule.spec.id);
    // All explanations together cost no more than matching itself.
    let mut left = STEPS_OF_EVENT_MAX;
    let judge = |rule: &'e Rule| {
        let mut explanation = rule.pattern.explain_within(event.raw(), &mut left);
        if rule.spec.enabled {
            // Alerts follow the rules' own matching, even if the explanation was cut.
            explanation.matched = is_one(all, rule);
        }
        Judged {
            counts: is_one(&assessment.firing, rule),
            waits: is_one(all, rule) && recognised.waits(rule),
            unsure: is_one(&recognised.matching.unsure, rule),
            explanation,
            rule,
        }
    };
    let judged: Vec<Judged<'_>> = engine.rules().rules().filter(wanted).map(judge).collect();
    let matched = judged.iter().any(|one| one.counts || one.waits);
    if !matched && event.shape() == Shape::Unknown {
        unreadable(out, format, &Unreadable::UnknownShape.to_string())?;
        return Ok(true);
    }
    let derived = recognised.context.to_value();
    let decision = assessment.decision.as_ref();
    match format {
        OutputFormat::Json => json_line(out, &event, &derived, &judged, decision)?,
        OutputFormat::Human => human(out, &event, &derived, judged, decision, arguments)?,
    }
    Ok(matched)
}

fn json_line(
    out: &mut impl Write,
    event: &Event,
    derived: &serde_json::Value,
    judged: &[Judged<'_>],
    decision: Option<&Decision>,
) -> Result<(), Failure> {
    let rules: Vec<serde_json::Value> = judged
        .iter()
        .map(|one| {
            json!({
                "rule": one.rule.spec.id,
                "matched": one.explanation.matched,
                "counts": one.counts,
                "enabled": one.rule.spec.enabled,
                "fields": one.explanation.fields,
                "inconsistent": one.explanation.inconsistent,
                "cut": one.explanation.cut || one.unsure,
            })
        })
        .collect();
    let reasons = decision.map(|decision| decision.reasons.as_slice()).unwrap_or_default();
    let reasons: Vec<String> = reasons.iter().map(|reason| reason.line().as_it_is()).collect();
    let line = json!({
        "event_id": event.id(),
        "event_name": event.name(),
        "severity": decision.map(|decision| decision.severity),
        "reasons": reasons,
        "suppressed": decision.and_then(|decision| decision.suppressed.as_ref()),
        "derived": derived,
        "rules": rules,
    });
    writeln!(out, "{}", escape_invisible(&line.to_string()))?;
    Ok(())
}

fn human(
    out: &mut impl Write,
    event: &Event,
    derived: &serde_json::Value,
    mut judged: Vec<Judged<'_>>,
    decision: Option<&Decision>,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let bold = paint::BOLD;
    let name = clean(event.name().unwrap_or("event without name"), 100);
    writeln!(out, "{bold}{name}{bold:#}  {}", clean(event.id().unwrap_or("without ID"), 100))?;
    if let Some(decision) =
        decision.filter(|_| judged.iter().any(|one| one.counts) && arguments.rule.is_none())
    {
        writeln!(out, "\nseverity {}", decision.severity)?;
        for reason in &decision.reasons {
            writeln!(out, "  - {}", reason.line().shown())?;
        }
    }
    writeln!(out, "\nderived")?;
    facts(out, derived, "  ")?;
    let failures =
        |one: &Judged<'_>| one.explanation.fields.iter().filter(|field| !field.matched).count();
    judged.sort_by_key(|one| (!one.explanation.matched, failures(one)));
    let shown = |one: &&Judged<'_>| {
        one.explanation.matched || failures(one) <= 1 || arguments.all || arguments.rule.is_some()
    };
    writeln!(out, "\nrules")?;
    for one in judged.iter().filter(shown) {
        rule(out, one)?;
    }
    let hidden = judged.iter().filter(|one| !shown(one)).count();
    if hidden > 0 {
        let faint = paint::FAINT;
        writeln!(
            out,
            "{faint}  {hidden} rules differ in more than one field; --all shows them{faint:#}"
        )?;
    }
    writeln!(out)?;
    Ok(())
}

fn facts(out: &mut impl Write, value: &serde_json::Value, indent: &str) -> Result<(), Failure> {
    for (key, value) in value.as_object().into_iter().flatten() {
        if value.is_object() {
            writeln!(out, "{indent}{key}")?;
            facts(out, value, &format!("{indent}  "))?;
        } else {
            writeln!(out, "{indent}{key:<18} {}", clean(&value.to_string(), 200))?;
        }
    }
    Ok(())
}

fn rule(out: &mut impl Write, one: &Judged<'_>) -> Result<(), Failure> {
    let (style, word) = match (one.explanation.matched, one.counts) {
        (true, true) => (paint::GOOD, "matches"),
        (true, false) if one.waits => {
            (paint::FAINT, "matches, but only counts, or waits for other events")
        }
        (true, false) if !one.rule.spec.enabled => (paint::FAINT, "matches, but is switched off"),
        (true, false) => (paint::FAINT, "matches, but a louder rule stands for it"),
        (false, _) => (paint::BAD, "does not match"),
    };
    writeln!(out, "  {style}{word}{style:#}  {} ({})", one.rule.spec.id, one.rule.spec.severity)?;
    if one.unsure {
        writeln!(out, "    counts as matched, as the event took too many steps of matching")?;
    } else if one.explanation.cut {
        writeln!(out, "    cut: the event took too many steps to look at all of the rule")?;
    }
    if one.explanation.inconsistent {
        writeln!(out, "    every field matches, but not within one element of an array")?;
    }
    for field in one.explanation.fields.iter().filter(|field| !field.matched) {
        writeln!(out, "{}", paint::paragraph(&failure(field), "    ", 6))?;
    }
    Ok(())
}

fn failure(field: &FieldExplanation) -> String {
    let more = if field.found_more > 0 {
        format!(" and {} more", field.found_more)
    } else {
        String::new()
    };
    let found = clean(&found(&field.found), 200);
    let expected = clean(&field.expected.join(" or "), 300);
    format!("{} is {found}{more}; wanted {expected}", field.path)
}
