//! Calls of one hour, and what is told of them one after the other.

use std::collections::BTreeMap;

use iam_responder::assess::engine::{Engine, SiteFiles, SourceFile};
use iam_responder::effects::PriorState;
use iam_responder::effects::memory::Memory;
use iam_responder::effects::recorder::Recorder;
use iam_responder::event::Event;
use iam_responder::prior::{Address, Value as Written, Write};
use iam_responder::respond::{Origin, Responder, Response};
use iam_responder::site::calendar::IcsFiles;
use serde_json::{Value, json};

/// A call at a minute of the hour, by a session of a role.
pub fn call(source: &str, name: &str, minute: usize, parameters: Value) -> Value {
    let mut event = json!({"eventSource": format!("{source}.amazonaws.com"), "eventName": name, "readOnly": false,
        "awsRegion": "us-east-1", "recipientAccountId": "111122223333",
        "eventTime": format!("2026-11-24T12:{minute:02}:00Z"), "sourceIPAddress": "203.0.113.7",
        "eventID": format!("{source}-{name}-{minute}-{parameters}"),
        "userIdentity": {"type": "AssumedRole", "accountId": "111122223333", "principalId": "AROAX:run-1",
            "arn": "arn:aws:sts::111122223333:assumed-role/builder/run-1",
            "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "builder",
                "arn": "arn:aws:iam::111122223333:role/ci/builder"}}}});
    event["requestParameters"] = parameters;
    event
}

/// What becomes of each event, where there was a seed before all.
pub fn responses(
    site: &str,
    seeds: Vec<(Address, Written)>,
    events: impl IntoIterator<Item = Value>,
) -> Vec<Response> {
    let site = SourceFile { name: "site.yaml".to_owned(), text: site.to_owned() };
    let engine = Engine::embedded_with(&SiteFiles { site, calendars: IcsFiles::new() }).unwrap();
    let (publish, state, topics) = (Recorder::default(), Memory::default(), BTreeMap::new());
    let responder = Responder::offline(&engine, &topics, &publish, &state, Origin::Trusted);
    let now = "2026-11-24T13:00:00Z".parse().unwrap();
    pollster::block_on(seed(&state, seeds));
    let answer = |event: Value| {
        let event = Event::parse(&event.to_string());
        pollster::block_on(responder.respond(event, now, None)).unwrap()
    };
    events.into_iter().map(answer).collect()
}

async fn seed(state: &Memory, writes: Vec<(Address, Written)>) {
    let at = "2026-11-24T09:00:00Z".parse().unwrap();
    for (address, value) in writes {
        let write = Write::new(at, "seed".to_owned(), value, true);
        state.record_write(&address.text(), &write).await.unwrap();
    }
}
