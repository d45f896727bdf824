//! Timeout: the platform ends the invocation at the configured limit.
//!
//! Where the code or the logs name the call that takes the time, the timeout is an effect: `slow_dependency` tells it.
//!
//! Discriminating questions: does the code itself wait, how long, and is that longer than it may run? did it start at all, and how long
//! did the start take? did it report a dependency that does not answer? is silence in the logs the program's habit or a sign?

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Category, Verdict,
    facts::{Invocation, LogSummary, LogTemplate},
    root_cause::{Gap, Link},
};

use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, cite_error, cite_series, cite_setting, claim, gap, located},
    modes::service::whole_words,
    reading::{Case, Seen, awaited::awaited, failure::Failure, logged::Logged},
    source::{
        all_lines, number,
        wait::{Wait, waits},
    },
};

/// Timeouts as they were found.
#[derive(Debug)]
pub(crate) struct Overdue<'a> {
    /// Configured timeout, seconds.
    pub(crate) limit_s: u32,
    /// The code's own wait that is too long.
    pub(crate) wait: Option<Wait<'a>>,
    /// An invocation that was ended at the limit.
    pub(crate) report: Option<Seen<'a, Invocation>>,
    /// The platform's own words.
    pub(crate) logged: Option<Logged<'a>>,
    /// Whether the invocations that were ended started cold and slowly, milliseconds of initialisation.
    pub(crate) slow_start_ms: Option<f64>,
    /// The longest invocation of the baseline, milliseconds, if the present limit would have ended it: the limit was lowered since.
    pub(crate) lowered_ms: Option<f64>,
}

/// Examines the case for timeouts.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let logged = case.failures.iter().find(|logged| logged.failure == Failure::TimedOut).cloned();
    let report = timed_out(case);
    let limit_s = case.function.map(|function| function.timeout_s).or_else(|| seconds_said(logged.as_ref()?))?;
    let by_metric = reaches_limit(case, limit_s);
    let counted = case.invocations().map_or(0, |all| all.timeouts);
    if logged.is_none() && report.is_none() && !by_metric && counted == 0 {
        return None;
    }
    let limit_ms = f64::from(limit_s) * 1000.0;
    let wait = own_wait(case, limit_ms);
    let long = wait.as_ref().is_some_and(|wait| wait.total_ms() >= limit_ms);
    let slow_start_ms = slow_start(case, limit_ms);
    let lowered_ms = lowered(case, limit_ms);
    let by_platform = report.is_some() || counted > 0 || logged.as_ref().is_some_and(|logged| !logged.class.is_empty());
    let explained = wait.is_some() || lowered_ms.is_some() || slow_start_ms.is_some();
    let support = match (by_platform || by_metric, long || lowered_ms.is_some()) {
        (true, true) => Support::Shown,
        _ if !explained && counted > 0 && awaited(case).is_some() => Support::Possible,
        (true, false) if by_platform => Support::Likely,
        _ => Support::Possible,
    };
    let fresh = case.baseline_invocations().is_none_or(|baseline| baseline.timeouts == 0);
    let explains = logged.as_ref().map_or(0, |logged| logged.count).max(counted).max(1);
    let overdue = Overdue { limit_s, wait, report, logged, slow_start_ms, lowered_ms };
    Some(Hypothesis {
        support,
        fresh,
        explains,
        looks_for: format!("Invocations end at the timeout of {limit_s} s; looking for what the handler waits for."),
        wants: Vec::new(),
        cause: cause(case, &overdue, fresh),
        diagnosis: Diagnosis::Overdue(overdue),
    })
}

/// The code's own wait that takes most of the time allowed.
fn own_wait<'a>(case: &Case<'a>, limit_ms: f64) -> Option<Wait<'a>> {
    waits(&all_lines(case)).into_iter().find(|wait| wait.total_ms() >= 0.9 * limit_ms)
}

/// The longest invocation of the baseline, milliseconds, if the present limit would have ended it.
fn lowered(case: &Case<'_>, limit_ms: f64) -> Option<f64> {
    case.baseline_invocations().map(|baseline| baseline.max_ms).filter(|longest| *longest > 1.02 * limit_ms + 50.0)
}

/// Whether the function's own wait, start or setting explains its timeouts: then nothing that it calls has to.
pub(crate) fn is_own(case: &Case<'_>) -> bool {
    let Some(limit_ms) = case.function.map(|function| f64::from(function.timeout_s) * 1000.0) else { return false };
    own_wait(case, limit_ms).is_some() || lowered(case, limit_ms).is_some() || slow_start(case, limit_ms).is_some()
}

fn timed_out<'a>(case: &Case<'a>) -> Option<Seen<'a, Invocation>> {
    let all = case.invocations()?;
    let window = case.scope.window;
    let late = || all.fact.notable.iter().filter(|invocation| invocation.timed_out);
    let fact = late().find(|invocation| window.contains(invocation.at)).or_else(|| late().next())?;
    Some(Seen { evidence: all.evidence, fact })
}

fn seconds_said(logged: &Logged<'_>) -> Option<u32> {
    let (_, rest) = logged.message.split_once("timed out after ")?;
    rest.split_whitespace().next()?.parse::<f64>().ok().map(|seconds| seconds.round() as u32)
}

/// Whether the longest duration in CloudWatch stands at the limit: the platform's cut.
fn reaches_limit(case: &Case<'_>, limit_s: u32) -> bool {
    let limit_ms = f64::from(limit_s) * 1000.0;
    let failing = case.sum("Errors").is_some_and(|errors| errors > 0.0);
    let longest = case.metric("Duration", "Maximum").map(|series| series.window.max);
    failing && longest.is_some_and(|longest| (limit_ms..limit_ms * 1.02 + 50.0).contains(&longest))
}

fn slow_start(case: &Case<'_>, limit_ms: f64) -> Option<f64> {
    let all = case.invocations()?;
    let late: Vec<&Invocation> = all.fact.notable.iter().filter(|invocation| invocation.timed_out).collect();
    let starts: Option<Vec<f64>> = late.iter().map(|invocation| invocation.init_ms).collect();
    let shortest = starts?.into_iter().reduce(f64::min)?;
    (shortest >= 0.5 * limit_ms).then_some(shortest)
}

fn onset(case: &Case<'_>, overdue: &Overdue<'_>) -> Option<Timestamp> {
    let logged = overdue.logged.as_ref().map(|logged| logged.first);
    logged.or(overdue.report.map(|report| report.at)).or_else(|| case.first_point("Errors"))
}

fn cause(case: &Case<'_>, overdue: &Overdue<'_>, fresh: bool) -> marple_case::RootCause {
    let name = case.name();
    let limit = overdue.limit_s;
    let mut cause = claim(Verdict::Fault, Category::Timeout);
    cause.components = case.component().into_iter().collect();
    cause.onset = onset(case, overdue);
    cause.location = overdue.wait.as_ref().map(|wait| located(&wait.line, None));
    cause.title = match &overdue.wait {
        Some(wait) => format!("{name} waits {} in {} and may run {limit} s", wait.in_words(), wait.line.place()),
        None if overdue.lowered_ms.is_some() => {
            format!("{name} may run {limit} s only, less than its invocations took before")
        }
        None => format!("{name} does not finish within its timeout of {limit} s"),
    };
    cause.trigger = Some(match &overdue.wait {
        Some(wait) => format!("Every invocation that reaches {}: the wait has a fixed length", wait.line.place()),
        None if overdue.slow_start_ms.is_some() => {
            "Cold starts: initialisation alone takes most of the time allowed".to_owned()
        }
        None => "Not shown: the logs do not tell what sets these invocations apart".to_owned(),
    });
    cause.chain = chain(case, overdue);
    cause.summary = summary(case, overdue, fresh);
    cause.gaps = gaps(overdue);
    if overdue.wait.is_none() {
        cause.recommended_checks.push(
            "Read the handler's calls to other services, and log before and after each of them: the last line before the cut names the step.".to_owned(),
        );
    }
    cause
}

fn chain(case: &Case<'_>, overdue: &Overdue<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    if let Some(wait) = &overdue.wait {
        let statement =
            format!("The handler itself waits: {} in {}, before it answers.", wait.in_words(), wait.line.place());
        chain.link(statement, None, [wait.line.cite()]);
    }
    link_occasion(&mut chain, case, overdue);
    let timeout = format!("timeout: {} s", overdue.limit_s);
    let limit = match &overdue.wait {
        Some(wait) => format!(
            "The function may run {} s, less than the {} that it waits, so it can never finish.",
            overdue.limit_s,
            number::duration(wait.total_ms())
        ),
        None => format!("The function may run {} s.", overdue.limit_s),
    };
    chain.link(limit, None, [cite_setting(case, &[&[&timeout], &["timeout"]])]);
    if let (Some(ms), Some(all), None) = (overdue.lowered_ms, case.invocations(), &overdue.wait) {
        let cited = cite::any(all.evidence, &[&["invocations:", "baseline"], &["invocations:"]]);
        let statement = format!(
            "In the baseline an invocation took {}, which the present limit would have ended.",
            number::duration(ms)
        );
        chain.link(statement, None, [cited]);
        if let Some(change) = case.linked_change(onset(case, overdue).unwrap_or(case.scope.window.end), false) {
            let cited = cite::any(change.evidence, &[&[&change.at.to_string(), &change.action], &[&change.action]]);
            chain.link(format!("{} changed the function in between.", change.action), Some(change.at), [cited]);
        }
    }
    if let Some(ms) = overdue.slow_start_ms {
        let cited = overdue.report.and_then(|report| {
            cite::any(report.evidence, &[&["Init Duration", &report.request_id], &["Init Duration"]])
        });
        chain.link(format!("Initialisation alone took {}.", number::duration(ms)), None, [cited]);
    }
    let said = overdue.logged.as_ref().and_then(cite_error);
    let report = overdue.report.and_then(|report| cite_report(&report));
    let metric =
        case.metric("Duration", "Maximum").and_then(|series| cite_series(series.evidence, "Duration", "Maximum"));
    let effect = match (said, report) {
        (None, None) => vec![metric],
        found => vec![found.0, found.1],
    };
    let count = case.invocations().map_or(0, |all| all.timeouts);
    let times = if count > 0 { format!(", {count} in the window") } else { String::new() };
    chain.link(
        format!("The platform ended invocations at {} s{times}.", overdue.limit_s),
        onset(case, overdue),
        effect,
    );
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

/// The new line that the log holds before the cut about as often as there are timeouts: what the code waits for.
fn occasion<'a>(case: &Case<'a>, overdue: &Overdue<'a>) -> Option<Seen<'a, LogTemplate>> {
    let cut = onset(case, overdue)?;
    let begun = cut.checked_sub(SignedDuration::from_secs(i64::from(overdue.limit_s) + 5)).ok()?;
    let timeouts = case.invocations().map_or(0, |all| all.timeouts);
    let of = |summary: &Seen<'a, LogSummary>| {
        let (evidence, templates) = (summary.evidence, &summary.fact.templates);
        templates.iter().map(move |fact| Seen { evidence, fact })
    };
    let fits = |line: &Seen<'a, LogTemplate>| {
        line.fact.baseline_count == 0
            && line.fact.count.saturating_mul(2) >= timeouts
            && line.fact.first.is_some_and(|first| first >= begun && first < cut)
            && !line.fact.sample.contains("Task timed out")
    };
    let told = timeouts > 0 && case.baseline_invocations().is_some_and(|baseline| baseline.count > 0);
    case.summaries.iter().flat_map(of).filter(|line| told && fits(line)).max_by_key(|line| (line.is_error, line.count))
}

fn link_occasion(chain: &mut Chain, case: &Case<'_>, overdue: &Overdue<'_>) {
    let Some(line) = occasion(case, overdue).filter(|_| overdue.wait.is_some()) else { return };
    let words: String = line.fact.sample.lines().next().unwrap_or_default().chars().take(160).collect();
    let words = whole_words(&words);
    let statement =
        format!("Before it waits it logs, {} times in the window and never in the baseline: {words}", line.fact.count);
    chain.link(statement, line.fact.first, [cite::line(line.evidence, &[words])]);
}

fn cite_report(report: &Seen<'_, Invocation>) -> Option<marple_case::Citation> {
    cite::any(
        report.evidence,
        &[&["REPORT", &report.request_id], &["timed out", &report.request_id], &[&report.request_id]],
    )
}

fn summary(case: &Case<'_>, overdue: &Overdue<'_>, fresh: bool) -> String {
    let name = case.name();
    let mut text = format!("Invocations of {name} are ended at the configured timeout of {} s.", overdue.limit_s);
    if let Some(at) = onset(case, overdue) {
        text += &format!(" First seen in the window at {at}.");
    }
    match &overdue.wait {
        Some(wait) => {
            text += &format!(
                " The deployed code says why: {} waits {}. No dependency, start-up or load is needed to explain it.",
                wait.line.place(),
                wait.in_words()
            );
        }
        None if overdue.lowered_ms.is_some() => {
            text += " Before, invocations took longer than that and finished: the limit was lowered below what the work takes.";
        }
        None => {
            text += " What takes the time is not shown: no wait of literal length that long stands in the code that was read."
        }
    }
    if !fresh {
        text += " The baseline holds timeouts too: this is older than the incident.";
    }
    text
}

fn gaps(overdue: &Overdue<'_>) -> Vec<Gap> {
    match overdue.wait.is_some() || overdue.lowered_ms.is_some() {
        true => Vec::new(),
        false => vec![gap(
            "the step that takes the time",
            "neither the logs nor the code that was read show it",
            "log the start and end of each call that the handler makes, or switch on active tracing (AWS X-Ray)",
            true,
        )],
    }
}
