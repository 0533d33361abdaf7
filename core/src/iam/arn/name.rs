//! Names within ARNs, and as calls have them.

use crate::iam::account;

/// A name, or a pattern of names, without the path before it.
#[must_use]
pub(crate) fn without_path(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The part after a kind and a slash or colon: for `function:f`, `f`.
#[must_use]
pub fn behind<'a>(text: &'a str, kind: &str) -> Option<&'a str> {
    text.strip_prefix(kind)?.strip_prefix([':', '/'])
}

/// The parts of a path, an address, or a resource outside IAM, of which each may be a name.
#[must_use]
pub(crate) fn parts(text: &str) -> std::str::Split<'_, &'static [char]> {
    text.split(&['/', ':', ' '])
}

/// The name of a function as calls of Lambda have it: alone, behind the account and `function:`, or in its ARN, and
/// mostly a version or an alias behind it.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html>
#[must_use]
pub(crate) fn function_name(named: &str) -> &str {
    without_qualifier(named.rsplit_once("function:").map_or(named, |(_, name)| name))
}

/// The rest without the Region or the account before it, both of which Lambda accepts.
#[must_use]
pub(crate) fn without_place<'a>(text: &'a str, region: &str) -> &'a str {
    let mut left = text;
    while let Some((part, rest)) = left.split_once(':')
        && (part == region || account::is_id(part))
    {
        left = rest;
    }
    left
}

/// A name without the version, alias, label or tag behind it, which a colon parts from it.
#[must_use]
pub(crate) fn without_qualifier(name: &str) -> &str {
    name.split(':').next().unwrap_or(name)
}

/// `aws`, `aws-cn`, `aws-us-gov` …
#[must_use]
pub fn is_partition(text: &str) -> bool {
    text.starts_with("aws") && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}
