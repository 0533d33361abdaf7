//! A line for people, in pieces: our own words, and texts that somebody else chose.

use crate::text::hostile::Hostile;

/// Longest name shown, in characters.
pub const NAME_CHARS_MAX: usize = 256;
/// Longest free text shown, as a user agent or an error message, in characters.
pub const TEXT_CHARS_MAX: usize = 300;

/// A line that may hold text the caller chose, unchanged. As for [`Hostile`], only an escaper prints it:
///
/// ```compile_fail
/// println!("{}", iam_responder_core::text::line::Line::from("deleted"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// Our own words, shown unchanged.
    Own(&'static str),
    /// A text of somebody else, and how many characters of it are shown.
    Theirs(Hostile, usize),
}

impl Line {
    /// A text that holds anything we did not write, and how many characters of it are shown.
    #[must_use]
    pub fn theirs(text: &str, chars_max: usize) -> Self {
        Self { pieces: vec![Piece::Theirs(Hostile::of(text), chars_max)] }
    }

    /// A name that we did not choose.
    #[must_use]
    pub fn name(name: &str) -> Self {
        Self::theirs(name, NAME_CHARS_MAX)
    }

    /// A free text that holds anything we did not write.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::theirs(text, TEXT_CHARS_MAX)
    }

    /// Restores a line that was stored as shown. The original text is unknown.
    #[must_use]
    pub(crate) fn as_shown(text: &str) -> Self {
        Self { pieces: vec![Piece::Theirs(Hostile::as_shown(text), usize::MAX)] }
    }

    /// The line, and more behind it.
    #[must_use]
    pub fn and(mut self, more: impl Into<Self>) -> Self {
        self.pieces.extend(more.into().pieces);
        self
    }

    /// As people may see it in every channel: each text of somebody else is dead, on one line and not too long.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut shown = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Own(words) => shown.push_str(words),
                Piece::Theirs(text, chars_max) => shown.push_str(&text.shown(*chars_max)),
            }
        }
        shown
    }

    /// The line unchanged, for programs: the printer escapes it for its destination.
    #[must_use]
    pub fn as_it_is(&self) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Own(words) => (*words).to_owned(),
            Piece::Theirs(text, _) => text.as_it_is().to_owned(),
        };
        self.pieces.iter().map(text).collect()
    }
}

/// Our own words: text that is fixed at build time contains nothing from an event.
impl From<&'static str> for Line {
    fn from(words: &'static str) -> Self {
        Self { pieces: vec![Piece::Own(words)] }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Borrow;
    use std::fmt::Display;
    use std::marker::PhantomData;
    use std::ops::Deref;

    use serde::Serialize;

    use super::*;

    #[test]
    fn it_holds_what_was_there_and_shows_each_text_dead() {
        let name = "<https://evil|click>\n\u{202e}@here";
        let line = Line::from("deleted role ").and(Line::theirs(name, 30)).and(".");
        assert_eq!(line.as_it_is(), format!("deleted role {name}."));
        assert_eq!(line.shown(), "deleted role ‹https:/[/]evil|click› \u{fffd}\u{ff20}here.");
        let cut = Line::theirs(name, 3).and(Line::theirs("ab", 3));
        assert_eq!(cut.shown(), "‹ht… (+24 characters)ab");
        assert_eq!(Line::as_shown(&cut.shown()).shown(), cut.shown());
        assert_eq!(Line::as_shown("<!channel>").shown(), "‹!channel›");
    }

    /// Whether texts, lines and hostile texts can be used as something. A type's own constant goes before that of
    /// every type.
    macro_rules! usable_as {
        ($($what:tt)+) => {{
            trait Any {
                const IS: bool = false;
            }
            struct Is<T>(PhantomData<T>);
            impl<T> Any for Is<T> {}
            impl<T: $($what)+> Is<T> {
                const IS: bool = true;
            }
            [Is::<String>::IS, Is::<Line>::IS, Is::<Hostile>::IS]
        }};
    }

    /// Each would be a way to print a text without thinking about its contents.
    #[test]
    fn nothing_prints_it_but_an_escaper() {
        let ways = [
            usable_as!(Display),
            usable_as!(Serialize),
            usable_as!(Deref),
            usable_as!(AsRef<str>),
            usable_as!(Borrow<str>),
            usable_as!(Into<String>),
        ];
        assert_eq!(ways, [[true, false, false]; 6]);
    }
}
