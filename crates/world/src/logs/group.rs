//! One log group: its visible events, its streams, and what DescribeLogGroups says of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::LogEvent;
use super::file::StatedGroup;
use crate::traffic::Generated;

const DAY_MS: i64 = 86_400_000;

/// A log group of the world.
pub(crate) struct Group<'a> {
    pub(crate) name: String,
    /// Without `:*` at the end.
    pub(crate) arn: String,
    stated: Option<&'a StatedGroup>,
    generated: Vec<&'a Generated>,
    now: i64,
}

/// A log stream with its extent; times are epoch milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) name: Arc<str>,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl<'a> Group<'a> {
    pub(super) fn new(
        name: String,
        arn: String,
        stated: Option<&'a StatedGroup>,
        generated: Vec<&'a Generated>,
        now: i64,
    ) -> Self {
        Self { name, arn, stated, generated, now }
    }

    /// Days after which events are removed; none: never.
    pub(crate) fn retention_days(&self) -> Option<i64> {
        self.stated.and_then(|stated| stated.retention_days)
    }

    /// Epoch milliseconds before which the retention has removed everything.
    pub(crate) fn oldest_visible(&self) -> i64 {
        self.retention_days().map_or(0, |days| self.now.saturating_sub(days.saturating_mul(DAY_MS)))
    }

    /// The visible events from `from` to `to` (epoch milliseconds, both inclusive), in order of time; those of one
    /// millisecond by stream, and in the order of writing within a stream.
    pub(crate) fn events(&self, from: i64, to: i64) -> Vec<LogEvent> {
        let (from, to) = (from.max(self.oldest_visible()), to.min(self.now));
        let mut events = Vec::new();
        if let Some(stated) = self.stated {
            let start = stated.events.partition_point(|event| event.timestamp < from);
            events.extend(stated.events.iter().skip(start).take_while(|event| event.timestamp <= to).cloned());
        }
        for generated in &self.generated {
            generated.collect_events(from, to, &mut events);
        }
        events.sort_by(|one, other| one.timestamp.cmp(&other.timestamp).then_with(|| one.stream.cmp(&other.stream)));
        events
    }

    /// The streams with visible events, in order of their names.
    pub(crate) fn streams(&self) -> Vec<Stream> {
        let oldest = self.oldest_visible();
        let mut extents: BTreeMap<Arc<str>, (i64, i64)> = BTreeMap::new();
        let mut widen = |name: &Arc<str>, first: i64, last: i64| {
            let extent = extents.entry(Arc::clone(name)).or_insert((first, last));
            *extent = (extent.0.min(first), extent.1.max(last));
        };
        for event in self.stated.map(|stated| stated.events.as_slice()).unwrap_or_default() {
            widen(&event.stream, event.timestamp, event.timestamp);
        }
        for stream in self.generated.iter().flat_map(|generated| generated.streams()) {
            widen(&stream.name, stream.first, stream.last);
        }
        extents
            .into_iter()
            .filter(|(_, (_, last))| *last >= oldest)
            .map(|(name, (first, last))| Stream { name, first, last })
            .collect()
    }

    /// When it was created: as stated, else with its first event.
    pub(crate) fn creation_time(&self) -> i64 {
        self.stated
            .and_then(|stated| stated.creation_time)
            .or_else(|| self.streams().iter().map(|stream| stream.first).min())
            .unwrap_or(self.now)
    }

    /// Its entry in DescribeLogGroups. `storedBytes` is projected for generated traffic, as AWS's is hours behind.
    pub(crate) fn describe(&self) -> Value {
        let mut entry = Map::new();
        entry.insert("logGroupName".to_owned(), json!(self.name));
        entry.insert("creationTime".to_owned(), json!(self.creation_time()));
        if let Some(days) = self.retention_days() {
            entry.insert("retentionInDays".to_owned(), json!(days));
        }
        entry.insert("metricFilterCount".to_owned(), json!(0));
        entry.insert("arn".to_owned(), json!(format!("{}:*", self.arn)));
        entry.insert("storedBytes".to_owned(), json!(self.stored_bytes()));
        entry.insert("logGroupClass".to_owned(), json!("STANDARD"));
        entry.insert("logGroupArn".to_owned(), json!(self.arn));
        for (name, value) in self.stated.iter().flat_map(|stated| &stated.others) {
            entry.insert(name.clone(), value.clone());
        }
        Value::Object(entry)
    }

    fn stored_bytes(&self) -> u64 {
        let oldest = self.oldest_visible();
        let events = self.stated.map(|stated| stated.events.as_slice()).unwrap_or_default();
        let stated: u64 = events.iter().filter(|event| event.timestamp >= oldest).map(LogEvent::stored_bytes).sum();
        stated + self.generated.iter().map(|generated| generated.stored_bytes()).sum::<u64>()
    }
}
