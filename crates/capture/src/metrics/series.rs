//! `world/cloudwatch/series.toml`: the samples of each metric as runs, one series for each weight.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;
use marple_case::facts::MetricId;

use super::Sampled;
use crate::samples::Sample;

/// Periods without a value that are written as holes; after more of them, another run begins.
const HOLES: i64 = 8;

/// Values by their time, epoch milliseconds.
type Lane = BTreeMap<i64, f64>;

/// Writes the file. `None`: there are no points.
pub(crate) fn write(sampled: &BTreeMap<MetricId, Sampled>) -> Option<String> {
    let mut text = "# Read from CloudWatch period by period: the samples of a period have its count, sum, lowest, highest and percentiles.\n".to_owned();
    let mut is_empty = true;
    for (metric, periods) in sampled {
        for (period_s, periods) in periods {
            for (weight, lanes) in lanes(periods) {
                is_empty = false;
                head(&mut text, metric, *period_s, weight);
                lanes.iter().for_each(|lane| runs(&mut text, lane, *period_s));
            }
        }
    }
    (!is_empty).then_some(text)
}

/// Samples of one weight. A lane has one sample a period at most; each lane is a second later than the one before.
fn lanes(periods: &BTreeMap<i64, Vec<Sample>>) -> Vec<(f64, Vec<Lane>)> {
    let mut by_weight: Vec<(f64, Vec<Lane>)> = Vec::new();
    for (at, samples) in periods {
        let mut used: Vec<(f64, usize)> = Vec::new();
        for sample in samples {
            let number = used.iter().filter(|(weight, _)| *weight == sample.weight).count();
            used.push((sample.weight, number));
            let place = by_weight.iter().position(|(weight, _)| *weight == sample.weight).unwrap_or_else(|| {
                by_weight.push((sample.weight, Vec::new()));
                by_weight.len() - 1
            });
            let Some((_, lanes)) = by_weight.get_mut(place) else { continue };
            if lanes.len() <= number {
                lanes.push(Lane::new());
            }
            let later = i64::try_from(number).unwrap_or(0) * 1000;
            if let Some(lane) = lanes.get_mut(number) {
                lane.insert(at + later, sample.value);
            }
        }
    }
    by_weight.sort_by(|one, other| one.0.total_cmp(&other.0));
    by_weight
}

fn head(text: &mut String, metric: &MetricId, period_s: i64, weight: f64) {
    let dimensions: Vec<String> =
        metric.dimensions.iter().map(|(name, value)| format!("{} = {}", quoted(name), quoted(value))).collect();
    let _ = write!(
        text,
        "\n[[series]]\nnamespace = {}\nmetric = {}\ndimensions = {{ {} }}\nperiod_s = {period_s}\n",
        quoted(&metric.namespace),
        quoted(&metric.name),
        dimensions.join(", "),
    );
    if weight > 1.0 {
        let _ = writeln!(text, "samples = {weight:?}");
    }
}

fn runs(text: &mut String, lane: &Lane, period_s: i64) {
    let period = period_s.saturating_mul(1000).max(1);
    let mut last: Option<i64> = None;
    for (at, value) in lane {
        match last.map(|last| (at - last) / period) {
            Some(steps) if steps <= HOLES => {
                (1..steps).for_each(|_| text.push_str(", \"-\""));
                let _ = write!(text, ", {value:?}");
            }
            _ => {
                if last.is_some() {
                    text.push_str("]\n");
                }
                let from = Timestamp::from_millisecond(*at).map_or_else(|_| String::new(), |from| from.to_string());
                let _ = write!(text, "[[series.run]]\nfrom = \"{from}\"\nvalues = [{value:?}");
            }
        }
        last = Some(*at);
    }
    if last.is_some() {
        text.push_str("]\n");
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
