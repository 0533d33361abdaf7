//! Where rules and the site were written: their files, read once more so that findings have a line and a column.

use std::collections::BTreeMap;
use std::path::Path;

use iam_responder::assess::engine::SITE_FILE;
use iam_responder::operate::folder;
use iam_responder::rule::Rule;
use iam_responder::text::yaml::{Fault, YamlDocument};
use serde_json::Value;

use super::effective::own_file;
use crate::options::Global;

/// Folder of the rules that were compiled in.
const PACK_FOLDER: &str = "rules";

/// The documents of the files that findings are about. A compiled-in file that is not in this folder has none.
pub(super) struct Written {
    files: BTreeMap<String, Vec<YamlDocument>>,
    /// Site files, that of the owner first.
    sites: Vec<YamlDocument>,
}

impl Written {
    pub(super) fn of(global: &Global) -> Self {
        let own = own_file(global);
        let packed = Path::new(PACK_FOLDER).join(SITE_FILE);
        let sites = own.into_iter().chain([packed]).flat_map(|path| documents(&path)).collect();
        Self { files: BTreeMap::new(), sites }
    }

    /// What is wrong at a path of a rule.
    pub(super) fn in_rule(
        &mut self,
        rule: &Rule,
        path: &str,
        message: String,
        help: Option<String>,
    ) -> Fault {
        let file = self.files.entry(rule.file.clone());
        let documents = file.or_insert_with(|| documents(Path::new(&rule.file)));
        let id = Value::from(rule.spec.id.as_str());
        match documents.iter().find(|one| one.value.get("id") == Some(&id)) {
            Some(document) => document.fault(path, message, help),
            None => Fault { path: path.to_owned(), help, ..Fault::whole(&rule.file, 1, message) },
        }
    }

    /// What is wrong at a path below an item of a list of the site. The item is the one that has these values.
    pub(super) fn in_site(
        &self,
        list: &str,
        has: &[(&str, &Value)],
        below: &str,
        message: String,
        help: Option<String>,
    ) -> Fault {
        let is_it = |item: &Value| has.iter().all(|(key, value)| item.get(key) == Some(*value));
        for document in &self.sites {
            let items = document.value.get(list).and_then(Value::as_array);
            let position = items.and_then(|items| items.iter().position(is_it));
            if let Some(position) = position {
                return document.fault(&format!("{list}[{position}].{below}"), message, help);
            }
        }
        Fault { path: format!("{list}.{below}"), help, ..Fault::whole(SITE_FILE, 1, message) }
    }
}

/// The documents of a file; none where it cannot be read.
fn documents(path: &Path) -> Vec<YamlDocument> {
    let file = folder::source_file(path).ok();
    file.and_then(|file| YamlDocument::parse_all(&file.name, &file.text).ok()).unwrap_or_default()
}
