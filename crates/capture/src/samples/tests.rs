#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;

use super::{Sample, Statistics};

/// The statistics of samples, as a world computes them.
fn statistics(samples: &[Sample], percents: &[f64]) -> Statistics {
    let mut sorted = samples.to_vec();
    sorted.sort_by(|one, other| one.value.total_cmp(&other.value));
    let count = sorted.iter().map(|sample| sample.weight).sum::<f64>();
    let percentile = |percent: f64| {
        let mut passed = 0.0;
        let reached = sorted.iter().find(|sample| {
            passed += sample.weight;
            passed >= percent / 100.0 * count
        });
        (percent, reached.unwrap().value)
    };
    Statistics {
        count,
        sum: sorted.iter().map(|sample| sample.value * sample.weight).sum(),
        minimum: sorted[0].value,
        maximum: sorted[sorted.len() - 1].value,
        percentiles: percents.iter().map(|percent| percentile(*percent)).collect(),
    }
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs()).max(1.0)
}

proptest! {
    #[test]
    fn samples_made_of_statistics_have_these_statistics(values in prop::collection::vec(-1e6..1e6f64, 1..300)) {
        let samples: Vec<Sample> = values.into_iter().map(|value| Sample { value, weight: 1.0 }).collect();
        let percents = [50.0, 90.0, 99.0];
        let wanted = statistics(&samples, &percents);
        let made = wanted.samples();
        let got = statistics(&made, &percents);
        prop_assert_eq!(wanted.count, got.count);
        prop_assert!(close(wanted.sum, got.sum), "{} {}", wanted.sum, got.sum);
        prop_assert!(close(wanted.minimum, got.minimum) && close(wanted.maximum, got.maximum));
        for (wanted, got) in wanted.percentiles.iter().zip(&got.percentiles) {
            prop_assert!(close(wanted.1, got.1), "{wanted:?} {got:?}");
        }
        prop_assert!(made.len() <= 9);
    }

    #[test]
    fn statistics_that_contradict_each_other_still_give_samples(
        count in 1.0..1e6f64, sum in -1e9..1e9f64, minimum in -1e3..1e3f64, maximum in -1e3..1e3f64, p99 in -1e3..1e3f64,
    ) {
        let samples = Statistics { count, sum, minimum, maximum, percentiles: vec![(99.0, p99)] }.samples();
        prop_assert!(!samples.is_empty());
        prop_assert!(samples.iter().all(|sample| sample.value.is_finite() && sample.weight >= 1.0));
    }
}
