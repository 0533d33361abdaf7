//! What is told and what is not, by the field that it is about.

use serde_json::{Value, json};

use super::asked::{doubts, doubts_of_test};
use crate::vocabulary::question::{SiteNames, Vain};

fn found(pattern: &Value) -> Vec<String> {
    let names = SiteNames { environments: vec!["production"], calendars: vec!["night"] };
    let one = |vain: Vain| {
        let help = vain.help.map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}: {}{help}", vain.path, vain.message)
    };
    doubts(pattern, &names).into_iter().map(one).collect()
}

/// The one doubt about a pattern.
#[track_caller]
fn told(pattern: &Value, want: &str) {
    let found = found(pattern);
    assert!(found.len() == 1 && found[0].contains(want), "{pattern}: {found:?}");
}

#[track_caller]
fn clean(pattern: &Value) {
    let found = found(pattern);
    assert!(found.is_empty(), "{pattern}: {found:?}");
}

#[test]
fn accounts_are_twelve_digits_in_quotes() {
    told(&json!({"account": [444455556666_u64]}), "write \"444455556666\"");
    told(&json!({"account": [{"anything-but": [44455556666_u64]}]}), "write \"044455556666\"");
    told(&json!({"account": [{"anything-but": 444455556666_u64}]}), "excepts nothing");
    told(&json!({"account": ["4444-5555-6666"]}), "twelve digits");
    told(&json!({"detail": {"recipientAccountId": ["shop"]}}), "twelve digits");
    told(&json!({"detail": {"userIdentity": {"accountId": ["11112222333"]}}}), "twelve digits");
    told(
        &json!({"$or": [{"account": [{"prefix": "x"}]}, {"region": ["eu-west-1"]}]}),
        "$or[0].account[0]",
    );
    let parameter = json!({"detail": {"requestParameters": {"accountIds": [111122223333_u64]}}});
    told(&parameter, "is the number 111122223333");
    clean(
        &json!({"account": ["111122223333", {"prefix": "1111"}, {"wildcard": "1111*"}, {"exists": true}]}),
    );
    clean(
        &json!({"detail": {"userIdentity": {"accountId": ["ANONYMOUS_PRINCIPAL", {"anything-but": "111122223333"}]}}}),
    );
    clean(&json!({"detail": {"requestParameters": {"accountAlias": ["shop"]}}}));
}

#[test]
fn words_of_records_are_told_where_one_is_near() {
    let kind = |word: &str| json!({"detail": {"userIdentity": {"type": [word]}}});
    told(&kind("AssumeRole"), "did you mean `AssumedRole`?");
    told(&kind("iamuser"), "did you mean `IAMUser`?");
    told(&kind("User"), "did you mean `IAMUser`?");
    clean(&kind("AWSAgent"));
    told(&json!({"detail-type": ["AWS API call via CloudTrail"]}), "AWS API Call via CloudTrail");
    told(
        &json!({"detail": {"readOnly": ["false"], "eventSource": ["iam.amazonaws.com"]}}),
        "without quotes",
    );
    let mfa = |value: Value| json!({"detail": {"userIdentity": {"sessionContext": {"attributes": {"mfaAuthenticated": [value]}}}}});
    told(&mfa(json!(true)), "in quotes");
    clean(&mfa(json!("true")));
    told(&json!({"region": ["us-east-1a"]}), "write it like `us-east-1`");
    told(&json!({"region": ["Frankfurt"]}), "Region");
    clean(&json!({"detail": {"awsRegion": ["us-gov-west-1", {"prefix": "eu-"}]}}));
    told(&json!({"detail": {"additionalEventData": {"MFAUsed": [false]}}}), "in quotes");
}

#[test]
fn sources_are_told_where_they_can_be_none() {
    let recorded = |source: &str| json!({"detail": {"eventSource": [source]}});
    told(&recorded("iam"), "did you mean `iam.amazonaws.com`?");
    told(&recorded("aws.iam"), "did you mean `iam.amazonaws.com`?");
    told(&recorded("IAM.amazonaws.com"), "did you mean `iam.amazonaws.com`?");
    told(&recorded("iam.amazonaw.com"), "did you mean `iam.amazonaws.com`?");
    told(&recorded("cloudtrial.amazonaws.com"), "did you mean `cloudtrail.amazonaws.com`?");
    for one in
        ["s3.amazonaws.com", "inspector.amazonaws.com", "ecs.amazonaws.com", "signin.amazonaws.cn"]
    {
        clean(&recorded(one));
    }
    told(&json!({"source": ["iam.amazonaws.com"]}), "did you mean `aws.iam`?");
    told(&json!({"source": ["iam"]}), "did you mean `aws.iam`?");
    told(&json!({"source": ["AWS.IAM"]}), "did you mean `aws.iam`?");
    told(&json!({"source": ["aws.guarduty"]}), "did you mean `aws.guardduty`?");
    for one in ["aws.ec2", "aws.partner/Shop.com/Orders", "com.example.orders", "orders", "aws.tag"]
    {
        clean(&json!({"source": [one]}));
    }
}

#[test]
fn calls_are_told_where_all_of_a_source_are_known() {
    let call = |source: &str, name: Value| json!({"detail": {"eventSource": [source], "eventName": [name]}});
    let iam = |name: Value| call("iam.amazonaws.com", name);
    told(&iam(json!("AttachRolePolicys")), "did you mean `AttachRolePolicy`?");
    told(&iam(json!("PutUserPolicies")), "did you mean `PutUserPolicy`?");
    told(&iam(json!("createUser")), "did you mean `CreateUser`?");
    told(&iam(json!("iam:CreateUser")), "did you mean `CreateUser`?");
    told(&iam(json!("Make a user")), "never");
    told(&iam(json!({"anything-but": ["CreateUser", "DeletUser"]})), "excepts nothing");
    told(&iam(json!({"prefix": "attach"})), "did you mean `Attach`?");
    told(&iam(json!({"equals-ignore-case": "creatuser"})), "did you mean `CreateUser`?");
    told(&json!({"source": ["aws.iam"], "detail": {"eventName": ["CreateUserr"]}}), "`CreateUser`");
    told(&json!({"detail": {"eventName": ["AttachRolePolicys"]}}), "`AttachRolePolicy`");
    told(&call("cloudtrail.amazonaws.com", json!("StopLoging")), "`StopLogging`");
    for name in ["GetUserPolicy", "ListRoles", "CreateUser", "MakeUser", "AttachPolicyToAgent"] {
        clean(&iam(json!(name)));
    }
    clean(&call("lambda.amazonaws.com", json!("UpdateFunctionConfiguration20150331v2")));
    clean(&call("s3.amazonaws.com", json!("PutBucketPolicys")));
    clean(
        &json!({"detail": {"eventName": ["CreateRule", "DeleteSshPublicKey", "SERVICE_STEADY_STATE"]}}),
    );
    let both = json!({"detail": {"eventSource": ["iam.amazonaws.com", "s3.amazonaws.com"], "eventName": ["PutUserPolicys"]}});
    clean(&both);
    clean(&iam(json!({"prefix": "Batch"})));
}

#[test]
fn keys_that_no_event_has_are_told() {
    told(&json!({"eventName": ["CreateUser"]}), "did you mean `detail.eventName`?");
    told(&json!({"detail_type": ["x"]}), "did you mean `detail-type`?");
    told(&json!({"detail": {"eventNames": ["CreateUser"]}}), "did you mean `detail.eventName`?");
    let iam = |detail: Value| json!({"source": ["aws.iam"], "detail": detail});
    told(&iam(json!({"sourceIP": ["10.0.0.1"]})), "did you mean `detail.sourceIPAddress`?");
    told(
        &iam(json!({"userIdentity": {"usrName": ["a"]}})),
        "did you mean `detail.userIdentity.userName`?",
    );
    told(
        &iam(json!({"userIdentity": {"mfaAuthenticated": ["true"]}})),
        "`detail.userIdentity.sessionContext.attributes.mfaAuthenticated`",
    );
    told(&iam(json!({"eventName": {"name": ["x"]}})), "plain value");
    told(
        &iam(json!({"requestParameters": {"UserName": ["a"]}})),
        "`detail.requestParameters.userName`",
    );
    told(
        &iam(json!({"requestParameters": {"policyARN": ["a"]}})),
        "`detail.requestParameters.policyArn`",
    );
    clean(&iam(
        json!({"userIdentity": {"sessionContext": {"webIdFederationData": {"attributes": {"aud": ["x"]}}}}}),
    ));
    clean(&iam(
        json!({"requestParameters": {"anything": ["a"]}, "errorCode": [{"exists": false}]}),
    ));
    clean(
        &json!({"source": ["aws.guardduty"], "detail": {"resource": {"resourceType": ["AccessKey"]}, "severity": [8]}}),
    );
    clean(&json!({"detail": {"resource": {"x": ["y"]}, "state": ["stopped"]}}));
}

#[test]
fn a_star_is_told_outside_of_wildcard() {
    told(&json!({"detail": {"eventName": ["Delete*"]}}), r#"write {"wildcard": "Delete*"}"#);
    told(&json!({"account": ["*"]}), "wildcard");
    told(&json!({"derived": {"principal": {"name": ["ci-*"]}}}), "wildcard");
    told(
        &json!({"detail": {"userIdentity": {"arn": [{"prefix": "arn:aws:iam::*:role/ci"}]}}}),
        "arn:aws:iam::*:role/ci*",
    );
    told(
        &json!({"detail": {"requestParameters": {"roleName": [{"anything-but": ["ci-*"]}]}}}),
        "excepts nothing",
    );
    told(&json!({"source": ["aws.s3"], "detail": {"bucket": {"name": ["prod-*"]}}}), "wildcard");
    clean(&json!({"detail": {"eventName": [{"wildcard": "Delete*"}]}}));
    clean(
        &json!({"detail": {"requestParameters": {"principal": ["*"], "domainName": ["*.example.com"]}}}),
    );
    clean(&json!({"detail": {"requestParameters": {"policyDocument": [{"suffix": "\"*\"}"}]}}}));
    clean(&json!({"source": ["aws.events"], "detail": {"schedule": ["cron(0 12 * * ? *)"]}}));
}

#[test]
fn what_only_the_site_knows_is_told() {
    told(&json!({"derived": {"environment": ["prod"]}}), "did you mean `production`?");
    told(&json!({"derived": {"outsideTime": ["nigth"]}}), "did you mean `night`?");
}

#[test]
fn a_test_of_a_rule_sets_what_an_event_can_have() {
    let pattern = json!({"source": ["aws.iam"], "detail": {"eventName": ["CreateUser"]}});
    let told = |set: Value, remove: &[&str]| -> Vec<String> {
        let set = serde_json::from_value(set).unwrap();
        let remove: Vec<String> = remove.iter().map(|path| (*path).to_owned()).collect();
        let found = doubts_of_test(&[&pattern], &set, &remove);
        found.into_iter().map(|one| format!("{}: {}", one.path, one.message)).collect()
    };
    for (set, want) in [
        (json!({"account": 111122223333_u64}), "set.account: `account` is the number"),
        (
            json!({"detail.eventName": "CreateUserr"}),
            "set.detail.eventName: `detail.eventName` is never",
        ),
        (json!({"detail.eventNam": "CreateUser"}), "set.detail.eventNam: no record"),
        (json!({"derived.environment": "prod"}), "does nothing"),
        (json!({"detail.userIdentity": {"type": "AssumeRole"}}), "set.detail.userIdentity.type"),
        (json!({"detail.userIdentity.sessionContext.attributes.mfaAuthenticated": true}), "never"),
    ] {
        let found = told(set.clone(), &[]);
        assert!(found.len() == 1 && found[0].contains(want), "{set}: {found:?}");
    }
    assert_eq!(
        told(json!({}), &["detail.errorCod"]),
        ["remove[0]: no record of CloudTrail has `detail.errorCod`"]
    );
    let fine = json!({"detail.userIdentity": null, "detail.requestParameters.tags.0.key": "x", "region": "eu-west-1"});
    assert_eq!(told(fine, &["detail.errorCode", "derived"]), [""; 0]);
}
