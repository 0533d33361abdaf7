//! Links into the console, built only from our own templates and percent-encoded values.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::event::{Event, partition};
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
    if let Some(place) = entity_page(context) {
        links.push(("console".into(), format!("https://{domain}/iam/home#/{place}")));
    }
    if let (Some(id), Some(region)) = (event.text("detail.eventID"), region(event)) {
        let id = encoded(id);
        let url =
            format!("https://{region}.{domain}/cloudtrailv2/home?region={region}#/events/{id}");
        links.push(("cloudtrail".into(), url));
    }
    links
}

fn entity_page(context: &Context) -> Option<String> {
    let entity = context.facts.entity.as_ref()?;
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

    #[test]
    fn names_make_no_links_of_their_own() {
        assert_eq!(encoded("www.a@b//c"), "www%2Ea%40b%2F%2Fc");
        assert_eq!(encoded("deploy.web_1-x~"), "deploy.web_1-x~");
    }
}
