//! Tables compiled in: lines of columns between tabs.

use std::cmp::Ordering;

use memchr::{memchr, memrchr};

/// The lines of a table below its head, without comments, which begin with `#`.
pub(crate) fn lines(table: &str) -> impl Iterator<Item = &str> {
    table.lines().skip(1).filter(|line| !line.starts_with('#'))
}

/// The columns of a line, where it has exactly as many.
#[must_use]
pub(crate) fn columns<const N: usize>(line: &str) -> Option<[&str; N]> {
    let mut rest = line.split('\t');
    let mut whole = true;
    let columns = std::array::from_fn(|_| {
        rest.next().unwrap_or_else(|| {
            whole = false;
            ""
        })
    });
    (whole && rest.next().is_none()).then_some(columns)
}

/// The line whose first column is this name, ignoring case of ASCII letters. `name` must be in lower case, and the
/// lines sorted by their first columns in lower case. Reads only the lines on the way.
#[must_use]
pub(crate) fn line_of<'t>(table: &'t str, name: &str) -> Option<&'t str> {
    let bytes = table.as_bytes();
    // Bounds of the lines that may contain it.
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let before = memrchr(b'\n', bytes.get(low..middle)?);
        let start = before.map_or(low, |at| low + at + 1);
        let after = memchr(b'\n', bytes.get(start..high)?);
        let end = after.map_or(high, |at| start + at);
        let line = table.get(start..end)?;
        match order(line, name) {
            Ordering::Equal => return Some(line),
            Ordering::Less => low = end + 1,
            Ordering::Greater => high = start,
        }
    }
    None
}

/// Compares the first column of a line with a name in lower case.
fn order(line: &str, name: &str) -> Ordering {
    let first = line.bytes().take_while(|byte| *byte != b'\t');
    first.map(|byte| byte.to_ascii_lowercase()).cmp(name.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_found_and_nothing_between_them() {
        let lines = ["@x\tü", "A-b\t1", "a1", "Bc\t", "bcd\té\t3", "z"];
        for count in 0..=lines.len() {
            for end in ["", "\n"] {
                let table = lines[..count].join("\n") + end;
                for (at, line) in lines.iter().enumerate() {
                    let name = line.split('\t').next().unwrap().to_lowercase();
                    assert_eq!(line_of(&table, &name), (at < count).then_some(*line), "{table:?}");
                }
                for name in ["@", "a", "a-", "a-bc", "b", "bcde", "é", "zz"] {
                    assert_eq!(line_of(&table, name), None, "{name} in {table:?}");
                }
            }
        }
    }

    #[test]
    fn a_line_has_exactly_its_columns() {
        assert_eq!(columns("a\t\tc"), Some(["a", "", "c"]));
        assert_eq!((columns::<2>("a\t\tc"), columns::<4>("a\t\tc")), (None, None));
    }
}
