//! A series of `series.toml`: its value at each of its instants.
//!
//! Every instant has its own place in the series' stream of seeded numbers, so that any span can be computed alone.

use std::collections::BTreeMap;

use super::MetricId;
use crate::traffic::numbers::Draws;
use crate::traffic::{Hourly, Sample};

/// Times are epoch milliseconds, `to` is exclusive.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) id: MetricId,
    pub(super) seed: u64,
    /// Names the stream of its noise.
    pub(super) stream: String,
    pub(super) unit: String,
    /// Spacing of the samples in milliseconds.
    pub(super) period: i64,
    pub(super) from: i64,
    pub(super) to: i64,
    /// None: segments and points only.
    pub(super) base: Option<Hourly>,
    /// Standard deviation, relative to the value.
    pub(super) noise: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) integer: bool,
    /// Raw samples behind a point.
    pub(super) weight: f64,
    pub(super) segments: Vec<Segment>,
    /// Stated points, which win over all else, the last over those before; none is a hole.
    pub(super) points: Vec<(i64, Option<f64>)>,
}

#[derive(Debug)]
pub(super) struct Segment {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) shape: Shape,
    /// Overrides the series' noise.
    pub(super) noise: Option<f64>,
}

#[derive(Debug)]
pub(super) enum Shape {
    /// From the first value to the second.
    Ramp([f64; 2]),
    Absent,
}

/// Words of the stream for each instant: what one normal number takes.
const WORDS: u128 = 6;

impl Series {
    /// The samples in `from..to`, in order of time.
    pub(super) fn samples(&self, from: i64, to: i64) -> Vec<Sample> {
        let mut samples: BTreeMap<i64, f64> = BTreeMap::new();
        let first = from.max(self.extent().0).div_euclid(self.period);
        let last = to.min(self.extent().1).saturating_add(self.period - 1).div_euclid(self.period);
        let mut draws = Draws::of(self.seed, &self.stream);
        draws.seek(u128::try_from(first).unwrap_or(0) * WORDS);
        for slot in first..last {
            let noise = draws.normal();
            let at = slot * self.period;
            if let Some(value) = self.value(at, noise).filter(|_| (from..to).contains(&at)) {
                samples.insert(slot, value);
            }
        }
        let mut stated: BTreeMap<i64, Option<f64>> = BTreeMap::new();
        for (at, value) in &self.points {
            // Also when the point itself is outside the span: it has taken the place of the slot's sample.
            samples.remove(&at.div_euclid(self.period));
            if (from..to).contains(at) {
                stated.insert(*at, *value);
            }
        }
        let regular = samples.into_iter().map(|(slot, value)| (slot * self.period, value));
        let stated = stated.into_iter().filter_map(|(at, value)| Some((at, value?)));
        let mut all: Vec<Sample> =
            regular.chain(stated).map(|(at, value)| Sample { at, value, weight: self.weight }).collect();
        all.sort_by_key(|sample| sample.at);
        all
    }

    /// The span in which base and segments give samples; a segment may lie outside the base's span.
    fn extent(&self) -> (i64, i64) {
        let base = self.base.is_some().then_some((self.from, self.to));
        let segments = self.segments.iter().map(|segment| (segment.from, segment.to.min(self.to)));
        base.into_iter().chain(segments).reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))).unwrap_or((0, 0))
    }

    fn value(&self, at: i64, normal: f64) -> Option<f64> {
        let segment = self.segments.iter().rev().find(|segment| (segment.from..segment.to).contains(&at));
        let level = match segment.map(|segment| &segment.shape) {
            Some(Shape::Absent) => return None,
            Some(Shape::Ramp([first, second])) => {
                let share =
                    segment.map_or(0.0, |segment| (at - segment.from) as f64 / (segment.to - segment.from) as f64);
                first + (second - first) * share
            }
            None => self.base.as_ref().filter(|_| (self.from..self.to).contains(&at))?.at(at),
        };
        let noise = segment.and_then(|segment| segment.noise).unwrap_or(self.noise);
        let value = level + level * noise * normal;
        // Adding zero makes a rounded -0.0 the plain zero that AWS writes.
        let value = if self.integer { value.round() } else { (value * 10_000.0).round() / 10_000.0 } + 0.0;
        Some(value.max(self.min).min(self.max))
    }
}
