//! Services of ECS.

use aws_sdk_ecs::types::{Deployment as SdkDeployment, Service as SdkService, ServiceField};
use futures::future::{join_all, try_join_all};
use marple_case::{
    ResourceKind, Scope, Window,
    facts::{Deployment, Service, ServiceEvent, ServiceTarget},
};

use super::{cluster_of, clusters, count, name_of, owned};
use crate::{
    clients::Clients,
    fault::{Asked, Fault},
    function::STACK_TAG,
    time,
};

/// Services that are described at most.
const SERVICES: usize = 500;
/// Services that one call describes.
const AT_ONCE: usize = 10;

/// A service, with its events of a span.
pub(crate) fn fact(service: &SdkService, span: Window) -> Service {
    let network = service.network_configuration().and_then(|network| network.awsvpc_configuration());
    let breaker = service.deployment_configuration().and_then(|limits| limits.deployment_circuit_breaker());
    let mut events: Vec<ServiceEvent> = service.events().iter().filter_map(event).collect();
    events.retain(|event| span.contains(event.at));
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    let mut deployments: Vec<Deployment> = service.deployments().iter().map(deployment).collect();
    deployments.sort_by_key(|deployment| std::cmp::Reverse(deployment.created));
    Service {
        name: service.service_name().unwrap_or_default().to_owned(),
        arn: service.service_arn().unwrap_or_default().to_owned(),
        cluster: cluster(service),
        status: service.status().unwrap_or("unknown").to_owned(),
        desired: count(service.desired_count()),
        running: count(service.running_count()),
        pending: count(service.pending_count()),
        launch_type: launch_type(service),
        task_definition: name_of(service.task_definition().unwrap_or_default()).to_owned(),
        created: service.created_at().and_then(time::timestamp),
        deployments,
        events,
        targets: service.load_balancers().iter().filter_map(target).collect(),
        health_check_grace_s: service.health_check_grace_period_seconds().map(count),
        circuit_breaker: breaker.map(|breaker| (breaker.enable(), breaker.rollback())),
        subnet_ids: network.map(|network| network.subnets().to_vec()).unwrap_or_default(),
        security_group_ids: network.map(|network| network.security_groups().to_vec()).unwrap_or_default(),
        stack: service.tags().iter().find(|tag| tag.key() == Some(STACK_TAG)).and_then(|tag| owned(tag.value())),
    }
}

/// The name of a service's cluster.
pub(crate) fn cluster(service: &SdkService) -> String {
    let by_arn = service.cluster_arn().map(name_of);
    by_arn.or_else(|| cluster_of(service.service_arn()?)).unwrap_or_default().to_owned()
}

fn launch_type(service: &SdkService) -> String {
    match service.launch_type() {
        Some(kind) => kind.as_str().to_owned(),
        None => {
            let providers: Vec<&str> =
                service.capacity_provider_strategy().iter().map(|one| one.capacity_provider()).collect();
            if providers.is_empty() { "not given".to_owned() } else { providers.join(", ") }
        }
    }
}

fn event(event: &aws_sdk_ecs::types::ServiceEvent) -> Option<ServiceEvent> {
    let at = event.created_at().and_then(time::timestamp)?;
    Some(ServiceEvent { at, message: event.message().unwrap_or_default().to_owned() })
}

fn deployment(deployment: &SdkDeployment) -> Deployment {
    Deployment {
        id: deployment.id().unwrap_or_default().to_owned(),
        status: deployment.status().unwrap_or("unknown").to_owned(),
        task_definition: name_of(deployment.task_definition().unwrap_or_default()).to_owned(),
        created: deployment.created_at().and_then(time::timestamp),
        updated: deployment.updated_at().and_then(time::timestamp),
        desired: count(deployment.desired_count()),
        running: count(deployment.running_count()),
        pending: count(deployment.pending_count()),
        failed_tasks: count(deployment.failed_tasks()),
        rollout_state: deployment.rollout_state().map(|state| state.as_str().to_owned()),
        rollout_reason: owned(deployment.rollout_state_reason()),
    }
}

/// A target group of the service. `None`: a classic load balancer.
fn target(balancer: &aws_sdk_ecs::types::LoadBalancer) -> Option<ServiceTarget> {
    Some(ServiceTarget {
        target_group_arn: owned(balancer.target_group_arn())?,
        container: balancer.container_name().unwrap_or_default().to_owned(),
        port: balancer.container_port().and_then(|port| u16::try_from(port).ok()).unwrap_or(0),
    })
}

/// Services by what was asked for, and whether these are all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    /// The services.
    pub services: Vec<SdkService>,
    /// Whether there are more than are described.
    pub cut: bool,
}

/// The services of this name (or ARN), in this cluster or in any.
pub(crate) async fn named(name: &str, cluster: Option<&str>, clients: &Clients) -> Result<Vec<SdkService>, Fault> {
    let clusters = match cluster.or(cluster_of(name)) {
        Some(cluster) => vec![cluster.to_owned()],
        None => clusters(clients).await?,
    };
    let wanted = [name_of(name).to_owned()];
    let found = join_all(clusters.iter().map(|cluster| described(cluster, &wanted, clients))).await;
    let mut services = Vec::new();
    for found in found {
        match found {
            Ok(found) => services.extend(found),
            Err(fault) if fault.is_not_found() => {}
            Err(fault) => return Err(fault),
        }
    }
    // A service that was deleted is described as INACTIVE for a while; one of the same name that lives is the one that is meant.
    if services.iter().any(|service| service.status() != Some("INACTIVE")) {
        services.retain(|service| service.status() != Some("INACTIVE"));
    }
    Ok(services)
}

/// All services of a cluster, or of the region.
pub(crate) async fn all(cluster: Option<&str>, clients: &Clients) -> Result<Found, Fault> {
    let clusters = match cluster {
        Some(cluster) => vec![cluster.to_owned()],
        None => clusters(clients).await?,
    };
    let mut found = Found::default();
    for (cluster, arns) in clusters.iter().zip(try_join_all(clusters.iter().map(|one| arns(one, clients))).await?) {
        let room = SERVICES.saturating_sub(found.services.len());
        found.cut |= arns.len() > room;
        let wanted: Vec<String> = arns.into_iter().take(room).collect();
        let batches = wanted.chunks(AT_ONCE).map(|batch| described(cluster, batch, clients));
        found.services.extend(try_join_all(batches).await?.into_iter().flatten());
    }
    Ok(found)
}

/// The services that a load balancer reaches through one of these target groups (ARNs).
pub(crate) async fn behind(target_groups: &[&str], clients: &Clients) -> Result<Found, Fault> {
    let mut found = all(None, clients).await?;
    let is_target = |service: &SdkService| {
        let mut groups = service.load_balancers().iter().filter_map(|balancer| balancer.target_group_arn());
        groups.any(|group| target_groups.contains(&group))
    };
    found.services.retain(is_target);
    Ok(found)
}

/// The ARNs of a cluster's services.
pub(crate) async fn arns(cluster: &str, clients: &Clients) -> Result<Vec<String>, Fault> {
    let mut arns = Vec::new();
    let mut token = None;
    loop {
        let asked = clients.ecs().list_services().cluster(cluster).max_results(100).set_next_token(token);
        let page = asked.send().await.asked("ecs:ListServices")?;
        arns.extend(page.service_arns.unwrap_or_default());
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() || arns.len() >= SERVICES {
            return Ok(arns);
        }
    }
}

/// Services of one cluster; those that do not exist are left out.
async fn described(cluster: &str, services: &[String], clients: &Clients) -> Result<Vec<SdkService>, Fault> {
    let asked = clients.ecs().describe_services().cluster(cluster).include(ServiceField::Tags);
    let answer = asked.set_services(Some(services.to_vec())).send().await.asked("ecs:DescribeServices")?;
    Ok(answer.services.unwrap_or_default())
}

/// The cluster in which the scope has this service, so that it need not be looked for.
pub(crate) fn cluster_in(scope: &Scope, service: &str) -> Option<String> {
    if let Some(cluster) = cluster_of(service) {
        return Some(cluster.to_owned());
    }
    let of_kind = |kind: ResourceKind| scope.subjects.iter().filter(move |subject| subject.kind == kind);
    let known = of_kind(ResourceKind::EcsService).find(|subject| subject.name == service)?;
    if let Some(cluster) = known.arn.as_deref().and_then(cluster_of) {
        return Some(cluster.to_owned());
    }
    // An alarm names service and cluster side by side.
    let mut clusters = of_kind(ResourceKind::EcsCluster);
    match (clusters.next(), clusters.next()) {
        (Some(only), None) => Some(only.name.clone()),
        _ => None,
    }
}
