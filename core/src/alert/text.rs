//! An alert for people: short lines, the most important first.

use super::age::human;
use super::contents::{Alert, HELD_BACK_MAX, RULES_MAX, Who, shown_lines, shown_name};
use super::step::{Status, StepLine};
use super::word::KeptWord;
use crate::event::PrincipalKind;
use crate::iam::catalogue;
use crate::iam::kind::EntityKind;
use crate::text::hostile::Hostile;

/// The alert as text.
pub(super) fn render(alert: &Alert) -> String {
    let mut text = format!(
        "{}: {}\n{}\n\n",
        alert.severity.word().to_uppercase(),
        alert.title.shown(),
        alert.sentence.shown()
    );
    for (label, value) in facts(alert) {
        text.push_str(&format!("{label:<7}{value}\n"));
    }
    let rights = &alert.rights;
    if !rights.allows.is_empty() {
        let title =
            if alert.event.is_done() { "What it allows" } else { "What it would have allowed" };
        section(&mut text, title, &bullets(&shown_lines(&rights.allows)));
    }
    if let Some(difference) = &rights.difference {
        text.push_str(&format!("Compared with the document before: {}.\n", difference.shown()));
    }
    if !alert.history.is_empty() {
        section(&mut text, "The caller's last hour", &bullets(&shown_lines(&alert.history)));
    }
    if !alert.reasons.is_empty() {
        section(&mut text, "Why this loud", &bullets(&shown_lines(&alert.reasons)));
    }
    if let Some(why) = &alert.why {
        section(&mut text, "Why it matters", why);
    }
    if let Some(undo) = undo(alert) {
        section(&mut text, "Undo", &undo);
    }
    if let Some(runbook) = &alert.runbook {
        section(&mut text, "What to do", runbook);
    }
    if !alert.links.is_empty() {
        let lines: Vec<String> = alert.links.iter().map(|(_, url)| url.clone()).collect();
        section(&mut text, "Links", &lines.join("\n"));
    }
    if alert.rules.len() > 1 {
        let line = |rule: &super::contents::RuleLine| format!("{} ({})", rule.id(), rule.severity);
        let mut others: Vec<String> =
            alert.rules.iter().skip(1).take(RULES_MAX).map(line).collect();
        let more = alert.rules.len().saturating_sub(RULES_MAX + 1);
        if more > 0 {
            others.push(format!("and {more} more"));
        }
        section(&mut text, "Also matched", &others.join("\n"));
    }
    let notes = held_back(alert).into_iter().chain(shown_lines(&alert.notes));
    let acknowledge = alert.acknowledge.iter().map(|command| format!("Acknowledge: {command}"));
    let notes: Vec<String> = notes.chain(acknowledge).collect();
    if !notes.is_empty() {
        section(&mut text, "About this alert", &bullets(&notes));
    }
    if let Some(id) = shown_name(alert.event.id.as_ref()) {
        text.push_str(&format!("\nEvent {id}\n"));
    }
    text
}

/// One line for a telephone: at most 160 characters where names allow it.
pub(super) fn short(alert: &Alert) -> String {
    // In front, where no long name pushes it off the end.
    let cut = if alert.cut { " (judged in part)" } else { "" };
    let text = format!("{}{cut}: {}", alert.severity.word().to_uppercase(), alert.sentence.shown());
    text.chars().take(300).collect()
}

fn facts(alert: &Alert) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let who = alert.who.line.shown();
    if !who.is_empty() {
        // Federated sessions say "no" even where the identity provider asked for a second factor.
        let kind = PrincipalKind::of(alert.who.kind.as_it_is());
        let knows_mfa = matches!(kind, Some(PrincipalKind::IamUser | PrincipalKind::Root));
        let mfa = match alert.who.mfa.filter(|_| knows_mfa) {
            Some(true) => ", with MFA",
            Some(false) => ", no MFA",
            None => "",
        };
        facts.push(("Who", format!("{who}{mfa}")));
        facts.extend(who_lines(&alert.who).into_iter().map(|line| ("", line)));
    }
    if let Some(name) = shown_name(alert.event.name.as_ref()) {
        let on = alert.entity.as_ref().and_then(|entity| match &entity.kind {
            KeptWord::Known(EntityKind::Root) => Some(" on the root user".to_owned()),
            kind => {
                shown_name(entity.name.as_ref()).map(|name| format!(" on {} {name}", kind.word()))
            }
        });
        let of = of_service(alert).unwrap_or_default();
        facts.push(("What", format!("{name}{of}{}", on.unwrap_or_default())));
    }
    facts.extend(alert.event.error().map(|error| ("Error", error)));
    if let Some(place) = place(alert) {
        facts.push(("Where", place));
    }
    let mut from: Vec<String> =
        shown_name(alert.place.source_ip.as_ref()).into_iter().chain(alert.place.agent()).collect();
    from.dedup();
    if !from.is_empty() {
        facts.push(("From", from.join(", ")));
    }
    if let Some(time) = alert.event.time {
        let delay = alert.event.delay.map(|delay| format!(", alert {} later", human(delay)));
        let time = time.strftime("%Y-%m-%d %H:%M:%S UTC");
        facts.push(("When", format!("{time}{}", delay.unwrap_or_default())));
    }
    facts
}

/// The service, where the call is none that is known: its name alone says not whose it is.
fn of_service(alert: &Alert) -> Option<String> {
    let source = alert.event.source.as_ref()?;
    let name = alert.event.name.as_ref()?;
    let known = catalogue::is_known((source.as_it_is(), name.as_it_is()));
    shown_name(Some(source)).filter(|_| !known).map(|source| format!(" of {source}"))
}

/// Further facts about the caller, a line each.
fn who_lines(who: &Who) -> Vec<String> {
    let shown = |text: &Option<Hostile>| shown_name(text.as_ref());
    let line =
        |label: &str, text: &Option<Hostile>| shown(text).map(|text| format!("{label} {text}"));
    let on_behalf_of = who.on_behalf_of.as_ref().map(|(person, store)| {
        let person = shown_name(Some(person)).unwrap_or_default();
        let store = shown(store).map(|store| format!(" of {store}")).unwrap_or_default();
        format!("on behalf of Identity Center user {person}{store}")
    });
    let lines = [
        shown(&who.role_arn).or_else(|| shown(&who.arn)),
        line("access key", &who.access_key),
        line("source identity", &who.source_identity),
        on_behalf_of,
        line("credentials issued to", &who.in_scope_of),
        line("identity provider", &who.identity_provider),
    ];
    lines.into_iter().flatten().collect()
}

fn place(alert: &Alert) -> Option<String> {
    let place = &alert.place;
    let account = account(alert)?;
    let region =
        shown_name(place.region.as_ref()).map(|region| format!(", {region}")).unwrap_or_default();
    let own = match &place.environment {
        Some(name) => environment(name, place.environment_known),
        None => String::new(),
    };
    let Some(affected) = &place.affected else { return Some(format!("{account}{own}{region}")) };
    let theirs = environment(&affected.environment, affected.environment_known);
    // That of the account in which it is recorded is only known where it is the louder one.
    let own = if own == theirs { String::new() } else { own };
    let id = shown_name(Some(&affected.account)).unwrap_or_default();
    let affected = match shown_name(affected.account_name.as_ref()) {
        Some(name) => format!("{name} ({id})"),
        None => id,
    };
    Some(format!("{affected}{theirs}, from {account}{own}{region}"))
}

fn environment(name: &str, known: bool) -> String {
    if known { format!(", {name}") } else { ", environment unknown".to_owned() }
}

fn account(alert: &Alert) -> Option<String> {
    let place = &alert.place;
    match (shown_name(place.account_name.as_ref()), shown_name(place.account.as_ref())) {
        (Some(name), Some(account)) => Some(format!("{name} ({account})")),
        (_, account) => account,
    }
}

fn held_back(alert: &Alert) -> Option<String> {
    let count = match alert.held_back {
        0 => return None,
        1 => "1 repetition".to_owned(),
        count if count >= HELD_BACK_MAX => format!("{HELD_BACK_MAX} or more repetitions"),
        count => format!("{count} repetitions"),
    };
    Some(format!("{count} since the first alert, held back without an alert each."))
}

fn undo(alert: &Alert) -> Option<String> {
    let steps = alert.undo.iter().enumerate();
    let steps: Option<Vec<String>> =
        steps.map(|(before, step)| undo_step(alert, step, before > 0)).collect();
    steps.filter(|steps| !steps.is_empty()).map(|steps| steps.join("\n"))
}

/// The account and the doubts come before the command, so that a person reads them before pasting it. `further`: a step
/// comes before it.
fn undo_step(alert: &Alert, step: &StepLine, further: bool) -> Option<String> {
    let mut sentences = match (step.status, step.guard) {
        (Status::Proposed, _) if further => vec![format!("Then, in account {}.", account(alert)?)],
        (Status::Proposed, _) => vec![format!("In account {}.", account(alert)?)],
        (Status::Refused, Some(guard)) => {
            let lead = if guard.leaves_it_to_people() { "By hand" } else { "Not offered" };
            vec![format!("{lead} ({}): {}.", step.action, guard.reason())]
        }
        (Status::Refused, None) => return None,
    };
    sentences.extend(step.doubts.iter().map(|doubt| doubt.to_string()));
    let lines = Some(sentences.join(" ")).into_iter().chain(step.command.clone());
    Some(lines.collect::<Vec<_>>().join("\n"))
}

fn section(text: &mut String, title: &str, body: &str) {
    text.push_str(&format!("\n{title}\n{}\n", body.trim_end()));
}

fn bullets(lines: &[String]) -> String {
    lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")
}
