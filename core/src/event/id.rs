//! IDs of events.

/// Longest ID, in characters. Those of AWS are UUIDs of 36.
const CHARS_MAX: usize = 64;

/// ID of an event, of a form that is safe in a sentence and in a command.
///
/// Source: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventId(String);

impl EventId {
    /// `None` unless it is a word of ASCII letters, digits and dashes that begins with a letter or digit.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let is_one = id.len() <= CHARS_MAX
            && id.starts_with(|c: char| c.is_ascii_alphanumeric())
            && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        is_one.then(|| Self(id.to_owned()))
    }

    /// As AWS writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
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
