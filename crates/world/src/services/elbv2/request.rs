//! What the requests of Elastic Load Balancing have in common: pages by marker, and files by ARN.

use serde_json::Value;

use super::SERVICE;
use crate::services::ApiError;
use crate::services::resource::{self, Resource};
use crate::{Scenario, ScenarioError};

/// Items a page, at most and by default.
const PAGE_SIZE: i64 = 400;

/// Cuts the page that `PageSize` and `Marker` ask for.
pub(super) fn pages(
    items: Vec<Resource>,
    page_size: Option<i64>,
    marker: Option<&str>,
    list: &str,
) -> Result<Value, ApiError> {
    let size = page_size.unwrap_or(PAGE_SIZE);
    if !(1..=PAGE_SIZE).contains(&size) {
        return Err(invalid(format!("Page size must be between 1 and {PAGE_SIZE}")));
    }
    let marker = marker.filter(|marker| !marker.is_empty());
    resource::paged(items, usize::try_from(size).unwrap_or(1), marker, (list, "NextMarker"), || {
        invalid("Invalid marker")
    })
}

/// The error for a parameter's value.
pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::sender("ValidationError", message)
}

/// A file that holds a list of objects for each ARN.
pub(super) struct ByArn {
    pub(super) file: &'static str,
    lists: Vec<(String, Vec<Resource>)>,
}

impl ByArn {
    /// # Errors
    /// When the file is no object of lists of objects.
    pub(super) fn read(scenario: &Scenario, file: &'static str) -> Result<Self, ScenarioError> {
        let read = |(arn, list): (String, Value)| match serde_json::from_value(list) {
            Ok(list) => Ok((arn, list)),
            Err(error) => {
                let what = format!("{arn} is not a list of objects: {error}");
                Err(ScenarioError::Invalid { file: file.to_owned(), what })
            }
        };
        let lists = resource::read_map(scenario, &SERVICE, file)?.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { file, lists })
    }

    /// What stands for an ARN; nothing if the file does not name it.
    pub(super) fn of(&self, arn: &str) -> &[Resource] {
        self.lists.iter().find(|(key, _)| key == arn).map_or(&[], |(_, list)| list)
    }

    /// Refuses an ARN that names nothing of the world.
    pub(super) fn check(&self, exists: impl Fn(&str) -> bool) -> Result<(), ScenarioError> {
        match self.lists.iter().find(|(arn, _)| !exists(arn)) {
            Some((arn, _)) => {
                let what = format!("there is no {arn} in this world");
                Err(ScenarioError::Invalid { file: self.file.to_owned(), what })
            }
            None => Ok(()),
        }
    }
}
