//! An alert as the table stores it. Version 1 is frozen: this version reads what a former one wrote, and a former one
//! reads what this one writes. So all its parts have types of their own. It holds texts as they were shown, so that
//! none is ever printed otherwise.

use std::borrow::{Borrow, Cow};
use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::step::{SeverityV1, StepV1};
use crate::alert::contents::{
    AffectedPlace, Alert, EntityLine, EventLine, Place, RightsLines, RuleLine, Who, shown_lines,
    shown_name,
};
use crate::alert::step::StepLine;
use crate::alert::word::{KeptWord, words};
use crate::event::CallOutcome;
use crate::iam::kind::EntityKind;
use crate::iam::policy::{Grant, TrustWord};
use crate::text::hostile::Hostile;
use crate::text::line::Line;

#[derive(Serialize, Deserialize)]
struct AlertV1 {
    severity: SeverityV1,
    title: String,
    sentence: String,
    rules: Vec<RuleV1>,
    reasons: Vec<String>,
    #[serde(default)]
    cut: bool,
    why: Option<String>,
    runbook: Option<String>,
    who: WhoV1,
    entity: Option<EntityV1>,
    rights: RightsV1,
    place: PlaceV1,
    event: EventV1,
    #[serde(with = "super::step")]
    undo: Vec<StepV1>,
    plan: Vec<StepV1>,
    links: Vec<(Cow<'static, str>, String)>,
    history: Vec<String>,
    held_back: u32,
    notes: Vec<String>,
    #[serde(default)]
    acknowledge: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct RuleV1 {
    id: String,
    title: String,
    severity: SeverityV1,
    attack: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct WhoV1 {
    line: String,
    kind: String,
    person: Option<String>,
    arn: Option<String>,
    role_arn: Option<String>,
    account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source_identity: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<(String, Option<String>)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_scope_of: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity_provider: Option<String>,
    mfa: Option<bool>,
    external: bool,
}

#[derive(Serialize, Deserialize)]
struct EntityV1 {
    kind: String,
    name: Option<String>,
    arn: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct RightsV1 {
    grants: Vec<String>,
    unconditional: Vec<String>,
    trust: Vec<String>,
    allows: Vec<String>,
    difference: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct PlaceV1 {
    account: Option<String>,
    account_name: Option<String>,
    environment: Option<String>,
    environment_known: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opened: Option<OpenedV1>,
    region: Option<String>,
    source_ip: Option<String>,
    user_agent: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct OpenedV1 {
    account: String,
    account_name: Option<String>,
    environment: String,
    environment_known: bool,
}

#[derive(Serialize, Deserialize)]
struct EventV1 {
    id: Option<String>,
    source: Option<String>,
    name: Option<String>,
    time: Option<Timestamp>,
    delay: Option<SignedDuration>,
    outcome: Option<String>,
    error: Option<String>,
}

impl Alert {
    /// The alert as the table keeps it: JSON of version 1.
    #[must_use]
    pub fn to_stored(&self) -> Option<String> {
        serde_json::to_string(&AlertV1::from(self)).ok()
    }

    /// Reads a stored alert. `None` if it has another shape.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        serde_json::from_str::<AlertV1>(text).ok().map(Self::from)
    }
}

impl From<&Alert> for AlertV1 {
    fn from(alert: &Alert) -> Self {
        let Alert { who, rights, place, event, .. } = alert.clone();
        let name = |name: Option<Hostile>| shown_name(name.as_ref());
        Self {
            severity: alert.severity.into(),
            title: alert.title.shown(),
            sentence: alert.sentence.shown(),
            rules: alert.rules.iter().cloned().map(RuleV1::from).collect(),
            reasons: shown_lines(&alert.reasons),
            cut: alert.cut,
            why: alert.why.clone(),
            runbook: alert.runbook.clone(),
            entity: alert.entity.clone().map(|entity| EntityV1 {
                kind: entity.kind.word().to_owned(),
                name: name(entity.name),
                arn: name(entity.arn),
            }),
            rights: rights.into(),
            event: EventV1 {
                error: event.error(),
                id: name(event.id),
                source: name(event.source),
                name: name(event.name),
                time: event.time,
                delay: event.delay,
                outcome: event.outcome.map(|outcome| outcome.word().to_owned()),
            },
            who: WhoV1 {
                line: who.line.shown(),
                kind: shown_name(Some(&who.kind)).unwrap_or_default(),
                person: name(who.person),
                arn: name(who.arn),
                role_arn: name(who.role_arn),
                account: name(who.account),
                access_key: name(who.access_key),
                session: name(who.session),
                source_identity: name(who.source_identity),
                on_behalf_of: who.on_behalf_of.map(|(person, store)| {
                    (shown_name(Some(&person)).unwrap_or_default(), name(store))
                }),
                in_scope_of: name(who.in_scope_of),
                identity_provider: name(who.identity_provider),
                mfa: who.mfa,
                external: who.external,
            },
            place: PlaceV1 {
                user_agent: place.agent(),
                account: name(place.account),
                account_name: name(place.account_name),
                environment: place.environment,
                environment_known: place.environment_known,
                opened: place.affected.map(OpenedV1::from),
                region: name(place.region),
                source_ip: name(place.source_ip),
            },
            undo: alert.undo.iter().cloned().map(StepV1::from).collect(),
            plan: alert.plan.iter().cloned().map(StepV1::from).collect(),
            links: alert.links.clone(),
            history: shown_lines(&alert.history),
            held_back: alert.held_back,
            notes: shown_lines(&alert.notes),
            acknowledge: alert.acknowledge.clone(),
        }
    }
}

impl From<AlertV1> for Alert {
    fn from(kept: AlertV1) -> Self {
        let AlertV1 { who, place, event, .. } = kept;
        let text = |text: Option<String>| text.as_deref().map(Hostile::as_shown);
        Self {
            severity: kept.severity.into(),
            title: Line::as_shown(&kept.title),
            sentence: Line::as_shown(&kept.sentence),
            rules: kept.rules.into_iter().map(RuleLine::from).collect(),
            reasons: lines(&kept.reasons),
            cut: kept.cut,
            why: kept.why,
            runbook: kept.runbook,
            who: Who {
                line: Line::as_shown(&who.line),
                kind: Hostile::as_shown(&who.kind),
                person: text(who.person),
                arn: text(who.arn),
                role_arn: text(who.role_arn),
                account: text(who.account),
                access_key: text(who.access_key),
                session: text(who.session),
                source_identity: text(who.source_identity),
                on_behalf_of: who
                    .on_behalf_of
                    .map(|(person, store)| (Hostile::as_shown(&person), text(store))),
                in_scope_of: text(who.in_scope_of),
                identity_provider: text(who.identity_provider),
                mfa: who.mfa,
                external: who.external,
            },
            entity: kept.entity.map(|entity| EntityLine {
                kind: KeptWord::read(entity.kind, EntityKind::of),
                name: text(entity.name),
                arn: text(entity.arn),
            }),
            rights: kept.rights.into(),
            place: Place {
                account: text(place.account),
                account_name: text(place.account_name),
                environment: place.environment,
                environment_known: place.environment_known,
                affected: place.opened.map(AffectedPlace::from),
                region: text(place.region),
                source_ip: text(place.source_ip),
                user_agent: text(place.user_agent),
            },
            event: EventLine {
                id: text(event.id),
                source: text(event.source),
                name: text(event.name),
                time: event.time,
                delay: event.delay,
                outcome: event.outcome.map(|word| KeptWord::read(word, CallOutcome::of)),
                error_code: None,
                error_message: text(event.error),
            },
            undo: kept.undo.into_iter().map(StepLine::from).collect(),
            plan: kept.plan.into_iter().map(StepLine::from).collect(),
            links: kept.links,
            history: lines(&kept.history),
            held_back: kept.held_back,
            notes: lines(&kept.notes),
            acknowledge: kept.acknowledge,
        }
    }
}

impl From<AffectedPlace> for OpenedV1 {
    fn from(opened: AffectedPlace) -> Self {
        Self {
            account: shown_name(Some(&opened.account)).unwrap_or_default(),
            account_name: shown_name(opened.account_name.as_ref()),
            environment: opened.environment,
            environment_known: opened.environment_known,
        }
    }
}

impl From<OpenedV1> for AffectedPlace {
    fn from(kept: OpenedV1) -> Self {
        Self {
            account: Hostile::as_shown(&kept.account),
            account_name: kept.account_name.as_deref().map(Hostile::as_shown),
            environment: kept.environment,
            environment_known: kept.environment_known,
        }
    }
}

impl From<RuleLine> for RuleV1 {
    fn from(rule: RuleLine) -> Self {
        let id = rule.id();
        let RuleLine { title, severity, attack, .. } = rule;
        Self { id, title: title.shown(), severity: severity.into(), attack }
    }
}

impl From<RuleV1> for RuleLine {
    fn from(RuleV1 { id, title, severity, attack }: RuleV1) -> Self {
        Self {
            id: Hostile::as_shown(&id),
            title: Line::as_shown(&title),
            severity: severity.into(),
            attack,
        }
    }
}

impl From<RightsLines> for RightsV1 {
    fn from(rights: RightsLines) -> Self {
        let RightsLines { grants, unconditional, trust, allows, difference } = rights;
        Self {
            grants: owned_words(&grants),
            unconditional: owned_words(&unconditional),
            trust: owned_words(&trust),
            allows: shown_lines(&allows),
            difference: difference.as_ref().map(Line::shown),
        }
    }
}

impl From<RightsV1> for RightsLines {
    fn from(rights: RightsV1) -> Self {
        let RightsV1 { grants, unconditional, trust, allows, difference } = rights;
        let read = |word| KeptWord::read(word, Grant::of);
        Self {
            grants: grants.into_iter().map(read).collect(),
            unconditional: unconditional.into_iter().map(read).collect(),
            trust: trust.into_iter().map(|word| KeptWord::read(word, TrustWord::of)).collect(),
            allows: lines(&allows),
            difference: difference.as_deref().map(Line::as_shown),
        }
    }
}

fn lines(kept: &[String]) -> Vec<Line> {
    kept.iter().map(|line| Line::as_shown(line)).collect()
}

fn owned_words<T: Borrow<str>>(set: &BTreeSet<KeptWord<T>>) -> Vec<String> {
    words(set).into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Unreadable};

    #[test]
    fn words_of_another_release_are_published_and_stored_unchanged() {
        let alert = Alert {
            entity: Some(EntityLine {
                kind: EntityKind::Role.into(),
                name: Some(Hostile::of("deploy")),
                arn: None,
            }),
            rights: RightsLines {
                grants: [Grant::Admin.into(), Grant::DataAll.into()].into(),
                trust: [TrustWord::Anyone.into()].into(),
                ..RightsLines::default()
            },
            event: EventLine {
                name: Some(Hostile::of("CreateGrove")),
                outcome: Some(CallOutcome::Denied.into()),
                ..EventLine::default()
            },
            ..Alert::unreadable(&Unreadable::UnknownShape, None, None)
        };
        let kept = alert.to_stored().unwrap();
        let again = Alert::from_stored(&kept).unwrap();
        assert_eq!(again.entity.unwrap().kind, EntityKind::Role.into());
        assert_eq!(again.rights.grants, alert.rights.grants);
        assert_eq!(again.rights.trust, alert.rights.trust);
        assert_eq!(again.event.outcome, alert.event.outcome);

        let mut other = kept;
        for (word, unknown) in
            [("role", "grove"), ("data-all", "data-trees"), ("anyone", "birds"), ("denied", "cut")]
        {
            assert!(other.contains(&format!("{word:?}")), "{word} in {other}");
            other = other.replace(&format!("{word:?}"), &format!("{unknown:?}"));
        }
        let again = Alert::from_stored(&other).unwrap();
        assert_eq!(again.to_stored().unwrap(), other);
        assert!(!again.event.is_done());
        assert!(again.to_text().contains("CreateGrove on grove deploy"), "{}", again.to_text());
        let json = again.to_json();
        assert_eq!(json["entity"]["kind"], "grove");
        assert_eq!(json["outcome"], "cut");
        assert_eq!(json["grants"], serde_json::json!(["admin", "data-trees"]));
        assert_eq!(json["trust"], serde_json::json!(["birds"]));
    }

    #[test]
    fn what_is_kept_is_shown_as_it_was_and_an_alert_holds_what_was_there() {
        let long = "n".repeat(600);
        let agent = format!("<!channel> https://a.example {long}");
        let record = serde_json::json!({"eventSource": "iam.amazonaws.com", "eventName": format!("Get{long}"),
            "eventID": "@here", "recipientAccountId": "111122223333", "awsRegion": "<eu>", "userAgent": agent});
        let event = Event::parse(&record.to_string()).unwrap();
        let mut alert = Alert::unreadable(&Unreadable::UnknownShape, Some(&event), None);
        alert.place.user_agent = Some(Hostile::of(&agent));
        alert.event.error_code = Some(Hostile::of("Denied"));
        alert.who = Who {
            line: Line::name("session of role ci"),
            access_key: Some(Hostile::of("ASIA1")),
            session: Some(Hostile::of("@here")),
            source_identity: Some(Hostile::of("<kim>")),
            on_behalf_of: Some((Hostile::of("9448-01"), Some(Hostile::of("store")))),
            in_scope_of: Some(Hostile::of("function")),
            identity_provider: Some(Hostile::of("idp")),
            ..Who::default()
        };
        let text = alert.to_text();
        for shown in
            ["access key ASIA1\n", "‹kim›", "user 9448-01 of store", "to function", "provider idp"]
        {
            assert!(text.contains(shown), "{shown} in {text}");
        }
        alert.event.error_message = Some(Hostile::of(&agent));
        assert_eq!(alert.place.region.as_ref().unwrap().as_it_is(), "<eu>");
        let kept = alert.to_stored().unwrap();
        assert!(!kept.contains("<eu>") && kept.contains("‹eu›"));
        let again = Alert::from_stored(&kept).unwrap();
        assert_eq!(again.to_text(), alert.to_text());
        assert_eq!(again.to_json(), alert.to_json());
        assert_eq!(again.to_stored().unwrap(), kept);
    }

    #[test]
    fn what_has_another_shape_is_none() {
        assert!(Alert::from_stored("{}").is_none() && Alert::from_stored("x").is_none());
    }
}
