//! A thing whose role may hand an administrator's role to a service is work for an administrator.

use super::*;
use crate::support::numbered;

/// How loud new code is for a function whose role has these statements, beside an administrator's role.
fn severity(statements: &Value) -> Option<Severity> {
    let trust = json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "lambda.amazonaws.com"}}});
    let role = json!({"roleName": "deployer", "assumeRolePolicyDocument": trust.to_string()});
    let document = json!({"Statement": statements}).to_string();
    let inline = json!({"roleName": "deployer", "policyName": "p", "policyDocument": document});
    let arn = "arn:aws:iam::111122223333:role/deployer";
    let mut before = worker(ADMIN);
    before.extend([
        call("iam", "CreateRole", 3, role),
        call("iam", "PutRolePolicy", 4, inline),
        made(
            "lambda",
            "CreateFunction20150331",
            json!({"functionName": "f", "role": arn}),
            json!({}),
        ),
    ]);
    let before = numbered(before);
    let code = json!({"functionName": "f"});
    let work = |minute| {
        let name = "UpdateFunctionCode20150331v2";
        let mut work = by_other(call("lambda", name, minute, code.clone()), "other");
        work["eventID"] = json!(format!("work-{minute}"));
        work
    };
    let first = last(QUIET, before.clone(), work(20));
    let again = last(QUIET, [before, vec![work(20)]].concat(), work(30));
    assert!(again <= Some(Severity::Informational), "{again:?}");
    first
}

fn allow(actions: &[&str], resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resource})
}

#[test]
fn a_role_that_may_hand_an_administrators_role_to_a_service_counts_as_one() {
    let stacks = "arn:aws:cloudformation:*:111122223333:stack/app-*/*";
    let update = || allow(&["cloudformation:UpdateStack"], stacks);
    let to = |service: &str, role: &str| {
        let mut pass = allow(&["iam:PassRole"], role);
        pass["Condition"] = json!({"StringEquals": {"iam:PassedToService": service}});
        pass
    };
    for loud in [
        json!([update(), allow(&["iam:PassRole"], ROLE)]),
        json!([update(), to("cloudformation.amazonaws.com", ROLE)]),
        // Named by a pattern.
        json!([update(), allow(&["iam:PassRole"], "arn:aws:iam::111122223333:role/app/W*")]),
        json!([
            allow(
                &["lambda:CreateFunction", "lambda:InvokeFunction"],
                "arn:aws:lambda:*:*:function:ops-*"
            ),
            allow(&["iam:PassRole"], ROLE)
        ]),
        json!([
            allow(&["ecs:RegisterTaskDefinition", "ecs:RunTask"], "*"),
            allow(&["iam:PassRole"], ROLE)
        ]),
    ] {
        assert!(severity(&loud) >= Some(Severity::Medium), "{loud}: {:?}", severity(&loud));
    }
    let deny = json!({"Effect": "Deny", "Action": "iam:PassRole", "Resource": ROLE});
    for quiet in [
        // Another role, nothing that takes it, or not for that service.
        json!([update(), allow(&["iam:PassRole"], "arn:aws:iam::111122223333:role/app/web")]),
        json!([update(), allow(&["iam:PassRole"], "arn:aws:iam::111122223333:role/app/web-*")]),
        json!([allow(&["s3:PutObject"], "*"), allow(&["iam:PassRole"], ROLE)]),
        json!([allow(&["lambda:CreateFunction"], "*"), allow(&["iam:PassRole"], ROLE)]),
        json!([update(), to("ec2.amazonaws.com", ROLE)]),
        json!([update(), allow(&["iam:PassRole"], ROLE), deny]),
        json!([update()]),
    ] {
        assert!(
            severity(&quiet) <= Some(Severity::Informational),
            "{quiet}: {:?}",
            severity(&quiet)
        );
    }
}

#[test]
fn a_policy_that_lets_such_a_role_be_worn_is_judged_as_before() {
    let trust = json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}});
    let deploy = json!({"roleName": "deployer", "assumeRolePolicyDocument": trust.to_string()});
    let document = json!({"Statement": [allow(&["cloudformation:CreateStack"], "*"),
        allow(&["iam:PassRole"], ROLE)]});
    let inline =
        json!({"roleName": "deployer", "policyName": "p", "policyDocument": document.to_string()});
    let wear =
        json!({"Statement": allow(&["sts:AssumeRole"], "arn:aws:iam::111122223333:role/deployer")});
    let build = json!({"roleName": "build", "policyName": "p", "policyDocument": wear.to_string()});
    let before = [
        worker(ADMIN),
        vec![call("iam", "CreateRole", 3, deploy), call("iam", "PutRolePolicy", 4, inline)],
    ];
    let severity = last(QUIET, before.concat(), call("iam", "PutRolePolicy", 30, build));
    assert!(severity <= Some(Severity::Informational), "{severity:?}");
}
