//! A deployment that never becomes stable, where no other mode says why: ECS gave it up, or its tasks fail again and again, or there is no
//! place for them: none was found, or Spot capacity was taken back.

use marple_case::{
    Category, Verdict,
    facts::{Deployment, ServiceEvent, Task},
};

use super::{ServiceFault, cite_event};
use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, claim, gap},
    reading::{Case, Seen},
};

/// Failed tasks from which a deployment in progress counts as failing.
const MANY: u32 = 3;

/// An unstable deployment as it was found.
#[derive(Debug)]
pub(crate) struct Unstable<'a> {
    /// What ran before.
    pub(crate) before: Option<super::Before<'a>>,
    /// ECS's words that there is no place for tasks.
    pub(crate) no_place: Option<Seen<'a, ServiceEvent>>,
    /// The first task whose Spot capacity was taken back.
    pub(crate) interrupted: Option<Seen<'a, Task>>,
}

/// Examines the case for unstable deployments.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let failing = |one: &Seen<'a, Deployment>| {
        one.rollout_state.as_deref() == Some("FAILED")
            || (one.rollout_state.as_deref() != Some("COMPLETED") && one.failed_tasks >= MANY)
    };
    let events = case.workload.events();
    let no_place = events
        .iter()
        .find(|event| {
            event.message.to_lowercase().contains("unable to place a task")
                || event.message.contains("Capacity is unavailable")
        })
        .copied();
    let spot = |task: &&Seen<'a, Task>| {
        let says = task.fact.stopped_reason.as_deref().is_some_and(|reason| reason.to_lowercase().contains("spot"));
        (task.stop_code.as_deref() == Some("SpotInterruption") || says) && task.stopped.is_some()
    };
    let interrupted = case.workload.tasks.iter().filter(spot).min_by_key(|task| task.stopped).copied();
    let lacks = no_place.is_some() || interrupted.is_some();
    let deployment = case.workload.deployments().find(failing);
    let deployment = deployment.or_else(|| case.workload.deployment().filter(|_| lacks))?;
    let unstable = Unstable { before: super::before(case), no_place, interrupted };
    let mut cause = claim(Verdict::Fault, if lacks { Category::Capacity } else { Category::Unknown });
    let name = case.name();
    let revision = &deployment.fact.task_definition;
    cause.title = match (interrupted, no_place) {
        (Some(_), Some(_)) => format!("Spot capacity of {name} was taken back, and ECS finds no place for new tasks"),
        (Some(_), None) => format!("Spot capacity of {name} was taken back"),
        (None, Some(_)) => format!("ECS finds no place for tasks of {name}"),
        (None, None) => format!("The deployment of {revision} to {name} never becomes stable"),
    };
    cause.components = super::service_and_definition(case);
    let taken = interrupted.and_then(|task| task.fact.stopped);
    let first = taken.into_iter().chain(no_place.map(|event| event.at)).min().or(deployment.fact.created);
    cause.onset = first.into_iter().chain(case.breach()).min().or(case.scope.first_breach);
    cause.trigger = Some(match interrupted {
        Some(_) => "AWS took Spot capacity back, with two minutes' warning".to_owned(),
        None => "Every start of a task of this revision".to_owned(),
    });
    let mut chain = Chain::default();
    let failing = interrupted.is_none() || deployment.fact.failed_tasks > 0;
    let cited = cite::any(deployment.evidence, &[&["deployment:", &deployment.fact.id], &["deployment:", revision]]);
    chain.link(
        format!(
            "The deployment of {revision} has {} failed task(s) and is {}.",
            deployment.fact.failed_tasks,
            deployment.fact.rollout_state.as_deref().unwrap_or("not through")
        ),
        deployment.fact.created.filter(|at| cause.onset.is_none_or(|onset| *at <= onset)),
        [cited.filter(|_| failing)],
    );
    if let Some(task) = interrupted {
        let all = case.workload.tasks.iter().filter(spot).count();
        let words = task.fact.stopped_reason.as_deref().unwrap_or("Spot interruption");
        let ended = format!("{all} task(s) ended as AWS took their Spot capacity back: {words}");
        chain.link(ended, task.fact.stopped, [super::cite_task(&task)]);
    }
    if let Some(event) = no_place {
        chain.link(format!("ECS said: {}", super::whole_words(&event.message)), Some(event.at), [cite_event(&event)]);
    }
    chain.impact(case);
    chain.alarm(case);
    cause.chain = chain.finish();
    cause.summary = format!(
        "{}. {}{}",
        cause.title,
        match lacks {
            true => "The program itself is not at fault: fewer tasks run than are wanted until there is room for them.",
            false => "Its tasks fail, and why is not shown by the tasks, the logs or the targets that could be read.",
        },
        unstable.before.as_ref().map(|before| format!(" Before it, {} ran.", before.revision)).unwrap_or_default()
    );
    if !lacks {
        cause.gaps.push(gap(
            "why the tasks fail",
            "no stopped task with a reason is kept, and the logs show no failure",
            "start one task by hand and read its stopped reason, or keep ECS task state changes in a log group",
            true,
        ));
    }
    Some(Hypothesis {
        support: if lacks { Support::Shown } else { Support::Likely },
        fresh: true,
        explains: u64::from(deployment.fact.failed_tasks.max(1)),
        looks_for: "A deployment does not become stable; looking for why its tasks fail.".to_owned(),
        wants: Vec::new(),
        cause,
        diagnosis: Diagnosis::Service(ServiceFault::Deployment(unstable)),
    })
}
