//! Text that an attacker can choose, made harmless for every channel.

use crate::text::live::{is_live, may_be_live};

/// A text on one line: control, formatting and bidirectional characters gone, markup turned into
/// look-alikes that nothing interprets, links and mentions broken, length capped with the rest counted.
///
/// ```
/// use iam_responder_core::text::clean::clean;
/// assert_eq!(clean("a\nb\u{202e}c", 80), "a b\u{fffd}c");
/// assert_eq!(clean("<!channel>", 80), "‹!channel›");
/// assert_eq!(clean("see https://evil.example", 80), "see https:/[/]evil.example");
/// assert_eq!(clean("@everyone [x](y)", 80), "\u{ff20}everyone [x] (y)");
/// assert_eq!(clean("aaaaaaaaaa", 4), "aaaa… (+6 characters)");
/// ```
#[must_use]
pub fn clean(text: &str, chars_max: usize) -> String {
    if !text.contains(is_break) {
        return clean_lines(text, chars_max);
    }
    let one_line: String = text.chars().map(|c| if is_break(c) { ' ' } else { c }).collect();
    clean_lines(&one_line, chars_max)
}

/// As [`clean`], with line breaks kept: for texts of the rules, never of the event.
#[must_use]
pub(crate) fn clean_lines(text: &str, chars_max: usize) -> String {
    let text = text.trim();
    // Nearly all texts: their bytes are their characters.
    if text.len() <= chars_max && text.bytes().all(is_plain) {
        return dead(text);
    }
    let mut cleaned = String::with_capacity(text.len().min(chars_max.saturating_mul(4)));
    let mut taken = 0_usize;
    let mut replaced = false;
    let mut chars = text.chars();
    for c in chars.by_ref() {
        let harmless = harmless(c);
        // A run of characters that do not show counts, and shows, as one.
        let again = harmless == '\u{fffd}' && replaced;
        replaced = harmless == '\u{fffd}';
        if again {
            continue;
        }
        if taken == chars_max {
            let rest = chars.count() + 1;
            cleaned.push_str(&format!("… (+{rest} characters)"));
            break;
        }
        cleaned.push(harmless);
        taken += 1;
    }
    dead(&cleaned)
}

/// A printable character of ASCII that stays as it is.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && harmless(char::from(byte)) == char::from(byte)
}

/// The text with nothing left in it that a channel would make a link or a mention of.
fn dead(text: &str) -> String {
    if !text.contains(may_be_live) {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let mut dead = String::with_capacity(text.len());
    for (at, c) in chars.iter().enumerate() {
        // Behind a bracket that breaks a link an at sign follows no name any longer: `www.@ops` became a mention.
        let named = || chars.get(at + 1).is_some_and(|c| c.is_alphanumeric() || *c == '_');
        let live = (may_be_live(*c) && is_live(&chars, at))
            || (*c == '@' && dead.ends_with(']') && named());
        // A bracket that breaks a link must not create one with the text after it: `//(x)` became one.
        if dead.ends_with(']') && (live || matches!(c, '(' | '[')) {
            dead.push(' ');
        }
        match c {
            c if !live => dead.push(*c),
            '@' => dead.push('\u{ff20}'),
            '(' | '[' => dead.push(*c),
            '~' => dead.extend([' ', *c]),
            c => dead.extend(['[', *c, ']']),
        }
    }
    dead
}

/// A text for a terminal, with everything that does not show made visible; markup stays, as nothing
/// there interprets it.
#[must_use]
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || is_break(c) || is_invisible(c) { '\u{fffd}' } else { c })
        .collect()
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn harmless(c: char) -> char {
    match c {
        '\n' | ' ' => c,
        '<' => '‹',
        '>' => '›',
        '`' => '\'',
        '!'..='~' => c,
        c if c.is_whitespace() => ' ',
        c if c.is_control() || is_invisible(c) => '\u{fffd}',
        c => c,
    }
}

/// Formatting characters, joiners, fillers, variation selectors, tags, private use and
/// noncharacters: they change how their neighbours look, or hide.
/// Source: Unicode categories Cf, Co, Cn and property `Default_Ignorable_Code_Point`.
fn is_invisible(c: char) -> bool {
    // The first of them; most texts hold none.
    if c < '\u{ad}' {
        return false;
    }
    matches!(u32::from(c),
        0xAD | 0x34F | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x890..=0x891 | 0x8E2
        | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F | 0x202A..=0x202E
        | 0x2060..=0x206F | 0x2800 | 0x3164 | 0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xFE00..=0xFE0F
        | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB | 0xFFFE..=0xFFFF | 0x110BD | 0x110CD
        | 0x13430..=0x1345F | 0x16FE4 | 0x1BCA0..=0x1BCA3 | 0x1D159 | 0x1D173..=0x1D17A
        | 0xE0000..=0x10_FFFF)
        || u32::from(c) & 0xFFFE == 0xFFFE
}

/// JSON text in which every invisible character is escaped. That includes control characters beyond
/// ASCII, which JSON itself does not escape.
#[must_use]
pub fn escape_invisible(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find(is_escaped) {
        let (shown, from) = rest.split_at(at);
        escaped.push_str(shown);
        let mut chars = from.chars();
        let first = chars.next().unwrap_or_default();
        for unit in first.encode_utf16(&mut [0; 2]) {
            escaped.push_str(&format!("\\u{unit:04x}"));
        }
        rest = chars.as_str();
    }
    escaped.push_str(rest);
    escaped
}

fn is_escaped(c: char) -> bool {
    !matches!(c, ' '..='~') && (c.is_control() || is_invisible(c) || is_break(c))
}

/// A text for places that take ASCII only: everything else becomes `?`.
#[must_use]
pub(crate) fn ascii(text: &str) -> String {
    let map = |c: char| match c {
        '‹' => '(',
        '›' => ')',
        '…' => '.',
        c if c.is_ascii_graphic() || c == ' ' => c,
        _ => '?',
    };
    text.chars().map(map).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_hides_or_breaks_survives() {
        let hostile =
            "a\0\u{1b}[31mred\u{1b}[0m\r\n\u{202e}\u{2066}\u{200b}\u{e0041}\u{feff}\u{2028}b\u{7}";
        let cleaned = clean(hostile, 200);
        assert!(cleaned.chars().all(|c| !c.is_control() && !is_invisible(c)), "{cleaned:?}");
        assert!(!cleaned.contains('\n'));
        assert!(cleaned.starts_with('a') && cleaned.contains("red"));
    }

    #[test]
    fn nothing_is_left_to_click_or_to_call() {
        for (text, want) in [
            ("[Open](//a.example/x)", "[Open] (/[/]a.example/x)"),
            ("go to www.a.example", "go to www[.]a.example"),
            (r"\\files\a", r"\[\]files\a"),
            ("x//(a)///b", "x/[/] (a)/[/] [/]b"),
            ("@here (@ops) [~ops]", "\u{ff20}here (\u{ff20}ops) [ ~ops]"),
            ("alice@example.com", "alice@example.com"),
            ("www.@ops ftp.@_x www.@ x", "www[.] \u{ff20}ops ftp[.] \u{ff20}_x www[.]@ x"),
        ] {
            assert_eq!(clean(text, 80), want);
            assert_eq!(clean(want, 80), want, "cleaned twice");
        }
        assert_eq!(ascii("\u{ff20}here"), "?here");
    }

    #[test]
    fn json_hides_nothing() {
        assert_eq!(escape_invisible("\"a\u{7f}\u{9b}\u{200b}é\""), "\"a\\u007f\\u009b\\u200bé\"");
    }

    #[test]
    fn a_kilobyte_is_cut_and_counted() {
        assert_eq!(clean(&"x".repeat(1_024), 300).chars().filter(|c| *c == 'x').count(), 300);
        assert!(clean(&"x".repeat(1_024), 300).ends_with("… (+724 characters)"));
        assert_eq!(clean(&"é".repeat(10), 10), "é".repeat(10));
    }
}
