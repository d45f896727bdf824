//! Where a series that has points at regular times has none: a job that rests, a program that stopped, an agent that is silent.
//!
//! A series whose points come as they like has no pauses: what is missing there is chance.

use jiff::{SignedDuration, Timestamp};
use marple_case::{Window, facts::Point};

use crate::window::later;

/// Points that show a rhythm, at least.
const FEWEST: usize = 5;
/// The part of the distances between points that are the usual one.
const REGULAR: f64 = 0.6;
/// A pause is longer than so many usual distances.
const MISSED: i32 = 4;
/// Pauses that are told.
const MOST: usize = 12;

/// The pauses in a span, oldest first: from the end of the last point's period to the next point, or to the span's end.
pub(crate) fn of(points: &[Point], span: Window, period_s: u32) -> Vec<Window> {
    let period = SignedDuration::from_secs(i64::from(period_s));
    let distances: Vec<SignedDuration> = points
        .windows(2)
        .filter_map(|pair| match pair {
            [one, next] => Some(next.at.duration_since(one.at)),
            _ => None,
        })
        .collect();
    let mut sorted = distances.clone();
    sorted.sort();
    let Some(usual) = sorted.get(sorted.len() / 2).copied().filter(|_| points.len() >= FEWEST) else {
        return Vec::new();
    };
    let alike = distances.iter().filter(|distance| (**distance - usual).abs() <= period).count();
    if (alike as f64) < REGULAR * distances.len() as f64 {
        return Vec::new();
    }
    let ends = points.iter().map(|point| later(point.at, period));
    let from: Vec<Timestamp> = std::iter::once(span.start).chain(ends).collect();
    let until = points.iter().map(|point| point.at).chain(std::iter::once(span.end));
    let stretches = from.into_iter().zip(until).map(|(start, end)| Window { start, end });
    stretches.filter(|stretch| stretch.end.duration_since(stretch.start) > usual * MISSED).take(MOST).collect()
}

#[cfg(test)]
mod tests;
