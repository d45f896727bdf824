//! Rival explanations, each tested by a fact that could have supported it. A rival is ruled out only with a citation.
//!
//! | rival | refuted by |
//! |---|---|
//! | a recent deployment or configuration change | no change, or its time against the onset and the baseline |
//! | memory | use far below the limit |
//! | the timeout | the longest invocation far below it |
//! | throttling | `Throttles` at zero |
//! | a surge of traffic | invocations as in the baseline |
//! | a database | it was never reached, though the fault needs no database |
//! | the package: its size, missing dependencies, the handler's name | the code was read and ran |
//! | a slow start | the start took a small part of the time |
//! | slowness | durations as in the baseline |
//!
//! What the evidence refutes is said whatever the verdict is: where the cause stays open, a reader knows at least where it is not. Where
//! nothing is wrong, the mode itself speaks of changes and errors, since there is no first failure to hold against a time.

mod service;

use jiff::Timestamp;
use marple_case::{Category, ResourceKind, RootCause, Verdict, facts::Database, root_cause::RuledOut};

use crate::{
    cite,
    hypothesis::{Diagnosis, Hypothesis, cite_series, cite_setting},
    modes::throttling::Throttled,
    reading::{Case, changes::ChangeVerdict, failure::Failure, load::is_service, subject::SubjectKind},
    source::number,
};

/// The rivals of a hypothesis that the evidence refutes.
pub(crate) fn refuted(case: &Case<'_>, hypothesis: &Hypothesis<'_>) -> Vec<RuledOut> {
    if is_service(case) || case.kind == SubjectKind::Database {
        return service::refuted(case, hypothesis);
    }
    let cause = &hypothesis.cause;
    let onset = cause.onset.unwrap_or(case.scope.window.start);
    let mut rivals = Vec::new();
    if cause.verdict != Verdict::NoFault && !blames_change(&hypothesis.diagnosis) {
        rivals.extend(change(case, onset, !hypothesis.fresh));
    }
    if cause.verdict == Verdict::InsufficientEvidence {
        rivals.extend(slowness(case));
    }
    rivals.extend(package(case, cause));
    rivals.extend(slow_start(case, hypothesis));
    rivals.extend(databases(case, hypothesis));
    rivals.extend(memory(case, cause));
    rivals.extend(timeout(case, cause));
    if cause.verdict != Verdict::NoFault {
        rivals.extend(throttling(case, cause));
    }
    rivals.extend(surge(case));
    rivals.retain(|rival| !rival.citations.is_empty());
    rivals
}

fn rival<const N: usize>(hypothesis: &str, reason: String, citations: [Option<marple_case::Citation>; N]) -> RuledOut {
    RuledOut { hypothesis: hypothesis.to_owned(), reason, citations: citations.into_iter().flatten().collect() }
}

/// Whether the hypothesis itself names a change of something else than the function: then changes are no rival.
fn blames_change(diagnosis: &Diagnosis<'_>) -> bool {
    match diagnosis {
        Diagnosis::Refusal(refusal) => refusal.change.is_some(),
        Diagnosis::Closed(_) => true,
        Diagnosis::Redelivered(_) => true,
        Diagnosis::Uncredentialed(without) => without.taken.is_some(),
        Diagnosis::Throttled(Throttled::Called { change, .. }) => change.is_some(),
        _ => false,
    }
}

fn change(case: &Case<'_>, onset: Timestamp, in_baseline: bool) -> Option<RuledOut> {
    const RIVAL: &str = "A recent deployment or configuration change";
    let modified = cite_setting(case, &[&["last modified:"]]);
    match case.change_verdict(onset, in_baseline) {
        ChangeVerdict::None => {
            let asked = case
                .evidence
                .iter()
                .filter(|evidence| evidence.tool == "list_changes" && evidence.outcome.is_answered());
            let absent = asked.filter_map(|evidence| {
                cite::any(
                    evidence,
                    &[
                        &["no change touches"],
                        &["no write event", case.name()],
                        &["no write event"],
                        &["no change"],
                        &["No change"],
                        &["nothing"],
                        &["No "],
                        &["no "],
                    ],
                )
            });
            let others: Vec<_> = case.all_changes().filter(|change| change.at <= onset).collect();
            let nearest = others.iter().max_by_key(|change| change.at);
            let reason = match nearest.and_then(|change| change.resource.as_ref()) {
                Some(other) => format!(
                    "No change of {} or of the stack that owns it was seen before {onset}; the latest of {} other change(s) was of {other}.",
                    case.name(),
                    others.len()
                ),
                None => format!("No change of {} or of the stack that owns it was seen before {onset}.", case.name()),
            };
            let reason = reason + &unread_sources(case);
            let elsewhere = nearest.and_then(|other| {
                let stamp = other.at.to_string();
                cite::any(other.evidence, &[&[&stamp, &other.action], &[&other.action]])
            });
            let absent = absent.into_iter().next();
            Some(rival(RIVAL, reason, [absent.or(elsewhere), modified]))
        }
        ChangeVerdict::Refuted(change, why) => {
            let stamp = change.at.to_string();
            let cited = cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]]);
            Some(rival(
                RIVAL,
                format!("{} at {} is not the cause: {why}.", change.action, change.at),
                [cited, modified],
            ))
        }
        ChangeVerdict::Linked(_) | ChangeVerdict::Undecided(_) | ChangeVerdict::Unread => None,
    }
}

/// What the time line of changes could not hold, as a further sentence.
fn unread_sources(case: &Case<'_>) -> String {
    let unread = case.changes.iter().flat_map(|changes| &changes.fact.unread);
    let mut words: Vec<&str> = unread.map(|(source, _)| source.word()).collect();
    words.dedup();
    match words.is_empty() {
        true => String::new(),
        false => format!(" What only {} knows (policies, for example) was not read.", words.join(" and ")),
    }
}

/// For the verdict that nothing is wrong: the last change before the alarm, which no failure followed.
pub(crate) fn innocent_change(case: &Case<'_>, shown: Option<Option<marple_case::Citation>>) -> Option<RuledOut> {
    let before = case.alarm_transition().map_or(case.scope.window.end, |transition| transition.at);
    let change = case.own_changes().into_iter().rfind(|change| change.at <= before)?;
    let stamp = change.at.to_string();
    let cited = cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action], &[&stamp]])?;
    let shown: Vec<_> = shown.flatten().into_iter().collect();
    (!shown.is_empty()).then(|| RuledOut {
        hypothesis: "A recent deployment or configuration change".to_owned(),
        reason: format!(
            "{} at {} lies nearby, but no failure that is new against the baseline follows it.",
            change.action, change.at
        ),
        citations: std::iter::once(cited).chain(shown).collect(),
    })
}

fn memory(case: &Case<'_>, cause: &RootCause) -> Option<RuledOut> {
    let all = case.invocations()?;
    let (used, size) = (all.max_memory_used_mb, all.memory_size_mb);
    if cause.category == Category::MemoryExhaustion || size == 0 || f64::from(used) > 0.85 * f64::from(size) {
        return None;
    }
    let said = format!("memory {used} of {size} MB");
    let report = format!("Max Memory Used: {used} MB");
    let cited = cite::any(all.evidence, &[&[&said], &[&report], &["Max Memory Used"]]);
    Some(rival("Memory ran out", format!("At most {used} of {size} MB were used."), [cited]))
}

fn timeout(case: &Case<'_>, cause: &RootCause) -> Option<RuledOut> {
    let all = case.invocations()?;
    let limit_ms = f64::from(case.function?.timeout_s) * 1000.0;
    if cause.category == Category::Timeout || all.timeouts > 0 || all.count == 0 || all.max_ms > 0.8 * limit_ms {
        return None;
    }
    let reason = format!(
        "The longest invocation took {}, of {} allowed.",
        number::duration(all.max_ms),
        number::duration(limit_ms)
    );
    let cited = cite::any(all.evidence, &[&["invocations:", "longest"], &["invocations:"]]);
    Some(rival("The function's timeout", reason, [cited, cite_setting(case, &[&["timeout:"]])]))
}

fn throttling(case: &Case<'_>, cause: &RootCause) -> Option<RuledOut> {
    let series = case.metric("Throttles", "Sum")?;
    let quiet = series.window.sum == 0.0 && cause.category != Category::Throttling;
    quiet.then(|| {
        rival(
            "Throttling",
            "Lambda refused no invocation in the window.".to_owned(),
            [cite_series(series.evidence, "Throttles", "Sum")],
        )
    })
}

/// Whatever fails, fails as fast as the rest: nothing waits.
fn slowness(case: &Case<'_>) -> Option<RuledOut> {
    let series = case.metric("Duration", "Average").filter(|series| series.window.points > 0)?;
    let baseline = series.fact.baseline.filter(|baseline| baseline.points > 0)?;
    let longest = case.metric("Duration", "Maximum");
    let cited = longest.and_then(|longest| cite_series(longest.evidence, "Duration", "Maximum"));
    let as_usual = series.window.mean <= 1.25 * baseline.mean
        && longest.is_some_and(|longest| {
            longest.fact.baseline.is_some_and(|baseline| longest.window.max <= 1.5 * baseline.max)
        });
    let reason = format!(
        "Invocations took {} on average, {} in the baseline; the longest was not longer than usual.",
        number::duration(series.window.mean),
        number::duration(baseline.mean)
    );
    as_usual.then(|| {
        rival(
            "A timeout, or a dependency that became slow",
            reason,
            [cite_series(series.evidence, "Duration", "Average"), cited],
        )
    })
}

fn surge(case: &Case<'_>) -> Option<RuledOut> {
    let series = case.metric("Invocations", "Sum")?;
    let baseline = series.fact.baseline.filter(|baseline| baseline.points > 0)?;
    let usual = series.window.points > 0 && series.window.sum <= 1.5 * baseline.sum;
    let reason = format!("{:.0} invocations in the window, {:.0} in the baseline.", series.window.sum, baseline.sum);
    usual.then(|| rival("A surge of traffic", reason, [cite_series(series.evidence, "Invocations", "Sum")]))
}

/// A database that was not reached explains a fault only where the fault needs one.
fn databases(case: &Case<'_>, hypothesis: &Hypothesis<'_>) -> Vec<RuledOut> {
    let independent =
        matches!(hypothesis.diagnosis, Diagnosis::Defect(_) | Diagnosis::Unloadable(_) | Diagnosis::Exhausted(_))
            || matches!(&hypothesis.diagnosis, Diagnosis::Overdue(overdue) if overdue.wait.is_some());
    if !independent || case.failures.iter().any(|logged| logged.failure.is_dependency() && !logged.in_baseline) {
        return Vec::new();
    }
    let in_cluster = |database: &Database| {
        database.kind == ResourceKind::DbInstance
            && case
                .databases
                .iter()
                .any(|cluster| cluster.kind == ResourceKind::DbCluster && database.members.contains(&cluster.id))
    };
    let alone = case.databases.iter().filter(|database| !in_cluster(database));
    let rivals = alone.filter_map(|database| {
        let load = database.load.iter().find(|series| series.metric.name == "DatabaseConnections")?;
        let usual = load.baseline.is_some_and(|baseline| load.window.max <= 1.5 * baseline.max.max(1.0));
        let idle = load.window.points > 0 && load.window.max == 0.0;
        if database.status != "available" || !(idle || usual) {
            return None;
        }
        let reason = match idle {
            true => "It is available and had no connection in the window: it was not reached, and the fault shows before or without it.".to_owned(),
            false => format!("It is available, and its connections stayed as in the baseline (at most {:.0}).", load.window.max),
        };
        let connections = cite::any(database.evidence, &[&["connections:", &database.id]])
            .or_else(|| cite_series(database.evidence, "DatabaseConnections", &load.statistic));
        let status = cite::any(database.evidence, &[&[&database.id, "available"], &["available"]]);
        Some(rival(&format!("The database {}", database.id), reason, [connections, status]))
    });
    let mut distinct: Vec<RuledOut> = Vec::new();
    for rival in rivals {
        if !distinct.iter().any(|known| known.hypothesis == rival.hypothesis) {
            distinct.push(rival);
        }
    }
    distinct.truncate(2);
    distinct
}

/// The package explains nothing where its code was read and ran.
fn package(case: &Case<'_>, cause: &RootCause) -> Option<RuledOut> {
    let load = |failure: &Failure| matches!(failure, Failure::Import { .. } | Failure::Handler);
    let ran = case.invocations().is_some_and(|all| all.count > 0)
        && !case.failures.iter().any(|logged| load(&logged.failure));
    let location = cause.location.as_ref()?;
    let code = case.source(&location.file)?;
    if !ran {
        return None;
    }
    let reason = format!(
        "{} was read whole in the deployed package and ran: the runtime loaded it and called its handler, and no load error was logged. A small package is not an incomplete one.",
        location.file
    );
    let cited = cite::any(code.evidence, &[&["package:"], &["file:", &location.file]]);
    Some(rival(
        "The package: its size, missing dependencies or a wrong handler",
        reason,
        [cited, cite_setting(case, &[&["handler:"]])],
    ))
}

fn slow_start(case: &Case<'_>, hypothesis: &Hypothesis<'_>) -> Option<RuledOut> {
    let Diagnosis::Overdue(overdue) = &hypothesis.diagnosis else { return None };
    let all = case.invocations()?;
    let late: Vec<_> = all.fact.notable.iter().filter(|invocation| invocation.timed_out).collect();
    let longest = late.iter().filter_map(|invocation| invocation.init_ms).fold(0.0, f64::max);
    let short = !late.is_empty() && longest < 0.3 * f64::from(overdue.limit_s) * 1000.0;
    let reason = match longest > 0.0 {
        true => format!("Of the invocations that were ended, the slowest start took {}.", number::duration(longest)),
        false => "The invocations that were ended ran in warm environments: their REPORT lines show no initialisation."
            .to_owned(),
    };
    let id = late.first().map(|invocation| invocation.request_id.as_str()).unwrap_or_default();
    let cited = cite::any(all.evidence, &[&["Init Duration", id], &["REPORT", id], &["cold starts"]]);
    short.then(|| rival("A slow or blocking start (cold start, initialisation)", reason, [cited]))
}
