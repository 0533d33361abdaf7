//! Issuers of web identities, and the claims by which each says whose an identity is.
//!
//! An issuer that serves many customers signs for all of them with one name, so the issuer alone
//! says nothing, and mostly the audience does not either.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html>

use super::caller::literal;

/// The place of the owner in a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The whole value.
    Whole,
    /// The text up to and including the given number of these letters.
    UpTo(char, usize),
    /// Pairs of a name and a value with `:` between, one of which names the owner.
    Pairs,
}

/// An issuer that serves many customers.
struct Shared {
    issuer: &'static str,
    claims: &'static [(&'static str, Owner)],
}

const fn shared(issuer: &'static str, claims: &'static [(&'static str, Owner)]) -> Shared {
    Shared { issuer, claims }
}

/// Claims of GitHub's tokens. The actor is not among them: he may be led to act in a repository
/// that is not his own.
const GITHUB: &[(&str, Owner)] = &[
    ("sub", Owner::Pairs),
    ("repository", Owner::UpTo('/', 1)),
    ("repository_id", Owner::Whole),
    ("repository_owner", Owner::Whole),
    ("repository_owner_id", Owner::Whole),
    ("job_workflow_ref", Owner::UpTo('/', 1)),
    ("workflow_ref", Owner::UpTo('/', 1)),
    ("enterprise", Owner::Whole),
    ("enterprise_id", Owner::Whole),
];
const BY_TWO_COLONS: &[(&str, Owner)] = &[("sub", Owner::UpTo(':', 2))];
const BY_SLASH: &[(&str, Owner)] = &[("sub", Owner::UpTo('/', 1))];
const BY_AUDIENCE: &[(&str, Owner)] = &[("aud", Owner::Whole)];
/// `system:serviceaccount:NAMESPACE:NAME`. The audience is everybody's in the cluster.
const CLUSTER: &[(&str, Owner)] = &[("sub", Owner::UpTo(':', 3))];

/// In a service account's token, `aud` is the account, and `oaud` what its caller asked for.
const GOOGLE: &[(&str, Owner)] =
    &[("sub", Owner::Whole), ("aud", Owner::Whole), ("email", Owner::Whole), ("hd", Owner::Whole)];

const SHARED: [Shared; 18] = [
    shared("accounts.google.com", GOOGLE),
    shared("token.actions.githubusercontent.com", GITHUB),
    shared("vstoken.actions.githubusercontent.com", GITHUB),
    // https://github.com/ENTERPRISE
    shared("oidc-configuration.audit-log.githubusercontent.com", &[("sub", Owner::UpTo('/', 4))]),
    shared(
        "gitlab.com",
        &[
            ("sub", Owner::UpTo('/', 1)),
            ("project_path", Owner::UpTo('/', 1)),
            ("namespace_path", Owner::Whole),
            ("namespace_id", Owner::Whole),
            ("project_id", Owner::Whole),
        ],
    ),
    shared("app.terraform.io", BY_TWO_COLONS),
    shared("app.eu.terraform.io", BY_TWO_COLONS),
    shared("agent.buildkite.com", BY_TWO_COLONS),
    shared("oidc.codefresh.io", BY_TWO_COLONS),
    shared("scalr.io", BY_TWO_COLONS),
    shared("tokens.cloud.shisho.dev", BY_TWO_COLONS),
    // credentials:TEAM/NAME and mcp:ORGANIZATION/NAME
    shared("studio.datachain.ai/api", BY_SLASH),
    shared("proidc.upbound.io", BY_SLASH),
    shared("oidc.vercel.com", &[("sub", Owner::UpTo(':', 2)), ("aud", Owner::UpTo('/', 4))]),
    shared("api.pulumi.com/oidc", &[("sub", Owner::UpTo(':', 4)), ("aud", Owner::Whole)]),
    shared("sandboxes.cloud", BY_AUDIENCE),
    shared(COGNITO, &[("aud", Owner::Whole), ("sub", Owner::Whole)]),
    // The token is Microsoft's own and does not name the customer: only the session's name does.
    shared(SENTINEL, &[]),
];

/// Identity pools of Amazon Cognito, of all accounts.
pub(super) const COGNITO: &str = "cognito-identity.amazonaws.com";
/// Microsoft Sentinel, as it comes for logs.
pub(super) const SENTINEL: &str = "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d";

/// Beginnings or ends of the issuers of Kubernetes clusters.
const CLUSTER_STARTS: [&str; 5] = [
    "oidc.eks.",
    "oidc-eks.",
    "container.googleapis.com/",
    "oidc.op1.openshiftapps.com/",
    "rh-oidc.s3.us-east-1.amazonaws.com/",
];
const CLUSTER_ENDS: [&str; 1] = [".oic.prod-aks.azure.com"];

/// Claims that single out identities of an issuer of one's own.
const OWN: [&str; 7] = ["sub", "aud", "app_id", "oaud", "azp", "id", "user_id"];

/// Claims that every token bears. AWS may not know others, or the token may lack them.
const ALWAYS: [&str; 2] = ["sub", "aud"];
const ALWAYS_OF_GITHUB: [&str; 4] =
    ["repository", "repository_id", "repository_owner", "repository_owner_id"];

/// The issuer as the prefix of a claim: without scheme and closing slash, in lower case.
pub(super) fn plain(issuer: &str) -> String {
    let lower = issuer.trim().to_lowercase();
    let bare = lower.strip_prefix("https://").unwrap_or(&lower).trim_end_matches('/');
    // Other partitions have other names for it, and the keys are named otherwise than the provider.
    let host = bare.strip_suffix(".cn").unwrap_or(bare);
    let is_cognito = host.starts_with("cognito-identity") && host.ends_with(".amazonaws.com");
    if is_cognito { COGNITO.to_owned() } else { bare.to_owned() }
}

/// Do all tokens of the issuer bear this claim?
pub(super) fn always_bears(issuer: &str, claim: &str) -> bool {
    ALWAYS.contains(&claim)
        || (issuer == COGNITO && claim == "amr")
        || (claims_of(issuer) == GITHUB && ALWAYS_OF_GITHUB.contains(&claim))
}

/// Does the value of a claim fix the owner of the identities?
pub(super) fn names_owner(issuer: &str, claim: &str, value: &str, wildcards: bool) -> bool {
    let (literal, whole) = literal(value, wildcards);
    if SHARED.iter().any(|shared| shared.issuer == issuer) || is_cluster(issuer) {
        let owner = claims_of(issuer).iter().find(|(name, _)| *name == claim);
        return owner.is_some_and(|(_, owner)| owner.is_in(literal, whole));
    }
    // Any value but wildcards alone: the issuer serves nobody else.
    let fixes = whole || value.contains(|c| !matches!(c, '*' | '?'));
    OWN.contains(&claim) && fixes && !value.is_empty() && !value.contains("${")
}

fn claims_of(issuer: &str) -> &'static [(&'static str, Owner)] {
    match SHARED.iter().find(|shared| shared.issuer == issuer) {
        Some(shared) => shared.claims,
        None if is_cluster(issuer) => CLUSTER,
        None => &[],
    }
}

fn is_cluster(issuer: &str) -> bool {
    let host = issuer.split('/').next().unwrap_or(issuer);
    CLUSTER_STARTS.iter().any(|start| issuer.starts_with(start))
        || CLUSTER_ENDS.iter().any(|end| host.ends_with(end))
}

impl Owner {
    /// Does the literal beginning of a value, or the whole of it, hold the owner in full?
    fn is_in(self, literal: &str, whole: bool) -> bool {
        match self {
            Self::Whole => whole && !literal.is_empty(),
            Self::UpTo(letter, count) => {
                (whole && !literal.is_empty()) || literal.matches(letter).count() >= count
            }
            Self::Pairs => pairs_name_owner(literal, whole),
        }
    }
}

/// GitHub lets its customers compose subjects of claims, so a subject without an owner can be
/// anybody's, also one without wildcards: `environment:production`. Values bear no colons, as GitHub
/// encodes them.
///
/// Source: <https://docs.github.com/en/actions/reference/security/oidc>
fn pairs_name_owner(literal: &str, whole: bool) -> bool {
    let parts: Vec<&str> = literal.split(':').collect();
    let last = parts.len().div_ceil(2).saturating_sub(1);
    parts.chunks(2).enumerate().any(|(place, pair)| {
        let [name, value] = pair else { return false };
        // The last value is cut short where a wildcard follows.
        let complete = (whole || place < last) && !value.is_empty();
        match *name {
            // Neither an owner nor `owner@ID` holds a slash, and no owner holds an at sign.
            "repo" | "repository" | "job_workflow_ref" | "workflow_ref" => {
                value.find(['/', '@']).is_some_and(|end| end > 0)
            }
            "repository_owner"
            | "repository_owner_id"
            | "repository_id"
            | "enterprise"
            | "enterprise_id" => complete,
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: &str = "token.actions.githubusercontent.com";

    #[track_caller]
    fn check(issuer: &str, claim: &str, value: &str, want: bool) {
        assert_eq!(names_owner(issuer, claim, value, true), want, "{issuer}:{claim} {value}");
    }

    #[test]
    fn subjects_of_github_name_their_owner_in_full() {
        for (value, want) in [
            ("repo:octo/app:*", true),
            ("repo:octo/*", true),
            ("repo:octo@77/app@88:*", true),
            ("repo:octo@*/app@*:*", true),
            ("repo:octo*", false),
            ("repo:oct?/app:*", false),
            ("repo:*/app:ref:refs/heads/main", false),
            ("repo:*@77/app@88:*", false),
            ("repo:/app", false),
            ("*:octo/app:*", false),
            ("${x:sub}", false),
            ("repo:octo/app:environment:${x:sub}", true),
            // Composed subjects.
            ("repository_owner:octo:*", true),
            ("repository_owner_id:77:*", true),
            ("repository_owner:octo*", false),
            ("environment:live:repository_owner:octo:*", true),
            ("environment:*:repository_owner:octo", false),
            ("job_workflow_ref:octo/shared/.github/workflows/x.yml@*", true),
            // Anybody can compose these.
            ("environment:live", false),
            ("ref:refs/heads/main", false),
            ("environment:repository_owner:ref:refs/heads/main", false),
            ("environment:repo:ref:refs/heads/main", false),
        ] {
            check(ACTIONS, "sub", value, want);
        }
        assert!(!names_owner(ACTIONS, "sub", "environment:live", false));
        assert!(names_owner(ACTIONS, "sub", "repository_owner:octo", false));
    }

    #[test]
    fn other_claims_of_github() {
        for (claim, value, want) in [
            ("repository", "octo/app", true),
            ("repository", "octo/*", true),
            ("repository", "*/app", false),
            ("repository", "octo*", false),
            ("repository_owner", "octo", true),
            ("repository_owner", "octo-*", false),
            ("repository_id", "8?", false),
            ("job_workflow_ref", "octo/*", true),
            ("job_workflow_ref", "*/deploy.yml@refs/heads/main", false),
            ("actor", "octocat", false),
            ("environment", "live", false),
            ("aud", "sts.amazonaws.com", false),
        ] {
            check(ACTIONS, claim, value, want);
        }
        // An enterprise may have its own issuer.
        check("token.actions.githubusercontent.com/octo-corp", "aud", "sts.amazonaws.com", true);
    }

    #[test]
    fn shared_issuers_need_the_claim_that_names_the_customer() {
        for (issuer, good, bad) in [
            ("vstoken.actions.githubusercontent.com", "repo:octo/app:*", "repo:*"),
            ("gitlab.com", "project_path:octo/*", "project_path:oct*"),
            ("app.terraform.io", "organization:octo:*", "organization:*:project:x"),
            ("app.eu.terraform.io", "organization:octo:project:*", "organization:octo*"),
            ("agent.buildkite.com", "organization:octo:*", "organization:*"),
            ("oidc.codefresh.io", "account:0a1b:*", "account:*:pipeline:x"),
            ("scalr.io", "account:octo:environment:*", "account:o*:environment:x"),
            ("tokens.cloud.shisho.dev", "job:octo:*", "job:*"),
            ("studio.datachain.ai/api", "credentials:octo/*", "credentials:octo*"),
            ("proidc.upbound.io", "mcp:octo/*", "mcp:*/control"),
            ("oidc.vercel.com", "owner:octo:*", "owner:*:project:shop"),
            ("api.pulumi.com/oidc", "pulumi:deploy:org:octo:*", "pulumi:deploy:org:*"),
            (
                "oidc-configuration.audit-log.githubusercontent.com",
                "https://github.com/octo",
                "https://github.com/oct*",
            ),
            (
                "oidc.eks.eu-west-1.amazonaws.com/id/A1",
                "system:serviceaccount:shop:*",
                "system:serviceaccount:*:deployer",
            ),
            ("oidc-eks.eu-west-1.api.aws/id/A1", "system:serviceaccount:shop:web", "system:*"),
            ("rh-oidc.s3.us-east-1.amazonaws.com/2a", "system:serviceaccount:shop:*", "s*"),
        ] {
            check(issuer, "sub", good, true);
            check(issuer, "sub", bad, false);
            let by_audience = matches!(issuer, "oidc.vercel.com" | "api.pulumi.com/oidc");
            check(issuer, "aud", "sts.amazonaws.com", by_audience);
        }
        check("oidc.vercel.com", "aud", "https://vercel.com/oct*", false);
        check("oidc.vercel.com", "aud", "https://vercel.com/octo/*", true);
        check("sandboxes.cloud", "aud", "octo-*", false);
        check("accounts.google.com", "aud", "107806444890271851399", true);
        check("accounts.google.com", "oaud", "sts.amazonaws.com", false);
        check("accounts.google.com", "sub", "1*", false);
        check(COGNITO, "aud", "us-east-1:*", false);
        check(SENTINEL, "aud", "api://1462b192", false);
        // An issuer of one's own serves nobody else.
        check("login.octo.example", "aud", "aws", true);
        check("login.octo.example", "sub", "*", false);
        check("login.octo.example", "sub", "${login.octo.example:sub}", false);
    }

    #[test]
    fn issuers_are_compared_without_scheme_case_and_closing_slash() {
        assert_eq!(plain("https://API.pulumi.com/oidc/"), "api.pulumi.com/oidc");
        for name in [
            "cognito-identity.amazonaws.com",
            "cognito-identity.cn-north-1.amazonaws.com.cn",
            "cognito-identity-us-gov.amazonaws.com",
        ] {
            assert_eq!(plain(name), COGNITO);
        }
        assert_ne!(plain("cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a1B2"), COGNITO);
    }
}
