//! Regions.

use crate::text::checked::checked;

/// Longest name of a Region, in characters. The longest so far have 14.
const CHARS_MAX: usize = 32;

checked! {
    /// Name of a Region, in any partition: `eu-west-1`, `us-gov-west-1`. It is a word of small letters, digits and dashes
    /// that begins with a letter. The Regions that exist are not listed here: AWS adds some every year.
    ///
    /// Source: <https://docs.aws.amazon.com/general/latest/gr/rande.html>
    Region: is_region;
}

fn is_region(name: &str) -> bool {
    name.len() <= CHARS_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
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
