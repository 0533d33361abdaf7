//! Requests of strangers, who know the document and choose everything that a caller can choose.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::documents::{
    ACTIONS, CLUSTER, COGNITO, GITLAB, OTHER_ORGANIZATION, OWN_ACCOUNT, OWN_ORGANIZATION, POOL,
    PRIVATE, SCALR, TERRAFORM, VENDOR, provider,
};
use super::iam::{Request, conditions};

/// From where strangers call: the internet, and a network of their own.
const NETWORKS: [&[(&str, &str)]; 4] = [
    &[("aws:sourceip", "8.8.4.4")],
    &[("aws:sourceip", "209.85.1.1")],
    &[("aws:sourcevpc", "vpc-0theirs"), ("aws:vpcsourceip", "10.7.7.7")],
    &[],
];

type Context = BTreeMap<String, Vec<String>>;

/// Values that the document's conditions hold for a key, as a stranger would fill them in: a wildcard
/// with something, a variable with what he is called.
fn filled(document: &Value, key: &str, wildcard: &str, account: &str) -> BTreeSet<String> {
    let key = key.to_lowercase();
    let mut found = BTreeSet::new();
    for statement in document["Statement"].as_array().unwrap() {
        for condition in conditions(statement).iter().filter(|one| one.key == key) {
            for value in &condition.values {
                let plain = value.replace('*', wildcard).replace('?', "z");
                let end = plain.find("${").unwrap_or(plain.len());
                let name =
                    format!("{}{}", &plain[..end], if end < plain.len() { account } else { "" });
                found.insert(name);
            }
        }
    }
    found
}

/// Every request of a stranger that is worth a try.
pub(super) fn of(document: &Value, organization_is_known: bool) -> Vec<Request> {
    let mut requests = Vec::new();
    for first in ["7", "1"] {
        let account = format!("{first}00000000001");
        let mut organizations = vec![None, Some("o-strangersid")];
        if organization_is_known {
            organizations.push(Some(OTHER_ORGANIZATION));
        }
        for organization in organizations {
            requests.extend(identities(document, &account, organization));
        }
    }
    requests.extend(tokens(document));
    requests
}

/// Requests of the vendor, who is not a stranger to the customer who named him, and knows the external ID.
pub(super) fn vendor(document: &Value) -> Vec<Request> {
    let mut requests = identities(document, VENDOR, None);
    for request in &mut requests {
        request.context.entry("sts:externalid".into()).or_insert_with(|| vec!["7f3c9a".into()]);
    }
    requests
}

/// Keys that an identity sets itself, each with the values to try; `None` leaves the key out.
fn choices(document: &Value, account: &str) -> Vec<(&'static str, Vec<Option<String>>)> {
    let free = [
        "aws:principaltag/team",
        "aws:sourceidentity",
        "sts:rolesessionname",
        "sts:externalid",
        "aws:username",
    ];
    let mut choices = Vec::new();
    for key in free {
        let mut values: BTreeSet<String> = filled(document, key, "q", account);
        // What is fixed and nowhere else to be read is a secret.
        values.retain(|value| key != "sts:externalid" || value != "7f3c9a");
        values.extend([account.to_owned(), "q".to_owned()]);
        if key == "sts:rolesessionname" {
            values.extend(filled(document, "aws:username", "q", account));
        }
        let values = values.into_iter().map(Some);
        choices.push((key, values.chain([None]).collect()));
    }
    choices
}

fn identities(document: &Value, account: &str, organization: Option<&str>) -> Vec<Request> {
    let mut names: BTreeSet<String> = BTreeSet::from(["q".to_owned()]);
    for value in filled(document, "aws:principalarn", "q", account) {
        // A path may contain the text that a pattern matches.
        names.insert(value.rsplit(":role/").next().unwrap().to_owned());
        names.insert(format!("q{}", value.trim_start_matches("arn")));
    }
    let mut sessions: BTreeSet<String> = BTreeSet::from(["q".to_owned()]);
    for value in filled(document, "aws:userid", "q", account) {
        sessions.insert(value.rsplit(':').next().unwrap().to_owned());
    }
    let mut contexts: Vec<Context> = vec![Context::new()];
    let mentioned = document.to_string().to_lowercase();
    for (key, values) in choices(document, account) {
        // Keys that the document does not test need not vary.
        if mentioned.contains(key) {
            contexts = cross(contexts, key, &values);
        }
    }
    let mut requests = Vec::new();
    for (name, session, network) in product(&names, &sessions, &NETWORKS) {
        for context in &contexts {
            let mut context = context.clone();
            let arn = format!("arn:aws:iam::{account}:role/{name}");
            let mut set = |key: &str, value: &str| context.insert(key.into(), vec![value.into()]);
            set("aws:principalaccount", account);
            set("aws:principalarn", &arn);
            set("aws:userid", &format!("AROATHEIRSTHEIRSTHE01:{session}"));
            set("aws:principalisawsservice", "false");
            set("aws:resourceaccount", OWN_ACCOUNT);
            set("aws:resourceorgid", OWN_ORGANIZATION);
            if let Some(organization) = organization {
                set("aws:principalorgid", organization);
                set("aws:principalorgpaths", &format!("{organization}/r-zz99/ou-1/"));
            }
            for (key, value) in *network {
                set(key, value);
            }
            let action = "sts:AssumeRole";
            requests.push(Request { action, arn: Some(arn), provider: None, context });
        }
    }
    requests
}

fn product<'a, N>(
    names: &'a BTreeSet<String>,
    sessions: &'a BTreeSet<String>,
    networks: &'a [N],
) -> impl Iterator<Item = (&'a String, &'a String, &'a N)> {
    names.iter().flat_map(move |name| {
        sessions
            .iter()
            .flat_map(move |session| networks.iter().map(move |network| (name, session, network)))
    })
}

fn cross(contexts: Vec<Context>, key: &str, values: &[Option<String>]) -> Vec<Context> {
    let mut crossed = Vec::new();
    for context in contexts {
        for value in values {
            let mut context = context.clone();
            if let Some(value) = value {
                context.insert(key.into(), vec![value.clone()]);
            }
            crossed.push(context);
        }
    }
    crossed
}

/// Takes tokens without a provider in the account.
const GOOGLE: &str = "accounts.google.com";

/// Requests with tokens of strangers, of every issuer that the document names, and of one that it need
/// not name.
fn tokens(document: &Value) -> Vec<Request> {
    let mut requests = Vec::new();
    for issuer in [ACTIONS, GITLAB, TERRAFORM, SCALR, CLUSTER, COGNITO, PRIVATE, GOOGLE] {
        let provider = if issuer == GOOGLE { issuer.to_owned() } else { provider(issuer) };
        if issuer != GOOGLE && !document.to_string().contains(issuer) {
            continue;
        }
        let mut audiences = filled(document, &format!("{issuer}:aud"), "q", "q");
        audiences.insert("q".to_owned());
        for claims in claims_of_strangers(document, issuer, &audiences) {
            let key = |claim: &str| format!("{issuer}:{claim}").to_lowercase();
            let of = |(claim, value): (&str, String)| (key(claim), vec![value]);
            let claims: Context = claims.into_iter().map(of).collect();
            // A stranger gives his session a name, and has a network of his own.
            let mut sessions = filled(document, "sts:rolesessionname", "q", "q");
            sessions.insert("q".to_owned());
            for (session, network) in sessions.iter().flat_map(|one| NETWORKS.map(|net| (one, net)))
            {
                let mut context = claims.clone();
                context.insert("sts:rolesessionname".into(), vec![session.clone()]);
                context.extend(
                    network.iter().map(|(key, value)| ((*key).into(), vec![(*value).into()])),
                );
                let (action, provider) = ("sts:AssumeRoleWithWebIdentity", Some(provider.clone()));
                requests.push(Request { action, arn: None, provider, context });
            }
        }
    }
    requests
}

type Claims = Vec<(&'static str, String)>;

fn claims_of_strangers(
    document: &Value,
    issuer: &str,
    audiences: &BTreeSet<String>,
) -> Vec<Claims> {
    let subjects = filled(document, &format!("{issuer}:sub"), "q", "q");
    let every = |start: &str, end: &str, own: &str| -> Vec<Claims> {
        // The customer is between the two, and the customer's name may begin as ours does.
        let mut names = owners(&subjects, start, own);
        names.extend(["q".to_owned()]);
        let subject = |name: String| vec![("sub", format!("{start}{name}{end}"))];
        names.into_iter().map(subject).collect()
    };
    let mut all = match issuer {
        ACTIONS => github(document, &subjects),
        GITLAB => every("project_path:", "/app:ref_type:branch:ref:main", "octo"),
        TERRAFORM => every("organization:", ":project:app:workspace:x:run_phase:plan", "octo"),
        SCALR => every("account:", ":environment:x:workspace:y", "octo"),
        CLUSTER => [every("system:serviceaccount:", ":web", "shop")].concat(),
        // Guests of the pool that is named, and everybody in a pool of his own.
        COGNITO => vec![
            vec![("aud", POOL.to_owned()), ("amr", "unauthenticated".to_owned())],
            vec![("aud", "us-east-1:theirs".to_owned()), ("amr", "authenticated".to_owned())],
        ],
        _ => vec![vec![("sub", "q".to_owned()), ("aud", "q".to_owned())]],
    };
    // Guests are let into a pool only where its owner wants them, which the document shows by `amr`.
    let guests = document.to_string().contains(":amr");
    all.retain(|claims| guests || !claims.iter().any(|(_, value)| value == "unauthenticated"));
    if matches!(issuer, COGNITO | PRIVATE) {
        return all;
    }
    let with = |claims: &Claims, audience: &String| {
        let mut claims = claims.clone();
        claims.push(("aud", audience.clone()));
        claims
    };
    all.iter().flat_map(|claims| audiences.iter().map(move |one| with(claims, one))).collect()
}

/// Names other than ours that match the text after `start` in the document.
fn owners(subjects: &BTreeSet<String>, start: &str, own: &str) -> BTreeSet<String> {
    let after = subjects.iter().filter_map(|subject| subject.strip_prefix(start));
    let names = after.map(|rest| rest.split(['/', ':', '@']).next().unwrap().to_owned());
    names.filter(|name| name != own && !name.is_empty()).collect()
}

fn github(document: &Value, subjects: &BTreeSet<String>) -> Vec<Claims> {
    let mut names = owners(subjects, "repo:", "octo");
    for claim in ["repository", "repository_owner"] {
        let values = filled(document, &format!("{ACTIONS}:{claim}"), "q", "q");
        names.extend(owners(&values, "", "octo"));
    }
    names.extend(["q".to_owned(), "octz".to_owned()]);
    let mut all = Vec::new();
    for owner in names {
        for context in ["ref:refs/heads/main", "environment:live"] {
            let subjects = [
                format!("repo:{owner}/app:{context}"),
                format!("repo:{owner}@77/app@88:{context}"),
                context.to_owned(),
                format!("repository_owner:{owner}:{context}"),
                format!("{context}:repository_owner:{owner}"),
            ];
            for subject in subjects {
                let workflow = format!("{owner}/app/.github/workflows/deploy.yml@refs/heads/main");
                let claims = vec![
                    ("sub", subject),
                    ("repository", format!("{owner}/app")),
                    ("repository_owner", owner.clone()),
                ];
                // Jobs that use a shared workflow alone, as GitHub's page has it.
                all.push([claims.clone(), vec![("job_workflow_ref", workflow)]].concat());
                all.push(claims);
            }
        }
    }
    all
}
