//! The dry run: each alert goes to the log, as people would get it.

use std::io::Write;

use iam_responder::alert::Message;
use serde_json::Value;

/// Logged at the start and in each answer, so that nobody leaves it on in a deployment.
pub(crate) const WARNING: &str =
    "IAM_RESPONDER_DRY_RUN is true: nothing is published, nobody gets an alert";

/// Writes a message with the topic that it would have gone to, whole or not at all.
pub(crate) fn show(topic: &str, message: &Message) {
    let text = text(topic, message);
    // An error is ignored: if the log cannot be written, there is no other place to report it.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// The log output: a frame around subject and body.
fn text(topic: &str, message: &Message) -> String {
    let body = if message.per_protocol { mail(&message.body) } else { None };
    let body = body.as_deref().unwrap_or(&message.body).trim_end();
    format!(
        "=== dry run, not published to topic {topic} ===\nSubject: {}\n\n{body}\n=== end ===\n",
        message.subject
    )
}

/// The text for mail, of a message that differs by protocol.
fn mail(body: &str) -> Option<String> {
    let by_protocol: Value = serde_json::from_str(body).ok()?;
    Some(by_protocol.get("email")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_shows_what_people_would_get() {
        let body = r#"{"default": "d", "email": "line one\nline two\n", "sms": "s"}"#;
        let mut message = Message {
            subject: "[HIGH] It".to_owned(),
            body: body.to_owned(),
            per_protocol: true,
            attributes: Vec::new(),
        };
        let head = "=== dry run, not published to topic x-high ===\nSubject: [HIGH] It\n\n";
        let shown = text("x-high", &message);
        assert_eq!(shown, format!("{head}line one\nline two\n=== end ===\n"));
        // One body for all protocols is printed unchanged.
        message.per_protocol = false;
        assert_eq!(text("x-high", &message), format!("{head}{body}\n=== end ===\n"));
    }
}
