//! Reading rules and events from files.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use iam_responder::engine::{Engine, SITE_FILE, SourceFile};
use iam_responder::input::{self, Input};

use crate::Global;
use crate::exit::Failure;

/// Largest content of one file, decompressed, in bytes: a guard against archives made to explode.
pub const CONTENT_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Endings of files that a folder is searched for.
const ENDINGS: [&str; 6] = [".json", ".ndjson", ".jsonl", ".json.gz", ".ndjson.gz", ".jsonl.gz"];

/// The engine that the options ask for.
pub fn engine(global: &Global) -> Result<Engine, Failure> {
    let site = global.site.as_deref().map(source_file).transpose()?;
    let Some(folder) = &global.rules else {
        return match site {
            Some(site) => Engine::embedded_with(&site),
            None => Engine::embedded(),
        }
        .map_err(Failure::Rules);
    };
    let is_rule = |path: &Path| path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml" || ending == "json");
    let mut paths = walk(folder)?;
    paths.retain(|path| is_rule(path) && !is_schema(path));
    let (sites, rules): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| *path == folder.join(SITE_FILE));
    let rules = rules.iter().map(|path| source_file(path)).collect::<Result<Vec<_>, _>>()?;
    if rules.is_empty() {
        return Err(Failure::Fault(format!("no rules in `{}`: rules are files ending in .yaml", folder.display())));
    }
    let site = match (site, sites.first()) {
        (Some(site), _) => Some(site),
        (None, Some(path)) => Some(source_file(path)?),
        (None, None) => None,
    };
    Engine::load(&rules, site.as_ref()).map_err(Failure::Rules)
}

fn is_schema(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".schema.json")
}

fn source_file(path: &Path) -> Result<SourceFile, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::file("read", path, error))?;
    Ok(SourceFile { name: path.display().to_string(), text })
}

/// Events of one file, with the name that people know it by.
#[derive(Debug)]
pub struct EventFile {
    /// The path, or `-`.
    pub name: String,
    /// Its events.
    pub inputs: Vec<Input>,
}

/// All files that the paths lead to: files as they are, folders by the endings of event files,
/// `-` for standard input.
pub fn event_paths(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" || !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let is_event = |file: &PathBuf| ENDINGS.iter().any(|ending| file.to_string_lossy().ends_with(ending));
        let files: Vec<PathBuf> = walk(path)?.into_iter().filter(is_event).collect();
        if files.is_empty() {
            let endings = ENDINGS.join(" ");
            return Err(Failure::Fault(format!("no events in `{}`: looked for {endings}", path.display())));
        }
        found.extend(files);
    }
    Ok(found)
}

/// Reads the events of one file.
pub fn event_file(path: &Path) -> Result<EventFile, Failure> {
    let content = if path.as_os_str() == "-" {
        content(io::stdin().lock(), path)?
    } else {
        let file = fs::File::open(path).map_err(|error| Failure::file("read", path, error))?;
        content(file, path)?
    };
    Ok(EventFile { name: path.display().to_string(), inputs: input::read(&content) })
}

/// The content, decompressed where it begins as gzip does.
fn content(mut reader: impl Read, path: &Path) -> Result<Vec<u8>, Failure> {
    let mut raw = Vec::new();
    let fault = |error: io::Error| Failure::file("read", path, error);
    reader.by_ref().take(CONTENT_BYTES_MAX + 1).read_to_end(&mut raw).map_err(fault)?;
    let mut content = raw;
    if content.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        MultiGzDecoder::new(content.as_slice())
            .take(CONTENT_BYTES_MAX + 1)
            .read_to_end(&mut unpacked)
            .map_err(|error| Failure::file("decompress", path, error))?;
        content = unpacked;
    }
    if content.len() as u64 > CONTENT_BYTES_MAX {
        return Err(Failure::file("read", path, format!("more than {CONTENT_BYTES_MAX} bytes; split the file")));
    }
    Ok(content)
}

/// All files below a folder, in a stable order. Links to folders are not followed.
pub fn walk(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let fault = |error| Failure::file("read folder", &folder, error);
        for entry in fs::read_dir(&folder).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            let kind = entry.file_type().map_err(fault)?;
            if kind.is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    files.sort();
    Ok(files)
}
