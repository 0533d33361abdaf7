//! The pattern language against AWS's own matcher and against one case for each corner.

use std::io::Read;

use iam_responder::pattern::{Pattern, PatternIndex};
use serde_json::Value;

/// One line of a table: a pattern, an event and the answer, or a pattern that must be refused.
fn check(case: &Value) -> Result<(), String> {
    let compiled = Pattern::compile(&case["pattern"]);
    if let Some(fragment) = case["error"].as_str() {
        return match compiled {
            Err(faults) if !faults.is_empty() => Ok(()),
            _ => Err(format!("must be refused ({fragment}): {case}")),
        };
    }
    let pattern = compiled.map_err(|faults| format!("{faults:?}: {case}"))?;
    let want = case["match"].as_bool().ok_or("no answer")?;
    let event = &case["event"];
    let indexed = PatternIndex::new([&pattern]).matching(event) == [0];
    let answers = [pattern.matches(event), pattern.explain(event).matched, indexed];
    if answers == [want; 3] { Ok(()) } else { Err(format!("answers {answers:?}: {case}")) }
}

#[track_caller]
fn check_all(lines: &str, at_least: usize) {
    let cases: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failures: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(cases.len() >= at_least, "only {} cases", cases.len());
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

fn unpacked(path: &str) -> String {
    let file = std::fs::File::open(path).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn agrees_with_awss_own_matcher() {
    check_all(&unpacked("tests/data/patterns.ndjson.gz"), 1_500);
}

/// EventBridge refuses by this figure: one below AWS's would let through what is then refused.
#[test]
fn no_complexity_is_below_that_of_awss_matcher() {
    let (mut cases, mut equal) = (0, 0);
    for line in unpacked("tests/data/complexity.ndjson.gz").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let complexity = Pattern::compile(&case["pattern"]).unwrap().complexity();
        let want = usize::try_from(case["complexity"].as_u64().unwrap()).unwrap();
        assert!(complexity >= want, "{complexity} is below {want}: {case}");
        cases += 1;
        equal += usize::from(complexity == want);
    }
    assert_eq!((cases, equal), (269, 200), "how many cases there are, and how many agree exactly");
}

#[test]
fn every_corner_of_the_language() {
    check_all(include_str!("../data/pattern-language.ndjson"), 200);
}
