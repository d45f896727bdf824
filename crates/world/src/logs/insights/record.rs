//! A row of a query, and the fields that are discovered in a log event.
//!
//! Discovered without being asked for: `@timestamp`, `@message`, `@logStream`, `@log`, `@ingestionTime`; in the lines that
//! Lambda writes `@type`, `@requestId`, `@duration`, `@billedDuration`, `@initDuration` (ms), `@memorySize` and
//! `@maxMemoryUsed` (bytes; a megabyte is 1,000,000 of them, as in AWS); and the properties of the first JSON fragment
//! of the message, as `a.b.0`.

use std::cell::OnceCell;
use std::rc::Rc;

use serde_json::Value as Json;

use super::value::Value;
use crate::logs::LogEvent;

/// One row: an event with the fields that the query has added, or, after `stats`, only such fields.
#[derive(Clone, Debug)]
pub(super) struct Record {
    source: Option<Rc<Source>>,
    added: Vec<(Rc<str>, Value)>,
}

/// The event behind a row.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) event: LogEvent,
    /// `ACCOUNT:LOG GROUP`, the field `@log`.
    pub(super) log: Rc<str>,
    /// Epoch milliseconds.
    pub(super) ingestion_time: i64,
    /// Which event it is, for `@ptr`.
    pub(super) number: usize,
    json: OnceCell<Option<Json>>,
}

impl Source {
    pub(super) fn new(event: LogEvent, log: Rc<str>, ingestion_time: i64, number: usize) -> Self {
        Self { event, log, ingestion_time, number, json: OnceCell::new() }
    }

    fn field(&self, name: &str) -> Value {
        let message = &*self.event.message;
        let found = match name {
            "@timestamp" => Some(Value::Time(self.event.timestamp)),
            "@ingestionTime" => Some(Value::Time(self.ingestion_time)),
            "@message" => Some(Value::Text(message.to_owned())),
            "@logStream" => Some(Value::Text(self.event.stream.to_string())),
            "@log" => Some(Value::Text(self.log.to_string())),
            _ if name.starts_with('@') => lambda_field(message, name),
            _ => None,
        };
        found.or_else(|| self.json_field(name)).unwrap_or(Value::Absent)
    }

    fn json_field(&self, name: &str) -> Option<Value> {
        let json = self.json.get_or_init(|| first_fragment(&self.event.message)).as_ref()?;
        match property(json, name)? {
            Json::Null => None,
            Json::Bool(value) => Some(Value::Bool(*value)),
            Json::Number(number) => number.as_f64().map(Value::Number),
            Json::String(text) => Some(Value::Text(text.clone())),
            structure @ (Json::Array(_) | Json::Object(_)) => Some(Value::Text(structure.to_string())),
        }
    }
}

impl Record {
    pub(super) fn of_event(source: Source) -> Self {
        Self { source: Some(Rc::new(source)), added: Vec::new() }
    }

    /// A row of `stats`.
    pub(super) fn of_fields(added: Vec<(Rc<str>, Value)>) -> Self {
        Self { source: None, added }
    }

    pub(super) fn source(&self) -> Option<&Source> {
        self.source.as_deref()
    }

    pub(super) fn field(&self, name: &str) -> Value {
        if let Some((_, value)) = self.added.iter().rev().find(|(added, _)| &**added == name) {
            return value.clone();
        }
        self.source.as_ref().map_or(Value::Absent, |source| source.field(name))
    }

    pub(super) fn add(&mut self, name: Rc<str>, value: Value) {
        self.added.push((name, value));
    }
}

/// The first JSON object in a message.
fn first_fragment(message: &str) -> Option<Json> {
    let start = message.find('{')?;
    let fragment = message.get(start..)?;
    serde_json::Deserializer::from_str(fragment).into_iter::<Json>().next()?.ok()
}

/// `a.b.0` in nested objects and arrays; keys may hold dots themselves.
fn property<'a>(json: &'a Json, path: &str) -> Option<&'a Json> {
    match json {
        Json::Object(object) => object.get(path).or_else(|| {
            path.match_indices('.').find_map(|(at, _)| {
                let (key, rest) = (path.get(..at)?, path.get(at + 1..)?);
                property(object.get(key)?, rest)
            })
        }),
        Json::Array(items) => {
            let (index, rest) = path.split_once('.').map_or((path, None), |(index, rest)| (index, Some(rest)));
            let item = items.get(index.parse::<usize>().ok()?)?;
            rest.map_or(Some(item), |rest| property(item, rest))
        }
        _ => None,
    }
}

fn lambda_field(message: &str, name: &str) -> Option<Value> {
    let kind =
        || message.split([' ', '\t']).next().filter(|word| matches!(*word, "START" | "END" | "REPORT" | "INIT_START"));
    let reported = |label: &str, unit: &str, factor: f64| {
        kind().filter(|kind| *kind == "REPORT")?;
        let part = message.split('\t').find_map(|part| part.trim().strip_prefix(label))?;
        let number: f64 = part.trim_end().strip_suffix(unit)?.trim().parse().ok()?;
        Some(Value::Number(number * factor))
    };
    match name {
        "@type" => kind().map(|kind| Value::Text(kind.to_owned())),
        "@requestId" => request_id(message).map(|id| Value::Text(id.to_owned())),
        "@duration" => reported("Duration: ", "ms", 1.0),
        "@billedDuration" => reported("Billed Duration: ", "ms", 1.0),
        "@initDuration" => reported("Init Duration: ", "ms", 1.0),
        "@memorySize" => reported("Memory Size: ", "MB", 1e6),
        "@maxMemoryUsed" => reported("Max Memory Used: ", "MB", 1e6),
        _ => None,
    }
}

/// After `RequestId: `, or as the second word of a line that begins with a time, as the runtimes log.
fn request_id(message: &str) -> Option<&str> {
    let is_id = |word: &&str| word.len() == 36 && word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if let Some((_, after)) = message.split_once("RequestId: ") {
        return after.split_whitespace().next().filter(is_id);
    }
    let mut words = message.split_whitespace();
    words.next().filter(|word| word.len() >= 20 && word.ends_with('Z'))?;
    words.next().filter(is_id)
}
