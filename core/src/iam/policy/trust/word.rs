//! The words for whom a policy lets in.

use crate::text::words::words;

words! {
    /// Whom a policy lets in.
    pub enum TrustWord {
        /// Anybody.
        Anyone = "anyone",
        /// Anybody, on a condition that a stranger cannot meet by himself.
        AnyoneConditioned = "anyone-conditioned",
        /// The own organization.
        OwnOrganization = "own-organization",
        /// An account that the site file does not name.
        ExternalAccount = "external-account",
        /// Another account, which the site file names.
        KnownAccount = "known-account",
        /// The own account.
        OwnAccount = "own-account",
        /// A whole account.
        AccountRoot = "account-root",
        /// Somebody whose account is unknown.
        UnknownPrincipal = "unknown-principal",
        /// Another account, without an external ID.
        NoExternalId = "no-external-id",
        /// Identities of a provider.
        Federated = "federated",
        /// Everybody whom the provider knows.
        FederatedUnconditioned = "federated-unconditioned",
        /// A service.
        Service = "service",
        /// A service, working for anybody.
        ServiceUnconditioned = "service-unconditioned",
        /// A service that hands credentials to machines outside of AWS.
        ServiceOutside = "service-outside",
        /// Nobody but services that work in AWS.
        ServiceOnly = "service-only",
        /// Nobody of the own account may change the policy any more, or everybody is denied but one.
        ShutsOut = "shuts-out",
    }
}

impl TrustWord {
    /// Words of a policy that lets in whom the site does not know.
    pub(crate) const STRANGERS: [Self; 4] =
        [Self::Anyone, Self::ExternalAccount, Self::UnknownPrincipal, Self::FederatedUnconditioned];
}
