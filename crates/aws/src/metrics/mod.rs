//! What code reads in a series of data points. Pure.
//!
//! - [`summary`]: the figures of a run of points;
//! - [`changes`]: where the level changed;
//! - [`shape`]: flat, spikes, step, ramp, sawtooth, plateau, varying;
//! - [`correlation`]: whether memory, CPU or errors follow requests;
//! - [`pauses`]: where points that come regularly are missing;
//! - [`text`]: a series as lines: figures, shape, sparkline, the points that matter;
//! - [`query`]: asking CloudWatch, the one part that does I/O.
//!
//! A missing point is not a zero: nothing here fills gaps, save in counts of work that came in (see [`correlation`]).

pub(crate) mod changes;
pub(crate) mod correlation;
pub(crate) mod pauses;
pub(crate) mod query;
pub(crate) mod shape;
pub(crate) mod summary;
pub(crate) mod text;

use marple_case::facts::{MetricId, Point, Series};

/// A series of the window's points, compared with the baseline's.
pub(crate) fn series(
    metric: MetricId,
    statistic: String,
    period_s: u32,
    points: Vec<Point>,
    baseline: Option<&[Point]>,
) -> Series {
    let change_points = changes::of(&points);
    let shape = shape::of(&points, &change_points);
    Series {
        metric,
        statistic,
        period_s,
        unit: None,
        window: summary::of(&points),
        baseline: baseline.map(summary::of),
        change_points,
        shape,
        points,
        pauses: Vec::new(),
        baseline_pauses: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
