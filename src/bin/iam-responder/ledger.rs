//! `ledger seed`: what the account grants now, written where events write what they change.

use crate::deployment::DeploymentTable;

/// The verbs about prior state.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Fill the table with what this account grants now, so that what was before the deployment is known
    ///
    /// Reads users, roles, groups and your own policies with all their versions, changes nothing in IAM, and
    /// writes the table. What events write meanwhile stays; what they write within a minute of the reading
    /// is not certain until the next change. May be run again at any time.
    Seed(SeedArguments),
}

/// Arguments of `ledger seed`.
#[derive(Debug, clap::Args)]
pub(crate) struct SeedArguments {
    /// Go on where a run stopped, which said so
    #[arg(long, value_name = "MARKER")]
    pub from: Option<String>,
    #[command(flatten)]
    pub deployment: DeploymentTable,
}

#[cfg(feature = "aws")]
pub(crate) use with_aws::seed;

#[cfg(not(feature = "aws"))]
pub(crate) fn seed(
    _: &crate::options::Global,
    _: &SeedArguments,
) -> Result<crate::exit::Exit, crate::exit::Failure> {
    crate::deployment::refused()
}

#[cfg(feature = "aws")]
mod with_aws {
    use std::collections::BTreeMap;
    use std::io::Write as _;
    use std::time::Duration;

    use iam_responder::aws::authorization::{Authorization, AuthorizationPage};
    use iam_responder::aws::dynamodb::Table;
    use iam_responder::effects::{EffectError, PriorState};
    use iam_responder::prior::Write;
    use jiff::Timestamp;
    use serde_json::json;

    use super::SeedArguments;
    use crate::deployment::with_table;
    use crate::exit::{Exit, Failure};
    use crate::options::{Global, OutputFormat};

    /// Attempts to write one value, beside the attempts of each call: a new table grows into the load.
    const ATTEMPTS_MAX: u64 = 5;

    pub(crate) fn seed(global: &Global, arguments: &SeedArguments) -> Result<Exit, Failure> {
        let counts = with_table(global, &arguments.deployment, async |table, config| {
            pages(&Authorization::new(config), table, arguments.from.clone()).await
        })?;
        let of = |what: &str| counts.get(what).copied().unwrap_or_default();
        let mut out = anstream::stdout().lock();
        match global.format {
            OutputFormat::Human => writeln!(
                out,
                "users {}, roles {}, groups {}, policies {}: wrote {} values",
                of("user"),
                of("role"),
                of("group"),
                of("policy"),
                of("value")
            )?,
            OutputFormat::Json => writeln!(
                out,
                "{}",
                json!({"users": of("user"), "roles": of("role"), "groups": of("group"),
                       "policies": of("policy"), "values": of("value")})
            )?,
        }
        Ok(Exit::Clean)
    }

    /// Each page is written before the next one is read, so that a run goes on where it stopped.
    async fn pages(
        account: &Authorization,
        table: &Table,
        mut marker: Option<String>,
    ) -> Result<BTreeMap<&'static str, usize>, String> {
        let mut counts = BTreeMap::new();
        loop {
            let stopped = |error: EffectError| match &marker {
                Some(marker) => format!("{error}; go on with: --from={marker}"),
                None => error.to_string(),
            };
            // The listed state is that of some moment after this; the registers allow for a minute.
            let at = Timestamp::now();
            let page = account.page(marker.as_deref()).await.map_err(stopped)?;
            let values = write(table, &page, at).await.map_err(stopped)?;
            for kind in page.identities.iter().map(|one| one.kind) {
                *counts.entry(kind.word()).or_default() += 1;
            }
            *counts.entry("policy").or_default() += page.policies.len();
            *counts.entry("value").or_default() += values;
            match page.next {
                None => return Ok(counts),
                next => marker = next,
            }
        }
    }

    async fn write(
        table: &Table,
        page: &AuthorizationPage,
        at: Timestamp,
    ) -> Result<usize, EffectError> {
        let event_id = format!("seed of {at}");
        let mut values = 0;
        for (address, value) in page.writes() {
            let write = Write::new(at, event_id.clone(), value, true);
            let mut attempt = 1;
            while let Err(error) = table.add_write(&address.text(), &write).await {
                if attempt >= ATTEMPTS_MAX {
                    return Err(error);
                }
                tokio::time::sleep(Duration::from_secs(attempt)).await;
                attempt += 1;
            }
            values += 1;
        }
        Ok(values)
    }
}
