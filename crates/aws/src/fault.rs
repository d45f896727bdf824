//! What goes wrong with a call to AWS, in the four sorts that an investigation tells apart.
//!
//! The codes are AWS's common errors and those of the services' references; whatever is not known is [`Fault::Refused`]
//! with its code, so that a tool can make "there is no such log group" of it.
//!
//! `met` keeps what went wrong during one call of a tool, so that no tool can take it for an absence.

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::{display::DisplayErrorContext, metadata::ProvideErrorMetadata};
use marple_case::Outcome;

mod met;

pub(crate) use met::{Met, watched};

/// Codes with which a service says that the caller lacks a permission.
const DENIALS: [&str; 8] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "NotAuthorized",
    "OptInRequired",
    "SubscriptionRequiredException",
    "UnauthorizedOperation",
];

/// Codes with which a service says that it is asked too often or cannot answer now. Each is retried before it gets here.
const OVERLOADS: [&str; 17] = [
    "BandwidthLimitExceeded",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "InternalServiceError",
    "InternalServiceFault",
    "LimitExceededException",
    "RequestLimitExceeded",
    "ServerException",
    "ServiceException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Codes with which a service says that it does not accept the credentials themselves.
const BAD_CREDENTIALS: [&str; 12] = [
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Why a call gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The caller lacks a permission.
    #[error("{action} was denied: {message}")]
    Denied {
        /// The IAM action: `logs:FilterLogEvents`.
        action: String,
        /// AWS's own words.
        message: String,
    },
    /// There are no credentials, or AWS does not accept them.
    #[error("{message}")]
    Credentials {
        /// What is wrong, and what to do.
        message: String,
    },
    /// The service refused the request with an error of its own.
    #[error("{action}: {message} ({code})")]
    Refused {
        /// The IAM action.
        action: String,
        /// The service's error code: `ResourceNotFoundException`.
        code: String,
        /// The service's words.
        message: String,
    },
    /// The service could not be reached, was overloaded, took too long, or gave an answer that cannot be read.
    #[error("{action}: {message}")]
    Unreachable {
        /// The IAM action.
        action: String,
        /// What failed.
        message: String,
    },
}

impl Fault {
    /// Whether the service refused with one of these codes.
    pub(crate) fn is_refused_with(&self, codes: &[&str]) -> bool {
        matches!(self, Self::Refused { code, .. } if codes.contains(&code.as_str()))
    }

    /// Whether the service says that what was asked for does not exist.
    pub(crate) fn is_not_found(&self) -> bool {
        self.is_refused_with(&[
            "ResourceNotFoundException",
            "ResourceNotFound",
            "DBClusterNotFoundFault",
            "DBInstanceNotFound",
            "DBInstanceNotFoundFault",
            "ClusterNotFoundException",
            "ServiceNotFoundException",
            "RepositoryNotFoundException",
            "ImageNotFoundException",
            "LoadBalancerNotFound",
            "TargetGroupNotFound",
        ])
    }

    /// The outcome of a tool that met this fault.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Denied { action, message } => Outcome::Denied { action: action.clone(), message: message.clone() },
            Self::Credentials { .. } | Self::Refused { .. } | Self::Unreachable { .. } => {
                Outcome::Failed { message: self.to_string() }
            }
        }
    }

    /// Whether nothing is known for it: not an answer of the service's own such as "there is none".
    fn is_unanswered(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }

    /// `status`: that of HTTP. Whatever the code, 5xx is no answer.
    fn of_service(action: &str, status: u16, code: Option<&str>, message: Option<&str>) -> Self {
        let code = code.map(bare_code).unwrap_or("UnknownError");
        let message = message.unwrap_or("the service gave no message").to_owned();
        if DENIALS.contains(&code) {
            return Self::Denied { action: action.to_owned(), message };
        }
        if BAD_CREDENTIALS.contains(&code) {
            // A region that has to be enabled first does not know the account's tokens, and says no more than that.
            let unknown = ["AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"].contains(&code);
            let region = if unknown { "; or the region is not enabled for the account" } else { "" };
            return Self::Credentials { message: credentials_message(&format!("{message} ({code}){region}")) };
        }
        if status >= 500 || OVERLOADS.contains(&code) {
            return unreachable(action, format!("{message} ({code})"));
        }
        Self::Refused { action: action.to_owned(), code: code.to_owned(), message }
    }
}

/// A code without the shape's namespace or the trailing address that some protocols add (`ns#Code:http://…`).
fn bare_code(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code)
}

fn credentials_message(reason: &str) -> String {
    format!(
        "AWS did not get credentials that it accepts: {reason}. Sign in again (`aws sso login`, with --profile if you use \
         one), or choose other credentials with --profile"
    )
}

/// Names a call, so that its error can say which permission it needs.
pub(crate) trait Asked<T> {
    /// The result, with the SDK's error made a [`Fault`] of this IAM action.
    fn asked(self, action: &str) -> Result<T, Fault>;
}

impl<T, E> Asked<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    fn asked(self, action: &str) -> Result<T, Fault> {
        self.map_err(|error| {
            let fault = of_sdk(action, &error);
            met::note(&fault);
            fault
        })
    }
}

fn of_sdk<E>(action: &str, error: &SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            Fault::of_service(action, status, service.err().code(), service.err().message())
        }
        SdkError::TimeoutError(_) => unreachable(action, "no answer within the time limit".to_owned()),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            unreachable(action, "the connection timed out".to_owned())
        }
        SdkError::ResponseError(_) => unreachable(action, "the answer broke off, or cannot be read".to_owned()),
        _ => unsent(action, error),
    }
}

fn unreachable(action: &str, message: String) -> Fault {
    Fault::Unreachable { action: action.to_owned(), message }
}

/// A request that never got an answer: either there was nothing to sign it with, or the network failed.
fn unsent<E>(action: &str, error: &SdkError<E, HttpResponse>) -> Fault
where
    E: std::error::Error + Send + Sync + 'static,
{
    let mut causes = Vec::new();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if current.is::<aws_credential_types::provider::error::CredentialsError>() {
            return Fault::Credentials { message: credentials_message(&DisplayErrorContext(current).to_string()) };
        }
        let text = current.to_string();
        if causes.last() != Some(&text) {
            causes.push(text);
        }
        cause = current.source();
    }
    let text = causes.join(": ");
    // The SDK's error where no credentials are configured at all has no public type.
    if text.contains("there was no identity resolver for it") {
        return Fault::Credentials { message: credentials_message("none are configured") };
    }
    unreachable(action, text)
}

#[cfg(test)]
mod tests;
