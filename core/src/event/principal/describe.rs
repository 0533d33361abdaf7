//! The caller in words for people: first whom AWS names, and what the caller chose himself only as that.

use super::caller::Principal;
use super::session::{Issuer, Opener, Vouched, Voucher};
use crate::event::PrincipalKind;
use crate::iam::arn::Arn;

impl Principal {
    /// One line for people: `alice@example.com as role AWSReservedSSO_Admin_0123`, `session of role ci that calls itself
    /// alice@example.com`.
    #[must_use]
    pub fn describe(&self) -> String {
        let line = match self.person_named() {
            Some(person) if self.kind == PrincipalKind::AssumedRole => {
                format!("{person} as {}", self.role())
            }
            _ => self.known_as(),
        };
        match &self.via_service {
            Some(service) if self.kind != PrincipalKind::AwsService => {
                format!("{line} through {service}")
            }
            _ => line,
        }
    }

    /// The subject of a sentence: `alice@example.com`, `a session of role ci that calls itself alice@example.com`.
    #[must_use]
    pub fn subject(&self) -> String {
        match (self.kind, &self.name) {
            (PrincipalKind::AssumedRole, _) => self.person_named(),
            // A user of this name must not look like root.
            (PrincipalKind::IamUser, Some(name))
                if !self.unproven && !name.eq_ignore_ascii_case("root") =>
            {
                Some(format!("{name}{}", self.of_account()))
            }
            _ => None,
        }
        .unwrap_or_else(|| {
            let known_as = self.known_as();
            match known_as.split(' ').next() {
                Some("session" | "federated") => format!("a {known_as}"),
                Some("root") => format!("the {known_as}"),
                _ => known_as,
            }
        })
    }

    /// Who signed in elsewhere to open the session of a role. Any account may trust any issuer: that of a token is named.
    fn person_named(&self) -> Option<String> {
        let Vouched { name, by } = self.vouched.as_ref()?;
        let issuer = self.identity_provider.as_deref().filter(|_| *by == Voucher::Token);
        Some(match issuer {
            Some(issuer) => format!("{name} of {}", short_issuer(issuer)),
            None => name.clone(),
        })
    }

    /// The name by which AWS knows the caller, followed by the name that the session chose.
    fn known_as(&self) -> String {
        let name = self.name.as_deref().unwrap_or("unnamed");
        let account = self.of_account();
        match self.kind {
            PrincipalKind::Root => match &self.assumed_root {
                Some(Opener::Seen(opener)) => {
                    format!("root session that {opener} opened by AssumeRoot{account}")
                }
                Some(Opener::Says(source)) => {
                    format!("root session of AssumeRoot with source identity {source}{account}")
                }
                Some(Opener::Unknown) => format!("root session of AssumeRoot{account}"),
                None if self.unproven => format!("somebody who named the root user{account}"),
                None => format!("root user{account}"),
            },
            PrincipalKind::AssumedRole => self.role_session(),
            PrincipalKind::IamUser if self.unproven => {
                format!("somebody who named user {name}{account}")
            }
            PrincipalKind::IamUser => format!("user {name}{account}"),
            PrincipalKind::Role => format!("role {name}{account}"),
            PrincipalKind::FederatedUser => {
                let of = match &self.issued_by {
                    Some(Issuer::Root(_)) => "the root user".to_owned(),
                    Some(Issuer::User { name, .. }) => format!("user {name}"),
                    // The name is the choice of the one who asked for the session.
                    None => return format!("federated session{account} that calls itself {name}"),
                };
                match &self.session_name {
                    Some(session) => {
                        format!("federated session of {of}{account} that calls itself {session}")
                    }
                    None => format!("federated session of {of}{account}"),
                }
            }
            PrincipalKind::SamlUser => format!("SAML user {name}{account}"),
            PrincipalKind::WebIdentityUser => match &self.identity_provider {
                Some(issuer) => {
                    format!("web identity user {name} of {}{account}", short_issuer(issuer))
                }
                None => format!("web identity user {name}{account}"),
            },
            PrincipalKind::IdentityCenterUser => format!("Identity Center user {name}{account}"),
            PrincipalKind::Directory => format!("directory user {name}{account}"),
            PrincipalKind::AwsService => format!("AWS service {name}{account}"),
            PrincipalKind::AwsAccount => format!("account {name}"),
            PrincipalKind::Unknown => format!("{name} ({}){account}", self.kind_word),
        }
    }

    fn role_session(&self) -> String {
        let role = self.role();
        match (&self.linked_service, &self.on_behalf_of, &self.session_name) {
            (Some(service), _, _) => format!("AWS service {service} as {role}"),
            (_, Some(person), _) => {
                format!("session of {role} on behalf of Identity Center user {person}")
            }
            (_, _, Some(name)) => format!("session of {role} that calls itself {name}"),
            _ => role,
        }
    }

    fn role(&self) -> String {
        format!("role {}{}", self.name.as_deref().unwrap_or("unnamed"), self.of_account())
    }

    /// ` of account 444455556666`, where it is another.
    fn of_account(&self) -> String {
        let account = self.account.as_deref().filter(|_| self.external);
        account.map(|account| format!(" of account {account}")).unwrap_or_default()
    }
}

/// The common name of the issuer of tokens: `token.actions.githubusercontent.com`.
fn short_issuer(issuer: &str) -> &str {
    let below = Arn::parse(issuer).and_then(|arn| arn.below("oidc-provider"));
    below.unwrap_or(issuer)
}
