//! Time budgets and the stop-watch, in the clients themselves: against a server that accepts and never answers, and one
//! that answers with what a test gives it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use futures_util::future::join_all;
use iam_responder::alert::Message;
use iam_responder::aws::budget::Budget;
use iam_responder::aws::client;
use iam_responder::aws::dynamodb::Table;
use iam_responder::aws::lookups::{Aws, Permitted};
use iam_responder::aws::sns::Sns;
use iam_responder::effects::{
    Accounts, ChangeCalendars, Deliveries, Delivery, ErrorKind, Notes, PriorState, Publish,
};
use iam_responder::iam::account::AccountId;
use iam_responder::prior::Register;
use jiff::Timestamp;

const MOMENT: Duration = Duration::from_millis(50);
/// Kept before the deadline for answering, and for what comes after publishing.
const AFTER_END: Duration = Duration::from_millis(200);
const AFTER_PUBLISH: Duration = Duration::from_millis(3_500);

async fn config(server: &TcpListener) -> SdkConfig {
    let shared = client::config("us-east-1", None, client::Credentials::Found).await.unwrap();
    let keys = Credentials::new("test", "test", None, None, "test");
    shared
        .into_builder()
        .endpoint_url(format!("http://{}", server.local_addr().unwrap()))
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .behavior_version(BehaviorVersion::latest())
        .build()
}

/// Accepts, as the system does it for everybody who listens, and never answers.
fn silent() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// Answers every request with this body.
fn answering(status: &'static str, body: &'static str) -> TcpListener {
    let server = silent();
    let listener = server.try_clone().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut bytes) = (stream.unwrap(), [0; 16_384]);
            // A small request comes whole.
            let _ = stream.read(&mut bytes).unwrap();
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    server
}

#[tokio::test]
async fn a_call_ends_before_the_invocation_does() {
    let server = silent();
    let budget = Budget::default();
    let table = Table::within(&config(&server).await, "t", &budget);
    let begun = Instant::now();
    let invocation = budget.begin(begun + AFTER_END + MOMENT);
    let error = table.note("key").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NoAnswer, "{error}");
    assert!(begun.elapsed() >= MOMENT / 2 && begun.elapsed() < 6 * MOMENT, "{:?}", begun.elapsed());
    let used = invocation.usage();
    assert!(used.state >= MOMENT / 2 && used.state <= begun.elapsed(), "{used:?}");
    assert_eq!(used.state_failures, 1);
    // After that none is made.
    let again = Instant::now();
    let error = table.begin("event", Timestamp::UNIX_EPOCH).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to mark an event in table t (no answer): there is no more time for it"
    );
    assert!(error.kind == ErrorKind::NoAnswer && again.elapsed() < MOMENT);
}

/// DynamoDB may answer a part of a request, and the SDK reports that as success.
#[tokio::test]
async fn registers_that_an_answer_leaves_out_are_not_read_and_a_failure() {
    const ANSWER: &str = r#"{"Responses":{"t":[]},"UnprocessedKeys":{"t":{"ConsistentRead":true,"Keys":[{"id":{"S":
        "register#ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}}]}}}"#;
    let budget = Budget::default();
    let config = config(&answering("200 OK", ANSWER)).await;
    let table = Table::within(&config, "t", &budget);
    let invocation = budget.begin(Instant::now() + Duration::from_secs(20));
    let read = table.registers(&["a".to_owned(), "b".to_owned()]).await.unwrap();
    assert_eq!(read, [None, Some(Register::default())]);
    assert_eq!(invocation.usage().state_failures, 1);
}

#[tokio::test]
async fn publishing_leaves_time_for_what_comes_after() {
    let server = silent();
    let budget = Budget::default();
    let sns = Sns::new(&config(&server).await, &budget);
    let (subject, body) = ("s".to_owned(), "b".to_owned());
    let message = Message { subject, body, per_protocol: false, attributes: Vec::new() };
    let begun = Instant::now();
    let invocation = budget.begin(begun + AFTER_PUBLISH + MOMENT);
    let error = sns.publish("arn:aws:sns:us-east-1:111122223333:t", &message).await.unwrap_err();
    assert!(error.kind == ErrorKind::NoAnswer && begun.elapsed() < 6 * MOMENT, "{error}");
    assert!(invocation.usage().publish >= MOMENT / 2);
}

#[tokio::test]
async fn calls_at_once_are_timed_once_and_what_is_given_up_is_timed_too() {
    let server = silent();
    let budget = Budget::default();
    let table = Table::within(&config(&server).await, "t", &budget);
    let begun = Instant::now();
    let invocation = budget.begin(begun + Duration::from_secs(20));
    let calls = join_all((0..5).map(|number| table.note(if number > 2 { "a" } else { "b" })));
    assert!(tokio::time::timeout(MOMENT, calls).await.is_err());
    let used = invocation.usage();
    assert!(used.state >= MOMENT / 2 && used.state <= begun.elapsed(), "{used:?}");
    assert_eq!(used.state_failures, 5);
    tokio::time::sleep(MOMENT).await;
    assert_eq!(invocation.usage(), used, "none is in flight");
}

#[tokio::test]
async fn a_condition_that_does_not_hold_is_an_answer() {
    let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                   "Item":{"told":{"BOOL":true}}}"#;
    let server = answering("400 Bad Request", body);
    let budget = Budget::default();
    let table = Table::within(&config(&server).await, "t", &budget);
    let invocation = budget.begin(Instant::now() + Duration::from_secs(20));
    assert_eq!(table.begin("event", Timestamp::UNIX_EPOCH).await.unwrap(), Delivery::Published);
    assert_eq!(invocation.usage().state_failures, 0);
}

#[tokio::test]
async fn lookups_are_timed_and_say_why_they_failed() {
    let body = r#"{"__type":"AccessDeniedException","Message":"no"}"#;
    let server = answering("400 Bad Request", body);
    let budget = Budget::default();
    let permitted = Permitted { accounts: true, calendars: false, history: false };
    let aws = Aws::new(&config(&server).await, permitted, &budget);
    let invocation = budget.begin(Instant::now() + Duration::from_secs(20));
    let error = aws.account(AccountId::parse("111122223333").unwrap()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    // A forbidden lookup is not made.
    assert_eq!(aws.change_calendar("c", Timestamp::UNIX_EPOCH).await.unwrap(), None);
    let used = invocation.usage();
    // Tags and name are asked at the same time.
    assert!(
        !used.lookup.is_zero() && used.lookup_failures == 2 && used.state.is_zero(),
        "{used:?}"
    );
}

/// Until an invocation begins, as on the command line, a call has the time of its client.
#[tokio::test]
async fn without_an_invocation_nothing_is_limited() {
    let server = answering("200 OK", "{}");
    let table = Table::new(&config(&server).await, "t");
    assert_eq!(table.note("key").await.unwrap(), None);
}
