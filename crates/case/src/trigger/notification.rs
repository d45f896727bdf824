//! Alarm notifications: the JSON in which CloudWatch's alarms reach a program.
//!
//! Known forms, by AWS's documentation: the EventBridge event "CloudWatch Alarm State Change"; the Lambda action's event
//! (`alarmData`); the SNS message (`AlarmName`); the SNS notification that wraps one (`Message`); Lambda's and SQS's `Records` that wrap
//! either. Wrapped JSON is unwrapped up to [`DEPTH`] times.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Trigger;

/// How deep notifications may be wrapped into each other: EventBridge in SNS in SQS in Lambda.
const DEPTH: u32 = 6;

/// A text that names no alarm.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotificationError {
    /// It is no JSON.
    #[error("it is no JSON: {0}")]
    NotJson(String),
    /// No known form of notification is in it.
    #[error(
        "it holds no alarm: expected CloudWatch's EventBridge event (detail.alarmName), its Lambda action's event (alarmData.alarmName), \
         or its SNS message (AlarmName), alone or wrapped in SNS, SQS or Lambda records"
    )]
    NoAlarm,
    /// It tells of more than one alarm.
    #[error("it holds {} alarms ({}): give one at a time", .0.len(), .0.join(", "))]
    SeveralAlarms(Vec<String>),
}

/// The alarm that a notification tells of, by ARN where it has one.
pub fn parse(text: &str) -> Result<Trigger, NotificationError> {
    let event: Value = serde_json::from_str(text).map_err(|error| NotificationError::NotJson(error.to_string()))?;
    let mut alarms = alarms(&event, DEPTH);
    let mut known = BTreeSet::new();
    alarms.retain(|alarm| known.insert(alarm.clone()));
    match (alarms.pop(), alarms.is_empty()) {
        (Some(alarm), true) => Ok(Trigger::Alarm { alarm }),
        (None, _) => Err(NotificationError::NoAlarm),
        (Some(last), false) => {
            alarms.push(last);
            Err(NotificationError::SeveralAlarms(alarms))
        }
    }
}

fn alarms(event: &Value, depth: u32) -> Vec<String> {
    if let Some(alarm) = named(event) {
        return vec![alarm];
    }
    if depth == 0 {
        return Vec::new();
    }
    let records = event.get("Records").and_then(Value::as_array).into_iter().flatten();
    let records = records.flat_map(|record| [record.pointer("/Sns/Message"), record.get("body")]);
    let wrapped = records.chain([event.get("Message")]).flatten();
    let inner = wrapped.filter_map(|text| serde_json::from_str::<Value>(text.as_str()?).ok());
    inner.flat_map(|inner| alarms(&inner, depth - 1)).collect()
}

/// The alarm that this very object names.
fn named(event: &Value) -> Option<String> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let arn = text("/AlarmArn").or(text("/alarmArn")).or(text("/resources/0")).filter(|arn| arn.contains(":alarm:"));
    let name = text("/detail/alarmName").or(text("/alarmData/alarmName")).or(text("/AlarmName"))?;
    Some(arn.unwrap_or(name).to_owned())
}

#[cfg(test)]
mod tests;
