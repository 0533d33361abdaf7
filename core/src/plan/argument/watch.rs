//! Of what watches and guards: trails, recorders, rules of events, detectors, analyzers and stacks.
//!
//! Source: the models `cloudtrail`, `config`, `events`, `guardduty`, `accessanalyzer` and `cloudformation` of botocore,
//! unless a type names another.

use std::net::Ipv4Addr;

use super::form::{Place, arn, below, is_name_char, is_of, is_uuid, is_word_char};
use super::value::texts;
use crate::plan::guard::Guard;

texts! {
    /// Name or ARN of a trail.
    /// Source: `StartLoggingRequest` and `InvalidTrailNameException`, in words
    TrailName: is_trail, UnsafeValue;
    /// ARN of an event data store, or the ID at its end.
    /// Source: `EventDataStoreArn`, and what the model says of the parameter
    EventDataStoreId: is_event_data_store, UnsafeValue;
    /// Name of a recorder of configurations. Only its length is documented.
    /// Source: `RecorderName`
    RecorderName: |text| is_of(text, 1..=256, |_| true), UnsafeValue;
    /// Name of a rule of events.
    /// Source: `RuleName`
    EventRuleName: |text| is_of(text, 1..=64, is_name_char), UnsafeValue;
    /// Name or ARN of a bus of events.
    /// Source: `EventBusNameOrArn`
    EventBusName: is_event_bus, UnsafeValue;
    /// ID of a detector. Source: `DetectorId` for its length; as no more is documented, any letters, digits, dashes and
    /// underscores.
    DetectorId: is_guardduty_id, UnsafeValue;
    /// ID of a list of addresses of a detector: trusted ones, or threats. Of the same form as [`DetectorId`].
    ListId: is_guardduty_id, UnsafeValue;
    /// Name of a filter of findings.
    /// Source: `FilterName` for its length, `CreateFilterRequest` for its letters, in words
    FilterName: |text| is_of(text, 3..=64, is_name_char), UnsafeValue;
    /// Name of an analyzer.
    /// Source: `AnalyzerName`
    AnalyzerName: |text| text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && is_of(text, 1..=255, is_name_char), UnsafeValue;
    /// Name of a rule that archives findings.
    /// Source: `Name`
    ArchiveRuleName: |text| text.starts_with(|c: char| c.is_ascii_alphabetic())
        && is_of(text, 1..=255, is_name_char), UnsafeValue;
    /// Name or ARN of a stack.
    /// Source: `StackNameOrId` and, for its length, `CreateStackInput`, in words
    StackName: is_stack, UnsafeValue;
}

fn is_trail(text: &str) -> bool {
    is_trail_name(below(text, ("cloudtrail", Place::Regional), "trail").unwrap_or(text))
}

/// No two of `._-` are adjacent, and none of them is first or last.
fn is_trail_name(name: &str) -> bool {
    is_of(name, 3..=128, is_name_char)
        && name.split(['.', '_', '-']).all(|part| !part.is_empty())
        && name.parse::<Ipv4Addr>().is_err()
}

fn is_event_data_store(text: &str) -> bool {
    is_uuid(below(text, ("cloudtrail", Place::Regional), "eventdatastore").unwrap_or(text))
}

/// Those of partners have slashes in their names.
fn is_event_bus(text: &str) -> bool {
    let name = below(text, ("events", Place::Regional), "event-bus").unwrap_or(text);
    is_of(name, 1..=256, |c| is_name_char(c) || c == '/') && text.len() <= 1_600
}

fn is_guardduty_id(text: &str) -> bool {
    is_of(text, 1..=300, |c| is_word_char(c) || c == '-')
}

fn is_stack(text: &str) -> bool {
    if let Some(arn) = arn(text, "cloudformation", Place::Regional) {
        let named = arn.below("stack").is_some_and(|named| !named.is_empty());
        return named
            && is_of(text, 1..=2_048, |c| c.is_ascii_alphanumeric() || "-:/._+".contains(c));
    }
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && is_of(text, 1..=128, |c| c.is_ascii_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::argument::value::check;

    const GUARD: Guard = Guard::UnsafeValue;
    const UUID: &str = "0a1b2c3d-0000-4000-8000-0123456789ab";

    #[test]
    fn a_trail_goes_by_its_name_or_its_arn() {
        let arn = "arn:aws-cn:cloudtrail:cn-north-1:111122223333:trail/aws-controltower-Base";
        let other = "arn:aws:cloudtrail:eu-west-1:111122223333:channel/abc";
        let refused =
            ["", "ab", "-abc", "abc.", "a--b", "a-_b", "a b", "192.168.5.4", "http://x/y", other];
        check::<TrailName>(&["main", "a.b_c-d", arn], &refused, GUARD);
        let store = format!("arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/{UUID}");
        check::<EventDataStoreId>(&[UUID, &store], &["", "store", arn], GUARD);
    }

    #[test]
    fn recorders_and_rules_of_events_have_names() {
        check::<RecorderName>(&["default", "é b"], &["", &"x".repeat(257)], GUARD);
        check::<EventRuleName>(&["a.b_c-d"], &["", "a b", "a/b", &"x".repeat(65)], GUARD);
        let buses = [
            "default",
            "aws.partner/example.com/1",
            "arn:aws-us-gov:events:us-gov-west-1:111122223333:event-bus/b",
        ];
        check::<EventBusName>(
            &buses,
            &["", "a b", "http://x", "arn:aws:events:eu-west-1:111122223333:rule/b"],
            GUARD,
        );
    }

    #[test]
    fn what_finds_has_ids_and_names() {
        let id = "12abc34d567e8fa901bc2d34e56789f0";
        check::<DetectorId>(&[id], &["", "d$(id)", &"x".repeat(301)], GUARD);
        check::<ListId>(&[id], &["", "a b"], GUARD);
        check::<FilterName>(&["abc", "a.b_c-d"], &["ab", "a b c", &"x".repeat(65)], GUARD);
        check::<AnalyzerName>(&["_a", "Outside.1-x"], &["", "1a", "a b", "-a"], GUARD);
        check::<ArchiveRuleName>(&["Archive.1-x"], &["", "_a", "1a", "a b"], GUARD);
    }

    #[test]
    fn a_stack_goes_by_its_name_or_its_arn() {
        let arn = format!("arn:aws:cloudformation:eu-west-1:111122223333:stack/web-1/{UUID}");
        let set = "arn:aws:cloudformation:eu-west-1:111122223333:stackset/web-1:x";
        check::<StackName>(
            &["web-1", &arn],
            &["", "1web", "a_b", "a b", &"x".repeat(129), set],
            GUARD,
        );
    }
}
