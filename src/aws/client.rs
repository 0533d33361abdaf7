//! The common parts of all SDK clients: HTTP client, time limits, retries.
//!
//! The SDK's defaults wait for ever on a server that accepts and never answers; a function that must publish within
//! seconds cannot.

use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

/// Time to connect.
const CONNECT_SECS_MAX: u64 = 1;
/// Attempts of the SDK for one call.
pub const ATTEMPTS_MAX: u32 = 3;

/// Time limits of the calls of one client. Many calls of one event are in flight at once; how long all of them together
/// may take is up to [`Budget`](super::budget::Budget).
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time for one attempt, and within it without a byte.
    pub attempt: Duration,
    /// Time for a call with all its attempts.
    pub operation: Duration,
    /// First pause between attempts; each further one is up to twice as long.
    pub backoff: Duration,
    /// Longest pause.
    pub backoff_max: Duration,
}

impl Limits {
    /// For what must not fail: publishing.
    pub const LONG: Self = Self {
        attempt: Duration::from_secs(3),
        operation: Duration::from_secs(8),
        backoff: Duration::from_millis(300),
        backoff_max: Duration::from_secs(2),
    };
    /// For lookups, some of them in a distant Region: a first call takes three round trips.
    pub const DISTANT: Self = Self {
        attempt: Duration::from_secs(2),
        operation: Duration::from_secs(3),
        backoff: Duration::from_millis(100),
        backoff_max: Duration::from_millis(500),
    };
    /// For the state, which is near, and optional for the alert.
    pub const SHORT: Self = Self {
        attempt: Duration::from_millis(700),
        operation: Duration::from_millis(1_500),
        backoff: Duration::from_millis(50),
        backoff_max: Duration::from_millis(400),
    };
}

/// Where credentials come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// From the environment, as Lambda gives them: nothing is built that would look for others.
    Given,
    /// The SDK searches its usual places for them.
    Found,
}

/// The shared configuration with other limits.
#[must_use]
pub fn limited(config: &SdkConfig, limits: Limits) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(CONNECT_SECS_MAX).min(limits.attempt))
        .read_timeout(limits.attempt)
        .operation_attempt_timeout(limits.attempt)
        .operation_timeout(limits.operation)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS_MAX)
        .with_initial_backoff(limits.backoff)
        .with_max_backoff(limits.backoff_max);
    config.clone().into_builder().timeout_config(timeouts).retry_config(retries).build()
}

/// The authorities that sign the certificates of AWS's endpoints. Reading five instead of the
/// system's hundred and forty saves milliseconds at every cold start.
/// Source: <https://www.amazontrust.com/repository/>
const AMAZON_ROOTS: &[u8] = include_bytes!("roots.pem");

/// Configuration for every client. `ca_bundle` is the file of another PEM bundle to trust, as
/// `AWS_CA_BUNDLE` names it; `region` decides whose certificates the endpoints bear.
///
/// # Errors
/// A PEM bundle that cannot be read.
pub async fn config(
    region: &str,
    ca_bundle: Option<OsString>,
    credentials: Credentials,
) -> Result<SdkConfig, String> {
    let ca_bundle = ca_bundle.filter(|path| !path.is_empty()).map(|path| {
        fs::read(&path)
            .map_err(|error| format!("AWS_CA_BUNDLE: failed to read {}: {error}", path.display()))
    });
    let ca_bundle = ca_bundle.transpose()?;
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client(region, ca_bundle)?);
    let loader = match credentials {
        Credentials::Given => {
            loader.credentials_provider(EnvironmentVariableCredentialsProvider::new())
        }
        Credentials::Found => loader,
    };
    Ok(limited(&loader.load().await, Limits::LONG))
}

fn http_client(region: &str, ca_bundle: Option<Vec<u8>>) -> Result<SharedHttpClient, String> {
    let trusted = match ca_bundle {
        Some(bundle) => TrustStore::empty().with_pem_certificate(bundle),
        // Endpoints in China are signed by other authorities.
        None if region.starts_with("cn-") => TrustStore::empty().with_native_roots(true),
        None => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
    };
    let context = TlsContext::builder().with_trust_store(trusted).build();
    let context =
        context.map_err(|error| format!("failed to read the trusted certificates: {error}"))?;
    Ok(aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::rustls(CryptoMode::Ring))
        .tls_context(context)
        .build_https())
}

/// Errors that the SDK's standard retry takes for final: HTTP 429 is always a throttle, though SNS's
/// own code for it (`Throttled`) is not on the SDK's list; a conflict with another writer passes.
#[derive(Debug)]
pub struct MissedByStandard;

/// Codes of temporary conflicts, as the body or the error header has them.
pub(super) const CONFLICTS: [&str; 4] = [
    "TransactionConflictException",
    "TransactionInProgressException",
    "ConcurrentModification",
    "ConflictException",
];

impl ClassifyRetry for MissedByStandard {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(response) = context.response() else { return RetryAction::NoActionIndicated };
        let status = response.status().as_u16();
        let header = response.headers().get("x-amzn-errortype").unwrap_or_default();
        let body = response.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        let names = |code: &&str| header.contains(*code) || body.contains(*code);
        match status {
            429 => RetryAction::throttling_error(),
            409 => RetryAction::transient_error(),
            400 if CONFLICTS.iter().any(names) => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "missed by the standard retry"
    }
}
