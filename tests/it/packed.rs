//! The build turns rules into constants of the program, or fails with each fault and its place.

#[path = "../../src/build/generate.rs"]
mod generate;

use std::fs;
use std::path::PathBuf;

/// A folder with one file of rules, and what the build makes of it.
fn pack(name: &str, text: &str) -> Result<String, Vec<String>> {
    let root: PathBuf = std::env::temp_dir().join(format!("pack-{}", std::process::id()));
    let file = root.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    let made = generate::pack(&root, false);
    fs::remove_dir_all(root).unwrap();
    made
}

const RULE: &str = "id: mine
title: Mine
severity: high
why: It is new.
runbook: Look.
pattern:
  source: [aws.iam]
";

/// The build ends, and a fault begins with this file and line.
#[track_caller]
fn check(name: &str, text: &str, place: &str) {
    let faults = pack(name, text).unwrap_err();
    assert!(faults.iter().any(|fault| fault.starts_with(place)), "{faults:#?}");
}

#[test]
fn what_is_broken_ends_the_build_with_its_file_and_line() {
    let made = pack("rules/mine.yaml", RULE).unwrap();
    assert!(made.contains("pub static PACK: Pack") && made.contains("rules/mine.yaml"), "{made}");
    let spoilt = |line: &str, by: &str| RULE.replace(line, by);
    check("rules/mine.yaml", &spoilt("high", "hihg"), "rules/mine.yaml:3");
    check("rules/in/mine.yaml", &spoilt("aws.iam", "{prefix: 7}"), "rules/in/mine.yaml:7");
    check("rules/mine.yml", &spoilt("why:", "wyh:"), "rules/mine.yml:");
    check("rules/mine.yaml", &spoilt("[aws.iam]", "[aws.iam"), "rules/mine.yaml:");
    check("rules/mine.yaml", &format!("{RULE}---\n{RULE}"), "rules/mine.yaml:9");
    check("rules/site.yaml", "severity: 7\n", "rules/site.yaml:1");
    let none = std::env::temp_dir().join("no-such-folder-of-rules");
    let faults = generate::pack(&none, false).unwrap_err();
    assert!(faults[0].starts_with("failed to read "), "{faults:?}");
}
