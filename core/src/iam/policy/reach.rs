//! Which roles a document lets somebody wear or hand on without naming them in full.

use std::collections::BTreeSet;

use super::document::{PolicyDocument, Statement};
use super::escalation::{self, Scope};
use super::glob::glob;
use super::guard::Leave;
use super::judge::Judge;
use super::operator::{Comparison, Operator};
use super::principals::{PrincipalEntry, PrincipalKey};
use super::resource::ResourceType;
use crate::iam::arn::{self, Arn, ArnPattern};
use crate::iam::kind::EntityKind;

/// The actions that wear a role or, with `hand_on`, hand it on.
fn actions(hand_on: bool) -> impl Iterator<Item = &'static str> {
    ["sts:AssumeRole"].into_iter().chain(hand_on.then_some("iam:PassRole"))
}

/// Steps of matching for one document: of one event there may be many.
const STEPS_MAX: u64 = 1_000_000;

impl PolicyDocument {
    /// The roles, by their ARNs in lower case, that it lets somebody assume or, with `hand_on`, pass on. A document
    /// that reaches all roles or many of them returns none: that has its own word. `own` is its account. `None` if the
    /// answer needs more work than allowed.
    #[must_use]
    pub(crate) fn roles_reached<'r>(
        &self,
        roles: &'r [String],
        hand_on: bool,
        own: Option<&str>,
    ) -> Option<Vec<&'r str>> {
        let document = self.in_lower_case();
        let judge = Judge::with_steps(&document, own, STEPS_MAX);
        let partitions = document.partitions_of_roles();
        let narrow: Vec<&'static str> = actions(hand_on)
            .filter(|action| {
                let kind = ResourceType::of(action);
                judge.allowed(action, kind, Scope::Broad, None) == Leave::Never
            })
            .collect();
        let reached = |role: &&str| {
            let mut arns = in_partitions(role, &partitions).into_iter();
            arns.any(|arn| narrow.iter().any(|action| judge.reaches(action, &arn)))
        };
        let found = roles.iter().map(String::as_str).filter(reached).collect();
        (!judge.is_cut() && !document.too_long).then_some(found)
    }

    /// Those of the roles, by their ARNs in lower case, that it lets somebody hand to a service, with a call by which
    /// the service takes it on anything at all. `None` if the answer takes more work than allowed.
    #[must_use]
    pub(crate) fn roles_passed<'r>(
        &self,
        roles: &'r [String],
        own: Option<&str>,
    ) -> Option<Vec<&'r str>> {
        let document = self.in_lower_case();
        let judge = Judge::new(&document, own);
        let partitions = document.partitions_of_roles();
        let anywhere = |action: &'static str| {
            judge.allowed(action, ResourceType::of(action), Scope::Any, None) != Leave::Never
        };
        let services: BTreeSet<&'static str> = escalation::passings()
            .filter(|(_, steps)| steps.iter().all(|one| one.iter().any(|action| anywhere(action))))
            .map(|(service, _)| service)
            .collect();
        let passed = |role: &&str| {
            let mut arns = in_partitions(role, &partitions).into_iter();
            arns.any(|arn| services.iter().any(|service| judge.passes(&arn, service)))
        };
        let found = roles.iter().map(String::as_str).filter(passed).collect();
        (!judge.is_cut() && !document.too_long).then_some(found)
    }

    /// Does it let somebody hand on any role?
    pub(crate) fn hands_on(&self) -> bool {
        let passes = |one: &Statement| one.allow && one.actions.names_action("iam:PassRole");
        self.statements.iter().any(passes)
    }

    /// Does it let a machine join those on which ECS runs containers? Who controls such a machine has the roles of
    /// all containers on it.
    /// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-tasks-containers.html>
    pub(crate) fn registers_hosts(&self) -> bool {
        let joins = |one: &Statement| {
            one.allow && one.actions.names_action("ecs:RegisterContainerInstance")
        };
        self.statements.iter().any(joins)
    }

    /// The services that a trust policy lets wear the role, by the text before their domain, as `ecs-tasks`. Pods and
    /// identity pools count, too, which come with tokens of their own issuer. Conditions count as met.
    /// Sources: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>,
    /// <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html>,
    /// <https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html> and
    /// <https://docs.aws.amazon.com/iot/latest/developerguide/authorizing-direct-aws.html>
    pub(crate) fn worn_by(&self) -> BTreeSet<&str> {
        let allowing = self.statements.iter().filter(|one| one.allow);
        let entries = allowing.flat_map(|one| &one.principals.entries);
        let mut services = BTreeSet::new();
        for PrincipalEntry { key, value } in entries {
            let named = value.split_once(".amazonaws.com").map(|(name, _)| name);
            services.extend(match key {
                PrincipalKey::Service => named,
                PrincipalKey::Federated if is_of_eks(value) => Some("pods.eks"),
                PrincipalKey::Federated => named.filter(|name| *name == "cognito-identity"),
                PrincipalKey::Aws
                | PrincipalKey::CanonicalUser
                | PrincipalKey::Bare
                | PrincipalKey::Unknown(_) => None,
            });
        }
        services
    }

    /// Names of the roles of an account that a trust policy names in full, in lower case: AWS lets these wear the
    /// role by its trust alone. Conditions count as met.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html>
    #[must_use]
    pub(crate) fn roles_trusted(&self, account: &str) -> BTreeSet<String> {
        let name = |one: &PrincipalEntry| {
            let arn = Arn::parse(&one.value).filter(|_| one.key == PrincipalKey::Aws)?;
            let role = arn.name_in_iam(EntityKind::Role).filter(|_| arn.account == account)?;
            Some(role.to_lowercase())
        };
        let entries = self.letting_in().flat_map(|one| &one.principals.entries);
        entries.filter_map(name).collect()
    }

    /// Patterns of names of roles of an account, in lower case, that a trust policy lets in by its trust alone: it
    /// lets in anybody whose `aws:PrincipalArn` matches. The path is free. If it lets in the account but not anybody,
    /// the caller needs rights of its own, too.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn>
    #[must_use]
    pub(crate) fn roles_trusted_like(&self, account: &str) -> BTreeSet<String> {
        let anybody = |one: &&Statement| one.principals.entries.iter().any(PrincipalEntry::is_star);
        let name = |value: &String| {
            let pattern = ArnPattern::split(value);
            let (of, role) = (pattern.account()?, pattern.role()?);
            glob(of, account).then(|| arn::without_path(role).to_lowercase())
        };
        let mut found = BTreeSet::new();
        for condition in self.letting_in().filter(anybody).flat_map(|one| &one.conditions) {
            let operator = Operator::of(&condition.operator);
            let compares = [Comparison::Equals, Comparison::Like, Comparison::Arn]
                .contains(&operator.comparison);
            if condition.key.eq_ignore_ascii_case("aws:PrincipalArn")
                && compares
                && !operator.negated
            {
                found.extend(condition.values.iter().filter_map(name));
            }
        }
        found
    }

    /// The statements of a trust policy that let somebody wear the role.
    fn letting_in(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|one| {
            one.allow && !one.principals.negated && one.actions.names_action("sts:AssumeRole")
        })
    }

    /// Ends of the names of roles that it lets somebody assume or, with `hand_on`, pass on, as patterns in lower case:
    /// a name that matches none of them is not reached.
    #[must_use]
    pub(crate) fn ends_of_roles(&self, hand_on: bool) -> BTreeSet<String> {
        let mut ends = BTreeSet::new();
        for statement in self.about_roles(hand_on) {
            let resources = &statement.resources;
            if resources.negated {
                return BTreeSet::from(["*".to_owned()]);
            }
            let patterns = resources.patterns.iter().map(|pattern| pattern.to_lowercase());
            ends.extend(patterns.map(|pattern| arn::end_of_name(&pattern)));
        }
        ends
    }

    /// Paths, in lower case, of the roles that its patterns match, if it names them.
    #[must_use]
    pub(crate) fn directories_of_roles(&self) -> BTreeSet<String> {
        let patterns = self.about_roles(true).flat_map(|statement| &statement.resources.patterns);
        let directories = patterns.filter_map(|pattern| arn::directory_of_roles(pattern));
        directories.map(|directory| directory.to_lowercase()).collect()
    }

    /// The partitions that it means.
    fn partitions_of_roles(&self) -> Vec<&'static str> {
        const OTHERS: [&str; 2] = ["aws-cn", "aws-us-gov"];
        let patterns = self.about_roles(true).flat_map(|statement| &statement.resources.patterns);
        let named: BTreeSet<&str> =
            patterns.filter_map(|pattern| ArnPattern::split(pattern).partition()).collect();
        let others = OTHERS.into_iter().filter(|other| named.contains(other));
        ["aws"].into_iter().chain(others).collect()
    }

    /// As names are stored: IAM ignores case in a role's name.
    fn in_lower_case(&self) -> Self {
        let mut document = self.clone();
        for statement in &mut document.statements {
            let patterns = &mut statement.resources.patterns;
            patterns.iter_mut().for_each(|pattern| *pattern = pattern.to_lowercase());
        }
        document
    }

    /// The statements that let roles be worn or, with `hand_on`, handed on.
    pub(crate) fn about_roles(&self, hand_on: bool) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(move |statement| {
            let mut wanted = actions(hand_on);
            statement.allow && wanted.any(|action| statement.actions.names_action(action))
        })
    }
}

/// The same role in each of these partitions.
fn in_partitions(role: &str, partitions: &[&str]) -> Vec<String> {
    let role = Arn::parse(role);
    let arns = partitions.iter().filter_map(|partition| Some(role?.in_partition(partition)));
    arns.map(|arn| arn.to_string()).collect()
}

/// Is it the identity provider of an EKS cluster?
fn is_of_eks(provider: &str) -> bool {
    let resource = ArnPattern::split(provider).resource();
    resource.is_some_and(|name| name.starts_with("oidc-provider/oidc.eks."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Option<&str> = Some("111122223333");

    /// The names of the roles, of three, that statements reach.
    #[track_caller]
    fn check(statements: &str, want: &[&str]) {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let document = PolicyDocument::parse(&text).unwrap();
        let roles = ["ci/pay-deploy", "pay-deploy", "web"]
            .map(|name| format!("arn:aws:iam::111122223333:role/{name}"));
        let found = document.roles_reached(&roles, true, OWN).unwrap();
        let names: Vec<&str> = found.iter().map(|arn| arn.split_once('/').unwrap().1).collect();
        assert_eq!(names, want, "{statements}");
    }

    fn assume(resource: &str) -> String {
        format!(
            r#"{{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::{resource}"}}"#
        )
    }

    #[test]
    fn patterns_and_variables_reach_roles() {
        check(&assume("111122223333:role/Pay-deplo?"), &["pay-deploy"]);
        check(&assume("*:role/pay-deploy"), &["pay-deploy"]);
        check(&assume("${aws:PrincipalAccount}:role/pay-deploy"), &["pay-deploy"]);
        check(&assume("111122223333:role/*deploy"), &["ci/pay-deploy", "pay-deploy"]);
        check(&assume("111122223333:role/ci/*"), &["ci/pay-deploy"]);
        check(&assume("111122223333:role/w${aws:PrincipalTag/x}"), &["web"]);
        check(&assume("111122223333:role/other*"), &[]);
        check(&assume("444455556666:role/w*"), &[]);
        check(&assume("111122223333:role/we*").replace("arn:aws:", "arn:aws-us-gov:"), &["web"]);
        let pass = assume("111122223333:role/we?").replace("sts:AssumeRole", "iam:Pass*");
        check(&pass, &["web"]);
    }

    #[test]
    fn what_is_denied_is_not_reached() {
        let but = r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*",
            "NotResource":"arn:aws:iam::111122223333:role/web"}"#;
        check(but, &["web"]);
        let deny = r#"{"Effect":"Deny","Action":"sts:*","Resource":"*"}"#;
        check(&format!("{},{deny}", assume("111122223333:role/we*")), &[]);
    }

    #[test]
    fn names_that_are_not_meant_are_known_by_their_ends() {
        for (pattern, want) in [
            ("arn:aws:iam::1:role/ci/Deplo?", "deplo?"),
            ("arn:aws:iam::1:role/ci/dep*", "*"),
            ("arn:aws:iam::1:role/d*-x", "*-x"),
            ("arn:aws:iam::1:role/${aws:PrincipalTag/a}-x", "*-x"),
            ("*:role/x", "x"),
            ("*", "*"),
        ] {
            let text = assume("").replace("arn:aws:iam::", pattern);
            let document = PolicyDocument::parse(&format!(r#"{{"Statement":{text}}}"#)).unwrap();
            assert_eq!(document.ends_of_roles(false), [want.to_owned()].into(), "{pattern}");
        }
    }

    #[test]
    fn all_roles_are_a_word_of_their_own() {
        check(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#, &[]);
        check(&assume("111122223333:role/*"), &[]);
    }
}
