//! Trust policies made by chance.

use serde_json::{Map, Value, json};

pub(super) const OWN_ACCOUNT: &str = "111122223333";
pub(super) const OWN_ORGANIZATION: &str = "o-exampleorgid";
pub(super) const OTHER_ORGANIZATION: &str = "o-othersorgid";
pub(super) const VENDOR: &str = "999988887777";

/// The same for the same seed.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % limit
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn in_a_hundred(&mut self, share: usize) -> bool {
        self.below(100) < share
    }
}

/// Keys about identities of AWS, with values of every kind: bound, half bound and free.
const CALLER: [(&str, &[&str]); 12] = [
    (
        "aws:PrincipalOrgID",
        &[
            OWN_ORGANIZATION,
            OTHER_ORGANIZATION,
            "o-*",
            "*",
            "${aws:PrincipalOrgID}",
            "${aws:ResourceOrgID}",
        ],
    ),
    (
        "aws:PrincipalOrgPaths",
        &["o-exampleorgid/*", "o-exampleorgid/r-ab12/ou-1/*", "o-*/*", "o-othersorgid/*"],
    ),
    (
        "aws:PrincipalAccount",
        &[
            OWN_ACCOUNT,
            VENDOR,
            "1*",
            "*",
            "${aws:PrincipalAccount}",
            "${aws:ResourceAccount}",
            "${aws:username}",
        ],
    ),
    (
        "aws:PrincipalArn",
        &[
            "arn:aws:iam::111122223333:role/ci",
            "arn:aws:iam::111122223333:*",
            "arn:aws:iam::*:role/ci",
            "*:role/ci",
            "arn:*:iam::111122223333:role/ci",
            "arn:aws:iam::999988887777:role/*",
            "*",
        ],
    ),
    ("aws:userid", &["AROAOURSOURSOURSOUR01:*", "AROA*:ci", "*:ci", "${aws:userid}"]),
    ("aws:username", &["ci", "c*"]),
    ("aws:PrincipalTag/team", &["blue", "bl*", "${aws:PrincipalTag/team}"]),
    ("aws:SourceIdentity", &["carol"]),
    ("sts:ExternalId", &["7f3c9a", "acme-*", "*", "${sts:ExternalId}"]),
    ("sts:RoleSessionName", &["ci", "${aws:username}"]),
    ("aws:SourceVpc", &["vpc-0ours0ours0ours0", "vpc-*"]),
    ("aws:VpcSourceIp", &["10.0.0.0/8"]),
];
const ADDRESSES: [&str; 5] =
    ["198.51.100.0/24", "0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "203.0.113.7/32"];

pub(super) const ACTIONS: &str = "token.actions.githubusercontent.com";
pub(super) const GITLAB: &str = "gitlab.com";
pub(super) const TERRAFORM: &str = "app.terraform.io";
pub(super) const SCALR: &str = "scalr.io";
pub(super) const CLUSTER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/A1B2";
pub(super) const COGNITO: &str = "cognito-identity.amazonaws.com";
pub(super) const POOL: &str = "us-east-1:0a1b2c";
pub(super) const PRIVATE: &str = "login.octo.example";
const ISSUERS: [&str; 7] = [ACTIONS, ACTIONS, GITLAB, TERRAFORM, SCALR, CLUSTER, PRIVATE];

type Claims = &'static [(&'static str, &'static [&'static str])];

const OF_ACTIONS: Claims = &[
    (
        "sub",
        &[
            "repo:octo/app:*",
            "repo:octo/*",
            "repo:octo*",
            "repo:*",
            "repo:*/app:*",
            "*",
            "repo:octo/app:ref:refs/heads/main",
            "repo:octo@*/app@*:*",
            "repository_owner:octo:*",
            "environment:live",
            "*:environment:live",
            "${token.actions.githubusercontent.com:sub}",
            "repo:oct?/app:*",
        ],
    ),
    (
        "sub",
        &[
            "repo:octo/app:*",
            "repo:octo/app:environment:live",
            "environment:live:repository_owner:octo",
        ],
    ),
    ("repository", &["octo/app", "octo/*", "*/app", "octo*", "*/*"]),
    ("repository_owner", &["octo", "octo-*", "*"]),
    (
        "job_workflow_ref",
        &[
            "octo/app/.github/workflows/deploy.yml@refs/heads/main",
            "*/.github/workflows/deploy.yml@*",
            "octo/*",
        ],
    ),
    ("aud", &["sts.amazonaws.com", "*"]),
];

/// Claims of each issuer; `octo` and similar names are ours.
fn claims(issuer: &str) -> Claims {
    match issuer {
        ACTIONS => OF_ACTIONS,
        GITLAB => &[
            (
                "sub",
                &[
                    "project_path:octo/app:ref_type:branch:ref:main",
                    "project_path:octo/*",
                    "project_path:*",
                    "project_path:octo*",
                ],
            ),
            ("aud", &["https://gitlab.com"]),
        ],
        TERRAFORM => &[
            (
                "sub",
                &[
                    "organization:octo:project:*",
                    "organization:*:project:app:*",
                    "organization:octo*",
                ],
            ),
            ("aud", &["aws.workload.identity"]),
        ],
        SCALR => &[
            ("sub", &["account:octo:environment:*", "account:*"]),
            ("aud", &["sts.amazonaws.com"]),
        ],
        CLUSTER => &[
            (
                "sub",
                &[
                    "system:serviceaccount:shop:web",
                    "system:serviceaccount:shop:*",
                    "system:serviceaccount:*:web",
                    "system:*",
                ],
            ),
            ("aud", &["sts.amazonaws.com"]),
        ],
        COGNITO => {
            &[("aud", &[POOL, "us-east-1:*"]), ("amr", &["authenticated", "unauthenticated"])]
        }
        _ => &[("sub", &["deployer", "*"]), ("aud", &["aws", "*"])],
    }
}

pub(super) fn document(chance: &mut Chance) -> Value {
    let issuer = ISSUERS[chance.below(ISSUERS.len())];
    let statements = match chance.below(10) {
        // One condition alone, so that nothing beside it hides a mistake about it.
        0..=2 => vec![allow(chance, issuer, 1)],
        3..=5 => vec![allow(chance, issuer, 0), deny(chance, issuer, 1)],
        _ => {
            let (few, some) = (chance.below(4), chance.below(4));
            let mut statements = vec![allow(chance, issuer, few), allow(chance, issuer, some)];
            if chance.in_a_hundred(60) {
                statements.push(deny(chance, issuer, 1 + few % 2));
            }
            statements
        }
    };
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Every key with every value, by every operator that fits, alone in a document: in the allow, or in a
/// deny beside an open one.
pub(super) fn each_alone() -> Vec<Value> {
    let everybody = json!({"AWS": "*"});
    let mut documents = alone(&everybody, "aws:SourceIp", &ADDRESSES);
    for (key, values) in CALLER {
        documents.extend(alone(&everybody, key, values));
    }
    for issuer in [ACTIONS, GITLAB, TERRAFORM, SCALR, CLUSTER, PRIVATE] {
        let provider = json!({"Federated": provider(issuer)});
        for (claim, values) in claims(issuer) {
            documents.extend(alone(&provider, &format!("{issuer}:{claim}"), values));
        }
    }
    documents
}

fn alone(principal: &Value, key: &str, values: &[&str]) -> Vec<Value> {
    let bases = match key {
        "aws:SourceIp" | "aws:VpcSourceIp" => [("IpAddress", "NotIpAddress"); 2],
        "aws:PrincipalArn" => [("ArnLike", "ArnNotLike"), ("StringLike", "StringNotLike")],
        _ => [("StringEquals", "StringNotEquals"), ("StringLike", "StringNotLike")],
    };
    let mut documents = Vec::new();
    for (plain, negated) in bases {
        let fits = |value: &&&str| match plain {
            // Wildcards are letters there, which nobody has.
            "StringEquals" => !value.contains(['*', '?']),
            // A text that is not an ARN fits none.
            "ArnLike" => value.matches(':').count() >= 5,
            _ => true,
        };
        for (value, before) in
            values.iter().filter(fits).flat_map(|value| BEFORE.map(|one| (value, one)))
        {
            for after in ["", "IfExists"] {
                let condition =
                    |base: &str| json!({format!("{before}{base}{after}"): {key: value}});
                let allow = json!({"Effect": "Allow", "Principal": principal, "Action": "sts:*"});
                let mut narrowed = allow.clone();
                narrowed["Condition"] = condition(plain);
                let mut deny = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:*"});
                deny["Condition"] = condition(negated);
                documents.push(json!([narrowed]));
                documents.push(json!([allow, deny]));
            }
        }
    }
    let document = |statements| json!({"Version": "2012-10-17", "Statement": statements});
    documents.into_iter().map(document).collect()
}

/// The provider as a principal.
pub(super) fn provider(issuer: &str) -> String {
    match issuer {
        COGNITO => COGNITO.to_owned(),
        issuer => format!("arn:aws:iam::111122223333:oidc-provider/{issuer}"),
    }
}

const BEFORE: [&str; 3] = ["", "ForAllValues:", "ForAnyValue:"];

fn allow(chance: &mut Chance, issuer: &str, count: usize) -> Value {
    let kind = chance.below(10);
    let mut conditions = Conditions::default();
    let (principal, action) = match kind {
        0..=4 => {
            let principal = match chance.below(8) {
                0 => json!("*"),
                1 => json!({"AWS": VENDOR}),
                2 => json!({"AWS": ["arn:aws:iam::111122223333:root", "*"]}),
                3 => json!({"AWS": "arn:aws:iam::111122223333:role/ci"}),
                _ => json!({"AWS": "*"}),
            };
            for _ in 0..count {
                conditions.caller(chance, false);
            }
            if count > 0 && chance.in_a_hundred(15) {
                conditions = Conditions::default();
                conditions.claim(chance, issuer, false);
                return conditions
                    .on(json!({"Effect": "Allow", "Principal": "*", "Action": "sts:*"}));
            }
            (principal, "sts:AssumeRole")
        }
        5..=8 => {
            for _ in 0..count {
                conditions.claim(chance, issuer, false);
            }
            (json!({"Federated": provider(issuer)}), "sts:AssumeRoleWithWebIdentity")
        }
        _ => {
            conditions.claim(chance, COGNITO, false);
            conditions.claim(chance, COGNITO, false);
            (json!({"Federated": COGNITO}), "sts:AssumeRoleWithWebIdentity")
        }
    };
    let action = if chance.in_a_hundred(20) { "sts:*" } else { action };
    conditions.on(json!({"Effect": "Allow", "Principal": principal, "Action": action}))
}

fn deny(chance: &mut Chance, issuer: &str, count: usize) -> Value {
    let action = chance.one(&["sts:*", "sts:*", "sts:AssumeRole", "sts:AssumeRoleWith*"]);
    let mut conditions = Conditions::default();
    let mut statement = json!({"Effect": "Deny", "Action": action});
    match chance.below(12) {
        0 => statement["NotPrincipal"] = json!({"AWS": [OWN_ACCOUNT]}),
        1 => statement["NotPrincipal"] = json!({"AWS": [OWN_ACCOUNT, VENDOR]}),
        2 => statement["Principal"] = json!({"AWS": VENDOR}),
        3 => statement["Principal"] = json!("*"),
        4 | 5 => statement["Principal"] = json!({"AWS": "*"}),
        _ => statement["Principal"] = json!("*"),
    }
    if statement["Principal"] == "*" || chance.in_a_hundred(50) {
        for _ in 0..count {
            let negated = chance.in_a_hundred(85);
            if chance.in_a_hundred(60) {
                conditions.caller(chance, negated);
            } else {
                conditions.claim(chance, issuer, negated);
            }
        }
        if chance.in_a_hundred(15) {
            let truth = chance.one(&["true", "false"]);
            conditions.put("Bool", "aws:PrincipalIsAWSService", json!(truth));
        }
    }
    conditions.on(statement)
}

#[derive(Default)]
struct Conditions(Map<String, Value>);

impl Conditions {
    fn put(&mut self, operator: &str, key: &str, values: Value) {
        let keys = self.0.entry(operator).or_insert_with(|| json!({}));
        keys[key] = values;
    }

    fn on(self, mut statement: Value) -> Value {
        if !self.0.is_empty() {
            statement["Condition"] = Value::Object(self.0);
        }
        statement
    }

    fn caller(&mut self, chance: &mut Chance, negated: bool) {
        if chance.in_a_hundred(12) {
            let values = some(chance, &ADDRESSES);
            let operator = if negated { "NotIpAddress" } else { "IpAddress" };
            return self.put(operator, "aws:SourceIp", values);
        }
        let (key, values) = CALLER[chance.below(CALLER.len())];
        let values = some(chance, values);
        let base = match (key, negated) {
            ("aws:VpcSourceIp", false) => "IpAddress",
            ("aws:VpcSourceIp", true) => "NotIpAddress",
            ("aws:PrincipalArn", false) => chance.one(&["ArnLike", "StringLike", "ArnEquals"]),
            ("aws:PrincipalArn", true) => chance.one(&["ArnNotLike", "StringNotLike"]),
            (_, negated) => text_operator(chance, &values, negated),
        };
        self.modified(chance, base, key, values);
    }

    fn claim(&mut self, chance: &mut Chance, issuer: &str, negated: bool) {
        let of_issuer = claims(issuer);
        let (claim, values) = of_issuer[chance.below(of_issuer.len())];
        let values = some(chance, values);
        let base = text_operator(chance, &values, negated);
        self.modified(chance, base, &format!("{issuer}:{claim}"), values);
    }

    fn modified(&mut self, chance: &mut Chance, base: &str, key: &str, values: Value) {
        let operator = match chance.below(20) {
            0 | 1 => format!("{base}IfExists"),
            2 | 3 => format!("ForAllValues:{base}"),
            4 | 5 => format!("ForAnyValue:{base}"),
            _ => base.to_owned(),
        };
        self.put(&operator, key, values);
    }
}

fn text_operator(chance: &mut Chance, values: &Value, negated: bool) -> &'static str {
    let wild = values.to_string().contains(['*', '?']);
    match (negated, wild || chance.in_a_hundred(20)) {
        (false, false) => chance.one(&["StringEquals", "StringEquals", "StringEqualsIgnoreCase"]),
        (false, true) => "StringLike",
        (true, false) => "StringNotEquals",
        (true, true) => "StringNotLike",
    }
}

fn some(chance: &mut Chance, of: &[&str]) -> Value {
    let first = chance.one(of);
    if chance.in_a_hundred(80) { json!(first) } else { json!([first, chance.one(of)]) }
}
