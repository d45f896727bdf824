//! `HistoryData` of a change of state: JSON in a string, as the CloudWatch user guide shows it for DescribeAlarmHistory.

use aws_sdk_cloudwatch::types::AlarmHistoryItem;
use jiff::{Timestamp, fmt::strtime};
use marple_case::facts::{AlarmTransition, Point};
use serde::Deserialize;

use super::{Transition, state_of_word};
use crate::time;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HistoryData {
    old_state: State,
    new_state: State,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    state_value: String,
    #[serde(default)]
    state_reason: String,
    #[serde(default)]
    state_reason_data: Option<ReasonData>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReasonData {
    #[serde(default)]
    evaluated_datapoints: Vec<Datapoint>,
}

#[derive(Debug, Deserialize)]
struct Datapoint {
    timestamp: String,
    /// Absent where the data point was missing.
    value: Option<f64>,
}

/// The transition that an item tells of. `None`: it is no change of state, or one that cannot be read.
pub(super) fn transition(item: &AlarmHistoryItem) -> Option<Transition> {
    let at = item.timestamp().and_then(time::timestamp)?;
    let data: HistoryData = serde_json::from_str(item.history_data()?).ok()?;
    let evaluated = data.new_state.state_reason_data.map(|reason| reason.evaluated_datapoints).unwrap_or_default();
    let point = |datapoint: &Datapoint| Some(Point { at: moment(&datapoint.timestamp)?, value: datapoint.value? });
    let mut points: Vec<Point> = evaluated.iter().filter_map(point).collect();
    points.sort_by_key(|point| point.at);
    let transition = AlarmTransition {
        at,
        from: state_of_word(&data.old_state.state_value)?,
        to: state_of_word(&data.new_state.state_value)?,
        reason: data.new_state.state_reason,
        points,
    };
    Some(Transition { alarm: item.alarm_name()?.to_owned(), transition })
}

/// CloudWatch writes the offset without a colon: `2025-12-16T05:45:00.000+0000`.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?.to_timestamp().ok())
}
