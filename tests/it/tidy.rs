//! The house is as `src/lib.rs` says: a station imports only stations below it, what is below the wall is pure, and
//! no file grows without end.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The stations by their floors, the ground first. Stations of one floor do not import each other.
const FLOORS: [&[&str]; 13] = [
    &["text"],
    &["iam"],
    &["event", "pattern"],
    &["vocabulary"],
    &["own", "prior", "rule"],
    &["site"],
    &["facts"],
    &["plan"],
    &["assess"],
    &["alert"],
    &["effects", "pack"],
    &["aws", "respond"],
    &["operate", "review"],
];
/// The floors below the wall, where nothing waits, reads a clock, the environment or a file: the package `core`.
const PURE: usize = 10;
/// The sources of both packages: below the wall, and above it.
const SOURCES: [&str; 2] = ["core/src", "src"];
/// What no code below the wall may hold, and what it would be.
const IMPURE: [(&str, &str); 11] = [
    ("async ", "waits"),
    (".await", "waits"),
    ("std::fs", "reads files"),
    ("fs::read", "reads files"),
    ("std::env", "reads the environment"),
    ("env::var", "reads the environment"),
    ("SystemTime", "reads a clock"),
    ("Instant", "reads a clock"),
    ("Timestamp::now", "reads a clock"),
    ("TcpStream", "speaks to the network"),
    ("std::thread", "starts threads"),
];
/// Longest file, in lines.
const LINES_MAX: usize = 600;

/// Longest function, in lines of code between its name and its last brace.
const FUNCTION_LINES_MAX: usize = 70;
/// Words that say less than another, and what says more.
const BANNED: [(&str, &str); 13] = [
    ("TODO", "do it, or leave it out"),
    ("FIXME", "mend it, or leave it out"),
    ("XXX", "mend it, or leave it out"),
    ("blacklist", "what it denies"),
    ("whitelist", "what it allows"),
    ("sanity", "what is checked"),
    ("simply", "nothing"),
    ("obviously", "nothing"),
    ("basically", "nothing"),
    ("thereof", "the thing itself"),
    ("therein", "the thing itself"),
    ("wherein", "the thing itself"),
    ("parted", "separated"),
];
/// Names of files that say nothing of what is in them.
const NAMELESS: [&str; 5] = ["common", "helpers", "misc", "util", "utils"];

/// All Rust files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect();
    found.sort();
    found
}

/// What a file says outside of its tests and its comments.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = before_tests.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.fold(String::new(), |mut code, line| {
        let _ = writeln!(code, "{line}");
        code
    })
}

/// What a front page defines: it says what its folder is, and hands on what is in it.
fn definitions(code: &str) -> Vec<&str> {
    let words = [
        "fn",
        "struct",
        "enum",
        "const",
        "static",
        "trait",
        "type",
        "impl",
        "union",
        "macro_rules!",
    ];
    let is_one = |line: &&str| {
        let mut rest = line.split([' ', '<']).filter(|word| !word.starts_with("pub"));
        let first = rest.find(|word| !["async", "unsafe", "default"].contains(word));
        first.is_some_and(|word| words.contains(&word))
    };
    code.lines().filter(is_one).collect()
}

/// Functions that are too long, as the formatter lays them out: the last brace stands below the first word.
fn long_functions(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let of_function = |line: &str| {
        let words = line.trim_start().split(' ').take_while(|word| *word != "fn");
        let before = words.clone().count();
        let plain = |word: &str| word.starts_with("pub") || ["async", "const"].contains(&word);
        line.contains("fn ") && before <= 3 && words.into_iter().all(plain)
    };
    let starts = lines.iter().enumerate().filter(|(_, line)| of_function(line));
    starts
        .filter_map(|(start, line)| {
            let last = format!("{}}}", " ".repeat(indent(line)));
            let length = lines.get(start..)?.iter().position(|line| *line == last)?;
            let inside = lines.get(start + 1..start + length)?.iter().map(|line| line.trim());
            let count = inside.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
            (count > FUNCTION_LINES_MAX)
                .then(|| format!("`{}`: {count} lines; at most {FUNCTION_LINES_MAX}", line.trim()))
        })
        .collect()
}

/// The stations that a code imports, by `crate::station`.
fn imports(code: &str) -> Vec<String> {
    let after = code.split("crate::").skip(1);
    after
        .flat_map(|rest| match rest.strip_prefix('{') {
            // `crate::{text, iam::arn}`
            Some(list) => list.split('}').next().unwrap_or_default().split(',').collect::<Vec<_>>(),
            None => vec![rest],
        })
        .map(|path| path.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

/// Everything at fault in the sources of a folder that holds both packages.
fn faults(root: &Path) -> Vec<String> {
    SOURCES
        .iter()
        .zip([true, false])
        .flat_map(|(src, pure)| faults_of(&root.join(src), pure))
        .collect()
}

/// Everything at fault in the sources of one package: the one below the wall, or the one above it.
fn faults_of(src: &Path, pure: bool) -> Vec<String> {
    let floors: BTreeMap<&str, usize> = FLOORS
        .iter()
        .enumerate()
        .flat_map(|(floor, stations)| stations.iter().map(move |name| (*name, floor)))
        .collect();
    let mut faults = Vec::new();
    for path in files(src) {
        let inside = path.strip_prefix(src).unwrap();
        let shown = inside.display();
        let text = fs::read_to_string(&path).unwrap();
        let count = text.lines().count();
        if count > LINES_MAX {
            faults.push(format!("{shown}: {count} lines; at most {LINES_MAX}"));
        }
        faults.extend(long_functions(&text).into_iter().map(|long| format!("{shown}: {long}")));
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if NAMELESS.contains(&name) {
            faults.push(format!("{shown}: a file is named after what is in it"));
        }
        for (word, better) in BANNED {
            let words = text.split(|c: char| !c.is_alphanumeric());
            if words.into_iter().any(|found| found == word) {
                faults.push(format!("{shown}: says `{word}`; say {better}"));
            }
        }
        let inner = files(&path.with_extension(""));
        let of_tests =
            |path: &PathBuf| path.iter().any(|part| part == "tests" || part == "tests.rs");
        let station = inside.iter().next().and_then(|part| part.to_str()).unwrap_or_default();
        if station != "bin" && name != "tests" && !inner.iter().all(of_tests) {
            let code = code(&text);
            let defines = definitions(&code).into_iter();
            faults.extend(defines.map(|line| format!("{shown}: a front page defines `{line}`")));
        }
        let station = station.trim_end_matches(".rs");
        if ["lib", "build", "bin"].contains(&station) {
            continue;
        }
        let Some(floor) = floors.get(station) else {
            faults.push(format!("{shown}: `{station}` has no floor"));
            continue;
        };
        if (*floor < PURE) != pure {
            faults.push(format!("{shown}: `{station}` is on the wrong side of the wall"));
        }
        let code = code(&text);
        for import in imports(&code) {
            let below = floors.get(import.as_str()).is_some_and(|other| other < floor);
            if import != station && !below {
                faults.push(format!("{shown}: imports `{import}`, which is not below `{station}`"));
            }
        }
        let impure = IMPURE.iter().filter(|(words, _)| *floor < PURE && code.contains(words));
        faults.extend(
            impure.map(|(words, does)| format!("{shown}: `{words}` {does}, below the wall")),
        );
    }
    faults
}

/// The rooms beside a room that it imports, by `super::room`.
fn neighbours(path: &Path, code: &str) -> Vec<PathBuf> {
    let Some(folder) = path.parent() else { return Vec::new() };
    let names = code.split("super::").skip(1).map(|rest| {
        rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    });
    names.map(|name| folder.join(format!("{name}.rs"))).filter(|file| file.exists()).collect()
}

/// Rooms beside each other that import each other in a loop.
fn circles(root: &Path) -> Vec<String> {
    let read = |path: PathBuf| {
        let code = code(&fs::read_to_string(&path).unwrap());
        let next = neighbours(&path, &code);
        (path, next)
    };
    let all = SOURCES.iter().flat_map(|src| files(&root.join(src)));
    let mut ways: BTreeMap<PathBuf, Vec<PathBuf>> = all.map(read).collect();
    // Whoever imports nobody that is left is in no circle.
    loop {
        let done: Vec<PathBuf> = ways
            .iter()
            .filter(|(path, next)| next.iter().all(|to| to == *path || !ways.contains_key(to)))
            .map(|(path, _)| path.clone())
            .collect();
        if done.is_empty() {
            break;
        }
        done.iter().for_each(|path| _ = ways.remove(path));
    }
    ways.keys()
        .map(|path| format!("{}: in a circle of imports, or above one", path.display()))
        .collect()
}

#[test]
fn the_house_is_tidy() {
    let faults = [faults(Path::new(".")), circles(Path::new("."))].concat();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_map_shows_every_station_on_its_floor() {
    let maps = SOURCES.map(|src| fs::read_to_string(Path::new(src).join("lib.rs")).unwrap());
    let map = maps.concat();
    let places = FLOORS.iter().flat_map(|stations| stations.iter()).map(|station| {
        map.find(&format!("pub mod {station};")).unwrap_or_else(|| panic!("no `{station}`"))
    });
    assert!(places.is_sorted(), "the maps name their stations in another order");
}

/// A copy of the sources with one file changed.
#[track_caller]
fn check_spoilt(file: &str, spoil: impl Fn(&str) -> String, fault: &str) {
    let copy =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("spoilt-{fault}").replace(' ', "-"));
    let _ = fs::remove_dir_all(&copy);
    for path in SOURCES.iter().flat_map(|src| files(Path::new(src))) {
        let to = copy.join(&path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&path, to).unwrap();
    }
    let path = copy.join(file);
    let spoilt = spoil(&fs::read_to_string(&path).unwrap_or_default());
    fs::write(&path, spoilt).unwrap();
    let found = [faults(&copy), circles(&copy)].concat();
    fs::remove_dir_all(&copy).unwrap();
    assert!(found.iter().any(|found| found.contains(fault)), "{file}: {found:?}");
}

#[test]
fn a_spoilt_house_is_not() {
    let add = |line: &'static str| move |text: &str| format!("{line}\n{text}");
    check_spoilt("core/src/rule.rs", add("use crate::site::Site;"), "imports `site`");
    check_spoilt(
        "core/src/iam/policy.rs",
        add("use crate::{text::nearest, event::Event};"),
        "imports `event`",
    );
    check_spoilt(
        "core/src/site/spec.rs",
        add("fn f() { crate::respond::caller::whose(); }"),
        "imports `respond`",
    );
    check_spoilt("core/src/plan/value.rs", add("use std::fs;"), "below the wall");
    check_spoilt("core/src/facts/bearer.rs", add("async fn wait() {}"), "waits");
    check_spoilt("core/src/alert/json.rs", add("use std::time::Instant;"), "reads a clock");
    check_spoilt("core/src/prior/holdings.rs", add("use super::reader::Reader;"), "in a circle");
    check_spoilt("core/src/effects.rs", add(""), "wrong side of the wall");
    check_spoilt("src/cellar.rs", add(""), "has no floor");
    check_spoilt("core/src/text/live.rs", |text| text.repeat(10), "at most 600");
    check_spoilt(
        "core/src/event.rs",
        |text| format!("{text}pub(crate) fn f() {{}}\n"),
        "defines `pub(crate) fn f()",
    );
    check_spoilt(
        "core/src/alert.rs",
        |text| format!("{text}impl<T> X for T {{}}\n"),
        "defines `impl<T>",
    );
    check_spoilt("core/src/text/utils.rs", add(""), "named after what is in it");
    check_spoilt("core/src/text/nearest.rs", add("// This is simply so."), "says `simply`");
    let long = |text: &str| format!("{text}\npub async fn f() {{\n{}}}\n", "    g();\n".repeat(71));
    check_spoilt("src/aws/sns.rs", long, "71 lines; at most 70");
}
