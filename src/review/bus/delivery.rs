//! Delivery: which sources come whole, and which events a bus rule gets.

/// The sources of which every change is delivered, except busy calls.
#[must_use]
pub fn whole_sources() -> Vec<&'static str> {
    super::traffic::whole().collect()
}

/// Which events a bus rule gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventScope {
    /// Changes, in the state `ENABLED`.
    Changes,
    /// Reads too, in the state `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`.
    All,
    /// The same, and only if the owner switched reads on.
    Reads,
}

impl EventScope {
    /// The state of the bus rule.
    #[must_use]
    pub fn state(self) -> &'static str {
        match self {
            Self::Changes => "ENABLED",
            Self::All | Self::Reads => "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
        }
    }
}
