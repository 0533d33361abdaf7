//! An ARN by its six parts.

use std::fmt;

use super::name::{behind, is_partition, parts, without_path};
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
    /// All behind the fifth colon. What it means differs by service, so it is read only here.
    pub(super) resource: &'a str,
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

    /// The beginning of the ARNs of an account, of no service yet.
    #[must_use]
    pub const fn of_account(partition: &'a str, account: &'a str) -> Self {
        Self { partition, service: "", region: "", account, resource: "" }
    }

    /// Another thing in the same Region and account: `sqs`, its name.
    #[must_use]
    pub fn of(self, service: &'a str, resource: &'a str) -> Self {
        Self { service, resource, ..self }
    }

    /// The same in another Region.
    #[must_use]
    pub fn in_region(self, region: &'a str) -> Self {
        Self { region, ..self }
    }

    /// Is it an account as a whole, or its root user: `arn:aws:iam::111122223333:root`?
    #[must_use]
    pub(crate) fn is_root(&self) -> bool {
        (self.service, self.resource) == ("iam", "root")
    }

    /// Is it the virtual MFA device of a root user? Others of that name have a path before it, or another service.
    #[must_use]
    pub(crate) fn is_device_of_root(&self) -> bool {
        (self.service, self.resource) == ("iam", "mfa/root-account-mfa-device")
    }

    /// Does its resource hold a wildcard, so that it may mean several things?
    #[must_use]
    pub(crate) fn has_wildcard(&self) -> bool {
        self.resource.contains(['*', '?'])
    }

    /// The name of a topic of SNS. That of a subscription has a part behind it, and is none.
    #[must_use]
    pub fn topic(&self) -> Option<&'a str> {
        let of_one_part = !self.resource.is_empty() && !self.resource.contains(':');
        Some(self.resource).filter(|_| self.service == "sns" && of_one_part)
    }

    /// Is it a subscription: `arn:PARTITION:sns:REGION:ACCOUNT:TOPIC:ID`?
    #[must_use]
    pub(crate) fn is_subscription(&self) -> bool {
        self.service == "sns" && self.resource.contains(':')
    }

    /// The parts of the resource of which each may be a name. In IAM a colon separates nothing.
    #[must_use]
    pub(crate) fn parts(&self) -> std::str::Split<'a, &'static [char]> {
        if self.service == "iam" { self.resource.split(&['/']) } else { parts(self.resource) }
    }

    /// What follows this beginning in the resource of a service: behind `table/`, the name of a table.
    #[must_use]
    pub(crate) fn after(&self, service: &str, beginning: &str) -> Option<&'a str> {
        self.resource.strip_prefix(beginning).filter(|_| self.service == service)
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

/// ARN of an IAM entity: `role/ci/deploy`, `root` …
#[must_use]
pub(crate) fn of_iam(partition: &str, account: &str, resource: &str) -> String {
    Arn::of_account(partition, account).of("iam", resource).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::name::function_name;
    use super::super::pattern::directory_of_roles;
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
    fn a_resource_says_what_it_is_by_its_service() {
        let arn = |text| Arn::parse(text).unwrap();
        let topic = arn("arn:aws:sns:us-east-1:111122223333:alarms");
        let subscription = arn("arn:aws:sns:us-east-1:111122223333:alarms:0f1e");
        assert_eq!((topic.topic(), subscription.topic()), (Some("alarms"), None));
        assert!(subscription.is_subscription() && !topic.is_subscription());
        let queue = topic.of("sqs", "alarms");
        assert!(queue.topic().is_none() && topic.of("sns", "").topic().is_none());
        assert_eq!(queue.to_string(), "arn:aws:sqs:us-east-1:111122223333:alarms");
        let account = Arn::of_account("aws", "111122223333");
        assert!(account.of("iam", "root").is_root() && !account.of("sts", "root").is_root());
        let of_role = account.of("iam", "role/a:b/c");
        assert_eq!(of_role.parts().collect::<Vec<_>>(), ["role", "a:b", "c"]);
        assert_eq!(topic.of("glue", "a:b/c").parts().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(
            (of_role.after("iam", "role/"), of_role.after("s3", "role/")),
            (Some("a:b/c"), None)
        );
        assert!(account.of("iam", "role/a?").has_wildcard() && !of_role.has_wildcard());
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
