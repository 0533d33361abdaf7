//! Values of an event as words of a command: what they can be, and how a shell takes them as they are.

use super::step::Guard;
use crate::event::Event;
use crate::iam::account;
use crate::iam::arn::Arn;
use crate::text::live::is_live;

/// Longest value put into a command, in characters.
const VALUE_CHARS_MAX: usize = 2_048;
/// What CloudTrail writes in place of a user name that it will not repeat.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";
/// What IAM calls the root user where a user name is asked for.
const ROOT: &str = "AWS ROOT USER";

/// Parameters that hold a name of IAM, with its greatest length. Letters, digits and `_+=,.@-`.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const NAMES: [(&str, usize); 10] = [
    ("userName", 64),
    ("newUserName", 64),
    ("roleName", 64),
    ("groupName", 128),
    ("newGroupName", 128),
    ("policyName", 128),
    ("instanceProfileName", 128),
    ("serverCertificateName", 128),
    ("newServerCertificateName", 128),
    ("samlProviderName", 128),
];

/// Does an event of IAM name what IAM has no names for? Then its record is not what it claims.
pub(super) fn names_the_impossible(event: &Event) -> bool {
    let given = |key: &str| event.text(&format!("detail.requestParameters.{key}"));
    event.event_source() == Some("iam.amazonaws.com")
        && (NAMES.iter().any(|(key, chars_max)| {
            given(key).is_some_and(|name| name != ROOT && !is_name(name, *chars_max))
        }) || given("policyArn").is_some_and(|arn| !is_policy_arn(arn)))
}

fn is_name(text: &str, chars_max: usize) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    text.len() <= chars_max && text.chars().all(good)
}

/// A path may hold every character from `!` to DEL.
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>
fn is_policy_arn(text: &str) -> bool {
    let Some(arn) = Arn::parse(text) else { return false };
    arn.partition.starts_with("aws")
        && (arn.service, arn.region) == ("iam", "")
        && (arn.account == "aws" || account::is_id(arn.account))
        && arn.resource.starts_with("policy/")
        && text.len() <= VALUE_CHARS_MAX
        && text.chars().all(|c| ('!'..='\u{7f}').contains(&c))
}

/// The value at a path below `detail`, if it is one that can be there.
///
/// # Errors
/// [`Guard::ValueMissing`], [`Guard::ImpossibleName`] or [`Guard::UnsafeValue`].
pub(super) fn at<'e>(path: &str, event: &'e Event) -> Result<&'e str, Guard> {
    let value = event.text(&format!("detail.{path}")).filter(|value| *value != HIDDEN);
    let value = value.ok_or(Guard::ValueMissing)?;
    let key = path.rsplit('.').next().unwrap_or(path);
    let name = NAMES.iter().find(|(known, _)| *known == key);
    let possible = match (name, key) {
        (Some((_, chars_max)), _) => is_name(value, *chars_max),
        (None, "policyArn" | "arn") => is_policy_arn(value),
        _ => true,
    };
    match possible {
        false => Err(Guard::ImpossibleName),
        true if value.chars().count() > VALUE_CHARS_MAX => Err(Guard::UnsafeValue),
        true => Ok(value),
    }
}

/// Can the value stand in a command as a word of its own? The AWS CLI reads a file, or fetches a page,
/// where a value begins so: version 1 of it also in the form `--name=value`. What does not show cannot be
/// checked by whoever pastes it.
/// Source: <https://docs.aws.amazon.com/cli/v1/userguide/cli-usage-parameters-file.html>
pub(super) fn is_word(value: &str) -> bool {
    let lower = value.to_lowercase();
    let read = ["file:", "fileb:", "http:", "https:"].iter().any(|word| lower.starts_with(word));
    !read && value.chars().all(|c| c.is_ascii_graphic() || c == ' ')
}

/// Does a shell take the value as it is, and is nothing in it live? It begins with a letter, a digit or
/// a slash, so neither the AWS CLI nor a shell takes it for anything else.
pub(super) fn is_plain(value: &str) -> bool {
    let chars: Vec<char> = value.chars().collect();
    chars.first().is_some_and(|c| c.is_ascii_alphanumeric() || *c == '/')
        && chars.iter().enumerate().all(|(at, c)| is_plain_char(*c) && !is_live(&chars, at))
}

fn is_plain_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-+=,.@/:%".contains(c)
}

/// One word of a POSIX shell, in quotes. What a channel would make a link, a mention or markup of is
/// taken apart by quotes of its own, which the shell takes away again.
pub(super) fn quoted(value: &str) -> String {
    let chars: Vec<char> = value.chars().collect();
    let mut word = String::from("'");
    for (at, c) in chars.iter().enumerate() {
        match c {
            '\'' => word.push_str(r"'\''"),
            '\\' if is_live(&chars, at) => word.push_str(r#"'"\\"'"#),
            c if *c == '<' || is_live(&chars, at) => word.push_str(&format!("'\"{c}\"'")),
            c => word.push(*c),
        }
    }
    word.push('\'');
    word
}

/// A text of JSON that needs no quoting in a shell's single quotes, and in which nothing is live or
/// hidden.
pub(super) fn json_text(value: &str) -> String {
    let chars: Vec<char> = value.chars().collect();
    let mut text = String::from("\"");
    for (at, c) in chars.iter().enumerate() {
        if (is_plain_char(*c) || *c == ' ') && !is_live(&chars, at) {
            text.push(*c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_the_shell_and_for_the_reader() {
        for (value, want) in [
            ("a;rm -rf $(x)", "'a;rm -rf $(x)'"),
            ("it's", r"'it'\''s'"),
            ("=ls", "'=ls'"),
            ("a`b", "'a`b'"),
            ("x//host", "'x/'\"/\"'host'"),
            ("www.host", "'www'\".\"'host'"),
            ("@all", "''\"@\"'all'"),
            ("<!here>", "''\"<\"'!here>'"),
            (r"\\host", r#"'\'"\\"'host'"#),
        ] {
            assert_eq!(quoted(value), want);
            assert!(!is_plain(value), "{value}");
        }
        assert!(is_plain("a.b@c+d=e,f"));
        for read in ["file://x", "FILEB://x", "http://x", "https://x", "a\u{7f}", "é"] {
            assert!(!is_word(read), "{read}");
        }
        assert!(is_word("arn:aws:iam::111122223333:policy/http://x"));
    }

    #[test]
    fn json_shows_nothing_live_or_hidden() {
        assert_eq!(json_text("https://a"), r#""https:/\u002fa""#);
        assert_eq!(
            json_text("a\u{7f}'\"\\\u{1f600}"),
            r#""a\u007f\u0027\u0022\u005c\ud83d\ude00""#
        );
    }

    #[test]
    fn names_that_iam_has_not() {
        for name in ["аdmin", "a b", "a/b", "arn:aws:iam::111122223333:role/x", &"x".repeat(65)] {
            assert!(!is_name(name, 64), "{name}");
        }
        assert!(is_name("--profile", 64) && is_name("a+b=c,d.e@f-g_h", 64));
        assert!(is_policy_arn("arn:aws-cn:iam::aws:policy/service-role/X"));
        assert!(is_policy_arn("arn:aws:iam::111122223333:policy/a`<\u{7f}:*/x"));
        for arn in ["x", "arn:aws:iam::1:policy/x", "arn:aws:iam::111122223333:role/x", "http://x"]
        {
            assert!(!is_policy_arn(arn), "{arn}");
        }
    }
}
