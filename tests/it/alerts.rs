//! What people and programs get, for every event in `events/`.

use std::collections::BTreeSet;
use std::fs;

use iam_responder::alert::{Alert, Message, RuleLine, SNS_SUBJECT_CHARS_MAX};
use iam_responder::assess::engine::Engine;
use iam_responder::event::Event;
use iam_responder::facts::Known;
use iam_responder::iam::entity::EntityId;
use iam_responder::iam::kind::EntityKind;
use iam_responder::iam::policy::TagWord;
use iam_responder::own::{Deployed, Own};
use iam_responder::pack::PACK;
use iam_responder::prior::{Answers, Bearers, Beside, Prior, Why};
use iam_responder::respond::Origin;
use iam_responder::site::Format;
use iam_responder::text::line::Line;
use iam_responder::vocabulary::{FACTS, OwnStack};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{World, by, call, delivered, engine, session, topics, user};

const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/issuer.example";

/// The alert about a fixture, if there is one, published five seconds after the event.
fn alert(engine: &Engine, text: &str) -> Option<Alert> {
    alert_after(engine, text, SignedDuration::from_secs(5))
}

fn alert_after(engine: &Engine, text: &str, delay: SignedDuration) -> Option<Alert> {
    let world = World { topics: topics(Format::Text), ..World::new(engine, Origin::Checked) };
    let event = Event::parse(text);
    let published = event.as_ref().ok().and_then(Event::time).map(|time| time + delay);
    world.answer(event, published.unwrap_or_default(), published).alert
}

fn fixtures() -> Vec<(String, String)> {
    let mut found: Vec<_> = fs::read_dir("events")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap()))
        .collect();
    found.sort();
    found
}

#[test]
fn the_alert_of_the_night() {
    let engine = Engine::packed(&PACK).unwrap();
    let text = fs::read_to_string("events/attach-role-policy-admin.json").unwrap();
    let text = alert(&engine, &text).unwrap().to_text();
    let expected = include_str!("../data/attach-role-policy-admin.txt");
    assert_eq!(text, expected, "\n{text}");
}

#[test]
fn no_alert_carries_what_an_attacker_could_use() {
    let engine = Engine::packed(&PACK).unwrap();
    let fixtures = fixtures();
    assert!(fixtures.len() >= 30);
    for (file, text) in fixtures {
        let Some(alert) = alert(&engine, &text) else { continue };
        for &format in Format::ALL {
            let Message { subject, body, attributes, .. } = Message::new(&alert, format);
            assert!(subject.len() <= SNS_SUBJECT_CHARS_MAX, "{file}: {subject}");
            assert!(subject.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{file}: {subject}");
            assert!(!body.contains("EXAMPLETOKEN"), "{file}: a session token");
            let shown =
                |c: char| c == '\n' || !(c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
            assert!(body.chars().all(shown), "{file}: {body:?}");
            for markup in ["<b>", "<!channel>", "<script"] {
                assert!(!body.contains(markup), "{file}: {markup} in {body}");
            }
            for (name, value) in attributes {
                assert!(!value.is_empty() && value.is_ascii(), "{file}: {name} = {value:?}");
            }
        }
    }
}

/// Advice for a loss would send people to repair what is whole.
#[test]
fn what_was_refused_is_nowhere_said_to_be_done() {
    let engine = Engine::packed(&PACK).unwrap();
    let mut tried = 0;
    for (file, text) in fixtures() {
        let Ok(mut event) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
        let Some(record) = event.get_mut("detail").and_then(|record| record.as_object_mut()) else {
            continue;
        };
        record.insert("errorCode".to_owned(), "AccessDenied".into());
        let Some(alert) = alert(&engine, &event.to_string()) else { continue };
        let rules = engine.rules().rules();
        let of_alert = |rule: &&iam_responder::rule::Rule| {
            Some(&rule.spec.id) == alert.rules.first().map(RuleLine::id).as_ref()
        };
        let Some(rule) = rules.clone().find(of_alert) else { continue };
        assert!(alert.undo.is_empty(), "{file}");
        if rule.speaks_of_attempts() {
            continue;
        }
        tried += 1;
        let (text, json) = (alert.to_text(), alert.to_json().to_string());
        let advice = rule.spec.runbook.lines().chain([rule.spec.why.trim()]);
        for said in advice.filter(|line| !line.is_empty()) {
            assert!(!text.contains(said) && !json.contains(said), "{file}: {said}");
        }
        assert!(alert.rules.iter().all(|line| {
            let rule = rules.clone().find(|rule| rule.spec.id == line.id()).unwrap();
            rule.speaks_of_attempts() || line.title.shown().starts_with("Attempt: ")
        }));
        let title = alert.title.shown();
        assert!(title.starts_with("Attempt: "), "{file}: {title}");
    }
    assert!(tried >= 20, "{tried}");
}

#[test]
fn a_rule_about_attempts_or_callers_keeps_its_words() {
    let engine = Engine::packed(&PACK).unwrap();
    let speaks = |id: &str| {
        let mut rules = engine.rules().rules();
        rules.find(|rule| rule.spec.id == id).unwrap().speaks_of_attempts()
    };
    for id in [
        "access-denied-on-iam",
        "root-sign-in-failed",
        "attack-tool-user-agent",
        "principals-guessed-by-trust-policy",
    ] {
        assert!(speaks(id), "{id}");
    }
    for id in ["guardduty-detector-deleted", "admin-policy-attached-role", "access-key-swapped"] {
        assert!(!speaks(id), "{id}");
    }
}

#[test]
fn the_undo_of_an_event_that_is_not_of_now_is_doubted() {
    let engine = Engine::packed(&PACK).unwrap();
    let text = fs::read_to_string("events/attach-role-policy-admin.json").unwrap();
    let doubts = |delay: SignedDuration| {
        alert_after(&engine, &text, delay).unwrap().undo[0].doubts[1..].join(" ")
    };
    assert_eq!(doubts(SignedDuration::from_mins(60)), "");
    assert!(doubts(SignedDuration::from_mins(62)).contains("1 h 2 min old"));
    assert!(doubts(SignedDuration::from_hours(24 * 365 * 20)).contains("7300 d 0 h old"));
    assert_eq!(doubts(SignedDuration::from_mins(-15)), "");
    assert!(doubts(SignedDuration::from_mins(-17)).contains("lies ahead"));
    let timeless = text.replace("\"eventTime\"", "\"noTime\"").replace("\"time\"", "\"noTime\"");
    let undo = alert(&engine, &timeless).unwrap().undo.remove(0);
    assert!(undo.doubts[1].contains("no time"), "{undo:?}");
}

/// The caller chooses every text of the event: none of it may become a link, mention anybody or hide.
#[test]
fn no_text_of_an_event_is_live_in_any_channel() {
    const HOSTILE: &str = r"x [a](//files.example/b) www.files.example @everyone [~ops] mailto:ops \\files\c <!channel>";
    fn poison(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => text.push_str(&format!("{HOSTILE}\u{9b}\u{200b}")),
            serde_json::Value::Array(items) => items.iter_mut().for_each(poison),
            serde_json::Value::Object(map) => map.values_mut().for_each(poison),
            _ => {}
        }
    }
    let engine = Engine::packed(&PACK).unwrap();
    let mut alerts = 0;
    for (file, text) in fixtures() {
        let Ok(mut event) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
        let Some(record) = event.get_mut("detail").and_then(|record| record.as_object_mut()) else {
            continue;
        };
        for key in [
            "requestParameters",
            "responseElements",
            "userIdentity",
            "userAgent",
            "sourceIPAddress",
            "errorMessage",
            "additionalEventData",
            "eventID",
        ] {
            record.get_mut(key).into_iter().for_each(poison);
        }
        let Some(alert) = alert(&engine, &event.to_string()) else { continue };
        alerts += 1;
        for &format in Format::ALL {
            let Message { subject, body, .. } = Message::new(&alert, format);
            for live in [
                "//files",
                "www.files",
                "](",
                "@everyone",
                "[~",
                "mailto:",
                r"\\files",
                "<!",
                "\u{9b}",
                "\u{200b}",
            ] {
                // JSON writes a backslash as two.
                let live = if format == Format::Text {
                    live.to_owned()
                } else {
                    live.replace('\\', r"\\")
                };
                assert!(
                    !body.contains(&live) && !subject.contains(&live),
                    "{file}: {live} in {body}"
                );
            }
        }
    }
    assert!(alerts >= 40, "{alerts}");
}

/// An alert holds the text unchanged; no channel and no stored alert does.
#[test]
fn a_hostile_name_is_dead_wherever_it_stands() {
    let engine = Engine::packed(&PACK).unwrap();
    for name in [
        "<https://evil.example|click>",
        "a\n- b\r\u{202e}\u{200b}\u{9b}@here",
        "[a](//evil.example/x)",
        "//(evil) `x` www.evil.example",
    ] {
        let parameters = json!({"openIDConnectProviderArn": PROVIDER, "clientID": name});
        let mut record = call("iam", "AddClientIDToOpenIDConnectProvider", 0, parameters);
        record["userIdentity"] = user(name);
        record["eventID"] = "e-1".into();
        let mut alert = alert(&engine, &delivered(record).to_string()).unwrap();
        assert!(alert.sentence.as_it_is().starts_with(name), "{:?}", alert.sentence);
        assert!(alert.undo[0].command.is_some(), "{:?}", alert.undo);
        alert.sentence = alert.sentence.and(" On ").and(Line::name(name));
        alert.title = Line::from("It is ").and(Line::name(name));
        alert.rules[0].title = alert.title.clone();
        for lines in [&mut alert.reasons, &mut alert.history, &mut alert.rights.allows] {
            lines.push(Line::text(&format!("it is {name}")));
        }
        assert!(alert.reasons.iter().any(|reason| reason.as_it_is().ends_with(name)));
        let kept = alert.to_stored().unwrap();
        let again = Alert::from_stored(&kept).unwrap();
        assert_eq!((again.to_text(), again.to_json()), (alert.to_text(), alert.to_json()));
        for &format in Format::ALL {
            let Message { subject, body, attributes, .. } = Message::new(&alert, format);
            let attributes = attributes.into_iter().map(|(_, value)| value);
            for text in attributes.chain([kept.clone(), subject, body]) {
                let live = ["<h", "](", "//(", "//evil", "www.evil", "@here", "\n- b"];
                // In JSON a new line is two characters.
                let live =
                    live.into_iter().chain(["\\n- b", "\r", "\u{202e}", "\u{200b}", "\u{9b}"]);
                for live in live {
                    assert!(!text.contains(live), "{live:?} in {text:?}");
                }
            }
        }
    }
}

#[test]
fn per_protocol_bodies_are_what_sns_asks_for() {
    let engine = Engine::packed(&PACK).unwrap();
    let text = fs::read_to_string("events/attach-role-policy-admin.json").unwrap();
    let alert = alert(&engine, &text).unwrap();
    let message = Message::new(&alert, Format::PerProtocol);
    let bodies: serde_json::Value = serde_json::from_str(&message.body).unwrap();
    for protocol in ["default", "email", "sms", "email-json", "http", "https", "lambda", "sqs"] {
        assert!(bodies.get(protocol).is_some_and(serde_json::Value::is_string), "{protocol}");
    }
    let sqs: serde_json::Value = serde_json::from_str(bodies["sqs"].as_str().unwrap()).unwrap();
    assert_eq!(sqs["severity"], "critical");
    assert_eq!(sqs["entity"]["name"], "deploy-payments");
    assert_eq!(sqs["delay_seconds"], 5);
    assert_eq!(
        message.subject,
        "[CRITICAL] Administrator policy attached to a role: deploy-payments (payments-production)"
    );
}

#[test]
fn an_event_made_of_long_names_stays_within_the_limits() {
    let engine = Engine::packed(&PACK).unwrap();
    let long = "<\u{202e}漢".repeat(20_000);
    let record = json!({"eventSource": "iam.amazonaws.com", "eventName": "AttachRolePolicy", "eventID": long,
        "userAgent": long, "sourceIPAddress": long, "awsRegion": long, "errorCode": long, "errorMessage": long,
        "userIdentity": {"type": long, "userName": long, "arn": long, "principalId": long},
        "requestParameters": {"roleName": long, "policyArn": long}});
    let event = json!({"source": "aws.iam", "account": "111122223333", "detail": record});
    let alert = alert(&engine, &event.to_string()).unwrap();
    for &format in Format::ALL {
        let message = Message::new(&alert, format);
        assert!(message.body.len() < 64 * 1024, "{} bytes", message.body.len());
        assert!(message.attributes.iter().all(|(_, value)| value.len() < 1_024));
    }
}

/// Records with facts that no sample has.
fn rare() -> Vec<String> {
    let record = |source, name, parameters| call(source, name, 0, parameters);
    let linked =
        "arn:aws:iam::111122223333:role/aws-service-role/sso.amazonaws.com/AWSServiceRoleForSSO";
    let set = linked
        .replace("aws-service-role", "aws-reserved")
        .replace("AWSServiceRoleForSSO", "AWSReservedSSO_A_01");
    let deny = r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    let bans = json!({"name": "r", "policyName": "p", "content": deny});
    let denies = json!({"roleName": "r", "policyName": "p", "policyDocument": deny});
    let records = [
        record("organizations", "CreatePolicy", bans.clone()),
        record("organizations", "UpdatePolicy", bans),
        by(record("iam", "CreateUser", Value::Null), session(linked)),
        record("sts", "AssumeRoleWithSAML", json!({"roleArn": set})),
        record("sts", "AssumeRole", json!({"roleArn": linked})),
        record("iam", "PutRolePolicy", denies),
        record("iam", "DeleteUser", json!({"userName": "Dave"})),
        record("cloudtrail", "UpdateTrail", json!({"name": "t", "isMultiRegionTrail": true})),
        record(
            "iam",
            "AddRoleToInstanceProfile",
            json!({"instanceProfileName": "k", "roleName": "Keeper"}),
        ),
        record("iam", "UpdateAssumeRolePolicy", json!({"roleName": "build-runner"})),
    ];
    records.iter().map(Value::to_string).collect()
}

/// A path of `derived` that is not listed could not be asked for; a listed one that never comes
/// would never match.
#[test]
fn the_paths_of_derived_are_those_that_the_samples_show() {
    fn leaves(value: &serde_json::Value, at: &str, found: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    leaves(value, &format!("{at}.{key}"), found);
                }
            }
            _ => _ = found.insert(at.to_owned()),
        }
    }
    let role = "arn:aws:iam::111122223333:role/build-runner".to_owned();
    let guarded =
        ["user/dave", "role/keeper"].map(|name| format!("arn:aws:iam::111122223333:{name}"));
    let engine = engine(&format!("protected: {guarded:?}\n"))
        .deployed_as(Own::default().deployed(Deployed { by: vec![role], ..Deployed::default() }));
    let mut found = BTreeSet::from(["derived.entity".to_owned(), "derived.principal".to_owned()]);
    let texts = fixtures().into_iter().map(|(_, text)| text).chain(rare());
    for text in texts {
        let Ok(mut event) = Event::parse(&text) else { continue };
        let former = Prior::unknown(Why::Unseen);
        let known = Known {
            burst: Some(1),
            own_stack: Some(OwnStack::Updated),
            before: Answers {
                former,
                decided: BTreeSet::from([TagWord::Admin]),
                feeds: true,
                beside: vec![Beside::default()],
                bearers: Some(Bearers {
                    found: vec![EntityId::of("111122223333", EntityKind::User, "dave").unwrap()],
                    cut: false,
                }),
                ..Answers::default()
            },
            ..Known::default()
        };
        engine.recognise_at_once(&mut event, &known);
        leaves(event.value("derived").unwrap(), "derived", &mut found);
    }
    // Tags have any names.
    let tags = |path: &String| path.starts_with("derived.accountTags.");
    assert!(found.extract_if(.., tags).count() > 0);
    found.insert("derived.accountTags".to_owned());
    let listed: BTreeSet<String> = FACTS.iter().map(|fact| fact.path.to_owned()).collect();
    assert_eq!(found, listed);
}
