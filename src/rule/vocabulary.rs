//! Every word that a pattern may ask of `derived`.

use crate::pattern::Pattern;
use crate::text::nearest;

/// Every path below `derived`, so that a misspelt one is found when rules are read: it would never
/// match, in silence.
pub const PATHS: [&str; 59] = [
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
