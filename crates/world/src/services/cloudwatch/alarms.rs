//! DescribeAlarms, DescribeAlarmsForMetric and DescribeAlarmHistory, from `world/cloudwatch/`.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Dimension, SERVICE, invalid_combination, invalid_token, metric_id, page_size, validation};
use crate::page::page;
use crate::scenario::read_json;
use crate::services::resource::{self, Resource, is, text, time};
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

const ALARMS_FILE: &str = "world/cloudwatch/alarms.json";
const HISTORY_FILE: &str = "world/cloudwatch/alarm-history.json";
/// What DescribeAlarmHistory keeps.
const HISTORY_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
const METRIC_ALARMS: &str = "MetricAlarms";
const COMPOSITE_ALARMS: &str = "CompositeAlarms";

/// The alarms of a world, by name, and what happened to them, oldest first.
pub(super) struct Alarms {
    metric: Vec<Resource>,
    composite: Vec<Resource>,
    history: Vec<Resource>,
}

impl Parsed for Alarms {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let by_name = |key: &str| {
            let mut alarms = optional_list(scenario, ALARMS_FILE, key, &["AlarmName", "StateValue"])?;
            alarms.sort_by(|one, other| text(one, "AlarmName").cmp(&text(other, "AlarmName")));
            Ok(alarms)
        };
        let mut history =
            resource::read_list(scenario, &SERVICE, HISTORY_FILE, "AlarmHistoryItems", &["AlarmName", "Timestamp"])?;
        history.retain(|item| resource::existed(item, "Timestamp", scenario.now));
        history.sort_by_key(|item| time(item, "Timestamp"));
        for item in &mut history {
            if let Some(data @ Value::Object(_)) = item.get_mut("HistoryData") {
                *data = Value::String(data.to_string());
            }
        }
        Ok(Self { metric: by_name(METRIC_ALARMS)?, composite: by_name(COMPOSITE_ALARMS)?, history })
    }
}

/// A list that the file may lack: `aws cloudwatch describe-alarms` writes both, a person perhaps one.
fn optional_list(
    scenario: &Scenario,
    path: &str,
    key: &str,
    required: &[&str],
) -> Result<Vec<Resource>, ScenarioError> {
    let Some(content) = scenario.files().get(path) else { return Ok(Vec::new()) };
    let file: Resource = read_json(path, content)?;
    if let Some(unknown) = file.keys().find(|name| ![METRIC_ALARMS, COMPOSITE_ALARMS].contains(&name.as_str())) {
        return Err(ScenarioError::Invalid {
            file: path.to_owned(),
            what: format!("{unknown} is not a list of alarms"),
        });
    }
    if file.contains_key(key) { resource::read_list(scenario, &SERVICE, path, key, required) } else { Ok(Vec::new()) }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeAlarms {
    alarm_names: Option<Vec<String>>,
    alarm_name_prefix: Option<String>,
    alarm_types: Option<Vec<String>>,
    children_of_alarm_name: Option<String>,
    parents_of_alarm_name: Option<String>,
    state_value: Option<String>,
    action_prefix: Option<String>,
    max_records: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn describe(world: &World, input: &Value) -> Result<Value, ApiError> {
    let mut request: DescribeAlarms = read_input(input)?;
    if request.alarm_names.is_some() && request.alarm_name_prefix.is_some() {
        return Err(invalid_combination("The parameters AlarmNames and AlarmNamePrefix cannot be used together."));
    }
    if request.children_of_alarm_name.is_some() || request.parents_of_alarm_name.is_some() {
        return Err(validation(
            "ChildrenOfAlarmName and ParentsOfAlarmName are not played in this world: read the AlarmRule.",
        ));
    }
    if let Some(state) = &request.state_value
        && !["OK", "ALARM", "INSUFFICIENT_DATA"].contains(&state.as_str())
    {
        return Err(validation(format!("The value {state} for parameter StateValue is not supported.")));
    }
    let size = page_size(request.max_records.take(), 50)?;
    let token = request.next_token.take();
    let alarms = world.parsed::<Alarms>()?;
    let types = wanted_types(request.alarm_types.as_ref())?;
    let metric = alarms.metric.iter().filter(|_| types.metric).map(|alarm| (METRIC_ALARMS, alarm));
    let composite = alarms.composite.iter().filter(|_| types.composite).map(|alarm| (COMPOSITE_ALARMS, alarm));
    let matching = composite.chain(metric).filter(|(_, alarm)| request.selects(alarm)).collect();
    let page = page(matching, size, token.as_deref(), &format!("{request:?}")).map_err(|_| invalid_token())?;
    let of_kind = |kind: &str| {
        page.items.iter().filter(|(own, _)| *own == kind).map(|(_, alarm)| (*alarm).clone()).collect::<Vec<_>>()
    };
    let mut answer = json!({ "MetricAlarms": of_kind(METRIC_ALARMS), "CompositeAlarms": of_kind(COMPOSITE_ALARMS) });
    insert_token(&mut answer, page.next);
    Ok(answer)
}

impl DescribeAlarms {
    fn selects(&self, alarm: &Resource) -> bool {
        let name = text(alarm, "AlarmName").unwrap_or_default();
        let acts_on = |prefix: &String| {
            let actions = ["AlarmActions", "OKActions", "InsufficientDataActions"]
                .into_iter()
                .filter_map(|key| alarm.get(key)?.as_array());
            actions.flatten().filter_map(Value::as_str).any(|action| action.starts_with(prefix.as_str()))
        };
        self.alarm_names.as_ref().is_none_or(|names| names.iter().any(|wanted| wanted == name))
            && self.alarm_name_prefix.as_ref().is_none_or(|prefix| name.starts_with(prefix.as_str()))
            && self.state_value.as_ref().is_none_or(|state| is(alarm, "StateValue", state))
            && self.action_prefix.as_ref().is_none_or(acts_on)
    }
}

struct Types {
    metric: bool,
    composite: bool,
}

/// Without types, only metric alarms are meant.
fn wanted_types(types: Option<&Vec<String>>) -> Result<Types, ApiError> {
    let Some(types) = types.filter(|types| !types.is_empty()) else {
        return Ok(Types { metric: true, composite: false });
    };
    if let Some(unknown) = types.iter().find(|kind| !["MetricAlarm", "CompositeAlarm"].contains(&kind.as_str())) {
        return Err(validation(format!("The value {unknown} for parameter AlarmTypes is not supported.")));
    }
    let named = |kind: &str| types.iter().any(|name| name == kind);
    Ok(Types { metric: named("MetricAlarm"), composite: named("CompositeAlarm") })
}

fn insert_token(answer: &mut Value, next: Option<String>) {
    if let (Some(next), Some(answer)) = (next, answer.as_object_mut()) {
        answer.insert("NextToken".to_owned(), json!(next));
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeAlarmsForMetric {
    metric_name: String,
    namespace: String,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    period: Option<i64>,
    unit: Option<String>,
}

pub(super) fn for_metric(world: &World, input: &Value) -> Result<Value, ApiError> {
    let request: DescribeAlarmsForMetric = read_input(input)?;
    let alarms = world.parsed::<Alarms>()?;
    let wanted = metric_id(request.namespace, request.metric_name, request.dimensions);
    let matching = alarms.metric.iter().filter(|alarm| {
        let own = alarm
            .get("Dimensions")
            .cloned()
            .and_then(|dimensions| serde_json::from_value::<Vec<Dimension>>(dimensions).ok());
        let named = |name: &str| text(alarm, name).unwrap_or_default().to_owned();
        metric_id(named("Namespace"), named("MetricName"), own.unwrap_or_default()) == wanted
            && request.statistic.as_ref().is_none_or(|statistic| is(alarm, "Statistic", statistic))
            && request.extended_statistic.as_ref().is_none_or(|statistic| is(alarm, "ExtendedStatistic", statistic))
            && request.period.is_none_or(|period| alarm.get("Period").and_then(Value::as_i64) == Some(period))
            && request.unit.as_ref().is_none_or(|unit| is(alarm, "Unit", unit))
    });
    Ok(json!({ "MetricAlarms": matching.collect::<Vec<_>>() }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeAlarmHistory {
    alarm_name: Option<String>,
    alarm_types: Option<Vec<String>>,
    history_item_type: Option<String>,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
    max_records: Option<i64>,
    next_token: Option<String>,
    scan_by: Option<String>,
}

pub(super) fn history(world: &World, input: &Value) -> Result<Value, ApiError> {
    let request: DescribeAlarmHistory = read_input(input)?;
    let size = page_size(request.max_records, 100)?;
    let types = wanted_types(request.alarm_types.as_ref())?;
    let descending = match request.scan_by.as_deref() {
        None | Some("TimestampDescending") => true,
        Some("TimestampAscending") => false,
        Some(other) => return Err(validation(format!("The value {other} for parameter ScanBy is not supported."))),
    };
    let alarms = world.parsed::<Alarms>()?;
    let oldest = world.now().saturating_sub(HISTORY_KEPT).unwrap_or(Timestamp::MIN);
    let from = request.start_date.map_or(oldest, |start| start.max(oldest));
    let to = request.end_date.unwrap_or_else(|| world.now());
    let selects = |item: &&Resource| {
        let composite = is(item, "AlarmType", "CompositeAlarm");
        (if composite { types.composite } else { types.metric })
            && request.alarm_name.as_ref().is_none_or(|name| is(item, "AlarmName", name))
            && request.history_item_type.as_ref().is_none_or(|kind| is(item, "HistoryItemType", kind))
            && time(item, "Timestamp").is_some_and(|at| from <= at && at <= to)
    };
    let mut items: Vec<&Resource> = alarms.history.iter().filter(selects).collect();
    if descending {
        items.reverse();
    }
    let list = format!("history {:?} {:?} {from} {to} {descending}", request.alarm_name, request.history_item_type);
    let page = page(items, size, request.next_token.as_deref(), &list).map_err(|_| invalid_token())?;
    let mut answer = json!({ "AlarmHistoryItems": page.items });
    insert_token(&mut answer, page.next);
    Ok(answer)
}
