//! A pair of series in one sentence that can be quoted.

use marple_case::facts::{Correlation, Series};

use super::{Period, periods};
use crate::metrics::{
    summary::{mean, pearson},
    text::number,
};

/// A coefficient from which on two series are said to move together.
const TOGETHER: f64 = 0.6;
/// Below this part of the change with work, the change without is none.
const STILL: f64 = 0.25;
/// Climbs before a restart, at least, of what keeps what it is given.
const RESTART_CLIMBS: usize = 3;

/// `correlation: MemoryUtilization Average rises with RequestCount: +1.95 for each request in the 14 periods of 60 s with requests, …`.
/// `None`: the indices name no series.
pub(crate) fn sentence(correlation: &Correlation, series: &[Series]) -> Option<String> {
    let (driver, follower) = (series.get(correlation.driver)?, series.get(correlation.follower)?);
    let periods = periods(driver, follower);
    let (driven, idle): (Vec<Period>, Vec<Period>) = periods.iter().partition(|period| period.driver > 0.0);
    let pair = Pair { correlation, driver, follower, name: name(follower, series), driven, idle };
    let text = pair.climb().or_else(|| pair.level()).or_else(|| pair.apart())?;
    Some(format!("correlation: {text}"))
}

/// A follower's name and statistic, with its last dimension where another series has both.
fn name(follower: &Series, series: &[Series]) -> String {
    let same = |other: &&Series| other.metric.name == follower.metric.name && other.statistic == follower.statistic;
    let plain = format!("{} {}", follower.metric.name, follower.statistic);
    match follower.metric.dimensions.last_key_value() {
        Some((_, value)) if series.iter().filter(same).count() > 1 => format!("{plain} of {value}"),
        _ => plain,
    }
}

struct Pair<'a> {
    correlation: &'a Correlation,
    driver: &'a Series,
    follower: &'a Series,
    name: String,
    driven: Vec<Period>,
    idle: Vec<Period>,
}

impl Pair<'_> {
    /// What the driver counts.
    fn noun(&self) -> &'static str {
        match self.driver.metric.name.as_str() {
            "RequestCount" | "Count" => "request",
            "Invocations" => "invocation",
            "NumberOfMessagesReceived" => "message",
            _ => "event",
        }
    }

    fn changes(periods: &[Period]) -> Vec<f64> {
        periods.iter().filter_map(|period| period.change).collect()
    }

    /// The follower's change moves with the driver, or it climbs whatever the driver does.
    fn climb(&self) -> Option<String> {
        let driven = mean(&Self::changes(&self.driven))?;
        let idle = mean(&Self::changes(&self.idle));
        let per_unit = self.correlation.change_per_unit?;
        let (name, driver) = (&self.name, &self.driver.metric.name);
        let (with, without) = (self.driven.len(), self.idle.len());
        let (r, nouns, period) = (self.correlation.changes, format!("{}s", self.noun()), self.follower.period_s);
        let is_still = idle.is_none_or(|idle| idle.abs() <= STILL * driven.abs());
        if r >= TOGETHER && per_unit > 0.0 && is_still && self.accumulates() {
            let (units, each) = unit(per_unit, self.noun());
            let rest = match idle {
                Some(idle) => format!(", {} a period in the {without} without", signed(idle)),
                None => ", and no period is without".to_owned(),
            };
            return Some(format!(
                "{name} rises with {driver}: {} for {each} in the {with} periods of {period} s with {nouns}{rest} (r {r:.2} of changes)",
                signed(units)
            ));
        }
        let idle = idle.filter(|_| without >= 3 && self.accumulates() && r.abs() < TOGETHER)?;
        let alike = driven > 0.0 && idle >= (1.0 - STILL) * driven && idle <= (1.0 + STILL) * driven;
        alike.then(|| {
            format!(
                "{name} rises with time, not with {driver}: {} a period of {period} s in the {with} with {nouns}, {} in the {without} \
                 without (r {r:.2} of changes)",
                signed(driven),
                signed(idle)
            )
        })
    }

    /// Whether the climbs add up to a good part of the range: noise goes up and down, and adds up to nothing; and what falls back after
    /// every few climbs was busy, and kept nothing.
    fn accumulates(&self) -> bool {
        let periods = || self.driven.iter().chain(&self.idle);
        let all: Vec<f64> = periods().filter_map(|period| period.change).collect();
        let (up, total) = (all.iter().sum::<f64>(), all.iter().map(|change| change.abs()).sum::<f64>());
        let climbs = all.iter().filter(|change| **change > 0.0).count();
        let restarts = periods().filter(|period| period.restart).count();
        total > 0.0 && up >= 0.5 * total && restarts * RESTART_CLIMBS <= climbs
    }

    /// The follower's value is another with work than without, or moves with its amount.
    fn level(&self) -> Option<String> {
        let (with, without) = (self.driven.len(), self.idle.len());
        let (name, driver, period) = (&self.name, &self.driver.metric.name, self.follower.period_s);
        let (nouns, r) = (format!("{}s", self.noun()), self.correlation.values);
        let driven = self.correlation.mean_when_driven?;
        let Some(idle) = self.correlation.mean_when_idle else {
            return (r >= TOGETHER).then(|| {
                format!(
                    "{name} follows {driver}: mean {} in the {with} periods of {period} s with {nouns}, and no period is without (r {r:.2} of values)",
                    number(rounded(driven))
                )
            });
        };
        let on_off: Vec<(f64, f64)> = self
            .driven
            .iter()
            .map(|one| (1.0, one.value))
            .chain(self.idle.iter().map(|one| (0.0, one.value)))
            .collect();
        let on_off = pearson(&on_off);
        if r.max(on_off) < TOGETHER || driven <= idle {
            return None;
        }
        let (mean, words) = if r >= on_off { (r, "of values") } else { (on_off, "of values with and without") };
        Some(format!(
            "{name} follows {driver}: it is {} in the {with} periods of {period} s with {nouns} and {} in the {without} without (r {mean:.2} {words})",
            number(rounded(driven)),
            number(rounded(idle)),
        ))
    }

    /// They do not move together. `None`: the driver is always the same, and nothing can be said.
    fn apart(&self) -> Option<String> {
        let Correlation { values, changes, mean_when_driven, mean_when_idle, .. } = self.correlation;
        let (name, driver, period, noun) = (&self.name, &self.driver.metric.name, self.follower.period_s, self.noun());
        let (with, without) = (self.driven.len(), self.idle.len());
        let (Some(driven), Some(idle)) = (mean_when_driven, mean_when_idle) else {
            let first = self.driven.first()?.driver;
            let varies = self.driven.iter().any(|period| period.driver != first);
            return varies.then(|| {
                format!(
                    "{name} does not follow {driver} in the {with} periods of {period} s, all with {noun}s (r {values:.2} of values, \
                     {changes:.2} of changes)"
                )
            });
        };
        Some(format!(
            "{name} does not follow {driver}: mean {} in the {with} periods of {period} s with {noun}s, {} in the {without} without (r \
             {values:.2} of values, {changes:.2} of changes)",
            number(rounded(*driven)),
            number(rounded(*idle)),
        ))
    }
}

/// A change a unit, for as many units as make it readable.
fn unit(per_unit: f64, noun: &str) -> (f64, String) {
    for units in [1.0, 100.0, 10_000.0] {
        if (per_unit * units).abs() >= 0.1 {
            let each = if units == 1.0 { format!("each {noun}") } else { format!("each {units} {noun}s") };
            return (per_unit * units, each);
        }
    }
    (per_unit * 1_000_000.0, format!("each 1000000 {noun}s"))
}

/// `+1.95`, `-0.02`, `+0`.
fn signed(value: f64) -> String {
    let shown = number(rounded(value));
    if shown.starts_with('-') { shown } else { format!("+{shown}") }
}

/// Two places after the point, more for what is smaller than that.
fn rounded(value: f64) -> f64 {
    if value.abs() > 1e12 {
        return value;
    }
    let places = if value.abs() >= 0.05 || value.abs() < 1e-6 { 100.0 } else { 1e6 };
    (value * places).round() / places
}
