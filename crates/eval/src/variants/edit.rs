//! Changes to single files of a scenario, which stay readable for the world that plays them.

use jiff::{SignedDuration, Timestamp};
use marple_world::{Files, Scenario, ScenarioError, Truth};
use serde_json::Value;

/// Where things are.
pub(super) const FUNCTIONS: &str = "world/lambda/functions.json";
pub(super) const TRAFFIC: &str = "world/traffic.toml";
pub(super) const SERIES: &str = "world/cloudwatch/series.toml";
pub(super) const ALARMS: &str = "world/cloudwatch/alarms.json";
pub(super) const ALARM_HISTORY: &str = "world/cloudwatch/alarm-history.json";
pub(super) const STACKS: &str = "world/cloudformation/stacks.json";
pub(super) const TRAIL: &str = "world/cloudtrail/events.json";
pub(super) const LOG_GROUPS: &str = "world/logs/log-groups.json";

/// A JSON file; `None` where there is none.
pub(super) fn json(files: &Files, path: &str) -> Result<Option<Value>, ScenarioError> {
    let Some(content) = files.get(path) else { return Ok(None) };
    serde_json::from_slice(content).map(Some).map_err(|error| invalid(path, &error))
}

/// The list under a key of a JSON file; empty where there is none.
pub(super) fn list(files: &Files, path: &str, key: &str) -> Result<Vec<Value>, ScenarioError> {
    let file = json(files, path)?;
    Ok(file.and_then(|file| file.get(key).and_then(Value::as_array).cloned()).unwrap_or_default())
}

/// Puts a list under a key of a JSON file, which is made if there is none.
pub(super) fn put_list(files: &mut Files, path: &str, key: &str, list: Vec<Value>) -> Result<(), ScenarioError> {
    let mut file = json(files, path)?.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    if let Some(object) = file.as_object_mut() {
        object.insert(key.to_owned(), Value::Array(list));
    }
    files.insert(path, file.to_string());
    Ok(())
}

/// Adds an item to a list, in front: AWS lists the newest first.
pub(super) fn put_first(files: &mut Files, path: &str, key: &str, item: Value) -> Result<(), ScenarioError> {
    let mut items = list(files, path, key)?;
    items.insert(0, item);
    put_list(files, path, key, items)
}

/// A TOML file; empty where there is none.
pub(super) fn table(files: &Files, path: &str) -> Result<toml::Table, ScenarioError> {
    let content = files.get(path).map(|content| String::from_utf8_lossy(content).into_owned()).unwrap_or_default();
    content.parse().map_err(|error: toml::de::Error| invalid(path, &error))
}

/// Writes a TOML file.
pub(super) fn put_table(files: &mut Files, path: &str, table: &toml::Table) -> Result<(), ScenarioError> {
    files.insert(path, toml::to_string(table).map_err(|error| invalid(path, &error))?);
    Ok(())
}

fn invalid(path: &str, error: &dyn std::fmt::Display) -> ScenarioError {
    ScenarioError::Invalid { file: path.to_owned(), what: error.to_string() }
}

/// A text member of a JSON object.
pub(super) fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Sets a member of a JSON object.
pub(super) fn set(object: &mut Value, key: &str, value: impl Into<Value>) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value.into());
    }
}

/// When the incident that is investigated began: the last right onset, or half an hour before now.
pub(super) fn onset(scenario: &Scenario) -> Timestamp {
    scenario.truth.accepted_onsets().max().unwrap_or_else(|| after(scenario.now, -1800))
}

/// So many seconds after a moment; the moment itself at the end of the calendar.
pub(super) fn after(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(at)
}

/// A moment as Lambda writes it: `2025-12-16T04:58:29.892+0000`.
pub(super) fn lambda_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string()
}

/// A UUID that follows from a text and a number, and that no other scenario's file has.
pub(super) fn uuid(of: &str, number: u64) -> String {
    // FNV-1a: only to look random, and the same on every machine.
    let hash = |seed: u64| {
        of.bytes()
            .fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    };
    let (a, b) = (hash(number), hash(number.wrapping_add(0x9e37_79b9)));
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}

/// Whether a text is one of the truth's components, or holds one's name.
pub(super) fn is_component(truth: &Truth, name: &str) -> bool {
    truth.components.iter().any(|component| {
        name == component || name.contains(component.as_str()) || component.ends_with(&format!(":{name}"))
    })
}

/// Whether the truth's mechanism speaks of a resource: it has a part in the fault, though a report need not name it as a component.
pub(super) fn is_in_mechanism(truth: &Truth, name: &str) -> bool {
    let mut patterns = truth.mechanism.iter().filter_map(|pattern| regex::Regex::new(pattern).ok());
    !name.is_empty() && patterns.any(|pattern| pattern.is_match(name))
}
