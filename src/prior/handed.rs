//! What a call hands over: roles to whoever can use what it makes or changes, or a place in a group.
//!
//! Services name roles in their own ways: by ARN, by name, behind an instance profile. So the parameters are
//! searched for ARNs of roles and for fields that are called so; which calls matter is the rules' affair.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>

use serde_json::Value as Json;

use super::{Address, fold};
use crate::account;
use crate::arn::{Arn, AwsRole};
use crate::event::Event;
use crate::policy::{PolicyDocument, Statement};

/// Most roles looked at in one call; beyond it nobody knows what the others hold.
const BEARERS_MAX: usize = 16;
/// Most values of the parameters looked at.
const VALUES_MAX: usize = 20_000;

/// What a call hands over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// `role` or `group`.
    pub kind: &'static str,
    /// The names, as the call spells them; of an instance profile its own.
    pub names: Vec<String>,
    /// Whose holdings count.
    pub(super) bearers: Vec<Bearer>,
    /// There was more than is looked at.
    pub(super) cut: bool,
    /// A policy allows somebody to hand them over or to wear them, one by one.
    pub by_policy: bool,
    /// Where it is kept which roles the same thing was given last, and those of this call. Nothing of what
    /// is made anew by each call.
    pub(super) thing: Option<(Address, String)>,
    /// Where it is kept that the same caller handed over the same by the same call.
    pub(super) habit: Option<Address>,
}

/// One that holds rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bearer {
    /// A role or group.
    Identity(Address),
    /// The role in an instance profile, which mostly bears the profile's name.
    Profile(Address),
}

impl Bearer {
    fn text(&self) -> String {
        let (Self::Identity(at) | Self::Profile(at)) = self;
        format!("{} {}", at.account, at.entity)
    }
}

impl Handed {
    /// What a call hands over, if anything. Of a call that did not succeed nothing, nor of one that reads.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let (source, call, account) = (event.event_source()?, event.name()?, event.account()?);
        let idle =
            event.text("detail.errorCode").is_some() || event.flag("detail.readOnly") == Some(true);
        if idle {
            return None;
        }
        let parameter = |name: &str| event.text(&format!("detail.requestParameters.{name}"));
        let mut search = Search { account, found: Vec::new(), values: 0, cut: false };
        let kind = match (source, call) {
            ("iam.amazonaws.com", "AddUserToGroup" | "RemoveUserFromGroup") => {
                search.add("group", parameter("groupName")?, account);
                "group"
            }
            ("iam.amazonaws.com", "AddRoleToInstanceProfile" | "UpdateAssumeRolePolicy") => {
                search.add("role", parameter("roleName")?, account);
                "role"
            }
            (
                "iam.amazonaws.com",
                "PutUserPolicy"
                | "PutRolePolicy"
                | "PutGroupPolicy"
                | "CreatePolicy"
                | "CreatePolicyVersion",
            ) => {
                let document = event.value("detail.requestParameters.policyDocument")?;
                search.policy(&PolicyDocument::from_field(document)?);
                "role"
            }
            // What these name is worn or kept, not handed over.
            ("iam.amazonaws.com" | "sts.amazonaws.com" | "kms.amazonaws.com", _) => return None,
            ("ssm.amazonaws.com", "UpdateServiceSetting") => {
                let setting = parameter("settingId")?.to_ascii_lowercase();
                let role = parameter("settingValue").filter(|_| setting.ends_with("role"))?;
                search.named("rolename", role);
                "role"
            }
            _ => {
                search.object(event.value("detail.requestParameters")?);
                // What a launch template hands over only the answer tells.
                if let ("ec2.amazonaws.com", Some(answer)) =
                    (source, event.value("detail.responseElements"))
                {
                    search.object(answer);
                }
                "role"
            }
        };
        if search.found.is_empty() && !search.cut {
            return None;
        }
        let (names, bearers): (Vec<String>, Vec<Bearer>) = search.found.into_iter().unzip();
        let mut roles: Vec<String> = bearers.iter().map(Bearer::text).collect();
        roles.sort();
        let roles = roles.join(" ");
        // Of what only IAM itself hands over each time counts, and of what was not looked at.
        let of_iam = source == "iam.amazonaws.com";
        let counts = !of_iam && !search.cut;
        let at = |entity: String| Address::new(account, entity, "roles");
        let thing = thing(event, source, call).filter(|_| counts).map(at);
        let habit = caller(event).filter(|_| counts);
        let habit = habit.map(|caller| at(format!("habit {caller} {source} {call} {roles}")));
        let thing = thing.map(|thing| (thing, roles));
        let by_policy = of_iam && call.contains("Policy") && call != "UpdateAssumeRolePolicy";
        Some(Self { kind, names, bearers, cut: search.cut, by_policy, thing, habit })
    }

    /// What is to be kept: which roles the thing was given, and by whom.
    pub(super) fn writes(self) -> Vec<(Address, super::Value)> {
        let thing = self.thing.map(|(address, roles)| (address, super::Value::of(&roles)));
        let habit = self.habit.map(|address| (address, super::Value::Present(String::new())));
        thing.into_iter().chain(habit).collect()
    }
}

/// A walk through the parameters.
struct Search<'e> {
    account: &'e str,
    found: Vec<(String, Bearer)>,
    values: usize,
    cut: bool,
}

impl Search<'_> {
    /// The single roles that a policy lets be handed on or worn. Of roles by a pattern nobody knows which there
    /// are; a pattern of all is a word of its own.
    fn policy(&mut self, document: &PolicyDocument) {
        let gives = |statement: &&Statement| {
            let actions = &statement.actions;
            let named = ["iam:PassRole", "sts:AssumeRole"];
            statement.allow && named.iter().any(|action| actions.names_action(action))
        };
        for statement in document.statements.iter().filter(gives) {
            let resources = &statement.resources;
            for text in resources.patterns.iter().filter(|_| !resources.negated) {
                let role = Arn::parse(text).filter(|arn| arn.service == "iam");
                let single = role.is_some_and(|role| !role.resource.contains(['*', '?', '$']));
                if single {
                    self.named("", text);
                }
            }
        }
    }

    fn object(&mut self, value: &Json) {
        let Json::Object(map) = value else { return };
        for (key, value) in map {
            let key = key.to_ascii_lowercase();
            // A grant to a role gives it rights, and nobody the role.
            if ["principal", "grantee", "trusted"].iter().any(|word| key.contains(word)) {
                continue;
            }
            self.value(&key, value);
        }
        // As Elastic Beanstalk and Data Pipeline take their settings.
        let text = |name: &str| map.get(name).and_then(Json::as_str);
        for (name, value) in [("optionName", "value"), ("key", "stringValue")] {
            if let (Some(name), Some(value)) = (text(name), text(value)) {
                self.named(&name.to_ascii_lowercase(), value);
            }
        }
    }

    fn value(&mut self, key: &str, value: &Json) {
        self.values += 1;
        if self.values > VALUES_MAX {
            self.cut = true;
            return;
        }
        match value {
            Json::String(text) => self.named(key, text),
            Json::Array(list) => list.iter().for_each(|value| self.value(key, value)),
            Json::Object(map) if key == "iaminstanceprofile" => {
                let names =
                    |key: &str| ["arn", "name"].contains(&key.to_ascii_lowercase().as_str());
                let given = map.iter().filter(|(key, _)| names(key));
                let given = given.filter_map(|(_, value)| value.as_str());
                given.for_each(|given| self.named(key, given));
            }
            Json::Object(_) => self.object(value),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    /// A text under a key: an ARN says itself what it is, a bare name only the key.
    fn named(&mut self, key: &str, text: &str) {
        if let Some(arn) = Arn::parse(text) {
            if arn.service != "iam" || matches!(arn.aws_role(), Some(AwsRole::Linked(_))) {
                return;
            }
            let account = if account::is_id(arn.account) { arn.account } else { self.account };
            let account = account.to_owned();
            match arn.resource.split_once('/') {
                Some(("role", name)) => self.add("role", name, &account),
                Some(("instance-profile", name)) => self.add("instance-profile", name, &account),
                _ => {}
            }
            return;
        }
        let account = self.account.to_owned();
        let profile = key.contains("instanceprofile") || key == "jobflowrole";
        let role =
            ["role", "rolearn", "rolename", "roleoverride"].iter().any(|end| key.ends_with(end));
        match (is_name(text), profile, role) {
            (true, true, _) => self.add("instance-profile", text, &account),
            (true, false, true) => self.add("role", text, &account),
            _ => {}
        }
    }

    /// Names are told apart without their paths.
    fn add(&mut self, kind: &str, name: &str, account: &str) {
        let name = name.rsplit('/').next().unwrap_or(name);
        let address = Address::new(account, format!("{kind} {}", fold(name)), "");
        let bearer = match kind {
            "instance-profile" => Bearer::Profile(address),
            _ => Bearer::Identity(address),
        };
        if name.is_empty() || self.found.iter().any(|(_, known)| *known == bearer) {
            return;
        }
        if self.found.len() >= BEARERS_MAX {
            self.cut = true;
            return;
        }
        self.found.push((name.to_owned(), bearer));
    }
}

/// Letters that IAM allows in names, and slashes of a path.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c);
    (1..=576).contains(&text.len()) && text.chars().all(fits)
}

/// The thing that is given a role, by all names and IDs of the call, so that another is never taken for it.
/// What a call makes anew was given nothing before.
fn thing(event: &Event, source: &str, call: &str) -> Option<String> {
    // A new revision of a task or job is the same task or job.
    const CHANGING: [&str; 5] = ["Update", "Put", "Set", "Modify", "Register"];
    let changes = CHANGING.iter().any(|verb| call.starts_with(verb)) || call == "CreateChangeSet";
    let told = match deploying_role(event) {
        // Who deploys hands its stacks one role, day by day.
        Some(role) if source == "cloudformation.amazonaws.com" && !call.contains("StackSet") => {
            format!("by {role}")
        }
        _ if changes => identifying(event.value("detail.requestParameters")?)?,
        _ => return None,
    };
    Some(format!("thing {source} {} {told}", event.region().unwrap_or_default()))
}

/// Who calls, whatever the session is called.
fn caller(event: &Event) -> Option<&str> {
    event
        .text("detail.userIdentity.sessionContext.sessionIssuer.arn")
        .or_else(|| event.text("detail.userIdentity.arn"))
}

/// The role whose session calls, unless a person's.
fn deploying_role(event: &Event) -> Option<&str> {
    let role = event.text("detail.userIdentity.sessionContext.sessionIssuer.arn")?;
    let person = matches!(Arn::parse(role)?.aws_role(), Some(AwsRole::PermissionSet(_)));
    (!person && event.text("detail.userIdentity.type") == Some("AssumedRole")).then_some(role)
}

/// All names and IDs of a call, but those that tooling makes up for each.
fn identifying(parameters: &Json) -> Option<String> {
    const ENDS: [&str; 7] = ["name", "id", "arn", "alias", "family", "rule", "identifier"];
    const FLEETING: [&str; 3] = ["changesetname", "revisionid", "versionid"];
    let mut told: Vec<String> = Vec::new();
    for (key, value) in parameters.as_object()? {
        let key = key.to_ascii_lowercase();
        let counts = ENDS.iter().any(|end| key.ends_with(end))
            && !key.ends_with("rolearn")
            && !FLEETING.contains(&key.as_str());
        told.extend(value.as_str().filter(|_| counts).map(|text| format!("{key} {text}")));
    }
    told.sort();
    (!told.is_empty()).then(|| told.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(source: &str, call: &str, parameters: &str) -> Event {
        Event::parse(&format!(
            r#"{{"eventSource":"{source}.amazonaws.com","eventName":"{call}","recipientAccountId":"111122223333",
                "requestParameters":{parameters}}}"#
        ))
        .unwrap()
    }

    #[track_caller]
    fn check(source: &str, call: &str, parameters: &str, want: &[&str]) {
        let handed = Handed::of(&event(source, call, parameters));
        let found: Vec<String> =
            handed.iter().flat_map(|handed| &handed.bearers).map(Bearer::text).collect();
        assert_eq!(found, want, "{source} {call} {parameters}");
    }

    #[test]
    fn roles_are_found_wherever_services_name_them() {
        let role = &["111122223333 role ops"][..];
        let arn = |key: &str| format!(r#"{{"{key}":"arn:aws:iam::111122223333:role/x/Ops"}}"#);
        check("lambda", "UpdateFunctionConfiguration20150331v2", &arn("role"), role);
        check("states", "CreateStateMachine", &arn("roleArn"), role);
        check("scheduler", "CreateSchedule", &format!(r#"{{"target":{}}}"#, arn("roleArn")), role);
        check("events", "PutTargets", &format!(r#"{{"targets":[{}]}}"#, arn("roleArn")), role);
        check(
            "cognito-identity",
            "SetIdentityPoolRoles",
            &format!(r#"{{"roles":{}}}"#, arn("authenticated")),
            role,
        );
        check(
            "rolesanywhere",
            "CreateProfile",
            r#"{"roleArns":["arn:aws:iam::111122223333:role/Ops"]}"#,
            role,
        );
        check("ssm", "CreateActivation", r#"{"iamRole":"service-role/Ops"}"#, role);
        check("glue", "CreateJob", r#"{"role":"Ops"}"#, role);
        check("ecs", "RegisterTaskDefinition", r#"{"family":"web","taskRoleArn":"Ops"}"#, role);
        check(
            "iam",
            "AddRoleToInstanceProfile",
            r#"{"roleName":"Ops","instanceProfileName":"web"}"#,
            role,
        );
        check(
            "iam",
            "AddUserToGroup",
            r#"{"groupName":"Staff","userName":"lee"}"#,
            &["111122223333 group staff"],
        );
        let setting = |id: &str| format!(r#"{{"settingId":"{id}","settingValue":"Ops"}}"#);
        let id = "arn:aws:ssm:eu-west-1:111122223333:servicesetting/ssm/managed-instance/default-ec2-instance-management-role";
        check("ssm", "UpdateServiceSetting", &setting(id), role);
        check(
            "ssm",
            "UpdateServiceSetting",
            &setting("/ssm/parameter-store/default-parameter-tier"),
            &[],
        );
        check(
            "glue",
            "CreateJob",
            r#"{"role":"arn:aws:iam::444455556666:role/Ops"}"#,
            &["444455556666 role ops"],
        );
    }

    #[test]
    fn instance_profiles_are_found_in_each_shape() {
        let profile = &["111122223333 instance-profile web"][..];
        for parameters in [
            r#"{"iamInstanceProfile":{"name":"web"}}"#,
            r#"{"iamInstanceProfile":{"arn":"arn:aws:iam::111122223333:instance-profile/x/Web"}}"#,
            r#"{"AssociateIamInstanceProfileRequest":{"IamInstanceProfile":{"Name":"web"}}}"#,
            r#"{"CreateLaunchTemplateRequest":{"LaunchTemplateData":{"IamInstanceProfile":{"Arn":"arn:aws:iam::111122223333:instance-profile/web"}}}}"#,
            r#"{"iamInstanceProfile":"web"}"#,
            r#"{"jobFlowRole":"web"}"#,
            r#"{"optionSettings":[{"namespace":"aws:autoscaling:launchconfiguration","optionName":"IamInstanceProfile","value":"web"}]}"#,
        ] {
            check("ec2", "RunInstances", parameters, profile);
        }
    }

    #[test]
    fn a_policy_hands_over_the_single_roles_that_it_names() {
        let policy = |statement: &str| {
            let document = format!(r#"{{"Statement":{statement}}}"#).replace('"', r#"\""#);
            format!(r#"{{"userName":"u","policyName":"p","policyDocument":"{document}"}}"#)
        };
        let one = r#"{"Effect":"Allow","Action":["sts:AssumeRole","s3:*"],"Resource":["arn:aws:iam::*:role/x/Ops","arn:aws:iam::111122223333:role/app-*","*"]}"#;
        check("iam", "PutUserPolicy", &policy(one), &["111122223333 role ops"]);
        let pass = r#"{"Effect":"Allow","Action":"iam:Pass*","Resource":"arn:aws:iam::111122223333:role/Ops"}"#;
        check("iam", "CreatePolicyVersion", &policy(pass), &["111122223333 role ops"]);
        for other in [
            r#"{"Effect":"Deny","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/Ops"}"#,
            r#"{"Effect":"Allow","Action":"iam:GetRole","Resource":"arn:aws:iam::111122223333:role/Ops"}"#,
            r#"{"Effect":"Allow","Action":"iam:PassRole","NotResource":"arn:aws:iam::111122223333:role/Ops"}"#,
        ] {
            check("iam", "PutUserPolicy", &policy(other), &[]);
        }
    }

    #[test]
    fn a_launch_template_s_profile_stands_in_the_answer() {
        let text = r#"{"eventSource":"ec2.amazonaws.com","eventName":"RunInstances","recipientAccountId":"111122223333",
            "requestParameters":{"launchTemplate":{"launchTemplateId":"lt-0a"}},
            "responseElements":{"instancesSet":{"items":[
                {"iamInstanceProfile":{"arn":"arn:aws:iam::111122223333:instance-profile/web","id":"AIPAEXAMPLE"}},
                {"iamInstanceProfile":{"arn":"arn:aws:iam::111122223333:instance-profile/web","id":"AIPAEXAMPLE"}}]}}}"#;
        let handed = Handed::of(&Event::parse(text).unwrap()).unwrap();
        assert_eq!(handed.names, ["web"]);
    }

    #[test]
    fn what_is_worn_trusted_or_aws_s_own_is_not_handed_over() {
        let arn = "arn:aws:iam::111122223333:role/ops";
        check("sts", "AssumeRole", &format!(r#"{{"roleArn":"{arn}"}}"#), &[]);
        check("lambda", "AddPermission20150331v2", &format!(r#"{{"principal":"{arn}"}}"#), &[]);
        check("eks", "CreateAccessEntry", &format!(r#"{{"principalArn":"{arn}"}}"#), &[]);
        check("iam", "AttachRolePolicy", r#"{"roleName":"ops","policyArn":"x"}"#, &[]);
        let linked =
            "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX";
        check(
            "autoscaling",
            "CreateAutoScalingGroup",
            &format!(r#"{{"serviceLinkedRoleARN":"{linked}"}}"#),
            &[],
        );
        // A path that anybody may choose shelters nothing.
        let alike = "arn:aws:iam::111122223333:role/x/aws-service-role/ops";
        check("glue", "CreateJob", &format!(r#"{{"role":"{alike}"}}"#), &["111122223333 role ops"]);
        check("x", "PutText", r#"{"role":"a text, no name","note":"ops"}"#, &[]);
        let refused = r#"{"eventSource":"glue.amazonaws.com","eventName":"CreateJob","errorCode":"AccessDenied","recipientAccountId":"111122223333","requestParameters":{"role":"ops"}}"#;
        assert_eq!(Handed::of(&Event::parse(refused).unwrap()), None);
    }

    #[test]
    fn work_and_roles_are_bounded() {
        let many: Vec<String> = (0..5_000).map(|n| format!(r#"{{"roleArn":"role{n}"}}"#)).collect();
        let parameters = format!(r#"{{"targets":[{}]}}"#, many.join(","));
        let handed = Handed::of(&event("events", "PutTargets", &parameters)).unwrap();
        assert!(handed.cut && handed.bearers.len() == BEARERS_MAX);
        assert!(handed.thing.is_none() && handed.habit.is_none());
        // What hides behind more than is looked at is unknown, not absent.
        let padding = vec!["0"; VALUES_MAX + 1].join(",");
        let parameters = format!(r#"{{"input":[{padding}],"roleArn":"ops"}}"#);
        let handed = Handed::of(&event("states", "CreateStateMachine", &parameters)).unwrap();
        assert!(handed.cut && handed.bearers.is_empty());
    }

    #[test]
    fn only_the_same_thing_is_given_a_role_again() {
        let place = |source: &str, call: &str, parameters: &str| {
            let handed = Handed::of(&event(source, call, parameters)).unwrap();
            handed.thing.map(|(address, roles)| (address.text(), roles))
        };
        let update = |name: &str| {
            format!(r#"{{"stackName":"{name}","roleARN":"arn:aws:iam::111122223333:role/ops"}}"#)
        };
        let change = r#"{"changeSetName":"of-today","stackName":"web","roleARN":"arn:aws:iam::111122223333:role/ops"}"#;
        let first = place("cloudformation", "UpdateStack", &update("web"));
        assert!(first.is_some());
        assert_eq!(first, place("cloudformation", "CreateChangeSet", change));
        assert_ne!(first, place("cloudformation", "UpdateStack", &update("shop")));
        assert_eq!(place("cloudformation", "CreateStack", &update("web")), None);
        assert!(
            place("ecs", "RegisterTaskDefinition", r#"{"family":"web","taskRoleArn":"ops"}"#)
                .is_some()
        );
        assert_eq!(place("iam", "UpdateAssumeRolePolicy", r#"{"roleName":"ops"}"#), None);
        assert_eq!(place("glue", "UpdateJob", r#"{"role":"ops"}"#), None);
    }

    #[test]
    fn a_habit_is_one_caller_s_by_one_call_and_with_the_same_roles() {
        let habit = |caller: &str, call: &str, role: &str| {
            let text = format!(
                r#"{{"eventSource":"glue.amazonaws.com","eventName":"{call}","recipientAccountId":"111122223333",
                    "userIdentity":{{"arn":"{caller}"}},"requestParameters":{{"name":"n","role":"{role}"}}}}"#
            );
            Handed::of(&Event::parse(&text).unwrap()).unwrap().habit.unwrap().text()
        };
        let first = habit("a", "CreateJob", "ops");
        assert_eq!(first, habit("a", "CreateJob", "OPS"));
        for other in [
            habit("b", "CreateJob", "ops"),
            habit("a", "CreateJob", "dev"),
            habit("a", "UpdateJob", "ops"),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn a_deploying_role_is_known_by_its_stacks_and_a_person_is_not() {
        let stack = |issuer: &str, name: &str| {
            let text = format!(
                r#"{{"eventSource":"cloudformation.amazonaws.com","eventName":"CreateStack","recipientAccountId":"111122223333",
                    "userIdentity":{{"type":"AssumedRole","sessionContext":{{"sessionIssuer":{{"arn":"{issuer}"}}}}}},
                    "requestParameters":{{"stackName":"{name}","roleARN":"arn:aws:iam::111122223333:role/ops"}}}}"#
            );
            Handed::of(&Event::parse(&text).unwrap()).unwrap().thing
        };
        let role = "arn:aws:iam::111122223333:role/ci/deploy";
        assert!(stack(role, "a").is_some());
        assert_eq!(stack(role, "a"), stack(role, "b"));
        assert_ne!(stack(role, "a"), stack("arn:aws:iam::111122223333:role/dev", "a"));
        let person = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef";
        assert_eq!(stack(person, "a"), None);
    }
}
