//! What a quiet day costs: alerts about normal life.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use iam_responder::assess::engine::Engine;
use iam_responder::event::{Event, Unreadable, input};
use iam_responder::pack::PACK;
use iam_responder::respond::Origin;
use iam_responder::respond::outcome::{Disposition, Outcome};
use iam_responder::text::severity::Severity;

use crate::support::World;

/// Answers events in order, as one environment would.
fn outcomes(events: Vec<Result<Event, Unreadable>>) -> Vec<Outcome> {
    let world = World::new(Engine::packed(&PACK).unwrap(), Origin::Trusted);
    let now = "2026-11-20T12:00:00Z".parse().unwrap();
    let answer = |event| world.answer(event, now, None).outcome;
    events.into_iter().map(answer).collect()
}

fn by_severity(outcomes: &[Outcome]) -> BTreeMap<Severity, usize> {
    let mut counts = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| outcome.disposition == Disposition::Alerted) {
        *counts.entry(outcome.severity.unwrap()).or_default() += 1;
    }
    counts
}

#[test]
fn normal_life_is_quiet() {
    let quiet = [
        "list-users.json",
        "console-login-mfa.json",
        "console-login-sso.json",
        "create-service-linked-role.json",
        "assume-role-with-saml.json",
        "assume-role-with-web-identity.json",
        "service-event-no-type.json",
    ];
    let read =
        |name: &&str| Event::parse(&fs::read_to_string(Path::new("events").join(name)).unwrap());
    for (name, outcome) in quiet.iter().zip(outcomes(quiet.iter().map(read).collect())) {
        let loud = outcome.severity.is_some_and(|severity| severity > Severity::Low);
        assert!(outcome.disposition != Disposition::Alerted || !loud, "{name}: {outcome:?}");
    }
}

/// The background of a recorded intrusion: all calls but those of the intruder and of the user whose keys he has.
/// Nearly two hundred records of services, instances, a colleague and their roles.
#[test]
fn the_background_of_an_intrusion_is_quiet() {
    let folder =
        std::env::var_os("IAM_RESPONDER_CORPUS").unwrap_or_else(|| "../shared/corpus".into());
    let Ok(file) = fs::File::open(Path::new(&folder).join("invictus.ndjson.gz")) else { return };
    let mut text = String::new();
    MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    let intruder = |event: &Event| {
        let name = event.text("detail.userIdentity.userName").unwrap_or_default();
        let arn = event.text("detail.userIdentity.arn").unwrap_or_default();
        name == "bert-jan" || arn.contains("stratus-red-team")
    };
    let inputs = input::read(&text).filter_map(|input| input.event());
    let background: Vec<_> =
        inputs.filter(|event| event.as_ref().is_ok_and(|event| !intruder(event))).collect();
    assert!(background.len() > 150, "{} records", background.len());
    let counts = by_severity(&outcomes(background));
    assert!(counts.is_empty(), "{counts:?}");
}
