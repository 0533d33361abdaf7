//! Roles of known automation.

use crate::account;
use crate::arn::Arn;

/// A pipeline is one role, by its ARN with its path. An asterisk may be part of a path, but who writes one
/// here means a pattern.
///
/// # Errors
/// What it should look like.
pub(super) fn check(arn: &str) -> Result<(), String> {
    let of_iam = |arn: &Arn<'_>| {
        arn.partition.starts_with("aws")
            && (arn.service, arn.region) == ("iam", "")
            && account::is_id(arn.account)
    };
    let role = Arn::parse(arn).filter(of_iam).and_then(|arn| arn.resource.strip_prefix("role/"));
    let role = role.filter(|role| !role.is_empty());
    if role.is_some_and(|role| !role.contains(['*', '?'])) {
        return Ok(());
    }
    Err(format!(
        "`{arn}` is not the ARN of a role; write it with its path and without wildcards, like \
         arn:aws:iam::111122223333:role/ci/deploy"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_role_by_its_arn() {
        for good in
            ["arn:aws:iam::111122223333:role/ci/deploy", "arn:aws-cn:iam::111122223333:role/deploy"]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "deploy",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role/ci/*",
            "arn:aws:iam::*:role/deploy",
            "arn:aws:iam::111122223333:user/deploy",
            "arn:aws:sts::111122223333:assumed-role/deploy/x",
            "arn:aws:iam::1111:role/deploy",
        ] {
            assert!(check(bad).unwrap_err().contains("without wildcards"), "{bad}");
        }
    }
}
