//! Whom the policy of a key, a secret, a bucket or another resource lets in: the question of a role's trust, asked of
//! what a service does with the resource.
//!
//! Sources: <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html>

use std::collections::BTreeSet;

use super::Home;
use super::judge::{Of, Trust};
use super::shut;
use super::word::TrustWord;
use crate::iam::arn::ArnPattern;
use crate::iam::policy::{
    Clause, Condition, PolicyDocument, PrincipalEntry, PrincipalKey, Statement, glob,
};

/// Actions that are worth something to a stranger: using the key, or taking it from its owner. Reading about it is
/// not.
const USES: [&str; 18] = [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DeleteImportedKeyMaterial",
    "kms:DeriveSharedSecret",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GenerateMac",
    "kms:ImportKeyMaterial",
    "kms:PutKeyPolicy",
    "kms:ReEncryptFrom",
    "kms:ReplicateKey",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:Sign",
    "kms:UpdatePrimaryRegion",
];
/// All of these count as this one way in.
const DOOR: &str = "sts:AssumeRole";
/// Words for strangers.
const STRANGERS: [TrustWord; 2] = [TrustWord::Anyone, TrustWord::ExternalAccount];
/// A service that reads on behalf of anybody: unless a condition limits that, its name lets everybody in.
const FOR_EVERYBODY: &str = "cloudfront.amazonaws.com";
/// Stands in the place of an account in the name of an origin access identity.
const ORIGIN_ACCESS: &str = "cloudfront";
/// Keys about the place of a call, or a unique ID: strangers have their own.
const ANYBODY_S: [&str; 9] = [
    "aws:Ec2InstanceSourceVPC",
    "aws:SourceIp",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:userid",
];
/// Most comparisons of an `Allow` with a `Deny`. Beyond it no `Deny` counts.
const COMPARISONS_MAX: usize = 200_000;
/// Accounts in which load balancers write their logs, and one of bills: all are AWS's.
/// Source: <https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/enable-access-logs.html>
const OF_AWS: [&str; 27] = [
    "009996457667",
    "027434742980",
    "033677994240",
    "037604701340",
    "048591011584",
    "054676820928",
    "076674570225",
    "098369216593",
    "114774131450",
    "127311923021",
    "156460612806",
    "190560391635",
    "383597477331",
    "386209384616",
    "507241528517",
    "582318560864",
    "589379963580",
    "600734575887",
    "635631232127",
    "638102146993",
    "652711504416",
    "718504428378",
    "754344448648",
    "783225319266",
    "797873946194",
    "897822967062",
    "985666609251",
];

impl Trust {
    /// Judges the policy of a key. An `Allow` opens it if it is of any use, a `Deny` closes it only if it covers
    /// every use.
    #[must_use]
    pub(crate) fn of_key(mut document: PolicyDocument, home: &Home<'_>) -> Self {
        let shut = shut::key(&document, home);
        let mut trust = Self::of_grant(document.clone(), home).shutting(shut);
        let (open, others) = trust.separated(&document, |one| Self::of_grant(one, home));
        trust.administered = open.iter().any(|one| one.actions.names_action(shut::ADMINISTERS));
        document.statements = others;
        trust.others_remain = !document.statements.is_empty() && !shut::key(&document, home);
        trust
    }

    /// Judges the same of a grant: it lets in beside the policy of the key.
    #[must_use]
    pub(crate) fn of_grant(mut document: PolicyDocument, home: &Home<'_>) -> Self {
        document.statements.retain(|statement| {
            let named = |action: &&str| statement.actions.names_action(action);
            match statement.allow {
                true => USES.iter().any(named),
                false => USES.iter().all(named),
            }
        });
        Self::by_the_door(Of::Key, document, home)
    }

    /// Judges the policy of another resource. An `Allow` opens it; a `Deny` closes it only if it covers all that
    /// strangers are allowed.
    #[must_use]
    pub(crate) fn of_resource(mut document: PolicyDocument, home: &Home<'_>) -> Self {
        let shut = shut::resource(&document, home);
        let knows = |account: &str| OF_AWS.contains(&account) || (home.knows)(account);
        let home = &Home { knows: &knows, ..*home };
        document.statements.iter_mut().filter(|one| one.allow).for_each(name_for_whom);
        let opened = Opened::of(&document, home);
        let whole = document.clone();
        document.statements.retain(|statement| statement.allow || opened.is_within(statement));
        let mut trust = Self::by_the_door(Of::Resource, document, home).shutting(shut);
        let (_, others) = trust.separated(&whole, |one| Self::by_the_door(Of::Resource, one, home));
        trust.others_remain = !others.is_empty();
        trust
    }

    fn shutting(mut self, shut: bool) -> Self {
        self.words.extend(shut.then_some(TrustWord::ShutsOut));
        self
    }

    /// Does it let in anybody who is not known to belong to this account or organization?
    #[must_use]
    pub(crate) fn lets_strangers_in(&self) -> bool {
        STRANGERS.iter().any(|word| self.has(*word))
    }

    fn by_the_door(of: Of, mut document: PolicyDocument, home: &Home<'_>) -> Self {
        let door = || Clause { negated: false, patterns: vec![DOOR.to_ascii_lowercase()] };
        for statement in &mut document.statements {
            statement.actions = door();
            let strange = statement.conditions.iter_mut().filter(|one| may_be_strangers(one, home));
            strange.for_each(|condition| condition.key.clear());
        }
        let mut trust = Self { of, ..Self::by_doors(&document, home) };
        // Resource policies need none.
        trust.words.remove(&TrustWord::NoExternalId);
        // The star is the own account where `kms:CallerAccount` or `aws:PrincipalAccount` says so. Through which service a
        // call comes is the caller's choice: `kms:ViaService` alone binds nobody.
        if trust.own_alone && trust.words.remove(&TrustWord::AnyoneConditioned) {
            trust.words.insert(TrustWord::OwnAccount);
        }
        trust
    }
}

/// A service that reads for everybody is everybody, unless a condition says for whom. So is a provider of identities
/// that all customers share: sessions of any account come by it. An origin access identity is left out: its owner is
/// unknown, and each site older than August 2022 has one.
fn name_for_whom(statement: &mut Statement) {
    if statement.principals.negated {
        return;
    }
    let entries = &mut statement.principals.entries;
    entries.retain(|one| ArnPattern::split(&one.value).account() != Some(ORIGIN_ACCESS));
    for one in entries {
        match one.key {
            PrincipalKey::Federated if ArnPattern::split(&one.value).is_arn() => {
                one.key = PrincipalKey::Aws;
            }
            PrincipalKey::Federated => *one = PrincipalEntry::everybody(),
            PrincipalKey::Service if one.value.eq_ignore_ascii_case(FOR_EVERYBODY) => {
                *one = PrincipalEntry::everybody();
            }
            _ => {}
        }
    }
}

/// Does the condition require a network or a unique ID whose owner is unknown? A role requires more than that; a
/// resource may require nothing else.
fn may_be_strangers(condition: &Condition, home: &Home<'_>) -> bool {
    let at_home = |value: &String| {
        let pattern = ArnPattern::split(value);
        let owner = match pattern.is_arn() {
            true => pattern.account(),
            false => value.split([':', '/']).next(),
        };
        value.starts_with("${aws:Resource")
            || (owner.is_some() && [home.account, home.organization].contains(&owner))
    };
    ANYBODY_S.iter().any(|key| condition.key.eq_ignore_ascii_case(key))
        && !condition.values.iter().all(at_home)
}

/// Actions and resources that are allowed to strangers, before denies.
#[derive(Default)]
struct Opened {
    actions: BTreeSet<String>,
    resources: BTreeSet<String>,
}

impl Opened {
    fn of(document: &PolicyDocument, home: &Home<'_>) -> Self {
        let mut opened = Self::default();
        for statement in document.statements.iter().filter(|statement| statement.allow) {
            let alone = document.alone(statement);
            if Trust::by_the_door(Of::Resource, alone, home).lets_strangers_in() {
                opened.actions.extend(all(&statement.actions));
                opened.resources.extend(all(&statement.resources));
            }
        }
        opened
    }

    /// Is all of it denied by this statement?
    fn is_within(&self, deny: &Statement) -> bool {
        within(&self.actions, &deny.actions) && within(&self.resources, &deny.resources)
    }
}

/// The patterns of a clause. Everything, for a negated clause.
fn all(clause: &Clause) -> Vec<String> {
    match clause.negated {
        true => vec!["*".to_owned()],
        false => clause.patterns.clone(),
    }
}

/// Is each pattern narrower than one of the clause? A star also covers stars, a question mark does not.
fn within(patterns: &BTreeSet<String>, clause: &Clause) -> bool {
    let wider: Vec<&String> = clause.patterns.iter().filter(|one| !one.contains('?')).collect();
    let covered = |pattern: &String| wider.iter().any(|wider| glob(wider, pattern));
    !clause.negated
        && patterns.len().saturating_mul(wider.len()) <= COMPARISONS_MAX
        && patterns.iter().all(covered)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*"}"#;

    #[track_caller]
    fn check(statement: &str, want: &[&str]) {
        let text = format!(r#"{{"Statement":[{OWN},{statement}]}}"#);
        let document = PolicyDocument::parse(&text).unwrap();
        let knows = |account: &str| account == "444455556666";
        let home = Home {
            account: Some("111122223333"),
            organization: Some("o-exampleorgid"),
            knows: &knows,
            ids: &[],
        };
        let trust = Trust::of_key(document, &home);
        let words: Vec<&str> = trust.words.iter().map(|word| word.word()).collect();
        assert_eq!(words, want, "{statement}");
    }

    fn allow(principal: &str, action: &str, condition: &str) -> String {
        format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"{action}","Condition":{{{condition}}}}}"#
        )
    }

    #[test]
    fn strangers_come_by_any_use_they_are_given() {
        let foreign = r#"{"AWS":["arn:aws:iam::999988887777:role/x"]}"#;
        check(&allow(foreign, "kms:Decrypt", ""), &["external-account", "own-account"]);
        check(&allow(foreign, "kms:*Grant", ""), &["external-account", "own-account"]);
        check(&allow(foreign, "kms:DescribeKey", ""), &["own-account"]);
        check(&allow(foreign, "s3:*", ""), &["own-account"]);
        check(
            &allow(r#"{"AWS":"444455556666"}"#, "kms:*", ""),
            &["account-root", "known-account", "own-account"],
        );
        let but = format!(
            r#"{{"Effect":"Allow","Principal":{foreign},"NotAction":"kms:ScheduleKeyDeletion"}}"#
        );
        check(&but, &["external-account", "own-account"]);
    }

    #[test]
    fn a_star_is_everybody_unless_the_caller_s_account_is_fixed() {
        let own = r#""StringEquals":{"kms:CallerAccount":"111122223333"}"#;
        let via = r#""StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}"#;
        check(&allow("\"*\"", "kms:*", ""), &["anyone", "own-account"]);
        check(&allow(r#"{"AWS":"*"}"#, "kms:*", via), &["anyone", "own-account"]);
        check(&allow(r#"{"AWS":"*"}"#, "kms:*", own), &["own-account"]);
        let both = r#""StringEquals":{"kms:CallerAccount":"111122223333","kms:ViaService":"s3.eu-west-1.amazonaws.com"}"#;
        check(&allow(r#"{"AWS":"*"}"#, "kms:*", both), &["own-account"]);
        let theirs = own.replace("111122223333", "999988887777");
        let foreign = ["anyone-conditioned", "external-account", "own-account"];
        check(&allow(r#"{"AWS":"*"}"#, "kms:*", &theirs), &foreign);
        let wide = r#""StringLike":{"kms:CallerAccount":"1111*"}"#;
        check(&allow(r#"{"AWS":"*"}"#, "kms:*", wide), &["anyone", "own-account"]);
        let perhaps = own.replace("StringEquals", "StringNotEquals");
        check(&allow(r#"{"AWS":"*"}"#, "kms:*", &perhaps), &["anyone", "own-account"]);
        // Beside a statement that somebody else may meet it is not the own account alone.
        let other = r#""StringEquals":{"kms:CallerAccount":"444455556666"}"#;
        for pair in [[own, other], [other, own]] {
            let [one, two] = pair.map(|block| allow(r#"{"AWS":"*"}"#, "kms:*", block));
            check(&format!("{one},{two}"), &["anyone-conditioned", "own-account"]);
        }
        let foreign = r#""StringEquals":{"kms:CallerAccount":"999988887777"}"#;
        check(
            &allow(r#"{"AWS":"*"}"#, "kms:Decrypt", foreign),
            &["anyone-conditioned", "external-account", "own-account"],
        );
        let organization = r#""StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}"#;
        check(&allow("\"*\"", "kms:Decrypt", organization), &["own-account", "own-organization"]);
    }

    #[test]
    fn a_deny_shuts_out_if_it_denies_every_use() {
        let deny = |action: &str| {
            format!(
                r#"{{"Effect":"Deny","Principal":"*","Action":"{action}","Condition":{{"StringNotEquals":{{"aws:PrincipalOrgID":"o-exampleorgid"}}}}}}"#
            )
        };
        let open = allow("\"*\"", "kms:*", "");
        check(&format!("{open},{}", deny("kms:Decrypt")), &["anyone", "own-account"]);
        check(&format!("{open},{}", deny("kms:*")), &["own-account", "own-organization"]);
    }

    #[track_caller]
    fn check_resource(statements: &str, want: &[&str]) {
        let document =
            PolicyDocument::parse(&format!(r#"{{"Statement":[{statements}]}}"#)).unwrap();
        let home = Home {
            account: Some("111122223333"),
            organization: Some("o-exampleorgid"),
            knows: &|_| false,
            ids: &[],
        };
        let trust = Trust::of_resource(document, &home);
        let words: Vec<&str> = trust.words.iter().map(|word| word.word()).collect();
        assert_eq!(words, want, "{statements}");
    }

    #[test]
    fn daily_policies_of_resources_let_no_stranger_in() {
        let everybody = r#"{"AWS":"*"}"#;
        let equals = |key: &str, value: &str| format!(r#""StringEquals":{{"{key}":"{value}"}}"#);
        let like = |value: &str| format!(r#""ArnLike":{{"aws:SourceArn":"{value}"}}"#);
        let fenced = ["anyone-conditioned"];
        let of_service = ["service", "service-only"];
        let owner = equals("AWS:SourceOwner", "111122223333");
        check_resource(&allow(everybody, "SNS:Publish", &owner), &fenced);
        let point = equals("s3:DataAccessPointAccount", "111122223333");
        check_resource(&allow(everybody, "*", &point), &fenced);
        let topic = like("arn:aws:sns:us-east-1:111122223333:t");
        check_resource(&allow("\"*\"", "sqs:SendMessage", &topic), &fenced);
        let bucket = like("arn:aws:s3:*:*:catalog");
        check_resource(&allow(everybody, "sqs:SendMessage", &bucket), &fenced);
        let logs = r#"{"Service":"logging.s3.amazonaws.com"}"#;
        check_resource(&allow(logs, "s3:PutObject", &like("arn:aws:s3:::catalog")), &of_service);
        let site = r#"{"Service":"cloudfront.amazonaws.com"}"#;
        let distribution = like("arn:aws:cloudfront::111122223333:distribution/E1");
        check_resource(&allow(site, "s3:GetObject", &distribution), &fenced);
        let identity =
            r#"{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}"#;
        check_resource(&allow(identity, "s3:GetObject", ""), &[]);
        let balancers = r#"{"AWS":"arn:aws:iam::127311923021:root"}"#;
        let want = ["account-root", "known-account"];
        check_resource(&allow(balancers, "s3:PutObject", ""), &want);
        let transport = r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
        check_resource(transport, &[]);
    }

    #[test]
    fn strangers_come_by_any_call_they_are_allowed() {
        let foreign = r#"{"AWS":"arn:aws:iam::999988887777:role/x"}"#;
        check_resource(&allow(foreign, "ecr:BatchGetImage", ""), &["external-account"]);
        check_resource(&allow("\"*\"", "s3:GetObject", ""), &["anyone"]);
        let site = r#"{"Service":"cloudfront.amazonaws.com"}"#;
        check_resource(&allow(site, "s3:GetObject", ""), &["anyone"]);
        let theirs = r#""StringEquals":{"aws:SourceAccount":"999988887777"}"#;
        check_resource(
            &allow(site, "s3:GetObject", theirs),
            &["anyone-conditioned", "external-account"],
        );
        let own = r#""StringEquals":{"aws:VpceAccount":"111122223333"}"#;
        check_resource(&allow("\"*\"", "*", own), &["anyone-conditioned"]);
        let provider = |value: &str| allow(&format!(r#"{{"Federated":"{value}"}}"#), "*", "");
        check_resource(&provider("cognito-identity.amazonaws.com"), &["anyone"]);
        check_resource(&provider("arn:aws:iam::111122223333:saml-provider/x"), &["own-account"]);
        check_resource(
            &provider("arn:aws:iam::999988887777:saml-provider/x"),
            &["external-account"],
        );
        for vain in [
            r#""IpAddress":{"aws:SourceIp":"203.0.113.7/32"}"#,
            r#""StringEquals":{"aws:SourceVpce":"vpce-0f1e2d3c4b5a69788"}"#,
            r#""StringEquals":{"aws:VpceAccount":"999988887777"}"#,
            r#""StringLike":{"aws:userid":"AROASTRANGERSOWN0001:*"}"#,
            r#""StringLike":{"aws:userid":"AROASTRANGERSOWN0001:111122223333"}"#,
            r#""StringLike":{"aws:Referer":"https://example.com/*"}"#,
            r#""ArnLike":{"aws:SourceArn":"arn:aws:s3:*:*:*"}"#,
            r#""StringLike":{"aws:SourceArn":"arn:aws:s3:*:*:catalog"}"#,
            r#""StringLike":{"aws:SourceOwner":"*"}"#,
        ] {
            check_resource(&allow("\"*\"", "*", vain), &["anyone"]);
        }
        let canonical = format!(r#"{{"CanonicalUser":"{}"}}"#, "0f".repeat(32));
        let want = ["external-account", "unknown-principal"];
        check_resource(&allow(&canonical, "s3:GetObject", ""), &want);
    }

    #[test]
    fn a_deny_shuts_a_resource_if_it_denies_all_that_is_open() {
        let statement = |effect: &str, action: &str, resource: &str, condition: &str| {
            format!(
                r#"{{"Effect":"{effect}","Principal":"*","Action":"{action}","Resource":"{resource}","Condition":{{{condition}}}}}"#
            )
        };
        let strangers = r#""StringNotEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}"#;
        for (action, resource, want) in [
            ("s3:*", "b/*", "own-organization"),
            ("s3:getobject", "*", "own-organization"),
            ("s3:PutObject", "b/*", "anyone"),
            ("s3:Get?bject", "b/*", "anyone"),
            ("s3:*", "b/other/*", "anyone"),
            ("s3:*", "b/?", "anyone"),
        ] {
            let open = statement("Allow", "s3:GetObject", "b/*", "");
            let shut = statement("Deny", action, resource, strangers);
            check_resource(&format!("{open},{shut}"), &[want]);
        }
        let but =
            r#"{"Effect":"Allow","Principal":"*","NotAction":"s3:PutObject","Resource":"b/*"}"#;
        let shut = |action: &str| statement("Deny", action, "b/*", strangers);
        check_resource(&format!("{but},{}", shut("s3:*")), &["anyone"]);
        check_resource(&format!("{but},{}", shut("*")), &["own-organization"]);
        // Rights of the own account need no `Deny`.
        let foreign =
            r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"b/*"}"#;
        let own = r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}"#;
        check_resource(
            &format!("{foreign},{own},{}", shut("s3:GetObject")),
            &["own-account", "own-organization"],
        );
    }

    #[test]
    fn many_patterns_beside_many_denies_cost_no_product() {
        let many = |kind: &str| {
            let list: Vec<String> = (0..20_000).map(|n| format!(r#""s3:{kind}{n}*""#)).collect();
            format!("[{}]", list.join(","))
        };
        let (open, shut) = (many("a"), many("b"));
        let text = format!(
            r#"{{"Statement":[{{"Effect":"Allow","Principal":"*","Action":{open},"Resource":"*"}},{{"Effect":"Deny","Principal":"*","Action":{shut},"Resource":"*"}}]}}"#
        );
        let document = PolicyDocument::parse(&text).unwrap();
        let began = std::time::Instant::now();
        let home = Home { account: None, organization: None, knows: &|_| false, ids: &[] };
        assert!(Trust::of_resource(document, &home).words.contains("anyone"));
        assert!(began.elapsed().as_secs() < 2, "{:?}", began.elapsed());
    }
}
