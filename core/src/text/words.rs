//! Closed sets of words: each a type, that no other word is taken for one.

/// Declares an enum whose variants each have a word, by which rules, files and records know them. They are ordered as
/// their words are.
macro_rules! words {
    ($(#[$doc:meta])* $vis:vis enum $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name { $($(#[$of])* $variant,)+ }

        impl $name {
            /// All of them, in the order of their declaration.
            $vis const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word.
            #[must_use]
            $vis const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// All their words.
            #[must_use]
            $vis fn words() -> Vec<&'static str> {
                Self::ALL.iter().map(|one| one.word()).collect()
            }

            /// The one that has this word.
            #[must_use]
            $vis fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }

        $crate::text::words::by_word!($name);
    };
}

/// Traits of every type with a word: display, serialization, order, and lookup in a set by its word.
macro_rules! by_word {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.word().cmp(other.word())
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.word().hash(state);
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.word()
            }
        }
    };
}

pub(crate) use {by_word, words};

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    words! {
        /// Two words.
        enum Two {
            /// A word that comes last in a set.
            Yes = "yes",
            /// A word that comes first there.
            No = "no",
        }
    }

    #[test]
    fn a_word_is_found_printed_and_ordered() {
        assert_eq!(Two::words(), ["yes", "no"]);
        assert_eq!((Two::of("no"), Two::of("No")), (Some(Two::No), None));
        assert_eq!(format!("{:>4}", Two::No), "  no");
        assert_eq!(serde_json::to_string(&Two::Yes).unwrap(), r#""yes""#);
        let set: BTreeSet<Two> = Two::ALL.iter().copied().collect();
        assert_eq!(set.first(), Some(&Two::No));
        assert!(set.contains("yes") && !set.contains("maybe"));
        let set: HashSet<Two> = set.into_iter().collect();
        assert!(set.contains("yes") && !set.contains("maybe"));
    }
}
