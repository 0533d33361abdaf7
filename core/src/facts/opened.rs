//! Whom an event lets use a resource: by the policy it puts, or by the names it gives a service.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::event::{Event, values_at};
use crate::iam::arn::{Arn, ArnPattern};
use crate::iam::policy::{Home, Of, PolicyDocument, Trust};
use crate::site::Site;
use crate::text::table::{columns, lines};

/// Deepest place in the parameters where a policy is looked for.
const DEPTH_MAX: usize = 6;

/// Services whose documents with principals are not policies of resources but of stacks, of organizations, of
/// endpoints, or are only asked about.
const OF_OTHER_THINGS: [&str; 4] = [
    "access-analyzer.amazonaws.com",
    "cloudformation.amazonaws.com",
    "ec2.amazonaws.com",
    "organizations.amazonaws.com",
];

/// A call that names whom it lets in, without a document: a line of `opened/named.tsv`.
struct NamingCall {
    source: &'static str,
    /// What its name begins with.
    call: &'static str,
    /// Paths of the names in the parameters, separated by spaces.
    whom: &'static str,
    /// Paths of conditions, each with its key, separated by spaces.
    conditions: &'static str,
}

static NAMED: LazyLock<Vec<NamingCall>> = LazyLock::new(|| {
    lines(include_str!("opened/named.tsv")).filter_map(NamingCall::read).collect()
});

/// Owner of an access control list, which contains the owner, too.
const OWNER: &str = "AccessControlPolicy.Owner.ID";

/// Names that mean everybody with an AWS account, or anybody at all.
const EVERYBODY: [&str; 7] = [
    "*",
    "all",
    "authenticated-read",
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
    "public-read",
    "public-read-write",
];

/// Names of lists that let in the owner, or a service of AWS.
const NOBODY: [&str; 8] = [
    // Of Lake Formation: every principal that an IAM policy lets in.
    "IAM_ALLOWED_PRINCIPALS",
    "aws-exec-read",
    "bucket-owner-full-control",
    "bucket-owner-read",
    // Writes the logs of distributions.
    "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0",
    "http://acs.amazonaws.com/groups/s3/LogDelivery",
    "log-delivery-write",
    "private",
];

/// Services of which a policy for everybody also answers who has no AWS account.
const ANSWER_UNSIGNED: [&str; 6] = [
    "apigateway.amazonaws.com",
    "es.amazonaws.com",
    "lambda.amazonaws.com",
    "s3.amazonaws.com",
    "sns.amazonaws.com",
    "sqs.amazonaws.com",
];

/// Whom the event lets use a resource, where it says so. Keys are judged where their grants are.
pub(super) fn opened(event: &Event, site: &Site) -> Option<Trust> {
    let source = event.event_source()?;
    let parameters = event.value("detail.requestParameters")?;
    let mut documents = Vec::new();
    if !OF_OTHER_THINGS.contains(&source) {
        find(parameters, DEPTH_MAX, &mut documents);
    }
    let called = |one: &&NamingCall| {
        one.source == source && event.name().is_some_and(|name| name.starts_with(one.call))
    };
    let knows = |account: &str| site.knows_account(account);
    let home = Home {
        account: event.account(),
        organization: site.organization(),
        knows: &knows,
        ids: &[],
    };
    documents.extend(NAMED.iter().find(called).and_then(|one| one.document(parameters, &home)));
    // Each by itself: a denial in one does not bind another. AWS has no call that puts two.
    let of = if ANSWER_UNSIGNED.contains(&source) { Of::WebResource } else { Of::Resource };
    let judged = documents.into_iter().map(|document| Trust::of_resource(document, &home));
    judged.max_by_key(Trust::lets_strangers_in).map(|trust| Trust { of, ..trust })
}

/// Policies of resources with a principal, in any field of the parameters.
fn find(value: &Value, depth: usize, found: &mut Vec<PolicyDocument>) {
    if depth == 0 {
        return;
    }
    let may_be = match value {
        Value::String(text) => text.contains(['{', '%']),
        Value::Object(map) => map.keys().any(|key| key.eq_ignore_ascii_case("Statement")),
        _ => false,
    };
    let document = may_be.then(|| PolicyDocument::from_field(value)).flatten();
    match (document, value) {
        (Some(document), _) => found.extend(Some(document).filter(PolicyDocument::says_who)),
        (None, Value::Object(map)) => map.values().for_each(|one| find(one, depth - 1, found)),
        (None, Value::Array(items)) => items.iter().for_each(|one| find(one, depth - 1, found)),
        (None, _) => {}
    }
}

impl NamingCall {
    fn read(line: &'static str) -> Option<Self> {
        let [source, call, whom, conditions] = columns(line)?;
        Some(Self { source, call, whom, conditions })
    }

    fn document(&self, parameters: &Value, home: &Home<'_>) -> Option<PolicyDocument> {
        let texts = |path| values_at(parameters, path).into_iter().filter_map(Value::as_str);
        let whom = self.whom.split(' ').flat_map(texts);
        let owner: Vec<&str> = texts(OWNER).collect();
        let mut asked = Map::new();
        for (path, key) in self.conditions.split(' ').filter_map(|one| one.split_once('=')) {
            let values: Vec<&str> = texts(path).collect();
            if !values.is_empty() {
                asked.insert(key.to_owned(), json!(values));
            }
        }
        // A source may be any that is like it.
        let conditions = match asked.remove("aws:SourceArn") {
            Some(arn) => json!({"StringEquals": asked, "ArnLike": {"aws:SourceArn": arn}}),
            None => json!({"StringEquals": asked}),
        };
        let names = whom.flat_map(grantees).filter(|name| !owner.contains(name));
        let statements: Vec<Value> =
            names.filter_map(|name| allow(name, &conditions, home)).collect();
        let document = json!({"Statement": statements});
        (!statements.is_empty()).then(|| PolicyDocument::from_field(&document)).flatten()
    }
}

/// The names in a text: one, or those of a header, as `id="…", uri="…"`.
fn grantees(text: &str) -> Vec<&str> {
    let name = |one| match str::split_once(one, '=') {
        Some((_, name)) => name.trim().trim_matches('"'),
        None => one,
    };
    text.split(',').map(str::trim).map(name).collect()
}

/// Is this somebody of the organization's own directory, by ARN or ID? Identity Center lets in nobody else.
fn is_of_directory(name: &str) -> bool {
    match Arn::parse(name) {
        Some(arn) => arn.service == "identitystore",
        None => name.split('-').count() >= 5 && !name.contains(['@', '.', '/']),
    }
}

/// Is it another organization than the own: by its ID where the site names the own, else by its management account?
fn is_foreign(arn: &Arn<'_>, home: &Home<'_>) -> bool {
    match home.organization {
        Some(own) => arn.organization() != Some(own),
        None => home.is_foreign(arn.account),
    }
}

/// A statement that lets somebody in whom a parameter names.
fn allow(name: &str, conditions: &Value, home: &Home<'_>) -> Option<Value> {
    // Redshift and Lake Formation name an account so, and all that it has.
    let name = name.strip_prefix("DataCatalog/").unwrap_or(name);
    let name = name.strip_suffix(":IAMPrincipals").unwrap_or(name);
    // `organization/ID`, `ou/ID/…`
    let organization = Arn::parse(name).filter(|arn| arn.organization().is_some());
    let mut conditions = conditions.clone();
    let principal = if EVERYBODY.iter().any(|one| one.eq_ignore_ascii_case(name)) {
        json!("*")
    } else if let Some(arn) = organization.filter(|arn| is_foreign(arn, home)) {
        // Its management account stands for all of it.
        json!({"AWS": arn.account})
    } else if let Some(arn) = organization {
        conditions = json!({"StringEquals": {"aws:PrincipalOrgID": arn.organization()}});
        json!("*")
    } else if NOBODY.contains(&name) || is_of_directory(name) {
        return None;
    } else if name.contains('.') && !ArnPattern::split(name).is_arn() && !name.contains('@') {
        json!({"Service": name})
    } else {
        json!({"AWS": name})
    };
    Some(
        json!({"Effect": "Allow", "Action": "*", "Principal": principal, "Resource": "*", "Condition": conditions}),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::sample::call;

    fn words(source: &str, name: &str, parameters: &Value) -> Vec<String> {
        let event = call(source, name).with("requestParameters", parameters.clone()).event();
        let trust = opened(&event, &Site::empty());
        trust
            .map(|trust| trust.words.iter().map(|word| word.to_string()).collect())
            .unwrap_or_default()
    }

    #[track_caller]
    fn check(source: &str, name: &str, parameters: &Value, want: &[&str]) {
        assert_eq!(words(source, name, parameters), want, "{source}:{name} {parameters}");
    }

    fn policy(principal: &Value) -> Value {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}]})
    }

    #[test]
    fn a_policy_is_found_wherever_a_service_puts_it() {
        let foreign = json!({"AWS": "arn:aws:iam::999988887777:role/x"});
        let (object, text) = (policy(&foreign), policy(&foreign).to_string());
        let shut = policy(&json!("*")).to_string().replace("Allow", "Deny");
        let encoded = text.replace('{', "%7B").replace('"', "%22");
        for (source, name, parameters) in [
            ("s3", "PutBucketPolicy", json!({"bucketName": "b", "bucketPolicy": object})),
            ("secretsmanager", "PutResourcePolicy", json!({"resourcePolicy": text})),
            ("ecr", "SetRepositoryPolicy", json!({"policyText": encoded})),
            ("sqs", "CreateQueue", json!({"attributes": {"Policy": text}})),
            (
                "sns",
                "SetTopicAttributes",
                json!({"attributeName": "Policy", "attributeValue": text}),
            ),
            ("glacier", "SetVaultAccessPolicy", json!({"policy": {"policy": text}})),
            ("x", "Y", json!({"attributes": [{"name": "Policy", "value": text}]})),
            ("x", "Y", json!({"policy": text.replace("Statement", "\\u0053tatement")})),
            ("x", "Y", json!({"policy": text, "tags": {"a": shut, "b": shut}})),
        ] {
            check(source, name, &parameters, &["external-account"]);
        }
    }

    #[test]
    fn documents_that_open_no_resource_are_none() {
        let everybody = policy(&json!("*"));
        for (source, name) in [
            ("cloudformation", "SetStackPolicy"),
            ("organizations", "UpdatePolicy"),
            ("ec2", "CreateVpcEndpoint"),
            ("access-analyzer", "CheckNoPublicAccess"),
        ] {
            check(source, name, &json!({"policy": everybody.to_string()}), &[]);
        }
        let of_identity =
            json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        check("x", "PutPolicy", &json!({"policy": of_identity.to_string()}), &[]);
        check("x", "PutPolicy", &json!({"policy": "{\"Statement\":", "force": true}), &[]);
        let deep = (0..40).fold(everybody, |inner, _| json!({"a": inner}));
        check("x", "PutPolicy", &deep, &[]);
    }

    #[test]
    fn names_are_judged_as_a_policy_is() {
        let add = |principal: &str| json!({"functionName": "f", "principal": principal});
        let of = |principal: &str, key: &str, value: &str| json!({"functionName": "f", "principal": principal, key: value});
        let lambda = |parameters: &Value, want: &[&str]| {
            check("lambda", "AddPermission20150331v2", parameters, want);
        };
        lambda(&add("*"), &["anyone"]);
        lambda(&add("111122223333"), &["own-account"]);
        lambda(&add("999988887777"), &["account-root", "external-account"]);
        let service = ["service", "service-only"];
        let topic = "arn:aws:sns:us-east-1:111122223333:t";
        lambda(&of("sns.amazonaws.com", "sourceArn", topic), &service);
        lambda(&of("sns.amazonaws.com", "sourceAccount", "111122223333"), &service);
        let theirs = "arn:aws:sns:us-east-1:999988887777:t";
        let foreign = ["external-account", "service"];
        lambda(&of("sns.amazonaws.com", "sourceArn", theirs), &foreign);
        lambda(&of("s3.amazonaws.com", "sourceAccount", "999988887777"), &foreign);
        lambda(&of("*", "principalOrgID", "o-exampleorgid"), &["anyone-conditioned"]);
        lambda(&of("*", "sourceArn", topic), &["anyone-conditioned"]);
        let unfenced = ["service", "service-only", "service-unconditioned"];
        lambda(&add("alexa-appkit.amazon.com"), &unfenced);
        let layer = json!({"principal": "*", "organizationId": "o-exampleorgid"});
        check("lambda", "AddLayerVersionPermission", &layer, &["anyone-conditioned"]);
    }

    #[test]
    fn a_name_that_is_not_an_account_means_what_the_service_means() {
        let strange = ["account-root", "external-account"];
        let lake = |who: &str| json!({"principal": {"dataLakePrincipalIdentifier": who}});
        let grant = |who: &str, want: &[&str]| {
            check("lakeformation", "GrantPermissions", &lake(who), want);
            let each = json!({"entries": [lake("IAM_ALLOWED_PRINCIPALS"), lake(who)]});
            check("lakeformation", "BatchGrantPermissions", &each, want);
        };
        grant("IAM_ALLOWED_PRINCIPALS", &[]);
        grant("arn:aws:identitystore:::group/94482488-3041-7026-18f3-be45837cd0e4", &[]);
        grant("111122223333:IAMPrincipals", &["own-account"]);
        grant("999988887777:IAMPrincipals", &strange);
        grant("arn:aws:iam::111122223333:saml-provider/x:group/sales", &["own-account"]);
        let grantee = |who: &str| json!({"CreateAccessGrantRequest": {"Grantee": {"GranteeIdentifier": who}}});
        let access =
            |who: &str, want: &[&str]| check("s3", "CreateAccessGrant", &grantee(who), want);
        access("94482488-3041-7026-18f3-be45837cd0e4", &[]);
        access("arn:aws:iam::999988887777:role/a-b-c-d-e-f", &["external-account"]);
        let share = |to: &str| json!({"dataShareArn": "d", "consumerIdentifier": to});
        check(
            "redshift",
            "AuthorizeDataShare",
            &share("DataCatalog/111122223333"),
            &["own-account"],
        );
        check("redshift", "AuthorizeDataShare", &share("DataCatalog/999988887777"), &strange);
        // Every subscriber at Data Exchange.
        check(
            "redshift",
            "AuthorizeDataShare",
            &share("ADX"),
            &["external-account", "unknown-principal"],
        );
    }

    #[test]
    fn the_table_is_whole() {
        assert_eq!(NAMED.len(), lines(include_str!("opened/named.tsv")).count());
    }

    #[test]
    fn what_is_shared_by_account_names_its_accounts() {
        let items = |items: Value| json!({"createVolumePermission": {"add": {"items": items}}});
        let snapshot = |shared: Value, want: &[&str]| {
            check("ec2", "ModifySnapshotAttribute", &items(shared), want);
        };
        snapshot(json!([{"group": "all"}]), &["anyone"]);
        snapshot(json!([{"userId": "999988887777"}]), &["account-root", "external-account"]);
        snapshot(json!([{"userId": "111122223333"}]), &["own-account"]);
        let taken = json!({"createVolumePermission": {"remove": {"items": [{"group": "all"}]}}});
        check("ec2", "ModifySnapshotAttribute", &taken, &[]);
        let document = json!({"name": "d", "permissionType": "Share", "accountIdsToAdd": ["All"]});
        check("ssm", "ModifyDocumentPermission", &document, &["anyone"]);
        let database = json!({"attributeName": "restore", "valuesToAdd": ["all"]});
        check("rds", "ModifyDBSnapshotAttribute", &database, &["anyone"]);
        let organization = "arn:aws:organizations::111122223333:organization/o-exampleorgid";
        let share = json!({"name": "s", "principals": [organization]});
        check("ram", "CreateResourceShare", &share, &["anyone-conditioned"]);
        // The management account of another one, where the site does not name the own.
        let foreign = "arn:aws:organizations::999988887777:organization/o-evilevil01";
        let share = json!({"name": "s", "principals": [foreign]});
        check("ram", "CreateResourceShare", &share, &["account-root", "external-account"]);
        let unit = foreign.replace("organization/", "ou/") + "/ou-abcd-12345678";
        let image =
            json!({"launchPermission": {"add": {"items": [{"organizationalUnitArn": unit}]}}});
        check("ec2", "ModifyImageAttribute", &image, &["account-root", "external-account"]);
        for (acl, want) in [("private", &[][..]), ("public-read", &["anyone"])] {
            for call in ["CreateBucket", "PutBucketAcl"] {
                check("s3", call, &json!({"bucketName": "b", "x-amz-acl": acl}), want);
            }
        }
        let acl = |grants: Value| {
            json!({"bucketName": "b", "AccessControlPolicy": {
                "Owner": {"ID": "0f0f"}, "AccessControlList": {"Grant": grants}}})
        };
        let owner = json!({"Grantee": {"ID": "0f0f"}, "Permission": "FULL_CONTROL"});
        let theirs = json!({"Grantee": {"ID": "1e1e"}, "Permission": "READ"});
        let strange = ["external-account", "unknown-principal"];
        check("s3", "PutBucketAcl", &acl(json!([owner])), &[]);
        check("s3", "PutBucketAcl", &acl(json!([owner, theirs])), &strange);
        let header = |grant: &str| json!({"bucketName": "b", "x-amz-grant-read": [grant]});
        let all = "id=\"1e1e\", uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"";
        check("s3", "PutBucketAcl", &header(all), &["anyone", strange[0], strange[1]]);
        check("s3", "CreateBucket", &header("emailAddress=\"x@example.com\""), &strange);
        let queue = json!({"queueUrl": "q", "aWSAccountIds": ["999988887777"], "actions": ["*"]});
        check("sqs", "AddPermission", &queue, &["account-root", "external-account"]);
    }
}
