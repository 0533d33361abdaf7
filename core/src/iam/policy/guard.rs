//! Whether the conditions of an identity policy keep anybody out.
//!
//! No request is at hand to evaluate them on. So each is asked whether a caller can meet it on purpose: by a key that
//! his call does not bear, by a value of his own choice, or because every value fits. A condition of a `Deny` guards
//! where no caller can avoid it in such a way.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use super::document::{Condition, Statement};
use super::glob::glob;
use super::operator::{Comparison, Operator, Order};
use super::wildcard::{Fuel, Pattern, Reading};
use crate::iam::arn::{self, ArnPattern};
use crate::iam::{account, action};

/// Keys that every request bears.
const ALWAYS: [&str; 11] = [
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principaltype",
    "aws:userid",
    "aws:currenttime",
    "aws:epochtime",
    "aws:securetransport",
    "aws:requestedregion",
    "aws:viaawsservice",
    "aws:principalisawsservice",
    "aws:resourceaccount",
];
/// Keys whose value the caller sets as he likes.
const CHOSEN: [&str; 3] = ["aws:useragent", "aws:referer", "aws:tokenissuetime"];
/// Keys with a service's name that calls of other services bear as well.
const EVERYWHERE: [&str; 5] = [
    "ec2:sourceinstancearn",
    "ec2:roledelivery",
    "lambda:sourcefunctionarn",
    "ssm:sourceinstancearn",
    "identitystore:userid",
];
/// Keys of IAM, and the beginnings of the actions whose requests alone bear them.
const OF_IAM: [(&str, &[&str]); 4] = [
    ("iam:passedtoservice", &["passrole"]),
    ("iam:associatedresourcearn", &["passrole"]),
    ("iam:policyarn", &["attach", "detach"]),
    ("iam:awsservicename", &["createservicelinkedrole"]),
];
/// Where IAM and STS are called, from any Region.
const GLOBAL_REGIONS: [&str; 3] = ["us-east-1", "cn-north-1", "us-gov-west-1"];
/// Values of `aws:PrincipalType` that callers in an account have.
const PRINCIPAL_TYPES: [&str; 4] = ["Account", "User", "FederatedUser", "AssumedRole"];
/// A date from this year on bounds nobody; and the year's first second.
const FAR_YEAR: u16 = 2035;
const FAR_SECOND: f64 = 2_051_222_400.0;
/// Steps that suffice to match any patterns of values.
const STEPS_MAX: u64 = 1_000_000;

/// How far something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Leave {
    Never,
    /// Where a condition holds.
    Guarded,
    Free,
}

/// The conditions of a statement.
pub(super) struct Guards {
    allow: bool,
    tests: Vec<Test>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
struct Test {
    /// In lower case.
    key: String,
    /// The answer for a request without the key.
    absent: bool,
    ask: Ask,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Ask {
    /// Is the value one of `values`, or with `negated` none of them?
    Value { negated: bool, values: Values },
    /// Is there any value?
    Presence { wanted: bool },
    /// AWS knows no such question.
    Unknown,
}

/// Whom the values of a condition mean.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Values {
    Everybody,
    Nobody,
    Some,
}

/// Does a request for an action bear a key?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Always,
    Never,
    /// As the caller likes.
    Chosen,
    Maybe,
}

impl Guards {
    pub(super) fn of(statement: &Statement, own: Option<&str>) -> Self {
        let mut tests: Vec<Test> = Vec::new();
        let fuel = Fuel::new(STEPS_MAX);
        for condition in &statement.conditions {
            let test = Test::of(condition, own, &fuel);
            // One key with many values is asked about once.
            if tests.last() != Some(&test) {
                tests.push(test);
            }
        }
        Self { allow: statement.allow, tests }
    }

    pub(super) fn len(&self) -> usize {
        self.tests.len()
    }

    /// The force with which the statement holds for an action in lower case. `Never` for a denial that anybody can
    /// avoid.
    pub(super) fn force(&self, action: &str) -> Leave {
        let met = |test: &Test| test.is_met_by_anybody(presence(&test.key, action));
        let dodged = |test: &Test| test.opposite().is_met_by_anybody(presence(&test.key, action));
        match self.allow {
            true if self.tests.iter().all(met) => Leave::Free,
            false if self.tests.is_empty() => Leave::Free,
            false if self.tests.iter().any(dodged) => Leave::Never,
            _ => Leave::Guarded,
        }
    }
}

impl Test {
    fn of(condition: &Condition, own: Option<&str>, fuel: &Fuel) -> Self {
        let key = condition.key.to_ascii_lowercase();
        let operator = Operator::of(&condition.operator);
        if operator.comparison == Comparison::Null {
            let says = |word: &str| condition.values.iter().any(|v| v.eq_ignore_ascii_case(word));
            let ask = match (says("true"), says("false")) {
                (true, false) => Ask::Presence { wanted: false },
                (false, true) => Ask::Presence { wanted: true },
                _ => Ask::Unknown,
            };
            return Self { key, absent: says("true"), ask };
        }
        let ask = match operator.comparison {
            Comparison::Unknown => Ask::Unknown,
            _ => {
                let values = Values::of(&key, operator, condition, own, fuel);
                Ask::Value { negated: operator.negated, values }
            }
        };
        Self { key, absent: operator.holds_without_key(), ask }
    }

    fn opposite(&self) -> Self {
        let ask = match self.ask {
            Ask::Value { negated, values } => Ask::Value { negated: !negated, values },
            Ask::Presence { wanted } => Ask::Presence { wanted: !wanted },
            Ask::Unknown => Ask::Unknown,
        };
        Self { key: self.key.clone(), absent: !self.absent, ask }
    }

    fn is_met_by_anybody(&self, presence: Presence) -> bool {
        match (self.ask, presence) {
            (Ask::Unknown, _) | (_, Presence::Chosen) => true,
            (_, Presence::Never) => self.absent,
            (Ask::Presence { wanted }, Presence::Always) => wanted,
            (Ask::Presence { .. }, Presence::Maybe) => self.absent,
            (Ask::Value { negated, values }, presence) => {
                let fits = match negated {
                    true => values == Values::Nobody,
                    false => values == Values::Everybody,
                };
                fits || (self.absent && presence == Presence::Maybe)
            }
        }
    }
}

impl Values {
    fn of(
        key: &str,
        operator: Operator,
        condition: &Condition,
        own: Option<&str>,
        fuel: &Fuel,
    ) -> Self {
        let values = &condition.values;
        let any = |test: &dyn Fn(&str) -> bool| values.iter().any(|value| test(value));
        let everybody = values.is_empty()
            || any(&|value| is_same_key(key, value))
            || match operator.comparison {
                Comparison::Bool => is_any_truth(key, values),
                Comparison::Address => is_most_of_the_net(values),
                Comparison::Date(order) => any(&|value| is_any_moment(order, value)),
                Comparison::Numeric(order) => any(&|value| is_any_second(key, order, value)),
                _ => any(&|value| is_any_text(key, operator, value, own, fuel)),
            };
        let nobody = || values.iter().all(|value| is_nobody(key, operator, value, own));
        match everybody {
            true => Self::Everybody,
            false if nobody() => Self::Nobody,
            false => Self::Some,
        }
    }
}

fn presence(key: &str, action: &str) -> Presence {
    let (prefix, _) = key.split_once(':').unwrap_or((key, ""));
    let (service, name) = action::parts(action);
    if key == "aws:tagkeys" || key.starts_with("aws:requesttag/") {
        // Tags go with what is created.
        let tags = ["create", "tag", "untag", "run", "request"];
        return match tags.iter().any(|verb| name.starts_with(verb)) {
            true => Presence::Chosen,
            false => Presence::Never,
        };
    }
    if let Some((_, names)) = OF_IAM.iter().find(|(known, _)| *known == key) {
        let borne = service == "iam" && names.iter().any(|verb| name.starts_with(verb));
        return if borne { Presence::Always } else { Presence::Never };
    }
    match prefix {
        _ if ALWAYS.contains(&key) => Presence::Always,
        _ if CHOSEN.contains(&key) => Presence::Chosen,
        "aws" | "saml" => Presence::Maybe,
        // Keys of an identity provider.
        _ if prefix.contains('.') || EVERYWHERE.contains(&key) => Presence::Maybe,
        _ if prefix == service => Presence::Maybe,
        _ => Presence::Never,
    }
}

/// A key compared with itself, or with what is the same for the resources of one's own account.
fn is_same_key(key: &str, value: &str) -> bool {
    let inner = value.strip_prefix("${").and_then(|inner| inner.strip_suffix('}'));
    let Some(inner) = inner else { return false };
    let variable = inner.split(',').next().unwrap_or(inner).trim().to_ascii_lowercase();
    let whose = |name: &str| {
        let bare = name.strip_prefix("aws:principal").or_else(|| name.strip_prefix("aws:resource"));
        bare.filter(|bare| matches!(*bare, "account" | "orgid" | "orgpaths")).map(str::to_owned)
    };
    variable == key || (whose(key).is_some() && whose(key) == whose(&variable))
}

fn is_any_truth(key: &str, values: &[String]) -> bool {
    let says = |word: &str| values.iter().any(|value| value.eq_ignore_ascii_case(word));
    match key {
        "aws:securetransport" => says("true"),
        "aws:viaawsservice" | "aws:principalisawsservice" => says("false"),
        _ => says("true") && says("false"),
    }
}

/// Half of all addresses, in however many pieces.
fn is_most_of_the_net(values: &[String]) -> bool {
    let (mut short, mut long) = (0.0, 0.0);
    for value in values {
        let (address, bits) = value.split_once('/').unwrap_or((value, "128"));
        let share = bits.trim().parse::<u8>().map_or(0.0, |bits| 0.5_f64.powi(i32::from(bits)));
        if address.contains(':') { long += share } else { short += share }
    }
    // All addresses of version 6 that are in use begin with 2000::/3.
    short >= 0.5 || long >= 0.0625
}

fn is_any_moment(order: Order, value: &str) -> bool {
    let year = value.get(..4).and_then(|year| year.parse::<u16>().ok());
    let far = year.is_some_and(|year| year >= FAR_YEAR) || is_far_second(value);
    order == Order::Greater || (order == Order::Less && far)
}

fn is_any_second(key: &str, order: Order, value: &str) -> bool {
    let bounds_nobody = order == Order::Greater || (order == Order::Less && is_far_second(value));
    key == "aws:epochtime" && bounds_nobody
}

fn is_far_second(value: &str) -> bool {
    value.len() > 9 && value.parse::<f64>().is_ok_and(|second| second >= FAR_SECOND)
}

fn is_any_text(key: &str, operator: Operator, value: &str, own: Option<&str>, fuel: &Fuel) -> bool {
    let account = own.unwrap_or("000000000000");
    let alike = operator.has_wildcards();
    let pattern = match alike {
        true => Pattern::of_resources(value, Reading::Generous, own),
        false => None,
    };
    let fits = |text: &str| match &pattern {
        Some(pattern) => pattern.fits(text, fuel) || fuel.is_spent(),
        None => value.eq_ignore_ascii_case(text),
    };
    match key {
        "aws:principalaccount" | "aws:resourceaccount" => own.is_some_and(fits),
        "aws:principalarn" => ["role/Qzx81", "user/Qzx81"].iter().any(|name| {
            ["aws", "aws-cn", "aws-us-gov"]
                .iter()
                .any(|partition| fits(&arn::of_iam(partition, account, name)))
        }),
        "aws:requestedregion" => GLOBAL_REGIONS.into_iter().any(fits),
        "aws:principalorgid" | "aws:resourceorgid" => fits("o-qzx81"),
        "aws:principalorgpaths" => fits("o-qzx81/r-qzx8/ou-qzx8-qzx81/"),
        "aws:principaltype" => fits("AssumedRole") || fits("User"),
        "aws:securetransport" => fits("true"),
        "aws:viaawsservice" | "aws:principalisawsservice" => fits("false"),
        "aws:userid" => alike && fits("AROAQZX81:qzx81"),
        _ => pattern.is_some_and(|pattern| pattern.fits("Qzx81", fuel) || fuel.is_spent()),
    }
}

/// A value that no caller of the own account has.
fn is_nobody(key: &str, operator: Operator, value: &str, own: Option<&str>) -> bool {
    // ARN operators compare only ARNs.
    let wild = operator.comparison == Comparison::Like && value.contains(['*', '?']);
    let foreign = |text: &str| account::is_id(text) && own.is_some_and(|own| own != text);
    match key {
        // A single moment.
        "aws:currenttime" | "aws:epochtime" => !matches!(
            operator.comparison,
            Comparison::Date(Order::Less | Order::Greater)
                | Comparison::Numeric(Order::Less | Order::Greater)
        ),
        "aws:securetransport" => value.eq_ignore_ascii_case("false"),
        "aws:viaawsservice" | "aws:principalisawsservice" => value.eq_ignore_ascii_case("true"),
        "aws:principalaccount" | "aws:resourceaccount" => foreign(value),
        "aws:principalarn" => ArnPattern::split(value).account().is_some_and(foreign),
        "aws:principaltype" => {
            !wild && !PRINCIPAL_TYPES.iter().any(|known| known.eq_ignore_ascii_case(value))
        }
        // Elsewhere the caller chooses the Region.
        "aws:requestedregion" => !wild && !GLOBAL_REGIONS.contains(&value),
        _ => false,
    }
}

/// Does `iam:PassedToService` let a role go to this service, or `organizations:ServicePrincipal` an account be
/// administered by it? Names that only contain the service's name, as `ecs-tasks`, may mean it.
pub(super) fn passes_to(statement: &Statement, service: Option<&str>) -> bool {
    let Some(service) = service.filter(|_| statement.allow) else { return true };
    let principal = format!("{service}.amazonaws.com");
    let names_it = |key: &str| {
        ["iam:PassedToService", "organizations:ServicePrincipal"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(key))
    };
    statement.conditions.iter().all(|condition| {
        let operator = Operator::of(&condition.operator);
        if !names_it(&condition.key) || operator.comparison == Comparison::Null {
            return true;
        }
        let mut values = condition.values.iter();
        match operator.negated {
            true => !values.any(|value| glob(value, &principal)),
            false => values.any(|value| value.contains(service) || glob(value, &principal)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::PolicyDocument;
    use super::*;

    const OWN: Option<&str> = Some("111122223333");

    /// With what force an `Allow` and a `Deny` hold under a condition.
    #[track_caller]
    fn check(action: &str, condition: &str, allow: Leave, deny: Leave) {
        for (effect, want) in [("Allow", allow), ("Deny", deny)] {
            let text =
                format!(r#"{{"Statement":{{"Effect":"{effect}","Condition":{condition}}}}}"#);
            let document = PolicyDocument::parse(&text).unwrap();
            let force = Guards::of(&document.statements[0], OWN).force(action);
            assert_eq!(force, want, "{effect} {action} {condition}");
        }
    }

    const ATTACH: &str = "iam:attachrolepolicy";

    #[test]
    fn what_anybody_meets_guards_nothing() {
        for condition in [
            r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}"#,
            r#"{"Null":{"aws:RequestTag/x":"true"}}"#,
            r#"{"Null":{"aws:PrincipalArn":"false"}}"#,
            r#"{"StringEqualsIfExists":{"ec2:Region":"eu-west-1"}}"#,
            r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}"#,
            r#"{"StringNotEquals":{"aws:PrincipalTag/team":"x"}}"#,
            r#"{"StringNotLike":{"s3:prefix":"x"}}"#,
            r#"{"StringEqualsIfExists":{"iam:PassedToService":"x"}}"#,
            r#"{"StringEquals":{"aws:PrincipalArn":"${AWS:PrincipalArn}"}}"#,
            r#"{"StringEquals":{"aws:username":"${aws:username, 'x'}"}}"#,
            r#"{"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}"#,
            r#"{"StringEquals":{"aws:PrincipalAccount":["999988887777","111122223333"]}}"#,
            r#"{"StringNotEquals":{"aws:PrincipalAccount":"999988887777"}}"#,
            r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:*"}}"#,
            r#"{"StringLike":{"aws:PrincipalArn":["*:role/*"]}}"#,
            r#"{"StringLike":{"aws:PrincipalOrgID":"o-*"}}"#,
            r#"{"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}}"#,
            r#"{"IpAddress":{"aws:SourceIp":"2000::/3"}}"#,
            r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
            r#"{"Bool":{"aws:ViaAWSService":"false"}}"#,
            r#"{"Bool":{"aws:MultiFactorAuthPresent":["true","false"]}}"#,
            r#"{"StringEquals":{"aws:UserAgent":"mine"}}"#,
            r#"{"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}"#,
            r#"{"DateLessThan":{"aws:CurrentTime":"2099-01-01T00:00:00Z"}}"#,
            r#"{"NumericLessThan":{"aws:EpochTime":"4070908800"}}"#,
            r#"{"StringEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}}"#,
            r#"{"StringLike":{"aws:PrincipalTag/team":"?*"}}"#,
            r#"{"StringEquals":{"aws:SecureTransport":"true"}}"#,
            r#"{"StringNotEquals":{"aws:PrincipalType":"Anonymous"}}"#,
            r#"{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-west-2"]}}"#,
            r#"{"NoSuchOperator":{"aws:PrincipalArn":"x"}}"#,
        ] {
            let document =
                format!(r#"{{"Statement":{{"Effect":"Allow","Condition":{condition}}}}}"#);
            let document = PolicyDocument::parse(&document).unwrap();
            let guards = Guards::of(&document.statements[0], OWN);
            assert_eq!(guards.force(ATTACH), Leave::Free, "{condition}");
        }
    }

    #[test]
    fn what_keeps_somebody_out_guards_and_a_denial_that_can_be_dodged_denies_nothing() {
        use Leave::{Guarded, Never};
        for (condition, deny) in [
            (r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#, Never),
            (r#"{"StringEquals":{"aws:PrincipalTag/team":"x"}}"#, Never),
            (r#"{"Null":{"aws:MultiFactorAuthAge":"false"}}"#, Never),
            (r#"{"ForAnyValue:StringNotEquals":{"aws:PrincipalOrgPaths":"x"}}"#, Never),
            (r#"{"ForAllValues:StringEquals":{"aws:PrincipalArn":"x"}}"#, Guarded),
            (r#"{"StringEqualsIfExists":{"aws:PrincipalArn":"x"}}"#, Guarded),
            (r#"{"StringNotEquals":{"aws:PrincipalArn":"x"}}"#, Guarded),
            (r#"{"ArnEquals":{"iam:PolicyARN":"x"}}"#, Guarded),
            (r#"{"DateLessThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}}"#, Guarded),
            (r#"{"Bool":{"aws:SecureTransport":"false"}}"#, Never),
            (r#"{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}"#, Never),
            (r#"{"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}}"#, Never),
        ] {
            check(ATTACH, condition, Guarded, deny);
        }
        // A caller without a second factor is denied, with or without a key.
        let second_factor = r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#;
        check(ATTACH, second_factor, Leave::Free, Guarded);
        let organization = r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}"#;
        check(ATTACH, organization, Leave::Free, Guarded);
        // A denial that can be avoided opens what the others close.
        let both = r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"},"Bool":{"aws:SecureTransport":"false"}}"#;
        check(ATTACH, both, Guarded, Never);
    }

    #[test]
    fn a_key_counts_where_calls_bear_it() {
        let passed = r#"{"StringEqualsIfExists":{"iam:PassedToService":"x"}}"#;
        check("iam:passrole", passed, Leave::Guarded, Leave::Guarded);
        check(ATTACH, passed, Leave::Free, Leave::Guarded);
        let region = r#"{"StringEqualsIfExists":{"lambda:Principal":"x"}}"#;
        check("lambda:addpermission", region, Leave::Free, Leave::Guarded);
        let tags = r#"{"StringEquals":{"aws:RequestTag/team":"x"}}"#;
        check("iam:createrole", tags, Leave::Free, Leave::Never);
        check(ATTACH, tags, Leave::Guarded, Leave::Never);
    }

    #[test]
    fn roles_are_passed_where_the_service_is_named() {
        let passes = |condition: &str| {
            let text = format!(r#"{{"Statement":{{"Effect":"Allow","Condition":{condition}}}}}"#);
            let document = PolicyDocument::parse(&text).unwrap();
            passes_to(&document.statements[0], Some("ecs"))
        };
        assert!(passes(r#"{"StringEquals":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}"#));
        assert!(passes(r#"{"StringLike":{"iam:PassedToService":"*.amazonaws.com"}}"#));
        assert!(passes(r#"{"StringNotEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}"#));
        assert!(!passes(r#"{"StringEquals":{"iam:passedtoservice":"lambda.amazonaws.com"}}"#));
        assert!(!passes(r#"{"StringNotLike":{"iam:PassedToService":"ecs*"}}"#));
    }
}
