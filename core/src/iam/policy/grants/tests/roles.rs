//! Roles that are a way to more rights by their names.

use super::*;

#[test]
fn a_role_that_is_named_as_administrators_are_is_a_way() {
    let role = |name: &str| format!(r#""arn:aws:iam::111122223333:role/{name}""#);
    for (action, word) in [
        ("sts:AssumeRole", "privesc:assume-administrator-role"),
        ("iam:PassRole", "privesc:pass-administrator-role"),
    ] {
        for name in
            ["Admin", "x/deploy-admin", "OrgAdministrator", "admin_role", "*-admins", "*Admin*"]
                .into_iter()
                .chain(["Adm*", "admin/*", "Administrator*", "admins/?*"])
        {
            check_one(action, &role(name), &[word, "escalation"], &[]);
        }
        // Applications, and what only begins so; a prefix says nothing of the rights behind it.
        for name in ["admin-portal", "administration-ui-runtime", "admin/reader", "prod-*", "cdk-*"]
            .into_iter()
            .chain(["app/*", "admin-portal*", "admin/reader*", "app/adm-*"])
        {
            check_one(action, &role(name), &[], &["escalation"]);
        }
        let but = format!(
            r#"{{"Effect":"Allow","Action":"{action}","Resource":{0}}},{{"Effect":"Deny","Action":"{action}","Resource":{0}}}"#,
            role("Admin")
        );
        check(&but, &[], &["escalation"]);
    }
    // Roles of another account are worn, and not handed on.
    let word = "privesc:assume-administrator-role";
    for elsewhere in
        ["999988887777:role/Administrator", "999988887777:role/x-admin*", "99*:role/Admin"]
    {
        let role = format!(r#""arn:aws:iam::{elsewhere}""#);
        check_one("sts:AssumeRole", &role, &[word], &[]);
        check_one("iam:PassRole", &role, &[], &["escalation"]);
    }
    let role = r#""arn:aws:iam::999988887777:role/deploy""#;
    check_one("sts:AssumeRole", role, &[], &["escalation"]);
}

#[test]
fn roles_that_every_member_account_has_are_a_way() {
    let word = "privesc:assume-organization-role";
    for resource in [
        "arn:aws:iam::*:role/OrganizationAccountAccessRole",
        "arn:aws:iam::999988887777:role/OrganizationAccountAccessRole",
        "arn:aws:iam::*:role/Organization*",
        "arn:aws:iam::999988887777:role/AWSControlTower*",
        "*",
    ] {
        check_one("sts:AssumeRole", &format!(r#""{resource}""#), &[word, "escalation"], &[]);
    }
    for resource in [
        "arn:aws:iam::*:role/OrganizationAccountAccessRole-2",
        "arn:aws:iam::*:role/app/OrganizationAccountAccessRole",
        "arn:aws:iam::999988887777:role/deploy",
    ] {
        check_one("sts:AssumeRole", &format!(r#""{resource}""#), &[], &["escalation"]);
    }
    let but = r#"{"Effect":"Allow","Action":"sts:*","Resource":"*"},{"Effect":"Deny","Action":"sts:*","Resource":["arn:aws:iam::*:role/OrganizationAccountAccessRole","arn:aws:iam::*:role/AWSC*"]}"#;
    check(but, &["assume-any"], &[word]);
}
