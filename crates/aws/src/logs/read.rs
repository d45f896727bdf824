//! The events of a log group in a span, by FilterLogEvents.
//!
//! A page may be empty and still have a token: only a missing token ends a search. Messages come out of here with their
//! control characters made visible and without the line feed that ends them.

use jiff::{SignedDuration, Timestamp};
use marple_case::{Window, facts::LogLine};

use crate::{
    clients::Clients,
    fault::{Asked, Fault},
    text, time,
};

const ACTION: &str = "logs:FilterLogEvents";
/// Pages without a single event that are asked for in a row before a search is given up: a narrow pattern in a large log
/// group gives many.
const EMPTY_PAGES: usize = 200;

/// What is searched for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Search<'a> {
    /// The log group.
    pub log_group: &'a str,
    /// CloudWatch's filter pattern; empty: all events.
    pub pattern: &'a str,
    /// The span.
    pub span: Window,
    /// Events that are read at most.
    pub events: usize,
    /// Bytes of messages that are read at most.
    pub bytes: usize,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Read {
    /// The events, oldest first.
    pub lines: Vec<LogLine>,
    /// Whether these are all.
    pub complete: bool,
}

/// A search that was given up before anything was found: that is not "there is nothing".
pub(crate) fn given_up(log_group: &str, span: Window) -> Fault {
    Fault::Unreachable {
        action: ACTION.to_owned(),
        message: format!("no event of {log_group} in the first {EMPTY_PAGES} pages from {span}: narrow the span"),
    }
}

/// Whether lines begin so much later than the span that was asked for that the group itself may begin there.
pub(crate) fn begins_late(span: Window, lines: &[LogLine]) -> bool {
    let late = (span.length() / 20).max(SignedDuration::from_mins(5));
    lines.first().is_none_or(|first| first.at.duration_since(span.start) > late)
}

/// The time of the oldest line that a log group still holds before `end`; `None`: there is none, or it could not be read.
pub(crate) async fn oldest(clients: &Clients, log_group: &str, end: Timestamp) -> Option<Timestamp> {
    let span = Window { start: Timestamp::UNIX_EPOCH, end };
    let found = read(clients, Search { log_group, pattern: "", span, events: 1, bytes: 1 }).await.ok()?;
    Some(found.lines.first()?.at)
}

/// A line that says where a log group begins, if that is later than the span that was searched: what is not in it was not necessarily never there.
/// Empty: it reaches further back, or nobody knows.
pub(crate) async fn reach(clients: &Clients, log_group: &str, span: Window, found: &[LogLine]) -> String {
    if !begins_late(span, found) {
        return String::new();
    }
    match oldest(clients, log_group, span.end).await {
        Some(oldest) if oldest > span.start => format!("oldest line of {log_group}: {oldest}\n"),
        _ => String::new(),
    }
}

/// Reads.
///
/// # Errors
/// Whatever CloudWatch Logs refuses; a missing log group is a fault that [`Fault::is_not_found`] tells.
pub(crate) async fn read(clients: &Clients, search: Search<'_>) -> Result<Read, Fault> {
    let mut lines: Vec<LogLine> = Vec::new();
    let (mut token, mut bytes, mut empty_pages) = (None, 0_usize, 0_usize);
    loop {
        let left = search.events.saturating_sub(lines.len()).clamp(1, 10_000);
        let page = clients
            .logs()
            .filter_log_events()
            .log_group_name(search.log_group)
            .set_filter_pattern((!search.pattern.is_empty()).then(|| search.pattern.to_owned()))
            .start_time(search.span.start.as_millisecond())
            // The end is included there, and excluded here.
            .end_time(search.span.end.as_millisecond().saturating_sub(1))
            .limit(i32::try_from(left).unwrap_or(i32::MAX))
            .set_next_token(token)
            .send()
            .await
            .asked(ACTION)?;
        empty_pages = if page.events().is_empty() { empty_pages + 1 } else { 0 };
        token = page.next_token().map(str::to_owned);
        for event in page.events.unwrap_or_default() {
            let Some(at) = event.timestamp.and_then(time::from_millis) else { continue };
            let message = event.message.unwrap_or_default();
            let message = text::visible(message.trim_end_matches(['\n', '\r'])).into_owned();
            bytes = bytes.saturating_add(message.len());
            lines.push(LogLine { at, stream: event.log_stream_name.unwrap_or_default(), message });
        }
        let is_full = lines.len() >= search.events || bytes >= search.bytes || empty_pages >= EMPTY_PAGES;
        if token.is_none() || is_full {
            lines.sort_by_key(|line| line.at);
            lines.truncate(search.events);
            return Ok(Read { lines, complete: token.is_none() });
        }
    }
}
