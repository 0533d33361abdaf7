//! The function: settings, rules and clients once, then one event at a time.

#![expect(clippy::disallowed_methods, reason = "the binaries read clock and environment")]

mod daily;
mod detour;
mod dry_run;
mod log;
mod publisher;

mod function;
mod start;

mod heartbeat;
mod refused_files;
mod silence;
mod watchdog;

mod change;
mod clock;
mod trigger;

use std::process::ExitCode;
use std::sync::Arc;

use function::Started;
use iam_responder::effects::State;
use iam_responder::effects::alerts::OpenAlerts;
use iam_responder::effects::memory::Memory;
use lambda_runtime::service_fn;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match start::start().await {
        Ok((function, Some(table))) => serve(Ok((function, table))).await,
        Ok((function, None)) => serve(Ok((function, Memory::default()))).await,
        Err(faults) => {
            tracing::error!(faults, "could not start: every event fails until this is mended");
            serve::<Memory>(Err(faults)).await
        }
    }
}

async fn serve<S>(function: Started<S>) -> ExitCode
where
    S: State + OpenAlerts + Send + Sync + 'static,
{
    let function = Arc::new(function);
    match lambda_runtime::run(service_fn(|event| trigger::handle(Arc::clone(&function), event)))
        .await
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the runtime stopped");
            ExitCode::FAILURE
        }
    }
}
