//! Tasks of ECS, running and stopped. ECS keeps stopped ones for about one hour.

use aws_sdk_ecs::types::{Container, DesiredStatus, Task as SdkTask};
use futures::future::try_join_all;
use marple_case::facts::{ContainerState, Task};

use super::{name_of, owned};
use crate::{
    clients::Clients,
    fault::{Asked, Fault},
    time,
};

/// Tasks of one cluster and status that are described at most.
const TASKS: usize = 300;
/// Tasks that one call describes.
const AT_ONCE: usize = 100;

/// Which tasks of a cluster.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    /// Of this service.
    pub service: Option<&'a str>,
    /// Of this family of task definitions.
    pub family: Option<&'a str>,
}

/// A task.
pub(crate) fn fact(task: &SdkTask) -> Task {
    let arn = task.task_arn().unwrap_or_default();
    let at = |time: Option<&aws_smithy_types::DateTime>| time.and_then(time::timestamp);
    Task {
        id: name_of(arn).to_owned(),
        arn: arn.to_owned(),
        cluster: name_of(task.cluster_arn().unwrap_or_default()).to_owned(),
        group: owned(task.group()),
        task_definition: name_of(task.task_definition_arn().unwrap_or_default()).to_owned(),
        status: task.last_status().unwrap_or("UNKNOWN").to_owned(),
        desired_status: task.desired_status().unwrap_or("UNKNOWN").to_owned(),
        health: task.health_status().map(|health| health.as_str().to_owned()),
        cpu: owned(task.cpu()),
        memory: owned(task.memory()),
        created: at(task.created_at()),
        started: at(task.started_at()),
        stopped: at(task.stopped_at()),
        stop_code: task.stop_code().map(|code| code.as_str().to_owned()),
        stopped_reason: owned(task.stopped_reason()),
        containers: task.containers().iter().map(container).collect(),
    }
}

fn container(container: &Container) -> ContainerState {
    ContainerState {
        name: container.name().unwrap_or_default().to_owned(),
        image: container.image().unwrap_or_default().to_owned(),
        image_digest: owned(container.image_digest()),
        status: container.last_status().unwrap_or("UNKNOWN").to_owned(),
        exit_code: container.exit_code(),
        reason: owned(container.reason()),
        health: container.health_status().map(|health| health.as_str().to_owned()),
    }
}

/// Tasks of one cluster and desired status, and whether there are more than are described.
pub(crate) async fn of(
    cluster: &str,
    wanted: Wanted<'_>,
    status: DesiredStatus,
    clients: &Clients,
) -> Result<(Vec<Task>, bool), Fault> {
    let mut arns: Vec<String> = Vec::new();
    let mut token = None;
    loop {
        let asked = clients.ecs().list_tasks().cluster(cluster).desired_status(status.clone());
        let asked = asked.set_service_name(wanted.service.map(str::to_owned));
        let asked = asked.set_family(wanted.family.map(str::to_owned)).set_next_token(token);
        let page = asked.send().await.asked("ecs:ListTasks")?;
        arns.extend(page.task_arns.unwrap_or_default());
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() || arns.len() >= TASKS {
            break;
        }
    }
    let cut = token.is_some() || arns.len() > TASKS;
    arns.truncate(TASKS);
    let batches = arns.chunks(AT_ONCE).map(|batch| described(cluster, batch, clients));
    Ok((try_join_all(batches).await?.into_iter().flatten().collect(), cut))
}

async fn described(cluster: &str, arns: &[String], clients: &Clients) -> Result<Vec<Task>, Fault> {
    let asked = clients.ecs().describe_tasks().cluster(cluster).set_tasks(Some(arns.to_vec()));
    let answer = asked.send().await.asked("ecs:DescribeTasks")?;
    Ok(answer.tasks().iter().map(fact).collect())
}
