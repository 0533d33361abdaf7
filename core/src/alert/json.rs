//! An alert for programs. Provisional: the field names stay, the whole will be wrapped into an
//! OCSF Detection Finding.

use serde_json::value::Serializer;
use serde_json::{Value, json};

use super::contents::{Alert, RULES_MAX, shown_lines, shown_name};
use super::step;
use super::word::{KeptWord, words};
use crate::text::hostile::Hostile;
use crate::text::line::Line;

/// Version of the shape.
const VERSION: &str = "1";

pub(super) fn render(alert: &Alert) -> Value {
    let rules: Vec<Value> = alert
        .rules
        .iter()
        .take(RULES_MAX + 1)
        .map(|rule| json!({"id": rule.id(), "title": rule.title.shown(), "severity": rule.severity, "attack": rule.attack}))
        .collect();
    let links: serde_json::Map<String, Value> =
        alert.links.iter().map(|(label, url)| (label.to_string(), json!(url))).collect();
    let (who, event, place) = (&alert.who, &alert.event, &alert.place);
    let name = |name: &Option<Hostile>| shown_name(name.as_ref());
    json!({
        "version": VERSION,
        "severity": alert.severity,
        "title": alert.title.shown(),
        "sentence": alert.sentence.shown(),
        "outcome": event.outcome.as_ref().map(KeptWord::word),
        "rules": rules,
        "reasons": shown_lines(&alert.reasons),
        "cut": alert.cut,
        "principal": {
            "type": shown_name(Some(&who.kind)), "description": who.line.shown(), "person": name(&who.person),
            "arn": name(&who.arn), "role_arn": name(&who.role_arn), "account": name(&who.account),
            "access_key": name(&who.access_key), "session": name(&who.session),
            "source_identity": name(&who.source_identity), "in_scope_of": name(&who.in_scope_of),
            "identity_provider": name(&who.identity_provider),
            "on_behalf_of": who.on_behalf_of.as_ref().map(|(person, store)| json!({
                "user": shown_name(Some(person)), "identity_store": name(store),
            })),
            "mfa": who.mfa, "external": who.external,
        },
        "entity": alert.entity.as_ref().map(|entity| json!({
            "kind": entity.kind.word(), "name": name(&entity.name), "arn": name(&entity.arn),
        })),
        "grants": words(&alert.rights.grants),
        "grants_unconditional": words(&alert.rights.unconditional),
        "trust": words(&alert.rights.trust),
        "allows": shown_lines(&alert.rights.allows),
        "difference": alert.rights.difference.as_ref().map(Line::shown),
        "account": {
            "id": name(&place.account), "name": name(&place.account_name),
            "environment": place.environment, "environment_known": place.environment_known,
        },
        "opened_account": place.affected.as_ref().map(|affected| json!({
            "id": shown_name(Some(&affected.account)), "name": name(&affected.account_name),
            "environment": affected.environment, "environment_known": affected.environment_known,
        })),
        "region": name(&place.region),
        "source_ip": name(&place.source_ip),
        "user_agent": place.agent(),
        "event": {
            "id": name(&event.id), "source": name(&event.source), "name": name(&event.name),
            "time": event.time, "error": event.error(),
        },
        "delay_seconds": event.delay.map(|delay| delay.as_secs()),
        "undo": step::serialize(&alert.undo, Serializer).unwrap_or_default(),
        "plan": alert.plan,
        "last_hour": shown_lines(&alert.history),
        "held_back": alert.held_back,
        "notes": shown_lines(&alert.notes),
        "acknowledge": alert.acknowledge,
        "runbook": alert.runbook,
        "links": links,
    })
}
