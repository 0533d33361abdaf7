//! A hash that is the same in every version of the program, in the build and in the table.

/// FNV-1a in 64 bits: <https://datatracker.ietf.org/doc/draft-eastlake-fnv/>. Not collision-resistant: who chooses
/// the text can make two collide.
pub(crate) fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
