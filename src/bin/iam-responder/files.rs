//! Reading rules and events from files.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use iam_responder::engine::Engine;
use iam_responder::folder;
use iam_responder::input;

use crate::Global;
use crate::exit::Failure;

/// Largest content of one file, decompressed, in bytes: a guard against archives made to explode.
pub const CONTENT_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Endings of files that a folder is searched for.
const ENDINGS: [&str; 6] = [".json", ".ndjson", ".jsonl", ".json.gz", ".ndjson.gz", ".jsonl.gz"];

/// The engine that the options ask for.
pub fn engine(global: &Global) -> Result<Engine, Failure> {
    let engine = match (&global.rules, &global.site) {
        (Some(folder), site) => folder::engine(folder, site.as_deref())?,
        (None, Some(site)) => {
            Engine::embedded_with(&folder::source_file(site)?).map_err(Failure::Rules)?
        }
        (None, None) => Engine::embedded().map_err(Failure::Rules)?,
    };
    Ok(engine)
}

/// Events of one file, with the name that people know it by.
#[derive(Debug)]
pub struct EventFile {
    /// The path, or `-`.
    pub name: String,
    content: Vec<u8>,
}

impl EventFile {
    /// Its content, for [`input::read`].
    pub fn text(&self) -> Cow<'_, str> {
        input::text(&self.content)
    }
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
        let is_event =
            |file: &PathBuf| ENDINGS.iter().any(|ending| file.to_string_lossy().ends_with(ending));
        let files: Vec<PathBuf> = folder::files(path)?.into_iter().filter(is_event).collect();
        if files.is_empty() {
            let endings = ENDINGS.join(" ");
            return Err(Failure::Fault(format!(
                "no events in `{}`: looked for {endings}",
                path.display()
            )));
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
    Ok(EventFile { name: path.display().to_string(), content })
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
        return Err(Failure::file(
            "read",
            path,
            format!("more than {CONTENT_BYTES_MAX} bytes; split the file"),
        ));
    }
    Ok(content)
}
