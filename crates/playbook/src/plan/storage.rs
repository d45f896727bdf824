//! The plan for a full disk: more of it for a time, and files that are taken away.

use marple_case::{Action, ActionKind, MitigationPlan, mitigation::Phases};

use super::{
    empty, rollback, service, spec,
    step::{action, alarm_quiet, code_change, lambda, log_quiet, run, structured_logs, updated},
};
use crate::{
    modes::storage::Full,
    reading::{Case, load::is_service},
};

/// A function's temporary storage after the change, MB; 10,240 is the most that Lambda offers.
const LAMBDA_MB: u32 = 2048;
/// A task's ephemeral storage after the change, GiB; 21 to 200 can be asked for on Fargate.
const FARGATE_GIB: u32 = 50;

/// The plan.
pub(crate) fn plan(case: &Case<'_>, full: &Full<'_>) -> MitigationPlan {
    let mut plan = empty();
    let change = full.change.filter(|_| !is_service(case));
    plan.immediate.extend(change.map(|change| rollback::before(case, change, full.logged.message)));
    plan.immediate.push(match is_service(case) {
        true => larger_task(case),
        false => larger_function(case, full),
    });
    plan.follow_up.push(code_change(
        "Take temporary files away after each request, and bound their size",
        case,
        full.logged.message,
    ));
    let files = full.writes.iter().map(|line| line.path().to_owned()).collect();
    plan.spec = Some(spec(
        format!("The {} {} fills its disk: {}.", case.noun(), case.name(), full.logged.headline()),
        files,
        &[
            "WHEN a request ends, THE SYSTEM SHALL have removed every temporary file that it made, also if it failed."
                .to_owned(),
            "WHERE data can be streamed, THE SYSTEM SHALL NOT write it to a file first.".to_owned(),
            "WHEN a file would be larger than half of the storage, THE SYSTEM SHALL refuse it and log its size."
                .to_owned(),
        ],
        &["After 100 requests in one environment, the temporary folder holds no more than after the first.".to_owned()],
    ));
    plan.prevention = vec!["Measure the space in use, and alarm at 80 % of it.".to_owned(), structured_logs()];
    plan
}

fn larger_function(case: &Case<'_>, full: &Full<'_>) -> Action {
    let set = |megabytes: &str| {
        lambda(case, "update-function-configuration", &format!("--ephemeral-storage '{{\"Size\": {megabytes}}}'"))
    };
    let mut check = vec![updated(case)];
    check.extend(log_quiet(case, full.logged.message));
    check.extend(alarm_quiet(case));
    let phases = Phases {
        prepare: vec![run(
            "Note the present size.",
            lambda(case, "get-function-configuration", "--query EphemeralStorage.Size --output text"),
            format!("a size below {LAMBDA_MB}, in MB; if it is not, double it in place of the size below"),
        )],
        apply: vec![run(
            format!(
                "Give /tmp {LAMBDA_MB} MB. All environments are replaced, so that what has piled up is gone at once."
            ),
            set(&LAMBDA_MB.to_string()),
            "LastUpdateStatus InProgress, then Successful",
        )],
        post_validate: check,
        rollback: vec![run(
            "Set the default size again, or the one that was noted.",
            set("512"),
            "LastUpdateStatus Successful",
        )],
        ..Phases::default()
    };
    action(
        format!("Temporary relief: raise the function's ephemeral storage to {LAMBDA_MB} MB"),
        ActionKind::Scale,
        true,
        phases,
        "Where files pile up, it only takes longer until the disk is full again. Storage above 512 MB is charged for.",
    )
}

fn larger_task(case: &Case<'_>) -> Action {
    let (prepare, apply) =
        service::new_revision(case, &format!("set ephemeralStorage to {{\"sizeInGiB\": {FARGATE_GIB}}}"));
    let phases = Phases {
        prepare,
        apply,
        post_validate: service::settled(case),
        rollback: service::back_to_present(case),
        ..Phases::default()
    };
    action(
        format!("Temporary relief: raise the tasks' ephemeral storage to {FARGATE_GIB} GiB"),
        ActionKind::Scale,
        true,
        phases,
        "Where files pile up, it only takes longer until the disk is full again. Storage above 20 GiB is charged for.",
    )
}
