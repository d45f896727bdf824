//! Generated Lambda invocations: one source for the log events and the metrics of a function, so that they agree.
//!
//! `file` reads `traffic.toml`, `generate` decides which invocations there were, `lambda_log` writes their lines, `samples`
//! turns them into metric samples. All is lazy: a function's invocations are decided at its first query (numbers only),
//! and its lines are written a day at a time, when a query reaches that day.

mod file;
mod generate;
mod instant_index;
mod lambda_log;
mod line;
mod samples;
mod stated_line;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) mod instant;
pub(crate) mod numbers;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use file::FunctionTraffic;
pub(crate) use file::Hourly;
use generate::Plan;
pub(crate) use samples::{LambdaMetric, Sample};

use crate::logs::LogEvent;
use crate::world::Parsed;
use crate::{Scenario, ScenarioError};

/// The traffic of all functions of a world.
pub(crate) struct Traffic {
    functions: Vec<Generated>,
}

/// One function's traffic, generated as far as it was asked for.
pub(crate) struct Generated {
    function: FunctionTraffic,
    seed: u64,
    now: i64,
    plan: OnceLock<Played>,
}

/// The plan and the log lines written so far, by the day (UTC) in which an invocation started.
struct Played {
    plan: Plan,
    streams: Vec<Arc<str>>,
    days: BTreeMap<i64, Day>,
}

struct Day {
    /// Positions in the plan: from, to (exclusive).
    invocations: std::ops::Range<usize>,
    events: OnceLock<Arc<[LogEvent]>>,
}

/// A log stream's extent, known without writing a line. Times are epoch milliseconds.
pub(crate) struct StreamExtent {
    pub(crate) name: Arc<str>,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

const DAY_MS: i64 = 86_400_000;
/// No Lambda invocation is longer than 15 minutes: so far may its lines reach into the next day.
const LONGEST_MS: i64 = 16 * 60_000;

impl Parsed for Traffic {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let now = scenario.now.as_millisecond();
        let generated = |function| Generated { function, seed: scenario.seed, now, plan: OnceLock::new() };
        Ok(Self { functions: file::read(scenario)?.into_iter().map(generated).collect() })
    }
}

impl Traffic {
    /// The functions, in the order of the file.
    pub(crate) fn functions(&self) -> &[Generated] {
        &self.functions
    }
}

impl Generated {
    pub(crate) fn name(&self) -> &str {
        &self.function.name
    }

    pub(crate) fn log_group(&self) -> &str {
        &self.function.log_group
    }

    fn played(&self) -> &Played {
        self.plan.get_or_init(|| Played::of(generate::plan(&self.function, self.seed, self.now)))
    }

    /// Appends all log events from `from` to `to` (epoch milliseconds, both inclusive), in no particular order.
    pub(crate) fn collect_events(&self, from: i64, to: i64, events: &mut Vec<LogEvent>) {
        let played = self.played();
        let (first, last) =
            (from.saturating_sub(LONGEST_MS).div_euclid(DAY_MS), to.saturating_add(LONGEST_MS).div_euclid(DAY_MS));
        for day in played.days.range(first..=last).map(|(_, day)| day) {
            let written = day.events.get_or_init(|| self.write(played, day));
            events.extend(written.iter().filter(|event| (from..=to).contains(&event.timestamp)).cloned());
        }
    }

    fn write(&self, played: &Played, day: &Day) -> Arc<[LogEvent]> {
        let mut draws = numbers::Draws::of(self.seed, &format!("{}/lines", self.function.name));
        let mut events = Vec::with_capacity(day.invocations.len() * 4);
        for index in day.invocations.clone() {
            let stream =
                played.plan.invocations.get(index).and_then(|invocation| played.streams.get(invocation.stream?));
            let Some(stream) = stream else { continue };
            for (timestamp, message) in lambda_log::lines(&self.function, &played.plan, index, &mut draws) {
                if timestamp <= self.now {
                    events.push(LogEvent::new(timestamp, Arc::clone(stream), message.into()));
                }
            }
        }
        events.into()
    }

    /// The streams, in the order in which they began.
    pub(crate) fn streams(&self) -> Vec<StreamExtent> {
        let played = self.played();
        let mut extents: Vec<StreamExtent> = played
            .streams
            .iter()
            .map(|name| StreamExtent { name: Arc::clone(name), first: i64::MAX, last: i64::MIN })
            .collect();
        for invocation in &played.plan.invocations {
            if let Some(extent) = invocation.stream.and_then(|stream| extents.get_mut(stream)) {
                extent.first = extent.first.min(invocation.begin());
                extent.last = extent.last.max(invocation.end().min(self.now));
            }
        }
        extents
    }

    /// Bytes that all its log events take in storage, projected from its first day with traffic.
    pub(crate) fn stored_bytes(&self) -> u64 {
        let played = self.played();
        let Some(day) = played.days.values().next() else { return 0 };
        let written = day.events.get_or_init(|| self.write(played, day));
        let bytes: u64 = written.iter().map(LogEvent::stored_bytes).sum();
        bytes * played.plan.invocations.len() as u64 / (day.invocations.len() as u64).max(1)
    }

    /// Samples of one metric with times in `from..to` (epoch milliseconds).
    pub(crate) fn samples(&self, metric: LambdaMetric, from: i64, to: i64) -> Vec<Sample> {
        samples::samples(&self.played().plan, metric, from, to.min(self.now + 1), self.now)
    }

    /// How many of its invocations run at an instant (epoch milliseconds).
    pub(crate) fn running_at(&self, at: i64) -> f64 {
        samples::running_at(&self.played().plan, at)
    }

    /// Whether it has any invocation (throttled ones count) that started in `from..to`.
    pub(crate) fn active(&self, from: i64, to: i64) -> bool {
        !instant_index::within(&self.played().plan.invocations, from, to).is_empty()
    }
}

impl Played {
    fn of(plan: Plan) -> Self {
        let mut days: BTreeMap<i64, Day> = BTreeMap::new();
        for (index, invocation) in plan.invocations.iter().enumerate() {
            let day = days
                .entry(invocation.at.div_euclid(DAY_MS))
                .or_insert_with(|| Day { invocations: index..index, events: OnceLock::new() });
            day.invocations.end = index + 1;
        }
        let streams = plan.streams.iter().map(|name| Arc::from(name.as_str())).collect();
        Self { plan, streams, days }
    }
}
