#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use jiff::Timestamp;
use marple_case::{Scope, Window};

use super::{baseline, fill};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn scope() -> Scope {
    Scope {
        account: None,
        region: "us-east-1".to_owned(),
        now: at("2025-12-16T06:10:00Z"),
        alarm: None,
        subjects: vec![],
        window: Window { start: at("2025-12-16T05:00:00Z"), end: at("2025-12-16T06:00:00Z") },
        baseline: Window { start: at("2025-12-15T05:00:00Z"), end: at("2025-12-15T06:00:00Z") },
        period_s: 60,
        first_breach: None,
        recovered_at: None,
        notes: vec![],
    }
}

fn filled(start: Option<&str>, end: Option<&str>) -> Result<String, String> {
    let (mut start, mut end) = (start.map(at), end.map(at));
    fill(&mut start, &mut end, &scope())?;
    Ok(format!("{} to {}", start.unwrap(), end.unwrap()))
}

#[test]
fn a_span_that_is_left_out_is_the_incidents_window() {
    assert_eq!(filled(None, None).unwrap(), "2025-12-16T05:00:00Z to 2025-12-16T06:00:00Z");
    assert_eq!(filled(Some("2025-12-13T00:00:00Z"), None).unwrap(), "2025-12-13T00:00:00Z to 2025-12-16T06:00:00Z");
    assert_eq!(filled(None, Some("2025-12-16T04:00:00Z")).unwrap(), "2025-12-16T03:00:00Z to 2025-12-16T04:00:00Z");
    assert_eq!(filled(Some("2025-12-16T06:05:00Z"), None).unwrap(), "2025-12-16T06:05:00Z to 2025-12-16T06:10:00Z");
}

#[test]
fn a_span_that_ends_before_it_starts_is_refused_with_both_bounds() {
    let reason = filled(Some("2025-12-16T06:00:00Z"), Some("2025-12-16T05:00:00Z")).unwrap_err();
    assert!(reason.contains("start 2025-12-16T06:00:00Z is not before end 2025-12-16T05:00:00Z"), "{reason}");
}

#[test]
fn the_baseline_of_a_span_longer_than_a_day_does_not_overlap_it() {
    let window = Window { start: at("2025-12-13T00:00:00Z"), end: at("2025-12-15T12:00:00Z") };
    let compared = baseline(window, &scope());
    assert_eq!(compared.to_string(), "2025-12-10T00:00:00Z to 2025-12-12T12:00:00Z");
}
