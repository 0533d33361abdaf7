//! Says what a document allows that gives no right with a word of its own.

use std::collections::BTreeSet;

use super::document::{Clause, PolicyDocument, Statement};
use super::glob::is_all;
use crate::text::enumerated::enumerated;

/// Most statements described.
const STATEMENTS_SAID_MAX: usize = 3;
/// Most actions or resources named of one statement.
const NAMED_MAX: usize = 3;
/// Longest action or resource that is shown, in characters.
const CHARS_MAX: usize = 60;

/// The first statements that allow something, as `ec2:describe* on everything`: actions are kept in small letters. None
/// where nothing is allowed. The text holds nothing of a document but what has the form of an action or of an ARN.
#[must_use]
pub(crate) fn plain(document: &PolicyDocument) -> Option<String> {
    let allows = document.statements.iter().filter(|statement| statement.allow);
    let lines: BTreeSet<String> = allows.map(said).collect();
    let lines = lines.iter().map(String::as_str);
    (lines.len() > 0).then(|| enumerated(lines, STATEMENTS_SAID_MAX))
}

fn said(statement: &Statement) -> String {
    let guard = if statement.conditions.is_empty() { "" } else { ", under a condition" };
    let (actions, resources) = (&statement.actions, &statement.resources);
    format!("{} on {}{guard}", clause(actions, "action"), clause(resources, "resource"))
}

fn clause(clause: &Clause, what: &str) -> String {
    let patterns: BTreeSet<&str> = clause.patterns.iter().map(String::as_str).collect();
    let is_all = patterns.iter().any(|pattern| is_all(pattern));
    let named = match patterns.len() {
        _ if is_all => "everything".to_owned(),
        1..=NAMED_MAX if patterns.iter().all(|pattern| is_plain(pattern)) => {
            patterns.into_iter().collect::<Vec<_>>().join(" and ")
        }
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    if clause.negated { format!("everything but {named}") } else { named }
}

/// Has it the form of an action or of an ARN, without a space, so that it makes no sentence of its own?
fn is_plain(pattern: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || "*?:/_-${}.".contains(c);
    let has_form = pattern.contains(':');
    has_form && pattern.chars().count() <= CHARS_MAX && pattern.chars().all(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(statements: &str, want: Option<&str>) {
        let document = PolicyDocument::parse(&format!(r#"{{"Statement":[{statements}]}}"#));
        assert_eq!(plain(&document.unwrap()).as_deref(), want, "{statements}");
    }

    fn allow(actions: &str, rest: &str) -> String {
        format!(r#"{{"Effect":"Allow","Action":{actions},{rest}}}"#)
    }

    #[test]
    fn what_is_allowed_is_said_shortly() {
        let all = r#""Resource":"*""#;
        check(&allow(r#""ec2:Describe*""#, all), Some("ec2:describe* on everything"));
        let bucket = r#""Resource":"arn:aws:s3:::shop/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#;
        let line = "s3:getobject and s3:putobject on arn:aws:s3:::shop/*, under a condition";
        check(&allow(r#"["s3:PutObject","s3:GetObject"]"#, bucket), Some(line));
        let but = r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"arn:aws:sqs:*:*:q"}"#;
        check(but, Some("everything but iam:* on arn:aws:sqs:*:*:q"));
        check(r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#, None);
        let four = r#"["a:A","a:B","a:C","a:D"]"#;
        check(&allow(four, all), Some("4 actions on everything"));
    }

    #[test]
    fn a_document_writes_no_sentence_into_an_alert() {
        for hostile in ["s3:x. Nothing to do", "safe", "s3:@here", "s3:x\\u202e", "s3:\\nUndo"] {
            let of = allow(&format!("\"{hostile}\""), r#""Resource":"*""#);
            check(&of, Some("1 action on everything"));
        }
        let long = format!("\"s3:{}\"", "x".repeat(CHARS_MAX));
        check(&allow(&long, r#""Resource":"*""#), Some("1 action on everything"));
        let many: Vec<String> =
            (0..9).map(|n| allow(&format!("\"s3:A{n}\""), r#""Resource":"*""#)).collect();
        let line = "s3:a0 on everything, s3:a1 on everything, s3:a2 on everything and 6 more";
        check(&many.join(","), Some(line));
    }
}
