//! Places in a damaged text.

/// How far back the beginning of a line is looked for, in bytes: the time and host that a log writes before an event.
const PREFIX_BYTES: usize = 256;

/// The next place, at least so many bytes further, where a value may begin: an object, a list of objects or one that
/// begins a line, or a JSON text that is itself a string, unless it is a field of something.
pub(super) fn next_place(text: &str, least: usize) -> &str {
    let begins = |at: usize, bracket: &str| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + 1..).unwrap_or_default();
        match bracket {
            "{" => after.trim_start().starts_with('"'),
            "[" => before.ends_with('\n') || after.trim_start().starts_with('{'),
            _ => {
                let is_json = after.starts_with("{\\\"") || after.starts_with("[{\\\"");
                is_json && !before.ends_with('\\') && !before.trim_end().ends_with(':')
            }
        }
    };
    let mut places = text.match_indices(['{', '[', '"']).filter(|(at, _)| *at >= least);
    let next = places.find(|(at, bracket)| begins(*at, bracket));
    next.and_then(|(at, _)| text.get(at..)).unwrap_or_default()
}

/// Is the rest of a text the first JSON of its line, and the line not one of many that are indented?
pub(super) fn begins_line(text: &str, rest: &str) -> bool {
    let end = text.len().saturating_sub(rest.len());
    let start = text.floor_char_boundary(end.saturating_sub(PREFIX_BYTES));
    let before = text.get(start..end).unwrap_or_default();
    let line = match before.rfind('\n') {
        Some(at) => before.get(at + 1..).unwrap_or_default(),
        None if start == 0 => before,
        None => return false,
    };
    let is_indented = line.starts_with(|c: char| c.is_ascii_whitespace());
    !is_indented && !line.contains(['{', '[', '"', ']', '}'])
}

/// Stands the rest of a text where nothing in it can be a part of what stands before it, as where a file was cut and the
/// next one follows?
pub(super) fn stands_apart(text: &str, rest: &str) -> bool {
    let before = text.get(..text.len().saturating_sub(rest.len())).unwrap_or_default();
    !before.trim_end().ends_with([':', ',', '['])
}

/// How far a text was read until its fault, in bytes.
pub(super) fn offset(text: &str, error: &serde_json::Error) -> usize {
    let before = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len);
    before.sum::<usize>() + error.column()
}
