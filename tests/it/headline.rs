//! Which rule names the alert, where several of one severity match.

use serde_json::{Value, json};

use crate::night::text;
use crate::support::{by, call, user};

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
