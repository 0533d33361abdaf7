//! Facts that rules may use beside the event itself: `derived`.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::account::{self, Account};
use crate::catalogue::{self, Call};
use crate::event::Event;
use crate::nearest;
use crate::own::{Own, OwnSession};
use crate::pattern::Pattern;
use crate::principal::Principal;
use crate::prior::{Prior, Why};
use crate::rights::{self, Rights};
use crate::site::{Environment, EnvironmentChange, Site, Times};

mod automation;

pub use automation::Automation;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// It was carried out.
    Success,
    /// The caller was not allowed to.
    Denied,
    /// It failed for another reason.
    Failure,
}

impl CallOutcome {
    /// The word in `derived.outcome`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Denied => "denied",
            Self::Failure => "failure",
        }
    }
}

/// What was acted upon.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entity {
    /// `role`, `user`, `policy`, `account` …
    pub kind: String,
    /// Its name; that of the caller where the API lets it be absent.
    pub name: Option<String>,
    /// Its ARN, where the event gives it or it follows from the name.
    pub arn: Option<String>,
    /// The account it lives in.
    pub account: Option<String>,
}

/// All facts derived from one event.
#[derive(Debug, Clone)]
pub struct Facts {
    /// How the call ended.
    pub outcome: CallOutcome,
    /// The call changes nothing.
    pub read_only: bool,
    /// The catalogue's entry.
    pub call: Option<&'static Call>,
    /// CloudTrail dropped the parameters because they were too large.
    pub omitted: bool,
    /// Who acted.
    pub principal: Principal,
    /// What was acted upon.
    pub entity: Option<Entity>,
    /// The entity is the caller.
    pub self_target: bool,
    /// Kinds of the tool's own resources that the event names.
    pub own: Vec<&'static str>,
    /// The caller is a session of a role of the tool.
    pub own_session: Option<OwnSession>,
    /// The known automation that acted.
    pub automation: Option<Automation>,
    /// Name of the account, where it is known.
    pub account_name: Option<String>,
    /// Environment of the account.
    pub environment: Environment,
    /// What the event does to the environment of the account it tags.
    pub environment_change: Option<EnvironmentChange>,
    /// Tags of the account, where they are known.
    pub tags: Option<IndexMap<String, String>>,
    /// Where the event's own time lies.
    pub times: Times,
    /// Different changes by this principal within minutes, this one included.
    pub burst: Option<u32>,
    /// What the event gives.
    pub rights: Rights,
    /// What stood where the event writes: an attachment, a membership, a boundary, a status, a document.
    pub former: Prior,
}

impl Facts {
    /// Derives all facts of an event. Never fails.
    #[must_use]
    pub fn of(event: &Event, site: &Site, own: &Own, known: &Known) -> Self {
        let call = match (event.event_source(), event.name()) {
            (Some(source), Some(name)) => catalogue::find(source, name),
            _ => None,
        };
        let outcome = outcome_of(event);
        let principal = Principal::of(event);
        let entity = call.and_then(|call| entity(event, call, &principal, outcome));
        let self_target = entity.as_ref().is_some_and(|entity| is_caller(entity, &principal));
        let tags = event.account().and_then(|id| site.tags(id, known.account.as_ref()));
        let tagged = account::tagged(event)
            .filter(|_| outcome == CallOutcome::Success && !known.tags_do_not_count);
        Self {
            read_only: is_read_only(event),
            omitted: omitted(event),
            own: own.touched(event),
            own_session: own.session(event),
            automation: Automation::of(event, site),
            environment: site.environment(tags),
            environment_change: tagged
                .map(|id| site.environment_change(event, id, known.tagged.as_ref())),
            tags: tags.cloned(),
            times: site.calendars_at(event.time(), &known.calendars),
            rights: Rights {
                replaces_nothing: matches!(known.former, Prior::Absent { .. }),
                ..rights::rights(event, site, &known.named, &known.replaced)
            },
            account_name: event
                .account()
                .and_then(|id| site.account_name(id, known.account.as_ref()))
                .map(str::to_owned),
            burst: known.burst,
            former: known.former.clone(),
            outcome,
            call,
            principal,
            entity,
            self_target,
        }
    }

    /// The call switches off or weakens monitoring.
    #[must_use]
    pub fn tampering(&self) -> bool {
        self.call.is_some_and(Call::is_tampering)
    }

    fn principal_value(&self) -> Value {
        let mut value = self.principal.to_value();
        if let (Some(session), Value::Object(map)) = (self.own_session, &mut value) {
            map.insert("own".to_owned(), session.word().into());
        }
        if let (Some(automation), Value::Object(map)) = (self.automation, &mut value) {
            map.insert("automation".to_owned(), automation.word().into());
        }
        value
    }

    /// Tags by their keys in small letters. Keys that differ in case only are different tags to AWS:
    /// each has a list of values.
    fn tags_value(&self) -> Option<Value> {
        let mut map: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (key, value) in self.tags.iter().flatten() {
            map.entry(key.to_lowercase()).or_default().push(value);
        }
        (!map.is_empty()).then(|| json!(map))
    }

    /// `derived`, as rules see it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        // A calendar that nobody can tell is on both lists: a rule that asks for either fires.
        let both = |known: &Vec<String>| [known.as_slice(), self.times.unknown.as_slice()].concat();
        let entity = self.entity.as_ref().map(|entity| {
            without_null(json!({
                "kind": entity.kind, "name": entity.name, "arn": entity.arn, "account": entity.account,
            }))
        });
        without_null(json!({
            "outcome": self.outcome.word(),
            "readOnly": self.read_only,
            "knownApi": self.call.is_some(),
            "omitted": self.omitted,
            "principal": self.principal_value(),
            "entity": entity,
            "selfTarget": self.self_target,
            "own": (!self.own.is_empty()).then_some(&self.own),
            "effect": self.call.map(|call| call.effect),
            "tampering": self.tampering(),
            "grants": self.rights.grants.all,
            "grantsUnconditional": self.rights.grants.unconditional,
            "trust": self.rights.trust.as_ref().map(|trust| &trust.words),
            "trustExternal": self.rights.trust.as_ref().map(|trust| &trust.accounts),
            "documentUnreadable": self.rights.unreadable,
            "documentUnknown": self.rights.unknown.is_some(),
            "before": (self.former.why() != Some(Why::NotAsked)).then(|| self.former.word()),
            "policyArn": self.rights.policy_arn,
            "policyName": self.rights.policy_name,
            "environment": self.environment.name,
            "environmentKnown": self.environment.known,
            "environmentChange": self.environment_change.map(EnvironmentChange::word),
            "accountTags": self.tags_value(),
            "time": both(&self.times.inside),
            "outsideTime": both(&self.times.outside),
            "burst": self.burst,
        }))
    }
}

/// What is known beside the event when its facts are derived. Nothing of it is needed.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The document of the managed policy that the event names.
    pub named: Prior,
    /// The document that was in force where the event puts or deletes one.
    pub replaced: Prior,
    /// What stood where the event writes.
    pub former: Prior,
    /// The account of the event.
    pub account: Option<Account>,
    /// The account that the event tags or untags, before it.
    pub tagged: Option<Account>,
    /// Answers of change calendars at the event's own time, by their names: open or not.
    pub calendars: BTreeMap<String, bool>,
    /// Different changes by this principal within minutes, this one included.
    pub burst: Option<u32>,
    /// Nobody asks for tags of accounts: changing them changes nothing here.
    pub tags_do_not_count: bool,
}

fn without_null(mut value: Value) -> Value {
    if let Value::Object(map) = &mut value {
        map.retain(|_, value| !value.is_null());
    }
    value
}

/// How the call ended. Several spellings of "denied" occur; a failed sign-in has no `errorCode` at
/// all.
#[must_use]
pub fn outcome_of(event: &Event) -> CallOutcome {
    const DENIED: [&str; 7] = [
        "AccessDenied",
        "AuthorizationError",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "Unauthorized",
        "UnauthorizedAccess",
        "NotAuthorized",
    ];
    let Some(code) = event.text("detail.errorCode") else {
        let sign_in = event.name().unwrap_or_default();
        let said = event.text(&format!("detail.responseElements.{sign_in}"));
        let failed = said == Some("Failure") || event.text("detail.errorMessage").is_some();
        return if failed { CallOutcome::Failure } else { CallOutcome::Success };
    };
    let bare = code.rsplit(['.', ':', '#']).next().unwrap_or(code);
    let denied = DENIED.iter().any(|word| bare.starts_with(word));
    if denied { CallOutcome::Denied } else { CallOutcome::Failure }
}

/// Does the call change nothing? The record's own word, else the name of the call. `AssumeRole` counts
/// as read-only to AWS.
#[must_use]
pub fn is_read_only(event: &Event) -> bool {
    const READING: [&str; 10] = [
        "Get", "List", "Describe", "Simulate", "Generate", "Lookup", "Head", "BatchGet", "Search",
        "Test",
    ];
    let by_name =
        || event.name().is_some_and(|name| READING.iter().any(|word| name.starts_with(word)));
    event.flag("detail.readOnly").unwrap_or_else(by_name)
}

/// `{"reason": "requestParameters too large", "omitted": true}`, also with `"true"` as text.
fn omitted(event: &Event) -> bool {
    event.flag("detail.requestParameters.omitted") == Some(true)
        || event.text("detail.requestParameters").is_some_and(|text| text.contains("\"omitted\""))
}

fn entity(
    event: &Event,
    call: &Call,
    principal: &Principal,
    outcome: CallOutcome,
) -> Option<Entity> {
    let account = event.account().map(str::to_owned);
    let given = call.entity_paths().find_map(|path| event.text(&format!("detail.{path}")));
    if let Some(given) = given {
        return Some(named(call.kind, given, event, account));
    }
    if call.absent_is_account() {
        let arn = account
            .as_deref()
            .map(|account| format!("arn:{}:iam::{account}:root", partition(event)));
        return Some(Entity { kind: call.kind.to_owned(), name: account.clone(), arn, account });
    }
    if let (CallOutcome::Denied, Some(message)) = (outcome, event.text("detail.errorMessage")) {
        return Some(denied_entity(message, call.kind, event, account));
    }
    // Of a call that failed, absent parameters may only be unrecorded.
    let parameters = event.value("detail.requestParameters").is_some();
    let absent = outcome == CallOutcome::Success || (outcome == CallOutcome::Failure && parameters);
    if call.absent_is_caller() && absent && !omitted(event) {
        let name = principal.name.clone();
        let kind = if principal.is_root() { "root" } else { call.kind };
        return Some(Entity { kind: kind.to_owned(), name, arn: principal.arn.clone(), account });
    }
    Some(Entity { kind: call.kind.to_owned(), name: None, arn: None, account })
}

/// The target of a denied call stands only in the text:
/// "… is not authorized to perform: iam:AttachRolePolicy on resource: role deploy because …".
fn denied_entity(message: &str, kind: &str, event: &Event, account: Option<String>) -> Entity {
    let unknown =
        || Entity { kind: kind.to_owned(), name: None, arn: None, account: account.clone() };
    let Some((_, rest)) = message.split_once("on resource: ") else { return unknown() };
    let word = |text: &str| {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        text.get(..end).unwrap_or_default().trim_end_matches(['.', ',']).to_owned()
    };
    let rest = rest.trim_start();
    if rest.starts_with("arn:") {
        return named(kind, &word(rest), event, account);
    }
    // Kinds of two words come first: "instance profile web".
    const KINDS: [(&str, &str); 9] = [
        ("instance profile ", "instance-profile"),
        ("server certificate ", "server-certificate"),
        ("mfa device ", "mfa-device"),
        ("saml provider ", "saml-provider"),
        ("oidc provider ", "oidc-provider"),
        ("user ", "user"),
        ("role ", "role"),
        ("group ", "group"),
        ("policy ", "policy"),
    ];
    let lower = rest.to_lowercase();
    let found = KINDS.iter().find(|(words, _)| lower.starts_with(words));
    let (kind, name) = match found {
        Some((words, kind)) => (*kind, word(rest.get(words.len()..).unwrap_or_default())),
        None => (kind, word(rest)),
    };
    if name == "*" || name.is_empty() { unknown() } else { named(kind, &name, event, account) }
}

/// An entity by name or ARN. Names of IAM users, roles and groups lead to an ARN without path.
fn named(kind: &str, given: &str, event: &Event, account: Option<String>) -> Entity {
    let root = given.eq_ignore_ascii_case("AWS ROOT USER")
        || given.ends_with(":mfa/root-account-mfa-device");
    let kind = if root { "root" } else { kind };
    if given.starts_with("arn:") {
        let name = given.rsplit(['/', ':']).next().unwrap_or(given).to_owned();
        let parts: Vec<&str> = given.splitn(6, ':').collect();
        // An ARN says itself what it is of, and whose.
        let own_kind = match parts.as_slice() {
            [_, _, "iam", _, _, rest] => rest.split_once('/').map(|(kind, _)| kind),
            _ => None,
        };
        let named_kinds = ["user", "role", "group", "policy", "instance-profile"];
        let kind = own_kind.filter(|own| named_kinds.contains(own)).unwrap_or(kind);
        let own_account =
            parts.get(4).filter(|account| account.len() == 12).map(|account| (*account).to_owned());
        let account = own_account.or(account);
        return Entity {
            kind: kind.to_owned(),
            name: Some(name),
            arn: Some(given.to_owned()),
            account,
        };
    }
    let arn = match (kind, &account) {
        ("root", Some(account)) => Some(format!("arn:{}:iam::{account}:root", partition(event))),
        ("user" | "role" | "group" | "instance-profile" | "server-certificate", Some(account)) => {
            Some(format!("arn:{}:iam::{account}:{kind}/{given}", partition(event)))
        }
        _ => None,
    };
    let name = if root { "root" } else { given };
    Entity { kind: kind.to_owned(), name: Some(name.to_owned()), arn, account }
}

/// The partition, from the caller's ARN, else from the Region.
#[must_use]
pub fn partition(event: &Event) -> &str {
    let arn = event.text("detail.userIdentity.arn");
    let from_arn = arn.and_then(|arn| arn.split(':').nth(1)).filter(|part| part.starts_with("aws"));
    from_arn.unwrap_or_else(|| match event.region().unwrap_or_default() {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        region if region.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    })
}

/// IAM names are not told apart by case.
fn is_caller(entity: &Entity, principal: &Principal) -> bool {
    let same = |one: &Option<String>, other: &Option<String>| match (one, other) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => false,
    };
    let same_account = entity.account.is_none()
        || principal.account.is_none()
        || entity.account == principal.account;
    let kinds = match entity.kind.as_str() {
        "user" => principal.kind == "IAMUser",
        "role" => matches!(principal.kind.as_str(), "AssumedRole" | "Role"),
        "root" => principal.is_root(),
        _ => false,
    };
    kinds && same_account && (principal.is_root() || same(&entity.name, &principal.name))
}

/// Every path below `derived`, so that a misspelt one is found when rules are read: it would never
/// match, in silence.
pub const PATHS: [&str; 44] = [
    "derived.outcome",
    "derived.readOnly",
    "derived.knownApi",
    "derived.omitted",
    "derived.selfTarget",
    "derived.own",
    "derived.effect",
    "derived.tampering",
    "derived.grants",
    "derived.grantsUnconditional",
    "derived.trust",
    "derived.trustExternal",
    "derived.documentUnreadable",
    "derived.documentUnknown",
    "derived.before",
    "derived.policyArn",
    "derived.policyName",
    "derived.environment",
    "derived.environmentKnown",
    "derived.environmentChange",
    "derived.accountTags",
    "derived.time",
    "derived.outsideTime",
    "derived.burst",
    "derived.principal.type",
    "derived.principal.arn",
    "derived.principal.roleArn",
    "derived.principal.name",
    "derived.principal.sessionName",
    "derived.principal.sourceIdentity",
    "derived.principal.person",
    "derived.principal.account",
    "derived.principal.accessKeyId",
    "derived.principal.mfa",
    "derived.principal.viaService",
    "derived.principal.external",
    "derived.principal.own",
    "derived.principal.automation",
    "derived.entity.kind",
    "derived.entity.name",
    "derived.entity.arn",
    "derived.entity.account",
    "derived.entity",
    "derived.principal",
];

/// What a pattern asks of `derived` that can never be: each path with what is wrong and the nearest
/// right word.
#[must_use]
pub fn misspelt(pattern: &Pattern) -> Vec<(String, String, Option<String>)> {
    const OUTCOMES: [&str; 3] = ["success", "denied", "failure"];
    const EFFECTS: [&str; 7] =
        ["grants", "removes", "weakens", "strengthens", "credential", "destroys", "neutral"];
    let mut faults = Vec::new();
    for path in pattern.paths().into_iter().filter(|path| path.starts_with("derived")) {
        // Tags have any names.
        if !PATHS.contains(&path) && !path.starts_with("derived.accountTags.") {
            let help = nearest::suggestion(path, PATHS);
            faults.push((path.to_owned(), format!("no fact `{path}`"), help));
        }
    }
    for (path, words) in
        [("derived.outcome", OUTCOMES.as_slice()), ("derived.effect", EFFECTS.as_slice())]
    {
        for text in pattern.texts(path).into_iter().filter(|text| !words.contains(text)) {
            let help = nearest::suggestion(text, words.iter().copied());
            faults.push((path.to_owned(), format!("`{path}` is never `{text}`"), help));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(record: &str) -> Facts {
        Facts::of(
            &Event::parse(record).unwrap(),
            &Site::empty(),
            &Own::default(),
            &Known::default(),
        )
    }

    fn iam(name: &str, rest: &str) -> Facts {
        facts(&format!(
            r#"{{"eventSource":"iam.amazonaws.com","eventName":"{name}","recipientAccountId":"111122223333",
               "userIdentity":{{"type":"IAMUser","userName":"alice","accountId":"111122223333",
               "arn":"arn:aws:iam::111122223333:user/alice"}},{rest}}}"#
        ))
    }

    #[test]
    fn an_absent_user_name_means_the_caller() {
        let own = iam("CreateAccessKey", r#""requestParameters":null"#);
        assert!(own.self_target);
        assert_eq!(own.entity.unwrap().name.as_deref(), Some("alice"));
        let other = iam("CreateAccessKey", r#""requestParameters":{"userName":"bob"}"#);
        assert!(!other.self_target);
        let case = iam("CreateAccessKey", r#""requestParameters":{"userName":"ALICE"}"#);
        assert!(case.self_target);
    }

    #[test]
    fn the_target_of_a_denied_call_is_read_from_the_message() {
        let denied = iam(
            "AttachRolePolicy",
            r#""errorCode":"AccessDenied","requestParameters":null,"errorMessage":"User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:AttachRolePolicy on resource: role deploy because no identity-based policy allows it""#,
        );
        assert_eq!(denied.outcome, CallOutcome::Denied);
        let entity = denied.entity.unwrap();
        assert_eq!((entity.kind.as_str(), entity.name.as_deref()), ("role", Some("deploy")));
    }

    #[test]
    fn spellings_of_denied_and_failed() {
        for (code, want) in [
            ("AccessDenied", CallOutcome::Denied),
            ("Client.UnauthorizedOperation", CallOutcome::Denied),
            ("AccessDeniedException", CallOutcome::Denied),
            ("NoSuchEntityException", CallOutcome::Failure),
        ] {
            assert_eq!(
                iam("DeleteUser", &format!(r#""errorCode":"{code}""#)).outcome,
                want,
                "{code}"
            );
        }
        let sign_in =
            facts(r#"{"eventName":"ConsoleLogin","responseElements":{"ConsoleLogin":"Failure"}}"#);
        assert_eq!(sign_in.outcome, CallOutcome::Failure);
    }

    #[test]
    fn dropped_parameters_are_seen_in_both_spellings() {
        for omitted in ["true", "\"true\""] {
            let rest =
                format!(r#""requestParameters":{{"reason":"too large","omitted":{omitted}}}"#);
            assert!(iam("PutRolePolicy", &rest).omitted);
        }
        assert!(!iam("PutRolePolicy", r#""requestParameters":{"roleName":"x"}"#).omitted);
    }

    #[test]
    fn root_as_target() {
        let mfa = iam("DeactivateMFADevice", r#""requestParameters":{"userName":"AWS ROOT USER"}"#);
        assert_eq!(mfa.entity.unwrap().kind, "root");
    }
}
