//! The documentation repeats facts from the code, and must say the same.

use std::collections::BTreeSet;
use std::fs;

use iam_responder::assess::engine::Engine;
use iam_responder::event::Event;
use iam_responder::facts::Known;
use iam_responder::pack::PACK;
use iam_responder::respond::metrics;
use iam_responder::review::rule_test;
use iam_responder::rule::{RuleSet, TITLE_CHARS_MAX, WINDOW_HOURS_MAX};
use iam_responder::text::yaml::YamlDocument;
use serde_json::Value;

const RULES: &str = include_str!("../../rules/README.md");

#[test]
fn the_table_of_metrics_is_up_to_date() {
    let readme = fs::read_to_string("infra/README.md").unwrap();
    let table = metrics::table();
    assert!(readme.contains(&table), "infra/README.md must hold this table:\n{table}");
}

/// The text below a heading, up to the next of its level.
fn section<'p>(page: &'p str, heading: &str) -> &'p str {
    let level = heading.split_once(' ').unwrap().0;
    let (_, rest) = page.split_once(&format!("\n{heading}\n")).unwrap();
    rest.split_once(&format!("\n{level} ")).map_or(rest, |(section, _)| section)
}

/// A sample, with its facts.
fn derived(engine: &Engine, file: &str) -> (Event, Value) {
    let text = fs::read_to_string(format!("events/{file}")).unwrap();
    let mut event = Event::parse(&text).unwrap();
    let facts = engine.recognise_at_once(&mut event, &Known::default()).context.to_value();
    (event, facts)
}

/// Names of facts at any depth, except keys that are data.
fn names(facts: &Value, found: &mut BTreeSet<String>) {
    for (name, value) in facts.as_object().into_iter().flatten() {
        found.insert(name.clone());
        if name != "accountTags" {
            names(value, found);
        }
    }
}

#[test]
fn every_fact_of_the_samples_stands_on_the_page() {
    let engine = Engine::packed(&PACK).unwrap();
    let mut found = BTreeSet::new();
    for entry in fs::read_dir("events").unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        if file.ends_with(".json") {
            names(&derived(&engine, &file).1, &mut found);
        }
    }
    assert!(found.len() > 40, "{found:?}");
    let page = section(RULES, "## Derived facts");
    let words: BTreeSet<&str> = page.split(|at: char| !at.is_ascii_alphanumeric()).collect();
    let lacking: Vec<_> = found.iter().filter(|name| !words.contains(name.as_str())).collect();
    assert!(lacking.is_empty(), "{lacking:?}");
}

#[test]
fn every_key_of_a_rule_and_of_the_site_file_stands_on_the_page() {
    for (schema, heading) in [("rule", "## A rule"), ("site", "## The site file")] {
        let text = fs::read_to_string(format!("rules/{schema}.schema.json")).unwrap();
        let schema: Value = serde_json::from_str(&text).unwrap();
        let page = section(RULES, heading);
        let keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert!(keys.len() > 10, "{keys:?}");
        for key in keys {
            let said = page.contains(&format!("`{key}`")) || page.contains(&format!("\n{key}:"));
            assert!(said, "{heading} lacks {key}");
        }
    }
}

/// `limits.rs` tests values beyond the limits.
#[test]
fn the_limits_of_a_rule_stand_on_the_page() {
    let page = section(RULES, "## A rule").replace('\n', " ");
    for words in [
        format!("A title has at most {TITLE_CHARS_MAX} characters"),
        format!("at most {WINDOW_HOURS_MAX} hours"),
    ] {
        assert!(page.contains(&words), "{words}");
    }
}

#[test]
fn the_rules_of_the_page_are_rules_and_pass_their_tests() {
    let engine = Engine::packed(&PACK).unwrap();
    let examples: Vec<&str> = RULES
        .split("\n```yaml\n")
        .skip(1)
        .map(|rest| rest.split_once("\n```").unwrap().0)
        .filter(|example| example.contains("pattern:"))
        .collect();
    assert_eq!(examples.len(), 2);
    let mut passed = 0;
    for example in examples {
        let whole = match example.starts_with("id:") {
            true => example.to_owned(),
            false => format!("id: a\ntitle: t\nseverity: low\nwhy: w\nrunbook: r\n{example}"),
        };
        let documents = YamlDocument::parse_all("page.yaml", &format!("{whole}\n")).unwrap();
        let set = RuleSet::load(&documents).map_err(|faults| faults[0].to_string()).unwrap();
        let rule = set.rules().next().unwrap();
        for test in &rule.spec.tests {
            let sample = |name: &str| {
                fs::read_to_string(format!("events/{name}")).map_err(|error| error.to_string())
            };
            pollster::block_on(rule_test::run(&engine, rule, test, &sample)).unwrap();
            passed += 1;
        }
    }
    assert_eq!(passed, 2);
}

#[test]
fn the_page_of_events_says_what_each_sample_is() {
    let engine = Engine::packed(&PACK).unwrap();
    let page = fs::read_to_string("events/README.md").unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ["))
        .map(|line| line.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect())
        .collect();
    let samples = fs::read_dir("events").unwrap().count() - 1;
    assert_eq!(rows.len(), samples);
    for row in rows {
        let file = row[0].split_once("](").unwrap().1.trim_end_matches(')');
        let (event, facts) = derived(&engine, file);
        let identity = event.text("detail.userIdentity.type").unwrap_or("none");
        let said = [identity, event.name().unwrap(), facts["outcome"].as_str().unwrap()];
        assert_eq!(row[1..4], said, "{file}");
    }
}
