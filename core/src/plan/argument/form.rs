//! Forms that arguments of several services have.

use std::ops::RangeInclusive;

use crate::iam::account;
use crate::iam::arn::{Arn, is_partition};
use crate::iam::region::Region;

/// Characters in the groups of a UUID.
const UUID: [usize; 5] = [8, 4, 4, 4, 12];

/// The parts of an ARN that say where a resource is: its Region and account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A Region and an account.
    Regional,
    /// An account.
    Account,
    /// Neither: AWS's own, of the account `aws`.
    Aws,
    /// Neither.
    Nowhere,
}

/// An ARN of a service in any partition, if the parts before the resource have their form. It holds printable ASCII only,
/// without spaces.
pub(super) fn arn<'a>(text: &'a str, service: &str, place: Place) -> Option<Arn<'a>> {
    let arn = Arn::parse(text).filter(|arn| is_partition(arn.partition))?;
    let is_there = match place {
        Place::Regional => Region::parse(arn.region).is_some() && account::is_id(arn.account),
        Place::Account => arn.region.is_empty() && account::is_id(arn.account),
        Place::Aws => (arn.region, arn.account) == ("", "aws"),
        Place::Nowhere => (arn.region, arn.account) == ("", ""),
    };
    let shows = text.chars().all(|c| c.is_ascii_graphic());
    (arn.service == service && is_there && shows).then_some(arn)
}

/// The part below a kind in such an ARN.
pub(super) fn below<'a>(text: &'a str, of: (&str, Place), kind: &str) -> Option<&'a str> {
    arn(text, of.0, of.1)?.below(kind)
}

/// So many characters, each of them good.
pub(super) fn is_of(text: &str, chars: RangeInclusive<usize>, good: fn(char) -> bool) -> bool {
    chars.contains(&text.chars().count()) && text.chars().all(good)
}

/// `\w`: a letter, a digit or an underscore.
pub(super) fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A letter, a digit, or one of `_.-`.
pub(super) fn is_name_char(c: char) -> bool {
    is_word_char(c) || c == '.' || c == '-'
}

/// A small letter or a digit.
pub(super) fn is_small(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

/// A hexadecimal digit whose letters are small.
pub(super) fn is_small_hex(c: char) -> bool {
    c.is_ascii_hexdigit() && !c.is_ascii_uppercase()
}

/// Five groups, as a UUID has them, of good characters.
pub(super) fn is_uuid_of(text: &str, good: fn(char) -> bool) -> bool {
    let groups = || text.split('-');
    groups().map(str::len).eq(UUID) && groups().all(|group| group.chars().all(good))
}

/// A UUID, in letters of any size.
pub(super) fn is_uuid(text: &str) -> bool {
    is_uuid_of(text, |c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_of_its_service_and_place() {
        let is_one = |text, place| arn(text, "s", place).is_some();
        assert!(is_one("arn:aws:s:eu-west-1:111122223333:x", Place::Regional));
        assert!(is_one("arn:aws-cn:s:cn-north-1:111122223333:x", Place::Regional));
        assert!(is_one("arn:aws-us-gov:s::111122223333:x", Place::Account));
        assert!(is_one("arn:aws:s::aws:x", Place::Aws) && is_one("arn:aws:s:::x", Place::Nowhere));
        for text in [
            "arn:aws:t:eu-west-1:111122223333:x",
            "arn:aws:s::111122223333:x",
            "arn:aws:s:eu-west-1:1111:x",
            "arn:*:s:eu-west-1:111122223333:x",
            "arn:aws:s:eu-west-1:111122223333:x y",
            "arn:aws:s:eu-west-1:111122223333:é",
            "x",
        ] {
            assert!(!is_one(text, Place::Regional), "{text}");
        }
        assert!(!is_one("arn:aws:s:eu-west-1:111122223333:x", Place::Account));
        assert!(!is_one("arn:aws:s::111122223333:x", Place::Nowhere));
        let of = ("s", Place::Nowhere);
        assert_eq!(below("arn:aws:s:::kind/a/b", of, "kind"), Some("a/b"));
        assert_eq!(below("arn:aws:s:::other/a:kind/b", of, "kind"), None);
    }

    #[test]
    fn a_uuid_has_five_groups() {
        assert!(is_uuid("0a1B2c3d-0000-4000-8000-0123456789ab"));
        for text in [
            "",
            "0a1b2c3d",
            "0a1b2c3d-0000-4000-8000-0123456789a",
            "0a1b2c3d-0000-4000-8000-0123456789ab-",
            "0a1b2c3d-0000-4000-8000-0123456789ag",
            "0a1b2c3d00-00-4000-8000-0123456789ab",
        ] {
            assert!(!is_uuid(text), "{text}");
        }
        assert!(!is_uuid_of("0A1b2c3d-0000-4000-8000-0123456789ab", is_small_hex));
    }
}
