//! An alert, built from an event, its facts and what was decided.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::contents::{
    ALLOWS_MAX, AffectedPlace, Alert, EntityLine, EventLine, Place, REASONS_MAX, RULES_MAX,
    RightsLines, RuleLine, Who,
};
use super::handed::{handed_over, harmless};
use super::lesser::Lesser;
use super::links;
use super::phrase;
use super::sent::SentAlert;
use super::step::StepLine;
use super::word::KeptWord;
use crate::assess::Reason;
use crate::assess::decide::Decision;
use crate::event::{CallOutcome, Event, Unreadable};
use crate::facts::{AffectedAccount, Context, LimitChange, RightsChange};
use crate::iam::policy::{Grant, describe_trust};
use crate::prior::Why;
use crate::rule::Rule;
use crate::text::clean::clean_lines;
use crate::text::enumerated::enumerated;
use crate::text::hostile::Hostile;
use crate::text::line::Line;
use crate::text::severity::Severity;
use crate::vocabulary::Limits;

/// Text in the runbook of a rule that covers sessions of `AssumeRoot`.
const ASSUME_ROOT: &str = "AssumeRoot";
/// The first step about such a session, if no rule covers them.
const ASK_THE_OPENER: &str = "This is a session of AssumeRoot: ask who opened it, in the management account or a delegated one. \
                              The keeper of the root password does not know of it.\n";

/// Facts about an alert that are not in its event: earlier events, and its delivery.
#[derive(Debug, Clone, Default)]
pub struct Circumstances {
    /// What the principal did in the hour before, or why that is not known.
    pub history: Vec<Line>,
    /// Repetitions held back since an alert of this kind was first published.
    pub held_back: u32,
    /// Notes about the alert itself, for example that it may come twice.
    pub notes: Vec<Line>,
    /// The command that acknowledges it.
    pub acknowledge: Option<String>,
}

impl Alert {
    /// This alert, in these circumstances.
    #[must_use]
    pub fn under(self, circumstances: Circumstances) -> Self {
        let Circumstances { history, held_back, notes, acknowledge } = circumstances;
        Self { history, held_back, notes, acknowledge, ..self }
    }

    /// This alert, with one note more.
    #[must_use]
    pub fn noting(mut self, note: Line) -> Self {
        self.notes.push(note);
        self
    }

    /// This alert once more and a step louder, as nobody acknowledged it since it was published at `since` with the
    /// severity `before`.
    #[must_use]
    pub fn again(self, before: Severity, since: Timestamp, now: Timestamp) -> Self {
        let severity = self.severity.raised(1);
        let minutes = now.duration_since(since).as_mins();
        let louder = if severity > before { ": a step louder" } else { "" };
        let reason = format!("nobody acknowledged it within {minutes} minutes{louder}");
        let delay = self.event.time.map(|time| now.duration_since(time));
        Self {
            severity,
            title: Line::from("Not acknowledged: ").and(self.title),
            event: EventLine { delay, ..self.event },
            reasons: [self.reasons, vec![Line::text(&reason)]].concat(),
            notes: vec!["This is the last reminder.".into()],
            ..self
        }
    }

    /// The alert about an event that rules matched. `now` gives the delay; without it the alert has none.
    #[must_use]
    pub fn new(
        event: &Event,
        context: &Context,
        rules: &[&Rule],
        decision: &Decision,
        now: Option<Timestamp>,
    ) -> Self {
        let first = rules.first();
        let place = Place {
            account: event.account().map(Hostile::of),
            account_name: context.account_name.as_deref().map(Hostile::of),
            environment: Some(context.environment.name.clone()),
            environment_known: context.environment.known,
            affected: context.affected.as_ref().map(affected_place),
            region: event.region().map(Hostile::of),
            source_ip: event.text("detail.sourceIPAddress").map(Hostile::of),
            user_agent: event.text("detail.userAgent").map(Hostile::of),
        };
        let who = who(context);
        let sentence = phrase::sentence(event, context, &place);
        Self {
            severity: decision.severity,
            title: first.map_or_else(|| "Event".into(), |rule| title(rule, context)),
            sentence,
            rules: rules.iter().map(|rule| rule_line(rule, context)).collect(),
            reasons: listed(decision.reasons.iter().map(Reason::line), ""),
            cut: decision.cut,
            why: first.map(|rule| why(rule, context)),
            runbook: first.map(|first| runbook(first, rules, context)),
            entity: context.facts.entity.as_ref().map(|entity| EntityLine {
                kind: entity.kind.into(),
                name: entity.name.as_deref().map(Hostile::of),
                arn: entity.arn.as_deref().map(Hostile::of),
            }),
            rights: rights_lines(context),
            links: links::links(event, context),
            event: event_line(event, context, now),
            undo: StepLine::in_alert(&decision.undo, decision.plan_id.as_ref())
                .into_iter()
                .map(|step| step.doubted(event.time(), now))
                .collect(),
            plan: StepLine::in_alert(&decision.plan, decision.plan_id.as_ref()),
            who,
            place,
            history: Vec::new(),
            held_back: 0,
            notes: Vec::new(),
            acknowledge: None,
        }
    }

    /// The alert about an event that cannot be read or that AWS did not send.
    #[must_use]
    pub fn unreadable(reason: &Unreadable, event: Option<&Event>, now: Option<Timestamp>) -> Self {
        let refused =
            matches!(reason, Unreadable::ForeignSource(_) | Unreadable::ForeignAccount { .. });
        let (title, runbook) = if refused {
            (
                "Event refused: not sent by AWS",
                "1. Find who may invoke the function or put events on its bus, and who did.\n\
                 2. Check that the bus rule pins `source` and the function's policy pins the rule.",
            )
        } else {
            (
                "Event could not be read",
                "1. See in CloudTrail what happened at this time; an attacker may hide behind an event's size or shape.\n\
                 2. Report its shape, without its values, so that it can be read.",
            )
        };
        Self {
            sentence: Line::from("The event is ").and(Line::text(&reason.to_string())).and("."),
            reasons: vec!["what cannot be read counts as high".into()],
            runbook: Some(runbook.to_owned()),
            ..Self::of_raw(event, now, title)
        }
    }

    /// The alert about an event that was not judged in time.
    #[must_use]
    pub fn not_judged(event: Option<&Event>, now: Timestamp) -> Self {
        let name = event.and_then(Event::name).unwrap_or("an event that could not be read");
        Self {
            sentence: Line::from("The time of the function was over before it was known what ")
                .and(Line::name(name))
                .and(" means."),
            reasons: vec!["what cannot be judged counts as high".into()],
            cut: true,
            runbook: Some(
                "1. See in CloudTrail what happened at this time; an attacker may hide behind an event's size or shape.\n\
                 2. Lambda tries it twice more; if that fails too, the event waits in the on-failure queue.\n\
                 3. If it is not the event's size, give the function more memory: with it comes more of a core."
                    .to_owned(),
            ),
            ..Self::of_raw(event, Some(now), "Event could not be judged in time")
        }
    }

    /// An alert about an event that is not judged, from the few facts it holds.
    fn of_raw(event: Option<&Event>, now: Option<Timestamp>, title: &'static str) -> Self {
        let at = event.and_then(Event::time);
        Self {
            place: Place {
                account: event.and_then(Event::account).map(Hostile::of),
                region: event.and_then(Event::region).map(Hostile::of),
                ..Place::default()
            },
            event: EventLine {
                id: event.and_then(Event::id).map(Hostile::of),
                source: event.and_then(Event::event_source).map(Hostile::of),
                name: event.and_then(Event::name).map(Hostile::of),
                time: at,
                delay: at.zip(now).map(|(at, now)| now.duration_since(at)),
                ..EventLine::default()
            },
            ..Self::bare(Severity::High, title.into())
        }
    }

    /// The alert that the owner's own rules or site file are not in force: what is wrong with them, with file
    /// and line.
    #[must_use]
    pub fn files_refused(faults: &[String]) -> Self {
        Self {
            sentence: "Your rules and your site file are not in force: the function runs on those compiled into it. \
                       It says so again every day."
                .into(),
            reasons: listed(faults.iter().map(|fault| Line::text(fault)), ""),
            runbook: Some(
                "1. Mend the files: `iam-responder check --rules DIR` finds the same faults.\n\
                 2. Deploy again. Until then your suppressions, accounts, calendars and rules do not count."
                    .to_owned(),
            ),
            ..Self::bare(Severity::High, "Rules or site file of this tool are broken".into())
        }
    }

    /// The daily message about silence: the number of alerts that each suppression or override held back, a line each.
    #[must_use]
    pub fn suppressed(lines: &[String]) -> Self {
        Self {
            sentence: "Your site file silenced alerts, or made them quieter than medium, since the last message about it, at \
                       most a day ago."
                .into(),
            reasons: listed(lines.iter().map(|line| Line::text(line)), "by "),
            runbook: Some(
                "1. Is a number larger than the owner expects? Look at those events: `iam-responder respond` shows them.\n\
                 2. Narrow or remove what nobody can explain."
                    .to_owned(),
            ),
            ..Self::bare(Severity::Low, "Alerts silenced by the site file".into())
        }
    }

    /// The little that the table itself holds of an alert.
    #[must_use]
    pub fn of_sent(sent: &SentAlert) -> Self {
        let title = Line::name(&sent.title);
        let sentence = title.clone();
        Self {
            sentence: sentence.and(": the alert itself cannot be read any more; see its event."),
            rules: sent
                .rules
                .iter()
                .take(RULES_MAX + 1)
                .map(|id| rule_id(id, sent.severity))
                .collect(),
            place: Place { account: sent.account.as_deref().map(Hostile::of), ..Place::default() },
            event: EventLine {
                id: Some(Hostile::of(&sent.event_id)),
                time: sent.event_time,
                ..EventLine::default()
            },
            ..Self::bare(sent.severity, title)
        }
    }

    /// One message about many alerts that nobody acknowledged, a step above the loudest of them.
    #[must_use]
    pub fn many<'t>(all: impl ExactSizeIterator<Item = &'t SentAlert> + Clone) -> Self {
        let count = all.len();
        let loudest = all.clone().map(|sent| sent.severity).max().unwrap_or(Severity::High);
        let title = Line::text(&format!("{count} alerts not acknowledged"));
        let line = |sent: &SentAlert| {
            let account = sent.account.as_deref().unwrap_or("unknown account");
            Line::text(&format!(
                "{}: {} in {account}, event {}",
                sent.severity.word().to_uppercase(),
                sent.title,
                sent.event_id
            ))
        };
        let reasons = listed(all.map(line), "");
        let sentence = format!("Nobody acknowledged {count} alerts of high or above in time.");
        let sentence = Line::text(&sentence);
        let runbook = "1. Read them in the order they came; many at once are one incident.\n\
                       2. Acknowledge each event with `iam-responder verdict`, several separated by commas.";
        let runbook = Some(runbook.to_owned());
        let notes = vec!["This is the last reminder of them.".into()];
        Self { sentence, reasons, runbook, notes, ..Self::bare(loudest.raised(1), title) }
    }

    fn bare(severity: Severity, title: Line) -> Self {
        Self {
            severity,
            title,
            sentence: Line::default(),
            rules: Vec::new(),
            reasons: Vec::new(),
            cut: false,
            why: None,
            runbook: None,
            who: Who::default(),
            entity: None,
            rights: RightsLines::default(),
            place: Place::default(),
            event: EventLine::default(),
            undo: Vec::new(),
            plan: Vec::new(),
            links: Vec::new(),
            history: Vec::new(),
            held_back: 0,
            notes: Vec::new(),
            acknowledge: None,
        }
    }
}

fn affected_place(affected: &AffectedAccount) -> AffectedPlace {
    AffectedPlace {
        account: Hostile::of(affected.id.as_str()),
        account_name: affected.name.as_deref().map(Hostile::of),
        environment: affected.environment.name.clone(),
        environment_known: affected.environment.known,
    }
}

/// The first lines, as many as an alert shows, and the number of the rest after `of`.
fn listed(lines: impl ExactSizeIterator<Item = Line>, of: &str) -> Vec<Line> {
    let more = lines.len().saturating_sub(REASONS_MAX);
    let mut listed: Vec<Line> = lines.take(REASONS_MAX).collect();
    if more > 0 {
        listed.push(Line::text(&format!("and {of}{more} more")));
    }
    listed
}

/// Was it only tried, while the rule's words say that it happened? Advice for a loss sends people to
/// repair what is whole.
fn only_tried(rule: &Rule, context: &Context) -> bool {
    context.facts.outcome != CallOutcome::Success && !rule.speaks_of_attempts()
}

fn title(rule: &Rule, context: &Context) -> Line {
    let title = Line::name(&rule.spec.title);
    if only_tried(rule, context) {
        return Line::from("Attempt: ").and(title);
    }
    match Lesser::of(rule, context) {
        Some(lesser) => title.and(lesser.said()),
        None => title,
    }
}

fn why(rule: &Rule, context: &Context) -> String {
    match (only_tried(rule, context), context.facts.outcome) {
        (false, _) => match Lesser::of(rule, context) {
            Some(lesser) => lesser.why().to_owned(),
            None => clean_lines(&rule.spec.why, 1_000),
        },
        (true, CallOutcome::Denied) => {
            "The call was refused and changed nothing. The caller may try another way.".to_owned()
        }
        (true, _) => "The call failed and changed nothing. The caller may try again.".to_owned(),
    }
}

fn runbook(first: &Rule, rules: &[&Rule], context: &Context) -> String {
    if !only_tried(first, context) {
        if let Some(lesser) = Lesser::of(first, context) {
            return lesser.runbook().to_owned();
        }
        let own = &first.spec.runbook;
        if context.facts.principal.assumed_root.is_none() {
            return clean_lines(own, 2_000);
        }
        // The owner of root's password is not involved in such a session.
        let of_such = rules.iter().map(|rule| &rule.spec.runbook);
        let of_such = of_such.into_iter().find(|runbook| runbook.contains(ASSUME_ROOT));
        let asked = of_such.cloned().unwrap_or_else(|| format!("{ASK_THE_OPENER}{own}"));
        return clean_lines(&asked, 2_000);
    }
    "Ask the caller, by a second channel, what they wanted to do.\n\
     If nobody can say, treat the caller's credentials as stolen.\n\
     Look for other calls of the caller, above all for those that succeeded."
        .to_owned()
}

fn rule_id(id: &str, severity: Severity) -> RuleLine {
    RuleLine { id: Hostile::of(id), title: Line::default(), severity, attack: Vec::new() }
}

fn rule_line(rule: &Rule, context: &Context) -> RuleLine {
    let spec = &rule.spec;
    RuleLine {
        id: Hostile::of(&spec.id),
        title: title(rule, context),
        severity: spec.severity,
        attack: spec.attack.clone(),
    }
}

fn who(context: &Context) -> Who {
    let principal = &context.facts.principal;
    let text = |text: &Option<String>| text.as_deref().map(Hostile::of);
    Who {
        line: Line::name(&principal.describe()),
        kind: Hostile::of(&principal.kind_word),
        person: principal.person().filter(|_| !principal.unproven).map(Hostile::of),
        arn: text(&principal.arn),
        role_arn: text(&principal.role_arn),
        account: text(&principal.account),
        access_key: text(&principal.access_key_id),
        session: text(&principal.session_name),
        source_identity: text(&principal.source_identity),
        on_behalf_of: text(&principal.on_behalf_of)
            .map(|person| (person, text(&principal.identity_store))),
        in_scope_of: text(&principal.in_scope_of),
        identity_provider: text(&principal.identity_provider),
        mfa: principal.mfa,
        external: principal.external,
    }
}

fn rights_lines(context: &Context) -> RightsLines {
    let rights = &context.rights;
    // An administrator has every way to more rights: listing each would only fill the message.
    let listed_words = |grants: &BTreeSet<Grant>| -> BTreeSet<KeptWord<Grant>> {
        let all = grants.contains(&Grant::Admin);
        let listed = grants.iter().copied().filter(|grant| !(all && grant.is_way()));
        listed.map(KeptWord::from).collect()
    };
    let trust = rights.trust.as_ref();
    let mut allows = match context.facts.rights_change {
        RightsChange::Session(_) => session_limits(context),
        _ => {
            rights.describe().into_iter().chain(rights.harmless.as_deref().map(harmless)).collect()
        }
    };
    allows.extend(trust.map(describe_trust).into_iter().flatten());
    allows.extend(context.handed.as_ref().into_iter().flat_map(handed_over));
    if rights.unreadable {
        allows.push("not known: the document cannot be read".to_owned());
    }
    if let Some(why) = rights.unknown {
        // What is taken off gives nothing: only what it forbade may be allowed from now on.
        let whose = match context.facts.rights_change {
            RightsChange::Detach(_) | RightsChange::DeleteInline => {
                "what the removed policy may have forbidden, "
            }
            _ => "",
        };
        allows.push(match context.facts.outcome {
            CallOutcome::Success => format!("{whose}not known for certain: {}", why.reason()),
            _ => format!("{whose}not known: the record does not say it"),
        });
    }
    allows.extend(context.limit.and_then(limits));
    let more = allows.len().saturating_sub(ALLOWS_MAX);
    allows.truncate(ALLOWS_MAX);
    if more > 0 {
        allows.push(format!("and {more} more"));
    }
    RightsLines {
        grants: listed_words(&rights.grants.all),
        unconditional: listed_words(&rights.grants.unconditional),
        trust: trust
            .map(|trust| trust.words.iter().copied().map(KeptWord::from).collect())
            .unwrap_or_default(),
        allows: allows.iter().map(|line| Line::text(line)).collect(),
        difference: rights
            .added
            .as_ref()
            .zip(rights.removed.as_ref())
            .map(difference)
            .or_else(|| context.limit.filter(|change| change.why.is_none()).map(denials)),
    }
}

/// What a new text of a policy of the organization may allow in the accounts below it.
fn limits(change: LimitChange) -> Option<String> {
    match change.limits {
        Limits::Looser => Some("what the former text of the policy had forbidden".to_owned()),
        Limits::Unknown => {
            let why = change.why.map_or("", Why::reason);
            let what = "what the former text of the policy had forbidden and this one does not";
            Some(format!("{what}, not known for certain: {why}"))
        }
        Limits::Tighter | Limits::Same | Limits::Shut => None,
    }
}

/// The denials that came and went with a new text of a policy of the organization.
fn denials(change: LimitChange) -> Line {
    let LimitChange { limits, gone, new, .. } = change;
    let allows = match limits {
        Limits::Looser if gone == 0 => ", and more is allowed",
        Limits::Shut if new == 0 => ", and less is allowed",
        _ => "",
    };
    let count = |number: usize| match number {
        0 => "none".to_owned(),
        number => number.to_string(),
    };
    Line::text(&format!(
        "deny statements that are gone or narrower {}, new or wider {}{allows}",
        count(gone),
        count(new)
    ))
}

/// What a document gives that the one before did not, and the other way round.
fn difference((added, removed): (&BTreeSet<Grant>, &BTreeSet<Grant>)) -> Line {
    if added.is_empty() && removed.is_empty() {
        return Line::from("no right that is rated is new, and none is gone");
    }
    let list = |grants: &BTreeSet<Grant>| match grants.is_empty() {
        true => "nothing".to_owned(),
        false => enumerated(grants.iter().map(|grant| grant.word()), ALLOWS_MAX),
    };
    Line::text(&format!("new {}; gone {}", list(added), list(removed)))
}

/// A session has what its user has and its policy lets through: what that allows, nobody is given by it.
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html>
fn session_limits(context: &Context) -> Vec<String> {
    let rights = &context.rights;
    if rights.grants.all.contains(&Grant::Admin) {
        return vec!["the session policy holds nothing back of what the user may do".to_owned()];
    }
    let lines = rights.describe().into_iter();
    let limits = lines
        .map(|line| format!("as far as the user may, the session policy lets through: {line}"));
    limits.collect()
}

fn event_line(event: &Event, context: &Context, now: Option<Timestamp>) -> EventLine {
    let error = |path: &str| {
        let failed = context.facts.outcome != CallOutcome::Success;
        event.text(path).filter(|_| failed).map(Hostile::of)
    };
    let time = event.time();
    EventLine {
        id: event.id().map(Hostile::of),
        source: event.event_source().map(Hostile::of),
        name: event.name().map(Hostile::of),
        time,
        delay: time.zip(now).map(|(time, now)| now.duration_since(time)),
        outcome: Some(context.facts.outcome.into()),
        error_code: error("detail.errorCode"),
        error_message: error("detail.errorMessage"),
    }
}
