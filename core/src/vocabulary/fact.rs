//! The table of the facts.

use super::word::{
    Automation, Before, EnvironmentChange, Exempt, Guarded, HandedKind, Limits, OwnKind,
    OwnSession, OwnStack,
};
use crate::event::{CallOutcome, PrincipalKind};
use crate::iam::catalogue::CallEffect;
use crate::iam::kind::EntityKind;
use crate::iam::policy::{Grant, TagWord, TrustWord};
use crate::pattern::is_below;

/// A fact that a pattern may match in addition to the fields of the record.
#[derive(Debug, Clone, Copy)]
pub struct Fact {
    /// Its path, as `derived.entity.kind`.
    pub path: &'static str,
    /// Which answer of the world decides about it. `None` if the event alone does.
    pub late: Option<Late>,
    /// Which values it may have.
    pub values: Values,
    /// What it says, for people.
    pub says: &'static str,
}

impl Fact {
    /// Its path below `derived`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.path.strip_prefix("derived.").unwrap_or(self.path)
    }
}

/// Which values a fact may have.
#[derive(Debug, Clone, Copy)]
pub enum Values {
    /// One of these words, or several.
    Words(fn() -> Vec<&'static str>),
    /// `true` or `false`.
    Truth,
    /// `true`, or it is not there.
    True,
    /// A number.
    Number,
    /// Any text, or several.
    Text,
    /// An account ID, or several.
    Account,
    /// The name of an environment, as the site file names them.
    Environment,
    /// The name of a calendar of the site file, or several.
    Calendar,
    /// No value of its own: facts are below it.
    Below,
}

/// Which answer of the world decides about a fact that the event alone does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Late {
    /// Name and tags of the account.
    Account,
    /// The tags of an account before the event changes them.
    Tags,
    /// The calendars.
    Time,
    /// How many changes there were within minutes.
    Burst,
    /// Whose change set it is, and whose roles are handed over.
    Own,
    /// Whether the tool's own stack is being updated.
    OwnStack,
    /// The documents that the event names, and those that stood there.
    Rights,
    /// Decisions of known documents by the tags that the event sets or removes.
    Decided,
    /// Does the changed resource forward events or logs?
    Feeds,
    /// The former value where the event writes.
    Before,
    /// The rights of the roles or groups that the event hands over.
    Handed,
    /// The names that the entity bore.
    Guarded,
    /// Who bears what the event changes.
    Bearers,
}

const GRANTS: Values = Values::Words(|| Grant::all().map(Grant::word).collect());
const KINDS: Values = Values::Words(EntityKind::words);

/// A fact that the event alone decides.
const fn by_event(path: &'static str, values: Values, says: &'static str) -> Fact {
    Fact { path, late: None, values, says }
}

/// A fact that some answer decides about.
const fn by_answer(path: &'static str, late: Late, values: Values, says: &'static str) -> Fact {
    Fact { path, late: Some(late), values, says }
}

/// Declares the table, and its paths as a type: code that makes the facts can name no other path, and omits none.
macro_rules! facts {
    ($($path:ident = $fact:expr,)+) => {
        /// The path of a fact.
        #[derive(Debug, Clone, Copy)]
        pub(crate) enum Path { $($path,)+ }

        impl Path {
            /// Below `derived`: `entity.kind`.
            pub(crate) fn name(self) -> &'static str {
                let fact: &Fact = match self { $(Self::$path => &const { $fact },)+ };
                fact.name()
            }
        }

        /// Every fact, in the order of `rules/README.md`.
        pub const FACTS: &[Fact] = &[$($fact,)+];
    };
}

facts! {
    Outcome = by_event(
        "derived.outcome",
        Values::Words(CallOutcome::words),
        "how the call ended, however the record spells it",
    ),
    ReadOnly = by_event("derived.readOnly", Values::Truth, "the call changes nothing"),
    KnownApi = by_event("derived.knownApi", Values::Truth, "the call is in the catalogue, or known to change neither rights nor what watches"),
    Omitted = by_event("derived.omitted", Values::Truth, "CloudTrail dropped the parameters"),
    Tampering = by_event("derived.tampering", Values::Truth, "the call weakens what watches"),
    Strengthens = by_event(
        "derived.strengthens",
        Values::True,
        "the parameters of a call that can weaken what watches only switch something on or give it more to write to: all Regions of a trail, selectors of events that leave nothing out, both kinds of insights. `effect` is then `strengthens`",
    ),
    Effect = by_event(
        "derived.effect",
        Values::Words(CallEffect::words),
        "what the call does to rights, by the catalogue",
    ),
    Principal = by_event("derived.principal", Values::Below, "who acted"),
    PrincipalType = by_event(
        "derived.principal.type",
        Values::Words(PrincipalKind::words),
        "as CloudTrail has it; `Unknown` where it says nothing; a session that a user or root gave away (`FederatedUser`) counts as theirs, where the record says whose it is. For one that AWS made since ask for `detail.userIdentity.type`",
    ),
    PrincipalArn = by_event("derived.principal.arn", Values::Text, "of a session, that of the session"),
    PrincipalRoleArn = by_event("derived.principal.roleArn", Values::Text, "the role behind a session, with its path"),
    PrincipalName = by_event("derived.principal.name", Values::Text, "of the user, role, service or account"),
    PrincipalSessionName = by_event("derived.principal.sessionName", Values::Text, "the caller's choice"),
    PrincipalSourceIdentity = by_event(
        "derived.principal.sourceIdentity",
        Values::Text,
        "kept along a chain of roles. The caller chooses it, unless an identity provider sets it or a trust policy asks for the caller's own name",
    ),
    PrincipalPerson = by_event(
        "derived.principal.person",
        Values::Text,
        "the person whom AWS or an identity provider names: a user, one of Identity Center, the subject of a SAML sign-in or of a token, a `sourceIdentity` that may be believed; never what a session calls itself",
    ),
    PrincipalAccount = by_event("derived.principal.account", Values::Account, "the account that owns the identity"),
    PrincipalAccessKeyId = by_event("derived.principal.accessKeyId", Values::Text, "what signed the call"),
    PrincipalMfa = by_event(
        "derived.principal.mfa",
        Values::Truth,
        "signed in with a second factor, where the record says so",
    ),
    PrincipalViaService = by_event(
        "derived.principal.viaService",
        Values::Text,
        "the service that made the call as a part of its own work, and none where it makes any call that its user asks for, as Step Functions, Automation, Scheduler, API Gateway or the console do",
    ),
    PrincipalExternal = by_event(
        "derived.principal.external",
        Values::Truth,
        "the identity belongs to another account than the one it acted in",
    ),
    PrincipalHuman = by_event(
        "derived.principal.human",
        Values::True,
        "a person acts, as far as the record shows: a user, a permission set, a federated user, somebody of SAML or of Identity Center, a session at the console, with a `sourceIdentity`, for a person of Identity Center or named by a mail address, and no known automation. Names are the caller's choice: ask for it to make louder, never quieter",
    ),
    PrincipalAutomation = by_event(
        "derived.principal.automation",
        Values::Words(Automation::words),
        "known automation made the call: a stack, by the `invokedBy` that AWS writes, or a session of a role that the site file lists",
    ),
    PrincipalDeploys = by_event(
        "derived.principal.deploys",
        Values::True,
        "the role is one of `DeploymentRoleArns` (`--deployment-roles`); in the tests of a rule `{deployer}` stands for one",
    ),
    PrincipalOwn = by_event(
        "derived.principal.own",
        Values::Words(OwnSession::words),
        "the caller is a session of a role of the tool, named as Lambda names it, or otherwise",
    ),
    PrincipalLinkedService = by_event(
        "derived.principal.linkedService",
        Values::Text,
        "AWS vouches for the role behind the session, by a path that it reserves in this account: the service of a service-linked role (`sso.amazonaws.com`). Exempt by this, never by a wildcard or a name: anybody may make `role/x:role/aws-service-role/evil`",
    ),
    PrincipalPermissionSet = by_event(
        "derived.principal.permissionSet",
        Values::Text,
        "the same: the permission set that Identity Center made the role of",
    ),
    Entity = by_event(
        "derived.entity",
        Values::Below,
        "what was acted upon; of a denied call from its error text; the caller, where the API lets the name be absent",
    ),
    EntityKind = by_event(
        "derived.entity.kind",
        KINDS,
        "by the catalogue: `user`, `role`, `group`, `policy`, `root`, `trail` …",
    ),
    EntityName = by_event("derived.entity.name", Values::Text, "without its path"),
    EntityArn = by_event(
        "derived.entity.arn",
        Values::Text,
        "where the event gives it, or it follows from the name",
    ),
    EntityAccount = by_event("derived.entity.account", Values::Account, "where it lives"),
    EntityLinkedService = by_event(
        "derived.entity.linkedService",
        Values::Text,
        "the service of a service-linked role that the call names by its ARN",
    ),
    EntityPermissionSet = by_event(
        "derived.entity.permissionSet",
        Values::Text,
        "the permission set of such a role of Identity Center",
    ),
    EntityGuarded = by_answer(
        "derived.entity.guarded",
        Late::Guarded,
        Values::Words(Guarded::words),
        "by the lists of the site file",
    ),
    EntityExempt = by_event(
        "derived.entity.exempt",
        Values::Words(Exempt::words),
        "a role whose calls are judged more mildly, by its account and name: one of `DeploymentRoleArns`; one of the site file's pipelines; one that a suppression or a lowering adjustment names",
    ),
    SelfTarget = by_event("derived.selfTarget", Values::Truth, "the entity is the caller"),
    SelfBears = by_answer(
        "derived.selfBears",
        Late::Bearers,
        Values::True,
        "the caller has the policy that a call changes, is bounded by it, or is in the group, as far as events and `ledger seed` say",
    ),
    Own = by_answer(
        "derived.own",
        Late::Own,
        Values::Words(OwnKind::words),
        "kinds of the tool's own resources that the event names; of a denied call from its error text. `boundary` is the policy that `PermissionsBoundary` names, `bucket` that of the trail that `Trail=create` makes, `calendar` a change calendar that the site file names, `role-handed` that something is given a role of the tool, `other-target` that one of its bus rules is to call something else than its function, and `function-target` that something is set to call the function. Calls on the key and on calendars come only where a rule names them. What is own is decided by the deployed name (`NamePrefix`, on the command line `--name`) and stack; in the tests of a rule `{own}` stands for the name, `{ownKey}` for the ID of the key, `{ownBoundary}` for the ARN of the boundary, `{ownCalendar}` for the name of such a calendar",
    ),
    OwnStack = by_answer(
        "derived.ownStack",
        Late::OwnStack,
        Values::Words(OwnStack::words),
        "CloudFormation acts on a part of the tool, for the caller who began to update the tool's own stack within the hour, the same role, under any session name; or in the stack's first hour for the first caller. Any other stack is a stranger. A change set that is executed by its ARN alone counts where its making was seen",
    ),
    Grants = by_answer(
        "derived.grants",
        Late::Rights,
        GRANTS,
        "what a policy document, an AWS managed policy by its name, or a policy of your own by its version in force gives, alone or together with what the user, role or group has already ([below](#what-a-document-grants)): `admin`, `iam-write`, `pass-role-any`, `assume-any`, `credentials-any`, `data-all` (and `data:s3` …), `privesc:METHOD` for each way to more rights it opens, `escalation` where there is any, `too-long` where more than can be judged counts as everything; `monitoring-write`, `organizations-write`, `identity-center-write`, `identity-pool-write` of AWS managed policies alone; `boundary-removed`, `deny-removed`, `quarantine`, `quarantine-removed`",
    ),
    GrantsUnconditional = by_answer(
        "derived.grantsUnconditional",
        Late::Rights,
        GRANTS,
        "those that no `Condition` guards",
    ),
    Denies = by_answer(
        "derived.denies",
        Late::Rights,
        Values::True,
        "a document that is put or attached forbids something",
    ),
    DeniesOnly = by_answer(
        "derived.deniesOnly",
        Late::Rights,
        Values::True,
        "the policy that is put or attached forbids something and allows nothing, and nothing that stood there is known to have forbidden more: who it is put on can do less",
    ),
    HoldsLittle = by_answer(
        "derived.holdsLittle",
        Late::Rights,
        Values::True,
        "the one user or role that is given an inline policy, or one of the customer's, is certainly known to have held nothing before but data of some services, as far as events and `ledger seed` say: nothing that makes administrators, nor all data",
    ),
    DocumentUnreadable = by_answer(
        "derived.documentUnreadable",
        Late::Rights,
        Values::Truth,
        "AWS took a document that cannot be read",
    ),
    DocumentUnknown = by_answer(
        "derived.documentUnknown",
        Late::Rights,
        Values::Truth,
        "the call attaches, detaches, deletes or makes default what no event showed, or about which the events contradict each other. What it may have said still counts in `grants`",
    ),
    PolicyArn = by_answer(
        "derived.policyArn",
        Late::Rights,
        Values::Text,
        "as the call's parameters name the policy: a managed one or a boundary by its ARN",
    ),
    PolicyName = by_answer(
        "derived.policyName",
        Late::Rights,
        Values::Text,
        "the same: an inline or new one by its name",
    ),
    Trust = by_answer(
        "derived.trust",
        Late::Rights,
        Values::Words(TrustWord::words),
        "whom a trust policy lets in; or whom the policy of a key or of another resource, a grant, a permission or a share lets use it (what a deny takes away counts where it covers all that strangers are allowed; an address, a network or a unique ID of which nobody knows whose it is keeps nobody out there): `anyone-conditioned`, on a condition that a stranger cannot meet of his own accord; `known-account` is in the site file; `unknown-principal`, by a unique ID that does not name its account, counts as external; `federated-unconditioned`, where no claim fixes whose identities are meant; `service-outside` hands credentials to machines elsewhere, as Roles Anywhere; `service-only`, nobody but services that work in AWS; `shuts-out`, as far as the policy of a key or another resource shows, nobody of its own account may change it any more, or it denies everything to all but one identity or to all but strangers",
    ),
    TrustExternal = by_answer(
        "derived.trustExternal",
        Late::Rights,
        Values::Account,
        "the foreign account IDs of those",
    ),
    Silences = by_answer(
        "derived.silences",
        Late::Rights,
        Values::True,
        "a policy of the organization that a call makes, changes, attaches or detaches may forbid what the tool, or those who hand it events, must call: its topics, table, queue, key, and `events:PutEvents`. Conditions spare it only where they surely do (`aws:RequestedRegion`, `aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:SecureTransport` …); a policy that nobody saw counts where it is attached to the tool's own account, or detached from it",
    ),
    Limits = by_answer(
        "derived.limits",
        Late::Before,
        Values::Words(Limits::words),
        "what a new text of a policy of the organization does to what it limits, by the former one, where events showed it: `tighter` where every denial stays and more are there, as far as the words show; `shut` where it may shut out those who work there",
    ),
    TagDecides = by_answer(
        "derived.tagDecides",
        Late::Decided,
        Values::Words(TagWord::words),
        "what documents that were seen decide by a tag that the call sets on a user, a role, a policy or another thing of IAM, or takes off it (`aws:PrincipalTag`, `iam:ResourceTag`, `aws:ResourceTag`, in conditions and as variables): `admin`, administrator rights; `rights`, others that go far; `denial`, whether something is denied, by a policy of the organization too; `trust`, who may wear a role",
    ),
    Feeds = by_answer(
        "derived.feeds",
        Late::Feeds,
        Values::True,
        "the bus rule that a call changes was seen to hand events to a bus of another account or Region, or the role that it changes was seen to be given to such a rule, to a trail for its log group or to a recorder of AWS Config",
    ),
    Before = by_answer(
        "derived.before",
        Late::Before,
        Values::Words(Before::words),
        "what stood where a call writes (an attachment, a membership, a boundary, the status of a credential, the ID of the default version, a document); only where the state of before is asked, so not in `explain`",
    ),
    HandedKind = by_answer(
        "derived.handed.kind",
        Late::Handed,
        Values::Words(HandedKind::words),
        "what a call that succeeded hands over ([below](#what-a-call-hands-over))",
    ),
    HandedName = by_answer("derived.handed.name", Late::Handed, Values::Text, "the names of those handed over"),
    HandedGrants = by_answer("derived.handed.grants", Late::Handed, GRANTS, "what they hold"),
    HandedUnknown = by_answer(
        "derived.handed.unknown",
        Late::Handed,
        Values::Truth,
        "they may hold more than events and `ledger seed` showed",
    ),
    HandedExempt = by_answer(
        "derived.handed.exempt",
        Late::Handed,
        Values::Words(Exempt::words),
        "a role among them whose calls are judged more mildly, as `entity.exempt` has it",
    ),
    HandedGuarded = by_answer(
        "derived.handed.guarded",
        Late::Handed,
        Values::Words(Guarded::words),
        "a role among them that the site file guards",
    ),
    HandedAgain = by_answer("derived.handed.again", Late::Handed, Values::Truth, "it is no news, as below"),
    Environment = by_answer(
        "derived.environment",
        Late::Account,
        Values::Environment,
        "of the account, by the site file; unknown counts as production",
    ),
    EnvironmentKnown = by_answer("derived.environmentKnown", Late::Account, Values::Truth, "a tag or a name says it"),
    AccountTags = by_answer(
        "derived.accountTags",
        Late::Account,
        Values::Text,
        "tags of the account, their keys in small letters: `accountTags: {pci: [\"yes\"]}`; nothing that asks for them lowers or silences where they are not known",
    ),
    EnvironmentChange = by_answer(
        "derived.environmentChange",
        Late::Tags,
        Values::Words(EnvironmentChange::words),
        "of a call that tags or untags an account; an account never seen counts as production before it",
    ),
    Time = by_answer(
        "derived.time",
        Late::Time,
        Values::Calendar,
        "names of the calendars that contain the event's own time; one that cannot be asked is in both",
    ),
    OutsideTime = by_answer("derived.outsideTime", Late::Time, Values::Calendar, "names of those that do not"),
    Burst = by_answer(
        "derived.burst",
        Late::Burst,
        Values::Number,
        "number of different changes by this principal in this account within ten minutes: names of calls, successful ones; tags and the like do not count",
    ),
}

/// Is it a path of a fact that the event alone does not decide?
#[must_use]
pub(crate) fn is_late(path: &str) -> bool {
    FACTS.iter().any(|fact| fact.late.is_some() && is_below(path, fact.path))
}
