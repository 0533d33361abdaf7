//! Hashes that are the same in every version of the program, in the build and in the table.

use sha2::{Digest as _, Sha256};

/// FNV-1a in 64 bits: <https://datatracker.ietf.org/doc/draft-eastlake-fnv/>. Not collision-resistant: who chooses
/// the text can make two collide.
pub(crate) fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A hash of several texts that nobody can choose to be that of others. Each text is preceded by its length, so that none
/// runs into the next, and the first says what is hashed.
#[derive(Clone)]
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Of this kind of thing, in this version of its form.
    pub(crate) fn of(kind: &str) -> Self {
        Self(Sha256::new()).and(kind)
    }

    /// With one more text.
    pub(crate) fn and(mut self, text: &str) -> Self {
        // No text is longer than 64 bits can count.
        self.0.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.0.update(text);
        self
    }

    /// In hexadecimal digits.
    pub(crate) fn end(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_runs_into_the_next() {
        let hash = |texts: &[&str]| {
            texts.iter().fold(Fingerprint::of("t"), |hash, text| hash.and(text)).end()
        };
        // `printf '\0\0\0\0\0\0\0\1t\0\0\0\0\0\0\0\2ab' | sha256sum`
        assert_eq!(
            hash(&["ab"]),
            "fb410cf4a51feb80885d8f15ee8e98b816249de5c84f2ee6d0a1a66dd47cfa39"
        );
        let all = [hash(&[]), hash(&[""]), hash(&["ab"]), hash(&["a", "b"]), hash(&["", "ab"])];
        assert!(
            all.iter()
                .enumerate()
                .all(|(at, one)| all.iter().skip(at + 1).all(|other| one != other))
        );
        assert_ne!(Fingerprint::of("t").and("x").end(), Fingerprint::of("u").and("x").end());
    }
}
