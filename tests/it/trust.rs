//! Trust policies made by chance, judged twice: by the project from the document alone, and here by
//! trying requests of strangers on the document, as IAM would.

mod documents;
mod iam;
mod strangers;

use std::{env, fs, process};

use documents::{Chance, OTHER_ORGANIZATION, OWN_ACCOUNT, OWN_ORGANIZATION, document, each_alone};
use iam_responder::iam::policy::{Home, PolicyDocument, Trust};
use serde_json::Value;

const DOCUMENTS: u64 = 800;

/// Most documents that may be judged open though no request tried here gets in. They are of few kinds:
/// - conditions that contradict each other, so that nobody meets them all;
/// - values that nobody can have, as an account of thirteen letters;
/// - denies that test keys of AWS identities on tokens, or claims on AWS identities: both are absent, so the deny
///   holds, but a stranger's role may have been taken with a token and then bears its claims;
/// - tokens from a network that is not the stranger's, who may rent a runner there.
const FALSE_ALARMS_MAX: usize = 90;

fn judge(document: &Value, organization: Option<&str>) -> Trust {
    let document = PolicyDocument::from_field(document).unwrap();
    let knows = |_: &str| false;
    let home = Home { account: Some(OWN_ACCOUNT), organization, knows: &knows, ids: &[] };
    Trust::of(&document, &home)
}

/// Can any of these get in?
fn gets_in(document: &Value, requests: &[iam::Request]) -> Option<usize> {
    requests.iter().position(|request| iam::is_allowed(document, request))
}

/// What was found of many documents.
#[derive(Default)]
struct Found {
    open: usize,
    misses: Vec<String>,
    alarms: Vec<String>,
}

impl Found {
    fn compare(&mut self, document: &Value, organization: Option<&str>) {
        let trust = judge(document, organization);
        let says = |words: &[&str]| words.iter().any(|word| trust.words.contains(*word));
        let strangers = strangers::of(document, organization.is_some());
        let way = gets_in(document, &strangers);
        self.open += usize::from(way.is_some());
        match (way, says(&["anyone", "federated-unconditioned"])) {
            (Some(way), false) => {
                let words = &trust.words;
                self.misses.push(format!("{document}\n  by {:?}\n  {words:?}", strangers[way]));
            }
            (None, true) => self.alarms.push(document.to_string()),
            _ => {}
        }
        // The vendor whom some documents name is an outsider, too.
        let vendor = strangers::vendor(document);
        let said = says(&["anyone", "anyone-conditioned", "external-account"]);
        if gets_in(document, &vendor).is_some() && !said {
            self.misses.push(format!("vendor: {document}\n  {:?}", trust.words));
        }
    }

    #[track_caller]
    fn check(&self, open: std::ops::Range<usize>, alarms_max: usize) {
        let (misses, alarms) = (&self.misses, &self.alarms);
        assert!(misses.is_empty(), "{} misses:\n{}", misses.len(), misses.join("\n"));
        assert!(open.contains(&self.open), "{} are open: the test covers too little", self.open);
        assert!(alarms.len() <= alarms_max, "{} false:\n{}", alarms.len(), alarms.join("\n"));
    }
}

#[test]
fn no_stranger_gets_in_unsaid() {
    let mut found = Found::default();
    for seed in 1..=DOCUMENTS {
        // Half of the sites name their organization.
        let organization = (seed % 2 == 0).then_some(OWN_ORGANIZATION);
        found.compare(&document(&mut Chance::of(seed)), organization);
    }
    found.check(300..600, FALSE_ALARMS_MAX);
}

#[test]
fn each_condition_alone_is_judged_as_iam_does() {
    let mut found = Found::default();
    let documents = each_alone();
    for document in &documents {
        found.compare(document, None);
    }
    found.check(documents.len() / 4..documents.len(), 0);
}

/// What `explain` says of a document where the site names its organization.
fn explained(document: &str) -> Vec<Value> {
    let mut event: Value =
        serde_json::from_str(&fs::read_to_string("events/update-assume-role-policy.json").unwrap())
            .unwrap();
    event["detail"]["requestParameters"]["policyDocument"] = document.into();
    let folder = env::temp_dir().join(format!("iam-responder-trust-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("site.yaml"), format!("organization: {OWN_ORGANIZATION}\n")).unwrap();
    fs::write(folder.join("event.json"), event.to_string()).unwrap();
    let output = process::Command::new(env!("CARGO_BIN_EXE_iam-responder"))
        .args(["explain", "event.json", "--site", "site.yaml", "--format", "json"])
        .current_dir(&folder)
        .env_clear()
        .output()
        .unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    line["derived"]["trust"].as_array().unwrap().clone()
}

#[test]
fn the_site_names_its_own_organization() {
    for (id, want) in [(OWN_ORGANIZATION, "own-organization"), (OTHER_ORGANIZATION, "anyone")] {
        let document = format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"AWS":"*"}},"Condition":{{"StringEquals":{{"aws:PrincipalOrgID":"{id}"}}}}}}}}"#
        );
        assert_eq!(explained(&document), [want], "{id}");
    }
}

/// The judge must itself distinguish open from closed.
#[test]
fn the_judge_of_this_test_knows_plain_documents() {
    for (text, want) in [
        (r#"{"Principal":"*","Action":"sts:AssumeRole"}"#, true),
        (r#"{"Principal":{"AWS":"999988887777"},"Action":"sts:AssumeRole"}"#, false),
        (
            r#"{"Principal":{"AWS":"*"},"Action":"sts:*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}}"#,
            false,
        ),
        (
            r#"{"Principal":{"AWS":"*"},"Action":"sts:*","Condition":{"StringLike":{"aws:PrincipalTag/team":"bl*"}}}"#,
            true,
        ),
        (
            r#"{"Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:*","Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:octo*"}}}"#,
            true,
        ),
        (
            r#"{"Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:*","Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:octo/*"}}}"#,
            false,
        ),
    ] {
        let mut statement: Value = serde_json::from_str(text).unwrap();
        statement["Effect"] = "Allow".into();
        let document = serde_json::json!({"Version": "2012-10-17", "Statement": [statement]});
        let strangers = strangers::of(&document, false);
        assert_eq!(gets_in(&document, &strangers).is_some(), want, "{text}");
    }
}
