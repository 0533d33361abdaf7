//! Policies that only hold somebody back.

use crate::arn::Arn;
use crate::policy::PolicyDocument;

/// Does a managed policy allow nothing? AWS's own are known by name, a customer's by the documents that
/// it may have. AWS numbers its quarantine policies; a customer's policy of such a name is any other.
pub(super) fn only_denies(arn: Option<&str>, documents: &[PolicyDocument]) -> bool {
    let of_aws = |arn: &Arn<'_>| (arn.service, arn.account) == ("iam", "aws");
    let Some(arn) = arn.and_then(Arn::parse).filter(of_aws) else {
        return !documents.is_empty() && documents.iter().all(PolicyDocument::denies_only);
    };
    let name = arn.resource.rsplit('/').next().unwrap_or_default().to_lowercase();
    name == "awsdenyall" || name.starts_with("awscompromisedkeyquarantine")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_for_policies_of_aws_alone() {
        let document = |text| PolicyDocument::parse(text).unwrap();
        let deny = document(r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#);
        let both = document(
            r#"{"Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        );
        let aws =
            |name: &str| only_denies(Some(&format!("arn:aws-cn:iam::aws:policy/{name}")), &[]);
        assert!(aws("AWSDenyAll") && aws("AWSCompromisedKeyQuarantineV12"));
        assert!(!aws("AdministratorAccess"));
        let own = Some("arn:aws:iam::111122223333:policy/AWSDenyAll");
        assert!(!only_denies(own, &[]) && only_denies(own, std::slice::from_ref(&deny)));
        assert!(!only_denies(own, std::slice::from_ref(&both)));
        assert!(!only_denies(own, &[deny, both]));
    }
}
