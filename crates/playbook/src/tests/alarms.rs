//! Alarms that count missing data as a breach, on a metric that rests.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    ActionKind, Evidence, Facts, Verdict, Window,
    facts::{MetricId, Metrics, Point},
};
use serde_json::json;

use super::world::{World, alarm_text, at, metric, play, series, taken};

fn imported() -> MetricId {
    metric("Imports", "FilesImported", "Feed", "tariffs")
}

/// A reading of the metric with a point a quarter of an hour at these times.
fn reading(window: Window, points: &[Timestamp]) -> Arc<Evidence> {
    let mut imported = series(imported(), "Sum", (12.0, None));
    imported.points = points.iter().map(|at| Point { at: *at, value: 3.0 }).collect();
    let mut text = "Imports FilesImported Feed=tariffs, Sum per 60 s: window 3 points\n".to_owned();
    for at in points {
        text += &format!("  {at} 3\n");
    }
    let metrics = Metrics { window, baseline: None, series: vec![imported], correlations: Vec::new() };
    taken("get_metrics", json!({}), text, Facts::Metrics(metrics))
}

/// The feed's alarm at 10:33:20, after data until 10:12, with the days before as they are given: minutes after ten with data.
fn rested(days_before: &[&[i64]]) -> (World, Vec<Arc<Evidence>>) {
    let mut world = World::new("poller", "provided.al2023", "bootstrap");
    world.scope.subjects.clear();
    let condition = world.alarm.condition.as_mut().unwrap();
    (condition.metrics, condition.treat_missing_data, condition.comparison) =
        (vec![imported()], "breaching".into(), "LessThanThreshold".into());
    world.alarm.transitions[0].reason = "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching].".into();
    let window = world.scope.window;
    let minute = |day: i64, minute: i64| {
        window
            .start
            .checked_sub(SignedDuration::from_hours(24 * day))
            .unwrap()
            .checked_add(SignedDuration::from_mins(minute))
            .unwrap()
    };
    let now: Vec<Timestamp> = [2, 7, 12].into_iter().map(|at| minute(0, at)).collect();
    let mut earlier: Vec<Timestamp> = Vec::new();
    for (day, minutes) in (1..).zip(days_before) {
        earlier.extend(minutes.iter().map(|at| minute(day, *at)));
    }
    earlier.sort();
    let before = Window { start: minute(3, 0), end: window.start };
    let alarm = taken("describe_alarms", json!({}), alarm_text(&world.alarm), Facts::Alarms(vec![world.alarm.clone()]));
    let mut evidence = vec![alarm, reading(window, &now), reading(before, &earlier)];
    for (index, one) in evidence.iter_mut().map(Arc::make_mut).enumerate() {
        one.id = marple_agent::ports::evidence_id(index);
    }
    (world, evidence)
}

#[test]
fn silence_that_the_days_before_had_at_the_same_hour_is_no_fault() {
    let (world, evidence) = rested(&[&[2, 7, 12], &[1, 11], &[3, 12]]);
    let (cause, plan) = play(&world.scope, &evidence);
    assert_eq!(cause.verdict, Verdict::NoFault);
    assert_eq!(cause.onset, Some(at("2026-03-05T10:32:00Z")));
    assert!(cause.chain.iter().any(|link| link.statement.contains("The day before")), "{:?}", cause.chain);
    let correct = &plan.follow_up[0];
    assert_eq!(correct.kind, ActionKind::Observability);
    assert!(correct.phases.apply[0].text.contains("notBreaching"));
}

#[test]
fn silence_is_not_excused_where_the_day_before_had_data_or_was_not_read() {
    let (world, evidence) = rested(&[&[2, 7, 12, 17, 27], &[2, 12], &[2, 12]]);
    assert_ne!(play(&world.scope, &evidence).0.verdict, Verdict::NoFault);
    let (world, mut evidence) = rested(&[&[2, 7, 12]]);
    evidence.truncate(2);
    assert_ne!(play(&world.scope, &evidence).0.verdict, Verdict::NoFault);
}
