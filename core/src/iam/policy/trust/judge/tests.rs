use super::*;

fn judge(statements: &str, organization: Option<&str>) -> Trust {
    let text = format!(r#"{{"Statement":[{statements}]}}"#);
    let document = PolicyDocument::parse(&text).unwrap();
    let knows = |account: &str| account == "444455556666";
    let ids = ["AROAOWNOWNOWNOWNOWN01"];
    let account = Some("111122223333");
    Trust::of(&document, &Home { account, organization, knows: &knows, ids: &ids })
}

#[track_caller]
fn check_in(organization: Option<&str>, statements: &str, want: &[&str]) {
    let trust = judge(statements, organization);
    let words: Vec<&str> = trust.words.iter().map(|word| word.word()).collect();
    assert_eq!(words, want, "{statements}");
}

#[track_caller]
fn check(statements: &str, want: &[&str]) {
    check_in(None, statements, want);
}

fn allow(principal: &str, condition: &str) -> String {
    let condition =
        if condition.is_empty() { String::new() } else { format!(r#","Condition":{condition}"#) };
    format!(r#"{{"Effect":"Allow","Action":"sts:AssumeRole*","Principal":{principal}{condition}}}"#)
}

/// The same, of the way that identities of AWS take alone.
fn assume(principal: &str, condition: &str) -> String {
    allow(principal, condition).replace("sts:AssumeRole*", "sts:AssumeRole")
}

#[test]
fn anybody() {
    for principal in
        [r#""*""#, r#"{"AWS":"*"}"#, r#"{"AWS":["arn:aws:iam::111122223333:root","*"]}"#]
    {
        let want: &[&str] =
            if principal.contains("root") { &["anyone", "own-account"] } else { &["anyone"] };
        check(&allow(principal, ""), want);
    }
    let org = r#"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#;
    check(&allow(r#""*""#, org), &["anyone-conditioned"]);
    check(&allow(r#""*""#, r#"{"StringLike":{"aws:PrincipalArn":"*"}}"#), &["anyone"]);
    check(&allow(r#""*""#, r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}"#), &["anyone"]);
    let fence = r#"{"Effect":"Deny","Action":"sts:*","Principal":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}}"#;
    check(&format!("{},{fence}", allow(r#""*""#, "")), &["anyone-conditioned"]);
    check(
        r#"{"Effect":"Allow","Action":"sts:AssumeRole","NotPrincipal":{"AWS":"arn:aws:iam::1:root"}}"#,
        &["anyone"],
    );
    check(r#"{"Effect":"Deny","Action":"sts:AssumeRole","Principal":"*"}"#, &[]);
}

#[test]
fn accounts() {
    check(&allow(r#"{"AWS":"arn:aws:iam::111122223333:role/x"}"#, ""), &["own-account"]);
    check(
        &allow(r#"{"AWS":"arn:aws:iam::999988887777:root"}"#, ""),
        &["account-root", "external-account", "no-external-id"],
    );
    check(
        &allow(r#"{"AWS":"999988887777"}"#, r#"{"StringEquals":{"sts:ExternalId":"x"}}"#),
        &["account-root", "external-account"],
    );
    check(
        &allow(r#"{"AWS":"arn:aws:iam::444455556666:role/ci"}"#, ""),
        &["known-account", "no-external-id"],
    );
    let outsider = ["external-account", "no-external-id"];
    check(&allow(r#"{"AWS":"arn:aws:iam::999988887777:user/x"}"#, ""), &outsider);
}

#[test]
fn federation() {
    let github = r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#;
    let sub = |value: &str| {
        format!(r#"{{"StringLike":{{"token.actions.githubusercontent.com:sub":"{value}"}}}}"#)
    };
    check(&allow(github, ""), &["federated", "federated-unconditioned"]);
    let audience =
        r#"{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}"#;
    check(&allow(github, audience), &["federated", "federated-unconditioned"]);
    check(&allow(github, &sub("repo:example/app:*")), &["federated"]);
    check(&allow(github, &sub("repo:*")), &["federated", "federated-unconditioned"]);
    check(&allow(github, &sub("*")), &["federated", "federated-unconditioned"]);
    let cognito = r#"{"Federated":"cognito-identity.amazonaws.com"}"#;
    check(
        &allow(
            cognito,
            r#"{"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"unauthenticated"}}"#,
        ),
        &["federated", "federated-unconditioned"],
    );
    check(
        &allow(cognito, r#"{"StringEquals":{"cognito-identity.amazonaws.com:aud":"pool"}}"#),
        &["federated"],
    );
    let saml = r#"{"Federated":"arn:aws:iam::111122223333:saml-provider/idp"}"#;
    check(
        &allow(saml, r#"{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}"#),
        &["federated"],
    );
    check(&allow(saml, ""), &["federated", "federated-unconditioned"]);
}

#[test]
fn denies_close_only_what_they_name() {
    let open = allow(r#""*""#, "");
    for deny in [
        r#"{"Effect":"Deny","Action":"sts:AssumeRoleWithSAML","Principal":"*"}"#,
        r#"{"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"Service":"*"}}"#,
        r#"{"Effect":"Deny","Action":"sts:*","Principal":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1","aws:PrincipalTag/x":"y"},"StringEquals":{"aws:PrincipalTag/blocked":"yes"}}}"#,
        r#"{"Effect":"Deny","Action":"sts:*","Principal":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"0.0.0.0/0"}}}"#,
    ] {
        check(&format!("{open},{deny}"), &["anyone"]);
    }
    let external = allow(r#"{"AWS":"999988887777"}"#, "");
    let unless_id = r#"{"Effect":"Deny","Action":"sts:*","Principal":"*","Condition":{"StringNotEquals":{"sts:ExternalId":"x"}}}"#;
    check(&format!("{external},{unless_id}"), &["account-root", "external-account"]);
}

#[test]
fn conditions_that_keep_nobody_out() {
    let open = |condition: &str, want: &[&str]| check(&allow(r#""*""#, condition), want);
    open(r#"{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-1"}}"#, &["anyone"]);
    open(r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ci"}}"#, &["anyone"]);
    open(r#"{"StringLike":{"aws:PrincipalOrgID":"o-*"}}"#, &["anyone"]);
    open(
        r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/*"}}"#,
        &["anyone-conditioned"],
    );
    let maybe = r#"{"StringEqualsIfExists":{"sts:ExternalId":"x"}}"#;
    check(
        &allow(r#"{"AWS":"999988887777"}"#, maybe),
        &["account-root", "external-account", "no-external-id"],
    );
}

#[test]
fn unique_ids_are_outsiders_but_those_known_to_be_at_home() {
    let unknown = ["external-account", "unknown-principal"];
    for id in ["AIDAEXAMPLEEXAMPLE001", "AROAEXAMPLEEXAMPLE001", "somebody"] {
        check(&allow(&format!(r#"{{"AWS":"{id}"}}"#), ""), &unknown);
    }
    check(&allow(r#"{"CanonicalUser":"79a59df900b949e5"}"#, ""), &unknown);
    check(&allow(r#"{"AWS":"AROAOWNOWNOWNOWNOWN01"}"#, ""), &["own-account"]);
    let named = allow(r#"{"AWS":"AROAEXAMPLEEXAMPLE001"}"#, "");
    assert_eq!(judge(&named, None).unknown, ["AROAEXAMPLEEXAMPLE001".to_owned()].into());
    // IAM takes no wildcards there; should it, they are everybody.
    check(&allow(r#"{"AWS":"arn:aws:iam::*:role/x"}"#, ""), &["anyone"]);
}

#[test]
fn what_a_stranger_chooses_is_no_fence() {
    for condition in [
        r#"{"StringEquals":{"aws:PrincipalTag/team":"blue"}}"#,
        r#"{"StringEquals":{"aws:username":"deploy"}}"#,
        r#"{"StringLike":{"aws:userid":"*:deploy"}}"#,
        r#"{"StringEquals":{"sts:RoleSessionName":"deploy"}}"#,
        r#"{"StringEquals":{"aws:SourceIdentity":"carol"}}"#,
        r#"{"StringEquals":{"aws:RequestTag/team":"blue"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"192.168.0.0/16"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}}"#,
        r#"{"IpAddressIfExists":{"aws:SourceIp":"198.51.100.0/24"}}"#,
        r#"{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#,
        r#"{"StringLike":{"sts:ExternalId":"acme-*"}}"#,
        r#"{"StringLike":{"aws:PrincipalOrgID":"o-exa*"}}"#,
        r#"{"StringLike":{"aws:PrincipalOrgID":"o-exampleorgid*"}}"#,
        r#"{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-exampleorgid*"}}"#,
        r#"{"StringLike":{"aws:PrincipalAccount":"1111*"}}"#,
        r#"{"StringEquals":{"aws:PrincipalAccount":["111122223333","${aws:username}"]}}"#,
        r#"{"StringEquals":{"aws:PrincipalOrgID":"${aws:PrincipalTag/org}"}}"#,
        r#"{"StringEquals":{"aws:PrincipalOrgID":"${aws:ResourceOrgIDs}"}}"#,
        r#"{"StringLike":{"aws:PrincipalArn":"arn:*:iam::111122223333:role/x"}}"#,
        r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:PrincipalAccount}:role/x"}}"#,
        r#"{"ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"o-exampleorgid/*"}}"#,
        r#"{"Null":{"aws:PrincipalOrgID":"false"}}"#,
        r#"{"StringEqualsIfExists":{"aws:PrincipalAccount/x":"111122223333"}}"#,
        r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#,
        r#"{"StringNotEquals":{"aws:PrincipalAccount":"999988887777"}}"#,
    ] {
        check(&allow(r#"{"AWS":"*"}"#, condition), &["anyone"]);
    }
}

#[test]
fn what_aws_says_of_the_caller_is_a_fence() {
    for condition in [
        r#"{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}"#,
        r#"{"StringEqualsIfExists":{"aws:PrincipalAccount":"111122223333"}}"#,
        r#"{"ForAllValues:StringEquals":{"aws:PrincipalAccount":["111122223333"]}}"#,
        r#"{"StringEquals":{"aws:PrincipalAccount":"${aws:ResourceAccount}"}}"#,
        r#"{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:*"}}"#,
        r#"{"ArnLike":{"aws:PrincipalArn":"arn:*:iam::111122223333:role/${aws:username}"}}"#,
        r#"{"StringLike":{"aws:userid":"AROAEXAMPLEEXAMPLE001:*"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":["198.51.100.0/24","2001:db8:7::/48"]}}"#,
        r#"{"StringEquals":{"aws:SourceVpce":"vpce-0123456789abcdef0"}}"#,
        r#"{"StringEquals":{"sts:ExternalId":"acme-7f3c"}}"#,
        r#"{"StringLike":{"aws:PrincipalOrgID":"o-exampleorgid"}}"#,
        r#"{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-exampleorgid/r-ab12/*"}}"#,
        r#"{"StringEquals":{"aws:PrincipalTag/team":"blue","aws:PrincipalOrgID":"o-exampleorgid"}}"#,
    ] {
        check(&assume(r#"{"AWS":"*"}"#, condition), &["anyone-conditioned"]);
    }
    // The trust shows the account's ID.
    let foreign = r#"{"StringEquals":{"aws:PrincipalAccount":["444455556666","999988887777"]}}"#;
    let want = ["anyone-conditioned", "external-account"];
    check(&allow(r#"{"AWS":"*"}"#, foreign), &want);
    // A token bears no account, so a condition that an absent key meets holds.
    let lax = r#"{"StringEqualsIfExists":{"aws:PrincipalAccount":"111122223333"}}"#;
    check(&allow(r#""*""#, lax), &["anyone", "anyone-conditioned"]);
    check(&allow(r#"{"AWS":"*"}"#, lax), &["anyone", "anyone-conditioned"]);
}

#[test]
fn denies_of_everybody_else() {
    let open = allow(r#"{"AWS":"*"}"#, "");
    let deny = |principal: &str, condition: &str| {
        format!(
            r#"{open},{{"Effect":"Deny","Action":"sts:*",{principal},"Condition":{condition}}}"#
        )
    };
    let all = r#""Principal":"*""#;
    for condition in [
        r#"{"StringNotEquals":{"aws:userid":"${aws:userid}"}}"#,
        r#"{"ForAnyValue:StringNotLike":{"aws:PrincipalOrgPaths":"o-exampleorgid/*"}}"#,
        r#"{"StringNotLike":{"aws:PrincipalArn":"*:role/x"}}"#,
        r#"{"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}"#,
        r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-exampleorgid"},"Bool":{"aws:PrincipalIsAWSService":"true"}}"#,
    ] {
        check(&deny(all, condition), &["anyone"]);
    }
    for condition in [
        r#"{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-exampleorgid"}}"#,
        r#"{"ForAllValues:StringNotLike":{"aws:PrincipalOrgPaths":"o-exampleorgid/*"}}"#,
        r#"{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/x"}}"#,
        r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-exampleorgid"},"Bool":{"aws:PrincipalIsAWSService":"false"}}"#,
    ] {
        check(&deny(all, condition), &["anyone-conditioned"]);
    }
    let foreign = r#"{"StringNotEquals":{"aws:PrincipalAccount":"999988887777"}}"#;
    check(&deny(all, foreign), &["anyone-conditioned", "external-account"]);
    // Services and tokens may be no identities of AWS.
    let by_aws = r#"{"Effect":"Deny","Action":"sts:*","Principal":{"AWS":"*"}}"#;
    check(&format!("{open},{by_aws}"), &["anyone"]);
    let identities = assume(r#"{"AWS":"*"}"#, "");
    check(&format!("{identities},{by_aws}"), &[]);
    let service = allow(r#"{"Service":"ec2.amazonaws.com"}"#, "");
    let want = ["service", "service-only", "service-unconditioned"];
    check(&format!("{service},{by_aws}"), &want);
    let token = allow(r#"{"Federated":"accounts.google.com"}"#, "");
    check(&format!("{token},{by_aws}"), &["federated", "federated-unconditioned"]);
    // All but those named are denied.
    let others = r#"{"Effect":"Deny","Action":"sts:*","NotPrincipal":{"AWS":["999988887777"]}}"#;
    let want = ["anyone-conditioned", "external-account"];
    check(&format!("{open},{others}"), &want);
    let nobody = r#"{"Effect":"Deny","Action":"sts:*","NotPrincipal":{"AWS":"*"}}"#;
    check(&format!("{open},{nobody}"), &["anyone"]);
}

#[test]
fn the_own_organization_is_not_taken_for_another() {
    let own = Some("o-exampleorgid");
    let star = |condition: &str| allow(r#"{"AWS":"*"}"#, condition);
    let by = |id: &str| format!(r#"{{"StringEquals":{{"aws:PrincipalOrgID":"{id}"}}}}"#);
    check_in(own, &star(&by("o-exampleorgid")), &["own-organization"]);
    check_in(own, &star(&by("${aws:ResourceOrgID}")), &["own-organization"]);
    check_in(own, &star(&by("o-strangersid")), &["anyone"]);
    check_in(None, &star(&by("o-strangersid")), &["anyone-conditioned"]);
    let path = r#"{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":["o-exampleorgid/*"]}}"#;
    check_in(own, &star(path), &["own-organization"]);
    let both = by(r#"o-exampleorgid","o-strangersid"#).replace(r#":"o-ex"#, r#":["o-ex"#);
    check_in(own, &star(&both.replace(r#"gersid""#, r#"gersid"]"#)), &["anyone"]);
    let vendor = allow(r#"{"AWS":"999988887777"}"#, &by("o-exampleorgid"));
    let want = ["account-root", "known-account", "no-external-id", "own-organization"];
    check_in(own, &vendor, &want);
    let service = allow(
        r#"{"Service":"config.amazonaws.com"}"#,
        r#"{"StringEquals":{"aws:SourceOrgID":"o-exampleorgid"}}"#,
    );
    check_in(own, &service, &["service", "service-only"]);
    assert_eq!(judge(&service, own).organization.as_deref(), own);
    let theirs = service.replace("exampleorgid", "strangersid");
    check_in(own, &theirs, &["service", "service-only", "service-unconditioned"]);
    let fence = r#"{"Effect":"Deny","Action":"sts:*","Principal":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}}"#;
    let open = star("");
    check_in(own, &format!("{open},{fence}"), &["own-organization"]);
    let theirs = fence.replace("exampleorgid", "strangersid");
    check_in(own, &format!("{open},{theirs}"), &["anyone"]);
    // A caller in a network of the organization need not belong to it.
    let network = star(r#"{"StringEquals":{"aws:VpceOrgID":"o-exampleorgid"}}"#);
    check_in(own, &network, &["anyone-conditioned"]);
}

#[test]
fn services() {
    let service = r#"{"Service":"sns.amazonaws.com"}"#;
    check(&allow(service, ""), &["service", "service-only", "service-unconditioned"]);
    let by = |key: &str, value: &str| {
        allow(service, &format!(r#"{{"StringEquals":{{"{key}":"{value}"}}}}"#))
    };
    check(&by("aws:SourceAccount", "111122223333"), &["service", "service-only"]);
    check(&by("aws:SourceArn", "arn:aws:s3:::catalog"), &["service", "service-only"]);
    // The account on whose behalf it acts is let in.
    check(&by("aws:SourceAccount", "999988887777"), &["external-account", "service"]);
    let own = allow(r#"{"Service":"sns.amazonaws.com","AWS":"111122223333"}"#, "");
    check(&own, &["own-account", "service", "service-unconditioned"]);
    for outside in ["rolesanywhere", "ssm", "credentials.iot"] {
        let outside = format!(r#"{{"Service":"{outside}.amazonaws.com"}}"#);
        let want = ["service", "service-outside", "service-unconditioned"];
        check(&allow(&outside, ""), &want);
    }
}

#[test]
fn many_principals_beside_many_denies_cost_no_product() {
    let many = |text: &dyn Fn(usize) -> String| (0..4_000).map(text).collect::<Vec<_>>().join(",");
    let providers = many(&|n| format!(r#""arn:aws:iam::111122223333:oidc-provider/e{n}.example""#));
    let accounts = many(&|n| format!(r#""{:012}""#, 200_000_000_000 + n));
    let allows = allow(&format!(r#"{{"Federated":[{providers}],"AWS":[{accounts}]}}"#), "");
    let keys = many(&|n| format!(r#""e{n}.example:sub":"x""#));
    let deny = format!(
        r#"{{"Effect":"Deny","Action":"sts:*","Principal":"*","Condition":{{"StringNotEquals":{{{keys}}}}}}}"#
    );
    let statements = [vec![allows; 3], vec![deny; 3]].concat().join(",");
    let began = std::time::Instant::now();
    let trust = judge(&statements, None);
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    assert!(trust.unconditioned.is_empty() && trust.accounts.len() == 4_000);
}
