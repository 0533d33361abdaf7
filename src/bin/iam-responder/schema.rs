//! `schema`: the JSON Schema of rule and site files, generated from the types.

use std::io::Write;

use clap::ValueEnum;
use iam_responder::rule::RuleSpec;
use iam_responder::site::SiteSpec;

use crate::exit::{Exit, Failure};

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Which file
    #[arg(value_enum)]
    of: Of,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Of {
    Rule,
    Site,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let schema = match arguments.of {
        Of::Rule => schemars::schema_for!(RuleSpec),
        Of::Site => schemars::schema_for!(SiteSpec),
    };
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| Failure::Fault(format!("failed to print the schema: {error}")))?;
    writeln!(anstream::stdout().lock(), "{text}")?;
    Ok(Exit::Clean)
}
