//! The rules and the site file as constants of the program, or what is broken in them.

use std::fs;
use std::path::{Path, PathBuf};

use iam_responder_core::assess::PackFiles;
use iam_responder_core::assess::engine::SourceFile;
use iam_responder_core::rule::{FIELDS_OF_PEOPLE, Loading};
use iam_responder_core::site::Site;
use iam_responder_core::text::yaml::Fault;

/// The source of the pack, from the folders `rules` and `events` below a root. The function needs neither the rules' own
/// tests nor the events they run on: those are for people.
///
/// # Errors
/// Every fault with its file and line.
pub(crate) fn pack(root: &Path, for_people: bool) -> Result<String, Vec<String>> {
    let folder = root.join("rules");
    let files = collect(&folder).map_err(one)?;
    let files = files.iter().map(|file| source(root, file));
    let files = files.collect::<Result<Vec<_>, _>>().map_err(one)?;
    let calendars = texts(&folder, "ics").map_err(one)?;
    let events = match for_people {
        true => texts(&root.join("events"), "json").map_err(one)?,
        false => Vec::new(),
    };
    let PackFiles { rules, site, faults } = PackFiles::read("rules", &files);
    let (mut loading, mut texts) = (Loading::default(), Vec::new());
    faults.into_iter().for_each(|fault| loading.fault(fault));
    for mut document in rules {
        // `loading` records an exceeded limit as a fault.
        let _ = loading.rule(&document);
        if let (false, Some(map)) = (for_people, document.value.as_object_mut()) {
            map.retain(|key, _| !FIELDS_OF_PEOPLE.contains(&key.as_str()));
        }
        texts.push(document.value.to_string());
    }
    let rules = loading.end().map_err(|faults| lines(&faults))?;
    let files = calendars.iter().cloned().collect();
    Site::load_beside(None, site.as_ref(), &files, &rules).map_err(|faults| lines(&faults))?;
    let site = site.map(|document| document.value.to_string());
    Ok(format!(
        "/// What the build compiled.\npub static PACK: Pack = Pack {{ rules: {}, site: {site:?}, calendars: &{calendars:?}, \
         events: &{events:?} }};\n",
        rules.to_source(&texts).map_err(one)?,
    ))
}

fn one(fault: String) -> Vec<String> {
    vec![fault]
}

fn lines(faults: &[Fault]) -> Vec<String> {
    faults.iter().map(ToString::to_string).collect()
}

/// A file, named by its path below the root.
fn source(root: &Path, file: &Path) -> Result<SourceFile, String> {
    let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
    Ok(SourceFile { name: name.replace('\\', "/"), text: read(file)? })
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("failed to read {}: {error}", file.display()))
}

/// Name and text of each file of a folder with this ending.
fn texts(folder: &Path, ending: &str) -> Result<Vec<(String, String)>, String> {
    let mut texts = Vec::new();
    for file in entries(folder)? {
        if file.extension().is_some_and(|found| found == ending) {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            texts.push((name, read(&file)?));
        }
    }
    Ok(texts)
}

/// All YAML files below a folder.
fn collect(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() {
            files.extend(collect(&path)?);
        } else if path.extension().is_some_and(|found| found == "yaml" || found == "yml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let fault = |error| format!("failed to read {}: {error}", folder.display());
    let entries = fs::read_dir(folder).map_err(fault)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()).map_err(fault));
    let mut paths = paths.collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}
