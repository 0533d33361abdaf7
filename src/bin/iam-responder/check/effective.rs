//! `check --effective`: the site in force, each line with the file that says it.

use std::io::Write;
use std::path::PathBuf;

use iam_responder::assess::engine::{Engine, SITE_FILE};
use iam_responder::operate::folder;
use iam_responder::site::SiteSpec;
use iam_responder::text::yaml::YamlDocument;
use serde_json::{Map, Value, json};

use crate::exit::{Exit, Failure};
use crate::options::{Global, OutputFormat};

/// The source of a value that is in no file.
const BUILT_IN: &str = "built in";

/// The place of an entry in its section.
#[derive(Debug, PartialEq)]
enum At {
    /// By this key.
    Key(String),
    /// In a list.
    Item,
    /// The section has one value.
    Alone,
}

/// One entry of the site.
#[derive(Debug, PartialEq)]
struct Entry {
    section: &'static str,
    at: At,
    value: Value,
    /// As `mine/site.yaml:12`, or [`BUILT_IN`].
    whence: String,
}

/// Prints all entries.
///
/// # Errors
/// As [`write`].
pub(super) fn print(global: &Global, engine: &Engine) -> Result<Exit, Failure> {
    let mut out = anstream::stdout().lock();
    write(&mut out, global, engine)?;
    out.flush()?;
    Ok(Exit::Clean)
}

/// Writes all entries: to people as YAML, to programs as one JSON object a line.
///
/// # Errors
/// The site file cannot be read again, or the output not be written.
fn write(out: &mut impl Write, global: &Global, engine: &Engine) -> Result<(), Failure> {
    let own = match own_file(global) {
        Some(path) => {
            let file = folder::source_file(&path)?;
            YamlDocument::parse_all(&file.name, &file.text)
                .map_err(|fault| Failure::Rules(vec![fault]))?
                .into_iter()
                .next()
        }
        None => None,
    };
    let entries = entries(engine, own.as_ref());
    if global.format == OutputFormat::Json {
        for Entry { section, at, value, whence } in &entries {
            let key = if let At::Key(key) = at { Some(key) } else { None };
            let line = json!({"section": section, "key": key, "value": value, "whence": whence});
            writeln!(out, "{line}")?;
        }
        return Ok(());
    }
    let mut last = "";
    for Entry { section, at, value, whence } in &entries {
        if *section != last && *at != At::Alone {
            writeln!(out, "{section}:")?;
        }
        last = section;
        match at {
            At::Key(key) => writeln!(out, "  {}: {value}  # {whence}", Value::from(key.as_str()))?,
            At::Item => writeln!(out, "  - {value}  # {whence}")?,
            At::Alone => writeln!(out, "{section}: {value}  # {whence}")?,
        }
    }
    Ok(())
}

/// The site file beside the pack: the one that is named, else the first of the rule folders.
pub(super) fn own_file(global: &Global) -> Option<PathBuf> {
    let of_folder = || global.rules.iter().map(|folder| folder.join(SITE_FILE));
    global.site.clone().or_else(|| of_folder().find(|path| path.is_file()))
}

fn entries(engine: &Engine, own: Option<&YamlDocument>) -> Vec<Entry> {
    let site = engine.site();
    let mut spec = site.spec().clone();
    // An entry that is in both files is in force once.
    spec.severity = site.adjustments().iter().map(|one| one.spec.clone()).collect();
    spec.suppressions = site.suppressions().iter().map(|one| one.spec.clone()).collect();
    let said = own.map(said).unwrap_or_default();
    let line =
        |path: &str| own.map_or_else(String::new, |own| format!("{}:{}", own.file, own.line(path)));
    let mut entries = Vec::new();
    for (section, value) in sections(&spec) {
        let own = said.iter().find(|(name, _)| *name == section).map(|(_, value)| value);
        let mut add = |at: At, value: Value, path: Option<String>| {
            let whence = path.map_or_else(|| BUILT_IN.to_owned(), |path| line(&path));
            entries.push(Entry { section, at, value, whence });
        };
        match value {
            Value::Array(items) => {
                let own = own.and_then(Value::as_array);
                for item in items {
                    let at = own.and_then(|own| own.iter().position(|one| *one == item));
                    add(At::Item, item, at.map(|at| format!("{section}[{at}]")));
                }
            }
            Value::Object(map) => {
                for (key, value) in map {
                    let is_own = own.is_some_and(|own| own.get(&key).is_some());
                    let path = is_own.then(|| format!("{section}.{key}"));
                    add(At::Key(key), value, path);
                }
            }
            other => add(At::Alone, other, own.map(|_| section.to_owned())),
        }
    }
    entries
}

/// The entries of the own file, in a comparable form. A key without a value counts as missing.
fn said(document: &YamlDocument) -> Vec<(&'static str, Value)> {
    let mut document = document.clone();
    let mut given = Vec::new();
    if let Value::Object(map) = &mut document.value {
        map.retain(|_, value| !value.is_null());
        given = map.keys().cloned().collect();
    }
    let mut said = document.decode::<SiteSpec>().map(|spec| sections(&spec)).unwrap_or_default();
    said.retain(|(name, _)| given.iter().any(|key| key == name));
    said
}

/// The sections of a site file that say something, in its order.
fn sections(spec: &SiteSpec) -> Vec<(&'static str, Value)> {
    const SECTIONS: [&str; 13] = [
        "defaults",
        "accounts",
        "organization",
        "environment",
        "calendars",
        "severity",
        "suppressions",
        "pipelines",
        "source-identity-roles",
        "overrides",
        "topics",
        "break-glass",
        "protected",
    ];
    let Value::Object(mut map) = pruned(serde_json::to_value(spec).unwrap_or_default()) else {
        return Vec::new();
    };
    SECTIONS.into_iter().filter_map(|name| Some((name, map.remove(name)?))).collect()
}

/// The value without its empty parts.
fn pruned(value: Value) -> Value {
    let says = |value: &Value| match value {
        Value::Null => false,
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    };
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().map(|(key, value)| (key, pruned(value)));
            Value::Object(kept.filter(|(_, value)| says(value)).collect::<Map<_, _>>())
        }
        // A pattern may match null, so no element of a list is left out.
        Value::Array(items) => items.into_iter().map(pruned).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use iam_responder::assess::engine::{SiteFiles, SourceFile};
    use iam_responder::site::calendar::IcsFiles;

    use super::*;
    use iam_responder::pack::PACK;

    const OWN: &str = r"accounts:
  '111122223333': {name: own}
organization: o-exampleorgid
severity:
  - {when: {derived: {environment: [production], environmentKnown: [true]}}, because: environment is production}
  - {when: {derived: {environment: [staging]}}, lower: 1, because: stages}
pipelines:
";

    fn whence(text: &str) -> Vec<(String, String)> {
        let site = SourceFile { name: "mine/site.yaml".to_owned(), text: text.to_owned() };
        let files = SiteFiles { site, calendars: IcsFiles::new() };
        let engine = Engine::packed_with(&PACK, &files).unwrap();
        let own = YamlDocument::parse_all("mine/site.yaml", text).unwrap().remove(0);
        let name = |entry: &Entry| match (&entry.at, entry.value.get("because")) {
            (At::Key(key), _) => format!("{} {key}", entry.section),
            (At::Item, Some(because)) => format!("{} {because}", entry.section),
            _ => entry.section.to_owned(),
        };
        entries(&engine, Some(&own)).iter().map(|one| (name(one), one.whence.clone())).collect()
    }

    #[test]
    fn each_line_says_where_it_comes_from() {
        let entries = whence(OWN);
        let of = |name: &str| {
            let found: Vec<&str> = entries
                .iter()
                .filter(|(one, _)| one == name)
                .map(|(_, whence)| whence.as_str())
                .collect();
            assert_eq!(found.len(), 1, "{name}: {entries:?}");
            found.concat()
        };
        assert_eq!(of("accounts 111122223333"), "mine/site.yaml:2");
        assert_eq!(of("accounts 444455556666"), BUILT_IN);
        assert_eq!(of("organization"), "mine/site.yaml:3");
        assert_eq!(of("severity \"environment is development\""), BUILT_IN);
        // Said by both in the same words, and once in force.
        assert_eq!(of("severity \"environment is production\""), "mine/site.yaml:5");
        assert_eq!(of("severity \"stages\""), "mine/site.yaml:6");
        assert_eq!(of("calendars business-hours"), BUILT_IN);
        assert_eq!(of("environment values"), BUILT_IN);
        assert_eq!(of("defaults"), BUILT_IN);
        assert!(whence("defaults: none\n").iter().all(|(_, whence)| whence == "mine/site.yaml:1"));
    }
}
