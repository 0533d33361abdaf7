//! `check --topics … --region …`: topics of the site file that the deployment could not publish to.

use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

const OWN: &str = "arn:aws:sns:us-east-1:111122223333:";
const FAR: &str = "arn:aws:sns:eu-west-1:111122223333:iam-responder-high";

/// Runs `check` over a site file that is gone with the test.
fn check(site: &str, arguments: &[&str]) -> Output {
    // Two tests may have the same site.
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("iam-responder-{}-{number}.yaml", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, site).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_iam-responder"))
        .args(["check", "--site"])
        .arg(&path)
        .args(arguments)
        .env_clear()
        .output()
        .unwrap();
    std::fs::remove_file(&path).unwrap();
    output
}

/// What it says of each fault: the line of the site file and the rest, without its path.
#[track_caller]
fn faults(site: &str, arguments: &[&str]) -> Vec<String> {
    let output = check(site, arguments);
    let text = String::from_utf8(output.stderr).unwrap();
    let status = if text.is_empty() { 0 } else { 3 };
    assert_eq!(output.status.code(), Some(status), "{text}");
    let after = |line: &str| line.split_once(".yaml:").map_or(line, |(_, rest)| rest).to_owned();
    text.lines().map(after).collect()
}

fn site() -> String {
    format!(
        "topics:\n  critical:\n    - {{arn: '{OWN}iam-responder-critical'}}\n    - arn: '{OWN}pager'\n  \
         high: [{{arn: '{FAR}'}}]\n"
    )
}

#[test]
fn a_topic_of_no_list_or_of_another_region_is_refused_with_its_line() {
    let found = faults(&site(), &["--topics", "", "--region", "us-east-1"]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("4:7: `topics.critical[1].arn`: topic `"), "{found:?}");
    assert!(found[0].contains("pager` is neither a topic of the stack"), "{found:?}");
    assert!(found[1].starts_with("5:11: `topics.high[0].arn`: topic `"), "{found:?}");
    assert!(found[1].contains("another Region"), "{found:?}");

    let pager = format!("{OWN}other,{OWN}pager");
    let found = faults(&site(), &["--topics", &pager, "--region", "us-east-1"]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("another Region"), "{found:?}");
}

#[test]
fn topics_in_reach_pass_and_without_the_options_nothing_is_asked() {
    let near = site().replace("eu-west-1", "us-east-1");
    assert!(
        faults(&near, &["--topics", &format!("{OWN}pager"), "--region", "us-east-1"]).is_empty()
    );
    assert!(faults(&site(), &[]).is_empty());
}

#[test]
fn a_further_topic_of_another_region_is_refused_even_where_no_site_file_names_it() {
    let found = faults("topics: {}\n", &["--topics", FAR, "--region", "us-east-1"]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("error: --topics:1:1: topic `"), "{found:?}");
}

#[test]
fn programs_get_the_faults_as_json() {
    let output = check(&site(), &["--topics", "", "--region", "us-east-1", "--format", "json"]);
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert_eq!((&lines[0]["level"], &lines[0]["line"]), (&"error".into(), &4.into()));
}

#[test]
fn one_option_without_the_other_and_bad_values_are_wrong_usage() {
    for (arguments, says) in [
        (&["--topics", ""][..], "--region"),
        (&["--region", "us-east-1"], "--topics"),
        (&["--topics", "pager", "--region", "us-east-1"], "ARN of an SNS topic"),
        (&["--topics", "", "--region", "US"], "not a Region"),
    ] {
        let output = check("topics: {}\n", arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(says), "{text}");
    }
}
