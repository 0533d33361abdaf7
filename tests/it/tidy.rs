//! The house is as `src/lib.rs` says: a station imports only stations below it, no two rooms import each other in a
//! circle, what is below the wall is pure, and no file grows without end.

mod circles;
mod imports;
mod order;
mod said;
mod words;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use circles::circles;
use imports::{Modules, module_of};
use order::disordered;
use said::{BANNED, banned};
use words::words;

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
/// Words that no code below the wall may hold, and what it would do. Every type's `now` is a clock's.
const IMPURE_WORDS: [(&[&str], &str); 5] = [
    (&["async"], "waits"),
    (&["await"], "waits"),
    // Both are in the prelude: nobody needs to import them.
    (&["Future"], "waits"),
    (&["IntoFuture"], "waits"),
    (&["::", "now"], "reads a clock"),
];
/// Imports that no code below the wall may have, and what each would do.
const IMPURE: [(&str, &str); 16] = [
    ("std::future", "waits"),
    ("std::task", "waits"),
    ("std::fs", "reads files"),
    // Its methods ask the disk without naming `fs`.
    ("std::path", "reads files"),
    ("std::io", "reads and writes"),
    ("std::os", "reads files"),
    ("std::env", "reads the environment"),
    ("std::process", "starts programs"),
    ("jiff::tz::TimeZone::system", "reads the environment"),
    ("jiff::tz::TimeZone::try_system", "reads the environment"),
    ("std::time::SystemTime", "reads a clock"),
    ("std::time::Instant", "reads a clock"),
    ("std::net::TcpStream", "speaks to the network"),
    ("std::net::TcpListener", "speaks to the network"),
    ("std::net::UdpSocket", "speaks to the network"),
    ("std::thread", "starts threads"),
];
/// Longest file, in lines.
const LINES_MAX: usize = 600;

/// Longest function, in lines of code between its name and its last brace.
const FUNCTION_LINES_MAX: usize = 70;
/// The function that returns foreign text unescaped, and the files that may call it: they inspect the text, build a
/// line of it, or print it for programs with an escaper of their own.
const RAW: &str = "as_it_is";
const RAW_IN: [&str; 6] = [
    "core/src/text/hostile.rs",
    "core/src/text/line.rs",
    "core/src/alert/phrase.rs",
    "core/src/alert/text.rs",
    "src/respond/handle.rs",
    "src/bin/iam-responder/explain.rs",
];
/// Names of files that do not say what is in them.
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

/// The code of a file, without its tests and comments.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = before_tests.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.fold(String::new(), |mut code, line| {
        let _ = writeln!(code, "{line}");
        code
    })
}

/// Definitions in a front page: it should only describe its folder and re-export its parts.
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
    let is_one = |whole: &&str| {
        let inner = whole.strip_prefix("pub(in ").and_then(|rest| rest.split_once(") "));
        let line = inner.map_or(*whole, |(_, rest)| rest);
        let mut rest = line.split([' ', '<']).filter(|word| !word.starts_with("pub"));
        let first = rest.find(|word| !["async", "unsafe", "default"].contains(word));
        // A macro may define anything.
        first.is_some_and(|word| words.contains(&word) || word.ends_with('!'))
    };
    code.lines().filter(is_one).collect()
}

/// Functions that are too long, as the formatter lays them out: the last brace is below the first word.
fn long_functions(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let of_function = |line: &str| {
        let line = line.trim_start();
        let inner = line.strip_prefix("pub(in ").and_then(|rest| rest.split_once(") "));
        let words = inner.map_or(line, |(_, rest)| rest).split(' ');
        let words = words.take_while(|word| *word != "fn");
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

/// The fault of a file with too many lines.
fn too_long(text: &str) -> Option<String> {
    let count = text.lines().count();
    (count > LINES_MAX).then(|| format!("{count} lines; at most {LINES_MAX}"))
}

/// All sources.
#[derive(Clone)]
struct House {
    texts: BTreeMap<PathBuf, String>,
    modules: Modules,
}

impl House {
    /// Reads the sources.
    fn read() -> Self {
        let mut house = Self { texts: BTreeMap::new(), modules: Modules::default() };
        for file in SOURCES.iter().flat_map(|src| files(Path::new(src))) {
            let text = fs::read_to_string(&file).unwrap();
            house.put(&file, text);
        }
        house
    }

    fn put(&mut self, file: &Path, text: String) {
        self.modules.put(file, &text);
        self.texts.insert(file.to_owned(), text);
    }

    /// All faults of a file, except circles.
    fn faults_of(&self, file: &Path) -> Vec<String> {
        let faults = [self.faults_of_text(file), self.faults_of_imports(file)].concat();
        faults.into_iter().map(|fault| format!("{}: {fault}", file.display())).collect()
    }

    /// The faults of one file, apart from its imports.
    fn faults_of_text(&self, file: &Path) -> Vec<String> {
        let text = self.texts[file].as_str();
        let mut faults = long_functions(text);
        faults.extend(too_long(text));
        let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if NAMELESS.contains(&name) {
            faults.push("a file is named after what is in it".to_owned());
        }
        faults.extend(banned(file, text));
        let raw = RAW_IN.iter().any(|of| Path::new(of) == file);
        if !raw && code(text).contains(RAW) {
            faults.push(format!("`{RAW}` prints what others chose; use `shown`"));
        }
        let folder = file.with_extension("");
        let inner = self.texts.range(folder.clone()..).map(|(other, _)| other);
        let mut inner = inner.take_while(|other| other.starts_with(&folder));
        let of_tests =
            |path: &PathBuf| path.iter().any(|part| part == "tests" || part == "tests.rs");
        if name != "tests" && !inner.all(of_tests) {
            let code = code(text);
            let defines = definitions(&code).into_iter();
            faults.extend(defines.map(|line| format!("a front page defines `{line}`")));
            faults.extend(disordered(&self.modules, file, text));
        }
        faults
    }

    /// Faults in the place of a file and in its imports.
    fn faults_of_imports(&self, file: &Path) -> Vec<String> {
        let module = module_of(file);
        let [of, station, ..] = module.as_slice() else { return Vec::new() };
        if of != "crate" {
            return Vec::new();
        }
        let floor_of = |station: &str| FLOORS.iter().position(|floor| floor.contains(&station));
        let Some(floor) = floor_of(station) else {
            return vec![format!("`{station}` has no floor")];
        };
        let pure = floor < PURE;
        let mut faults = Vec::new();
        if pure != file.starts_with(SOURCES[0]) {
            faults.push(format!("`{station}` is on the wrong side of the wall"));
        }
        let imports = self.modules.imports(&module);
        let own = imports.iter().filter(|path| path[0] == "crate");
        for import in own.filter_map(|path| path.get(1)).filter(|import| *import != station) {
            if floor_of(import).is_none_or(|other| other >= floor) {
                faults.push(format!("imports `{import}`, which is not below `{station}`"));
            }
        }
        let is_test = file.file_name().is_some_and(|name| name == "tests.rs");
        if pure && !is_test {
            let imported =
                |path: &str| imports.iter().any(|import| brings(&import.join("::"), path));
            let found = IMPURE.iter().filter(|(path, _)| imported(path));
            faults.extend(found.map(|(path, does)| format!("`{path}` {does}, below the wall")));
            let words = words(&self.texts[file]);
            let said = |phrase: &[&str]| words.windows(phrase.len()).any(|found| found == phrase);
            let found = IMPURE_WORDS.iter().filter(|(phrase, _)| said(phrase));
            faults.extend(
                found.map(|(phrase, does)| format!("`{}` {does}, below the wall", phrase.concat())),
            );
        }
        faults
    }
}

/// Does an import name this, a part of it, or everything beside it?
fn brings(import: &str, what: &str) -> bool {
    let part =
        import.strip_prefix(what).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    part || import.strip_suffix('*').is_some_and(|beside| what.starts_with(beside))
}

#[test]
fn the_house_is_tidy() {
    let house = House::read();
    let alone = house.texts.keys().flat_map(|file| house.faults_of(file));
    let of_tests = files(Path::new("tests")).into_iter().flat_map(|file| {
        let text = fs::read_to_string(&file).unwrap();
        let faults = long_functions(&text).into_iter().chain(too_long(&text));
        let faults: Vec<String> = faults.collect();
        faults.into_iter().map(move |fault| format!("{}: {fault}", file.display()))
    });
    let faults: Vec<String> = alone.chain(of_tests).chain(circles(&house.modules)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_map_shows_every_station_on_its_floor() {
    /// Width of the drawing where it names the stations of a floor.
    const STATIONS_COLUMNS: usize = 20;
    let maps = SOURCES.map(|src| fs::read_to_string(Path::new(src).join("lib.rs")).unwrap());
    let map = maps.concat();
    let places = FLOORS.iter().flat_map(|stations| stations.iter()).map(|station| {
        map.find(&format!("pub mod {station};")).unwrap_or_else(|| panic!("no `{station}`"))
    });
    assert!(places.is_sorted(), "the maps name their stations in another order");
    // The drawing: a line a floor, from the top, with its number and its stations.
    let drawn: Vec<Vec<&str>> = map
        .lines()
        .filter_map(|line| {
            let (number, rest) = line.strip_prefix("//!  ")?.trim_start().split_once("  ")?;
            number.parse::<usize>().ok()?;
            // The purpose of a floor is in a column of its own, behind its stations.
            Some(rest.get(..STATIONS_COLUMNS)?.split_whitespace().collect())
        })
        .collect();
    let floors: Vec<Vec<&str>> = FLOORS.iter().rev().map(|stations| stations.to_vec()).collect();
    assert_eq!(drawn, floors, "the map draws other floors");
}

/// Changes one file of a copy, and expects this fault.
#[track_caller]
fn check_spoilt(house: &House, file: &str, spoil: impl Fn(&str) -> String, fault: &str) {
    let (mut copy, path) = (house.clone(), Path::new(file));
    let spoilt = spoil(house.texts.get(path).map_or("", String::as_str));
    let first = spoilt.lines().next().unwrap_or_default().to_owned();
    copy.put(path, spoilt);
    let mut found = copy.faults_of(path);
    let is_one = |found: &String| found.starts_with(file) && found.contains(fault);
    if !found.iter().any(is_one) {
        found.extend(circles(&copy.modules));
    }
    assert!(found.iter().any(is_one), "{file}: `{first}`: {found:?}");
}

#[track_caller]
fn check_added(house: &House, file: &str, line: &str, fault: &str) {
    check_spoilt(house, file, |text| format!("{line}\n{text}"), fault);
}

#[test]
fn a_spoilt_house_is_not() {
    let house = House::read();
    check_added(&house, "core/src/effects.rs", "", "wrong side of the wall");
    check_added(&house, "src/cellar.rs", "", "has no floor");
    check_spoilt(&house, "core/src/text/live.rs", |text| text.repeat(10), "at most 600");
    let defined = [
        ("core/src/event.rs", "pub(crate) fn f() {}", "defines `pub(crate) fn f()"),
        ("core/src/alert.rs", "impl<T> X for T {}", "defines `impl<T>"),
        ("src/bin/iam-responder/check.rs", "const X: u8 = 0;", "defines `const X"),
        ("core/src/event.rs", "pub(in crate::event) fn f() {}", "defines `pub(in crate::event) fn"),
        ("core/src/event.rs", "words! {", "defines `words! {"),
    ];
    for (file, line, fault) in defined {
        check_spoilt(&house, file, |text| format!("{text}{line}\n"), fault);
    }
    check_added(&house, "core/src/text/utils.rs", "", "named after what is in it");
    let unordered = |text: &str| {
        text.replace("mod write;", "").replace("mod address;", "mod address;\nmod write;")
    };
    let fault = "`mod write;` is not below `mod address;`, which it imports";
    check_spoilt(&house, "core/src/prior.rs", unordered, fault);
    for (word, _) in BANNED {
        for said in [word.to_owned(), word.to_uppercase()] {
            let line = format!("// So {said} it is.");
            check_added(&house, "core/src/text/nearest.rs", &line, &format!("says `{word}`"));
        }
    }
    let raw = |text: &str| format!("fn f(line: &Line) {{ line.as_it_is(); }}\n{text}");
    check_spoilt(&house, "src/respond/send.rs", raw, "prints what others chose");
    for of in ["pub async fn f()", "pub(in crate::aws) fn f()", "async fn f()"] {
        let long = |text: &str| format!("{text}\n{of} {{\n{}}}\n", "    g();\n".repeat(71));
        check_spoilt(&house, "src/aws/sns.rs", long, "71 lines; at most 70");
    }
}

#[test]
fn a_station_above_is_found_however_it_is_imported() {
    let house = House::read();
    let lines = [
        ("rule.rs", "use crate::site::Site;", "site"),
        ("iam/policy.rs", "use crate::{text::nearest, event::Event};", "event"),
        ("iam/policy.rs", "use crate::{text::{nearest, live::{self}}, event};", "event"),
        ("site/spec.rs", "fn f() { crate::respond::caller::whose(); }", "respond"),
        ("rule/spec.rs", "use super::super::site::Site;", "site"),
        ("rule/spec.rs", "use super::super::{text::nearest, facts::Facts};", "facts"),
        ("rule/spec.rs", "use crate as root; fn f(_: root::alert::Alert) {}", "alert"),
    ];
    for (file, line, station) in lines {
        let fault = format!("imports `{station}`");
        check_added(&house, &format!("core/src/{file}"), line, &fault);
    }
}

#[test]
fn what_is_impure_is_found_however_it_is_imported() {
    let mut house = House::read();
    let lines = [
        ("use std::fs;", "`std::fs`"),
        ("use std::{collections::BTreeMap, fs};", "`std::fs`"),
        ("use std::{cmp, fs::{self, File}};", "`std::fs`"),
        ("use std as base; fn f() { base::fs::read(\"\"); }", "`std::fs`"),
        ("use std::{env::var as setting};", "`std::env`"),
        ("fn f() { std::path::Path::new(\"x\").exists(); }", "`std::path`"),
        (
            "use jiff::tz::{TimeZone}; fn f() { TimeZone::try_system(); }",
            "`jiff::tz::TimeZone::try_system`",
        ),
        ("async fn wait() {}", "`async`"),
        ("fn wait() -> impl Future<Output = ()> { f() }", "`Future`"),
        ("fn wait(_: impl IntoFuture) {}", "`IntoFuture`"),
        ("use std::time::Instant;", "`std::time::Instant`"),
        ("use std::time::{Duration, SystemTime};", "`std::time::SystemTime`"),
        ("use std::time; fn f(_: time::Instant) {}", "`std::time::Instant`"),
        ("use std::time::*;", "`std::time::Instant`"),
        ("fn f() { jiff::Zoned::now(); }", "`::now`"),
        ("use jiff::Timestamp as T; fn f() { T::now(); }", "`::now`"),
        ("fn f() { std::thread::spawn(g); }", "`std::thread`"),
    ];
    let file = "core/src/alert/json.rs";
    for (line, fault) in lines {
        check_added(&house, file, line, fault);
    }
    let harmless = [
        "#[cfg(test)] mod tests { use std::fs; }",
        "#[cfg(test)] pub(super) use std::{env, fs};",
        "/// Like `std::fs`. */ async",
        "/* async */ const X: [&str; 2] = [\"Zoned::now \\\"\", r#\" \" std::fs\"#];",
        "fn now<'a>(c: &'a char) -> bool { *c == '\"' || *c == '\\'' }",
    ];
    house.put(Path::new(file), harmless.join("\n"));
    assert_eq!(house.faults_of(Path::new(file)), [""; 0]);
    check_added(&house, file, "fn f(c: char) { c == '\"' || std::fs::exists('\"') }", "`std::fs`");
}

#[test]
fn a_circle_is_found_however_it_is_imported() {
    let house = House::read();
    let lines = [
        ("core/src/prior/holdings.rs", "use super::reader::Reader;"),
        ("core/src/prior/holdings.rs", "use super::{known::Prior, reader::Reader};"),
        ("core/src/prior/holdings.rs", "use super::{known::{Prior, Why}, reader::{self as r}};"),
        ("core/src/prior/holdings.rs", "use crate::prior::reader::Reader;"),
        ("core/src/prior/holdings.rs", "use crate::{prior::{known, reader}, text};"),
        ("core/src/prior/holdings.rs", "use crate::prior::Inquiry;"),
        ("core/src/prior/holdings.rs", "use super::{Inquiry as I, Prior};"),
        ("core/src/prior/holdings.rs", "use crate::prior; fn f(_: prior::Inquiry) {}"),
        ("core/src/prior/holdings.rs", "use super::*;"),
        ("core/src/prior/holdings.rs", "fn f(_: super::Inquiry) {}"),
        ("core/src/prior/holdings.rs", "#[serde(with = \"super::reader\")]"),
        ("core/src/prior/holdings.rs", "mod inner { use super::super::reader::Reader; }"),
        // Circles that were once.
        ("core/src/iam/kind.rs", "use super::catalogue; fn f() { catalogue::calls(); }"),
        ("core/src/prior/index.rs", "use super::{Value, tags};"),
        ("core/src/prior/answer.rs", "use super::write::PATH;"),
        ("core/src/prior/handed/search.rs", "use crate::prior::Questions;"),
        ("core/src/prior/bearers.rs", "use super::held::Held;"),
        ("core/src/site/calendar/ics/series.rs", "use super::super::window::Calendar;"),
        ("src/bin/iam-responder/files.rs", "use crate::Cli;"),
        ("src/bin/iam-responder/check/remark.rs", "use super::run;"),
    ];
    for (file, line) in lines {
        check_added(&house, file, line, "in a circle");
    }
}
