//! Where a session comes from: who issued or opened it, and whom an identity provider names.

use super::field::{HIDDEN, issuer, text};
use crate::event::{Event, PrincipalKind};
use crate::iam::arn::Arn;

/// Fields of a web identity token by which its issuer names whom it speaks of, behind the issuer's own name and a colon.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
const SUBJECTS: [&str; 3] = ["sub", "user_id", "id"];

/// A person whom an identity provider names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// Name or subject.
    pub name: String,
    /// Who vouches.
    pub by: Voucher,
}

/// Who vouches for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voucher {
    /// Identity Center: it alone opens sessions of the roles that it keeps.
    IdentityCenter,
    /// A SAML provider of the account.
    Saml,
    /// The issuer of a web identity token, by the token's own fields.
    Token,
    /// A trust policy, or the owner, vouches for `sourceIdentity`.
    SourceIdentity,
}

impl Voucher {
    /// Does a person sign in there? Tokens are mostly those of pipelines and containers.
    pub(super) fn is_sign_in(self) -> bool {
        self != Self::Token
    }
}

impl Vouched {
    /// Whom the record itself vouches for, of a session of a role of this account. `session_name` is the provider's
    /// choice where Identity Center or SAML opened the session, and else the caller's.
    pub(super) fn of(
        event: &Event,
        permission_set: bool,
        session_name: Option<&str>,
    ) -> Option<Self> {
        let named = |by| Some(Self { name: session_name?.to_owned(), by });
        if permission_set {
            return named(Voucher::IdentityCenter);
        }
        if saml_sign_in(event).is_some() {
            return named(Voucher::Saml);
        }
        let name = subject(event)?.to_owned();
        Some(Self { name, by: Voucher::Token })
    }
}

/// The provider of a sign-in to the console by SAML, as AWS writes it.
fn saml_sign_in(event: &Event) -> Option<&str> {
    let sign_in = event.event_source() == Some("signin.amazonaws.com");
    event.text("detail.additionalEventData.SamlProviderArn").filter(|_| sign_in)
}

/// The subject of the token behind a session.
fn subject(event: &Event) -> Option<&str> {
    let path = "detail.userIdentity.sessionContext.webIdFederationData.attributes";
    let fields = event.value(path)?.as_object()?;
    // The name of an issuer may hold colons, too.
    let is = |key: &str, word: &str| key.rsplit(':').next() == Some(word);
    let of = |word: &str| {
        fields.iter().find(|(key, _)| is(key, word)).and_then(|(_, value)| value.as_str())
    };
    SUBJECTS.into_iter().find_map(of).filter(|subject| !subject.is_empty())
}

/// The identity provider behind the caller.
pub(super) fn provider(event: &Event, kind: PrincipalKind) -> Option<&str> {
    let by_saml = kind == PrincipalKind::SamlUser && event.name() == Some("AssumeRoleWithSAML");
    let named = || event.parameter("principalArn").filter(|_| by_saml);
    let of_token = || text(event, "sessionContext.webIdFederationData.federatedProvider");
    named()
        .or_else(|| text(event, "identityProvider"))
        .or_else(of_token)
        .or_else(|| saml_sign_in(event))
}

/// The ARN of the resource, such as a function, whose credentials signed the call.
pub(super) fn scope(event: &Event) -> Option<&str> {
    let places = ["inScopeOf", "sessionContext.inScopeOf"];
    let fields = ["credentialsIssuedTo", "sourceArn", "issuerType"];
    let mut paths = places.iter().flat_map(|place| fields.map(|field| format!("{place}.{field}")));
    paths.find_map(|path| text(event, &path))
}

/// The user or root who issued the session of a federated user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// Root, by its ARN.
    Root(Option<String>),
    /// A user.
    User {
        /// Its name.
        name: String,
        /// Its ARN.
        arn: Option<String>,
    },
}

impl Issuer {
    pub(super) fn of(event: &Event, kind: PrincipalKind) -> Option<Self> {
        if kind != PrincipalKind::FederatedUser {
            return None;
        }
        let arn = || issuer(event).map(str::to_owned);
        match issuer_kind(event)? {
            PrincipalKind::Root => Some(Self::Root(arn())),
            PrincipalKind::IamUser => {
                Some(Self::User { name: issued_by(event)?.to_owned(), arn: arn() })
            }
            _ => None,
        }
    }
}

fn issuer_kind(event: &Event) -> Option<PrincipalKind> {
    PrincipalKind::of(text(event, "sessionContext.sessionIssuer.type")?)
}

/// Who issued the session of a federated user: the name of a user, or `root`. The session's own name is the caller's
/// choice.
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html>
pub(super) fn issued_by(event: &Event) -> Option<&str> {
    match issuer_kind(event)? {
        PrincipalKind::Root => Some("root"),
        PrincipalKind::IamUser => {
            let name = text(event, "sessionContext.sessionIssuer.userName");
            let by_arn = || issuer(event).and_then(Arn::parse).map(|arn| arn.name());
            name.filter(|name| *name != HIDDEN).or_else(by_arn)
        }
        _ => None,
    }
}

/// Who opened a session of `AssumeRoot`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opener {
    /// The call that opened it was seen: its caller, in words for people.
    Seen(String),
    /// The `sourceIdentity` of the session.
    Says(String),
    /// The record does not say.
    Unknown,
}

impl Opener {
    pub(super) fn of(event: &Event, kind: PrincipalKind) -> Option<Self> {
        let flag = event.flag("detail.userIdentity.sessionContext.assumedRoot");
        if kind != PrincipalKind::Root || flag != Some(true) {
            return None;
        }
        let says = text(event, "sessionContext.sourceIdentity").map(str::to_owned);
        Some(says.map_or(Self::Unknown, Self::Says))
    }
}
