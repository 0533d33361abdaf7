//! Every rule of the pack, with its own tests, and the files that go with the pack.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use iam_responder::assess::engine::{Engine, SiteFiles, SourceFile};
use iam_responder::event::Event;
use iam_responder::facts::Known;
use iam_responder::iam::catalogue;
use iam_responder::operate::folder;
use iam_responder::own::Own;
use iam_responder::pack::PACK;
use iam_responder::plan;
use iam_responder::review::bus::whole_sources;
use iam_responder::review::{coverage, rule_test};
use iam_responder::rule::Rule;
use iam_responder::site::calendar::IcsFiles;
use serde_json::{Value, json};

use crate::support::{by, call, user};

#[test]
fn every_rule_passes_its_own_tests() {
    let engine = folder::engine(&[Path::new("rules")], None, false).unwrap();
    let event = |name: &str| Ok(fs::read_to_string(Path::new("events").join(name)).unwrap());
    let mut failures = Vec::new();
    for rule in engine.rules().rules() {
        let tests = &rule.spec.tests;
        assert!(tests.iter().any(|test| test.matches), "{}: no test that matches", rule.spec.id);
        assert!(tests.iter().any(|test| !test.matches), "{}: no near miss", rule.spec.id);
        for test in tests {
            if let Err(message) = pollster::block_on(rule_test::run(&engine, rule, test, &event)) {
                failures.push(format!("{}: {}: {message}", rule.spec.id, test.name));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The deployed name decides which resources are the tool's own.
#[test]
fn no_rule_holds_the_name_of_the_tool() {
    for file in folder::files(Path::new("rules")).unwrap() {
        let rule =
            file.extension().is_some_and(|ending| ending == "yaml") && !file.ends_with("site.yaml");
        let text = fs::read_to_string(&file).unwrap();
        assert!(!rule || !text.contains("iam-responder"), "{}", file.display());
    }
}

#[test]
fn every_rule_passes_its_own_tests_under_another_name() {
    let engine = Engine::packed(&PACK).unwrap().deployed_as(Own::new("watch-2", None).unwrap());
    let event = |name: &str| Ok(fs::read_to_string(Path::new("events").join(name)).unwrap());
    for rule in engine.rules().rules() {
        for test in &rule.spec.tests {
            let result = pollster::block_on(rule_test::run(&engine, rule, test, &event));
            assert_eq!(result, Ok(()), "{}: {}", rule.spec.id, test.name);
        }
    }
}

#[test]
fn the_pack_compiled_in_is_the_folder() {
    let ids = |engine: &Engine| -> BTreeSet<String> {
        engine.rules().ids().into_iter().map(str::to_owned).collect()
    };
    let folder = folder::engine(&[Path::new("rules")], None, false).unwrap();
    assert_eq!(ids(&Engine::packed(&PACK).unwrap()), ids(&folder));
    for rule in folder.rules().rules() {
        let name = Path::new(&rule.file).file_stem().unwrap().to_string_lossy().into_owned();
        assert_eq!(name, rule.spec.id, "{}", rule.file);
        assert!(rule.pattern.paths().contains(&"source"), "{}: pins no source", rule.spec.id);
    }
}

/// The rules that match an event, in their order: directly, via the possible rules, and the steps of sequences.
fn found(engine: &Engine, text: &str) -> [Vec<String>; 3] {
    let mut event = Event::parse(text).unwrap();
    let recognised = engine.recognise_at_once(&mut event, &Known::default());
    let names = |rules: &[&Rule]| rules.iter().map(|rule| rule.spec.id.clone()).collect();
    let steps = engine.rules().steps(event.raw()).into_iter();
    let steps = steps.map(|(rule, step)| format!("{} {step}", rule.spec.id)).collect();
    [names(&engine.rules().matching(event.raw()).rules), names(&recognised.matching.rules), steps]
}

#[test]
fn what_the_build_compiled_finds_what_the_rules_find_when_they_are_read() {
    const OWN: &str = "{id: own-after, title: t, severity: high, why: w, runbook: r, \
        sequence: {before: [{source: [aws.iam]}], within: 5m}, pattern: {source: [aws.iam, aws.signin]}}";
    let own = SourceFile { name: "own.yaml".to_owned(), text: OWN.to_owned() };
    let read = |path: &Path| folder::source_file(path).unwrap();
    let is_rule = |path: &&PathBuf| {
        path.extension().is_some_and(|end| end == "yaml") && !path.ends_with("site.yaml")
    };
    let files = folder::files(Path::new("rules")).unwrap();
    let mut all: Vec<SourceFile> = files.iter().filter(is_rule).map(|path| read(path)).collect();
    all.push(own.clone());
    let site = read(Path::new("rules/site.yaml"));
    let site = SiteFiles { site, calendars: IcsFiles::new() };
    let pairs = [
        (Engine::packed(&PACK).unwrap(), Engine::packed_checked(&PACK).unwrap()),
        (
            Engine::load(&[own], None, Some(&PACK)).unwrap(),
            Engine::load(&all, Some(&site), None).unwrap(),
        ),
    ];
    let mut seen = [0; 3];
    for (name, text) in PACK.events {
        for (packed, read) in &pairs {
            let (packed, read) = (found(packed, text), found(read, text));
            assert_eq!(packed, read, "{name}");
            seen.iter_mut().zip(packed).for_each(|(count, found)| *count += found.len());
        }
    }
    assert!(seen.iter().all(|count| *count > 50), "{seen:?}");
    let flags =
        pairs[0].1.rules().rules().map(|rule| (rule.spec.enabled, rule.held_for_days().is_some()));
    let packed = PACK.rules.rules.iter().map(|rule| (rule.enabled, rule.held_for_days));
    assert!(packed.eq(flags), "a flag of the pack is not what its rule says");
}

#[test]
fn the_index_of_rules_is_up_to_date() {
    let engine = folder::engine(&[Path::new("rules")], None, false).unwrap();
    let readme = fs::read_to_string("rules/README.md").unwrap();
    let (_, rest) = readme.split_once("<!-- index -->\n").unwrap();
    let (table, _) = rest.split_once("<!-- end of index -->").unwrap();
    let index = coverage::index(engine.rules().rules());
    assert!(table == index, "run: .ci/regenerate");
    let count = format!("{} detections, one a file", engine.rules().rules().len());
    assert!(fs::read_to_string("README.md").unwrap().contains(&count), "run: .ci/regenerate");
}

#[test]
fn the_table_of_undos_is_up_to_date() {
    let readme = fs::read_to_string("rules/README.md").unwrap();
    let (_, rest) = readme.split_once("<!-- undo -->\n").unwrap();
    let (table, _) = rest.split_once("<!-- end of undo -->").unwrap();
    assert!(table == plan::table(), "run: .ci/regenerate");
}

#[test]
fn every_fixture_is_named_in_the_readme() {
    let readme = fs::read_to_string("events/README.md").unwrap();
    for entry in fs::read_dir("events").unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(
            name == "README.md" || readme.contains(&name),
            "events/README.md does not name {name}"
        );
    }
}

/// A person's change that a narrow rule and a broad one see alike: the narrow one gives the title.
#[test]
fn the_title_is_that_of_the_rule_that_says_what_was_done() {
    let engine = Engine::packed(&PACK).unwrap();
    let check = |source: &str, name: &str, parameters: Value, leader: &str, other: &str| {
        let record = by(call(source, name, 0, parameters), user("ann"));
        let mut event = Event::parse(&record.to_string()).unwrap();
        let recognised = engine.recognise_at_once(&mut event, &Known::default());
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        let firing = engine.assess(&event, &recognised, &BTreeSet::new(), now).firing;
        let ids: Vec<&str> = firing.iter().map(|rule| rule.spec.id.as_str()).collect();
        assert_eq!(ids.first(), Some(&leader), "{ids:?}");
        assert!(ids.contains(&other), "{ids:?}");
    };
    let allow = |action: &str, whom: &str| json!({"Effect": "Allow", "Action": action, "Resource": "*", "Principal": {"AWS": whom}});
    let open = json!({"Statement": [allow("kms:*", "arn:aws:iam::111122223333:root"),
        allow("kms:Decrypt", "arn:aws:iam::999988887777:root")]});
    let key = json!({"keyId": "k", "policy": open.to_string()});
    check("kms", "PutKeyPolicy", key, "key-policy-open-to-foreign-account", "key-policy-changed");
    let alarm = json!({"alarmNames": ["CIS-3-3"]});
    check("monitoring", "DeleteAlarms", alarm, "security-alarm-cut", "alarms-deleted");
    let days = json!({"logGroupName": "org-audit", "retentionInDays": 1});
    check("logs", "PutRetentionPolicy", days, "security-log-cut", "log-retention-short");
    let filter = json!({"logGroupName": "org-audit", "filterName": "f"});
    check("logs", "DeleteMetricFilter", filter, "security-log-cut", "log-processing-cut");
    let passing =
        json!({"Statement": {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}});
    let inline =
        json!({"userName": "bob", "policyName": "p", "policyDocument": passing.to_string()});
    check("iam", "PutUserPolicy", inline, "document-grants-pass-any-role", "inline-policy-put");
}

/// Otherwise a call whose own rule is switched off would be reported as an unknown call.
#[test]
fn calls_of_watched_services_that_rules_name_are_known() {
    let engine = Engine::packed(&PACK).unwrap();
    let watched = whole_sources();
    let mut unknown = BTreeSet::new();
    let mut seen = 0;
    for rule in engine.rules().rules() {
        let sources = rule.pattern.texts("detail.eventSource");
        let of_watched = sources.iter().all(|source| watched.contains(source));
        if sources.is_empty() || !of_watched {
            continue;
        }
        let reads = ["Get", "List", "Describe", "Simulate", "Generate"];
        let known = |source: &&str, name: &str| {
            catalogue::find(source, name).is_some() || catalogue::is_unrated((*source, name))
        };
        for name in rule.pattern.texts("detail.eventName") {
            let is_read = reads.iter().any(|word| name.starts_with(word));
            seen += 1;
            if !is_read && !sources.iter().any(|source| known(source, name)) {
                unknown.insert(format!("{sources:?} {name}"));
            }
        }
    }
    assert!(seen > 500, "{seen}");
    assert!(unknown.is_empty(), "add to unrated.tsv:\n{}", Vec::from_iter(unknown).join("\n"));
}
