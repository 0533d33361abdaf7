//! Reasons to refuse a step.

use crate::text::words::words;

words! {
    /// What refuses a step.
    pub enum Guard {
        /// CloudTrail dropped the parameters: nobody knows what was changed.
        ParametersOmitted = "parameters-omitted",
        /// The event names what IAM has no names for.
        ImpossibleName = "impossible-name",
        /// The inverse needs to know what was there before.
        PriorStateUnknown = "prior-state-unknown",
        /// A value the command needs is not in the event.
        ValueMissing = "value-missing",
        /// A value is not of the form that AWS takes there, or cannot be put into a command safely.
        UnsafeValue = "unsafe-value",
        /// The role belongs to an AWS service or to Identity Center and cannot be changed through IAM.
        ServiceManagedRole = "service-managed-role",
        /// An AWS service did it by its own role.
        ServiceWork = "service-work",
        /// The inverse would give rights, or free somebody whom a policy holds back.
        GivesRights = "gives-rights",
        /// The credential is the root user's.
        RootCredential = "root-credential",
        /// The step would repeat the very call of the event.
        WasSoBefore = "was-so-before",
        /// Somebody has changed the thing since the event.
        ChangedSince = "changed-since",
        /// AWS does not let this tool do it.
        NotPermitted = "not-permitted",
        /// Nothing takes the step back, so it is a person's.
        Irreversible = "irreversible",
        /// No command is right for all: people decide what to do, and how.
        ForPeople = "for-people",
    }
}

impl Guard {
    /// The reason, as an alert says it.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::ParametersOmitted => {
                "CloudTrail dropped the parameters, so the change is not known"
            }
            Self::ImpossibleName => {
                "the event names what IAM has no names for, so the record is not what it claims; see it in CloudTrail"
            }
            Self::PriorStateUnknown => "what was there before is not in the event",
            Self::ValueMissing => "the event does not hold all that is needed",
            Self::UnsafeValue => {
                "a value in the event is not of the form that AWS takes, or cannot be put into a command safely"
            }
            Self::ServiceManagedRole => {
                "the role is managed by AWS and cannot be changed through IAM"
            }
            Self::ServiceWork => "an AWS service did it for its own work",
            Self::GivesRights => {
                "it would give rights or lift a guard, and whether that is right is for people to decide"
            }
            Self::RootCredential => {
                "it is a credential of the root user, which only the root user or a session of AssumeRoot can change"
            }
            Self::WasSoBefore => "the event says that it was so before",
            Self::ChangedSince => "it was changed again since the event",
            Self::NotPermitted => "AWS does not let this tool do it",
            Self::Irreversible => "the step has no reverse",
            Self::ForPeople => "no command fits every case",
        }
    }

    /// Is the step one that a person may do after all, with what the event lacks?
    #[must_use]
    pub(crate) fn leaves_it_to_people(self) -> bool {
        match self {
            Self::ParametersOmitted
            | Self::PriorStateUnknown
            | Self::ValueMissing
            | Self::UnsafeValue
            | Self::RootCredential
            | Self::ChangedSince
            | Self::NotPermitted
            | Self::Irreversible
            | Self::ForPeople => true,
            Self::ImpossibleName
            | Self::ServiceManagedRole
            | Self::ServiceWork
            | Self::GivesRights
            | Self::WasSoBefore => false,
        }
    }
}
