//! How a run ends: a status for scripts.

use std::io::{self, Write};
use std::path::Path;

use iam_responder::operate::folder::FolderError;
use iam_responder::text::clean::visible;
use iam_responder::text::yaml::Fault;

/// Exit status. 2 is clap's own, for wrong usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing found.
    Clean,
    /// Something could not be done.
    Fault,
    /// Rules or site file are broken.
    RulesBroken,
    /// Findings.
    Findings,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Fault => 1,
            Self::RulesBroken => 3,
            Self::Findings => 10,
        }
    }
}

/// Why a verb could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An action that failed, on a file, a folder or an argument.
    Fault(String),
    /// Faults in rules or site file.
    Rules(Vec<Fault>),
    /// The reader of our output has gone; nothing is left to say.
    Gone,
}

impl Failure {
    /// A fault about a file.
    pub(crate) fn file(action: &str, path: &Path, cause: impl std::fmt::Display) -> Self {
        Self::Fault(format!("failed to {action} `{}`: {cause}", path.display()))
    }

    /// Prints it on standard error.
    pub(crate) fn printed(self) -> Exit {
        let mut err = anstream::stderr().lock();
        // Where standard error is closed too, only the exit status is left.
        let (exit, _) = match self {
            Self::Fault(message) => (Exit::Fault, writeln!(err, "error: {}", visible(&message))),
            Self::Rules(faults) => {
                let printed = faults
                    .iter()
                    .try_for_each(|fault| writeln!(err, "error: {}", visible(&fault.to_string())));
                (Exit::RulesBroken, printed)
            }
            Self::Gone => (Exit::Clean, Ok(())),
        };
        exit
    }
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::Broken(faults) => Self::Rules(faults),
            other => Self::Fault(other.to_string()),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::Gone;
        }
        Self::Fault(format!("failed to write the output: {error}"))
    }
}
