//! What an event means, once the world was asked about it.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::automation::automation;
use super::intrinsic::Facts;
use super::opened;
use super::protected::Protected;
use super::rights::LimitChange;
use super::rights::{self, DocumentsBefore, HandedOver, Rights, RightsChange};
use super::silencing::silences;
use crate::event::{CallOutcome, Entity, Event, Opener, Principal, Vouched, Voucher};
use crate::iam::account::{Account, AccountId};
use crate::iam::arn;
use crate::iam::catalogue::IAM;
use crate::iam::entity::EntityId;
use crate::iam::kind::EntityKind;
use crate::iam::policy::{Grant, TagWord};
use crate::own::Own;
use crate::prior::{Answers, Bearers, Held, Prior, SessionBefore, Why};
use crate::site::{Environment, Site, Times};
use crate::vocabulary::{
    Automation, EnvironmentChange, Exempt, Guarded, HandedKind, OwnKind, OwnStack,
};

/// What the world answered about an event. Every answer is optional.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// What was before it.
    pub before: Answers,
    /// The account of the event.
    pub account: Option<Account>,
    /// The other account that the event affects.
    pub affected: Option<Account>,
    /// The tags, before the event, of the account that it tags or untags.
    pub tagged: TagsBefore,
    /// Answers of change calendars at the event's own time, by their names: open or not.
    pub calendars: BTreeMap<String, bool>,
    /// Different changes by this principal within minutes, this one included.
    pub burst: Option<u32>,
    /// CloudFormation makes the call within an update of the tool's own stack, for the caller that began it.
    pub own_stack: Option<OwnStack>,
    /// The change set that the event names by its ARN alone was made for the tool's own stack.
    pub own_change_set: bool,
}

/// The tags of an account before an event that tags it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TagsBefore {
    /// They are unknown.
    #[default]
    Unknown,
    /// The account as it was.
    Known(Account),
    /// Accounts' tags are not used: changing them changes nothing.
    Uncounted,
}

impl TagsBefore {
    /// The account as it was, if known.
    #[must_use]
    pub fn known(&self) -> Option<&Account> {
        match self {
            Self::Known(account) => Some(account),
            Self::Unknown | Self::Uncounted => None,
        }
    }
}

impl Known {
    fn before(&self) -> DocumentsBefore<'_> {
        let Answers { named, replaced, former, beside, .. } = &self.before;
        DocumentsBefore { named, replaced, former, beside }
    }
}

/// Another account than that of the event, which the event opens, closes or hands over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedAccount {
    /// Its ID.
    pub id: AccountId,
    /// Its name, where that is known.
    pub name: Option<String>,
    /// Its environment.
    pub environment: Environment,
}

impl AffectedAccount {
    fn of(facts: &Facts, site: &Site, found: Option<&Account>) -> Option<Self> {
        let id = facts.affected?;
        let name = site.account_name(id.as_str(), found).map(str::to_owned);
        let environment = site.environment(site.tags(id.as_str(), found));
        Some(Self { id, name, environment })
    }
}

/// What an event means: what it says by itself, what the owner says, and what the world answered
/// ([`Context::answered`]).
#[derive(Debug, Clone)]
pub struct Context {
    /// The facts that the event contains.
    pub facts: Facts,
    /// Kinds of the tool's own resources that it is about.
    pub own: Vec<OwnKind>,
    /// CloudFormation does it for an update of the tool's own stack.
    pub own_stack: Option<OwnStack>,
    /// The owner guards the entity.
    pub guarded: Option<Guarded>,
    /// Why the entity, a role, may do things more quietly than others.
    pub exempt: Option<Exempt>,
    /// An entity that must not be weakened bears what the call changes.
    pub protected: Option<Protected>,
    /// The caller bears it.
    pub self_bears: bool,
    /// Who is given a policy is certainly known to have held little before.
    pub holds_little: bool,
    /// The known automation that acted.
    pub automation: Option<Automation>,
    /// Name of the account, where it is known.
    pub account_name: Option<String>,
    /// Environment of the account; that of the affected account, where that is louder.
    pub environment: Environment,
    /// The other account that the event affects.
    pub affected: Option<AffectedAccount>,
    /// What the event does to the environment of the account it tags.
    pub environment_change: Option<EnvironmentChange>,
    /// Tags of the account, where they are known.
    pub tags: Option<IndexMap<String, String>>,
    /// The calendars at the event's own time.
    pub times: Times,
    /// Different changes by this principal within minutes, this one included.
    pub burst: Option<u32>,
    /// A policy of the organization that it makes, changes, attaches or detaches may forbid what the tool needs.
    pub silences: bool,
    /// What a new text of a policy of the organization does to what it limits.
    pub limit: Option<LimitChange>,
    /// What known documents decide by the tags that it sets or takes.
    pub tag_decides: BTreeSet<TagWord>,
    /// The bus rule or role that it changes hands events or logs on.
    pub feeds: bool,
    /// What the event gives.
    pub rights: Rights,
    /// What stood where the event writes: an attachment, a membership, a boundary, a status, a document.
    pub former: Prior,
    /// The roles or the group that it hands over, and what those hold.
    pub handed: Option<HandedOver>,
    /// Names that the entity bore before, in lower case.
    pub former_names: Vec<String>,
}

impl Context {
    /// Does it put or attach what only forbids, in place of nothing that may have forbidden more?
    #[must_use]
    pub(crate) fn only_contains(&self) -> bool {
        let rights = &self.rights;
        let by_aws = |grant: &Grant| *grant == Grant::Quarantine;
        let certain = match self.facts.rights_change {
            RightsChange::Attach(_) => rights.unknown.is_none(),
            // What AWS put there to contain somebody may be what is replaced.
            _ if rights.grants.all.contains(&Grant::Quarantine) => {
                rights.added.is_some() || self.replaces_nothing()
            }
            _ => true,
        };
        certain && rights.denies && rights.only_denies && rights.grants.all.iter().all(by_aws)
    }

    /// What is known before the world is asked. No document is judged yet.
    #[must_use]
    pub(crate) fn unasked(event: &Event, facts: Facts, site: &Site, own: &Own) -> Self {
        let tags = event.account().and_then(|id| site.tags(id, None));
        let affected = AffectedAccount::of(&facts, site, None);
        Self {
            own: facts.own.clone(),
            own_stack: None,
            guarded: facts.entity.as_ref().and_then(|entity| site.guarded(&entity.id()?)),
            exempt: facts.entity.as_ref().and_then(|entity| exempt(entity, site, own)),
            protected: None,
            self_bears: false,
            holds_little: false,
            automation: automation(event, site),
            account_name: None,
            environment: louder(site.environment(tags), affected.as_ref(), site),
            affected,
            environment_change: None,
            tags: tags.cloned(),
            times: Times::default(),
            burst: None,
            silences: false,
            limit: rights::limit_change(event, facts.outcome, facts.omitted, &Prior::default()),
            tag_decides: BTreeSet::new(),
            feeds: false,
            rights: Rights::default(),
            former: Prior::default(),
            handed: None,
            former_names: Vec::new(),
            facts,
        }
    }

    /// What is known after these answers, with an empty site and the tool's default name.
    #[cfg(test)]
    pub(crate) fn plain(event: &Event, known: &Known) -> Self {
        let (site, own) = (Site::empty(), Own::default());
        let facts = Facts::of(event, &own);
        Self::unasked(event, facts, &site, &own).answered(event, &site, &own, known)
    }

    /// What is known after these answers. Never fails.
    #[must_use]
    pub fn answered(mut self, event: &Event, site: &Site, own: &Own, known: &Known) -> Self {
        vouch(&mut self.facts.principal, &known.before.session, site);
        let facts = &self.facts;
        let renamed = || guarded_before(facts.entity.as_ref()?, site, &known.before.former_names);
        let handed = self.handed_over(event, site, own, known);
        let by_aws = facts.principal.linked_service.is_some();
        let account = known.account.as_ref();
        let tags = event.account().and_then(|id| site.tags(id, account));
        let bearers = known.before.bearers.as_ref();
        let caller = facts.principal.entity();
        let bears = |bearers: &Bearers| caller.is_some_and(|id| bearers.found.contains(&id));
        let affected = AffectedAccount::of(facts, site, known.affected.as_ref());
        Self {
            self_bears: bearers.is_some_and(bears),
            holds_little: rights::holds_little(&known.before.beside, event.account()),
            own: touched(event, facts, own, known, handed.as_ref()),
            own_stack: known.own_stack,
            guarded: self.guarded.or_else(renamed),
            protected: bearers.and_then(|bearers| Protected::first(bearers, site, own)),
            environment: louder(site.environment(tags), affected.as_ref(), site),
            affected,
            environment_change: environment_change(event, facts, site, &known.tagged),
            tags: tags.cloned(),
            times: site.calendars_at(event.time(), &known.calendars),
            feeds: known.before.feeds,
            tag_decides: known.before.decided.clone(),
            silences: silences(event, facts.outcome, &known.before.named, site, own),
            limit: rights::limit_change(event, facts.outcome, facts.omitted, &known.before.former),
            rights: rights(event, facts, site, known, handed.as_ref()),
            // A user removed from a group is given nothing, and services do their own work with roles that AWS keeps.
            handed: handed.filter(|_| event.name() != Some("RemoveUserFromGroup") && !by_aws),
            account_name: event
                .account()
                .and_then(|id| site.account_name(id, account))
                .map(str::to_owned),
            burst: known.burst,
            former: known.before.former.clone(),
            former_names: known.before.former_names.clone(),
            ..self
        }
    }

    /// The roles or the group that the event hands over, if those hold anything.
    fn handed_over(
        &self,
        event: &Event,
        site: &Site,
        own: &Own,
        known: &Known,
    ) -> Option<HandedOver> {
        let asked = self.facts.questions.handed.as_ref();
        let nobody_asked = || Some(Held::unknown(asked?, Why::NotAsked));
        let held = known.before.handed.clone().or_else(nobody_asked)?;
        let trusted = |(account, name): (&str, &str)| exempt_role(account, name, site, own);
        let kept = |(account, name): (&str, &str)| {
            site.guarded(&EntityId::of(account, EntityKind::Role, name)?)
        };
        let exempt = held.handed.roles().find_map(trusted);
        let guarded = held.handed.roles().find_map(kept);
        let pipeline = self.automation == Some(Automation::Pipeline);
        let handed = HandedOver::of(&held, event.account(), pipeline, exempt, guarded);
        Some(handed).filter(|handed| !handed.is_nothing())
    }

    /// What it puts, attaches or adds was certainly not there before, nor anything in its place.
    #[must_use]
    pub(crate) fn replaces_nothing(&self) -> bool {
        self.former.is_absent()
    }

    /// A role or a group that has administrator rights, or a way to them, is newly handed out.
    #[must_use]
    pub(crate) fn hands_escalation(&self) -> bool {
        let newly = self.handed.as_ref().filter(|handed| !handed.again);
        newly.is_some_and(|handed| handed.grants.all.contains(&Grant::Escalation))
    }
}

/// Takes over what earlier events and the owner say of the session that makes the call.
fn vouch(principal: &mut Principal, session: &SessionBefore, site: &Site) {
    if let Some((place, opener)) = principal.assumed_root.as_mut().zip(session.opener.clone()) {
        *place = Opener::Seen(opener);
    }
    let role = principal.role_arn.as_deref().filter(|_| !principal.external);
    let believed = || role.is_some_and(|role| site.believes_source_identity(role));
    let (name, by) = match session.by_saml {
        true => (&principal.session_name, Voucher::Saml),
        false if session.own_name || believed() => {
            (&principal.source_identity, Voucher::SourceIdentity)
        }
        false => return,
    };
    let vouched = name.clone().map(|name| Vouched { name, by });
    principal.vouched = principal.vouched.take().or(vouched);
}

/// Kinds of the tool's own resources that the event names, and its stack where what was seen before says so.
fn touched(
    event: &Event,
    facts: &Facts,
    own: &Own,
    known: &Known,
    handed: Option<&HandedOver>,
) -> Vec<OwnKind> {
    let mut kinds = facts.own.clone();
    let is_role = |handed: &&HandedOver| handed.kind == HandedKind::Role;
    let names = handed.filter(is_role).into_iter().flat_map(|handed| &handed.names);
    // A change of the tool's function does not give its role to something else.
    let to_other = event.event_source() != Some(IAM) && !own.is_function(event);
    if to_other && names.into_iter().any(|name| own.has_role(arn::without_path(name))) {
        kinds.push(OwnKind::RoleHanded);
    }
    if known.own_change_set && !kinds.contains(&OwnKind::Stack) {
        kinds.push(OwnKind::Stack);
    }
    kinds
}

/// What an event gives, and whom it lets in.
fn rights(
    event: &Event,
    facts: &Facts,
    site: &Site,
    known: &Known,
    handed: Option<&HandedOver>,
) -> Rights {
    let mut rights = rights::rights(event, facts.rights_change, site, &known.before(), handed);
    if rights.trust.is_none() && !facts.read_only {
        rights.trust = opened::opened(event, site);
    }
    rights
}

/// The environment that counts: the first of the two in the order of the site file.
fn louder(own: Environment, affected: Option<&AffectedAccount>, site: &Site) -> Environment {
    let names = site.environment_names();
    let rank = |environment: &Environment| {
        names.iter().position(|name| *name == environment.name).unwrap_or_default()
    };
    match affected.map(|affected| &affected.environment).filter(|other| rank(other) < rank(&own)) {
        Some(other) => other.clone(),
        None => own,
    }
}

/// What a change of tags does to the environment of the account.
fn environment_change(
    event: &Event,
    facts: &Facts,
    site: &Site,
    before: &TagsBefore,
) -> Option<EnvironmentChange> {
    let id = facts.tagged.filter(|_| facts.outcome == CallOutcome::Success)?;
    match before {
        TagsBefore::Uncounted => None,
        TagsBefore::Unknown => Some(site.environment_change(event, id.as_str(), None)),
        TagsBefore::Known(account) => {
            Some(site.environment_change(event, id.as_str(), Some(account)))
        }
    }
}

/// Whose calls are judged more mildly, or change this tool unseen: all who may wear the role are trusted with it.
fn exempt(entity: &Entity, site: &Site, own: &Own) -> Option<Exempt> {
    let (account, name) = (entity.account.as_deref()?, entity.name.as_deref()?);
    if entity.kind != EntityKind::Role {
        return None;
    }
    exempt_role(account, name, site, own)
}

fn exempt_role(account: &str, name: &str, site: &Site, own: &Own) -> Option<Exempt> {
    match own.is_deployed_by(account, name) {
        true => Some(Exempt::Deployment),
        false => site.exempts(account, name),
    }
}

/// The owner's list holds names: an entity that bore one of them is still meant.
fn guarded_before(entity: &Entity, site: &Site, former_names: &[String]) -> Option<Guarded> {
    let id = entity.id()?;
    former_names.iter().find_map(|name| site.guarded(&id.renamed(name)))
}
