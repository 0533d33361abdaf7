//! The undo offered against a change, by the events before it.

use std::sync::LazyLock;

use iam_responder::assess::engine::Engine;
use iam_responder::event::Event;
use iam_responder::pack::PACK;
use iam_responder::respond::Origin;
use serde_json::{Value, json};

use crate::support::{World, call, now};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::packed(&PACK).unwrap());

/// The undo of the last event: its command, or the reason against it, and the doubts.
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
    let administrator = |name: &str, minute| {
        let parameters =
            json!({"accountId": "444455556666", "servicePrincipal": "guardduty.amazonaws.com"});
        call("organizations", &format!("{name}DelegatedAdministrator"), minute, parameters)
    };
    let new = administrator("Register", 9);
    check(vec![new.clone()], true, &["its sight"], &[LATELY]);
    check(vec![administrator("Deregister", 8), new], false, &["its sight", LATELY], &[]);
    let sets = "member.org.stacksets.cloudformation";
    check(vec![access("Enable", 9, sets)], true, &["enabled before"], &[LATELY]);
    let root = |name: &str, minute| {
        let name = format!("{name}OrganizationsRootCredentialsManagement");
        call("iam", &name, minute, Value::Null)
    };
    check(vec![root("Enable", 9)], false, &["enabled before"], &[]);
    check(vec![root("Disable", 8), root("Enable", 9)], false, &["enabled before"], &[]);
}

/// Calls that take and put, their parameters, and the ARN in the answer of what is made.
fn pairs() -> Vec<(&'static str, [&'static str; 2], Value, Option<&'static str>)> {
    let assignment = json!({"instanceArn": INSTANCE, "targetId": "444455556666", "targetType": "AWS_ACCOUNT",
        "permissionSetArn": PERMISSION_SET, "principalType": "USER", "principalId": USER});
    let administrator =
        json!({"accountId": "444455556666", "servicePrincipal": "ram.amazonaws.com"});
    let member = json!({"identityStoreId": STORE, "groupId": GROUP, "member": {"memberId": USER}});
    let topic = "arn:aws:sns:us-east-1:111122223333:iam-responder-critical";
    let label = json!({"topicArn": topic, "label": "l"});
    let role = json!({"instanceProfileName": "web", "roleName": "web"});
    vec![
        ("sso", ["DeleteAccountAssignment", "CreateAccountAssignment"], assignment, None),
        (
            "organizations",
            ["DeregisterDelegatedAdministrator", "RegisterDelegatedAdministrator"],
            administrator,
            None,
        ),
        ("sso-directory", ["RemoveMemberFromGroup", "AddMemberToGroup"], member, None),
        ("sns", ["RemovePermission", "AddPermission"], label, None),
        ("rolesanywhere", ["DisableProfile", "EnableProfile"], json!({"profileId": PROFILE}), None),
        (
            "rolesanywhere",
            ["DisableTrustAnchor", "EnableTrustAnchor"],
            json!({"trustAnchorId": PROFILE}),
            None,
        ),
        (
            "iam",
            ["DeleteOpenIDConnectProvider", "CreateOpenIDConnectProvider"],
            json!({"openIDConnectProviderArn": OIDC_PROVIDER, "clientIDList": ["c"]}),
            Some("openIDConnectProviderArn"),
        ),
        (
            "iam",
            ["DeleteSAMLProvider", "CreateSAMLProvider"],
            json!({"sAMLProviderArn": SAML_PROVIDER}),
            Some("sAMLProviderArn"),
        ),
        ("iam", ["RemoveRoleFromInstanceProfile", "AddRoleToInstanceProfile"], role, None),
        ("iam", ["DeleteLoginProfile", "CreateLoginProfile"], json!({"userName": "u"}), None),
        (
            "iam",
            ["DisableOrganizationsRootSessions", "EnableOrganizationsRootSessions"],
            Value::Null,
            None,
        ),
    ]
}

const OIDC_PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/token.example.com";
const SAML_PROVIDER: &str = "arn:aws:iam::111122223333:saml-provider/people";
const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-0123456789abcdef";
const PERMISSION_SET: &str =
    "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef";
const STORE: &str = "d-0123456789";
const GROUP: &str = "0a1b2c3d-0000-4000-8000-00000000000a";
const USER: &str = "0a1b2c3d-0000-4000-8000-00000000000b";
const PROFILE: &str = "0a1b2c3d-0000-4000-8000-00000000000d";

/// Taking something rightful away and putting it back makes it look new.
#[test]
fn what_was_taken_away_and_put_back_is_doubted() {
    for (source, [off, on], parameters, answered) in pairs() {
        let mut made = call(source, on, 9, parameters.clone());
        // The parameters of the call that makes a provider do not hold its ARN; the answer does.
        if let Some(name) = answered {
            let arn = made["requestParameters"].as_object_mut().unwrap().remove(name);
            made["responseElements"] = json!({name: arn});
        }
        let taken = call(source, off, 8, parameters);
        check(vec![taken.clone(), made.clone()], true, &["It was there", LATELY], &[]);
        check(vec![made.clone()], true, &[], &[LATELY]);
        let mut long_ago = taken;
        long_ago["eventTime"] = json!("2026-11-20T12:00:00Z");
        check(vec![long_ago, made], true, &[], &[LATELY]);
    }
    // The event that takes a member out says only the ID of the membership.
    let joined = json!({"identityStoreId": STORE, "groupId": GROUP, "memberId": {"userId": USER}});
    let mut joined = call("identitystore", "CreateGroupMembership", 9, joined);
    joined["responseElements"] = json!({"membershipId": "0a1b2c3d-0000-4000-8000-00000000000c"});
    check(vec![joined], true, &["if this one was a member"], &[]);
}

/// Putting another thing in the place of a rightful one does not put that back.
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
    let (another, something) = (&["Another one was there"], &["Something was there"]);
    check(vec![narrow.clone(), delete.clone(), put(9, "*")], true, another, &["It was there"]);
    check(vec![put(7, "*"), delete.clone(), put(9, "*")], true, &["It was there"], &["Another"]);
    check(vec![delete.clone(), put(9, "*")], true, something, &["It was there", "Another"]);
    // Which of two writes of one second was taken away is unknown.
    let both = vec![narrow, put(7, "*"), delete, put(9, "*")];
    check(both, true, something, &["It was there", "Another"]);
}

fn document(effect: &str, action: &str) -> String {
    json!({"Statement": {"Effect": effect, "Action": action, "Resource": "*"}}).to_string()
}

const WIDE: &str = "gives more: ";
const COMPARE: &str = "compare both first";
const WHERE: &str = "wrote what was there before";

/// Giving back what somebody took does not undo anything, and nobody is shown how.
#[test]
fn what_a_defender_took_is_not_given_back() {
    let put = |minute, document: &str| {
        let parameters = json!({"roleName": "r", "policyName": "p", "policyDocument": document});
        call("iam", "PutRolePolicy", minute, parameters)
    };
    let allow = |action| document("Allow", action);
    let (wide, narrow) = (allow("*"), allow("s3:GetObject"));
    check(vec![put(1, &wide), put(2, &narrow)], false, &[WIDE], &[WHERE]);
    check(vec![put(1, &narrow), put(2, &wide)], false, &[WHERE], &[WIDE, COMPARE]);
    // Something was taken, and something given.
    let other = allow("dynamodb:GetItem");
    check(vec![put(1, &narrow), put(2, &other)], false, &[COMPARE, WHERE], &[WIDE]);
    let banned = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}]})
    .to_string();
    check(vec![put(1, &wide), put(2, &banned)], false, &[WIDE], &[WHERE]);
    check(vec![put(1, &banned), put(2, &wide)], false, &[WHERE], &[WIDE, COMPARE]);
    check(vec![put(1, &banned), put(2, &narrow)], false, &[COMPARE, WHERE], &[WIDE]);
    let deleted = call("iam", "DeleteRolePolicy", 2, json!({"roleName": "r", "policyName": "p"}));
    check(vec![put(1, &wide), deleted.clone()], false, &[WIDE], &[WHERE]);
    check(vec![put(1, &banned), deleted.clone()], false, &[COMPARE, WHERE], &[WIDE]);
    let deny = document("Deny", "*");
    check(vec![put(1, &deny), deleted.clone()], false, &["only denies", WHERE], &[WIDE]);
    check(vec![deleted], false, &["No event showed"], &[WIDE, WHERE]);
    let set = |minute, document: &str| {
        let parameters = json!({"instanceArn": INSTANCE, "permissionSetArn": PERMISSION_SET,
                "inlinePolicy": document});
        call("sso", "PutInlinePolicyToPermissionSet", minute, parameters)
    };
    check(vec![set(1, &wide), set(2, &narrow)], false, &[WIDE], &[WHERE]);
    check(vec![set(1, &narrow), set(2, &wide)], false, &[WHERE], &[WIDE, COMPARE]);
}

#[test]
fn a_narrower_version_is_not_made_wide_again() {
    let arn = "arn:aws:iam::111122223333:policy/team";
    let made = |document: String| {
        let mut event = call(
            "iam",
            "CreatePolicy",
            1,
            json!({"policyName": "team", "policyDocument": document}),
        );
        event["responseElements"] = json!({"policy": {"arn": arn, "defaultVersionId": "v1"}});
        event
    };
    let version = |document: String| {
        let parameters =
            json!({"policyArn": arn, "policyDocument": document, "setAsDefault": true});
        let mut event = call("iam", "CreatePolicyVersion", 2, parameters);
        event["responseElements"] = json!({"policyVersion": {"versionId": "v2"}});
        event
    };
    let choose = |minute, id: &str| {
        call("iam", "SetDefaultPolicyVersion", minute, json!({"policyArn": arn, "versionId": id}))
    };
    let (wide, narrow) = (document("Allow", "*"), document("Allow", "s3:GetObject"));
    let narrowed = vec![made(wide.clone()), version(narrow.clone())];
    check(narrowed.clone(), false, &[WIDE], &[WHERE]);
    let widened = [narrowed, vec![choose(3, "v1")]].concat();
    // Within a day the narrower version may be of the same hand; an older one is put back.
    check(widened.clone(), false, &[WHERE, ": v2."], &[WIDE, COMPARE]);
    let long_ago = |mut event: Value| {
        event["eventTime"] = json!("2026-11-20T12:00:00Z");
        event
    };
    let old = vec![long_ago(made(narrow.clone())), version(wide)];
    check(old, true, &[WHERE, ": v1."], &[WIDE, COMPARE]);
    check([widened, vec![choose(4, "v2")]].concat(), false, &[WIDE], &[WHERE]);
    let denied = vec![made(narrow), version(document("Deny", "*"))];
    check(denied.clone(), false, &["only denies"], &[WHERE]);
    let denied = [denied, vec![choose(3, "v1"), choose(4, "v2")]].concat();
    check(denied, false, &["only denies"], &[WHERE]);
}

#[test]
fn whom_a_defender_shut_out_is_not_let_in_again() {
    let trust = |minute, principal: Value| {
        let document = json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}});
        let parameters = json!({"roleName": "r", "policyDocument": document.to_string()});
        call("iam", "UpdateAssumeRolePolicy", minute, parameters)
    };
    let stranger = || json!({"AWS": "arn:aws:iam::999999999999:root"});
    let other = || json!({"AWS": "arn:aws:iam::888888888888:root"});
    let service = || json!({"Service": "lambda.amazonaws.com"});
    let anyone = || json!({"AWS": "*"});
    let out = "whom somebody shut out";
    for (before, after) in [(stranger(), service()), (anyone(), stranger()), (anyone(), service())]
    {
        let (closed, opened) = (trust(2, after.clone()), trust(2, before.clone()));
        check(vec![trust(1, before), closed], false, &[out], &[WHERE]);
        check(vec![trust(1, after), opened], false, &[WHERE], &[out, COMPARE]);
    }
    check(vec![trust(1, stranger()), trust(2, other())], false, &[COMPARE, WHERE], &[out]);
}

#[test]
fn a_boundary_that_holds_somebody_back_stays() {
    let of_aws = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
    let bound = |minute, name: &str| {
        let parameters = json!({"userName": "u", "permissionsBoundary": of_aws(name)});
        call("iam", "PutUserPermissionsBoundary", minute, parameters)
    };
    let (all, none, read) = ("AdministratorAccess", "AWSDenyAll", "ReadOnlyAccess");
    let limits = "limits less";
    check(vec![bound(1, all), bound(2, none)], false, &["only denies"], &[WHERE]);
    check(
        vec![bound(1, none), bound(2, "AWSCompromisedKeyQuarantineV3")],
        false,
        &["only denies"],
        &[WHERE],
    );
    check(vec![bound(2, none)], false, &["only denies"], &[]);
    check(vec![bound(1, all), bound(2, read)], false, &[limits], &[WHERE]);
    check(vec![bound(1, read), bound(2, all)], false, &[WHERE], &[limits, COMPARE]);
    let mut long_ago = bound(1, read);
    long_ago["eventTime"] = json!("2026-11-20T12:00:00Z");
    check(vec![long_ago, bound(2, all)], true, &[WHERE], &[limits, COMPARE]);
    let born = call("iam", "CreateUser", 1, json!({"userName": "u"}));
    check(vec![born, bound(2, read)], false, &["There was none"], &[WHERE]);
    let lifted = call("iam", "DeleteUserPermissionsBoundary", 2, json!({"userName": "u"}));
    check(vec![bound(1, read), lifted.clone()], false, &[WHERE], &[limits, COMPARE]);
    check(vec![lifted], false, &[], &[limits, COMPARE, WHERE]);
    let set = |minute, name: &str| {
        let parameters = json!({"instanceArn": INSTANCE, "permissionSetArn": PERMISSION_SET,
            "permissionsBoundary": {"managedPolicyArn": of_aws(name)}});
        call("sso", "PutPermissionsBoundaryToPermissionSet", minute, parameters)
    };
    check(vec![set(2, none)], false, &["only denies"], &[]);
    check(vec![set(1, all), set(2, read)], false, &[limits], &[WHERE]);
    check(vec![set(1, read), set(2, all)], false, &[WHERE], &[limits, COMPARE]);
}

/// The event does not hold the type of a policy; its content shows it.
#[test]
fn chat_is_not_cut_again() {
    let policy = |content: Value| {
        let parameters = json!({"name": "c", "content": content.to_string()});
        let mut event = call("organizations", "CreatePolicy", 1, parameters);
        event["responseElements"] = json!({"policy": {"policySummary": {"id": "p-0123abcd"}}});
        event
    };
    let detach = call(
        "organizations",
        "DetachPolicy",
        2,
        json!({"policyId": "p-0123abcd", "targetId": "r-ab12"}),
    );
    let chat =
        policy(json!({"chatbot": {"platforms": {"slack": {"client": {"@@assign": "disabled"}}}}}));
    let tags = policy(json!({"tags": {"team": {"tag_key": {"@@assign": "team"}}}}));
    check(vec![chat, detach.clone()], false, &["silences the alerts"], &[]);
    check(vec![tags, detach.clone()], true, &["chat policy"], &["silences the alerts"]);
    check(vec![detach], true, &["chat policy"], &[]);
}

/// The new state alone is known for these.
#[test]
fn what_only_shuts_out_stays() {
    let deny = json!({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}});
    let policy = json!({"keyId": "k", "policyName": "default", "policy": deny.to_string()});
    let policy = call("kms", "PutKeyPolicy", 1, policy);
    check(vec![policy], false, &["only denies"], &[COMPARE]);
    let revoked = call("kms", "RevokeGrant", 1, json!({"keyId": "k", "grantId": "g"}));
    assert_eq!(last(vec![revoked]).1.as_deref(), Some("gives-rights"));
    let kind = |kind: &str| {
        call("organizations", "DisablePolicyType", 1, json!({"policyType": kind, "rootId": "r-1"}))
    };
    let guard = |kind_of: &str| last(vec![kind(kind_of)]).1;
    assert_eq!(guard("CHATBOT_POLICY").as_deref(), Some("gives-rights"));
    assert_eq!(guard("SERVICE_CONTROL_POLICY").as_deref(), Some("prior-state-unknown"));
    let renamed = json!({"userName": "mallory", "newUserName": "zz-locked-mallory"});
    check(vec![call("iam", "UpdateUser", 1, renamed)], true, &["to lock somebody out"], &[]);
    let stopped = call("cloudtrail", "StopLogging", 1, json!({"name": "exfil"}));
    check(vec![stopped], true, &["an intruder's trail"], &[]);
}
