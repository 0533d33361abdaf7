//! What a new text of a policy of the organization does to what it limits.
//!
//! Such a policy gives nobody anything: its denials and the gaps between its allowances limit whole accounts.
//! Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>

use super::denial;
use crate::event::{CallOutcome, Event};
use crate::iam::policy::{Clause, PolicyDocument, Statement, is_all};
use crate::prior::{Prior, Why};
use crate::vocabulary::Limits;

/// How a new text of a policy of the organization compares with the former one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitChange {
    /// In one word.
    pub limits: Limits,
    /// Denials of the former text that the new one does not have any more, or only in part.
    pub gone: usize,
    /// Denials that the former text did not have, or only in part.
    pub new: usize,
    /// Why that is unknown.
    pub why: Option<Why>,
}

/// Compares the text that an event sets with the former one. `None` for another call, or one that failed.
#[must_use]
pub(crate) fn limit_change(
    event: &Event,
    outcome: CallOutcome,
    omitted: bool,
    former: &Prior,
) -> Option<LimitChange> {
    let is_update = event.event_source() == Some("organizations.amazonaws.com")
        && event.name() == Some("UpdatePolicy");
    if !is_update || outcome != CallOutcome::Success {
        return None;
    }
    let plain = |limits, why| LimitChange { limits, gone: 0, new: 0, why };
    let Some(content) = event.parameter_value("content") else {
        // Name and description change alone, too.
        let limits = if omitted { Limits::Unknown } else { Limits::Same };
        return Some(plain(limits, omitted.then_some(Why::Unsaid)));
    };
    let after = PolicyDocument::from_field(content).filter(|text| !text.statements.is_empty());
    let before = former.present().and_then(PolicyDocument::parse);
    let (Some(before), Some(after)) = (before, after) else {
        let why = former.why().unwrap_or(Why::Unreadable);
        return Some(plain(Limits::Unknown, Some(why)));
    };
    Some(compared(&before, &after))
}

fn compared(before: &PolicyDocument, after: &PolicyDocument) -> LimitChange {
    let gone = denial::lost(before, after);
    let new = denial::lost(after, before);
    let widens = |from: &PolicyDocument, to: &PolicyDocument| !denial::allows_within(to, from);
    // A version that reads no variables takes them for letters.
    let unsure = before.too_long || after.too_long || before.variables != after.variables;
    let limits = match () {
        () if unsure || gone > 0 || widens(before, after) => Limits::Looser,
        () if widens(after, before) || after.statements.iter().any(forbids_nearly_all) => {
            Limits::Shut
        }
        () if new > 0 => Limits::Tighter,
        () => Limits::Same,
    };
    LimitChange { limits, gone, new, why: None }
}

/// Does a statement forbid all calls, or all but a few, on no condition?
fn forbids_nearly_all(statement: &Statement) -> bool {
    let all = |clause: &Clause| clause.negated || clause.patterns.iter().any(|one| is_all(one));
    !statement.allow && statement.conditions.is_empty() && all(&statement.actions)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::event::sample::call;
    use crate::prior::Source;

    const TRAIL: &str = r#"{"Effect":"Deny","Action":"cloudtrail:StopLogging","Resource":"*"}"#;
    const LEAVE: &str =
        r#"{"Effect":"Deny","Action":"organizations:LeaveOrganization","Resource":"*"}"#;
    const ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

    fn document(statements: &[&str]) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
    }

    #[track_caller]
    fn check(before: &[&str], after: &[&str], want: (Limits, usize, usize)) {
        let source = Source { event_id: "e".to_owned(), at: Timestamp::UNIX_EPOCH };
        let former = Prior::Present { value: document(before), source };
        let content = json!({"policyId": "p-1", "content": document(after)});
        let event = call("organizations", "UpdatePolicy").with("requestParameters", content);
        let found = limit_change(&event.event(), CallOutcome::Success, false, &former).unwrap();
        assert_eq!((found.limits, found.gone, found.new), want, "{before:?} {after:?}");
    }

    #[test]
    fn a_denial_more_is_tighter_and_one_less_is_looser() {
        let wide = TRAIL.replace("StopLogging", "*");
        check(&[TRAIL, LEAVE], &[&wide, LEAVE], (Limits::Tighter, 0, 1));
        check(&[TRAIL], &[LEAVE, TRAIL], (Limits::Tighter, 0, 1));
        check(&[ALL, TRAIL], &[TRAIL, ALL], (Limits::Same, 0, 0));
        check(&[TRAIL, LEAVE], &[ALL], (Limits::Looser, 2, 0));
        check(&[TRAIL, LEAVE], &[LEAVE], (Limits::Looser, 1, 0));
        check(&[&wide], &[TRAIL, LEAVE], (Limits::Looser, 1, 1));
        let but = TRAIL.replace(
            '}',
            r#","Condition":{"StringNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/x"}}}"#,
        );
        check(&[TRAIL], &[&but], (Limits::Looser, 1, 0));
        let some = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
        check(&[some, TRAIL], &[ALL, TRAIL, LEAVE], (Limits::Looser, 0, 1));
    }

    /// What shuts people out is not praised as strict.
    #[test]
    fn what_leaves_nobody_anything_is_not_tighter() {
        for nothing in [
            r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"**","Resource":"**"}"#,
            r#"{"Effect":"Deny","NotAction":"support:*","Resource":"*"}"#,
        ] {
            check(&[ALL], &[ALL, nothing], (Limits::Shut, 0, 1));
        }
        check(&[ALL, TRAIL], &[TRAIL], (Limits::Shut, 0, 0));
        let some = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
        check(&[ALL], &[some], (Limits::Shut, 0, 0));
    }

    #[test]
    fn what_nobody_saw_is_unknown() {
        let judge = |parameters: serde_json::Value, former: &Prior| {
            let event = call("organizations", "UpdatePolicy").with("requestParameters", parameters);
            limit_change(&event.event(), CallOutcome::Success, false, former).unwrap().limits
        };
        let content = json!({"policyId": "p-1", "content": document(&[TRAIL])});
        let unseen = Prior::unknown(Why::Unseen);
        assert_eq!(judge(content.clone(), &unseen), Limits::Unknown);
        let source = Source { event_id: "e".to_owned(), at: Timestamp::UNIX_EPOCH };
        let tags = Prior::Present { value: r#"{"tags":{}}"#.to_owned(), source };
        assert_eq!(judge(content, &tags), Limits::Unknown);
        assert_eq!(judge(json!({"policyId": "p-1", "name": "x"}), &unseen), Limits::Same);
    }
}
