#![allow(clippy::unwrap_used)]

use super::*;

fn pauses(minutes: impl IntoIterator<Item = i64>) -> Vec<String> {
    let start: Timestamp = "2026-06-10T09:00:00Z".parse().unwrap();
    let at = |minute| later(start, SignedDuration::from_mins(minute));
    let points: Vec<Point> = minutes.into_iter().map(|minute| Point { at: at(minute), value: 1.0 }).collect();
    of(&points, Window { start, end: at(240) }, 60).iter().map(Window::to_string).collect()
}

#[test]
fn what_comes_regularly_and_stops_pauses() {
    let polls = (0..120).step_by(10);
    assert_eq!(pauses(polls.clone()), ["2026-06-10T10:51:00Z to 2026-06-10T13:00:00Z"]);
    let twice = polls.chain((180..240).step_by(10));
    assert_eq!(pauses(twice), ["2026-06-10T10:51:00Z to 2026-06-10T12:00:00Z"]);
    assert!(pauses((0..240).filter(|minute| minute % 30 != 0)).is_empty(), "a point that is missing is no pause");
}

#[test]
fn what_comes_by_chance_or_seldom_does_not_pause() {
    assert!(pauses([3, 4, 31, 39, 80, 81, 150, 229]).is_empty());
    assert!(pauses([0, 1, 2]).is_empty());
    assert!(pauses([]).is_empty());
}
