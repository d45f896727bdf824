//! Revisions of task definitions of ECS, and how two of them differ.

use aws_sdk_ecs::types::{
    ContainerDefinition as SdkContainer, LogDriver, SortOrder, TaskDefinition as SdkDefinition, TaskDefinitionStatus,
};
use marple_case::facts::{ContainerDefinition, EnvironmentVariable, InjectedSecret, TaskDefinition};

use super::{count, name_of, owned};
use crate::{
    clients::Clients,
    fault::{Asked, Fault},
    hide::Hider,
    time,
};

mod difference;

pub(crate) use difference::{Difference, differences};

/// Pages of a family's revisions that are read at most, 100 revisions each.
const PAGES: usize = 5;

/// A revision. Environment values and commands go through `hider`.
pub(crate) fn fact(definition: &SdkDefinition, hider: &Hider) -> TaskDefinition {
    let platform = definition.runtime_platform().and_then(|platform| platform.cpu_architecture());
    TaskDefinition {
        family: definition.family().unwrap_or_default().to_owned(),
        revision: count(definition.revision()),
        arn: definition.task_definition_arn().unwrap_or_default().to_owned(),
        status: definition.status().map_or("unknown", |status| status.as_str()).to_owned(),
        cpu: owned(definition.cpu()),
        memory: owned(definition.memory()),
        architecture: platform.map(|architecture| architecture.as_str().to_owned()),
        execution_role: owned(definition.execution_role_arn()),
        task_role: owned(definition.task_role_arn()),
        registered: definition.registered_at().and_then(time::timestamp),
        registered_by: owned(definition.registered_by()),
        containers: definition.container_definitions().iter().map(|one| container(one, hider)).collect(),
        differences: Vec::new(),
        compared_with: None,
    }
}

fn container(container: &SdkContainer, hider: &Hider) -> ContainerDefinition {
    let variable = |pair: &aws_sdk_ecs::types::KeyValuePair| {
        let name = pair.name().unwrap_or_default().to_owned();
        EnvironmentVariable { value: hider.variable(&name, pair.value().unwrap_or_default()), name }
    };
    let mut environment: Vec<_> = container.environment().iter().map(variable).collect();
    environment.sort_by(|a, b| a.name.cmp(&b.name));
    let secret = |secret: &aws_sdk_ecs::types::Secret| InjectedSecret {
        name: secret.name().to_owned(),
        value_from: secret.value_from().to_owned(),
    };
    let ports = container.port_mappings().iter().filter_map(|mapping| mapping.container_port());
    let words = container.entry_point().iter().chain(container.command());
    ContainerDefinition {
        name: container.name().unwrap_or_default().to_owned(),
        image: container.image().unwrap_or_default().to_owned(),
        // ECS's own default.
        essential: container.essential().unwrap_or(true),
        cpu: count(container.cpu()),
        memory: container.memory().map(count),
        environment,
        secrets: container.secrets().iter().map(secret).collect(),
        ports: ports.filter_map(|port| u16::try_from(port).ok()).collect(),
        health_check: container.health_check().map(|check| hider.text(&check.command().join(" "))),
        log_group: log_group(container),
        command: words.map(|word| hider.text(word)).collect(),
    }
}

fn log_group(container: &SdkContainer) -> Option<String> {
    let logs = container.log_configuration().filter(|logs| logs.log_driver() == &LogDriver::Awslogs)?;
    logs.options().and_then(|options| options.get("awslogs-group")).cloned()
}

/// A revision by `family`, `family:revision` or ARN. `None`: there is none.
pub(crate) async fn described(name: &str, clients: &Clients) -> Result<Option<SdkDefinition>, Fault> {
    let asked = clients.ecs().describe_task_definition().task_definition(name);
    match asked.send().await.asked("ecs:DescribeTaskDefinition") {
        Ok(answer) => Ok(answer.task_definition),
        // ECS has no code of its own for it.
        Err(Fault::Refused { code, message, .. })
            if code == "ClientException" && message.contains("Unable to describe task definition") =>
        {
            Ok(None)
        }
        Err(fault) => Err(fault),
    }
}

/// The active revisions of a family, the newest first.
pub(crate) async fn active(family: &str, clients: &Clients) -> Result<Vec<u32>, Fault> {
    let mut revisions = Vec::new();
    let mut token = None;
    for _ in 0..PAGES {
        let asked = clients.ecs().list_task_definitions().family_prefix(family).sort(SortOrder::Desc);
        let asked = asked.status(TaskDefinitionStatus::Active).set_next_token(token);
        let page = asked.send().await.asked("ecs:ListTaskDefinitions")?;
        let of_family = |arn: &String| {
            let (name, revision) = name_of(arn).rsplit_once(':')?;
            (name == family).then(|| revision.parse::<u32>().ok()).flatten()
        };
        revisions.extend(page.task_definition_arns().iter().filter_map(of_family));
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            break;
        }
    }
    revisions.sort_unstable_by_key(|revision| std::cmp::Reverse(*revision));
    Ok(revisions)
}
