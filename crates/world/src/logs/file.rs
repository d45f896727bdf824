//! `world/logs/`: `log-groups.json` in the shape of `aws logs describe-log-groups`, and events as JSON lines.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::LogEvent;
use crate::scenario::read_json;
use crate::world::Parsed;
use crate::{Scenario, ScenarioError};

const FOLDER: &str = "world/logs/";
const GROUPS_FILE: &str = "world/logs/log-groups.json";

/// The log groups and events that stand in files.
pub(crate) struct LogFiles(BTreeMap<String, StatedGroup>);

/// What the files say of one group.
#[derive(Debug, Default)]
pub(crate) struct StatedGroup {
    /// Epoch milliseconds.
    pub(super) creation_time: Option<i64>,
    pub(super) retention_days: Option<i64>,
    /// Other members of `log-groups.json`, answered as they stand.
    pub(super) others: Map<String, Value>,
    /// In order of time; those of one millisecond in the order of the files.
    pub(super) events: Vec<LogEvent>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupsFile {
    #[serde(rename = "logGroups")]
    log_groups: Vec<GroupEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupEntry {
    log_group_name: String,
    #[serde(default, deserialize_with = "optional_instant")]
    creation_time: Option<i64>,
    retention_in_days: Option<i64>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    log_group: String,
    log_stream: String,
    #[serde(deserialize_with = "instant")]
    timestamp: i64,
    message: String,
}

/// Epoch milliseconds, from RFC 3339 or from a number.
struct Instant(i64);

struct TextOrMilliseconds;

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrMilliseconds)
    }
}

impl Visitor<'_> for TextOrMilliseconds {
    type Value = Instant;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a time as in \"2025-12-16T05:45:37.102Z\", or epoch milliseconds")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Instant, E> {
        Ok(Instant(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Instant, E> {
        i64::try_from(value).map(Instant).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Instant, E> {
        let time: Result<Timestamp, _> = text.parse();
        time.map(|time| Instant(time.as_millisecond())).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }
}

fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Instant::deserialize(deserializer).map(|instant| instant.0)
}

fn optional_instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Option::<Instant>::deserialize(deserializer).map(|instant| instant.map(|instant| instant.0))
}

impl Parsed for LogFiles {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let mut groups = BTreeMap::new();
        if let Some(content) = scenario.files().get(GROUPS_FILE) {
            let file: GroupsFile = read_json(GROUPS_FILE, content)?;
            for entry in file.log_groups {
                let GroupEntry { log_group_name, creation_time, retention_in_days, others } = entry;
                let group =
                    StatedGroup { creation_time, retention_days: retention_in_days, others, events: Vec::new() };
                if groups.insert(log_group_name.clone(), group).is_some() {
                    let what = format!("log group {log_group_name} is there twice");
                    return Err(ScenarioError::Invalid { file: GROUPS_FILE.to_owned(), what });
                }
            }
        }
        for (name, content) in scenario.files().below(FOLDER).filter(|(name, _)| name.ends_with(".jsonl")) {
            read_events(&format!("{FOLDER}{name}"), content, scenario.now.as_millisecond(), &mut groups)?;
        }
        for group in groups.values_mut() {
            group.events.sort_by_key(|event| event.timestamp);
        }
        Ok(Self(groups))
    }
}

/// Events after `now` are left out.
fn read_events(
    file: &str,
    content: &[u8],
    now: i64,
    groups: &mut BTreeMap<String, StatedGroup>,
) -> Result<(), ScenarioError> {
    let mut streams: BTreeMap<String, Arc<str>> = BTreeMap::new();
    for (index, text) in content.split(|byte| *byte == b'\n').enumerate() {
        if text.trim_ascii().is_empty() {
            continue;
        }
        let malformed = |error| ScenarioError::of_json(file, index + 1, &error);
        let line: Line = serde_json::from_slice(text).map_err(malformed)?;
        if line.timestamp > now {
            continue;
        }
        let stream = streams.entry(line.log_stream.clone()).or_insert_with(|| line.log_stream.into());
        let event = LogEvent::new(line.timestamp, Arc::clone(stream), line.message.into());
        groups.entry(line.log_group).or_default().events.push(event);
    }
    Ok(())
}

impl LogFiles {
    pub(super) fn group_names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn group(&self, name: &str) -> Option<&StatedGroup> {
        self.0.get(name)
    }

    /// Whether a group had been created by `now`; groups without a stated creation time had.
    pub(super) fn exists_by(&self, name: &str, now: i64) -> bool {
        self.group(name).and_then(|group| group.creation_time).is_none_or(|created| created <= now)
    }
}
