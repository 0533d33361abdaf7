//! The calls of the catalogue.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use super::operation::Operation;
use crate::iam::kind::EntityKind;
use crate::text::table::columns;
use crate::text::words::words;

/// What events of IAM name as their source.
pub const IAM: &str = "iam.amazonaws.com";
/// Column of the table that means "nothing".
pub(super) const NONE: &str = "-";

words! {
    /// What a call does to rights.
    pub enum CallEffect {
        /// It gives some.
        Grants = "grants",
        /// It takes some away.
        Removes = "removes",
        /// It weakens what guards or watches.
        Weakens = "weakens",
        /// It strengthens that.
        Strengthens = "strengthens",
        /// It makes or changes a credential.
        Credential = "credential",
        /// It destroys what stood there.
        Destroys = "destroys",
        /// Nothing.
        Neutral = "neutral",
    }
}

words! {
    /// Access level of a call in the Service Authorization Reference.
    pub enum Access {
        /// It changes something.
        Write = "write",
        /// It changes who may do what.
        Permissions = "permissions",
        /// It changes tags.
        Tagging = "tagging",
        /// It reads.
        Read = "read",
    }
}

/// One mutating call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `iam.amazonaws.com`
    pub source: &'static str,
    /// `AttachRolePolicy`; a trailing `*` stands for the version suffix of some Lambda names.
    pub name: &'static str,
    /// What it does to rights.
    pub effect: CallEffect,
    /// Access level of the Service Authorization Reference.
    pub access: Access,
    /// Kind of the entity.
    pub kind: EntityKind,
    /// Paths below `detail` where the entity's name stands; the first present wins.
    entity: &'static str,
    /// What an absent name means, if anything.
    absent: Option<Absent>,
    /// How it is undone, the first choice first. Empty if it cannot be undone, or not by a machine.
    pub inverses: Vec<Inverse>,
    /// What it means, for readers: a sentence.
    pub note: &'static str,
}

/// The inverse of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inverse {
    /// What it calls.
    pub action: Operation,
    /// The word for it in a rule's `respond`.
    pub word: &'static str,
    /// It is done after the one above it in the table, and only if that one is.
    pub follows: bool,
    /// People do it: no command is right for all.
    pub by_hand: bool,
    /// Its arguments, as the table has them. `None` if it needs to know more of what was there before than a value.
    arguments: Option<&'static str>,
}

/// From where an argument of an inverse comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueFrom {
    /// The first present of these paths below `detail`, separated by bars.
    Paths(&'static str),
    /// The user whom the call is about.
    User,
    /// What was there before, where that is one word.
    Former,
    /// Always this.
    Literal(&'static str),
}

impl Inverse {
    /// Reads the columns of a table that say how a call is undone: `undo`, `action`, `word` and `arguments`. `None` for
    /// columns that contradict each other, or for an unknown operation.
    pub(super) fn read(columns: [&'static str; 4]) -> Option<Self> {
        let [undo, action, word, arguments] = columns;
        let arguments = match (undo, arguments) {
            ("prior", NONE) => None,
            ("hand", NONE) => Some(NONE),
            ("call" | "prior" | "then", _) => Some(arguments),
            _ => return None,
        };
        let (follows, by_hand) = (undo == "then", undo == "hand");
        Some(Self { action: Operation::of(action)?, word, follows, by_hand, arguments })
    }

    /// An argument of it is what was there before.
    #[must_use]
    pub(crate) fn needs_former(&self) -> bool {
        self.arguments().into_iter().flatten().any(|(_, from)| from == ValueFrom::Former)
    }

    /// Its arguments, by name. `None` if it needs to know more of what was there before than a value.
    #[must_use]
    pub(crate) fn arguments(&self) -> Option<impl Iterator<Item = (&'static str, ValueFrom)>> {
        let arguments = self.arguments?.split_whitespace().filter(|argument| *argument != NONE);
        Some(arguments.filter_map(|argument| {
            let (name, from) = argument.split_once('=')?;
            let literal = from.strip_prefix('\'').and_then(|from| from.strip_suffix('\''));
            Some(match (literal, from) {
                (Some(literal), _) => (name, ValueFrom::Literal(literal)),
                (None, "user") => (name, ValueFrom::User),
                (None, "former") => (name, ValueFrom::Former),
                (None, paths) => (name, ValueFrom::Paths(paths)),
            })
        }))
    }
}

/// What the absence of a name in a call means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absent {
    Caller,
    Account,
}

impl Call {
    /// Paths below `detail` where the entity's name may stand.
    pub(crate) fn entity_paths(&self) -> impl Iterator<Item = &'static str> {
        self.entity.split(',').filter(|path| *path != NONE)
    }

    /// An absent name means the caller.
    #[must_use]
    pub(crate) fn absent_is_caller(&self) -> bool {
        self.absent == Some(Absent::Caller)
    }

    /// The entity is the account itself.
    #[must_use]
    pub(crate) fn absent_is_account(&self) -> bool {
        self.absent == Some(Absent::Account)
    }

    /// The call switches off or weakens something that watches: its effect is `weakens` and its
    /// source is not one that manages principals.
    #[must_use]
    pub fn is_tampering(&self) -> bool {
        const PRINCIPALS: [&str; 5] = ["iam.", "sso", "identitystore.", "sts.", "rolesanywhere."];
        self.effect == CallEffect::Weakens
            && !PRINCIPALS.iter().any(|source| self.source.starts_with(source))
    }
}

/// Room for this many rows at once: growing would touch the memory twice at each cold start.
const ROWS_AT_LEAST: usize = 700;

/// A call of the table. Only its name is read until somebody asks for the rest.
struct Row {
    source: &'static str,
    name: &'static str,
    /// Its lines, one for each of its inverses.
    lines: &'static str,
    call: OnceLock<Option<Box<Call>>>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let table: &'static str = include_str!("calls.tsv");
    let mut rows: Vec<Row> = Vec::with_capacity(ROWS_AT_LEAST);
    let mut end = 0;
    for line in table.split_inclusive('\n') {
        let begin = end;
        end += line.len();
        let mut columns = line.split('\t');
        let (Some(source), Some(name)) = (columns.next(), columns.next()) else { continue };
        if source.starts_with('#') || begin == 0 {
            continue;
        }
        let last = rows.last_mut().filter(|last| (last.source, last.name) == (source, name));
        match last {
            Some(last) => {
                let first = begin - last.lines.len();
                last.lines = table.get(first..end).unwrap_or_default();
            }
            None => rows.push(Row { source, name, lines: line, call: OnceLock::new() }),
        }
    }
    rows
});

static BY_NAME: LazyLock<HashMap<(&str, &str), &Row>> =
    LazyLock::new(|| ROWS.iter().map(|row| ((row.source, row.name), row)).collect());

impl Row {
    fn call(&self) -> Option<&Call> {
        let read = || {
            let mut calls = self.lines.lines().filter_map(parse);
            let mut call = calls.next()?;
            call.inverses.extend(calls.flat_map(|other| other.inverses));
            Some(Box::new(call))
        };
        self.call.get_or_init(read).as_deref()
    }
}

/// All calls, in the order of the table.
pub fn calls() -> impl Iterator<Item = &'static Call> + Clone {
    ROWS.iter().filter_map(Row::call)
}

/// The calls of one source. Rows of other sources are not read.
pub fn calls_of(source: &str) -> impl Iterator<Item = &'static Call> {
    ROWS.iter().filter(move |row| row.source == source).filter_map(Row::call)
}

/// The call of an event. Some services put a version behind the name (`UpdateFunctionCode20150331v2`).
#[must_use]
pub fn find(source: &str, name: &str) -> Option<&'static Call> {
    let exact = BY_NAME.get(&(source, name)).copied();
    let row = exact.or_else(|| {
        let word = without_version(name);
        BY_NAME.get(&(source, format!("{word}*").as_str())).copied()
    });
    row?.call()
}

/// The name of a call without the version that some services put behind it (`UpdateFunctionCode20150331v2`).
#[must_use]
pub(crate) fn without_version(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'v' || c == '_')
}

fn parse(line: &'static str) -> Option<Call> {
    let [source, name, effect, access, kind, entity, absent, undo, action, word, arguments, note] =
        columns(line)?;
    let inverses = match (undo, arguments) {
        ("none", NONE) => Vec::new(),
        _ => vec![Inverse::read([undo, action, word, arguments])?],
    };
    let absent = match absent {
        NONE => None,
        "caller" => Some(Absent::Caller),
        "account" => Some(Absent::Account),
        _ => return None,
    };
    let (effect, access) = (CallEffect::of(effect)?, Access::of(access)?);
    let kind = EntityKind::of(kind)?;
    Some(Call { source, name, effect, access, kind, entity, absent, inverses, note })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::table::lines;

    #[test]
    fn the_table_is_whole() {
        let text = include_str!("calls.tsv");
        let rows = lines(text).filter(|line| !line.is_empty());
        let parsed: usize = calls().map(|call| call.inverses.len().max(1)).sum();
        assert_eq!(
            rows.count(),
            parsed,
            "a row has not exactly twelve columns, or an unknown word"
        );
        assert_eq!(BY_NAME.len(), calls().count(), "a call stands twice");
    }

    #[test]
    fn versioned_names_are_found() {
        let found = find("lambda.amazonaws.com", "UpdateFunctionCode20150331v2").unwrap();
        assert!(found.is_tampering());
        assert!(find("iam.amazonaws.com", "AttachRolePolicy").is_some());
        assert!(find("iam.amazonaws.com", "GrantEverything").is_none());
    }
}
