//! Every limit of README.md, tried at its edge: what is just within it passes, what is just beyond it meets
//! what the page says. A limit that is added to the page without an entry here fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use iam_responder::alert::{Alert, HELD_BACK_MAX, Message, SNS_SUBJECT_CHARS_MAX};
use iam_responder::assess::engine::{Engine, SiteFiles, SourceFile};
use iam_responder::effects::memory::Memory;
use iam_responder::effects::{Claim, Windows};
use iam_responder::event::{EVENT_BYTES_MAX, EVENT_DEPTH_MAX, Event, Unreadable};
use iam_responder::iam::policy::{Grants, PolicyDocument, STATEMENTS_MAX};
use iam_responder::pattern::{
    BRANCHES_MAX, BRANCHES_OF_ALL_MAX, Pattern, PatternIndex, STEPS_MAX, STEPS_OF_EVENT_MAX,
    VALUES_OF_ALL_MAX,
};
use iam_responder::rule::THRESHOLD_MAX;
use iam_responder::site::calendar::{ICS_BYTES_MAX, IcsFiles};
use iam_responder::site::{Format, GUARDED_MAX};
use iam_responder::text::clean::clean;
use iam_responder::text::line::{Line, NAME_CHARS_MAX, TEXT_CHARS_MAX};
use iam_responder::text::yaml::{YAML_BYTES_MAX, YAML_NODES_MAX, YamlDocument};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Where a limit is tried.
enum Tried {
    Here(fn()),
    /// In another file, by the test of this name: where the limit is an inner one, or of what AWS is asked.
    There(&'static str, &'static str),
}
use Tried::{Here, There};

/// By the first cell of their line in README.md.
const LIMITS: [(&str, Tried); 32] = [
    ("one event", Here(one_event)),
    (
        "one input file, unpacked",
        There("src/bin/iam-responder/files.rs", "a_file_is_read_up_to_the_limit_packed_or_not"),
    ),
    ("one rule or site file", Here(one_file)),
    ("`$or` combinations of a pattern", Here(combinations_of_a_pattern)),
    ("`$or` combinations of all rules and the site file", Here(combinations_of_all)),
    ("values in all these combinations", Here(values_of_all)),
    (
        "roles that one call hands over, what each of them holds, and which they may assume in turn",
        There("tests/it/handed.rs", "behind_more_roles_than_are_looked_at_nothing_is_hidden"),
    ),
    ("matching, for one pattern and event", Here(steps_of_a_pattern)),
    ("matching, for one event", Here(steps_of_an_event)),
    ("one policy document", Here(statements)),
    (
        "judging one event",
        There(
            "src/bin/iam-responder-lambda/watchdog.rs",
            "what_computes_beyond_the_last_look_is_given_up_and_goes_on",
        ),
    ),
    ("SNS subject", Here(subject)),
    ("names and texts in an alert", Here(names_and_texts)),
    ("one threshold", Here(threshold)),
    (
        "what the function remembers without a table",
        There("src/effects/memory/recent.rs", "a_flood_of_large_entries_stays_within_the_bytes"),
    ),
    (
        "what was before: who has a policy, is in a group, is or was an administrator's role of the account",
        There("tests/it/guarded.rs", "among_more_members_than_are_kept_a_guarded_one_may_be"),
    ),
    (
        "who has a policy that is changed, or is in a group that is",
        There("tests/it/together.rs", "behind_forty_bearers_no_half_is_hidden"),
    ),
    (
        "renames of a user or group that are followed",
        There("tests/it/together.rs", "behind_eight_names_no_half_is_hidden"),
    ),
    (
        "what one holds beside what it is given",
        There(
            "tests/it/together.rs",
            "forty_that_it_has_are_looked_at_and_behind_more_none_is_hidden",
        ),
    ),
    (
        "what was before: one policy, attachment or the like",
        There("core/src/prior/register.rs", "the_oldest_writes_make_room_and_older_ones_stay_out"),
    ),
    (
        "one publish",
        There(
            "tests/e2e/test_failure.py",
            "test_an_alert_that_cannot_be_published_waits_in_the_on_failure_queue",
        ),
    ),
    ("the table, for one event", There("src/aws/budget.rs", "a_table_has_its_time_twice")),
    (
        "accounts, calendars and the last hour, for one event",
        There("src/aws/budget.rs", "lookups_share_their_time"),
    ),
    ("one counter", There("tests/it/state.rs", "dynamodb_keeps_items_small")),
    ("repetitions counted for one alert", Here(repetitions)),
    (
        "alerts and verdicts",
        There("src/aws/dynamodb/alerts.rs", "an_alert_is_kept_for_ninety_days"),
    ),
    (
        "reminders at a time",
        There("tests/it/context.rs", "many_that_nobody_acknowledges_are_one_message"),
    ),
    ("iCalendar file", Here(icalendar_file)),
    ("iCalendar files of all calendars, each time that one is named", Here(icalendar_files)),
    // Of rules/README.md.
    ("guarded entities", Here(guarded)),
    ("title of a rule", Here(title)),
    ("steps of an adjustment", Here(adjustment)),
];
/// The limits at the end, which are in the text of rules/README.md.
const OF_THE_RULES: usize = 3;

#[test]
fn every_limit_is_tried_at_its_edge() {
    for (limit, tried) in LIMITS {
        match tried {
            Here(test) => test(),
            There(file, name) => {
                let text =
                    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
                let found = [format!("fn {name}("), format!("def {name}(")]
                    .iter()
                    .any(|one| text.contains(one));
                assert!(found, "{limit}: no test {name} in {file}");
            }
        }
    }
}

#[test]
fn the_page_and_this_list_name_the_same_limits() {
    let page = include_str!("../../README.md");
    let table = page.split("| Limit | | At the limit |\n|---|---|---|\n").nth(1).unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let names = rows.map(|row| row.split('|').nth(1).unwrap().trim());
    let of_page: BTreeSet<&str> = names.collect();
    let tried: BTreeSet<&str> =
        LIMITS.iter().take(LIMITS.len() - OF_THE_RULES).map(|(limit, _)| *limit).collect();
    assert_eq!(of_page, tried);
}

#[track_caller]
fn says(found: Result<impl Sized, impl ToString>, fragment: &str) {
    let fault = found.err().unwrap_or_else(|| panic!("passed, where it should say: {fragment}"));
    let fault = fault.to_string();
    assert!(fault.contains(fragment) || without_column(&fault).contains(fragment), "{fault}");
}

/// `f.yaml:1:7: …` as `f.yaml:1: …`: which line it is matters here.
fn without_column(fault: &str) -> String {
    match fault.splitn(4, ':').collect::<Vec<_>>().as_slice() {
        [file, line, _, rest] => format!("{file}:{line}:{rest}"),
        _ => fault.to_owned(),
    }
}

fn one_event() {
    let text = |bytes: usize| {
        let frame = r#"{"detail":{"a":""}}"#.len();
        json!({"detail": {"a": "x".repeat(bytes - frame)}}).to_string()
    };
    assert_eq!(text(EVENT_BYTES_MAX).len(), EVENT_BYTES_MAX);
    assert!(Event::parse(&text(EVENT_BYTES_MAX)).is_ok());
    says(Event::parse(&text(EVENT_BYTES_MAX + 1)), "at most 1048576 are read");
    let deep = |levels: usize| {
        format!("{{\"detail\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1))
    };
    assert!(Event::parse(&deep(EVENT_DEPTH_MAX)).is_ok());
    says(Event::parse(&deep(EVENT_DEPTH_MAX + 1)), "deeper than 64 levels");
}

fn one_file() {
    let long = |bytes: usize| format!("a: {}", "x".repeat(bytes - 3));
    assert!(YamlDocument::parse_all("f.yaml", &long(YAML_BYTES_MAX)).is_ok());
    says(
        YamlDocument::parse_all("f.yaml", &long(YAML_BYTES_MAX + 1)),
        "f.yaml:1: file has 1048577 bytes",
    );
    let many = |values: usize| format!("[{}]", vec!["1"; values - 1].join(","));
    assert!(YamlDocument::parse_all("f.yaml", &many(YAML_NODES_MAX)).is_ok());
    says(
        YamlDocument::parse_all("f.yaml", &many(YAML_NODES_MAX + 1)),
        "f.yaml:1: more than 200000 values",
    );
}

/// A pattern of `combinations` combinations, beside a list of `beside` values.
fn either(combinations: usize, beside: usize) -> Value {
    let one = |n: usize| json!({"b": [format!("v{n}")]});
    let mut pattern = json!({"$or": (0..combinations).map(one).collect::<Vec<_>>()});
    if beside > 0 {
        pattern["a"] = (0..beside).map(|n| json!(format!("w{n}"))).collect();
    }
    pattern
}

fn combinations_of_a_pattern() {
    assert!(Pattern::compile(&either(BRANCHES_MAX, 0)).is_ok());
    let faults = Pattern::compile(&either(BRANCHES_MAX + 1, 0)).unwrap_err();
    assert_eq!(faults[0].message, "`$or` gives more than 1000 combinations");
    // Two of them multiply.
    let half = json!({"x": either(40, 0), "y": either(25, 0)});
    assert!(Pattern::compile(&half).is_ok());
    assert!(Pattern::compile(&json!({"x": either(40, 0), "y": either(26, 0)})).is_err());
}

fn rule(number: usize, pattern: &Value) -> SourceFile {
    let text =
        format!("id: r{number}\ntitle: R\nseverity: low\nwhy: w\nrunbook: b\npattern: {pattern}\n");
    SourceFile { name: format!("r{number}.yaml"), text }
}

fn site(text: String) -> SiteFiles {
    SiteFiles {
        site: SourceFile { name: "site.yaml".to_owned(), text },
        calendars: IcsFiles::new(),
    }
}

fn load(rules: &[SourceFile], site: Option<&SiteFiles>) -> Result<Engine, String> {
    let first = |faults: Vec<iam_responder::text::yaml::Fault>| {
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    Engine::load(rules, site, None).map_err(first)
}

fn suppressions(patterns: &[Value]) -> String {
    let one = |pattern: &Value| {
        format!("- {{name: n, pattern: {pattern}, owner: o, reason: r, expires: 2030-01-01}}\n")
    };
    format!("suppressions:\n{}", patterns.iter().map(one).collect::<String>())
}

fn combinations_of_all() {
    let full = either(BRANCHES_MAX, 0);
    let rules: Vec<SourceFile> =
        (0..BRANCHES_OF_ALL_MAX / BRANCHES_MAX - 1).map(|n| rule(n, &full)).collect();
    let half = either(BRANCHES_MAX / 2, 0);
    let two = [half.clone(), half.clone()];
    assert!(load(&rules, Some(&site(suppressions(&two)))).is_ok());
    let three = suppressions(&[half.clone(), half, json!({"a": ["b"]})]);
    let beyond = load(&rules, Some(&site(three)));
    says(
        beyond,
        "site.yaml:4: `suppressions[2].pattern`: the patterns up to this one have 15001 combinations",
    );
    let adjustment =
        format!("{}severity:\n- {{when: {{a: [b]}}, lower: 1, because: x}}\n", suppressions(&two));
    says(
        load(&rules, Some(&site(adjustment))),
        "site.yaml:3: `suppressions[1].pattern`: the patterns up to this one have 15001 combinations",
    );
    let one_more: Vec<SourceFile> = (0..BRANCHES_OF_ALL_MAX / BRANCHES_MAX)
        .map(|n| rule(n, &full))
        .chain([rule(99, &json!({"a": ["b"]}))])
        .collect();
    says(
        load(&one_more, None),
        "r99.yaml:6: `pattern`: the patterns up to this one have 15001 combinations",
    );
}

fn values_of_all() {
    let beside = VALUES_OF_ALL_MAX / BRANCHES_MAX - 1;
    let full = rule(1, &either(BRANCHES_MAX, beside));
    assert!(load(std::slice::from_ref(&full), None).is_ok());
    says(
        load(&[full.clone(), rule(2, &json!({"a": ["b"]}))], None),
        "r2.yaml:6: `pattern`: the patterns up to this one have 100001 values",
    );
    let silent = suppressions(&[json!({"a": ["b"]})]);
    says(
        load(&[full], Some(&site(silent))),
        "site.yaml:2: `suppressions[0].pattern`: the patterns up to this one have 100001 values",
    );
    let faults = Pattern::compile(&either(BRANCHES_MAX, beside + 1)).unwrap_err();
    assert!(faults[0].message.starts_with("more than 100000 values"), "{faults:?}");
    // Each refused value counts.
    let values: Vec<String> = (0..=beside).map(|n| format!("w{n}")).collect();
    let mut pattern = either(BRANCHES_MAX, 0);
    pattern["a"] = json!([{"anything-but": values}]);
    assert!(Pattern::compile(&pattern).is_err());
}

/// An event with two fields in an array that never meet.
fn apart(elements: usize) -> Value {
    let one = |_| json!({"b": "x"});
    json!({"a": (0..elements).map(one).chain([json!({"c": "y"})]).collect::<Vec<_>>()})
}

/// The steps that finding out takes. For each field one, a tenth of the elements, a tenth of what is compared; then
/// each choice for the first field, and for each of them the only one for the second.
fn steps(elements: usize) -> usize {
    2 + (elements + 1 + elements) / 10 + (elements + 2) / 10 + 2 * elements
}

fn steps_of_a_pattern() {
    let pattern = Pattern::compile(&json!({"a": {"b": ["x"], "c": ["y"]}})).unwrap();
    let index = PatternIndex::new([&pattern]);
    let last = (1..STEPS_MAX).take_while(|elements| steps(*elements) < STEPS_MAX).last().unwrap();
    let below = index.search(&apart(last));
    assert_eq!((below.matching, below.cut), (vec![], vec![]), "{last} elements");
    let above = index.search(&apart(last + 1));
    assert_eq!((above.matching, above.cut), (vec![0], vec![0]));
}

fn steps_of_an_event() {
    // Patterns that take nearly all that one may, found by what every event has.
    let pattern =
        Pattern::compile(&json!({"a": {"b": ["x"], "c": [{"exists": true}]}, "s": ["t"]})).unwrap();
    let mut event = apart(40_000);
    event["s"] = json!("t");
    let most = STEPS_OF_EVENT_MAX / steps(40_000);
    let search = |count: usize| PatternIndex::new(vec![&pattern; count]).search(&event);
    let below = search(most - 1);
    assert!(below.matching.is_empty(), "{below:?}");
    let above = search(most + 2);
    assert!(!above.cut.is_empty() && above.cut.len() < most, "{above:?}");
    assert_eq!(above.cut, above.matching);
}

fn statements() {
    let document = |count: usize| {
        let one = json!({"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"});
        PolicyDocument::parse(&json!({"Statement": vec![one; count]}).to_string()).unwrap()
    };
    let is_cut = |document| Grants::of(&document, None).all.contains("too-long");
    assert!(!is_cut(document(STATEMENTS_MAX)));
    assert!(is_cut(document(STATEMENTS_MAX + 1)));
    // Readings of one statement: each exception by itself, of actions and of resources.
    let twice = |resources: usize| {
        let except = |name: &str, count: usize| {
            (0..count).map(|n| format!(r#""{name}":"s3:{n}","#)).collect::<String>()
        };
        let text = format!(
            r#"{{"Statement":[{{{}{}"Effect":"Allow"}}]}}"#,
            except("NotAction", 4),
            except("NotResource", resources)
        );
        PolicyDocument::parse(&text).unwrap()
    };
    assert!(!is_cut(twice(4)));
    assert!(is_cut(twice(5)));
}

fn subject() {
    let of = |letters: usize| {
        let mut alert = Alert::unreadable(&Unreadable::UnknownShape, None, None);
        alert.title = Line::text(&"x".repeat(letters - "[HIGH] ".len()));
        Message::new(&alert, Format::Text).subject
    };
    assert_eq!(of(SNS_SUBJECT_CHARS_MAX), format!("[HIGH] {}", "x".repeat(93)));
    assert_eq!(of(SNS_SUBJECT_CHARS_MAX + 1), format!("[HIGH] {}...", "x".repeat(90)));
}

fn names_and_texts() {
    for most in [NAME_CHARS_MAX, TEXT_CHARS_MAX] {
        assert_eq!(clean(&"x".repeat(most), most), "x".repeat(most));
        let cut = clean(&"x".repeat(most + 1), most);
        assert!(cut != "x".repeat(most + 1) && cut.chars().count() < most + 30, "{cut}");
        assert!(cut.chars().any(|c| c.is_ascii_digit()), "how much is left out: {cut}");
    }
}

fn threshold() {
    let with = |count: u32| {
        let mut file = rule(1, &json!({"a": ["b"]}));
        file.text += &format!("threshold: {{count: {count}, within: 5m, by: [account]}}\n");
        load(&[file], None)
    };
    assert!(with(THRESHOLD_MAX).is_ok() && with(2).is_ok());
    says(with(THRESHOLD_MAX + 1), "r1.yaml:7: `threshold.count`: a threshold counts 2 to 1000");
    says(with(1), "a threshold counts 2 to 1000");
}

fn repetitions() {
    let (state, at) = (Memory::default(), Timestamp::UNIX_EPOCH);
    let window = SignedDuration::from_mins(10);
    let claim = |id: &str, at| pollster::block_on(state.claim("f", id, at, window)).unwrap();
    let held = |repetitions: u32| {
        for number in 0..repetitions {
            pollster::block_on(state.hold_back("f", &format!("h{number}"))).unwrap();
        }
    };
    claim("first", at);
    held(HELD_BACK_MAX - 1);
    let later = at + window + SignedDuration::from_secs(1);
    assert!(matches!(claim("second", later), Claim::Ours { held } if held == HELD_BACK_MAX - 1));
    held(HELD_BACK_MAX + 1);
    let latest = later + window + SignedDuration::from_secs(1);
    assert!(matches!(claim("third", latest), Claim::Ours { held } if held == HELD_BACK_MAX));
}

fn calendars(files: &[(&str, String)], names: usize) -> Result<Engine, String> {
    let known: IcsFiles =
        files.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect();
    let text: String = (0..names)
        .map(|n| format!("  c{n}: {{zone: Etc/UTC, ics: {}}}\n", files[n % files.len()].0))
        .collect();
    let mut site = site(format!("calendars:\n{text}"));
    site.calendars = known;
    load(&[rule(1, &json!({"a": ["b"]}))], Some(&site))
}

/// A file of `series` series, padded to `bytes` bytes.
fn ics(series: usize, bytes: usize) -> String {
    let one = |n: usize| {
        format!(
            "BEGIN:VEVENT\r\nUID:u{n}\r\nDTSTART:20260101T000000Z\r\nDURATION:PT1H\r\n\
             RRULE:FREQ=DAILY;COUNT=2\r\nEND:VEVENT\r\n"
        )
    };
    let head =
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}", (0..series).map(one).collect::<String>());
    let tail = "END:VCALENDAR\r\n";
    let short = bytes.saturating_sub(head.len() + tail.len());
    // Lines that mean nothing, of 64 bytes and what is left.
    let line = |length: usize| format!("X-P:{}\r\n", "x".repeat(length.saturating_sub(6)));
    let (lines, rest) = if short < 128 { (0, short) } else { (short / 64 - 1, short % 64 + 64) };
    let padding = line(64).repeat(lines) + &if rest > 0 { line(rest) } else { String::new() };
    format!("{head}{padding}{tail}")
}

fn icalendar_file() {
    let full = ics(1, ICS_BYTES_MAX);
    assert_eq!(full.len(), ICS_BYTES_MAX);
    assert!(calendars(&[("a.ics", full)], 1).is_ok());
    says(
        calendars(&[("a.ics", ics(1, ICS_BYTES_MAX + 1))], 1),
        "site.yaml:2: `calendars.c0.ics`: a.ics: more than 1048576 bytes",
    );
    assert!(calendars(&[("a.ics", ics(100, 0))], 1).is_ok());
    says(
        calendars(&[("a.ics", ics(101, 0))], 1),
        "site.yaml:2: `calendars.c0.ics`: a.ics: more than 100 recurring events",
    );
}

fn icalendar_files() {
    let full = ("a.ics", ics(1, ICS_BYTES_MAX));
    assert!(calendars(std::slice::from_ref(&full), 4).is_ok());
    says(
        calendars(&[full], 5),
        "site.yaml:6: `calendars.c4.ics`: a.ics: the iCalendar files up to this one have more than 4194304 bytes together",
    );
    let series = ("a.ics", ics(100, 0));
    assert!(calendars(std::slice::from_ref(&series), 2).is_ok());
    says(
        calendars(&[series, ("b.ics", ics(100, 0))], 3),
        "site.yaml:4: `calendars.c2.ics`: a.ics: the iCalendar files up to this one have more than 200 recurring events together",
    );
}

fn guarded() {
    let list = |count: usize| {
        let one = |n: usize| format!("- arn:aws:iam::111122223333:role/r{n}\n");
        format!("protected:\n{}", (0..count).map(one).collect::<String>())
    };
    assert!(load(&[rule(1, &json!({"a": ["b"]}))], Some(&site(list(GUARDED_MAX)))).is_ok());
    let beyond = load(&[rule(1, &json!({"a": ["b"]}))], Some(&site(list(GUARDED_MAX + 1))));
    says(beyond, "site.yaml:1: `protected`: 501 entities are guarded, 500 at most");
}

fn title() {
    let with = |length: usize| {
        let mut file = rule(1, &json!({"a": ["b"]}));
        file.text = file.text.replace("title: R", &format!("title: {}", "R".repeat(length)));
        load(&[file], None)
    };
    assert!(with(70).is_ok());
    says(with(71), "r1.yaml:2: `title`: a title has 1 to 70 characters");
}

fn adjustment() {
    let with = |steps: u8| {
        let text = format!("severity:\n- {{when: {{a: [b]}}, lower: {steps}, because: x}}\n");
        load(&[rule(1, &json!({"a": ["b"]}))], Some(&site(text)))
    };
    assert!(with(4).is_ok() && with(1).is_ok());
    says(with(5), "site.yaml:2: `severity[0]`: steps are 1 to 4");
    says(with(0), "steps are 1 to 4");
}
