//! `schema`: the JSON Schema of rule and site files, generated from the types, and the facts that patterns can match.

use std::io::Write;

use clap::ValueEnum;
use iam_responder::rule::RuleSpec;
use iam_responder::site::SiteSpec;
use iam_responder::vocabulary;

use crate::exit::{Exit, Failure};

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Of what
    #[arg(value_enum)]
    of: Of,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Of {
    /// A rule's file
    Rule,
    /// The site file
    Site,
    /// The facts that a pattern may match under `derived`, as a table in Markdown
    Facts,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let schema = match arguments.of {
        Of::Rule => schemars::schema_for!(RuleSpec),
        Of::Site => schemars::schema_for!(SiteSpec),
        Of::Facts => {
            write!(anstream::stdout().lock(), "{}", vocabulary::table())?;
            return Ok(Exit::Clean);
        }
    };
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| Failure::Fault(format!("failed to print the schema: {error}")))?;
    writeln!(anstream::stdout().lock(), "{text}")?;
    Ok(Exit::Clean)
}
