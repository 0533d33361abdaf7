//! How an argument is read from an event, and its value.

use crate::iam::account::AccountId;
use crate::iam::region::Region;
use crate::plan::guard::Guard;

/// An argument, as AWS takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plan) enum Value<'s> {
    /// Left out.
    Nothing,
    /// Switched on or off.
    Flag(bool),
    /// A text.
    Text(&'s str),
}

/// A type of argument.
pub(in crate::plan) trait Argument: Sized {
    /// Reads it from what the event holds in its place.
    ///
    /// # Errors
    /// [`Guard::ValueMissing`], [`Guard::ImpossibleName`] or [`Guard::UnsafeValue`].
    fn read(value: Result<&str, Guard>) -> Result<Self, Guard>;

    /// As AWS takes it.
    fn value(&self) -> Value<'_>;
}

/// Arguments whose type alone decides which texts it accepts, each with the guard that refuses any other text.
macro_rules! parsed {
    ($($name:ident, $else:ident;)*) => {$(
        impl $crate::plan::argument::value::Argument for $name {
            fn read(value: Result<&str, Guard>) -> Result<Self, Guard> {
                Self::parse(value?).ok_or(Guard::$else)
            }

            fn value(&self) -> $crate::plan::argument::value::Value<'_> {
                $crate::plan::argument::value::Value::Text(self.as_str())
            }
        }
    )*};
}
pub(super) use parsed;

/// Types of text. Each has a test of its form, and the guard that refuses any other text.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $is_one:expr, $else:ident;)*) => {
        $crate::text::checked::checked! { $($(#[$doc])* $name: $is_one;)* }
        $crate::plan::argument::value::parsed! { $($name, $else;)* }
    };
}
pub(super) use texts;

/// Types for which AWS knows only a few words.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $choice:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$of])* $choice,)*
        }

        impl $crate::plan::argument::value::Argument for $name {
            fn read(value: Result<&str, Guard>) -> Result<Self, Guard> {
                match value? {
                    $($word => Ok(Self::$choice),)*
                    _ => Err(Guard::UnsafeValue),
                }
            }

            fn value(&self) -> $crate::plan::argument::value::Value<'_> {
                $crate::plan::argument::value::Value::Text(match self {
                    $(Self::$choice => $word,)*
                })
            }
        }
    )*};
}
pub(super) use choices;

parsed! {
    AccountId, UnsafeValue;
    Region, UnsafeValue;
}

impl Argument for bool {
    fn read(value: Result<&str, Guard>) -> Result<Self, Guard> {
        value?.parse().map_err(|_| Guard::UnsafeValue)
    }

    fn value(&self) -> Value<'_> {
        Value::Flag(*self)
    }
}

impl<T: Argument> Argument for Option<T> {
    fn read(value: Result<&str, Guard>) -> Result<Self, Guard> {
        match value {
            Err(Guard::ValueMissing) => Ok(None),
            value => T::read(value).map(Some),
        }
    }

    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Nothing, T::value)
    }
}

/// Reads what must be taken, and what must be refused.
#[cfg(test)]
#[track_caller]
pub(super) fn check<T: Argument>(taken: &[&str], refused: &[&str], guard: Guard) {
    for text in taken {
        let read = T::read(Ok(text)).map_err(|guard| format!("{text}: {guard:?}")).unwrap();
        assert_eq!(read.value(), Value::Text(text));
    }
    for text in refused {
        assert_eq!(T::read(Ok(text)).err(), Some(guard), "{text}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_of_a_type_is_refused() {
        check::<AccountId>(&["111122223333"], &["", "1111", "11112222333x"], Guard::UnsafeValue);
        let regions = ["eu-west-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"];
        check::<Region>(&regions, &["", "http://x/y", "é", "-x"], Guard::UnsafeValue);
        assert_eq!(bool::read(Ok("true")), Ok(true));
        assert_eq!(bool::read(Ok("yes")), Err(Guard::UnsafeValue));
    }

    #[test]
    fn what_may_be_left_out_may_not_be_wrong() {
        let read = |value| Option::<AccountId>::read(value);
        assert_eq!(read(Err(Guard::ValueMissing)), Ok(None));
        assert_eq!(read(Ok("x")), Err(Guard::UnsafeValue));
        assert_eq!(read(Ok("111122223333")).unwrap().value(), Value::Text("111122223333"));
        assert_eq!(None::<AccountId>.value(), Value::Nothing);
    }
}
