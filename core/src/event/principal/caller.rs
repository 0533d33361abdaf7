//! The caller of an event.

use super::field::{HIDDEN, invoked_by, issuer, kind_word, text, unique_id};
use super::session::{Issuer, Opener, Vouched, issued_by, provider, scope};
use crate::event::{CallOutcome, Event, PrincipalKind, call_outcome};
use crate::iam::arn::{self, Arn, AwsRole};
use crate::iam::entity::EntityId;
use crate::iam::kind::EntityKind;

/// Services that make any call their user chooses: a call through one says nothing of its purpose.
///
/// Sources: <https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html>,
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html>,
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-executeAwsApi.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-integration-types.html>,
/// <https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/what-is-cloudcontrolapi.html>
pub const MESSENGERS: [&str; 12] = [
    "apigateway.amazonaws.com",
    "appsync.amazonaws.com",
    "aws-mcp.amazonaws.com",
    "bedrock-agentcore.amazonaws.com",
    "chatbot.amazonaws.com",
    "cloud9.amazonaws.com",
    "cloudcontrolapi.amazonaws.com",
    "q.amazonaws.com",
    "scheduler.amazonaws.com",
    "signin.amazonaws.com",
    "ssm.amazonaws.com",
    "states.amazonaws.com",
];

/// The principal of an event. Absent is `None`, never an empty string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Its kind. For events without identity: a service.
    pub kind: PrincipalKind,
    /// Its word as the record has it, which may be newer than the kinds.
    pub kind_word: String,
    /// The ARN of the caller, for role sessions that of the session.
    pub arn: Option<String>,
    /// The ARN of the role behind a session, with its path.
    pub role_arn: Option<String>,
    /// User name, role name, service or account: what a reader knows the caller by.
    pub name: Option<String>,
    /// Name of a role session.
    pub session_name: Option<String>,
    /// `sourceIdentity`: set by the identity provider, it cannot be changed along a role chain.
    pub source_identity: Option<String>,
    /// The account that owns the identity.
    pub account: Option<String>,
    /// The access key that signed the call.
    pub access_key_id: Option<String>,
    /// The person behind a session whom an identity provider names. What a session calls itself is the caller's
    /// choice.
    pub vouched: Option<Vouched>,
    /// The issuer of a federated user's session. The session has the issuer's rights, and counts as the issuer.
    pub issued_by: Option<Issuer>,
    /// A session of `AssumeRoot`, and who opened it.
    pub assumed_root: Option<Opener>,
    /// ID of the person in Identity Center for whom a session acts.
    pub on_behalf_of: Option<String>,
    /// The identity store that knows that person.
    pub identity_store: Option<String>,
    /// The session was opened in the console, so that somebody sits there.
    pub at_console: bool,
    /// ARN of the thing that AWS gave the credentials to, as a function.
    pub in_scope_of: Option<String>,
    /// The identity provider behind a session or a sign-in.
    pub identity_provider: Option<String>,
    /// Whether the session was authenticated with a second factor. `None` if the record does not say.
    pub mfa: Option<bool>,
    /// A sign-in that failed: the person who tried gave this name, and nothing proves it.
    pub unproven: bool,
    /// The AWS service that made the call on somebody's behalf.
    pub via_service: Option<String>,
    /// The identity belongs to another account than the one it acted in.
    pub external: bool,
    /// Service of this account's service-linked role behind a session: `sso.amazonaws.com`.
    pub linked_service: Option<String>,
    /// Permission set whose role of this account, made by Identity Center, is behind a session.
    pub permission_set: Option<String>,
}

impl Principal {
    /// Reads the principal of an event. Never fails: what is not there stays absent.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        let text = |path: &str| text(event, path);
        let owned = |path: &str| text(path).map(str::to_owned);
        let kind_word = kind_word(event).to_owned();
        let kind = PrincipalKind::of(&kind_word).unwrap_or(PrincipalKind::Unknown);
        let arn = text("arn").and_then(Arn::parse);
        let (issued_by, assumed_root) = (Issuer::of(event, kind), Opener::of(event, kind));
        let session_name = match kind {
            PrincipalKind::AssumedRole => {
                let named = arn.and_then(|arn| arn.assumed_role()?.1);
                let id = || text("principalId").and_then(|id| id.split_once(':'));
                named.or_else(|| id().map(|(_, name)| name))
            }
            // What the caller chose; who he is AWS says by the issuer.
            PrincipalKind::FederatedUser if issued_by.is_some() => {
                arn.and_then(|arn| arn.federated_user())
            }
            _ => None,
        };
        let account = text("accountId")
            .or_else(|| arn.map(|arn| arn.account))
            .filter(|account| !account.is_empty())
            .map(str::to_owned);
        let recipient = event.account();
        let external = matches!((&account, recipient), (Some(own), Some(here)) if own != here);
        // By the issuer alone: a session's own ARN lacks the path, which is what AWS reserves. In other accounts others
        // say who comes.
        let of_here =
            |arn: &Arn<'_>| recipient == Some(arn.account) && kind == PrincipalKind::AssumedRole;
        let at_home = issuer(event).and_then(Arn::parse).filter(of_here);
        let role = at_home.and_then(|arn| arn.aws_role());
        let (linked_service, permission_set) = match role {
            Some(AwsRole::Linked(service)) => (Some(service.to_owned()), None),
            Some(AwsRole::PermissionSet(name)) => (None, Some(name.to_owned())),
            None => (None, None),
        };
        let vouched =
            at_home.and_then(|_| Vouched::of(event, permission_set.is_some(), session_name));
        let unproven = event.event_source() == Some("signin.amazonaws.com")
            && matches!(kind, PrincipalKind::IamUser | PrincipalKind::Root)
            && text("accessKeyId").is_none()
            && call_outcome(event) != CallOutcome::Success;
        Self {
            linked_service,
            permission_set,
            vouched,
            name: name(event, kind, arn),
            role_arn: role_arn(event, arn),
            arn: owned("arn"),
            session_name: session_name.map(str::to_owned),
            source_identity: owned("sessionContext.sourceIdentity"),
            access_key_id: owned("accessKeyId"),
            on_behalf_of: owned("onBehalfOf.userId"),
            identity_store: owned("onBehalfOf.identityStoreArn"),
            at_console: event.flag("detail.sessionCredentialFromConsole") == Some(true),
            in_scope_of: scope(event).map(str::to_owned),
            identity_provider: provider(event, kind).map(str::to_owned),
            // Nobody signs in to a session of `AssumeRoot`.
            mfa: mfa(event).filter(|_| assumed_root.is_none() && !unproven),
            unproven,
            assumed_root,
            via_service: via_service(event),
            issued_by,
            kind,
            kind_word,
            account,
            external,
        }
    }

    /// The identity whose rights the caller has: a federated session has those of the user, or of root, who issued it.
    #[must_use]
    pub(crate) fn acts_as(&self) -> PrincipalKind {
        match &self.issued_by {
            Some(Issuer::Root(_)) => PrincipalKind::Root,
            Some(Issuer::User { .. }) => PrincipalKind::IamUser,
            None => self.kind,
        }
    }

    /// The user or role of IAM that the caller is, or whose rights it has.
    #[must_use]
    pub fn entity(&self) -> Option<EntityId> {
        let kind = match self.acts_as() {
            PrincipalKind::IamUser if !self.unproven => EntityKind::User,
            PrincipalKind::AssumedRole | PrincipalKind::Role => EntityKind::Role,
            _ => return None,
        };
        EntityId::of(self.account.as_deref()?, kind, self.name.as_deref()?)
    }

    /// [`Self::acts_as`] as a word; without an issuer AWS's own, which may be newer than the kinds.
    #[must_use]
    pub(crate) fn acts_as_word(&self) -> &str {
        if self.issued_by.is_some() { self.acts_as().word() } else { &self.kind_word }
    }

    /// ARN of the user, or of root, as whom the caller counts.
    #[must_use]
    pub(crate) fn own_arn(&self) -> Option<&str> {
        match &self.issued_by {
            Some(Issuer::Root(arn) | Issuer::User { arn, .. }) => arn.as_deref(),
            None => self.arn.as_deref(),
        }
    }

    /// Is this the account's root user, or a session with its rights?
    #[must_use]
    pub(crate) fn is_root(&self) -> bool {
        self.acts_as() == PrincipalKind::Root
    }

    /// The person behind the call, where AWS or an identity provider names one; never what a session calls itself.
    #[must_use]
    pub fn person(&self) -> Option<&str> {
        if let Some(vouched) = &self.vouched {
            return Some(&vouched.name);
        }
        match self.acts_as() {
            PrincipalKind::Root => self.assumed_root.is_none().then_some("the root user"),
            PrincipalKind::IamUser
            | PrincipalKind::SamlUser
            | PrincipalKind::WebIdentityUser
            | PrincipalKind::IdentityCenterUser
            | PrincipalKind::Directory => self.name.as_deref(),
            _ => None,
        }
    }

    /// The service that makes the call for the caller as a part of its own work, as EBS makes a grant on a key. Not one
    /// of [`MESSENGERS`]: a call through a messenger is the caller's own call.
    #[must_use]
    pub fn serving(&self) -> Option<&str> {
        self.via_service.as_deref().filter(|service| !MESSENGERS.contains(service))
    }

    /// Does the record show a person's session? It is that of a user, of a permission set, of somebody who signed in
    /// elsewhere, or named by a mail address. Names are the caller's choice: this makes louder, never quieter.
    #[must_use]
    pub(crate) fn is_person(&self) -> bool {
        let at_work = self.linked_service.is_none()
            && self.via_service.as_deref().is_none_or(|via| via == "signin.amazonaws.com");
        let signed_in = self.vouched.as_ref().is_some_and(|vouched| vouched.by.is_sign_in());
        let said = self.source_identity.is_some()
            || self.on_behalf_of.is_some()
            || self.at_console
            || self.session_name.as_deref().is_some_and(|name| name.contains('@'));
        match self.kind {
            PrincipalKind::IamUser
            | PrincipalKind::FederatedUser
            | PrincipalKind::SamlUser
            | PrincipalKind::IdentityCenterUser
            | PrincipalKind::Directory => true,
            PrincipalKind::AssumedRole => {
                self.permission_set.is_some() || (at_work && (signed_in || said))
            }
            _ => false,
        }
    }

    /// A user, a person of a permission set, or a session that a user gave away: what they do through a stack is theirs.
    #[must_use]
    pub(crate) fn is_user(&self) -> bool {
        self.acts_as() == PrincipalKind::IamUser || self.permission_set.is_some()
    }

    /// What identifies the caller across events: the role, the user, the ARN. A failed sign-in
    /// knows its user only by name.
    #[must_use]
    pub fn key(&self) -> String {
        match (self.acts_as(), &self.name) {
            (PrincipalKind::IamUser, Some(name)) => return format!("user {name}"),
            (PrincipalKind::Root, _) => return "root".to_owned(),
            _ => {}
        }
        let all = [&self.role_arn, &self.arn, &self.name, &self.account];
        all.into_iter().flatten().next().unwrap_or(&self.kind_word).clone()
    }
}

fn role_arn(event: &Event, arn: Option<Arn<'_>>) -> Option<String> {
    let is_role =
        |arn: &&str| Arn::parse(arn).is_some_and(|arn| arn.name_in_iam(EntityKind::Role).is_some());
    if let Some(issuer) = issuer(event).filter(is_role) {
        return Some(issuer.to_owned());
    }
    // The session's ARN lacks the role's path, but is all there is if the issuer is missing.
    let arn = arn?;
    let (role, _) = arn.assumed_role()?;
    Some(arn::of_iam(arn.partition, arn.account, &format!("role/{role}")))
}

fn name(event: &Event, kind: PrincipalKind, arn: Option<Arn<'_>>) -> Option<String> {
    let text = |path: &str| text(event, path);
    let user_name = text("userName").filter(|name| *name != HIDDEN);
    let last = || arn.filter(|arn| arn.kind_and_name().is_some()).map(|arn| arn.name());
    let found = match kind {
        PrincipalKind::Root => Some("root"),
        PrincipalKind::AssumedRole => {
            text("sessionContext.sessionIssuer.userName").or_else(|| Some(arn?.assumed_role()?.0))
        }
        PrincipalKind::FederatedUser => {
            issued_by(event).or_else(|| arn?.federated_user()).or(user_name)
        }
        PrincipalKind::AwsService => text("invokedBy").or_else(|| event.event_source()),
        PrincipalKind::AwsAccount => text("accountId").or_else(|| text("principalId")),
        PrincipalKind::IdentityCenterUser => user_name.or_else(|| text("onBehalfOf.userId")),
        _ => user_name.or_else(last),
    };
    let id = || text("principalId").map(unique_id);
    found.or_else(id).map(str::to_owned)
}

/// `mfaAuthenticated` of the session, or `MFAUsed` of a sign-in (`Yes`, `No`, also `YES`).
fn mfa(event: &Event) -> Option<bool> {
    let session = event.flag("detail.userIdentity.sessionContext.attributes.mfaAuthenticated");
    let sign_in = event.text("detail.additionalEventData.MFAUsed");
    session.or_else(|| sign_in.map(|used| used.eq_ignore_ascii_case("yes")))
}

fn via_service(event: &Event) -> Option<String> {
    let is_service = |text: &&str| text.ends_with(".amazonaws.com") || *text == "AWS Internal";
    invoked_by(event)
        .or_else(|| event.text("detail.sourceIPAddress").filter(is_service))
        .map(str::to_owned)
}
