//! From a branch of a rule's pattern to clauses that a bus rule can express. Each step may match
//! more than the branch, never less: a field that a bus rule cannot express is left out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::clause::{Clause, is_wildcard, sub};
use crate::event::{CallOutcome, MESSENGERS, PrincipalKind};
use crate::iam::arn::{Arn, LINKED_ROLES, PERMISSION_SET_ROLES};
use crate::iam::catalogue::{self, RoleTaken};
use crate::own::{Form, NameOwner, OWN_FIELDS, OwnField};
use crate::vocabulary::OwnSession;

/// A branch as the rule has it: each path with its alternatives.
pub(super) type Branch = BTreeMap<String, Vec<Value>>;

/// Spellings of "denied" in `errorCode`, as facts know them.
const DENIED: [&str; 2] = ["*AccessDenied*", "*uthoriz*"];
/// The name that everything deployed begins with.
const NAME_PREFIX: &str = "${NamePrefix}";
/// An ARN of the stack's account.
const HERE: Arn<'_> = Arn::of_account("${AWS::Partition}", "${AWS::AccountId}");
/// The path of the role behind a session.
const ISSUER: &str = "detail.userIdentity.sessionContext.sessionIssuer";
/// The path of the kind of identity.
const TYPE: &str = "detail.userIdentity.type";
/// Facts that only a call of the catalogue has.
const OF_THE_CATALOGUE: [&str; 10] = [
    "derived.effect",
    "derived.grants",
    "derived.grantsUnconditional",
    "derived.trust",
    "derived.trustExternal",
    "derived.environmentChange",
    "derived.burst",
    "derived.before",
    "derived.entity.kind",
    "derived.entity.name",
];

/// Facts that are always there, and true only of a call of the catalogue.
const TRUE_OF_THE_CATALOGUE: [&str; 3] =
    ["derived.tampering", "derived.documentUnreadable", "derived.documentUnknown"];

/// Facts about the roles and groups that a call hands over. Only changes have them.
const HANDED: &str = "derived.handed.";

/// Facts whose values are projected. For facts that only calls of the catalogue have, only the question counts; no
/// other fact concerns a bus rule.
const PROJECTED: [&str; 13] = [
    "derived.own",
    "derived.effect",
    "derived.outcome",
    "derived.omitted",
    "derived.readOnly",
    "derived.tampering",
    "derived.documentUnreadable",
    "derived.principal.type",
    "derived.principal.viaService",
    "derived.principal.accessKeyId",
    "derived.principal.own",
    "derived.principal.permissionSet",
    "derived.principal.linkedService",
];

/// The part of a branch that its projection uses: branches with equal parts need the same delivery.
pub(super) fn seen(branch: &Branch) -> Branch {
    let mut seen = branch.clone();
    seen.retain(|path, wanted| {
        if OF_THE_CATALOGUE.contains(&path.as_str()) && path != "derived.effect" {
            let there = !wanted.iter().any(is_absent);
            *wanted = vec![json!({"exists": true})];
            return there;
        }
        if path.starts_with(HANDED) {
            let there = !wanted.iter().any(is_absent);
            *wanted = vec![json!({"exists": true})];
            return there;
        }
        let derived = path == "derived" || path.starts_with("derived.");
        !derived || PROJECTED.contains(&path.as_str()) || path == "derived.principal.roleArn"
    });
    seen
}

/// Which events of a call the branch can match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    Changes,
    Reads,
    Both,
}

/// How the branch treats reads.
pub(super) fn asks(branch: &Branch) -> Asks {
    let only = |wanted: bool| {
        ["derived.readOnly", "detail.readOnly"].iter().any(|path| {
            branch.get(*path).is_some_and(|values| {
                values.contains(&json!(wanted))
                    && values.iter().all(|value| *value == json!(wanted) || is_absent(value))
            })
        })
    };
    match (only(false) || is_handed(branch), only(true)) {
        (true, _) => Asks::Changes,
        (_, true) => Asks::Reads,
        _ => Asks::Both,
    }
}

/// The clauses of a branch, with every field that EventBridge has.
pub(super) fn clauses(branch: &Branch) -> Vec<Clause> {
    let mut clauses = vec![of_event(branch)];
    let narrowed = [
        by_own(branch),
        by_catalogue(branch),
        by_handed(branch),
        by_principal(branch),
        by_outcome(branch),
        by_omission(branch),
    ];
    for alternatives in narrowed.into_iter().filter(|alternatives| !alternatives.is_empty()) {
        clauses = crossed(&clauses, &alternatives);
    }
    clauses.into_iter().map(|clause| clause.without_lone_absence(branch)).collect()
}

/// Each clause with each alternative, where the two can be true of one event.
fn crossed(clauses: &[Clause], alternatives: &[Clause]) -> Vec<Clause> {
    let both = |clause: &Clause| {
        alternatives.iter().filter_map(|more| clause.and(more)).collect::<Vec<_>>()
    };
    clauses.iter().flat_map(both).collect()
}

/// The fields of the event itself.
fn of_event(branch: &Branch) -> Clause {
    let mut clause = Clause::default();
    for (path, wanted) in branch {
        let derived = path == "derived" || path.starts_with("derived.");
        let everything = wanted.iter().any(|one| *one == json!({"exists": true}))
            && ["source", "detail.eventSource", "detail.eventName"].contains(&path.as_str());
        if everything && path == "detail.eventSource" && !branch.contains_key("detail-type") {
            clause = clause.with("detail-type", vec![json!({"suffix": " via CloudTrail"})]);
        }
        if derived || everything || path == "detail.readOnly" {
            continue;
        }
        if wanted.iter().any(excludes_by_wildcard) {
            continue;
        }
        let wanted = match path.as_str() {
            "detail.eventName" => wanted.iter().map(without_star).collect(),
            _ => wanted.clone(),
        };
        clause = clause.with(path, wanted);
    }
    clause.with("source", sources(branch))
}

/// Does the branch match a source that is not AWS's? The function refuses events of such a source.
pub(super) fn is_foreign(branch: &Branch) -> bool {
    let of_aws = |value: &Value| {
        let exact = value.as_str().map(|text| text.starts_with("aws."));
        let prefix = value.get("prefix").and_then(Value::as_str);
        // A prefix of "aws." lets AWS's sources through, as all else that is not exact may.
        let begins = prefix.map(|text| text.starts_with("aws.") || "aws.".starts_with(text));
        exact.or(begins).unwrap_or(true)
    };
    branch.get("source").is_some_and(|wanted| !wanted.iter().any(of_aws))
}

/// `source` pinned on AWS, which nobody else can send.
fn sources(branch: &Branch) -> Vec<Value> {
    let given = branch.get("source").map(Vec::as_slice).unwrap_or_default();
    let of_aws = |value: &&Value| {
        let text = value.as_str().or_else(|| value.get("prefix").and_then(Value::as_str));
        text.is_some_and(|text| text.starts_with("aws."))
    };
    // The service identifies the event well enough, and more shortly.
    if given.is_empty()
        || branch.contains_key("detail.eventSource")
        || !given.iter().all(|v| of_aws(&v))
    {
        return vec![json!({"prefix": "aws."})];
    }
    given.to_vec()
}

/// A wildcard is replaced by its beginning, if it has one.
fn without_star(wanted: &Value) -> Value {
    let text = wanted.get("wildcard").and_then(Value::as_str);
    let head = text.and_then(|text| text.split(['*', '\\']).next()).filter(|head| !head.is_empty());
    head.map_or_else(|| wanted.clone(), |head| json!({"prefix": head}))
}

fn excludes_by_wildcard(wanted: &Value) -> bool {
    wanted.get("anything-but").is_some() && is_wildcard(wanted)
}

/// The texts wanted under a path, where nothing else is.
fn texts<'b>(branch: &'b Branch, path: &str) -> Option<Vec<&'b str>> {
    branch.get(path)?.iter().map(Value::as_str).collect()
}

/// `derived.own`: the tool's own names, in all fields where the service writes them. A refused call has them only in
/// the error text.
fn by_own(branch: &Branch) -> Vec<Clause> {
    let Some(wanted) = branch.get("derived.own") else { return Vec::new() };
    let any = wanted.iter().any(|one| *one == json!({"exists": true}));
    let kinds = texts(branch, "derived.own");
    if !any && kinds.is_none() {
        return Vec::new();
    }
    let services = texts(branch, "detail.eventSource");
    let refused = denied_only(branch);
    let asked = |field: &&OwnField| {
        let kind = (any && !field.forms.is_empty())
            || kinds.iter().flatten().any(|kind| *kind == field.kind.word());
        let service = services.as_ref().is_none_or(|services| services.contains(&field.source));
        kind && service
    };
    let fields: Vec<&OwnField> = OWN_FIELDS.iter().filter(asked).collect();
    let mut clauses = Vec::new();
    let mut sources = BTreeSet::new();
    for field in fields {
        sources.insert(field.source);
        if !refused {
            let clause = Clause::default().with("detail.eventSource", vec![json!(field.source)]);
            let wanted = match field.forms {
                [] => vec![json!({"exists": true})],
                _ => own_forms(field),
            };
            clauses.push(clause.with(&format!("detail.{}", field.path), wanted));
        }
    }
    let of_denied = |source: &&str| {
        let clause = Clause::default().with("detail.eventSource", vec![json!(source)]);
        clause.with("detail.errorCode", denied())
    };
    if services.is_some() || !refused {
        clauses.extend(sources.iter().map(of_denied));
    }
    clauses
}

fn denied_only(branch: &Branch) -> bool {
    texts(branch, "derived.outcome").is_some_and(|texts| texts == [CallOutcome::Denied.word()])
}

fn denied() -> Vec<Value> {
    DENIED.iter().map(|text| json!({"wildcard": text})).collect()
}

/// How the tool's own name may be written in this field.
fn own_forms(field: &OwnField) -> Vec<Value> {
    let named = |before: &str, whose: NameOwner| match whose {
        NameOwner::Deployment => format!("{before}{NAME_PREFIX}"),
        NameOwner::Stack => format!("{before}${{AWS::StackName}}"),
        NameOwner::Anything => before.to_owned(),
    };
    let form = |form: &Form| match *form {
        Form::Part(mark) => json!({"wildcard": sub(format!("*{mark}{NAME_PREFIX}*"))}),
        Form::Named(before, whose) => json!({"prefix": sub(named(before, whose))}),
        Form::Arn(service, before, whose) => {
            let name = named(before, whose);
            let arn = HERE.in_region("${AWS::Region}").of(service, &name);
            json!({"prefix": sub(arn.to_string())})
        }
    };
    field.forms.iter().map(form).collect()
}

/// Does the branch match a fact so that an event without the fact cannot match?
fn is_there(branch: &Branch, path: &str) -> bool {
    branch.get(path).is_some_and(|wanted| !wanted.iter().any(is_absent))
}

/// Facts that only a call of the catalogue has, where the rule names none: those calls.
fn by_catalogue(branch: &Branch) -> Vec<Clause> {
    let is_true = |path: &str| branch.get(path).is_some_and(|wanted| *wanted == [json!(true)]);
    let of_catalogue = OF_THE_CATALOGUE.iter().any(|path| is_there(branch, path))
        || TRUE_OF_THE_CATALOGUE.iter().any(|path| is_true(path));
    if branch.contains_key("detail.eventName") || !of_catalogue {
        return Vec::new();
    }
    let effects = texts(branch, "derived.effect");
    let services = texts(branch, "detail.eventSource");
    let mut names: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for call in catalogue::calls() {
        let of_service = services.as_ref().is_none_or(|services| services.contains(&call.source));
        let of_effect =
            effects.as_ref().is_none_or(|effects| effects.contains(&call.effect.word()));
        // A burst counts changes alone.
        let counted = call.access != catalogue::Access::Read || !is_there(branch, "derived.burst");
        if of_service && of_effect && counted {
            let name = match call.name.strip_suffix('*') {
                Some(begins) => json!({"prefix": begins}),
                None => json!(call.name),
            };
            names.entry(call.source).or_default().push(name);
        }
    }
    let clause = |(source, names): (&str, Vec<Value>)| {
        let clause = Clause::default().with("detail.eventSource", vec![json!(source)]);
        clause.with("detail.eventName", names)
    };
    names.into_iter().map(clause).collect()
}

fn is_handed(branch: &Branch) -> bool {
    branch.keys().any(|path| path.starts_with(HANDED) && is_there(branch, path))
}

/// Facts about a call that hands over a role, if the rule names no call: all fields in which a call takes a role.
fn by_handed(branch: &Branch) -> Vec<Clause> {
    if branch.contains_key("detail.eventName") || !is_handed(branch) {
        return Vec::new();
    }
    let call = |name: &str| {
        let wanted = match name.strip_suffix('*') {
            Some(begins) => json!({"prefix": begins}),
            None => json!(name),
        };
        Clause::default().with("detail.eventName", vec![wanted])
    };
    let clause = |taken: &RoleTaken| match taken {
        RoleTaken::Field(path) => Clause::default().with(path, vec![json!({"exists": true})]),
        RoleTaken::Call(name) => call(name),
        RoleTaken::CallOf(source, name) => {
            call(name).with("detail.eventSource", vec![json!(source)])
        }
    };
    catalogue::roles_taken().iter().map(clause).collect()
}

/// Facts about the caller that the event has in the same words.
fn by_principal(branch: &Branch) -> Vec<Clause> {
    let mut clause = Clause::default();
    if let Some(types) = branch.get("derived.principal.type") {
        // A caller without a type is known by other means.
        let others = [PrincipalKind::AwsService, PrincipalKind::Unknown].map(PrincipalKind::word);
        let positive =
            types.iter().all(|one| one.as_str().is_some_and(|one| !others.contains(&one)));
        let but = |one: &Value| one.get("anything-but").is_some_and(Value::is_array);
        if positive {
            clause = clause.with(TYPE, with_federated(types));
        } else if types.iter().all(but) {
            let absent = std::iter::once(json!({"exists": false}));
            let but = types.iter().map(without_federated);
            clause = clause.with(TYPE, with_empty(but.chain(absent).collect()));
        }
    }
    // The service is in `invokedBy`, or is the address. An event with neither was not invoked by a service, and one
    // that comes through a messenger is not a service's own.
    let via = branch.get("derived.principal.viaService");
    if let Some(via) = via.filter(|via| via.iter().any(is_absent) && !via.iter().any(is_wildcard)) {
        let messengers = MESSENGERS.iter().map(|service| json!(service));
        let wanted = via.iter().cloned().chain(messengers).collect();
        clause = clause.with("detail.userIdentity.invokedBy", with_empty(wanted));
    }
    let key = branch.get("derived.principal.accessKeyId");
    if let Some(key) = key.filter(|key| !key.iter().any(excludes_by_wildcard)) {
        clause = clause.with("detail.userIdentity.accessKeyId", with_empty(key.clone()));
    }
    let mut clauses = vec![clause];
    for alternatives in [by_own_session(branch), by_role(branch)].into_iter().flatten() {
        clauses = crossed(&clauses, &alternatives);
    }
    clauses
}

/// A session that a user or root gave away counts as theirs, and AWS says of its type only that it is one.
fn with_federated(types: &[Value]) -> Vec<Value> {
    let federated = json!(PrincipalKind::FederatedUser.word());
    let issuers = [PrincipalKind::IamUser, PrincipalKind::Root].map(|kind| json!(kind.word()));
    let more = types.iter().any(|one| issuers.contains(one)) && !types.contains(&federated);
    types.iter().cloned().chain(more.then_some(federated)).collect()
}

/// The same for `anything-but`. A list without words is not allowed, so it gets a word that no type has.
fn without_federated(but: &Value) -> Value {
    let federated = PrincipalKind::FederatedUser.word();
    let listed = but.get("anything-but").and_then(Value::as_array);
    let mut words: Vec<Value> =
        listed.into_iter().flatten().filter(|word| *word != federated).cloned().collect();
    if words.is_empty() {
        words.push(json!("-"));
    }
    json!({ "anything-but": words })
}

/// An empty text is absent to facts, and there to EventBridge.
fn with_empty(mut wanted: Vec<Value>) -> Vec<Value> {
    if wanted.iter().any(is_absent) && !wanted.contains(&json!("")) {
        wanted.push(json!(""));
    }
    wanted
}

/// A session of which the record leaves the role out: facts take it from the session's own ARN.
fn without_issuer(clause: Clause) -> Clause {
    clause
        .with(&format!("{ISSUER}.arn"), vec![json!({"exists": false})])
        .with(TYPE, vec![json!(PrincipalKind::AssumedRole)])
}

/// A session of a role of the tool that is not a function's: its own would be many.
fn by_own_session(branch: &Branch) -> Option<Vec<Clause>> {
    texts(branch, "derived.principal.own").filter(|own| *own == [OwnSession::Other.word()])?;
    let alike = Clause::default()
        .with(&format!("{ISSUER}.userName"), vec![json!({"prefix": sub("${NamePrefix}")})]);
    let session = sub(HERE.of("sts", "assumed-role/${NamePrefix}").to_string());
    let named_otherwise =
        vec![json!({"anything-but": {"suffix": sub("/${NamePrefix}")}}), json!({"exists": false})];
    let function = sub("/${NamePrefix}-function-${AWS::Region}");
    let another_role = vec![json!({"anything-but": {"suffix": function}})];
    Some(vec![
        alike.clone().with("detail.userIdentity.arn", named_otherwise),
        alike.with(&format!("{ISSUER}.arn"), another_role),
        // Without a role behind it no session is the function's.
        without_issuer(Clause::default())
            .with("detail.userIdentity.arn", vec![json!({"prefix": session})]),
    ])
}

/// The role behind a session. Wildcards over ARNs become exact words, or are left out.
fn by_role(branch: &Branch) -> Option<Vec<Clause>> {
    let alone = |wanted| Clause::default().with(&format!("{ISSUER}.arn"), wanted);
    let own = |resource: &str| sub(HERE.of("iam", resource).to_string());
    if is_there(branch, "derived.principal.permissionSet") {
        return Some(vec![alone(vec![json!({"prefix": own(PERMISSION_SET_ROLES)})])]);
    }
    if let Some(wanted) = branch.get("derived.principal.linkedService") {
        return linked(wanted, own).map(|wanted| vec![alone(wanted)]);
    }
    let roles = branch.get("derived.principal.roleArn")?;
    let exact = |one: &Value| one.is_string() || one.get("prefix").is_some_and(Value::is_string);
    roles.iter().all(exact).then(|| vec![alone(roles.clone()), without_issuer(Clause::default())])
}

/// Patterns for the issuer's ARN that hold if `linkedService` is as wanted: an exact prefix, as AWS reserves the
/// path.
fn linked(wanted: &[Value], own: impl Fn(&str) -> Value) -> Option<Vec<Value>> {
    let of_service = |service: &str| own(&format!("{LINKED_ROLES}{service}/"));
    let one = |wanted: &Value| {
        if is_absent(wanted) {
            return Some(vec![
                json!({"exists": false}),
                json!({"anything-but": {"prefix": own(LINKED_ROLES)}}),
            ]);
        }
        if *wanted == json!({"exists": true}) {
            return Some(vec![json!({"prefix": own(LINKED_ROLES)})]);
        }
        match (wanted.as_str(), wanted.get("anything-but").and_then(Value::as_array)) {
            (Some(service), _) => Some(vec![json!({"prefix": of_service(service)})]),
            (_, Some(out)) => match out.as_slice() {
                [out] => Some(vec![json!({"anything-but": {"prefix": of_service(out.as_str()?)}})]),
                _ => None,
            },
            _ => None,
        }
    };
    let all: Option<Vec<Vec<Value>>> = wanted.iter().map(one).collect();
    let mut all = all?.concat();
    // The looser of two exclusions counts, as either lets an event in.
    if wanted.iter().any(|one| one.get("anything-but").is_some()) {
        all.retain(|one| *one != json!({"anything-but": {"prefix": own(LINKED_ROLES)}}));
    }
    Some(all)
}

fn is_absent(wanted: &Value) -> bool {
    *wanted == json!({"exists": false})
}

/// How the call ended, if the event says it literally; and the service that it came through.
fn by_outcome(branch: &Branch) -> Vec<Clause> {
    let mut clauses = vec![Clause::default()];
    if denied_only(branch) && !branch.contains_key("detail.errorCode") {
        clauses = vec![Clause::default().with("detail.errorCode", denied())];
    }
    // Named calls and the tool's own resources are few enough.
    let few = branch.contains_key("detail.eventName") || branch.contains_key("derived.own");
    let services = texts(branch, "derived.principal.viaService");
    let Some(services) = services.filter(|_| !few) else { return clauses };
    let services: Vec<Value> = services.into_iter().map(Value::from).collect();
    let paths = ["detail.userIdentity.invokedBy", "detail.sourceIPAddress"];
    let via = |clause: &Clause| paths.map(|path| clause.clone().with(path, services.clone()));
    clauses.iter().flat_map(via).collect()
}

/// Parameters that CloudTrail dropped: `{"omitted": true}`, or the same as text in their place.
fn by_omission(branch: &Branch) -> Vec<Clause> {
    if branch.get("derived.omitted").is_none_or(|wanted| *wanted != [json!(true)]) {
        return Vec::new();
    }
    // Most calls without parameters have null there, which exists too.
    let there = ("detail.requestParameters.omitted", json!({"exists": true}));
    let as_text = ("detail.requestParameters", json!({"prefix": "{"}));
    [there, as_text].map(|(path, wanted)| Clause::default().with(path, vec![wanted])).to_vec()
}
