//! Regions.

/// Longest name of a Region, in characters. The longest so far have 14.
const CHARS_MAX: usize = 32;

/// Name of a Region, in any partition: `eu-west-1`, `us-gov-west-1`.
///
/// Source: <https://docs.aws.amazon.com/general/latest/gr/rande.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region(String);

impl Region {
    /// `None` unless it is a word of small letters, digits and dashes that begins with a letter. The Regions that exist
    /// are not listed here: AWS adds some every year.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_one = name.len() <= CHARS_MAX
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(good);
        is_one.then(|| Self(name.to_owned()))
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
    fn a_region_is_a_word_of_small_letters() {
        for name in ["eu-west-1", "cn-north-1", "us-gov-west-1", "us-isob-east-1", "aws-global"] {
            assert_eq!(Region::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "1-eu", "EU-WEST-1", "eu west", "eu-west-1;id", &"x".repeat(33)] {
            assert_eq!(Region::parse(name), None, "{name}");
        }
    }
}
