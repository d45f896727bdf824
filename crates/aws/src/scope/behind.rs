//! What stands behind a subject: ECS services behind load balancers and target groups, functions behind queues, streams, tables, APIs and
//! topics; and the ARNs of subjects that an alarm's dimensions give by name alone.

use futures::future::join_all;
use jiff::Timestamp;
use marple_case::{ResourceKind, ResourceRef};

use super::functions;
use crate::{
    clients::Clients,
    ecs::service,
    fault::Fault,
    load_balancer::{self, Wanted},
};

/// Services behind load balancers that become subjects, at most.
const SERVICES: usize = 2;

/// The subjects with their ARNs and, after them, the services and functions behind; and what could not be found out.
pub(super) async fn followed(
    subjects: Vec<ResourceRef>,
    clients: &Clients,
    now: Timestamp,
) -> (Vec<ResourceRef>, Vec<String>) {
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
    match functions::behind(&followed, clients, now).await {
        Ok(functions) => followed.extend(functions),
        Err(fault) => notes.push(format!("which function stands behind the source could not be found out: {fault}")),
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
