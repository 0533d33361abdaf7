//! Colours and lines of the terminal. `anstream` takes the colours out where nobody sees them.

use anstyle::{AnsiColor, Style};
use iam_responder::text::severity::Severity;

/// Columns we write for.
pub(crate) const COLUMNS: usize = 80;

/// Faint, for details that most readers skip.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// For headings.
pub(crate) const BOLD: Style = Style::new().bold();
/// For what is wrong.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// For what is right.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();

/// Colour of a severity.
pub(crate) fn severity(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::White.on(AnsiColor::Red).bold(),
        Severity::High => AnsiColor::Red.on_default().bold(),
        Severity::Medium => AnsiColor::Yellow.on_default().bold(),
        Severity::Low => AnsiColor::Cyan.on_default(),
        Severity::Informational => Style::new().dimmed(),
    }
}

/// A paragraph at an indent, wrapped to the width; words longer than a line stay whole, so that
/// commands and ARNs can be copied.
pub(crate) fn paragraph(text: &str, first: &str, indent: usize) -> String {
    let rest = " ".repeat(indent);
    let options = textwrap::Options::new(COLUMNS)
        .initial_indent(first)
        .subsequent_indent(&rest)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}
