//! Roles of known automation.

use crate::iam::arn::Arn;
use crate::iam::kind::EntityKind;

/// A pipeline is one role, by its ARN with its path. An asterisk may be part of a path, but who writes one
/// here means a pattern.
///
/// # Errors
/// What it should look like.
pub(super) fn check(arn: &str) -> Result<(), String> {
    let entity = Arn::parse(arn).and_then(|arn| arn.iam_entity());
    if entity.is_some_and(|(kind, name)| kind == EntityKind::Role && !name.contains(['*', '?'])) {
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
