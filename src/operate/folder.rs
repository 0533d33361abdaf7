//! Rules and site file from a folder: the same for the command line and the function.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::assess::engine::{Engine, SITE_FILE, SiteFiles, SourceFile};
use crate::pack::PACK;
use crate::site::calendar::IcsFiles;
use crate::text::yaml::Fault;

/// Why rules could not be read from a folder.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A file or folder could not be read.
    #[error("failed to read `{path}`: {cause}")]
    Read {
        /// What was read.
        path: PathBuf,
        /// Why it failed.
        cause: io::Error,
    },
    /// No file in it holds a rule.
    #[error("no rules in `{0}`: rules are files ending in .yaml")]
    Empty(PathBuf),
    /// Rules or site file are broken.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Broken(Vec<Fault>),
}

/// Reads all rules below some folders, beside the pack or in its place, with the first `site.yaml` of them
/// or another site file.
///
/// # Errors
/// [`FolderError`], with all faults of all files at once.
pub fn engine(
    folders: &[impl AsRef<Path>],
    site: Option<&Path>,
    with_pack: bool,
) -> Result<Engine, FolderError> {
    let mut rules = Vec::new();
    let mut own_site = None;
    for folder in folders {
        let folder = folder.as_ref();
        let (paths, site) = rule_files(folder)?;
        own_site = own_site.or_else(|| site.clone());
        // Beside the pack a site file alone is enough.
        if paths.is_empty() && !(with_pack && site.is_some() && site == own_site) {
            return Err(FolderError::Empty(folder.to_path_buf()));
        }
        for path in &paths {
            rules.push(source_file(path)?);
        }
    }
    let site = site.or(own_site.as_deref()).map(site_files).transpose()?;
    Engine::load(&rules, site.as_ref(), with_pack.then_some(&PACK)).map_err(FolderError::Broken)
}

/// The files of a folder that hold rules, and its site file, if it has one.
///
/// # Errors
/// [`FolderError::Read`].
pub fn rule_files(folder: &Path) -> Result<(Vec<PathBuf>, Option<PathBuf>), FolderError> {
    let site = folder.join(SITE_FILE);
    let is_yaml =
        |path: &PathBuf| path.extension().is_some_and(|end| end == "yaml" || end == "yml");
    let (sites, rules): (Vec<_>, Vec<_>) =
        files(folder)?.into_iter().filter(is_yaml).partition(|path| *path == site);
    Ok((rules, sites.into_iter().next()))
}

/// A file as the engine takes it.
///
/// # Errors
/// [`FolderError::Read`].
pub fn source_file(path: &Path) -> Result<SourceFile, FolderError> {
    let text = fs::read_to_string(path)
        .map_err(|cause| FolderError::Read { path: path.to_path_buf(), cause })?;
    Ok(SourceFile { name: path.display().to_string(), text })
}

/// A site file with the iCalendar files beside it.
///
/// # Errors
/// [`FolderError::Read`].
pub fn site_files(path: &Path) -> Result<SiteFiles, FolderError> {
    let site = source_file(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let fault = |cause| FolderError::Read { path: folder.to_path_buf(), cause };
    let mut calendars = IcsFiles::new();
    for entry in fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("ics")) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // One that the site file names and that is not here is its fault, with its line.
            if let Ok(content) = fs::read(&path) {
                calendars.insert(name, String::from_utf8_lossy(&content).into_owned());
            }
        }
    }
    Ok(SiteFiles { site, calendars })
}

/// All files below a folder, in a stable order. Links to folders are not followed.
///
/// # Errors
/// [`FolderError::Read`].
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        let fault = |cause| FolderError::Read { path: folder.clone(), cause };
        for entry in fs::read_dir(&folder).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            let is_folder = entry.file_type().map_err(fault)?.is_dir();
            if is_folder { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    files.sort();
    Ok(files)
}
