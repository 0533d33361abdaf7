//! The command line as its users see it: words, streams, exit status.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Runs the command line with text on its standard input.
fn run_with(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_iam-responder"))
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The one door: arguments and standard input; status, output, errors.
#[track_caller]
fn check(arguments: &[&str], input: &str, status: i32, stdout: &str, stderr: &str) {
    let output = run_with(arguments, input);
    assert_eq!(text(&output.stdout), stdout, "stdout of {arguments:?}");
    assert_eq!(text(&output.stderr), stderr, "stderr of {arguments:?}");
    assert_eq!(output.status.code(), Some(status), "status of {arguments:?}");
}

/// A file that is gone with the test.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder =
            std::env::temp_dir().join(format!("iam-responder-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (file, text) in files {
            std::fs::write(folder.join(file), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, file: &str) -> String {
        self.0.join(file).display().to_string()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const QUIET: &str = r#"{"source":"aws.s3","account":"111122223333","time":"2026-11-20T12:00:00Z","detail":{"eventName":"ListBuckets","eventSource":"s3.amazonaws.com","readOnly":true,"eventID":"q-1"}}"#;

#[test]
fn respond_tells_an_alert_in_a_few_lines() {
    let expected = "\
CRITICAL      Administrator policy attached to a role
              alice@example.com attached policy AdministratorAccess to role
              deploy-payments in payments-production.
              why   rule admin-policy-attached-role says high; environment is
                    production; outside calendar business-hours
              gives everything: administrator rights
              doubt The event looks the same if the policy was attached before;
                    then this takes a rightful one away.
              undo  test \"$(aws sts get-caller-identity --query=Account --output=text)\" = 111122223333 && aws iam detach-role-policy --role-name=deploy-payments --policy-arn=arn:aws:iam::aws:policy/AdministratorAccess
              also  escalation-policy-attached, secrets-policy-attached,
                    document-grants-pass-any-role, document-opens-escalation,
                    managed-policy-attached, cis-iam-policy-changes,
                    iam-authorization-changes, iam-change-prefixes
              from  events/attach-role-policy-admin.json

1 event: 1 alerted (1 critical)
";
    check(&["respond", "events/attach-role-policy-admin.json"], "", 10, expected, "");
}

#[test]
fn respond_prints_one_line_of_json_an_event() {
    let expected = r#"{"event_id":"66c164e7-c859-40d2-a844-c762939ae232","event_time":"2026-11-20T02:00:00Z","account":"111122223333","event_name":"AttachRolePolicy","outcome":"alerted","severity":"critical","rules":["admin-policy-attached-role","escalation-policy-attached","secrets-policy-attached","document-grants-pass-any-role","document-opens-escalation","managed-policy-attached","cis-iam-policy-changes","iam-authorization-changes","iam-change-prefixes"],"reasons":["rule admin-policy-attached-role says high","environment is production","outside calendar business-hours"],"topics":["critical"],"plan":[{"action":"iam:DetachRolePolicy","effect":"narrows","status":"proposed","guard":null,"doubts":["The event looks the same if the policy was attached before; then this takes a rightful one away."],"command":"test \"$(aws sts get-caller-identity --query=Account --output=text)\" = 111122223333 && aws iam detach-role-policy --role-name=deploy-payments --policy-arn=arn:aws:iam::aws:policy/AdministratorAccess"}]}
"#;
    check(
        &["respond", "--format", "json", "events/attach-role-policy-admin.json"],
        "",
        10,
        expected,
        "",
    );
}

#[test]
fn nothing_found_is_status_zero() {
    check(&["respond", "-"], QUIET, 0, "1 event: no alerts, 1 quiet\n", "");
    check(&["respond", "-"], "", 0, "0 events: no alerts\n", "");
    let line = "quiet         ListBuckets  \n              -\n\n1 event: no alerts, 1 quiet\n";
    check(&["respond", "--all", "-"], QUIET, 0, line, "");
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let output = run_with(&["respond", "-"], &format!("{QUIET}\nbroken\n"));
    assert_eq!(output.status.code(), Some(10));
    let stdout = text(&output.stdout);
    assert!(stdout.contains("Event could not be read"), "{stdout}");
    assert!(stdout.contains("from  - #2"), "{stdout}");
    assert!(stdout.ends_with("2 events: 1 quiet, 1 unreadable, told as high\n"), "{stdout}");
}

#[test]
fn what_cloudtrail_did_not_write_is_said_in_one_line() {
    let check = |event: &str, status: i32, stderr: &str| {
        let output = run_with(&["respond", "-"], event);
        assert_eq!(text(&output.stderr), stderr, "{event}");
        assert_eq!(output.status.code(), Some(status), "{event}");
    };
    let envelope = |source: &str, kind: &str, detail: &str| {
        format!(
            r#"{{"source":"{source}","detail-type":"{kind}","account":"111122223333","detail":{detail}}}"#
        )
    };
    let record = r#"{"eventSource":"s3.amazonaws.com","eventName":"ListBuckets","readOnly":true,
        "recipientAccountId":"111122223333"}"#;
    let trail = "AWS API Call via CloudTrail";
    check(&envelope("aws.s3", trail, record), 0, "");
    check(record, 0, "");
    check(
        &envelope("my.app", trail, record),
        10,
        "warning: -: refused: its source is `my.app`, and only AWS can send a source that begins with `aws.`; the \
         function tells it as high\n",
    );
    // Whoever masks the numbers in a file may mask one of two.
    check(&envelope("aws.s3", trail, &record.replace("1111", "9999")), 0, "");
    check(
        &envelope("aws.health", "AWS Health Event", "{}"),
        0,
        "warning: -: not an event of CloudTrail: its detail-type is `AWS Health Event`, its source `aws.health`, and no \
         rule asks for it\n",
    );
    check(
        r#"{"hello":"world"}"#,
        10,
        "warning: -: neither an EventBridge event nor a CloudTrail record; the function tells it as high\n",
    );
    // A rule that asks for such an event hears it.
    let rule = "{id: health, title: t, severity: medium, why: w, runbook: b, pattern: {source: [aws.health]}}\n";
    let scratch = Scratch::new("health", &[("health.yaml", rule)]);
    let event = envelope("aws.health", "AWS Health Event", "{}");
    let output = run_with(&["respond", "--rules", &scratch.path(""), "-"], &event);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(10), ""));
}

#[test]
fn folders_gzip_and_ndjson_are_read() {
    let scratch =
        Scratch::new("input", &[("a.ndjson", &format!("{QUIET}\n{QUIET}\n")), ("notes.txt", "no")]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(format!("{{\"Records\":[{{\"eventName\":\"A\"}},{QUIET}]}}").as_bytes())
        .unwrap();
    std::fs::write(scratch.0.join("b.json.gz"), gzip.finish().unwrap()).unwrap();
    check(&["respond", &scratch.path("")], "", 0, "4 events: no alerts, 4 quiet\n", "");
}

#[test]
fn the_whole_folder_of_events_is_answered() {
    let output = run_with(&["respond", "--format", "json", "events/"], "");
    assert_eq!(output.status.code(), Some(10));
    let lines = text(&output.stdout);
    let fixtures = std::fs::read_dir("events").unwrap().count() - 1;
    assert_eq!(lines.lines().count(), fixtures);
    for line in lines.lines() {
        let outcome: Value = serde_json::from_str(line).unwrap();
        assert_ne!(outcome["outcome"], "unreadable", "{line}");
        let alerted = outcome["outcome"] == "alerted";
        assert_eq!(outcome["topics"].as_array().unwrap().len(), usize::from(alerted), "{line}");
    }
}

#[test]
fn faults_name_what_was_tried() {
    let none = "error: failed to read `nowhere.json`: No such file or directory (os error 2)\n";
    check(&["respond", "nowhere.json"], "", 1, "", none);
    let scratch = Scratch::new("empty", &[]);
    let folder = scratch.path("");
    let empty = format!("error: no rules in `{folder}`: rules are files ending in .yaml\n");
    check(&["check", "--rules", &folder], "", 1, "", &empty);
    assert_eq!(run_with(&["respond"], "").status.code(), Some(2));
    assert_eq!(run_with(&["respnd"], "").status.code(), Some(2));
}

#[test]
fn broken_rules_name_file_line_path_and_the_nearest_right_word() {
    let rule = "id: a\ntitle: A\nseverity: high\nwhy: x\nrunbook: y\npattern:\n  source: [aws.iam]\n  detail:\n    eventName: [{prefx: Attach}]\n";
    let scratch = Scratch::new("broken", &[("a.yaml", rule)]);
    let error = format!(
        "error: {}:9: `pattern.detail.eventName[0].prefx`: unknown operator `prefx` (did you mean `prefix`?)\n",
        scratch.path("a.yaml")
    );
    check(&["check", "--rules", &scratch.path("")], "", 3, "", &error);
    check(&["respond", "--rules", &scratch.path(""), "-"], QUIET, 3, "", &error);
}

#[test]
fn check_warns_of_what_is_well_formed_and_wrong() {
    let rule =
        "id: a\ntitle: A\nseverity: high\nwhy: x\nrunbook: y\npattern: {account: [111122223333]}\n";
    let site = "suppressions: [{name: old, pattern: {a: [b]}, owner: me, reason: x, expires: 2020-01-01}]\n";
    let scratch = Scratch::new("warn", &[("a.yaml", rule), ("site.yaml", site)]);
    let output = run_with(&["check", "--rules", &scratch.path("")], "");
    assert_eq!(output.status.code(), Some(10));
    let stdout = text(&output.stdout).replace("\n         ", " ");
    for part in [
        "no test that matches",
        "no near miss",
        "does not pin `source`",
        "write \"111122223333\"",
        "expired on",
    ] {
        assert!(stdout.contains(part), "{part}: {stdout}");
    }
}

#[test]
fn the_pack_passes_its_tests_and_has_no_mistakes() {
    let output = run_with(&["test"], "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let output = run_with(&["check"], "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
}

#[test]
fn rules_of_ones_own_stand_beside_the_pack() {
    let rule = |id: &str, pattern: &str| {
        format!("id: {id}\ntitle: A\nseverity: high\nwhy: x\nrunbook: y\npattern: {pattern}\n")
    };
    let secret = "{source: [aws.secretsmanager], detail: {eventSource: [secretsmanager.amazonaws.com], eventName: \
                  [DeleteSecret]}}";
    let scratch = Scratch::new("beside", &[("own-a.yaml", &rule("own-a", secret))]);
    let output = run_with(&["check", "--rules", &scratch.path("")], "");
    let stdout = text(&output.stdout).replace("\n         ", " ").replace("\n      ", " ");
    let pack = iam_responder::assess::engine::Engine::embedded().unwrap().rules().rules().len();
    assert!(stdout.contains(&format!("{} rules", pack + 1)), "{stdout}");
    assert!(stdout.contains("sees nothing until you deploy the bus rules again"), "{stdout}");
    assert!(stdout.contains("could stand on a bus: complexity 0 of 10"), "{stdout}");
    let output = run_with(&["check", "--no-pack", "--rules", &scratch.path("")], "");
    assert!(text(&output.stdout).contains("1 rule ("), "{}", text(&output.stdout));
    let taken = Scratch::new("taken", &[("a.yaml", &rule("root-activity", secret))]);
    let output = run_with(&["check", "--rules", &taken.path("")], "");
    assert_eq!(output.status.code(), Some(3));
    assert!(
        text(&output.stderr).contains("rule `root-activity` stands in"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(run_with(&["check", "--no-pack"], "").status.code(), Some(2));
}

#[test]
fn bus_rules_are_written_into_a_template() {
    let template = "Resources:\n  # BEGIN bus rules: generated by `iam-responder bus-rules --into \
                    infra/responder.yaml`\n  # END bus rules\n";
    let scratch =
        Scratch::new("template", &[("t.yaml", template), ("none.yaml", "Resources: {}\n")]);
    let output = run_with(&["bus-rules", "--into", &scratch.path("t.yaml")], "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let written = std::fs::read_to_string(scratch.path("t.yaml")).unwrap();
    assert!(written.contains("Type: AWS::Events::Rule") && written.ends_with("# END bus rules\n"));
    let output = run_with(&["bus-rules", "--into", &scratch.path("none.yaml")], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("none.yaml: the line `# BEGIN bus rules"),
        "{}",
        text(&output.stderr)
    );
    let output = run_with(&["bus-rules", "--name", "watch2"], "");
    assert!(!text(&output.stdout).contains("${NamePrefix}"));
}

#[test]
fn a_rule_test_that_fails_says_why() {
    let rule = "id: a\ntitle: A\nseverity: high\nwhy: x\nrunbook: y\npattern: {source: [aws.iam]}\ntests:\n  - {name: one, event: e.json, match: false}\n  - {name: two, event: e.json, set: {source: aws.s3}, match: true}\n";
    let scratch = Scratch::new("tests", &[("a.yaml", rule)]);
    let folder = Scratch::new("test-events", &[("e.json", r#"{"source":"aws.iam","detail":{}}"#)]);
    let expected = "\
failed  a: one
        should not match, but every field does
failed  a: two
        should match, but `source` is \"aws.s3\" where \"aws.iam\" is wanted
1 rules: 0 passed, 2 failed
";
    check(
        &["test", "--no-pack", "--rules", &scratch.path(""), "--events", &folder.path("")],
        "",
        3,
        expected,
        "",
    );
}

#[test]
fn explain_tells_which_field_failed_and_what_was_there() {
    let event = "events/attach-role-policy-readonly.json";
    let output = run_with(&["explain", event, "--rule", "admin-policy-attached-role"], "");
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    assert!(stdout.contains("does not match  admin-policy-attached-role (high)"), "{stdout}");
    assert!(stdout.contains("detail.requestParameters.policyArn is"), "{stdout}");
    let output = run_with(&["explain", event, "--format", "json"], "");
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["derived"]["entity"]["kind"], "role");
    assert!(line["rules"].as_array().unwrap().len() > 30);
}

#[test]
fn the_schemas_are_those_of_the_types() {
    for of in ["rule", "site"] {
        let file = std::fs::read_to_string(format!("rules/{of}.schema.json")).unwrap();
        let output = run_with(&["schema", of], "");
        assert!(text(&output.stdout) == file, "{of}: out of date, run: .ci/regenerate");
    }
}

#[test]
fn verdicts_and_numbers_are_asked_for_in_the_right_words() {
    for (arguments, fragment) in [
        (["verdict", "event-1", "mistake"], "[possible values: acknowledged, true-positive"),
        (["stats", "--days", "0"], "0 is not in 1..=90"),
        (["ledger", "sed", "--format=json"], "a similar subcommand exists: 'seed'"),
    ] {
        let output = run_with(&arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(fragment), "{}", text(&output.stderr));
    }
}

#[test]
fn what_was_before_decides_how_loud_an_attachment_is() {
    let event = |time: &str, call: &str, parameters: &str| {
        format!(
            r#"{{"eventSource":"iam.amazonaws.com","eventName":"{call}","eventID":"{time}","eventTime":"2026-11-20T11:{time}:00Z","recipientAccountId":"111122223333","userIdentity":{{"type":"AssumedRole","sessionContext":{{"sessionIssuer":{{"arn":"arn:aws:iam::111122223333:role/ci/deploy"}}}}}},"requestParameters":{parameters}}}"#
        )
    };
    let attach = |time: &str| {
        let policy = r#"{"roleName":"app","policyArn":"arn:aws:iam::111122223333:policy/sheets"}"#;
        event(time, "AttachRolePolicy", policy)
    };
    let document = |action: &str| {
        format!(
            r#"{{"policyName":"sheets","policyDocument":{{"Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}}}"#
        )
    };
    let made = |action: &str| event("01", "CreatePolicy", &document(action));
    let scratch = Scratch::new(
        "pipelines",
        &[("site.yaml", "pipelines: ['arn:aws:iam::111122223333:role/ci/deploy']\n")],
    );
    let site = scratch.path("site.yaml");
    let last = |events: &[String], options: &[&str]| {
        let arguments = [&["respond", "-", "--format", "json"], options].concat();
        let output = run_with(&arguments, &events.join("\n"));
        let answers = text(&output.stdout);
        let last: Value = serde_json::from_str(answers.lines().last().unwrap()).unwrap();
        last["severity"].as_str().unwrap().to_owned()
    };
    assert_eq!(last(&[attach("02")], &[]), "medium");
    assert_eq!(last(&[attach("02")], &["--site", &site]), "low");
    assert_eq!(last(&[made("sts:GetCallerIdentity"), attach("02")], &[]), "low");
    // Delivered in the wrong order, the next attachment knows.
    assert_eq!(last(&[attach("02"), made("*"), attach("03")], &["--site", &site]), "high");
}

#[test]
fn a_fault_in_an_icalendar_file_names_the_line_that_names_the_file() {
    let site = "calendars:\n  releases:\n    zone: Etc/UTC\n    ics: releases.ics\n";
    let broken = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:r1\nDTSTART:soon\nEND:VEVENT\nEND:VCALENDAR\n";
    let scratch = Scratch::new("ics", &[("site.yaml", site), ("releases.ics", broken)]);
    let site = scratch.path("site.yaml");
    let told = format!(
        "error: {site}:4: `calendars.releases.ics`: releases.ics: event r1: DTSTART cannot be read\n"
    );
    check(&["check", "--site", &site], "", 3, "", &told);
}
