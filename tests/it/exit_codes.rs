//! Every row of the table of exit codes in README.md is tried on the command line, and no code that it lacks.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::recorded;

/// Commands that talk to the table.
const OF_THE_TABLE: [&str; 3] = ["verdict", "stats", "ledger seed"];

/// Every recorded run: its command, its code and its words. That it ends so is what `recorded.rs` tries.
fn recorded() -> Vec<(String, i32, String)> {
    let mut runs = Vec::new();
    for file in recorded::FILES.iter().flat_map(|pattern| recordings(pattern)) {
        let text = fs::read_to_string(&file).unwrap();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let Some(words) = line.strip_prefix("$ ") else { continue };
            // A program of another name would be skipped.
            let arguments = words.strip_prefix("iam-responder ");
            let arguments = arguments.unwrap_or_else(|| panic!("{}: {line}", file.display()));
            let code = lines.peek().and_then(|next| next.strip_prefix("? "));
            let code = code.map_or(0, |code| code.parse().unwrap());
            if !arguments.ends_with("--help") {
                runs.push((command(arguments), code, words.to_owned()));
            }
        }
    }
    runs
}

/// The files that a pattern of `recorded.rs` names: all recordings of one folder.
fn recordings(pattern: &str) -> Vec<PathBuf> {
    let folder = fs::read_dir(Path::new(pattern).parent().unwrap()).unwrap();
    let files = folder.map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|end| end == "trycmd")).collect()
}

/// The command, as the table names it.
fn command(arguments: &str) -> String {
    let mut words = arguments.split(' ');
    let verb = words.next().unwrap();
    match OF_THE_TABLE.iter().find_map(|command| command.strip_prefix(verb)?.strip_prefix(' ')) {
        Some(further) => format!("{verb} {further}"),
        None => verb.to_owned(),
    }
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

/// The rows that these runs prove.
#[track_caller]
fn proven<'r>(runs: impl IntoIterator<Item = (&'r str, i32, &'r str)>) -> BTreeSet<(String, i32)> {
    let rows = rows();
    let proven = runs.into_iter().map(|(command, code, words)| {
        let of = |command: &str| Some((command.to_owned(), code)).filter(|row| rows.contains(row));
        let row = of(command).or_else(|| of("any"));
        row.unwrap_or_else(|| panic!("README.md lacks {code} of {command}: {words}"))
    });
    proven.collect()
}

#[test]
fn the_table_of_exit_codes_is_what_the_command_line_does() {
    let recorded = recorded();
    let runs = recorded.iter().map(|(command, code, words)| (&**command, *code, &**words));
    let proven = proven(runs);
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

#[cfg(feature = "aws")]
mod with_aws {
    use std::collections::BTreeSet;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::process::{Command, Stdio};
    use std::thread;

    use super::{OF_THE_TABLE, proven, rows};

    /// The status of a run, with these variables and no others.
    fn status(arguments: &str, variables: &[(&str, &str)]) -> Option<i32> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iam-responder"));
        command.args(arguments.split(' ')).env_clear().envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().unwrap().code()
    }

    /// One alert, unacknowledged.
    const OPEN: &str = r#"{"Count":1,"Items":[{"event_id":{"S":"e-1"},"severity":{"S":"high"},
        "told_at":{"N":"1800000000000"}}]}"#;
    const REFUSED: &str =
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}"#;
    const DETAILS: &str = "<GetAccountAuthorizationDetailsResponse xmlns='https://iam.amazonaws.com/doc/2010-05-08/'>\
         <GetAccountAuthorizationDetailsResult><IsTruncated>false</IsTruncated>\
         </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>";

    /// The answers of the table and IAM.
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
            let variables = [
                ("AWS_ENDPOINT_URL", &*address),
                ("AWS_REGION", "us-east-1"),
                ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
                ("AWS_EC2_METADATA_DISABLED", "true"),
                ("IAM_RESPONDER_TABLE", "t"),
            ];
            for (_, code, arguments) in runs {
                assert_eq!(status(arguments, &variables), Some(*code), "{arguments}");
            }
            proven(runs.iter().copied())
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
