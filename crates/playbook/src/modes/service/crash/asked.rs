//! What was asked of the program just before it ended: the last line before the trace, in the log of the task that wrote it.

use jiff::{SignedDuration, Timestamp};
use marple_agent::ports::PlannedCall;
use marple_case::facts::LogLine;
use serde_json::json;

use crate::{
    cite,
    hypothesis::Chain,
    modes::service::{request_path, whole_words},
    reading::{Case, Seen},
    wants,
};

/// How long before a trace, and after its first line, lines are read.
const BEFORE: SignedDuration = SignedDuration::from_secs(5);
const AFTER: SignedDuration = SignedDuration::from_secs(1);

/// The last line of the same stream before the trace begins, where the lines around it were read. `sample`: the trace.
pub(super) fn last_before<'a>(case: &Case<'a>, sample: &str) -> Option<Seen<'a, LogLine>> {
    let head = sample.lines().next().filter(|head| !head.is_empty())?;
    case.searched.iter().find_map(|searched| {
        let lines = &searched.fact.lines;
        let at = lines.iter().position(|line| line.message.starts_with(head))?;
        let stream = &lines.get(at)?.stream;
        let fact = lines.get(..at)?.iter().rev().find(|line| &line.stream == stream)?;
        Some(Seen { evidence: searched.evidence, fact })
    })
}

/// The same, where the summary of the log tells it with the exception.
pub(super) fn told_before<'a>(case: &Case<'a>, sample: &str) -> Option<Seen<'a, LogLine>> {
    case.summaries.iter().find_map(|summary| {
        let exception = summary.fact.exceptions.iter().find(|exception| exception.sample == sample)?;
        Some(Seen { evidence: summary.evidence, fact: exception.before.as_ref()? })
    })
}

/// The reading of what was logged around the first trace: who asked for what.
pub(super) fn around(case: &Case<'_>, first: Timestamp) -> Option<PlannedCall> {
    let (start, end) = (first.checked_sub(BEFORE).ok()?, first.checked_add(AFTER).ok()?);
    let group = case.log_group()?;
    Some(wants::call("search_logs", json!({"log_group": group, "start": start, "end": end})))
}

/// The request in such a line.
pub(super) fn request<'a>(line: &Seen<'a, LogLine>) -> Option<&'a str> {
    let line = line.fact.message.lines().next()?;
    request_path(line).map(|_| line)
}

/// Tells the request.
pub(super) fn link(chain: &mut Chain, line: &Seen<'_, LogLine>) {
    let Some(request) = request(line) else { return };
    let words: String = request.chars().take(200).collect();
    let words = whole_words(&words);
    let cited = cite::any(line.evidence, &[&[words], &[&line.fact.at.to_string()]]);
    chain.link(format!("The last request in that task's log before it: {words}"), Some(line.fact.at), [cited]);
}
