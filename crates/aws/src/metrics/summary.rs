//! The figures of a run of points.

use marple_case::facts::{Point, Summary};

/// The figures. Points that are no numbers are left out.
pub(crate) fn of(points: &[Point]) -> Summary {
    let values = points.iter().map(|point| point.value).filter(|value| value.is_finite());
    let mut summary = Summary::default();
    for value in values {
        (summary.min, summary.max) = match summary.points {
            0 => (value, value),
            _ => (summary.min.min(value), summary.max.max(value)),
        };
        summary.points = summary.points.saturating_add(1);
        summary.sum += value;
        summary.nonzero = summary.nonzero.saturating_add(u32::from(value != 0.0));
    }
    if summary.points > 0 {
        summary.mean = summary.sum / f64::from(summary.points);
    }
    summary
}

/// The mean and the standard deviation.
pub(super) fn spread(values: &[f64]) -> (f64, f64) {
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

/// The median; 0 of none.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

/// The mean; `None` of none.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Some(mean).filter(|mean| mean.is_finite())
}

/// Pearson's coefficient of pairs, -1 to 1; 0 where either side does not vary, or is too large to be reckoned with.
pub(super) fn pearson(pairs: &[(f64, f64)]) -> f64 {
    let count = pairs.len() as f64;
    let (sum_x, sum_y) = pairs.iter().fold((0.0, 0.0), |(x, y), pair| (x + pair.0, y + pair.1));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (mut with, mut own_x, mut own_y) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        with += (x - mean_x) * (y - mean_y);
        own_x += (x - mean_x).powi(2);
        own_y += (y - mean_y).powi(2);
    }
    // What is left of a constant after rounding is no variation.
    let is_constant = |own: f64, mean: f64| own <= count * (mean * 1e-9).powi(2);
    let coefficient = with / (own_x.sqrt() * own_y.sqrt());
    if is_constant(own_x, mean_x) || is_constant(own_y, mean_y) || !coefficient.is_finite() {
        return 0.0;
    }
    coefficient.clamp(-1.0, 1.0)
}
