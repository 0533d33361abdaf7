//! A policy or group membership that a call gives to one identity.

use super::Value;
use super::address::{Address, Thing, policy};
use crate::event::Event;
use crate::iam::catalogue::IAM;

/// The gift of a call, and its receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The policy or place of the user, role or group.
    pub(super) at: Address,
}

impl Given {
    /// What a successful call that writes this gives, if anything. `None` for a policy of AWS: it is judged by its
    /// name, and no document of it is known that could be joined.
    pub(super) fn of(event: &Event, written: &[(Address, Value)]) -> Option<Self> {
        if event.event_source() != Some(IAM) {
            return None;
        }
        let given = |(at, value): &&(Address, Value)| {
            at.is_of_identity() && at.is_holding() && *value != Value::Absent
        };
        let (at, _) = written.iter().find(given)?;
        let joins = match at.thing()? {
            (Thing::Attached, arn) => policy(&at.account, arn).is_some(),
            _ => true,
        };
        joins.then(|| Self { at: at.clone() })
    }
}

#[cfg(test)]
mod tests {
    use crate::event::{Principal, call_outcome, sample};
    use crate::prior::Questions;

    #[track_caller]
    fn check(call: &str, parameters: &str, want: Option<(&str, &str)>) {
        let event = sample::call("iam", call).parameters(parameters).event();
        let given = Questions::of(&event, call_outcome(&event), &Principal::of(&event)).given;
        let found = given.as_ref().map(|it| (it.at.entity(), it.at.thing_text()));
        assert_eq!(found, want, "{call} {parameters}");
    }

    #[test]
    fn policies_and_places_in_groups_are_given() {
        let put = r#"{"userName":"Lee","roleName":"Ops","policyName":"P","policyDocument":"d"}"#;
        check("PutUserPolicy", put, Some(("user lee", "inline p")));
        check("PutRolePolicy", put, Some(("role ops", "inline p")));
        let attach = r#"{"groupName":"Crew","policyArn":"arn:aws:iam::111122223333:policy/x/P"}"#;
        let own = "attached arn:aws:iam::111122223333:policy/x/p";
        check("AttachGroupPolicy", attach, Some(("group crew", own)));
        let member = r#"{"userName":"Lee","groupName":"Crew"}"#;
        check("AddUserToGroup", member, Some(("user lee", "member crew")));
    }

    #[test]
    fn what_is_taken_made_or_aws_s_is_not_given() {
        let inline = r#"{"userName":"Lee","policyName":"P","policyDocument":"d"}"#;
        check("DeleteUserPolicy", inline, None);
        check("CreatePolicy", inline, None);
        check("GetUserPolicy", inline, None);
        check("CreateUser", r#"{"userName":"Lee","permissionsBoundary":"b"}"#, None);
        let member = r#"{"userName":"Lee","groupName":"Crew"}"#;
        check("RemoveUserFromGroup", member, None);
        check(
            "AttachRolePolicy",
            r#"{"roleName":"r","policyArn":"arn:aws:iam::aws:policy/P"}"#,
            None,
        );
        let added = sample::call("iam", "AddUserToGroup").with("errorCode", "AccessDenied");
        let refused = added.parameters(r#"{"userName":"lee","groupName":"crew"}"#).event();
        assert_eq!(
            Questions::of(&refused, call_outcome(&refused), &Principal::of(&refused)).given,
            None
        );
    }
}
