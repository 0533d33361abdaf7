//! Every word that a pattern may ask of `derived`.

use crate::pattern::{Pattern, is_below};
use crate::text::nearest;

/// Every path below `derived`, so that a misspelt one is found when rules are read: it would never
/// match, in silence.
pub const PATHS: [&str; 60] = [
    "derived.outcome",
    "derived.readOnly",
    "derived.knownApi",
    "derived.omitted",
    "derived.selfTarget",
    "derived.own",
    "derived.ownStack",
    "derived.effect",
    "derived.tampering",
    "derived.grants",
    "derived.grantsUnconditional",
    "derived.trust",
    "derived.trustExternal",
    "derived.denies",
    "derived.silences",
    "derived.documentUnreadable",
    "derived.documentUnknown",
    "derived.before",
    "derived.handed.kind",
    "derived.handed.name",
    "derived.handed.grants",
    "derived.handed.unknown",
    "derived.handed.again",
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
    "derived.principal.deploys",
    "derived.principal.linkedService",
    "derived.principal.permissionSet",
    "derived.principal.automation",
    "derived.principal.human",
    "derived.entity.kind",
    "derived.entity.name",
    "derived.entity.arn",
    "derived.entity.account",
    "derived.entity.linkedService",
    "derived.entity.permissionSet",
    "derived.entity.guarded",
    "derived.entity.exempt",
    "derived.entity",
    "derived.principal",
];

/// Which answer of the world decides about a fact that the event alone does not tell.
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
    /// What stood where the event writes.
    Before,
    /// What those hold that the event hands over.
    Handed,
    /// The names that the entity bore.
    Guarded,
}

/// The facts that the event alone does not tell, with all below them.
pub const LATE: [(&str, Late); 22] = [
    ("derived.environment", Late::Account),
    ("derived.environmentKnown", Late::Account),
    ("derived.accountTags", Late::Account),
    ("derived.environmentChange", Late::Tags),
    ("derived.time", Late::Time),
    ("derived.outsideTime", Late::Time),
    ("derived.burst", Late::Burst),
    ("derived.own", Late::Own),
    ("derived.ownStack", Late::OwnStack),
    ("derived.grants", Late::Rights),
    ("derived.grantsUnconditional", Late::Rights),
    ("derived.trust", Late::Rights),
    ("derived.trustExternal", Late::Rights),
    ("derived.denies", Late::Rights),
    ("derived.silences", Late::Rights),
    ("derived.documentUnreadable", Late::Rights),
    ("derived.documentUnknown", Late::Rights),
    ("derived.policyArn", Late::Rights),
    ("derived.policyName", Late::Rights),
    ("derived.before", Late::Before),
    ("derived.handed", Late::Handed),
    ("derived.entity.guarded", Late::Guarded),
];

/// Is it a path of a fact that the event alone does not tell?
#[must_use]
pub fn is_late(path: &str) -> bool {
    LATE.iter().any(|(late, _)| is_below(path, late))
}

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
