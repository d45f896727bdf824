//! What tools find, typed: one enum of structs.
//!
//! Facts name the resources that they speak of ([`Facts::resources`]), the edges between those ([`Facts::edges`]) and what
//! happened when ([`Facts::happenings`]). Topology and time line are folds over these; neither is stored.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::resource::{Edge, ResourceRef};

pub mod alarm;
pub mod change;
pub mod database;
pub mod function;
pub mod image;
pub mod load_balancer;
pub mod log;
pub mod metric;
pub mod secret;
pub mod service;
pub mod stack;

pub use alarm::{Alarm, AlarmCondition, AlarmState, AlarmTransition};
pub use change::{Change, ChangeSource, Changes};
pub use database::{Database, DatabaseEvent, Databases, Storage};
pub use function::{
    CodeDifference, CodeFile, EnvironmentVariable, EventSource, FileChange, FileDifference, Function, FunctionCode,
    FunctionVersion, ShownValue,
};
pub use image::{Image, Images};
pub use load_balancer::{LoadBalancer, Target, TargetGroup};
pub use log::{
    ChangedField, Exception, FieldChange, Frame, Invocation, Invocations, LogGroup, LogLine, LogSummary, LogTemplate,
    Logs, Novelty, QueryRows,
};
pub use metric::{ChangePoint, Correlation, MetricId, Metrics, Point, Series, Shape, Summary};
pub use secret::Secret;
pub use service::{
    ContainerDefinition, ContainerState, Deployment, InjectedSecret, Service, ServiceEvent, ServiceTarget, Task,
    TaskDefinition,
};
pub use stack::{Stack, StackEvent, StackEvents, StackResource};

/// What one call of one tool found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "facts", content = "data", rename_all = "snake_case")]
pub enum Facts {
    /// Nothing: no data, denied or failed.
    Nothing,
    /// Alarms.
    Alarms(Vec<Alarm>),
    /// Metric series.
    Metrics(Metrics),
    /// Names of metrics.
    MetricList(Vec<MetricId>),
    /// Log lines.
    Logs(Logs),
    /// Log templates.
    LogSummary(LogSummary),
    /// Rows of a Logs Insights query.
    QueryRows(QueryRows),
    /// Log groups.
    LogGroups(Vec<LogGroup>),
    /// A Lambda function, or several.
    Functions(Vec<Function>),
    /// A function's code.
    FunctionCode(FunctionCode),
    /// CloudFormation stacks.
    Stacks(Vec<Stack>),
    /// A stack's events.
    StackEvents(StackEvents),
    /// Secrets' metadata.
    Secrets(Vec<Secret>),
    /// Databases.
    Databases(Databases),
    /// Changes from all sources.
    Changes(Changes),
    /// ECS services.
    Services(Vec<Service>),
    /// ECS tasks.
    Tasks(Vec<Task>),
    /// Revisions of task definitions.
    TaskDefinitions(Vec<TaskDefinition>),
    /// Images of a repository.
    Images(Images),
    /// Load balancers with their target groups.
    LoadBalancers(Vec<LoadBalancer>),
}

/// Something that happened at a moment, as one fact shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Happening {
    /// When, UTC.
    pub at: Timestamp,
    /// What sort of thing.
    pub kind: HappeningKind,
    /// To what, if to something.
    pub resource: Option<ResourceRef>,
    /// In a few words.
    pub text: String,
}

/// The sorts of happenings that a time line tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HappeningKind {
    /// An alarm changed its state.
    Alarm,
    /// Someone or something changed a resource.
    Change,
    /// An error was logged.
    Error,
    /// A metric changed its level.
    Metric,
}

impl Facts {
    /// The resources that these facts speak of, without duplicates, in order of appearance.
    pub fn resources(&self) -> Vec<ResourceRef> {
        let named = match self {
            Self::Alarms(alarms) => alarms.iter().flat_map(Alarm::resources).collect(),
            Self::Logs(logs) => vec![logs.resource()],
            Self::LogSummary(summary) => vec![summary.resource()],
            Self::LogGroups(groups) => groups.iter().map(LogGroup::resource).collect(),
            Self::Functions(functions) => functions.iter().flat_map(Function::resources).collect(),
            Self::FunctionCode(code) => vec![code.resource()],
            Self::Stacks(stacks) => stacks.iter().flat_map(Stack::resources).collect(),
            Self::StackEvents(events) => vec![events.resource()],
            Self::Secrets(secrets) => secrets.iter().map(Secret::resource).collect(),
            Self::Databases(databases) => databases.databases.iter().map(Database::resource).collect(),
            Self::Changes(changes) => changes.changes.iter().filter_map(|change| change.resource.clone()).collect(),
            Self::Services(services) => services.iter().flat_map(Service::resources).collect(),
            Self::Tasks(tasks) => tasks.iter().map(Task::resource).collect(),
            Self::TaskDefinitions(revisions) => revisions.iter().flat_map(TaskDefinition::resources).collect(),
            Self::Images(images) => images.images.iter().map(Image::resource).collect(),
            Self::LoadBalancers(balancers) => balancers.iter().flat_map(LoadBalancer::resources).collect(),
            Self::Nothing | Self::Metrics(_) | Self::MetricList(_) | Self::QueryRows(_) => Vec::new(),
        };
        let mut distinct: Vec<ResourceRef> = Vec::with_capacity(named.len());
        for resource in named {
            if !distinct.iter().any(|known| known.is_same(&resource)) {
                distinct.push(resource);
            }
        }
        distinct
    }

    /// The edges that these facts show.
    pub fn edges(&self) -> Vec<Edge> {
        match self {
            Self::Alarms(alarms) => alarms.iter().flat_map(Alarm::edges).collect(),
            Self::Functions(functions) => functions.iter().flat_map(Function::edges).collect(),
            Self::Stacks(stacks) => stacks.iter().flat_map(Stack::edges).collect(),
            Self::Databases(databases) => databases.databases.iter().flat_map(Database::edges).collect(),
            Self::Secrets(secrets) => secrets.iter().filter_map(Secret::edge).collect(),
            Self::Services(services) => services.iter().flat_map(Service::edges).collect(),
            Self::TaskDefinitions(revisions) => revisions.iter().flat_map(TaskDefinition::edges).collect(),
            Self::LoadBalancers(balancers) => balancers.iter().flat_map(LoadBalancer::edges).collect(),
            _ => Vec::new(),
        }
    }

    /// What happened when, in the order in which the facts list it.
    pub fn happenings(&self) -> Vec<Happening> {
        match self {
            Self::Alarms(alarms) => alarms.iter().flat_map(Alarm::happenings).collect(),
            Self::LogSummary(summary) => summary.happenings(),
            Self::Functions(functions) => functions.iter().flat_map(Function::happenings).collect(),
            Self::StackEvents(events) => events.happenings(),
            Self::Databases(databases) => databases.databases.iter().flat_map(Database::happenings).collect(),
            Self::Changes(changes) => changes.changes.iter().map(Change::happening).collect(),
            Self::Metrics(metrics) => metrics.series.iter().flat_map(Series::happenings).collect(),
            Self::Services(services) => services.iter().flat_map(Service::happenings).collect(),
            Self::Tasks(tasks) => tasks.iter().flat_map(Task::happenings).collect(),
            Self::TaskDefinitions(revisions) => revisions.iter().flat_map(TaskDefinition::happenings).collect(),
            Self::Images(images) => images.images.iter().filter_map(Image::happening).collect(),
            _ => Vec::new(),
        }
    }
}
