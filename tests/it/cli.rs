//! What the command line does with its input: standard input, folders, files. Its output is recorded in `tests/cmd`.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use iam_responder::pack::PACK;

use serde_json::{Value, json};

use crate::support::{by, call, session};

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

/// The ID of the plan against the sample, which an own site file changes and nothing else.
#[test]
fn a_plan_has_the_same_id_on_every_run_with_the_same_site_file() {
    let folder =
        Scratch::new("plan-id", &[("site.yaml", "accounts: {'999988887777': {name: other}}\n")]);
    let id = |more: &[&str]| {
        let sample = ["respond", "--format", "json", "events/attach-role-policy-admin.json"];
        let output = run_with(&[&sample, more].concat(), "");
        let line: Value = serde_json::from_slice(&output.stdout).unwrap();
        line["plan"][0]["id"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned()
    };
    let ours = id(&[]);
    assert!(ours.len() == 40 && ours.chars().all(|c| c.is_ascii_hexdigit()), "{ours}");
    assert_eq!(id(&[]), ours);
    let site = folder.path("site.yaml");
    let theirs = id(&["--site", &site]);
    assert_ne!(theirs, ours);
    assert_eq!(id(&["--site", &site]), theirs);
}

/// The one line of JSON about an event.
fn line(arguments: &[&str], input: &str) -> Value {
    let output = run_with(arguments, input);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// `undo` proposes what the alert does, also where more is known of what was before, or no rule asks for it.
#[test]
fn undo_prints_the_plan_of_the_alert() {
    let sample = "events/attach-role-policy-admin.json";
    let respond = line(&["respond", "--format", "json", sample], "");
    let now = ["--now", "2026-11-20T02:00:05Z"];
    let undo = |more: &[&str], input: &str| {
        line(&[&["undo", "--format", "json"], &now[..], more].concat(), input)
    };
    let ours = undo(&[sample], "");
    for key in ["event_id", "event_time", "account", "event_name", "plan"] {
        assert_eq!(ours[key], respond[key], "{key}");
    }
    assert!(ours["reason"].is_null());
    // No rule of this folder asks for it.
    let other = ["--no-pack", "--rules", "tests/cmd/files/untested", sample];
    assert_eq!(undo(&other, "")["plan"][0]["command"], ours["plan"][0]["command"]);
    // What was attached before may be rightful: the earlier event is another plan.
    let mut earlier = by(
        call(
            "iam",
            "AttachRolePolicy",
            1,
            json!({"roleName": "deploy-payments",
            "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ),
        session("alice"),
    );
    earlier["eventTime"] = json!("2026-11-18T10:00:00Z");
    let folder = Scratch::new("ledger", &[("earlier.json", &earlier.to_string())]);
    let informed = undo(&["--ledger", &folder.path("earlier.json"), sample], "");
    assert_ne!(informed["plan"][0]["id"], ours["plan"][0]["id"]);
    assert_ne!(informed["plan"][0]["doubts"], ours["plan"][0]["doubts"]);
}

/// Nobody gets a command out of an event that AWS did not send.
#[test]
fn undo_prints_no_command_for_a_forged_envelope() {
    let sample = std::fs::read_to_string("events/attach-role-policy-admin.json").unwrap();
    let mut forged: Value = serde_json::from_str(&sample).unwrap();
    forged["source"] = json!("my.app");
    let forged = line(&["undo", "--format", "json", "-"], &forged.to_string());
    assert_eq!(forged["outcome"], "unreadable");
    assert!(!forged.to_string().contains("aws iam"), "{forged}");
}

/// The recordings write a backslash as a slash, so they cannot hold JSON.
#[test]
fn respond_prints_one_line_of_json_an_event() {
    let arguments = ["respond", "--format", "json", "events/attach-role-policy-admin.json"];
    // It changes with the site file that is compiled in.
    let id: Value = serde_json::from_slice(&run_with(&arguments, "").stdout).unwrap();
    let id = id["plan"][0]["id"].as_str().unwrap();
    let expected = r#"{"event_id":"66c164e7-c859-40d2-a844-c762939ae232","event_time":"2026-11-20T02:00:00Z","account":"111122223333","event_name":"AttachRolePolicy","outcome":"alerted","severity":"critical","rules":["admin-policy-attached-role","escalation-policy-attached","document-grants-pass-any-role","secrets-policy-attached","document-opens-escalation","managed-policy-attached","cis-iam-policy-changes","iam-authorization-changes","iam-change-prefixes"],"reasons":["rule admin-policy-attached-role says high","environment is production","outside calendar business-hours"],"topics":["critical"],"plan":[{"id":"ID","action":"iam:DetachRolePolicy","effect":"narrows","status":"proposed","guard":null,"reason":null,"doubts":["The event looks the same if the policy was attached before; then this takes a rightful one away."],"command":"test \"$(aws sts get-caller-identity --query=Account --output=text)\" = 111122223333 && aws iam detach-role-policy --role-name=deploy-payments --policy-arn=arn:aws:iam::aws:policy/AdministratorAccess","revert":"test \"$(aws sts get-caller-identity --query=Account --output=text)\" = 111122223333 && aws iam attach-role-policy --role-name=deploy-payments --policy-arn=arn:aws:iam::aws:policy/AdministratorAccess","needs":[{"action":"iam:DetachRolePolicy","resource":["arn:aws:iam::111122223333:role/deploy-payments","arn:aws:iam::111122223333:role/*/deploy-payments"],"condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/AdministratorAccess"}}}]}]}
"#;
    check(&arguments, "", 10, &expected.replace("\"ID\"", &format!("\"{id}\"")), "");
}

#[test]
fn nothing_found_is_status_zero() {
    check(&["respond", "-"], QUIET, 0, "1 event: no alerts, 1 quiet\n", "");
    check(&["respond", "-"], "", 0, "0 events: no alerts\n", "");
    let line = "quiet         ListBuckets  \n              -\n\n1 event: no alerts, 1 quiet\n";
    check(&["respond", "--all", "-"], QUIET, 0, line, "");
}

#[test]
fn what_cannot_be_read_is_printed_with_its_place() {
    let output = run_with(&["respond", "-"], &format!("{QUIET}\nbroken\n"));
    assert_eq!(output.status.code(), Some(10));
    let stdout = text(&output.stdout);
    assert!(stdout.contains("Event could not be read"), "{stdout}");
    assert!(stdout.contains("from  - #2"), "{stdout}");
    assert!(stdout.ends_with("2 events: 1 quiet, 1 unreadable, published as high\n"), "{stdout}");
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
         function publishes it as high\n",
    );
    // A tool that masks the numbers in a file may mask one of two.
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
        "warning: -: neither an EventBridge event nor a CloudTrail record; the function publishes it as high\n",
    );
    // A rule that matches such an event fires.
    let rule = "{id: health, title: t, severity: medium, why: w, runbook: b, pattern: {source: [aws.health]}}\n";
    let scratch = Scratch::new("health", &[("health.yaml", rule)]);
    let event = envelope("aws.health", "AWS Health Event", "{}");
    let output = run_with(&["respond", "--rules", &scratch.path(""), "-"], &event);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(10), ""));
}

fn packed(content: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(content).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_hostile_record_in_a_packed_log_file_is_an_alert_and_costs_no_neighbour() {
    let record = |id: &str, agent: &str, parameters: &str| {
        format!(
            r#"{{"eventName":"StopLogging","eventSource":"cloudtrail.amazonaws.com","eventID":"{id}","userAgent":{agent},"requestParameters":{parameters}}}"#
        )
    };
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let name = r#"{"name":"audit"}"#;
    for hostile in [record("h", &deep, name), record("h", "\"cli\"", &deep)] {
        let all = [record("a", "\"cli\"", name), hostile, record("b", "\"cli\"", name)].join(",");
        let scratch = Scratch::new("hostile", &[]);
        let log = format!("{{\"Records\":[{all}]}}");
        for content in [packed(log.as_bytes()), packed(&packed(log.as_bytes()))] {
            std::fs::write(scratch.0.join("log.json.gz"), content).unwrap();
            let output = run_with(&["respond", "--format", "json", &scratch.path("")], "");
            let found: Vec<Value> =
                text(&output.stdout).lines().map(|it| serde_json::from_str(it).unwrap()).collect();
            let outcomes: Vec<&str> =
                found.iter().filter_map(|it| it["outcome"].as_str()).collect();
            assert_eq!(outcomes, ["alerted", "unreadable", "alerted"], "{found:?}");
            assert_eq!(output.status.code(), Some(10));
        }
    }
}

#[test]
fn folders_gzip_and_ndjson_are_read() {
    let scratch =
        Scratch::new("input", &[("a.ndjson", &format!("{QUIET}\n{QUIET}\n")), ("notes.txt", "no")]);
    let log = format!(
        "{{\"Records\":[{{\"eventName\":\"A\",\"eventSource\":\"s3.amazonaws.com\"}},{QUIET}]}}"
    );
    std::fs::write(scratch.0.join("b.json.gz"), packed(log.as_bytes())).unwrap();
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
fn explain_and_respond_say_the_same_of_every_sample() {
    for file in std::fs::read_dir("events").unwrap() {
        let file = file.unwrap().path().display().to_string();
        if !file.ends_with(".json") {
            continue;
        }
        let line = |verb| -> Value {
            let output = run_with(&[verb, "--format", "json", &file], "");
            serde_json::from_str(&text(&output.stdout)).unwrap()
        };
        let (explained, responded) = (line("explain"), line("respond"));
        for key in ["severity", "reasons"] {
            assert_eq!(explained[key], responded[key], "{key} of {file}");
        }
    }
}

/// The recordings have both streams in one.
#[test]
fn answers_go_to_standard_output_and_faults_to_standard_error() {
    let none = "error: failed to read `nowhere.json`: No such file or directory (os error 2)\n";
    check(&["respond", "nowhere.json"], "", 1, "", none);
    let broken = ["--rules", "tests/cmd/files/misspelt"];
    let error = "error: tests/cmd/files/misspelt/a.yaml:9:18: `pattern.detail.eventName[0].prefx`: unknown operator \
                 `prefx` (did you mean `prefix`?)\n";
    check(&[&["check"], &broken[..]].concat(), "", 3, "", error);
    check(&[&["respond", "-"], &broken[..]].concat(), QUIET, 3, "", error);
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
    let pack = iam_responder::assess::engine::Engine::packed(&PACK).unwrap().rules().rules().len();
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
fn explain_prints_every_rule_for_programs() {
    let output =
        run_with(&["explain", "events/attach-role-policy-readonly.json", "--format", "json"], "");
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

const PIPELINE: &str = "arn:aws:iam::111122223333:role/ci/deploy";

#[test]
fn what_was_before_decides_how_loud_an_attachment_is() {
    let by_pipeline = |name: &str, minute: usize, parameters: Value| {
        by(call("iam", name, minute, parameters), session(PIPELINE)).to_string()
    };
    let attach = |minute: usize| {
        let policy = "arn:aws:iam::111122223333:policy/sheets";
        let parameters = json!({"roleName": "app", "policyArn": policy});
        by_pipeline("AttachRolePolicy", minute, parameters)
    };
    let made = |action: &str| {
        let document = json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}});
        let parameters = json!({"policyName": "sheets", "policyDocument": document});
        by_pipeline("CreatePolicy", 1, parameters)
    };
    let pipelines = format!("pipelines: ['{PIPELINE}']\n");
    let scratch = Scratch::new("pipelines", &[("site.yaml", &pipelines)]);
    let site = scratch.path("site.yaml");
    let last = |events: &[String], options: &[&str]| {
        let arguments = [&["respond", "-", "--format", "json"], options].concat();
        let output = run_with(&arguments, &events.join("\n"));
        let answers = text(&output.stdout);
        let last: Value = serde_json::from_str(answers.lines().last().unwrap()).unwrap();
        last["severity"].as_str().unwrap().to_owned()
    };
    assert_eq!(last(&[attach(2)], &[]), "medium");
    assert_eq!(last(&[attach(2)], &["--site", &site]), "low");
    assert_eq!(last(&[made("sts:GetCallerIdentity"), attach(2)], &[]), "low");
    // Delivered in the wrong order, the next attachment knows.
    assert_eq!(last(&[attach(2), made("*"), attach(3)], &["--site", &site]), "high");
}
