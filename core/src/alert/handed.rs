//! What those hold who are handed over, and what a document allows that gives no right with a word, in lines for people.

use crate::facts::HandedOver;
use crate::iam::policy::{Grant, describe};
use crate::prior::Why;
use crate::vocabulary::HandedKind;

/// What a document allows that was read and gives no right with a word: it differs from one that was not read.
pub(super) fn harmless(allowed: &str) -> String {
    format!("none of the rights that this tool watches for: {allowed}")
}

/// What those hold who are handed over. The new member of a group gets what the group holds, which is said as given.
pub(super) fn handed_over(handed: &HandedOver) -> Vec<String> {
    let of = match handed.kind {
        HandedKind::Group => return Vec::new(),
        HandedKind::Role if handed.in_profiles => "the role in instance profile",
        HandedKind::Role => "role",
        HandedKind::PermissionSet => "permission set",
    };
    let whose = format!("{of} {}", handed.names.join(", "));
    let lines = describe(&handed.grants).into_iter();
    // Nothing is added to everything.
    let whole = handed.grants.unconditional.contains(&Grant::Admin);
    let doubt = handed.unknown.filter(|_| !whole);
    let is_all_unknown = lines.len() == 0;
    let doubt = doubt.map(|why| match why {
        Why::NotAsked | Why::Unseen if is_all_unknown => {
            format!("what {whose} itself may do is not known: no event showed its policies")
        }
        why if is_all_unknown => {
            format!("what {whose} itself may do is not known for certain: {}", why.reason())
        }
        why => format!("what else {whose} may do is not known for certain: {}", why.reason()),
    });
    lines.map(|line| format!("through {whose}: {line}")).chain(doubt).collect()
}
