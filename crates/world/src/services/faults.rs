//! `wire.deny` and `wire.throttle` of `scenario.toml`, for every service in one place. (`wire.latency_ms` is waited for
//! by the connection, before the call.)

use super::{ApiError, ErrorKind, Service};
use crate::World;

/// Refuses the call if the scenario says so.
pub(super) fn apply(world: &World, service: &Service, operation: &str) -> Result<(), ApiError> {
    let faults = &world.scenario().wire;
    if matches_any(&faults.deny, service.name, operation) {
        return Err(access_denied(world, service, operation, "*"));
    }
    if let Some(throttle) = &faults.throttle
        && matches_any(&throttle.operations, service.name, operation)
        && world.count_throttled_call().is_multiple_of(throttle.every.get())
    {
        return Err(throttled(service));
    }
    Ok(())
}

/// The service's own access-denied error, with IAM's message.
pub(super) fn access_denied(world: &World, service: &Service, operation: &str, resource: &str) -> ApiError {
    let action = format!("{}:{operation}", service.name);
    let caller = super::sts::caller_arn(world);
    let message = format!(
        "User: {caller} is not authorized to perform: {action} on resource: {resource} because no identity-based policy \
         allows the {action} action"
    );
    let status = if service.target.is_some() && service.query.is_none() { 400 } else { 403 };
    let code = if speaks_query(service) { "AccessDenied" } else { "AccessDeniedException" };
    ApiError::sender(code, message).with_status(status)
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

fn speaks_query(service: &Service) -> bool {
    service.query.is_some()
}

fn matches_any(patterns: &[String], service: &str, operation: &str) -> bool {
    let action = format!("{service}:{operation}");
    patterns.iter().any(|pattern| wildcard_matches(pattern, &action))
}

/// IAM's matching of actions: `*` stands for any run of characters, letters compare without case.
fn wildcard_matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| action.strip_prefix(first)) else {
        return false;
    };
    let mut last_was_open = false;
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        last_was_open = part.is_empty();
        if parts.peek().is_none() {
            return last_was_open || rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    last_was_open
}
