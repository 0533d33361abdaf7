//! Fields that no event has.

use std::collections::BTreeSet;

use crate::event::{DetailType, IDENTITY_PATHS, RECORD_FIELDS, STRUCTURES};
use crate::iam::catalogue::{IAM, calls_of};
use crate::text::nearest;
use crate::vocabulary::question::{Question, Vain};
use crate::vocabulary::shape::shape_of;

/// Fields of an envelope, and the one of our own beside them.
const ENVELOPE_FIELDS: [&str; 11] = [
    "account",
    "derived",
    "detail",
    "detail-type",
    "id",
    "region",
    "replay-name",
    "resources",
    "source",
    "time",
    "version",
];
/// Services of which EventBridge has nothing but what CloudTrail recorded.
const RECORDED_ONLY: [&str; 4] = ["aws.iam", "aws.sts", "aws.signin", "aws.organizations"];
/// Fields that only a record has.
const OF_RECORDS: [&str; 6] = [
    "detail.eventSource",
    "detail.userIdentity",
    "detail.requestParameters",
    "detail.responseElements",
    "detail.recipientAccountId",
    "detail.errorCode",
];
/// Fields of a record that no event of another kind has a field of nearly the same name beside.
const UNMISTAKABLE: [&str; 9] = [
    "awsRegion",
    "errorCode",
    "errorMessage",
    "eventName",
    "eventSource",
    "recipientAccountId",
    "requestParameters",
    "responseElements",
    "userIdentity",
];
/// Most letters that a word written wrong has otherwise.
pub(super) const LETTERS_MAX: usize = 2;
/// Fields whose values an identity provider chooses.
const CLAIMS: &str = "sessionContext.webIdFederationData.attributes.";
/// Names that may hold a `*`, as that of a certificate does.
const STARRED_NAMES: [&str; 7] =
    ["domain", "host", "dns", "common", "record", "alternative", "subject"];

/// Which events a pattern is about.
#[derive(Debug, Clone, Default)]
pub(super) struct Asking {
    /// Only records of CloudTrail.
    pub(super) records: bool,
    /// Events of any kind: neither a source nor a kind is asked for.
    pub(super) any_kind: bool,
    /// The sources of the records. Empty if they may have any.
    pub(super) sources: BTreeSet<String>,
    /// What `detail.eventSource` must be in every event of the pattern. Empty if it may be anything.
    pub(super) recorded: BTreeSet<String>,
    /// It is an event of a test: a near miss may come from another service.
    pub(super) is_test: bool,
}

impl Asking {
    pub(super) fn of(questions: &[Question<'_>]) -> Self {
        let of = |path: &str| -> Option<Vec<String>> {
            let texts = questions.iter().filter(|one| one.path == path);
            texts.map(|one| one.value.as_str().map(str::to_owned)).collect()
        };
        let asks = |path: &str| questions.iter().any(|one| one.path == path);
        let (sources, recorded) =
            (of("source").unwrap_or_default(), of("detail.eventSource").unwrap_or_default());
        let kinds = of("detail-type").unwrap_or_default();
        let is_recorded =
            |kind: &String| kind.ends_with("CloudTrail") || DetailType::of(kind).is_some();
        let of_records = OF_RECORDS
            .iter()
            .any(|field| questions.iter().any(|one| crate::pattern::is_below(&one.path, field)));
        let only =
            !sources.is_empty() && sources.iter().all(|one| RECORDED_ONLY.contains(&one.as_str()));
        let records = match asks("detail-type") {
            true => !kinds.is_empty() && kinds.iter().all(is_recorded),
            false => of_records || only,
        };
        let named =
            |source: &String| Some(format!("{}.amazonaws.com", source.strip_prefix("aws.")?));
        let always_recorded: BTreeSet<String> = recorded.iter().cloned().collect();
        let sources = match (recorded.is_empty(), asks("detail.eventSource")) {
            (false, _) => recorded.into_iter().collect(),
            (true, false) => sources.iter().filter_map(named).collect(),
            (true, true) => BTreeSet::new(),
        };
        let any_kind = !asks("detail-type") && !asks("source");
        let in_branch =
            |one: &Question<'_>| one.path == "detail.eventSource" && one.key.contains("$or");
        let always = !questions.iter().any(in_branch) && asks("detail.eventSource");
        let recorded = if always { always_recorded } else { BTreeSet::new() };
        Self { records, any_kind, sources, recorded, is_test: false }
    }

    /// The same, for an event into which this is put.
    pub(super) fn with(mut self, given: &[Question<'_>]) -> Self {
        let other = Self::of(given);
        if given.iter().any(|one| one.path == "detail-type" || one.path == "source") {
            self.records = other.records;
        }
        self.sources.extend(other.sources);
        self.recorded.clear();
        self.is_test = true;
        self
    }
}

/// A field that no event has, or no record if only records match.
pub(super) fn doubt_of_key(question: &Question<'_>, asking: &Asking) -> Option<Vain> {
    let path = question.path.as_str();
    let vain = |what: &str, help: Option<String>| {
        Some(Vain { path: question.key.clone(), message: format!("no {what} has `{path}`"), help })
    };
    let mut steps = path.split('.');
    let first = steps.next().unwrap_or_default();
    if !ENVELOPE_FIELDS.contains(&first) {
        // People often forget to put a field below `detail`.
        let help = match RECORD_FIELDS.contains(&first) {
            true => Some(format!("did you mean `detail.{path}`?")),
            false => nearest::suggestion(first, ENVELOPE_FIELDS),
        };
        return vain("event", help);
    }
    let (Some("detail"), Some(field)) = (Some(first), steps.next()) else { return None };
    let near =
        |field: &str, known: &[&'static str]| known.iter().copied().find(|one| is_near(field, one));
    if !asking.records {
        let meant = near(field, &UNMISTAKABLE).filter(|_| asking.any_kind)?;
        return vain("record of CloudTrail", Some(format!("did you mean `detail.{meant}`?")));
    }
    if !RECORD_FIELDS.contains(&field) {
        let help = nearest::nearest(field, RECORD_FIELDS);
        return vain(
            "record of CloudTrail",
            help.map(|one| format!("did you mean `detail.{one}`?")),
        );
    }
    let rest: Vec<&str> = steps.collect();
    let rest = rest.join(".");
    if rest.is_empty() {
        return None;
    }
    match field {
        "userIdentity" => {
            if IDENTITY_PATHS.contains(&rest.as_str()) || rest.starts_with(CLAIMS) {
                return None;
            }
            let last = |path: &str| path.rsplit('.').next().map(str::to_owned);
            let misplaced = IDENTITY_PATHS.iter().copied().find(|one| last(one) == last(&rest));
            let help = misplaced.or_else(|| nearest::nearest(&rest, IDENTITY_PATHS));
            vain(
                "record of CloudTrail",
                help.map(|one| format!("did you mean `detail.userIdentity.{one}`?")),
            )
        }
        "requestParameters" if asking.sources.len() == 1 && asking.sources.contains(IAM) => {
            let parameter = rest.split('.').next().unwrap_or_default();
            let meant = parameter_of_iam(parameter)?;
            vain("call of IAM", Some(format!("did you mean `detail.requestParameters.{meant}`?")))
        }
        _ if !STRUCTURES.contains(&field) => {
            let help = format!("`detail.{field}` is a plain value; nothing stands below it");
            vain("record of CloudTrail", Some(help))
        }
        _ => None,
    }
}

/// The parameter of IAM's calls nearest to an unknown one: it differs in case, or in one letter.
fn parameter_of_iam(given: &str) -> Option<&'static str> {
    let paths = calls_of(IAM).flat_map(|call| call.entity_paths());
    let known: BTreeSet<&str> = paths
        .filter_map(|path| path.strip_prefix("requestParameters.")?.split('.').next())
        .collect();
    if known.contains(given) {
        return None;
    }
    known
        .iter()
        .copied()
        .find(|one| strsim::osa_distance(&given.to_lowercase(), &one.to_lowercase()) <= 1)
}

/// Is a word nearly another, or the same in other letters?
pub(super) fn is_near(word: &str, known: &str) -> bool {
    let (word_small, known_small) = (word.to_lowercase(), known.to_lowercase());
    let plain = |text: &str| text.replace(['-', '_', ' ', '.'], "");
    word != known
        && (plain(&word_small) == plain(&known_small)
            || strsim::osa_distance(&word_small, &known_small) <= LETTERS_MAX.min(known.len() / 4)
            || plural(&word_small) == known_small)
}

/// `policies` as `policy`.
fn plural(word: &str) -> String {
    word.strip_suffix("ies").map_or_else(|| word.to_owned(), |stem| format!("{stem}y"))
}

/// Is a `*` in a text of this field never the character itself?
pub(super) fn holds_no_star(path: &str, text: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path).to_lowercase();
    let is_free = [
        "detail.requestParameters.",
        "detail.responseElements.",
        "detail.errorMessage",
        "detail.additionalEventData.",
        "detail.serviceEventDetails.",
        "detail.resources",
    ]
    .iter()
    .any(|free| path.starts_with(free));
    if !is_free {
        let is_record = path.starts_with("detail.userIdentity")
            || path == "detail.userAgent"
            || !path.starts_with("detail.")
            || shape_of(path).is_some();
        // In other events a star may be part of a name, an address or a schedule.
        return is_record
            || (text != "*"
                && !text.contains([' ', '{', '"', '/', ':'])
                && !text.starts_with("*."));
    }
    let is_name = ["name", "id"].iter().any(|end| last.ends_with(end));
    is_name && text != "*" && !STARRED_NAMES.iter().any(|name| last.contains(name))
}
