//! What is planned against an event, word for word: each sample, each call of the catalogue with an undo, and names
//! made to harm a person who pastes a command.
//!
//! `data/plans.ndjson` holds a case a line: the event, or the name of a sample; what was there before, `absent` or a
//! value, where that is known; the document that was in force before, where it is; the step as programs get it. If a
//! step differs, the test writes the new file to `target/plans.ndjson`: look at the difference, and copy the file if
//! the change is intended.

use std::collections::BTreeSet;
use std::fs;

use iam_responder::alert::StepLine;
use iam_responder::assess::engine::Engine;
use iam_responder::event::Event;
use iam_responder::facts::Known;
use iam_responder::iam::catalogue;
use iam_responder::pack::PACK;
use iam_responder::plan::undo;
use iam_responder::prior::{Answers, Prior, Source, Taken};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::user;

/// Default fields of an event of the file; null means absent.
fn ordinary() -> Value {
    json!({"awsRegion": "eu-west-1", "recipientAccountId": "111122223333", "userIdentity": user("alice")})
}

fn event(case: &Value) -> Event {
    let text = match case["event"].as_object() {
        None => fs::read_to_string(format!("events/{}", case["event"].as_str().unwrap())).unwrap(),
        Some(event) => {
            let mut record = ordinary();
            record.as_object_mut().unwrap().extend(event.clone());
            record.to_string()
        }
    };
    Event::parse(&text).unwrap()
}

fn prior(known: &Value) -> Prior {
    let source = Source { event_id: "0b1c-2d".to_owned(), at: Timestamp::UNIX_EPOCH };
    match known.as_str() {
        None => Prior::default(),
        Some("absent") => Prior::Absent { source, taken: Taken::Nothing },
        Some(value) => Prior::Present { value: value.to_owned(), source },
    }
}

#[test]
fn every_plan_is_what_it_was() {
    let engine = Engine::packed(&PACK).unwrap();
    let kept = include_str!("../data/plans.ndjson");
    let mut planned = String::new();
    let (mut samples, mut calls) = (BTreeSet::new(), BTreeSet::new());
    for line in kept.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let mut event = event(&case);
        samples.extend(case["event"].as_str().map(str::to_owned));
        calls.insert((event.event_source().map(str::to_owned), event.name().map(str::to_owned)));
        let (former, replaced) = (prior(&case["former"]), prior(&case["replaced"]));
        let before = Answers { former, replaced, ..Answers::default() };
        let known = Known { before, ..Known::default() };
        let facts = engine.recognise_at_once(&mut event, &known).context;
        let steps: Vec<StepLine> = StepLine::all(&undo(&event, &facts), None);
        let undo = match steps.as_slice() {
            [] => Value::Null,
            [step] => json!(step),
            steps => json!(steps),
        };
        let mut now = case.clone();
        now["undo"] = undo;
        planned.push_str(&format!("{now}\n"));
    }
    if planned != kept {
        fs::write("target/plans.ndjson", &planned).unwrap();
        let differ = planned.lines().zip(kept.lines()).find(|(new, old)| new != old);
        panic!("target/plans.ndjson differs: {differ:#?}");
    }
    for entry in fs::read_dir("events").unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.ends_with(".json") || samples.contains(&name), "{name} is not in the file");
    }
    for call in catalogue::calls().filter(|call| !call.inverses.is_empty()) {
        let key = (Some(call.source.to_owned()), Some(call.name.trim_end_matches('*').to_owned()));
        assert!(calls.contains(&key), "{} is not in the file", call.name);
    }
    let unrated = include_str!("../../core/src/iam/catalogue/reversals.tsv").lines().skip(1);
    for line in unrated.filter(|line| !line.starts_with('#')) {
        let [source, name] = [0, 1].map(|at| line.split('\t').nth(at).map(str::to_owned));
        let name = name.map(|name| name.trim_end_matches('*').to_owned());
        assert!(calls.contains(&(source, name)), "{line} is not in the file");
    }
}
