//! The text of `describe_task_definition`.

use std::fmt::Write as _;

use aws_sdk_ecs::types::{ContainerDefinition as SdkContainer, TaskDefinition as SdkDefinition};
use marple_case::facts::{ContainerDefinition, TaskDefinition};

use super::Compared;
use crate::ecs::revision::Difference;

/// The whole text.
pub(super) fn rendered(
    revision: &TaskDefinition,
    sdk: &SdkDefinition,
    (compared, differences): (&Compared, &[Difference]),
) -> String {
    let mut text = String::new();
    let mut row = |key: &str, value: &str| {
        let _ = writeln!(text, "{key}: {value}");
    };
    let or = |value: &Option<String>, none: &str| value.clone().unwrap_or_else(|| none.to_owned());
    row("task definition", &revision.name());
    row("arn", &revision.arn);
    row("status", &revision.status);
    let registered = revision.registered.map_or("unknown".to_owned(), |at| at.to_string());
    let by = revision.registered_by.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
    row("registered", &format!("{registered}{by}"));
    row("cpu", &revision.cpu.as_ref().map_or("not limited".to_owned(), |units| format!("{units} units")));
    row("memory", &revision.memory.as_ref().map_or("not limited".to_owned(), |size| format!("{size} MiB")));
    row("architecture", &or(&revision.architecture, "not given (X86_64 by default)"));
    row("execution role", &or(&revision.execution_role, "none"));
    row("task role", &or(&revision.task_role, "none"));
    for container in &revision.containers {
        let sdk = sdk.container_definitions().iter().find(|one| one.name() == Some(&container.name));
        text.push_str(&container_lines(container, sdk));
    }
    text.push_str(&comparison(revision, compared, differences));
    text
}

fn container_lines(container: &ContainerDefinition, sdk: Option<&SdkContainer>) -> String {
    let mut text = format!("container: {} image {}\n", container.name, container.image);
    let mut row = |key: &str, value: &str| {
        let _ = writeln!(text, "  {key}: {value}");
    };
    if !container.essential {
        row("essential", "no");
    }
    if container.cpu > 0 {
        row("cpu", &format!("{} units", container.cpu));
    }
    if let Some(memory) = container.memory {
        row("memory limit", &format!("{memory} MiB"));
    }
    let ports: Vec<String> = container.ports.iter().map(u16::to_string).collect();
    row("ports", &if ports.is_empty() { "none".to_owned() } else { ports.join(", ") });
    if !container.command.is_empty() {
        row("command", &container.command.join(" "));
    }
    let check = container.health_check.as_deref().unwrap_or("none");
    let timing = sdk.and_then(|sdk| sdk.health_check()).map(|check| {
        let seconds = |value: Option<i32>, default: i32| value.unwrap_or(default);
        // ECS's own defaults.
        let (interval, timeout) = (seconds(check.interval(), 30), seconds(check.timeout(), 5));
        format!(" every {interval} s, timeout {timeout} s, retries {}", seconds(check.retries(), 3))
    });
    row("health check", &format!("{check}{}", timing.unwrap_or_default()));
    match (&container.log_group, sdk.and_then(|sdk| sdk.log_configuration())) {
        (Some(group), _) => row("log group", group),
        (None, Some(logs)) => row("log driver", logs.log_driver().as_str()),
        (None, None) => row("log group", "none: what this container writes is kept nowhere"),
    }
    if container.environment.is_empty() {
        let _ = writeln!(text, "no environment variable is set in container {}", container.name);
    }
    for variable in &container.environment {
        let _ = writeln!(text, "  {}={}", variable.name, variable.value);
    }
    if container.secrets.is_empty() {
        let _ = writeln!(text, "no secret is injected into container {}", container.name);
    }
    for secret in &container.secrets {
        let _ = writeln!(text, "  secret {} from {}", secret.name, secret.value_from);
    }
    text
}

fn comparison(revision: &TaskDefinition, compared: &Compared, differences: &[Difference]) -> String {
    let old = match compared {
        Compared::With(old) => old,
        Compared::Missing(which) => return format!("not compared: {which}\n"),
        Compared::Unread(fault) => return format!("not compared: {fault}\n"),
    };
    let registered = old.registered.map_or("unknown".to_owned(), |at| at.to_string());
    let mut text = format!("compared with: {}, registered {registered}\n", old.name());
    if differences.is_empty() {
        let _ = writeln!(
            text,
            "no difference between {} and {} in image, size, roles, environment, secrets, ports, health check, logs or command",
            old.name(),
            revision.name()
        );
    }
    for difference in differences {
        let _ = writeln!(text, "  {difference}");
    }
    text
}
