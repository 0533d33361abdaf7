//! Which resources a pattern reaches: all of a type, some, or none.
//!
//! A policy says resources by ARN with wildcards. Whether a pattern reaches *all* of a type is
//! decided on names that have nothing in common, so that no pattern but one of stars fits them all.

use super::Clause;
use super::glob::glob;

/// Names without a common character: only stars match all of them.
const NAMES: [&str; 4] = ["A", "0b/c-d", "x_Y.9@", "eu/west/zz"];
/// Partitions that a policy may be written for.
const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"];

/// A type of resource: its service in ARNs and its own part, `{}` for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ResourceType {
    service: &'static str,
    /// `None`: of no particular form.
    rest: Option<&'static str>,
}

/// How sure a statement must reach all: an allow written for one Region or account counts for
/// that; a deny does not count for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Allow,
    Deny,
}

impl ResourceType {
    pub(super) const fn new(service: &'static str, rest: &'static str) -> Self {
        Self { service, rest: Some(rest) }
    }

    /// The type that an action acts upon.
    pub(super) fn of(action: &str) -> Self {
        let (service, name) = action.split_once(':').unwrap_or(("", action));
        match service {
            "iam" => Self::new("iam", iam(name)),
            "sts" if name == "AssumeRoot" => Self::new("iam", "root"),
            "sts" => Self::new("iam", "role/{}"),
            "lambda" if name != "CreateEventSourceMapping" => Self::new("lambda", "function:{}"),
            "ec2-instance-connect" => Self::new("ec2", "instance/{}"),
            "ecs" if name == "ExecuteCommand" => Self::new("ecs", "task/{}/{}"),
            "cloudformation" if !name.contains("StackSet") => {
                Self::new("cloudformation", "stack/{}/{}")
            }
            "apprunner" => Self::new("apprunner", "service/{}/{}"),
            "codebuild" => Self::new("codebuild", "project/{}"),
            _ => Self { service: arn_service(service), rest: None },
        }
    }

    /// ARN parts of sample resources of the type, of all partitions.
    fn samples(self) -> Vec<String> {
        let rest = self.rest.unwrap_or("{}");
        NAMES.iter().map(|name| rest.replace("{}", name)).collect()
    }
}

/// The service as ARNs name it. Of a service that is not known only stars reach anything.
fn arn_service(service: &str) -> &'static str {
    const SAME: [&str; 13] = [
        "apprunner",
        "bedrock-agentcore",
        "cloudformation",
        "codestar",
        "datapipeline",
        "ec2",
        "ecs",
        "eks",
        "glue",
        "lambda",
        "organizations",
        "sagemaker",
        "sso",
    ];
    match service {
        // Commands and sessions are allowed on instances.
        "ssm" => "ec2",
        _ => SAME.into_iter().find(|known| *known == service).unwrap_or("zz-unknown"),
    }
}

fn iam(name: &str) -> &'static str {
    match name {
        "AddRoleToInstanceProfile" | "CreateInstanceProfile" | "RemoveRoleFromInstanceProfile" => {
            "instance-profile/{}"
        }
        "CreateVirtualMFADevice" | "DeleteVirtualMFADevice" => "mfa/{}",
        _ if name.contains("Role") => "role/{}",
        _ if name.contains("Group") => "group/{}",
        _ if name.contains("SAML") => "saml-provider/{}",
        _ if name.contains("OpenID") => "oidc-provider/{}",
        _ if name.contains("UserPolicy") || name.contains("UserPermissions") => "user/{}",
        _ if name.contains("Policy") && !name.contains("Password") => "policy/{}",
        _ if name.contains("Organizations") || name.contains("Delegation") => "{}",
        _ => "user/{}",
    }
}

/// Does the clause reach all resources of a type?
pub(super) fn reaches_all(
    clause: &Clause,
    kind: ResourceType,
    own: Option<&str>,
    reach: Reach,
) -> bool {
    if clause.patterns.is_empty() {
        return false;
    }
    if clause.negated {
        return match reach {
            // What is left is all but some, unless the exception is everything.
            Reach::Allow => {
                !clause.patterns.iter().any(|pattern| covers(pattern, kind, own, Reach::Allow))
            }
            Reach::Deny => !clause.patterns.iter().any(|pattern| touches(pattern, kind)),
        };
    }
    clause.patterns.iter().any(|pattern| covers(pattern, kind, own, reach))
}

/// Does the clause reach any resource of a type that is not the caller's own?
pub(super) fn reaches_some(clause: &Clause, kind: ResourceType, others_only: bool) -> bool {
    if clause.negated {
        return !clause.patterns.iter().any(|pattern| covers(pattern, kind, None, Reach::Allow));
    }
    let reaches = |pattern: &&String| touches(pattern, kind) && !(others_only && is_own(pattern));
    clause.patterns.iter().any(|pattern| reaches(&pattern))
}

/// `${aws:username}` at the end: only the caller.
fn is_own(pattern: &str) -> bool {
    let lower = pattern.to_lowercase();
    lower.rsplit(['/', ':']).next().is_some_and(|last| last.ends_with('}'))
        && lower.contains("${aws:")
}

fn covers(pattern: &str, kind: ResourceType, own: Option<&str>, reach: Reach) -> bool {
    if pattern.chars().all(|c| c == '*') {
        return !pattern.is_empty();
    }
    let Some([partition, service, region, account, rest]) = segments(pattern) else {
        // `*role*`: no ARN, but wide enough for one.
        let own = own.unwrap_or("000000000000");
        let whole =
            |sample: &String| glob(pattern, &format!("arn:aws:{}::{own}:{sample}", kind.service));
        return reach == Reach::Allow && kind.rest.is_some() && kind.samples().iter().all(whole);
    };
    let service_fits = glob(service, kind.service);
    let known_partition = PARTITIONS.iter().any(|known| glob(partition, known));
    if !known_partition || !service_fits {
        return false;
    }
    let all = |segment: &str| segment.is_empty() || segment.chars().all(|c| c == '*');
    let region_fits = all(region) || reach == Reach::Allow;
    let account_fits = all(account)
        || match own {
            Some(own) => glob(account, own),
            // Written for an account that we do not know to be another.
            None => reach == Reach::Allow,
        };
    region_fits && account_fits && rest_covers(rest, kind, reach)
}

fn rest_covers(rest: &str, kind: ResourceType, reach: Reach) -> bool {
    if kind.rest.is_some() {
        return kind.samples().iter().all(|sample| glob(rest, sample));
    }
    // A type whose form we do not know: `function:*`, `job/*`, where an allow is concerned.
    let stem = rest.trim_end_matches('*');
    rest.ends_with('*')
        && (stem.is_empty()
            || (reach == Reach::Allow
                && stem.ends_with(['/', ':'])
                && stem.matches(['/', ':']).count() == 1
                && !stem.contains(['*', '?'])))
}

/// Could the pattern match any resource of the type?
fn touches(pattern: &str, kind: ResourceType) -> bool {
    if pattern.chars().all(|c| c == '*') {
        return !pattern.is_empty();
    }
    let Some([_, service, _, _, rest]) = segments(pattern) else { return false };
    if !glob(service, kind.service) {
        return false;
    }
    let Some(form) = kind.rest else { return true };
    let literal = form.split('{').next().unwrap_or_default();
    let stem = rest.split(['*', '?', '$']).next().unwrap_or_default();
    literal.starts_with(stem) || stem.starts_with(literal)
}

/// Partition, service, Region, account, rest. A pattern with fewer parts ends in a star that stands
/// for what is missing.
fn segments(pattern: &str) -> Option<[&str; 5]> {
    let mut parts = pattern.splitn(6, ':');
    let first = parts.next()?;
    if !glob(first, "arn") {
        return None;
    }
    let mut found = ["*"; 5];
    let mut count = 0;
    for (slot, part) in found.iter_mut().zip(parts) {
        *slot = part;
        count += 1;
    }
    (count == 5 || pattern.ends_with('*')).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: ResourceType = ResourceType::new("iam", "role/{}");

    #[track_caller]
    fn check(pattern: &str, allow: bool, deny: bool) {
        let own = Some("111122223333");
        assert_eq!(covers(pattern, ROLE, own, Reach::Allow), allow, "allow {pattern}");
        assert_eq!(covers(pattern, ROLE, own, Reach::Deny), deny, "deny {pattern}");
    }

    #[test]
    fn only_stars_reach_all() {
        check("*", true, true);
        check("**", true, true);
        check("arn:aws:iam::111122223333:role/*", true, true);
        check("arn:*:iam::*:*", true, true);
        check("arn:aws-cn:*", true, true);
        check("arn:aws:iam::1*:role/*", true, true);
        check("arn:aws:iam::1111?2223333:*", true, true);
        check("arn:aws:iam::999999999999:*", false, false);
        check("arn:aws:iam::*:role/app/*", false, false);
        check("arn:*zz*", false, false);
        check("arn:aws:iam::*:*/z*", false, false);
        check("arn:aws:s3:::*", false, false);
        check("arn:aws:iam::111122223333:role/deploy", false, false);
        check("", false, false);
    }

    #[test]
    fn a_pattern_touches_only_its_own_types() {
        assert!(touches("arn:aws:iam::*:role/app/*", ROLE));
        assert!(touches("arn:aws:iam::*:*", ROLE));
        assert!(!touches("arn:aws:iam::*:user/*", ROLE));
        assert!(!touches("arn:aws:s3:::bucket/*", ROLE));
        assert!(is_own("arn:aws:iam::*:user/${AWS:username}"));
        assert!(!is_own("arn:aws:iam::*:user/${aws:username}*"));
    }
}
