//! Describes in words whom a trust policy lets in.

use std::collections::BTreeSet;

use super::judge::{Of, Trust};
use super::word::TrustWord;
use crate::iam::policy::STATEMENTS_MAX;
use crate::text::enumerated::enumerated;

/// Most accounts or providers named in one line.
const LISTED_MAX: usize = 10;
/// Most statements of which the alert says what they ask of the identities of a provider.
const ASKED_MAX: usize = 5;

/// Who else, where services such as S3, SQS and function URLs answer unsigned requests, too.
const UNSIGNED: &str = ", and anybody outside of AWS where the service answers unsigned requests";

/// What the beginning of a condition's key leaves open, small letters.
const LEAVES_OPEN: [(&str, &str); 4] = [
    ("aws:principalorg", "; it is not known whose organization that is"),
    ("aws:sourceip", "; any account passes from such an address"),
    ("aws:sourcevpc", "; any account passes that calls through such a network"),
    ("sts:externalid", "; any account passes that knows the external ID"),
];

/// Describes whom a trust policy lets in.
#[must_use]
pub(crate) fn describe_trust(trust: &Trust) -> Vec<String> {
    let mut lines = Vec::new();
    let has = |word: TrustWord| trust.has(word);
    if trust.cut {
        lines.push(format!(
            "anybody, as far as is known: only {STATEMENTS_MAX} statements were read"
        ));
    } else if has(TrustWord::Anyone) {
        let outside = if trust.of == Of::WebResource { UNSIGNED } else { "" };
        let conditions = match trust.met_by_strangers.is_empty() {
            // A denial may hold on a condition.
            true if trust.denies => String::new(),
            true => ", without a condition".to_owned(),
            false => format!(
                ", on a condition that strangers can meet: {}",
                list(&trust.met_by_strangers)
            ),
        };
        let may = match trust.administered {
            true => "may use and administer the key",
            false => "may take it",
        };
        lines.push(format!("anybody in any AWS account {may}{outside}{conditions}"));
    }
    if trust.own_alone && !has(TrustWord::AnyoneConditioned) {
        lines.push(
            "every identity of this account may take it, without a policy of its own".to_owned(),
        );
    }
    if has(TrustWord::AnyoneConditioned) {
        lines.push(fenced(trust));
    }
    if let Some(organization) = &trust.organization {
        let whom = if has(TrustWord::OwnOrganization) { "accounts" } else { "services" };
        lines.push(format!("{whom} may take it within your organization only: {organization}"));
    }
    if has(TrustWord::ExternalAccount) || has(TrustWord::KnownAccount) {
        let whole = if has(TrustWord::AccountRoot) { ", the whole account" } else { "" };
        let unknown = match has(TrustWord::ExternalAccount) {
            true => "an account that is not known as yours",
            false => "another account",
        };
        let id = if has(TrustWord::NoExternalId) { ", without external ID" } else { "" };
        if !trust.accounts.is_empty() {
            lines.push(format!("{unknown} may take it: {}{whole}{id}", list(&trust.accounts)));
        }
    }
    if has(TrustWord::UnknownPrincipal) {
        let unknown = list(&trust.unknown);
        lines.push(format!("an identity of an account that is not known may take it: {unknown}"));
    }
    if has(TrustWord::FederatedUnconditioned) {
        lines.push(format!(
            "everybody whom this provider knows may take it: {}",
            list(&trust.unconditioned)
        ));
    } else if has(TrustWord::Federated) {
        lines.push(format!("identities of this provider may take it: {}", list(&trust.others)));
    }
    lines.extend(trust.asked.iter().take(ASKED_MAX).cloned());
    if let Some(more @ 1..) = trust.asked.len().checked_sub(ASKED_MAX) {
        lines.push(format!("{more} more statements ask something else of such identities"));
    }
    lines.extend(services(trust));
    lines.extend(shut_out(trust).map(str::to_owned));
    let may = match trust.of {
        Of::Role => return lines,
        Of::Key => " may use the key",
        Of::Resource | Of::WebResource => " may use it",
    };
    lines.iter_mut().for_each(|line| *line = line.replace(" may take it", may));
    lines
}

/// What a condition asks of everybody, and what that leaves open.
fn fenced(trust: &Trust) -> String {
    let (asked, what) = (&trust.fenced_by, "anybody who meets its condition may take it");
    if asked.is_empty() {
        return what.to_owned();
    }
    // Beside another, which must be met too, it is not known who passes.
    let alone = asked.first().filter(|_| asked.len() == 1).map(|one| one.to_ascii_lowercase());
    let leaves = |one: &String| LEAVES_OPEN.iter().find(|(key, _)| one.starts_with(key));
    let open = alone.as_ref().and_then(leaves).map_or("", |(_, open)| *open);
    format!("{what}: {}{open}", list(asked))
}

fn services(trust: &Trust) -> Option<String> {
    let named = list(&trust.services);
    if trust.has(TrustWord::ServiceOutside) {
        return Some(format!("a service may hand it to machines outside of AWS: {named}"));
    }
    let services = if trust.services.len() == 1 { "service" } else { "services" };
    trust.has(TrustWord::Service).then(|| format!("AWS {services} may take it: {named}"))
}

fn shut_out(trust: &Trust) -> Option<&'static str> {
    trust.has(TrustWord::ShutsOut).then_some(match trust.of {
        Of::Role | Of::Key => {
            "nobody of this account may change its policy any more, as far as that shows"
        }
        Of::Resource | Of::WebResource => {
            "it denies everything to all of this account, or to all but one, as far as it shows"
        }
    })
}

fn list(all: &BTreeSet<String>) -> String {
    enumerated(all.iter().map(String::as_str), LISTED_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::policy::{Home, PolicyDocument};

    fn judged(statements: &str) -> Trust {
        let document =
            PolicyDocument::parse(&format!(r#"{{"Statement":[{statements}]}}"#)).unwrap();
        let (account, organization) = (Some("111122223333"), Some("o-exampleorgid"));
        let home = Home { account, organization, knows: &|_| false, ids: &[] };
        Trust::of(&document, &home)
    }

    #[track_caller]
    fn check(statements: &str, want: &[&str]) {
        assert_eq!(describe_trust(&judged(statements)), want, "{statements}");
    }

    fn allow(principal: &str, condition: &str) -> String {
        format!(
            r#"{{"Effect":"Allow","Action":"sts:*","Principal":{principal},"Condition":{condition}}}"#
        )
    }

    #[test]
    fn what_is_open_is_said_as_it_is() {
        let star = r#"{"AWS":"*"}"#;
        let tag = allow(star, r#"{"StringEquals":{"aws:PrincipalTag/team":"blue"}}"#);
        let met = "on a condition that strangers can meet: aws:PrincipalTag/team is blue";
        check(&tag, &[&format!("anybody in any AWS account may take it, {met}")]);
        let open = allow(star, "{}");
        for both in [format!("{open},{tag}"), format!("{tag},{open}"), open] {
            check(&both, &["anybody in any AWS account may take it, without a condition"]);
        }
        // A denial binds it after all, in a way that strangers can meet.
        let denied = r#"{"Effect":"Deny","Principal":"*","Action":"sts:*",
            "Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"blue"}}}"#;
        let bound = describe_trust(&judged(&format!("{},{denied}", allow(star, "{}"))));
        assert!(!bound.join(" ").contains("without a condition"), "{bound:?}");
        let by = |key: &str| format!(r#"{{"StringEquals":{{"{key}":"o-exampleorgid"}}}}"#);
        let within = "may take it within your organization only: o-exampleorgid";
        check(&allow(star, &by("aws:PrincipalOrgID")), &[&format!("accounts {within}")]);
        let service = r#"{"Service":"config.amazonaws.com"}"#;
        let named = "AWS service may take it: config.amazonaws.com";
        check(&allow(service, &by("aws:SourceOrgID")), &[&format!("services {within}"), named]);
        let id = r#"{"AWS":"AIDAEXAMPLEEXAMPLE001"}"#;
        let line = "an identity of an account that is not known may take it: AIDAEXAMPLEEXAMPLE001";
        check(&allow(id, "{}"), &[line]);
        let outside = r#"{"Service":"rolesanywhere.amazonaws.com"}"#;
        let machines =
            "a service may hand it to machines outside of AWS: rolesanywhere.amazonaws.com";
        check(&allow(outside, "{}"), &[machines]);
        let both = r#"{"Service":["lambda.amazonaws.com","ec2.amazonaws.com"]}"#;
        let named = "AWS services may take it: ec2.amazonaws.com, lambda.amazonaws.com";
        check(&allow(both, "{}"), &[named]);
        // Providers and services are not named as each other.
        let mixed = r#"{"Service":"ec2.amazonaws.com","Federated":"arn:aws:iam::111122223333:saml-provider/x"}"#;
        let lines = describe_trust(&judged(&allow(mixed, "{}"))).join("; ");
        assert_eq!(lines.matches("ec2.amazonaws.com").count(), 1, "{lines}");
        let many: Vec<String> = (0..50).map(|n| format!("\"s{n}.amazonaws.com\"")).collect();
        let many = describe_trust(&judged(&allow(
            &format!(r#"{{"Service":[{}]}}"#, many.join(",")),
            "{}",
        )));
        assert!(many.iter().any(|line| line.ends_with(" and 40 more")), "{many:?}");
    }

    #[test]
    fn what_is_asked_of_identities_of_a_provider_is_said() {
        let eks = "oidc.eks.eu-west-1.amazonaws.com/id/ABC";
        let provider = |name: &str| {
            format!(r#"{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{name}"}}"#)
        };
        let takes = |name: &str| {
            format!(
                "identities of this provider may take it: arn:aws:iam::111122223333:oidc-provider/{name}"
            )
        };
        let asked = |text: &str| format!("identities of {text}");
        let exact = format!(
            r#"{{"StringEquals":{{"{eks}:aud":"sts.amazonaws.com","{eks}:sub":"system:serviceaccount:shop:pay"}}}}"#
        );
        let line = asked(
            "oidc.eks.eu-west-1.amazonaws.com/id/abc are let in where sub is system:serviceaccount:shop:pay; aud is sts.amazonaws.com",
        );
        check(&allow(&provider(eks), &exact), &[&takes(eks), &line]);
        let github = "token.actions.githubusercontent.com";
        let like = |value: &str| format!(r#"{{"StringLike":{{"{github}:sub":{value}}}}}"#);
        let one =
            asked(&format!("{github} are let in where sub is repo:octo/app:ref:refs/heads/main"));
        check(
            &allow(&provider(github), &like(r#""repo:octo/app:ref:refs/heads/main""#)),
            &[&takes(github), &one],
        );
        let several = asked(&format!(
            "{github} are let in where sub is like repo:o/a:* or repo:o/b:* or repo:o/c:* or 1 more"
        ));
        let values = r#"["repo:o/a:*","repo:o/b:*","repo:o/c:*","repo:o/d:*"]"#;
        check(&allow(&provider(github), &like(values)), &[&takes(github), &several]);
        // What is asked in vain is said too, and that it binds nobody.
        const MET: &str = "which others than yours can meet, too";
        let all = "everybody whom this provider knows may take it: arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
        let vain = asked(&format!("{github} are let in where sub is like repo:*, {MET}"));
        check(&allow(&provider(github), &like(r#""repo:*""#)), &[all, &vain]);
        // Of another issuer nothing is asked by it.
        check(&allow(&provider(github), &exact), &[all]);
        let long = asked(&format!("{github} are let in where sub is {}…, {MET}", "x".repeat(100)));
        let shown = describe_trust(&judged(&allow(
            &provider(github),
            &like(&format!("{:?}", "x".repeat(999))),
        )));
        assert!(shown.contains(&long), "{shown:?}");
    }

    #[test]
    fn the_condition_that_keeps_strangers_out_is_said_with_what_it_leaves_open() {
        let star = r#"{"AWS":"*"}"#;
        let what = "anybody who meets its condition may take it";
        let address = r#"{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}"#;
        let from = "aws:SourceIp in 198.51.100.0/24; any account passes from such an address";
        check(&allow(star, address), &[&format!("{what}: {from}")]);
        let both = r#"{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"},
            "StringEquals":{"aws:PrincipalAccount":"111122223333"}}"#;
        let asked = "aws:PrincipalAccount is 111122223333, aws:SourceIp in 198.51.100.0/24";
        check(&allow(star, both), &[&format!("{what}: {asked}")]);
        let home =
            Home { account: Some("111122223333"), organization: None, knows: &|_| false, ids: &[] };
        let by = r#"{"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}"#;
        let text = format!(r#"{{"Statement":[{}]}}"#, allow(star, by));
        let lines = describe_trust(&Trust::of(&PolicyDocument::parse(&text).unwrap(), &home));
        let whose =
            "aws:PrincipalOrgID is o-exampleorgid; it is not known whose organization that is";
        assert!(lines.iter().any(|line| line.ends_with(whose)), "{lines:?}");
        let one = r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/deploy"}}"#;
        let is = "aws:PrincipalArn is arn:aws:iam::111122223333:role/deploy";
        check(&allow(star, one), &[&format!("{what}: {is}")]);
        let long: Vec<String> = (0..9)
            .map(|n| format!("\"arn:aws:iam::111122223333:role/{n}{}\"", "x".repeat(400)))
            .collect();
        let long = format!(r#"{{"ArnEquals":{{"aws:PrincipalArn":[{}]}}}}"#, long.join(","));
        let shown = describe_trust(&judged(&allow(star, &long))).join("");
        assert!(shown.len() < 500 && shown.ends_with("… or 6 more"), "{shown}");
    }

    #[test]
    fn who_may_change_the_policy_of_a_key_administers_it() {
        let lines = |action: &str| {
            let statement = format!(r#"{{"Effect":"Allow","Principal":"*","Action":"{action}"}}"#);
            let text = format!(r#"{{"Statement":[{statement}]}}"#);
            let account = Some("111122223333");
            let home = Home { account, organization: None, knows: &|_| false, ids: &[] };
            describe_trust(&Trust::of_key(PolicyDocument::parse(&text).unwrap(), &home))
        };
        let all = "anybody in any AWS account may use and administer the key, without a condition";
        assert_eq!(lines("kms:*"), [all]);
        assert!(lines("kms:Decrypt").iter().any(|line| line.contains("account may use the key")));
    }

    #[test]
    fn what_was_not_read_is_said() {
        let many = vec![allow(r#"{"AWS":"111122223333"}"#, "{}"); STATEMENTS_MAX + 1].join(",");
        check(&many, &["anybody, as far as is known: only 2000 statements were read"]);
    }
}
