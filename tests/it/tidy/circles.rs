//! Rooms of one folder that import each other in a loop. A folder counts as one room, with all that is in it.

use std::collections::{BTreeMap, BTreeSet};

use super::imports::{Modules, Names};

/// An import from room to room: both are in the same folder, or one is its front page.
type Way<'a> = (&'a [String], &'a [String]);

/// The imports from which a way leads back.
pub(super) fn circles(modules: &Modules) -> Vec<String> {
    let mut ways: BTreeMap<&[String], BTreeSet<Way<'_>>> = BTreeMap::new();
    let mut files: BTreeMap<Way<'_>, Vec<String>> = BTreeMap::new();
    for (from, module) in modules.all() {
        for to in modules.definers(from) {
            let folder = from.iter().zip(to).take_while(|(one, other)| one == other).count();
            let room = |of: &Names| folder.max(of.len().min(folder + 1));
            let way = (&from[..room(from)], &to[..room(to)]);
            ways.entry(&from[..folder]).or_default().insert(way);
            let said = format!("{}: imports `{}`", module.file.display(), to.join("::"));
            files.entry(way).or_default().push(said);
        }
    }
    let closed = ways.values().flat_map(|ways| {
        ways.iter().filter(|(from, to)| reached(ways, to).contains(from)).copied()
    });
    let said = closed.flat_map(|way| files.remove(&way).unwrap_or_default());
    said.map(|said| format!("{said}, in a circle")).collect()
}

/// The rooms that a room's imports lead to.
fn reached<'a>(ways: &BTreeSet<Way<'a>>, from: &[String]) -> BTreeSet<&'a [String]> {
    let next = |of: &[String]| {
        let ways = ways.iter().filter(|(one, _)| *one == of);
        ways.map(|(_, to)| *to).collect::<Vec<_>>()
    };
    let mut reached = BTreeSet::new();
    let mut open = next(from);
    while let Some(room) = open.pop() {
        if reached.insert(room) {
            open.extend(next(room));
        }
    }
    reached
}
