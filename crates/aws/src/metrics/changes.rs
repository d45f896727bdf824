//! Where a series changed its level: binary segmentation by squared error.
//!
//! A split is a change where it explains most of the variation of its segment, where both sides are long enough, and where
//! the levels differ by more than the noise about them. A single spike is no change of level.

use marple_case::facts::{ChangePoint, Point};

use super::summary::spread;

/// Points that a level needs.
const SHORTEST: usize = 3;
/// Changes that are reported at most.
const MOST: usize = 6;
/// The part of the squared error that a split has to explain.
const EXPLAINED: f64 = 0.5;
/// Levels differ by at least so many standard deviations of the noise about them.
const NOISES: f64 = 2.0;

/// The changes of level, oldest first.
pub(crate) fn of(points: &[Point]) -> Vec<ChangePoint> {
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Vec::new();
    }
    let mut bounds = vec![0, values.len()];
    while bounds.len() < MOST + 2 {
        let best = bounds.windows(2).filter_map(|pair| match pair {
            [start, end] => best_split(&values, *start, *end),
            _ => None,
        });
        let Some((_, at)) = best.max_by(|a, b| a.0.total_cmp(&b.0)) else { break };
        bounds.push(at);
        bounds.sort_unstable();
    }
    let changes = bounds.windows(3).filter_map(|triple| match triple {
        [start, at, end] => {
            let (before, _) = spread(values.get(*start..*at)?);
            let (after, _) = spread(values.get(*at..*end)?);
            Some(ChangePoint { at: points.get(*at)?.at, before, after })
        }
        _ => None,
    });
    changes.collect()
}

/// The split of a segment that explains most, with the squared error that it takes away. `None`: the segment is one level.
fn best_split(values: &[f64], start: usize, end: usize) -> Option<(f64, usize)> {
    let segment = values.get(start..end)?;
    let count = segment.len();
    if count < 2 * SHORTEST {
        return None;
    }
    let (sum, squares) =
        segment.iter().fold((0.0, 0.0), |(sum, squares), value| (sum + value, squares + value * value));
    let error = |sum: f64, squares: f64, count: usize| squares - sum * sum / count as f64;
    let whole = error(sum, squares, count);
    let (mut left_sum, mut left_squares) = (0.0, 0.0);
    let mut best: Option<(f64, usize)> = None;
    for (place, value) in segment.iter().enumerate() {
        let left = place;
        if left >= SHORTEST && count - left >= SHORTEST {
            let split =
                error(left_sum, left_squares, left) + error(sum - left_sum, squares - left_squares, count - left);
            let gain = whole - split;
            if best.is_none_or(|(most, _)| gain > most) {
                best = Some((gain, left));
            }
        }
        left_sum += value;
        left_squares += value * value;
    }
    let (gain, left) = best?;
    let (before, noise_before) = spread(segment.get(..left)?);
    let (after, noise_after) = spread(segment.get(left..)?);
    let step = (after - before).abs();
    let scale = before.abs().max(after.abs());
    let is_level = gain >= EXPLAINED * whole && step > NOISES * noise_before.max(noise_after) && step > 0.05 * scale;
    (is_level && whole > f64::EPSILON * scale * scale).then_some((gain, start + left))
}
