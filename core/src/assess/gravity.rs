//! Why adjustments do not make an event quieter: two closed lists.

use std::borrow::Cow;

/// Why an event is at least as loud as [`crate::assess::Reason::Least`] says, no matter what adjustments say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gravity {
    /// It weakens an entity that the site guards.
    WeakensGuarded,
    /// It renames or moves one: the site guards it by its name.
    RenamesGuarded,
    /// It weakens a role or a policy of this tool.
    WeakensOwnRole,
    /// It changes a policy or a group; this guarded entity bears it.
    MayWeakenGuarded(String),
    /// The same, where more entities bear it than are looked at.
    MayWeakenUncounted,
    /// It changes a policy or a group that this role of the tool bears.
    MayWeakenOwnRole(String),
    /// It is about this tool.
    Own,
    /// It gives administrator rights, or a way to them.
    GivesAdministrator,
    /// What it gives or takes is unknown.
    RightsUnknown,
    /// Its trust policy lets strangers in.
    LetsStrangersIn,
    /// It weakens the monitoring.
    Tampering,
    /// The role or group that it hands out leads to administrator rights.
    HandsAdministrator,
    /// A rule about it has a floor.
    RuleFloor,
}

impl Gravity {
    /// What it is, in words. A name in it may be the caller's choice.
    pub(super) fn words(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::WeakensGuarded => "it weakens an entity that the site guards",
            Self::RenamesGuarded => {
                "it renames or moves an entity that the site guards by its name: change the list"
            }
            Self::WeakensOwnRole => "it weakens a role of this tool",
            Self::MayWeakenGuarded(who) => {
                return format!("it may weaken {who}, which the site guards").into();
            }
            Self::MayWeakenUncounted => {
                "it may weaken an entity that the site guards: too many entities bear it to check each"
            }
            Self::MayWeakenOwnRole(who) => {
                return format!("it may weaken role {who}, one of this tool's").into();
            }
            Self::Own => "it is about this tool itself",
            Self::GivesAdministrator => "it gives administrator rights, or a way to them",
            Self::RightsUnknown => "nobody knows what it gives or takes",
            Self::LetsStrangersIn => "it lets strangers in",
            Self::Tampering => "it weakens the monitoring",
            Self::HandsAdministrator => {
                "what it hands out has administrator rights, or a way to them"
            }
            Self::RuleFloor => "no adjustment makes this quieter",
        })
    }
}

/// Why an adjustment that depends on the time does not make an event quieter: an attacker can wait for the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untimed {
    /// It is about the root user.
    Root,
    /// It weakens the monitoring.
    Tampering,
    /// CloudTrail dropped the parameters.
    Omitted,
}

impl Untimed {
    /// Why, in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Root => "it is about the root user",
            Self::Tampering => "it weakens the monitoring itself",
            Self::Omitted => "CloudTrail dropped the parameters",
        }
    }
}
