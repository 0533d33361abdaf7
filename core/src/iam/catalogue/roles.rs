//! Where calls take a role or an instance profile.
//!
//! A table that `.ci/role_fields.py` writes from AWS's own models of its services.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Where a role is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleTaken {
    /// In this field of any call, a path as `detail.requestParameters.roleArn`.
    Field(&'static str),
    /// Deeper, by a call of any service.
    Call(&'static str),
    /// The same, by a call of this one, as `states.amazonaws.com` and `TestState`.
    CallOf(&'static str, &'static str),
}

static TAKEN: LazyLock<Vec<RoleTaken>> = LazyLock::new(|| rows().filter_map(taken).collect());

/// Services and fields, in lower case, that are called a role and do not hold one.
static NONE: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    rows()
        .filter(|(kind, _)| *kind == "none")
        .filter_map(|(_, what)| what.split_once(':'))
        .collect()
});

fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    let row = |line: &'static str| {
        let mut columns = line.split('\t');
        Some((columns.next()?, columns.next()?))
    };
    include_str!("roles.tsv").lines().filter(|line| !line.starts_with('#')).filter_map(row)
}

fn taken((kind, what): (&'static str, &'static str)) -> Option<RoleTaken> {
    match (kind, what.split_once(':')) {
        ("field", None) => Some(RoleTaken::Field(what)),
        ("call", None) => Some(RoleTaken::Call(what)),
        ("call", Some((source, name))) => Some(RoleTaken::CallOf(source, name)),
        _ => None,
    }
}

/// Every place where a role is taken, in the order of the table. A name that ends in `*` stands for all calls
/// that begin so.
#[must_use]
pub fn roles_taken() -> &'static [RoleTaken] {
    &TAKEN
}

/// Does the table name this call of this service, by its whole name?
#[must_use]
pub(crate) fn is_of_roles(source: &str, call: &str) -> bool {
    static CALLS: LazyLock<HashSet<(&str, &str)>> = LazyLock::new(|| {
        let named = |taken: &RoleTaken| match *taken {
            RoleTaken::CallOf(source, call) => Some((source, call)),
            RoleTaken::Field(_) | RoleTaken::Call(_) => None,
        };
        TAKEN.iter().filter_map(named).collect()
    });
    CALLS.contains(&(source, call))
}

/// Is this field, in lower case, what the service calls a role without handing over one of IAM? `participantrole`
/// of `connect.amazonaws.com` is one of AGENT, CUSTOMER, …, and `rolearn` of Audit Manager an owner.
#[must_use]
pub(crate) fn is_no_role(source: &str, field: &str) -> bool {
    NONE.contains(&(source, field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let text = include_str!("roles.tsv");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        for line in lines.clone() {
            assert_eq!(line.split('\t').count(), 3, "{line}");
        }
        assert_eq!(lines.count(), TAKEN.len() + NONE.len(), "a row has an unknown kind");
        for each in roles_taken() {
            if let RoleTaken::Field(path) = each {
                let below = ["detail.requestParameters.", "detail.responseElements."];
                assert!(below.iter().any(|root| path.starts_with(root)), "{path}");
            }
        }
        assert!(is_no_role("grafana.amazonaws.com", "role"));
        assert!(!is_no_role("glue.amazonaws.com", "role"));
    }
}
