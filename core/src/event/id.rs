//! IDs of events.

use crate::text::checked::checked;

/// Longest ID, in characters. Those of AWS are UUIDs of 36.
const CHARS_MAX: usize = 64;

checked! {
    /// ID of an event, of a form that is safe in a sentence and in a command: a word of ASCII letters, digits and dashes
    /// that begins with a letter or digit.
    ///
    /// Source: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
    EventId: is_id;
}

fn is_id(id: &str) -> bool {
    id.len() <= CHARS_MAX
        && id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_word() {
        for id in ["a", "0a1b2c3d-0000-4000-8000-0123456789ab", "without-id-0123456789abcdef"] {
            assert_eq!(EventId::parse(id).unwrap().as_str(), id);
        }
        for id in ["", "-rf", "a b", "a;id", "a\nb", "é", &"x".repeat(65)] {
            assert_eq!(EventId::parse(id), None, "{id}");
        }
    }
}
