//! What stands behind a subject: ECS services behind load balancers and target groups, functions that take from queues, streams and tables;
//! and the ARNs of subjects that an alarm's dimensions give by name alone.

use futures::future::join_all;
use marple_case::{ResourceKind, ResourceRef};

use crate::{
    clients::Clients,
    ecs::service,
    fault::{Asked, Fault},
    load_balancer::{self, Wanted},
};

/// Services behind load balancers that become subjects, at most.
const SERVICES: usize = 2;
/// Functions that take from a source that become subjects, at most.
const CONSUMERS: usize = 2;
/// Pages of event source mappings that are read, of 100 each.
const PAGES: usize = 20;

/// The subjects with their ARNs and, after them, the services and functions behind; and what could not be found out.
pub(super) async fn followed(subjects: Vec<ResourceRef>, clients: &Clients) -> (Vec<ResourceRef>, Vec<String>) {
    let cluster = subjects.iter().find(|subject| subject.kind == ResourceKind::EcsCluster).map(|one| one.name.clone());
    let mut notes = Vec::new();
    let known = join_all(subjects.iter().map(|subject| with_arn(subject, cluster.as_deref(), clients))).await;
    let mut followed = Vec::with_capacity(subjects.len() + SERVICES);
    for (subject, known) in subjects.into_iter().zip(known) {
        followed.push(match known {
            Ok(known) => known.unwrap_or(subject),
            Err(fault) => {
                notes.push(format!("more of {subject} could not be found out: {fault}"));
                subject
            }
        });
    }
    match behind(&followed, clients).await {
        Ok(services) => {
            let new = services.into_iter().filter(|service| !followed.iter().any(|known| known.is_same(service)));
            let new: Vec<ResourceRef> = new.take(SERVICES).collect();
            followed.extend(new);
        }
        Err(fault) => notes.push(format!("what stands behind the load balancer could not be found out: {fault}")),
    }
    match consumers(&followed, clients).await {
        Ok(functions) => followed.extend(functions),
        Err(fault) => notes.push(format!("which function takes from the source could not be found out: {fault}")),
    }
    (followed, notes)
}

/// The subject with its ARN. `None`: it has one, needs none, or there is no such thing.
async fn with_arn(
    subject: &ResourceRef,
    cluster: Option<&str>,
    clients: &Clients,
) -> Result<Option<ResourceRef>, Fault> {
    if subject.arn.is_some() {
        return Ok(None);
    }
    let wanted = Wanted::Name(subject.name.clone());
    let arn = match subject.kind {
        ResourceKind::TargetGroup => {
            let group = load_balancer::group_named(&wanted, clients).await?;
            group.and_then(|group| group.target_group_arn)
        }
        ResourceKind::LoadBalancer => match load_balancer::balancers(Some(&wanted), clients).await {
            Ok((found, _)) => found.into_iter().next().and_then(|balancer| balancer.load_balancer_arn),
            Err(fault) if fault.is_not_found() => None,
            Err(fault) => return Err(fault),
        },
        ResourceKind::EcsService => {
            let services = service::named(&subject.name, cluster, clients).await?;
            match <[_; 1]>::try_from(services) {
                Ok([only]) => only.service_arn,
                // Of several in several clusters none is the one that is meant.
                Err(_) => None,
            }
        }
        _ => None,
    };
    Ok(arn.map(|arn| ResourceRef::with_arn(subject.kind, &subject.name, arn)))
}

/// The services that the target groups among the subjects lead to; without any, those of the load balancers' target groups.
async fn behind(subjects: &[ResourceRef], clients: &Clients) -> Result<Vec<ResourceRef>, Fault> {
    let arns = |kind| subjects.iter().filter(move |one| one.kind == kind).filter_map(|one| one.arn.clone());
    let mut groups: Vec<String> = arns(ResourceKind::TargetGroup).collect();
    if groups.is_empty() {
        let balancers: Vec<String> = arns(ResourceKind::LoadBalancer).collect();
        let read = join_all(balancers.iter().map(|balancer| load_balancer::groups_of(balancer, clients))).await;
        for of_balancer in read {
            groups.extend(of_balancer?.into_iter().filter_map(|group| group.target_group_arn));
        }
    }
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let services = service::behind(&groups, clients).await?.services;
    let named = services.into_iter().filter_map(|service| {
        Some(ResourceRef::with_arn(ResourceKind::EcsService, service.service_name?, service.service_arn?))
    });
    Ok(named.collect())
}

/// The functions that event source mappings feed from the queues, streams and tables among the subjects, where no function is among these.
/// Mappings are listed whole, since a dimension names a source without its ARN.
async fn consumers(subjects: &[ResourceRef], clients: &Clients) -> Result<Vec<ResourceRef>, Fault> {
    let is_source =
        |one: &&ResourceRef| matches!(one.kind, ResourceKind::Queue | ResourceKind::Table | ResourceKind::Other);
    let sources: Vec<&str> = subjects.iter().filter(is_source).map(|one| one.name.as_str()).collect();
    if sources.is_empty() || subjects.iter().any(|one| one.kind == ResourceKind::LambdaFunction) {
        return Ok(Vec::new());
    }
    let mut functions: Vec<ResourceRef> = Vec::new();
    let mut marker = None;
    for _ in 0..PAGES {
        let page = clients.lambda().list_event_source_mappings().set_marker(marker).send().await;
        let page = page.asked("lambda:ListEventSourceMappings")?;
        for mapping in page.event_source_mappings() {
            let ends = mapping.event_source_arn().zip(mapping.function_arn());
            let feeds = ends.filter(|(source, _)| sources.iter().any(|name| is_named(source, name)));
            let function = feeds.and_then(|(_, function)| function_of(function));
            functions.extend(function.filter(|new| !functions.iter().any(|known| known.is_same(new))));
        }
        marker = page.next_marker.filter(|marker| !marker.is_empty());
        if marker.is_none() || functions.len() >= CONSUMERS {
            break;
        }
    }
    functions.truncate(CONSUMERS);
    Ok(functions)
}

/// Whether a source's ARN is of this name: `…:NAME` of a queue, `…:stream/NAME`, `…:table/NAME/stream/TIME`.
fn is_named(arn: &str, name: &str) -> bool {
    let relative = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    relative == name || relative.split('/').nth(1) == Some(name)
}

/// The function of an ARN, which may end in an alias or a version.
fn function_of(arn: &str) -> Option<ResourceRef> {
    let parts: Vec<&str> = arn.split(':').take(7).collect();
    let name = parts.get(6)?;
    Some(ResourceRef::with_arn(ResourceKind::LambdaFunction, *name, parts.join(":")))
}

#[cfg(test)]
mod tests {
    use super::{function_of, is_named};

    #[test]
    fn sources_are_known_by_the_names_that_metrics_give_them() {
        let in_account = |rest: &str| format!("arn:aws:{rest}");
        assert!(is_named(&in_account("sqs:us-east-1:111122223333:jobs.fifo"), "jobs.fifo"));
        assert!(is_named(&in_account("kinesis:us-east-1:111122223333:stream/clicks"), "clicks"));
        assert!(is_named(
            &in_account("dynamodb:us-east-1:111122223333:table/orders/stream/2026-01-01T00:00:00.000"),
            "orders"
        ));
        assert!(!is_named(&in_account("sqs:us-east-1:111122223333:jobs-dlq"), "jobs"));
        let function = function_of("arn:aws:lambda:us-east-1:111122223333:function:worker:live");
        let arn = function.as_ref().and_then(|one| one.arn.as_deref());
        assert_eq!(arn, Some("arn:aws:lambda:us-east-1:111122223333:function:worker"));
        assert_eq!(function.map(|one| one.name).as_deref(), Some("worker"));
    }
}
