//! CloudWatch Logs: the log groups of a world and what can be asked of them.
//!
//! - `file` reads `world/logs/log-groups.json` and `world/logs/*.jsonl`; [`Logs`] joins them with the generated traffic.
//! - [`Group`] gives the visible events of one group: nothing that the retention has removed, nothing after now.
//! - `search` is FilterLogEvents over `pattern`, `stream_reader` is GetLogEvents, `insights` is Logs Insights.
//!
//! Times are epoch milliseconds throughout, as on the service's wire.

mod event_id;
mod file;
mod group;
pub(crate) mod insights;
pub(crate) mod pattern;
pub(crate) mod search;
pub(crate) mod stream_reader;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) use event_id::event_id;
pub(crate) use file::LogFiles;
pub(crate) use group::{Group, Stream};

use crate::traffic::Traffic;
use crate::traffic::numbers::fingerprint;
use crate::{ScenarioError, World};

/// One event of a log stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogEvent {
    /// Epoch milliseconds.
    pub(crate) timestamp: i64,
    /// The name of its log stream.
    pub(crate) stream: Arc<str>,
    pub(crate) message: Arc<str>,
}

/// What CloudWatch Logs adds to the bytes of each message when it counts storage and page sizes.
const EVENT_OVERHEAD: u64 = 26;

impl LogEvent {
    pub(crate) fn new(timestamp: i64, stream: Arc<str>, message: Arc<str>) -> Self {
        Self { timestamp, stream, message }
    }

    /// Bytes that the event takes in storage.
    pub(crate) fn stored_bytes(&self) -> u64 {
        self.message.len() as u64 + EVENT_OVERHEAD
    }

    /// When the service received it: between 0.2 and 2 seconds later, the same at each asking, never after `now`.
    pub(crate) fn ingestion_time(&self, now: i64) -> i64 {
        let delay = fingerprint(&self.stream).wrapping_add(self.timestamp.unsigned_abs() / 1000) % 1800;
        (self.timestamp + 200 + i64::try_from(delay).unwrap_or(0)).min(now)
    }
}

/// All log groups of a world.
pub(crate) struct Logs {
    files: Arc<LogFiles>,
    traffic: Arc<Traffic>,
    /// Epoch milliseconds.
    pub(crate) now: i64,
    /// `arn:aws:logs:REGION:ACCOUNT:log-group:`
    arn_prefix: String,
}

impl Logs {
    /// The log groups of `world`; files are read at the first use.
    ///
    /// # Errors
    /// When a file of logs or traffic is malformed.
    pub(crate) fn of(world: &World) -> Result<Self, ScenarioError> {
        let scenario = world.scenario();
        Ok(Self {
            files: world.parsed::<LogFiles>()?,
            traffic: world.parsed::<Traffic>()?,
            now: world.now().as_millisecond(),
            arn_prefix: format!("arn:aws:logs:{}:{}:log-group:", scenario.region, scenario.account),
        })
    }

    /// The names of all groups, in order.
    pub(crate) fn group_names(&self) -> BTreeSet<&str> {
        let generated = self.traffic.functions().iter().map(|function| function.log_group());
        self.files.group_names().chain(generated).filter(|name| self.files.exists_by(name, self.now)).collect()
    }

    /// A group by its name.
    pub(crate) fn group(&self, name: &str) -> Option<Group<'_>> {
        let stated = self.files.group(name);
        let generated: Vec<_> =
            self.traffic.functions().iter().filter(|function| function.log_group() == name).collect();
        if (stated.is_none() && generated.is_empty()) || !self.files.exists_by(name, self.now) {
            return None;
        }
        Some(Group::new(name.to_owned(), format!("{}{name}", self.arn_prefix), stated, generated, self.now))
    }

    /// A group by its name or ARN (with or without `:*` at the end).
    pub(crate) fn group_by_identifier(&self, identifier: &str) -> Option<Group<'_>> {
        let name = identifier.strip_prefix(&self.arn_prefix).unwrap_or(identifier);
        self.group(name.strip_suffix(":*").unwrap_or(name))
    }
}
