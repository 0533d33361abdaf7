//! Policies that only hold somebody back.

use crate::iam::policy::{ManagedPolicy, PolicyDocument};

/// Does a managed policy allow nothing? AWS's own are known by name, a customer's by the documents that
/// it may have.
pub(super) fn only_denies(of_aws: Option<&ManagedPolicy>, documents: &[PolicyDocument]) -> bool {
    match of_aws {
        Some(policy) => policy.denies,
        None => !documents.is_empty() && documents.iter().all(PolicyDocument::denies_only),
    }
}

/// Does the name say that it is a ban? Asked only if its content is unknown: where a ban may be gone, the name makes
/// an alert louder, and never quieter.
pub(super) fn is_called_ban(name: &str) -> bool {
    name.to_lowercase().contains("deny")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::policy::managed;

    #[test]
    fn a_name_counts_for_policies_of_aws_alone() {
        let document = |text| PolicyDocument::parse(text).unwrap();
        let deny = document(r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#);
        let both = document(
            r#"{"Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        );
        let aws = |name: &str| {
            only_denies(managed(&format!("arn:aws-cn:iam::aws:policy/{name}")).as_ref(), &[])
        };
        assert!(aws("AWSDenyAll") && aws("AWSCompromisedKeyQuarantineV12"));
        assert!(!aws("AdministratorAccess"));
        let own = managed("arn:aws:iam::111122223333:policy/AWSDenyAll");
        let own = own.as_ref();
        assert!(!only_denies(own, &[]) && only_denies(own, std::slice::from_ref(&deny)));
        assert!(!only_denies(own, std::slice::from_ref(&both)));
        assert!(!only_denies(own, &[deny, both]));
    }
}
