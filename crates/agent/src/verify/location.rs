//! Locations: source that was read, or a place that a stack trace names.

use std::sync::Arc;

use marple_case::{
    Evidence, Facts, RootCause,
    facts::{Exception, Frame},
    root_cause::{Location, SeenIn},
};

use super::Objection;

pub(super) fn check(claim: &RootCause, evidence: &[Arc<Evidence>]) -> Option<Objection> {
    let location = claim.location.as_ref()?;
    let reason = match location.seen_in {
        SeenIn::Source => source_fault(location, evidence),
        SeenIn::StackTrace => trace_fault(location, evidence),
    };
    reason.map(|reason| Objection::Location { reason })
}

fn source_fault(location: &Location, evidence: &[Arc<Evidence>]) -> Option<String> {
    let codes = evidence.iter().filter_map(|evidence| match &evidence.facts {
        Facts::FunctionCode(code) => Some(code),
        _ => None,
    });
    let mut longest = None;
    for code in codes {
        if let Some(lines) = code.file(&location.file).and_then(|file| file.lines.as_ref()) {
            longest = longest.max(Some(lines.len()));
        }
    }
    let line = location.line as usize;
    match longest {
        Some(lines) if (1..=lines).contains(&line) => None,
        Some(lines) => Some(format!("{} has {lines} lines; there is no line {line}", location.file)),
        None => Some(format!(
            "the source of {} was never read: read it with read_function_code, or say seen_in stack_trace if a trace names it",
            location.file
        )),
    }
}

fn trace_fault(location: &Location, evidence: &[Arc<Evidence>]) -> Option<String> {
    let named = evidence.iter().any(|evidence| {
        exceptions(&evidence.facts).iter().any(|exception| exception.frames.iter().any(|frame| fits(frame, location)))
            || written(&evidence.text, location)
    });
    let place = format!("{}:{}", location.file, location.line);
    (!named).then(|| format!("no stack trace in the evidence names {place}"))
}

fn exceptions(facts: &Facts) -> &[Exception] {
    match facts {
        Facts::LogSummary(summary) => &summary.exceptions,
        Facts::Logs(logs) => &logs.exceptions,
        _ => &[],
    }
}

fn fits(frame: &Frame, location: &Location) -> bool {
    let same_file = frame.file == location.file
        || frame.file.strip_suffix(location.file.as_str()).is_some_and(|rest| rest.ends_with('/'));
    let same_column = location.column.is_none() || location.column == frame.column;
    same_file && same_column && frame.line == Some(location.line)
}

/// Whether the text itself has `file:line`, as most runtimes write it, or `File "file", line N` as Python does.
fn written(text: &str, location: &Location) -> bool {
    let Location { file, line, .. } = location;
    [format!("{file}:{line}"), format!("{file}\", line {line}")].iter().any(|place| {
        text.match_indices(place.as_str()).any(|(offset, _)| {
            !text.get(offset + place.len()..).is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_digit()))
        })
    })
}
