//! The SDK's errors as [`ModelError`]s, and which of them are worth another try.
//!
//! Before the stream, the SDK itself retries throttling, not-ready and 5xx; it does not retry ModelTimeout and ModelError. In
//! the stream it retries nothing, and a throttle there has no error code in its metadata: the variant is matched.

use std::time::Duration;

use aws_sdk_bedrockruntime::{
    error::{BuildError, DisplayErrorContext, ProvideErrorMetadata, SdkError},
    operation::converse_stream::ConverseStreamError,
    types::error::ConverseStreamOutputError,
};
use marple_agent::ports::ModelError;

/// What went wrong with one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    error: ModelError,
    /// Whether the same request may succeed in a moment.
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

    /// Whether the same request may succeed in a moment.
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
    pub(crate) fn before_stream<R: std::fmt::Debug>(error: &SdkError<ConverseStreamError, R>, model: &str) -> Self {
        let Some(service) = error.as_service_error() else {
            return Self::of_transport(error);
        };
        let message = said(service, model);
        match service {
            ConverseStreamError::ModelTimeoutException(_) | ConverseStreamError::ModelErrorException(_) => {
                Self::passing(ModelError::Unavailable { message })
            }
            ConverseStreamError::ThrottlingException(_) => Self::passing(ModelError::Throttled { message }),
            ConverseStreamError::AccessDeniedException(_) => Self::lasting(ModelError::AccessDenied { message }),
            ConverseStreamError::ResourceNotFoundException(_) => Self::lasting(ModelError::UnknownModel { message }),
            ConverseStreamError::ValidationException(_) => Self::lasting(validation(message)),
            other => Self::of_code(other.code().unwrap_or_default(), message),
        }
    }

    /// An error inside the stream.
    pub(crate) fn in_stream<R: std::fmt::Debug>(error: &SdkError<ConverseStreamOutputError, R>, model: &str) -> Self {
        let Some(service) = error.as_service_error() else {
            let message = format!("the model's answer was cut off: {}", DisplayErrorContext(error));
            return Self::passing(ModelError::Unavailable { message });
        };
        let message = said(service, model);
        match service {
            ConverseStreamOutputError::ThrottlingException(_) => Self::passing(ModelError::Throttled { message }),
            ConverseStreamOutputError::ValidationException(_) => Self::lasting(validation(message)),
            _ => Self::passing(ModelError::Unavailable { message }),
        }
    }

    /// Errors that the service's model does not name, by code.
    fn of_code(code: &str, message: String) -> Self {
        match code {
            "ExpiredTokenException"
            | "ExpiredToken"
            | "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "InvalidClientTokenId"
            | "MissingAuthenticationTokenException" => Self::lasting(ModelError::Credentials { message }),
            "UnknownOperationException" => Self::lasting(ModelError::Rejected { message }),
            _ => Self::passing(ModelError::Unavailable { message }),
        }
    }

    fn of_transport<E: std::error::Error + Send + Sync + 'static, R: std::fmt::Debug>(error: &SdkError<E, R>) -> Self {
        let text = DisplayErrorContext(error).to_string();
        let about_credentials = ["credentials", "Credentials", "SSO", "sso session", "token has expired"];
        if matches!(error, SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_))
            && about_credentials.iter().any(|word| text.contains(word))
        {
            return Self::lasting(ModelError::Credentials { message: format!("no usable AWS credentials: {text}") });
        }
        Self::passing(ModelError::Unavailable { message: format!("Bedrock cannot be reached: {text}") })
    }
}

/// A refused request: an unknown model, too long a conversation, or a request that breaks a rule.
fn validation(message: String) -> ModelError {
    let lower = message.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["model identifier is invalid", "on-demand throughput", "inference profile", "model id"]) {
        ModelError::UnknownModel { message }
    } else if has(&["too long", "context window", "maximum context", "too many tokens", "token limit"]) {
        ModelError::ContextExceeded { message }
    } else {
        ModelError::Rejected { message }
    }
}

/// The service's own words, with the model that they are about.
fn said(error: &(impl ProvideErrorMetadata + std::fmt::Display), model: &str) -> String {
    let words = error.message().map_or_else(|| error.to_string(), str::to_owned);
    format!("{model}: {words}")
}
