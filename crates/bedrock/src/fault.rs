//! The SDK's errors as [`ModelError`]s, and which of them are worth another try.
//!
//! | fault | what it cost | tried again |
//! |---|---|---|
//! | [`Kind::Busy`]: before the stream, throttling or a model that is not ready | nothing | for a while |
//! | [`Kind::Down`]: before the stream, 5xx or no connection | nothing | a few times, for a while |
//! | [`Kind::Broken`]: ModelTimeout, ModelError, anything in the stream, silence | perhaps the whole turn | a few times, with a sign |
//! | [`Kind::Lasting`]: credentials, access, an unknown model, a refused request | nothing | never |
//!
//! The SDK's own retries are off: they know no deadline, and give up early where many turns share a client.
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

/// What another attempt is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Busy,
    Down,
    Broken,
    Lasting,
}

/// What went wrong with one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    error: ModelError,
    kind: Kind,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl Fault {
    fn busy(error: ModelError) -> Self {
        Self { error, kind: Kind::Busy }
    }

    fn down(error: ModelError) -> Self {
        Self { error, kind: Kind::Down }
    }

    fn broken(error: ModelError) -> Self {
        Self { error, kind: Kind::Broken }
    }

    fn lasting(error: ModelError) -> Self {
        Self { error, kind: Kind::Lasting }
    }

    /// What another attempt is worth.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
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
        Self::broken(ModelError::Unavailable {
            message: format!("the model sent nothing for {} s", limit.as_secs_f64()),
        })
    }

    /// The stream ended before its end.
    pub(crate) fn cut() -> Self {
        Self::broken(ModelError::Unavailable { message: "the model's answer was cut off".to_owned() })
    }

    /// An error before the stream began.
    pub(crate) fn before_stream(error: &SdkError<ConverseStreamError, HttpResponse>) -> Self {
        let Some(service) = error.as_service_error() else { return Self::of_transport(error) };
        let message = said(service);
        match service {
            ConverseStreamError::ModelTimeoutException(_)
            | ConverseStreamError::ModelErrorException(_)
            | ConverseStreamError::ModelStreamErrorException(_) => Self::broken(ModelError::Unavailable { message }),
            ConverseStreamError::ModelNotReadyException(_) => Self::busy(ModelError::Unavailable { message }),
            ConverseStreamError::InternalServerException(_) | ConverseStreamError::ServiceUnavailableException(_) => {
                Self::down(ModelError::Unavailable { message })
            }
            ConverseStreamError::ThrottlingException(_) => Self::busy(ModelError::Throttled { message }),
            ConverseStreamError::AccessDeniedException(_) => Self::lasting(ModelError::AccessDenied { message }),
            ConverseStreamError::ResourceNotFoundException(_) => Self::lasting(ModelError::UnknownModel { message }),
            ConverseStreamError::ValidationException(_) => Self::lasting(validation(message)),
            other => {
                let status = error.raw_response().map_or(0, |response| response.status().as_u16());
                unnamed(other.code().unwrap_or_default(), status, message)
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
            return Self::broken(ModelError::Unavailable { message });
        };
        let message = said(service);
        match service {
            ConverseStreamOutputError::ThrottlingException(_) => Self::broken(ModelError::Throttled { message }),
            ConverseStreamOutputError::ValidationException(_) => Self::lasting(validation(message)),
            _ => Self::broken(ModelError::Unavailable { message }),
        }
    }

    /// A request without an answer: there was nothing to sign it with, or the network failed.
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
        Self::down(ModelError::Unavailable { message: format!("Bedrock cannot be reached: {text}") })
    }
}

/// Errors that the operation's model does not name, by code and status.
fn unnamed(code: &str, status: u16, message: String) -> Fault {
    match (code, status) {
        (code, _) if BAD_CREDENTIALS.contains(&code) => Fault::lasting(ModelError::Credentials { message }),
        // A quota is not a rate: it does not come back in a minute.
        ("ServiceQuotaExceededException", _) => Fault::lasting(ModelError::Throttled { message }),
        (_, 401 | 403) => Fault::lasting(ModelError::AccessDenied { message }),
        (_, 429) => Fault::busy(ModelError::Throttled { message }),
        (_, 400..=499) => Fault::lasting(ModelError::Rejected { message }),
        _ => Fault::down(ModelError::Unavailable { message }),
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
        "tokens exceed",
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
