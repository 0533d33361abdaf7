//! One suite for every kind of state: memory, and a DynamoDB table where an endpoint is given
//! (`IAM_RESPONDER_TEST_ENDPOINT`, as the end-to-end tests do).

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use iam_responder::effects::memory::Memory;
use iam_responder::effects::{Claim, Delivery, State};
use jiff::{SignedDuration, Timestamp};

const WINDOW: SignedDuration = SignedDuration::from_secs(60);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

async fn claims_know_their_owner(state: &impl State) {
    let claim =
        async |event: &str, second| state.claim("f", event, at(second), WINDOW).await.unwrap();
    assert_eq!(claim("a", 0).await, Claim::Ours);
    assert_eq!(claim("b", 10).await, Claim::Theirs);
    assert_eq!(claim("a", 10).await, Claim::Ours, "the same event again");
    assert_eq!(claim("b", 70).await, Claim::Ours, "the window is over");
    assert_eq!(claim("c", 0).await, Claim::Ours, "an event from before the window");
    state.release("f", "somebody else").await.unwrap();
    assert_eq!(claim("d", 1).await, Claim::Theirs);
    state.release("f", "c").await.unwrap();
    assert_eq!(claim("d", 1).await, Claim::Ours, "released");
}

async fn each_event_counts_once(state: &impl State) {
    let count =
        async |event: &str, second| state.count("k", event, at(second), WINDOW).await.unwrap();
    assert_eq!(count("a", 0).await, 1);
    assert_eq!(count("a", 0).await, 1);
    assert_eq!(count("b", 30).await, 2);
    assert_eq!(count("c", 20).await, 3);
    assert_eq!(count("d", 100).await, 1);
    assert_eq!(state.count("another key", "e", at(0), WINDOW).await.unwrap(), 1);
}

async fn the_first_event_of_a_span_is_found(state: &impl State) {
    for (event, second) in [("late", 50), ("early", 10), ("outside", 100)] {
        state.count("s", event, at(second), WINDOW).await.unwrap();
    }
    let first = async |none_of: &[&str]| {
        let none_of: Vec<String> = none_of.iter().map(|id| (*id).to_owned()).collect();
        state.first_between("s", at(0), at(60), &none_of).await.unwrap()
    };
    assert_eq!(first(&[]).await, Some(("early".to_owned(), at(10))));
    assert_eq!(first(&["early"]).await, Some(("late".to_owned(), at(50))));
    assert_eq!(first(&["early", "late"]).await, None);
    assert_eq!(state.first_between("unheard of", at(0), at(60), &[]).await.unwrap(), None);
}

async fn documents_are_remembered(state: &impl State) {
    let before = async |event: &str| state.document_before("d", event).await.unwrap();
    assert_eq!(before("one").await, None);
    state.remember_document("d", "one", at(0), Some("first")).await.unwrap();
    assert_eq!(before("one").await, None, "the event itself, delivered again");
    assert_eq!(before("two").await.as_deref(), Some("first"));
    state.remember_document("d", "two", at(1), Some("second")).await.unwrap();
    state.remember_document("d", "two", at(1), Some("second")).await.unwrap();
    assert_eq!(before("two").await.as_deref(), Some("first"));
    state.remember_document("d", "three", at(2), None).await.unwrap();
    assert_eq!(before("four").await, None, "it was removed");
}

async fn an_event_is_under_way_once(state: &impl State) {
    let begin = async |second| state.begin("e", at(second)).await.unwrap();
    assert_eq!(begin(0).await, Delivery::First);
    assert_eq!(begin(1).await, Delivery::UnderWay);
    assert_eq!(begin(60).await, Delivery::First, "abandoned");
    state.end("e", at(60), false).await.unwrap();
    assert_eq!(begin(61).await, Delivery::First, "released");
    state.end("e", at(61), true).await.unwrap();
    assert_eq!(begin(62).await, Delivery::Told);
    assert_eq!(begin(6_000).await, Delivery::Told);
}

async fn all(state: &impl State) {
    an_event_is_under_way_once(state).await;
    claims_know_their_owner(state).await;
    each_event_counts_once(state).await;
    the_first_event_of_a_span_is_found(state).await;
    documents_are_remembered(state).await;
}

#[test]
fn memory() {
    pollster::block_on(all(&Memory::default()));
}

#[cfg(feature = "lambda")]
mod table {
    use aws_config::BehaviorVersion;
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    };
    use futures_util::future::join_all;
    use iam_responder::aws::client;
    use iam_responder::aws::dynamodb::Table;

    use super::{WINDOW, all, at};
    use iam_responder::effects::{Claim, State};

    /// A table of its own for each test.
    async fn fresh(name: &str) -> Option<Table> {
        let endpoint = std::env::var_os("IAM_RESPONDER_TEST_ENDPOINT")?.into_string().unwrap();
        let name = format!("{name}-{}", std::process::id());
        let shared = client::config("us-east-1", None).await.unwrap();
        let keys = aws_sdk_dynamodb::config::Credentials::new("test", "test", None, None, "test");
        let config = shared
            .into_builder()
            .endpoint_url(endpoint)
            .region(aws_config::Region::new("us-east-1"))
            .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(keys))
            .behavior_version(BehaviorVersion::latest())
            .build();
        let client = aws_sdk_dynamodb::Client::new(&config);
        let key = KeySchemaElement::builder()
            .attribute_name("id")
            .key_type(KeyType::Hash)
            .build()
            .unwrap();
        let id = AttributeDefinition::builder()
            .attribute_name("id")
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap();
        let request =
            client.create_table().table_name(&name).key_schema(key).attribute_definitions(id);
        request.billing_mode(BillingMode::PayPerRequest).send().await.unwrap();
        Some(Table::new(&config, name))
    }

    #[tokio::test]
    async fn dynamodb() {
        if let Some(table) = fresh("suite").await {
            all(&table).await;
        }
    }

    /// Ten environments at once: one owner, and nobody's count is lost.
    #[tokio::test]
    async fn dynamodb_at_once() {
        let Some(table) = fresh("at-once").await else { return };
        let names: Vec<String> = (0..10).map(|number| format!("event-{number}")).collect();
        let claims = names.iter().map(|event| table.claim("f", event, at(0), WINDOW));
        let owned = join_all(claims).await;
        assert_eq!(
            owned.into_iter().filter(|claim| *claim.as_ref().unwrap() == Claim::Ours).count(),
            1
        );
        join_all(names.iter().map(|event| table.count("k", event, at(0), WINDOW))).await;
        assert_eq!(table.count("k", "event-0", at(0), WINDOW).await.unwrap(), 10);
    }
}
