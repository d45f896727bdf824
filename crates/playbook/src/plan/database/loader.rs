//! Takes the load off a shared database where it comes from: the service whose deployment brought it goes back to its revision before.

use marple_case::{Action, ActionKind, mitigation::Phases};

use super::super::step::{action, alarm_quiet, by_hand, quoted, run};
use crate::{modes::database::loader::Loader, reading::Case};

/// Back to the revision before; `None`: none is known.
pub(crate) fn back(case: &Case<'_>, loader: &Loader<'_>) -> Option<Action> {
    let (before, present) = (loader.before()?, loader.definition.fact.name());
    let region = quoted(&case.scope.region);
    let own = case.workload.service.map(|service| service.fact.cluster.clone());
    let cluster = loader.cluster.clone().or(own).unwrap_or_else(|| "default".to_owned());
    let put = |revision: &str| {
        format!(
            "aws ecs update-service --cluster {} --service {} --task-definition {} --region {region}",
            quoted(&cluster),
            quoted(&loader.service),
            quoted(revision)
        )
    };
    let services = |query: &str| {
        format!(
            "aws ecs describe-services --cluster {} --services {} --query '{query}' --region {region}",
            quoted(&cluster),
            quoted(&loader.service)
        )
    };
    let mut settled = vec![run(
        "See that the deployment is through.",
        services("services[0].deployments[?status==`PRIMARY`].[taskDefinition, rolloutState, failedTasks]"),
        format!("{before}, rolloutState COMPLETED, no failed task"),
    )];
    settled.extend(alarm_quiet(case));
    let phases = Phases {
        prepare: vec![run(
            format!("Note what {} runs now.", loader.service),
            services("services[0].taskDefinition"),
            format!("{present}; if it differs, someone has changed it since: stop and look again"),
        )],
        pre_validate: vec![
            run(
                format!("See that {before} is there, and which image it names."),
                format!(
                    "aws ecs describe-task-definition --task-definition {} --query 'taskDefinition.{{status: status, images: containerDefinitions[].image}}' --region {region}",
                    quoted(&before)
                ),
                "ACTIVE, with the earlier image, which its repository still holds",
            ),
            by_hand(
                format!(
                    "Ask who deployed {present} whether it changed the database's schema in a way that {before} cannot use."
                ),
                "it did not",
            ),
        ],
        apply: vec![run(
            format!("Put {before} into service."),
            put(&before),
            format!("a new PRIMARY deployment of {before}"),
        )],
        post_validate: settled,
        rollback: vec![run(
            format!("Put {present} into service again."),
            put(&present),
            format!("a new PRIMARY deployment of {present}"),
        )],
    };
    let mut back = action(
        format!("Take {} back to {before}, which ran before the database was loaded", loader.service),
        ActionKind::Rollback,
        true,
        phases,
        "What the newer revision added is gone until its statements are mended (an index, a bound) and it is deployed again.",
    );
    back.rollback_to = Some(before);
    back.unverified = loader.statement.is_none().then(|| {
        "That the load is this service's follows from the times and from its use of the database; no log of statements names it.".to_owned()
    });
    Some(back)
}
