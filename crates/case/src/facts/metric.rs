//! CloudWatch metrics: series of data points, and what code reads in them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod point;

use super::{Happening, HappeningKind};
use crate::{
    resource::{ResourceKind, ResourceRef},
    trigger::Window,
};

/// A metric.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct MetricId {
    /// `AWS/Lambda`.
    pub namespace: String,
    /// `Errors`.
    pub name: String,
    /// `FunctionName` → `orders`.
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
}

impl MetricId {
    /// The resources that the dimensions name, most specific first.
    pub fn resources(&self) -> Vec<ResourceRef> {
        /// Dimension names by AWS's metric documentation, most specific first.
        const KINDS: [(&str, &str, ResourceKind); 17] = [
            ("AWS/Lambda", "FunctionName", ResourceKind::LambdaFunction),
            ("AWS/ECS", "ServiceName", ResourceKind::EcsService),
            ("AWS/ECS", "ClusterName", ResourceKind::EcsCluster),
            ("ECS/ContainerInsights", "ServiceName", ResourceKind::EcsService),
            ("ECS/ContainerInsights", "ClusterName", ResourceKind::EcsCluster),
            ("AWS/RDS", "DBInstanceIdentifier", ResourceKind::DbInstance),
            ("AWS/RDS", "DBClusterIdentifier", ResourceKind::DbCluster),
            ("AWS/ApplicationELB", "TargetGroup", ResourceKind::TargetGroup),
            ("AWS/ApplicationELB", "LoadBalancer", ResourceKind::LoadBalancer),
            ("AWS/ApiGateway", "ApiName", ResourceKind::RestApi),
            // An HTTP API, by its id alone.
            ("AWS/ApiGateway", "ApiId", ResourceKind::Other),
            ("AWS/SQS", "QueueName", ResourceKind::Queue),
            ("AWS/SNS", "TopicName", ResourceKind::Topic),
            ("AWS/DynamoDB", "TableName", ResourceKind::Table),
            ("AWS/Events", "RuleName", ResourceKind::Other),
            ("AWS/Kinesis", "StreamName", ResourceKind::Other),
            ("AWS/Logs", "LogGroupName", ResourceKind::LogGroup),
        ];
        let named = |(namespace, dimension, kind): &(&str, &str, ResourceKind)| {
            let value = self.dimensions.get(*dimension).filter(|_| self.namespace == *namespace)?;
            // Elastic Load Balancing writes `app/NAME/ID` and `targetgroup/NAME/ID`.
            let name = match kind {
                ResourceKind::LoadBalancer | ResourceKind::TargetGroup => value.split('/').nth(1).unwrap_or(value),
                _ => value,
            };
            Some(ResourceRef::new(*kind, name))
        };
        KINDS.iter().filter_map(named).collect()
    }
}

impl std::fmt::Display for MetricId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.namespace, self.name)?;
        for (position, (name, value)) in self.dimensions.iter().enumerate() {
            write!(f, "{}{name}={value}", if position == 0 { " " } else { "," })?;
        }
        Ok(())
    }
}

/// A data point: the start of its period and the statistic's value. A missing point is not a zero.
///
/// In JSON a pair, `[1761152580, 2.0]`: seconds since 1970 and the value. Most of what an investigation records is points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The start of the period, UTC.
    pub at: Timestamp,
    /// In the metric's unit.
    pub value: f64,
}

/// The figures of a run of points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// How many points there are. With 0 all else is 0.
    pub points: u32,
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
    /// Mean of the values.
    pub mean: f64,
    /// Sum of the values.
    pub sum: f64,
    /// How many are not zero.
    pub nonzero: u32,
}

/// A moment at which a series changed its level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangePoint {
    /// The first point on the new level.
    pub at: Timestamp,
    /// The mean before.
    pub before: f64,
    /// The mean after.
    pub after: f64,
}

/// The shape of a series, as code reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// No points.
    Empty,
    /// One level.
    Flat,
    /// A few points stand out.
    Spikes,
    /// The level changed and stayed.
    Step,
    /// It climbs or falls steadily.
    Ramp,
    /// It climbs and drops back, again and again.
    Sawtooth,
    /// It stays at its upper limit for a while.
    Plateau,
    /// None of these.
    Varying,
}

impl Shape {
    /// The one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Flat => "flat",
            Self::Spikes => "spikes",
            Self::Step => "step",
            Self::Ramp => "ramp",
            Self::Sawtooth => "sawtooth",
            Self::Plateau => "plateau",
            Self::Varying => "varying",
        }
    }
}

/// One statistic of one metric over the window, compared with the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Series {
    /// The metric.
    pub metric: MetricId,
    /// Sum, Average, Maximum, p99, …
    pub statistic: String,
    /// Seconds.
    pub period_s: u32,
    /// CloudWatch's unit, where it is known.
    pub unit: Option<String>,
    /// The points in the window, oldest first.
    pub points: Vec<Point>,
    /// Their figures.
    pub window: Summary,
    /// The figures of the baseline; `None` if it was not asked for.
    pub baseline: Option<Summary>,
    /// Where the level changed inside the window, oldest first.
    pub change_points: Vec<ChangePoint>,
    /// The shape inside the window.
    pub shape: Shape,
    /// Where a series that has points at regular times has none, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Window>,
    /// The same in the baseline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub baseline_pauses: Vec<Window>,
}

impl Series {
    pub(super) fn happenings(&self) -> Vec<Happening> {
        let happening = |change: &ChangePoint| Happening {
            at: change.at,
            kind: HappeningKind::Metric,
            resource: self.metric.resources().into_iter().next(),
            text: format!("{} ({}) from {:.4} to {:.4}", self.metric.name, self.statistic, change.before, change.after),
        };
        self.change_points.iter().map(happening).collect()
    }
}

/// How two series move together in the window, as code reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Correlation {
    /// The series that may drive: requests, invocations. An index into [`Metrics::series`].
    pub driver: usize,
    /// The series that may follow: memory, CPU, errors. An index into [`Metrics::series`].
    pub follower: usize,
    /// Periods in which both have points.
    pub periods: u32,
    /// Pearson's coefficient of the values, -1 to 1.
    pub values: f64,
    /// Pearson's coefficient of driver values and the follower's change from period to period, -1 to 1: high where requests make a level
    /// climb that does not fall back.
    pub changes: f64,
    /// The follower's mean in periods with a driver above zero.
    pub mean_when_driven: Option<f64>,
    /// The follower's mean in periods with a driver of zero or without one.
    pub mean_when_idle: Option<f64>,
    /// The follower's mean change a unit of the driver, in periods with a driver above zero.
    pub change_per_unit: Option<f64>,
}

/// Series over one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metrics {
    /// The window.
    pub window: Window,
    /// What it was compared with.
    pub baseline: Option<Window>,
    /// One entry a metric and statistic, in the order in which they were asked for. A metric without points is there, with none.
    pub series: Vec<Series>,
    /// How series move together, for pairs where one may drive the other.
    #[serde(default)]
    pub correlations: Vec<Correlation>,
}
