//! CloudWatch Logs: searching, reading and listing, and Logs Insights.
//!
//! The engines are in `crate::logs`; here are the operations' inputs, AWS's validation, and the shapes of the answers.
//! Log event times are epoch milliseconds, those of Insights epoch seconds, as on the service's wire.

mod describe;
mod events;
mod query;
#[cfg(test)]
mod tests;

use super::{ApiError, Service};
use crate::logs::{Group, LogFiles, Logs};
use crate::traffic::Traffic;

/// CloudWatch Logs.
pub(super) const SERVICE: Service = Service {
    name: "logs",
    signing_name: "logs",
    target: Some("Logs_20140328"),
    operations: &[
        ("DescribeLogGroups", describe::log_groups),
        ("DescribeLogStreams", describe::log_streams),
        ("DescribeQueries", query::describe),
        ("FilterLogEvents", events::filter),
        ("GetLogEvents", events::get),
        ("GetQueryResults", query::results),
        ("StartQuery", query::start),
        ("StopQuery", query::stop),
    ],
    check: |world| world.parsed::<LogFiles>().and(world.parsed::<Traffic>()).map(drop),
    ..Service::BLANK
};

fn invalid_parameter(message: impl Into<String>) -> ApiError {
    ApiError::sender("InvalidParameterException", message)
}

fn invalid_token() -> ApiError {
    invalid_parameter("The specified nextToken is invalid.")
}

fn no_such_group() -> ApiError {
    ApiError::sender("ResourceNotFoundException", "The specified log group does not exist.")
}

fn no_such_stream() -> ApiError {
    ApiError::sender("ResourceNotFoundException", "The specified log stream does not exist.")
}

/// The group that `logGroupName` or `logGroupIdentifier` names: exactly one of them.
fn one_group<'a>(logs: &'a Logs, name: Option<&str>, identifier: Option<&str>) -> Result<Group<'a>, ApiError> {
    match (name, identifier) {
        (Some(name), None) => logs.group(name),
        (None, Some(identifier)) => logs.group_by_identifier(identifier),
        _ => return Err(invalid_parameter("Exactly one of logGroupName and logGroupIdentifier has to be specified.")),
    }
    .ok_or_else(no_such_group)
}

/// A number within AWS's bounds, or the default.
fn bounded(
    value: Option<i64>,
    member: &str,
    bounds: std::ops::RangeInclusive<i64>,
    usual: usize,
) -> Result<usize, ApiError> {
    let Some(value) = value else { return Ok(usual) };
    let bound = match value {
        _ if value < *bounds.start() => format!("greater than or equal to {}", bounds.start()),
        _ if value > *bounds.end() => format!("less than or equal to {}", bounds.end()),
        _ => return Ok(usize::try_from(value).unwrap_or(usual)),
    };
    Err(invalid_parameter(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must have value {bound}"
    )))
}
