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
