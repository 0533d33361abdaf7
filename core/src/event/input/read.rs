//! Files into values, one at a time.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::damaged;
use super::piece::{Found, Piece, take};
use crate::event::{Event, Unreadable};

/// One value found in the input.
#[derive(Debug)]
pub struct Input {
    /// Which value of the input, counted from 1.
    pub number: usize,
    /// What it is.
    pub found: Found,
}

impl Input {
    /// The event, or why it cannot be read. `None` for a file that holds no events.
    #[must_use]
    pub fn event(self) -> Option<Result<Event, Unreadable>> {
        match self.found {
            Found::Event(event) => Some(event),
            Found::NoEvents(_) => None,
        }
    }
}

/// Content as text, from UTF-8, or from UTF-16 as Windows writes it. Bytes that are neither become replacement
/// characters, and a byte order mark is removed.
#[must_use]
pub fn text(content: &[u8]) -> Cow<'_, str> {
    let of_utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
        let text = char::decode_utf16(units);
        Cow::Owned(text.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
    };
    match content {
        [0xff, 0xfe, rest @ ..] => return of_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return of_utf16(rest, u16::from_be_bytes),
        // JSON begins with an ASCII character, so a zero beside it says what it is.
        [b'{' | b'[' | b'"', 0, ..] => return of_utf16(content, u16::from_le_bytes),
        [0, b'{' | b'[' | b'"', ..] => return of_utf16(content, u16::from_be_bytes),
        _ => {}
    }
    match String::from_utf8_lossy(content) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Cow::Owned(text) => Cow::Owned(text.trim_start_matches('\u{feff}').to_owned()),
    }
}

/// Reads the events of a file's [`text`], one at a time: the values are found at once, but each is
/// parsed only when it is its turn, so that a large file costs little more memory than its text.
pub fn read(text: &str) -> impl Iterator<Item = Input> + '_ {
    let found = find(text.trim());
    found
        .into_iter()
        .flat_map(Piece::parse)
        .enumerate()
        .map(|(index, found)| Input { number: index + 1, found })
}

fn find(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    if text.is_empty() {
        return found;
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(whole) => take(whole.get(), &mut found),
        Err(_) => damaged::values(text, &mut found),
    }
    found
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::event::Shape;
    use crate::event::input::NoEvents;
    use crate::event::input::payload::PAYLOAD_BYTES_MAX;

    #[track_caller]
    fn check(content: &str, readable: usize, unreadable: usize) {
        let text = text(content.as_bytes());
        let found: Vec<Input> = read(&text).collect();
        let good = found.iter().filter(|input| matches!(input.found, Found::Event(Ok(_)))).count();
        assert_eq!((good, found.len() - good), (readable, unreadable), "{content}: {found:?}");
    }

    #[test]
    fn every_shape_is_read_and_nothing_is_lost() {
        check("", 0, 0);
        check("\u{feff}{\"eventName\":\"A\"}", 1, 0);
        check("{\"Records\":[{\"eventName\":\"A\"},{\"eventName\":\"B\"},7]}", 2, 1);
        check("[{\"detail\":{}},{\"eventName\":\"A\"}]", 2, 0);
        check(
            "{\"eventName\":\"A\"}\n\n{\"eventName\":\"B\"}\nbroken\n{\"eventName\":\"C\"}\n",
            3,
            1,
        );
        check("{\n\"eventName\":\"A\"}\n{\n\"eventName\":\"B\"}", 2, 0);
        check("{\n\"eventName\":\"A\"}\n{\n\"eventName\"", 1, 1);
        check(
            "{\"eventName\":\n{\"eventName\":\"B\"}\n{\n\"eventName\":\"C\"\n}\n{\"eventName\":\"D\"}",
            3,
            1,
        );
        check(
            "{\"Records\":[{\"eventVersion\":\"1\"},{\"eventVersion\":\"\0\"},{\"eventVersion\":\"1\"},]}",
            2,
            1,
        );
        check("{\"Records\":[{\"eventVersion\":\"1\"},{\"eventVer", 1, 1);
        check("{\"Records\":[{\"eventVersion\":\"1\"}]", 1, 1);
        check("{\"Records\":[{\"eventVersion\":\"1\"}", 1, 1);
        check(
            "{\"Records\":[{\"eventName\":\"A\"}]}\n{\"Records\":[{\"eventName\":\"B\"},{\"eventName\":\"C\"}]}",
            3,
            0,
        );
        check("[{\"eventName\":\"A\"}]\n[{\"eventName\":\"B\"}]", 2, 0);
        check("{\"detail\":{},\"Records\":[1,2]}", 1, 0);
        check("[{\"EventId\":\"x\",\"CloudTrailEvent\":\"{\\\"eventName\\\":\\\"A\\\"}\"}]", 1, 0);
        check("not json at all", 0, 1);
        for nothing in [",", "[,]", "\u{a0},,\n,"] {
            check(nothing, 0, 1);
        }
        check("[]\n[]", 0, 0);
        check(r#"{"Events":[{"EventId":"x","CloudTrailEvent":"{\"eventName\":\"A\"}"}]}"#, 1, 0);
        check(&"[".repeat(10_000), 0, 1);
    }

    const RECORD: &str =
        r#"{"eventName":"CreateUser","eventSource":"iam.amazonaws.com","eventID":"A"}"#;

    /// A text as JSON has it.
    fn quoted(text: &str) -> String {
        serde_json::to_string(text).unwrap()
    }

    /// In base64, packed or not.
    fn encoded(text: &str, packed: bool) -> String {
        encoded_times(text, usize::from(packed))
    }

    /// In base64, packed so many times.
    fn encoded_times(text: &str, times: usize) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..times {
            let fast = flate2::Compression::fast();
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), fast);
            packer.write_all(&bytes).unwrap();
            bytes = packer.finish().unwrap();
        }
        let character = |(bits, place): (u32, usize)| {
            char::from(ALPHABET[usize::try_from(bits >> (18 - 6 * place) & 63).unwrap()])
        };
        let group = |group: &[u8]| {
            let bits = (0..3).fold(0, |bits, at| {
                bits << 8 | u32::from(group.get(at).copied().unwrap_or_default())
            });
            (0..=group.len()).map(move |place| (bits, place)).map(character).collect::<String>()
        };
        bytes.chunks(3).map(group).collect()
    }

    /// Every event of it is the record; and so many values cannot be read.
    #[track_caller]
    fn check_carried(payload: &str, events: usize, unreadable: usize) {
        let found: Vec<_> = read(payload).filter_map(Input::event).collect();
        let known = |event: &&Result<Event, Unreadable>| {
            event.as_ref().is_ok_and(|event| {
                (event.shape(), event.name()) == (Shape::Record, Some("CreateUser"))
            })
        };
        let good = found.iter().filter(known).count();
        assert_eq!((good, found.len() - good), (events, unreadable), "{payload}: {found:?}");
    }

    #[test]
    fn events_are_taken_out_of_what_carried_them() {
        let text = quoted(RECORD);
        let message = quoted(&format!(r#"{{"Type":"Notification","Message":{text}}}"#));
        let (plain, packed) = (encoded(RECORD, false), encoded(RECORD, true));
        let batch = format!(
            r#"{{"messageType":"DATA_MESSAGE","logEvents":[{{"message":{text}}},{{"message":{text}}}]}}"#
        );
        let batch = encoded(&batch, true);
        for (carrier, events) in [
            (format!("[{text},{text}]"), 2),
            (text.clone(), 1),
            (format!("[[{RECORD}],[{RECORD}]]"), 2),
            (format!(r#"{{"Records":[{{"messageId":"m","body":{text},"eventSource":"aws:sqs"}}]}}"#), 1),
            (format!(r#"{{"Messages":[{{"Body":{message}}},{{"Body":{text}}}]}}"#), 2),
            (format!(r#"{{"Records":[{{"EventSource":"aws:sns","Sns":{{"Message":{text}}}}}]}}"#), 1),
            (format!(r#"{{"Records":[{{"eventSource":"aws:kinesis","eventName":"aws:kinesis:record","kinesis":{{"data":"{plain}"}}}}]}}"#), 1),
            (format!(r#"{{"deliveryStreamArn":"a","records":[{{"data":"{packed}"}},{{"data":"{plain}"}}]}}"#), 2),
            (format!(r#"{{"awslogs":{{"data":"{batch}"}}}}"#), 2),
            (format!(r#"{{"Records":[{{"eventSource":"aws:dynamodb","dynamodb":{{"NewImage":{{"e":{{"S":{text}}}}}}}}}]}}"#), 1),
            (format!(r#"{{"requestContext":{{"condition":"RetriesExhausted"}},"requestPayload":{RECORD}}}"#), 1),
            (r#"{"QueryResultRows":[[{"eventName":"CreateUser"},{"eventSource":"iam.amazonaws.com"}]]}"#.to_owned(), 1),
            (r#"{"eventname":"CreateUser","eventsource":"iam.amazonaws.com"}"#.to_owned(), 1),
            (format!(r#"[{{"detail":{text}}}]"#).replace("detail", "message"), 1),
        ] {
            check_carried(&carrier, events, 0);
        }
        // Another item in the same list that is not an event is not skipped.
        check_carried(&format!(r#"{{"Records":[{{"body":{text}}},{{"body":"hello"}}]}}"#), 1, 1);
        check_carried(&format!(r#"{{"messages":[{{"data":"{plain}"}},{{"data":"x"}}]}}"#), 1, 1);
        check_carried(&format!(r#"{{"body":{}}}"#, quoted(&format!("{RECORD}{{\"cut"))), 1, 1);
        // These are empty.
        for none in [
            r#"{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"object":{"key":"k"}}}]}"#,
            r#"{"eventName":{"value":"End"},"operationName":{"value":"resources/delete"}}"#,
            r#"{"eventName":"CreateInstance","eventSource":"ecs.cn-hangzhou.aliyuncs.com","userIdentity":{"type":"ram-user"}}"#,
            r#"{"eventName":"CreateUser"}"#,
            r#"{"detail":{"msg":"Not found"}}"#,
        ] {
            let found: Vec<_> = read(none).filter_map(Input::event).collect();
            let [Ok(event)] = found.as_slice() else { panic!("{none}: {found:?}") };
            assert_eq!(event.shape(), Shape::Unknown, "{none}");
        }
    }

    #[test]
    fn gzip_within_gzip_is_unpacked_up_to_the_limit() {
        check_carried(&format!(r#"{{"data":"{}"}}"#, encoded_times(RECORD, 3)), 1, 0);
        let bomb = encoded_times(&" ".repeat(PAYLOAD_BYTES_MAX + 1), 2);
        check_carried(&format!(r#"{{"Records":[{{"data":"{bomb}"}},{RECORD}]}}"#), 1, 1);
    }

    #[test]
    fn what_is_too_large_to_be_searched_says_so() {
        let reason = |text: &str| {
            let found: Vec<_> = read(text).filter_map(Input::event).collect();
            let [Err(fault)] = found.as_slice() else { panic!("{} found", found.len()) };
            fault.clone()
        };
        let filler = "x".repeat(PAYLOAD_BYTES_MAX);
        let carrier = format!(r#"{{"records":[{RECORD},"{filler}"]}}"#);
        let (bytes, most) = (carrier.len(), PAYLOAD_BYTES_MAX);
        assert_eq!(reason(&carrier), Unreadable::CarrierTooLarge { bytes, most });
        let event = RECORD.replace("\"A\"", &format!("\"{filler}\""));
        assert_eq!(reason(&event), Unreadable::TooLarge(event.len()));
    }

    #[test]
    fn of_two_fields_of_one_name_both_are_read() {
        let text = quoted(RECORD);
        let summary = format!(
            r#"{{"EventName":"CreateUser","EventSource":"iam.amazonaws.com","CloudTrailEvent":{text},"CloudTrailEvent":{text}}}"#
        );
        check_carried(&summary, 2, 0);
        check_carried(&format!(r#"{{"Events":[{summary}]}}"#), 2, 0);
        check_carried(&format!(r#"{{"body":[{summary}]}}"#), 2, 0);
        check_carried(&format!(r#"{{"records":[{RECORD}],"records":[{RECORD}]}}"#), 2, 0);
        check_carried(&format!(r#"{{"message":{text},"message":{text}}}"#), 2, 0);
    }

    #[test]
    fn hostile_payloads_are_reported_and_cost_little() {
        let mut layers = RECORD.to_owned();
        for _ in 0..12 {
            layers = quoted(&layers);
        }
        check_carried(&layers, 0, 1);
        let bomb = encoded(&" ".repeat(PAYLOAD_BYTES_MAX + 1), true);
        check_carried(&format!(r#"{{"Records":[{{"body":"{bomb}"}}]}}"#), 0, 1);
        check_carried(&format!(r#"{{"body":{}}}"#, quoted(&"[".repeat(100_000))), 0, 1);
        // Broken, and given up.
        check_carried(&"{\"a\":".repeat(20_000), 0, 2);
        check_carried(&"{\"a\":[{".repeat(20_000), 0, 1);
        check_carried(&format!("{}{RECORD}", "[{\"a\":\n".repeat(1_000)), 1, 1);
    }

    #[test]
    fn a_damaged_file_loses_no_event_that_stands_whole_in_it() {
        let cut = r#"{"Records":[{"eventVersion":"1.11","userIdentity":{"type":"IA"#;
        let log = format!(r#"{{"Records":[{RECORD},{RECORD}]}}"#);
        check_carried(&format!("{cut}{log}"), 2, 1);
        check_carried(&format!("{cut}\n{log}\n{log}"), 4, 1);
        check_carried(&format!(r#"{{"Records":[{RECORD},{{"eventVersion":"1.11","userIde"#), 1, 1);
        check_carried(&format!("rubbish {RECORD}\n{RECORD}\n"), 2, 1);
        let other =
            r#"{"awsRegion":"x","eventName":"CreateUser","eventSource":"iam.amazonaws.com"}"#;
        check_carried(
            &format!(r#"{{"Records":[{RECORD},{{"eventName":}},{other},{RECORD}]}}"#),
            3,
            1,
        );
        check_carried(&format!("[{RECORD},{{\"a\":nul}},{other}]"), 2, 1);
        let events = format!(r#"{{"Events":[{RECORD},?,{RECORD}],"NextToken":"t"}}"#);
        check_carried(&format!("{events}\n{log}"), 4, 1);
    }

    #[test]
    fn files_without_events_are_skipped_by_their_own_marks() {
        let skipped = |text: &str| -> Vec<NoEvents> {
            let of = |input: Input| match input.found {
                Found::NoEvents(what) => Some(what),
                Found::Event(_) => None,
            };
            read(text).filter_map(of).collect()
        };
        let digest = r#"{"awsAccountId":"111122223333","digestS3Object":"x","logFiles":[]}"#;
        let large = format!(r#"{{"configurationItems":["{}"]}}"#, "x".repeat(2_000_000));
        let snapshot = r#"{"configSnapshotId":"a","configurationItems":[]}"#;
        let all = [NoEvents::Digest, NoEvents::Configuration, NoEvents::Configuration];
        assert_eq!(skipped(&format!("{digest}\n{large}\n{snapshot}")), all);
        // A mark beside an event hides nothing.
        for event in [
            r#"{"digestS3Object":"x","eventName":"CreateUser"}"#,
            r#"{"digestS3Object":"x","detail":{}}"#,
            r#"{"configurationItems":[],"Records":[{"eventName":"A"}]}"#,
            r#"{"digestEndTime":"x"}"#,
        ] {
            assert_eq!((skipped(event).len(), read(event).count()), (0, 1), "{event}");
        }
    }

    #[test]
    fn texts_of_windows_are_read() {
        for big in [false, true] {
            let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            let utf16: Vec<u8> = RECORD.replace('A', "é").encode_utf16().flat_map(bytes).collect();
            let marked = [&bytes(0xfeff)[..], &utf16].concat();
            for content in [utf16, marked] {
                assert_eq!(text(&content), RECORD.replace('A', "é"));
            }
        }
    }
}
