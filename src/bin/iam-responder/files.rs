//! Reading rules and events from files.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use iam_responder::assess::engine::Engine;
use iam_responder::event::input;
use iam_responder::operate::folder;
use iam_responder::operate::settings::{check_key, check_policy, deployment_roles};
use iam_responder::own::{DEFAULT_NAME, Deployed, Own};
use iam_responder::pack::PACK;
use iam_responder::review::bus::{BusFault, BusRules};
use iam_responder::text::yaml::Fault;

use crate::exit::Failure;
use crate::options::Global;

/// Largest content of one file, decompressed, in bytes: a guard against archives made to explode.
pub(crate) const CONTENT_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// How a gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Gzip within gzip that is unpacked, as where a pipeline packs what was packed.
const PACKED_MAX: usize = 4;
/// Endings of files that a folder is searched for.
const ENDINGS: [&str; 6] = [".json", ".ndjson", ".jsonl", ".json.gz", ".ndjson.gz", ".jsonl.gz"];

/// The engine that the options select.
pub(crate) fn engine(global: &Global) -> Result<Engine, Failure> {
    let engine = match (global.rules.as_slice(), &global.site) {
        ([], Some(site)) => {
            Engine::packed_with(&PACK, &folder::site_files(site)?).map_err(Failure::Rules)?
        }
        ([], None) => Engine::packed(&PACK).map_err(Failure::Rules)?,
        (folders, site) => folder::engine(folders, site.as_deref(), !global.no_pack)?,
    };
    Ok(engine.deployed_as(own(global)?))
}

/// The bus rules that deliver what the engine's rules look for.
///
/// # Errors
/// The rules of which something cannot be delivered, each with its file.
pub(crate) fn bus_rules(engine: &Engine) -> Result<BusRules, Failure> {
    let rules = engine.rules().rules();
    BusRules::of(rules.clone()).map_err(|faults| {
        let file = |id: &String| {
            rules.clone().find(|rule| rule.spec.id == *id).map(|rule| rule.file.as_str())
        };
        let fault = |fault: BusFault| {
            let file = fault.rule.as_ref().and_then(file).unwrap_or("bus rules");
            Fault::whole(file, 1, fault.to_string())
        };
        Failure::Rules(faults.into_iter().map(fault).collect())
    })
}

/// The tool as the options say it was deployed.
pub(crate) fn own(global: &Global) -> Result<Own, Failure> {
    let name = global.name.as_deref().unwrap_or(DEFAULT_NAME);
    let own = Own::new(name, global.stack.as_deref())
        .map_err(|fault| Failure::Fault(format!("--name: {fault}")))?;
    let fault =
        |option: &'static str| move |fault: String| Failure::Fault(format!("{option}: {fault}"));
    let by = global.deployment_roles.as_deref().map_or(Ok(Vec::new()), deployment_roles);
    let by = by.map_err(fault("--deployment-roles"))?;
    let key = global.key.clone();
    key.as_deref().map_or(Ok(()), check_key).map_err(fault("--key"))?;
    let boundary = global.boundary.clone();
    boundary.as_deref().map_or(Ok(()), check_policy).map_err(fault("--boundary"))?;
    Ok(own.deployed(Deployed { by, key, boundary, ..Deployed::default() }))
}

/// Events of one file, with the name that people know it by.
#[derive(Debug)]
pub(crate) struct EventFile {
    /// The path, or `-`.
    pub name: String,
    content: Vec<u8>,
    /// Why the content is not all of the file.
    pub damage: Option<String>,
}

impl EventFile {
    /// Its content, for [`input::read`].
    pub(crate) fn text(&self) -> Cow<'_, str> {
        input::text(&self.content)
    }
}

/// All files below the paths: each named file, files in folders by the endings of event files, `-`
/// for standard input.
pub(crate) fn event_paths(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
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
pub(crate) fn event_file(path: &Path) -> Result<EventFile, Failure> {
    let (content, damage) = if path.as_os_str() == "-" {
        content(io::stdin().lock(), path, CONTENT_BYTES_MAX)?
    } else {
        let file = fs::File::open(path).map_err(|error| Failure::file("read", path, error))?;
        content(file, path, CONTENT_BYTES_MAX)?
    };
    Ok(EventFile { name: path.display().to_string(), content, damage })
}

/// The content, decompressed if it begins as gzip does, and its fault. A damaged file is read as far as possible.
fn content(
    mut reader: impl Read,
    path: &Path,
    most: u64,
) -> Result<(Vec<u8>, Option<String>), Failure> {
    let mut raw = Vec::new();
    let fault = |error: io::Error| Failure::file("read", path, error);
    reader.by_ref().take(most + 1).read_to_end(&mut raw).map_err(fault)?;
    let (mut content, mut damage) = (raw, None);
    for _ in 0..PACKED_MAX {
        if !content.starts_with(&GZIP) || damage.is_some() {
            break;
        }
        (content, damage) = unpacked(&content, most);
    }
    if content.len() as u64 > most {
        let limit = format!("more than {most} bytes; split the file");
        return Err(Failure::file("read", path, limit));
    }
    Ok((content, damage))
}

/// All members of a gzip file; padding with zeros behind them is not damage.
fn unpacked(raw: &[u8], most: u64) -> (Vec<u8>, Option<String>) {
    let (mut content, mut rest) = (Vec::new(), raw);
    while !rest.is_empty() && rest.iter().any(|byte| *byte != 0) {
        let mut decoder = GzDecoder::new(rest);
        let left = (most + 1).saturating_sub(content.len() as u64);
        if let Err(error) = decoder.by_ref().take(left).read_to_end(&mut content) {
            return (content, Some(format!("gzip: {error}")));
        }
        if content.len() as u64 > most {
            break;
        }
        rest = decoder.into_inner();
    }
    (content, None)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[track_caller]
    fn check(raw: &[u8], most: u64, want: bool) {
        let found = content(raw, Path::new("e.json"), most);
        let fault = found.as_ref().err().map(|failure| format!("{failure:?}")).unwrap_or_default();
        assert_eq!(found.is_ok(), want, "{fault}");
        assert_eq!(fault.contains("split the file"), !want, "{fault}");
    }

    fn packed(raw: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(raw).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn a_file_is_read_up_to_the_limit_packed_or_not() {
        let packed = packed(&[b'x'; 1_000]);
        assert!(packed.len() < 1_000);
        check(&packed, 1_000, true);
        check(&packed, 999, false);
        check(&[b'x'; 1_000], 1_000, true);
        check(&[b'x'; 1_000], 999, false);
    }

    #[test]
    fn gzip_within_gzip_is_unpacked_up_to_the_limit() {
        let inner = packed(&[b'x'; 100_000]);
        let twice = packed(&inner);
        let read = |raw: &[u8], most| content(raw, Path::new("e.json.gz"), most);
        assert_eq!(read(&twice, 100_000).unwrap(), (vec![b'x'; 100_000], None));
        check(&twice, 99_999, false);
        let (content, damage) = read(&packed(&inner[..60]), 100_000).unwrap();
        assert!(content.len() < 100_000 && damage.is_some(), "{damage:?}");
    }
}
