//! Roles that a policy reaches by a pattern, by a variable or through other roles are judged by what they hold.

use iam_responder::text::severity::Severity;
use serde_json::{Value, json};

use crate::support::call;
use crate::support::roles::{ADMIN, QUIET, READS, ROLE, by_stack, last, worker};

/// A stack gives a role the right to wear or hand on what a statement says, after these events.
#[track_caller]
fn by_statement(before: &[Value], statement: &Value) -> Option<Severity> {
    let document = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    let put = json!({"roleName": "ci", "policyName": "p", "policyDocument": document});
    last(QUIET, before.to_vec(), by_stack(call("iam", "PutRolePolicy", 9, put)))
}

#[test]
fn a_pattern_that_reaches_an_administrator_s_role_alerts() {
    let allow = |action: &str, resource: &str| {
        let resource = format!("arn:aws:iam::{resource}");
        json!({"Effect": "Allow", "Action": action, "Resource": resource})
    };
    for resource in [
        "111122223333:role/app/Worke?",
        "111122223333:role/app/wor*",
        "*:role/app/Worker",
        "${aws:PrincipalAccount}:role/app/Worker",
        "111122223333:role/*/Worker",
        "111122223333:role/app/W${aws:PrincipalTag/end}",
    ] {
        for action in ["sts:AssumeRole", "iam:PassRole", "sts:*"] {
            let severity = by_statement(&worker(ADMIN), &allow(action, resource));
            assert!(severity >= Some(Severity::Medium), "{action} {resource}: {severity:?}");
        }
        let reads = by_statement(&worker(READS), &allow("sts:AssumeRole", resource));
        assert!(reads <= Some(Severity::Informational), "{resource}: {reads:?}");
    }
    for elsewhere in
        ["111122223333:role/app/x*", "111122223333:role/wor*", "444455556666:role/*/Worker"]
    {
        let severity = by_statement(&worker(ADMIN), &allow("sts:AssumeRole", elsewhere));
        assert!(severity <= Some(Severity::Informational), "{elsewhere}: {severity:?}");
    }
}

/// A role that may wear what a statement names.
fn hop(name: &str, resource: &str) -> Vec<Value> {
    let document = json!({"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": resource}});
    let made = json!({"roleName": name, "assumeRolePolicyDocument": "{}"});
    let put = json!({"roleName": name, "policyName": "p", "policyDocument": document.to_string()});
    vec![call("iam", "CreateRole", 3, made), call("iam", "PutRolePolicy", 4, put)]
}

#[test]
fn a_pattern_that_reaches_an_administrator_s_role_through_another_alerts() {
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let wear =
        |name: &str| json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role(name)});
    for behind in [ROLE.to_owned(), role("app/W*")] {
        let before = |policy: &str| [worker(policy), hop("mid", &behind)].concat();
        assert!(by_statement(&before(ADMIN), &wear("mi*")) >= Some(Severity::Medium), "{behind}");
        for quiet in
            [by_statement(&before(READS), &wear("mi*")), by_statement(&before(ADMIN), &wear("ot*"))]
        {
            assert!(quiet <= Some(Severity::Informational), "{behind}: {quiet:?}");
        }
    }
    // One behind the other: four are followed, and what is beyond counts.
    let chain: Vec<Value> = (0..7)
        .flat_map(|number| hop(&format!("hop-{number}"), &role(&format!("hop-{}", number + 1))))
        .collect();
    let before = |last: usize| {
        let end = if last == 0 { ROLE.to_owned() } else { role("nowhere") };
        [worker(ADMIN), chain.clone(), hop("hop-7", &end)].concat()
    };
    for first in 3..7 {
        assert!(
            by_statement(&before(0), &wear(&format!("hop-{first}"))) >= Some(Severity::Medium),
            "{first}"
        );
    }
    assert!(by_statement(&before(0), &wear("hop-0")) >= Some(Severity::Medium));
    let severity = |first| by_statement(&before(1), &wear(&format!("hop-{first}")));
    assert!(severity(4) <= Some(Severity::Informational), "{:?}", severity(4));
    assert!(severity(3) >= Some(Severity::Medium), "{:?}", severity(3));
}

#[test]
fn in_more_accounts_than_are_looked_at_nothing_is_hidden() {
    let pattern = |count: usize| {
        let roles: Vec<String> =
            (0..count).map(|n| format!("arn:aws:iam::1000000000{n:02}:role/app-*")).collect();
        by_statement(
            &[],
            &json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": roles}),
        )
    };
    assert!(pattern(40) <= Some(Severity::Informational));
    assert!(pattern(41) >= Some(Severity::Medium));
}

#[test]
fn a_pattern_of_accounts_reaches_those_that_are_known() {
    let elsewhere = |mut event: Value| {
        event["recipientAccountId"] = json!("444455556666");
        event["userIdentity"]["accountId"] = json!("444455556666");
        event
    };
    let before = |policy: &str| worker(policy).into_iter().map(elsewhere).collect::<Vec<Value>>();
    for account in ["444455556666", "44445555666?", "*", "4444*", "${aws:PrincipalTag/account}"] {
        for name in ["app/W*", "app/Worker"] {
            let resource = format!("arn:aws:iam::{account}:role/{name}");
            let wear = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": resource});
            let severity = by_statement(&before(ADMIN), &wear);
            assert!(severity >= Some(Severity::Medium), "{resource}: {severity:?}");
            let severity = by_statement(&before(READS), &wear);
            assert!(severity <= Some(Severity::Informational), "{resource}: {severity:?}");
        }
    }
    let own = "arn:aws:iam::${aws:PrincipalAccount}:role/app/W*";
    let wear = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": own});
    assert!(by_statement(&before(ADMIN), &wear) <= Some(Severity::Informational));
}

#[test]
fn a_permission_set_that_may_wear_an_administrator_s_role_alerts() {
    let document = |resource: &str| {
        json!({"Version": "2012-10-17", "Statement":
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": resource}})
    };
    let put = |resource: &str| {
        let set = "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef";
        let parameters =
            json!({"permissionSetArn": set, "inlinePolicy": document(resource).to_string()});
        by_stack(call("sso", "PutInlinePolicyToPermissionSet", 9, parameters))
    };
    for resource in [ROLE, "arn:aws:iam::111122223333:role/app/W*"] {
        assert!(last(QUIET, worker(ADMIN), put(resource)) >= Some(Severity::Medium), "{resource}");
        let severity = last(QUIET, worker(READS), put(resource));
        assert!(severity <= Some(Severity::Informational), "{resource}: {severity:?}");
    }
}

#[test]
fn what_all_but_one_role_is_denied_reaches_that_one() {
    let all = json!({"Effect": "Allow", "Action": "sts:*", "Resource": "*"});
    let but = |role: &str| json!([all, {"Effect": "Deny", "Action": "sts:*", "NotResource": role}]);
    assert!(by_statement(&worker(ADMIN), &but(ROLE)) >= Some(Severity::Medium));
    let severity = by_statement(&worker(READS), &but(ROLE));
    assert!(severity <= Some(Severity::Informational), "{severity:?}");
}

#[test]
fn roles_with_an_administrator_s_policy_of_their_own_are_known() {
    let arn = "arn:aws:iam::111122223333:policy/power";
    let all = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let mut made =
        call("iam", "CreatePolicy", 0, json!({"policyName": "power", "policyDocument": all}));
    made["responseElements"] = json!({"policy": {"arn": arn, "defaultVersionId": "v1"}});
    let inline = json!({"roleName": "Worker", "policyName": "p", "policyDocument": all});
    let inline = [worker(READS), vec![call("iam", "PutRolePolicy", 3, inline)]].concat();
    let pattern = json!({"Effect": "Allow", "Action": "sts:AssumeRole",
        "Resource": "arn:aws:iam::111122223333:role/app/Work??"});
    let own = [vec![made], worker(arn)].concat();
    for before in [inline, own.clone()] {
        assert!(by_statement(&before, &pattern) >= Some(Severity::Medium));
    }
    let detach =
        call("iam", "DetachRolePolicy", 5, json!({"roleName": "Worker", "policyArn": arn}));
    let severity = by_statement(&[own, vec![detach]].concat(), &pattern);
    assert!(severity <= Some(Severity::Informational), "{severity:?}");
}

#[test]
fn a_role_behind_a_role_counts() {
    let wear = |resource: &str| {
        let document = json!({"Version": "2012-10-17", "Statement":
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": resource}});
        let hop = json!({"roleName": "Hop", "assumeRolePolicyDocument": "{}"});
        let put =
            json!({"roleName": "Hop", "policyName": "p", "policyDocument": document.to_string()});
        vec![call("iam", "CreateRole", 3, hop), call("iam", "PutRolePolicy", 4, put)]
    };
    let hop = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/Hop"});
    for resource in [ROLE, "arn:aws:iam::111122223333:role/app/W*"] {
        let before = |policy: &str| [worker(policy), wear(resource)].concat();
        assert!(by_statement(&before(ADMIN), &hop) >= Some(Severity::Medium), "{resource}");
        let severity = by_statement(&before(READS), &hop);
        assert!(severity <= Some(Severity::Informational), "{resource}: {severity:?}");
        // Also where a service is given it.
        let stack = json!({"stackName": "shop", "roleARN": "arn:aws:iam::111122223333:role/Hop"});
        let stack = call("cloudformation", "CreateStack", 9, stack);
        assert!(last(QUIET, before(ADMIN), stack) >= Some(Severity::Medium), "{resource}");
    }
}

/// An administrator's role that lets another in by its trust alone; the other has no policy at all.
#[test]
fn a_role_that_an_administrator_s_trusts_is_as_good_as_one() {
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let trust = |who: Vec<String>| {
        json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": who}}}).to_string()
    };
    let lambda = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}}"#;
    let made = |name: &str, minute: usize, trust: &str| {
        call(
            "iam",
            "CreateRole",
            minute,
            json!({"roleName": name, "assumeRolePolicyDocument": trust}),
        )
    };
    let run = |name: &str| {
        let parameters = json!({"functionName": "f", "role": role(name)});
        by_stack(call("lambda", "CreateFunction20150331", 20, parameters))
    };
    let before = |who: Vec<String>, policy: &str| {
        vec![
            made("ci", 1, lambda),
            made("other", 1, lambda),
            made("adm", 2, &trust(who)),
            call("iam", "AttachRolePolicy", 3, json!({"roleName": "adm", "policyArn": policy})),
        ]
    };
    let many = |count: usize| {
        (0..count).map(|number| role(&format!("x{number}"))).chain([role("ci")]).collect()
    };
    for count in [0, 1, 11, 12, 30] {
        let severity = last(QUIET, before(many(count), ADMIN), run("ci"));
        assert!(severity >= Some(Severity::Medium), "{count}: {severity:?}");
    }
    let quiet = Some(Severity::Informational);
    assert!(last(QUIET, before(many(0), READS), run("ci")) <= quiet);
    assert!(last(QUIET, before(many(0), ADMIN), run("other")) <= quiet);
    // The trust was taken back before.
    let back = json!({"roleName": "adm", "policyDocument": lambda});
    let back = call("iam", "UpdateAssumeRolePolicy", 9, back);
    assert!(last(QUIET, [before(many(0), ADMIN), vec![back]].concat(), run("ci")) <= quiet);
    // Who gives it a policy that passes such a role gives what that may wear.
    let pass = json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": role("ci")});
    assert!(by_statement(&before(many(0), ADMIN), &pass) >= Some(Severity::Medium));
}
