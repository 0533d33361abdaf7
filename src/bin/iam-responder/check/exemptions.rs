//! Settings that make quieter, and that somebody other than the owner intends could use.

use iam_responder::assess::engine::Engine;
use iam_responder::iam::arn::{ArnPattern, MatchedArns};
use iam_responder::pack::PACK;
use iam_responder::site::Adjustment;
use iam_responder::text::severity::Severity;
use serde_json::Value;

use super::remark::Remark;

/// Remarks about wildcards, beginnings and ends of ARNs, and about leaving out the pack's own site.
pub(super) fn remarks(engine: &Engine) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for rule in engine.rules().rules() {
        let patterns = [&rule.spec.pattern].into_iter();
        let before = rule.spec.sequence.iter().flat_map(|sequence| &sequence.before);
        // A rule lets off what it excepts. A quiet one also takes the word from those that speak where no other does.
        let is_quiet = rule.spec.severity < Severity::Medium;
        for part in patterns.chain(before).flat_map(parts) {
            let asks = part.operator == "wildcard" && !part.negated;
            if asks && !is_quiet {
                continue;
            }
            let message = part.remark(part.negated);
            remarks.extend(message.map(|message| Remark::of_rule(rule, message)));
        }
    }
    let site = engine.site();
    for adjustment in site.adjustments() {
        let spec = &adjustment.spec;
        let place = format!("severity because {}", spec.because);
        for part in parts(&spec.when) {
            let message = part.remark(adjustment.may_lower());
            remarks.extend(message.map(|message| Remark::new(place.clone(), message)));
        }
    }
    for suppression in site.suppressions() {
        let spec = &suppression.spec;
        let place = format!("suppression {} of {}", spec.name, spec.owner);
        for part in parts(&spec.pattern) {
            let message = part.remark(true);
            remarks.extend(message.map(|message| Remark::new(place.clone(), message)));
        }
    }
    remarks.extend(of_defaults(engine));
    remarks
}

/// A part of a text that a pattern matches.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part<'p> {
    /// `wildcard`, `prefix` or `suffix`.
    operator: &'p str,
    text: &'p str,
    /// Stands behind `anything-but`: what matches it is left out.
    negated: bool,
    /// The field holds an ARN.
    arn: bool,
}

/// All wildcards, prefixes and suffixes of a pattern.
fn parts(pattern: &Value) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    collect(pattern, false, false, &mut parts);
    parts
}

fn collect<'p>(value: &'p Value, arn: bool, negated: bool, parts: &mut Vec<Part<'p>>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match key.as_str() {
                    "wildcard" | "prefix" | "suffix" => {
                        let part = |text| Part { operator: key.as_str(), text, negated, arn };
                        parts.extend(texts(inner).into_iter().map(part));
                    }
                    "anything-but" => collect(inner, arn, true, parts),
                    "$or" => collect(inner, arn, negated, parts),
                    field => collect(inner, holds_arn(field), negated, parts),
                }
            }
        }
        Value::Array(items) => {
            // If every ARN is asked for beside it, it exempts nobody.
            let beside = !negated && items.iter().any(|item| item["prefix"] == "arn:");
            items.iter().for_each(|item| collect(item, arn && !beside, negated, parts));
        }
        _ => {}
    }
}

/// A text, several, or those behind `equals-ignore-case`.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn holds_arn(field: &str) -> bool {
    let field = field.to_lowercase();
    field.ends_with("arn") || ["principal", "permissionsboundary"].contains(&field.as_str())
}

impl Part<'_> {
    /// A star also matches `:` and `/`, and an IAM path may contain both. So a star before the account, or before the
    /// last part of a path, can match an ARN that anybody may create. Anybody may choose the end of an ARN, or the
    /// beginning of a name. Prefixes and suffixes count if a match exempts the caller.
    fn remark(&self, exempts: bool) -> Option<String> {
        let text = match self.operator {
            "prefix" => format!("{}*", self.text),
            "suffix" => format!("*{}", self.text),
            _ => self.text.to_owned(),
        };
        let counts = exempts || self.operator == "wildcard";
        let is_arn = ArnPattern::split(&text).is_arn()
            || MatchedArns::of(&text).is_some()
            || (self.arn && exempts);
        if !counts || !is_arn {
            return None;
        }
        let Some(why) = why(self.operator, &text) else {
            let open = exempts.then(|| open_name(&text)).flatten();
            return open.map(|kind| {
                format!(
                    "the {} \"{}\" ends within a name, so everybody who may make a {kind} in that account can name one so: \
                     write the names out, or end the path with `/`",
                    self.operator, self.text
                )
            });
        };
        let because = match self.operator {
            "wildcard" => "a `*` runs over `:` and `/`, and a path of IAM may hold both",
            "prefix" => "what comes behind it may hold any account and path",
            _ => "path and name are chosen by the one who makes it, in any account",
        };
        Some(format!(
            "the {} \"{}\" {why}; {because}, so anybody may make an ARN that it matches: {}",
            self.operator,
            self.text,
            help(&text)
        ))
    }
}

fn why(operator: &str, text: &str) -> Option<&'static str> {
    let pattern = ArnPattern::split(text);
    let early = !pattern.is_arn() || pattern.has_early_star();
    match (early, pattern.crosses_path()) {
        (true, _) if operator == "suffix" => Some("asks for the end alone"),
        (true, _) => Some("begins before the account"),
        (false, true) => Some("crosses the path"),
        _ => None,
    }
}

/// The kind of the role or user in whose name the text ends with a star. `None` if it does not.
fn open_name(text: &str) -> Option<&'static str> {
    let (kind, name) = ArnPattern::split(text.strip_suffix('*')?).kind_and_name()?;
    let is_open = !name.ends_with('/');
    match kind {
        "role" if is_open => Some("role"),
        "user" if is_open => Some("user"),
        // The session's own name follows the role's name.
        "assumed-role" if is_open && !name.contains('/') => Some("role"),
        _ => None,
    }
}

fn help(text: &str) -> &'static str {
    match MatchedArns::of_arn(text) {
        Some(MatchedArns::LinkedRole) => {
            "ask for `derived.principal.linkedService`, which AWS vouches for"
        }
        Some(MatchedArns::PermissionSetRole) => {
            "ask for `derived.principal.permissionSet`, which AWS vouches for"
        }
        Some(MatchedArns::Policy) => {
            "ask for `derived.policyName`, `derived.grants`, or write the ARN out"
        }
        Some(MatchedArns::Caller) | None => {
            "ask for `derived.principal.name` or `derived.entity.name`, or write partition, account and path out"
        }
    }
}

/// Without the site that came with the pack its adjustments are gone, and the site file does not show that.
fn of_defaults(engine: &Engine) -> Option<Remark> {
    if engine.site().has_defaults() {
        return None;
    }
    let built_in = Engine::packed(&PACK).ok()?;
    let kept =
        |one: &Adjustment| engine.site().adjustments().iter().any(|own| own.spec == one.spec);
    let lost = built_in.site().adjustments().iter().filter(|one| !kept(one));
    let lost: Vec<String> = lost
        .filter_map(|one| Some(format!("\"{}\" ({})", one.spec.because, one.spec.change()?)))
        .collect();
    let calendars = engine.site().calendars();
    let names = built_in.site().calendars().iter().map(|(name, _)| name);
    let hours: Vec<&str> = names
        .filter(|name| !calendars.iter().any(|(own, _)| own == *name))
        .map(String::as_str)
        .collect();
    let mut message = "`defaults: none` leaves out what came with the pack".to_owned();
    if !lost.is_empty() {
        message.push_str(&format!("; no longer in force: {}", lost.join(", ")));
    }
    if !hours.is_empty() {
        message.push_str(&format!("; calendars that are gone: {}", hours.join(", ")));
    }
    Some(Remark::new("site file".to_owned(), message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(pattern: &Value, exempts: bool, want: Option<&str>) {
        let found: Vec<String> =
            parts(pattern).iter().filter_map(|part| part.remark(exempts || part.negated)).collect();
        assert_eq!(found.len(), usize::from(want.is_some()), "{pattern}: {found:?}");
        assert!(want.is_none_or(|want| found.concat().contains(want)), "{found:?}");
    }

    #[test]
    fn stars_before_the_account_or_across_a_path_are_seen() {
        let wildcard = |text: &str, want| check(&json!({"x": [{"wildcard": text}]}), false, want);
        wildcard("arn:*:iam::*:role/aws-service-role/*", Some("principal.linkedService"));
        wildcard("*:role/aws-reserved/sso.amazonaws.com/*", Some("principal.permissionSet"));
        wildcard("arn:*:iam::aws:policy/AdministratorAccess", Some("begins before the account"));
        wildcard("arn:aws:iam::111122223333:role/*/deploy", Some("crosses the path"));
        wildcard("arn:aws:iam::111122223333:role/ci/*", None);
        wildcard("arn:aws:iam::111122223333:role/ci-*", None);
        let deploy = "arn:*:iam::*:role/x/aws-service-role/*";
        wildcard(deploy, Some("`derived.principal.name`"));
        wildcard("*dmin*", None);
        wildcard("*AccessDenied*", None);
    }

    #[test]
    fn ends_and_beginnings_of_arns_are_seen_where_they_let_off() {
        let role = |given: Value| json!({"derived": {"principal": {"roleArn": [given]}}});
        let suffix = role(json!({"suffix": "/AWSControlTowerExecution"}));
        check(&suffix, true, Some("asks for the end alone"));
        let set = role(json!({"suffix": "/AWSReservedSSO_Admin_0123"}));
        check(&set, true, Some("`derived.principal.permissionSet`"));
        // A rule that matches too much is only louder.
        check(&suffix, false, None);
        check(&role(json!({"anything-but": {"suffix": ["/ci"]}})), false, Some("suffix \"/ci\""));
        check(&role(json!({"anything-but": {"wildcard": "*/ci-*"}})), false, Some("before"));
        check(&role(json!({"anything-but": {"prefix": "arn:aws:iam::"}})), false, Some("before"));
        let own = "arn:aws:iam::111122223333:role/ci/";
        check(&role(json!({"anything-but": {"prefix": own}})), false, None);
        check(&role(json!({"prefix": own})), true, None);
        let begun = "arn:aws:iam::111122223333:role/ci";
        check(&role(json!({"prefix": begun})), true, Some("ends within a name"));
        check(&role(json!({"prefix": begun})), false, None);
        check(
            &role(json!({"wildcard": "arn:aws:iam::111122223333:user/ci-*"})),
            true,
            Some("a user"),
        );
        let session = "arn:aws:sts::111122223333:assumed-role/ci";
        check(&json!({"arn": [{"prefix": session}]}), true, Some("make a role"));
        check(&json!({"arn": [{"prefix": format!("{session}/run-")}]}), true, None);
        let ignoring_case = json!({"suffix": {"equals-ignore-case": ":role/ci"}});
        check(&json!({"$or": [{"name": [ignoring_case]}]}), true, Some("the end alone"));
        let principal = json!({"principal": [{"anything-but": {"suffix": ".example.com"}}]});
        check(&principal, false, Some("the end alone"));
        let and_arns = json!([{"anything-but": {"suffix": ".example.com"}}, {"prefix": "arn:"}]);
        check(&json!({"principal": and_arns}), false, None);
        check(&json!({"name": [{"suffix": "-ci"}]}), true, None);
    }

    #[test]
    fn parts_are_found_at_every_depth() {
        let pattern = json!({"a": {"$or": [{"b": [{"anything-but": {"wildcard": ["x*", "y*"]}}]},
            {"cArn": [{"wildcard": "z*"}]}]}, "d": [{"prefix": "w"}]});
        let found: Vec<_> =
            parts(&pattern).iter().map(|part| (part.text, part.negated, part.arn)).collect();
        assert_eq!(
            found,
            [("x*", true, false), ("y*", true, false), ("z*", false, true), ("w", false, false)]
        );
    }
}
