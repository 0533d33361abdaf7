//! The things that roles are given to, and who gives.

use serde_json::Value as Json;

use super::search::{VALUES_MAX, identifying};
use crate::event::{Event, session_role, values_at};
use crate::iam::account;
use crate::iam::arn::{self, Arn, AwsRole};
use crate::iam::catalogue::{self, NamePart, Other, Requirement, WearerKind, WearerRow, Work};
use crate::iam::kind::EntityKind;
use crate::prior::Address;

/// Longest selection of things by a call, in bytes.
const SELECTED_BYTES_MAX: usize = 512;

/// Most things of one call looked at, as many instances as a command goes to; beyond it the call counts as handing
/// over everything.
/// Source: <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html>
pub(super) const WEARERS_MAX: usize = 50;

/// Most other things of one call whose roles something wears.
const OTHERS_MAX: usize = 8;

/// The thing that gets a role, by all names and IDs of the call, so that no other thing is confused with it. A new
/// thing had no role before; a stack of the same name is the same stack.
pub(super) fn thing(event: &Event, source: &str, call: &str) -> Option<String> {
    // A new revision of a task or job is the same task or job.
    const CHANGING: [&str; 5] = ["Update", "Put", "Set", "Modify", "Register"];
    let changes = CHANGING.iter().any(|verb| call.starts_with(verb));
    let named = match is_of_a_stack(source, call) {
        true => {
            let named = event.parameter("stackName")?;
            let region = event.region().unwrap_or_default();
            format!("stack {:?}", bare_name(WearerKind::STACK, region, named))
        }
        false if changes => identifying(event.value("detail.requestParameters")?)?,
        false => return None,
    };
    Some(format!("thing {source} {} {named}", event.region().unwrap_or_default()))
}

/// A deployer hands all its stacks one role, day by day: all stacks of one caller and role, as one thing.
pub(super) fn deployments(event: &Event, source: &str, call: &str) -> Option<String> {
    let role = deploying_role(event).filter(|_| is_of_a_stack(source, call))?;
    Some(format!("thing {source} {} by {role}", event.region().unwrap_or_default()))
}

/// Does it give a role to one stack? A stack is also deleted with that role.
fn is_of_a_stack(source: &str, call: &str) -> bool {
    source == "cloudformation.amazonaws.com" && !call.contains("StackSet")
}

/// A thing that keeps its role while its work changes, under one name for all calls about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wearer {
    /// As `worn eu-west-1 lambda/function "f"`.
    pub name: String,
    /// What the call does to it.
    pub work: Work,
    /// The name is chosen by AWS, and is never used twice.
    pub unique: bool,
    /// The call makes it.
    pub is_new: bool,
    /// The list of roles that count beside its own roles, or instead of them if they are unknown.
    pub list: Option<List>,
    /// Its roles are kept in that list: its name is unknown, or it has revisions with different roles, and any
    /// revision may be used.
    pub listed: bool,
    /// The other things whose roles it wears from now on.
    pub of: Vec<String>,
    /// What selects things by a tag or the like, else empty: a habit with one selection is not a habit with another.
    pub by: String,
}

/// A list of roles that things wear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prior) struct List<At = String> {
    /// Its place.
    pub at: At,
    /// It is the list of the thing itself, so that all its roles count; else that of its kind.
    pub own: bool,
    /// The list of its kind.
    pub of_kind: At,
    /// It counts although the thing's own role is known.
    pub beside: bool,
    /// Nothing joins the list: for an unseen thing the roles count that let its kind wear them.
    pub by_trust: bool,
}

impl List {
    /// The same, at its place.
    pub(in crate::prior) fn standing(self, at: impl Fn(String) -> Address) -> List<Address> {
        let Self { own, beside, by_trust, .. } = self;
        List { at: at(self.at), own, of_kind: at(self.of_kind), beside, by_trust }
    }
}

/// The things of a kind in a Region that wear roles, and how they are kept.
#[derive(Debug, Clone, Copy)]
pub(in crate::prior) struct OfKind<'t> {
    region: &'t str,
    /// What sort of thing.
    pub kind: WearerKind,
}

impl<'t> OfKind<'t> {
    const WORD: &'static str = "worn ";

    /// All of them.
    fn all(self) -> String {
        let Self { region, kind } = self;
        format!("{}{region} {kind}", Self::WORD)
    }

    /// The one of this name.
    fn named(self, name: &str) -> String {
        // Quoted, so that no name is taken for two.
        format!("{} {name:?}", self.all())
    }

    /// The kind and Region of a name in stored form. `None` for a kind that only another release knows.
    pub(in crate::prior) fn of(kept: &'t str) -> Option<Self> {
        let (region, kind) = Self::kept(kept)?;
        Some(Self { region, kind: WearerKind::of(kind)? })
    }

    /// Is a stored text that of a thing of any kind that wears roles?
    pub(in crate::prior) fn is_kept(text: &str) -> bool {
        OfKind::kept(text).is_some()
    }

    /// Region and kind of a stored text.
    fn kept(text: &'t str) -> Option<(&'t str, &'t str)> {
        let (region, rest) = text.strip_prefix(Self::WORD)?.split_once(' ')?;
        Some((region, rest.split(' ').next()?))
    }
}

/// The list that counts for a thing of this stored name: its own, or that of its kind.
pub(in crate::prior) fn list_of(of_kind: OfKind<'_>, name: &str) -> Option<List> {
    let kind = of_kind.kind;
    let own = |at: String, beside| List {
        at,
        own: true,
        of_kind: of_kind.all(),
        beside,
        by_trust: false,
    };
    if catalogue::has_several_roles(kind) {
        return Some(own(name.to_owned(), false));
    }
    if catalogue::has_others_beside(kind) {
        return Some(own(format!("{name} beside"), true));
    }
    let by_trust = !catalogue::is_any_known(kind);
    let at = of_kind.all();
    Some(List { of_kind: at.clone(), at, own: false, beside: false, by_trust })
}

/// The targets of a call that wear a role, and whether there are more than the limit. A caller who changes the work of
/// such a thing has its role.
pub(super) fn wearers(event: &Event, source: &str, call: &str) -> (Vec<Wearer>, bool) {
    let region = event.region().unwrap_or_default();
    let mut found: Vec<Wearer> = Vec::new();
    let mut cut = false;
    for row in catalogue::wearer_rows(source, call).filter(|row| is_meant(event, row)) {
        let WearerRow { work, kind, .. } = *row;
        let of_kind = OfKind { region, kind };
        let of: Vec<String> = row.of.iter().flat_map(|of| others(event, of)).collect();
        if work == Work::As && of.is_empty() {
            continue;
        }
        let is_new = makes(call, kind);
        let wearer = |name: String, unique: bool| {
            let list = list_of(of_kind, &name);
            let listed = list.as_ref().is_some_and(|list| list.at == name);
            let by = String::new();
            Wearer { name, work, unique, is_new, list, listed, of: of.clone(), by }
        };
        let named = row.names.iter().flat_map(|parts| {
            let unique = parts.iter().any(|part| part.answered);
            names(event, parts).into_iter().map(move |name| (name, unique))
        });
        let named = named.filter_map(|(parts, unique)| {
            let (region, name) = placed(kind, region, &parts, "\n")?;
            Some(wearer(OfKind { region, kind }.named(&name), unique))
        });
        // The row for all things comes first: of many named things some may not fit.
        let any = row.any.then(|| {
            let by = selected(event, &row.by);
            Wearer { by, ..wearer(of_kind.all(), true) }
        });
        for one in any.into_iter().chain(named) {
            if let Some(known) = found.iter_mut().find(|known| known.name == one.name) {
                known.of.extend(one.of);
                if known.work == Work::As {
                    known.work = one.work;
                }
                continue;
            }
            if found.len() >= WEARERS_MAX {
                // A new thing has a role, which is judged separately.
                cut |= !matches!(work, Work::Made | Work::Added | Work::As);
                break;
            }
            found.push(one);
        }
    }
    (found, cut)
}

/// Does a call, as `CreateDocument`, make a thing of this kind?
fn makes(call: &str, kind: WearerKind) -> bool {
    let thing = kind.kind.word().replace('-', "");
    call.strip_prefix("Create").is_some_and(|made| made.eq_ignore_ascii_case(&thing))
}

/// The selection of things of a kind by a call. A text that is too long to store equals no other.
fn selected(event: &Event, paths: &[&str]) -> String {
    let values: Vec<&Json> = paths.iter().flat_map(|path| values(event, path, false)).collect();
    if values.is_empty() {
        return String::new();
    }
    let text = Json::from(values.into_iter().cloned().collect::<Vec<_>>()).to_string();
    match text.len() > SELECTED_BYTES_MAX {
        true => event.identity(),
        false => text,
    }
}

/// The other things that a row means, in stored form.
fn others(event: &Event, of: &Other) -> Vec<String> {
    let region = event.region().unwrap_or_default();
    if of.names.is_empty() {
        return vec![OfKind { region, kind: of.kind }.all()];
    }
    let named = of.names.iter().flat_map(|parts| names(event, parts));
    let kept = |parts: Vec<&str>| {
        let (region, name) = placed(of.kind, region, &parts, "\n")?;
        Some(OfKind { region, kind: of.kind }.named(&name))
    };
    named.filter_map(kept).take(OTHERS_MAX).collect()
}

/// The thing that a call changes or uses and that may wear a role, and its name. `None` if there is none, or several
/// of a kind.
pub(crate) fn at_work(event: &Event) -> Option<(EntityKind, String)> {
    let rows = catalogue::wearer_rows(event.event_source()?, event.name()?);
    let of_row = |row: &'static WearerRow| row.names.iter().map(move |parts| (row, parts));
    let region = event.region().unwrap_or_default();
    let mut found = rows
        .filter(|row| row.work != Work::As && is_meant(event, row))
        .flat_map(of_row)
        .flat_map(|(row, parts)| {
            let name =
                |parts: Vec<&str>| Some((row.kind, placed(row.kind, region, &parts, "/")?.1));
            names(event, parts).into_iter().filter_map(name).take(2)
        });
    let (kind, name) = found.next()?;
    let alone = found.all(|(other, _)| other != kind);
    alone.then_some((kind.kind, name))
}

/// Does the call meet the requirements of the row?
fn is_meant(event: &Event, row: &WearerRow) -> bool {
    let is_met = |requirement: &&Requirement| {
        let found = values(event, requirement.path, false);
        let fits = |text: &str, value: &str| match requirement.begins {
            true => text.starts_with(value),
            false => text == value,
        };
        let is_given = |found: &&Json| {
            requirement.value.is_none_or(|value| match found {
                Json::Bool(truth) => truth.to_string() == value,
                found => found.as_str().is_some_and(|text| fits(text, value)),
            })
        };
        found.iter().any(is_given)
    };
    let (mut not, mut wanted) = (row.when.iter().filter(|one| one.not), row.when.iter());
    let asks = row.when.iter().any(|one| !one.not);
    !not.any(|one| is_met(&one)) && (!asks || wanted.any(|one| !one.not && is_met(&one)))
}

/// The names at these paths, each of its parts. A name of several parts is one name; a single part gives all its
/// values.
fn names<'e>(event: &'e Event, parts: &[NamePart]) -> Vec<Vec<&'e str>> {
    let texts = |part: &NamePart| -> Vec<&'e str> {
        values(event, part.path, part.answered).into_iter().filter_map(Json::as_str).collect()
    };
    match parts {
        [part] => texts(part).into_iter().map(|name| vec![name]).collect(),
        parts => {
            let joined: Option<Vec<&str>> =
                parts.iter().map(|part| texts(part).first().copied()).collect();
            joined.into_iter().collect()
        }
    }
}

/// The Region of the thing, and one name joined from its parts by `between`, each without its prefix and suffix. `None`
/// if it is not of this kind.
fn placed<'t>(
    kind: WearerKind,
    region: &'t str,
    parts: &[&'t str],
    between: &str,
) -> Option<(&'t str, String)> {
    if let [text] = parts {
        match (kind.service, kind.kind) {
            // Replication carries an image into the other Regions.
            // Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html>
            ("ecr", EntityKind::Repository) => return Some(("", repository(text)?.to_owned())),
            // Images that a rule fetches from another registry are in folders of its name.
            ("ecr", EntityKind::Folder) => return Some((region, folder(text)?.to_owned())),
            ("ssm", EntityKind::Parameter) => return Some((region, parameter(text)?.to_owned())),
            ("imagebuilder", EntityKind::Component) => return Some((region, component(text)?)),
            _ => {}
        }
    }
    // Some calls name targets of many sorts: the ARN of each says its sort.
    let of_another = |part: &&str| Arn::parse(part).is_some_and(|arn| arn.service != kind.service);
    if parts.iter().any(of_another) {
        return None;
    }
    let bare: Vec<&str> = parts.iter().map(|part| bare_name(kind, region, part)).collect();
    Some((region, bare.join(between)))
}

/// The name of the repository that an image is pulled from by a tag, or that is named alone. An image named by a
/// digest never changes; registries outside of AWS are not watched.
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html>
fn repository(text: &str) -> Option<&str> {
    if text.contains('@') {
        return None;
    }
    // A name may begin with a folder instead of a registry.
    let registry = |host: &str| host.split('.').next().is_some_and(account::is_id);
    let Some((host, path)) = text.split_once('/').filter(|(host, _)| registry(host)) else {
        return (!text.contains(':')).then_some(text);
    };
    let of_ecr = host.split('.').any(|label| label.contains("ecr"));
    of_ecr.then(|| arn::without_qualifier(path))
}

/// The first folder of a repository, or of the folder that a rule of a pull-through cache is for.
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html>
fn folder(text: &str) -> Option<&str> {
    let name = repository(text)?;
    let alone = name == text;
    match name.split_once('/') {
        Some((folder, _)) => Some(folder),
        None => alone.then_some(name),
    }
}

/// A parameter, named alone or as the source of an image in a template. `None` for an image itself.
/// Source: <https://docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html>
fn parameter(text: &str) -> Option<&str> {
    let is_image = |text: &str| {
        text.strip_prefix("ami-").is_some_and(|id| id.chars().all(|c| c.is_ascii_hexdigit()))
    };
    let (name, resolved) = match text.strip_prefix("resolve:ssm:") {
        Some(name) => (name, true),
        None => (text, false),
    };
    let arn = Arn::parse(name);
    let name = arn.map_or(name, |arn| arn.behind("parameter"));
    // A version or a label may follow it.
    let name = if resolved { arn::without_qualifier(name) } else { name };
    (arn.is_some() || !is_image(name)).then(|| name.trim_start_matches('/'))
}

/// A component by its name, or in a recipe that takes the latest version. Its ARN holds the name in lower case and
/// without spaces.
/// Source: <https://docs.aws.amazon.com/imagebuilder/latest/userguide/ibhow-semantic-versioning.html>
fn component(text: &str) -> Option<String> {
    let Some(arn) = Arn::parse(text) else { return Some(text.to_lowercase().replace(' ', "-")) };
    let mut parts = arn.parts_below("component")?;
    let (name, version) = (parts.next()?, parts.next()?);
    version.contains('x').then(|| name.to_owned())
}

/// The values at a path, through lists, without nulls; keys ignore case.
fn values<'e>(event: &'e Event, path: &str, answered: bool) -> Vec<&'e Json> {
    let below = if answered { "detail.responseElements" } else { "detail.requestParameters" };
    let found = event.value(below).map(|root| values_at(root, path)).unwrap_or_default();
    found.into_iter().filter(|value| !value.is_null()).take(VALUES_MAX).collect()
}

/// A name without optional parts around it: the ARN, the account, a version or an alias.
fn bare_name<'t>(kind: WearerKind, region: &str, text: &'t str) -> &'t str {
    // Their names may hold colons and slashes, and are never given as ARNs.
    if matches!((kind.service, kind.kind), ("glue", _) | ("cognito-idp", EntityKind::Group)) {
        return text;
    }
    let kind = kind.kind;
    if let Some(arn) = Arn::parse(text) {
        // Its channels are distinguished by the sort of the channel and its name.
        let whole = kind == EntityKind::ChatConfiguration;
        return if whole { arn.behind(kind.word()) } else { arn.name_behind(kind.word()) };
    }
    // Lambda accepts `111122223333:function:f`, `us-east-1:f` and the like.
    let of_lambda = kind == EntityKind::Function;
    let text = if of_lambda { arn::without_place(text, region) } else { text };
    let name = arn::behind(text, kind.word()).unwrap_or(text);
    match kind {
        // A sandbox of a project is called by its name, a colon, and an ID.
        EntityKind::Function
        | EntityKind::JobDefinition
        | EntityKind::Project
        | EntityKind::TaskDefinition => arn::without_qualifier(name),
        _ => name,
    }
}

/// The role whose session calls, unless a person's.
fn deploying_role(event: &Event) -> Option<&str> {
    let role = session_role(event)?;
    let person = matches!(Arn::parse(role)?.aws_role(), Some(AwsRole::PermissionSet(_)));
    (!person).then_some(role)
}
