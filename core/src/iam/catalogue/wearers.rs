//! Things that keep a role while their work changes, and what calls do to them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::LazyLock;

use crate::text::table::columns;

use super::call::NONE;
use crate::iam::kind::EntityKind;

/// A kind of what wears roles: one of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct WearerKind {
    /// `lambda`
    pub service: &'static str,
    /// `function`
    pub kind: EntityKind,
}

impl WearerKind {
    /// Stacks of CloudFormation.
    pub(crate) const STACK: Self = Self { service: "cloudformation", kind: EntityKind::Stack };

    /// The one of the table that is written so, as `lambda/function`.
    #[must_use]
    pub(crate) fn of(text: &str) -> Option<Self> {
        static BY_TEXT: LazyLock<HashMap<String, WearerKind>> = LazyLock::new(|| {
            ROWS.iter().flat_map(WearerRow::kinds).map(|kind| (kind.to_string(), kind)).collect()
        });
        BY_TEXT.get(text).copied()
    }

    fn read(text: &'static str) -> Option<Self> {
        let (service, word) = text.split_once('/')?;
        Some(Self { service, kind: EntityKind::of(word)? })
    }
}

/// As the table and the names of registers have it.
impl fmt::Display for WearerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.service, self.kind)
    }
}

/// What a call does to a thing that wears a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// It makes the thing: with the roles that it names, or with none.
    Made,
    /// It makes a revision or a part of the thing: the roles that it names are among the thing's from then on.
    Added,
    /// It changes the thing: to the roles that it names, or the thing goes on wearing what it has.
    Changed,
    /// The thing goes on wearing what it has, and may come to wear the named roles, if somebody carries that out.
    Proposed,
    /// From then on the thing wears what another thing wears, too, or does the other's work.
    As,
    /// It lets the thing do what the caller says, or for whom he says: a named role is for this time alone.
    Used,
}

/// One way in which a call is about a thing that wears a role.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WearerRow {
    /// `lambda.amazonaws.com`. With a `*` at its end: all that begin so.
    source: &'static str,
    /// `UpdateStateMachine`. With a `*` at its end: all that begin so.
    call: &'static str,
    /// What it does to it.
    pub work: Work,
    /// What sort of thing, as `lambda/function`.
    pub kind: WearerKind,
    /// The paths below `detail` of its names, each of one part or several.
    pub names: Vec<Vec<NamePart>>,
    /// It is about everything of the kind that is not known by name.
    pub any: bool,
    /// Paths below the parameters of what selects among those: a tag, a pool, a cluster.
    pub by: Vec<&'static str>,
    /// Parameters of which one must be given, and parameters that must not.
    pub when: Vec<Requirement>,
    /// The other thing whose roles it wears.
    pub of: Option<Other>,
}

/// Another thing, whose roles a call says the first one wears.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Other {
    /// What sort of thing.
    pub kind: WearerKind,
    /// Where its names stand. Empty: everything of the kind.
    pub names: Vec<Vec<NamePart>>,
}

/// A part of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NamePart {
    /// A path below the parameters, or the answer.
    pub path: &'static str,
    /// It stands in the answer: the caller has not chosen it.
    pub answered: bool,
}

/// What must be given, or must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// A path below the parameters.
    pub path: &'static str,
    /// With this value. `None`: with any but null.
    pub value: Option<&'static str>,
    /// With a value that begins so.
    pub begins: bool,
    /// It must not.
    pub not: bool,
}

static ROWS: LazyLock<Vec<WearerRow>> = LazyLock::new(|| {
    let lines = include_str!("wearers.tsv").lines();
    lines.filter(|line| !line.starts_with('#')).filter_map(row).collect()
});

/// Rows by the names of their calls. Rows that end in `*` stand under the empty name.
static BY_CALL: LazyLock<HashMap<&str, Vec<&WearerRow>>> = LazyLock::new(|| {
    let mut by_call: HashMap<&str, Vec<&WearerRow>> = HashMap::new();
    for row in ROWS.iter() {
        let name = if row.call.ends_with('*') { "" } else { row.call };
        by_call.entry(name).or_default().push(row);
    }
    by_call
});

fn row(line: &'static str) -> Option<WearerRow> {
    let [source, call, work, kind, names, when] = columns(line)?;
    let part = |part: &'static str| match part.strip_prefix("answer.") {
        Some(path) => NamePart { path, answered: true },
        None => NamePart { path: part, answered: false },
    };
    let (word, of) = work.split_once(' ').map_or((work, None), |(word, of)| (word, Some(of)));
    let other = |of: &'static str| {
        let (kind, names) = of.split_once(':')?;
        let names = names.split('|').filter(|name| *name != "any");
        let names = names.map(|name| name.split('+').map(part).collect()).collect();
        Some(Other { kind: WearerKind::read(kind)?, names })
    };
    let of = of.and_then(other);
    let work = match (word, &of) {
        ("made", None) => Work::Made,
        ("added", None) => Work::Added,
        ("changed", None) => Work::Changed,
        ("proposed", None) => Work::Proposed,
        ("used", None) => Work::Used,
        ("as", Some(_)) => Work::As,
        _ => return None,
    };
    let given = |text: &'static str| {
        let (not, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
        let (path, value) =
            text.split_once('=').map_or((text, None), |(path, value)| (path, Some(value)));
        let (path, begins) = path.strip_suffix('^').map_or((path, false), |path| (path, true));
        Requirement { path, value, begins, not }
    };
    let listed = |column: &'static str| column.split(", ").filter(|cell| *cell != NONE);
    let any = |name: &&'static str| *name == "any" || name.starts_with("any by ");
    let by = listed(names).find_map(|name| name.strip_prefix("any by "));
    Some(WearerRow {
        source,
        call,
        work,
        kind: WearerKind::read(kind)?,
        names: listed(names)
            .filter(|name| !any(name))
            .map(|name| name.split('+').map(part).collect())
            .collect(),
        any: listed(names).any(|name| any(&name)),
        by: by.map(|paths| paths.split('+').collect()).unwrap_or_default(),
        when: listed(when).map(given).collect(),
        of,
    })
}

impl WearerRow {
    /// Its kind, and that of the thing whose roles its thing wears.
    fn kinds(&self) -> impl Iterator<Item = WearerKind> {
        [self.kind].into_iter().chain(self.of.as_ref().map(|of| of.kind))
    }

    fn is_of(&self, source: &str, call: &str) -> bool {
        let fits = |pattern: &str, text: &str| match pattern.strip_suffix('*') {
            Some(start) => text.starts_with(start),
            None => pattern == text,
        };
        fits(self.source, source) && fits(self.call, call)
    }
}

/// A source that has a call of exactly this name.
pub(super) fn wearing_source(call: &str) -> Option<&'static str> {
    let rows = BY_CALL.get(call)?.iter();
    rows.map(|row| row.source).find(|source| !source.ends_with('*'))
}

/// In which ways a call is about what wears a role.
pub(crate) fn wearer_rows(source: &str, call: &str) -> impl Iterator<Item = &'static WearerRow> {
    let named = [call, ""].map(|name| BY_CALL.get(name).map_or(&[][..], Vec::as_slice));
    let is_of = move |row: &&'static WearerRow| row.is_of(source, call);
    named.concat().into_iter().filter(is_of).collect::<Vec<_>>().into_iter()
}

/// Are the roles of unseen things of the kind listed, as those of instances that a template makes?
#[must_use]
pub(crate) fn is_any_known(kind: WearerKind) -> bool {
    static KINDS: LazyLock<HashSet<WearerKind>> =
        LazyLock::new(|| kinds(|row| row.any && row.work != Work::Used));
    KINDS.contains(&kind)
}

/// May a thing of the kind have several roles at a time, in its revisions or parts, any of which may be used?
#[must_use]
pub(crate) fn has_several_roles(kind: WearerKind) -> bool {
    static KINDS: LazyLock<HashSet<WearerKind>> =
        LazyLock::new(|| kinds(|row| row.work == Work::Added));
    KINDS.contains(&kind)
}

/// May a thing of the kind, which has one role of its own, come to wear others beside it: proposed ones, or those of
/// another thing?
#[must_use]
pub(crate) fn has_others_beside(kind: WearerKind) -> bool {
    static KINDS: LazyLock<HashSet<WearerKind>> =
        LazyLock::new(|| kinds(|row| matches!(row.work, Work::Proposed | Work::As)));
    KINDS.contains(&kind) && !has_several_roles(kind)
}

/// Services, and of some a kind alone, whose things wear roles that another service than their own puts on, as a
/// cluster's machines do: that one a role's trust must name.
/// Sources: <https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-iam-role-for-ec2.html>,
/// <https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/iam-instanceprofile.html>,
/// <https://docs.aws.amazon.com/imagebuilder/latest/userguide/image-builder-setting-up.html>,
/// <https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html>,
/// <https://docs.aws.amazon.com/batch/latest/userguide/create-execution-role.html>,
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Synthetics_Canaries_CanaryPermissions.html>
/// and <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html>
const ELSEWHERE: &[(&str, Option<EntityKind>, &str)] = &[
    ("batch", Some(EntityKind::Environment), "ec2"),
    ("batch", Some(EntityKind::JobDefinition), "ecs"),
    ("cognito-idp", None, "cognito-identity"),
    ("eks", Some(EntityKind::Nodegroup), "ec2"),
    ("elasticbeanstalk", None, "ec2"),
    ("elasticmapreduce", None, "ec2"),
    ("imagebuilder", None, "ec2"),
    ("ssm", None, "ec2"),
    ("synthetics", None, "lambda"),
];

/// The services, as `ec2`, one of which a role must trust to be worn by things of a kind.
pub(crate) fn services_that_wear(of: WearerKind) -> impl Iterator<Item = &'static str> {
    let elsewhere = ELSEWHERE.iter().filter(move |(service, kind, _)| {
        *service == of.service && kind.is_none_or(|kind| kind == of.kind)
    });
    [of.service].into_iter().chain(elsewhere.map(|(_, _, other)| *other))
}

/// Is a principal of a trust policy, as `ecs-tasks` or `tasks.apprunner` before its domain, one of a service?
#[must_use]
pub(crate) fn is_principal_of(principal: &str, service: &str) -> bool {
    let begins = |label: &str| {
        label.strip_prefix(service).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    principal.split('.').any(begins)
}

/// The services of a principal of a trust policy, as `ecs` of `ecs-tasks`, whose things go on wearing roles.
pub(crate) fn wearing_services(principal: &str) -> impl Iterator<Item = &'static str> {
    static SERVICES: LazyLock<BTreeSet<&str>> =
        LazyLock::new(|| ROWS.iter().flat_map(|row| services_that_wear(row.kind)).collect());
    SERVICES.iter().copied().filter(move |service| is_principal_of(principal, service))
}

/// The kinds of these rows. They are asked for at each event, so they are found once.
fn kinds(wanted: impl Fn(&WearerRow) -> bool) -> HashSet<WearerKind> {
    ROWS.iter().filter(|row| wanted(row)).map(|row| row.kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::catalogue::calls;

    #[test]
    fn each_kind_is_of_a_table_or_of_iam() {
        let is_kept = |kind: &EntityKind| {
            EntityKind::of_iam(kind.word()).is_some()
                || calls().any(|call| call.kind == *kind)
                || ROWS.iter().any(|row| row.kind.kind == *kind)
        };
        for kind in EntityKind::ALL {
            assert!(is_kept(kind), "{kind} is of no row");
        }
    }

    #[test]
    fn the_table_is_whole() {
        let lines = include_str!("wearers.tsv").lines().filter(|line| !line.starts_with('#'));
        let lines: Vec<&str> = lines.collect();
        assert_eq!(lines.len(), ROWS.len(), "a row has not six columns, or unknown work or kind");
        let key = |line: &&str| line.split('\t').take(2).map(str::to_owned).collect::<Vec<_>>();
        assert!(lines.is_sorted_by_key(key), "not sorted");
        for row in ROWS.iter() {
            assert!(row.any || !row.names.is_empty(), "{row:?}");
            for kind in row.kinds() {
                let made = |made: &&WearerRow| made.kind == kind && made.work != Work::Used;
                assert!(ROWS.iter().any(|row| made(&row)), "nobody gives {kind} a role");
            }
        }
    }

    #[test]
    fn a_kind_is_of_the_table_and_written_as_there() {
        let kind = WearerKind::of("states/stateMachine").unwrap();
        assert_eq!((kind.service, kind.kind), ("states", EntityKind::StateMachine));
        for unknown in ["lambda", "lambda/", "lambda/stack", "lambda/grove", ""] {
            assert_eq!(WearerKind::of(unknown), None);
        }
        assert_eq!(WearerKind::of("cloudformation/stack"), Some(WearerKind::STACK));
        for line in include_str!("wearers.tsv").lines().filter(|line| !line.starts_with('#')) {
            let text = line.split('\t').nth(3).unwrap();
            assert_eq!(WearerKind::of(text).unwrap().to_string(), text);
        }
        let misspelt = "lambda.amazonaws.com\tInvoke\tused\tlambda/fucntion\tname\t-";
        assert!(row(misspelt).is_none());
        assert!(row("a\tb\tas lambda/fucntion:name\tlambda/function\tname\t-").is_none());
    }

    #[test]
    fn who_wears_elsewhere_is_of_the_table() {
        for (service, kind, _) in ELSEWHERE {
            let is_of =
                |of: WearerKind| of.service == *service && kind.is_none_or(|kind| kind == of.kind);
            assert!(ROWS.iter().any(|row| is_of(row.kind)), "{service} {kind:?}");
        }
        let kind = |text| services_that_wear(WearerKind::of(text).unwrap()).collect::<Vec<_>>();
        assert_eq!(kind("batch/job-definition"), ["batch", "ecs"]);
        assert_eq!(kind("eks/capability"), ["eks"]);
        assert_eq!(kind("ssm/document"), ["ssm", "ec2"]);
    }

    #[test]
    fn calls_are_found_with_the_version_behind_their_names() {
        let work = |source: &str, call: &str| -> Vec<Work> {
            wearer_rows(&format!("{source}.amazonaws.com"), call).map(|row| row.work).collect()
        };
        assert_eq!(work("lambda", "CreateFunction20150331"), [Work::Made]);
        assert_eq!(work("lambda", "CreateFunctionUrlConfig"), []);
        assert_eq!(work("lambda", "UpdateFunctionCode20150331v2"), [Work::Changed]);
        assert_eq!(work("bedrock-agentcore-control", "CreateBrowser"), [Work::Made]);
        assert_eq!(work("states", "UpdateFunctionCode"), []);
    }
}
