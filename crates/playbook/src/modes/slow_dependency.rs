//! Slow because of something that is called: the function itself is innocent.
//!
//! Discriminating questions: is `Duration` well above the baseline while the function's own code and settings are unchanged? do its log lines
//! tell how long calls took? does a database behind it stand at a limit since then?

use std::sync::LazyLock;

use jiff::Timestamp;
use marple_case::{
    Category, ResourceRef, Verdict,
    facts::{Database, LogTemplate, Series, Shape},
};
use regex::Regex;

use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, cite_series, claim, gap},
    reading::{Case, Seen, changes::ChangeVerdict},
};

/// A time that a log line states.
static TOOK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b(\d+(?:\.\d+)?)\s?(ms|milliseconds|s|sec|seconds)\b").ok());
/// A log line that speaks of something called.
static CALL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(query|select|insert|update|sql|statement|database|postgres|mysql|redis|dynamodb|http|request to|call(ed)?|upstream|downstream|fetch(ed)?|response from|connect(ion)?|acquire|s3|sqs|api|service|rpc|slow)").ok()
});
/// As much longer than in the baseline.
const LONGER: f64 = 2.0;

/// A slow dependency as it was found.
#[derive(Debug)]
pub(crate) struct Slow<'a> {
    /// The function's duration.
    pub(crate) duration: Seen<'a, Series>,
    /// A line that says how long a call took, and the time, milliseconds.
    pub(crate) line: Option<(Seen<'a, LogTemplate>, f64)>,
    /// The database and its metric at a limit.
    pub(crate) database: Option<(Seen<'a, Database>, &'a Series)>,
}

/// Examines the case for slow dependencies.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let duration = ["Average", "p99", "p95", "p90", "Maximum"]
        .iter()
        .filter_map(|statistic| case.metric("Duration", statistic))
        .find(|series| {
            series.window.points > 0
                && series
                    .fact
                    .baseline
                    .is_some_and(|baseline| baseline.points > 0 && series.window.max >= LONGER * baseline.max.max(1.0))
        })?;
    let line = slow_call(case, duration.fact);
    let database = strained(case);
    let subject = case.scope.first_breach;
    let rose = duration.fact.change_points.iter().find(|change| change.after > change.before).map(|change| change.at);
    let usual = duration.fact.baseline.map_or(0.0, |baseline| baseline.max);
    let long = duration.fact.points.iter().find(|point| point.value >= LONGER * usual.max(1.0)).map(|point| point.at);
    let onset = rose.into_iter().chain(long).chain(subject).min().unwrap_or(case.scope.window.start);
    let changed = matches!(case.change_verdict(onset, false), ChangeVerdict::Linked(_));
    let support = match (&line, &database, changed) {
        (Some(_), Some(_), _) => Support::Shown,
        (Some(_), None, false) | (None, Some(_), false) => Support::Likely,
        _ => Support::Possible,
    };
    let slow = Slow { duration, line, database };
    Some(Hypothesis {
        support,
        fresh: true,
        explains: 1,
        looks_for: "The function takes longer than usual; looking for what it waits for.".to_owned(),
        wants: Vec::new(),
        cause: cause(case, &slow, onset),
        diagnosis: Diagnosis::Slow(slow),
    })
}

/// The line that tells of the longest call, if that is a good part of the function's duration.
fn slow_call<'a>(case: &Case<'a>, duration: &Series) -> Option<(Seen<'a, LogTemplate>, f64)> {
    let of = |summary: &Seen<'a, marple_case::facts::LogSummary>| {
        let (evidence, templates) = (summary.evidence, &summary.fact.templates);
        templates.iter().map(move |fact| Seen { evidence, fact })
    };
    let is_own = |line: &LogTemplate| {
        ["REPORT ", "START ", "END ", "INIT_START"].iter().any(|head| line.sample.starts_with(head))
    };
    let lines = case.summaries.iter().flat_map(of).filter(|line| line.count > 0 && !is_own(line.fact));
    let told = lines.filter(|line| CALL.as_ref().is_some_and(|call| call.is_match(&line.sample)));
    let timed = told.filter_map(|line| Some((line, longest(&line.fact.sample)?)));
    let enough = timed.filter(|(_, ms)| *ms >= 0.3 * duration.window.mean && *ms >= 200.0);
    enough.max_by(|a, b| a.1.total_cmp(&b.1))
}

/// The longest time that a line states, milliseconds.
fn longest(text: &str) -> Option<f64> {
    let times = TOOK.as_ref()?.captures_iter(text).filter_map(|found| {
        let value: f64 = found.get(1)?.as_str().parse().ok()?;
        let unit = found.get(2)?.as_str().to_lowercase();
        Some(if unit.starts_with('m') { value } else { value * 1000.0 })
    });
    times.max_by(f64::total_cmp)
}

/// A database whose processor or connections stand well above the baseline, at a plateau or at the limit.
fn strained<'a>(case: &Case<'a>) -> Option<(Seen<'a, Database>, &'a Series)> {
    let above = |series: &Series| {
        let risen = series.baseline.is_none_or(|baseline| series.window.max >= 1.5 * baseline.max);
        match series.metric.name.as_str() {
            "CPUUtilization" => series.window.max >= 85.0 && risen,
            "DatabaseConnections" => risen && (series.shape == Shape::Plateau || series.window.max >= 20.0),
            "ReadLatency" | "WriteLatency" | "CommitLatency" | "DiskQueueDepth" => {
                risen && series.window.max > 0.0 && series.baseline.is_some()
            }
            _ => false,
        }
    };
    let of = |database: &Seen<'a, Database>| {
        let load = database.fact.load.iter().filter(|series| series.window.points > 0 && above(series));
        let rank = |series: &&Series| {
            u8::from(series.metric.name == "CPUUtilization") * 2 + u8::from(series.metric.name == "DatabaseConnections")
        };
        Some((*database, load.max_by_key(rank)?))
    };
    case.databases.iter().find_map(of)
}

fn cause(case: &Case<'_>, slow: &Slow<'_>, onset: Timestamp) -> marple_case::RootCause {
    let at_limit = slow.database.map(|(_, series)| series.metric.name.as_str());
    let category = match at_limit {
        Some("CPUUtilization") => Category::CpuSaturation,
        Some(_) => Category::Capacity,
        None => Category::DependencyUnreachable,
    };
    let mut cause = claim(Verdict::Fault, category);
    let name = case.name();
    let called = slow
        .database
        .map_or_else(|| "what it calls".to_owned(), |(database, _)| format!("the database {}", database.id));
    cause.title = format!("{name} is slow because {called} answers late; the function itself is as it was");
    let database = slow.database.map(|(database, _)| database.fact.resource());
    let own = || case.component().into_iter().collect::<Vec<ResourceRef>>();
    cause.components = database.map_or_else(own, |database| vec![database]);
    cause.onset = Some(onset);
    cause.trigger = Some(format!("Invocations that wait for {called}"));
    let mut chain = Chain::default();
    if let Some((database, series)) = slow.database {
        let usual = series
            .baseline
            .map(|baseline| format!("; in the baseline at most {:.1}", baseline.max))
            .unwrap_or_default();
        let rose = series
            .change_points
            .iter()
            .find(|change| change.after > change.before)
            .map(|change| change.at)
            .filter(|at| *at <= onset);
        chain.link(
            format!("{} of the database {} rose to {:.1}{usual}.", series.metric.name, database.id, series.window.max),
            rose,
            [cite_series(database.evidence, &series.metric.name, &series.statistic)],
        );
    }
    if let Some((line, ms)) = &slow.line {
        let words: String = line.sample.chars().take(120).collect();
        chain.link(
            format!("The function's own log says that a call took {}.", crate::source::number::duration(*ms)),
            line.first,
            [cite::line(line.evidence, &[crate::modes::service::whole_words(&words)])],
        );
    }
    let series = &slow.duration;
    let usual = series.fact.baseline.map_or(0.0, |baseline| baseline.max);
    chain.link(
        format!(
            "The function's duration ({}) rose to {:.0} ms; in the baseline it was at most {usual:.0} ms.",
            series.statistic, series.window.max
        ),
        None,
        [cite_series(series.evidence, "Duration", &series.statistic)],
    );
    chain.impact(case);
    chain.alarm(case);
    cause.chain = chain.finish();
    cause.summary = format!(
        "{name} takes up to {:.0} ms, where it took at most {usual:.0} ms in the baseline. It waits for {called}: its own code and settings are not what changed, so neither more memory nor a longer timeout removes the cause.",
        series.window.max
    );
    if slow.line.is_none() {
        cause.gaps.push(gap(
            "how long each call takes",
            "the function logs no times of its calls",
            "log the duration of each call, or switch on X-Ray tracing",
            true,
        ));
    }
    if slow.database.is_none() {
        cause.gaps.push(gap(
            "why what it calls is slow",
            "its own metrics were not among the evidence",
            "read latency and load of what is called",
            true,
        ));
    }
    cause
}
