//! The words for what a document or a policy gives.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::escalation::{self, Method};
use crate::text::words::{by_word, words};

words! {
    /// A data service whose data may all be read.
    pub enum DataService {
        /// `ec2:ModifySnapshotAttribute`, and blocks of snapshots.
        Ebs = "data:ebs",
        /// Items of tables.
        DynamoDb = "data:dynamodb",
        /// Records of streams.
        Kinesis = "data:kinesis",
        /// What keys encrypt.
        Kms = "data:kms",
        /// Rows of databases.
        Rds = "data:rds",
        /// Rows of warehouses.
        Redshift = "data:redshift",
        /// Objects.
        S3 = "data:s3",
        /// Secrets.
        SecretsManager = "data:secretsmanager",
        /// Messages.
        Sqs = "data:sqs",
        /// Parameters.
        Ssm = "data:ssm",
    }
}

impl DataService {
    /// What of the service is read, for people.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ebs => "EBS snapshots",
            Self::DynamoDb => "DynamoDB",
            Self::Kinesis => "Kinesis",
            Self::Kms => "what KMS keys encrypt",
            Self::Rds => "RDS",
            Self::Redshift => "Redshift",
            Self::S3 => "S3",
            Self::SecretsManager => "Secrets Manager",
            Self::Sqs => "SQS",
            Self::Ssm => "Systems Manager parameters",
        }
    }
}

/// What a document or a policy gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// Everything.
    Admin,
    /// Changing who may do what.
    IamWrite,
    /// Handing any role to a service.
    PassRoleAny,
    /// Assuming every role whose trust policy allows it.
    AssumeAny,
    /// Making credentials for others.
    CredentialsAny,
    /// A way to more rights.
    Way(&'static Method),
    /// Any of those above.
    Escalation,
    /// Reading all data of some main data service.
    DataAll,
    /// Reading all data of this one.
    Data(DataService),
    /// Changing what watches.
    MonitoringWrite,
    /// Changing the organization.
    OrganizationsWrite,
    /// Changing whom Identity Center lets in where.
    IdentityCenterWrite,
    /// Changing whom an identity pool gives which role.
    IdentityPoolWrite,
    /// Nothing: AWS limits credentials that it found in public.
    Quarantine,
    /// Rights that a quarantine had forbidden.
    QuarantineRemoved,
    /// Rights that a boundary had forbidden.
    BoundaryRemoved,
    /// Rights that a policy had forbidden.
    DenyRemoved,
    /// More than is judged, which counts as everything.
    TooLong,
}

impl Grant {
    /// A holder of any of these is an administrator, at once or after a few more calls.
    pub(crate) const ADMINISTRATOR: [Self; 6] = [
        Self::Admin,
        Self::IamWrite,
        Self::PassRoleAny,
        Self::AssumeAny,
        Self::CredentialsAny,
        Self::Escalation,
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        const OTHERS: [Grant; 10] = [
            Grant::DataAll,
            Grant::MonitoringWrite,
            Grant::OrganizationsWrite,
            Grant::IdentityCenterWrite,
            Grant::IdentityPoolWrite,
            Grant::Quarantine,
            Grant::QuarantineRemoved,
            Grant::BoundaryRemoved,
            Grant::DenyRemoved,
            Grant::TooLong,
        ];
        let ways = escalation::methods().iter().map(Self::Way);
        let data = DataService::ALL.iter().copied().map(Self::Data);
        Self::ADMINISTRATOR.into_iter().chain(OTHERS).chain(data).chain(ways)
    }

    /// The one that has this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        static BY_WORD: LazyLock<HashMap<&'static str, Grant>> =
            LazyLock::new(|| Grant::all().map(|grant| (grant.word(), grant)).collect());
        BY_WORD.get(word).copied()
    }

    /// Its word, in `derived.grants`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::IamWrite => "iam-write",
            Self::PassRoleAny => "pass-role-any",
            Self::AssumeAny => "assume-any",
            Self::CredentialsAny => "credentials-any",
            Self::Way(method) => method.word,
            Self::Escalation => "escalation",
            Self::DataAll => "data-all",
            Self::Data(service) => service.word(),
            Self::MonitoringWrite => "monitoring-write",
            Self::OrganizationsWrite => "organizations-write",
            Self::IdentityCenterWrite => "identity-center-write",
            Self::IdentityPoolWrite => "identity-pool-write",
            Self::Quarantine => "quarantine",
            Self::QuarantineRemoved => "quarantine-removed",
            Self::BoundaryRemoved => "boundary-removed",
            Self::DenyRemoved => "deny-removed",
            Self::TooLong => "too-long",
        }
    }

    /// Does it make an administrator, at once or by a few more calls?
    #[must_use]
    pub(crate) fn makes_administrator(self) -> bool {
        Self::ADMINISTRATOR.contains(&self)
    }

    /// Does it give anything by itself, and not only what something had forbidden before?
    #[must_use]
    pub(crate) fn is_dangerous(self) -> bool {
        !matches!(
            self,
            Self::Quarantine | Self::QuarantineRemoved | Self::BoundaryRemoved | Self::DenyRemoved
        )
    }
    /// The service whose data it gives.
    #[must_use]
    pub(crate) fn data_service(self) -> Option<DataService> {
        match self {
            Self::Data(service) => Some(service),
            _ => None,
        }
    }

    /// Is it a way to more rights?
    #[must_use]
    pub(crate) fn is_way(self) -> bool {
        matches!(self, Self::Way(_))
    }
}

by_word!(Grant);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_one_grant_s() {
        for grant in Grant::all() {
            assert_eq!(Grant::of(grant.word()), Some(grant));
        }
        assert_eq!(Grant::of("admn"), None);
    }
}
