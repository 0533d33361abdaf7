//! The deployment that a verb talks to: its table, and the account it runs in.

/// Where the table is.
#[derive(Debug, clap::Args)]
pub(crate) struct DeploymentTable {
    /// DynamoDB table of the deployment, in the Region that the AWS settings name [default: found by --name]
    #[arg(long, value_name = "TABLE", env = "IAM_RESPONDER_TABLE")]
    pub table: Option<String>,
}

#[cfg(feature = "aws")]
pub(crate) use with_aws::with_table;

/// The answer of a verb that needs AWS, in a binary built without.
#[cfg(not(feature = "aws"))]
pub(crate) fn refused<T>() -> Result<T, crate::exit::Failure> {
    let message = "this binary was built without AWS, so that it builds in seconds; build it with: \
                   cargo build --release --features aws";
    Err(crate::exit::Failure::Fault(message.to_owned()))
}

#[cfg(feature = "aws")]
mod with_aws {
    use std::env;

    use aws_config::SdkConfig;
    use iam_responder::aws::client::{self, Credentials};
    use iam_responder::aws::dynamodb::{Table, tables_of};

    use super::DeploymentTable;
    use crate::exit::Failure;
    use crate::files;
    use crate::options::Global;

    /// The table that is named, or the one that the deployment of this name has.
    async fn table(
        global: &Global,
        deployment: &DeploymentTable,
        config: &SdkConfig,
    ) -> Result<Table, Failure> {
        if let Some(table) = &deployment.table {
            return Ok(Table::new(config, table.clone()));
        }
        let name = files::own(global)?.name().to_owned();
        let found = tables_of(config, &name).await;
        let found =
            found.map_err(|error| Failure::Fault(format!("{error}; name it with --table")))?;
        match found.as_slice() {
            [table] => Ok(Table::new(config, table.clone())),
            [] => Err(Failure::Fault(format!(
                "no table of a deployment named {name} in this Region; see --name and --table"
            ))),
            several => Err(Failure::Fault(format!(
                "several tables of deployments named {name}: name one with --table: {}",
                several.join(", ")
            ))),
        }
    }

    /// Does a work with the table and the settings of the account.
    pub(crate) fn with_table<T, E: ToString>(
        global: &Global,
        deployment: &DeploymentTable,
        work: impl AsyncFnOnce(&Table, &SdkConfig) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::Fault(error.to_string()))?;
        runtime.block_on(async move {
            let region = env::var("AWS_REGION").or_else(|_| env::var("AWS_DEFAULT_REGION"));
            let config = client::config(
                &region.unwrap_or_default(),
                env::var_os("AWS_CA_BUNDLE"),
                Credentials::Found,
            )
            .await;
            let config = config.map_err(Failure::Fault)?;
            if config.region().is_none() {
                let message = "no AWS Region: set AWS_REGION to that of the deployment";
                return Err(Failure::Fault(message.to_owned()));
            }
            let table = table(global, deployment, &config).await?;
            work(&table, &config).await.map_err(|error| Failure::Fault(error.to_string()))
        })
    }
}
