//! Changes that ECS and ECR know of: deployments, what ECS said of failures, registered revisions, pushed images.

use aws_sdk_ecs::types::Service as SdkService;
use futures::future::{join_all, try_join_all};
use marple_case::{
    ResourceKind, ResourceRef, Window,
    facts::{Change, ChangeSource, Service, TaskDefinition},
};

use super::{Given, subject::Subjects};
use crate::{
    ecs::{revision, service},
    fault::Fault,
    images::{self, Reference},
    tool::Context,
};

/// Revisions of one family that are looked at, the newest.
const REVISIONS: usize = 5;
/// Services in question whose revisions are read, at most.
const SERVICES: usize = 3;
/// Words with which ECS's events speak of a failure.
const FAILURES: [&str; 6] = ["unable", "unhealthy", "failed", "rolling back", "rollback", "error"];

/// Deployments of all services; of those in question also what ECS said of failures, and the revisions that were registered.
pub(super) async fn ecs(span: Window, subjects: &Subjects, context: Context<'_>) -> Result<Given, Fault> {
    let found = service::all(None, context.clients).await?;
    let mut given = Given::default();
    if found.cut {
        given.notes.push("not all services were read".to_owned());
    }
    let services: Vec<Service> = found.services.iter().map(|one| service::fact(one, span)).collect();
    given.changes.extend(services.iter().flat_map(|service| deployments(service, span, subjects)));
    let touched: Vec<&Service> =
        services.iter().filter(|service| is_touched(service, subjects)).take(SERVICES).collect();
    given.changes.extend(touched.iter().flat_map(|service| failures(service)));
    let mut families: Vec<&str> = touched.iter().map(|service| family(&service.task_definition)).collect();
    families.dedup();
    for (family, read) in families.iter().zip(join_all(families.iter().map(|one| registered(one, span, context))).await)
    {
        match read {
            Ok(registered) => given.changes.extend(registered),
            Err(fault) => given.notes.push(format!("the revisions of {family} were not read: {fault}")),
        }
    }
    Ok(given)
}

fn is_touched(service: &Service, subjects: &Subjects) -> bool {
    subjects.touched_by(&[service.resource()], service.stack.as_deref())
}

/// `family` of `family:revision`.
fn family(task_definition: &str) -> &str {
    task_definition.split(':').next().unwrap_or(task_definition)
}

fn deployments(service: &Service, span: Window, subjects: &Subjects) -> Vec<Change> {
    let touches_subject = is_touched(service, subjects);
    let inside = service.deployments.iter().filter_map(|one| Some((one.created.filter(|at| span.contains(*at))?, one)));
    let change = |(at, deployment): (jiff::Timestamp, &marple_case::facts::Deployment)| {
        let state = deployment.rollout_state.as_ref().map(|state| format!(", rollout {state}")).unwrap_or_default();
        Change {
            at,
            source: ChangeSource::Ecs,
            actor: None,
            action: "Deployment".to_owned(),
            resource: Some(service.resource()),
            detail: format!("{} {} of {}{state}", deployment.id, deployment.status, deployment.task_definition),
            touches_subject,
        }
    };
    inside.map(change).collect()
}

fn failures(service: &Service) -> Vec<Change> {
    let speaks_of_failure = |message: &str| FAILURES.iter().any(|word| message.contains(word));
    let told = service.events.iter().filter(|event| speaks_of_failure(&event.message));
    let change = |event: &marple_case::facts::ServiceEvent| Change {
        at: event.at,
        source: ChangeSource::Ecs,
        actor: None,
        action: "ServiceEvent".to_owned(),
        resource: Some(service.resource()),
        detail: event.message.clone(),
        touches_subject: true,
    };
    told.map(change).collect()
}

async fn registered(family: &str, span: Window, context: Context<'_>) -> Result<Vec<Change>, Fault> {
    let newest = revision::active(family, context.clients).await?;
    let names: Vec<String> = newest.iter().take(REVISIONS).map(|number| format!("{family}:{number}")).collect();
    let read = try_join_all(names.iter().map(|name| revision::described(name, context.clients))).await?;
    let facts = read.into_iter().flatten().map(|one| revision::fact(&one, context.hider));
    let inside = facts.filter_map(|one| Some((one.registered.filter(|at| span.contains(*at))?, one)));
    let change = |(at, revision): (jiff::Timestamp, TaskDefinition)| Change {
        at,
        source: ChangeSource::Ecs,
        // The session's part of an assumed role's ARN, as CloudTrail's actors are written.
        actor: revision.registered_by.as_deref().map(|arn| arn.split_once('/').map_or(arn, |(_, who)| who).to_owned()),
        action: "RegisterTaskDefinition".to_owned(),
        detail: revision.containers.iter().map(|one| format!("image {}", one.image)).collect::<Vec<_>>().join(", "),
        resource: Some(revision.resource()),
        touches_subject: true,
    };
    Ok(inside.map(change).collect())
}

/// Images pushed to the repositories in question. `None`: none is in question, and ECR was not asked.
pub(super) async fn ecr(span: Window, subjects: &Subjects, context: Context<'_>) -> Option<Result<Given, Fault>> {
    if subjects.belongings.repositories.is_empty() {
        return None;
    }
    let read = subjects.belongings.repositories.iter().map(|named| async move {
        let registry = named.registry().map(|(account, _)| account);
        let images = images::of(&named.repository, registry, None, context.clients).await?;
        Ok::<_, Fault>(images.0)
    });
    let mut given = Given::default();
    for (named, images) in subjects.belongings.repositories.iter().zip(join_all(read).await) {
        match images {
            Ok(images) => given.changes.extend(images.iter().filter_map(|image| pushed(image, span))),
            Err(fault @ Fault::Denied { .. }) => return Some(Err(fault)),
            Err(fault) => given.notes.push(format!("the images of {} were not read: {fault}", named.repository)),
        }
    }
    Some(Ok(given))
}

fn pushed(image: &marple_case::facts::Image, span: Window) -> Option<Change> {
    Some(Change {
        at: image.pushed.filter(|at| span.contains(*at))?,
        source: ChangeSource::Ecr,
        actor: None,
        action: "PushImage".to_owned(),
        resource: Some(image.resource()),
        detail: format!(
            "tags {}, {}",
            if image.tags.is_empty() { "none".to_owned() } else { image.tags.join(", ") },
            image.digest
        ),
        touches_subject: true,
    })
}

/// What belongs to the services in question: their family of task definitions, and the repositories of their images.
#[derive(Debug, Clone, Default)]
pub(super) struct Belongings {
    /// Families and repositories, as resources.
    pub resources: Vec<ResourceRef>,
    /// The repositories in ECR.
    pub repositories: Vec<Reference>,
}

/// Reads what belongs to the services among the resources.
pub(super) async fn belongings(resources: &[ResourceRef], context: Context<'_>) -> Result<Belongings, Fault> {
    let named = resources.iter().filter(|resource| resource.kind == ResourceKind::EcsService).take(SERVICES);
    let found = try_join_all(named.map(|resource| {
        let name = resource.arn.as_deref().unwrap_or(&resource.name);
        let cluster = service::cluster_in(context.scope, name);
        async move { service::named(name, cluster.as_deref(), context.clients).await }
    }))
    .await?;
    let services: Vec<SdkService> = found.into_iter().flatten().take(SERVICES).collect();
    let names: Vec<&str> = services.iter().filter_map(|service| service.task_definition()).collect();
    let read = try_join_all(names.iter().map(|name| revision::described(name, context.clients))).await?;
    let mut belongings = Belongings::default();
    for revision in read.iter().flatten().map(|one| revision::fact(one, context.hider)) {
        belongings.resources.push(ResourceRef::new(ResourceKind::TaskDefinition, &revision.family));
        for container in &revision.containers {
            let reference = Reference::parse(&container.image);
            let is_known = belongings.repositories.iter().any(|known| known.repository == reference.repository);
            if reference.registry().is_some_and(|(_, region)| region == context.scope.region) && !is_known {
                belongings.resources.push(ResourceRef::new(ResourceKind::EcrRepository, &reference.repository));
                belongings.repositories.push(reference);
            }
        }
    }
    Ok(belongings)
}
