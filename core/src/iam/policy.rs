//! IAM policy documents: what they allow, and whom they trust.
//!
//! Documents come raw as a string in request parameters, URL-encoded in responses, or as an object.
//! They are judged with IAM's own semantics: `Action` and `NotAction`, `Resource` and
//! `NotResource`, wildcards, no difference of case in actions, an explicit `Deny` beats an `Allow`.
//! A condition is not evaluated (the event does not have the request's values); it makes what it
//! guards *conditional*.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

mod glob;
mod json;
mod wildcard;
mod witness;

mod principals;

mod document;
mod operator;
mod resource;

mod escalation;
mod forbid;
mod guard;
mod reading;
mod trust;

mod grant;
mod judge;

mod grants;
mod reach;

mod managed;
mod plain;
mod tags;

pub(crate) use document::{Clause, Condition, Statement};
pub use document::{PolicyDocument, STATEMENTS_MAX};
pub use escalation::Method;
pub use forbid::Request;
pub(crate) use glob::{glob, is_all};
pub use grant::{DataService, Grant};
pub use grants::Grants;
pub(crate) use grants::describe;
pub use managed::DOCUMENTS;
pub(crate) use managed::{ManagedPolicy, managed};
pub(crate) use plain::plain;
pub(crate) use principals::{PrincipalEntry, PrincipalKey, Principals};
pub(crate) use tags::TagOf;
pub use tags::TagWord;
pub(crate) use trust::describe_trust;
pub use trust::{Home, Naming, Of, Trust, TrustWord};
