//! Imports of the files: the paths in each, in any form, and the files that define their targets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::words::words;

/// A path as written, or from the root of its crate.
pub(super) type Names = Vec<String>;

/// A file, as the module that it is.
#[derive(Clone, Default)]
pub(super) struct Module {
    pub(super) file: PathBuf,
    /// Every path in it, as written.
    paths: Vec<Names>,
    /// The paths that its `use`s give a name to, by that name; `*` for those that take all of a module.
    names: BTreeMap<String, Vec<Names>>,
}

/// All modules, by their paths. Both packages are one crate here, as the upper hands on the stations of the lower: the
/// pages that say so are not among them.
#[derive(Clone, Default)]
pub(super) struct Modules(BTreeMap<Names, Module>);

/// How many names may lead to other names before a path ends.
const DEPTH_MAX: usize = 9;

fn owned(words: &[&str]) -> Names {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The path of a file's module. A program's own begins with its folder's name.
pub(super) fn module_of(file: &Path) -> Names {
    let file = file.with_extension("");
    let mut names: Vec<&str> = file.iter().filter_map(|part| part.to_str()).collect();
    names.drain(..=names.iter().position(|name| *name == "src").unwrap_or(0));
    match names.as_slice() {
        ["bin", program, "main"] => owned(&[program]),
        ["bin", rest @ ..] => owned(rest),
        ["build", rest @ ..] => owned(&[&["build script"], rest].concat()),
        ["lib"] => owned(&["crate"]),
        rest => [&["crate"], rest].concat().iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// The words of a file with inner modules as if it had none: in them, `super` is the file itself.
fn flat(mut words: Vec<&str>) -> Vec<&str> {
    let mut depth = 0;
    let mut ends = Vec::new();
    for at in 0..words.len() {
        depth += i32::from(words[at] == "{") - i32::from(words[at] == "}");
        ends.retain(|end| depth > *end);
        if words[at] == "{" && at > 1 && words[at - 2] == "mod" {
            ends.push(depth - 1);
        }
        let first = at == 0 || words[at - 1] != "::";
        if words[at] == "super" && first && !ends.is_empty() {
            words[at] = "self";
        }
    }
    words
}

impl Module {
    fn read(file: &Path, text: &str) -> Self {
        let mut module = Self { file: file.to_owned(), ..Self::default() };
        let words = flat(words(text));
        let mut at = 0;
        while let Some(word) = words.get(at) {
            if *word == "use" && words.get(at + 1) != Some(&"<") {
                at = module.take(&words, at + 1, &[]);
                continue;
            }
            let mut path = vec![*word];
            at += 1;
            while let Some(["::", name]) = words.get(at..at + 2)
                && name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            {
                path.push(name);
                at += 2;
            }
            if path.len() > 1 {
                module.paths.push(owned(&path));
            }
        }
        module
    }

    /// Takes what a `use` brings, `a::{b, c::{self, d as e}}` too, and says where it ends.
    fn take(&mut self, words: &[&str], mut at: usize, before: &[&str]) -> usize {
        let mut path = before.to_vec();
        while let Some(word) = words.get(at) {
            match *word {
                "::" => {}
                "{" => loop {
                    at = self.take(words, at + 1, &path);
                    if words.get(at) != Some(&",") {
                        return at + 1;
                    }
                },
                "as" => {
                    let name = words.get(at + 1).copied().unwrap_or_default();
                    self.bind(name, &path);
                    return at + 2;
                }
                "," | "}" | ";" => break,
                "self" if !path.is_empty() => {}
                word => path.push(word),
            }
            at += 1;
        }
        if path != before || words.get(at - 1) == Some(&"self") {
            self.bind(path.last().copied().unwrap_or_default(), &path);
        }
        at
    }

    fn bind(&mut self, name: &str, path: &[&str]) {
        self.paths.push(owned(path));
        self.names.entry(name.to_owned()).or_default().push(owned(path));
    }
}

impl Modules {
    /// Puts a file in, or in another's place. Nothing imports what only tests are built from.
    pub(super) fn put(&mut self, file: &Path, text: &str) {
        if !file.with_extension("").iter().any(|part| part == "tests") && !file.ends_with("lib.rs")
        {
            self.0.insert(module_of(file), Module::read(file, text));
        }
    }

    /// The modules and their paths.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Names, &Module)> {
        self.0.iter()
    }

    /// All that a module names, from the root of its crate, or of another.
    pub(super) fn imports(&self, of: &Names) -> BTreeSet<Names> {
        let paths = self.0.get(of).into_iter().flat_map(|module| &module.paths);
        paths.flat_map(|path| self.absolute(of, path, DEPTH_MAX)).collect()
    }

    /// The modules that define what a module names. A front page that hands it on is not one.
    pub(super) fn definers(&self, of: &Names) -> BTreeSet<&Names> {
        let imports = self.imports(of);
        let found = imports.iter().flat_map(|path| self.definers_of(path, DEPTH_MAX));
        found.filter(|found| *found != of).collect()
    }

    /// A path in a module, from the root.
    fn absolute(&self, of: &[String], path: &[String], depth: usize) -> Vec<Names> {
        let ups = path.iter().take_while(|name| ["self", "super"].contains(&name.as_str())).count();
        if ups > 0 {
            let up = path[..ups].iter().filter(|name| *name == "super").count();
            let place = &of[..of.len().saturating_sub(up).max(1)];
            return vec![[place, &path[ups..]].concat()];
        }
        let Some((first, rest)) = path.split_first() else { return vec![of.to_vec()] };
        let child = [of, std::slice::from_ref(first)].concat();
        let begin = match first.as_str() {
            "crate" => of[..1].to_vec(),
            "iam_responder" | "iam_responder_core" => vec!["crate".to_owned()],
            _ if self.0.contains_key(&child) => child,
            _ => {
                let bound = self.0.get(of).and_then(|module| module.names.get(first));
                let bound = bound.into_iter().flatten().filter(|bound| bound[0] != *first);
                let found: Vec<Names> = bound
                    .filter(|_| depth > 0)
                    .flat_map(|bound| self.absolute(of, bound, depth - 1))
                    .map(|found| [&found, rest].concat())
                    .collect();
                return if found.is_empty() { vec![path.to_vec()] } else { found };
            }
        };
        vec![[&begin, rest].concat()]
    }

    /// The modules that define what a path from the root leads to.
    fn definers_of(&self, path: &[String], depth: usize) -> Vec<&Names> {
        let known = (1..=path.len()).rev().find_map(|end| self.0.get_key_value(&path[..end]));
        let Some((place, module)) = known else { return Vec::new() };
        if !self.has_rooms(place) {
            return vec![place];
        }
        let through: Vec<&Names> = match path.get(place.len()).map(String::as_str) {
            // The whole of a front page: what is taken from it is named elsewhere.
            None => return Vec::new(),
            Some("*") => module.names.values().flatten().collect(),
            Some(name) => {
                let bound = module.names.get(name).or_else(|| module.names.get("*"));
                bound.into_iter().flatten().collect()
            }
        };
        if through.is_empty() || depth == 0 {
            return vec![place];
        }
        let rest = path.get(place.len() + 1..).unwrap_or_default();
        let further = through.into_iter().flat_map(|bound| self.absolute(place, bound, depth));
        further.flat_map(|found| self.definers_of(&[&found, rest].concat(), depth - 1)).collect()
    }

    /// Whether a module is the front page of others.
    fn has_rooms(&self, of: &Names) -> bool {
        self.0.range(of.clone()..).nth(1).is_some_and(|(next, _)| next.starts_with(of))
    }
}
