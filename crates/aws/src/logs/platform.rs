//! Lambda's own lines: `INIT_START`, `START`, `END`, `REPORT` and what it says of timeouts and dead runtimes, in the text
//! format and in the JSON format of the Lambda Telemetry API's schema (`platform.report`).

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use marple_case::facts::{Invocation, Invocations, LogLine};
use serde_json::Value;

use crate::pattern::{Pattern, pattern};

/// Notable invocations that are kept.
const NOTABLE: usize = 12;
/// Lines of one invocation that are kept.
const WRITTEN: usize = 3;

/// What one of Lambda's own lines says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Record {
    /// An invocation began.
    Start {
        /// Its id.
        request_id: String,
    },
    /// The figures of an invocation.
    Report(Report),
    /// The platform ended an invocation at its timeout.
    TimedOut {
        /// Its id.
        request_id: String,
    },
    /// The runtime's process ended.
    Exited {
        /// The invocation's id.
        request_id: String,
        /// `Runtime.ExitError`.
        error_type: String,
    },
    /// Another line of the platform's.
    Other,
}

/// A REPORT line.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Report {
    /// The invocation's id.
    pub request_id: String,
    /// Milliseconds.
    pub duration_ms: f64,
    /// MB.
    pub memory_size_mb: u32,
    /// MB.
    pub max_memory_used_mb: u32,
    /// Milliseconds, for a cold start.
    pub init_ms: Option<f64>,
    /// `timeout`, `error`.
    pub status: Option<String>,
    /// `Runtime.OutOfMemory`.
    pub error_type: Option<String>,
}

static TIMED_OUT: Pattern = pattern!(r"^\S+ ([0-9a-f-]{36}) Task timed out after [0-9.]+ seconds");
static EXITED: Pattern = pattern!(r"^RequestId: ([0-9a-f-]{36}) Error: [^\n]*(?:\n(\S+))?");

/// What a message says, if it is the platform's.
pub(crate) fn record(message: &str) -> Option<Record> {
    let text = message.trim_end();
    if let Some(rest) = text.strip_prefix("REPORT RequestId: ") {
        return Some(Record::Report(report(rest)));
    }
    if let Some(rest) = text.strip_prefix("START RequestId: ") {
        return Some(Record::Start { request_id: first_word(rest) });
    }
    let own = [
        "END RequestId: ",
        "INIT_START ",
        "INIT_REPORT ",
        "RESTORE_START ",
        "RESTORE_REPORT ",
        "EXTENSION\t",
        "TELEMETRY\t",
    ];
    if own.iter().any(|start| text.starts_with(start)) || text == "INIT_START" {
        return Some(Record::Other);
    }
    if text.starts_with('{') && text.contains("\"platform.") {
        return json_record(text);
    }
    if let Some(found) = text.contains("Task timed out").then(|| TIMED_OUT.captures(text)).flatten() {
        return Some(Record::TimedOut { request_id: found.get(1)?.as_str().to_owned() });
    }
    let found = text.starts_with("RequestId: ").then(|| EXITED.captures(text)).flatten()?;
    let error_type = found.get(2).map_or("Runtime.ExitError", |word| word.as_str()).to_owned();
    Some(Record::Exited { request_id: found.get(1)?.as_str().to_owned(), error_type })
}

fn first_word(text: &str) -> String {
    text.split_whitespace().next().unwrap_or_default().to_owned()
}

/// `ID\tDuration: 65.20 ms\tBilled Duration: 66 ms\tMemory Size: 128 MB\t…`: fields parted by tabs.
fn report(rest: &str) -> Report {
    let mut report = Report { request_id: first_word(rest), ..Report::default() };
    for field in rest.split('\t').skip(1) {
        let Some((name, value)) = field.trim().split_once(": ") else { continue };
        let number = value.split(' ').next().and_then(|number| number.parse::<f64>().ok());
        match (name, number) {
            ("Duration", Some(number)) => report.duration_ms = number,
            ("Memory Size", Some(number)) => report.memory_size_mb = number as u32,
            ("Max Memory Used", Some(number)) => report.max_memory_used_mb = number as u32,
            ("Init Duration" | "Restore Duration", number) => report.init_ms = number,
            ("Status", _) => report.status = Some(value.to_owned()),
            ("Error Type", _) => report.error_type = Some(value.to_owned()),
            _ => {}
        }
    }
    report
}

fn json_record(text: &str) -> Option<Record> {
    let value: Value = serde_json::from_str(text).ok()?;
    let kind = value.get("type")?.as_str()?;
    let record = value.get("record")?;
    let word = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
    let metric = |name: &str| record.get("metrics").and_then(|metrics| metrics.get(name)).and_then(Value::as_f64);
    match kind {
        "platform.start" => Some(Record::Start { request_id: word("requestId")? }),
        "platform.report" => Some(Record::Report(Report {
            request_id: word("requestId")?,
            duration_ms: metric("durationMs").unwrap_or(0.0),
            memory_size_mb: metric("memorySizeMB").unwrap_or(0.0) as u32,
            max_memory_used_mb: metric("maxMemoryUsedMB").unwrap_or(0.0) as u32,
            init_ms: metric("initDurationMs").or(metric("restoreDurationMs")),
            status: word("status").filter(|status| status != "success"),
            error_type: word("errorType"),
        })),
        kind if kind.starts_with("platform.") => Some(Record::Other),
        _ => None,
    }
}

/// What is known of an invocation besides its REPORT line.
#[derive(Debug, Default)]
struct Seen {
    /// Requests that the platform ended at the timeout.
    timed_out: HashSet<String>,
    /// Requests whose runtime ended, with the error type.
    exited: HashMap<String, String>,
    /// Requests that a line of the runtime's says failed.
    failed: HashSet<String>,
    /// Lines that the program wrote, by request.
    application_lines: HashMap<String, u32>,
    /// The request that runs in each stream.
    running: HashMap<String, String>,
}

impl Seen {
    fn application_line(&mut self, line: &LogLine) {
        let Some(request) = self.running.get(&line.stream) else { return };
        if says_failure(&line.message) {
            self.failed.insert(request.clone());
            return;
        }
        let count = self.application_lines.entry(request.clone()).or_default();
        *count = count.saturating_add(1);
    }
}

/// The invocations that lines tell of; `None`: none of them is Lambda's.
pub(crate) fn invocations(lines: &[LogLine]) -> Option<Invocations> {
    let mut seen = Seen::default();
    let mut reports: Vec<(Timestamp, Report, &str)> = Vec::new();
    let mut is_lambda = false;
    for line in lines {
        let record = record(&line.message);
        is_lambda |= record.is_some();
        match record {
            Some(Record::Start { request_id }) => {
                seen.running.insert(line.stream.clone(), request_id);
            }
            Some(Record::Report(report)) => reports.push((line.at, report, &line.message)),
            Some(Record::TimedOut { request_id }) => {
                seen.timed_out.insert(request_id);
            }
            Some(Record::Exited { request_id, error_type }) => {
                seen.exited.insert(request_id, error_type);
            }
            Some(Record::Other) => {}
            None => seen.application_line(line),
        }
    }
    is_lambda.then(|| figures(&reports, &seen))
}

/// What the program wrote in one invocation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Written {
    /// The first line and the last two, oldest first, without what the runtime says of an error.
    pub lines: Vec<(Timestamp, String)>,
    /// Whether the runtime says that the invocation failed.
    pub failed: bool,
}

/// What the program wrote in each of these invocations. A request that is tried again has the same id each time, and a REPORT of its own.
pub(crate) fn written(lines: &[LogLine], invocations: &[Invocation]) -> Vec<Written> {
    let mut written = vec![Written::default(); invocations.len()];
    let mut running: HashMap<&str, (Vec<&LogLine>, bool)> = HashMap::new();
    for line in lines.iter().filter(|_| !invocations.is_empty()) {
        match record(&line.message) {
            Some(Record::Start { .. }) => {
                running.insert(&line.stream, (Vec::new(), false));
            }
            Some(Record::Report(report)) => {
                let is_it = |one: &Invocation| one.at == line.at && one.request_id == report.request_id;
                let of = invocations.iter().position(is_it).and_then(|place| written.get_mut(place));
                if let (Some(of), Some((kept, failed))) = (of, running.remove(line.stream.as_str())) {
                    of.lines = kept.into_iter().map(|line| (line.at, line.message.clone())).collect();
                    of.failed = failed;
                }
            }
            Some(_) => {}
            None => {
                let Some((kept, failed)) = running.get_mut(line.stream.as_str()) else { continue };
                if says_failure(&line.message) {
                    *failed = true;
                    continue;
                }
                if kept.len() == WRITTEN {
                    kept.remove(1);
                }
                kept.push(line);
            }
        }
    }
    written
}

/// Whether the runtime says in this line that the invocation failed.
fn says_failure(message: &str) -> bool {
    let words = ["\tInvoke Error", "\tUncaught Exception", "\tUnhandled Promise Rejection"];
    words.iter().any(|words| message.contains(words)) || message.starts_with("[ERROR] ")
}

fn figures(reports: &[(Timestamp, Report, &str)], seen: &Seen) -> Invocations {
    let all: Vec<(Invocation, bool)> =
        reports.iter().map(|(at, report, line)| invocation(*at, report, line, seen)).collect();
    let mut durations: Vec<f64> = all.iter().map(|(one, _)| one.duration_ms).collect();
    durations.sort_by(f64::total_cmp);
    let count = |is: fn(&Invocation) -> bool| all.iter().filter(|(one, _)| is(one)).count() as u64;
    Invocations {
        count: all.len() as u64,
        cold_starts: count(|one| one.init_ms.is_some()),
        timeouts: count(|one| one.timed_out),
        median_ms: durations.get(durations.len() / 2).copied().unwrap_or(0.0),
        max_ms: durations.last().copied().unwrap_or(0.0),
        max_memory_used_mb: all.iter().map(|(one, _)| one.max_memory_used_mb).max().unwrap_or(0),
        memory_size_mb: all.iter().map(|(one, _)| one.memory_size_mb).max().unwrap_or(0),
        notable: notable(all),
    }
}

/// An invocation, and whether it failed.
fn invocation(at: Timestamp, report: &Report, line: &str, seen: &Seen) -> (Invocation, bool) {
    let id = &report.request_id;
    let timed_out = seen.timed_out.contains(id) || report.status.as_deref() == Some("timeout");
    let status = report.error_type.clone().or(report.status.clone()).or(seen.exited.get(id).cloned());
    let failed = timed_out || status.is_some() || seen.failed.contains(id);
    let invocation = Invocation {
        at,
        request_id: id.clone(),
        duration_ms: report.duration_ms,
        memory_size_mb: report.memory_size_mb,
        max_memory_used_mb: report.max_memory_used_mb,
        init_ms: report.init_ms,
        timed_out,
        status,
        application_lines: seen.application_lines.get(id).copied().unwrap_or(0),
        report: line.trim_end().to_owned(),
    };
    (invocation, failed)
}

/// The first failed ones and the last, the longest two, the two with most memory, and, to compare with, the last one before
/// the first failure; oldest first.
fn notable(all: Vec<(Invocation, bool)>) -> Vec<Invocation> {
    let failed: Vec<usize> =
        all.iter().enumerate().filter(|(_, (_, failed))| *failed).map(|(place, _)| place).collect();
    let top = |value: fn(&Invocation) -> f64| {
        let mut places: Vec<usize> = (0..all.len()).collect();
        let of = |place: usize| all.get(place).map_or(0.0, |(one, _)| value(one));
        places.sort_by(|a, b| of(*b).total_cmp(&of(*a)).then(a.cmp(b)));
        places.into_iter().take(2).collect::<Vec<_>>()
    };
    let mut chosen: Vec<usize> = failed.iter().take(5).chain(failed.iter().rev().take(3)).copied().collect();
    chosen.extend(failed.first().and_then(|first| first.checked_sub(1)));
    chosen.extend(top(|one| one.duration_ms));
    chosen.extend(top(|one| f64::from(one.max_memory_used_mb)));
    chosen.sort_unstable();
    chosen.dedup();
    chosen.truncate(NOTABLE);
    chosen.into_iter().filter_map(|place| all.get(place).map(|(one, _)| one.clone())).collect()
}

#[cfg(test)]
mod tests;
