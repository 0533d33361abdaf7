use serde_json::{Value, json};

use super::field::HIDDEN;
use super::*;
use crate::event::{Event, PrincipalKind};

const HERE: &str = "111122223333";

fn principal_of(identity: &Value, more: &Value) -> Principal {
    let mut record =
        json!({"eventName": "X", "recipientAccountId": HERE, "userIdentity": identity});
    for (key, value) in more.as_object().into_iter().flatten() {
        record[key] = value.clone();
    }
    Principal::of(&Event::parse(&record.to_string()).unwrap())
}

#[track_caller]
fn check(identity: &Value, line: &str, subject: &str) -> Principal {
    let principal = principal_of(identity, &json!({}));
    assert_eq!((principal.describe().as_str(), principal.subject().as_str()), (line, subject));
    principal
}

/// The session of a role below a path, with this name, of an account; the rest goes into its context.
fn session(role: &str, called: &str, account: &str, context: &Value) -> Value {
    let name = role.rsplit('/').next().unwrap();
    let mut all = json!({"sessionIssuer": {"type": "Role", "userName": name,
        "arn": format!("arn:aws:iam::{account}:role/{role}")}});
    for (key, value) in context.as_object().into_iter().flatten() {
        all[key] = value.clone();
    }
    json!({"type": "AssumedRole", "accountId": account, "sessionContext": all,
        "principalId": format!("AROAX:{called}"),
        "arn": format!("arn:aws:sts::{account}:assumed-role/{name}/{called}")})
}

#[test]
fn identity_center_names_the_person_and_nobody_else_does() {
    let reserved = "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_01";
    let identity = session(
        reserved,
        "alice@example.com",
        HERE,
        &json!({"attributes": {"mfaAuthenticated": "false"}}),
    );
    let line = "alice@example.com as role AWSReservedSSO_Admin_01";
    let principal = check(&identity, line, "alice@example.com");
    assert!(principal.role_arn.as_deref().unwrap().contains("role/aws-reserved/"));
    assert_eq!((principal.mfa, principal.person()), (Some(false), Some("alice@example.com")));
    // Roles that anybody may make or name so, a role of another account's Identity Center, and one without an issuer.
    for (role, account, of) in [
        ("ci", HERE, ""),
        ("AWSReservedSSO_Admin_01", HERE, ""),
        ("x/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_01", HERE, ""),
        ("x:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_01", HERE, ""),
        (reserved, "444455556666", " of account 444455556666"),
    ] {
        let name = role.rsplit('/').next().unwrap();
        let line = format!("session of role {name}{of} that calls itself cfo@example.com");
        let identity = session(role, "cfo@example.com", account, &json!({}));
        let principal = check(&identity, &line, &format!("a {line}"));
        assert_eq!(principal.person(), None, "{role}");
    }
}

#[test]
fn a_source_identity_or_a_session_name_alone_names_nobody() {
    let identity = session("ci", "i-0abc", HERE, &json!({"sourceIdentity": "cfo@example.com"}));
    let line = "session of role ci that calls itself i-0abc";
    let principal = check(&identity, line, &format!("a {line}"));
    assert_eq!(principal.person(), None);
    // Loud, never quiet.
    assert!(principal.is_person());
}

#[test]
fn the_fields_of_a_token_name_its_subject_and_the_session_name_does_not() {
    let token = |fields: &Value| {
        let issuer = format!("arn:aws:iam::{HERE}:oidc-provider/login.example.net");
        let data = json!({"federatedProvider": issuer, "attributes": fields});
        session("app", "cfo@example.com", HERE, &json!({"webIdFederationData": data}))
    };
    for key in ["login.example.net:sub", "www.amazon.com:user_id", "graph.facebook.com:id"] {
        let principal = check(
            &token(&json!({"login.example.net:aud": "x", key: "kim"})),
            "kim of login.example.net as role app",
            "kim of login.example.net",
        );
        assert_eq!(principal.person(), Some("kim"));
    }
    for fields in [json!({}), json!({"login.example.net:aud": "kim", "login.example.net:sub": ""})]
    {
        let line = "session of role app that calls itself cfo@example.com";
        assert_eq!(check(&token(&fields), line, &format!("a {line}")).person(), None);
    }
    // A role of another account trusts whom that account likes.
    let mut foreign = token(&json!({"login.example.net:sub": "kim"}));
    foreign["sessionContext"]["sessionIssuer"]["arn"] = json!("arn:aws:iam::444455556666:role/app");
    assert_eq!(principal_of(&foreign, &json!({})).person(), None);
}

#[test]
fn a_sign_in_by_saml_names_the_person() {
    let identity = session("ops", "kim@example.com", HERE, &json!({}));
    let provider = format!("arn:aws:iam::{HERE}:saml-provider/idp");
    let sign_in = |source: &str| json!({"eventSource": source, "additionalEventData": {"SamlProviderArn": provider}});
    let principal = principal_of(&identity, &sign_in("signin.amazonaws.com"));
    assert_eq!(principal.subject(), "kim@example.com");
    assert_eq!(principal.identity_provider.as_deref(), Some(provider.as_str()));
    assert_eq!(principal_of(&identity, &sign_in("ec2.amazonaws.com")).person(), None);
}

#[test]
fn a_federated_session_counts_as_who_issued_it() {
    for (issuer, whose, key, kind, person) in [
        (
            json!({"type": "IAMUser", "userName": "mallory"}),
            "user mallory",
            "user mallory",
            PrincipalKind::IamUser,
            "mallory",
        ),
        (
            json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/x/mallory"}),
            "user mallory",
            "user mallory",
            PrincipalKind::IamUser,
            "mallory",
        ),
        (json!({"type": "Root"}), "the root user", "root", PrincipalKind::Root, "the root user"),
    ] {
        let identity = json!({"type": "FederatedUser", "sessionContext": {"sessionIssuer": issuer},
            "arn": "arn:aws:sts::111122223333:federated-user/alice"});
        let line = format!("federated session of {whose} that calls itself alice");
        let principal = check(&identity, &line, &format!("a {line}"));
        assert_eq!((principal.key().as_str(), principal.acts_as()), (key, kind));
        assert_eq!(principal.person(), Some(person));
        assert!(principal.is_person());
    }
    let unknown =
        json!({"type": "FederatedUser", "arn": "arn:aws:sts::111122223333:federated-user/carol"});
    let principal = check(
        &unknown,
        "federated session that calls itself carol",
        "a federated session that calls itself carol",
    );
    assert_eq!((principal.person(), principal.acts_as()), (None, PrincipalKind::FederatedUser));
}

#[test]
fn a_session_of_assume_root_is_not_the_keeper_of_the_password() {
    let root = |flag: Value, source: Option<&str>| {
        json!({"type": "Root", "arn": "arn:aws:iam::111122223333:root", "sessionContext": {
            "assumedRoot": flag, "sourceIdentity": source, "attributes": {"mfaAuthenticated": "false"}}})
    };
    for flag in [json!("true"), json!(true)] {
        let line = "root session of AssumeRoot with source identity dana@example.com";
        let principal = check(&root(flag, Some("dana@example.com")), line, &format!("the {line}"));
        assert_eq!((principal.person(), principal.mfa, principal.is_root()), (None, None, true));
    }
    check(
        &root(json!("true"), None),
        "root session of AssumeRoot",
        "the root session of AssumeRoot",
    );
    let plain = check(&root(json!("false"), None), "root user", "the root user");
    assert_eq!((plain.assumed_root, plain.mfa), (None, Some(false)));
}

#[test]
fn at_the_console_sits_a_person() {
    let identity = session("ops", "s1", HERE, &json!({}));
    for (flag, person) in [(json!("true"), true), (json!(true), true), (Value::Null, false)] {
        let principal = principal_of(&identity, &json!({"sessionCredentialFromConsole": flag}));
        assert_eq!(principal.is_person(), person, "{flag}");
    }
}

#[test]
fn a_session_on_behalf_of_a_person_names_its_id() {
    let mut identity = session("portal", "s1", HERE, &json!({}));
    identity["onBehalfOf"] = json!({"userId": "9448-01", "identityStoreArn": "arn:aws:identitystore::111122223333:identitystore/d-9"});
    identity["inScopeOf"] =
        json!({"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": "arn:aws:lambda:x"});
    let line = "session of role portal on behalf of Identity Center user 9448-01";
    let principal = check(&identity, line, &format!("a {line}"));
    assert!(principal.is_person());
    assert!(principal.identity_store.is_some());
    assert_eq!(principal.in_scope_of.as_deref(), Some("arn:aws:lambda:x"));
}

#[test]
fn identities_with_little_in_them() {
    for (identity, line, subject) in [
        (
            json!({"type": "Root", "arn": "arn:aws:iam::111122223333:root", "accessKeyId": ""}),
            "root user",
            "the root user",
        ),
        (
            json!({"type": "IAMUser", "userName": "bob", "sessionContext": {"sessionIssuer": {}}}),
            "user bob",
            "bob",
        ),
        (json!({"type": "IAMUser", "userName": "Root"}), "user Root", "user Root"),
        (json!({"type": "IAMUser", "userName": HIDDEN}), "user unnamed", "user unnamed"),
        (
            json!({"type": "IAMUser", "userName": "bob", "accountId": "444455556666"}),
            "user bob of account 444455556666",
            "bob of account 444455556666",
        ),
        (
            json!({"type": "AWSAccount", "accountId": "444455556666"}),
            "account 444455556666",
            "account 444455556666",
        ),
        (
            json!({"accountId": HERE, "invokedBy": "AWS Internal"}),
            "AWS service AWS Internal",
            "AWS service AWS Internal",
        ),
        (Value::Null, "unnamed (Unknown)", "unnamed (Unknown)"),
        (
            json!({"type": "AssumedRole", "arn": "arn:aws-cn:sts::111122223333:assumed-role/ops/i-0abc", "sessionContext": {"sessionIssuer": {}}}),
            "session of role ops that calls itself i-0abc",
            "a session of role ops that calls itself i-0abc",
        ),
        (
            json!({"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/ops"}),
            "role ops",
            "role ops",
        ),
        (
            session(
                "aws-service-role/sso.amazonaws.com/AWSServiceRoleForSSO",
                "x",
                HERE,
                &json!({}),
            ),
            "AWS service sso.amazonaws.com as role AWSServiceRoleForSSO",
            "AWS service sso.amazonaws.com as role AWSServiceRoleForSSO",
        ),
    ] {
        check(&identity, line, subject);
    }
}

#[test]
fn a_path_makes_no_user_a_role() {
    let hostile = "arn:aws:iam::111122223333:user/x:role/ci/x:assumed-role/ci/mallory";
    let identity = json!({"type": "IAMUser", "userName": "mallory", "arn": hostile,
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": hostile}}});
    let principal = check(&identity, "user mallory", "mallory");
    assert_eq!((principal.role_arn, principal.session_name), (None, None));
}
