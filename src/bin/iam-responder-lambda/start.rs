//! Start-up: every fault is reported with its place, all of them at once.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use aws_config::SdkConfig;
use iam_responder::assess::engine::Engine;
use iam_responder::aws::budget::Budget;
use iam_responder::aws::client::{self, Credentials};
use iam_responder::aws::dynamodb::Table;
use iam_responder::aws::lookups::{Aws, Permitted};
use iam_responder::aws::sns::Sns;
use iam_responder::operate::folder::{self, FolderError};
use iam_responder::operate::settings::{DRY_RUN, RULES, Routes, Settings};
use iam_responder::own::Own;
use iam_responder::pack::PACK;
use iam_responder::respond::lookup::Cache;
use iam_responder::respond::metrics::MetricSource;
use iam_responder::respond::{Reminders, Topics};
use iam_responder::text::yaml::Fault;
use tracing_subscriber::util::SubscriberInitExt;

use super::daily::Daily;
use super::detour::detour;
use super::dry_run;
use super::function::Function;
use super::log;
use super::publisher::Publisher;

/// Most faults reported of one start.
const FAULTS_MAX: usize = 20;
/// Longest text of one fault, in characters.
const FAULT_CHARS_MAX: usize = 1_000;

/// Reads settings, rules and credentials' place, and builds the clients. Without a table the function remembers
/// in memory.
///
/// # Errors
/// All that is wrong with settings, rules and topics, for people.
pub(crate) async fn start() -> Result<(Function, Option<Table>), String> {
    // A value that is not UTF-8 is read lossily, so that its fault names the variable.
    let lossy = |text: OsString| text.to_string_lossy().into_owned();
    let pairs = env::vars_os().map(|(name, value)| (lossy(name), lossy(value)));
    let (settings, mut faults) = Settings::read(pairs);
    start_log(settings.log_level(), settings.dry_run && faults.is_empty());
    let (engine, refused_files) = engine(&settings);
    let engine = engine.map_err(|found| faults.extend(found)).ok();
    let own = Own::new(&settings.name, settings.stack.as_deref());
    let own = own.map_err(|fault| faults.push(fault)).unwrap_or_default();
    let own = own.deployed(settings.deployed.clone());
    let engine = engine.map(|engine| engine.deployed_as(own));
    let routes = engine.as_ref().map(|engine| settings.routes(engine.site()));
    let routes = routes.and_then(|routes| routes.map_err(|error| faults.extend(error.0)).ok());
    if routes.is_none() && settings.topics.is_empty() {
        faults.push(format!("on a laptop, {DRY_RUN} set to `true` needs no topics"));
    }
    if !faults.is_empty() {
        return Err(listed(&faults));
    }
    let (Some(engine), Some(routes)) = (engine, routes) else { return Err(listed(&faults)) };
    let Routes { topics, refused } = routes;
    let config = if settings.dry_run { None } else { Some(config(&settings).await?) };
    let source = MetricSource {
        function: env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|_| settings.name.clone()),
        level: settings.metric_level,
    };
    let reminders = settings.remind_after.map(|after| Reminders {
        after,
        table: settings.region.clone().zip(settings.table.clone()),
    });
    for fault in &refused_files {
        tracing::error!(fault, "rules and site file of the owner are not in force");
    }
    let detours =
        refused.iter().map(|(severity, refused)| (*severity, detour(*severity, refused))).collect();
    let budget = Budget::default();
    let table = config.as_ref().zip(settings.table.as_ref());
    let table = table.map(|(config, name)| Table::within(config, name.as_str(), &budget));
    let function = Function {
        source,
        engine,
        topics: Topics::new(topics, detours),
        publishable: settings.publishable().into_iter().collect(),
        publish: publisher(config.as_ref(), &budget),
        lookups: lookups(&settings, config.as_ref(), &budget),
        budget,
        refused_files,
        refused_files_daily: Daily::default(),
        silence_daily: Daily::default(),
        cache: Cache::default(),
        reminders,
    };
    Ok((function, table))
}

/// The rules and the site, and the faults of the owner's files. With faults only the compiled-in files count, as a
/// broken file must not make the function blind.
fn engine(settings: &Settings) -> (Result<Engine, Vec<String>>, Vec<String>) {
    let texts = |faults: Vec<Fault>| faults.iter().map(ToString::to_string).collect::<Vec<_>>();
    let own =
        settings.rules.as_ref().map(|folder| folder::engine(&[Path::new(folder)], None, true));
    let refused = match own {
        Some(Ok(engine)) => return (Ok(engine), Vec::new()),
        Some(Err(FolderError::Broken(faults))) => texts(faults),
        Some(Err(other)) => vec![format!("{RULES}: {other}")],
        None => Vec::new(),
    };
    (Engine::packed(&PACK).map_err(texts), refused)
}

async fn config(settings: &Settings) -> Result<SdkConfig, String> {
    let region = settings.region.as_ref().map_or("", |region| region.as_str());
    let credentials = credentials(|name| env::var_os(name));
    let config = client::config(region, env::var_os("AWS_CA_BUNDLE"), credentials).await;
    config.map_err(|fault| listed(&[fault]))
}

/// A key of spaces counts as absent: the SDK would refuse it, and then look nowhere else.
fn credentials(variable: impl Fn(&str) -> Option<OsString>) -> Credentials {
    let is_given =
        |name| variable(name).is_some_and(|value| !value.to_string_lossy().trim().is_empty());
    if is_given("AWS_ACCESS_KEY_ID") && is_given("AWS_SECRET_ACCESS_KEY") {
        Credentials::Given
    } else {
        Credentials::Found
    }
}

fn publisher(config: Option<&SdkConfig>, budget: &Budget) -> Publisher {
    let Some(config) = config else {
        tracing::warn!("{}", dry_run::WARNING);
        return Publisher::Log;
    };
    Publisher::Sns(Sns::new(config, budget))
}

/// A dry run may not call AWS, so it needs no configuration.
fn lookups(settings: &Settings, config: Option<&SdkConfig>, budget: &Budget) -> Aws {
    let deployed = config.is_some();
    let permitted = Permitted {
        accounts: deployed && settings.look_up_accounts,
        calendars: deployed,
        history: deployed && settings.look_up_history,
    };
    let nowhere = SdkConfig::builder().build();
    Aws::new(config.unwrap_or(&nowhere), permitted, budget)
}

/// JSON lines, as Lambda's own log has them; in a dry run plain ones, as a person reads along.
fn start_log(level: &str, plain: bool) {
    let level = level.parse().unwrap_or(tracing::Level::INFO);
    if plain {
        let lines = tracing_subscriber::fmt().with_target(false).with_ansi(false);
        lines.with_max_level(level).with_writer(std::io::stdout).init();
    } else {
        log::json(level, std::io::stdout).init();
    }
}

/// All faults in one text, each on its own line; those beyond the limits are only counted.
fn listed(faults: &[String]) -> String {
    let mut text = "the function cannot start:".to_owned();
    for fault in faults.iter().take(FAULTS_MAX) {
        text.push_str("\n- ");
        text.extend(fault.chars().take(FAULT_CHARS_MAX));
    }
    if faults.len() > FAULTS_MAX {
        text.push_str(&format!("\n- and {} more", faults.len() - FAULTS_MAX));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_fault_has_a_largest_size() {
        let text = listed(&vec!["ä".repeat(FAULT_CHARS_MAX + 1); FAULTS_MAX + 7]);
        assert_eq!(text.lines().count(), FAULTS_MAX + 2);
        assert!(text.ends_with("- and 7 more"));
        assert!(text.lines().all(|line| line.chars().count() <= FAULT_CHARS_MAX + 2));
    }

    #[test]
    fn credentials_are_given_where_both_halves_of_the_key_are() {
        for (id, secret, want) in [
            (Some("AKIA"), Some("secret"), Credentials::Given),
            (Some("AKIA"), None, Credentials::Found),
            (None, Some("secret"), Credentials::Found),
            (None, None, Credentials::Found),
            (Some(""), Some("secret"), Credentials::Found),
            (Some("  "), Some("secret"), Credentials::Found),
            (Some("AKIA"), Some(" \t"), Credentials::Found),
        ] {
            let variable = |name: &str| {
                let value = if name == "AWS_ACCESS_KEY_ID" { id } else { secret };
                value.map(OsString::from)
            };
            assert_eq!(credentials(variable), want, "{id:?} {secret:?}");
        }
    }
}
