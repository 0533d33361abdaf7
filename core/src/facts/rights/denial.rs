//! Whether a document still forbids all that the one before it forbade.

use crate::iam::policy::{Clause, Condition, PolicyDocument, Principals, Statement, is_all};

/// Does `after` forbid everything that `before` did, as far as the words show? A ban that was rewritten
/// beyond recognition counts as taken out.
pub(super) fn keeps(before: &PolicyDocument, after: &PolicyDocument) -> bool {
    lost(before, after) == 0
}

/// How many denials of `before` does no denial of `after` cover?
pub(super) fn lost(before: &PolicyDocument, after: &PolicyDocument) -> usize {
    of(before, false).filter(|old| !of(after, false).any(|new| covers(new, old))).count()
}

/// Does `outer` allow all that `inner` does, as far as the words show?
pub(super) fn allows_within(inner: &PolicyDocument, outer: &PolicyDocument) -> bool {
    of(inner, true).all(|one| of(outer, true).any(|wide| covers(wide, one)))
}

fn of(document: &PolicyDocument, allow: bool) -> impl Iterator<Item = &Statement> {
    document.statements.iter().filter(move |statement| statement.allow == allow)
}

/// A statement covers another one where it names no less and holds under no more conditions.
fn covers(new: &Statement, old: &Statement) -> bool {
    let condition = |new: &Condition| old.conditions.iter().any(|old| same(new, old));
    clause_covers(&new.actions, &old.actions)
        && clause_covers(&new.resources, &old.resources)
        && principals_cover(&new.principals, &old.principals)
        && new.conditions.iter().all(condition)
}

/// The same condition, in any order and letter case.
fn same(new: &Condition, old: &Condition) -> bool {
    let within =
        |some: &Condition, all: &Condition| some.values.iter().all(|one| all.values.contains(one));
    new.operator.eq_ignore_ascii_case(&old.operator)
        && new.key.eq_ignore_ascii_case(&old.key)
        && within(new, old)
        && within(old, new)
}

fn clause_covers(new: &Clause, old: &Clause) -> bool {
    match (new.negated, old.negated) {
        _ if new == old => true,
        (false, false) => old.patterns.iter().all(|old| names(&new.patterns, old)),
        // All but a few: the fewer, the more is forbidden.
        (true, true) => new.patterns.iter().all(|new| names(&old.patterns, new)),
        (false, true) => new.patterns.iter().any(|pattern| is_all(pattern)),
        (true, false) => false,
    }
}

/// Is a pattern within one of these? Only what can be seen at once: equal, or longer than the part before
/// asterisks at the end.
fn names(patterns: &[String], inner: &str) -> bool {
    patterns.iter().any(|pattern| {
        let start = pattern.trim_end_matches('*');
        let open = start.len() < pattern.len() && !start.contains(['*', '?']);
        pattern == inner || (open && inner.starts_with(start))
    })
}

fn principals_cover(new: &Principals, old: &Principals) -> bool {
    let within = |some: &Principals, all: &Principals| {
        some.entries.iter().all(|entry| all.entries.contains(entry))
    };
    match (new.negated, old.negated) {
        _ if new == old => true,
        (false, false) => within(old, new),
        (true, true) => within(new, old),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, want: bool) {
        let parse = |statements: &str| {
            PolicyDocument::parse(&format!(r#"{{"Statement":[{statements}]}}"#)).unwrap()
        };
        assert_eq!(keeps(&parse(before), &parse(after)), want, "{before} -> {after}");
    }

    const STOP: &str = r#"{"Effect":"Deny","Action":["iam:*","sts:*"],"Resource":"*"}"#;
    const READ: &str = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#;

    #[test]
    fn a_ban_that_stays_is_kept() {
        check(STOP, STOP, true);
        check(STOP, &format!("{READ},{STOP}"), true);
        check(READ, READ, true);
        check(STOP, r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#, true);
        check(STOP, r#"{"Effect":"Deny","Action":["STS:*","iam:*","s3:*"],"Resource":"*"}"#, true);
        check(STOP, r#"{"Effect":"Deny","Action":["iam:**","st**"],"Resource":"***"}"#, true);
        check(STOP, r#"{"Effect":"Deny","Action":["iam:*a*","sts:*"],"Resource":"*"}"#, false);
        check(
            r#"{"Effect":"Deny","NotAction":["iam:*","s3:*"],"Resource":"*"}"#,
            r#"{"Effect":"Deny","NotAction":"iam:Get*","Resource":"*"}"#,
            true,
        );
    }

    #[test]
    fn a_condition_is_the_same_in_another_order_and_letters() {
        let ban = |condition: &str| {
            format!(r#"{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{condition}}}"#)
        };
        let two = ban(r#"{"StringNotEquals":{"aws:RequestedRegion":["a","b"]}}"#);
        check(&two, &ban(r#"{"stringNotEquals":{"AWS:requestedRegion":["b","a"]}}"#), true);
        check(&two, r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#, true);
        // It is unknown when a denial holds whose conditions cannot be read.
        check(&two, &ban("{}"), false);
        check(&two, &ban(r#"{"StringNotEquals":{"aws:RequestedRegion":["a","b","c"]}}"#), false);
        check(&two, &ban(r#"{"StringNotLike":{"aws:RequestedRegion":["a","b"]}}"#), false);
    }

    #[test]
    fn a_ban_that_is_gone_or_narrower_is_not() {
        check(STOP, READ, false);
        check(STOP, r#"{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#, false);
        check(STOP, r#"{"Effect":"Deny","Action":["iam:*","sts:?"],"Resource":"*"}"#, false);
        check(
            STOP,
            r#"{"Effect":"Deny","Action":["iam:*","sts:*"],"Resource":"arn:aws:iam::*:role/x"}"#,
            false,
        );
        check(
            STOP,
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
            false,
        );
        check(
            r#"{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}"#,
            r#"{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:user/x"},"Action":"sts:AssumeRole"}"#,
            false,
        );
    }
}
