//! What a call hands over: roles, to the users of the thing that it creates or changes, or a group membership.
//!
//! Services name roles in their own ways: by ARN, by name, behind an instance profile. So the parameters are
//! searched for ARNs of roles and for fields that are called so; which calls matter is the rules' affair.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>

mod bearer;

mod search;

mod setting;

mod thing;

mod call;

pub(super) use bearer::Bearer;
pub use call::Handed;
pub(super) use call::{Gift, Habits, Worn, WornOn};
pub(super) use search::{BEARERS_OF_POLICY_MAX, Search};
pub(crate) use thing::at_work;
pub(super) use thing::{List, OfKind, list_of};
