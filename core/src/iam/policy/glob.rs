//! IAM's wildcards.

/// Does the pattern match the whole text? `*` is any run of characters, `?` is one.
///
/// Linear in the text for each star: on a mismatch only the last star is extended.
#[must_use]
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut in_text) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while in_text < text.len() {
        match (pattern.get(at), text.get(in_text)) {
            (Some(b'*'), _) => {
                last_star = Some((at, in_text));
                at += 1;
            }
            (Some(b'?'), _) => {
                at += 1;
                in_text = next_char(text, in_text);
            }
            (Some(wanted), Some(found)) if wanted == found => {
                at += 1;
                in_text += 1;
            }
            _ => match last_star {
                Some((star, taken)) => {
                    last_star = Some((star, taken + 1));
                    at = star + 1;
                    in_text = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|byte| *byte == b'*')
}

/// Does the pattern match every text? One star or several do.
#[must_use]
pub(crate) fn is_all(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

/// Where the character after this one begins.
fn next_char(text: &[u8], at: usize) -> usize {
    let is_continuation = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
    at + 1 + text.iter().skip(at + 1).take_while(is_continuation).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text, want) in [
            ("*", "", true),
            ("iam:*", "iam:passrole", true),
            ("iam:p*role", "iam:passrole", true),
            ("iam:p?ssrole", "iam:passrole", true),
            ("*:*", "iam:passrole", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXcYb", false),
            ("iam:", "iam:passrole", false),
            ("?", "", false),
            ("a?c", "aéc", true),
        ] {
            assert_eq!(glob(pattern, text), want, "{pattern} on {text}");
        }
    }
}
