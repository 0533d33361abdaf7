//! Words that say less than another are in no file that people read: sources, tables, rules, scripts and tests.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Words that say less than another, in small letters, and what says more.
pub(super) const BANNED: [(&str, &str); 19] = [
    ("todo", "do it, or leave it out"),
    ("fixme", "mend it, or leave it out"),
    ("xxx", "mend it, or leave it out"),
    ("blacklist", "what it denies"),
    ("whitelist", "what it allows"),
    ("sanity", "what is checked"),
    ("simply", "nothing"),
    ("obviously", "nothing"),
    ("basically", "nothing"),
    ("thereof", "the thing itself"),
    ("therein", "the thing itself"),
    ("wherein", "the thing itself"),
    ("whatever", "what it is, or `any`"),
    ("parted", "separated"),
    ("told", "`published`, `reported`, `printed`, `logged` or `said`"),
    ("tell", "`publish`, `report`, `print`, `log` or `say`"),
    ("tells", "`publishes`, `reports`, `prints`, `logs` or `says`"),
    ("whoever", "who it is"),
    ("whomever", "who it is"),
];
/// Files that may say a word, and why: nothing else of them is excused.
const EXCUSED: [(&str, &str); 6] = [
    // An attribute of tables has this name.
    ("src/aws/dynamodb/alerts.rs", "told"),
    ("src/aws/dynamodb/deliveries.rs", "told"),
    ("tests/it/budget.rs", "told"),
    ("tests/it/exit_codes.rs", "told"),
    ("tests/e2e/test_fault_matrix.py", "told"),
    // A lint of Clippy has this name.
    ("Cargo.toml", "todo"),
];
/// Files that are read for their words alone, and folders of such files.
const READ: [&str; 9] = [
    ".ci",
    "benches",
    "core/src/iam/catalogue",
    "events",
    "infra",
    "rules",
    "tests",
    "Cargo.toml",
    "README.md",
];
/// What is below these and is not read: answers of AWS and stored alerts of older releases, and this list.
const UNREAD: [&str; 2] = ["tests/data", "tests/it/tidy/said.rs"];

/// The words of a file that say less than another.
pub(super) fn banned(file: &Path, text: &str) -> Vec<String> {
    let small = text.to_lowercase();
    let said: HashSet<&str> = small.split(|c: char| !c.is_alphanumeric()).collect();
    let excused =
        |word: &str| EXCUSED.iter().any(|(of, one)| Path::new(of) == file && *one == word);
    let found = BANNED.iter().filter(|(word, _)| said.contains(word) && !excused(word));
    found.map(|(word, better)| format!("says `{word}`; say {better}")).collect()
}

/// All files of a folder, or the file itself.
fn below(path: PathBuf) -> Vec<PathBuf> {
    if UNREAD.iter().any(|unread| Path::new(unread) == path) {
        return Vec::new();
    }
    let Ok(entries) = fs::read_dir(&path) else { return vec![path] };
    entries.flatten().flat_map(|entry| below(entry.path())).collect()
}

/// The files that are read for their words alone, with their texts; what is not text is left out.
fn texts() -> Vec<(PathBuf, String)> {
    let files = READ.iter().flat_map(|path| below(PathBuf::from(path)));
    files.filter_map(|file| fs::read_to_string(&file).ok().map(|text| (file, text))).collect()
}

#[test]
fn tables_rules_scripts_and_tests_say_what_they_mean() {
    let found = texts().into_iter().flat_map(|(file, text)| {
        let faults = banned(&file, &text).into_iter();
        faults.map(move |fault| format!("{}: {fault}", file.display()))
    });
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_word_that_says_less_is_found_in_each_of_them() {
    let read = texts();
    let files = [
        ".ci/role_fields.py",
        "Cargo.toml",
        "README.md",
        "core/src/iam/catalogue/steps.tsv",
        "events/README.md",
        "infra/README.md",
        "rules/iam/deny-removed.yaml",
        "rules/site.yaml",
        "tests/cmd/respond.trycmd",
        "tests/e2e/deployment.py",
        "tests/it/undo.rs",
        "tests/templates/checks.py",
    ];
    for file in files {
        let file = Path::new(file);
        let (_, text) = read.iter().find(|(read, _)| read == file).expect("it is read");
        let spoilt = format!("{text}\n# Whoever_reads this.\n");
        assert_eq!(banned(file, &spoilt).len(), 1, "{}", file.display());
    }
    // An excuse is for one word of one file, and for one that is there.
    for (file, word) in EXCUSED {
        let text = fs::read_to_string(file).unwrap();
        assert!(text.contains(word), "{file} no longer says `{word}`");
        assert_eq!(banned(Path::new("src/lib.rs"), &text).len(), 1, "{file}");
    }
}
