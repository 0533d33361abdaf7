//! The `mod`s of a front page in reading order: groups between blank lines, and what a room imports in a group above.

use std::path::Path;

use super::imports::{Modules, module_of};

/// The rooms that a page names, by their groups. What only tests are built from is not among them.
fn groups(page: &str) -> Vec<Vec<&str>> {
    let mut groups = vec![Vec::new()];
    let mut for_tests = false;
    for line in page.lines() {
        let line = line.strip_prefix("pub").map_or(line, |rest| {
            rest.strip_prefix('(')
                .and_then(|rest| rest.split_once(')'))
                .map_or(rest, |(_, rest)| rest)
        });
        let name = line.trim_start().strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'));
        match name {
            Some(name) if !for_tests => groups.last_mut().unwrap().push(name),
            Some(_) => {}
            None if line.is_empty() => groups.push(Vec::new()),
            None => {}
        }
        for_tests = line == "#[cfg(test)]";
    }
    groups
}

/// The rooms that are named before those that they import, or beside them.
pub(super) fn disordered(modules: &Modules, file: &Path, page: &str) -> Vec<String> {
    let (page_of, groups) = (module_of(file), groups(page));
    let group_of = |room: &str| groups.iter().position(|group| group.contains(&room));
    let mut faults = Vec::new();
    for (from, _) in modules.all().filter(|(from, _)| from.starts_with(&page_of)) {
        let Some(room) = from.get(page_of.len()) else { continue };
        for to in modules.definers(from).into_iter().filter(|to| to.starts_with(&page_of)) {
            let Some(imported) = to.get(page_of.len()).filter(|imported| *imported != room) else {
                continue;
            };
            if group_of(imported) >= group_of(room) && group_of(room).is_some() {
                faults.push(format!(
                    "`mod {room};` is not below `mod {imported};`, which it imports"
                ));
            }
        }
    }
    faults.sort();
    faults.dedup();
    faults
}
