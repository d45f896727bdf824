//! Statistics over the samples of a window.

use std::collections::BTreeMap;

use super::period::Windows;
use crate::traffic::Sample;

/// Points by the begin of their window, epoch milliseconds.
pub(crate) type Points = BTreeMap<i64, f64>;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Statistic {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
    /// In percent: `p99.9`.
    Percentile(f64),
}

impl Statistic {
    /// Reads `Average` or `p99`; none for what AWS or this world does not know.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "SampleCount" => Self::SampleCount,
            "Average" => Self::Average,
            "Sum" => Self::Sum,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            _ => {
                let percent = text
                    .strip_prefix('p')
                    .filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))?;
                Self::Percentile(percent.parse().ok().filter(|percent| (0.0..=100.0).contains(percent))?)
            }
        })
    }

    /// The statistic of samples; none if there are none.
    pub(crate) fn of(self, samples: &[Sample]) -> Option<f64> {
        let count: f64 = samples.iter().map(|sample| sample.weight).sum();
        let sum: f64 = samples.iter().map(|sample| sample.value * sample.weight).sum();
        let values = samples.iter().map(|sample| sample.value);
        if samples.is_empty() {
            return None;
        }
        match self {
            Self::SampleCount => Some(count),
            Self::Average => Some(sum / count),
            Self::Sum => Some(sum),
            Self::Minimum => values.reduce(f64::min),
            Self::Maximum => values.reduce(f64::max),
            Self::Percentile(percent) => {
                let mut sorted = samples.to_vec();
                sorted.sort_by(|one, other| one.value.total_cmp(&other.value));
                let rank = percent / 100.0 * count;
                let mut passed = 0.0;
                let reached = sorted.iter().find(|sample| {
                    passed += sample.weight;
                    passed >= rank
                });
                reached.or(sorted.last()).map(|sample| sample.value)
            }
        }
    }
}

/// Samples, which are in order of time, by the windows in which they fall; windows whose period is no longer kept are left out.
pub(crate) fn by_window<'a>(samples: &'a [Sample], windows: &Windows, now: i64) -> Vec<(i64, &'a [Sample])> {
    samples
        .chunk_by(|one, other| windows.of(one.at) == windows.of(other.at))
        .filter_map(|chunk| Some((windows.of(chunk.first()?.at), chunk)))
        .filter(|(begin, _)| windows.keeps(*begin, now))
        .collect()
}

/// The points of one statistic.
pub(crate) fn points(samples: &[Sample], windows: &Windows, statistic: Statistic, now: i64) -> Points {
    by_window(samples, windows, now)
        .into_iter()
        .filter_map(|(begin, chunk)| Some((begin, statistic.of(chunk)?)))
        .collect()
}
