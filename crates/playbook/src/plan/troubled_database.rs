//! The plan for a database that broke off, is full, or makes its clients wait for locks.

use marple_case::{Action, ActionKind, MitigationPlan, mitigation::Phases};

use super::{
    database, empty, service, spec,
    step::{action, alarm_quiet, by_hand, quoted, run, structured_logs},
};
use crate::{
    modes::troubled_database::{Trouble, Troubled},
    reading::{Case, load::is_service},
};

/// The plan.
pub(crate) fn plan(case: &Case<'_>, troubled: &Troubled<'_>) -> MitigationPlan {
    let mut plan = empty();
    match troubled.trouble {
        Trouble::Interrupted => interrupted(case, troubled, &mut plan),
        Trouble::Full => {
            plan.immediate.push(grow(case, troubled));
            plan.prevention.push(
                "Switch on storage autoscaling with a bound, and alarm on FreeStorageSpace below 15 %.".to_owned(),
            );
        }
        Trouble::Locked => {
            let before =
                troubled.introduced.as_ref().filter(|one| one.has_target()).and_then(|one| one.before.as_ref());
            plan.immediate.extend(before.map(|before| {
                let shown = case.baseline_count().is_some_and(|count| count > 0) && before.image_exists == Some(true);
                service::rollback(
                    case,
                    before,
                    (!shown).then(|| "That it served without waiting was not seen.".to_owned()),
                )
            }));
            plan.immediate.push(unlock(case, troubled));
            plan.follow_up.extend(troubled.database.map(|found| database::insights(case, found.fact)));
            plan.prevention.push(
                "Keep transactions short, change rows in one order everywhere, and give each statement a time limit."
                    .to_owned(),
            );
        }
    }
    plan.spec = Some(specification(case, troubled));
    plan.prevention.push(structured_logs());
    plan
}

/// What is over needs no change; what still fails is given new connections.
fn interrupted(case: &Case<'_>, troubled: &Troubled<'_>, plan: &mut MitigationPlan) {
    let available = troubled.database.is_some_and(|database| database.status == "available");
    plan.no_immediate_action = Some(match available {
        true => format!(
            "Nothing has to be changed at once: {} is available again. If requests still fail, the program keeps broken connections: replace its {} one after the other, which opens new ones.",
            troubled.name(),
            if is_service(case) { "tasks" } else { "environments" }
        ),
        false => "The database's own state has to be settled first: nothing in front of it helps.".to_owned(),
    });
    plan.prevention.push("Let clients reconnect: a connection pool that tests connections, retries with growing pauses, and DNS answers kept for seconds only; RDS Proxy keeps clients' connections over a failover.".to_owned());
}

/// `aws rds … --db-instance-identifier NAME`, of the database or of its first instance.
fn instance(troubled: &Troubled<'_>) -> Option<String> {
    let database = troubled.database?.fact;
    let id = match database.kind {
        marple_case::ResourceKind::DbInstance => &database.id,
        _ => database.members.first()?,
    };
    Some(quoted(id))
}

fn grow(case: &Case<'_>, troubled: &Troubled<'_>) -> Action {
    let region = quoted(&case.scope.region);
    let read = instance(troubled).map(|id| {
        run(
            "Read the present size and its limit.",
            format!("aws rds describe-db-instances --db-instance-identifier {id} --query 'DBInstances[0].[AllocatedStorage, MaxAllocatedStorage, StorageType, DBInstanceStatus]' --output text --region {region}"),
            "the size in GiB, status storage-full",
        )
    });
    let phases = Phases {
        prepare: read.into_iter().collect(),
        pre_validate: vec![by_hand(
            "Look for what may go: old binary logs, an inactive replication slot, temporary tables.",
            "what fills it, named by its owner",
        )],
        apply: vec![by_hand(
            "Raise the allocated storage by at least a tenth (aws rds modify-db-instance --allocated-storage … --apply-immediately).",
            "status modifying, then available; FreeStorageSpace above zero",
        )],
        post_validate: alarm_quiet(case),
        rollback: vec![by_hand("None: allocated storage cannot be made smaller.", "the new size")],
    };
    action(
        format!("Give {} more storage", troubled.name()),
        ActionKind::Scale,
        false,
        phases,
        "Storage cannot be taken back, and may be changed again only after some hours.",
    )
}

fn unlock(case: &Case<'_>, troubled: &Troubled<'_>) -> Action {
    let phases = Phases {
        pre_validate: vec![by_hand(
            "Find who holds the locks: SELECT * FROM sys.innodb_lock_waits (MySQL), or pg_blocking_pids(pid) over pg_stat_activity (PostgreSQL).",
            "one session that blocks others",
        )],
        apply: vec![by_hand(
            "End that session's statement with its owner's consent (KILL QUERY, pg_cancel_backend), and pause the job that sends it.",
            "the others go on",
        )],
        post_validate: alarm_quiet(case),
        rollback: vec![by_hand("Start the job again.", "its work is done anew")],
        ..Phases::default()
    };
    action(
        format!("Free the locks in {}", troubled.name()),
        ActionKind::Traffic,
        true,
        phases,
        "What is ended is rolled back, and comes again as long as its code is the same.",
    )
}

fn specification(case: &Case<'_>, troubled: &Troubled<'_>) -> marple_case::mitigation::Spec {
    let requirements = match troubled.trouble {
        Trouble::Interrupted => vec![
            "WHEN a connection breaks off, THE SYSTEM SHALL discard it and open a new one, and try an idempotent request again after a growing pause.".to_owned(),
            "WHILE the database cannot be reached, THE SYSTEM SHALL answer with HTTP status 503 and Retry-After.".to_owned(),
        ],
        Trouble::Full => vec!["WHEN the database refuses a write for want of storage, THE SYSTEM SHALL answer with HTTP status 507 or 503, go on serving reads, and log it once a minute.".to_owned()],
        Trouble::Locked => vec![
            "WHEN a transaction begins, THE SYSTEM SHALL call nothing outside the database until it has ended.".to_owned(),
            "WHEN a lock is not given in time or a deadlock is reported, THE SYSTEM SHALL roll back, and try again at most three times after growing pauses.".to_owned(),
        ],
    };
    spec(
        format!("The {} {} uses {}; it logged: {}", case.noun(), case.name(), troubled.name(), troubled.logged.headline()),
        Vec::new(),
        &requirements,
        &["A test that brings the database into this state gets the answers above, and the program serves again once it is over.".to_owned()],
    )
}
