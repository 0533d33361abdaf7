//! Amazon Resource Names, split once by their six parts.
//!
//! A resource may hold colons and slashes: `arn:aws:iam::111122223333:role/x:role/aws-service-role/evil` is a
//! role that anybody may make. So every question about an ARN is asked of its parts, never by searching its
//! text.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>

use std::fmt;

use crate::iam::account;
use crate::iam::kind::EntityKind;

/// Beginning of the resource of service-linked roles, which only AWS services create and assume.
pub const LINKED_ROLES: &str = "role/aws-service-role/";
/// Beginning of the resource of roles that Identity Center creates for permission sets.
pub const PERMISSION_SET_ROLES: &str = "role/aws-reserved/sso.amazonaws.com/";
/// The beginning of their names. Under other paths anybody may name a role so.
pub(crate) const PERMISSION_SET_NAME: &str = "AWSReservedSSO_";

/// An ARN, borrowed from its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn` …
    pub partition: &'a str,
    /// `iam`, `sns` …
    pub service: &'a str,
    /// Empty where the resource has none.
    pub region: &'a str,
    /// Twelve digits, `aws`, or empty.
    pub account: &'a str,
    /// All behind the fifth colon.
    pub resource: &'a str,
}

/// A role that AWS keeps, and that nobody else can make: its path is reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwsRole<'a> {
    /// A service-linked role, of this service: `sso.amazonaws.com`.
    Linked(&'a str),
    /// Identity Center's role of a permission set of this name.
    PermissionSet(&'a str),
}

impl<'a> Arn<'a> {
    /// Splits a text that has the form of an ARN; what its parts may be is not checked.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next();
        let (
            Some("arn"),
            Some(partition),
            Some(service),
            Some(region),
            Some(account),
            Some(resource),
        ) = (next(), next(), next(), next(), next(), next())
        else {
            return None;
        };
        Some(Self { partition, service, region, account, resource })
    }

    /// The parts of the resource before and after its first slash.
    #[must_use]
    pub fn kind_and_name(&self) -> Option<(&'a str, &'a str)> {
        self.resource.split_once('/')
    }

    /// The first word of the resource, which in most services is its kind: `role`, `function`.
    #[must_use]
    pub(crate) fn kind_word(&self) -> &'a str {
        self.resource.split(['/', ':']).next().unwrap_or(self.resource)
    }

    /// Does the resource have no part behind its name, as a topic, whose subscriptions have one?
    #[must_use]
    pub(crate) fn is_of_one_part(&self) -> bool {
        !self.resource.contains(':')
    }

    /// The resource below a kind: below `stack`, `NAME/UUID`.
    #[must_use]
    pub fn below(&self, kind: &str) -> Option<&'a str> {
        self.kind_and_name().filter(|(own, _)| *own == kind).map(|(_, rest)| rest)
    }

    /// The parts of that, between its slashes: `NAME`, `UUID`.
    #[must_use]
    pub fn parts_below(&self, kind: &str) -> Option<std::str::Split<'a, char>> {
        self.below(kind).map(|below| below.split('/'))
    }

    /// The organization whose ARN it is, or that of a part or an account of it; empty where none is named.
    #[must_use]
    pub(crate) fn organization(&self) -> Option<&'a str> {
        let ids = self.kind_and_name().and_then(|(_, ids)| ids.split('/').next());
        (self.service == "organizations").then(|| ids.unwrap_or_default())
    }

    /// The part after a kind and a slash or colon: for `function`, `NAME:VERSION`. Services have several words for a
    /// kind, so the part after another kind is also found.
    #[must_use]
    pub fn behind(&self, kind: &str) -> &'a str {
        let other = || self.resource.split_once([':', '/']).map(|(_, rest)| rest);
        behind(self.resource, kind).or_else(other).unwrap_or(self.resource)
    }

    /// Kind and name, with its path, of the IAM entity of this ARN: a role, `ci/deploy`. For ARNs that people write:
    /// each part must have its form. `arn:PARTITION:iam::ACCOUNT:KIND/PATH/NAME`; a path may hold colons, and the
    /// account of AWS's own policies is `aws`.
    #[must_use]
    pub(crate) fn iam_entity(&self) -> Option<(EntityKind, &'a str)> {
        let (kind, name) = self.kind_and_name()?;
        let account = account::is_id(self.account) || (self.account == "aws" && kind == "policy");
        let of_iam = is_partition(self.partition) && (self.service, self.region) == ("iam", "");
        let named = !name.is_empty() && !name.ends_with('/');
        let good = of_iam && account && named && name.chars().all(|c| c.is_ascii_graphic());
        Some((EntityKind::of_iam(kind).filter(|_| good)?, name))
    }

    /// The same without what follows behind a further slash or colon: of `function:NAME:VERSION`, `NAME`.
    #[must_use]
    pub(crate) fn name_behind(&self, kind: &str) -> &'a str {
        let name = self.behind(kind);
        name.split([':', '/']).next().unwrap_or(name)
    }

    /// Its account, if it is one's: twelve digits.
    #[must_use]
    pub fn account_id(&self) -> Option<&'a str> {
        Some(self.account).filter(|account| account::is_id(account))
    }

    /// The common name: the last part of its resource, without a path.
    #[must_use]
    pub fn name(&self) -> &'a str {
        without_path(self.resource)
    }

    /// The same for services in which a colon, too, may precede the name: all except IAM.
    #[must_use]
    pub(crate) fn last_part(&self) -> &'a str {
        self.resource.rsplit(['/', ':']).next().unwrap_or(self.resource)
    }

    /// The same in another partition.
    #[must_use]
    pub(crate) fn in_partition(self, partition: &'a str) -> Self {
        Self { partition, ..self }
    }

    /// The name, without its path, of an IAM entity of this kind.
    #[must_use]
    pub fn name_in_iam(&self, kind: EntityKind) -> Option<&'a str> {
        self.iam_entity().filter(|(own, _)| *own == kind).map(|_| self.name())
    }

    /// The path of an IAM entity of this kind, if it has one: `/ci/`.
    #[must_use]
    pub(crate) fn path_in_iam(&self, kind: EntityKind) -> Option<String> {
        let (_, named) = self.iam_entity().filter(|(own, _)| *own == kind)?;
        named.rsplit_once('/').map(|(path, _)| format!("/{path}/"))
    }

    /// Role of a session, without its path, and the session's name, if the ARN has it:
    /// `arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    #[must_use]
    pub(crate) fn assumed_role(&self) -> Option<(&'a str, Option<&'a str>)> {
        let of_sts = self.below("assumed-role").filter(|_| self.service == "sts")?;
        let mut parts =
            of_sts.splitn(2, '/').map(|part| Some(part).filter(|part| !part.is_empty()));
        Some((parts.next()??, parts.next().flatten()))
    }

    /// The name of a federated user's session: `arn:PARTITION:sts::ACCOUNT:federated-user/NAME`.
    #[must_use]
    pub(crate) fn federated_user(&self) -> Option<&'a str> {
        let name = self.below("federated-user").filter(|_| self.service == "sts");
        name.filter(|name| !name.is_empty())
    }

    /// Is this a role that AWS alone can make and change, for any purpose?
    #[must_use]
    pub(crate) fn is_below_reserved_path(&self) -> bool {
        let reserved = ["role/aws-service-role/", "role/aws-reserved/"];
        self.service == "iam" && reserved.iter().any(|path| self.resource.starts_with(path))
    }

    /// The role that AWS keeps under this ARN, if it is one.
    #[must_use]
    pub(crate) fn aws_role(&self) -> Option<AwsRole<'a>> {
        if self.service != "iam" {
            return None;
        }
        if let Some(rest) = self.resource.strip_prefix(LINKED_ROLES) {
            let (service, name) = rest.split_once('/')?;
            return (!service.is_empty() && !name.is_empty()).then_some(AwsRole::Linked(service));
        }
        self.resource.strip_prefix(PERMISSION_SET_ROLES)?;
        let name = self.name().strip_prefix(PERMISSION_SET_NAME)?;
        // A hash after the name makes it unique.
        name.rsplit_once('_').map(|(name, _)| AwsRole::PermissionSet(name))
    }
}

/// As AWS writes it.
impl fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

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
    pub fn resource(&self) -> Option<&'a str> {
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

    /// The parts before the resource, of those that are there.
    pub fn before_resource(&self) -> impl Iterator<Item = &'a str> {
        self.0.into_iter().take(5).flatten()
    }
}

/// What a pattern matches if its stars also match colons and slashes, as in EventBridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Service-linked roles.
    LinkedRole,
    /// Roles that Identity Center makes.
    PermissionSetRole,
    /// Policies.
    Policy,
    /// Other roles, users, or sessions.
    Caller,
}

impl Asked {
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
    let star = split.before_resource().any(|part| part.contains('*'));
    match (split.resource().filter(|_| split.is_arn()), star) {
        (Some(resource), false) => vec![resource],
        _ => {
            let behind = pattern.split_once('*').map(|(_, behind)| behind).unwrap_or_default();
            let colons = behind.match_indices(':');
            colons.filter_map(|(at, _)| behind.get(at + 1..)).collect()
        }
    }
}

/// ARN of an IAM entity: `role/ci/deploy`, `root` …
#[must_use]
pub(crate) fn of_iam(partition: &str, account: &str, resource: &str) -> String {
    Arn { partition, service: "iam", region: "", account, resource }.to_string()
}

/// A name, or a pattern of names, without the path before it.
#[must_use]
pub(crate) fn without_path(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The part after a kind and a slash or colon: for `function:f`, `f`.
#[must_use]
pub fn behind<'a>(text: &'a str, kind: &str) -> Option<&'a str> {
    text.strip_prefix(kind)?.strip_prefix([':', '/'])
}

/// The name of a function as calls of Lambda have it: alone, behind the account and `function:`, or in its ARN, and
/// mostly a version or an alias behind it.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html>
#[must_use]
pub(crate) fn function_name(named: &str) -> &str {
    without_qualifier(named.rsplit_once("function:").map_or(named, |(_, name)| name))
}

/// The rest without the Region or the account before it, both of which Lambda accepts.
#[must_use]
pub(crate) fn without_place<'a>(text: &'a str, region: &str) -> &'a str {
    let mut left = text;
    while let Some((part, rest)) = left.split_once(':')
        && (part == region || account::is_id(part))
    {
        left = rest;
    }
    left
}

/// A name without the version, alias, label or tag behind it, which a colon parts from it.
#[must_use]
pub(crate) fn without_qualifier(name: &str) -> &str {
    name.split(':').next().unwrap_or(name)
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

/// `aws`, `aws-cn`, `aws-us-gov` …
#[must_use]
pub fn is_partition(text: &str) -> bool {
    text.starts_with("aws") && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(resource: &str, want: Option<AwsRole<'_>>) {
        let text = format!("arn:aws:iam::111122223333:{resource}");
        assert_eq!(Arn::parse(&text).unwrap().aws_role(), want, "{resource}");
    }

    #[test]
    fn only_reserved_paths_make_a_role_of_aws() {
        let linked = Some(AwsRole::Linked("sso.amazonaws.com"));
        check("role/aws-service-role/sso.amazonaws.com/AWSServiceRoleForSSO", linked);
        let set = Some(AwsRole::PermissionSet("Admin_All"));
        check("role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_All_0123", set);
        check("role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_All_0123", set);
        let below = |resource: &str| {
            let text = format!("arn:aws:iam::111122223333:{resource}");
            Arn::parse(&text).unwrap().is_below_reserved_path()
        };
        assert!(below("role/aws-reserved/x/y") && below("role/aws-service-role/x/y"));
        assert!(!below("role/x:role/aws-reserved/x/y") && !below("role/aws-reservedx/y"));
        for resource in [
            "role/x:role/aws-service-role/sso.amazonaws.com/evil",
            "role/x/aws-service-role/sso.amazonaws.com/evil",
            "role/x:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_0",
            "role/AWSReservedSSO_Admin_0123",
            "role/AWSServiceRoleForSSO",
            "role/aws-service-role/evil",
            "user/aws-service-role/sso.amazonaws.com/evil",
        ] {
            check(resource, None);
        }
    }

    #[test]
    fn what_iam_holds_is_named_by_kind_path_and_name() {
        let entity = |arn| Arn::parse(arn).and_then(|arn| arn.iam_entity());
        assert_eq!(
            entity("arn:aws:iam::111122223333:role/ci/deploy"),
            Some((EntityKind::Role, "ci/deploy"))
        );
        assert_eq!(
            entity("arn:aws-cn:iam::111122223333:user/a:b/c"),
            Some((EntityKind::User, "a:b/c"))
        );
        assert_eq!(
            entity("arn:aws:iam::aws:policy/ReadOnlyAccess"),
            Some((EntityKind::Policy, "ReadOnlyAccess"))
        );
        for arn in [
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role/a/",
            "arn:aws:iam::111122223333:role/a b",
            "arn:aws:iam::111122223333:root",
            "arn:aws:iam::1111:role/a",
            "arn:aws:iam::aws:role/a",
            "arn:aws:iam:us-east-1:111122223333:role/a",
            "arn:aws:sts::111122223333:assumed-role/a/b",
            "arn:aws:iam::111122223333:roles/a",
            "arn:*:iam::111122223333:role/a",
        ] {
            assert_eq!(entity(arn), None, "{arn}");
        }
    }

    #[test]
    fn a_session_is_of_sts_and_has_a_role() {
        let session = |arn| Arn::parse(arn).and_then(|arn| arn.assumed_role());
        assert_eq!(session("arn:aws:sts::111122223333:assumed-role/a/b"), Some(("a", Some("b"))));
        for arn in [
            "arn:aws:sts::111122223333:assumed-role/a",
            "arn:aws:sts::111122223333:assumed-role/a/",
        ] {
            assert_eq!(session(arn), Some(("a", None)), "{arn}");
        }
        for arn in [
            "arn:aws:sts::111122223333:assumed-role//b",
            "arn:aws:iam::111122223333:assumed-role/a/b",
            "arn:aws:iam::111122223333:user/x:assumed-role/a/b",
        ] {
            assert_eq!(session(arn), None, "{arn}");
        }
        let of = |arn: &'static str, kind| Arn::parse(arn).unwrap().name_in_iam(kind);
        assert_eq!(
            of("arn:aws:iam::111122223333:role/ci/x:role/deploy", EntityKind::Role),
            Some("deploy")
        );
        assert_eq!(of("arn:aws:iam::111122223333:user/x:role/deploy", EntityKind::Role), None);
    }

    #[test]
    fn names_are_found_behind_their_kinds() {
        let arn = |text| Arn::parse(text).unwrap();
        let function = arn("arn:aws:lambda:us-east-1:111122223333:function:f:1");
        assert_eq!((function.behind("function"), function.last_part()), ("f:1", "1"));
        assert_eq!(function.below("function"), None);
        let stack = arn("arn:aws:cloudformation:us-east-1:111122223333:stack/alerts/5b7f");
        assert_eq!((stack.below("stack"), stack.behind("x")), (Some("alerts/5b7f"), "alerts/5b7f"));
        assert_eq!(
            stack.in_partition("aws-cn").to_string().replacen("-cn", "", 1),
            stack.to_string()
        );
        for named in ["f", "f:1", "111122223333:function:f", &function.to_string()] {
            assert_eq!(function_name(named), "f", "{named}");
        }
        let path = arn("arn:aws:iam::111122223333:role/ci/x/deploy").path_in_iam(EntityKind::Role);
        assert_eq!(path.as_deref(), Some("/ci/x/"));
        assert_eq!(directory_of_roles("arn:*:role/ci/*").as_deref(), Some("/ci/"));
    }

    #[test]
    fn a_pattern_has_the_parts_that_it_has() {
        let pattern = ArnPattern::split("arn:*:iam::1111*:role/*:x");
        assert_eq!((pattern.partition(), pattern.account()), (Some("*"), Some("1111*")));
        assert_eq!((pattern.service(), pattern.resource()), (Some("iam"), Some("role/*:x")));
        let short = ArnPattern::split("arn:aws:*");
        assert!(short.is_arn() && short.account().is_none() && short.resource().is_none());
        assert_eq!(short.before_resource().count(), 3);
        assert!(!ArnPattern::split("arn").is_arn() && !ArnPattern::split("*:role/x").is_arn());
    }

    #[test]
    fn a_pattern_asks_for_the_resource_and_not_for_what_a_path_holds() {
        let account = "arn:aws:iam::111122223333:";
        for (pattern, want) in [
            ("arn:*:iam::*:role/aws-service-role/*", Some(Asked::LinkedRole)),
            ("*:role/aws-reserved/sso.amazonaws.com/*", Some(Asked::PermissionSetRole)),
            ("*:assumed-role/AWSReservedSSO_Admin_*", Some(Asked::PermissionSetRole)),
            ("arn:aws:iam::*:role/*AWSReservedSSO_Admin_*", Some(Asked::PermissionSetRole)),
            ("arn:*:iam::aws:policy/AdministratorAccess", Some(Asked::Policy)),
            ("*:user/ci", Some(Asked::Caller)),
            (&format!("{account}role/x:role/aws-service-role/*"), Some(Asked::Caller)),
            (&format!("{account}role/x/aws-reserved/*"), Some(Asked::Caller)),
            (&format!("{account}user/aws-service-role/*"), Some(Asked::Caller)),
            (&format!("{account}role/x:policy/*"), Some(Asked::Caller)),
            ("arn:aws:iam::*", None),
            ("x:role/ci", None),
            ("*dmin*", None),
        ] {
            assert_eq!(Asked::of(pattern), want, "{pattern}");
            assert_eq!(Asked::of_arn(pattern), want, "{pattern}");
        }
        let within = "*/AWSReservedSSO_Admin_0123";
        assert_eq!(
            (Asked::of(within), Asked::of_arn(within)),
            (None, Some(Asked::PermissionSetRole))
        );
        assert_eq!(Asked::of_arn("*/aws-service-role/*"), Some(Asked::LinkedRole));
    }

    #[test]
    fn an_arn_has_six_parts() {
        let arn = Arn::parse("arn:aws-cn:sns:cn-north-1:111122223333:a:b").unwrap();
        assert_eq!((arn.partition, arn.service, arn.resource), ("aws-cn", "sns", "a:b"));
        assert_eq!((arn.region, arn.account), ("cn-north-1", "111122223333"));
        for text in ["", "arn:aws:iam::111122223333", "urn:aws:iam::1:role/x", "x"] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
