#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use jiff::Timestamp;
use marple_case::{
    Scope,
    facts::{Alarm, AlarmCondition, AlarmState, AlarmTransition, Point},
};

use super::scope;

fn at(text: &str) -> Timestamp {
    format!("2025-12-{text}Z").parse().unwrap()
}

fn to(state: AlarmState, when: &str, points: &[(&str, f64)]) -> AlarmTransition {
    let from = if state == AlarmState::Alarm { AlarmState::Ok } else { AlarmState::Alarm };
    let points = points.iter().map(|(when, value)| Point { at: at(when), value: *value }).collect();
    AlarmTransition { at: at(when), from, to: state, reason: String::new(), points }
}

fn alarm(state: AlarmState, period_s: u32, evaluation_periods: u32, transitions: Vec<AlarmTransition>) -> Alarm {
    Alarm {
        name: "api-errors".to_owned(),
        arn: "arn:aws:cloudwatch:us-east-1:111122223333:alarm:api-errors".to_owned(),
        description: None,
        state,
        state_since: transitions.last().map(|last| last.at),
        state_reason: String::new(),
        condition: Some(AlarmCondition {
            metrics: vec![],
            expression: None,
            statistic: "Sum".to_owned(),
            period_s,
            evaluation_periods,
            datapoints_to_alarm: 2,
            threshold: Some(10.0),
            comparison: "GreaterThanThreshold".to_owned(),
            treat_missing_data: "missing".to_owned(),
        }),
        transitions,
    }
}

fn of(alarm: &Alarm, now: &str) -> Scope {
    scope("us-east-1", alarm, vec![], at(now), vec![])
}

#[test]
fn the_first_breach_is_the_oldest_data_point_beyond_the_threshold_and_not_the_transition() {
    let points = [("16T05:30:00", 3.0), ("16T05:35:00", 12.0), ("16T05:40:00", 11.0)];
    let scope =
        of(&alarm(AlarmState::Alarm, 300, 3, vec![to(AlarmState::Alarm, "16T05:47:10", &points)]), "16T06:10:00");
    assert_eq!(scope.first_breach, Some(at("16T05:35:00")));
    assert_eq!(scope.window.start, at("16T04:20:00"), "5 × 300 s × 3 before it");
    assert_eq!(scope.window.end, at("16T06:10:00"));
    assert_eq!(scope.baseline.start, at("15T04:20:00"));
    assert_eq!(scope.recovered_at, None);
}

#[test]
fn a_short_alarm_still_gets_an_hour_before_its_breach() {
    let fired = to(AlarmState::Alarm, "16T05:46:52", &[("16T05:45:00", 11.0)]);
    assert_eq!(of(&alarm(AlarmState::Alarm, 60, 1, vec![fired]), "16T06:10:00").window.start, at("16T04:45:00"));
}

#[test]
fn an_alarm_that_recovered_days_ago_is_looked_at_then_and_not_until_now() {
    let transitions =
        vec![to(AlarmState::Alarm, "10T12:02:00", &[("10T12:00:00", 11.0)]), to(AlarmState::Ok, "10T12:30:00", &[])];
    let scope = of(&alarm(AlarmState::Ok, 60, 1, transitions), "16T06:10:00");
    assert_eq!(scope.window.to_string(), "2025-12-10T11:00:00Z to 2025-12-10T13:30:00Z");
    assert_eq!(scope.recovered_at, Some(at("10T12:30:00")));
    insta::assert_snapshot!(scope.notes.join("\n"), @r"
    the alarm is in state OK since 2025-12-10T12:30:00Z; its last episode, which began at 2025-12-10T12:00:00Z, is investigated
    the alarm's dimensions name no resource that is known here
    the window ends at 2025-12-10T13:30:00Z and not now (2025-12-16T06:10:00Z): the breach lies that far back
    ");
}

#[test]
fn an_alarm_that_has_been_firing_for_days_is_looked_at_for_its_first_day_and_says_so() {
    let fired = to(AlarmState::Alarm, "12T12:02:00", &[("12T12:00:00", 11.0)]);
    let scope = of(&alarm(AlarmState::Alarm, 60, 1, vec![fired]), "16T06:10:00");
    assert_eq!(scope.window.to_string(), "2025-12-12T11:00:00Z to 2025-12-13T11:00:00Z");
    assert!(scope.notes.iter().any(|note| note.contains("ends at 2025-12-13T11:00:00Z")), "{:?}", scope.notes);
    assert!(scope.baseline.end <= scope.window.start);
}

#[test]
fn the_last_episode_is_investigated_and_the_earlier_ones_are_noted() {
    let transitions = vec![
        to(AlarmState::Alarm, "15T15:12:00", &[]),
        to(AlarmState::Ok, "15T15:20:00", &[]),
        to(AlarmState::Alarm, "16T05:46:52", &[]),
    ];
    let scope = of(&alarm(AlarmState::Alarm, 60, 1, transitions), "16T06:10:00");
    assert_eq!(scope.first_breach, Some(at("16T05:46:52")));
    assert!(scope.notes.iter().any(|note| note.contains("once before") && note.contains("2025-12-15T15:12:00Z")));
}

#[test]
fn an_alarm_that_never_fired_is_looked_at_before_now() {
    let scope = of(&alarm(AlarmState::Ok, 60, 1, vec![]), "16T06:10:00");
    assert_eq!(scope.window.to_string(), "2025-12-16T05:10:00Z to 2025-12-16T06:10:00Z");
    assert_eq!(scope.first_breach, None);
}
