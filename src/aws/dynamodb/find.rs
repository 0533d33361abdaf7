//! Finding the deployment's table: its name ends in a part of the stack's ID, which nobody remembers.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;

use crate::aws::client::{Limits, limited};
use crate::aws::failure::failed;
use crate::effects::EffectError;

/// Most tables looked at; DynamoDB answers with so many at once.
const TABLES_MAX: i32 = 100;

/// Names of the tables of the deployment under this name, in the Region of the settings. Several if a former
/// deployment left its table behind.
///
/// # Errors
/// DynamoDB does not answer, or may not be asked (`dynamodb:ListTables`).
pub async fn tables_of(config: &SdkConfig, name: &str) -> Result<Vec<String>, EffectError> {
    let config = limited(config, Limits::SHORT);
    let client = Client::from_conf(aws_sdk_dynamodb::config::Builder::from(&config).build());
    let begins = format!("{name}-state");
    // Tables are listed by name: this text sorts before all names that begin with it.
    let before = begins.trim_end_matches('e');
    let request = client.list_tables().exclusive_start_table_name(before).limit(TABLES_MAX);
    let answer = request.send().await;
    let answer =
        answer.map_err(|error| failed(format!("list tables that begin with {begins}"), &error))?;
    let of_ours = |table: &String| {
        table.strip_prefix(&begins).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    Ok(answer.table_names().iter().filter(|table| of_ours(table)).cloned().collect())
}
