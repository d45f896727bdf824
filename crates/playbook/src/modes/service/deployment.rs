//! A deployment that never becomes stable, where no other mode says why: ECS gave it up, or its tasks fail again and again, or there is no
//! place for them.

use marple_case::{
    Category, Verdict,
    facts::{Deployment, ServiceEvent},
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
            event.message.contains("unable to place a task") || event.message.contains("Capacity is unavailable")
        })
        .copied();
    let deployment = case.workload.deployments().find(failing).or_else(|| no_place.and(case.workload.deployment()))?;
    let unstable = Unstable { before: super::before(case), no_place };
    let mut cause = claim(Verdict::Fault, if no_place.is_some() { Category::Capacity } else { Category::Unknown });
    let name = case.name();
    let revision = &deployment.fact.task_definition;
    cause.title = match no_place {
        Some(_) => format!("ECS finds no place for tasks of {name}"),
        None => format!("The deployment of {revision} to {name} never becomes stable"),
    };
    cause.components = super::service_and_definition(case);
    let first = no_place.map(|event| event.at).or(deployment.fact.created);
    cause.onset = first.into_iter().chain(case.scope.first_breach).min();
    cause.trigger = Some("Every start of a task of this revision".to_owned());
    let mut chain = Chain::default();
    let cited = cite::any(deployment.evidence, &[&["deployment:", &deployment.fact.id], &["deployment:", revision]]);
    chain.link(
        format!(
            "The deployment of {revision} has {} failed task(s) and is {}.",
            deployment.fact.failed_tasks,
            deployment.fact.rollout_state.as_deref().unwrap_or("not through")
        ),
        deployment.fact.created.filter(|at| cause.onset.is_none_or(|onset| *at <= onset)),
        [cited],
    );
    if let Some(event) = no_place {
        chain.link(format!("ECS said: {}", super::whole_words(&event.message)), Some(event.at), [cite_event(&event)]);
    }
    chain.impact(case);
    chain.alarm(case);
    cause.chain = chain.finish();
    cause.summary = format!(
        "{}. Its tasks fail, and why is not shown by the tasks, the logs or the targets that could be read.{}",
        cause.title,
        unstable.before.as_ref().map(|before| format!(" Before it, {} ran.", before.revision)).unwrap_or_default()
    );
    if no_place.is_none() {
        cause.gaps.push(gap(
            "why the tasks fail",
            "no stopped task with a reason is kept, and the logs show no failure",
            "start one task by hand and read its stopped reason, or keep ECS task state changes in a log group",
            true,
        ));
    }
    Some(Hypothesis {
        support: if no_place.is_some() { Support::Shown } else { Support::Likely },
        fresh: true,
        explains: u64::from(deployment.fact.failed_tasks.max(1)),
        looks_for: "A deployment does not become stable; looking for why its tasks fail.".to_owned(),
        wants: Vec::new(),
        cause,
        diagnosis: Diagnosis::Service(ServiceFault::Deployment(unstable)),
    })
}
