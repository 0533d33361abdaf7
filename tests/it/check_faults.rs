//! `check` over broken files: all faults, and what else is to be said, in one run.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

const RULE: &str = "id: a-rule\ntitle: A rule\nseverity: high\nwhy: x\nrunbook: y\n\
    pattern: {source: [aws.iam], detail: {eventName: [CreateUser]}}\n\
    tests:\n  - {name: a, event: create-user.json, match: true}\n  \
    - {name: b, event: create-user.json, set: {detail.eventName: DeleteUser}, match: false}\n";

/// Runs `check` over a folder with these files, which is gone with the test.
fn check(files: &[(&str, &str)]) -> Output {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("iam-responder-faults-{}-{number}", std::process::id());
    let folder: PathBuf = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_iam-responder"));
    let output = command.arg("check").arg("--rules").arg(&folder).env_clear().output().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    output
}

/// It finds all of these among its faults and its warnings, and so many of each. All of them are on standard error.
#[track_caller]
fn finds(files: &[(&str, &str)], faults: &[&str], warnings: &[&str]) {
    let output = check(files);
    let [err, out] = [output.stderr, output.stdout].map(|text| String::from_utf8(text).unwrap());
    assert_eq!((output.status.code(), out.as_str()), (Some(3), ""), "{err}");
    let plain = err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(faults.iter().chain(warnings).all(|one| plain.contains(one)), "{plain}");
    assert_eq!(plain.matches("error: ").count(), faults.len(), "{plain}");
    assert_eq!(plain.matches("warning: ").count(), warnings.len(), "{plain}");
    assert!(!plain.contains("note: "), "{plain}");
}

#[test]
fn a_fault_of_form_hides_no_warning_of_its_file() {
    let rule = RULE
        .replace("severity: high", "severity: hgih")
        .replace("[CreateUser]", "[CreateUsr]")
        .replace("detail.eventName:", "detail.evntName:");
    finds(
        &[("a-rule.yaml", &rule)],
        &["did you mean `high`"],
        &["did you mean `CreateUser`?", "detail.evntName"],
    );
    let bare =
        RULE.replace("severity: high", "severity: hgih").replace("match: false", "match: true");
    finds(&[("a-rule.yaml", &bare)], &["did you mean `high`"], &["has no near miss"]);
    // Where the tests are broken themselves, they are not missing.
    let broken = RULE.replace("match: false", "mach: false");
    finds(&[("a-rule.yaml", &broken)], &["`tests[1].mach`", "missing field `match`"], &[]);
}

#[test]
fn a_fault_of_one_file_hides_nothing_of_another() {
    let broken = RULE.replace("a-rule", "broken").replace("severity: high", "severity: hgih");
    let vain = RULE.replace("[CreateUser]", "[CreateUsr]");
    let site = "overrides:\n  broken: {severity: low}\n  b-rule: {severity: low}\n\
        suppressions:\n  - name: n\n    owner: o\n    reason: r\n    expires: tomorrow\n    \
        pattern: {detail: {eventName: [CreateUsr], eventSource: [iam.amazonaws.com]}}\n\
        calendars:\n  night: {zone: Europe/Berln, weekly: [{days: [frid], from: \"25:00\", to: \"8\"}]}\n\
        topics:\n  high: [{arn: \"arn:aws:sns:eu-west-1:111122223333:a\", format: txt}]\n";
    finds(
        &[("broken.yaml", &broken), ("a-rule.yaml", &vain), ("site.yaml", site)],
        &[
            "did you mean `high`",
            "no rule `b-rule`",
            "is not a date",
            "did you mean `Europe/Berlin`?",
            "did you mean `fri`?",
            "`25:00` is not a time",
            "`8` is not a time",
            "`topics.high[0].format`: unknown variant `txt`",
        ],
        &[
            "a-rule.yaml:6:",
            "deploy the bus rules again",
            "suppressions[0].pattern.detail.eventName[0]",
        ],
    );
}
