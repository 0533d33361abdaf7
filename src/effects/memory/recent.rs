//! A map that forgets: within a number of bytes, the oldest first.

use std::collections::HashMap;
use std::mem;

/// Bytes of an entry beside its key and its value.
const ENTRY_BYTES: usize = 64;

/// Two generations. An entry that is used moves into the young one. Once the young one holds half of the bytes
/// allowed, the old one is dropped and the young one becomes old. So a flood costs neither memory nor a pause.
#[derive(Debug)]
pub(super) struct Recent<V> {
    young: HashMap<String, V>,
    old: HashMap<String, V>,
    /// Bytes that came into the young generation.
    bytes: usize,
    bytes_max: usize,
}

impl<V> Recent<V> {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), bytes: 0, bytes_max }
    }

    pub(super) fn get(&self, key: &str) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// The entry, mutable. Report its further bytes by [`Recent::grew`].
    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        if let Some((key, value)) = self.old.remove_entry(key) {
            self.young.insert(key, value);
        }
        self.young.get_mut(key)
    }

    /// The entry, mutable; created if it is missing.
    pub(super) fn entry(&mut self, key: &str) -> Option<&mut V>
    where
        V: Default,
    {
        if self.get(key).is_none() {
            self.insert(key, V::default(), 0);
        }
        self.get_mut(key)
    }

    /// Keeps an entry of `bytes` bytes in place of the former one.
    pub(super) fn insert(&mut self, key: &str, value: V, bytes: usize) {
        self.old.remove(key);
        self.young.insert(key.to_owned(), value);
        self.grew(key.len() + bytes + ENTRY_BYTES);
    }

    /// An entry takes `bytes` bytes more.
    pub(super) fn grew(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.bytes_max / 2 {
            self.old = mem::take(&mut self.young);
            self.bytes = 0;
        }
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<V> {
        let old = self.old.remove(key);
        self.young.remove(key).or(old)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.young.values().chain(self.old.values())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_and_what_is_used_stays() {
        let mut map = Recent::new(20 * (1 + ENTRY_BYTES));
        for key in "abcdefghij".chars() {
            map.insert(&key.to_string(), key, 0);
        }
        assert_eq!(map.get("a"), Some(&'a'));
        // One more than half of the bytes: all are old now. What is used is young again.
        map.insert("k", 'k', 0);
        assert_eq!(map.get_mut("b"), Some(&mut 'b'));
        for key in "lmnopqrstuv".chars() {
            map.insert(&key.to_string(), key, 0);
        }
        assert_eq!((map.get("a"), map.get("b")), (None, Some(&'b')));
        assert_eq!(map.remove("b"), Some('b'));
        assert_eq!(map.get("b"), None);
        assert!(map.values().count() <= 20);
    }

    #[test]
    fn a_flood_of_large_entries_stays_within_the_bytes() {
        let mut map = Recent::new(1_000_000);
        for number in 0..10_000 {
            map.insert(&number.to_string(), vec![0_u8; 1_000], 1_000);
            assert!(map.values().map(Vec::len).sum::<usize>() <= 1_000_000);
        }
        assert!(map.values().count() > 400);
    }
}
