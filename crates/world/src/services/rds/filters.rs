//! What RDS's Describe operations have in common: filters, and pages by marker.

use serde::Deserialize;
use serde_json::Value;

use crate::services::ApiError;
use crate::services::resource::{self, Resource, text};

/// `MaxRecords` has to be between 20 and 100, and is 100 by default.
const MAX_RECORDS: std::ops::RangeInclusive<i64> = 20..=100;

/// A filter: any of its values has to fit.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Filter {
    name: String,
    #[serde(default)]
    values: Vec<String>,
}

/// A filter's name, and the members of which one has to hold its value.
pub(super) type FilterMembers = (&'static str, &'static [&'static str]);

impl Filter {
    /// Whether a resource passes all filters.
    pub(super) fn all_pass(filters: &[Self], known: &[FilterMembers], resource: &Resource) -> bool {
        filters.iter().all(|filter| {
            let members = known.iter().find(|(name, _)| *name == filter.name).map_or(&[][..], |(_, members)| members);
            let held: Vec<&str> = members.iter().filter_map(|member| text(resource, member)).collect();
            filter.values.iter().any(|value| held.iter().any(|held| held.eq_ignore_ascii_case(value)))
        })
    }

    /// Refuses filters that the operation does not know.
    pub(super) fn check(filters: &[Self], known: &[FilterMembers]) -> Result<(), ApiError> {
        match filters.iter().find(|filter| known.iter().all(|(name, _)| *name != filter.name)) {
            Some(unknown) => Err(invalid_value(format!("Unrecognized filter name: {}", unknown.name))),
            None => Ok(()),
        }
    }
}

/// Cuts the page that `MaxRecords` and `Marker` ask for.
pub(super) fn pages(
    items: Vec<Resource>,
    max_records: Option<i64>,
    marker: Option<&str>,
    list: &str,
) -> Result<Value, ApiError> {
    let size = max_records.unwrap_or(*MAX_RECORDS.end());
    if !MAX_RECORDS.contains(&size) {
        return Err(invalid_value(format!("Invalid value {size} for MaxRecords. Must be between 20 and 100")));
    }
    let marker = marker.filter(|marker| !marker.is_empty());
    resource::paged(items, usize::try_from(size).unwrap_or(1), marker, (list, "Marker"), || {
        invalid_value("The request marker is invalid.")
    })
}

/// RDS's error for a parameter's value.
pub(super) fn invalid_value(message: impl Into<String>) -> ApiError {
    ApiError::sender("InvalidParameterValue", message)
}
