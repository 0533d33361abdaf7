//! Compiles the rules and the site file into the binary, as JSON: reading YAML at every cold start
//! would cost milliseconds.

// The same reader as at run time; the build uses only part of it.
#[expect(dead_code, unreachable_pub, reason = "only parsing is needed here")]
mod text {
    pub mod nearest;
    pub mod yaml;
}

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use text::yaml::Document;

fn main() {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=events");
    println!("cargo::rerun-if-changed=src/text/yaml.rs");
    println!("cargo::rerun-if-changed=src/text/nearest.rs");
    if let Err(fault) = generate() {
        println!("cargo::error={fault}");
    }
}

fn generate() -> Result<(), String> {
    let mut files = Vec::new();
    collect(Path::new("rules"), &mut files)?;
    files.sort();
    let (mut rules, mut site) = (String::new(), "None".to_owned());
    // The function needs neither the rules' own tests nor the events they run on.
    let with_tests = env::var_os("CARGO_FEATURE_CLI").is_some();
    for file in files {
        let name = file.display().to_string().replace('\\', "/");
        let text =
            fs::read_to_string(&file).map_err(|error| format!("failed to read {name}: {error}"))?;
        for mut document in Document::parse_all(&name, &text).map_err(|fault| fault.to_string())? {
            if file.file_name().is_some_and(|name| name == "site.yaml") {
                site = format!("Some({:?})", document.value.to_string());
                continue;
            }
            if let (false, Some(map)) = (with_tests, document.value.as_object_mut()) {
                // Nothing that the function says or does needs these; every cold start reads the rest.
                map.retain(|key, _| {
                    !matches!(key.as_str(), "tests" | "source" | "false_positives")
                });
            }
            let _ = writeln!(rules, "    ({name:?}, {:?}),", document.value.to_string());
        }
    }
    let calendars = calendars()?;
    let events = if with_tests { events()? } else { String::new() };
    let pack = format!(
        "/// Rule files compiled in: name and JSON.\nstatic PACK_RULES: &[(&str, &str)] = &[\n{rules}];\n\
         /// The site file compiled in.\nstatic PACK_SITE: Option<&str> = {site};\n\
         /// The iCalendar files beside the site file: name and text.\n\
         static PACK_CALENDARS: &[(&str, &str)] = &[\n{calendars}];\n\
         /// The events that the rules' own tests name: file name and text.\n\
         static PACK_EVENTS: &[(&str, &str)] = &[\n{events}];\n"
    );
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set; build with cargo")?;
    fs::write(Path::new(&out).join("pack.rs"), pack)
        .map_err(|error| format!("failed to write pack.rs: {error}"))
}

fn events() -> Result<String, String> {
    texts("events", "json")
}

fn calendars() -> Result<String, String> {
    texts("rules", "ics")
}

/// Name and text of each file of a folder with this ending.
fn texts(folder: &str, ending: &str) -> Result<String, String> {
    let mut texts = String::new();
    let entries =
        fs::read_dir(folder).map_err(|error| format!("failed to read {folder}: {error}"))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|found| found == ending)) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text =
            fs::read_to_string(file).map_err(|error| format!("failed to read {name}: {error}"))?;
        let _ = writeln!(texts, "    ({name:?}, {text:?}),");
    }
    Ok(texts)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = fs::read_dir(folder)
        .map_err(|error| format!("failed to read {}: {error}", folder.display()))?;
    for entry in entries {
        let path =
            entry.map_err(|error| format!("failed to read {}: {error}", folder.display()))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml")
        {
            files.push(path);
        }
    }
    Ok(())
}
