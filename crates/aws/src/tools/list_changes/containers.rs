//! Changes that ECS and ECR know of: deployments, what ECS said of failures, registered revisions, pushed images.

use aws_sdk_ecs::types::Service as SdkService;
use futures::{
    future::{join_all, try_join_all},
    try_join,
};
use marple_case::{
    ResourceKind, ResourceRef, Window,
    facts::{Change, ChangeSource, Service, TaskDefinition},
};

use super::{Given, subject::Subjects};
use crate::{
    ecs::{revision, service},
    fault::Fault,
    images::{self, Reference},
    text,
    tool::Context,
};

/// Revisions of one family that are looked at, the newest.
const REVISIONS: usize = 5;
/// Services whose revisions are read, at most.
const SERVICES: usize = 3;
/// What is said of how a revision differs from the one before, bytes at most.
const DIFFERENCES: usize = 480;
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
    let touched: Vec<&Service> =
        services.iter().filter(|service| is_touched(service, subjects)).take(SERVICES).collect();
    let mut deployed: Vec<Deployed<'_>> =
        services.iter().flat_map(|service| deployments(service, span, subjects)).collect();
    if touched.is_empty() {
        // Any of the last deployments may be what is looked for.
        deployed.sort_by_key(|one| std::cmp::Reverse(one.change.at));
        join_all(deployed.iter_mut().take(SERVICES).map(|one| say_difference(one, context))).await;
    }
    given.changes.extend(deployed.into_iter().map(|one| one.change));
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

/// A deployment, with the revision that it brought.
struct Deployed<'s> {
    change: Change,
    task_definition: &'s str,
}

/// Adds to a deployment what its revision changed. What cannot be read is no more than not said: the deployment itself is known.
async fn say_difference(deployed: &mut Deployed<'_>, context: Context<'_>) {
    let revision = deployed.task_definition.rsplit_once(':');
    let Some((family, number)) = revision.and_then(|(family, number)| Some((family, number.parse().ok()?))) else {
        return;
    };
    if let Ok(Some(against)) = compared(family, number, context).await {
        deployed.change.detail.push_str(&against);
    }
}

/// How a revision differs from the active one before. `None`: one of the two is not there.
async fn compared(family: &str, number: u32, context: Context<'_>) -> Result<Option<String>, Fault> {
    let active = revision::active(family, context.clients).await?;
    let Some(before) = active.into_iter().find(|one| *one < number) else { return Ok(None) };
    let read = |number: u32| async move { revision::described(&format!("{family}:{number}"), context.clients).await };
    let (old, new) = try_join!(read(before), read(number))?;
    let facts =
        old.zip(new).map(|(old, new)| (revision::fact(&old, context.hider), revision::fact(&new, context.hider)));
    Ok(facts.map(|(old, new)| against(&old, &new)))
}

/// `; against :57: environment MODE: async -> sync`.
fn against(old: &TaskDefinition, new: &TaskDefinition) -> String {
    let differences = revision::differences(old, new);
    let lines: Vec<String> = differences.iter().map(|one| without_registries(&one.to_string())).collect();
    let all = if lines.is_empty() { "no difference".to_owned() } else { lines.join("; ") };
    format!("; against :{}: {}", old.revision, text::clipped(&all, DIFFERENCES))
}

/// `shop:2` for `111122223333.dkr.ecr.us-east-1.amazonaws.com/shop:2`: a registry is as long as what differs is short.
fn without_registries(line: &str) -> String {
    let short = |word: &str| match word.split_once(".amazonaws.com/") {
        Some((registry, image)) if registry.contains(".dkr.ecr.") => image.to_owned(),
        _ => word.to_owned(),
    };
    line.split(' ').map(short).collect::<Vec<_>>().join(" ")
}

fn is_touched(service: &Service, subjects: &Subjects) -> bool {
    subjects.touched_by(&[service.resource()], service.stack.as_deref())
}

/// `family` of `family:revision`.
fn family(task_definition: &str) -> &str {
    task_definition.split(':').next().unwrap_or(task_definition)
}

fn deployments<'s>(service: &'s Service, span: Window, subjects: &Subjects) -> Vec<Deployed<'s>> {
    let touches_subject = is_touched(service, subjects);
    let inside = service.deployments.iter().filter_map(|one| Some((one.created.filter(|at| span.contains(*at))?, one)));
    let deployed = |(at, deployment): (jiff::Timestamp, &'s marple_case::facts::Deployment)| {
        let state = deployment.rollout_state.as_ref().map(|state| format!(", rollout {state}")).unwrap_or_default();
        let change = Change {
            at,
            source: ChangeSource::Ecs,
            actor: None,
            action: "Deployment".to_owned(),
            resource: Some(service.resource()),
            detail: format!("{} {} of {}{state}", deployment.id, deployment.status, deployment.task_definition),
            touches_subject,
        };
        Deployed { change, task_definition: &deployment.task_definition }
    };
    inside.map(deployed).collect()
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
    // One more than is told of: each is compared with the one before.
    let names: Vec<String> = newest.iter().take(REVISIONS + 1).map(|number| format!("{family}:{number}")).collect();
    let read = try_join_all(names.iter().map(|name| revision::described(name, context.clients))).await?;
    let facts: Vec<TaskDefinition> = read.iter().flatten().map(|one| revision::fact(one, context.hider)).collect();
    let told = facts.iter().take(REVISIONS).enumerate();
    let inside = told.filter_map(|(place, one)| Some((one.registered.filter(|at| span.contains(*at))?, one, place)));
    let change = |(at, revision, place): (jiff::Timestamp, &TaskDefinition, usize)| {
        let images: Vec<String> = revision.containers.iter().map(|one| format!("image {}", one.image)).collect();
        let against = facts.get(place + 1).map(|old| against(old, revision)).unwrap_or_default();
        let by = revision.registered_by.as_deref();
        Change {
            at,
            source: ChangeSource::Ecs,
            // The session's part of an assumed role's ARN, as CloudTrail's actors are written.
            actor: by.map(|arn| arn.split_once('/').map_or(arn, |(_, who)| who).to_owned()),
            action: "RegisterTaskDefinition".to_owned(),
            detail: format!("{}{against}", images.join(", ")),
            resource: Some(revision.resource()),
            touches_subject: true,
        }
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

#[cfg(test)]
mod tests {
    use super::without_registries;

    #[test]
    fn images_are_named_without_their_registries() {
        let line = "image: 111122223333.dkr.ecr.us-east-1.amazonaws.com/shop:1 -> 111122223333.dkr.ecr.us-east-1.amazonaws.com/shop:2";
        assert_eq!(without_registries(line), "image: shop:1 -> shop:2");
        let url = "environment DB_HOST: a.rds.amazonaws.com -> https://sqs.us-east-1.amazonaws.com/1/x";
        assert_eq!(without_registries(url), url);
    }
}
