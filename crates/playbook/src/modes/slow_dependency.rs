//! Slow because of something that is called: the function or service itself waits.
//!
//! Discriminating questions: is `Duration` well above the baseline while the function's own code and settings are unchanged? do its log lines
//! tell how long calls took, or that calls were begun and never came back? does its code make one call only, with no limit of time? does a
//! database behind it stand at a limit since then? Where the wait is longer than the function may run, its timeout is the effect.

use std::sync::LazyLock;

use jiff::Timestamp;
use marple_agent::ports::PlannedCall;
use marple_case::{
    Evidence,
    facts::{Database, LogTemplate, Series, Shape},
};
use regex::Regex;
use serde_json::json;

use crate::{
    hypothesis::{Diagnosis, Hypothesis, Support},
    modes::{
        database::loader::{self, Loader},
        service::{Introduced, introduced},
        timeout::is_own,
    },
    reading::{
        Case, Seen,
        awaited::{Awaited, Late, awaited},
        changes::ChangeVerdict,
        load::is_service,
        overrun::{Overrun, overrun},
    },
    source::loops::Loop,
    wants::call,
};

mod account;

/// A time that a log line states.
static TOOK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b(\d+(?:\.\d+)?)\s?(ms|milliseconds|s|sec|seconds)\b").ok());
/// A log line that speaks of something called.
static CALL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(query|select|insert|update|sql|statement|database|postgres|mysql|redis|dynamodb|https?|request to|call(ed)?|upstream|downstream|fetch(ed)?|response from|connect(ion)?|acquire|s3|sqs|api|service|rpc|slow)").ok()
});
/// As much longer than in the baseline.
const LONGER: f64 = 2.0;
/// Lines that are searched for to see how long calls took.
const LINES: u32 = 40;

/// A line that says how long a call took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'a> {
    /// Where it stands.
    pub(crate) evidence: &'a Evidence,
    /// The line.
    pub(crate) text: &'a str,
    /// When it was written.
    pub(crate) at: Option<Timestamp>,
    /// The time that it states, milliseconds.
    pub(crate) ms: f64,
}

/// A slow dependency as it was found.
#[derive(Debug)]
pub(crate) struct Slow<'a> {
    /// The function's duration or the targets' response time, if it rose against the baseline.
    pub(crate) duration: Option<Seen<'a, Series>>,
    /// A line that says how long a call took.
    pub(crate) told: Option<Told<'a>>,
    /// What is waited for.
    pub(crate) awaited: Option<Awaited<'a>>,
    /// The database and its metric at a limit.
    pub(crate) database: Option<(Seen<'a, Database>, &'a Series)>,
    /// The deployment of a service that it began with.
    pub(crate) introduced: Option<Introduced<'a>>,
    /// Another service that loads the database.
    pub(crate) loader: Option<Box<Loader<'a>>>,
    /// Invocations that the platform ended at the timeout.
    pub(crate) timeouts: u64,
    /// Requests that the server which runs the program ended at its own limit.
    pub(crate) overrun: Option<Overrun<'a>>,
}

/// Examines the case for slow dependencies.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let duration = longer(case);
    let timeouts = case.invocations().map_or(0, |all| all.timeouts);
    let overrun = overrun(case);
    // What an abort interrupted is seen; what the code calls without a limit is only likely.
    let interrupted = overrun.as_ref().and_then(Overrun::awaited);
    let awaited = interrupted.or_else(|| awaited(case).filter(|_| !is_own(case)));
    if duration.is_none() && overrun.is_none() && (timeouts == 0 || awaited.is_none()) {
        return None;
    }
    let told = duration.and_then(|duration| slow_call(case, duration.fact));
    let database = strained(case);
    let onset = onset(case, duration);
    let changed = matches!(case.change_verdict(onset, false), ChangeVerdict::Linked(_));
    let named = told.is_some() || awaited.is_some();
    let support = match (named, &database, changed) {
        (true, Some(_), _) if duration.is_some() => Support::Shown,
        _ if overrun.as_ref().is_some_and(|overrun| overrun.waits.is_some()) => Support::Shown,
        _ if overrun.is_some() => Support::Likely,
        (true, _, false) | (false, Some(_), false) => Support::Likely,
        // What the log shows of the call itself holds whatever was deployed before.
        (true, _, true) if awaited.as_ref().is_some_and(Awaited::is_logged) => Support::Likely,
        _ => Support::Possible,
    };
    let introduced = introduced(case, onset).filter(|_| is_service(case));
    let others = database.filter(|_| introduced.is_none());
    let loader = others.and_then(|(database, _)| loader::loader(case, database.fact, onset)).map(Box::new);
    let slow = Slow { duration, told, awaited, database, introduced, loader, timeouts, overrun };
    Some(Hypothesis {
        support,
        fresh: true,
        explains: timeouts.max(1),
        looks_for: "The function takes longer than usual; looking for what it waits for.".to_owned(),
        wants: wants(case, &slow, onset),
        cause: account::cause(case, &slow, onset),
        diagnosis: Diagnosis::Slow(slow),
    })
}

impl Slow<'_> {
    /// What is waited for, in words.
    pub(crate) fn called(&self) -> String {
        match (&self.database, &self.awaited) {
            (Some((database, _)), _) => format!("the database {}", database.id),
            (None, Some(awaited)) => awaited.target.clone(),
            (None, None) => "what it calls".to_owned(),
        }
    }

    /// The attempts that the log says came to no answer in time.
    pub(crate) fn late(&self) -> Option<&Late<'_>> {
        self.awaited.as_ref()?.late.as_ref()
    }

    /// The loop that repeats these attempts.
    pub(crate) fn repeated(&self) -> Option<&Loop<'_>> {
        self.late()?.repeated.as_ref()
    }

    /// Whether logs or metrics show the wait itself; else only the code makes it likely.
    pub(crate) fn is_seen(&self) -> bool {
        let interrupted = self.overrun.as_ref().is_some_and(|overrun| overrun.waits.is_some());
        let logged = self.awaited.as_ref().is_some_and(Awaited::is_logged);
        self.told.is_some() || self.database.is_some() || logged || interrupted
    }
}

/// The duration or response time that rose well above the baseline.
fn longer<'a>(case: &Case<'a>) -> Option<Seen<'a, Series>> {
    let of = |statistic: &&str| match is_service(case) {
        true => case.balanced("TargetResponseTime", statistic),
        false => case.metric("Duration", statistic),
    };
    ["Average", "p99", "p95", "p90", "Maximum"].iter().filter_map(of).find(|series| {
        let usual = series.fact.baseline.filter(|baseline| baseline.points > 0);
        series.window.points > 0 && usual.is_some_and(|usual| is_long(series.fact, series.window.max, usual.max))
    })
}

/// Whether a time is well above the usual one.
fn is_long(series: &Series, time: f64, usual: f64) -> bool {
    let unit = unit_ms(series);
    time * unit >= LONGER * (usual * unit).max(1.0)
}

/// The unit of a series of times, milliseconds: load balancers count seconds.
pub(crate) fn unit_ms(series: &Series) -> f64 {
    if series.metric.name == "TargetResponseTime" { 1000.0 } else { 1.0 }
}

fn onset(case: &Case<'_>, duration: Option<Seen<'_, Series>>) -> Timestamp {
    let series = duration.map(|duration| duration.fact);
    let rose = series.and_then(|series| series.change_points.iter().find(|change| change.after > change.before));
    let long = series.and_then(|series| {
        let usual = series.baseline.map_or(0.0, |baseline| baseline.max);
        series.points.iter().find(|point| is_long(series, point.value, usual)).map(|point| point.at)
    });
    let seen = [rose.map(|change| change.at), long, case.scope.first_breach];
    seen.into_iter().flatten().min().unwrap_or(case.scope.window.start)
}

/// The lines of the calls, where only a sample of them was read.
fn wants(case: &Case<'_>, slow: &Slow<'_>, onset: Timestamp) -> Vec<PlannedCall> {
    if let Some((database, _)) = slow.database.filter(|_| slow.introduced.is_none()) {
        return loader::wants(case, database.fact, onset);
    }
    let unfinished = slow.awaited.as_ref().and_then(|awaited| awaited.unfinished);
    let (Some(_), Some(group), Some(awaited)) = (unfinished, case.log_group(), &slow.awaited) else {
        return Vec::new();
    };
    let phrase = awaited.target.split('…').max_by_key(|part| part.len()).unwrap_or_default().trim();
    let plain = phrase.len() >= 4 && !phrase.contains('"');
    let start = onset.to_string();
    let arguments = json!({"log_group": group, "pattern": format!("\"{phrase}\""), "start": start, "limit": LINES});
    plain.then(|| call("search_logs", arguments)).into_iter().collect()
}

/// The line that tells of the longest call, if that is a good part of the function's duration; one from before the alarm where there is
/// one, since the chain goes on to it.
fn slow_call<'a>(case: &Case<'a>, duration: &Series) -> Option<Told<'a>> {
    let sampled = case.summaries.iter().flat_map(|summary| {
        let told = |line: &'a LogTemplate| (summary.evidence, line.sample.as_str(), line.first);
        summary.fact.templates.iter().filter(|line| line.count > 0).map(told)
    });
    let searched = case
        .searched
        .iter()
        .flat_map(|logs| logs.fact.lines.iter().map(|line| (logs.evidence, line.message.as_str(), Some(line.at))));
    let is_platform = |text: &str| {
        ["REPORT ", "START ", "END ", "INIT_START"].iter().any(|head| text.starts_with(head))
            || text.contains(" Task timed out after ")
    };
    let lines = sampled.chain(searched).filter(|(_, text, _)| !is_platform(text));
    let calls = lines.filter(|(_, text, _)| CALL.as_ref().is_some_and(|call| call.is_match(text)));
    let timed = calls.filter_map(|(evidence, text, at)| Some(Told { evidence, text, at, ms: longest(text)? }));
    let enough = timed.filter(|told| told.ms >= 0.3 * duration.window.mean * unit_ms(duration) && told.ms >= 200.0);
    let alarm = case.alarm_transition().map(|transition| transition.at);
    let before = |told: &Told<'_>| told.at.is_some_and(|at| alarm.is_none_or(|alarm| at <= alarm));
    enough.max_by(|a, b| before(a).cmp(&before(b)).then(a.ms.total_cmp(&b.ms)))
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
