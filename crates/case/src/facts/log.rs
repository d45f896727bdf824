//! Logs: lines, templates, exceptions, Lambda's own records, rows of Insights.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Happening, HappeningKind};
use crate::{
    resource::{ResourceKind, ResourceRef},
    trigger::Window,
};

/// A log group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogGroup {
    /// Name.
    pub name: String,
    /// Days that events are kept; `None`: for ever.
    pub retention_days: Option<u32>,
    /// Bytes stored.
    pub stored_bytes: u64,
    /// When it was made.
    pub created: Option<Timestamp>,
}

impl LogGroup {
    pub(super) fn resource(&self) -> ResourceRef {
        ResourceRef::new(ResourceKind::LogGroup, &self.name)
    }
}

/// A log event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogLine {
    /// The event's time, UTC.
    pub at: Timestamp,
    /// The log stream.
    pub stream: String,
    /// The message, whole.
    pub message: String,
}

/// Log events that match a filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Logs {
    /// The log group.
    pub log_group: String,
    /// The filter pattern; empty: all events.
    pub pattern: String,
    /// The span that was searched.
    pub window: Window,
    /// The events, oldest first.
    pub lines: Vec<LogLine>,
    /// Whether these are all that match: no limit was reached.
    pub complete: bool,
    /// Exceptions found in these lines.
    pub exceptions: Vec<Exception>,
}

impl Logs {
    pub(super) fn resource(&self) -> ResourceRef {
        ResourceRef::new(ResourceKind::LogGroup, &self.log_group)
    }
}

/// How a template's count compares with the baseline's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Novelty {
    /// Not seen in the baseline.
    New,
    /// At least three times as often as in the baseline.
    Surged,
    /// About as often.
    Usual,
    /// At most a third as often.
    Dropped,
    /// Seen in the baseline and not in the window.
    Vanished,
}

impl Novelty {
    /// The one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Surged => "surged",
            Self::Usual => "usual",
            Self::Dropped => "dropped",
            Self::Vanished => "vanished",
        }
    }
}

/// A log template with its counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogTemplate {
    /// The template; `<*>` stands for what varies.
    pub template: String,
    /// Lines in the window.
    pub count: u64,
    /// Lines in the baseline.
    pub baseline_count: u64,
    /// How the two compare.
    pub novelty: Novelty,
    /// First line in the window.
    pub first: Option<Timestamp>,
    /// Last line in the window.
    pub last: Option<Timestamp>,
    /// One line of it, whole: the first in the window, else the last in the baseline.
    pub sample: String,
    /// Whether the line speaks of an error: its level, an exception, a failed status.
    pub is_error: bool,
}

/// A frame of a stack trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Frame {
    /// The function's or method's name, where given.
    pub function: Option<String>,
    /// The file as the trace names it.
    pub file: String,
    /// Line, from 1; `None` where the runtime does not say.
    pub line: Option<u32>,
    /// Column, from 1.
    pub column: Option<u32>,
    /// Whether the frame is the program's own: not the runtime's, not a library's.
    pub in_app: bool,
}

/// An exception, panic or runtime error with its stack trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exception {
    /// node, python, java, go, dotnet, ruby; `lambda` for the platform's own errors.
    pub runtime: String,
    /// The class: `TypeError`, `java.net.ConnectException`, `panic`.
    pub class: String,
    /// The message.
    pub message: String,
    /// The error code, where the runtime gives one: `ENOTFOUND`.
    pub code: Option<String>,
    /// The frames, innermost first.
    pub frames: Vec<Frame>,
    /// How often in the span.
    pub count: u64,
    /// First time.
    pub first: Timestamp,
    /// Last time.
    pub last: Timestamp,
    /// One log line that holds it, whole.
    pub sample: String,
    /// The last line before it in the same stream, the first time, if there is one shortly before: often the request that led to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<LogLine>,
}

impl Exception {
    /// The innermost frame of the program's own code.
    pub fn own_frame(&self) -> Option<&Frame> {
        self.frames.iter().find(|frame| frame.in_app)
    }
}

/// One invocation of a Lambda function, from its platform lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Invocation {
    /// The time of its REPORT line (or of the timeout line, if that is all there is).
    pub at: Timestamp,
    /// The request id.
    pub request_id: String,
    /// Milliseconds.
    pub duration_ms: f64,
    /// Configured memory, MB.
    pub memory_size_mb: u32,
    /// Memory used at most, MB.
    pub max_memory_used_mb: u32,
    /// Initialisation, milliseconds; `None`: no cold start.
    pub init_ms: Option<f64>,
    /// Whether the platform ended it at the configured timeout.
    pub timed_out: bool,
    /// The platform's status or error type, where it gives one: `error`, `Runtime.ExitError`.
    pub status: Option<String>,
    /// Lines that the program itself wrote in this invocation.
    pub application_lines: u32,
    /// The REPORT line, whole.
    pub report: String,
}

/// The invocations of a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Invocations {
    /// How many REPORT lines there are.
    pub count: u64,
    /// How many began with a cold start.
    pub cold_starts: u64,
    /// How many the platform ended at the timeout.
    pub timeouts: u64,
    /// Median duration, milliseconds.
    pub median_ms: f64,
    /// Longest duration, milliseconds.
    pub max_ms: f64,
    /// Most memory used, MB.
    pub max_memory_used_mb: u32,
    /// Configured memory, MB.
    pub memory_size_mb: u32,
    /// The notable ones, oldest first: timed out, failed, longest, most memory; 12 at most.
    pub notable: Vec<Invocation>,
}

/// How the values of a field differ between the window and the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FieldChange {
    /// A field of few values has new ones.
    Values {
        /// Values that the baseline never held; runs of digits and ids are `#` where values are compared by their form.
        new: Vec<String>,
        /// The baseline's values, in the same way.
        before: Vec<String>,
    },
    /// Numbers lie far outside of the baseline's range.
    Range {
        /// The lowest of these numbers.
        low: f64,
        /// The highest.
        high: f64,
        /// The baseline's lowest.
        before_low: f64,
        /// The baseline's highest.
        before_high: f64,
    },
    /// The baseline's lines of this kind never had the field.
    Added,
    /// The baseline's lines of this kind always had the field, and these lack it.
    Missing,
    /// A field that is another one in each line of the baseline has one value again and again.
    Repeated {
        /// The value.
        value: String,
        /// Seconds between two lines, where these are regular.
        every_s: Option<u64>,
    },
}

/// A field of structured log lines (JSON, or `key=value`) that is not in the window what it was in the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedField {
    /// The field; parts of nested ones are joined by dots: `detail.total`.
    pub field: String,
    /// The message that it stands beside, which is the same in both spans; empty: none.
    pub beside: String,
    /// How it changed.
    pub change: FieldChange,
    /// Lines of the window with the change.
    pub count: u64,
    /// Lines of the window of the same kind without it.
    pub usual: u64,
    /// First line with the change.
    pub first: Timestamp,
    /// Last line with it.
    pub last: Timestamp,
    /// How many of `count` were written in invocations that failed; `None`: not a Lambda function's log.
    pub failed: Option<u64>,
    /// How many of `usual` were.
    pub usual_failed: Option<u64>,
}

/// A log group's lines as templates, window against baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogSummary {
    /// The log group.
    pub log_group: String,
    /// The window.
    pub window: Window,
    /// The baseline.
    pub baseline: Window,
    /// Lines read in the window.
    pub lines: u64,
    /// Lines read in the baseline.
    pub baseline_lines: u64,
    /// Whether all lines of both spans were read.
    pub complete: bool,
    /// New and surged first, then by count.
    pub templates: Vec<LogTemplate>,
    /// Lines that fell into no template since there were too many.
    pub other_lines: u64,
    /// Exceptions in the window, most frequent first.
    pub exceptions: Vec<Exception>,
    /// Exceptions of the same class and own frame that the baseline holds too.
    pub baseline_exceptions: Vec<Exception>,
    /// Lambda's own records in the window, if it is a function's log group.
    pub invocations: Option<Invocations>,
    /// The same in the baseline.
    pub baseline_invocations: Option<Invocations>,
    /// Fields of structured lines that changed; the ones that go with failures first.
    #[serde(default)]
    pub changed_fields: Vec<ChangedField>,
}

impl LogSummary {
    pub(super) fn resource(&self) -> ResourceRef {
        ResourceRef::new(ResourceKind::LogGroup, &self.log_group)
    }

    pub(super) fn happenings(&self) -> Vec<Happening> {
        let happening = |exception: &Exception| Happening {
            at: exception.first,
            kind: HappeningKind::Error,
            resource: Some(self.resource()),
            text: format!("first {}: {} ({} times)", exception.class, exception.message, exception.count),
        };
        self.exceptions.iter().map(happening).collect()
    }
}

/// Rows of a Logs Insights query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QueryRows {
    /// The log groups.
    pub log_groups: Vec<String>,
    /// The query.
    pub query: String,
    /// The span.
    pub window: Window,
    /// Column names, in order.
    pub columns: Vec<String>,
    /// Rows; a field that a row lacks is empty.
    pub rows: Vec<Vec<String>>,
    /// How many events matched.
    pub records_matched: u64,
    /// How many were scanned.
    pub records_scanned: u64,
}
