//! ARNs as policies and patterns write them.

use super::name::without_path;
use super::parsed::PERMISSION_SET_NAME;

/// An ARN as policies and patterns write it: any part may hold wildcards, and the last ones may be missing.
#[derive(Debug, Clone, Copy)]
pub struct ArnPattern<'a>([Option<&'a str>; 6]);

impl<'a> ArnPattern<'a> {
    /// Takes any text apart; what it does not have is `None`.
    #[must_use]
    pub fn split(text: &'a str) -> Self {
        let mut parts = text.splitn(6, ':');
        Self(std::array::from_fn(|_| parts.next()))
    }

    /// Does it begin as an ARN?
    #[must_use]
    pub fn is_arn(&self) -> bool {
        let [first, partition, ..] = self.0;
        first == Some("arn") && partition.is_some()
    }

    /// `aws`, `*` …, where it begins as an ARN.
    #[must_use]
    pub fn partition(&self) -> Option<&'a str> {
        let [_, partition, ..] = self.0;
        partition.filter(|_| self.is_arn())
    }

    /// `iam`, `s3` …
    #[must_use]
    pub fn service(&self) -> Option<&'a str> {
        let [_, _, service, ..] = self.0;
        service
    }

    /// Twelve digits, `aws`, a pattern, or empty.
    #[must_use]
    pub fn account(&self) -> Option<&'a str> {
        let [.., account, _] = self.0;
        account
    }

    /// All behind the fifth colon.
    #[must_use]
    pub(in crate::iam) fn resource(&self) -> Option<&'a str> {
        let [.., resource] = self.0;
        resource
    }

    /// The parts of the resource before and after its first slash.
    #[must_use]
    pub fn kind_and_name(&self) -> Option<(&'a str, &'a str)> {
        self.resource()?.split_once('/')
    }

    /// The pattern of the names of roles, with their paths, that it means.
    #[must_use]
    pub fn role(&self) -> Option<&'a str> {
        let resource = self.resource()?;
        resource.strip_prefix("role/").or((resource == "*").then_some("*"))
    }

    /// Does a star stand before the resource? It also matches colons, so that any part may lie within it.
    #[must_use]
    pub fn has_early_star(&self) -> bool {
        self.before_resource().any(|part| part.contains('*'))
    }

    /// Does a star stand before a slash of the resource, and so cross a path?
    #[must_use]
    pub fn crosses_path(&self) -> bool {
        let star = self.resource().and_then(|resource| resource.split_once('*'));
        star.is_some_and(|(_, behind)| behind.contains('/'))
    }

    /// The parts before the resource, of those that are there.
    fn before_resource(&self) -> impl Iterator<Item = &'a str> {
        self.0.into_iter().take(5).flatten()
    }
}

/// What a pattern matches if its stars also match colons and slashes, as in EventBridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchedArns {
    /// Service-linked roles.
    LinkedRole,
    /// Roles that Identity Center makes.
    PermissionSetRole,
    /// Policies.
    Policy,
    /// Other roles, users, or sessions.
    Caller,
}

impl MatchedArns {
    /// What a pattern matches, by its text. `None` if the text does not say: any ARN may match.
    #[must_use]
    pub fn of(pattern: &str) -> Option<Self> {
        possible_resources(pattern).into_iter().find_map(|resource| {
            let (kind, name) = resource.split_once('/')?;
            match kind {
                "policy" => Some(Self::Policy),
                "role" => Some(Self::of_role(name).unwrap_or(Self::Caller)),
                "assumed-role" if name.starts_with(PERMISSION_SET_NAME) => {
                    Some(Self::PermissionSetRole)
                }
                "assumed-role" | "user" => Some(Self::Caller),
                _ => None,
            }
        })
    }

    /// The same of a pattern that is known to be one of ARNs, so that it may begin within the path of a role.
    #[must_use]
    pub fn of_arn(pattern: &str) -> Option<Self> {
        let within = || Self::of_role(pattern.strip_prefix('*')?.trim_start_matches('/'));
        Self::of(pattern).or_else(within)
    }

    fn of_role(name: &str) -> Option<Self> {
        let is_named = without_path(name).trim_start_matches('*').starts_with(PERMISSION_SET_NAME);
        match name.split('/').next() {
            Some("aws-service-role") => Some(Self::LinkedRole),
            Some("aws-reserved") => Some(Self::PermissionSetRole),
            _ => is_named.then_some(Self::PermissionSetRole),
        }
    }
}

/// Possible resources of an ARN that a pattern matches: all after the fifth colon. A star before that also matches
/// colons, so the part after any colon behind the star is possible.
fn possible_resources(pattern: &str) -> Vec<&str> {
    let split = ArnPattern::split(pattern);
    match (split.resource().filter(|_| split.is_arn()), split.has_early_star()) {
        (Some(resource), false) => vec![resource],
        _ => {
            let behind = pattern.split_once('*').map(|(_, behind)| behind).unwrap_or_default();
            let colons = behind.match_indices(':');
            colons.filter_map(|(at, _)| behind.get(at + 1..)).collect()
        }
    }
}

/// The directory of the roles that a pattern of ARNs matches, if it has one: `/ci/`.
#[must_use]
pub(crate) fn directory_of_roles(pattern: &str) -> Option<String> {
    // A star may replace several parts before it: `arn:*:role/ci/*`.
    let (_, name) = pattern.split_once(":role/")?;
    let literal = name.split(['*', '?', '$']).next()?;
    let (path, _) = literal.rsplit_once('/')?;
    Some(format!("/{path}/"))
}

/// The end of the names that a pattern of ARNs matches, after the last wildcard, as a pattern.
#[must_use]
pub(crate) fn end_of_name(pattern: &str) -> String {
    let after_variable = pattern.rsplit('}').next().unwrap_or_default();
    let last = after_variable.rsplit(['/', ':', '*']).next().unwrap_or_default();
    match pattern.strip_suffix(last).is_some_and(|before| before.ends_with(['/', ':'])) {
        true => last.to_owned(),
        false => format!("*{last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_the_parts_that_it_has() {
        let pattern = ArnPattern::split("arn:*:iam::1111*:role/*:x");
        assert_eq!((pattern.partition(), pattern.account()), (Some("*"), Some("1111*")));
        assert_eq!((pattern.service(), pattern.resource()), (Some("iam"), Some("role/*:x")));
        let short = ArnPattern::split("arn:aws:*");
        assert!(short.is_arn() && short.account().is_none() && short.resource().is_none());
        assert_eq!(short.before_resource().count(), 3);
        assert!(!ArnPattern::split("arn").is_arn() && !ArnPattern::split("*:role/x").is_arn());
        let stars = |text| {
            let pattern = ArnPattern::split(text);
            (pattern.has_early_star(), pattern.crosses_path())
        };
        assert_eq!(stars("arn:aws:iam::1111*:role/x"), (true, false));
        assert_eq!(stars("arn:aws:iam::1111:role/*/x"), (false, true));
        assert_eq!(stars("arn:aws:iam::1111:role/x/*"), (false, false));
    }

    #[test]
    fn a_pattern_asks_for_the_resource_and_not_for_what_a_path_holds() {
        let account = "arn:aws:iam::111122223333:";
        for (pattern, want) in [
            ("arn:*:iam::*:role/aws-service-role/*", Some(MatchedArns::LinkedRole)),
            ("*:role/aws-reserved/sso.amazonaws.com/*", Some(MatchedArns::PermissionSetRole)),
            ("*:assumed-role/AWSReservedSSO_Admin_*", Some(MatchedArns::PermissionSetRole)),
            ("arn:aws:iam::*:role/*AWSReservedSSO_Admin_*", Some(MatchedArns::PermissionSetRole)),
            ("arn:*:iam::aws:policy/AdministratorAccess", Some(MatchedArns::Policy)),
            ("*:user/ci", Some(MatchedArns::Caller)),
            (&format!("{account}role/x:role/aws-service-role/*"), Some(MatchedArns::Caller)),
            (&format!("{account}role/x/aws-reserved/*"), Some(MatchedArns::Caller)),
            (&format!("{account}user/aws-service-role/*"), Some(MatchedArns::Caller)),
            (&format!("{account}role/x:policy/*"), Some(MatchedArns::Caller)),
            ("arn:aws:iam::*", None),
            ("x:role/ci", None),
            ("*dmin*", None),
        ] {
            assert_eq!(MatchedArns::of(pattern), want, "{pattern}");
            assert_eq!(MatchedArns::of_arn(pattern), want, "{pattern}");
        }
        let within = "*/AWSReservedSSO_Admin_0123";
        assert_eq!(
            (MatchedArns::of(within), MatchedArns::of_arn(within)),
            (None, Some(MatchedArns::PermissionSetRole))
        );
        assert_eq!(MatchedArns::of_arn("*/aws-service-role/*"), Some(MatchedArns::LinkedRole));
    }
}
