//! AWS's own words for what goes wrong: the codes differ by protocol and service, the messages hardly do.
//!
//! Codes of 5xx are those of botocore's service models, or `InternalFailure` of AWS's common errors where a model has none; an
//! expired token and an unknown one are 400 in awsJson and 403 elsewhere.

use http::StatusCode;

use crate::World;
use crate::scenario::FaultKind;
use crate::services::{ApiError, ErrorKind, Service};

const EXPIRED: &str = "The security token included in the request is expired";
const INVALID: &str = "The security token included in the request is invalid.";

/// The service's own access-denied error, with IAM's message.
pub(in crate::services) fn access_denied(
    world: &World,
    service: &Service,
    operation: &str,
    resource: &str,
) -> ApiError {
    let action = format!("{}:{operation}", service.name);
    let caller = crate::services::sts::caller_arn(world);
    let message = format!(
        "User: {caller} is not authorized to perform: {action} on resource: {resource} because no identity-based policy \
         allows the {action} action"
    );
    let code = if speaks_query(service) { "AccessDenied" } else { "AccessDeniedException" };
    ApiError::sender(code, message).with_status(refusal_status(service))
}

/// The service's error for a fault that is not about the operation.
pub(super) fn of_service(service: &Service, kind: FaultKind) -> ApiError {
    let is_query = speaks_query(service);
    let by_protocol = |query, other| if is_query { query } else { other };
    let status = refusal_status(service);
    match kind {
        FaultKind::Throttled => throttled(service),
        FaultKind::ServerError => {
            let (code, message) = server_error(service.name);
            ApiError::sender(code, message).with_status(500)
        }
        FaultKind::RegionOff => {
            let code = by_protocol("InvalidClientTokenId", "UnrecognizedClientException");
            ApiError::sender(code, INVALID).with_status(status)
        }
        FaultKind::NotSubscribed => {
            let code = by_protocol("OptInRequired", "SubscriptionRequiredException");
            ApiError::sender(code, "The AWS Access Key Id needs a subscription for the service").with_status(status)
        }
        _ => ApiError::sender(by_protocol("ExpiredToken", "ExpiredTokenException"), EXPIRED).with_status(status),
    }
}

fn throttled(service: &Service) -> ApiError {
    let (code, status) = if speaks_query(service) {
        ("Throttling", 400)
    } else if service.routes.is_empty() {
        ("ThrottlingException", 400)
    } else {
        ("TooManyRequestsException", 429)
    };
    ApiError { kind: ErrorKind::Throttling, ..ApiError::sender(code, "Rate exceeded").with_status(status) }
}

fn server_error(service: &str) -> (&'static str, &'static str) {
    match service {
        "application-autoscaling" => ("InternalServiceException", "An internal error occurred."),
        "cloudwatch" => ("InternalServiceError", "Request processing has failed due to some unknown error."),
        "ecr" | "ecs" => ("ServerException", "Service Unavailable. Please try again later."),
        "lambda" => ("ServiceException", "The service encountered an internal error."),
        "logs" => ("ServiceUnavailableException", "The service cannot complete the request."),
        "secretsmanager" => ("InternalServiceError", "An error occurred on the server side."),
        _ => ("InternalFailure", "The request processing has failed because of an unknown error."),
    }
}

/// S3's code and message for the download of a package. `None`: the fault is no answer.
pub(crate) fn of_package(kind: FaultKind) -> Option<(StatusCode, &'static str, &'static str)> {
    Some(match kind {
        FaultKind::Throttled => (StatusCode::SERVICE_UNAVAILABLE, "SlowDown", "Please reduce your request rate."),
        FaultKind::ServerError | FaultKind::Unavailable => {
            (StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "We encountered an internal error. Please try again.")
        }
        FaultKind::Denied => (StatusCode::FORBIDDEN, "AccessDenied", "Access Denied"),
        FaultKind::RegionOff | FaultKind::NotSubscribed => (
            StatusCode::FORBIDDEN,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        FaultKind::ExpiredToken => (StatusCode::BAD_REQUEST, "ExpiredToken", "The provided token has expired."),
        FaultKind::Slow | FaultKind::NoAnswer | FaultKind::Cut | FaultKind::HalfAnswer | FaultKind::StalledAnswer => {
            return None;
        }
    })
}

fn refusal_status(service: &Service) -> u16 {
    if service.target.is_some() && service.query.is_none() { 400 } else { 403 }
}

fn speaks_query(service: &Service) -> bool {
    service.query.is_some()
}
