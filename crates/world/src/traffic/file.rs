//! `world/traffic.toml`, parsed strictly and checked: what the generator works from.
//!
//! The format is in `docs/worlds.md`. Memory size, timeout and runtime are not repeated here: they come from the
//! function's configuration in `world/lambda/functions.json`.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::line::Line;
use super::stated_line::StatedLine;
use crate::scenario::{Scenario, ScenarioError, read_json, read_toml};

/// The file's path in the scenario's folder.
pub(crate) const TRAFFIC_FILE: &str = "world/traffic.toml";
const FUNCTIONS_FILE: &str = "world/lambda/functions.json";

/// A rate, or a level, by the hour of the day (UTC).
#[derive(Clone, Debug)]
pub(crate) enum Hourly {
    /// The same at all hours.
    Constant(f64),
    /// Twenty-four numbers, from midnight.
    ByHour(Vec<f64>),
}

struct NumberOrNumbers;

impl<'de> Deserialize<'de> for Hourly {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrNumbers)
    }
}

impl<'de> Visitor<'de> for NumberOrNumbers {
    type Value = Hourly;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number, or 24 numbers for the hours of the day")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Hourly, E> {
        Ok(Hourly::Constant(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Hourly, E> {
        Ok(Hourly::Constant(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, numbers: A) -> Result<Hourly, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(numbers)).map(Hourly::ByHour)
    }
}

impl Hourly {
    /// The value at an instant in epoch milliseconds.
    pub(crate) fn at(&self, at: i64) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::ByHour(values) => {
                let hour = usize::try_from(at.div_euclid(3_600_000).rem_euclid(24)).unwrap_or(0);
                values.get(hour).copied().unwrap_or(0.0)
            }
        }
    }

    /// What is wrong with it, if anything.
    pub(crate) fn fault(&self) -> Option<String> {
        match self {
            Self::ByHour(values) if values.len() != 24 => {
                Some(format!("{} numbers for the 24 hours of the day", values.len()))
            }
            _ => None,
        }
    }
}

/// A log-normal spread, in milliseconds.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) p99: f64,
}

/// Whole megabytes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemoryRange {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

/// How an invocation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Ok,
    /// The handler threw: counted in Errors.
    Error,
    /// Ran into the configured timeout: counted in Errors.
    Timeout,
    /// Killed at the memory limit: counted in Errors.
    OutOfMemory,
    /// Refused for want of concurrency: never ran, so it has no logs.
    Throttled,
}

/// One invocation as `[[function.invocation]]` states it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatedInvocation {
    pub(crate) at: Timestamp,
    pub(crate) outcome: Outcome,
    pub(crate) duration_ms: Option<f64>,
    pub(crate) billed_duration_ms: Option<i64>,
    pub(crate) memory_mb: Option<i64>,
    pub(crate) init_ms: Option<f64>,
    pub(crate) request_id: Option<String>,
    #[serde(default)]
    pub(crate) lines: Vec<StatedLine>,
}

impl StatedInvocation {
    /// Milliseconds from its start to its end.
    pub(crate) fn duration_ms(&self, timeout_s: i64, usual: Spread) -> f64 {
        match self.outcome {
            Outcome::Throttled => 0.0,
            Outcome::Timeout => self.duration_ms.unwrap_or((timeout_s * 1000) as f64),
            Outcome::Ok | Outcome::Error | Outcome::OutOfMemory => self.duration_ms.unwrap_or(usual.median),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    function: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: String,
    log_group: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    #[serde(default = "no_traffic")]
    per_hour: Hourly,
    #[serde(default = "usual_duration")]
    duration_ms: Spread,
    #[serde(default = "usual_memory")]
    memory_mb: MemoryRange,
    #[serde(default = "usual_init")]
    init_ms: Spread,
    #[serde(default = "usual_container_life")]
    invocations_per_container: u32,
    #[serde(default)]
    error_rate: f64,
    #[serde(default)]
    line: Vec<LineTable>,
    #[serde(default)]
    error_line: Vec<LineTable>,
    #[serde(default)]
    invocation: Vec<StatedInvocation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineTable {
    text: Line,
    #[serde(default = "certain")]
    chance: f64,
}

fn no_traffic() -> Hourly {
    Hourly::Constant(0.0)
}
fn usual_duration() -> Spread {
    Spread { median: 40.0, p99: 150.0 }
}
fn usual_memory() -> MemoryRange {
    MemoryRange { low: 68, high: 76 }
}
fn usual_init() -> Spread {
    Spread { median: 200.0, p99: 400.0 }
}
fn usual_container_life() -> u32 {
    60
}
fn certain() -> f64 {
    1.0
}

/// What the generator needs of one function.
#[derive(Clone, Debug)]
pub(crate) struct FunctionTraffic {
    pub(crate) name: String,
    pub(crate) log_group: String,
    /// The scenario's region, for the ARN of the runtime.
    pub(crate) region: String,
    /// Background traffic's span, epoch milliseconds, and its rate.
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) per_hour: Hourly,
    pub(crate) duration_ms: Spread,
    pub(crate) memory_mb: MemoryRange,
    pub(crate) init_ms: Spread,
    pub(crate) invocations_per_container: u32,
    pub(crate) error_rate: f64,
    /// Lines of a background invocation, with the share of invocations that write them.
    pub(crate) lines: Vec<(Line, f64)>,
    pub(crate) error_lines: Vec<(Line, f64)>,
    /// In order of time.
    pub(crate) stated: Vec<StatedInvocation>,
    pub(crate) configuration: Configuration,
}

/// What the reports of an invocation repeat of the function's configuration.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    /// `nodejs20.x`; absent for a container image.
    pub(crate) runtime: Option<String>,
    pub(crate) memory_mb: i64,
    pub(crate) timeout_s: i64,
}

impl Default for Configuration {
    /// Lambda's own defaults, for a function that is not listed (a deleted one, whose logs remain).
    fn default() -> Self {
        Self { runtime: None, memory_mb: 128, timeout_s: 3 }
    }
}

/// Reads the file, if there is one.
///
/// # Errors
/// For an unknown key, a malformed value, or numbers that make no sense; the error names the file and the line or the function.
pub(crate) fn read(scenario: &Scenario) -> Result<Vec<FunctionTraffic>, ScenarioError> {
    let Some(content) = scenario.files().get(TRAFFIC_FILE) else {
        return Ok(Vec::new());
    };
    let File { function: tables } = read_toml(TRAFFIC_FILE, content)?;
    let configurations = configurations(scenario)?;
    let mut functions: Vec<FunctionTraffic> = Vec::with_capacity(tables.len());
    for table in tables {
        let name = table.name.clone();
        let invalid = |what: String| ScenarioError::Invalid {
            file: TRAFFIC_FILE.to_owned(),
            what: format!("function {name}: {what}"),
        };
        if functions.iter().any(|function| function.name == name) {
            return Err(invalid("is there twice".to_owned()));
        }
        let configuration = configurations.get(&name).cloned().unwrap_or_default();
        if let Some(fault) = table.fault().or_else(|| table.late_line(configuration.timeout_s)) {
            return Err(invalid(fault));
        }
        functions.push(table.checked(scenario, configuration));
    }
    Ok(functions)
}

impl Table {
    fn fault(&self) -> Option<String> {
        if let Some(fault) = self.per_hour.fault() {
            return Some(format!("per_hour: {fault}"));
        }
        let has_background = match &self.per_hour {
            Hourly::Constant(rate) => *rate > 0.0,
            Hourly::ByHour(rates) => rates.iter().any(|rate| *rate > 0.0),
        };
        if has_background && self.from.is_none() {
            return Some("background traffic (per_hour) needs `from`".to_owned());
        }
        /// More would be a load test, not the background of an incident.
        const MOST_PER_HOUR: f64 = 36_000.0;
        let rates: &[f64] = match &self.per_hour {
            Hourly::Constant(rate) => std::slice::from_ref(rate),
            Hourly::ByHour(rates) => rates,
        };
        if rates.iter().any(|rate| !(0.0..=MOST_PER_HOUR).contains(rate)) {
            return Some(format!("per_hour has to be from 0 to {MOST_PER_HOUR}"));
        }
        for (key, spread) in [("duration_ms", self.duration_ms), ("init_ms", self.init_ms)] {
            if !(spread.median > 0.0 && spread.p99 >= spread.median && spread.p99.is_finite()) {
                return Some(format!("{key}: needs 0 < median <= p99"));
            }
        }
        if self.memory_mb.low > self.memory_mb.high {
            return Some("memory_mb: low is above high".to_owned());
        }
        if self.invocations_per_container == 0 {
            return Some("invocations_per_container has to be at least 1".to_owned());
        }
        let shares = self.line.iter().chain(&self.error_line).map(|line| line.chance).chain([self.error_rate]);
        if shares.into_iter().any(|share| !(0.0..=1.0).contains(&share)) {
            return Some("error_rate and chance have to be from 0 to 1".to_owned());
        }
        None
    }

    /// A line that its invocation would write before its start or after its end.
    fn late_line(&self, timeout_s: i64) -> Option<String> {
        self.invocation.iter().find_map(|invocation| {
            let duration_ms = invocation.duration_ms(timeout_s, self.duration_ms);
            let stray = |after_ms: &f64| !(0.0..=duration_ms).contains(after_ms);
            let after_ms = invocation.lines.iter().filter_map(|line| line.after_ms).find(stray)?;
            Some(format!(
                "after_ms = {after_ms} is outside the {duration_ms} ms of the invocation at {}",
                invocation.at
            ))
        })
    }

    fn checked(self, scenario: &Scenario, configuration: Configuration) -> FunctionTraffic {
        let now = scenario.now.as_millisecond();
        let lines = |tables: Vec<LineTable>| tables.into_iter().map(|line| (line.text, line.chance)).collect();
        let mut stated = self.invocation;
        stated.sort_by_key(|invocation| invocation.at);
        FunctionTraffic {
            log_group: self.log_group.unwrap_or_else(|| format!("/aws/lambda/{}", self.name)),
            name: self.name,
            region: scenario.region.clone(),
            from: self.from.map_or(now, Timestamp::as_millisecond),
            to: self.to.map_or(now, Timestamp::as_millisecond).min(now),
            per_hour: self.per_hour,
            duration_ms: self.duration_ms,
            memory_mb: self.memory_mb,
            init_ms: self.init_ms,
            invocations_per_container: self.invocations_per_container,
            error_rate: self.error_rate,
            lines: lines(self.line),
            error_lines: lines(self.error_line),
            stated,
            configuration,
        }
    }
}

fn configurations(scenario: &Scenario) -> Result<BTreeMap<String, Configuration>, ScenarioError> {
    let Some(content) = scenario.files().get(FUNCTIONS_FILE) else {
        return Ok(BTreeMap::new());
    };
    let listing: Value = read_json(FUNCTIONS_FILE, content)?;
    let functions = listing.get("Functions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(functions
        .iter()
        .filter_map(|function| {
            let standard = Configuration::default();
            let number = |key, standard| function.get(key).and_then(Value::as_i64).unwrap_or(standard);
            let configuration = Configuration {
                runtime: function.get("Runtime").and_then(Value::as_str).map(str::to_owned),
                memory_mb: number("MemorySize", standard.memory_mb),
                timeout_s: number("Timeout", standard.timeout_s),
            };
            Some((function.get("FunctionName")?.as_str()?.to_owned(), configuration))
        })
        .collect())
}
