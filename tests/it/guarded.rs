//! A guarded entity cannot be weakened unseen through what it has: a policy of the owner, or a group.

use iam_responder::respond::handled::Disposition;
use iam_responder::text::severity::Severity;
use serde_json::{Value, json};

use crate::support::{call, responses};

const SITE: &str = "
break-glass: ['arn:aws:iam::111122223333:role/emergency/Break-Glass']
protected: ['arn:aws:iam::111122223333:user/auditor']
severity: [{when: {source: [{prefix: aws.}]}, set: informational, because: quiet}]
";
const POLICY: &str = "arn:aws:iam::111122223333:policy/x/Edge";
const ALLOW: &str = r#"{"Statement":{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}}"#;
const DENY: &str = r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;

fn policy() -> Vec<Value> {
    let made = json!({"policyName": "Edge", "path": "/x/", "policyDocument": ALLOW});
    let mut made = call("iam", "CreatePolicy", 0, made);
    made["responseElements"] = json!({"policy": {"arn": POLICY, "defaultVersionId": "v1"}});
    let group = json!({"groupName": "Crew", "policyName": "p", "policyDocument": ALLOW});
    vec![
        made,
        call("iam", "CreateGroup", 0, json!({"groupName": "Crew"})),
        call("iam", "PutGroupPolicy", 1, group),
    ]
}

fn attach(kind: &str, name: &str) -> Value {
    let mut parameters = json!({"policyArn": POLICY});
    parameters[format!("{}Name", kind.to_lowercase())] = json!(name);
    call("iam", &format!("Attach{kind}Policy"), 2, parameters)
}

fn version(document: &str, default: bool) -> Value {
    let parameters =
        json!({"policyArn": POLICY, "policyDocument": document, "setAsDefault": default});
    let mut event = call("iam", "CreatePolicyVersion", 9, parameters);
    event["responseElements"] = json!({"policyVersion": {"versionId": "v2"}});
    event
}

fn group(call_name: &str, document: Option<&str>) -> Value {
    let mut parameters = json!({"groupName": "crew", "policyName": "p"});
    if let Some(document) = document {
        parameters["policyDocument"] = json!(document);
    }
    call("iam", call_name, 9, parameters)
}

fn by_stack(mut event: Value) -> Value {
    event["userIdentity"]["invokedBy"] = json!("cloudformation.amazonaws.com");
    event
}

/// Is the last event alerted as high at least, by a stack, where all is to be quiet?
#[track_caller]
fn check(before: &[Value], event: Value, want: bool) {
    let what = event["eventName"].to_string();
    let events = policy().into_iter().chain(before.to_vec()).chain([by_stack(event)]);
    let outcome = responses(SITE, Vec::new(), events).pop().unwrap().outcome;
    let severity = outcome.severity.filter(|_| outcome.disposition == Disposition::Alerted);
    assert_eq!(severity >= Some(Severity::High), want, "{what} {before:?}: {:?}", outcome.reasons);
}

fn member(name: &str) -> Value {
    call("iam", "AddUserToGroup", 2, json!({"userName": name, "groupName": "crew"}))
}

#[test]
fn a_new_version_of_a_policy_that_a_guarded_role_bears_is_high() {
    let bears = [attach("Role", "break-glass")];
    check(&bears, version(DENY, true), true);
    check(&bears, version(r#"{"Statement":[]}"#, true), true);
    check(&bears, version(DENY, false), false);
    check(&[attach("Role", "web")], version(DENY, true), false);
    let staged = |before: Vec<Value>| [before, vec![version(DENY, false)]].concat();
    let choose =
        call("iam", "SetDefaultPolicyVersion", 10, json!({"policyArn": POLICY, "versionId": "v2"}));
    check(&staged(bears.to_vec()), choose.clone(), true);
    check(&staged(vec![]), choose, false);
    let detach =
        call("iam", "DetachRolePolicy", 5, json!({"policyArn": POLICY, "roleName": "Break-Glass"}));
    check(&[bears[0].clone(), detach], version(DENY, true), false);
}

#[test]
fn a_boundary_s_new_version_counts_too() {
    let bound = json!({"roleName": "Break-Glass", "permissionsBoundary": POLICY});
    check(&[call("iam", "PutRolePermissionsBoundary", 2, bound)], version(DENY, true), true);
}

#[test]
fn a_group_is_guarded_by_its_members() {
    for (name, document) in [
        ("PutGroupPolicy", Some(DENY)),
        ("PutGroupPolicy", Some(ALLOW)),
        ("DeleteGroupPolicy", None),
    ] {
        check(&[member("Auditor")], group(name, document), true);
        check(&[member("lee")], group(name, document), false);
        let left = json!({"userName": "auditor", "groupName": "Crew"});
        let left = call("iam", "RemoveUserFromGroup", 5, left);
        check(&[member("auditor"), left], group(name, document), false);
    }
    let renamed =
        call("iam", "UpdateGroup", 5, json!({"groupName": "Crew", "newGroupName": "Staff"}));
    let mut ban = group("PutGroupPolicy", Some(DENY));
    ban["requestParameters"]["groupName"] = json!("staff");
    check(&[member("auditor"), renamed.clone()], ban.clone(), true);
    check(&[member("lee"), renamed], ban, false);
    // The policy that the group bears.
    check(&[member("auditor"), attach("Group", "crew")], version(DENY, true), true);
    check(&[member("lee"), attach("Group", "crew")], version(DENY, true), false);
}

#[test]
fn among_more_members_than_are_kept_a_guarded_one_may_be() {
    let many = |count: usize| -> Vec<Value> {
        let first = std::iter::once(member("auditor"));
        first.chain((1..count).map(|number| member(&format!("lee-{number}")))).collect()
    };
    // 256 are kept.
    check(&many(256), group("PutGroupPolicy", Some(DENY)), true);
    check(&many(300), group("PutGroupPolicy", Some(DENY)), true);
    let nobody: Vec<Value> = many(256).into_iter().skip(1).collect();
    check(&nobody, group("PutGroupPolicy", Some(DENY)), false);
}

#[test]
fn a_ban_on_a_role_of_this_tool_through_its_policy_is_high() {
    let bears = [attach("Role", "iam-responder-function")];
    check(&bears, version(DENY, true), true);
    check(&bears, version(ALLOW, true), false);
}
