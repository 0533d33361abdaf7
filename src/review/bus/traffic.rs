//! Which sources are delivered whole, and which calls are too frequent to deliver all of them.

use std::sync::LazyLock;

use crate::iam::catalogue::{self, Access};

/// Words that names of reads begin with. EventBridge recognises reads by their names too.
const READING: [&str; 11] = [
    "Get", "List", "Describe", "Lookup", "Head", "BatchGet", "Search", "Query", "Simulate",
    "Generate", "Test",
];
/// Sources whose changes CloudTrail may call reads. What rules name of them is delivered by bus rules that deliver
/// reads too.
const UNCERTAIN: [&str; 2] = ["sts.amazonaws.com", "signin.amazonaws.com"];

/// How much traffic a row of the table means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Whole,
    Busy,
    Frequent,
}

struct Row {
    kind: Kind,
    source: &'static str,
    name: &'static str,
}

static ROWS: LazyLock<Vec<Row>> =
    LazyLock::new(|| include_str!("traffic.tsv").lines().filter_map(parse).collect());

fn parse(line: &'static str) -> Option<Row> {
    let mut columns = line.split('\t');
    let kind = match columns.next()? {
        "whole" => Kind::Whole,
        "busy" => Kind::Busy,
        "frequent" => Kind::Frequent,
        _ => return None,
    };
    Some(Row { kind, source: columns.next()?, name: columns.next()? })
}

fn rows(kind: Kind) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(move |row| row.kind == kind)
}

/// Sources of which every change is delivered, except busy calls.
pub(super) fn whole() -> impl Iterator<Item = &'static str> {
    rows(Kind::Whole).map(|row| row.source)
}

/// Busy calls of these sources.
pub(super) fn busy_of(sources: &[&str]) -> Vec<&'static str> {
    rows(Kind::Busy).filter(|row| sources.contains(&row.source)).map(|row| row.name).collect()
}

/// Sources of which CloudTrail calls some changes reads.
pub(super) fn is_uncertain(source: &str) -> bool {
    UNCERTAIN.contains(&source)
}

/// Is the call, or one whose name goes on from here, made many times a day?
pub(super) fn is_busy(source: &str, name: &str) -> bool {
    rows(Kind::Busy).any(|row| row.source == source && is_of(row.name, name))
}

/// May the call be a read to CloudTrail or to EventBridge? It may if the catalogue does not list it as a change,
/// unless its source is delivered whole: `Sign` of KMS is a read by CloudTrail's flag alone.
pub(super) fn may_be_read(source: &str, name: &str) -> bool {
    let listed = || rows(Kind::Frequent).any(|row| row.source == source && is_of(row.name, name));
    let change = || {
        let known = catalogue::calls_of(source);
        let mut of_name = known.filter(|call| is_of(call.name, name)).peekable();
        of_name.peek().is_some() && of_name.all(|call| call.access != Access::Read)
    };
    let busy = || is_busy(source, name);
    let sure = || whole().any(|whole| whole == source) || change() || busy();
    is_uncertain(source) || reads_by_name(name) || listed() || !sure()
}

/// Does the name, or a longer one that begins with it, begin like the name of a read?
pub(super) fn reads_by_name(name: &str) -> bool {
    READING.iter().any(|word| name.starts_with(word) || word.starts_with(name))
}

/// Is it a read that everyday work makes?
pub(super) fn is_frequent(source: &str, name: &str) -> bool {
    let everywhere = ["List", "Describe"].iter().any(|word| name.starts_with(word));
    everywhere || rows(Kind::Frequent).any(|row| row.source == source && is_of(row.name, name))
}

/// A name, or the beginning of one, that a row of the table names.
fn is_of(row: &str, name: &str) -> bool {
    match row.strip_suffix('*') {
        Some(begins) => name.starts_with(begins) || begins.starts_with(name),
        None => row == name || row.starts_with(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let text = include_str!("traffic.tsv");
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        assert_eq!(lines.clone().count(), ROWS.len(), "a row has an unknown kind");
        for line in lines {
            assert_eq!(line.split('\t').count(), 4, "{line}");
        }
        assert!(is_busy("lambda.amazonaws.com", "UpdateFunctionCode20150331v2"));
        assert!(may_be_read("sts.amazonaws.com", "AssumeRole"));
        assert!(!may_be_read("iam.amazonaws.com", "CreateUser"));
    }
}
