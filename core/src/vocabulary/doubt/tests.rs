//! What is doubted in patterns, and what is not, by field.

use serde_json::{Value, json};

use super::asked::{doubts, doubts_of_test};
use crate::vocabulary::question::{SiteNames, Vain};

fn found(pattern: &Value) -> Vec<String> {
    let names = SiteNames { environments: vec!["production"], calendars: vec!["night"] };
    let one = |vain: Vain| {
        let help = vain.help.map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}: {}{help}", vain.path, vain.message)
    };
    doubts(pattern, Some(&names)).into_iter().map(one).collect()
}

/// The one doubt about a pattern.
#[track_caller]
fn doubted(pattern: &Value, want: &str) {
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
    doubted(&json!({"account": [444455556666_u64]}), "write \"444455556666\"");
    doubted(&json!({"account": [{"anything-but": [44455556666_u64]}]}), "write \"044455556666\"");
    doubted(&json!({"account": [{"anything-but": 444455556666_u64}]}), "excepts nothing");
    doubted(&json!({"account": ["4444-5555-6666"]}), "twelve digits");
    doubted(&json!({"detail": {"recipientAccountId": ["shop"]}}), "twelve digits");
    doubted(&json!({"detail": {"userIdentity": {"accountId": ["11112222333"]}}}), "twelve digits");
    doubted(
        &json!({"$or": [{"account": [{"prefix": "x"}]}, {"region": ["eu-west-1"]}]}),
        "$or[0].account[0]",
    );
    let parameter = json!({"detail": {"requestParameters": {"accountIds": [111122223333_u64]}}});
    doubted(&parameter, "is the number 111122223333");
    clean(
        &json!({"account": ["111122223333", {"prefix": "1111"}, {"wildcard": "1111*"}, {"exists": true}]}),
    );
    clean(
        &json!({"detail": {"userIdentity": {"accountId": ["ANONYMOUS_PRINCIPAL", {"anything-but": "111122223333"}]}}}),
    );
    clean(&json!({"detail": {"requestParameters": {"accountAlias": ["shop"]}}}));
}

#[test]
fn a_word_near_a_word_of_records_is_doubted() {
    let kind = |word: &str| json!({"detail": {"userIdentity": {"type": [word]}}});
    doubted(&kind("AssumeRole"), "did you mean `AssumedRole`?");
    doubted(&kind("iamuser"), "did you mean `IAMUser`?");
    doubted(&kind("User"), "did you mean `IAMUser`?");
    clean(&kind("AWSAgent"));
    doubted(
        &json!({"detail-type": ["AWS API call via CloudTrail"]}),
        "AWS API Call via CloudTrail",
    );
    doubted(
        &json!({"detail": {"readOnly": ["false"], "eventSource": ["iam.amazonaws.com"]}}),
        "without quotes",
    );
    let mfa = |value: Value| json!({"detail": {"userIdentity": {"sessionContext": {"attributes": {"mfaAuthenticated": [value]}}}}});
    doubted(&mfa(json!(true)), "in quotes");
    clean(&mfa(json!("true")));
    doubted(&json!({"region": ["us-east-1a"]}), "write it like `us-east-1`");
    doubted(&json!({"region": ["Frankfurt"]}), "Region");
    clean(&json!({"detail": {"awsRegion": ["us-gov-west-1", {"prefix": "eu-"}]}}));
    doubted(&json!({"detail": {"additionalEventData": {"MFAUsed": [false]}}}), "in quotes");
}

#[test]
fn what_cannot_be_a_source_is_doubted() {
    let recorded = |source: &str| json!({"detail": {"eventSource": [source]}});
    doubted(&recorded("iam"), "did you mean `iam.amazonaws.com`?");
    doubted(&recorded("aws.iam"), "did you mean `iam.amazonaws.com`?");
    doubted(&recorded("IAM.amazonaws.com"), "did you mean `iam.amazonaws.com`?");
    doubted(&recorded("iam.amazonaw.com"), "did you mean `iam.amazonaws.com`?");
    doubted(&recorded("cloudtrial.amazonaws.com"), "did you mean `cloudtrail.amazonaws.com`?");
    for one in
        ["s3.amazonaws.com", "inspector.amazonaws.com", "ecs.amazonaws.com", "signin.amazonaws.cn"]
    {
        clean(&recorded(one));
    }
    doubted(&json!({"source": ["iam.amazonaws.com"]}), "did you mean `aws.iam`?");
    doubted(&json!({"source": ["iam"]}), "did you mean `aws.iam`?");
    doubted(&json!({"source": ["AWS.IAM"]}), "did you mean `aws.iam`?");
    doubted(&json!({"source": ["aws.guarduty"]}), "did you mean `aws.guardduty`?");
    for one in ["aws.ec2", "aws.partner/Shop.com/Orders", "com.example.orders", "orders", "aws.tag"]
    {
        clean(&json!({"source": [one]}));
    }
}

#[test]
fn an_unknown_call_is_doubted_where_all_calls_of_its_source_are_known() {
    let call = |source: &str, name: Value| json!({"detail": {"eventSource": [source], "eventName": [name]}});
    let iam = |name: Value| call("iam.amazonaws.com", name);
    doubted(&iam(json!("AttachRolePolicys")), "did you mean `AttachRolePolicy`?");
    doubted(&iam(json!("PutUserPolicies")), "did you mean `PutUserPolicy`?");
    doubted(&iam(json!("createUser")), "did you mean `CreateUser`?");
    doubted(&iam(json!("iam:CreateUser")), "did you mean `CreateUser`?");
    doubted(&iam(json!("Make a user")), "never");
    doubted(&iam(json!({"anything-but": ["CreateUser", "DeletUser"]})), "excepts nothing");
    doubted(&iam(json!({"prefix": "attach"})), "did you mean `Attach`?");
    doubted(&iam(json!({"equals-ignore-case": "creatuser"})), "did you mean `CreateUser`?");
    doubted(
        &json!({"source": ["aws.iam"], "detail": {"eventName": ["CreateUserr"]}}),
        "`CreateUser`",
    );
    doubted(&json!({"detail": {"eventName": ["AttachRolePolicys"]}}), "`AttachRolePolicy`");
    doubted(&call("cloudtrail.amazonaws.com", json!("StopLoging")), "`StopLogging`");
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
fn calls_of_others_and_parts_that_fit_none_are_doubted() {
    let call = |source: &str, name: Value| json!({"detail": {"eventSource": [source], "eventName": [name]}});
    let iam = |name: Value| call("iam.amazonaws.com", name);
    doubted(&iam(json!("RunInstances")), "it is a call of `ec2.amazonaws.com`");
    doubted(&iam(json!("AssumeRole")), "it is a call of `sts.amazonaws.com`");
    doubted(&iam(json!("ListBuckets")), "never `ListBuckets`");
    doubted(&call("cloudtrail.amazonaws.com", json!("CreateUser")), "it is a call of `iam.");
    doubted(&iam(json!({"prefix": "Atach"})), "did you mean `Attach`?");
    doubted(&iam(json!({"suffix": "Polcy"})), "did you mean `Policy`?");
    doubted(&iam(json!({"suffix": "policy"})), "did you mean `Policy`?");
    doubted(&iam(json!({"wildcard": "Attach*Polcy"})), "did you mean `Attach*Policy`?");
    doubted(&iam(json!({"wildcard": "Atach*"})), "did you mean `Attach*`?");
    doubted(&iam(json!({"anything-but": {"prefix": "Lisst"}})), "excepts nothing");
    for name in [
        json!({"prefix": "Attach"}),
        json!({"suffix": "Policy"}),
        json!({"suffix": "Agent"}),
        json!({"wildcard": "Attach*Policy"}),
        json!({"wildcard": "*Agent*"}),
        json!({"prefix": {"equals-ignore-case": "attach"}}),
    ] {
        clean(&iam(name));
    }
    // Of these not all calls are known, or their records bear the names of other events too.
    clean(&call("s3.amazonaws.com", json!("CreateUser")));
    clean(&call("ec2.amazonaws.com", json!({"prefix": "Atach"})));
    clean(&call("kms.amazonaws.com", json!("RotateKey")));
    clean(&call("lambda.amazonaws.com", json!({"prefix": "CreateFunction2"})));
}

#[test]
fn a_source_goes_with_the_source_of_the_record() {
    let both = |source: Value, recorded: Value| json!({"source": source, "detail": {"eventSource": recorded}});
    doubted(&both(json!(["aws.imm"]), json!(["iam.amazonaws.com"])), "did you mean `aws.iam`?");
    doubted(&both(json!(["aws.sts"]), json!(["iam.amazonaws.com"])), "source[0]");
    doubted(&both(json!(["aws.iam", "aws.sts"]), json!(["iam.amazonaws.com"])), "source[1]");
    for (source, recorded) in [
        ("aws.iam", "iam.amazonaws.com"),
        ("aws.signin", "signin.amazonaws.com"),
        ("aws.sso", "sso-directory.amazonaws.com"),
        ("aws.sso-directory", "identitystore.amazonaws.com"),
        ("aws.macie", "macie2.amazonaws.com"),
        ("aws.tag", "tagging.amazonaws.com"),
        ("aws.s3", "s3express.amazonaws.com"),
        ("aws.imagebuilder", "iam.amazonaws.com"),
        ("com.example.iam", "iam.amazonaws.com"),
    ] {
        clean(&both(json!([source]), json!([recorded])));
    }
    clean(&both(json!(["aws.iam", "aws.sts"]), json!(["iam.amazonaws.com", "sts.amazonaws.com"])));
    clean(&both(json!(["aws.sts"]), json!([{"anything-but": "iam.amazonaws.com"}])));
    let branch = json!({"detail": {"eventSource": ["iam.amazonaws.com"]}, "source": ["aws.iam"]});
    clean(&json!({"$or": [{"source": ["aws.sts"]}, branch]}));
}

#[test]
fn forms_of_regions_and_empty_words() {
    let region = |text: &str| json!({"detail": {"awsRegion": [text]}});
    for text in ["us-east1", "useast-1", "us-east-", "europe-west", ""] {
        doubted(&region(text), "`detail.awsRegion` is never");
    }
    for text in ["us-east-1", "us-isob-east-1", "eusc-de-east-1", "aws-global", "ap-southeast-5"] {
        clean(&region(text));
    }
    doubted(&json!({"detail": {"userIdentity": {"type": [""]}}}), "never empty");
    doubted(&json!({"detail": {"eventName": [{"anything-but": ""}]}}), "excepts nothing");
    doubted(&json!({"detail-type": [{"equals-ignore-case": ""}]}), "never empty");
    clean(&json!({"detail": {"errorMessage": [""], "userIdentity": {"type": [{"prefix": ""}]}}}));
}

#[test]
fn keys_that_no_event_has_are_doubted() {
    doubted(&json!({"eventName": ["CreateUser"]}), "did you mean `detail.eventName`?");
    doubted(&json!({"detail_type": ["x"]}), "did you mean `detail-type`?");
    doubted(&json!({"detail": {"eventNames": ["CreateUser"]}}), "did you mean `detail.eventName`?");
    let iam = |detail: Value| json!({"source": ["aws.iam"], "detail": detail});
    doubted(&iam(json!({"sourceIP": ["10.0.0.1"]})), "did you mean `detail.sourceIPAddress`?");
    doubted(
        &iam(json!({"userIdentity": {"usrName": ["a"]}})),
        "did you mean `detail.userIdentity.userName`?",
    );
    doubted(
        &iam(json!({"userIdentity": {"mfaAuthenticated": ["true"]}})),
        "`detail.userIdentity.sessionContext.attributes.mfaAuthenticated`",
    );
    doubted(&iam(json!({"eventName": {"name": ["x"]}})), "plain value");
    doubted(
        &iam(json!({"requestParameters": {"UserName": ["a"]}})),
        "`detail.requestParameters.userName`",
    );
    doubted(
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
fn a_star_outside_of_wildcard_is_doubted() {
    doubted(&json!({"detail": {"eventName": ["Delete*"]}}), r#"write {"wildcard": "Delete*"}"#);
    doubted(&json!({"account": ["*"]}), "wildcard");
    doubted(&json!({"derived": {"principal": {"name": ["ci-*"]}}}), "wildcard");
    doubted(
        &json!({"detail": {"userIdentity": {"arn": [{"prefix": "arn:aws:iam::*:role/ci"}]}}}),
        "arn:aws:iam::*:role/ci*",
    );
    doubted(
        &json!({"detail": {"requestParameters": {"roleName": [{"anything-but": ["ci-*"]}]}}}),
        "excepts nothing",
    );
    doubted(&json!({"source": ["aws.s3"], "detail": {"bucket": {"name": ["prod-*"]}}}), "wildcard");
    clean(&json!({"detail": {"eventName": [{"wildcard": "Delete*"}]}}));
    clean(
        &json!({"detail": {"requestParameters": {"principal": ["*"], "domainName": ["*.example.com"]}}}),
    );
    clean(&json!({"detail": {"requestParameters": {"policyDocument": [{"suffix": "\"*\"}"}]}}}));
    clean(&json!({"source": ["aws.events"], "detail": {"schedule": ["cron(0 12 * * ? *)"]}}));
}

#[test]
fn an_unknown_name_of_the_site_is_doubted() {
    doubted(&json!({"derived": {"environment": ["prod"]}}), "did you mean `production`?");
    doubted(&json!({"derived": {"outsideTime": ["nigth"]}}), "did you mean `night`?");
}

#[test]
fn a_test_of_a_rule_sets_what_an_event_can_have() {
    let pattern = json!({"source": ["aws.iam"], "detail": {"eventName": ["CreateUser"]}});
    let doubts = |set: Value, remove: &[&str]| -> Vec<String> {
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
        let found = doubts(set.clone(), &[]);
        assert!(found.len() == 1 && found[0].contains(want), "{set}: {found:?}");
    }
    assert_eq!(
        doubts(json!({}), &["detail.errorCod"]),
        ["remove[0]: no record of CloudTrail has `detail.errorCod`"]
    );
    // A near miss may be of another service.
    assert_eq!(
        doubts(json!({"source": "aws.sts", "detail.eventName": "AssumeRole"}), &[]),
        [""; 0]
    );
    let fine = json!({"detail.userIdentity": null, "detail.requestParameters.tags.0.key": "x", "region": "eu-west-1"});
    assert_eq!(doubts(fine, &["detail.errorCode", "derived"]), [""; 0]);
}
