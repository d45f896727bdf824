//! What the requests of ECS have in common: sizes of pages and lists, `include`, and failures.

use serde_json::{Value, json};

use crate::services::ApiError;
use crate::services::resource::{self, Resource};

/// What a List operation gives in a page, at most.
pub(super) const MOST_RESULTS: i64 = 100;

/// ECS's error for a parameter's value.
pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::sender("InvalidParameterException", message)
}

/// Cuts the page that `maxResults` and `nextToken` ask for; `usual` is the size of a page without `maxResults`.
pub(super) fn pages(
    items: Vec<String>,
    (max_results, usual): (Option<i64>, i64),
    token: Option<&str>,
    list: &str,
) -> Result<Value, ApiError> {
    let size = max_results.unwrap_or(usual);
    if !(1..=MOST_RESULTS).contains(&size) {
        return Err(invalid(format!("maxResults must be between 1 and {MOST_RESULTS}.")));
    }
    resource::paged(items, usize::try_from(size).unwrap_or(1), token, (list, "nextToken"), || invalid("Invalid token."))
}

/// Refuses a list of identifiers that is empty or too long.
pub(super) fn check_length(name: &str, identifiers: &[String], most: usize) -> Result<(), ApiError> {
    match identifiers.len() {
        0 => Err(invalid(format!("{name} cannot be empty."))),
        length if length > most => Err(invalid(format!("{name} can have at most {most} items."))),
        _ => Ok(()),
    }
}

/// Takes a member out that `include` has not asked for.
pub(super) fn leave_out(resource: &mut Resource, include: &[String], asked: &str, member: &str) {
    if !include.iter().any(|included| included == asked) {
        resource.remove(member);
    }
}

/// An item of `failures`.
pub(super) fn missing(arn: impl Into<String>) -> Value {
    json!({"arn": arn.into(), "reason": "MISSING"})
}
