#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use marple_case::facts::{MetricId, Point};
use proptest::prelude::*;

use super::*;

fn series(name: &str, statistic: &str, values: &[Option<f64>]) -> Series {
    let start: Timestamp = "2025-12-18T01:30:00Z".parse().unwrap();
    let at = |place: usize| start + SignedDuration::from_mins(i64::try_from(place).unwrap());
    let points = values.iter().enumerate().filter_map(|(place, value)| Some(Point { at: at(place), value: (*value)? }));
    let metric = MetricId { namespace: "AWS/Any".to_owned(), name: name.to_owned(), dimensions: BTreeMap::new() };
    crate::metrics::series(metric, statistic.to_owned(), 60, points.collect(), None)
}

fn sentences(series: &[Series]) -> String {
    let found = of(series);
    found.iter().map(|pair| sentence(pair, series).unwrap() + "\n").collect()
}

/// Requests of every fourth minute, more and fewer.
fn requests(length: usize) -> Vec<Option<f64>> {
    (0..length).map(|place| (place % 4 == 0).then_some((1 + place % 3) as f64)).collect()
}

#[test]
fn memory_that_grows_with_each_request_and_is_lost_at_a_restart_rises_with_requests() {
    let requests = requests(60);
    let mut level = 0.8;
    let memory: Vec<Option<f64>> = (0..60)
        .map(|place| {
            level = if place % 25 == 24 { 0.8 } else { level + 1.95 * requests[place].unwrap_or(0.0) };
            Some(level)
        })
        .collect();
    let all = [series("MemoryUtilization", "Average", &memory), series("RequestCount", "Sum", &requests)];
    insta::assert_snapshot!(sentences(&all), @"correlation: MemoryUtilization Average rises with RequestCount: +1.95 for each request in the 15 periods of 60 s with requests, +0 a period in the 45 without (r 1.00 of changes)");
}

#[test]
fn cpu_that_is_pinned_while_requests_run_follows_them_whatever_their_number() {
    let requests: Vec<Option<f64>> =
        (0..60).map(|place| (place % 20 < 2).then_some([1.0, 9.0, 3.0][place % 3])).collect();
    let cpu: Vec<Option<f64>> = requests.iter().map(|count| Some(if count.is_some() { 99.9 } else { 0.4 })).collect();
    let all = [series("RequestCount", "Sum", &requests), series("CPUUtilization", "Maximum", &cpu)];
    insta::assert_snapshot!(sentences(&all), @r"
    correlation: CPUUtilization Maximum follows RequestCount: it is 99.9 in the 6 periods of 60 s with requests and 0.4 in the 54 without (r 1.00 of values with and without)
    ");
}

#[test]
fn what_grows_with_time_and_what_does_not_follow_at_all_are_told_apart() {
    let requests = requests(60);
    let growing: Vec<Option<f64>> = (0..60).map(|place| Some(5.0 + 0.5 * f64::from(place))).collect();
    let flat: Vec<Option<f64>> =
        (0..60).map(|place: usize| Some(0.8 + 0.01 * ((place * place * 31 + place * 17) % 13) as f64)).collect();
    let all = [
        series("RequestCount", "Sum", &requests),
        series("MemoryUtilization", "Average", &growing),
        series("CPUUtilization", "Average", &flat),
    ];
    insta::assert_snapshot!(sentences(&all), @r"
    correlation: MemoryUtilization Average rises with time, not with RequestCount: +0.5 a period of 60 s in the 15 with requests, +0.5 in the 45 without (r 0.00 of changes)
    correlation: CPUUtilization Average does not follow RequestCount: mean 0.85 in the 15 periods of 60 s with requests, 0.85 in the 45 without (r -0.09 of values, -0.07 of changes)
    ");
}

#[test]
fn without_enough_periods_or_without_a_count_nothing_is_said() {
    let few = [series("RequestCount", "Sum", &requests(7)), series("CPUUtilization", "Average", &[Some(1.0); 7])];
    assert!(of(&few).is_empty());
    let average =
        [series("RequestCount", "Average", &requests(60)), series("CPUUtilization", "Average", &[Some(1.0); 60])];
    assert!(of(&average).is_empty());
    let none = [series("RequestCount", "Sum", &[None; 60]), series("CPUUtilization", "Average", &[Some(1.0); 60])];
    assert!(of(&none).is_empty());
}

#[test]
fn the_coefficient_is_that_of_pythons_statistics() {
    // statistics.correlation([1, 2, 3, 4, 7], [2, 1, 5, 4, 11])
    let pairs = [(1.0, 2.0), (2.0, 1.0), (3.0, 5.0), (4.0, 4.0), (7.0, 11.0)];
    assert!((pearson(&pairs) - 0.938_367_718_219_317_2).abs() < 1e-12, "{}", pearson(&pairs));
    assert_eq!(pearson(&[(1.0, 2.0), (1.0, 3.0)]), 0.0);
    assert_eq!(pearson(&[]), 0.0);
}

proptest! {
    #[test]
    fn any_series_give_finite_figures_and_one_line(
        requests in prop::collection::vec(prop::option::of(prop::num::f64::ANY), 0..60),
        cost in prop::collection::vec(prop::option::of(prop::num::f64::ANY), 0..60),
    ) {
        let all = [series("RequestCount", "Sum", &requests), series("MemoryUtilization", "Average", &cost)];
        for pair in of(&all) {
            let optional = [pair.mean_when_driven, pair.mean_when_idle, pair.change_per_unit];
            prop_assert!(optional.into_iter().flatten().chain([pair.values, pair.changes]).all(f64::is_finite), "{pair:?}");
            prop_assert!(pair.values.abs() <= 1.0 && pair.changes.abs() <= 1.0);
            let text = sentence(&pair, &all).unwrap_or_default();
            prop_assert!(!text.contains('\n') && !text.contains("NaN") && !text.contains("inf"), "{text}");
        }
    }
}
