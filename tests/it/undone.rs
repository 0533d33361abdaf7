//! What is offered against a change, by what the events before it told.

use std::sync::LazyLock;

use iam_responder::assess::engine::Engine;
use iam_responder::event::Event;
use iam_responder::respond::Origin;
use serde_json::{Value, json};

use crate::support::{World, call, now};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::embedded().unwrap());

/// What is said of the last event's undo: its command, or what refuses it, and what is to be doubted.
fn last(events: Vec<Value>) -> (Option<String>, Option<String>, String) {
    let world = World::new(&*ENGINE, Origin::Trusted);
    let answer = |event: Value| world.answer(Event::parse(&event.to_string()), now(), None);
    let alert = events.into_iter().map(answer).last().unwrap().alert.unwrap();
    let step = alert.undo.first().unwrap();
    let step = json!(step);
    let text = |name: &str| step[name].as_str().map(str::to_owned);
    (text("command"), text("guard"), step["doubts"].to_string())
}

#[track_caller]
fn check(events: Vec<Value>, offered: bool, says: &[&str], not: &[&str]) {
    let what = events.last().unwrap()["eventName"].to_string();
    let (command, guard, doubts) = last(events);
    assert_eq!(command.is_some(), offered, "{what}: {guard:?} {doubts}");
    assert!(says.iter().all(|text| doubts.contains(text)), "{what}: {doubts}");
    assert!(!not.iter().any(|text| doubts.contains(text)), "{what}: {doubts}");
}

const LATELY: &str = "until shortly before";

fn access(name: &str, minute: usize, service: &str) -> Value {
    let principal = json!({"servicePrincipal": format!("{service}.amazonaws.com")});
    call("organizations", &format!("{name}AWSServiceAccess"), minute, principal)
}

/// Enabling succeeds where it was enabled, so the undo could blind an organization that somebody only looked at.
#[test]
fn what_watches_is_not_cut_off_unless_it_is_new() {
    for service in ["cloudtrail", "guardduty", "config", "securityhub", "iam", "sso"] {
        check(vec![access("Enable", 9, service)], false, &["enabled before"], &[]);
        let again = vec![access("Disable", 8, service), access("Enable", 9, service)];
        check(again, false, &["enabled before"], &[]);
        let mut off = access("Disable", 8, service);
        off["eventTime"] = json!("2026-11-20T12:00:00Z");
        check(vec![off, access("Enable", 9, service)], true, &[], &["enabled before", LATELY]);
    }
    let sets = "member.org.stacksets.cloudformation";
    check(vec![access("Enable", 9, sets)], true, &["enabled before"], &[LATELY]);
    let root = |name: &str, minute| {
        let name = format!("{name}OrganizationsRootCredentialsManagement");
        call("iam", &name, minute, Value::Null)
    };
    check(vec![root("Enable", 9)], false, &["enabled before"], &[]);
    check(vec![root("Disable", 8), root("Enable", 9)], false, &["enabled before"], &[]);
}

/// Whoever takes something rightful away and puts it back makes it look new.
#[test]
fn what_was_taken_away_and_put_back_is_doubted() {
    let arn = "arn:aws:iam::111122223333:x/y";
    let assignment = json!({"instanceArn": "i", "targetId": "444455556666", "targetType": "AWS_ACCOUNT",
        "permissionSetArn": "p", "principalType": "USER", "principalId": "u"});
    let administrator =
        json!({"accountId": "444455556666", "servicePrincipal": "ram.amazonaws.com"});
    let member = json!({"identityStoreId": "d-1", "groupId": "g-1", "member": {"memberId": "u-1"}});
    let label = json!({"topicArn": "arn:aws:sns:us-east-1:111122223333:iam-responder-critical", "label": "l"});
    let role = json!({"instanceProfileName": "web", "roleName": "web"});
    for (source, [off, on], parameters, answer) in [
        ("sso", ["DeleteAccountAssignment", "CreateAccountAssignment"], assignment, Value::Null),
        (
            "organizations",
            ["DeregisterDelegatedAdministrator", "RegisterDelegatedAdministrator"],
            administrator,
            Value::Null,
        ),
        ("sso-directory", ["RemoveMemberFromGroup", "AddMemberToGroup"], member, Value::Null),
        ("sns", ["RemovePermission", "AddPermission"], label, Value::Null),
        (
            "rolesanywhere",
            ["DisableProfile", "EnableProfile"],
            json!({"profileId": "p"}),
            Value::Null,
        ),
        (
            "rolesanywhere",
            ["DisableTrustAnchor", "EnableTrustAnchor"],
            json!({"trustAnchorId": "p"}),
            Value::Null,
        ),
        (
            "iam",
            ["DeleteOpenIDConnectProvider", "CreateOpenIDConnectProvider"],
            json!({"openIDConnectProviderArn": arn, "clientIDList": ["c"]}),
            json!({"openIDConnectProviderArn": arn}),
        ),
        (
            "iam",
            ["DeleteSAMLProvider", "CreateSAMLProvider"],
            json!({"sAMLProviderArn": arn}),
            json!({"sAMLProviderArn": arn}),
        ),
        ("iam", ["RemoveRoleFromInstanceProfile", "AddRoleToInstanceProfile"], role, Value::Null),
        (
            "iam",
            ["DeleteLoginProfile", "CreateLoginProfile"],
            json!({"userName": "u"}),
            Value::Null,
        ),
        (
            "iam",
            ["DisableOrganizationsRootSessions", "EnableOrganizationsRootSessions"],
            Value::Null,
            Value::Null,
        ),
    ] {
        let made = |minute| {
            let mut event = call(source, on, minute, parameters.clone());
            // The parameters of the call that makes a provider do not hold its ARN; the answer does.
            if answer != Value::Null {
                event["requestParameters"]
                    .as_object_mut()
                    .unwrap()
                    .retain(|name, _| !name.contains("Arn"));
                event["responseElements"] = answer.clone();
            }
            event
        };
        let taken = call(source, off, 8, parameters.clone());
        check(vec![taken.clone(), made(9)], true, &["It was there", LATELY], &[]);
        check(vec![made(9)], true, &[], &[LATELY]);
        let mut long_ago = taken;
        long_ago["eventTime"] = json!("2026-11-20T12:00:00Z");
        check(vec![long_ago, made(9)], true, &[], &[LATELY]);
    }
    // The event that takes a member out says only the ID of the membership.
    let joined = json!({"identityStoreId": "d-1", "groupId": "g-1", "memberId": {"userId": "u-1"}});
    let mut joined = call("identitystore", "CreateGroupMembership", 9, joined);
    joined["responseElements"] = json!({"membershipId": "m-2"});
    check(vec![joined], true, &["if this one was a member"], &[]);
}

/// Whoever puts another thing in the place of a rightful one has not put that back.
#[test]
fn what_is_put_in_the_place_of_another_was_not_there() {
    let role = |name: &str, minute, role: &str| {
        call("iam", name, minute, json!({"instanceProfileName": "web", "roleName": role}))
    };
    let (add, remove) = ("AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile");
    check(vec![role(remove, 8, "web"), role(add, 9, "OrgAdmin")], true, &[], &[LATELY]);
    let put = |minute, action: &str| {
        let document = json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}});
        let parameters =
            json!({"roleName": "r", "policyName": "p", "policyDocument": document.to_string()});
        call("iam", "PutRolePolicy", minute, parameters)
    };
    let delete = call("iam", "DeleteRolePolicy", 8, json!({"roleName": "r", "policyName": "p"}));
    let narrow = put(7, "s3:GetObject");
    let (another, something) = (&["Another one stood there"], &["Something stood there"]);
    check(vec![narrow.clone(), delete.clone(), put(9, "*")], true, another, &["It was there"]);
    check(vec![put(7, "*"), delete.clone(), put(9, "*")], true, &["It was there"], &["Another"]);
    check(vec![delete.clone(), put(9, "*")], true, something, &["It was there", "Another"]);
    // Nobody can tell which of two of one second was taken away.
    let both = vec![narrow, put(7, "*"), delete, put(9, "*")];
    check(both, true, something, &["It was there", "Another"]);
}
