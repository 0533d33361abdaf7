//! Every row of the table of exit codes in README.md, tried on the command line; and no code that it lacks.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

/// Commands that talk to the table.
const OF_THE_TABLE: [&str; 3] = ["verdict", "stats", "ledger seed"];

/// Command, code, and a run that ends so. `@` is the folder with the files below.
const RUNS: [(&str, i32, &str); 42] = [
    ("respond", 0, "respond @/quiet.json"),
    ("respond", 10, "respond events/attach-role-policy-admin.json"),
    ("respond", 10, "respond @/hello.json"),
    ("respond", 10, "respond @/damaged.json"),
    ("respond", 1, "respond @/nowhere.json"),
    ("respond", 2, "respond"),
    ("respond", 3, "respond --rules @/broken @/quiet.json"),
    ("respond", 3, "respond --site @/broken-site.yaml @/quiet.json"),
    ("explain", 0, "explain @/quiet.json"),
    ("explain", 10, "explain events/attach-role-policy-admin.json"),
    ("explain", 10, "explain @/hello.json"),
    ("explain", 10, "explain @/damaged.json"),
    ("explain", 1, "explain --rule no-such-rule @/quiet.json"),
    ("explain", 2, "explain --format yaml @/quiet.json"),
    ("explain", 3, "explain --rules @/broken @/quiet.json"),
    ("test", 0, "test root-activity"),
    ("test", 3, "test --no-pack --rules @/failing"),
    ("test", 1, "test no-such-rule"),
    ("test", 2, "test --no-pack"),
    ("test", 3, "test --rules @/broken"),
    ("check", 0, "check"),
    ("check", 10, "check --no-pack --rules @/untested"),
    ("check", 1, "check --rules @/nowhere"),
    ("check", 1, "check --name Not_A_Prefix"),
    ("check", 2, "check --region nowhere"),
    ("check", 3, "check --format json --rules @/broken"),
    ("bus-rules", 0, "bus-rules --no-pack --rules @/untested"),
    ("bus-rules", 3, "bus-rules --no-pack --rules @/foreign"),
    ("bus-rules", 1, "bus-rules --no-pack --rules @/untested --into @/quiet.json"),
    ("bus-rules", 2, "bus-rules --out x"),
    ("bus-rules", 3, "bus-rules --rules @/broken"),
    ("coverage", 0, "coverage"),
    ("coverage", 10, "coverage --no-pack --rules @/untested"),
    ("coverage", 1, "coverage --no-pack --rules @/untested --layer @/nowhere/layer.json"),
    ("coverage", 2, "coverage --layer"),
    ("coverage", 3, "coverage --rules @/broken"),
    ("schema", 0, "schema rule"),
    ("schema", 0, "schema site"),
    ("schema", 2, "schema event"),
    ("verdict", 2, "verdict e-1 mistake"),
    ("stats", 2, "stats --days 0"),
    ("ledger seed", 2, "ledger seed --to x"),
];

const FILES: [(&str, &str); 8] = [
    (
        "quiet.json",
        r#"{"source":"aws.s3","account":"111122223333","detail-type":"AWS API Call via CloudTrail",
            "detail":{"eventName":"ListBuckets","eventSource":"s3.amazonaws.com","readOnly":true}}"#,
    ),
    ("hello.json", r#"{"hello":"world"}"#),
    ("damaged.json", r#"{"detail":"#),
    ("broken/a.yaml", "id: a\nseverity: loud\n"),
    ("broken-site.yaml", "acounts: {}\n"),
    (
        "untested/a.yaml",
        "{id: a, title: t, severity: high, why: w, runbook: r, pattern: {source: [aws.iam]}}\n",
    ),
    (
        "foreign/a.yaml",
        "{id: a, title: t, severity: high, why: w, runbook: r, pattern: {source: [my.app]}}\n",
    ),
    (
        "failing/a.yaml",
        "{id: a, title: t, severity: high, why: w, runbook: r, pattern: {source: [aws.iam]},
          tests: [{name: n, event: list-users.json, match: false}]}\n",
    ),
];

/// A folder that is gone with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("iam-responder-{}-{name}", std::process::id()));
        for (file, text) in FILES {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The status of a run, with these variables and no others.
fn status(arguments: &str, scratch: &Scratch, variables: &[(&str, &str)]) -> Option<i32> {
    let folder = scratch.0.display().to_string();
    let arguments = arguments.split(' ').map(|word| word.replace('@', &folder));
    let mut command = Command::new(env!("CARGO_BIN_EXE_iam-responder"));
    command.args(arguments).env_clear().envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().unwrap().code()
}

/// The rows of the table, each of one command or of `any`.
fn rows() -> BTreeSet<(String, i32)> {
    let readme = fs::read_to_string("README.md").unwrap();
    let (_, table) = readme.split_once("\n| Command | Code | Meaning |\n|---|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let mut found = BTreeSet::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        for command in cells[1].split(", ") {
            let new =
                found.insert((command.trim_matches('`').to_owned(), cells[2].parse().unwrap()));
            assert!(new, "stands twice: {row}");
        }
    }
    found
}

/// Runs them all, and gives the rows that they prove.
#[track_caller]
fn proven(runs: &[(&str, i32, &str)], variables: &[(&str, &str)]) -> BTreeSet<(String, i32)> {
    let scratch = Scratch::new(runs[0].0);
    let rows = rows();
    let mut proven = BTreeSet::new();
    // Some take long: the pack's bus rules are made.
    let ended: Vec<Option<i32>> = thread::scope(|scope| {
        let scratch = &scratch;
        let run = |(_, _, arguments)| scope.spawn(move || status(arguments, scratch, variables));
        let running: Vec<_> = runs.iter().copied().map(run).collect();
        running.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for ((command, code, arguments), ended) in runs.iter().zip(ended) {
        assert_eq!(ended, Some(*code), "{arguments}");
        let of = |command: &str| Some((command.to_owned(), *code)).filter(|row| rows.contains(row));
        let row = of(command).or_else(|| of("any"));
        assert!(row.is_some(), "README.md lacks {code} of {command}");
        proven.extend(row);
    }
    proven
}

#[test]
fn the_table_of_exit_codes_is_what_the_command_line_does() {
    let proven = proven(&RUNS, &[]);
    let of_the_table = |(command, _): &&(String, i32)| OF_THE_TABLE.contains(&command.as_str());
    let rows = rows();
    let unproven: Vec<_> =
        rows.iter().filter(|row| !of_the_table(row)).filter(|row| !proven.contains(row)).collect();
    assert!(unproven.is_empty(), "{unproven:?}");
}

#[test]
fn the_table_of_exit_codes_has_every_command() {
    let rows = rows();
    let help = Command::new(env!("CARGO_BIN_EXE_iam-responder")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let commands = commands.lines().take_while(|line| !line.is_empty());
    let names = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    for name in names.filter(|name| !["", "help"].contains(name)) {
        let named =
            |(command, code): &(String, i32)| command.split(' ').next() == Some(name) && *code == 0;
        assert!(rows.iter().any(named), "{name}");
    }
}

#[cfg(not(feature = "aws"))]
#[test]
fn without_aws_what_talks_to_the_table_is_not_done() {
    let runs = [
        ("verdict", 1, "verdict e-1 expected"),
        ("stats", 1, "stats"),
        ("ledger seed", 1, "ledger seed"),
    ];
    proven(&runs, &[]);
}

#[cfg(feature = "aws")]
mod with_aws {
    use std::collections::BTreeSet;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use super::{OF_THE_TABLE, proven, rows};

    /// One alert, of which nobody spoke.
    const OPEN: &str = r#"{"Count":1,"Items":[{"event_id":{"S":"e-1"},"severity":{"S":"high"},
        "told_at":{"N":"1800000000000"}}]}"#;
    const REFUSED: &str =
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}"#;
    const DETAILS: &str = "<GetAccountAuthorizationDetailsResponse xmlns='https://iam.amazonaws.com/doc/2010-05-08/'>\
         <GetAccountAuthorizationDetailsResult><IsTruncated>false</IsTruncated>\
         </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>";

    /// What the table and IAM answer.
    #[derive(Clone, Copy)]
    struct Answers {
        scan: &'static str,
        update: (u16, &'static str),
        iam: (u16, &'static str),
    }

    /// An address at which every call is answered so.
    fn served(answers: Answers) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, answers);
            }
        });
        address
    }

    fn answer(mut stream: TcpStream, answers: Answers) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut head, mut line) = (String::new(), String::new());
        while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
            head.push_str(&std::mem::take(&mut line).to_lowercase());
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length = length.map_or(0, |length| length.trim().parse().unwrap());
        reader.take(length).read_to_end(&mut Vec::new()).unwrap();
        let (status, body) = match head.lines().find_map(|line| line.strip_prefix("x-amz-target:"))
        {
            Some(target) if target.ends_with("scan") => (200, answers.scan),
            Some(_) => answers.update,
            None => answers.iam,
        };
        let _ = write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
    }

    #[test]
    fn what_talks_to_the_table_ends_as_the_table_of_exit_codes_says() {
        let with = |runs: &[(&'static str, i32, &'static str)], answers: Answers| {
            let address = served(answers);
            proven(
                runs,
                &[
                    ("AWS_ENDPOINT_URL", &address),
                    ("AWS_REGION", "us-east-1"),
                    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
                    ("AWS_SECRET_ACCESS_KEY", "secret"),
                    ("AWS_EC2_METADATA_DISABLED", "true"),
                    ("IAM_RESPONDER_TABLE", "t"),
                ],
            )
        };
        let well = with(
            &[
                ("verdict", 0, "verdict e-1 expected"),
                ("stats", 0, "stats"),
                ("ledger seed", 0, "ledger seed"),
            ],
            Answers { scan: r#"{"Count":0,"Items":[]}"#, update: (200, "{}"), iam: (200, DETAILS) },
        );
        let ill = with(
            &[
                ("verdict", 1, "verdict e-1 expected"),
                ("stats", 10, "stats"),
                ("ledger seed", 1, "ledger seed"),
            ],
            Answers { scan: OPEN, update: (400, REFUSED), iam: (403, "<Error/>") },
        );
        let proven: BTreeSet<_> = well.union(&ill).cloned().collect();
        let of_the_table = |row: &&(String, i32)| OF_THE_TABLE.contains(&row.0.as_str());
        let rows = rows();
        let unproven: Vec<_> =
            rows.iter().filter(of_the_table).filter(|row| !proven.contains(row)).collect();
        assert!(unproven.is_empty(), "{unproven:?}");
    }
}
