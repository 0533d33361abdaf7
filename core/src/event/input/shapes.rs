//! Every shape in which events come, whole and damaged: what stands whole is read, and what does not is one unreadable
//! input.

use super::{Found, read};
use crate::event::Shape;

/// A record, and one more that differs where a caller chooses what it says.
fn record(id: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","userName":"kim"}},"eventSource":"iam.amazonaws.com","eventName":"CreateUser","userAgent":"cli","requestParameters":{{"userName":"v"}},"eventID":"{id}"}}"#
    )
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Inputs that are events of ours, by their IDs, and how many cannot be read.
fn found(text: &str) -> (Vec<String>, usize) {
    let (mut ids, mut others) = (Vec::new(), 0);
    for input in read(text) {
        match input.found {
            Found::Event(Ok(event)) if event.shape() != Shape::Unknown => {
                ids.push(event.id().unwrap_or("none").to_owned());
            }
            Found::Event(_) => others += 1,
            Found::NoEvents(_) => {}
        }
    }
    (ids, others)
}

#[track_caller]
fn check(what: &str, text: &str, ids: &[&str], others: usize) {
    let shown: String = text.chars().take(3_000).collect();
    assert_eq!(
        found(text),
        (ids.iter().map(|id| (*id).to_owned()).collect(), others),
        "{what}: {shown}"
    );
}

/// A carrier: what it makes of the JSON text of one record, and what stands before and behind all of them.
struct Carrier {
    name: &'static str,
    one: fn(&str) -> String,
    ends: [&'static str; 2],
}

fn low(record: &str) -> String {
    record
        .replace("eventName", "eventname")
        .replace("eventSource", "eventsource")
        .replace("eventID", "eventid")
        .replace("userIdentity", "useridentity")
}

fn snake(record: &str) -> String {
    record
        .replace("eventName", "event_name")
        .replace("eventSource", "event_source")
        .replace("eventID", "event_id")
        .replace("userIdentity", "user_identity")
}

/// What EventBridge sends.
fn envelope(record: &str) -> String {
    format!(
        r#"{{"version":"0","id":"1","detail-type":"AWS API Call via CloudTrail","source":"aws.iam","detail":{record}}}"#
    )
}

/// A row of CloudTrail Lake: each field an object.
fn row(record: &str) -> String {
    let fields = super::fields::fields(record).unwrap();
    let cell = |field: &super::fields::Field<'_>| format!("{{\"{}\":{}}}", field.name, field.value);
    format!("[{}]", fields.iter().map(cell).collect::<Vec<_>>().join(","))
}

const CARRIERS: [Carrier; 18] = [
    Carrier { name: "log file", one: |it| it.to_owned(), ends: ["{\"Records\":[", "]}"] },
    Carrier { name: "list", one: |it| it.to_owned(), ends: ["[", "]"] },
    Carrier { name: "list of texts", one: quoted, ends: ["[", "]"] },
    Carrier { name: "list of envelopes", one: envelope, ends: ["[", "]"] },
    Carrier {
        name: "envelopes in SQS",
        one: |it| format!(r#"{{"messageId":"m","body":{}}}"#, quoted(&envelope(it))),
        ends: ["{\"Records\":[", "]}"],
    },
    Carrier {
        name: "envelopes in SNS",
        one: |it| {
            format!(r#"{{"EventSource":"aws:sns","Sns":{{"Message":{}}}}}"#, quoted(&envelope(it)))
        },
        ends: ["{\"Records\":[", "]}"],
    },
    Carrier {
        name: "log file in a detail without source",
        one: |it| it.to_owned(),
        ends: ["{\"detail\":{\"Records\":[", "]}}"],
    },
    Carrier { name: "list of rows in small letters", one: low, ends: ["[", "]"] },
    Carrier { name: "list of rows with underscores", one: snake, ends: ["[", "]"] },
    Carrier {
        name: "lookup-events",
        one: |it| format!(r#"{{"EventId":"x","CloudTrailEvent":{}}}"#, quoted(it)),
        ends: ["{\"Events\":[", "]}"],
    },
    Carrier {
        name: "SQS, received",
        one: |it| format!(r#"{{"MessageId":"m","Body":{}}}"#, quoted(it)),
        ends: ["{\"Messages\":[", "]}"],
    },
    Carrier {
        name: "SQS, delivered",
        one: |it| format!(r#"{{"messageId":"m","body":{}}}"#, quoted(it)),
        ends: ["{\"Records\":[", "]}"],
    },
    Carrier {
        name: "filter-log-events",
        one: |it| format!(r#"{{"logStreamName":"a","message":{}}}"#, quoted(it)),
        ends: ["{\"searchedLogStreams\":[],\"events\":[", "]}"],
    },
    Carrier {
        name: "CloudWatch Logs",
        one: |it| format!(r#"{{"id":"1","message":{}}}"#, quoted(it)),
        ends: ["{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[", "]}"],
    },
    Carrier {
        name: "Logs Insights",
        one: |it| {
            format!(
                r#"[{{"field":"@timestamp","value":"x"}},{{"field":"@message","value":{}}}]"#,
                quoted(it)
            )
        },
        ends: ["{\"results\":[", "]}"],
    },
    Carrier {
        name: "Lake",
        one: row,
        ends: ["{\"QueryStatus\":\"FINISHED\",\"QueryResultRows\":[", "]}"],
    },
    Carrier {
        name: "failed invocation",
        one: |it| it.to_owned(),
        ends: [
            "{\"requestContext\":{\"condition\":\"RetriesExhausted\"},\"requestPayload\":{\"Records\":[",
            "]}}",
        ],
    },
    Carrier {
        name: "records in small letters",
        one: |it| it.to_owned(),
        ends: ["{\"records\":[", "]}"],
    },
];

impl Carrier {
    fn of(&self, records: &[String]) -> String {
        let all: Vec<String> = records.iter().map(|record| (self.one)(record)).collect();
        let [before, behind] = self.ends;
        format!("{before}{}{behind}", all.join(","))
    }
}

/// What a caller may write into `userAgent` and `requestParameters`, so that the event cannot be read.
fn hostile() -> Vec<String> {
    let deep = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let words = [
        deep(100),
        format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100)),
        deep(5_000),
        r#""\ud800""#.to_owned(),
        r#""\udc00x""#.to_owned(),
        format!("\"{}\"", "x".repeat(1_100_000)),
    ];
    let of = |place: &'static str| words.iter().map(move |word| record("H").replace(place, word));
    of("\"cli\"").chain(of("\"v\"")).collect()
}

#[test]
fn a_hostile_event_costs_no_neighbour_in_any_carrier() {
    for carrier in &CARRIERS {
        for hostile in hostile() {
            let all = [record("A"), hostile, record("B")];
            check(carrier.name, &carrier.of(&all), &["A", "B"], 1);
        }
    }
    for hostile in hostile() {
        let lines = [record("A"), hostile, record("B")];
        check("lines", &lines.join("\n"), &["A", "B"], 1);
        check("envelopes", &lines.map(|line| envelope(&line)).join("\n"), &["A", "B"], 1);
    }
    let [one, deep] = [record("A"), hostile().swap_remove(0)];
    check("lists", &format!("[[{one}],[{deep},{one}]]"), &["A", "A"], 1);
    // What a carrier adds of its own levels is not the event's.
    let full = record("F").replace("\"cli\"", &format!("{}{}", "[".repeat(62), "]".repeat(62)));
    check("levels", &format!("{{\"records\":[{one},{full},{one}]}}"), &["A", "F", "A"], 0);
    // The caller's words within it are not looked at.
    let forged = deep.replace("\"v\"", &quoted(&record("forged")));
    check("forged", &format!("{{\"records\":[{forged},{one}]}}"), &["A"], 1);
}

#[test]
fn what_stands_beside_a_mark_or_an_empty_list_is_read() {
    let (one, text) = (record("A"), quoted(&record("A")));
    for carrier in [
        format!(r#"{{"configSnapshotId":"x","requestPayload":{one}}}"#),
        format!(r#"{{"configurationItems":[],"records":[{one}]}}"#),
        format!(r#"{{"configSnapshotId":"x","message":{text}}}"#),
        low(&format!(r#"{{"digestS3Object":"x",{}"#, &one[1..])),
        format!(r#"{{"Events":[],"message":{text}}}"#),
        format!(r#"{{"Records":[],"requestPayload":{one}}}"#),
        format!(r#"{{"Records":[{one}],"Records":[]}}"#),
        format!(r#"{{"Records":[],"Records":[{one}]}}"#),
    ] {
        check("beside", &carrier, &["A"], 0);
    }
}

#[test]
fn cells_of_a_query_are_no_events_of_their_own() {
    let rows = CARRIERS.iter().filter(|it| ["Logs Insights", "Lake"].contains(&it.name));
    for carrier in rows {
        check(carrier.name, &carrier.of(&[record("A"), record("B")]), &["A", "B"], 0);
    }
}

/// Records one a line, each in its carrier.
fn lines(carrier: &Carrier, ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| carrier.of(&[record(id)])).collect()
}

#[test]
fn rubbish_costs_nothing_that_follows_it() {
    for carrier in &CARRIERS {
        let [a, b, c] = [record("A"), record("B"), record("C")];
        let all = carrier.of(&[a.clone(), b.clone(), c.clone()]);
        check(carrier.name, &format!("garbage\n{all}"), &["A", "B", "C"], 1);
        check(carrier.name, &format!("2026-11-20T00:00:00Z host: {all}"), &["A", "B", "C"], 1);
        let lines = lines(carrier, &["A", "B", "C"]);
        check(carrier.name, &format!("garbage\n{}\n", lines.join("\n")), &["A", "B", "C"], 1);
        for broken in [
            "{\"eventVersion\":\"1.11\",\"userId",
            "{\"MessageId\":\"m\",\"Body\":\"{\\\"x",
            "[",
            "?",
        ] {
            let middle = format!("{}\n{broken}\n{}\n{}", lines[0], lines[1], lines[2]);
            check(carrier.name, &middle, &["A", "B", "C"], 1);
        }
        // Each element alone, as of a stream.
        for one in [carrier.one, quoted] {
            let text = format!("garbage\n{}\n{}\n", one(&a), one(&b));
            check(carrier.name, &text, &["A", "B"], 1);
        }
        // Rubbish within.
        let [before, behind] = carrier.ends;
        let one = carrier.one;
        check(carrier.name, &format!("{before}?{},{}{behind}", one(&a), one(&b)), &["A", "B"], 1);
        check(carrier.name, &format!("{before}{},?,{}{behind}", one(&a), one(&b)), &["A", "B"], 1);
        check(
            carrier.name,
            &format!("{before}{},{{\"x\":}},{}{behind}", one(&a), one(&b)),
            &["A", "B"],
            1,
        );
        check(carrier.name, &format!("{before}{},{},{behind}", one(&a), one(&b)), &["A", "B"], 1);
    }
}

#[test]
fn what_stands_before_or_behind_a_cut_is_read() {
    for carrier in &CARRIERS {
        let all = carrier.of(&[record("A"), record("B"), record("C")]);
        check(carrier.name, &all[..all.len() - 60], &["A", "B"], 1);
        let second = all.find("eventVersion").unwrap() + 3;
        check(carrier.name, &all[second..], &["B", "C"], 1);
        check(
            carrier.name,
            &format!("{}{all}", &all[..all.len() - 60]),
            &["A", "B", "A", "B", "C"],
            1,
        );
        let both = format!("{}\n{all}", &all[..all.len() - 60]);
        check(carrier.name, &both, &["A", "B", "A", "B", "C"], 1);
    }
    let pretty = |text: &str| {
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap())
            .unwrap()
    };
    for carrier in &CARRIERS {
        let all = pretty(&carrier.of(&[record("A"), record("B"), record("C")]));
        check(carrier.name, &all[..all.len() - 120], &["A", "B"], 1);
    }
}

#[test]
fn a_record_that_was_cut_before_a_value_is_counted() {
    let one = record("A").replace(r#"{"userName":"v"}"#, r#"{"tags":["t",{"k":"v"}]}"#);
    for end in [r#""userAgent":"#, r#""tags":["#, r#""t","#, r#"{"k":"#] {
        let cut = &one[..one.find(end).unwrap() + end.len()];
        for following in [record("B"), envelope(&record("B"))] {
            check("cut", &format!("{cut}{following}\n{}", record("C")), &["B", "C"], 1);
        }
        check("cut", &format!("{cut}[{}]", record("B")), &["B"], 1);
        check("cut", &format!("{cut}{{\"Records\":[{}]}}", record("B")), &["B"], 1);
    }
}

#[test]
fn the_words_of_a_caller_are_no_events() {
    let forged = record("forged");
    let parts = [
        format!(r#""requestParameters":{{"v":{}}}"#, quoted(&forged)),
        format!(r#""requestParameters":{{"tags":[{}]}}"#, quoted(&forged)),
        format!(r#""requestParameters":{{"tags":[{{"v":{}}}]}}"#, quoted(&forged)),
        format!(r#""userAgent":{}"#, quoted(&forged)),
    ];
    for part in parts {
        let event = record("A").replace("\"userAgent\":\"cli\"", &part);
        for broken in [event[..event.len() - 5].to_owned(), event.replacen("\"eventName\"", "?", 1)]
        {
            check("forged", &broken, &[], 1);
            check("forged", &format!("{broken}\n{}", record("B")), &["B"], 1);
            check(
                "forged",
                &format!("{{\"Records\":[{},{broken},{}]}}", record("B"), record("C")),
                &["B", "C"],
                1,
            );
        }
        let two = [event.clone(), event].join("\n");
        let (ids, others) = found(&format!("garbage\n{two}"));
        assert!(!ids.iter().any(|id| id == "forged") && ids.len() == 2 && others == 1, "{ids:?}");
    }
}

#[test]
fn a_file_that_is_no_json_is_one_unreadable_input() {
    let csv = "\"eventversion\",\"useridentity\"\n\"1.11\",\"{type=IAMUser, arn=x}\"\n\"1.11\",\"{\"\"type\"\":\"\"IAMUser\"\"}\"\n";
    check("csv", csv, &[], 1);
    check("csv", "a,b\n1,2\n3,4\n", &[], 1);
    check("yaml", "eventName: CreateUser\nlist: [1, 2]\n", &[], 1);
}

#[test]
fn damage_without_end_ends() {
    for one in [
        "{",
        "[",
        "\"",
        "{\"",
        "[\"",
        "{\"a\":",
        "\"{\\\"",
        "{\"a\":[",
        "]",
        "}",
        "[{",
        "{}",
        "\n[",
        "{\"a\":1,",
    ] {
        let text = one.repeat(300_000 / one.len());
        let count = read(&text).count();
        assert!(count >= 1, "{one}");
    }
}
