//! The SDK's errors as [`ModelError`]s, and which of them are worth another try.
//!
//! | fault | tried again by |
//! |---|---|
//! | before the stream: throttling, not ready, 5xx, no connection | the SDK, which has given up when its error arrives here |
//! | before the stream: ModelTimeout, ModelError, nothing at all for too long | this crate |
//! | in the stream: throttling, 5xx, model errors, a cut, silence | this crate |
//! | credentials, access, an unknown model, a refused request | nobody |
//!
//! A throttle in the stream has no error code in its metadata: the variant is matched.

use std::{error::Error, time::Duration};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_bedrockruntime::{
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::converse_stream::ConverseStreamError,
    types::error::ConverseStreamOutputError,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use marple_agent::ports::ModelError;

/// Codes with which AWS says that it does not accept the credentials themselves.
const BAD_CREDENTIALS: [&str; 9] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// What went wrong with one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    error: ModelError,
    is_passing: bool,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl Fault {
    fn passing(error: ModelError) -> Self {
        Self { error, is_passing: true }
    }

    fn lasting(error: ModelError) -> Self {
        Self { error, is_passing: false }
    }

    /// Whether the same request may succeed in a moment, and nobody has tried yet.
    pub(crate) fn is_passing(&self) -> bool {
        self.is_passing
    }

    /// The error for the investigation.
    pub(crate) fn into_error(self) -> ModelError {
        self.error
    }

    /// The request could not be built from the conversation.
    pub(crate) fn request(error: BuildError) -> Self {
        Self::lasting(ModelError::Rejected { message: format!("the request cannot be built: {error}") })
    }

    /// Nothing came for too long.
    pub(crate) fn silent(limit: Duration) -> Self {
        Self::passing(ModelError::Unavailable {
            message: format!("the model sent nothing for {} s", limit.as_secs_f64()),
        })
    }

    /// The stream ended before its end.
    pub(crate) fn cut() -> Self {
        Self::passing(ModelError::Unavailable { message: "the model's answer was cut off".to_owned() })
    }

    /// An error before the stream began.
    pub(crate) fn before_stream(error: &SdkError<ConverseStreamError, HttpResponse>) -> Self {
        let Some(service) = error.as_service_error() else { return Self::of_transport(error) };
        let message = said(service);
        match service {
            ConverseStreamError::ModelTimeoutException(_)
            | ConverseStreamError::ModelErrorException(_)
            | ConverseStreamError::ModelStreamErrorException(_) => Self::passing(ModelError::Unavailable { message }),
            ConverseStreamError::ModelNotReadyException(_)
            | ConverseStreamError::InternalServerException(_)
            | ConverseStreamError::ServiceUnavailableException(_) => Self::lasting(ModelError::Unavailable { message }),
            ConverseStreamError::ThrottlingException(_) => Self::lasting(ModelError::Throttled { message }),
            ConverseStreamError::AccessDeniedException(_) => Self::lasting(ModelError::AccessDenied { message }),
            ConverseStreamError::ResourceNotFoundException(_) => Self::lasting(ModelError::UnknownModel { message }),
            ConverseStreamError::ValidationException(_) => Self::lasting(validation(message)),
            other => {
                let status = error.raw_response().map_or(0, |response| response.status().as_u16());
                Self::lasting(unnamed(other.code().unwrap_or_default(), status, message))
            }
        }
    }

    /// An error inside the stream.
    pub(crate) fn in_stream<R>(error: &SdkError<ConverseStreamOutputError, R>) -> Self
    where
        R: std::fmt::Debug + 'static,
    {
        let Some(service) = error.as_service_error() else {
            let message = format!("the model's answer was cut off: {}", causes(error));
            return Self::passing(ModelError::Unavailable { message });
        };
        let message = said(service);
        match service {
            ConverseStreamOutputError::ThrottlingException(_) => Self::passing(ModelError::Throttled { message }),
            ConverseStreamOutputError::ValidationException(_) => Self::lasting(validation(message)),
            _ => Self::passing(ModelError::Unavailable { message }),
        }
    }

    /// A request without an answer: there was nothing to sign it with, or the network failed and the SDK's own retries with it.
    fn of_transport(error: &SdkError<ConverseStreamError, HttpResponse>) -> Self {
        let text = causes(error);
        // Without any provider the SDK finds no way to sign; that error has no public type, and speaks to the SDK's own authors.
        if text.contains("failed to select an auth scheme") {
            let message = "no AWS credentials are configured".to_owned();
            return Self::lasting(ModelError::Credentials { message });
        }
        if let Some(cause) = chain(error).find(|cause| cause.is::<CredentialsError>()) {
            let message = format!("no usable AWS credentials: {}", causes(cause));
            return Self::lasting(ModelError::Credentials { message });
        }
        Self::lasting(ModelError::Unavailable { message: format!("Bedrock cannot be reached: {text}") })
    }
}

/// Errors that the operation's model does not name, by code and status. What could be tried again, the SDK has.
fn unnamed(code: &str, status: u16, message: String) -> ModelError {
    match (code, status) {
        (code, _) if BAD_CREDENTIALS.contains(&code) => ModelError::Credentials { message },
        (_, 401 | 403) => ModelError::AccessDenied { message },
        ("ServiceQuotaExceededException", _) | (_, 429) => ModelError::Throttled { message },
        (_, 400..=499) => ModelError::Rejected { message },
        _ => ModelError::Unavailable { message },
    }
}

/// A refused request: an unknown model, too long a conversation, or a request that breaks a rule.
fn validation(message: String) -> ModelError {
    let lower = message.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["model identifier is invalid", "on-demand throughput", "inference profile", "model id"]) {
        ModelError::UnknownModel { message }
    } else if has(&[
        "is too long",
        "context window",
        "context limit",
        "maximum context",
        "too many tokens",
        "token limit",
    ]) {
        ModelError::ContextExceeded { message }
    } else {
        ModelError::Rejected { message }
    }
}

/// The service's own words.
fn said(error: &(impl ProvideErrorMetadata + Error + 'static)) -> String {
    error.message().map_or_else(|| causes(error), str::to_owned)
}

/// An error and what is behind it, outermost first.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        error.source()
    })
}

/// The chain in words, each said once.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut words: Vec<String> = chain(error).map(ToString::to_string).collect();
    words.dedup();
    words.join(": ")
}
