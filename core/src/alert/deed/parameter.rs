//! The target of a call by the names of its parameters, if the call has no phrase.

use std::borrow::Cow;

use serde_json::Value;

use super::phrase::service_of;
use super::value::texts;
use crate::event::Event;
use crate::text::table::{columns, lines};

/// Most things that are named.
const THINGS_MAX: usize = 2;
/// Endings of parameters that name something.
const ENDINGS: [&str; 9] =
    ["Name", "Names", "Arn", "Arns", "Id", "Ids", "Identifier", "Url", "ARN"];
/// Parameters with such endings that do not.
const OTHERS: [&str; 8] = [
    "accessKeyId",
    "clientRequestToken",
    "kmsKeyId",
    "parentId",
    "requestId",
    "roleSessionName",
    "sessionName",
    "versionId",
];

/// Something that a parameter names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named<'e> {
    /// Its kind, unless the call's own words say it.
    pub(super) noun: Option<&'static str>,
    /// Its names.
    pub(super) names: Vec<Cow<'e, str>>,
}

fn rows() -> impl Iterator<Item = [&'static str; 4]> {
    lines(include_str!("parameters.tsv")).filter_map(columns::<4>)
}

/// What the parameters name, the most specific first.
pub(super) fn named(event: &Event) -> Vec<Named<'_>> {
    let service = service_of(event.event_source().unwrap_or_default());
    let mut found: Vec<Named<'_>> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for [source, parameter, noun, only] in rows() {
        let applies = (source == "-" || source == service) && !seen.contains(&parameter);
        let more = found.len() < THINGS_MAX && (only == "-" || found.is_empty());
        if !applies || !more {
            continue;
        }
        let names = below_request(event, parameter);
        if !names.is_empty() {
            seen.push(parameter);
            let noun = Some(noun).filter(|noun| *noun != "-");
            // A bare name adds nothing after a better one.
            if noun.is_some() || found.is_empty() {
                found.push(Named { noun, names });
            }
        }
    }
    if found.is_empty() {
        found.extend(by_ending(event));
    }
    found
}

/// The texts of a parameter, also within the one structure that EC2 puts around all of them, where it writes a list's
/// elements as `{"tag": 1, "content": "vpc-1"}`.
fn below_request<'e>(event: &'e Event, parameter: &str) -> Vec<Cow<'e, str>> {
    let at_once = texts(event, parameter);
    if !at_once.is_empty() {
        return at_once;
    }
    let parameters = event.value("detail.requestParameters").and_then(Value::as_object);
    let around = parameters.into_iter().flatten().find(|(key, _)| key.ends_with("Request"));
    around.map(|(key, _)| texts(event, &within(key, parameter))).unwrap_or_default()
}

fn within(around: &str, parameter: &str) -> String {
    format!("{around}.{parameter},{around}.{parameter}.content")
}

/// For an unknown call: the first parameter whose name ends like that of a name, at the top, in a set as EC2 writes
/// lists, or in a list of structures.
fn by_ending(event: &Event) -> Option<Named<'_>> {
    let parameters = event.value("detail.requestParameters")?.as_object()?;
    let at_once = parameters.keys().filter(|key| names_one(key)).cloned();
    let of_sets = parameters.iter().filter(|(key, _)| key.ends_with("Set") && *key != "filterSet");
    let in_sets = of_sets.filter_map(|(set, value)| {
        let list = ["items", "item"].into_iter().find(|list| value.get(list).is_some())?;
        let key = value.get(list)?.get(0)?.as_object()?.keys().find(|key| names_one(key))?;
        Some(format!("{set}.{list}.{key}"))
    });
    let requests = parameters.iter().filter(|(key, _)| key.ends_with("Request"));
    let in_requests = requests.filter_map(|(around, value)| {
        let key = value.as_object()?.keys().find(|key| names_one(key))?;
        Some(within(around, key))
    });
    let of_lists = parameters.iter().filter(|(key, _)| !key.to_lowercase().starts_with("filter"));
    let in_lists = of_lists.filter_map(|(list, value)| {
        let key = value.as_array()?.first()?.as_object()?.keys().find(|key| names_one(key))?;
        Some(format!("{list}.{key}")).filter(|_| !list.contains([',', '.']))
    });
    let found = at_once.chain(in_sets).chain(in_requests).chain(in_lists).find_map(|path| {
        let names = texts(event, &path);
        (!names.is_empty()).then_some(names)
    });
    found.map(|names| Named { noun: None, names })
}

fn names_one(key: &str) -> bool {
    ENDINGS.iter().any(|end| key.ends_with(end))
        && !OTHERS.iter().any(|other| key.eq_ignore_ascii_case(other))
        // Commas and dots would part paths.
        && !key.contains([',', '.'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::sample::call;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(rows().count(), lines(include_str!("parameters.tsv")).count());
    }

    #[track_caller]
    fn check(source: &str, parameters: Value, want: &[(Option<&str>, &str)]) {
        let event = call(source, "Do").with("requestParameters", parameters).event();
        let found = named(&event);
        let found: Vec<_> = found.iter().map(|one| (one.noun, one.names.join("+"))).collect();
        let want: Vec<_> = want.iter().map(|(noun, name)| (*noun, (*name).to_owned())).collect();
        assert_eq!(found, want);
    }

    #[test]
    fn parameters_say_of_what_they_are_names() {
        check("s3", json!({"bucketName": "logs", "acl": ""}), &[(Some("bucket"), "logs")]);
        check("ec2", json!({"instanceIds": ["i-1", "i-2"]}), &[(Some("instance"), "i-1+i-2")]);
        let wrapped = json!({"DeleteThingRequest": {"InstanceId": "i-1", "tag": 1}});
        check("ec2", wrapped, &[(Some("instance"), "i-1")]);
        let listed = json!({"DoRequest": {"ResourceId": {"tag": 1, "content": "vpc-1"}}});
        check("ec2", listed, &[(Some("resource"), "vpc-1")]);
        check("ec2", json!({"groupId": "sg-1"}), &[(Some("security group"), "sg-1")]);
        check("sso", json!({"groupId": "g-1", "name": "n"}), &[(Some("group"), "g-1")]);
        check("quarry", json!({"kmsKeyId": "k", "digName": "d"}), &[(None, "d")]);
        check("quarry", json!({"name": "n"}), &[(None, "n")]);
        let set = json!({"filterSet": {"items": [{"name": "f"}]}, "digSet": {"items": [{"digId": "d-1"}]}});
        check("quarry", set, &[(None, "d-1")]);
        let listed = json!({"digs": [{"Note": "x", "DigArn": "arn:d-1"}, {"DigArn": "arn:d-2"}]});
        check("quarry", listed, &[(None, "arn:d-1+arn:d-2")]);
        check("quarry", json!({"filters": [{"Name": "f"}], "a.b": [{"Id": "i"}]}), &[]);
        check("quarry", json!({"clientRequestToken": "t", "note": "x"}), &[]);
    }
}
