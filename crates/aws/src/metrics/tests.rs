#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Window,
    facts::{MetricId, Point, Shape},
};
use proptest::prelude::*;

use super::{changes, query::period, series, shape, text::rendered};

fn start() -> Timestamp {
    "2025-12-16T05:00:00Z".parse().unwrap()
}

fn points(values: &[f64]) -> Vec<Point> {
    let at = |place: usize| start() + SignedDuration::from_mins(i64::try_from(place).unwrap());
    values.iter().enumerate().map(|(place, value)| Point { at: at(place), value: *value }).collect()
}

fn shape_of(values: &[f64]) -> Shape {
    let points = points(values);
    shape::of(&points, &changes::of(&points))
}

/// Noise that is the same on every run.
fn noisy(place: usize) -> f64 {
    ((place * 7919) % 13) as f64 / 13.0 - 0.5
}

fn made(length: usize, value: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..length).map(|place| value(place) + 0.2 * noisy(place)).collect()
}

#[test]
fn shapes_are_told_apart() {
    assert_eq!(shape_of(&[]), Shape::Empty);
    assert_eq!(shape_of(&[0.0; 30]), Shape::Flat);
    assert_eq!(shape_of(&made(60, |_| 20.0)), Shape::Flat);
    assert_eq!(shape_of(&made(60, |place| if place == 40 || place == 41 { 90.0 } else { 4.0 })), Shape::Spikes);
    assert_eq!(shape_of(&made(60, |place| if place < 40 { 4.0 } else { 30.0 })), Shape::Step);
    assert_eq!(shape_of(&made(60, |place| 4.0 + place as f64)), Shape::Ramp);
    assert_eq!(shape_of(&made(60, |place| 5.0 + 6.0 * (place % 15) as f64)), Shape::Sawtooth);
    let pinned = |place: usize| if (10..22).contains(&place) || (35..48).contains(&place) { 99.9 } else { 2.0 };
    assert_eq!(shape_of(&(0..60).map(pinned).collect::<Vec<_>>()), Shape::Plateau);
}

#[test]
fn a_change_of_level_is_placed_on_its_first_point_and_a_spike_is_none() {
    let changed = changes::of(&points(&made(60, |place| if place < 40 { 4.0 } else { 30.0 })));
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0].at, start() + SignedDuration::from_mins(40));
    assert!((changed[0].before - 4.0).abs() < 0.1 && (changed[0].after - 30.0).abs() < 0.1, "{changed:?}");
    assert!(changes::of(&points(&made(60, |place| if place == 30 { 90.0 } else { 4.0 }))).is_empty());
    assert!(changes::of(&points(&[3.0; 60])).is_empty());
}

#[test]
fn a_series_is_written_as_figures_shape_picture_and_the_points_that_matter() {
    let dimensions = BTreeMap::from([("DBClusterIdentifier".to_owned(), "app".to_owned())]);
    let metric = MetricId { namespace: "AWS/RDS".to_owned(), name: "DatabaseConnections".to_owned(), dimensions };
    let values: Vec<f64> = (0..60).map(|place| if place < 40 { 4.0 } else { 30.0 }).collect();
    let window = Window { start: start(), end: start() + SignedDuration::from_mins(60) };
    let series = series(metric, "Average".to_owned(), 60, points(&values), Some(&points(&[4.0, 4.5])));
    insta::assert_snapshot!(rendered(&series, window), @r"
    AWS/RDS DatabaseConnections DBClusterIdentifier=app, Average per 60 s: window 60 points, sum 760, min 4, max 30, mean 12.667; baseline 2 points, sum 8.5, min 4, max 4.5, mean 4.25
      shape: step
      |▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂████████████████████|
      change: 2025-12-16T05:40:00Z from 4 to 30
      2025-12-16T05:00:00Z 4
      2025-12-16T05:39:00Z 4
      2025-12-16T05:40:00Z 30
      2025-12-16T05:59:00Z 30
    ");
}

#[test]
fn no_points_are_said_and_are_no_zeros() {
    let metric =
        MetricId { namespace: "AWS/Lambda".to_owned(), name: "Errors".to_owned(), dimensions: BTreeMap::new() };
    let window = Window { start: start(), end: start() + SignedDuration::from_mins(60) };
    let series = series(metric, "Sum".to_owned(), 60, vec![], Some(&[]));
    insta::assert_snapshot!(rendered(&series, window), @"AWS/Lambda Errors, Sum per 60 s: window no points; baseline no points");
}

#[test]
fn the_period_follows_retention_and_the_number_of_points() {
    let hours = |ago: i64, length: i64| {
        let from = start() - SignedDuration::from_hours(ago);
        Window { start: from, end: from + SignedDuration::from_hours(length) }
    };
    assert_eq!(period(hours(24, 2), None, start()), 60);
    assert_eq!(period(hours(72, 72), None, start()), 300);
    assert_eq!(period(hours(24 * 20, 2), None, start()), 300);
    assert_eq!(period(hours(24 * 100, 2), None, start()), 3_600);
    assert_eq!(period(hours(24, 2), Some(600), start()), 600, "a coarser one is as asked");
    assert_eq!(period(hours(72, 72), Some(60), start()), 300, "a finer one would give too many points");
}

proptest! {
    #[test]
    fn any_points_have_a_shape_and_a_text(values in prop::collection::vec(prop::num::f64::ANY, 0..200)) {
        let metric = MetricId { namespace: "a".to_owned(), name: "b".to_owned(), dimensions: BTreeMap::new() };
        let window = Window { start: start(), end: start() + SignedDuration::from_mins(60) };
        let series = series(metric, "Sum".to_owned(), 60, points(&values), None);
        prop_assert!(rendered(&series, window).len() < 4_000);
    }
}

#[test]
fn a_statistic_that_is_another_one_point_by_point_is_told_in_one_line() {
    let metric = MetricId { namespace: "AWS/RDS".into(), name: "CPUUtilization".into(), dimensions: BTreeMap::new() };
    let of = |statistic: &str, last: f64| {
        let values: Vec<f64> = (0..9).map(f64::from).chain([last]).collect();
        series(metric.clone(), statistic.into(), 60, points(&values), None)
    };
    let window = Window { start: start(), end: start() + SignedDuration::from_hours(1) };
    let same = super::text::all(&[of("Average", 9.0), of("Maximum", 9.0)], window);
    assert!(same.ends_with("mean 4.5\n  point by point as Average\n"), "{same}");
    let other = super::text::all(&[of("Average", 9.0), of("Maximum", 12.0)], window);
    assert_eq!(other.matches("shape:").count(), 2);
}

#[test]
fn what_has_no_point_at_all_is_told_once_for_a_resource() {
    let of = |name: &str, resource: &str, baseline: &[Point]| {
        let dimensions = BTreeMap::from([("QueueName".to_owned(), resource.to_owned())]);
        let metric = MetricId { namespace: "AWS/SQS".to_owned(), name: name.to_owned(), dimensions };
        series(metric, "Sum".to_owned(), 60, vec![], Some(baseline))
    };
    let window = Window { start: start(), end: start() + SignedDuration::from_hours(1) };
    let told = [
        of("NumberOfMessagesSent", "orders", &[]),
        of("NumberOfMessagesReceived", "orders", &[]),
        of("NumberOfMessagesDeleted", "orders", &points(&[1.0])),
        of("NumberOfMessagesSent", "mails", &[]),
    ];
    insta::assert_snapshot!(super::text::all(&told, window), @r"
    AWS/SQS QueueName=orders, per 60 s: window no points; baseline no points: NumberOfMessagesSent Sum, NumberOfMessagesReceived Sum
    AWS/SQS NumberOfMessagesDeleted QueueName=orders, Sum per 60 s: window no points; baseline 1 point, sum 1, min 1, max 1, mean 1
    AWS/SQS NumberOfMessagesSent QueueName=mails, Sum per 60 s: window no points; baseline no points
    ");
}
