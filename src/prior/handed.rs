//! What a call hands over: roles to whoever can use what it makes or changes, or a place in a group.
//!
//! Services name roles in their own ways: by ARN, by name, behind an instance profile. So the parameters are
//! searched for ARNs of roles and for fields that are called so; which calls matter is the rules' affair.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>

use self::search::Search;
use self::thing::{caller, thing};
use super::question::named;
use super::{Address, Ask, Value};
use crate::event::Event;
use crate::policy::PolicyDocument;

mod search;
mod thing;

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
    /// The document that says which, where the call only names it.
    pub(super) document: Option<Ask>,
    /// Where it is kept which roles the same thing was given last. Nothing of what is made anew by each call.
    pub(super) thing: Option<(Address, Gift)>,
    /// Where it is kept that the same caller handed over the same by the same call.
    pub(super) habit: Option<Address>,
}

/// By whom and where a thing is given roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gift {
    pub caller: String,
    /// Which role stands where in the call.
    pub places: String,
}

impl Gift {
    fn value(&self) -> Value {
        Value::of(&format!("{}\n{}", self.caller, self.places))
    }

    /// One that was kept.
    pub fn kept(value: &Value) -> Option<Self> {
        let Value::Present(text) = value else { return None };
        let (caller, places) = text.split_once('\n')?;
        Some(Self { caller: caller.to_owned(), places: places.to_owned() })
    }
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
        let mut search = Search::new(account);
        let mut document = None;
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
            (
                "iam.amazonaws.com",
                "AttachUserPolicy"
                | "AttachRolePolicy"
                | "AttachGroupPolicy"
                | "SetDefaultPolicyVersion",
            ) => {
                document = Some(named(event)?);
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
        if search.found.is_empty() && !search.cut && document.is_none() {
            return None;
        }
        let places = search.places();
        let (names, bearers): (Vec<String>, Vec<Bearer>) = search.found.into_iter().unzip();
        let mut roles: Vec<String> = bearers.iter().map(Bearer::text).collect();
        roles.sort();
        let roles = roles.join(" ");
        // Of what only IAM itself hands over each time counts, and of what was not looked at.
        let of_iam = source == "iam.amazonaws.com";
        let caller = caller(event).filter(|_| !of_iam && !search.cut);
        let at = |entity: String| Address::new(account, entity, "roles");
        let habit = caller.map(|caller| at(format!("habit {caller} {source} {call} {roles}")));
        let gift = caller.zip(places);
        let gift = gift.map(|(caller, places)| Gift { caller: caller.to_owned(), places });
        let thing = thing(event, source, call).map(at).zip(gift);
        let by_policy = of_iam && call.contains("Policy") && call != "UpdateAssumeRolePolicy";
        let cut = search.cut;
        Some(Self { kind, names, bearers, cut, by_policy, document, thing, habit })
    }

    /// The same, with what the documents hand over that the call only names.
    pub(super) fn by_documents(mut self, account: &str, documents: &[String]) -> Self {
        let mut search = Search::new(account);
        let documents = documents.iter().filter_map(|text| PolicyDocument::parse(text));
        documents.for_each(|document| search.policy(&document));
        self.cut |= search.cut;
        for (name, bearer) in search.found {
            self.names.push(name);
            self.bearers.push(bearer);
        }
        self
    }

    /// What is to be kept: which roles the thing was given, and by whom.
    pub(super) fn writes(self) -> Vec<(Address, Value)> {
        let thing = self.thing.map(|(address, gift)| (address, gift.value()));
        let habit = self.habit.map(|address| (address, Value::Present(String::new())));
        thing.into_iter().chain(habit).collect()
    }
}

#[cfg(test)]
mod tests;
