//! Whom a statement names.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use super::glob::is_all;
use super::json::Json;

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Principals {
    pub(crate) negated: bool,
    pub(crate) entries: Vec<PrincipalEntry>,
}

/// A value of `Principal`, and the key under which it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PrincipalEntry {
    pub(crate) key: PrincipalKey,
    /// ARN, account, service, provider … as written; a star.
    pub(crate) value: String,
}

/// The key of a principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PrincipalKey {
    /// `AWS`: accounts and identities.
    Aws,
    /// `Service`: services that act for somebody.
    Service,
    /// `Federated`: providers of identities.
    Federated,
    /// `CanonicalUser`: accounts, as S3 numbers them.
    CanonicalUser,
    /// None: `"Principal": "*"` is everybody. IAM takes nothing else without a key.
    Bare,
    /// Another, as written. IAM refuses it.
    Unknown(String),
}

impl PrincipalKey {
    /// IAM writes them in one way; others are read ignoring case, so that none slips past.
    fn of(key: &str) -> Self {
        let known = [
            ("AWS", Self::Aws),
            ("Service", Self::Service),
            ("Federated", Self::Federated),
            ("CanonicalUser", Self::CanonicalUser),
            ("*", Self::Bare),
        ];
        let found = known.into_iter().find(|(word, _)| key.eq_ignore_ascii_case(word));
        found.map_or_else(|| Self::Unknown(key.to_owned()), |(_, key)| key)
    }
}

impl PrincipalEntry {
    /// The entries of a `Principal` or `NotPrincipal`.
    pub(super) fn read(json: &Json) -> Vec<Self> {
        let under = |key: &PrincipalKey, values: &Json| -> Vec<Self> {
            let entry = |value| Self { key: key.clone(), value };
            values.texts().into_iter().map(entry).collect()
        };
        match json {
            Json::Object(entries) => {
                let each = entries.iter().map(|(key, values)| (PrincipalKey::of(key), values));
                each.flat_map(|(key, values)| under(&key, values)).collect()
            }
            other => under(&PrincipalKey::Bare, other),
        }
    }

    /// `"*"`: everybody.
    pub(super) fn everybody() -> Self {
        Self { key: PrincipalKey::Bare, value: "*".to_owned() }
    }

    /// Is the value every text?
    pub(super) fn is_star(&self) -> bool {
        is_all(&self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(principal: &str, want: &[(PrincipalKey, &str)]) {
        let found = PrincipalEntry::read(&serde_json::from_str(principal).unwrap());
        let found: Vec<_> = found.iter().map(|one| (one.key.clone(), &*one.value)).collect();
        assert_eq!(found, want, "{principal}");
    }

    #[test]
    fn keys_are_read_in_any_case_and_others_are_kept() {
        check(r#""*""#, &[(PrincipalKey::Bare, "*")]);
        check(r#"{"AWS":["1","*"]}"#, &[(PrincipalKey::Aws, "1"), (PrincipalKey::Aws, "*")]);
        check(
            r#"{"service":"x.amazonaws.com","FEDERATED":"y"}"#,
            &[(PrincipalKey::Service, "x.amazonaws.com"), (PrincipalKey::Federated, "y")],
        );
        check(r#"{"CanonicalUser":"79a5"}"#, &[(PrincipalKey::CanonicalUser, "79a5")]);
        check(r#"{"Aws ":"1"}"#, &[(PrincipalKey::Unknown("Aws ".to_owned()), "1")]);
        check(r#"{"AWS":{"AWS":"1"}}"#, &[]);
    }
}
