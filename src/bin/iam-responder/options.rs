//! Options of every verb.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of every verb.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Folder with rules of your own, beside the pack compiled in; may be given again
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Leave the pack compiled in out: only the folders of --rules count
    #[arg(long, global = true, requires = "rules")]
    pub(crate) no_pack: bool,
    /// Site file, which adds to that of the pack [default: site.yaml of the first folder that has one]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) site: Option<PathBuf>,
    /// Name that the tool was deployed under, which decides what is its own [default: iam-responder]
    #[arg(long, global = true, value_name = "PREFIX")]
    pub(crate) name: Option<String>,
    /// ARN of the tool's stack, or its name, which stacks of other Regions may have too [default: named like --name]
    #[arg(long, global = true, value_name = "STACK")]
    pub(crate) stack: Option<String>,
    /// ARNs of the roles that deploy the tool, as DeploymentRoleArns has them
    #[arg(long, global = true, value_name = "ARN,ARN")]
    pub(crate) deployment_roles: Option<String>,
    /// ARN of the KMS key that the tool's topics and table are encrypted with
    #[arg(long, global = true, value_name = "ARN")]
    pub(crate) key: Option<String>,
    /// ARN of the policy that bounds the tool's roles
    #[arg(long, global = true, value_name = "ARN")]
    pub(crate) boundary: Option<String>,
    /// For people or for programs (one JSON object a line)
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    #[default]
    Human,
    Json,
}
