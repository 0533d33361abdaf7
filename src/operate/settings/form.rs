//! Forms of single values.

use jiff::SignedDuration;

use crate::iam::arn::{Arn, is_partition};
use crate::iam::kind::EntityKind;
use crate::iam::region::Region;
use crate::iam::table::TableName;

use super::topics;

/// Longest time until an alert is repeated, in minutes: a week.
pub const REPEAT_AFTER_MINUTES_MAX: i64 = 7 * 24 * 60;

/// Most roles that deploy it.
pub const DEPLOYMENT_ROLES_MAX: usize = 20;

/// The name of an AWS Region.
///
/// # Errors
/// What it should look like.
pub fn region(name: &str) -> Result<Region, String> {
    let good = name.ends_with(|c: char| c.is_ascii_digit()) && name.contains('-');
    let region = Region::parse(name).filter(|_| good);
    region.ok_or_else(|| format!("`{name}` is not a Region; write it like `us-east-1`"))
}

/// The name of a table.
///
/// # Errors
/// What it should look like.
pub(super) fn table(name: &str) -> Result<TableName, String> {
    TableName::parse(name)
        .ok_or_else(|| format!("`{name}` is not the name of a table; write it like `iam-responder-StateTable-1ABC2DEF3`"))
}

pub(super) fn yes_or_no(value: &str) -> Result<bool, String> {
    match value.to_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("`{value}` is neither true nor false")),
    }
}

pub(super) fn minutes(value: &str) -> Result<Option<SignedDuration>, String> {
    let minutes =
        value.parse().ok().filter(|minutes| (0..=REPEAT_AFTER_MINUTES_MAX).contains(minutes));
    let minutes = minutes.ok_or_else(|| {
        format!("`{value}` is not a number of minutes, 0 to {REPEAT_AFTER_MINUTES_MAX}")
    })?;
    Ok((minutes > 0).then(|| SignedDuration::from_mins(minutes)))
}

/// Lambda knows `FATAL`, but no level here is quieter than `error`.
pub(super) fn log_level(value: &str) -> Result<&'static str, String> {
    match value.to_lowercase().as_str() {
        "fatal" | "error" => Ok("error"),
        "warn" => Ok("warn"),
        "info" => Ok("info"),
        "debug" => Ok("debug"),
        "trace" => Ok("trace"),
        _ => Err(format!("`{value}` is not a log level; write ERROR, WARN, INFO, DEBUG or TRACE")),
    }
}

/// The level in Lambda's spelling, if it is above INFO.
pub(super) fn above_info(value: &str) -> Option<&'static str> {
    ["WARN", "ERROR", "FATAL"].into_iter().find(|level| value.eq_ignore_ascii_case(level))
}

/// `arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/ID`.
pub(super) fn check_stack(arn: &str) -> Result<(), String> {
    let good = Arn::parse(arn).is_some_and(|arn| {
        arn.service == "cloudformation"
            && is_partition(arn.partition)
            && region(arn.region).is_ok()
            && arn.account_id().is_some()
            && is_stack(&arn)
    });
    if good {
        return Ok(());
    }
    Err(format!(
        "`{arn}` is not a stack ARN; write it like \
         `arn:aws:cloudformation:us-east-1:111122223333:stack/iam-responder/0f1e2d3c-…`"
    ))
}

/// Name and ID: `iam-responder/0f1e2d3c-…`.
fn is_stack(arn: &Arn<'_>) -> bool {
    let word = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let parts: Vec<&str> = arn.parts_below("stack").into_iter().flatten().collect();
    matches!(parts.as_slice(), [name, id] if word(name) && word(id))
}

/// `arn:PARTITION:kms:REGION:ACCOUNT:key/ID`
///
/// # Errors
/// What it should look like.
pub fn check_key(arn: &str) -> Result<(), String> {
    let good = Arn::parse(arn).is_some_and(|parts| {
        let id = parts.below("key").unwrap_or_default();
        is_partition(parts.partition)
            && parts.service == "kms"
            && region(parts.region).is_ok()
            && parts.account_id().is_some()
            && !id.is_empty()
            && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    });
    if good {
        return Ok(());
    }
    Err(format!(
        "`{arn}` is not the ARN of a key; write it like \
         `arn:aws:kms:us-east-1:111122223333:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0`"
    ))
}

/// `arn:PARTITION:iam::ACCOUNT:policy/PATH/NAME`, or one of AWS's.
///
/// # Errors
/// What it should look like.
pub fn check_policy(arn: &str) -> Result<(), String> {
    if Arn::parse(arn).is_some_and(|arn| arn.name_in_iam(EntityKind::Policy).is_some()) {
        return Ok(());
    }
    Err(format!(
        "`{arn}` is not the ARN of a policy; write it like `arn:aws:iam::111122223333:policy/bounds`"
    ))
}

/// ARNs of the roles that deploy the tool, separated by commas. A role with a comma in its name is not possible: the
/// part behind the comma is refused.
///
/// # Errors
/// The first that is not a role's ARN, and more than [`DEPLOYMENT_ROLES_MAX`].
pub fn roles(value: &str) -> Result<Vec<String>, String> {
    topics::list(value, DEPLOYMENT_ROLES_MAX, "role ARNs", check_role)
}

fn check_role(arn: &str) -> Result<(), String> {
    if Arn::parse(arn).is_some_and(|arn| arn.name_in_iam(EntityKind::Role).is_some()) {
        return Ok(());
    }
    Err(format!(
        "`{arn}` is not a role ARN; write it like `arn:aws:iam::111122223333:role/deployer`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_prefix_of_every_kind_of_resource() {
        for good in ["a", "iam-responder", "guard2", &"x".repeat(32)] {
            assert_eq!(crate::own::check_name(good), Ok(()), "{good}");
        }
        for bad in ["", "-a", "a-", "2a", "Guard", "a_b", "a b", "ä", &"x".repeat(33)] {
            assert!(crate::own::check_name(bad).unwrap_err().contains("at most 32"), "{bad}");
        }
    }

    #[test]
    fn stacks_and_roles_are_arns_of_their_kind() {
        for good in [
            "arn:aws:cloudformation:us-east-1:111122223333:stack/iam-responder/0f1e2d3c-1111",
            "arn:aws-us-gov:cloudformation:us-gov-west-1:111122223333:stack/StackSet-x-1/a",
        ] {
            assert_eq!(check_stack(good), Ok(()), "{good}");
        }
        for bad in [
            "iam-responder",
            "arn:aws:cloudformation:us-east-1:111122223333:stack/iam-responder",
            "arn:aws:cloudformation:us-east-1:1:stack/iam-responder/0f",
            "arn:aws:cloudformation::111122223333:stack/iam-responder/0f",
            "arn:aws:cloudformation:us-east-1:111122223333:stackset/iam-responder/0f",
            "arn:aws:cloudformation:us-east-1:111122223333:stack/a*/0f",
        ] {
            assert!(check_stack(bad).unwrap_err().contains("not a stack ARN"), "{bad}");
        }
        let role = "arn:aws:iam::111122223333:role/";
        let found = roles(&format!("{role}a, {role}path:*/b,{role}a")).unwrap();
        assert_eq!(found, [format!("{role}a"), format!("{role}path:*/b")]);
        for bad in [
            "a",
            role,
            "arn:aws:iam::111122223333:user/a",
            &format!("{role}a,b"),
            &format!("{role}a b"),
        ] {
            assert!(roles(bad).unwrap_err().contains("not a role ARN"), "{bad}");
        }
        let many = |count: usize| (0..count).map(|at| format!("{role}{at}")).collect::<Vec<_>>();
        assert_eq!(roles(&many(20).join(",")).unwrap().len(), 20);
        assert_eq!(roles(&many(21).join(",")), Err("more than 20 role ARNs".to_owned()));
    }

    #[test]
    fn a_key_is_the_arn_of_a_key_and_no_alias() {
        for good in [
            "arn:aws:kms:us-east-1:111122223333:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
            "arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        ] {
            assert_eq!(check_key(good), Ok(()), "{good}");
        }
        for bad in [
            "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
            "arn:aws:kms:us-east-1:111122223333:alias/iam-responder",
            "arn:aws:kms:us-east-1:111122223333:key/",
            "arn:aws:kms:us-east-1:111122223333:key/*",
            "arn:aws:kms::111122223333:key/0f1e",
            "arn:aws:sns:us-east-1:111122223333:key/0f1e",
        ] {
            assert!(check_key(bad).unwrap_err().contains("not the ARN of a key"), "{bad}");
        }
    }

    #[test]
    fn a_boundary_is_the_arn_of_a_policy() {
        for good in
            ["arn:aws:iam::aws:policy/PowerUserAccess", "arn:aws:iam::111122223333:policy/a:b/c"]
        {
            assert_eq!(check_policy(good), Ok(()), "{good}");
        }
        for bad in [
            "PowerUserAccess",
            "arn:aws:iam::111122223333:policy/",
            "arn:aws:iam::111122223333:policy/a/",
            "arn:aws:iam::111122223333:role/a",
            "arn:aws:iam::all:policy/a",
        ] {
            assert!(check_policy(bad).unwrap_err().contains("not the ARN of a policy"), "{bad}");
        }
    }

    #[test]
    fn other_words_are_not_taken_for_regions() {
        for good in ["us-east-1", "us-gov-west-1", "eusc-de-east-1", "ap-southeast-2"] {
            assert_eq!(region(good).unwrap().as_str(), good);
        }
        for bad in ["", "us", "US-EAST-1", "us-east-", "us east-1", "us-east-1a"] {
            assert!(region(bad).is_err(), "{bad}");
        }
    }
}
