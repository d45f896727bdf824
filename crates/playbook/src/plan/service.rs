//! Plans for ECS services, one file each, and the steps that they share.
//!
//! A rollback is proposed as such only to a revision that evidence shows, whose image is not known to be gone, and that the baseline shows
//! healthy; otherwise it is marked unverified or left out.

use marple_case::{
    Action, ActionKind, MitigationPlan,
    mitigation::{Phases, Step},
};

use super::step::{action, alarm_quiet, by_hand, quoted, run};
use crate::{
    modes::service::{Before, ServiceFault},
    reading::Case,
};

pub(crate) mod credentials;
pub(crate) mod deployed;
pub(crate) mod edge;
pub(crate) mod health;
pub(crate) mod lapsed;
pub(crate) mod limits;
pub(crate) mod stale;

/// The plan for a service's fault.
pub(crate) fn plan(case: &Case<'_>, fault: &ServiceFault<'_>) -> MitigationPlan {
    match fault {
        ServiceFault::Memory(exhaustion) => limits::memory(case, exhaustion),
        ServiceFault::Cpu(pinned) => limits::cpu(case, pinned),
        ServiceFault::Crash(crash) => deployed::crash(case, crash),
        ServiceFault::Image(unusable) => deployed::image(case, unusable),
        ServiceFault::Deployment(unstable) => deployed::unstable(case, unstable),
        ServiceFault::Readdressed(found) => deployed::readdressed(case, found),
        ServiceFault::Lapsed(found) => lapsed::plan(case, found),
        ServiceFault::Revised(found) => deployed::revised(case, found),
        ServiceFault::Edge(found) => edge::plan(case, found),
        ServiceFault::Health(unhealthy) => health::plan(case, unhealthy),
        ServiceFault::Secret(unreadable) => credentials::unreadable(case, unreadable),
        ServiceFault::Credentials(missing) => credentials::missing(case, missing),
    }
}

fn cluster<'c>(case: &'c Case<'_>) -> &'c str {
    case.workload.service.map_or("default", |service| service.fact.cluster.as_str())
}

/// `aws ecs update-service` with what is changed.
pub(crate) fn update(case: &Case<'_>, rest: &str) -> String {
    format!(
        "aws ecs update-service --cluster {} --service {} {rest} --region {}",
        quoted(cluster(case)),
        quoted(case.name()),
        quoted(&case.scope.region)
    )
}

/// Reads something of the service.
pub(crate) fn described(case: &Case<'_>, query: &str) -> String {
    format!(
        "aws ecs describe-services --cluster {} --services {} --query '{query}' --region {}",
        quoted(cluster(case)),
        quoted(case.name()),
        quoted(&case.scope.region)
    )
}

/// Saves what the service runs.
pub(crate) fn note(case: &Case<'_>) -> Step {
    run(
        "Note what the service runs now, to be able to go back to it.",
        described(
            case,
            "services[0].{taskDefinition: taskDefinition, desiredCount: desiredCount, runningCount: runningCount}",
        ),
        "the task definition and the number of tasks that the evidence shows; if they differ, someone has changed them since: stop and look again",
    )
}

/// The deployment is through, the targets are healthy, the alarm is quiet.
pub(crate) fn settled(case: &Case<'_>) -> Vec<Step> {
    let mut steps = vec![run(
        "See that the deployment is through.",
        described(case, "services[0].deployments[?status==`PRIMARY`].[taskDefinition, rolloutState, failedTasks]"),
        "one line, rolloutState COMPLETED, no failed task",
    )];
    if let Some(group) = case.workload.target_groups().first() {
        steps.push(run(
            "See that the targets are healthy.",
            format!("aws elbv2 describe-target-health --target-group-arn {} --query 'TargetHealthDescriptions[].TargetHealth.State' --output text --region {}", quoted(&group.arn), quoted(&case.scope.region)),
            "healthy for each task",
        ));
    }
    steps.extend(alarm_quiet(case));
    steps
}

/// Puts a revision into service.
pub(crate) fn run_revision(case: &Case<'_>, revision: &str) -> String {
    update(case, &format!("--task-definition {} --force-new-deployment", quoted(revision)))
}

/// The revision that the service runs now.
pub(crate) fn present(case: &Case<'_>) -> String {
    let named = case.workload.service.map(|service| service.fact.task_definition.clone());
    named.or_else(|| case.workload.current().map(|one| one.name())).unwrap_or_default()
}

/// Back to the revision before.
pub(crate) fn rollback(case: &Case<'_>, before: &Before<'_>, unverified: Option<String>) -> Action {
    let revision = &before.revision;
    let (region, present) = (quoted(&case.scope.region), present(case));
    let mut checks = vec![run(
        format!("See that {revision} is there, and which image it names."),
        format!(
            "aws ecs describe-task-definition --task-definition {} --query 'taskDefinition.{{status: status, images: containerDefinitions[].image}}' --region {region}",
            quoted(revision)
        ),
        match &before.image {
            Some(image) => format!("ACTIVE, with the image {image}"),
            None => "ACTIVE, with the earlier image".to_owned(),
        },
    )];
    checks.extend(before.image.as_deref().and_then(|image| image_exists(case, image)));
    let phases = Phases {
        prepare: vec![note(case)],
        pre_validate: checks,
        apply: vec![run(
            format!("Put {revision} into service."),
            run_revision(case, revision),
            format!("a new PRIMARY deployment of {revision}"),
        )],
        post_validate: settled(case),
        rollback: vec![run(
            format!("Put {present} into service again."),
            run_revision(case, &present),
            format!("a new PRIMARY deployment of {present}"),
        )],
    };
    let mut back = action(
        format!("Go back to {revision}, which ran before"),
        ActionKind::Rollback,
        true,
        phases,
        "What the newer revision added is gone until it is deployed again; if both name the same image tag, the image may have been replaced under it: compare digests first.",
    );
    back.rollback_to = Some(revision.clone());
    back.unverified = unverified;
    back
}

/// Asks the repository for an image.
fn image_exists(case: &Case<'_>, image: &str) -> Option<Step> {
    if !image.contains(".dkr.ecr.") {
        return None;
    }
    let name = crate::reading::workload::ImageName::of(image);
    let id = match name.digest {
        Some(digest) => format!("imageDigest={digest}"),
        None => format!("imageTag={}", name.tag),
    };
    let command = format!(
        "aws ecr describe-images --repository-name {} --image-ids {} --query 'imageDetails[0].[imageDigest, imagePushedAt]' --region {}",
        quoted(name.repository),
        quoted(&id),
        quoted(&case.scope.region)
    );
    Some(run("See that its image is in the repository.", command, "a digest and the time at which it was pushed"))
}

/// Registers a changed copy of the present task definition from a file that is made by hand, and puts it into service.
pub(crate) fn new_revision(case: &Case<'_>, change: &str) -> (Vec<Step>, Vec<Step>) {
    new_revision_of(case, &present(case), change)
}

/// The same with a copy of another revision.
pub(crate) fn new_revision_of(case: &Case<'_>, copied: &str, change: &str) -> (Vec<Step>, Vec<Step>) {
    let region = quoted(&case.scope.region);
    let family = crate::reading::workload::family_of(copied).to_owned();
    let prepare = vec![
        note(case),
        run(
            format!("Save the task definition {copied}."),
            format!(
                "aws ecs describe-task-definition --task-definition {} --query taskDefinition --output json --region {region}",
                quoted(copied)
            ),
            "the whole definition: keep it as task-definition-before.json",
        ),
        by_hand(
            format!(
                "Write task-definition.json from it: leave out taskDefinitionArn, revision, status, requiresAttributes, compatibilities, registeredAt and registeredBy, and {change}."
            ),
            "a file that differs from the saved one in that alone",
        ),
    ];
    let apply = vec![
        run(
            "Register it as a new revision.",
            format!(
                "aws ecs register-task-definition --cli-input-json file://task-definition.json --query 'taskDefinition.taskDefinitionArn' --output text --region {region}"
            ),
            format!("the ARN of a new revision of {family}"),
        ),
        run(
            "Put the newest revision into service.",
            run_revision(case, &family),
            "a new PRIMARY deployment of that revision",
        ),
    ];
    (prepare, apply)
}

/// Puts the present revision into service again.
pub(crate) fn back_to_present(case: &Case<'_>) -> Vec<Step> {
    let present = present(case);
    vec![run(
        format!("Put {present} into service again."),
        run_revision(case, &present),
        format!("a new PRIMARY deployment of {present}"),
    )]
}

/// Switches on the load balancer's access logs.
pub(crate) fn access_logs(case: &Case<'_>) -> Option<Action> {
    let balancer = case.workload.balancer().filter(|balancer| balancer.access_logs != Some(true))?;
    let (arn, region) = (quoted(&balancer.arn), quoted(&case.scope.region));
    let phases = Phases {
        prepare: vec![by_hand(
            "Choose or make an S3 bucket whose policy lets Elastic Load Balancing write to it.",
            "a bucket in the same region",
        )],
        pre_validate: vec![run(
            "Read the present attributes.",
            format!(
                "aws elbv2 describe-load-balancer-attributes --load-balancer-arn {arn} --query 'Attributes[?starts_with(Key, `access_logs`)]' --region {region}"
            ),
            "access_logs.s3.enabled false",
        )],
        apply: vec![by_hand(
            "Set access_logs.s3.bucket to the bucket and access_logs.s3.enabled to true (aws elbv2 modify-load-balancer-attributes).",
            "the attributes as set",
        )],
        post_validate: vec![by_hand(
            "Look for log objects in the bucket after five minutes of traffic.",
            "objects with path, status and target of each request",
        )],
        rollback: vec![run(
            "Switch the logs off again.",
            format!(
                "aws elbv2 modify-load-balancer-attributes --load-balancer-arn {arn} --attributes Key=access_logs.s3.enabled,Value=false --region {region}"
            ),
            "access_logs.s3.enabled false",
        )],
    };
    Some(action(
        format!("Switch on the access logs of {}", balancer.name),
        ActionKind::Observability,
        false,
        phases,
        "Storage costs; the logs hold clients' addresses and paths.",
    ))
}

/// The change of code with its checks.
pub(crate) fn code_change(case: &Case<'_>, title: impl Into<String>) -> Action {
    let phases = Phases {
        apply: vec![by_hand(
            "Carry out the specification below, review it, build a new image, and deploy it through the usual pipeline.",
            "the deployment is through",
        )],
        post_validate: settled(case),
        rollback: back_to_present(case),
        ..Phases::default()
    };
    action(
        title,
        ActionKind::CodeChange,
        false,
        phases,
        "A change of behaviour for callers that rely on the present one; test it before it is deployed.",
    )
}

/// What would have announced or stopped any bad deployment.
pub(crate) fn guards(case: &Case<'_>) -> Vec<String> {
    let mut guards = vec!["Keep ECS task state changes (EventBridge rule to a log group): ECS forgets stopped tasks after about one hour.".to_owned()];
    if case.workload.service.is_some_and(|service| !matches!(service.fact.circuit_breaker, Some((true, true)))) {
        guards.push("Switch on the deployment circuit breaker with rollback, so that a revision that does not become healthy is taken back by itself.".to_owned());
    }
    guards.push(super::step::structured_logs());
    guards
}
