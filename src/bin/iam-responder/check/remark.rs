//! The findings of `check`.

use iam_responder::rule::Rule;
use iam_responder::text::yaml::Fault;
use serde_json::{Value, json};

/// Something worth a look.
pub(super) struct Remark {
    pub(super) place: String,
    pub(super) message: String,
    /// Worth knowing, with nothing to fix.
    pub(super) note: bool,
    /// Its exact place in a file, and what to do, if known.
    at: Option<Fault>,
}

impl Remark {
    pub(super) fn new(place: String, message: String) -> Self {
        Self { place, message, note: false, at: None }
    }

    /// A remark about this place of a file.
    pub(super) fn at(of: &str, fault: &Fault) -> Self {
        let Fault { file, line, column, path, message, help } = fault;
        let help = help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        let (place, message) =
            (format!("{of} ({file}:{line}:{column})"), format!("`{path}`: {message}{help}"));
        Self { at: Some(fault.clone()), ..Self::new(place, message) }
    }

    /// One line for programs.
    pub(super) fn to_json(&self) -> Value {
        let mut line = json!({"level": self.level(), "place": self.place, "message": self.message});
        if let (Some(fault), Some(map)) = (&self.at, line.as_object_mut()) {
            let Fault { file, line, column, path, message, help } = fault;
            let more = json!({"file": file, "line": line, "column": column, "path": path, "message": message,
                "help": help});
            map.extend(more.as_object().cloned().unwrap_or_default());
        }
        line
    }

    pub(super) fn of_rule(rule: &Rule, message: String) -> Self {
        Self::new(format!("{} ({})", rule.spec.id, rule.file), message)
    }

    pub(super) fn note(rule: &Rule, message: String) -> Self {
        Self { note: true, ..Self::of_rule(rule, message) }
    }

    pub(super) fn level(&self) -> &'static str {
        if self.note { "note" } else { "warning" }
    }
}
