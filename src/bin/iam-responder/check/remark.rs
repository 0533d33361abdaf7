//! What `check` has to say.

use iam_responder::rule::Rule;

/// Something worth a look.
pub(super) struct Remark {
    pub(super) place: String,
    pub(super) message: String,
    /// Worth knowing, with nothing to fix.
    pub(super) note: bool,
}

impl Remark {
    pub(super) fn new(place: String, message: String) -> Self {
        Self { place, message, note: false }
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
