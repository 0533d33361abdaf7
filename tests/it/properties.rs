//! What must hold for any input at all.

use iam_responder::assess::engine::Engine;
use iam_responder::event::{Event, input};
use iam_responder::pack::PACK;
use iam_responder::pattern::{Pattern, PatternIndex};
use iam_responder::respond::Origin;
use iam_responder::site::Format;
use iam_responder::text::clean::clean;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::{World, topics};

/// Words that patterns and events share, so that they meet often.
fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[ab*]{0,3}", "[a-cA-C]{1,4}", Just("10.0.0.5".to_owned()), Just("ü".to_owned())]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        word().prop_map(Value::from),
        (-3..3_i64).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null)
    ]
}

fn event() -> impl Strategy<Value = Value> {
    let inner = scalar().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-d]", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    });
    prop::collection::hash_map("[a-d]", inner, 0..4)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

fn matcher() -> impl Strategy<Value = Value> {
    prop_oneof![
        scalar(),
        word().prop_map(|w| json!({"prefix": w})),
        word().prop_map(|w| json!({"suffix": w})),
        word().prop_map(|w| json!({"equals-ignore-case": w})),
        "[ab]{0,2}(\\*[ab]{1,2}){0,2}".prop_map(|w| json!({"wildcard": w})),
        word().prop_map(|w| json!({"anything-but": w})),
        any::<bool>().prop_map(|b| json!({"exists": b})),
        (-3..3_i64).prop_map(|n| json!({"numeric": [">", n]})),
        Just(json!({"cidr": "10.0.0.0/8"})),
    ]
}

fn fields() -> impl Strategy<Value = Value> {
    let leaf = prop::collection::vec(matcher(), 1..3).prop_map(Value::from);
    let inner = leaf.prop_recursive(2, 8, 3, |inner| {
        prop::collection::hash_map("[a-d]", inner, 1..3)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
    });
    prop::collection::hash_map("[a-d]", inner, 1..4)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

fn pattern() -> impl Strategy<Value = Value> {
    prop_oneof![
        fields(),
        (fields(), fields()).prop_map(|(one, other)| json!({"$or": [one, other]})),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn explain_and_index_agree_with_match(
        patterns in prop::collection::vec(pattern(), 1..6),
        event in event(),
    ) {
        let compiled: Vec<Pattern> = patterns.iter().map(|pattern| Pattern::compile(pattern).unwrap()).collect();
        let alone: Vec<usize> = (0..compiled.len()).filter(|at| compiled[*at].matches(&event)).collect();
        let explained: Vec<usize> =
            (0..compiled.len()).filter(|at| compiled[*at].explain(&event).matched).collect();
        prop_assert_eq!(&explained, &alone);
        prop_assert_eq!(PatternIndex::new(&compiled).matching(&event), alone);
    }

    #[test]
    fn any_text_is_read_or_reported(text in r#".{0,200}|[,\[\]{}":a\\ \n]{0,12}"#) {
        let text = input::text(text.as_bytes());
        let shown: String = text.split_whitespace().collect();
        // Of empty lists, one after another, there is nothing to report.
        let nothing = shown.is_empty()
            || shown.contains("[]") && shown.replace("[]", "").chars().all(|c| c == ',');
        prop_assert_eq!(input::read(&text).count() == 0, nothing, "{:?}", text);
    }

    #[test]
    fn any_object_is_answered_and_published_at_most_once(
        detail in event(),
        identity in event(),
        parameters in event(),
        name in "(Attach|Create|Put|Delete|Get)(Role|User|AccessKey)(Policy)?",
    ) {
        let engine = engine();
        let world = World { topics: topics(Format::PerProtocol), ..World::new(engine, Origin::Checked) };
        let mut detail = detail;
        for (key, value) in [
            ("eventName", json!(name)),
            ("eventSource", json!("iam.amazonaws.com")),
            ("userIdentity", identity),
            ("requestParameters", parameters),
        ] {
            detail[key] = value;
        }
        let text = json!({"source": "aws.iam", "detail": detail}).to_string();
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        let response = world.answer(Event::parse(&text), now, None);
        prop_assert_eq!(world.publish.take().len(), usize::from(response.outcome.disposition.is_published()));
        prop_assert_eq!(response.alert.is_some(), response.outcome.disposition.is_published());
    }

    #[test]
    fn cleaned_text_is_one_harmless_line(
        text in r"\PC{0,40}|[\x00-\x{2fff}]{0,60}|([/\\:.@()\[\]~ x]|www|com|here|tel){0,30}",
        max in 1..50_usize,
    ) {
        let cleaned = clean(&text, max);
        prop_assert_eq!(clean(&cleaned, usize::MAX), cleaned.as_str());
        prop_assert!(!cleaned.chars().any(|c| c.is_control() || c == '<' || c == '>' || c == '`'));
        prop_assert!(cleaned.chars().count() <= max * 4 + 40);
    }
}

fn engine() -> &'static Engine {
    static ENGINE: std::sync::OnceLock<Engine> = std::sync::OnceLock::new();
    ENGINE.get_or_init(|| Engine::packed(&PACK).unwrap())
}
