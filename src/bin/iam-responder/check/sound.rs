//! What is to be said of rules and a site without faults.

use std::path::Path;

use iam_responder::assess::engine::Engine;
use iam_responder::pattern::Pattern;
use iam_responder::rule::Rule;
use iam_responder::site::Adjustment;
use iam_responder::site::calendar::OCCURRENCES_MAX;
use iam_responder::text::nearest;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::remark::Remark;
use super::written::Written;
use super::{delivery, exemptions, silences, vain};
use crate::exit::Failure;

/// Days before the end of a suppression at which `check` remarks on it.
const EXPIRY_NOTICE_DAYS: i32 = 14;

/// Most days for which anything should be silenced.
const SILENCE_DAYS_MAX: i32 = 366;

/// Days ahead that a calendar should cover.
const CALENDAR_NOTICE_DAYS: i32 = 366;

/// All remarks, those on rules first.
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

/// What a rule lacks.
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
        let place = || format!("calendar {name}");
        if let Some(other) = calendar.other_zone() {
            let zone = calendar.zone();
            let message = format!(
                "its file says X-WR-TIMEZONE:{other}; its times that name no zone, and its whole days, are read in `zone`, which \
                 is {zone}: make `zone` the same if the file means them so"
            );
            remarks.push(Remark::new(place(), message));
        }
        remarks.extend(calendar.missed().map(|missed| Remark::new(place(), missed.to_owned())));
        let Some(until) = calendar.known_until() else { continue };
        if soon.as_ref().is_ok_and(|soon| until < soon.timestamp()) {
            let message = format!(
                "its file has more than {OCCURRENCES_MAX} occurrences of one event and is known only until \
                 {}; begin the series later",
                until.strftime("%Y-%m-%d")
            );
            remarks.push(Remark::new(place(), message));
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
