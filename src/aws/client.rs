//! What all SDK clients share: HTTP client, time limits, retries.
//!
//! The SDK's defaults wait for ever on a server that accepts and never answers; a function that
//! must tell people within seconds cannot.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

/// Time to connect.
pub const CONNECT_SECS_MAX: u64 = 1;
/// Time without a byte.
pub const READ_SECS_MAX: u64 = 2;
/// Time for one attempt.
pub const ATTEMPT_SECS_MAX: u64 = 3;
/// Time for a call with all its attempts.
pub const OPERATION_SECS_MAX: u64 = 8;
/// Attempts of the SDK for one call.
pub const ATTEMPTS_MAX: u32 = 3;
/// Longest pause between attempts.
pub const BACKOFF_SECS_MAX: u64 = 2;

/// The authorities that sign the certificates of AWS's endpoints. Reading five instead of the
/// system's hundred and forty saves milliseconds at every cold start.
/// Source: <https://www.amazontrust.com/repository/>
const AMAZON_ROOTS: &[u8] = include_bytes!("roots.pem");

/// Configuration for every client. `ca_bundle` is the content of another PEM bundle to trust, as
/// `AWS_CA_BUNDLE` names it; `region` decides whose certificates the endpoints bear.
///
/// # Errors
/// A PEM bundle that cannot be read.
pub async fn config(region: &str, ca_bundle: Option<Vec<u8>>) -> Result<SdkConfig, String> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(CONNECT_SECS_MAX))
        .read_timeout(Duration::from_secs(READ_SECS_MAX))
        .operation_attempt_timeout(Duration::from_secs(ATTEMPT_SECS_MAX))
        .operation_timeout(Duration::from_secs(OPERATION_SECS_MAX))
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS_MAX)
        .with_max_backoff(Duration::from_secs(BACKOFF_SECS_MAX));
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client(region, ca_bundle)?)
        .timeout_config(timeouts)
        .retry_config(retries);
    Ok(loader.load().await)
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

/// HTTP 429 is always a throttle. SNS's own code for it (`Throttled`) is not on the SDK's list.
#[derive(Debug)]
pub struct TooManyRequests;

impl ClassifyRetry for TooManyRequests {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().map(|response| response.status().as_u16()) {
            Some(429) => RetryAction::throttling_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "HTTP 429"
    }
}
