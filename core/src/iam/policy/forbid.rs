//! Whether a document forbids a call whose keys are partly known.

use super::document::{Clause, Condition, PolicyDocument};
use super::glob;
use super::operator::{Comparison, Operator};
use crate::iam::arn::ArnPattern;

/// A call that somebody makes.
#[derive(Debug, Clone)]
pub struct Request {
    /// `sns:Publish`
    pub action: &'static str,
    /// ARN of the resource. `None` if it is unknown.
    pub resource: Option<String>,
    /// Keys that it bears, in lower case, each with its one value.
    pub keys: Vec<(&'static str, String)>,
    /// Keys that it does not bear. All other keys are unknown.
    pub absent: &'static [&'static str],
}

/// Ends of ARNs that a role session never has: of a root user, a user, a role of people.
const OTHERS: [&str; 4] = ["root", "user/", "federated-user/", "role/aws-reserved/"];

impl PolicyDocument {
    /// May a statement forbid this? An unknown condition may hold.
    ///
    /// ```
    /// use iam_responder_core::iam::policy::{PolicyDocument, Request};
    ///
    /// let text = r#"{"Statement": [{"Effect": "Deny", "Action": "sns:Pub*", "Resource": "*"}]}"#;
    /// let document = PolicyDocument::parse(text).unwrap();
    /// let request = |action| Request { action, resource: None, keys: Vec::new(), absent: &[] };
    /// assert!(document.may_forbid(&request("sns:Publish")));
    /// assert!(!document.may_forbid(&request("sns:Subscribe")));
    /// ```
    #[must_use]
    pub fn may_forbid(&self, request: &Request) -> bool {
        let holds = |condition: &Condition| may_hold(condition, request);
        self.too_long
            || self.statements.iter().filter(|statement| !statement.allow).any(|statement| {
                statement.actions.names_action(request.action)
                    && may_name(&statement.resources, request.resource.as_deref())
                    && statement.conditions.iter().all(holds)
            })
    }
}

/// A policy of a key names no resource. A variable may have any resource as its value.
fn may_name(clause: &Clause, resource: Option<&str>) -> bool {
    let Some(resource) = resource.filter(|_| !clause.patterns.is_empty()) else { return true };
    let open = |pattern: &String| pattern.contains("${");
    let named = |pattern: &String| glob(pattern, resource);
    match clause.negated {
        false => clause.patterns.iter().any(|pattern| open(pattern) || named(pattern)),
        true => !clause.patterns.iter().any(|pattern| !open(pattern) && named(pattern)),
    }
}

fn may_hold(condition: &Condition, request: &Request) -> bool {
    let key = condition.key.to_ascii_lowercase();
    let operator = Operator::of(&condition.operator);
    let values = &condition.values;
    if request.absent.contains(&key.as_str()) {
        return match operator.comparison {
            Comparison::Null => values.iter().any(|value| value.eq_ignore_ascii_case("true")),
            _ => operator.holds_without_key(),
        };
    }
    // A key compared with itself is always equal.
    if !values.is_empty() && values.iter().all(|value| is_same(&key, value)) {
        return operator.may_hold_for(&key, std::slice::from_ref(&key));
    }
    let Some((_, found)) = request.keys.iter().find(|(name, _)| *name == key) else {
        let is_other = |value: &String| {
            let resource = ArnPattern::split(value).resource().unwrap_or_default();
            OTHERS.iter().any(|other| resource.starts_with(other))
        };
        let only_others = values.iter().all(is_other);
        return key != "aws:principalarn" || operator.negated || !only_others;
    };
    if values.iter().any(|value| value.contains("${")) {
        return true;
    }
    match operator.comparison {
        Comparison::Equals | Comparison::Like | Comparison::Arn | Comparison::Bool => {
            operator.may_hold_for(found, values)
        }
        Comparison::Null => values.iter().any(|value| value.eq_ignore_ascii_case("false")),
        Comparison::Address
        | Comparison::Date(_)
        | Comparison::Numeric(_)
        | Comparison::Binary
        | Comparison::Unknown => true,
    }
}

/// Is the value a variable that equals the key for a caller who works on his own account's resources?
fn is_same(key: &str, value: &str) -> bool {
    const PAIRS: [(&str, &str); 6] = [
        ("aws:sourceorgid", "${aws:resourceorgid}"),
        ("aws:sourceaccount", "${aws:resourceaccount}"),
        ("aws:resourceorgid", "${aws:principalorgid}"),
        ("aws:principalorgid", "${aws:resourceorgid}"),
        ("aws:resourceaccount", "${aws:principalaccount}"),
        ("aws:principalaccount", "${aws:resourceaccount}"),
    ];
    PAIRS.iter().any(|(one, other)| *one == key && value.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:iam-responder-critical";

    #[track_caller]
    fn check(statement: &str, want: bool) {
        let document = PolicyDocument::parse(&format!(r#"{{"Statement":[{statement}]}}"#)).unwrap();
        let request = Request {
            action: "sns:Publish",
            resource: Some(TOPIC.to_owned()),
            keys: vec![
                ("aws:requestedregion", "eu-west-1".to_owned()),
                ("aws:securetransport", "true".to_owned()),
                ("aws:principalarn", "arn:aws:iam::111122223333:role/watch".to_owned()),
            ],
            absent: &["ec2:roledelivery"],
        };
        assert_eq!(document.may_forbid(&request), want, "{statement}");
    }

    fn ban(rest: &str) -> String {
        format!(r#"{{"Effect":"Deny",{rest}}}"#)
    }

    #[test]
    fn action_and_resource_are_those_of_the_call() {
        for (rest, want) in [
            (r#""Action":"*","Resource":"*""#, true),
            (r#""Action":["s3:*","SNS:publish"],"Resource":"*""#, true),
            (r#""Action":"sns:Subscribe","Resource":"*""#, false),
            (r#""NotAction":["iam:*","sts:*"],"Resource":"*""#, true),
            (r#""NotAction":"sns:*","Resource":"*""#, false),
            (r#""Action":"sns:*","Resource":"arn:aws:sns:*:*:iam-*""#, true),
            (r#""Action":"sns:*","Resource":"arn:aws:sns:*:*:shop-*""#, false),
            (r#""Action":"sns:*","NotResource":"arn:aws:sns:*:*:iam-*""#, false),
            (r#""Action":"sns:*","NotResource":"arn:aws:sns:*:*:shop-*""#, true),
            (r#""Action":"sns:*","Resource":"arn:aws:sns:*:${aws:PrincipalAccount}:x""#, true),
            (r#""Action":"sns:*","NotResource":"arn:${a}:iam-*""#, true),
            (r#""Principal":"*","Action":"sns:*""#, true),
        ] {
            check(&ban(rest), want);
        }
        check(r#"{"Effect":"Allow","Action":"sns:*","Resource":"*"}"#, false);
    }

    #[test]
    fn a_condition_spares_only_whom_it_surely_spares() {
        for (condition, want) in [
            (r#"{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}}"#, false),
            (r#"{"StringNotEquals":{"aws:RequestedRegion":["us-east-1"]}}"#, true),
            (r#"{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}"#, false),
            (r#"{"Bool":{"aws:SecureTransport":"false"}}"#, false),
            (r#"{"BoolIfExists":{"aws:SecureTransport":"true"}}"#, true),
            (r#"{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/watch"}}"#, false),
            (r#"{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/mallory"}}"#, true),
            (r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}"#, false),
            (r#"{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::${x}:role/watch"}}"#, true),
            (r#"{"Null":{"aws:PrincipalArn":"true"}}"#, false),
            (r#"{"Null":{"aws:PrincipalArn":"false"}}"#, true),
            (r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#, true),
            (r#"{"NumericLessThan":{"aws:RequestedRegion":"1"}}"#, true),
            (r#"{"StringNotEqualsIfExists":{"aws:ResourceOrgID":"${aws:PrincipalOrgID}"}}"#, false),
            (r#"{"StringNotEqualsIfExists":{"aws:ResourceOrgID":"${aws:PrincipalTag/o}"}}"#, true),
            (r#"{"NumericLessThan":{"ec2:RoleDelivery":"2.0"}}"#, false),
            (r#"{"NumericLessThanIfExists":{"ec2:RoleDelivery":"2.0"}}"#, true),
            (r#"{"Null":{"ec2:RoleDelivery":"true"}}"#, true),
        ] {
            let rest = format!(r#""Action":"sns:Publish","Resource":"*","Condition":{condition}"#);
            check(&ban(&rest), want);
        }
    }
}
