//! What is said of input that holds no event which can be read.

use std::io::Write;

use iam_responder::text::clean::clean;
use serde_json::json;

use crate::exit::Failure;
use crate::options::OutputFormat;

/// Says why.
pub(crate) fn unreadable(
    out: &mut impl Write,
    format: OutputFormat,
    reason: &str,
) -> Result<(), Failure> {
    match format {
        OutputFormat::Json => {
            writeln!(out, "{}", json!({"outcome": "unreadable", "reasons": [reason]}))?;
        }
        OutputFormat::Human => writeln!(out, "unreadable: {}\n", clean(reason, 300))?,
    }
    Ok(())
}
