//! Operators of conditions, read once from their names.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use super::glob::glob;

/// How the request's value is compared with the values of the condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// Whole texts; `*` and `?` are letters as any other.
    Equals,
    /// Texts with wildcards, which run over `:` and `/`.
    Like,
    /// ARNs part by part, each with wildcards.
    Arn,
    /// Addresses and blocks of them.
    Address,
    /// Moments.
    Date(Order),
    /// Numbers.
    Numeric(Order),
    /// `true` and `false`.
    Bool,
    /// Bytes.
    Binary,
    /// Whether there is any value.
    Null,
    /// AWS does not know the operator, and refuses documents with it.
    Unknown,
}

/// On which side of the condition's values the request's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// It is one of them, or none.
    Same,
    /// Before, or at most.
    Less,
    /// Behind, or at least.
    Greater,
}

impl Order {
    /// Reads the part after `Date` or `Numeric`.
    fn of(word: &str) -> Option<Self> {
        match word {
            "equals" | "notequals" => Some(Self::Same),
            "lessthan" | "lessthanequals" => Some(Self::Less),
            "greaterthan" | "greaterthanequals" => Some(Self::Greater),
            _ => None,
        }
    }
}

/// `ForAllValues:StringNotLikeIfExists`, in its parts. Upper and lower case do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) comparison: Comparison,
    pub(super) negated: bool,
    quantifier: Quantifier,
    if_exists: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    None,
    Any,
    All,
}

impl Operator {
    pub(super) fn of(name: &str) -> Self {
        let name = name.to_lowercase();
        let (quantifier, rest) = match name.split_once(':') {
            Some(("forallvalues", rest)) => (Quantifier::All, rest),
            Some(("foranyvalue", rest)) => (Quantifier::Any, rest),
            _ => (Quantifier::None, name.as_str()),
        };
        let (base, if_exists) =
            rest.strip_suffix("ifexists").map_or((rest, false), |base| (base, true));
        let (comparison, negated) = match base {
            "stringequals" | "stringequalsignorecase" => (Comparison::Equals, false),
            "stringnotequals" | "stringnotequalsignorecase" => (Comparison::Equals, true),
            "stringlike" => (Comparison::Like, false),
            "stringnotlike" => (Comparison::Like, true),
            "arnequals" | "arnlike" => (Comparison::Arn, false),
            "arnnotequals" | "arnnotlike" => (Comparison::Arn, true),
            "ipaddress" => (Comparison::Address, false),
            "notipaddress" => (Comparison::Address, true),
            "bool" => (Comparison::Bool, false),
            "binaryequals" => (Comparison::Binary, false),
            "null" if !if_exists => (Comparison::Null, false),
            other => (ordered(other).unwrap_or(Comparison::Unknown), other.contains("not")),
        };
        Self { comparison, negated, quantifier, if_exists }
    }

    /// Are `*` and `?` wildcards?
    pub(super) fn has_wildcards(self) -> bool {
        matches!(self.comparison, Comparison::Like | Comparison::Arn)
    }

    /// Does it hold only for those whom its values name? `always`: every request of the kind bears the key, so an
    /// operator that holds for an absent key never does.
    pub(super) fn takes_only_named(self, always: bool) -> bool {
        !self.negated && (always || !self.holds_without_key())
    }

    /// Does it hold for everybody but those whom its values name?
    pub(super) fn takes_all_others(self, always: bool) -> bool {
        self.negated && (always || self.holds_without_key())
    }

    /// May it hold for a request that bears this one text? Where upper and lower case might count,
    /// it may.
    pub(super) fn may_hold_for(self, found: &str, values: &[String]) -> bool {
        let fits = |value: &String| match (self.has_wildcards(), self.negated) {
            (true, true) => glob(value, found),
            (true, false) => glob(&value.to_lowercase(), &found.to_lowercase()),
            (false, true) => value == found,
            (false, false) => value.eq_ignore_ascii_case(found),
        };
        values.iter().any(fits) != self.negated
    }

    /// Does it hold for a request without the key? `ForAnyValue` finds no value to hold for, also where the operator
    /// is negated.
    pub(super) fn holds_without_key(self) -> bool {
        self.if_exists
            || match self.quantifier {
                Quantifier::All => true,
                Quantifier::Any => false,
                Quantifier::None => self.negated,
            }
    }
}

fn ordered(base: &str) -> Option<Comparison> {
    let date = base.strip_prefix("date").and_then(Order::of).map(Comparison::Date);
    let number = || base.strip_prefix("numeric").and_then(Order::of).map(Comparison::Numeric);
    date.or_else(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operator_takes_where_the_key_may_be_absent() {
        for (name, only_named, all_others) in [
            ("StringEquals", true, false),
            ("stringlike", true, false),
            ("StringEqualsIfExists", false, false),
            ("ForAnyValue:StringLike", true, false),
            ("ForAllValues:StringLike", false, false),
            ("StringNotEquals", false, true),
            ("ArnNotLikeIfExists", false, true),
            ("ForAllValues:StringNotLike", false, true),
            // A caller without the key has no value that differs.
            ("ForAnyValue:StringNotEquals", false, false),
            ("ForAnyValue:StringNotEqualsIfExists", false, true),
        ] {
            let operator = Operator::of(name);
            assert_eq!(operator.takes_only_named(false), only_named, "{name}");
            assert_eq!(operator.takes_all_others(false), all_others, "{name}");
        }
    }

    #[test]
    fn a_key_that_is_always_there_is_asked_in_earnest() {
        for name in ["StringEqualsIfExists", "ForAllValues:StringEquals", "StringEquals"] {
            assert!(Operator::of(name).takes_only_named(true), "{name}");
        }
        assert!(Operator::of("ForAnyValue:StringNotEquals").takes_all_others(true));
    }

    #[test]
    fn what_is_compared_and_how() {
        for (name, want, wildcards) in [
            ("ForAnyValue:StringNotEqualsIgnoreCase", Comparison::Equals, false),
            ("StringLikeIfExists", Comparison::Like, true),
            ("ArnEquals", Comparison::Arn, true),
            ("NotIpAddress", Comparison::Address, false),
            ("Null", Comparison::Null, false),
            ("ForAnyValue:Null", Comparison::Null, false),
            ("NullIfExists", Comparison::Unknown, false),
            ("BoolIfExists", Comparison::Bool, false),
            ("BinaryEquals", Comparison::Binary, false),
            ("DateNotEquals", Comparison::Date(Order::Same), false),
            ("DateLessThanEqualsIfExists", Comparison::Date(Order::Less), false),
            ("NumericGreaterThan", Comparison::Numeric(Order::Greater), false),
            ("NumericNear", Comparison::Unknown, false),
            ("StringMatches", Comparison::Unknown, false),
            ("ForSomeValues:StringEquals", Comparison::Unknown, false),
        ] {
            assert_eq!(Operator::of(name).comparison, want, "{name}");
            assert_eq!(Operator::of(name).has_wildcards(), wildcards, "{name}");
        }
    }
}
