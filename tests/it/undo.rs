//! Printed undo commands, run by a real shell: what arrives is what the event said, in its account alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use iam_responder::assess::engine::Engine;
use iam_responder::event::Event;
use iam_responder::facts::Known;
use iam_responder::pack::PACK;
use iam_responder::plan::undo;
use iam_responder::prior::{Answers, Prior, Source, Taken};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::{by, call, user};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::packed(&PACK).unwrap());

/// A folder with an `aws` that names an account and writes down how it was called.
struct Shell {
    folder: PathBuf,
}

impl Shell {
    fn new(name: &str, account: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("undo-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = sts ]; then echo {account}; exit; fi\nprintf '%s\\0' \"$@\" >>\"$0.called\"\n"
        );
        fs::write(folder.join("aws"), script).unwrap();
        fs::set_permissions(folder.join("aws"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    /// The words that `aws` was called with.
    fn run(&self, command: &str) -> Vec<String> {
        let called = self.folder.join("aws.called");
        fs::write(&called, "").unwrap();
        let script = format!("PATH='{}':\"$PATH\"\n{command}", self.folder.display());
        Command::new("sh").args(["-c", &script]).status().unwrap();
        let words = fs::read_to_string(called).unwrap();
        words.split_terminator('\0').map(str::to_owned).collect()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.folder);
    }
}

fn command(name: &str, parameters: &Value) -> String {
    let record = by(call("iam", name, 0, parameters.clone()), user("alice"));
    let mut event = Event::parse(&record.to_string()).unwrap();
    let facts = ENGINE.recognise_at_once(&mut event, &Known::default()).context;
    undo(&event, &facts).remove(0).planned.command().unwrap()
}

fn attach(role: &str, policy: &str) -> String {
    command("AttachRolePolicy", &json!({"roleName": role, "policyArn": policy}))
}

/// The value of an option, which is in one word with it.
fn value(words: &[String], option: &str) -> Option<String> {
    let joined = words.iter().find_map(|word| word.strip_prefix(&format!("{option}=")));
    joined.map(str::to_owned)
}

/// The JSON that the CLI gets as a separate word.
fn json_of(words: &[String]) -> Value {
    let mut after = words.iter().skip_while(|word| *word != "--cli-input-json").skip(1);
    serde_json::from_str(after.next().unwrap()).unwrap()
}

/// Options of a command whose value is a separate word, which could be read as an option. JSON is left out: the CLI
/// requires a separate word, and it begins with a brace.
fn values_apart(command: &str) -> Vec<&str> {
    let apart = |(word, next): (&'_ str, &'_ str)| {
        let name = word.strip_prefix("--").unwrap_or_default();
        let is_option = !name.is_empty()
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let is_json = name == "cli-input-json" && next.starts_with("'{");
        let goes_on = next.starts_with("--") || ["&&", "|"].contains(&next);
        is_option && !goes_on && !is_json
    };
    let pairs = command.split(' ').zip(command.split(' ').skip(1));
    pairs.filter(|pair| apart(*pair)).map(|(word, _)| word).collect()
}

const NAMES: [&str; 8] = [
    "deploy",
    "a+b=c,d.e@f-g_h",
    "--profile",
    "-x",
    "=ls",
    "@everyone",
    "www.files.example",
    ".hidden",
];
const PATHS: [&str; 8] = [
    "it's/$HOME/$(id)/`id`",
    "http://files.example/x",
    r"\\files\x\\y",
    "[a](b)[c]",
    "<!channel>/!!/!x",
    "a\"b'c\\",
    "&&;|*?{}~#",
    "%s%n",
];

#[test]
fn a_shell_hands_over_what_the_event_said() {
    let shell = Shell::new("words", "111122223333");
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    for name in NAMES {
        let words = shell.run(&attach(name, admin));
        assert_eq!(words[..2], ["iam", "detach-role-policy"]);
        assert_eq!(value(&words, "--role-name").as_deref(), Some(name));
        assert_eq!(value(&words, "--policy-arn").as_deref(), Some(admin));
        // In the form of two words a dash would begin an option.
        assert!(!words.contains(&name.to_owned()) || !name.starts_with('-'), "{words:?}");
    }
    for path in PATHS {
        let arn = format!("arn:aws:iam::111122223333:policy/{path}/p");
        let words = shell.run(&attach("deploy", &arn));
        assert_eq!(value(&words, "--policy-arn"), Some(arn));
        assert_eq!(value(&words, "--role-name").as_deref(), Some("deploy"));
    }
}

#[test]
fn what_the_cli_would_fetch_or_nobody_sees_goes_through_json() {
    let shell = Shell::new("json", "111122223333");
    let provider = "arn:aws:iam::111122223333:oidc-provider/issuer.example";
    for audience in ["https://files.example", "HTTP://x", "file:///etc/passwd", "é\u{202e}'\"\\"] {
        let parameters = json!({"openIDConnectProviderArn": provider, "clientID": audience});
        let words = shell.run(&command("AddClientIDToOpenIDConnectProvider", &parameters));
        assert_eq!(value(&words, "--client-id"), None);
        assert_eq!(json_of(&words), json!({"ClientID": audience}));
    }
    let arn = "arn:aws:iam::111122223333:policy/\u{7f}/p";
    let words = shell.run(&attach("deploy", arn));
    assert_eq!(json_of(&words), json!({"PolicyArn": arn}));
}

#[test]
fn in_another_account_nothing_is_done() {
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    for (name, account) in [("other", "444455556666"), ("none", ""), ("odd", "111122223333x")] {
        assert!(Shell::new(name, account).run(&attach("deploy", admin)).is_empty(), "{name}");
    }
}

#[test]
fn a_command_holds_nothing_to_click_or_to_call() {
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    let names = NAMES.map(|name| attach(name, admin));
    let paths =
        PATHS.map(|path| attach("r", &format!("arn:aws:iam::111122223333:policy/{path}/p")));
    for command in names.iter().chain(&paths) {
        for live in ["//", r"\\files", "www.", "@everyone", "](", "][", "<!"] {
            assert!(!command.contains(live), "{live} in {command}");
        }
        assert_eq!(values_apart(command), [""; 0], "{command}");
        let shown = |c: char| c.is_ascii_graphic() || c == ' ';
        assert!(command.chars().all(shown) && command.lines().count() == 1, "{command}");
    }
}

/// `AttachRolePolicy` as the AWS CLI calls it.
fn kebab(name: &str) -> String {
    let mut word = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(c.to_ascii_lowercase());
    }
    word
}

/// Reads every command that the rules' own events offer as an attacker would: none does again what the event did, and
/// none gives, makes or switches anything on without a word of doubt.
#[test]
fn no_command_repeats_the_event_or_gives_anything_unsaid() {
    /// Calls that are undone by the same call with other values.
    const BACK: [&str; 17] = [
        "ModifyDBClusterSnapshotAttribute",
        "ModifyDBSnapshotAttribute",
        "ModifyDocumentPermission",
        "ModifyFpgaImageAttribute",
        "ModifyImageAttribute",
        "ModifySnapshotAttribute",
        "MoveAccount",
        "UpdateAccessKey",
        "UpdateDetector",
        "UpdateGroup",
        "UpdateSSHPublicKey",
        "UpdateServerCertificate",
        "UpdateServiceSpecificCredential",
        "UpdateSigningCertificate",
        "UpdateTerminationProtection",
        "UpdateUser",
        "UpdateThreatIntelSet",
    ];
    /// What goes on as it was, and gives nobody anything.
    const GOES_ON: [&str; 1] = ["create-account-alias"];
    let engine =
        iam_responder::operate::folder::engine(&[std::path::Path::new("rules")], None, false)
            .unwrap();
    let text = |name: &str| Ok(fs::read_to_string(PathBuf::from("events").join(name)).unwrap());
    let mut read = 0;
    for rule in engine.rules().rules() {
        for mut event in
            iam_responder::review::rule_test::events(rule, engine.own(), &text).unwrap()
        {
            let facts = engine.recognise_at_once(&mut event, &Known::default()).context;
            let Some(step) = undo(&event, &facts).pop() else { continue };
            let Some(command) = step.planned.command() else { continue };
            assert_eq!(values_apart(&command), [""; 0], "{name:?}: {command}", name = event.name());
            let (_, does) = command.split_once(" && ").unwrap();
            let operation = does.split(' ').nth(2).unwrap();
            let name = event.name().unwrap();
            assert!(BACK.contains(&name) || operation != kebab(name), "{command}");
            let gives = ["add", "attach", "create", "enable", "put", "register", "restore"];
            let verb = operation.split('-').next().unwrap();
            let silent = step.doubts.is_empty() && !GOES_ON.contains(&operation);
            assert!(!gives.contains(&verb) || !silent, "{name}: {command}");
            read += 1;
        }
    }
    assert!(read > 100, "{read} commands");
}

/// The steps of a line of `data/plans.ndjson`.
fn steps(case: &Value) -> Vec<&Value> {
    match &case["undo"] {
        Value::Array(steps) => steps.iter().collect(),
        Value::Null => Vec::new(),
        step => vec![step],
    }
}

/// What takes a step back is done in the same account alone, by another call or with other values; where there is
/// nothing, the plan says why.
#[test]
fn every_step_has_a_command_that_takes_it_back_or_says_why_not() {
    let (here, elsewhere) =
        (Shell::new("back", "111122223333"), Shell::new("away", "999999999999"));
    let (mut back, mut lacking) = (0, 0);
    for line in include_str!("../data/plans.ndjson").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        for step in steps(&case).into_iter().filter(|step| step["status"] == "proposed") {
            let needs = step["needs"].as_array().unwrap();
            assert_eq!(needs[0]["action"], step["action"], "{line}");
            assert!(needs.iter().all(|need| !need["resource"].as_array().unwrap().is_empty()));
            let Some(command) = step["revert"].as_str() else {
                assert!(step["reason"].is_string(), "{line}");
                lacking += 1;
                continue;
            };
            assert!(step["reason"].is_null(), "{line}");
            assert!(elsewhere.run(command).is_empty(), "{command}");
            let (done, undone) = (step["command"].as_str().unwrap(), here.run(command));
            if command.contains(" = 111122223333 ") {
                assert!(undone.len() > 1 && undone != here.run(done), "{command}");
                back += 1;
            }
        }
    }
    assert!(back > 80 && lacking > 20, "{back} {lacking}");
}

/// A document is put back byte for byte, also one that a person could not type, or whose author aims at a shell.
#[test]
fn a_policy_that_was_deleted_is_put_back_as_it_was() {
    let shell = Shell::new("document", "111122223333");
    let back = |document: &str| {
        let parameters =
            json!({"roleName": "deploy", "policyName": "p", "policyDocument": document});
        let record = by(call("iam", "PutRolePolicy", 0, parameters), user("alice"));
        let mut event = Event::parse(&record.to_string()).unwrap();
        let source = Source { event_id: "e".to_owned(), at: Timestamp::UNIX_EPOCH };
        let former = Prior::Absent { source, taken: Taken::Nothing };
        let known = Known { before: Answers { former, ..Answers::default() }, ..Known::default() };
        let facts = ENGINE.recognise_at_once(&mut event, &known).context;
        let step = undo(&event, &facts).remove(0).planned;
        assert!(step.command().unwrap().contains("delete-role-policy"));
        step.command_back()
    };
    let plain =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    let aimed =
        r#"{"Statement":{"Sid":"'; id; $(id) `id` \\x http://x @everyone","Resource":"<!here>"}}"#;
    for document in [plain, aimed] {
        let words = shell.run(&back(document).unwrap());
        assert_eq!(words[..2], ["iam", "put-role-policy"]);
        assert_eq!(value(&words, "--policy-document").as_deref(), Some(document));
    }
    let lines = "{\n\t\"Statement\": [],\r\n \"Id\": \"é\"\n}";
    let words = shell.run(&back(lines).unwrap());
    assert_eq!(json_of(&words), json!({"PolicyDocument": lines}));
    let long = format!(r#"{{"Statement":[],"Id":"{}"}}"#, "x".repeat(9_000));
    assert!(matches!(back(&long), Err(reason) if reason.contains("too long")));
    assert!(matches!(back("x"), Err(reason) if reason.contains("keep the document")));
}

/// The same for commands that no event of the rules leads to, and for those in the runbooks.
#[test]
fn no_value_stands_apart_from_its_option() {
    let mut read = 0;
    let mut check = |command: &str| {
        assert_eq!(values_apart(command), [""; 0], "{command}");
        read += 1;
    };
    for line in include_str!("../data/plans.ndjson").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        for step in steps(&case) {
            for command in ["command", "revert"] {
                step[command].as_str().into_iter().for_each(&mut check);
            }
        }
    }
    let engine =
        iam_responder::operate::folder::engine(&[std::path::Path::new("rules")], None, false)
            .unwrap();
    for rule in engine.rules().rules() {
        for quoted in rule.spec.runbook.split('`').skip(1).step_by(2) {
            if quoted.starts_with("aws ") {
                check(quoted);
            }
        }
    }
    assert!(read > 80, "{read} commands");
    for (command, want) in [
        ("aws iam get-role --role-name x", vec!["--role-name"]),
        ("aws iam x --a=b --flag --c d && aws iam y --e", vec!["--c"]),
        ("aws iam x --flag && aws iam y --cli-input-json '{}'", vec![]),
        ("aws iam x --cli-input-json file", vec!["--cli-input-json"]),
        ("aws iam x --id=\"$(aws iam y --query Z)\"", vec!["--query"]),
    ] {
        assert_eq!(values_apart(command), want, "{command}");
    }
}
