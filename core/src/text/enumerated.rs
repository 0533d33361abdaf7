//! A list of which only the first are shown.

/// `a, b, c and 4 more`.
pub(crate) fn enumerated<'a>(all: impl ExactSizeIterator<Item = &'a str>, most: usize) -> String {
    let more = all.len().saturating_sub(most);
    let shown = all.take(most).collect::<Vec<_>>().join(", ");
    match more {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_shown_is_counted() {
        let all = ["a", "b", "c"];
        for (most, want) in [(4, "a, b, c"), (3, "a, b, c"), (2, "a, b and 1 more")] {
            assert_eq!(enumerated(all.into_iter(), most), want);
        }
        assert_eq!(enumerated([].into_iter(), 2), "");
    }
}
