//! An error as AWS answers it, before it is written in the protocol of the request.

use std::borrow::Cow;

use crate::ScenarioError;

/// AWS's error: a code, a message, and what a client may do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// The name of the error's shape: `ResourceNotFoundException`.
    pub(crate) code: Cow<'static, str>,
    /// The code in the query protocol, where it is another: `InvalidParameterValue`.
    pub(crate) query_code: Option<&'static str>,
    /// AWS's message; empty where AWS has none.
    pub(crate) message: String,
    /// The HTTP status; awsJson answers 400 for most.
    pub(crate) status: u16,
    /// Who is at fault, and whether to try again.
    pub(crate) kind: ErrorKind,
}

/// Who is at fault, and whether the SDK tries again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The caller: never retried.
    Sender,
    /// The caller is too fast: retried.
    Throttling,
    /// The operation does not exist: each protocol has its own code.
    UnknownOperation,
}

impl ApiError {
    /// The caller's mistake, with HTTP status 400.
    pub(crate) fn sender(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code: code.into(), query_code: None, message: message.into(), status: 400, kind: ErrorKind::Sender }
    }

    /// With another HTTP status.
    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// With another code in the query protocol (and in `x-amzn-query-error`).
    pub(crate) fn with_query_code(self, code: &'static str) -> Self {
        Self { query_code: Some(code), ..self }
    }

    /// The operation does not exist, or is not played.
    pub(crate) fn unknown_operation(operation: &str) -> Self {
        Self {
            kind: ErrorKind::UnknownOperation,
            ..Self::sender("UnknownOperationException", format!("Unknown operation {operation}"))
        }
    }
}

impl From<ScenarioError> for ApiError {
    /// A file of the scenario is broken: not retried, and the message says which file and line.
    fn from(error: ScenarioError) -> Self {
        Self::sender("MalformedWorldException", error.to_string())
    }
}
