//! Anchors as constants: what the build writes into a program.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::net::IpAddr;

use super::anchors::{Anchors, Entries, Keys, Numbers};
use super::cost::Budget;

impl Anchors {
    /// The same as a Rust expression of the type [`super::PackedAnchors`].
    #[must_use]
    pub fn to_source(&self) -> String {
        let mut source = format!(
            "PackedAnchors {{ owners: &{:?}, always: &{:?}, paths: &[",
            &*self.owners, &*self.always
        );
        for (path, keys) in &self.paths {
            // Writing into a text cannot fail.
            let _ = writeln!(source, "({:?}, {}),", path.text(), keys.to_source());
        }
        source.push_str("] }");
        source
    }
}

impl Keys {
    fn to_source(&self) -> String {
        let text = |text: &Cow<'static, str>| format!("Cow::Borrowed({text:?})");
        let address = |address: &IpAddr| match address {
            IpAddr::V4(address) => {
                format!("IpAddr::V4(Ipv4Addr::from_bits({}))", address.to_bits())
            }
            IpAddr::V6(address) => {
                format!("IpAddr::V6(Ipv6Addr::from_bits({}))", address.to_bits())
            }
        };
        format!(
            "Keys {{ all: {}, exact: {}, folded: {}, addresses: {}, prefixes: {}, prefix_lengths: {}, \
             suffixes: {}, suffix_lengths: {} }}",
            numbers(&self.all),
            self.exact.to_source(text),
            self.folded.to_source(text),
            self.addresses.to_source(address),
            self.prefixes.to_source(text),
            numbers(&self.prefix_lengths),
            self.suffixes.to_source(text),
            numbers(&self.suffix_lengths),
        )
    }
}

impl<K: Clone + 'static> Entries<K> {
    fn to_source(&self, key: impl Fn(&K) -> String) -> String {
        let one =
            |(wanted, branches): &(K, Numbers)| format!("({}, {})", key(wanted), numbers(branches));
        let entries: Vec<String> = self.0.iter().map(one).collect();
        format!("Entries(Cow::Borrowed(&[{}]))", entries.join(", "))
    }
}

impl Budget {
    /// The same as a Rust expression.
    #[must_use]
    pub fn to_source(&self) -> String {
        format!("Budget::of({}, {})", self.branches, self.values)
    }
}

fn numbers(numbers: &[u32]) -> String {
    format!("Cow::Borrowed(&{numbers:?})")
}
