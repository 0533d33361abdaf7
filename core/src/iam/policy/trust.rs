//! Whom a trust policy lets in.
//!
//! The question is whether a stranger can get in: somebody who has AWS accounts, repositories,
//! clusters and names, and knows the policy. If something is unknown, the stricter answer counts.
//! Each statement is judged by what it names ([`Trust`]), by what its conditions and the document's
//! denies leave of that (`fence` for callers of AWS, `claims` for tokens), and by the known own
//! accounts and providers ([`Home`]).
//!
//! Work is in proportion to the document: conditions are judged once, not once for each principal.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

mod home;
mod word;

mod caller;
mod naming;

mod fence;
mod issuer;

mod claims;

mod doors;

mod judge;

mod shut;

mod resource;
mod say;

pub use home::Home;
pub use judge::{Of, Trust};
pub use naming::Naming;
pub(crate) use say::describe_trust;
pub use word::TrustWord;
