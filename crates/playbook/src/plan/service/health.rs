//! The plan for failing health checks: the check is made to fit the program, or the program's revision is taken back.

use marple_case::{Action, ActionKind, MitigationPlan, mitigation::Phases};

use super::{back_to_present, code_change, described, guards, new_revision, rollback, settled, update};
use crate::{
    modes::service::health::{Unhealthy, starting::Silence},
    plan::{
        empty, spec,
        step::{action, by_hand, quoted, run},
    },
    reading::Case,
};

/// The plan.
pub(crate) fn plan(case: &Case<'_>, unhealthy: &Unhealthy<'_>) -> MitigationPlan {
    let mut plan = empty();
    let before = unhealthy
        .introduced
        .as_ref()
        .filter(|one| one.has_target() && unhealthy.modified.is_none())
        .and_then(|one| one.before.as_ref());
    if let Some(before) = before {
        let seen = case.baseline_count().is_some_and(|count| count > 0) && before.image_exists == Some(true);
        plan.immediate.push(rollback(
            case,
            before,
            (!seen).then(|| "Its image, or that it served, was not seen.".to_owned()),
        ));
    }
    plan.immediate.extend(match &unhealthy.silence {
        Some(silence) => Some(unsilence(case, silence)),
        None => fit(case, unhealthy),
    });
    if plan.immediate.is_empty() {
        plan.no_immediate_action = Some(
            "Neither the target group nor a revision from before was read, so nothing can be changed by name."
                .to_owned(),
        );
    }
    let path = unhealthy.path();
    if let Some(silence) = &unhealthy.silence {
        let title = match silence {
            Silence::Port { .. } => {
                "Take the port from one setting that the program, the task definition and the target group share"
            }
            Silence::Starting { .. } => {
                "Start faster: serve the health check before caches are filled and data is migrated"
            }
        };
        plan.follow_up.push(code_change(case, title));
        plan.prevention = guards(case);
        return plan;
    }
    plan.follow_up.push(code_change(
        case,
        format!("Answer {path} with the status that the check wants, and keep check and program together"),
    ));
    plan.spec = Some(spec(
        format!(
            "The load balancer checks {path} of the ECS service {}, and the program does not answer it as the check wants{}.",
            case.name(),
            unhealthy.code.map(|code| format!(" (it answers {code})")).unwrap_or_default()
        ),
        Vec::new(),
        &[format!(
            "WHEN {path} is asked for, THE SYSTEM SHALL answer with HTTP status 200 within 1 s, without calling a dependency."
        )],
        &[format!("A test of the built image asks for {path} and gets 200.")],
    ));
    plan.prevention = vec!["Keep the health check's path in one place with the program's routes, and test it in the pipeline against the built image.".to_owned()];
    plan.prevention.extend(guards(case));
    plan
}

/// Lets program and check agree on the port, or gives tasks the time that they need to start.
fn unsilence(case: &Case<'_>, silence: &Silence) -> Action {
    match silence {
        Silence::Port { listens, asked, .. } => {
            let (prepare, apply) = new_revision(
                case,
                &format!("let the program listen on {asked} again (the variable or argument that says {listens})"),
            );
            let phases = Phases {
                prepare,
                apply,
                post_validate: settled(case),
                rollback: back_to_present(case),
                ..Phases::default()
            };
            action(
                format!("Let the program listen on port {asked}, where it is asked"),
                ActionKind::Configuration,
                false,
                phases,
                "If the new port is meant, the container's port mapping, the service's target and the security groups have to change with it.",
            )
        }
        Silence::Starting { lives: (_, long), grace_s, .. } => {
            let longer = (long.saturating_mul(3)).clamp(120, 3600);
            let present = grace_s.unwrap_or_default();
            let phases = Phases {
                prepare: vec![run(
                    "Note the present grace period.",
                    described(case, "services[0].healthCheckGracePeriodSeconds"),
                    present.to_string(),
                )],
                apply: vec![run(
                    format!("Give new tasks {longer} s before failing checks count."),
                    update(case, &format!("--health-check-grace-period-seconds {longer}")),
                    "the tasks reach the end of their start and become healthy",
                )],
                post_validate: settled(case),
                rollback: vec![run(
                    "Set the present grace period again.",
                    update(case, &format!("--health-check-grace-period-seconds {present}")),
                    present.to_string(),
                )],
                ..Phases::default()
            };
            let mut wait = action(
                format!("Raise the health check's grace period from {present} to {longer} s"),
                ActionKind::Configuration,
                true,
                phases,
                "A task that never becomes healthy is replaced that much later.",
            );
            wait.unverified =
                Some("How long a start takes to its end is not shown: no task was left to reach it.".to_owned());
            wait
        }
    }
}

/// Changes the target group's path to one that the program answers.
fn fit(case: &Case<'_>, unhealthy: &Unhealthy<'_>) -> Option<Action> {
    let group = unhealthy.group?;
    let (arn, region, path) = (quoted(&group.arn), quoted(&case.scope.region), quoted(unhealthy.path()));
    let read = format!(
        "aws elbv2 describe-target-groups --target-group-arns {arn} --query 'TargetGroups[0].[HealthCheckPath, Matcher.HttpCode, HealthCheckTimeoutSeconds]' --region {region}"
    );
    let set = |path: &str| {
        format!("aws elbv2 modify-target-group --target-group-arn {arn} --health-check-path {path} --region {region}")
    };
    let (find, apply) = match &unhealthy.served {
        Some(served) => (
            by_hand(
                format!(
                    "See that every task that is to stay answers {} with 200: tasks of the revision before may know {} only, and would be taken out of service.",
                    served.path,
                    unhealthy.path()
                ),
                "only tasks of the present revision",
            ),
            run(
                format!("Let the target group ask for {}.", served.path),
                set(&quoted(&served.path)),
                "targets become healthy after a few checks",
            ),
        ),
        None => (
            by_hand(
                "Find the path that the deployed program answers with 200: its routes, the earlier revision's check, or a request from inside the network.",
                "one path",
            ),
            by_hand(
                "Set that path as HealthCheckPath of the target group (aws elbv2 modify-target-group --health-check-path).",
                "targets become healthy after a few checks",
            ),
        ),
    };
    let phases = Phases {
        prepare: vec![run("Note the present check.", read, format!("{} and its codes", unhealthy.path()))],
        pre_validate: vec![find],
        apply: vec![apply],
        post_validate: settled(case),
        rollback: vec![run("Set the present path again.", set(&path), format!("HealthCheckPath {}", unhealthy.path()))],
    };
    let title = match &unhealthy.served {
        Some(served) => {
            format!("Let the health check of {} ask for {}, which the program answers", group.name, served.path)
        }
        None => format!("Make the health check of {} fit the program", group.name),
    };
    let mut fit = action(
        title,
        ActionKind::Configuration,
        false,
        phases,
        "A check that asks too little keeps broken tasks in service; a stack that owns the target group undoes the change at its next update.",
    );
    if unhealthy.served.is_none() {
        fit.unverified = Some("Which path the program answers is not among the evidence.".to_owned());
    }
    Some(fit)
}
