//! Which topics a deployment can publish to: one decision for the function and for `check`.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::iam::arn::Arn;
use crate::iam::region::Region;
use crate::site::check_topic_arn;
use crate::text::severity::Severity;

/// ARNs of further topics that the site file may name, separated by commas.
pub const TOPICS: &str = "IAM_RESPONDER_TOPICS";

/// Most ARNs in one list of topics.
pub const TOPICS_MAX: usize = 50;

/// Topic ARNs separated by commas, each once, in the order given; an empty text is an empty list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TopicList(pub Vec<String>);

impl FromStr for TopicList {
    type Err = String;

    /// # Errors
    /// The first entry that is not a topic ARN, or too many entries.
    fn from_str(text: &str) -> Result<Self, String> {
        list(text, TOPICS_MAX, "topic ARNs", check_topic_arn).map(Self)
    }
}

/// A list separated by commas: its entries, each once. `what` names them in the plural.
pub(super) fn list(
    text: &str,
    most: usize,
    what: &str,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<Vec<String>, String> {
    let mut found: Vec<String> = Vec::new();
    if text.trim().is_empty() {
        return Ok(found);
    }
    for entry in text.split(',').map(str::trim) {
        check(entry)?;
        if found.iter().any(|known| known == entry) {
            continue;
        }
        if found.len() == most {
            return Err(format!("more than {most} {what}"));
        }
        found.push(entry.to_owned());
    }
    Ok(found)
}

/// The topics that a deployment can publish to.
#[derive(Debug, Clone, Default)]
pub struct PublishableTopics {
    /// Region of the function; where it is not known, no topic is refused for its Region.
    pub region: Option<Region>,
    /// ARNs that the function may publish to.
    pub listed: BTreeSet<String>,
    /// Prefix of a stack whose severity topics count as listed, in any account: for the command line, which does not
    /// know their ARNs.
    pub prefix: Option<String>,
}

/// Why a topic of the site file is never published to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// SNS takes a message only in the topic's own Region.
    OtherRegion {
        /// The topic.
        arn: String,
        /// Region of the function.
        region: Region,
    },
    /// The function's role has no right to publish to it.
    NotListed {
        /// The topic.
        arn: String,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherRegion { arn, region } => write!(
                f,
                "topic `{arn}` lies in another Region than the function, which runs in {}",
                region.as_str()
            ),
            Self::NotListed { arn } => write!(
                f,
                "topic `{arn}` is neither a topic of the stack nor one of its further topics"
            ),
        }
    }
}

impl Refusal {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::OtherRegion { region, .. } => format!("name a topic in {}", region.as_str()),
            Self::NotListed { .. } => {
                format!("add it to the further topics of the stack, which set {}", TOPICS)
            }
        }
    }
}

impl PublishableTopics {
    /// Why the function does not publish to this topic. `None` if it does.
    #[must_use]
    pub fn refusal(&self, arn: &str) -> Option<Refusal> {
        let parsed = Arn::parse(arn);
        let region = parsed.map(|arn| arn.region).unwrap_or_default();
        let name = parsed.and_then(|arn| arn.topic()).unwrap_or_default();
        if let Some(own) = self.region.as_ref().filter(|own| own.as_str() != region) {
            return Some(Refusal::OtherRegion { arn: arn.to_owned(), region: own.clone() });
        }
        let of_stack = |prefix: &String| {
            let severity =
                name.strip_prefix(prefix.as_str()).and_then(|rest| rest.strip_prefix('-'));
            severity.is_some_and(|severity| severity.parse::<Severity>().is_ok())
        };
        let allowed = self.listed.contains(arn) || self.prefix.as_ref().is_some_and(of_stack);
        (!allowed).then(|| Refusal::NotListed { arn: arn.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:sns:us-east-1:111122223333:";

    #[test]
    fn a_list_is_checked_entry_by_entry() {
        let read = |text: &str| text.parse::<TopicList>();
        assert_eq!(read("").unwrap().0, [""; 0]);
        assert_eq!(read(" ").unwrap().0, [""; 0]);
        let twice = format!("{ARN}a, {ARN}b,{ARN}a");
        assert_eq!(read(&twice).unwrap().0, [format!("{ARN}a"), format!("{ARN}b")]);
        for bad in [",", "a", &format!("{ARN}a,"), &format!("{ARN}a {ARN}b:c")] {
            assert!(read(bad).unwrap_err().contains("ARN of an SNS topic"), "{bad}");
        }
        let many = |count: usize| (0..count).map(|at| format!("{ARN}{at}")).collect::<Vec<_>>();
        assert_eq!(read(&many(TOPICS_MAX).join(",")).unwrap().0.len(), TOPICS_MAX);
        let error = read(&many(TOPICS_MAX + 1).join(",")).unwrap_err();
        assert_eq!(error, "more than 50 topic ARNs");
    }

    #[test]
    fn a_topic_must_be_listed_and_lie_in_the_region() {
        let publishable = PublishableTopics {
            region: Region::parse("us-east-1"),
            listed: [format!("{ARN}pager"), "arn:aws:sns:eu-west-1:111122223333:far".to_owned()]
                .into(),
            prefix: Some("guard".to_owned()),
        };
        for good in ["pager", "guard-critical", "guard-informational"] {
            assert_eq!(publishable.refusal(&format!("{ARN}{good}")), None, "{good}");
        }
        for bad in
            ["pager2", "guard", "guard-", "guard-loud", "guardcritical", "iam-responder-high"]
        {
            let refusal = publishable.refusal(&format!("{ARN}{bad}")).unwrap();
            assert!(matches!(refusal, Refusal::NotListed { .. }), "{refusal}");
            assert!(refusal.to_string().contains(bad));
        }
        for far in ["far", "guard-high"] {
            let refusal =
                publishable.refusal(&format!("arn:aws:sns:eu-west-1:111122223333:{far}")).unwrap();
            assert!(matches!(refusal, Refusal::OtherRegion { .. }), "{refusal}");
            assert!(refusal.help().contains("us-east-1"));
        }
        let anywhere = PublishableTopics { region: None, ..publishable };
        assert_eq!(anywhere.refusal("arn:aws:sns:eu-west-1:111122223333:far"), None);
    }
}
