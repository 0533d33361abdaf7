//! Which rule names the alert, where several of one severity match.

use serde_json::{Value, json};

use crate::night::{part, text};
use crate::support::{by, call, responses, user};

const SITE: &str = "accounts: {'111122223333': {name: shop, tags: {Environment: development}}}";

#[track_caller]
fn says(event: Value, headline: &str, not: &str) {
    let text = text(SITE, vec![event]);
    let first = text.lines().next().unwrap_or_default();
    assert!(first.contains(headline), "{text}");
    assert!(not.is_empty() || !text.contains(not), "{text}");
}

/// Data is the smaller thing: who may pass any role has it too.
#[test]
fn rights_over_rights_name_the_alert_before_data() {
    let document = |actions: Value| {
        json!({"Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}}).to_string()
    };
    let put = |actions: Value| {
        let parameters =
            json!({"roleName": "app", "policyName": "p", "policyDocument": document(actions)});
        call("iam", "PutRolePolicy", 1, parameters)
    };
    let any_role = "Policy document allows passing any role to a service";
    says(put(json!(["s3:*", "iam:PassRole"])), any_role, "");
    let attach = |policy: &str| {
        let policy = format!("arn:aws:iam::aws:policy/{policy}");
        call("iam", "AttachRolePolicy", 1, json!({"roleName": "app", "policyArn": policy}))
    };
    let way = "Policy opens a known way to more rights";
    says(attach("AmazonSSMFullAccess"), way, "");
    says(put(json!(["s3:*", "lambda:UpdateFunctionCode"])), way, "");
    // What is about one service is no less than what is about any.
    says(attach("SecretsManagerReadWrite"), "Policy that reads all secrets attached", "");
    says(put(json!(["s3:*"])), "Policy grants all data of a service", "");
}

#[test]
fn an_alert_about_one_kind_of_credential_does_not_explain_another() {
    let key = json!({"userName": "BedrockAPIKey-4x9k", "serviceName": "bedrock.amazonaws.com"});
    let other = call("iam", "CreateServiceSpecificCredential", 1, key);
    says(other, "Credential added for another user", "SSH");
    let without = json!({"userName": "bob", "serialNumber": "arn:aws:iam::111122223333:mfa/phone"});
    let taken = by(call("iam", "DeactivateMFADevice", 1, without), user("alice"));
    says(taken, "MFA deactivated in a session without MFA", "");
}

#[test]
fn an_endpoint_of_a_cluster_is_not_called_a_sign_in() {
    let update = |change: Value| {
        let mut parameters = json!({"name": "web-shop"});
        parameters.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        call("eks", "UpdateClusterConfig", 1, parameters)
    };
    let public = update(json!({"resourcesVpcConfig": {"endpointPublicAccess": true}}));
    says(public, "Kubernetes cluster reachable from the internet", "Sign-in to a Kubernetes");
    let mode = update(json!({"accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"}}));
    says(mode, "Sign-in to a Kubernetes cluster changed", "reachable from the internet");
}

/// One alert about a tool must not hide what it does next, nor to whom else.
#[test]
fn a_tool_that_goes_on_is_news_where_it_does_something_else() {
    let by_tool = |name: &str, minute: usize, secret: &str| {
        let mut record = call("secretsmanager", name, minute, json!({"secretId": secret}));
        record["userAgent"] = json!("Boto3/1.9.89 Python/3.8.1 Linux/5.4.0-kali3-amd64");
        record
    };
    let events = vec![
        by_tool("GetSecretValue", 1, "a"),
        by_tool("GetSecretValue", 2, "a"),
        by_tool("GetSecretValue", 3, "b"),
        by_tool("DescribeSecret", 4, "b"),
    ];
    let answers = responses(SITE, Vec::new(), events);
    let sent: Vec<bool> = answers.iter().map(|answer| answer.alert.is_some()).collect();
    assert_eq!(sent, [true, false, true, true]);
    let first = answers[0].alert.as_ref().unwrap().to_text();
    let note = "Repetitions within 6 hours are counted, and not sent.";
    assert!(part(&first, "About this alert").contains(note), "{first}");
    // What is always sent says nothing of the kind.
    let made = text(SITE, vec![call("iam", "CreateUser", 1, json!({"userName": "zoe"}))]);
    assert!(!made.contains("are counted"), "{made}");
}

/// The session of a user is no session of a role.
#[test]
fn a_sign_in_link_is_ended_for_users_too() {
    let token = || call("signin", "GetSigninToken", 1, json!(null));
    let federated = json!({"type": "FederatedUser", "principalId": "111122223333:x", "accountId": "111122223333",
        "arn": "arn:aws:sts::111122223333:federated-user/x",
        "sessionContext": {"sessionIssuer": {"type": "IAMUser", "userName": "dana",
            "arn": "arn:aws:iam::111122223333:user/dana", "accountId": "111122223333"}}});
    let what = part(&text(SITE, vec![by(token(), federated)]), "What to do");
    assert!(what.contains("Of a user: a deny on that user ends them."), "{what}");
}
