//! Texts of one form each: a type for each, that no other text is taken for one.

/// Declares types of text, each with the test of its form.
macro_rules! checked {
    ($($(#[$doc:meta])* $name:ident: $is_one:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// `None` if the text has another form.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let is_one: fn(&str) -> bool = $is_one;
                is_one(text).then(|| Self(text.to_owned()))
            }

            /// As AWS writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )+};
}
pub(crate) use checked;
