//! ListTasks and DescribeTasks.

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::SERVICE;
use super::clusters::{self, Clusters};
use super::request::{self, MOST_RESULTS, invalid, leave_out, missing, pages};
use super::services::{Services, check_cluster};
use super::task_definitions::family_in;
use crate::services::resource::{self, Resource, existed, is, text, time};
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

pub(super) const FILE: &str = "world/ecs/tasks.json";
/// How long ECS shows a task after it has stopped.
const STOPPED_SHOWN_FOR: SignedDuration = SignedDuration::from_hours(1);
/// What DescribeTasks takes at most.
const MOST_DESCRIBED: usize = 100;
/// What a task that had begun by `now` may have come to by then.
const STEPS: [&str; 7] =
    ["connectivityAt", "executionStoppedAt", "pullStartedAt", "pullStoppedAt", "startedAt", "stoppedAt", "stoppingAt"];

/// Tasks that ECS shows at `now`, running and stopped.
pub(super) struct Tasks(pub(super) Vec<Resource>);

impl Parsed for Tasks {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let now = scenario.now;
        let required = ["taskArn", "clusterArn", "lastStatus", "taskDefinitionArn"];
        let mut tasks = resource::read_list(scenario, &SERVICE, FILE, "tasks", &required)?;
        tasks.retain(|task| existed(task, "createdAt", now));
        for task in &mut tasks {
            let name = text(task, "taskArn").unwrap_or_default();
            resource::refuse_later(task, (FILE, name), &STEPS, now)?;
            let is_stopped = is(task, "lastStatus", "STOPPED");
            if is_stopped && time(task, "stoppedAt").is_none() {
                let what = format!("{name} is STOPPED, but has no stoppedAt");
                return Err(ScenarioError::Invalid { file: FILE.to_owned(), what });
            }
            let desired = if is_stopped { "STOPPED" } else { "RUNNING" };
            task.entry("desiredStatus").or_insert_with(|| desired.into());
        }
        tasks.retain(|task| {
            time(task, "stoppedAt").is_none_or(|stopped| now.duration_since(stopped) <= STOPPED_SHOWN_FOR)
        });
        Ok(Self(tasks))
    }
}

impl Tasks {
    /// The tasks of a cluster, running and stopped.
    pub(super) fn of_cluster(&self, arn: &str) -> impl Iterator<Item = &Resource> {
        self.0.iter().filter(move |task| is(task, "clusterArn", arn))
    }
}

/// The id at the end of a task's ARN.
fn id(task: &Resource) -> &str {
    text(task, "taskArn").and_then(|arn| arn.rsplit('/').next()).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListTasks {
    cluster: Option<String>,
    container_instance: Option<String>,
    /// RUNNING by default. ECS never sets PENDING, so that asking for it lists nothing.
    desired_status: Option<String>,
    family: Option<String>,
    launch_type: Option<String>,
    service_name: Option<String>,
    started_by: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct DescribeTasks {
    cluster: Option<String>,
    tasks: Vec<String>,
    #[serde(default)]
    include: Vec<String>,
}

pub(super) fn list_tasks(world: &World, input: &Value) -> Result<Value, ApiError> {
    let list: ListTasks = read_input(input)?;
    let clusters = world.parsed::<Clusters>()?;
    let cluster = clusters.arn(list.cluster.as_deref())?;
    let group = match &list.service_name {
        Some(service) => Some(group_of(world, cluster, service)?),
        None => None,
    };
    let tasks = world.parsed::<Tasks>()?;
    let arns = tasks.of_cluster(cluster).filter(|task| list.wants(task, group.as_deref()));
    let arns = arns.filter_map(|task| text(task, "taskArn")).map(str::to_owned).collect();
    pages(arns, (list.max_results, MOST_RESULTS), list.next_token.as_deref(), "taskArns")
}

/// The group of a service's tasks: `service:NAME`.
fn group_of(world: &World, cluster: &str, service: &str) -> Result<String, ApiError> {
    let services = world.parsed::<Services>()?;
    let name = services.find(cluster, service).and_then(|service| text(service, "serviceName"));
    let name = name.ok_or_else(|| ApiError::sender("ServiceNotFoundException", "Service not found."))?;
    Ok(format!("service:{name}"))
}

impl ListTasks {
    fn wants(&self, task: &Resource, group: Option<&str>) -> bool {
        let has = |member: &str, asked: Option<&str>| asked.is_none_or(|asked| is(task, member, asked));
        let family = text(task, "taskDefinitionArn").and_then(family_in);
        has("desiredStatus", Some(self.desired_status.as_deref().unwrap_or("RUNNING")))
            && has("group", group)
            && has("launchType", self.launch_type.as_deref())
            && has("startedBy", self.started_by.as_deref())
            && has("containerInstanceArn", self.container_instance.as_deref())
            && self.family.as_deref().is_none_or(|asked| family == Some(asked))
    }
}

pub(super) fn describe_tasks(world: &World, input: &Value) -> Result<Value, ApiError> {
    let DescribeTasks { cluster, tasks: wanted, include } = read_input(input)?;
    let clusters = world.parsed::<Clusters>()?;
    let cluster = clusters.arn(cluster.as_deref())?;
    request::check_length("Tasks", &wanted, MOST_DESCRIBED)?;
    let tasks = world.parsed::<Tasks>()?;
    let (mut described, mut failures) = (Vec::new(), Vec::new());
    for wanted in &wanted {
        check_cluster(cluster, wanted)?;
        let found = tasks.of_cluster(cluster).find(|task| is(task, "taskArn", wanted) || id(task) == wanted);
        match found {
            Some(task) => {
                let mut task = task.clone();
                leave_out(&mut task, &include, "TAGS", "tags");
                task.entry("tags").or_insert_with(|| json!([]));
                described.push(Value::Object(task));
            }
            None => failures.push(missing(missing_arn(world, cluster, wanted)?)),
        }
    }
    Ok(json!({"tasks": described, "failures": failures}))
}

/// The ARN of a task that is not there; an id of another length is none.
fn missing_arn(world: &World, cluster: &str, id_or_arn: &str) -> Result<String, ApiError> {
    let id = id_or_arn.rsplit('/').next().unwrap_or_default();
    if !matches!(id.len(), 32 | 36) {
        return Err(invalid("taskId length should be one of [32,36]"));
    }
    if id_or_arn.starts_with("arn:") {
        return Ok(id_or_arn.to_owned());
    }
    Ok(clusters::arn_of(world, "task", &format!("{}/{id}", clusters::name_in(cluster))))
}
