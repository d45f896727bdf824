//! DescribeEvents: what happened to databases in the last 14 days.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::SERVICE;
use super::filters::{self, invalid_value};
use crate::services::resource::{self, Resource, is, time};
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

/// How long RDS keeps events.
const RETENTION: SignedDuration = SignedDuration::from_hours(14 * 24);
/// The window, in minutes, when neither times nor duration are given.
const DEFAULT_MINUTES: i64 = 60;

const SOURCE_TYPES: [&str; 9] = [
    "db-instance",
    "db-parameter-group",
    "db-security-group",
    "db-snapshot",
    "db-cluster",
    "db-cluster-snapshot",
    "custom-engine-version",
    "db-proxy",
    "blue-green-deployment",
];

/// Events that have happened by now, oldest first.
pub(super) struct Events(Vec<Resource>);

impl Parsed for Events {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let path = "world/rds/events.json";
        let mut events = resource::read_list(scenario, &SERVICE, path, "Events", &["Date", "Message"])?;
        events.retain(|event| resource::existed(event, "Date", scenario.now));
        events.sort_by_key(|event| time(event, "Date"));
        Ok(Self(events))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeEvents {
    source_identifier: Option<String>,
    source_type: Option<String>,
    start_time: Option<Timestamp>,
    end_time: Option<Timestamp>,
    duration: Option<i64>,
    #[serde(default)]
    event_categories: Vec<String>,
    max_records: Option<i64>,
    marker: Option<String>,
}

pub(super) fn describe_events(world: &World, input: &Value) -> Result<Value, ApiError> {
    let describe: DescribeEvents = read_input(input)?;
    describe.check_source()?;
    let (from, to) = describe.window(world.now())?;
    let in_window = |event: &&Resource| time(event, "Date").is_some_and(|date| from <= date && date <= to);
    let events =
        world.parsed::<Events>()?.0.iter().filter(in_window).filter(|event| describe.wants(event)).cloned().collect();
    filters::pages(events, describe.max_records, describe.marker.as_deref(), "Events")
}

impl DescribeEvents {
    fn check_source(&self) -> Result<(), ApiError> {
        if self.source_identifier.is_some() && self.source_type.is_none() {
            let message = "SourceType must be provided if SourceIdentifier is provided.";
            return Err(ApiError::sender("InvalidParameterCombination", message));
        }
        match &self.source_type {
            Some(source) if !SOURCE_TYPES.contains(&source.as_str()) => {
                Err(invalid_value(format!("Invalid source type: {source}")))
            }
            _ => Ok(()),
        }
    }

    /// The window that is asked for: times, or minutes before its end; events older than the retention are gone.
    fn window(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), ApiError> {
        let minutes = SignedDuration::from_mins(self.duration.unwrap_or(DEFAULT_MINUTES).clamp(0, RETENTION.as_mins()));
        let before = |time: Timestamp, span| time.saturating_sub(span).unwrap_or(Timestamp::MIN);
        let from = match (self.start_time, self.end_time) {
            (Some(start), _) => start,
            (None, end) => before(end.unwrap_or(now), minutes),
        };
        let to = match (self.start_time, self.end_time) {
            (_, Some(end)) => end,
            (Some(start), None) if self.duration.is_some() => start.saturating_add(minutes).unwrap_or(now),
            (_, None) => now,
        };
        if from > to {
            return Err(ApiError::sender("InvalidParameterCombination", "The start time must be before the end time."));
        }
        Ok((from.max(before(now, RETENTION)), to))
    }

    fn wants(&self, event: &Resource) -> bool {
        let categories = || event.get("EventCategories").and_then(Value::as_array).into_iter().flatten();
        self.source_type.as_deref().is_none_or(|source| is(event, "SourceType", source))
            && self.source_identifier.as_deref().is_none_or(|source| is(event, "SourceIdentifier", source))
            && (self.event_categories.is_empty()
                || categories().filter_map(Value::as_str).any(|held| self.event_categories.iter().any(|c| c == held)))
    }
}
