//! Recorded records of other people's accounts, where they are present: nothing is lost, nothing
//! crashes, nothing leaves a limit.
//!
//! The folder is `../shared/corpus`, or what `IAM_RESPONDER_CORPUS` names.

use std::io::Read;
use std::path::PathBuf;

use flate2::read::MultiGzDecoder;
use iam_responder::alert::{Alert, Message};
use iam_responder::assess::engine::Engine;
use iam_responder::event::input;
use iam_responder::pack::PACK;
use iam_responder::respond::Origin;
use iam_responder::respond::handled::Disposition;
use iam_responder::site::Format;

use crate::support::{World, topics};

/// Largest message that SNS takes, with its attributes, in bytes.
const SNS_BYTES_MAX: usize = 262_144;

pub(crate) fn files() -> Vec<PathBuf> {
    let folder =
        std::env::var_os("IAM_RESPONDER_CORPUS").unwrap_or_else(|| "../shared/corpus".into());
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.to_string_lossy().ends_with(".ndjson.gz")).collect()
}

fn check_message(alert: &Alert) {
    for &format in Format::ALL {
        let message = Message::new(alert, format);
        assert!(message.subject.is_ascii() && message.subject.len() <= 100, "{message:?}");
        assert!(message.body.len() < SNS_BYTES_MAX / 4, "{} bytes", message.body.len());
        assert!(!message.body.contains("sessionToken"), "{message:?}");
    }
}

#[test]
fn every_recorded_event_is_answered() {
    let world = World::new(Engine::packed(&PACK).unwrap(), Origin::Trusted);
    let world = World { topics: topics(Format::PerProtocol), ..world };
    let now = "2026-11-20T12:00:00Z".parse().unwrap();
    for file in files() {
        let mut text = String::new();
        MultiGzDecoder::new(std::fs::File::open(&file).unwrap()).read_to_string(&mut text).unwrap();
        let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
        let inputs: Vec<_> = input::read(&text).collect();
        assert_eq!(inputs.len(), lines, "{}: events in, answers out", file.display());
        for input in inputs {
            let response = world.answer(input.event().unwrap(), now, Some(now));
            assert_ne!(
                response.outcome.disposition,
                Disposition::Unreadable,
                "{:?}",
                response.outcome
            );
            let sent = world.publish.take();
            assert_eq!(sent.len(), usize::from(response.outcome.disposition.is_published()));
            if let Some(alert) = &response.alert {
                check_message(alert);
            }
        }
    }
}
