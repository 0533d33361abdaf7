//! What an event costs: parsing, matching against few and many rules, and the whole way.
//!
//! `cargo bench` prints a table; README.md holds the figures with machine and date.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use divan::{Bencher, black_box};
use iam_responder::assess::engine::Engine;
use iam_responder::effects::memory::Memory;
use iam_responder::effects::recorder::Recorder;
use iam_responder::event::Event;
use iam_responder::pack::PACK;
use iam_responder::pattern::{Pattern, PatternIndex};
use iam_responder::respond::{Mode, Origin, Responder, Topics};
use iam_responder::site::{Format, TopicSpec};
use iam_responder::text::severity::Severity;
use serde_json::{Value, json};

const EVENT: &str = include_str!("../events/attach-role-policy-admin.json");
const READ_ONLY: &str = include_str!("../events/list-users.json");

fn main() {
    divan::main();
}

/// So many rules as sites have them: exact names, prefixes, principals, addresses; distinct ones
/// beyond the first few.
fn patterns(count: usize) -> Vec<Pattern> {
    let pattern = |number: usize| -> Value {
        match number % 5 {
            0 => json!({"source": ["aws.iam"], "detail": {"eventSource": ["iam.amazonaws.com"],
                        "eventName": [format!("Create{number}")]}}),
            1 => {
                json!({"source": ["aws.iam"], "detail": {"eventName": [{"prefix": format!("Attach{number}")}]}})
            }
            2 => json!({"detail": {"eventSource": ["iam.amazonaws.com"], "userIdentity":
                        {"arn": [format!("arn:aws:iam::111122223333:user/{number}")]}}}),
            3 => json!({"detail": {"eventSource": [format!("service{number}.amazonaws.com")],
                        "errorCode": [{"exists": false}]}}),
            _ => {
                json!({"source": ["aws.iam"], "detail": {"eventName": [{"wildcard": format!("Put*{number}")}],
                        "requestParameters": {"roleName": [{"equals-ignore-case": format!("Role{number}")}]}}})
            }
        }
    };
    let admin = json!({"source": ["aws.iam"], "detail": {"eventName": ["AttachRolePolicy"],
        "requestParameters": {"policyArn": [{"suffix": ":policy/AdministratorAccess"}]}}});
    let numbered = (1..count).map(pattern);
    std::iter::once(admin)
        .chain(numbered)
        .map(|pattern| Pattern::compile(&pattern).unwrap())
        .collect()
}

#[divan::bench(args = [50, 1_000, 10_000])]
fn match_iam_event(bencher: Bencher<'_, '_>, rules: usize) {
    let index = PatternIndex::new(&patterns(rules));
    let event: Value = serde_json::from_str(EVENT).unwrap();
    assert_eq!(index.matching(&event), [0]);
    bencher.bench(|| index.matching(black_box(&event)));
}

#[divan::bench(args = [50, 1_000, 10_000])]
fn match_event_nobody_wants(bencher: Bencher<'_, '_>, rules: usize) {
    let index = PatternIndex::new(&patterns(rules));
    let event = json!({"source": "aws.ec2", "detail": {"eventSource": "ec2.amazonaws.com",
        "eventName": "DescribeInstances", "userIdentity": {"arn": "arn:aws:iam::111122223333:user/ci"}}});
    bencher.bench(|| index.matching(black_box(&event)));
}

#[divan::bench(args = [50, 1_000])]
fn match_one_by_one(bencher: Bencher<'_, '_>, rules: usize) {
    let patterns = patterns(rules);
    let event: Value = serde_json::from_str(EVENT).unwrap();
    bencher.bench(|| patterns.iter().filter(|pattern| pattern.matches(black_box(&event))).count());
}

#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    bencher
        .counter(divan::counter::BytesCount::of_str(EVENT))
        .bench(|| Event::parse(black_box(EVENT)));
}

#[divan::bench]
fn load_pack(bencher: Bencher<'_, '_>) {
    bencher.bench(|| Engine::packed(&PACK).unwrap());
}

#[divan::bench]
fn respond_with_an_alert(bencher: Bencher<'_, '_>) {
    respond(bencher, EVENT);
}

#[divan::bench]
fn respond_quietly(bencher: Bencher<'_, '_>) {
    respond(bencher, READ_ONLY);
}

fn respond(bencher: Bencher<'_, '_>, text: &str) {
    let engine = Engine::packed(&PACK).unwrap();
    let publish = Recorder::default();
    let topic = |severity| {
        (severity, vec![TopicSpec { arn: "arn".to_owned(), format: Format::PerProtocol }])
    };
    let topics: Topics = Severity::ALL.into_iter().map(topic).collect();
    let now = "2026-11-20T02:00:05Z".parse().unwrap();
    // A new state for each run: a repeated event would raise no alert.
    bencher.with_inputs(Memory::default).bench_refs(|state| {
        let responder =
            Responder::offline(&engine, &topics, &publish, &*state, (Origin::Checked, Mode::Live));
        let response =
            pollster::block_on(responder.respond(Event::parse(black_box(text)), now, Some(now)));
        publish.take();
        response.unwrap()
    });
}
