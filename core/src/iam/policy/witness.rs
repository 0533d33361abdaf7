//! Names on which a document is tried: who may act on many made-up names may act on any.
//!
//! They are drawn from the document itself, so that no document can single them out, and come in the
//! classes in which names are really made, so that patterns which together are all names of a class
//! (`a*` … `z*`, `??*`, `*/*`) are known as that.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Small letters, as most names begin.
const SMALL: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const LARGE: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const KEBAB: &[u8] = b"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789--_";
const CAMEL: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const HEXADECIMAL: &[u8] = b"0123456789abcdef";

/// How many classes of names there are.
pub(super) const CLASSES: usize = 4;

/// Names of one class, at most 64.
pub(super) type Class = Vec<String>;

/// Draws names; the same document draws the same.
#[derive(Debug, Clone)]
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn from(document: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        document.hash(&mut hasher);
        Self(hasher.finish())
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    fn text(&mut self, letters: &[u8], shortest: usize, longest: usize) -> String {
        let length = shortest + self.below(longest - shortest + 1);
        let mut letter = || letters.get(self.below(letters.len())).copied().unwrap_or(b'x');
        (0..length).map(|_| char::from(letter())).collect()
    }

    /// Twelve figures, as of an account.
    pub(super) fn account(&mut self) -> String {
        // None begins with a zero, so that it is not a small number.
        format!("{}{}", 1 + self.below(9), self.text(b"0123456789", 11, 11))
    }

    /// A Region that does not exist, in the form of real ones.
    pub(super) fn region(&mut self) -> String {
        format!("{}-{}-{}", self.text(SMALL, 2, 2), self.text(SMALL, 5, 9), 1 + self.below(9))
    }

    /// The unique part of an ID.
    pub(super) fn id(&mut self) -> String {
        self.text(HEXADECIMAL, 6, 6)
    }

    /// As the ID of a key or a stack.
    pub(super) fn uuid(&mut self) -> String {
        let parts = [8, 4, 4, 4, 12].map(|length| self.text(HEXADECIMAL, length, length));
        parts.join("-")
    }

    /// A name of lower-case letters.
    pub(super) fn name(&mut self) -> String {
        self.text(SMALL, 6, 14)
    }

    /// Names by class: lower case with hyphens, mixed case, with a path, and mail addresses. In each class the first
    /// letters differ as much as possible, so that shares are true: one letter's names are one in 26.
    pub(super) fn classes(&mut self) -> [Class; CLASSES] {
        let first =
            |letters: &[u8]| letters.iter().map(|byte| char::from(*byte)).collect::<Vec<_>>();
        let small = first(SMALL)
            .into_iter()
            .map(|letter| format!("{letter}{}", self.text(KEBAB, 3, 24)))
            .collect();
        let capital = first(LARGE)
            .into_iter()
            .map(|letter| format!("{letter}{}", self.text(CAMEL, 3, 28)))
            .collect();
        let path = first(CAMEL)
            .into_iter()
            .take(52)
            .map(|letter| {
                format!("{letter}{}/{}", self.text(KEBAB, 2, 12), self.text(CAMEL, 4, 20))
            })
            .collect();
        let mail = first(SMALL)
            .into_iter()
            .map(|letter| {
                let (last, domain) = (self.text(SMALL, 4, 9), self.text(SMALL, 5, 10));
                format!("{letter}{}.{last}@{domain}.com", self.text(SMALL, 2, 7))
            })
            .collect();
        [small, capital, path, mail]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_document_draws_the_same_names_and_another_others() {
        let names = |document: &str| Draw::from(document).classes().concat();
        assert_eq!(names("one"), names("one"));
        let (one, other) = (names("one"), names("other"));
        assert!(one.iter().all(|name| !other.contains(name)));
        assert!(Draw::from("x").classes().iter().all(|class| (26..=64).contains(&class.len())));
    }

    #[test]
    fn accounts_and_regions_look_like_it() {
        let mut draw = Draw::from(1);
        let account = draw.account();
        assert!(account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(draw.region().split('-').count(), 3);
    }
}
