//! Raw text that somebody else chose.

use std::fmt;

use crate::text::clean::clean;

/// A text that the caller may have chosen, unchanged; as long as an event may be. Only an escaper prints it: it has
/// neither `Display` nor `Deref`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hostile {
    text: String,
    /// The part beyond the limit was left out already, and counted.
    capped: bool,
}

impl Hostile {
    /// A text as it came.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self { text: text.to_owned(), capped: false }
    }

    /// Restores a text that was stored as shown. The original text is unknown.
    #[must_use]
    pub(crate) fn as_shown(text: &str) -> Self {
        Self { text: text.to_owned(), capped: true }
    }

    /// As people may see it in every channel: dead, on one line of at most so many characters, the rest counted.
    #[must_use]
    pub(crate) fn shown(&self, chars_max: usize) -> String {
        clean(&self.text, if self.capped { usize::MAX } else { chars_max })
    }

    /// The text before a mark. `None` if the mark is not in it.
    #[must_use]
    pub(crate) fn before(&self, mark: &str) -> Option<Self> {
        let (before, _) = self.text.split_once(mark)?;
        Some(Self { text: before.to_owned(), capped: self.capped })
    }

    /// The text unchanged, for programs: the printer escapes it for its destination.
    #[must_use]
    pub(crate) fn as_it_is(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Hostile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hostile({:?})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_kept_as_it_is_and_shown_dead() {
        let text = Hostile::of("<!channel>\nhttps://a.example");
        assert_eq!(text.as_it_is(), "<!channel>\nhttps://a.example");
        assert_eq!(text.shown(80), "‹!channel› https:/[/]a.example");
        assert_eq!(text.shown(3), "‹!c… (+25 characters)");
        let again = Hostile::as_shown(&text.shown(3));
        assert_eq!(again.shown(3), text.shown(3));
        assert_eq!(Hostile::as_shown("<!channel>").shown(3), "‹!channel›");
        assert_eq!(format!("{:?}", Hostile::of("a\nb")), r#"Hostile("a\nb")"#);
    }
}
