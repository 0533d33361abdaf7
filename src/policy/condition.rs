//! Conditions: not evaluated, as the event does not hold what they ask about, but judged for
//! whether they keep anybody out.

use super::Condition;

/// Keys that a request of any kind bears, so that `…IfExists` on them asks in earnest.
const ALWAYS_PRESENT: [&str; 4] = [":sub", ":aud", ":iss", ":amr"];

impl Condition {
    /// The key in lower case, without the tag of `aws:PrincipalTag/team`.
    pub(super) fn family(&self) -> String {
        let key = self.key.to_lowercase();
        key.split('/').next().unwrap_or(&key).to_owned()
    }

    /// Does it keep anybody out? Negations and "for all" let in whoever lacks the key, and so does
    /// `…IfExists`; a value of stars lets in everybody.
    pub(super) fn narrows(&self) -> bool {
        let operator = self.operator.to_lowercase();
        let always = ALWAYS_PRESENT.iter().any(|end| self.key.to_lowercase().ends_with(end));
        let lax = operator.contains("not")
            || operator.starts_with("forallvalues")
            || operator == "null"
            || (operator.ends_with("ifexists") && !always);
        !lax && !self.values.is_empty()
            && !self.values.iter().any(|value| self.is_open(&operator, value))
    }

    /// Does it narrow in a deny of everybody else: `StringNotEquals aws:PrincipalOrgID`?
    pub(super) fn fences(&self) -> bool {
        let operator = self.operator.to_lowercase();
        operator.contains("not")
            && !self.values.is_empty()
            && !self.values.iter().any(|value| self.is_open(&operator, value))
    }

    /// A value that fits everybody.
    fn is_open(&self, operator: &str, value: &str) -> bool {
        let key = self.family();
        let like = operator.contains("like") || operator.contains("arn");
        if operator.contains("ipaddress") {
            return value
                .split_once('/')
                .is_some_and(|(_, bits)| bits.parse::<u8>().is_ok_and(|bits| bits < 8));
        }
        if key == "aws:securetransport" || operator.starts_with("dategreater") {
            return true;
        }
        if operator.starts_with("numericgreater") && key == "aws:epochtime" {
            return true;
        }
        if !like {
            return false;
        }
        // Of an ARN the account says who; elsewhere something literal must.
        let telling = if value.starts_with("arn:") {
            value.split(':').nth(4).unwrap_or_default().to_owned()
        } else {
            value.trim_start_matches("o-").to_owned()
        };
        telling.chars().all(|c| matches!(c, '*' | '?'))
    }
}
