//! One suite for every kind of state: memory, and a DynamoDB table where an endpoint is given
//! (`IAM_RESPONDER_TEST_ENDPOINT`, as the end-to-end tests do).

use iam_responder::alert::SentAlert;
use iam_responder::effects::alerts::{Judgement, JudgementWord, OpenAlerts, StoredAlerts};
use iam_responder::effects::memory::Memory;
use iam_responder::effects::{
    Claim, Counters, Deliveries, Delivery, Note, Notes, Precondition, PriorState, State, Windows,
};
use iam_responder::prior::{Register, Value, Write};
use iam_responder::text::severity::Severity;
use jiff::{SignedDuration, Timestamp};

const WINDOW: SignedDuration = SignedDuration::from_secs(60);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

async fn claims_know_their_owner(state: &impl Windows) {
    let claim =
        async |event: &str, second| state.claim("f", event, at(second), WINDOW).await.unwrap();
    assert_eq!(claim("a", 0).await, Claim::Ours { held: 0 });
    assert_eq!(claim("b", 10).await, Claim::Theirs);
    assert_eq!(claim("a", 10).await, Claim::Ours { held: 0 }, "the same event again");
    assert_eq!(claim("b", 70).await, Claim::Ours { held: 0 }, "the window is over");
    assert_eq!(claim("c", 0).await, Claim::Ours { held: 0 }, "an event from before the window");
    state.release("f", "somebody else").await.unwrap();
    assert_eq!(claim("d", 1).await, Claim::Theirs);
    state.release("f", "c").await.unwrap();
    assert_eq!(claim("d", 1).await, Claim::Ours { held: 0 }, "released");
}

async fn repetitions_are_counted_for_the_next_alert(state: &impl Windows) {
    let claim =
        async |event: &str, second| state.claim("h", event, at(second), WINDOW).await.unwrap();
    assert_eq!(claim("a", 0).await, Claim::Ours { held: 0 });
    for (event, count) in [("b", 1), ("c", 2)] {
        assert_eq!(claim(event, 1).await, Claim::Theirs);
        assert_eq!(state.hold_back("h", event).await.unwrap(), Some(count));
    }
    let again = state.hold_back("h", "b").await.unwrap();
    assert!(again.is_none_or(|count| count == 2), "counted once: {again:?}");
    assert_eq!(claim("a", 2).await, Claim::Ours { held: 0 }, "its own are for the next");
    assert_eq!(claim("d", 100).await, Claim::Ours { held: 2 });
    assert_eq!(claim("d", 100).await, Claim::Ours { held: 2 }, "delivered again");
    state.hold_back("h", "e").await.unwrap();
    state.release("h", "d").await.unwrap();
    assert_eq!(claim("f", 101).await, Claim::Ours { held: 3 }, "the alert of d failed");
    assert_eq!(claim("g", 300).await, Claim::Ours { held: 0 });
    assert_eq!(state.hold_back("nobody's", "x").await.unwrap(), None);
    assert_eq!(state.claim("nobody's", "y", at(0), WINDOW).await.unwrap(), Claim::Ours { held: 0 });
}

async fn distinct_ids_count_however_often_they_come(state: &impl Counters) {
    let count =
        async |name: &str, second| state.count("b", name, at(second), WINDOW).await.unwrap();
    assert_eq!(count("CreateUser", 0).await, 1);
    assert_eq!(count("CreateUser", 10).await, 1);
    assert_eq!(count("AttachUserPolicy", 20).await, 2);
    assert_eq!(
        count("CreateAccessKey", 65).await,
        3,
        "the second user counts, the first is too old"
    );
}

async fn notes_are_kept(state: &impl Notes) {
    assert_eq!(state.note("n").await.unwrap(), None);
    let write = async |text, second, standing| {
        state.write_note("n", text, at(second), standing).await.unwrap()
    };
    assert!(write("one", 0, Precondition::NotLater).await);
    assert!(write("two", 5, Precondition::NotLater).await);
    let two = Note { text: "two".to_owned(), at: at(5), version: 2 };
    assert_eq!(state.note("n").await.unwrap(), Some(two.clone()));
    assert!(!write("older", 4, Precondition::NotLater).await);
    assert!(!write("another first", 6, Precondition::Absent).await);
    assert!(!write("over one", 6, Precondition::Version(1)).await);
    assert_eq!(state.note("n").await.unwrap(), Some(two.clone()), "nothing of it is written");
    let read = Precondition::of(Some(&two));
    assert!(write("three", 3, read).await, "what was read stands, at any time");
    assert!(write("three", 3, read).await, "a call whose answer was lost is made again");
    assert!(!write("somebody else's third", 3, read).await);
    let three = Note { text: "three".to_owned(), at: at(3), version: 3 };
    assert_eq!(state.note("n").await.unwrap(), Some(three));
}

async fn of_two_first_notes_one_is_written(state: &impl Notes) {
    let write =
        async |text| state.write_note("f", text, at(0), Precondition::of(None)).await.unwrap();
    assert!(write("mine").await);
    assert!(!write("theirs").await);
    assert!(write("mine").await, "a call whose answer was lost is made again");
    assert_eq!(state.note("f").await.unwrap().unwrap().text, "mine");
}

fn sent(event_id: &str, remind_at: Option<i64>) -> SentAlert {
    SentAlert {
        event_id: event_id.to_owned(),
        severity: Severity::High,
        title: "Title".to_owned(),
        rules: vec!["first".to_owned(), "second".to_owned()],
        account: Some("111122223333".to_owned()),
        event_time: Some(at(-5)),
        remind_at: remind_at.map(at),
        alert: remind_at.map(|_| "{}".to_owned()),
    }
}

async fn a_published_alert_can_be_judged_and_published_again(
    state: &(impl Deliveries + StoredAlerts + OpenAlerts),
) {
    let judgement =
        |word, second| Judgement { word, note: Some("why".to_owned()), by: None, at: at(second) };
    for (event, due) in [("l1", Some(100)), ("l2", Some(200)), ("l3", None)] {
        state.begin(event, at(0)).await.unwrap();
        state.end(event, at(0), Some(&sent(event, due))).await.unwrap();
    }
    let due = async |second| {
        let mut due = state.due(at(second)).await.unwrap();
        due.sort_by_key(|record| record.sent.event_id.clone());
        due
    };
    let ids = |due: &[iam_responder::effects::alerts::StoredAlert]| {
        due.iter().map(|record| record.sent.event_id.clone()).collect::<Vec<_>>()
    };
    assert!(due(99).await.is_empty());
    let first = due(100).await;
    assert_eq!(ids(&first), ["l1"]);
    assert_eq!(first[0].sent, sent("l1", Some(100)));
    assert!(state.take_due(&first[0], at(400)).await.unwrap());
    assert!(!state.take_due(&first[0], at(400)).await.unwrap(), "somebody has it");
    assert_eq!(ids(&due(300).await), ["l2"]);
    assert_eq!(ids(&due(400).await), ["l1", "l2"], "the run that took it died");
    state.reminded("l1", at(401)).await.unwrap();

    let second = due(400).await;
    assert!(state.judge("l2", &judgement(JudgementWord::Acknowledged, 60)).await.unwrap());
    assert!(state.judge("l2", &judgement(JudgementWord::FalsePositive, 90)).await.unwrap());
    assert!(!state.judge("unheard of", &judgement(JudgementWord::Expected, 90)).await.unwrap());
    assert!(due(400).await.is_empty());
    assert!(!state.take_due(&second[0], at(500)).await.unwrap(), "acknowledged meanwhile");
    assert_eq!(
        state.begin("l2", at(500)).await.unwrap(),
        Delivery::Published,
        "still the mark of its event"
    );

    // Published a second time, because the state was down for a while: judgements stay.
    state.end("l2", at(500), Some(&sent("l2", Some(900)))).await.unwrap();
    assert!(state.due(at(900)).await.unwrap().is_empty());

    let mut records = state.published_since(at(0)).await.unwrap();
    records.retain(|record| record.sent.event_id.starts_with('l'));
    records.sort_by_key(|record| record.sent.event_id.clone());
    assert_eq!(ids(&records), ["l1", "l2", "l3"]);
    assert_eq!(records[0].reminded_at, Some(at(401)));
    assert_eq!(records[1].acknowledged_at, Some(at(60)));
    assert_eq!(records[1].judgement, Some(judgement(JudgementWord::FalsePositive, 90)));
    assert_eq!(records[2].sent, sent("l3", None));
    assert_eq!(records[2].sent_at, at(0));
    assert!(state.published_since(at(1_000)).await.unwrap().is_empty());
}

async fn each_event_counts_once(state: &impl Counters) {
    let count =
        async |event: &str, second| state.count("k", event, at(second), WINDOW).await.unwrap();
    assert_eq!(count("a", 0).await, 1);
    assert_eq!(count("a", 0).await, 1);
    assert_eq!(count("b", 30).await, 2);
    assert_eq!(count("c", 20).await, 3);
    assert_eq!(count("d", 100).await, 1);
    assert_eq!(state.count("another key", "e", at(0), WINDOW).await.unwrap(), 1);
}

async fn the_events_of_a_span_are_found(state: &impl Counters) {
    for (event, second) in [("late", 50), ("early", 10), ("outside", 100)] {
        state.count("s", event, at(second), WINDOW).await.unwrap();
    }
    let between = async |key: &str| {
        let mut found = state.counted_between(key, at(10), at(60)).await.unwrap();
        found.sort();
        found
    };
    let (early, late) = (("early".to_owned(), at(10)), ("late".to_owned(), at(50)));
    assert_eq!(between("s").await, [early, late]);
    assert_eq!(between("unheard of").await, []);
}

async fn writes_stand_at_their_own_time(state: &impl PriorState) {
    let write = |event: &str, second: i64, value: Value| {
        Write::new(at(second), event.to_owned(), value, false)
    };
    let (one, two) = (write("one", 0, Value::of("first")), write("two", 5, Value::of("second")));
    let read = async |addresses: &[&str]| {
        let addresses: Vec<String> = addresses.iter().map(|one| (*one).to_owned()).collect();
        let read = state.registers(&addresses).await.unwrap();
        read.into_iter().map(Option::unwrap).collect::<Vec<_>>()
    };
    assert_eq!(read(&["r"]).await, [Register::default()]);
    assert_eq!(read(&[]).await, []);
    for again in [&two, &one, &two, &one] {
        state.add_write("r", again).await.unwrap();
    }
    state.add_write("another", &one).await.unwrap();
    let of = |writes: &[&Write]| {
        let mut register = Register::default();
        for write in writes {
            register.add(write);
        }
        register
    };
    let (want, other) = (of(&[&one, &two]), of(&[&one]));
    assert_eq!(read(&["another", "none", "r"]).await, [other, Register::default(), want]);
    let gone = write("three", 9, Value::Absent);
    state.add_write("r", &gone).await.unwrap();
    assert_eq!(read(&["r"]).await[0].last(), Some(&gone));
}

async fn an_event_is_under_way_once(state: &impl Deliveries) {
    let begin = async |second| state.begin("e", at(second)).await.unwrap();
    assert_eq!(begin(0).await, Delivery::First);
    assert_eq!(begin(1).await, Delivery::UnderWay);
    assert_eq!(begin(60).await, Delivery::First, "abandoned");
    state.end("e", at(60), None).await.unwrap();
    assert_eq!(begin(61).await, Delivery::First, "released");
    state.end("e", at(61), Some(&sent("e", None))).await.unwrap();
    assert_eq!(begin(62).await, Delivery::Published);
    assert_eq!(begin(6_000).await, Delivery::Published);
}

async fn all(state: &(impl State + StoredAlerts + OpenAlerts)) {
    an_event_is_under_way_once(state).await;
    claims_know_their_owner(state).await;
    each_event_counts_once(state).await;
    the_events_of_a_span_are_found(state).await;
    writes_stand_at_their_own_time(state).await;
    repetitions_are_counted_for_the_next_alert(state).await;
    distinct_ids_count_however_often_they_come(state).await;
    notes_are_kept(state).await;
    of_two_first_notes_one_is_written(state).await;
    a_published_alert_can_be_judged_and_published_again(state).await;
}

#[test]
fn memory() {
    pollster::block_on(all(&Memory::default()));
}

#[cfg(feature = "lambda")]
mod table {
    use aws_config::BehaviorVersion;
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType,
    };
    use futures_util::future::join_all;
    use iam_responder::aws::client;
    use iam_responder::aws::dynamodb::Table;

    use super::{WINDOW, all, at};
    use iam_responder::effects::{Claim, Counters, Windows};

    /// A separate table for each test.
    async fn fresh(name: &str) -> Option<Table> {
        let endpoint = std::env::var_os("IAM_RESPONDER_TEST_ENDPOINT")?.into_string().unwrap();
        let name = format!("{name}-{}", std::process::id());
        let shared = client::config("us-east-1", None, client::Credentials::Found).await.unwrap();
        let keys = aws_sdk_dynamodb::config::Credentials::new("test", "test", None, None, "test");
        let config = shared
            .into_builder()
            .endpoint_url(endpoint)
            .region(aws_config::Region::new("us-east-1"))
            .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(keys))
            .behavior_version(BehaviorVersion::latest())
            .build();
        let client = aws_sdk_dynamodb::Client::new(&config);
        let key = |name: &str, of: KeyType| {
            KeySchemaElement::builder().attribute_name(name).key_type(of).build().unwrap()
        };
        let attribute = |name: &str, of: ScalarAttributeType| {
            AttributeDefinition::builder().attribute_name(name).attribute_type(of).build().unwrap()
        };
        let index = GlobalSecondaryIndex::builder()
            .index_name("open")
            .key_schema(key("open", KeyType::Hash))
            .key_schema(key("due", KeyType::Range))
            .projection(Projection::builder().projection_type(ProjectionType::All).build())
            .build()
            .unwrap();
        let request = client
            .create_table()
            .table_name(&name)
            .key_schema(key("id", KeyType::Hash))
            .attribute_definitions(attribute("id", ScalarAttributeType::S))
            .attribute_definitions(attribute("open", ScalarAttributeType::S))
            .attribute_definitions(attribute("due", ScalarAttributeType::N))
            .global_secondary_indexes(index);
        request.billing_mode(BillingMode::PayPerRequest).send().await.unwrap();
        Some(Table::new(&config, name))
    }

    #[tokio::test]
    async fn dynamodb() {
        if let Some(table) = fresh("suite").await {
            all(&table).await;
        }
    }

    /// A key that is full takes no more, counts all the same, and is emptied of what is old.
    #[tokio::test]
    async fn dynamodb_keeps_items_small() {
        let Some(table) = fresh("full").await else { return };
        for batch in 0..11 {
            let names: Vec<String> = (0..109).map(|number| format!("{batch}-{number}")).collect();
            join_all(names.iter().map(|event| table.count("k", event, at(0), WINDOW))).await;
        }
        assert_eq!(table.count("k", "the last that it takes", at(1), WINDOW).await.unwrap(), 1_200);
        // The oldest are removed: as many are left as the largest threshold counts, and new ones count.
        assert_eq!(table.count("k", "one more", at(1), WINDOW).await.unwrap(), 1_001);
        assert_eq!(table.count("k", "a window and a half later", at(90), WINDOW).await.unwrap(), 1);
        assert_eq!(table.count("k", "and again", at(91), WINDOW).await.unwrap(), 2);
        assert_eq!(table.count("k", "long after", at(1_000), WINDOW).await.unwrap(), 1);
        assert_eq!(table.count("k", "and another", at(1_001), WINDOW).await.unwrap(), 2);
    }

    /// Ten environments at once: one owner, and nobody's count is lost.
    #[tokio::test]
    async fn dynamodb_at_once() {
        let Some(table) = fresh("at-once").await else { return };
        let names: Vec<String> = (0..10).map(|number| format!("event-{number}")).collect();
        let claims = names.iter().map(|event| table.claim("f", event, at(0), WINDOW));
        let owned = join_all(claims).await;
        assert_eq!(
            owned
                .into_iter()
                .filter(|claim| matches!(claim.as_ref().unwrap(), Claim::Ours { .. }))
                .count(),
            1
        );
        join_all(names.iter().map(|event| table.count("k", event, at(0), WINDOW))).await;
        assert_eq!(table.count("k", "event-0", at(0), WINDOW).await.unwrap(), 10);
    }
}
