//! `list_tasks`: the tasks of ECS, running and stopped, with exit codes and reasons to the letter.

use aws_sdk_ecs::types::DesiredStatus;
use futures::{future::try_join_all, join};
use jiff::Timestamp;
use marple_case::{Facts, ResourceKind, Scope, facts::Task};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ecs::{
        self, service,
        task::{self, Wanted},
    },
    fault::Fault,
    text::Command,
    tool::{Context, Findings, Tool},
};

mod rendering;

/// Which tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// Running, or about to.
    Running,
    /// Stopped in the last hour or so.
    Stopped,
}

/// Lists ECS tasks, running and stopped: times, stop code, ECS's reasons, each container's exit code, reason, image and digest. ECS
/// keeps stopped tasks for about one hour: that none is listed does not mean that none stopped.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The cluster's name or ARN. Default: where the service is, else all clusters.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Only this service's tasks, by its name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    /// Only tasks of this family of task definitions.
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<String>,
    /// Default: both.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

pub(crate) struct ListTasks;

impl Tool for ListTasks {
    const NAME: &'static str = "list_tasks";
    const ACTIONS: &'static [&'static str] =
        &["ecs:DescribeServices", "ecs:DescribeTasks", "ecs:ListClusters", "ecs:ListTasks"];
    const SHOWN_BYTES: usize = 8 * 1024;
    type Args = Args;

    fn normalise(args: &mut Args, scope: &Scope) -> Result<(), String> {
        if args.cluster.is_none() {
            let only = scope.subjects.iter().find(|subject| subject.kind == ResourceKind::EcsCluster);
            args.cluster = match &args.service {
                Some(service) => service::cluster_in(scope, service),
                None => only.map(|cluster| cluster.name.clone()),
            };
        }
        Ok(())
    }

    fn command(args: &Args, scope: &Scope) -> String {
        let status = if args.status == Some(Status::Running) { "RUNNING" } else { "STOPPED" };
        Command::new("ecs", "list-tasks")
            .option_if("cluster", args.cluster.as_ref())
            .option_if("service-name", args.service.as_ref())
            .option_if("family", args.family.as_ref())
            .option("desired-status", status)
            .in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let clusters = match clusters(args, context).await {
            Ok(clusters) => clusters,
            Err(fault) if fault.is_not_found() => return Ok(Findings::nothing(unknown(args, context))),
            Err(fault) => return Err(fault),
        };
        if clusters.is_empty() {
            return Ok(Findings::nothing(unknown(args, context)));
        }
        let read = try_join_all(clusters.iter().map(|cluster| tasks(cluster, args, context))).await;
        let read = match read {
            Ok(read) => read,
            Err(fault) if fault.is_not_found() => return Ok(Findings::nothing(unknown(args, context))),
            Err(fault) => return Err(fault),
        };
        let cut = read.iter().any(|(_, cut)| *cut);
        let mut tasks: Vec<Task> = read.into_iter().flat_map(|(tasks, _)| tasks).collect();
        // Those that run first, then the one that stopped last.
        tasks.sort_by_key(|task| {
            let at = task.stopped.or(task.started).or(task.created).unwrap_or(Timestamp::MIN);
            (task.desired_status == "STOPPED", std::cmp::Reverse(at), task.id.clone())
        });
        let text = rendering::rendered(&tasks, args, cut, context.scope);
        Ok(Findings { found: !tasks.is_empty(), facts: Facts::Tasks(tasks), text })
    }
}

/// The clusters to look in.
async fn clusters(args: &Args, context: Context<'_>) -> Result<Vec<String>, Fault> {
    match (&args.cluster, &args.service) {
        (Some(cluster), _) => Ok(vec![cluster.clone()]),
        (None, Some(name)) => {
            let services = service::named(name, None, context.clients).await?;
            Ok(services.iter().map(service::cluster).collect())
        }
        (None, None) => ecs::clusters(context.clients).await,
    }
}

async fn tasks(cluster: &str, args: &Args, context: Context<'_>) -> Result<(Vec<Task>, bool), Fault> {
    let wanted = Wanted { service: args.service.as_deref().map(ecs::name_of), family: args.family.as_deref() };
    let of = |status| task::of(cluster, wanted, status, context.clients);
    match args.status {
        Some(Status::Running) => of(DesiredStatus::Running).await,
        Some(Status::Stopped) => of(DesiredStatus::Stopped).await,
        None => {
            let (running, stopped) = join!(of(DesiredStatus::Running), of(DesiredStatus::Stopped));
            let ((mut tasks, cut), (stopped, more)) = (running?, stopped?);
            tasks.extend(stopped);
            Ok((tasks, cut || more))
        }
    }
}

fn unknown(args: &Args, context: Context<'_>) -> String {
    let region = &context.scope.region;
    let cluster = args.cluster.as_ref().map(|cluster| format!("cluster {cluster} of ")).unwrap_or_default();
    match &args.service {
        Some(service) => format!("no ECS service named {service} in {cluster}{region}: it has no tasks"),
        None => format!(
            "no ECS cluster{} in {region}",
            args.cluster.as_ref().map(|name| format!(" named {name}")).unwrap_or_default()
        ),
    }
}
