//! What channels make a link or a mention of, wherever it stands in a text.
//!
//! Mail programs, chats and ticket systems find links in plain text by themselves, and each by its own
//! rules. A character is *live* where taking it apart from its neighbours leaves nothing to find.
//!
//! ```
//! use iam_responder::live::is_live;
//! let text: Vec<char> = "see //evil.example".chars().collect();
//! assert!(is_live(&text, 5), "the second slash");
//! ```

/// Words that call everybody of a channel, behind an at sign, also in the middle of a word.
const EVERYBODY: [&str; 8] =
    ["everyone", "channel", "here", "all", "team", "room", "group", "online"];
/// Schemes that need no slashes.
const SCHEMES: [&str; 5] = ["mailto", "tel", "sms", "callto", "javascript"];
/// Beginnings of host names that need no scheme; digits may follow the first.
const HOSTS: [&str; 2] = ["www", "ftp"];

/// Is the character at this place live?
#[must_use]
pub fn is_live(text: &[char], at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let after = text.get(at + 1..).unwrap_or_default();
    let follows = |c: char| before.last() == Some(&c);
    match text.get(at) {
        // `//host` is a link in some channels, `\\host` one to a file server.
        Some('/') => follows('/'),
        Some('\\') => follows('\\'),
        // Browsers take full stops of other scripts for dots.
        Some('.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}') => ends_as_host(before),
        Some(':') => ends_as_scheme(before) && after.first().is_some_and(|c| !c.is_whitespace()),
        // `[text](target)`, `[text][name]`
        Some('(' | '[') => follows(']'),
        // `[~user]`
        Some('~') => follows('['),
        Some('@') => is_mention(before, after),
        _ => false,
    }
}

/// Ends with the word, which begins where no letter or digit stands before.
fn ends_with(before: &[char], word: &str) -> bool {
    let split = before.len().checked_sub(word.len()).and_then(|at| before.split_at_checked(at));
    split.is_some_and(|(rest, end)| {
        end.iter().zip(word.chars()).all(|(c, of_word)| c.eq_ignore_ascii_case(&of_word))
            && rest.last().is_none_or(|c| !c.is_alphanumeric())
    })
}

fn ends_as_host(before: &[char]) -> bool {
    let digits = before.iter().rev().take(3).take_while(|c| c.is_ascii_digit()).count();
    let bare = before.get(..before.len() - digits).unwrap_or_default();
    HOSTS.iter().any(|host| ends_with(before, host) || ends_with(bare, host))
}

fn ends_as_scheme(before: &[char]) -> bool {
    SCHEMES.iter().any(|scheme| ends_with(before, scheme))
}

/// `@name` where no mail address goes before it, or a word that calls everybody.
fn is_mention(before: &[char], after: &[char]) -> bool {
    let local = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
    let named = after.first().is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let word: String = after.iter().take_while(|c| c.is_alphanumeric()).take(16).collect();
    let behind = after.get(word.chars().count());
    let ends = behind.is_none_or(|c| !matches!(c, '.' | '-' | '_'));
    let everybody = EVERYBODY.iter().any(|call| word.eq_ignore_ascii_case(call));
    (named && before.last().is_none_or(|c| !local(c))) || (everybody && ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The live characters of a text, in brackets.
    #[track_caller]
    fn check(text: &str, want: &str) {
        let chars: Vec<char> = text.chars().collect();
        let mark = |(at, c): (usize, &char)| match is_live(&chars, at) {
            true => format!("[{c}]"),
            false => c.to_string(),
        };
        let marked: String = chars.iter().enumerate().map(mark).collect();
        assert_eq!(marked, want);
    }

    #[test]
    fn links_in_every_form() {
        check("http://a.example", "http:/[/]a.example");
        check("///a", "/[/][/]a");
        check(r"\\files\a", r"\[\]files\a");
        check("WWW.a.example www2.a", "WWW[.]a.example www2[.]a");
        check("www\u{3002}a", "www[\u{3002}]a");
        check("-ftp.a", "-ftp[.]a");
        check("mailto:a javascript:b", "mailto[:]a javascript[:]b");
        check("[a](b) [a][b]", "[a][(]b) [a][[]b]");
    }

    #[test]
    fn mentions_in_every_form() {
        check("@everyone (@ops) x@here", "[@]everyone ([@]ops) x[@]here");
        check("[~ops]", "[[~]ops]");
    }

    #[test]
    fn ordinary_texts_have_none() {
        for text in [
            "alice@example.com",
            "arn:aws:iam::111122223333:role/a/b",
            "a.b@all.example and x@here-and-there",
            "Boto3/1.40.1 md/Botocore#1.40.1 (linux)",
            "awww.nice 7www.",
            "hotel: none",
            "tel: none",
            "@",
            "",
        ] {
            check(text, text);
        }
    }
}
