//! Types of resources, and the possible ARNs of a type for a pattern.

use std::collections::BTreeSet;

use super::wildcard::{Fuel, Pattern, literal, piece};
use super::witness::Draw;
use crate::iam::action;
use crate::iam::arn::{Arn, ArnPattern};

/// Partitions that a policy may be written for.
const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"];

/// Cost of finding the place that a pattern means, in steps of matching.
const PLACE_STEPS: usize = 32;

/// A type of resource: its service in ARNs and how its own part is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ResourceType {
    service: &'static str,
    form: Form,
    accounts: Accounts,
}

/// Whose resources count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Accounts {
    Own,
    /// All other accounts' resources as well, together.
    All,
    /// Any other account's resources as well.
    Each,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    /// `{}` for each part of a name, `{uuid}` for one that AWS made, `{id}` for what AWS appends.
    Of(&'static str),
    /// Not known here: it counts as any resource that a document names.
    Unknown,
    /// The action has no resource: it is allowed only on `*`.
    Absent,
}

/// The place and the name's form of resources of a type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct NameTemplate {
    /// The text up to the name. Empty if there is no resource.
    pub(super) beginning: String,
    /// `{}` for each part of a name, `{uuid}` for one that AWS made.
    pub(super) name: String,
}

/// The account, Region and partition where a document applies. Unknown ones have sample values.
#[derive(Debug)]
pub(super) struct Home {
    /// Partitions that the document names. AWS takes no other than the account's own (`Partition
    /// "aws" is not valid for resource`), so there is one, if any.
    partitions: Vec<&'static str>,
    /// The caller's account, where it is known.
    account: Option<String>,
    /// A Region and an account that no document names.
    region: String,
    elsewhere: String,
    /// A type of resource that does not exist, and what AWS appends to a secret's name.
    kind: String,
    id: String,
}

impl ResourceType {
    pub(super) const fn new(service: &'static str, form: &'static str) -> Self {
        Self { service, form: Form::Of(form), accounts: Accounts::Own }
    }

    /// The type that an action acts upon.
    pub(super) fn of(action: &str) -> Self {
        let (service, name) = action::parts(action);
        match service {
            "iam" if name.contains("Organizations") => Self::absent(),
            "iam" => Self::new("iam", iam(name)),
            "sts" if name == "AssumeRoot" => Self::role("root", Accounts::All),
            "sts" => Self::role("role/{}", Accounts::All),
            "lambda" if name == "CreateEventSourceMapping" => Self::absent(),
            "lambda" => Self::new("lambda", "function:{}"),
            "ec2" if name.contains("LaunchTemplate") => Self::new("ec2", "launch-template/lt-{}"),
            "ec2" if !name.contains("Spot") => Self::new("ec2", "instance/i-{}"),
            "ec2-instance-connect" => Self::new("ec2", "instance/i-{}"),
            "ssm" if name == "CreateActivation" => Self::absent(),
            "ssm" if name.contains("MaintenanceWindow") => {
                Self::new("ssm", "maintenancewindow/mw-{}")
            }
            "ssm" if name.contains("UpdateDocument") => Self::new("ssm", "document/{}"),
            "ssm" if name == "StartAutomationExecution" => {
                Self::new("ssm", "automation-definition/{}")
            }
            "sso-directory" => Self::absent(),
            // Commands and sessions are allowed on instances.
            "ssm" => Self::new("ec2", "instance/i-{}"),
            "ecs" if name == "ExecuteCommand" => Self::new("ecs", "task/{}/{}"),
            "cloudformation" if !name.contains("StackSet") => {
                Self::new("cloudformation", "stack/{}/{uuid}")
            }
            "apprunner" => Self::new("apprunner", "service/{}/{}"),
            "codebuild" if matches!(name, "StartCommandExecution" | "StartSandboxConnection") => {
                Self::new("codebuild", "sandbox/{}:{uuid}")
            }
            "codebuild" => Self::new("codebuild", "project/{}"),
            "autoscaling" if name == "CreateLaunchConfiguration" => {
                let form = "launchConfiguration:{uuid}:launchConfigurationName/{}";
                Self::new("autoscaling", form)
            }
            "autoscaling" => {
                Self::new("autoscaling", "autoScalingGroup:{uuid}:autoScalingGroupName/{}")
            }
            "elasticbeanstalk" => Self::new("elasticbeanstalk", "environment/{}/{}"),
            "emr-containers" => Self::new("emr-containers", "/virtualclusters/{}"),
            "deadline" if name.contains("Fleet") => {
                Self::new("deadline", "farm/farm-{}/fleet/fleet-{}/worker/worker-{uuid}")
            }
            "deadline" => Self::new("deadline", "farm/farm-{}/queue/queue-{}"),
            "servicecatalog" if name == "UpdateProvisionedProduct" => Self::absent(),
            "servicecatalog" => Self::new("catalog", "product/prod-{}"),
            "ds" | "ds-data" => Self::new("ds", "directory/d-{}"),
            _ => {
                Self { service: arn_service(service), form: Form::Unknown, accounts: Accounts::Own }
            }
        }
    }

    const fn absent() -> Self {
        Self { service: "", form: Form::Absent, accounts: Accounts::Own }
    }

    const fn role(form: &'static str, accounts: Accounts) -> Self {
        Self { service: "iam", form: Form::Of(form), accounts }
    }

    /// One role, by its path and name behind `role/`, in any account.
    pub(super) const fn role_named(form: &'static str) -> Self {
        Self::role(form, Accounts::Each)
    }
}

/// The service as ARNs name it. Only stars reach resources of an unknown service.
fn arn_service(service: &str) -> &'static str {
    const SAME: [&str; 48] = [
        "account",
        "acm",
        "acm-pca",
        "airflow",
        "amplify",
        "apigateway",
        "apprunner",
        "appstream",
        "appsync",
        "athena",
        "autoscaling",
        "batch",
        "bedrock-agentcore",
        "braket",
        "chatbot",
        "cloud9",
        "cloudformation",
        "codedeploy",
        "codepipeline",
        "codestar",
        "cognito-identity",
        "cognito-idp",
        "datapipeline",
        "datazone",
        "ec2",
        "ecs",
        "eks",
        "elasticmapreduce",
        "emr-serverless",
        "execute-api",
        "fis",
        "gamelift",
        "glue",
        "greengrass",
        "identitystore",
        "imagebuilder",
        "iot",
        "kinesisanalytics",
        "lambda",
        "omics",
        "organizations",
        "pca-connector-scep",
        "rolesanywhere",
        "sagemaker",
        "scheduler",
        "sso",
        "states",
        "synthetics",
    ];
    SAME.into_iter().find(|known| *known == service).unwrap_or("zz-unknown")
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
        _ if name.contains("Delegation") => "delegation-request/{}",
        _ => "user/{}",
    }
}

impl Home {
    pub(super) fn new<'p>(
        patterns: impl Iterator<Item = &'p String>,
        account: Option<&str>,
        draw: &mut Draw,
    ) -> Self {
        let named: BTreeSet<&str> =
            patterns.filter_map(|text| ArnPattern::split(text).partition()).collect();
        let mut partitions: Vec<&'static str> =
            PARTITIONS.into_iter().filter(|known| named.contains(known)).collect();
        if partitions.is_empty() {
            partitions.push("aws");
        }
        Self {
            partitions,
            account: account.map(str::to_owned),
            region: draw.region(),
            elsewhere: draw.account(),
            kind: draw.name(),
            id: draw.id(),
        }
    }

    pub(super) fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Places of the resources of a type that no pattern names.
    pub(super) fn anywhere(&self, kind: ResourceType) -> Vec<NameTemplate> {
        let own = self.account().unwrap_or(&self.elsewhere);
        let form = self.form(kind, &[]);
        let mut places = Vec::new();
        for partition in &self.partitions {
            places.push(self.place(kind, partition, None, own, &form));
            if kind.accounts != Accounts::Own {
                places.push(self.place(kind, partition, None, &self.elsewhere, &form));
            }
        }
        places
    }

    /// The place of the resources of the type that a pattern matches. `None` if it matches none.
    pub(super) fn place_of(
        &self,
        pattern: &Pattern,
        kind: ResourceType,
        fuel: &Fuel,
    ) -> Option<NameTemplate> {
        fuel.burn(PLACE_STEPS);
        let Some([partition, service, region, account, rest]) = pattern.segments() else {
            return self.anywhere(kind).into_iter().next();
        };
        let partition = match literal(partition) {
            Some(named) => PARTITIONS.into_iter().find(|known| *known == named)?,
            None => self.partitions.first()?,
        };
        if kind.form == Form::Absent || !piece(service).fits(kind.service, fuel) {
            return None;
        }
        let region = match literal(region) {
            Some(named) => named.to_owned(),
            None if piece(region).fits(&self.region, fuel) => self.region.clone(),
            None => piece(region).example("west-1")?,
        };
        let account = self.account_of(account, kind, fuel)?;
        Some(self.place(kind, partition, Some(&region), &account, &self.form(kind, rest)))
    }

    fn account_of(&self, account: &[u8], kind: ResourceType, fuel: &Fuel) -> Option<String> {
        let fits = |one: &str| piece(account).fits(one, fuel).then(|| one.to_owned());
        let figures = || piece(account).example(self.elsewhere.get(..6)?);
        match (literal(account), self.account()) {
            // As in the ARN of a bucket or a snapshot.
            (Some(""), _) => Some(String::new()),
            (Some(named), _) if kind.accounts == Accounts::Each => Some(named.to_owned()),
            (_, Some(own)) => fits(own)
                .or_else(|| fits(&self.elsewhere).filter(|_| kind.accounts != Accounts::Own))
                .or_else(|| figures().filter(|_| kind.accounts == Accounts::Each)),
            (Some(named), None) => Some(named.to_owned()),
            (None, None) => fits(&self.elsewhere).or_else(figures),
        }
    }

    /// Form of the resources of the type. For an unknown type, the rest of the pattern shows it.
    fn form(&self, kind: ResourceType, rest: &[u8]) -> String {
        match kind.form {
            Form::Of(form) => form.replace("{id}", &self.id),
            Form::Absent => "{}".to_owned(),
            Form::Unknown => {
                let name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'-';
                let named: Vec<u8> = rest.iter().take_while(name).copied().collect();
                let separator = if rest.get(named.len()) == Some(&b':') { ':' } else { '/' };
                match String::from_utf8(named) {
                    Ok(named) if !named.is_empty() => format!("{named}{separator}{{}}"),
                    _ => format!("{}/{{}}", self.kind),
                }
            }
        }
    }

    /// `region`: `None` where no pattern says.
    fn place(
        &self,
        kind: ResourceType,
        partition: &str,
        region: Option<&str>,
        account: &str,
        form: &str,
    ) -> NameTemplate {
        let service = kind.service;
        let arn =
            |region, account| Arn::of_account(partition, account).in_region(region).of(service, "");
        let arn = match (kind.form, service) {
            (Form::Absent, _) => String::new(),
            (_, "s3") => arn("", "").to_string(),
            (_, "iam") => arn("", account).to_string(),
            _ => arn(region.unwrap_or(&self.region), account).to_string(),
        };
        let (fixed, name) = form.split_at(form.find('{').unwrap_or(form.len()));
        NameTemplate { beginning: format!("{arn}{fixed}"), name: name.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::wildcard::Reading;
    use super::*;

    #[track_caller]
    fn check(kind: ResourceType, pattern: &str, own: Option<&str>, want: Option<&str>) {
        let fuel = Fuel::new(1_000_000);
        let home = Home::new([pattern.to_owned()].iter(), own, &mut Draw::from("a document"));
        let pattern = Pattern::of_resources(pattern, Reading::Generous, own).unwrap();
        let place = home.place_of(&pattern, kind, &fuel);
        let resource = place.map(|place| place.beginning + &place.name);
        assert_eq!(resource.as_deref(), want);
    }

    #[test]
    fn the_service_of_every_way_is_known() {
        for method in super::super::escalation::methods() {
            for action in method.steps().flatten() {
                let action = action.split(['@', '>']).next().unwrap_or(action);
                assert_ne!(ResourceType::of(action).service, "zz-unknown", "{action}");
            }
        }
    }

    #[test]
    fn a_pattern_says_where() {
        let own = Some("111122223333");
        let role = ResourceType::of("iam:PassRole");
        let at_home = Some("arn:aws:iam::111122223333:role/{}");
        for pattern in ["*", "arn:*:role/*", "arn:aws:iam::1*:*", "arn:*:iam::*:role/app"] {
            check(role, pattern, own, at_home);
        }
        check(role, "arn:aws-cn:iam::*:*", own, Some("arn:aws-cn:iam::111122223333:role/{}"));
        check(role, "arn:aws:iam::999988887777:*", own, None);
        check(role, "arn:aws:iam::999988887777:*", None, Some("arn:aws:iam::999988887777:role/{}"));
        check(role, "arn:aws:s3:::bucket", own, None);
        check(role, "arn:nowhere:iam::*:*", own, None);
    }

    #[test]
    fn ids_that_aws_makes_are_known() {
        let instance = ResourceType::of("ssm:StartSession");
        for pattern in ["arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:*:*:instance/i-*"] {
            let own = Some("111122223333");
            let home = Home::new([pattern.to_owned()].iter(), own, &mut Draw::from(pattern));
            let fuel = Fuel::new(1_000_000);
            let pattern = Pattern::of_resources(pattern, Reading::Generous, own).unwrap();
            let place = home.place_of(&pattern, instance, &fuel).unwrap();
            assert!(place.beginning.ends_with(":instance/i-"), "{place:?}");
            assert!(!pattern.is_narrow() && !pattern.after(&place.beginning, &fuel).is_empty());
        }
    }

    #[test]
    fn regions_and_forms_come_from_the_pattern() {
        let own = Some("111122223333");
        let function = ResourceType::of("lambda:UpdateFunctionCode");
        let pattern = "arn:aws:lambda:eu-*:*:function:*";
        check(function, pattern, own, Some("arn:aws:lambda:eu-west-1:111122223333:function:{}"));
        let job = ResourceType::of("glue:UpdateJob");
        let pattern = "arn:aws:glue:eu-west-1:111122223333:job/*";
        check(job, pattern, own, Some("arn:aws:glue:eu-west-1:111122223333:job/{}"));
        let object = ResourceType::new("s3", "{}/{}");
        check(object, "arn:aws:s3:::*", own, Some("arn:aws:s3:::{}/{}"));
    }
}
