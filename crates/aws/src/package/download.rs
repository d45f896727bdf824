//! Fetches a package from its presigned URL, with the HTTP client of the SDK's own configuration.
//!
//! The URL carries its own authorisation: the request has no credentials. Redirects are not followed.

use std::time::Duration;

use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorSettings},
    interceptors::{Intercept, context::BeforeTransmitInterceptorContextRef, dyn_dispatch_hint},
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::{body::SdkBody, config_bag::ConfigBag};
use http_body_util::BodyExt;
use std::sync::{Arc, OnceLock};

use super::PackageError;

/// The longest that a download may take.
const LIMIT: Duration = Duration::from_secs(40);
/// The longest wait for a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(4);
/// The longest wait for the first byte.
const READ_LIMIT: Duration = Duration::from_secs(15);

/// Remembers the parts of the SDK that an operation ran with: its HTTP client among them, the configured one or the SDK's default.
#[derive(Debug, Clone, Default)]
pub(crate) struct SdkParts(Arc<OnceLock<RuntimeComponents>>);

#[dyn_dispatch_hint]
impl Intercept for SdkParts {
    fn name(&self) -> &'static str {
        "SdkParts"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        parts: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), aws_smithy_runtime_api::box_error::BoxError> {
        self.0.get_or_init(|| parts.clone());
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
    match tokio::time::timeout(LIMIT, fetch(url, parts, limit)).await {
        Ok(fetched) => fetched,
        Err(_) => Err(PackageError::Download(format!("it was not complete after {} s", LIMIT.as_secs()))),
    }
}

async fn fetch(url: &str, parts: &SdkParts, limit: usize) -> Result<Vec<u8>, PackageError> {
    let failed = |reason: String| PackageError::Download(reason);
    let parts = parts.0.get().ok_or_else(|| failed("the SDK has no HTTP client".to_owned()))?;
    let client = parts.http_client().ok_or_else(|| failed("the SDK has no HTTP client".to_owned()))?;
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_LIMIT).read_timeout(READ_LIMIT).build();
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_uri(url).map_err(|_| failed("its URL cannot be read".to_owned()))?;
    let response = client.http_connector(&settings, parts).call(request).await.map_err(|error| {
        let kind = if error.is_timeout() { "no answer in time" } else { "the connection failed" };
        failed(kind.to_owned())
    })?;
    collect(response, limit).await
}

async fn collect(response: HttpResponse, limit: usize) -> Result<Vec<u8>, PackageError> {
    if response.status().as_u16() != 200 {
        return Err(PackageError::Download(format!("HTTP status {}", response.status().as_u16())));
    }
    let too_large = || PackageError::TooLarge { limit: limit as u64 };
    let announced = response.headers().get("content-length").and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut package = Vec::with_capacity(announced.unwrap_or(0));
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| PackageError::Download("the connection was cut".to_owned()))?;
        let Some(chunk) = frame.data_ref() else { continue };
        if package.len() + chunk.len() > limit {
            return Err(too_large());
        }
        package.extend_from_slice(chunk);
    }
    if announced.is_some_and(|length| length != package.len()) {
        return Err(PackageError::Download("the connection was cut".to_owned()));
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
