//! CloudWatch alarms and their history.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Happening, HappeningKind, MetricId, Point};
use crate::resource::{Edge, Relation, ResourceKind, ResourceRef};

/// An alarm's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "CloudWatch's own states")]
pub enum AlarmState {
    Ok,
    Alarm,
    InsufficientData,
}

impl AlarmState {
    /// CloudWatch's own word: OK, ALARM, INSUFFICIENT_DATA.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// What an alarm watches for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlarmCondition {
    /// The metrics that it reads; more than one with metric math.
    pub metrics: Vec<MetricId>,
    /// The metric math expression, if there is one.
    pub expression: Option<String>,
    /// Sum, Average, p99, …
    pub statistic: String,
    /// Seconds.
    pub period_s: u32,
    /// How many periods are looked at.
    pub evaluation_periods: u32,
    /// How many of them must breach.
    pub datapoints_to_alarm: u32,
    /// The threshold, in the metric's unit. `None` with anomaly detection.
    pub threshold: Option<f64>,
    /// CloudWatch's name of the comparison: `GreaterThanOrEqualToThreshold`.
    pub comparison: String,
    /// missing, ignore, breaching, notBreaching.
    pub treat_missing_data: String,
}

/// A change of an alarm's state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlarmTransition {
    /// When.
    pub at: Timestamp,
    /// From which state.
    pub from: AlarmState,
    /// To which.
    pub to: AlarmState,
    /// CloudWatch's own reason.
    pub reason: String,
    /// The data points that CloudWatch evaluated, oldest first, where the history holds them.
    pub points: Vec<Point>,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alarm {
    /// Name.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// Description, as its owner wrote it.
    pub description: Option<String>,
    /// State now.
    pub state: AlarmState,
    /// Since when.
    pub state_since: Option<Timestamp>,
    /// CloudWatch's own reason for the state.
    pub state_reason: String,
    /// What it watches for. `None`: a composite alarm.
    pub condition: Option<AlarmCondition>,
    /// Changes of state, oldest first, as far as the history was read.
    pub transitions: Vec<AlarmTransition>,
}

impl Alarm {
    /// This alarm as a resource.
    pub fn resource(&self) -> ResourceRef {
        ResourceRef::with_arn(ResourceKind::Alarm, &self.name, &self.arn)
    }

    /// What the alarm watches, from its metrics' dimensions; most specific first.
    pub fn watched(&self) -> Vec<ResourceRef> {
        let metrics = self.condition.iter().flat_map(|condition| &condition.metrics);
        metrics.flat_map(MetricId::resources).collect()
    }

    pub(super) fn resources(&self) -> Vec<ResourceRef> {
        let mut resources = vec![self.resource()];
        resources.extend(self.watched());
        resources
    }

    pub(super) fn edges(&self) -> Vec<Edge> {
        let from = self.resource();
        let edge = |to| Edge { from: from.clone(), relation: Relation::Watches, to };
        self.watched().into_iter().map(edge).collect()
    }

    pub(super) fn happenings(&self) -> Vec<Happening> {
        let happening = |transition: &AlarmTransition| Happening {
            at: transition.at,
            kind: HappeningKind::Alarm,
            resource: Some(self.resource()),
            text: format!("{}: {} to {}", self.name, transition.from.word(), transition.to.word()),
        };
        self.transitions.iter().map(happening).collect()
    }
}
