//! What makes quieter, and could be had by somebody else than its owner means.

use iam_responder::engine::Engine;
use iam_responder::rule::Rule;
use iam_responder::severity::Severity;
use serde_json::Value;

use super::Remark;

/// Remarks about wildcards over ARNs, and about settings of the site that go further than any adjustment may.
pub fn remarks(engine: &Engine) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for rule in engine.rules().rules() {
        let patterns = [&rule.spec.pattern].into_iter();
        let before = rule.spec.sequence.iter().flat_map(|sequence| &sequence.before);
        for text in patterns.chain(before).flat_map(wildcards) {
            remarks.extend(of_wildcard(text).map(|message| Remark::of_rule(rule, message)));
        }
        remarks.extend(of_override(engine, rule));
    }
    let site = engine.site();
    for adjustment in site.adjustments() {
        let place = format!("severity because {}", adjustment.spec.because);
        for text in wildcards(&adjustment.spec.when) {
            remarks.extend(of_wildcard(text).map(|message| Remark::new(place.clone(), message)));
        }
    }
    for suppression in site.suppressions() {
        let spec = &suppression.spec;
        let place = format!("suppression {} of {}", spec.name, spec.owner);
        for text in wildcards(&spec.pattern) {
            remarks.extend(of_wildcard(text).map(|message| Remark::new(place.clone(), message)));
        }
        remarks.extend(of_silence(engine, &spec.rules).map(|message| Remark::new(place, message)));
    }
    remarks
}

/// Texts of all wildcards of a pattern.
fn wildcards(pattern: &Value) -> Vec<&str> {
    match pattern {
        Value::Object(map) => {
            let own = map.get("wildcard").into_iter().flat_map(|given| match given {
                Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
                one => one.as_str().into_iter().collect::<Vec<_>>(),
            });
            own.chain(map.values().flat_map(wildcards)).collect()
        }
        Value::Array(items) => items.iter().flat_map(wildcards).collect(),
        _ => Vec::new(),
    }
}

/// A star runs over `:` and `/`, and an IAM path may hold both: where one stands before the account, or before
/// the last part of a path, an ARN that anybody may make can match.
fn of_wildcard(text: &str) -> Option<String> {
    const RESOURCES: [&str; 4] = [":role/", ":user/", ":policy/", ":assumed-role/"];
    let names_resource = RESOURCES.iter().any(|resource| text.contains(resource));
    if !text.starts_with("arn:") && !names_resource {
        return None;
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let (before, resource) = match parts.as_slice() {
        [before @ .., resource] if before.len() == 5 => (before, *resource),
        _ => (parts.as_slice(), ""),
    };
    let early = !text.starts_with("arn:") || before.iter().any(|part| part.contains('*'));
    let crosses = resource
        .find('*')
        .is_some_and(|star| resource.get(star..).unwrap_or_default().contains('/'));
    let why = match (early, crosses) {
        (true, _) => "begins before the account",
        (false, true) => "crosses the path",
        _ => return None,
    };
    let help = if text.contains("aws-service-role") {
        "ask for `derived.principal.linkedService`, which AWS vouches for"
    } else if text.contains("aws-reserved") || text.contains("AWSReservedSSO_") {
        "ask for `derived.principal.permissionSet`, which AWS vouches for"
    } else if text.contains(":policy/") {
        "ask for `derived.policyName`, `derived.grants`, or write the ARN out"
    } else {
        "ask for `derived.principal.name` or `derived.entity.name`, or write partition, account and path out"
    };
    Some(format!(
        "the wildcard \"{text}\" {why}; a `*` runs over `:` and `/`, and a path of IAM may hold both, so anybody may \
         make an ARN that it matches: {help}"
    ))
}

/// Adjustments stop at medium where it matters most; an override goes lower.
fn of_override(engine: &Engine, rule: &Rule) -> Option<Remark> {
    let change = engine.site().override_of(&rule.spec.id);
    let off =
        change.is_some_and(|change| change.enabled == Some(false) || change.disabled == Some(true));
    let severity = rule.pack_severity.unwrap_or(rule.spec.severity);
    if off && severity >= Severity::High {
        return Some(Remark::of_rule(
            rule,
            format!("is switched off by the site's override, and {severity} by itself"),
        ));
    }
    let by_itself = rule.pack_severity.filter(|by_itself| *by_itself >= Severity::High)?;
    let now = rule.spec.severity;
    let message = format!("is {now} by the site's override, {by_itself} by itself");
    (now < Severity::Medium).then(|| Remark::of_rule(rule, message))
}

fn of_silence(engine: &Engine, named: &[String]) -> Option<String> {
    if named.is_empty() {
        let message = "names no rules: it also silences administrator rights, trust to strangers, and changes of the \
                       monitoring and of this tool";
        return Some(message.to_owned());
    }
    let loud = engine.rules().rules().iter().filter(|rule| {
        named.contains(&rule.spec.id) && rule.spec.enabled && rule.spec.severity >= Severity::High
    });
    let loud: Vec<String> =
        loud.map(|rule| format!("{} ({})", rule.spec.id, rule.spec.severity)).collect();
    (!loud.is_empty()).then(|| format!("silences {}", loud.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Option<&str>) {
        let found = of_wildcard(text);
        assert_eq!(found.is_some(), want.is_some(), "{text}: {found:?}");
        assert!(want.is_none_or(|want| found.unwrap().contains(want)), "{text}");
    }

    #[test]
    fn stars_before_the_account_or_across_a_path_are_seen() {
        check("arn:*:iam::*:role/aws-service-role/*", Some("principal.linkedService"));
        check("*:role/aws-reserved/sso.amazonaws.com/*", Some("principal.permissionSet"));
        check("arn:*:iam::aws:policy/AdministratorAccess", Some("begins before the account"));
        check("arn:aws:iam::111122223333:role/*/deploy", Some("crosses the path"));
        check("arn:aws:iam::111122223333:role/ci/*", None);
        check("arn:aws:iam::111122223333:role/ci-*", None);
        check("*dmin*", None);
        check("*AccessDenied*", None);
    }

    #[test]
    fn wildcards_are_found_at_every_depth() {
        let pattern = serde_json::json!({"a": {"$or": [{"b": [{"anything-but": {"wildcard": ["x*", "y*"]}}]},
            {"c": [{"wildcard": "z*"}]}]}, "d": [{"prefix": "w*"}]});
        assert_eq!(wildcards(&pattern), ["x*", "y*", "z*"]);
    }
}
