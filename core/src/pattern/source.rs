//! Anchors as constants: what the build writes into a program.

use std::fmt::Write as _;

use super::anchors::{Anchors, Entries, Keys};
use super::cost::PatternLoad;

impl Anchors {
    /// The same as a Rust expression of the type [`super::PackedAnchors`].
    #[must_use]
    pub(crate) fn to_source(&self) -> String {
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
        format!(
            "Keys {{ all: {}, present: {}, exact: {}, folded: {}, addresses: {}, prefixes: {}, prefix_lengths: {}, \
             suffixes: {}, suffix_lengths: {} }}",
            numbers(&self.all),
            numbers(&self.present),
            self.exact.to_source(),
            self.folded.to_source(),
            self.addresses.to_source(),
            self.prefixes.to_source(),
            numbers(&self.prefix_lengths),
            self.suffixes.to_source(),
            numbers(&self.suffix_lengths),
        )
    }
}

impl Entries {
    fn to_source(&self) -> String {
        format!(
            "Entries {{ texts: Cow::Borrowed({:?}), ends: {}, branches: {}, branch_ends: {}, slots: {} }}",
            self.texts,
            numbers(&self.ends),
            numbers(&self.branches),
            numbers(&self.branch_ends),
            numbers(&self.slots),
        )
    }
}

impl PatternLoad {
    /// The same as a Rust expression.
    #[must_use]
    pub fn to_source(&self) -> String {
        format!("PatternLoad::of({}, {})", self.branches, self.values)
    }
}

fn numbers(numbers: &[u32]) -> String {
    format!("Cow::Borrowed(&{numbers:?})")
}
