//! Plans for tasks that hold a secret's earlier value, and for a database that takes no more connections.

use marple_case::{Action, ActionKind, mitigation::Phases};

use super::{new_revision, note, rollback, settled, update};
use crate::{
    modes::{dependency::Unreachable, service::introduced},
    plan::step::{action, by_hand, run},
    reading::{Case, failure::Failure, load::is_service},
};

/// What helps a service at once; empty where nothing is shown to.
pub(crate) fn immediate(case: &Case<'_>, unreachable: &Unreachable<'_>) -> Vec<Action> {
    if !is_service(case) || case.workload.service.is_none() {
        return Vec::new();
    }
    match unreachable.logged.failure {
        Failure::Unauthenticated if unreachable.rotated.is_some() => {
            vec![restart(
                case,
                "Start the tasks anew, so that they are given the secret's present value",
                "All tasks are replaced, one after the other; if the database was not given the new password, they fail as before.",
            )]
        }
        Failure::ConnectionLimit | Failure::PoolExhausted => connections(case, unreachable),
        _ => Vec::new(),
    }
}

fn restart(case: &Case<'_>, title: &str, risk: &str) -> Action {
    let phases = Phases {
        prepare: vec![note(case)],
        apply: vec![run(
            "Replace all tasks by new ones of the same revision.",
            update(case, "--force-new-deployment"),
            "a new PRIMARY deployment of the same revision",
        )],
        post_validate: settled(case),
        rollback: vec![by_hand("Nothing to undo: the revision is the same.", "the service as it is configured now")],
        ..Phases::default()
    };
    action(title, ActionKind::Restart, true, phases, risk)
}

/// Fewer connections: back to before a change of the clients, fewer tasks, or new ones.
fn connections(case: &Case<'_>, unreachable: &Unreachable<'_>) -> Vec<Action> {
    let mut actions = Vec::new();
    let introduced = introduced(case, unreachable.logged.first);
    let enlarged = unreachable.pool.as_ref().is_some_and(|pool| pool.enlarged().is_some());
    if let Some(before) = introduced.as_ref().filter(|one| one.has_target()).and_then(|one| one.before.as_ref()) {
        let shown = enlarged
            || case.workload.current().is_some_and(|one| one.fact.differences.iter().any(|line| is_pool(line)));
        actions.push(rollback(
            case,
            before,
            (!shown || before.image_exists == Some(false))
                .then(|| "Nothing shows that the revision before opens fewer connections.".to_owned()),
        ));
    }
    // New tasks of the same revision would open as many connections again, beside those of the old ones.
    if !enlarged {
        actions.push(restart(
            case,
            "Relieve the database: replace the tasks, which closes the connections that they hold",
            "While old and new tasks run side by side both hold connections; if the program leaks them, the limit is reached again.",
        ));
    }
    let setting = unreachable.pool.as_ref().map(|pool| pool.setting.as_str());
    let (prepare, apply) = new_revision(
        case,
        &format!(
            "set {} to (the database's max_connections minus a reserve) divided by the greatest number of tasks",
            setting.unwrap_or("the connection pool's size")
        ),
    );
    let phases = Phases {
        prepare,
        pre_validate: Vec::new(),
        apply,
        post_validate: settled(case),
        rollback: super::back_to_present(case),
    };
    let mut pool = action(
        "Bound each task's connection pool",
        ActionKind::Configuration,
        false,
        phases,
        "A pool that is too small makes requests wait.",
    );
    pool.unverified = setting.is_none().then(|| "Which setting bounds the pool is not among the evidence.".to_owned());
    actions.push(pool);
    actions
}

fn is_pool(line: &str) -> bool {
    let lower = line.to_lowercase();
    ["pool", "max_conn", "connections", "max_open", "workers", "threads"].iter().any(|word| lower.contains(word))
}
