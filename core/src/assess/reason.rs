//! The reasons for the severity of an alert.

use jiff::civil::Date;

use super::gravity::{Gravity, Untimed};
use crate::event::CallOutcome;
use crate::text::line::Line;
use crate::text::severity::Severity;

/// One reason, in the order in which they were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// What the loudest rule says.
    Rule {
        /// Its ID.
        rule: String,
        /// What it says.
        severity: Severity,
        /// The rule's own severity, if the site overrides it.
        by_itself: Option<Severity>,
    },
    /// The rule counts, and fires on this many.
    Often {
        /// How many.
        count: u32,
        /// Within so many minutes.
        minutes: i64,
    },
    /// The caller made this many different changes.
    Burst {
        /// How many.
        count: u32,
        /// Within so many minutes.
        minutes: i64,
    },
    /// The rule looks for this in the user agent.
    AgentHas(String),
    /// The call did not succeed.
    Attempt {
        /// How it ended.
        outcome: CallOutcome,
        /// Therefore the rule says a step less.
        quieter: bool,
    },
    /// The tags of the account are known and name no environment.
    NoEnvironment,
    /// The tags of the account are not known.
    TagsUnknown,
    /// The event does not say when it happened.
    TimeUnknown,
    /// Calendars that could not be asked.
    CalendarsUnknown(Vec<String>),
    /// An adjustment of the site, by its own words.
    Adjusted(String),
    /// One that depends on the time asked for more than one step.
    OneStepAtMost(String),
    /// One that depends on the time, and may not lower an event of this kind.
    NotLowered {
        /// Its own words.
        because: String,
        /// Why not.
        why: Untimed,
    },
    /// One that depends on the time, beside another that lowered already.
    LoweredAlready(String),
    /// An adjustment that says how loud it is at least.
    Floor {
        /// Its own words.
        because: String,
        /// How loud.
        least: Severity,
    },
    /// The event is of a kind that no adjustment makes quieter.
    Least {
        /// What it is.
        what: Gravity,
        /// How loud.
        least: Severity,
    },
    /// The event names what IAM has no names for.
    ImpossibleNames,
    /// A suppression would silence it, and is over.
    SuppressionExpired {
        /// Its name.
        name: String,
        /// Whose it was.
        owner: String,
        /// Its last day.
        expires: Date,
    },
    /// A suppression silences it.
    Suppressed(String),
    /// Matching ran out of steps before it was known whether these rules match.
    RulesCut {
        /// The first of them.
        first: String,
        /// Number of further rules.
        more: usize,
    },
    /// Nor whether patterns of the site file do.
    SiteCut,
    /// The policy is more than is judged.
    PolicyCut,
    /// The trust policy is.
    TrustCut,
}

impl Reason {
    /// The reason in words. There is no `Display`: a reason may contain text that the caller chose, which only an
    /// escaper may print.
    #[must_use]
    pub fn line(&self) -> Line {
        Line::text(&self.words())
    }

    fn words(&self) -> String {
        match self {
            Self::Rule { rule, severity, by_itself: Some(pack) } => {
                format!("rule {rule} says {severity} by the site's override, {pack} by itself")
            }
            Self::Rule { rule, severity, by_itself: None } => {
                format!("rule {rule} says {severity}")
            }
            Self::Often { count, minutes } => {
                format!("it came {count} times or more within {}", span(*minutes))
            }
            Self::Burst { count, minutes } => {
                format!("{count} different changes by the caller within {}", span(*minutes))
            }
            Self::AgentHas(word) => format!("the user agent has the word {word}"),
            Self::Attempt { outcome, quieter: true } => {
                format!("the call {}: an attempt, one step quieter", past(*outcome))
            }
            Self::Attempt { outcome, quieter: false } => {
                format!("the call {}, which makes this alert no quieter", past(*outcome))
            }
            Self::NoEnvironment => {
                "account tags name no environment, treated as production".to_owned()
            }
            Self::TagsUnknown => "account tags unknown, treated as production".to_owned(),
            Self::TimeUnknown => {
                "time of the event unknown, the stricter side of all calendars counts".to_owned()
            }
            Self::CalendarsUnknown(names) => format!(
                "not known whether inside calendar {}, the stricter side counts",
                names.join(", ")
            ),
            Self::Adjusted(because) => because.clone(),
            Self::OneStepAtMost(because) => format!("{because}, one step at most"),
            Self::NotLowered { because, why } => {
                format!("not lowered although {because}: {}", why.words())
            }
            Self::LoweredAlready(because) => {
                format!("{because}, but one window has lowered it already")
            }
            Self::Floor { because, least } => format!("{because}: at least {least}"),
            Self::Least { what, least } => format!("{}: at least {least}", what.words()),
            Self::ImpossibleNames => {
                "names in it are none that IAM allows, the record may be forged: at least high"
                    .to_owned()
            }
            Self::SuppressionExpired { name, owner, expires } => {
                format!("suppression {name} of {owner} expired on {expires}")
            }
            Self::Suppressed(name) => format!("suppression {name} is in force"),
            Self::RulesCut { first, more } => {
                let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
                format!("cut: the event took too many steps of matching; rule {first}{more} counts as matched")
            }
            Self::SiteCut => "cut: the event took too many steps of matching the site file; what makes louder counts, \
                              what makes quieter or silent does not"
                .to_owned(),
            Self::PolicyCut => {
                "cut: the policy is more than is judged, so it counts as everything".to_owned()
            }
            Self::TrustCut => {
                "cut: the trust policy is more than is judged, so it counts as open to anybody".to_owned()
            }
        }
    }
}

fn span(minutes: i64) -> String {
    match minutes {
        1 => "a minute".to_owned(),
        60 => "an hour".to_owned(),
        minutes if minutes > 60 && minutes % 60 == 0 => format!("{} hours", minutes / 60),
        minutes => format!("{minutes} minutes"),
    }
}

fn past(outcome: CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Success => "succeeded",
        CallOutcome::Denied => "was denied",
        CallOutcome::Failure => "failed",
    }
}
