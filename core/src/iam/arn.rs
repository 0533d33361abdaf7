//! Amazon Resource Names, split once by their six parts.
//!
//! A resource may hold colons and slashes: `arn:aws:iam::111122223333:role/x:role/aws-service-role/evil` is a
//! role that anybody may make. So every question about an ARN is asked of its parts, never by searching its
//! text.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>

mod name;

mod parsed;

mod common_name;
mod pattern;

pub use name::{behind, is_partition};
pub(crate) use name::{function_name, parts, without_path, without_place, without_qualifier};
pub use parsed::{Arn, AwsRole, LINKED_ROLES, PERMISSION_SET_ROLES};
pub(crate) use parsed::{PERMISSION_SET_NAME, of_iam};
pub use pattern::{ArnPattern, MatchedArns};
pub(crate) use pattern::{directory_of_roles, end_of_name};
