//! The text of `describe_service`.

use std::fmt::Write as _;

use aws_sdk_ecs::types::Service as SdkService;
use marple_case::{
    Window,
    facts::{Deployment, Service},
};

use crate::fault::Fault;

/// Services, one a line.
pub(super) fn list(services: &[Service], place: &str, cut: bool) -> String {
    let mut text = format!("ECS services in {place}: {}\n", services.len());
    for service in services {
        let _ = write!(
            text,
            "service: {}, cluster {}, {}, {} of {} tasks running, task definition {}",
            service.name, service.cluster, service.status, service.running, service.desired, service.task_definition
        );
        for target in &service.targets {
            let _ = write!(text, ", target group {}", target.resource().name);
        }
        text.push('\n');
    }
    if cut {
        text.push_str("[there are more services]\n");
    }
    text
}

/// A service with all that is known of it.
pub(super) fn whole(
    service: &Service,
    sdk: &SdkService,
    owner: &Result<Option<String>, Fault>,
    events: Window,
) -> String {
    let mut text = configuration(service, sdk);
    let mut row = |key: &str, value: &str| {
        let _ = writeln!(text, "{key}: {value}");
    };
    match owner {
        Ok(stack) => row("stack", stack.as_deref().unwrap_or("none")),
        Err(fault) => row("stack", &format!("unknown ({fault})")),
    }
    for deployment in &service.deployments {
        row("deployment", &deployment_line(deployment));
    }
    let (start, end) = (events.start, events.end);
    if service.events.is_empty() {
        row("events", &format!("ECS tells no event of {} between {start} and {end}", service.name));
    } else {
        row("events", &format!("{} between {start} and {end}, newest first", service.events.len()));
    }
    for event in &service.events {
        let _ = writeln!(text, "{} {}", event.at, event.message);
    }
    text
}

fn configuration(service: &Service, sdk: &SdkService) -> String {
    let mut text = String::new();
    let mut row = |key: &str, value: &str| {
        let _ = writeln!(text, "{key}: {value}");
    };
    let or_none = |list: &[String]| if list.is_empty() { "none".to_owned() } else { list.join(", ") };
    row("service", &service.name);
    row("arn", &service.arn);
    row("cluster", &service.cluster);
    row("status", &service.status);
    row("tasks", &format!("{} desired, {} running, {} pending", service.desired, service.running, service.pending));
    row("launch type", &service.launch_type);
    row("task definition", &service.task_definition);
    row("created", &service.created.map_or("unknown".to_owned(), |at| at.to_string()));
    let breaker = match service.circuit_breaker {
        None | Some((false, _)) => "off",
        Some((true, true)) => "on, with rollback",
        Some((true, false)) => "on, without rollback",
    };
    row("deployment circuit breaker", breaker);
    if let Some(limits) = sdk.deployment_configuration() {
        let percent = |value: Option<i32>| value.map_or("?".to_owned(), |value| value.to_string());
        let (least, most) = (percent(limits.minimum_healthy_percent()), percent(limits.maximum_percent()));
        row("deployment limits", &format!("minimum healthy {least} %, maximum {most} %"));
    }
    if let Some(grace) = service.health_check_grace_s {
        row("health check grace period", &format!("{grace} s"));
    }
    if service.targets.is_empty() {
        row("target", "none: no load balancer reaches this service");
    }
    for target in &service.targets {
        let group = target.resource().name;
        let (container, port, arn) = (&target.container, target.port, &target.target_group_arn);
        row("target", &format!("container {container} port {port} in target group {group} ({arn})"));
    }
    row("subnets", &or_none(&service.subnet_ids));
    row("security groups", &or_none(&service.security_group_ids));
    text
}

/// `ecs-svc/… PRIMARY family:rev created TIME updated TIME desired 1 running 1 … rollout COMPLETED: ECS's words`.
fn deployment_line(deployment: &Deployment) -> String {
    let mut line = format!("{} {} {}", deployment.id, deployment.status, deployment.task_definition);
    if let Some(created) = deployment.created {
        let _ = write!(line, " created {created}");
    }
    if let Some(updated) = deployment.updated {
        let _ = write!(line, " updated {updated}");
    }
    let _ = write!(
        line,
        " desired {} running {} pending {} failed tasks {}",
        deployment.desired, deployment.running, deployment.pending, deployment.failed_tasks
    );
    if let Some(state) = &deployment.rollout_state {
        let _ = write!(line, " rollout {state}");
    }
    if let Some(reason) = &deployment.rollout_reason {
        let _ = write!(line, ": {reason}");
    }
    line
}
