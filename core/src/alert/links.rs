//! Links into the console, built only from our own templates and percent-encoded values.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::event::{CallOutcome, Event, partition};
use crate::facts::Context;
use crate::iam::kind::EntityKind;
use crate::text::line::NAME_CHARS_MAX;
use crate::text::live::is_live;

const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(super) fn links(event: &Event, context: &Context) -> Vec<(Cow<'static, str>, String)> {
    let domain = match partition(event) {
        "aws" => "console.aws.amazon.com",
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => return Vec::new(),
    };
    let mut links = Vec::new();
    if let Some(place) = entity_page(event, context) {
        links.push(("console".into(), format!("https://{domain}/iam/home#/{place}")));
    }
    let in_history = is_in_history(event).then(|| event.text("detail.eventID")).flatten();
    if let (Some(id), Some(region)) = (in_history, region(event)) {
        let id = encoded(id);
        let url =
            format!("https://{region}.{domain}/cloudtrailv2/home?region={region}#/events/{id}");
        links.push(("cloudtrail".into(), url));
    }
    links
}

/// Does the console show the event? Its event history has none about data or networks.
/// Source: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html>
fn is_in_history(event: &Event) -> bool {
    let management = |category: &str| category.eq_ignore_ascii_case("Management");
    event.text("detail.eventCategory").is_none_or(management)
        && event.flag("detail.managementEvent") != Some(false)
}

/// Is what the event names gone by it?
fn is_deleted(event: &Event, context: &Context, kind: EntityKind) -> bool {
    let deleted = event.name().and_then(|name| name.strip_prefix("Delete"));
    context.facts.outcome == CallOutcome::Success
        && deleted.is_some_and(|what| what.eq_ignore_ascii_case(kind.word()))
}

fn entity_page(event: &Event, context: &Context) -> Option<String> {
    let entity = context.facts.entity.as_ref()?;
    if is_deleted(event, context, entity.kind) {
        return None;
    }
    let name = encoded(entity.name.as_deref()?);
    match entity.kind {
        EntityKind::Role => Some(format!("roles/details/{name}")),
        EntityKind::User => Some(format!("users/details/{name}")),
        EntityKind::Group => Some(format!("groups/details/{name}")),
        EntityKind::Policy => {
            entity.arn.as_deref().map(|arn| format!("policies/details/{}", encoded(arn)))
        }
        _ => None,
    }
}

/// A Region becomes part of a host name: only what looks like one may.
fn region(event: &Event) -> Option<&str> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    event.region().filter(|region| region.len() <= 32 && region.chars().all(good))
}

fn encoded(text: &str) -> String {
    let short: Vec<char> = text.chars().take(NAME_CHARS_MAX).collect();
    let piece = |(at, c): (usize, &char)| match c {
        // A name must not become a link inside our link.
        '.' if is_live(&short, at) => "%2E".to_owned(),
        c => utf8_percent_encode(c.encode_utf8(&mut [0; 4]), KEPT).to_string(),
    };
    short.iter().enumerate().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::sample::call;
    use crate::facts::Known;

    #[track_caller]
    fn check(service: &str, name: &str, fields: &str, want: &[&str]) {
        let record = call(service, name).with("awsRegion", "us-east-1").with("eventID", "e-1");
        let event = record.and(fields).event();
        let links = links(&event, &Context::plain(&event, &Known::default()));
        let labels: Vec<&str> = links.iter().map(|(label, _)| label.as_ref()).collect();
        assert_eq!(labels, want, "{name} {fields}");
    }

    #[test]
    fn no_link_leads_to_what_is_not_there() {
        let role = r#""requestParameters":{"roleName":"r","policyName":"p"}"#;
        check("iam", "DeleteRole", role, &["cloudtrail"]);
        check("iam", "DeleteRolePolicy", role, &["console", "cloudtrail"]);
        let refused = format!(r#"{role},"errorCode":"AccessDenied""#);
        check("iam", "DeleteRole", &refused, &["console", "cloudtrail"]);
        check(
            "iam",
            "DeletePolicy",
            r#""requestParameters":{"policyArn":"arn:aws:iam::111122223333:policy/p"}"#,
            &["cloudtrail"],
        );
        check("lambda", "Invoke", r#""eventCategory":"Data","managementEvent":false"#, &[]);
        check("lambda", "Invoke", r#""managementEvent":false"#, &[]);
        check("lambda", "Invoke", r#""eventCategory":"NetworkActivity""#, &[]);
        check(
            "iam",
            "CreateUser",
            r#""eventCategory":"Management","managementEvent":true"#,
            &["cloudtrail"],
        );
    }

    #[test]
    fn names_make_no_links_of_their_own() {
        assert_eq!(encoded("www.a@b//c"), "www%2Ea%40b%2F%2Fc");
        assert_eq!(encoded("deploy.web_1-x~"), "deploy.web_1-x~");
    }
}
