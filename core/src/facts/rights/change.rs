//! What an event gives and takes, with the documents before and after.

use std::collections::BTreeSet;

use super::back::{self, Back};
use super::contain;
use super::denial;
use super::held::HandedOver;
use super::how::RightsChange::{self, Document, Session};
use super::trust;
use crate::event::Event;
use crate::iam::arn::Arn;
use crate::iam::policy::{Grant, Grants, PolicyDocument, Trust, managed, plain};
use crate::prior::{Beside, Prior, Why};
use crate::site::Site;

/// Inline policies that AWS puts on users whose keys were found in public.
const QUARANTINE_INLINE: &str = "AWSExposedCredentialPolicy_DO_NOT_REMOVE";
/// Inline policy with which the console revokes sessions.
const REVOCATION_INLINE: &str = "AWSRevokeOlderSessions";

/// The rights an event is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rights {
    /// What it gives.
    pub grants: Grants,
    /// Those of its words that it gives only together with what the identity has already.
    pub together: Grants,
    /// Whom the trust policy lets in.
    pub trust: Option<Trust>,
    /// ARN of the managed policy.
    pub policy_arn: Option<String>,
    /// Name of the inline or managed policy.
    pub policy_name: Option<String>,
    /// Words of the grants that the document before did not give, where it is known.
    pub added: Option<BTreeSet<Grant>>,
    /// Words that it gave and that are gone.
    pub removed: Option<BTreeSet<Grant>>,
    /// What it gives or takes stands in a document that is not certain: no event showed the customer's policy, or the
    /// events contradict each other. What it may have said still counts in `grants`.
    pub unknown: Option<Why>,
    /// The document that it puts or attaches forbids something.
    pub denies: bool,
    /// What the document that it puts allows, in words, where that gives none of the words of `grants`.
    pub harmless: Option<String>,
    /// It carries a document that cannot be read: AWS took it, so it means something.
    pub unreadable: bool,
    /// The policy that it puts, attaches or detaches allows nothing: without it somebody has more rights.
    pub only_denies: bool,
    /// What putting back the replaced document would do.
    pub back: Back,
}

/// What was before an event.
#[derive(Debug, Clone, Copy)]
pub struct DocumentsBefore<'k> {
    /// The document of the managed policy that it names.
    pub named: &'k Prior,
    /// The document that was in force where it puts or deletes one.
    pub replaced: &'k Prior,
    /// What stood where it writes, as a boundary.
    pub former: &'k Prior,
    /// What the identities hold already to which it gives something.
    pub beside: &'k [Beside],
}

/// Judges what an event gives, which changes rights like `how`. `group` is what the group holds that somebody joins or
/// leaves by it.
#[must_use]
pub(crate) fn rights(
    event: &Event,
    how: RightsChange,
    site: &Site,
    before: &DocumentsBefore<'_>,
    group: Option<&HandedOver>,
) -> Rights {
    let mut rights = Rights {
        policy_arn: ["policyArn", "managedPolicyArn", "permissionsBoundary"]
            .iter()
            .find_map(|name| event.parameter(name))
            .map(str::to_owned),
        policy_name: event.parameter("policyName").map(str::to_owned),
        ..Rights::default()
    };
    let (named, replaced) = (Documents::of(before.named), Documents::of(before.replaced));
    let own = served(event);
    match how {
        RightsChange::Inline(field) | Document(field) | Session(field) => {
            let found = event.parameter_value(field);
            rights.put(found, &replaced, before.beside, own);
        }
        RightsChange::Choose => {
            rights.unknown = named.doubt;
            rights.grants = named.grants(own);
            rights.only_denies = contain::only_denies(None, &named.all);
            rights.compare(&replaced, &named.all, own);
            let chosen = (!named.all.is_empty()).then(|| PolicyDocument::joined(&named.all));
            rights.join_to(chosen.as_ref(), before.beside, own);
        }
        RightsChange::NewTrust(field) | RightsChange::Trust(field) => {
            rights.trust(field, event, site, &replaced);
            if let Some(boundary) = event.parameter("permissionsBoundary") {
                bound(&mut rights.grants, boundary, &named, own);
            }
        }
        RightsChange::Key => {
            let found = event.parameter_value("policy");
            let document = found.and_then(PolicyDocument::from_field);
            rights.only_denies = document.as_ref().is_some_and(PolicyDocument::denies_only);
            rights.trust = document.map(|document| trust::judge_key(document, event, site));
        }
        RightsChange::Grant => {
            rights.trust = trust::grant(event).map(|grant| trust::judge_grant(grant, event, site));
        }
        RightsChange::Attach(field) => {
            rights.attach(event.parameter(field), &named, own);
            rights.join_to(None, before.beside, own);
        }
        RightsChange::Detach(field) => rights.detach(event.parameter(field), &named),
        RightsChange::DeleteInline => rights.delete(&replaced),
        RightsChange::Join => {
            rights.join(group);
            rights.join_to(None, before.beside, own);
        }
        RightsChange::Leave => rights.leave(group),
        RightsChange::NewBound | RightsChange::Bound => {
            let arn = event.parameter("permissionsBoundary").unwrap_or_default();
            bound(&mut rights.grants, arn, &named, own);
            rights.bound(arn, &named, before.former, own);
        }
        RightsChange::BoundSet => {
            let arn = event.parameter("permissionsBoundary.managedPolicyArn").unwrap_or_default();
            rights.bound(arn, &named, before.former, own);
        }
        RightsChange::Unbound => rights.unbound(),
        RightsChange::DeleteManaged | RightsChange::Nothing => {}
    }
    rights
}

/// The account that a document serves; that of a permission set may go to any.
fn served(event: &Event) -> Option<&str> {
    event.account().filter(|_| event.event_source() != Some("sso.amazonaws.com"))
}

/// The documents that an answer about prior state may mean.
struct Documents {
    all: Vec<PolicyDocument>,
    /// Why it is not certain which one it is, or what it says.
    doubt: Option<Why>,
}

impl Documents {
    fn of(prior: &Prior) -> Self {
        let all: Vec<PolicyDocument> =
            prior.possible().iter().filter_map(|text| PolicyDocument::parse(text)).collect();
        let doubt = match prior {
            Prior::Present { .. } => all.is_empty().then_some(Why::Unreadable),
            // Something attached or taken away exists, even if earlier events contradict it.
            Prior::Absent { .. } => Some(Why::Contradicted),
            Prior::Unknown { why, .. } => Some(*why),
        };
        Self { all, doubt }
    }

    /// All that any of them gives.
    fn grants(&self, own: Option<&str>) -> Grants {
        let mut grants = Grants::default();
        for document in &self.all {
            grants.extend(Grants::of(document, own));
        }
        grants
    }

    /// May any of them forbid something?
    fn deny(&self) -> bool {
        self.all.iter().any(PolicyDocument::denies)
    }

    /// May something be forbidden no more after these?
    fn lose(&self, after: &[PolicyDocument]) -> bool {
        let lost = |before| after.iter().any(|after| !denial::keeps(before, after));
        self.all.iter().any(lost)
    }

    /// Is something forbidden after these that was not before?
    fn gain(&self, after: &[PolicyDocument]) -> bool {
        let gained = |before| after.iter().any(|after| !denial::keeps(after, before));
        self.all.iter().any(gained)
    }
}

impl Rights {
    fn put(
        &mut self,
        found: Option<&serde_json::Value>,
        replaced: &Documents,
        beside: &[Beside],
        own: Option<&str>,
    ) {
        if let Some(document) = found.and_then(PolicyDocument::from_field) {
            self.only_denies = document.denies_only();
            self.denies = document.denies();
            self.grants = Grants::of(&document, own);
            self.compare(replaced, std::slice::from_ref(&document), own);
            self.join_to(Some(&document), beside, own);
            let gives = self.grants.all.iter().any(|grant| grant.is_dangerous());
            self.harmless = if gives { None } else { plain(&document) };
        } else {
            self.unreadable = found.is_some();
        }
        if self.policy_name.as_deref() == Some(QUARANTINE_INLINE) {
            self.grants.add(Grant::Quarantine, true);
        }
    }

    /// The difference to the document before, where it is certain; a ban taken out also where it is only
    /// likely.
    fn compare(&mut self, before: &Documents, after: &[PolicyDocument], own: Option<&str>) {
        if before.doubt.is_none() && !after.is_empty() {
            let earlier = before.grants(own).all;
            self.added = Some(self.grants.all.difference(&earlier).copied().collect());
            self.removed = Some(earlier.difference(&self.grants.all).copied().collect());
        }
        let frees = before.lose(after);
        if let (Some(added), Some(removed)) = (&self.added, &self.removed) {
            let forbids = before.gain(after);
            self.back = Back::of(!removed.is_empty() || forbids, !added.is_empty() || frees);
        }
        if frees {
            self.grants.add(Grant::DenyRemoved, true);
        }
    }

    fn trust(&mut self, field: &str, event: &Event, site: &Site, replaced: &Documents) {
        let found = event.parameter_value(field);
        let document = found.and_then(PolicyDocument::from_field);
        self.unreadable = found.is_some() && document.is_none();
        self.only_denies = document.as_ref().is_some_and(PolicyDocument::denies_only);
        self.denies = document.as_ref().is_some_and(PolicyDocument::denies);
        self.trust = document.as_ref().map(|document| trust::judge(document, event, site));
        if let (Some(after), [before], None) = (&self.trust, &*replaced.all, replaced.doubt) {
            self.back = back::of_trust(&trust::judge(before, event, site), after);
        }
        if document.is_some_and(|document| replaced.lose(&[document])) {
            self.grants.add(Grant::DenyRemoved, true);
        }
    }

    fn unbound(&mut self) {
        self.grants.add(Grant::BoundaryRemoved, true);
        self.back = Back::Takes;
    }

    /// A boundary is judged as what it leaves.
    fn bound(&mut self, arn: &str, named: &Documents, former: &Prior, own: Option<&str>) {
        let policy = managed(arn);
        self.only_denies = contain::only_denies(policy.as_ref(), &named.all);
        let known = || named.doubt.is_none().then(|| named.grants(own));
        let after = policy.map(|policy| policy.grants).or_else(known);
        let former = former.present().and_then(managed).map(|policy| policy.grants);
        self.back = back::of_boundary(former.as_ref(), after.as_ref());
    }

    /// AWS's own policies are known by name, the customer's by the document that events showed.
    fn attach(&mut self, arn: Option<&str>, named: &Documents, own: Option<&str>) {
        let Some(arn) = arn else {
            // Where AWS took it, it attached something.
            self.unknown = Some(Why::Unsaid);
            return;
        };
        let policy = managed(arn);
        self.only_denies = contain::only_denies(policy.as_ref(), &named.all);
        match policy {
            Some(policy) => {
                self.denies = policy.denies;
                self.grants = policy.grants;
            }
            None => {
                self.denies = named.deny();
                self.unknown = named.doubt;
                self.grants = named.grants(own);
            }
        }
    }

    fn detach(&mut self, arn: Option<&str>, named: &Documents) {
        let Some(arn) = arn else { return };
        let policy = managed(arn);
        self.only_denies = contain::only_denies(policy.as_ref(), &named.all);
        if policy.as_ref().is_some_and(|policy| policy.quarantines) {
            self.grants.add(Grant::QuarantineRemoved, true);
        }
        // Those policies of AWS that forbid are known by name.
        self.unknown = named.doubt.filter(|_| policy.is_none() && !is_aws_managed(arn));
        let named_so = named.doubt.is_some() && contain::is_called_ban(arn);
        if policy.is_some_and(|policy| policy.denies) || named.deny() || named_so {
            self.grants.add(Grant::DenyRemoved, true);
        }
    }

    /// Who joins a group gets what it holds.
    fn join(&mut self, group: Option<&HandedOver>) {
        let Some(group) = group else { return };
        self.grants = group.grants.clone();
        self.denies = group.denies;
        self.only_denies = group.only_denies;
    }

    /// Who leaves a group is free of what it forbids.
    fn leave(&mut self, group: Option<&HandedOver>) {
        let Some(group) = group else { return };
        self.only_denies = group.only_denies;
        let named_so = || group.names.iter().any(|name| contain::is_called_ban(name));
        if group.denies || (group.unknown.is_some() && named_so()) {
            self.grants.add(Grant::DenyRemoved, true);
        }
    }

    fn delete(&mut self, replaced: &Documents) {
        // The inline policy of a permission set has no name; another's is only missing with all parameters.
        let name = self.policy_name.as_deref().unwrap_or_default();
        let named_so = replaced.doubt.is_some() && contain::is_called_ban(name);
        let quarantine = name == QUARANTINE_INLINE;
        let removed = name == REVOCATION_INLINE || named_so || replaced.deny();
        self.unknown = replaced.doubt;
        self.only_denies = quarantine || contain::only_denies(None, &replaced.all);
        if replaced.doubt.is_none() {
            self.back = Back::of(!self.only_denies, replaced.deny());
        }
        if quarantine {
            self.grants.add(Grant::QuarantineRemoved, true);
        }
        if removed {
            self.grants.add(Grant::DenyRemoved, true);
        }
    }
}

fn is_aws_managed(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.account == "aws")
}

/// A boundary that allows everything bounds nothing.
fn bound(grants: &mut Grants, arn: &str, named: &Documents, own: Option<&str>) {
    let given = managed(arn).map_or_else(|| named.grants(own), |policy| policy.grants);
    if given.all.contains(&Grant::Admin) {
        grants.add(Grant::BoundaryRemoved, true);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::event::sample::call;
    use crate::prior::Source;

    fn seen(document: &str) -> Prior {
        let source = Source { event_id: "e".to_owned(), at: Timestamp::UNIX_EPOCH };
        Prior::Present { value: document.to_owned(), source }
    }

    fn judge(name: &str, parameters: &str, named: &Prior, replaced: &Prior) -> Rights {
        let before = DocumentsBefore { named, replaced, former: &Prior::default(), beside: &[] };
        let event = call("iam", name).parameters(parameters).event();
        rights(&event, RightsChange::of(&event), &Site::empty(), &before, None)
    }

    /// The document before is the one that the event names and the one that it replaces.
    #[track_caller]
    fn check(name: &str, parameters: &str, before: Option<&str>, want: &str) {
        let before = before.map_or_else(Prior::default, seen);
        let rights = judge(name, parameters, &before, &before);
        assert!(rights.grants.all.contains(want), "{want} missing: {rights:?}");
    }

    const ALLOW_ALL: &str =
        r#"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"#;

    #[test]
    fn documents_and_managed_policies_are_judged() {
        let document =
            format!(r#"{{"roleName":"r","policyName":"p","policyDocument":"{ALLOW_ALL}"}}"#);
        check("PutRolePolicy", &document, None, "admin");
        check(
            "AttachUserPolicy",
            r#"{"policyArn":"arn:aws:iam::aws:policy/IAMFullAccess"}"#,
            None,
            "admin",
        );
        check(
            "AttachUserPolicy",
            r#"{"policyArn":"arn:aws:iam::111122223333:policy/own"}"#,
            Some(&ALLOW_ALL.replace('\\', "")),
            "admin",
        );
        check(
            "AttachUserPolicy",
            r#"{"policyArn":"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2"}"#,
            None,
            "quarantine",
        );
    }

    #[test]
    fn taking_a_guard_away_is_a_grant() {
        let deny = r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
        check(
            "DetachUserPolicy",
            r#"{"policyArn":"arn:aws:iam::aws:policy/AWSDenyAll"}"#,
            None,
            "deny-removed",
        );
        check(
            "DetachUserPolicy",
            r#"{"policyArn":"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"}"#,
            None,
            "quarantine-removed",
        );
        check(
            "DeleteRolePolicy",
            r#"{"roleName":"r","policyName":"p"}"#,
            Some(deny),
            "deny-removed",
        );
        check("DeleteUserPermissionsBoundary", r#"{"userName":"u"}"#, None, "boundary-removed");
        check(
            "PutRolePermissionsBoundary",
            r#"{"permissionsBoundary":"arn:aws:iam::aws:policy/AdministratorAccess"}"#,
            None,
            "boundary-removed",
        );
    }

    #[test]
    fn the_difference_to_the_document_before_is_known() {
        let before = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
        let parameters = r#"{"roleName":"r","policyName":"p","policyDocument":{"Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}}}"#;
        let rights = judge("PutRolePolicy", parameters, &Prior::default(), &seen(before));
        assert!(rights.added.unwrap().contains("pass-role-any"));
        assert!(rights.removed.unwrap().contains("data:s3"));
    }

    #[test]
    fn a_ban_that_the_new_document_keeps_is_not_removed() {
        const BAN: &str = r#"{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#;
        let put = |statements: &str| {
            let before = format!(r#"{{"Statement":[{BAN}]}}"#);
            let parameters = format!(
                r#"{{"roleName":"r","policyName":"p","policyDocument":{{"Statement":[{statements}]}}}}"#
            );
            let rights = judge("PutRolePolicy", &parameters, &Prior::default(), &seen(&before));
            rights.grants.all.contains("deny-removed")
        };
        let everything = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
        assert!(!put(&format!("{BAN},{everything}")));
        assert!(put(everything));
        assert!(put(r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}"#));
    }

    #[test]
    fn what_nobody_saw_is_unknown_and_what_it_may_have_said_counts() {
        let own = r#"{"userName":"u","policyName":"p","policyArn":"arn:aws:iam::111122223333:policy/own","versionId":"v3"}"#;
        let unseen = &Prior::unknown(Why::Unseen);
        let none = &Prior::default();
        for name in
            ["AttachUserPolicy", "DetachUserPolicy", "DeleteUserPolicy", "SetDefaultPolicyVersion"]
        {
            assert!(judge(name, own, unseen, unseen).unknown.is_some(), "{name}");
            let narrow = seen(r#"{"Statement":[]}"#);
            assert!(judge(name, own, &narrow, &narrow).unknown.is_none(), "{name}");
        }
        let two = Prior::Unknown {
            why: Why::SameMoment,
            possible: vec![r#"{"Statement":[]}"#.to_owned(), ALLOW_ALL.replace('\\', "")],
        };
        let attached = judge("AttachUserPolicy", own, &two, none);
        assert!(attached.unknown.is_some() && attached.grants.all.contains("admin"));
        let chosen = judge("SetDefaultPolicyVersion", own, &two, none);
        assert!(chosen.unknown.is_some() && chosen.grants.all.contains("admin"));
        let aws = r#"{"userName":"u","policyArn":"arn:aws:iam::aws:policy/NewByName"}"#;
        assert!(judge("DetachUserPolicy", aws, unseen, unseen).unknown.is_none());
        assert!(judge("AttachUserPolicy", aws, unseen, unseen).unknown.is_some());
    }

    #[test]
    fn a_name_counts_only_where_nobody_knows_what_it_stands_for() {
        let removed = |name: &str, prior: &Prior| {
            let named = r#"{"userName":"u","policyName":"DenyAll","policyArn":"arn:aws:iam::111122223333:policy/DenyAll"}"#;
            judge(name, named, prior, prior).grants.all.contains("deny-removed")
        };
        for name in ["DetachUserPolicy", "DeleteUserPolicy"] {
            assert!(removed(name, &Prior::unknown(Why::Unseen)), "{name}");
            assert!(!removed(name, &seen(r#"{"Statement":[]}"#)), "{name}");
        }
    }

    #[test]
    fn a_boundary_of_ones_own_that_allows_everything_bounds_nothing() {
        let parameters =
            r#"{"roleName":"r","permissionsBoundary":"arn:aws:iam::111122223333:policy/edge"}"#;
        for name in ["PutRolePermissionsBoundary", "CreateUser", "CreateRole"] {
            let with = |document: &str| {
                let rights = judge(name, parameters, &seen(document), &Prior::default());
                rights.grants.all.contains("boundary-removed")
            };
            assert!(with(&ALLOW_ALL.replace('\\', "")), "{name}");
            assert!(!with(r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#));
        }
    }
}
