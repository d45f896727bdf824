//! `world/cloudwatch/series.toml`, parsed strictly and checked. The format is in `docs/worlds.md`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::MetricId;
use super::run_value::RunValue;
use super::series::{Segment, Series, Shape};
use crate::scenario::read_toml;
use crate::traffic::Hourly;
use crate::world::Parsed;
use crate::{Scenario, ScenarioError};

const SERIES_FILE: &str = "world/cloudwatch/series.toml";

/// The series that stand in the file, in its order.
pub(crate) struct SeriesFile(pub(super) Vec<Series>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    series: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    namespace: String,
    metric: String,
    #[serde(default = "no_unit")]
    unit: String,
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
    #[serde(default = "one_minute")]
    period_s: i64,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    base: Option<Hourly>,
    #[serde(default)]
    noise: f64,
    min: Option<f64>,
    max: Option<f64>,
    #[serde(default)]
    integer: bool,
    #[serde(default = "one")]
    samples: f64,
    #[serde(default)]
    segment: Vec<SegmentTable>,
    #[serde(default)]
    run: Vec<RunTable>,
    #[serde(default)]
    point: Vec<PointTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentTable {
    from: Timestamp,
    to: Timestamp,
    value: Option<f64>,
    ramp: Option<[f64; 2]>,
    #[serde(default)]
    absent: bool,
    noise: Option<f64>,
}

/// Exact points in a row, one a period.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunTable {
    from: Timestamp,
    values: Vec<RunValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PointTable {
    at: Timestamp,
    value: f64,
}

fn no_unit() -> String {
    "None".to_owned()
}
fn one_minute() -> i64 {
    60
}
fn one() -> f64 {
    1.0
}

impl Parsed for SeriesFile {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let Some(content) = scenario.files().get(SERIES_FILE) else {
            return Ok(Self(Vec::new()));
        };
        let file: File = read_toml(SERIES_FILE, content)?;
        let now = scenario.now.as_millisecond();
        let series = file.series.into_iter().map(|table| {
            let name = format!("{} {} {:?}", table.namespace, table.metric, table.dimensions);
            table.checked(scenario.seed, now).map_err(|what| ScenarioError::Invalid {
                file: SERIES_FILE.to_owned(),
                what: format!("{name}: {what}"),
            })
        });
        Ok(Self(series.collect::<Result<_, _>>()?))
    }
}

impl Table {
    fn checked(self, seed: u64, now: i64) -> Result<Series, String> {
        if self.period_s < 1 || self.period_s > 86_400 {
            return Err("period_s has to be from 1 to 86400".to_owned());
        }
        if let Some(fault) = self.base.as_ref().and_then(Hourly::fault) {
            return Err(format!("base: {fault}"));
        }
        if self.base.is_some() && self.from.is_none() {
            return Err("a series with a base needs `from`".to_owned());
        }
        if self.samples < 1.0 || self.noise < 0.0 {
            return Err("samples has to be at least 1, and noise at least 0".to_owned());
        }
        let segments = self.segment.into_iter().map(SegmentTable::checked).collect::<Result<Vec<_>, _>>()?;
        let id = MetricId::new(self.namespace, self.metric, self.dimensions.into_iter().collect());
        let period = self.period_s * 1000;
        let runs = self.run.iter().flat_map(|run| run.points(period));
        let points = self.point.iter().map(|point| (point.at.as_millisecond(), Some(point.value)));
        Ok(Series {
            stream: format!("{} {} {:?}", id.namespace, id.name, id.dimensions),
            id,
            seed,
            unit: self.unit,
            period,
            from: self.from.map_or(now, Timestamp::as_millisecond),
            to: self.to.map_or(now, Timestamp::as_millisecond).min(now),
            base: self.base,
            noise: self.noise,
            min: self.min.unwrap_or(f64::NEG_INFINITY),
            max: self.max.unwrap_or(f64::INFINITY),
            integer: self.integer,
            weight: self.samples,
            segments,
            points: runs.chain(points).filter(|(at, _)| *at <= now).collect(),
        })
    }
}

impl RunTable {
    fn points(&self, period: i64) -> impl Iterator<Item = (i64, Option<f64>)> {
        let from = self.from.as_millisecond();
        (0..).zip(&self.values).map(move |(step, RunValue(value))| (from + step * period, *value))
    }
}

impl SegmentTable {
    fn checked(self) -> Result<Segment, String> {
        let shape = match (self.value, self.ramp, self.absent) {
            (Some(value), None, false) => Shape::Ramp([value, value]),
            (None, Some(ramp), false) => Shape::Ramp(ramp),
            (None, None, true) => Shape::Absent,
            _ => return Err(format!("the segment from {} needs exactly one of value, ramp and absent", self.from)),
        };
        let (from, to) = (self.from.as_millisecond(), self.to.as_millisecond());
        if from >= to {
            return Err(format!("the segment from {} ends before it begins", self.from));
        }
        Ok(Segment { from, to, shape, noise: self.noise })
    }
}
