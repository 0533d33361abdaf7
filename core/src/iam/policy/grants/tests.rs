//! What documents grant, word by word.

use super::*;

mod roles;
mod services;

fn grants(document: &str) -> Grants {
    Grants::of(&PolicyDocument::parse(document).unwrap(), Some("111122223333"))
}

fn statement(text: &str) -> Grants {
    grants(&format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#))
}

#[track_caller]
fn check(text: &str, has: &[&str], lacks: &[&str]) {
    let grants = statement(text);
    for word in has {
        assert!(grants.all.contains(*word), "{word} missing: {:?}", grants.all);
    }
    for word in lacks {
        assert!(!grants.all.contains(*word), "{word} too much: {:?}", grants.all);
    }
}

#[test]
fn administrator_in_all_disguises() {
    for text in [
        r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"*:*","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":["IAM:*"],"Resource":["*"]}"#,
        r#"{"Effect":"Allow","Action":"iam*","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"i?m:*","Resource":"arn:aws:iam::*:*"}"#,
        r#"{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}"#,
        r#"{"Effect":"Allow","NotAction":["aws-portal:*"],"NotResource":"arn:aws:s3:::x"}"#,
        r#"{"Effect":"allow","action":"*","resource":"*"}"#,
    ] {
        check(text, &["admin", "iam-write", "pass-role-any", "escalation"], &[]);
    }
}

#[test]
fn what_is_not_administrator() {
    check(
        r#"{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}"#,
        &["data-all", "assume-any", "privesc:update-lambda-code"],
        &["admin", "iam-write", "pass-role-any"],
    );
    check(
        r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#,
        &["data-all"],
        &["admin", "iam-write"],
    );
    check(
        r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::1:user/x"}"#,
        &["admin"],
        &[],
    );
    check(
        r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::bucket/*"}"#,
        &[],
        &["admin", "data-all"],
    );
    check(
        r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#,
        &[],
        &["admin", "escalation", "data-all"],
    );
    check(
        r#"{"Effect":"Allow","Action":["iam:Get*","iam:List*"],"Resource":"*"}"#,
        &[],
        &["admin", "iam-write", "escalation"],
    );
}

#[test]
fn a_deny_that_denies_nothing_real_hides_nothing() {
    let all = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    for deny in [
        r#"{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::999999999999:*"}"#,
        r#"{"Effect":"Deny","Action":"*","Resource":"arn:*zz-probe*"}"#,
        r#"{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::*:*/z*"}"#,
        r#"{"Effect":"Deny","Action":"iam:UpdateAssumeRolePolicy","Resource":"*"}"#,
        r#"{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::audit/*"}"#,
    ] {
        check(&format!("{all},{deny}"), &["admin", "iam-write", "privesc:update-lambda-code"], &[]);
    }
    check(r#"{"Effect":"Allow","Action":"*","NotResource":"arn:aws:*:*:*:*zz*"}"#, &["admin"], &[]);
    let junk = vec!["{}"; 2_001].join(",");
    check(&format!("{junk},{all}"), &["admin"], &[]);
    check(
        r#"{"Effect":"Allow","Action":"iam:*","Resource":"*"},{"Effect":"Deny","Action":"iam:*","NotResource":"arn:aws:iam::*:role/app/*"}"#,
        &["privesc:put-role-policy"],
        &[],
    );
}

#[test]
fn a_narrow_star_is_no_escalation() {
    check(
        r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::app/*"}"#,
        &[],
        &["escalation", "data-all"],
    );
    check(
        r#"{"Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"arn:aws:s3:::b/*"}"#,
        &[],
        &["escalation"],
    );
    check(
        r#"{"Effect":"Allow","Action":["ssm:SendCommand","s3:GetObject"],"Resource":"arn:aws:s3:::b/*"}"#,
        &[],
        &["escalation"],
    );
    check(r#"{"Effect":"Allow","Action":"*","NotResource":"*"}"#, &[], &["escalation", "admin"]);
    check(
        r#"{"Effect":"Allow","Action":"iam:CreatePolicy","Resource":"*"}"#,
        &[],
        &["iam-write", "escalation"],
    );
}

#[test]
fn administrator_by_exception_and_in_every_partition() {
    for text in [
        r#"{"Effect":"Allow","NotAction":"iam:UpdateAssumeRolePolicy","Resource":"*"}"#,
        r#"{"Effect":"Allow","NotAction":["iam:Put*"],"Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws-cn:iam::*"}"#,
        r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws-us-gov:*"}"#,
        r#"{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::1111*:*"}"#,
    ] {
        check(text, &["admin"], &[]);
    }
    let passed = r#"{"Effect":"Allow","Action":["iam:PassRole","ec2:RunInstances"],"Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}}"#;
    check(passed, &["pass-role-any"], &["privesc:pass-role-ec2"]);
}

#[test]
fn conditions_are_distinguished() {
    let guarded = statement(
        r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#,
    );
    assert!(guarded.all.contains("admin") && !guarded.unconditional.contains("admin"));
    let denied_unless = statement(
        r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}"#,
    );
    assert!(denied_unless.all.contains("admin") && !denied_unless.unconditional.contains("admin"));
    for vacuous in [
        r#"{"StringLike":{"aws:PrincipalArn":"*"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#,
        r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
        r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:*"}}"#,
    ] {
        let open = statement(&format!(
            r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{vacuous}}}"#
        ));
        assert!(open.unconditional.contains("admin"), "{vacuous}");
    }
}

#[test]
fn roles_passed_and_assumed() {
    check(
        r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}"#,
        &["pass-role-any"],
        &["admin", "iam-write"],
    );
    check(
        r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/*"}"#,
        &["pass-role-any"],
        &[],
    );
    check(
        r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/app/*"}"#,
        &[],
        &["pass-role-any", "escalation"],
    );
    check(
        r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/*"}"#,
        &["assume-any"],
        &[],
    );
    check(
        r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111122223333:role/deploy"}"#,
        &[],
        &["assume-any", "escalation"],
    );
}

#[test]
fn credentials_of_others_are_not_ones_own() {
    check(
        r#"{"Effect":"Allow","Action":"iam:CreateAccessKey","Resource":"*"}"#,
        &["credentials-any", "privesc:create-access-key"],
        &[],
    );
    check(
        r#"{"Effect":"Allow","Action":"iam:*AccessKey*","Resource":"arn:aws:iam::*:user/${aws:username}"}"#,
        &[],
        &["credentials-any", "escalation"],
    );
}

#[test]
fn methods_need_all_their_steps() {
    let pass = r#"{"Effect":"Allow","Action":["iam:PassRole","lambda:CreateFunction","lambda:InvokeFunction"],"Resource":"*"}"#;
    check(
        pass,
        &["privesc:pass-role-lambda-invoke", "escalation"],
        &["privesc:pass-role-ec2", "iam-write"],
    );
    let without = r#"{"Effect":"Allow","Action":["lambda:CreateFunction","lambda:InvokeFunction"],"Resource":"*"}"#;
    check(without, &[], &["privesc:pass-role-lambda-invoke"]);
    check(
        r#"{"Effect":"Allow","Action":"iam:PutUserPolicy","Resource":"arn:aws:iam::*:user/${aws:username}"}"#,
        &["privesc:put-user-policy", "escalation"],
        &["iam-write"],
    );
}

#[test]
fn data_of_main_services() {
    check(
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*"}"#,
        &["data-all", "data:s3"],
        &["escalation"],
    );
    check(
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}"#,
        &[],
        &["data-all"],
    );
    check(
        r#"{"Effect":"Allow","Action":"secretsmanager:Get*","Resource":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:*"}"#,
        &["data:secretsmanager"],
        &[],
    );
    check(
        r#"{"Effect":"Allow","Action":"dynamodb:Scan","Resource":"arn:aws:dynamodb:eu-west-1:111122223333:table/orders"}"#,
        &[],
        &["data-all"],
    );
}

/// Checks one action on one resource.
#[track_caller]
fn check_one(action: &str, resource: &str, has: &[&str], lacks: &[&str]) {
    let text = format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":{resource}}}"#);
    check(&text, has, lacks);
}

#[test]
fn a_variable_before_the_fifth_colon_is_what_it_may_be() {
    for account in ["${aws:PrincipalAccount}", "${aws:ResourceAccount}", "${aws:SourceAccount}"] {
        check_one("iam:*", &format!(r#""arn:aws:iam::{account}:*""#), &["admin"], &[]);
        check_one(
            "sts:AssumeRole",
            &format!(r#"["arn:aws:iam::{account}:role/*"]"#),
            &["assume-any"],
            &[],
        );
        let narrow = format!(r#""arn:aws:iam::{account}:role/team-*""#);
        check_one("iam:PassRole", &narrow, &[], &["pass-role-any", "escalation"]);
    }
    let partition = r#""arn:${aws:x}:iam::${aws:y}:user/*""#;
    check_one("iam:CreateAccessKey", partition, &["credentials-any"], &[]);
    let region = r#""arn:aws:kms:${aws:RequestedRegion}:${aws:PrincipalAccount}:key/*""#;
    check_one("kms:Decrypt", region, &["data:kms"], &[]);
    let whole = r#""${aws:PrincipalTag/scope}""#;
    check_one("iam:*", whole, &["admin"], &[]);
}

#[test]
fn a_variable_in_a_denial_denies_nothing_and_in_its_exception_spares_all() {
    let all = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    for deny in [
        r#""Resource":"arn:aws:iam::${aws:PrincipalAccount}:*""#,
        r#""Resource":["arn:aws:iam::*:*${aws:PrincipalTag/none, ''}"]"#,
        r#""NotResource":"arn:aws:iam::${aws:PrincipalAccount}:*""#,
        r#""NotResource":"arn:aws:iam::*:${aws:PrincipalTag/all}""#,
        r#""Resource":"arn:aws:iam::*:user/${aws:username}""#,
    ] {
        let deny = format!(r#"{{"Effect":"Deny","Action":"iam:*",{deny}}}"#);
        check(&format!("{all},{deny}"), &["admin", "pass-role-any"], &[]);
    }
    let but_oneself =
        r#"{"Effect":"Deny","Action":"iam:*","NotResource":"arn:aws:iam::*:user/${aws:username}"}"#;
    check(
        &format!("{all},{but_oneself}"),
        &["privesc:put-user-policy"],
        &["admin", "iam-write", "credentials-any", "privesc:create-access-key"],
    );
    check(
        r#"{"Effect":"Allow","Action":"iam:*","NotResource":"arn:aws:iam::${aws:PrincipalAccount}:*"}"#,
        &["admin"],
        &[],
    );
}

#[test]
fn only_the_whole_name_is_the_callers_own() {
    for own in ["user/${aws:username}", "user/*/${aws:username}", "user/${ AWS:UserId }"] {
        let resource = format!(r#""arn:aws:iam::*:{own}""#);
        check_one("iam:CreateAccessKey", &resource, &[], &["escalation", "credentials-any"]);
    }
    for others in [
        "user/x-${aws:username}",
        "user/${aws:username}/bob",
        "user/${aws:username}*",
        "user/${aws:username, 'bob'}",
        "user/${aws:SourceIdentity}",
    ] {
        let resource = format!(r#""arn:aws:iam::*:{others}""#);
        check_one("iam:CreateAccessKey", &resource, &["privesc:create-access-key"], &[]);
    }
}

#[test]
fn rights_cut_into_pieces_are_the_whole() {
    let letters = || (b'a'..=b'z').chain(b'A'..=b'Z').map(char::from);
    let list = |pieces: Vec<String>| serde_json::to_string(&pieces).unwrap();
    let pieces = [
        list(letters().map(|c| format!("arn:aws:iam::*:role/{c}*")).collect()),
        list(letters().take(26).map(|c| format!("arn:aws:iam::*:role/{c}*")).collect()),
        list(letters().map(|c| format!("arn:aws:iam::*:role/*{c}")).collect()),
        list((1..65).map(|n| format!("arn:aws:iam::*:role/{}", "?".repeat(n))).collect()),
        list("aeiou".chars().map(|c| format!("arn:aws:iam::*:role/*{c}*")).collect()),
        list(vec!["arn:aws:iam::*:role/*/*".to_owned()]),
        r#""*:role/*""#.to_owned(),
        r#""arn:aws:iam::*role/*""#.to_owned(),
        r#""arn:aws:iam::*:r??e/*""#.to_owned(),
        r#""arn:aws:iam::??????????*:role/???*""#.to_owned(),
    ];
    for pieces in pieces {
        check_one("sts:AssumeRole", &pieces, &["assume-any"], &[]);
        // The names that a deny spares, in pieces, are spared.
        let all = r#"{"Effect":"Allow","Action":"sts:*","Resource":"*"}"#;
        let deny = format!(r#"{{"Effect":"Deny","Action":"sts:*","NotResource":{pieces}}}"#);
        check(&format!("{all},{deny}"), &["assume-any"], &[]);
    }
    let statements: Vec<String> = letters()
        .map(|c| format!(r#"{{"Effect":"Allow","Action":"iam:Pass*","Resource":"*:role/{c}*"}}"#))
        .collect();
    check(&statements.join(","), &["pass-role-any"], &[]);
    for few in ["ab", "xyz", "QRS"] {
        let few = few.chars().map(|c| format!("arn:aws:iam::*:role/{c}*")).collect();
        check_one("sts:AssumeRole", &list(few), &[], &["assume-any", "escalation"]);
    }
}

#[test]
fn a_denial_that_leaves_names_enough_leaves_any() {
    let all = r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}"#;
    let denied = |names: &[&str]| {
        let list: Vec<String> =
            names.iter().map(|name| format!("arn:aws:iam::*:role/{name}")).collect();
        let list = serde_json::to_string(&list).unwrap();
        format!(r#"{all},{{"Effect":"Deny","Action":"*","Resource":{list}}}"#)
    };
    check(&denied(&["Admin*", "a*", "*-prod", "?"]), &["assume-any"], &[]);
    check(&denied(&["??*", "?"]), &[], &["assume-any"]);
    let others = r#"{"Effect":"Deny","Action":"*","Resource":"arn:aws:iam::111122223333:role/*"}"#;
    // Roles of other accounts that trust this one are left.
    check(&format!("{all},{others}"), &["assume-any"], &[]);
}

#[test]
fn another_accounts_resources_are_not_ones_own() {
    check_one("iam:*", r#""arn:aws:iam::999988887777:*""#, &[], &["admin", "iam-write"]);
    check(
        r#"{"Effect":"Allow","Action":"iam:CreateAccessKey","NotResource":"arn:aws:iam::999988887777:*"}"#,
        &["credentials-any", "privesc:create-access-key"],
        &[],
    );
    let document = r#"{"Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::999988887777:*"}]}"#;
    let anywhere = Grants::of(&PolicyDocument::parse(document).unwrap(), None);
    assert!(anywhere.all.contains("admin"));
}

#[test]
fn most_of_iam_is_administration() {
    let names = "Add*,Attach*,Create*,Delete*,Detach*,Put*,Remove*,Tag*,Update*".split(',');
    let actions: Vec<String> = names.map(|name| format!("iam:{name}")).collect();
    let actions = serde_json::to_string(&actions).unwrap();
    let text = format!(
        r#"{{"Effect":"Allow","Action":{actions},"Resource":"*"}},{{"Effect":"Deny","Action":"iam:CreatePolicyVersion","Resource":"*"}}"#
    );
    check(&text, &["admin"], &[]);
    check_one("iam:AddUserToGroup", r#""*""#, &["iam-write"], &["admin"]);
    check_one("iam:ResetServiceSpecificCredential", r#""*""#, &["credentials-any"], &["admin"]);
}

#[test]
fn what_is_too_much_to_judge_counts_as_everything() {
    let patterns: Vec<String> = (0..20_000).map(|n| format!("*a*{n}*b*{n}")).collect();
    let patterns = serde_json::to_string(&patterns).unwrap();
    check_one("iam:GetUser", r#""*""#, &[], &["too-long"]);
    check_one("iam:*", &patterns, &["too-long", "admin", "assume-any", "escalation"], &[]);
    let regions: Vec<String> =
        (0..100).map(|n| format!("arn:aws:lambda:r-{n}:*:function:*")).collect();
    let regions = serde_json::to_string(&regions).unwrap();
    check_one("lambda:*", &regions, &["too-long", "admin"], &[]);
    // Long, but plain.
    let buckets: Vec<String> = (0..1_000).map(|n| format!("arn:aws:s3:::bucket-{n}/*")).collect();
    let buckets = serde_json::to_string(&buckets).unwrap();
    check_one("s3:*", &buckets, &[], &["too-long", "data:s3", "escalation"]);
}

#[test]
fn ids_that_aws_makes_are_any_by_their_beginning() {
    for (action, resource, word) in [
        ("ssm:StartSession", "arn:aws:ec2:*:*:instance/i-*", "privesc:ssm-start-session"),
        ("kms:Decrypt", "arn:aws:kms:*:*:key/*-*-*-*-*", "data:kms"),
        ("kms:Decrypt", "arn:aws:kms:*:*:key/????????-*", "data:kms"),
        ("ebs:GetSnapshotBlock", "arn:aws:ec2:*::snapshot/snap-*", "data:ebs"),
        ("rds-db:connect", "arn:aws:rds-db:*:*:dbuser:cluster-*/*", "data:rds"),
        (
            "secretsmanager:Get*",
            "arn:aws:secretsmanager:*:*:secret:*-??????",
            "data:secretsmanager",
        ),
    ] {
        check_one(action, &format!(r#""{resource}""#), &[word], &[]);
    }
    for (action, resource) in [
        ("ssm:StartSession", "arn:aws:ec2:*:*:instance/i-0abc*"),
        ("kms:Decrypt", "arn:aws:kms:*:*:key/1234*"),
        ("ssm:GetParameterHistory", "arn:aws:ssm:*:*:parameter/app/*"),
    ] {
        check_one(action, &format!(r#""{resource}""#), &[], &["escalation", "data-all"]);
    }
}

#[test]
fn all_but_nothing_is_all() {
    check(r#"{"Effect":"Allow","NotAction":[],"NotResource":[]}"#, &["admin"], &[]);
    check(
        r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","NotAction":[],"Resource":"*"}"#,
        &["admin"],
        &[],
    );
    check(r#"{"Effect":"Allow","Action":[],"Resource":"*"}"#, &[], &["escalation"]);
}

#[test]
fn ways_to_more_rights_without_handing_a_role_on() {
    for (actions, method) in [
        (r#"["states:Update*","states:Start*"]"#, "privesc:update-state-machine"),
        (r#""ssm:CreateAssociation""#, "privesc:ssm-send-command"),
        (r#""elasticmapreduce:AddJobFlowSteps""#, "privesc:emr-steps"),
        (r#""identitystore:*""#, "privesc:identity-store-membership"),
        (r#""rolesanywhere:*""#, "privesc:roles-anywhere-trust-anchor"),
        (
            r#"["iam:DeleteSAMLProvider","iam:CreateSAMLProvider"]"#,
            "privesc:recreate-saml-provider",
        ),
    ] {
        let text = format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":"*"}}"#);
        check(&text, &[method, "escalation"], &["admin", "pass-role-any"]);
    }
    check_one(
        "states:*",
        r#""arn:aws:states:eu-west-1:111122223333:stateMachine:orders""#,
        &[],
        &["escalation"],
    );
    check_one(
        "states:*",
        r#""arn:aws:states:eu-west-1:111122223333:stateMachine:*""#,
        &["privesc:update-state-machine"],
        &[],
    );
}

#[test]
fn a_role_handed_to_a_service_needs_the_name_that_the_service_goes_by() {
    for (service, actions, method) in [
        ("ecs-tasks", r#"["batch:*"]"#, "privesc:pass-role-batch"),
        ("ec2", r#"["elasticmapreduce:RunJobFlow"]"#, "privesc:pass-role-emr"),
        ("cognito-identity", r#"["cognito-identity:Set*"]"#, "privesc:pass-role-identity-pool"),
        ("credentials.iot", r#"["iot:CreateRoleAlias"]"#, "privesc:pass-role-alias"),
        ("rolesanywhere", r#"["rolesanywhere:UpdateProfile"]"#, "privesc:pass-role-roles-anywhere"),
        ("pods.eks", r#"["eks:*PodIdentity*"]"#, "privesc:pass-role-pod"),
        ("ssm", r#"["ssm:CreateActivation"]"#, "privesc:pass-role-activation"),
        ("ecs-tasks", r#"["ecs:RunTask"]"#, "privesc:pass-role-ecs-override"),
    ] {
        let with = |service: &str| {
            format!(
                r#"{{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{{"StringEquals":{{"iam:PassedToService":"{service}.amazonaws.com"}}}}}},
                   {{"Effect":"Allow","Action":{actions},"Resource":"*"}}"#
            )
        };
        check(&with(service), &[method, "escalation"], &["admin"]);
        check(&with("backup"), &[], &[method]);
    }
}

#[test]
fn ways_over_accounts_and_people_need_no_role() {
    for (actions, method) in [
        (r#""cloudformation:*StackSet*""#, "privesc:stack-set-updated"),
        (
            r#"["cloudformation:CreateStackSet","cloudformation:CreateStackInstances"]"#,
            "privesc:stack-set-created",
        ),
        (r#""organizations:RegisterDelegatedAdministrator""#, "privesc:delegated-administrator"),
        (r#""sso-directory:AddMemberToGroup""#, "privesc:identity-store-membership"),
        (r#""sso-directory:CreateBearerToken""#, "privesc:identity-center-provisioning"),
        (r#""codebuild:UpdateProject""#, "privesc:codebuild-update-project"),
    ] {
        let text = format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":"*"}}"#);
        check(&text, &[method, "escalation"], &["admin", "pass-role-any"]);
    }
    for (service, is_way) in [("sso", true), ("inspector2", false)] {
        let text = format!(
            r#"{{"Effect":"Allow","Action":"organizations:RegisterDelegatedAdministrator","Resource":"*","Condition":{{"StringEquals":{{"organizations:ServicePrincipal":"{service}.amazonaws.com"}}}}}}"#
        );
        let word = &["privesc:delegated-administrator"][..];
        check(&text, if is_way { word } else { &[] }, if is_way { &[] } else { word });
    }
    let reading = r#"{"Effect":"Allow","Action":["sso-directory:Search*","organizations:List*","cloudformation:ListStackSets"],"Resource":"*"}"#;
    check(reading, &[], &["escalation"]);
}

#[test]
fn what_people_write_every_day_opens_nothing() {
    for text in [
        // One's own credentials, with a second factor.
        r#"{"Effect":"Allow","Action":["iam:ChangePassword","iam:*AccessKey*","iam:*SSHPublicKey*","iam:*LoginProfile"],"Resource":"arn:aws:iam::*:user/${aws:username}"},
           {"Effect":"Allow","Action":"iam:CreateVirtualMFADevice","Resource":"arn:aws:iam::*:mfa/*"},
           {"Effect":"Allow","Action":["iam:EnableMFADevice","iam:ResyncMFADevice"],"Resource":["arn:aws:iam::*:user/${aws:username}","arn:aws:iam::*:mfa/*"]},
           {"Effect":"Deny","NotAction":["iam:List*","sts:GetSessionToken"],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}"#,
        // A home folder.
        r#"{"Effect":"Allow","Action":"s3:*Object","Resource":"arn:aws:s3:::company-home/${aws:username}/*"}"#,
        // A function's logs, queue and table.
        r#"{"Effect":"Allow","Action":"logs:*","Resource":"*"},
           {"Effect":"Allow","Action":["sqs:ReceiveMessage","dynamodb:GetItem"],"Resource":["arn:aws:sqs:*:*:orders","arn:aws:dynamodb:*:*:table/orders*"]}"#,
        // A pipeline with one role to hand on and some functions.
        r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/web-runtime","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}},
           {"Effect":"Allow","Action":["lambda:CreateFunction","lambda:UpdateFunctionCode"],"Resource":"arn:aws:lambda:*:*:function:web-*"}"#,
        // Reading.
        r#"{"Effect":"Allow","Action":["iam:Get*","iam:List*","ec2:Describe*","organizations:List*"],"Resource":"*"}"#,
        // Roles by a tag's value and a word.
        r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/${aws:PrincipalTag/team}-readonly"}"#,
    ] {
        check(text, &[], &["escalation", "data-all", "too-long"]);
    }
}
