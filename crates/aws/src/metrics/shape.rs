//! The shape of a series, in one word.

use marple_case::facts::{ChangePoint, Point, Shape};

use super::summary::{median, spread};

/// A series whose standard deviation is below this part of its mean is flat.
const FLAT: f64 = 0.1;
/// A line explains at least this part of the variation of a ramp.
const STRAIGHT: f64 = 0.7;
/// At most this part of the points stands out where there are spikes.
const FEW: f64 = 0.2;

/// The shape.
pub(crate) fn of(points: &[Point], changes: &[ChangePoint]) -> Shape {
    let values: Vec<f64> = points.iter().map(|point| point.value).filter(|value| value.is_finite()).collect();
    let (mean, deviation) = spread(&values);
    if values.is_empty() {
        return Shape::Empty;
    }
    if deviation <= FLAT * mean.abs() {
        return Shape::Flat;
    }
    if values.len() < 4 {
        return Shape::Varying;
    }
    if is_sawtooth(&values) {
        return Shape::Sawtooth;
    }
    if is_spikes(&values) {
        return Shape::Spikes;
    }
    if is_plateau(&values) {
        return Shape::Plateau;
    }
    if slope_fit(&values) >= STRAIGHT && rises_smoothly(&values) {
        return Shape::Ramp;
    }
    match changes {
        [] => Shape::Varying,
        [_] => Shape::Step,
        _ => Shape::Varying,
    }
}

fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)))
}

/// A few points stand far above the level of all others.
fn is_spikes(values: &[f64]) -> bool {
    let level = median(values);
    let deviations: Vec<f64> = values.iter().map(|value| (value - level).abs()).collect();
    let (low, high) = range(values);
    let usual = (3.0 * median(&deviations)).max(0.3 * (high - low));
    let outstanding = values.iter().filter(|value| (**value - level).abs() > usual).count();
    let calm: Vec<f64> = values.iter().copied().filter(|value| (value - level).abs() <= usual).collect();
    let (_, noise) = spread(&calm);
    outstanding > 0 && outstanding as f64 <= FEW * values.len() as f64 && high - low > 5.0 * noise
}

/// Two drops or more, each of at least half the range within two points, with a climb before each that takes several steps.
fn is_sawtooth(values: &[f64]) -> bool {
    let (low, high) = range(values);
    let drop = (high - low) / 2.0;
    let (mut drops, mut climbs) = (0_u32, 0_u32);
    let (mut lowest, mut steepest, mut previous) = (f64::INFINITY, 0.0_f64, f64::NAN);
    for value in values {
        if previous - value >= drop {
            let climbed = previous - lowest;
            drops += 1;
            climbs += u32::from(climbed >= drop && steepest <= 0.6 * climbed);
            (lowest, steepest) = (*value, 0.0);
        } else {
            steepest = steepest.max(value - previous);
            lowest = lowest.min(*value);
        }
        previous = *value;
    }
    drops >= 2 && climbs >= 2
}

/// At least five points in a row, and a tenth of all, lie within 2 % of the greatest value, and others lie well below.
fn is_plateau(values: &[f64]) -> bool {
    let (low, high) = range(values);
    let near = high - 0.02 * (high - low);
    let (mut longest, mut run) = (0_usize, 0_usize);
    for value in values {
        run = if *value >= near { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let below = values.iter().filter(|value| **value < low + 0.5 * (high - low)).count();
    longest >= 5.max(values.len() / 10) && longest < values.len() && below > 0 && high > 0.0 && !is_one_step(values)
}

/// Whether the series jumps once and stays: then the upper level is a step's, not a limit's.
fn is_one_step(values: &[f64]) -> bool {
    let (low, high) = range(values);
    let middle = low + (high - low) / 2.0;
    let crossings = values.windows(2).filter(|pair| matches!(pair, [a, b] if (*a < middle) != (*b < middle))).count();
    crossings == 1
}

/// How much of the variation a straight line explains, 0 to 1.
fn slope_fit(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let (mean, deviation) = spread(values);
    let middle = (count - 1.0) / 2.0;
    let (mut with, mut places) = (0.0, 0.0);
    for (place, value) in values.iter().enumerate() {
        let offset = place as f64 - middle;
        with += offset * (value - mean);
        places += offset * offset;
    }
    let total = deviation * deviation * count;
    if places == 0.0 || total == 0.0 { 0.0 } else { with * with / places / total }
}

/// No single step takes more than half of the range.
fn rises_smoothly(values: &[f64]) -> bool {
    let (low, high) = range(values);
    let steps = values.windows(2).filter_map(|pair| match pair {
        [a, b] => Some((b - a).abs()),
        _ => None,
    });
    steps.fold(0.0, f64::max) <= 0.5 * (high - low)
}
