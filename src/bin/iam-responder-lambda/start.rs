//! Start-up: whatever is wrong is told with what and where, and the function does not start.

use std::env;
use std::path::Path;

use iam_responder::aws::dynamodb::Table;
use iam_responder::aws::lookups::{Aws, Permitted};
use iam_responder::aws::{client, sns::Sns};
use iam_responder::document::Fault;
use iam_responder::engine::Engine;
use iam_responder::folder;
use iam_responder::lookup::Cache;
use iam_responder::respond::Repeat;
use iam_responder::settings::Settings;

use super::Function;
use super::store::Store;

/// Reads settings, rules and credentials' place, and builds the clients.
pub async fn start() -> Result<Function, String> {
    let settings =
        Settings::from_pairs(env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }));
    let level = settings.as_ref().map_or("info", |settings| settings.log_level.as_str());
    log(level);
    let settings = settings.map_err(|error| error.to_string())?;
    let engine = match &settings.rules {
        Some(folder) => {
            folder::engine(Path::new(folder), None).map_err(|error| error.to_string())?
        }
        None => Engine::embedded().map_err(|faults| told(&faults))?,
    };
    let topics = settings.topics(engine.site()).map_err(|error| error.to_string())?;
    let region = env::var("AWS_REGION").unwrap_or_default();
    let name = env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|_| "iam-responder".to_owned());
    let config = client::config(&region, env::var_os("AWS_CA_BUNDLE")).await?;
    let repeat = settings.repeat_after.zip(settings.table.clone());
    let repeat = repeat.map(|(after, table)| Repeat { after, region: region.clone(), table });
    let state = match settings.table {
        Some(table) => Store::Table(Table::new(&config, table)),
        None => Store::Memory(Box::default()),
    };
    let permitted =
        Permitted { accounts: settings.look_up_accounts, history: settings.look_up_history };
    Ok(Function {
        name,
        engine,
        topics,
        publish: Sns::new(&config),
        state,
        lookups: Aws::new(&config, permitted),
        cache: Cache::default(),
        repeat,
    })
}

/// JSON lines, as Lambda's own log has them.
fn log(level: &str) {
    let level = level.parse().unwrap_or(tracing::Level::INFO);
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_ansi(false)
        .with_max_level(level)
        .with_writer(std::io::stdout)
        .init();
}

fn told(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
