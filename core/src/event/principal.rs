//! Who acted: `userIdentity` in all its forms, down to the person where AWS or an identity provider names one.
//!
//! Source: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>

mod field;

mod session;

mod caller;

mod describe;

#[cfg(test)]
mod tests;

pub use caller::{MESSENGERS, Principal};
pub(crate) use field::{HIDDEN, invoked_by, own_ids, session_role};
pub use field::{caller, issuer};
pub use session::{Issuer, Opener, Vouched, Voucher};
