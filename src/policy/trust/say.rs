//! What a trust policy opens, in words for people.

use std::collections::BTreeSet;

use super::Trust;

/// Most accounts or providers named in one line.
const LISTED_MAX: usize = 10;

/// What a trust policy opens, for people.
#[must_use]
pub fn describe_trust(trust: &Trust) -> Vec<String> {
    let mut lines = Vec::new();
    let has = |word: &str| trust.words.contains(word);
    if has("anyone") {
        lines.push("anybody in any AWS account may take it".to_owned());
    }
    if has("anyone-conditioned") {
        lines.push("anybody who meets its condition may take it".to_owned());
    }
    if let Some(organization) = &trust.organization {
        let whom = if has("own-organization") { "accounts" } else { "services" };
        lines.push(format!("{whom} may take it within your organization only: {organization}"));
    }
    if has("external-account") || has("known-account") {
        let whole = if has("account-root") { ", the whole account" } else { "" };
        let unknown =
            if has("external-account") { "an account outside" } else { "another account" };
        let id = if has("no-external-id") { ", without external ID" } else { "" };
        if !trust.accounts.is_empty() {
            lines.push(format!("{unknown} may take it: {}{whole}{id}", list(&trust.accounts)));
        }
    }
    if has("unknown-principal") {
        let unknown = list(&trust.unknown);
        lines.push(format!("an identity of an account that is not known may take it: {unknown}"));
    }
    if has("federated-unconditioned") {
        lines.push(format!(
            "everybody whom this provider knows may take it: {}",
            list(&trust.unconditioned)
        ));
    } else if has("federated") {
        lines.push(format!("identities of this provider may take it: {}", list(&trust.others)));
    }
    if has("service-outside") {
        lines.push("a service may hand it to machines outside of AWS".to_owned());
    }
    lines
}

fn list(all: &BTreeSet<String>) -> String {
    let shown = all.iter().take(LISTED_MAX).cloned().collect::<Vec<_>>().join(", ");
    match all.len().checked_sub(LISTED_MAX) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}
