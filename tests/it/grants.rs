//! What a document grants, compared with IAM's own evaluation, request by request.
//!
//! The other judge shares no code with the product: it parses a document itself, and answers for single requests, by
//! single callers, on resources with common names. A word is granted where half of these resources are. The product
//! must never say less.

use std::collections::BTreeMap;

use iam_responder::iam::policy::{Grants, PolicyDocument};
use serde_json::{Value, json};

const DOCUMENTS: usize = 1_000;
const OWN: &str = "111122223333";
const WORDS: [&str; 5] = ["admin", "iam-write", "pass-role-any", "assume-any", "credentials-any"];

/// Why the product may say less than the other judge. Nothing.
const EXPLAINED: [(&str, &str); 0] = [];

/// Names that people give.
const NAMES: [&str; 18] = [
    "Admin",
    "OrganizationAccountAccessRole",
    "deploy-production",
    "ci",
    "BackupOperator",
    "lambda-basic-execution",
    "service-role/codebuild-web",
    "team/data/Worker",
    "Zabbix",
    "k8s-node.group",
    "VaultUnsealer",
    "hr.export@example.com",
    "GitHubActions",
    "terraform",
    "Payments",
    "nightly-report",
    "support/ReadOnly",
    "yard",
];

type Context = BTreeMap<String, Vec<String>>;

#[test]
fn nothing_is_granted_that_goes_unsaid() {
    let (mut missed, mut hidden, mut granted, mut more) = (Vec::new(), Vec::new(), 0, 0);
    let mut seed = Seed(20_261_126);
    for _ in 0..DOCUMENTS {
        let document = document(&mut seed);
        let text = document.to_string();
        let said = Grants::of(&PolicyDocument::parse(&text).unwrap(), Some(OWN));
        let of_callers: Vec<_> = callers().iter().map(|caller| words(&document, caller)).collect();
        for word in WORDS {
            if EXPLAINED.iter().any(|(known, part)| *known == word && text.contains(part)) {
                continue;
            }
            let given = of_callers.iter().any(|words| words[word] != Given::Never);
            let always = of_callers.iter().all(|words| words[word] == Given::Freely);
            match (given, said.all.contains(word)) {
                (true, false) => missed.push(format!("{word}: {text}")),
                (false, true) => more += 1,
                _ => granted += usize::from(given),
            }
            if always && !said.unconditional.contains(word) {
                hidden.push(format!("{word}: {text}"));
            }
        }
    }
    assert!(missed.is_empty(), "{} missed\n{}", missed.len(), missed.join("\n"));
    assert!(hidden.is_empty(), "{} taken for guarded\n{}", hidden.len(), hidden.join("\n"));
    // It is said often, and rarely where less than half is granted, or for nobody who was asked.
    assert!(granted > DOCUMENTS && more * 4 < granted, "{granted} granted, {more} said besides");
}

#[test]
fn an_allow_takes_nothing_away_and_a_deny_gives_nothing() {
    let said = |statements: &[Value]| {
        let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        Grants::of(&PolicyDocument::parse(&text).unwrap(), Some(OWN)).all
    };
    let mut seed = Seed(20_261_127);
    for _ in 0..DOCUMENTS / 4 {
        let mut statements = document(&mut seed)["Statement"].as_array().unwrap().clone();
        let without = said(&statements);
        let more = statement(&mut seed);
        statements.push(more.clone());
        let with = said(&statements);
        let (less, more) =
            if more["Effect"] == "Allow" { (without, with) } else { (with, without) };
        assert!(less.is_subset(&more), "{:?} by {statements:?}", less.difference(&more));
    }
}

#[test]
fn a_document_in_two_pieces_gives_together_what_it_gives_as_a_whole() {
    let parse = |version: &Value, statements: &[&Value]| {
        let text = json!({"Version": version, "Statement": statements}).to_string();
        PolicyDocument::parse(&text).unwrap()
    };
    let (mut seed, mut more) = (Seed(20_261_128), 0);
    for _ in 0..DOCUMENTS / 2 {
        let document = document(&mut seed);
        let statements = document["Statement"].as_array().unwrap();
        let (one, two): (Vec<&Value>, Vec<&Value>) =
            statements.iter().partition(|_| seed.below(2) == 0);
        let pieces = [parse(&document["Version"], &one), parse(&document["Version"], &two)];
        let granted = |document: &PolicyDocument| Grants::of(document, Some(OWN));
        let whole = granted(&parse(&document["Version"], &statements.iter().collect::<Vec<_>>()));
        let joined = granted(&PolicyDocument::joined(&pieces));
        assert_eq!(joined, whole, "{document}");
        let [one, two] = pieces.each_ref().map(granted);
        more += usize::from(!whole.beyond(&[&one, &two]).is_empty());
    }
    // Some are administrators by both pieces only.
    assert!(more >= 5, "{more}");
}

// The other judge.

/// All callers that a right may depend on: without anything, with a second factor, with a tag.
fn callers() -> Vec<Context> {
    let common = |arn: &str, id: &str| {
        let pairs = [
            ("aws:principalarn", arn),
            ("aws:userid", id),
            ("aws:principalaccount", OWN),
            ("aws:resourceaccount", OWN),
            ("aws:requestedregion", "us-east-1"),
            ("aws:securetransport", "true"),
            ("aws:viaawsservice", "false"),
            ("aws:currenttime", "2026-11-26T12:00:00Z"),
        ];
        let owned = |(key, value): (&str, &str)| (key.to_owned(), vec![value.to_owned()]);
        pairs.into_iter().map(owned).collect::<Context>()
    };
    let with = |mut caller: Context, pairs: &[(&str, &str)]| {
        for (key, value) in pairs {
            caller.insert((*key).to_owned(), vec![(*value).to_owned()]);
        }
        caller
    };
    let user = || common("arn:aws:iam::111122223333:user/alice", "AIDAALICE");
    let role = || common("arn:aws:iam::111122223333:role/Dev", "AROADEV:alice");
    vec![
        with(user(), &[("aws:username", "alice"), ("aws:sourceip", "203.0.113.9")]),
        with(role(), &[("aws:multifactorauthpresent", "false"), ("aws:sourceip", "198.51.100.7")]),
        with(
            user(),
            &[
                ("aws:username", "alice"),
                ("aws:multifactorauthpresent", "true"),
                ("aws:sourceip", "10.1.2.3"),
                ("aws:principaltag/team", "core"),
                ("aws:principalorgid", "o-own"),
            ],
        ),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Given {
    Never,
    /// To one service that a role may be passed to, and not to another.
    Partly,
    Freely,
}

fn words(document: &Value, caller: &Context) -> BTreeMap<&'static str, Given> {
    let any = |action: &str, kind: &str| any(document, caller, action, kind);
    let over_rights = [
        any("iam:AttachUserPolicy", "user"),
        any("iam:AttachRolePolicy", "role"),
        any("iam:PutUserPolicy", "user"),
        any("iam:PutRolePolicy", "role"),
        any("iam:CreatePolicyVersion", "policy"),
        any("iam:UpdateAssumeRolePolicy", "role"),
    ];
    let others = [
        any("iam:PutGroupPolicy", "group"),
        any("iam:AddUserToGroup", "group"),
        any("iam:SetDefaultPolicyVersion", "policy"),
        any("iam:DetachRolePolicy", "role"),
        any("iam:DeleteUserPermissionsBoundary", "user"),
    ];
    let credentials = [
        any("iam:CreateAccessKey", "user"),
        any("iam:UpdateLoginProfile", "user"),
        any("iam:ResetServiceSpecificCredential", "user"),
    ];
    let found = [
        over_rights.into_iter().min(),
        over_rights.into_iter().chain(others).max(),
        Some(any("iam:PassRole", "role")),
        Some(any("sts:AssumeRole", "role")),
        credentials.into_iter().max(),
    ];
    WORDS.into_iter().zip(found.into_iter().flatten()).collect()
}

/// Is the action allowed on half of the resources?
fn any(document: &Value, caller: &Context, action: &str, kind: &str) -> Given {
    let half = |caller: &Context| {
        let applying = applying(document, action, caller);
        let allowed = |name: &&&str| {
            let resource = format!("arn:aws:iam::{OWN}:{kind}/{name}");
            let reached = |effect: &str| {
                let mut statements = applying.iter().filter(|one| one["Effect"] == effect);
                statements.any(|statement| reaches(document, statement, &resource, caller))
            };
            reached("Allow") && !reached("Deny")
        };
        !applying.is_empty() && NAMES.iter().filter(allowed).count() * 2 >= NAMES.len()
    };
    let to = |service: &str| {
        let mut caller = caller.clone();
        caller.insert("iam:passedtoservice".to_owned(), vec![service.to_owned()]);
        half(&caller)
    };
    let answers = match action {
        "iam:PassRole" => [to("ec2.amazonaws.com"), to("lambda.amazonaws.com")],
        _ => [half(caller); 2],
    };
    match answers {
        [true, true] => Given::Freely,
        [false, false] => Given::Never,
        _ => Given::Partly,
    }
}

/// The statements that apply to an action of a caller, for any resource. Empty if none allows it.
fn applying<'d>(document: &'d Value, action: &str, caller: &Context) -> Vec<&'d Value> {
    let names = |pattern: &str| wild(&pattern.to_lowercase(), &action.to_lowercase());
    let statements = document["Statement"].as_array().unwrap();
    let applying: Vec<&Value> = statements
        .iter()
        .filter(|statement| clause(statement, "Action", names) && conditions(statement, caller))
        .collect();
    match applying.iter().any(|statement| statement["Effect"] == "Allow") {
        true => applying,
        false => Vec::new(),
    }
}

fn reaches(document: &Value, statement: &Value, resource: &str, caller: &Context) -> bool {
    let variables = document["Version"] == "2012-10-17";
    let exception = statement.get("NotResource").is_some();
    let grants = (statement["Effect"] == "Allow") != exception;
    clause(statement, "Resource", |pattern| fits(pattern, resource, caller, variables, grants))
}

fn clause(statement: &Value, name: &str, fits: impl Fn(&str) -> bool) -> bool {
    match statement.get(name) {
        Some(patterns) => texts(patterns).iter().any(|pattern| fits(pattern)),
        None => !texts(&statement[format!("Not{name}")]).iter().any(|pattern| fits(pattern)),
    }
}

/// `grants`: what fits is granted, or spared by a denial; there a variable counts also where AWS does
/// not document one.
fn fits(pattern: &str, text: &str, caller: &Context, variables: bool, grants: bool) -> bool {
    if !variables {
        return wild(pattern, text);
    }
    let mut read = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        read += before;
        let documented = read.matches(':').count() >= 5;
        let (variable, after) = after.split_once('}').unwrap();
        let (key, default) = variable.split_once(", ").unwrap_or((variable, ""));
        let value = caller.get(&key.to_lowercase()).map(|values| values[0].clone());
        let default =
            Some(default.trim_matches('\'').to_owned()).filter(|_| variable.contains(','));
        match value.or(default).filter(|_| documented || grants) {
            Some(value) => read += &value,
            None => return false,
        }
        rest = after;
    }
    read += rest;
    wild(&read, text)
}

fn conditions(statement: &Value, caller: &Context) -> bool {
    let Some(block) = statement.get("Condition").and_then(Value::as_object) else { return true };
    block.iter().all(|(operator, keys)| {
        keys.as_object().unwrap().iter().all(|(key, values)| {
            let found = caller.get(&key.to_lowercase()).cloned().unwrap_or_default();
            holds(operator, &found, &texts(values), caller)
        })
    })
}

fn holds(operator: &str, found: &[String], values: &[String], caller: &Context) -> bool {
    if operator == "Null" {
        return found.is_empty() == (values[0] == "true");
    }
    if let Some(plain) = operator.strip_prefix("ForAllValues:") {
        return found.iter().all(|one| holds(plain, std::slice::from_ref(one), values, caller));
    }
    if let Some(plain) = operator.strip_suffix("IfExists") {
        return found.is_empty() || holds(plain, found, values, caller);
    }
    let negated = operator.contains("Not");
    let Some(found) = found.first() else { return negated };
    let matches = values.iter().any(|value| match operator.replace("Not", "").as_str() {
        "StringEquals" => fits_exactly(value, found, caller),
        "StringLike" | "ArnLike" | "ArnEquals" => fits(value, found, caller, true, true),
        "Bool" => value == found,
        "IpAddress" => match value.as_str() {
            "0.0.0.0/0" => true,
            // The one net that is generated.
            _ => found.starts_with("10."),
        },
        "DateGreaterThan" => found > value,
        other => panic!("{other}"),
    });
    matches != negated
}

fn fits_exactly(value: &str, found: &str, caller: &Context) -> bool {
    let inner = value.strip_prefix("${").and_then(|inner| inner.strip_suffix('}'));
    match inner {
        Some(key) => caller.get(&key.to_lowercase()).is_some_and(|own| own[0] == found),
        None => value == found,
    }
}

/// `*` and `?`, by trying everything.
fn wild(pattern: &str, text: &str) -> bool {
    fn tried(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => (0..=text.len()).any(|taken| tried(rest, &text[taken..])),
            ([wanted, rest @ ..], [found, left @ ..]) if *wanted == b'?' || wanted == found => {
                tried(rest, left)
            }
            _ => false,
        }
    }
    tried(pattern.as_bytes(), text.as_bytes())
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}

// Documents, as people and attackers write them.

struct Seed(u64);

impl Seed {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(end).unwrap()).unwrap()
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    fn some<'a>(&mut self, choices: &[&'a str]) -> Vec<&'a str> {
        (0..=self.below(3)).map(|_| self.of(choices)).collect()
    }
}

fn document(seed: &mut Seed) -> Value {
    let statements: Vec<Value> = (0..=seed.below(4)).map(|_| statement(seed)).collect();
    let version = seed.of(&["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17"]);
    json!({"Version": version, "Statement": statements})
}

fn statement(seed: &mut Seed) -> Value {
    let deny = seed.below(3) == 0;
    let mut statement = json!({"Effect": if deny { "Deny" } else { "Allow" }});
    let (wide, narrow): (&[&str], &[&str]) = (
        &[
            "*",
            "iam:*",
            "*:*",
            "iam:?*",
            "i*",
            "sts:*",
            "iam:P*",
            "iam:A*",
            "iam:*Policy*",
            "iam:*Role*",
        ],
        &[
            "iam:PassRole",
            "iam:passrole",
            "sts:AssumeRole",
            "iam:Create*",
            "iam:CreateAccessKey",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateLoginProfile",
            "iam:AttachUserPolicy",
            "iam:SetDefaultPolicyVersion",
            "iam:AddUserToGroup",
            "s3:*",
            "iam:Get*",
        ],
    );
    match seed.below(6) {
        0 => statement["NotAction"] = json!(seed.some(narrow)),
        1 | 2 => statement["Action"] = json!(seed.some(wide)),
        3 => statement["Action"] = json!(seed.of(wide)),
        _ => statement["Action"] = json!(seed.some(narrow)),
    }
    match seed.below(8) {
        0 => statement["NotResource"] = json!(resources(seed, deny)),
        1..=3 => statement["Resource"] = json!("*"),
        _ => statement["Resource"] = json!(resources(seed, deny)),
    }
    if seed.below(3) == 0 {
        statement["Condition"] = condition(seed);
    }
    statement
}

fn resources(seed: &mut Seed, deny: bool) -> Vec<String> {
    let account =
        seed.of(&["*", OWN, "1111*", "${aws:PrincipalAccount}", "999988887777", "????????????"]);
    let kind = seed.of(&["role", "role", "user", "policy", "group", "*", "r*", "*e"]);
    let arn = |name: &str| format!("arn:aws:iam::{account}:{kind}/{name}");
    let letters = || (b'a'..=b'z').chain(b'A'..=b'Z').map(char::from);
    match seed.below(12) {
        0 => vec![format!("arn:aws:iam::{account}:*")],
        1 | 2 => vec![arn("*")],
        3 => vec![arn(seed.of(&["??*", "?*", "*?", "*/*", "*-*", "???????????*"]))],
        4 => letters().map(|first| arn(&format!("{first}*"))).collect(),
        5 => letters()
            .filter(|first| first.is_ascii_uppercase())
            .map(|first| arn(&format!("{first}*")))
            .collect(),
        6 => (1..40).map(|length| arn(&"?".repeat(length))).collect(),
        7 => vec![format!("*:{kind}/*")],
        8 => seed
            .some(&["app-*", "app/*", "Admin", "ci", "*Operator", "web*"])
            .iter()
            .map(|name| arn(name))
            .collect(),
        9 => vec![arn(seed.of(&[
            "${aws:username}",
            "*/${aws:username}",
            "team-${aws:username}",
            "${aws:PrincipalTag/team}*",
            "${aws:PrincipalTag/team, '*'}",
        ]))],
        10 => vec![
            seed.of(&[
                "arn:aws:s3:::*",
                "arn:*",
                "arn:aws:*",
                "arn:aws:iam::*",
                "arn:*:*:*:*:*",
                "arn:*zz*",
            ])
            .to_owned(),
        ],
        // All but a few.
        _ if deny => vec![arn("app-*"), arn("Admin"), arn("z*")],
        _ => vec![arn("a*"), arn("b*"), arn("*"), arn("z*")],
    }
}

fn condition(seed: &mut Seed) -> Value {
    let conditions = [
        json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
        json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
        json!({"Bool": {"aws:SecureTransport": "true"}}),
        json!({"Bool": {"aws:SecureTransport": "false"}}),
        json!({"Bool": {"aws:ViaAWSService": "false"}}),
        json!({"Null": {"aws:RequestTag/x": "true"}}),
        json!({"Null": {"aws:MultiFactorAuthAge": "false"}}),
        json!({"Null": {"aws:PrincipalArn": "false"}}),
        json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
        json!({"ForAllValues:StringLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/Dev"]}}),
        json!({"StringEqualsIfExists": {"ec2:Region": "eu-west-1"}}),
        json!({"StringEquals": {"ec2:Region": "eu-west-1"}}),
        json!({"StringNotEquals": {"aws:PrincipalTag/team": "core"}}),
        json!({"StringEquals": {"aws:PrincipalTag/team": "core"}}),
        json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-own"}}),
        json!({"StringEquals": {"aws:PrincipalArn": "${aws:PrincipalArn}"}}),
        json!({"StringEquals": {"aws:PrincipalAccount": OWN}}),
        json!({"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}),
        json!({"StringNotEquals": {"aws:PrincipalAccount": "999988887777"}}),
        json!({"StringLike": {"aws:PrincipalArn": "*"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:*"}}),
        json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Dev"}}),
        json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}),
        json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        json!({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
        json!({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
        json!({"StringEqualsIfExists": {"iam:PassedToService": "lambda.amazonaws.com"}}),
        json!({"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}),
    ];
    conditions[seed.below(conditions.len())].clone()
}
