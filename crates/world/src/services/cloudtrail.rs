//! CloudTrail: LookupEvents, newest first, 90 days back.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::resource::{self, Resource, is, text, time};
use super::{ApiError, Service, read_input};
use crate::wire::Members;
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

/// CloudTrail.
pub(super) const SERVICE: Service = Service {
    name: "cloudtrail",
    signing_name: "cloudtrail",
    target: Some("CloudTrail_20131101"),
    members: Members { timestamps: &["StartTime", "EndTime", "EventTime"], ..Members::NONE },
    operations: &[("LookupEvents", lookup_events)],
    check: |world| world.parsed::<Trail>().map(drop),
    ..Service::BLANK
};

const FILE: &str = "world/cloudtrail/events.json";
/// What LookupEvents keeps.
const RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Events a page, at most and by default.
const MAX_RESULTS: i64 = 50;

/// Events that have happened by now, newest first.
struct Trail(Vec<Resource>);

impl Parsed for Trail {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let mut events = resource::read_list(scenario, &SERVICE, FILE, "Events", &["EventName", "EventTime"])?;
        for event in &mut events {
            if let Some(record @ Value::Object(_)) = event.get_mut("CloudTrailEvent") {
                *record = Value::String(record.to_string());
            }
        }
        events.retain(|event| resource::existed(event, "EventTime", scenario.now));
        events.sort_by_key(|event| std::cmp::Reverse(time(event, "EventTime")));
        Ok(Self(events))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LookupEvents {
    #[serde(default)]
    lookup_attributes: Vec<LookupAttribute>,
    start_time: Option<Timestamp>,
    end_time: Option<Timestamp>,
    event_category: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LookupAttribute {
    attribute_key: String,
    attribute_value: String,
}

fn lookup_events(world: &World, input: &Value) -> Result<Value, ApiError> {
    let lookup: LookupEvents = read_input(input)?;
    let oldest = world.now().saturating_sub(RETENTION).unwrap_or(Timestamp::MIN);
    let from = lookup.start_time.unwrap_or(oldest).max(oldest);
    let to = lookup.end_time.unwrap_or_else(|| world.now());
    if lookup.start_time.is_some_and(|start| start > to) {
        return Err(ApiError::sender("InvalidTimeRangeException", "The start time cannot be after the end time."));
    }
    if lookup.lookup_attributes.len() > 1 {
        return Err(ApiError::sender("InvalidLookupAttributesException", "You can only specify one lookup attribute."));
    }
    let attribute = lookup.lookup_attributes.first();
    if let Some(LookupAttribute { attribute_key, .. }) = attribute
        && !ATTRIBUTE_KEYS.contains(&attribute_key.as_str())
    {
        return Err(ApiError::sender(
            "InvalidLookupAttributesException",
            format!("Unknown lookup attribute {attribute_key}."),
        ));
    }
    let size = page_size(lookup.max_results)?;
    // The only other category is `insight`, and a world has no Insights events.
    let wants_management = lookup.event_category.is_none();
    let trail = world.parsed::<Trail>()?;
    let events = trail
        .0
        .iter()
        .filter(|event| wants_management && time(event, "EventTime").is_some_and(|at| from <= at && at <= to))
        .filter(|event| attribute.is_none_or(|attribute| has_attribute(event, attribute)))
        .cloned()
        .collect();
    resource::paged(events, size, lookup.next_token.as_deref(), ("Events", "NextToken"), || {
        ApiError::sender("InvalidNextTokenException", "Invalid NextToken.")
    })
}

fn page_size(max_results: Option<i64>) -> Result<usize, ApiError> {
    match max_results.unwrap_or(MAX_RESULTS) {
        size @ 1..=MAX_RESULTS => Ok(usize::try_from(size).unwrap_or(1)),
        _ => {
            Err(ApiError::sender("InvalidMaxResultsException", "The maximum results value has to be between 1 and 50."))
        }
    }
}

const ATTRIBUTE_KEYS: [&str; 8] =
    ["EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"];

fn has_attribute(event: &Resource, LookupAttribute { attribute_key, attribute_value }: &LookupAttribute) -> bool {
    match attribute_key.as_str() {
        key @ ("ResourceType" | "ResourceName") => {
            event.get("Resources").and_then(Value::as_array).is_some_and(|resources| {
                resources.iter().filter_map(Value::as_object).any(|r| is(r, key, attribute_value))
            })
        }
        "ReadOnly" => text(event, "ReadOnly").is_some_and(|value| value.eq_ignore_ascii_case(attribute_value)),
        key => is(event, key, attribute_value),
    }
}
