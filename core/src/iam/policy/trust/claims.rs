//! What conditions on the tokens of web identities and the assertions of SAML fix.

use std::collections::{BTreeMap, BTreeSet};

use super::issuer;
use crate::iam::arn::ArnPattern;
use crate::iam::policy::Condition;
use crate::iam::policy::operator::Operator;

/// Whose identities are fixed by conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Claims {
    /// Issuers whose identities are fixed to an owner.
    issuers: BTreeSet<String>,
    /// Attributes of SAML assertions are.
    saml: bool,
    /// The session's name is.
    session_name: bool,
    /// Guests of identity pools are let in by name.
    guests: bool,
    /// Tokens without the asked claims are refused: those of all other issuers.
    exclusive: bool,
}

/// Attributes that every assertion bears.
const ALWAYS_OF_SAML: [&str; 5] =
    ["saml:aud", "saml:iss", "saml:sub", "saml:sub_type", "saml:namequalifier"];

/// What the keys of assertions begin with.
const SAML: &str = "saml";

/// Most values of a condition, and most conditions, that are said.
const VALUES_SAID_MAX: usize = 3;
const CLAIMS_SAID_MAX: usize = 3;
/// Most characters of a value that are said.
const ASKED_CHARS_MAX: usize = 100;

const SESSION_NAME: &str = "sts:rolesessionname";

/// What one condition asks.
enum Asks {
    Claim {
        issuer: String,
        claim: String,
    },
    Saml,
    SessionName,
    /// Nothing about a token.
    Else,
}

impl Claims {
    /// What the conditions of an allow fix: every one must be met.
    pub(super) fn of(conditions: &[Condition]) -> Self {
        let mut claims = Self::default();
        for condition in conditions {
            let (asks, operator) = (asks(condition), Operator::of(&condition.operator));
            if !operator.takes_only_named(always(&asks, condition)) || !names(&asks, condition) {
                continue;
            }
            let of_token = matches!(asks, Asks::Claim { .. } | Asks::Saml);
            claims.exclusive |= of_token && operator.takes_only_named(false);
            match asks {
                Asks::Claim { issuer, .. } => {
                    claims.issuers.insert(issuer);
                }
                Asks::Saml => claims.saml = true,
                Asks::SessionName => claims.session_name = true,
                Asks::Else => {}
            }
        }
        claims.guests = lets_guests_in(conditions);
        claims
    }

    /// What a deny of everybody else fixes. A claim of another issuer's token is absent, so that token is refused as
    /// well, unless the operator asks for some value; but a caller that avoids one condition avoids the deny.
    pub(super) fn by_deny(conditions: &[Condition]) -> Self {
        let (mut fixed, mut free) = (Self::default(), BTreeSet::new());
        let mut asks_for_value = BTreeSet::new();
        for condition in conditions {
            let (asks, operator) = (asks(condition), Operator::of(&condition.operator));
            if !operator.takes_all_others(always(&asks, condition)) {
                return Self::default();
            }
            if !operator.takes_all_others(false) {
                asks_for_value.insert(asks.issuer().to_owned());
            }
            match (names(&asks, condition), asks) {
                (true, Asks::Claim { issuer, .. }) => {
                    fixed.issuers.insert(issuer);
                }
                (false, Asks::Claim { issuer, .. }) => {
                    free.insert(issuer);
                }
                (true, Asks::Saml) => fixed.saml = true,
                _ => return Self::default(),
            }
        }
        let others_refused = |of: &str| asks_for_value.iter().all(|issuer| issuer == of);
        fixed.issuers.retain(|issuer| !free.contains(issuer) && others_refused(issuer));
        fixed.saml &= others_refused(SAML);
        fixed.exclusive = asks_for_value.is_empty() && free.is_empty() && !conditions.is_empty();
        fixed
    }

    /// Both stand.
    pub(super) fn add(&mut self, other: Self) {
        self.issuers.extend(other.issuers);
        self.saml |= other.saml;
        self.session_name |= other.session_name;
        self.exclusive |= other.exclusive;
    }

    /// Are tokens of other issuers refused, and is it fixed which identities of this one may come?
    pub(super) fn are_exclusive(&self) -> bool {
        self.exclusive && !self.guests
    }

    /// Is it fixed whose identities of this provider are meant?
    pub(super) fn fix(&self, provider: &str) -> bool {
        if is_saml(provider) {
            return self.saml;
        }
        let of_arn = ArnPattern::split(provider).resource();
        let name = of_arn.and_then(|name| name.strip_prefix("oidc-provider/")).unwrap_or(provider);
        match issuer::plain(name) {
            name if name == issuer::SENTINEL => self.session_name,
            name if name == issuer::COGNITO => !self.guests && self.issuers.contains(&name),
            name => self.issuers.contains(&name),
        }
    }
}

impl Asks {
    fn issuer(&self) -> &str {
        match self {
            Self::Claim { issuer, .. } => issuer,
            Self::Saml => SAML,
            Self::SessionName | Self::Else => "",
        }
    }
}

/// What the conditions of a statement ask of identities, by their issuers, in words. It is what stands there: whether it
/// binds anybody, [`Claims::fix`] decides. Read once for the statement, however many providers it names.
pub(super) struct Asked {
    by_issuer: BTreeMap<String, Vec<String>>,
}

impl Asked {
    pub(super) fn of(conditions: &[Condition]) -> Self {
        let mut by_issuer: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for condition in conditions {
            let (issuer, claim) = match asks(condition) {
                Asks::Claim { issuer, claim } => (issuer, claim),
                Asks::Saml => (SAML.to_owned(), condition.key.clone()),
                Asks::SessionName | Asks::Else => continue,
            };
            let said = by_issuer.entry(issuer).or_default();
            // Who comes is said before anything else.
            let at = if claim == "sub" { 0 } else { said.len() };
            said.insert(at, asked(&claim, condition));
            said.truncate(CLAIMS_SAID_MAX);
        }
        Self { by_issuer }
    }

    /// `identities of PROVIDER are let in where sub is repo:octo/app:ref:refs/heads/main`, and if that does not fix
    /// whose they are, that strangers' can meet it. `None` if nothing is asked.
    pub(super) fn line(&self, provider: &str, fixes: bool) -> Option<String> {
        let of_arn = ArnPattern::split(provider).resource();
        let name = of_arn.and_then(|name| name.strip_prefix("oidc-provider/")).unwrap_or(provider);
        let own = issuer::plain(name);
        let (issuer, name) = if is_saml(provider) { (SAML, provider) } else { (&*own, &*own) };
        let said = self.by_issuer.get(issuer)?.join("; ");
        let met = if fixes { "" } else { ", which others than yours can meet, too" };
        Some(format!("identities of {} are let in where {said}{met}", cut(name)))
    }
}

/// What a condition asks, by its whole key: `aws:UserAgent is like Mozilla*`.
pub(super) fn said(condition: &Condition) -> String {
    asked(&condition.key, condition)
}

/// `sub is like repo:octo/app:* or repo:octo/site:*`
fn asked(claim: &str, condition: &Condition) -> String {
    let shown: Vec<String> =
        condition.values.iter().take(VALUES_SAID_MAX).map(|value| cut(value)).collect();
    let more = match condition.values.len().checked_sub(VALUES_SAID_MAX) {
        Some(more @ 1..) => format!(" or {more} more"),
        _ => String::new(),
    };
    let shown = shown.join(" or ");
    let how = match condition.operator.to_lowercase().as_str() {
        "stringequals" => "is".to_owned(),
        "stringlike" if !shown.contains(['*', '?']) => "is".to_owned(),
        "stringlike" => "is like".to_owned(),
        "arnequals" | "arnlike" if !shown.contains(['*', '?']) => "is".to_owned(),
        "arnequals" | "arnlike" => "is like".to_owned(),
        "ipaddress" => "in".to_owned(),
        _ => cut(&condition.operator),
    };
    format!("{} {how} {shown}{more}", cut(claim))
}

/// What an attacker wrote, short enough that the rest of the line is read too.
fn cut(text: &str) -> String {
    match text.char_indices().nth(ASKED_CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Is the provider one of SAML, not of OpenID Connect?
pub(super) fn is_saml(provider: &str) -> bool {
    ArnPattern::split(provider).resource().is_some_and(|name| name.starts_with("saml-provider/"))
}

fn asks(condition: &Condition) -> Asks {
    let key = condition.key.to_lowercase();
    match key.rsplit_once(':') {
        _ if key == SESSION_NAME => Asks::SessionName,
        Some((SAML, _)) => Asks::Saml,
        Some((prefix, claim)) if prefix.contains('.') => {
            Asks::Claim { issuer: issuer::plain(prefix), claim: claim.to_owned() }
        }
        _ => Asks::Else,
    }
}

fn always(asks: &Asks, condition: &Condition) -> bool {
    match asks {
        Asks::Claim { issuer, claim } => issuer::always_bears(issuer, claim),
        Asks::Saml => ALWAYS_OF_SAML.contains(&condition.key.to_lowercase().as_str()),
        // The caller must give one.
        Asks::SessionName => true,
        Asks::Else => false,
    }
}

/// Do all values fix somebody?
fn names(asks: &Asks, condition: &Condition) -> bool {
    let wildcards = Operator::of(&condition.operator).has_wildcards();
    let fixed = |value: &String| match asks {
        Asks::Claim { issuer, claim } => issuer::names_owner(issuer, claim, value, wildcards),
        Asks::Saml => {
            !value.contains("${") && value.contains(|c| !wildcards || !matches!(c, '*' | '?'))
        }
        Asks::SessionName => super::caller::literal(value, wildcards).1 && !value.is_empty(),
        Asks::Else => false,
    };
    !condition.values.is_empty() && condition.values.iter().all(fixed)
}

/// This `amr` means that the caller did not sign in to the identity pool, which everybody can do.
const GUEST: &str = "unauthenticated";

/// Do guests meet every condition on how people signed in, with no single identity asked for?
fn lets_guests_in(conditions: &[Condition]) -> bool {
    let mut met = conditions.iter().filter_map(|condition| match asks(condition) {
        Asks::Claim { issuer, claim } if issuer == issuer::COGNITO => match claim.as_str() {
            "amr" => Some(Operator::of(&condition.operator).may_hold_for(GUEST, &condition.values)),
            "sub" => names(&Asks::Claim { issuer, claim }, condition).then_some(false),
            _ => None,
        },
        _ => None,
    });
    let mut any = false;
    met.all(|met| {
        any = true;
        met
    }) && any
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::policy::PolicyDocument;

    const ACTIONS: &str = "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com";

    fn conditions(block: &str) -> Vec<Condition> {
        let block = block.replace("GH:", "token.actions.githubusercontent.com:");
        let block = block.replace("CI:", "cognito-identity.amazonaws.com:");
        let text = format!(r#"{{"Statement":{{"Effect":"Allow","Condition":{block}}}}}"#);
        PolicyDocument::parse(&text).unwrap().statements.remove(0).conditions
    }

    #[track_caller]
    fn check(provider: &str, block: &str, want: bool) {
        assert_eq!(Claims::of(&conditions(block)).fix(provider), want, "{provider} {block}");
    }

    #[test]
    fn claims_that_every_token_bears_are_asked_in_earnest() {
        for (block, want) in [
            (r#"{"StringLike":{"GH:sub":"repo:octo/app:*"}}"#, true),
            (r#"{"ForAllValues:StringLike":{"GH:sub":"repo:octo/app:*"}}"#, true),
            (r#"{"StringLikeIfExists":{"GH:sub":"repo:octo/app:*"}}"#, true),
            (r#"{"ForAllValues:StringEquals":{"GH:repository":"octo/app"}}"#, true),
            (r#"{"StringEqualsIfExists":{"GH:repository_owner":"octo"}}"#, true),
            // Only of jobs that use a shared workflow, as GitHub's page has it.
            (r#"{"StringLikeIfExists":{"GH:job_workflow_ref":"octo/*"}}"#, false),
            (r#"{"StringLike":{"GH:job_workflow_ref":"octo/*"}}"#, true),
            (r#"{"StringNotLike":{"GH:sub":"repo:evil/*"}}"#, false),
            (r#"{"StringLike":{"GH:sub":["repo:octo/app:*","repo:*"]}}"#, false),
            (r#"{"StringLike":{"GH:sub":[]}}"#, false),
            (r#"{"Null":{"GH:sub":"false"}}"#, false),
            // Another issuer's claims, or claims that AWS does not fill in.
            (r#"{"StringEqualsIfExists":{"gitlab.com:sub":"project_path:octo/app"}}"#, false),
            (r#"{"StringEqualsIfExists":{"evil:sub":"repo:octo/app"}}"#, false),
            (
                r#"{"StringEquals":{"TOKEN.actions.githubusercontent.com:SUB":"repo:octo/app"}}"#,
                true,
            ),
        ] {
            check(ACTIONS, block, want);
        }
    }

    #[test]
    fn guests_of_an_identity_pool() {
        let pool =
            |more: &str| format!(r#"{{"StringEquals":{{"CI:aud":"us-east-1:0a1b"{more}}}}}"#);
        for (block, want) in [
            (pool(""), true),
            (pool(r#","CI:amr":"authenticated""#), true),
            (pool(r#","CI:amr":"unauthenticated""#), false),
            (pool(r#","CI:amr":"Unauthenticated","CI:sub":"us-east-1:9f9f""#), true),
            (r#"{"StringEquals":{"CI:aud":"us-east-1:0a1b"},"ForAnyValue:StringLike":{"CI:amr":"*"}}"#.into(), false),
            (r#"{"StringEquals":{"CI:aud":"us-east-1:0a1b"},"StringNotEquals":{"CI:amr":"authenticated"}}"#.into(), false),
            (r#"{"StringLike":{"CI:aud":"us-east-1:*"}}"#.into(), false),
            (r#"{"ForAnyValue:StringLike":{"CI:amr":"authenticated"}}"#.into(), false),
        ] {
            check("cognito-identity.amazonaws.com", &block, want);
        }
    }

    #[test]
    fn sentinel_is_known_by_the_name_of_its_session() {
        let sentinel =
            "arn:aws:iam::1:oidc-provider/sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/";
        let aud = r#"{"StringEquals":{"sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/:aud":"api://1462b192"}}"#;
        check(sentinel, aud, false);
        check(sentinel, r#"{"StringEquals":{"sts:RoleSessionName":"MicrosoftSentinel_0a"}}"#, true);
        check(sentinel, r#"{"StringLike":{"sts:RoleSessionName":"MicrosoftSentinel_*"}}"#, false);
    }

    #[test]
    fn assertions_of_saml() {
        let saml = "arn:aws:iam::111122223333:saml-provider/people";
        check(saml, r#"{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}"#, true);
        check(saml, r#"{"StringEqualsIfExists":{"saml:aud":"https://x"}}"#, true);
        check(saml, r#"{"StringEqualsIfExists":{"saml:edupersonorgdn":"x"}}"#, false);
        check(saml, r#"{"StringLike":{"saml:sub":"*"}}"#, false);
        check(saml, r#"{"StringEquals":{"saml:sub":"${saml:sub}"}}"#, false);
    }

    #[test]
    fn denies_of_other_tokens() {
        for (block, want) in [
            (r#"{"StringNotLike":{"GH:sub":"repo:octo/*"}}"#, true),
            (
                r#"{"StringNotLike":{"GH:sub":"repo:octo/*","gitlab.com:sub":"project_path:octo/*"}}"#,
                true,
            ),
            (r#"{"ForAnyValue:StringNotLike":{"GH:sub":"repo:octo/*"}}"#, true),
            (r#"{"ForAnyValue:StringNotLike":{"GH:job_workflow_ref":"octo/*"}}"#, false),
            (r#"{"StringNotLike":{"GH:sub":"repo:*"}}"#, false),
            // GitHub's tokens lack the claim of GitLab's, so no value of it differs.
            (
                r#"{"StringNotLike":{"GH:sub":"repo:octo/*"},"ForAnyValue:StringNotLike":{"gitlab.com:sub":"project_path:octo/*"}}"#,
                false,
            ),
            // A caller with that audience avoids the deny.
            (
                r#"{"StringNotLike":{"GH:sub":"repo:octo/*"},"StringNotEquals":{"GH:aud":"x"}}"#,
                false,
            ),
            (r#"{"StringNotLike":{"GH:sub":"repo:octo/*"},"StringEquals":{"GH:ref":"x"}}"#, false),
        ] {
            let claims = Claims::by_deny(&conditions(block));
            assert_eq!(claims.fix(ACTIONS), want, "{block}");
        }
    }

    #[test]
    fn tokens_of_other_issuers() {
        for (block, want) in [
            (r#"{"StringLike":{"GH:sub":"repo:octo/*"}}"#, true),
            (r#"{"StringLikeIfExists":{"GH:sub":"repo:octo/*"}}"#, false),
            (r#"{"ForAllValues:StringLike":{"GH:sub":"repo:octo/*"}}"#, false),
            (r#"{"StringEquals":{"sts:RoleSessionName":"x"}}"#, false),
            (r#"{"StringEquals":{"saml:sub":"x"}}"#, true),
            (r#"{"StringEquals":{"CI:aud":"eu-west-1:0a","CI:amr":"unauthenticated"}}"#, false),
        ] {
            assert_eq!(Claims::of(&conditions(block)).are_exclusive(), want, "{block}");
        }
        for (block, want) in [
            (r#"{"StringNotLike":{"GH:sub":"repo:octo/*"}}"#, true),
            (r#"{"ForAnyValue:StringNotLike":{"GH:sub":"repo:octo/*"}}"#, false),
            (r#"{"StringNotLike":{"GH:sub":"repo:*"}}"#, false),
        ] {
            assert_eq!(Claims::by_deny(&conditions(block)).are_exclusive(), want, "{block}");
        }
        assert!(!Claims::by_deny(&[]).are_exclusive());
    }
}
