//! Fetches a package from its presigned URL, with the HTTP client of the SDK's own configuration.
//!
//! The URL carries its own authorisation: the request has no credentials. Redirects are not followed. A download that breaks off is
//! made again, as the SDK does with its own requests, within the limit of one operation.

use std::time::Duration;

use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorSettings},
    interceptors::{Intercept, context::BeforeTransmitInterceptorContextRef, dyn_dispatch_hint},
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::{body::SdkBody, config_bag::ConfigBag, retry::RetryConfig, timeout::TimeoutConfig};
use http_body_util::BodyExt;
use std::sync::{Arc, OnceLock};

use super::PackageError;

/// The longest that a download may take, where the SDK's operations may take longer.
const LIMIT: Duration = Duration::from_secs(40);
/// The longest wait for a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(4);
/// The longest wait for the first byte.
const READ_LIMIT: Duration = Duration::from_secs(15);

/// Attempts at one download.
const ATTEMPTS: u32 = 3;

/// Remembers the parts of the SDK that an operation ran with: its HTTP client among them, the configured one or the SDK's default.
#[derive(Debug, Clone, Default)]
pub(crate) struct SdkParts(Arc<OnceLock<Parts>>);

#[derive(Debug)]
struct Parts {
    components: RuntimeComponents,
    /// The longest that the download may take.
    limit: Duration,
    /// The wait before the second attempt.
    first_wait: Duration,
}

#[dyn_dispatch_hint]
impl Intercept for SdkParts {
    fn name(&self) -> &'static str {
        "SdkParts"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), aws_smithy_runtime_api::box_error::BoxError> {
        let operation = settings.load::<TimeoutConfig>().and_then(TimeoutConfig::operation_timeout);
        let first_wait = settings.load::<RetryConfig>().map(RetryConfig::initial_backoff);
        self.0.get_or_init(|| Parts {
            components: components.clone(),
            limit: operation.map_or(LIMIT, |operation| operation.min(LIMIT)),
            first_wait: first_wait.unwrap_or(Duration::from_secs(1)),
        });
        Ok(())
    }
}

/// Downloads a package of at most `limit` bytes.
///
/// # Errors
/// [`PackageError::Address`], [`PackageError::TooLarge`] or [`PackageError::Download`]; none shows the URL's signature.
pub(crate) async fn download(url: &str, parts: &SdkParts, limit: usize) -> Result<Vec<u8>, PackageError> {
    if !is_allowed(url) {
        return Err(PackageError::Address);
    }
    let no_client = || PackageError::Download("the SDK has no HTTP client".to_owned());
    let parts = parts.0.get().ok_or_else(no_client)?;
    match tokio::time::timeout(parts.limit, persistently(url, parts, limit)).await {
        Ok(fetched) => fetched,
        Err(_) => Err(PackageError::Download(format!("it was not complete within {} ms", parts.limit.as_millis()))),
    }
}

/// Tries again after what may pass: a connection that fails or breaks off, an overloaded server.
async fn persistently(url: &str, parts: &Parts, limit: usize) -> Result<Vec<u8>, PackageError> {
    let mut wait = parts.first_wait;
    for _ in 1..ATTEMPTS {
        match fetch(url, parts, limit).await {
            Err(Broken::Off(reason)) => tracing::debug!(reason, "the download of a package broke off; once more"),
            Err(Broken::ForGood(error)) => return Err(error),
            Ok(package) => return Ok(package),
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
    fetch(url, parts, limit).await.map_err(|broken| match broken {
        Broken::Off(reason) => PackageError::Download(reason),
        Broken::ForGood(error) => error,
    })
}

/// How an attempt ended without a package.
enum Broken {
    /// The next one may succeed.
    Off(String),
    ForGood(PackageError),
}

async fn fetch(url: &str, parts: &Parts, limit: usize) -> Result<Vec<u8>, Broken> {
    let failed = |reason: &str| Broken::ForGood(PackageError::Download(reason.to_owned()));
    let client = parts.components.http_client().ok_or_else(|| failed("the SDK has no HTTP client"))?;
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_LIMIT).read_timeout(READ_LIMIT).build();
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_uri(url).map_err(|_| failed("its URL cannot be read"))?;
    let response = client.http_connector(&settings, &parts.components).call(request).await.map_err(|error| {
        Broken::Off(if error.is_timeout() { "no answer in time" } else { "the connection failed" }.to_owned())
    })?;
    collect(response, limit).await
}

async fn collect(response: HttpResponse, limit: usize) -> Result<Vec<u8>, Broken> {
    let cut = || Broken::Off("the connection was cut".to_owned());
    match response.status().as_u16() {
        200 => {}
        status @ 500.. => return Err(Broken::Off(format!("HTTP status {status}"))),
        status => return Err(Broken::ForGood(PackageError::Download(format!("HTTP status {status}")))),
    }
    let too_large = || Broken::ForGood(PackageError::TooLarge { limit: limit as u64 });
    let announced = response.headers().get("content-length").and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut package = Vec::with_capacity(announced.unwrap_or(0));
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| cut())?;
        let Some(chunk) = frame.data_ref() else { continue };
        if package.len() + chunk.len() > limit {
            return Err(too_large());
        }
        package.extend_from_slice(chunk);
    }
    if announced.is_some_and(|length| length != package.len()) {
        return Err(cut());
    }
    Ok(package)
}

/// https anywhere, http only on this machine: where a scenario is served.
fn is_allowed(url: &str) -> bool {
    let lower = url.to_ascii_lowercase();
    if lower.starts_with("https://") {
        return true;
    }
    let Some(rest) = lower.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return false;
    }
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn packages_come_over_https_or_from_this_machine() {
        for url in [
            "https://bucket.s3.amazonaws.com/x?sig",
            "http://127.0.0.1:4566/code",
            "http://localhost/x",
            "http://[::1]:1/x",
        ] {
            assert!(is_allowed(url), "{url}");
        }
        for url in [
            "http://example.com/x",
            "file:///etc/passwd",
            "http://127.0.0.1@example.com/x",
            "http://127.0.0.1.example.com/",
            "ftp://127.0.0.1/",
            "",
        ] {
            assert!(!is_allowed(url), "{url}");
        }
    }
}
