//! Finds the roles in calls and policies.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::bearer::Bearer;
use crate::event::Event;
use crate::iam::arn::{self, Arn, AwsRole};
use crate::iam::catalogue::IAM;
use crate::iam::kind::EntityKind;
use crate::iam::policy::PolicyDocument;
use crate::iam::{account, catalogue};
use crate::prior::ask::{Ask, named};
use crate::prior::{Address, VALUE_BYTES_MAX};
use crate::vocabulary::HandedKind;

/// Most roles looked at in one call; what is beyond it counts as everything.
pub(super) const BEARERS_MAX: usize = 16;
/// Most roles of one policy: a policy for many accounts names a role in each.
pub(crate) const BEARERS_OF_POLICY_MAX: usize = 40;
/// Most values of the parameters looked at.
pub(super) const VALUES_MAX: usize = 20_000;

/// What a call hands over in addition to the roles found in it.
pub(crate) struct Call {
    /// `role` or `group`.
    pub kind: HandedKind,
    /// The document that it only names.
    pub document: Option<Ask>,
    /// The documents that it carries.
    pub policies: Vec<PolicyDocument>,
}

/// A walk through the parameters.
pub(crate) struct Search<'e> {
    pub account: &'e str,
    /// The service whose call it is. Empty for a policy.
    source: &'e str,
    pub found: Vec<(String, Bearer)>,
    /// The roles among them in fields where a service reads the role of a thing, not in fields of free text.
    pub own: BTreeSet<String>,
    /// Accounts in which a policy may mean roles that it does not name in full: IDs, or patterns of them.
    pub wide: BTreeSet<String>,
    /// There was more than is looked at.
    pub cut: bool,
    values: usize,
    bearers_max: usize,
    /// The keys down to here; for an element of a list, its name.
    path: String,
    /// The roles, each with its place. `None`: too many to store.
    places: Option<BTreeSet<String>>,
    places_bytes: usize,
}

impl<'e> Search<'e> {
    pub(crate) fn new(account: &'e str) -> Self {
        Self {
            account,
            source: "",
            found: Vec::new(),
            own: BTreeSet::new(),
            wide: BTreeSet::new(),
            cut: false,
            values: 0,
            bearers_max: BEARERS_MAX,
            path: String::new(),
            places: Some(BTreeSet::new()),
            places_bytes: 0,
        }
    }

    /// The roles with their places, each once and sorted. `None`: too many to store.
    pub(crate) fn places(&self) -> Option<String> {
        let places = self.places.as_ref()?;
        Some(places.iter().map(String::as_str).collect::<Vec<_>>().join(" "))
    }

    /// The roles that a call names. `None` if it hands over nothing.
    pub(crate) fn call(&mut self, event: &Event, source: &'e str, call: &str) -> Option<Call> {
        self.source = source;
        let (mut document, mut policies) = (None, Vec::new());
        let kind = match (source, call) {
            (IAM, "AddUserToGroup" | "RemoveUserFromGroup") => {
                self.add(EntityKind::Group, event.parameter("groupName")?, self.account);
                HandedKind::Group
            }
            (IAM, "AddRoleToInstanceProfile" | "UpdateAssumeRolePolicy") => {
                self.add(EntityKind::Role, event.parameter("roleName")?, self.account);
                HandedKind::Role
            }
            (
                IAM,
                "PutUserPolicy"
                | "PutRolePolicy"
                | "PutGroupPolicy"
                | "CreatePolicy"
                | "CreatePolicyVersion",
            ) => {
                policies.push(self.document(event, "policyDocument")?);
                HandedKind::Role
            }
            ("sso.amazonaws.com", "PutInlinePolicyToPermissionSet") => {
                policies.push(self.document(event, "inlinePolicy")?);
                HandedKind::Role
            }
            ("sso.amazonaws.com", "CreateAccountAssignment" | "ProvisionPermissionSet") => {
                let arn = event.parameter("permissionSetArn")?;
                let set = Address::of_entity(self.account, EntityKind::PermissionSet, arn);
                self.found.push((arn::without_path(arn).to_owned(), Bearer::Identity(set)));
                HandedKind::PermissionSet
            }
            (
                IAM,
                "AttachUserPolicy"
                | "AttachRolePolicy"
                | "AttachGroupPolicy"
                | "SetDefaultPolicyVersion",
            ) => {
                document = Some(named(event)?);
                HandedKind::Role
            }
            // Roles named by these calls are worn, kept, or yet to be made, but not handed over.
            (
                IAM | "sts.amazonaws.com" | "kms.amazonaws.com" | "organizations.amazonaws.com",
                _,
            ) => return None,
            _ if takes_away(source, call) => return None,
            ("ssm.amazonaws.com", "UpdateServiceSetting") => {
                let setting = event.parameter("settingId")?.to_ascii_lowercase();
                let role = event.parameter("settingValue").filter(|_| setting.ends_with("role"))?;
                self.named("rolename", role);
                HandedKind::Role
            }
            _ => {
                self.object(event.value("detail.requestParameters")?);
                // Only the answer names the role that a launch template hands over.
                if let ("ec2.amazonaws.com", Some(answer)) =
                    (source, event.value("detail.responseElements"))
                {
                    self.object(answer);
                }
                self.by_default(event, source, call);
                HandedKind::Role
            }
        };
        Some(Call { kind, document, policies })
    }

    /// The role that the service takes where the call names none.
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html>
    fn by_default(&mut self, event: &Event, source: &str, call: &str) {
        let is_stack_set = source == "cloudformation.amazonaws.com"
            && ["CreateStackSet", "UpdateStackSet"].contains(&call)
            && event.parameter("permissionModel") != Some("SERVICE_MANAGED");
        if is_stack_set && event.parameter("administrationRoleARN").is_none() {
            let account = self.account;
            self.within("administrationrolearn", |search| {
                search.add(
                    EntityKind::Role,
                    "AWSCloudFormationStackSetAdministrationRole",
                    account,
                );
            });
        }
    }

    fn document(&mut self, event: &Event, parameter: &str) -> Option<PolicyDocument> {
        let found = event.parameter_value(parameter)?;
        let document = PolicyDocument::from_field(found)?;
        self.policy(&document, true);
        Some(document)
    }

    /// The roles that a policy lets be worn or, with `hand_on`, handed on: those that it names in full, and the
    /// accounts in which a pattern may mean others.
    pub(crate) fn policy(&mut self, document: &PolicyDocument, hand_on: bool) {
        self.bearers_max = BEARERS_OF_POLICY_MAX;
        for statement in document.about_roles(hand_on) {
            let resources = &statement.resources;
            if resources.negated {
                self.wide.insert("*".to_owned());
                continue;
            }
            for text in &resources.patterns {
                match Arn::parse(text) {
                    Some(role) if names_one(text, &role) => {
                        self.named("", text);
                        // If the account of the role is a pattern, other accounts may know it.
                        if !account::is_id(role.account) {
                            self.wide.insert(role.account.to_owned());
                        }
                    }
                    _ => _ = self.wide.insert(self.account_of(text)),
                }
            }
        }
    }

    /// The account that a pattern means, as a pattern. A variable may be anything, except that of the caller's account.
    fn account_of(&self, text: &str) -> String {
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, variable)) = rest.split_once("${") {
            let (name, after) = variable.split_once('}').unwrap_or((variable, ""));
            let own = name.eq_ignore_ascii_case("aws:PrincipalAccount");
            plain.push_str(before);
            plain.push_str(if own { self.account } else { "*" });
            rest = after;
        }
        plain.push_str(rest);
        let account = Arn::parse(&plain).map(|arn| arn.account);
        account.filter(|account| !account.is_empty()).unwrap_or("*").to_owned()
    }

    pub(crate) fn object(&mut self, value: &Json) {
        let Json::Object(map) = value else { return };
        for (key, value) in map {
            let key = key.to_ascii_lowercase();
            // A document's author chooses the names of its parameters.
            let of_a_document =
                self.source == "ssm.amazonaws.com" && self.path.contains("\"parameters\"");
            if is_beside(&key) && !of_a_document {
                continue;
            }
            self.within(&key, |search| search.value(&key, value));
        }
        // The form in which Elastic Beanstalk and Data Pipeline take their settings.
        let text = |name: &str| map.get(name).and_then(Json::as_str);
        for (name, value) in [("optionName", "value"), ("key", "stringValue")] {
            if let (Some(name), Some(value)) = (text(name), text(value)) {
                let name = name.to_ascii_lowercase();
                self.within(&name, |search| search.named(&name, value));
            }
        }
    }

    /// Goes one step down. Quoted, so that no key is taken for two.
    fn within(&mut self, step: &str, visit: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push_str(&format!("{step:?}"));
        visit(self);
        self.path.truncate(length);
    }

    fn value(&mut self, key: &str, value: &Json) {
        self.values += 1;
        if self.values > VALUES_MAX {
            self.cut = true;
            return;
        }
        match value {
            // As Service Catalog takes what it launches by.
            Json::String(text) if key == "parameters" && text.starts_with('{') => {
                if let Ok(inner) = serde_json::from_str(text) {
                    self.object(&inner);
                }
            }
            Json::String(text) => self.named(key, text),
            Json::Array(list) => {
                for (place, value) in list.iter().enumerate() {
                    // The elements of a list may change their order, but not their roles.
                    let step = identifying(value).unwrap_or_else(|| place.to_string());
                    self.within(&step, |search| search.value(key, value));
                }
            }
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
    pub(crate) fn named(&mut self, key: &str, text: &str) {
        if catalogue::is_no_role(self.source, key) {
            return;
        }
        if let Some(arn) = Arn::parse(text) {
            if arn.service != "iam" || matches!(arn.aws_role(), Some(AwsRole::Linked(_))) {
                return;
            }
            let account = arn.account_id().unwrap_or(self.account).to_owned();
            let named = arn.kind_and_name();
            let named = named.and_then(|(kind, name)| Some((EntityKind::of_iam(kind)?, name)));
            if let Some((kind @ (EntityKind::Role | EntityKind::InstanceProfile), name)) = named {
                self.add(kind, name, &account);
            }
            return;
        }
        let account = self.account.to_owned();
        // Some say role and mean the profile.
        let profile = key.contains("instanceprofile")
            || ["jobflowrole", "instancerole", "resourcerole"].contains(&key);
        let role =
            ["role", "rolearn", "rolename", "roleoverride"].iter().any(|end| key.ends_with(end));
        match (is_name(text), profile, role) {
            (true, true, _) => self.add(EntityKind::InstanceProfile, text, &account),
            (true, false, true) => self.add(EntityKind::Role, text, &account),
            _ => {}
        }
    }

    /// Names are compared without their paths.
    pub(crate) fn add(&mut self, kind: EntityKind, name: &str, account: &str) {
        let name = arn::without_path(name);
        if name.is_empty() {
            return;
        }
        let bearer = Bearer::at(Address::of_entity(account, kind, name));
        self.place(&bearer);
        if takes_a_role(self.source, &self.path) {
            self.own.insert(bearer.text());
        }
        if self.found.iter().any(|(_, known)| *known == bearer) {
            return;
        }
        if self.found.len() >= self.bearers_max {
            self.cut = true;
            return;
        }
        self.found.push((name.to_owned(), bearer));
    }

    fn place(&mut self, bearer: &Bearer) {
        let role = bearer.text();
        self.places_bytes += self.path.len() + role.len() + 2;
        if self.places_bytes > VALUE_BYTES_MAX {
            self.places = None;
        }
        if let Some(places) = &mut self.places {
            places.insert(format!("{}={role}", self.path));
        }
    }
}

/// The roles that a service answers a thing goes on wearing: it may have been made before anybody looked.
pub(super) fn answered(event: &Event, source: &str, account: &str) -> Vec<(String, Bearer)> {
    let Some(answer) = event.value("detail.responseElements") else {
        return Vec::new();
    };
    let mut search = Search { source, ..Search::new(account) };
    search.object(answer);
    search.found
}

/// Does it name one role in each account that it means? A variable may contain a colon.
fn names_one(text: &str, arn: &Arn<'_>) -> bool {
    arn.service == "iam" && !text.contains('$') && !arn.has_wildcard()
}

/// Does a service read the role of a thing from this field? Below names that the caller chooses, a value may be
/// anything.
fn takes_a_role(source: &str, path: &str) -> bool {
    const FREE: [&str; 7] = [
        "arguments",
        "environment",
        "variables",
        "tags",
        "description",
        "parameters",
        "propertymap",
    ];
    // These take it as a parameter.
    const BY_PARAMETER: [&str; 3] = ["config", "servicecatalog", "ssm"];
    let service = source.trim_end_matches(".amazonaws.com");
    let by_parameter = BY_PARAMETER.contains(&service);
    let free = |step: &str| {
        FREE.iter().any(|free| step.ends_with(free)) && !(by_parameter && step == "parameters")
    };
    const TAKING: [&str; 3] = ["role", "instanceprofile", "credentials"];
    let mut steps = path.split('"').filter(|step| !step.is_empty());
    path.split('"').any(|step| TAKING.iter().any(|taking| step.contains(taking)))
        && !steps.any(free)
}

/// All names and IDs of a call, without those that tooling makes up for each call.
pub(super) fn identifying(parameters: &Json) -> Option<String> {
    const ENDS: [&str; 7] = ["name", "id", "arn", "alias", "family", "rule", "identifier"];
    const FLEETING: [&str; 3] = ["changesetname", "revisionid", "versionid"];
    let mut said: Vec<String> = Vec::new();
    for (key, value) in parameters.as_object()? {
        let key = key.to_ascii_lowercase();
        let counts = ENDS.iter().any(|end| key.ends_with(end))
            && !key.ends_with("rolearn")
            && !FLEETING.contains(&key.as_str());
        said.extend(value.as_str().filter(|_| counts).map(|text| format!("{key} {text:?}")));
    }
    said.sort();
    (!said.is_empty()).then(|| said.join(" "))
}

/// Does the call take a role from a thing, or end the thing? CloudFormation deletes a stack with the stack's role.
fn takes_away(source: &str, call: &str) -> bool {
    const TAKING: [&str; 7] =
        ["Remove", "Disassociate", "Delete", "Detach", "Untag", "Cancel", "Deregister"];
    let by_role = ["cloudformation.amazonaws.com", "cloudcontrolapi.amazonaws.com"];
    TAKING.iter().any(|verb| call.starts_with(verb)) && !by_role.contains(&source)
}

/// Does the field, in lower case, name a role that is given rights, taken, or acted upon? Such a role is not handed
/// over.
fn is_beside(field: &str) -> bool {
    let given = ["principal", "grantee", "trusted"].iter().any(|word| field.contains(word));
    let upon = field.starts_with("resource")
        && ["arn", "arns", "arnlist", "id", "ids"].iter().any(|end| field.ends_with(end))
        && !field.contains("role");
    // DataZone takes a role under this name.
    (given && field != "roleprincipalarn")
        || upon
        || field.starts_with("remove")
        || field == "iamarn"
}

/// Letters that IAM allows in names, and slashes of a path.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c);
    (1..=576).contains(&text.len()) && text.chars().all(fits)
}
