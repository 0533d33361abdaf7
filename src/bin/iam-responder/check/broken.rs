//! What is to be said beside faults: of the files that have none all of it, of the others what asks in vain.

use std::collections::{BTreeMap, BTreeSet};

use iam_responder::assess::engine::{Engine, SiteFiles, SourceFile};
use iam_responder::operate::folder;
use iam_responder::pack::PACK;
use iam_responder::pattern::Pattern;
use iam_responder::rule::{Rule, RuleSpec};
use iam_responder::text::yaml::{Fault, YamlDocument};
use iam_responder::vocabulary::{Vain, doubts, doubts_of_test};
use serde_json::Value;

use super::effective::own_file;
use super::remark::Remark;
use super::sound;
use super::written::Written;
use crate::exit::Failure;
use crate::files;
use crate::options::Global;

/// The remarks about files of which some have these faults.
pub(super) fn remarks(global: &Global, faults: &[Fault]) -> Result<Vec<Remark>, Failure> {
    let broken: BTreeSet<&str> = faults.iter().map(|fault| fault.file.as_str()).collect();
    let (whole, others): (Vec<SourceFile>, Vec<SourceFile>) =
        rule_files(global).into_iter().partition(|file| !broken.contains(file.name.as_str()));
    let site = own_file(global).and_then(|path| folder::site_files(&path).ok());
    let (whole_site, other_site) = match site {
        Some(site) if broken.contains(site.site.name.as_str()) => (None, Some(site)),
        site => (site, None),
    };
    let mut remarks = match engine(global, &whole, whole_site.as_ref()) {
        Some(engine) => sound::remarks(&engine, &mut Written::of(global))?,
        None => Vec::new(),
    };
    for file in &others {
        for document in YamlDocument::parse_all(&file.name, &file.text).unwrap_or_default() {
            remarks.extend(of_rule(&document, faults));
        }
    }
    if let Some(file) = other_site.map(|site| site.site) {
        for document in YamlDocument::parse_all(&file.name, &file.text).unwrap_or_default() {
            remarks.extend(of_site(&document, faults));
        }
    }
    Ok(remarks)
}

/// The files that rules are read from.
fn rule_files(global: &Global) -> Vec<SourceFile> {
    let folders = global.rules.iter().filter_map(|folder| folder::rule_files(folder).ok());
    let paths = folders.flat_map(|(rules, _)| rules);
    paths.filter_map(|path| folder::source_file(&path).ok()).collect()
}

/// The engine of the files without faults. A site that names a rule of the others cannot be read, and is left out.
fn engine(global: &Global, rules: &[SourceFile], site: Option<&SiteFiles>) -> Option<Engine> {
    let pack = (!global.no_pack).then_some(&PACK);
    let load = |site: Option<&SiteFiles>| Engine::load(rules, site, pack).ok();
    let engine = load(site).or_else(|| load(None))?;
    Some(engine.deployed_as(files::own(global).ok()?))
}

/// What a rule with faults asks in vain, and what it lacks where its faults are elsewhere.
fn of_rule(document: &YamlDocument, faults: &[Fault]) -> Vec<Remark> {
    let of = document.value.get("id").and_then(Value::as_str).unwrap_or("rule");
    let mut found = Vec::new();
    let mut patterns = Vec::new();
    if let Some(pattern) = document.value.get("pattern") {
        patterns.push(("pattern".to_owned(), pattern));
    }
    let before = document.value.pointer("/sequence/before").and_then(Value::as_array);
    for (index, pattern) in before.into_iter().flatten().enumerate() {
        patterns.push((format!("sequence.before[{index}]"), pattern));
    }
    for (at, pattern) in &patterns {
        found.extend(doubts(pattern, None).into_iter().map(|vain| (at.clone(), vain)));
    }
    let patterns: Vec<&Value> = patterns.into_iter().map(|(_, pattern)| pattern).collect();
    let tests = document.value.get("tests").and_then(Value::as_array);
    for (index, test) in tests.into_iter().flatten().enumerate() {
        let at = format!("tests[{index}]");
        found.extend(of_event(&patterns, test).into_iter().map(|vain| (at.clone(), vain)));
        let before = test.get("before").and_then(Value::as_array);
        for (step, event) in before.into_iter().flatten().enumerate() {
            let at = format!("{at}.before[{step}]");
            found.extend(of_event(&patterns, event).into_iter().map(|vain| (at.clone(), vain)));
        }
    }
    let mut remarks = remarks_on(document, of, found, faults);
    remarks.extend(readable(document, faults).iter().flat_map(sound::of_rule));
    remarks
}

/// A rule whose faults do not touch what it is asked about: ID, pattern and tests.
fn readable(document: &YamlDocument, faults: &[Fault]) -> Option<Rule> {
    let touches = |fault: &Fault| {
        let key = fault.path.split(['.', '[']).next().unwrap_or_default();
        let known = ["title", "severity", "why", "runbook", "attack", "respond", "source"];
        fault.file == document.file && !known.contains(&key)
    };
    if faults.iter().any(touches) {
        return None;
    }
    let spec = document.decode::<RuleSpec>().map_or_else(|broken| broken.rest, Some)?;
    let pattern = Pattern::compile(&spec.pattern).ok()?;
    let (before, file) = (Vec::new(), document.file.clone());
    Some(Rule { by_itself: None, spec, pattern, before, file })
}

/// What an event of a test sets and removes in vain.
fn of_event(patterns: &[&Value], event: &Value) -> Vec<Vain> {
    let set = event.get("set").and_then(Value::as_object).into_iter().flatten();
    let set: BTreeMap<String, Value> =
        set.map(|(path, value)| (path.clone(), value.clone())).collect();
    let remove = event.get("remove").and_then(Value::as_array).into_iter().flatten();
    let remove: Vec<String> = remove.filter_map(|path| Some(path.as_str()?.to_owned())).collect();
    doubts_of_test(patterns, &set, &remove)
}

/// What a site file with faults asks in vain.
fn of_site(document: &YamlDocument, faults: &[Fault]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let lists = [("severity", "when", "because"), ("suppressions", "pattern", "name")];
    for (list, key, named) in lists {
        let items = document.value.get(list).and_then(Value::as_array);
        for (index, item) in items.into_iter().flatten().enumerate() {
            let Some(pattern) = item.get(key) else { continue };
            let name = item.get(named).and_then(Value::as_str).unwrap_or_default();
            let at = format!("{list}[{index}].{key}");
            let found = doubts(pattern, None).into_iter().map(|vain| (at.clone(), vain)).collect();
            remarks.extend(remarks_on(document, &format!("{list} {name}"), found, faults));
        }
    }
    remarks
}

/// What is in vain at these places, but for what is a fault already.
fn remarks_on(
    document: &YamlDocument,
    of: &str,
    found: Vec<(String, Vain)>,
    faults: &[Fault],
) -> Vec<Remark> {
    let placed = found
        .into_iter()
        .map(|(at, vain)| document.fault(&format!("{at}.{}", vain.path), vain.message, vain.help));
    let is_new = |one: &Fault| {
        !faults
            .iter()
            .any(|fault| fault.file == one.file && fault.path == one.path && fault.line == one.line)
    };
    placed.filter(is_new).map(|fault| Remark::at(of, &fault)).collect()
}
