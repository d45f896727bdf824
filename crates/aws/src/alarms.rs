//! Alarms and their transitions, read from CloudWatch into the vocabulary.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{
    AlarmType, CompositeAlarm, Dimension, HistoryItemType, MetricAlarm, MetricDataQuery, ScanBy, StateValue,
};
use jiff::Timestamp;
use marple_case::facts::{Alarm, AlarmCondition, AlarmState, AlarmTransition, MetricId};

use crate::{
    clients::Clients,
    fault::{Asked, Fault},
    text, time,
};

mod history;

/// Alarms that are read at most.
const LIMIT: usize = 2_000;
/// History items that are read at most.
const HISTORY_LIMIT: usize = 500;

/// Which alarms are read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// These; empty: all.
    pub names: Vec<String>,
    /// Those whose names begin so.
    pub prefix: Option<String>,
    /// Those in this state.
    pub state: Option<AlarmState>,
}

/// An alarm as CloudWatch describes it.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    /// The alarm, without its transitions.
    pub alarm: Alarm,
    /// A composite alarm's rule: `ALARM("a") OR ALARM("b")`.
    pub rule: Option<String>,
}

/// A transition, and whose it is.
#[derive(Debug, Clone)]
pub(crate) struct Transition {
    /// The alarm's name.
    pub alarm: String,
    /// The transition.
    pub transition: AlarmTransition,
}

/// Reads alarms, metric alarms first.
///
/// # Errors
/// Whatever CloudWatch refuses.
pub(crate) async fn describe(clients: &Clients, wanted: &Wanted) -> Result<Vec<Described>, Fault> {
    let (mut metric, mut composite) = (Vec::new(), Vec::new());
    let mut token = None;
    loop {
        let page = clients
            .cloudwatch()
            .describe_alarms()
            .set_alarm_names((!wanted.names.is_empty()).then(|| wanted.names.clone()))
            .set_alarm_name_prefix(wanted.prefix.clone())
            .set_state_value(wanted.state.map(state_value))
            .alarm_types(AlarmType::MetricAlarm)
            .alarm_types(AlarmType::CompositeAlarm)
            .set_next_token(token)
            .send()
            .await
            .asked("cloudwatch:DescribeAlarms")?;
        metric.extend(page.metric_alarms().iter().map(metric_alarm));
        composite.extend(page.composite_alarms().iter().map(composite_alarm));
        token = page.next_token;
        if token.is_none() || metric.len() + composite.len() >= LIMIT {
            break;
        }
    }
    metric.append(&mut composite);
    Ok(metric)
}

/// Reads changes of state since a moment, oldest first; of one alarm, or of all.
///
/// # Errors
/// Whatever CloudWatch refuses.
pub(crate) async fn transitions(
    clients: &Clients,
    alarm: Option<&str>,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<Transition>, Fault> {
    let mut read = Vec::new();
    let mut token = None;
    loop {
        let page = clients
            .cloudwatch()
            .describe_alarm_history()
            .set_alarm_name(alarm.map(str::to_owned))
            .alarm_types(AlarmType::MetricAlarm)
            .alarm_types(AlarmType::CompositeAlarm)
            .history_item_type(HistoryItemType::StateUpdate)
            .start_date(time::date_time(since))
            .end_date(time::date_time(until))
            .scan_by(ScanBy::TimestampDescending)
            .max_records(100)
            .set_next_token(token)
            .send()
            .await
            .asked("cloudwatch:DescribeAlarmHistory")?;
        read.extend(page.alarm_history_items().iter().filter_map(history::transition));
        token = page.next_token;
        if token.is_none() || read.len() >= HISTORY_LIMIT {
            break;
        }
    }
    read.sort_by_key(|read| read.transition.at);
    Ok(read)
}

/// The alarms that a composite alarm's rule names.
pub(crate) fn alarms_of_rule(rule: &str) -> Vec<String> {
    let states = ["ALARM(", "OK(", "INSUFFICIENT_DATA("];
    let mut names = Vec::new();
    for state in states {
        for part in rule.split(state).skip(1) {
            let name = part.split(')').next().unwrap_or_default().trim().trim_matches('"');
            let name = name_of(name).to_owned();
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// An alarm's name, of its name or its ARN.
pub(crate) fn name_of(name_or_arn: &str) -> &str {
    match name_or_arn.starts_with("arn:") {
        true => name_or_arn.split_once(":alarm:").map_or(name_or_arn, |(_, name)| name),
        false => name_or_arn,
    }
}

fn metric_alarm(alarm: &MetricAlarm) -> Described {
    let state_since = alarm.state_transitioned_timestamp().or(alarm.state_updated_timestamp());
    let alarm = Alarm {
        name: alarm.alarm_name().unwrap_or_default().to_owned(),
        arn: alarm.alarm_arn().unwrap_or_default().to_owned(),
        description: alarm.alarm_description().map(|words| text::visible(words).into_owned()),
        state: alarm_state(alarm.state_value()),
        state_since: state_since.and_then(time::timestamp),
        state_reason: alarm.state_reason().unwrap_or_default().to_owned(),
        condition: Some(condition(alarm)),
        transitions: Vec::new(),
    };
    Described { alarm, rule: None }
}

fn composite_alarm(alarm: &CompositeAlarm) -> Described {
    let state_since = alarm.state_transitioned_timestamp().or(alarm.state_updated_timestamp());
    let described = Alarm {
        name: alarm.alarm_name().unwrap_or_default().to_owned(),
        arn: alarm.alarm_arn().unwrap_or_default().to_owned(),
        description: alarm.alarm_description().map(|words| text::visible(words).into_owned()),
        state: alarm_state(alarm.state_value()),
        state_since: state_since.and_then(time::timestamp),
        state_reason: alarm.state_reason().unwrap_or_default().to_owned(),
        condition: None,
        transitions: Vec::new(),
    };
    Described { alarm: described, rule: alarm.alarm_rule().map(str::to_owned) }
}

fn condition(alarm: &MetricAlarm) -> AlarmCondition {
    let stats: Vec<&MetricDataQuery> = alarm.metrics().iter().filter(|query| query.metric_stat().is_some()).collect();
    let expression = alarm.metrics().iter().find_map(|query| query.expression().map(str::to_owned));
    let own = alarm.metric_name().map(|name| metric_id(alarm.namespace(), name, alarm.dimensions()));
    let of_math = stats.iter().filter_map(|query| {
        let metric = query.metric_stat()?.metric()?;
        Some(metric_id(metric.namespace(), metric.metric_name()?, metric.dimensions()))
    });
    let first = stats.first().and_then(|query| query.metric_stat());
    let statistic = alarm.statistic().map(|statistic| statistic.as_str()).or(alarm.extended_statistic());
    let period = alarm.period().or(first.and_then(|stat| stat.period()));
    let evaluation_periods = positive(alarm.evaluation_periods()).unwrap_or(1);
    AlarmCondition {
        metrics: own.into_iter().chain(of_math).collect(),
        expression,
        statistic: statistic.or(first.and_then(|stat| stat.stat())).unwrap_or("unknown").to_owned(),
        period_s: positive(period).unwrap_or(60),
        evaluation_periods,
        datapoints_to_alarm: positive(alarm.datapoints_to_alarm()).unwrap_or(evaluation_periods),
        threshold: alarm.threshold(),
        comparison: alarm.comparison_operator().map_or("unknown", |comparison| comparison.as_str()).to_owned(),
        treat_missing_data: alarm.treat_missing_data().unwrap_or("missing").to_owned(),
    }
}

fn positive(number: Option<i32>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0)
}

/// A metric of the vocabulary.
pub(crate) fn metric_id(namespace: Option<&str>, name: &str, dimensions: &[Dimension]) -> MetricId {
    let pair = |dimension: &Dimension| Some((dimension.name()?.to_owned(), dimension.value()?.to_owned()));
    MetricId {
        namespace: namespace.unwrap_or_default().to_owned(),
        name: name.to_owned(),
        dimensions: dimensions.iter().filter_map(pair).collect::<BTreeMap<_, _>>(),
    }
}

fn alarm_state(state: Option<&StateValue>) -> AlarmState {
    state.and_then(|state| state_of_word(state.as_str())).unwrap_or(AlarmState::InsufficientData)
}

fn state_of_word(word: &str) -> Option<AlarmState> {
    [AlarmState::Ok, AlarmState::Alarm, AlarmState::InsufficientData].into_iter().find(|state| state.word() == word)
}

fn state_value(state: AlarmState) -> StateValue {
    match state {
        AlarmState::Ok => StateValue::Ok,
        AlarmState::Alarm => StateValue::Alarm,
        AlarmState::InsufficientData => StateValue::InsufficientData,
    }
}

#[cfg(test)]
mod tests;
