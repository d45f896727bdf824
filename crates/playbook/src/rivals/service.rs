//! Rivals of faults of services and databases, each tested by a fact that could have supported it.
//!
//! | rival | refuted by |
//! |---|---|
//! | a recent deployment or configuration change | no change, or its time against the onset and the baseline |
//! | memory, processor | use far below the limit |
//! | a surge of traffic | requests as in the baseline |
//! | the database | available, and used as in the baseline |
//! | targets that are not reached | they are healthy |

use marple_case::{Category, Verdict, facts::Database, root_cause::RuledOut};

use crate::{
    cite,
    hypothesis::{Diagnosis, Hypothesis, cite_series},
    modes::service::ServiceFault,
    reading::Case,
};

/// The rivals of a hypothesis about a service that the evidence refutes.
pub(super) fn refuted(case: &Case<'_>, hypothesis: &Hypothesis<'_>) -> Vec<RuledOut> {
    let cause = &hypothesis.cause;
    let onset = cause.onset.unwrap_or(case.scope.window.start);
    let mut rivals = Vec::new();
    if cause.verdict != Verdict::NoFault {
        let mut own = super::change(case, onset, !hypothesis.fresh);
        if let Some(rival) = own.as_mut().filter(|_| super::blames_change(&hypothesis.diagnosis)) {
            rival.hypothesis += &format!(" of {} itself", case.name());
        }
        rivals.extend(own);
    }
    if cause.category != Category::MemoryExhaustion {
        rivals.extend(unused(case, "MemoryUtilization", "Memory"));
    }
    if cause.category != Category::CpuSaturation {
        rivals.extend(unused(case, "CPUUtilization", "The processor"));
    }
    rivals.extend(surge(case));
    if needs_no_database(&hypothesis.diagnosis) {
        rivals.extend(case.databases.iter().find_map(|database| idle(database.evidence, database.fact)));
    }
    rivals.extend(healthy_targets(case, hypothesis));
    rivals.retain(|rival| !rival.citations.is_empty());
    rivals
}

fn unused(case: &Case<'_>, metric: &str, noun: &str) -> Option<RuledOut> {
    let series = case.ecs_peak(metric).filter(|series| series.window.max < 80.0)?;
    let reason = format!("{metric} was at most {:.1} % in the window.", series.window.max);
    Some(super::rival(noun, reason, [cite_series(series.evidence, metric, &series.statistic)]))
}

fn surge(case: &Case<'_>) -> Option<RuledOut> {
    let requests = case.requests()?;
    let baseline = requests.fact.baseline.filter(|baseline| baseline.sum > 0.0)?;
    let usual = requests.window.sum <= 1.5 * baseline.sum && case.burst().is_none();
    let reason = format!("{:.0} requests in the window, {:.0} in the baseline.", requests.window.sum, baseline.sum);
    usual.then(|| super::rival("A surge of traffic", reason, [cite_series(requests.evidence, "RequestCount", "Sum")]))
}

fn needs_no_database(diagnosis: &Diagnosis<'_>) -> bool {
    matches!(diagnosis, Diagnosis::Service(fault) if !matches!(fault, ServiceFault::Credentials(_)))
}

fn idle(evidence: &marple_case::Evidence, database: &Database) -> Option<RuledOut> {
    let load =
        database.load.iter().filter(|series| series.metric.name == "DatabaseConnections" && series.window.points > 0);
    let load = load.max_by(|a, b| a.window.max.total_cmp(&b.window.max))?;
    let usual = load.baseline.is_some_and(|baseline| load.window.max <= 1.5 * baseline.max.max(1.0));
    if database.status != "available" || !(usual || load.window.max == 0.0) {
        return None;
    }
    let reason =
        format!("It is available, and its connections were at most {:.0}, as usual or unused.", load.window.max);
    let cited = cite::any(evidence, &[&["connections:", &database.id]])
        .or_else(|| cite_series(evidence, "DatabaseConnections", &load.statistic));
    Some(super::rival(&format!("The database {}", database.id), reason, [cited]))
}

/// Targets that are healthy are reached: the way from the load balancer to the tasks is open.
fn healthy_targets(case: &Case<'_>, hypothesis: &Hypothesis<'_>) -> Option<RuledOut> {
    if matches!(
        &hypothesis.diagnosis,
        Diagnosis::Service(ServiceFault::Health(_) | ServiceFault::Image(_) | ServiceFault::Secret(_))
    ) {
        return None;
    }
    let group = case.workload.target_groups().into_iter().find(|group| {
        !group.fact.targets.is_empty() && group.fact.targets.iter().all(|target| target.state == "healthy")
    })?;
    let reason = format!(
        "All {} target(s) of {} are healthy: the load balancer reaches them.",
        group.fact.targets.len(),
        group.name
    );
    Some(super::rival(
        "The network between load balancer and tasks",
        reason,
        [cite::any(group.evidence, &[&["target:", "healthy"]])],
    ))
}
