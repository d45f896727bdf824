//! `second-alarm`: an unrelated alarm fires two minutes after onset: a queue that grows old, of which nothing else in the world
//! speaks. Its metric, its state and its history agree.

use jiff::Timestamp;
use marple_world::Scenario;
use serde_json::{Value, json};

use super::{Made, edit, varied};

const QUEUE: &str = "newsletter-digests";
const ALARM: &str = "sqs-newsletter-digests-age";
/// Seconds.
const THRESHOLD: f64 = 900.0;
const AGE: f64 = 1487.0;

pub(super) fn make(base: &Scenario) -> Made {
    let mut files = base.files().clone();
    // The minute of the breach: over before now, so that CloudWatch has evaluated it.
    let latest = edit::after(base.now, -240);
    let breach = edit::after(edit::onset(base), 120).min(latest);
    let breach = edit::after(breach, -breach.as_second().rem_euclid(60));
    let changed = edit::after(breach, 74);
    let series = series(breach);
    let kept = files.get(edit::SERIES).map(|content| String::from_utf8_lossy(content).into_owned()).unwrap_or_default();
    files.insert(edit::SERIES, format!("{kept}\n{series}"));
    edit::put_first(&mut files, edit::ALARMS, "MetricAlarms", alarm(base, breach, changed))?;
    edit::put_first(&mut files, edit::ALARM_HISTORY, "AlarmHistoryItems", transition(breach, changed))?;
    let mut truth = base.truth.clone();
    truth.must_not.components.extend([QUEUE.to_owned(), ALARM.to_owned()]);
    varied(files, truth, format!("{ALARM} fires at {changed}"))
}

fn series(breach: Timestamp) -> String {
    let from = edit::after(breach, -8 * 86_400);
    format!(
        "[[series]]\nnamespace = \"AWS/SQS\"\nmetric = \"ApproximateAgeOfOldestMessage\"\nunit = \"Seconds\"\n\
         dimensions = {{ QueueName = \"{QUEUE}\" }}\nperiod_s = 60\nfrom = \"{from}\"\nbase = 41\nnoise = 0.2\nmin = 0\ninteger = true\n\n\
         [[series.segment]]\nfrom = \"{breach}\"\nto = \"{}\"\nvalue = {AGE}\nnoise = 0.0\n",
        edit::after(breach, 7 * 86_400)
    )
}

fn reason(breach: Timestamp) -> String {
    format!(
        "Threshold Crossed: 1 out of the last 1 datapoints [{AGE:.1} ({})] was greater than the threshold ({THRESHOLD:.1}) (minimum 1 datapoint for OK -> ALARM transition).",
        breach.strftime("%d/%m/%y %H:%M:%S")
    )
}

fn reason_data(breach: Timestamp, changed: Timestamp) -> Value {
    json!({
        "version": "1.0", "queryDate": edit::lambda_time(changed), "startDate": edit::lambda_time(breach), "statistic": "Maximum",
        "period": 60, "recentDatapoints": [AGE], "threshold": THRESHOLD,
        "evaluatedDatapoints": [{ "timestamp": edit::lambda_time(breach), "sampleCount": 1.0, "value": AGE }],
    })
}

fn alarm(base: &Scenario, breach: Timestamp, changed: Timestamp) -> Value {
    let made = edit::after(breach, -90 * 86_400);
    json!({
        "AlarmName": ALARM,
        "AlarmArn": format!("arn:aws:cloudwatch:{}:{}:alarm:{ALARM}", base.region, base.account),
        "AlarmDescription": "Digests wait too long",
        "AlarmConfigurationUpdatedTimestamp": made.to_string(),
        "ActionsEnabled": true, "OKActions": [], "AlarmActions": [], "InsufficientDataActions": [],
        "StateValue": "ALARM", "StateReason": reason(breach), "StateReasonData": reason_data(breach, changed).to_string(),
        "StateUpdatedTimestamp": changed.to_string(), "StateTransitionedTimestamp": changed.to_string(),
        "MetricName": "ApproximateAgeOfOldestMessage", "Namespace": "AWS/SQS", "Statistic": "Maximum",
        "Dimensions": [{ "Name": "QueueName", "Value": QUEUE }],
        "Period": 60, "EvaluationPeriods": 1, "DatapointsToAlarm": 1, "Threshold": THRESHOLD,
        "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "missing",
    })
}

fn transition(breach: Timestamp, changed: Timestamp) -> Value {
    let before = "Threshold Crossed: 1 datapoint [41.0] was not greater than the threshold (900.0).";
    let data = json!({
        "version": "1.0",
        "oldState": { "stateValue": "OK", "stateReason": before },
        "newState": { "stateValue": "ALARM", "stateReason": reason(breach), "stateReasonData": reason_data(breach, changed) },
    });
    json!({
        "AlarmName": ALARM, "AlarmType": "MetricAlarm", "Timestamp": changed.to_string(), "HistoryItemType": "StateUpdate",
        "HistorySummary": "Alarm updated from OK to ALARM", "HistoryData": data.to_string(),
    })
}
