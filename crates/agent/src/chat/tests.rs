#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use marple_case::Trigger;

use super::question::scope_at;

#[test]
fn the_window_of_an_account_moves_with_the_question_and_an_incidents_stays() {
    let scope = serde_json::json!({
        "account": null, "region": "us-east-1", "now": "2026-01-02T11:00:00Z", "alarm": null, "subjects": [],
        "window": {"start": "2026-01-02T08:00:00Z", "end": "2026-01-02T11:00:00Z"},
        "baseline": {"start": "2026-01-01T08:00:00Z", "end": "2026-01-01T11:00:00Z"},
        "period_s": 60, "first_breach": null, "recovered_at": null, "notes": []
    });
    let scope: marple_case::Scope = serde_json::from_value(scope).unwrap();
    let later = "2026-01-03T20:30:00Z".parse().unwrap();
    let of_account = scope_at(&scope, Some(&Trigger::Account), later);
    assert_eq!(of_account.window.to_string(), "2026-01-03T17:30:00Z to 2026-01-03T20:30:00Z");
    assert_eq!(of_account.baseline.to_string(), "2026-01-02T17:30:00Z to 2026-01-02T20:30:00Z");
    let of_incident = scope_at(&scope, Some(&Trigger::LatestAlarm), later);
    assert_eq!((of_incident.window, of_incident.now), (scope.window, later));
}
