//! Revisions that changed what a program is given, and since which it fails or is slow without an error that names the setting.

use marple_case::{ActionKind, Category, facts::Shape};

use super::{
    fleet::Fleet,
    world::{exception, template},
};

const FROM_10_27: fn(usize, f64, f64) -> f64 = |minute, before, after| if minute < 27 { before } else { after };

/// Requests of which some fail, or take longer, from 10:27 on; the deployment is of 10:25.
fn deployed(name: &str, metric: &'static str, statistic: &str, values: (f64, f64), differences: &[&str]) -> Fleet {
    let values: Vec<f64> = (0..60).map(|minute| FROM_10_27(minute, values.0, values.1)).collect();
    let low = values[0];
    let fleet = Fleet::new(name).running("2026-03-05T10:25:20Z").deployed("2026-03-05T10:25:00Z", differences);
    fleet.minutes("RequestCount", "Sum", Shape::Flat, &[50.0; 60], (48.0, 52.0)).minutes(
        metric,
        statistic,
        Shape::Step,
        &values,
        (low, low),
    )
}

fn failing(name: &str, differences: &[&str]) -> Fleet {
    deployed(name, "HTTPCode_Target_5XX_Count", "Sum", (0.0, 6.0), differences)
}

const IMAGE: &str = "image: r.example/a:r41 -> r.example/a:r42";

#[test]
fn a_secret_that_a_revision_dropped_is_missing_even_where_the_image_is_new() {
    let mut fleet = failing("quotes", &[IMAGE, "secrets: - PARTNER_TOKEN"]);
    fleet.world.summary.templates = vec![
        template("INFO partner client ready token=<empty>", 2, 0, "2026-03-05T10:25:40Z"),
        template("WARN quote <*> not sent, outcome REJECTED", 190, 0, "2026-03-05T10:27:11Z"),
    ];
    let (cause, plan) = fleet.investigate();
    assert_eq!(cause.category, Category::MissingCredentials);
    assert!(cause.title.contains("PARTNER_TOKEN"), "{}", cause.title);
    assert_eq!(cause.onset.unwrap().to_string(), "2026-03-05T10:27:11Z");
    assert_eq!(
        (plan.immediate[0].kind, plan.immediate[0].rollback_to.as_deref()),
        (ActionKind::Rollback, Some("quotes:41"))
    );
}

#[test]
fn one_value_that_a_revision_replaced_explains_what_is_slow_since() {
    let fleet =
        deployed("rates", "TargetResponseTime", "Average", (0.1, 0.9), &["environment CACHE_MODE: read -> off"]);
    let (cause, plan) = fleet.investigate();
    assert_eq!(cause.category, Category::Misconfiguration);
    assert!(cause.title.contains("sets CACHE_MODE to off in place of read"), "{}", cause.title);
    assert_eq!(plan.immediate[0].kind, ActionKind::Rollback);
}

#[test]
fn of_several_values_the_one_that_the_log_shows_is_told() {
    let differences = ["environment LOG_LEVEL: info -> debug", "environment WRITE_MODE: batch -> single"];
    let mut fleet = failing("stock", &differences);
    let line = template("INFO writer ready write_mode=single", 2, 0, "2026-03-05T10:25:40Z");
    fleet.world.summary.templates = vec![line];
    let (cause, _) = fleet.investigate();
    assert!(cause.title.contains("WRITE_MODE") && !cause.title.contains("LOG_LEVEL"), "{}", cause.title);
}

#[test]
fn settings_are_not_blamed_for_what_stood_before_or_came_much_later_or_has_its_own_error() {
    let setting = "environment CACHE_MODE: read -> off";
    let mut before = failing("rates", &[setting]);
    let early: Vec<f64> = vec![6.0; 60];
    before.series.pop();
    let before = before.minutes("HTTPCode_Target_5XX_Count", "Sum", Shape::Flat, &early, (0.0, 0.0));
    let mut late = failing("rates", &[setting]);
    late.service.deployments[0].created = Some("2026-03-05T10:05:00Z".parse().unwrap());
    let mut own = failing("rates", &[setting]);
    own.world.summary.exceptions =
        vec![exception("node", "TypeError", "Cannot read properties of undefined", Some(("/app/rates.js", 8, None)))];
    let image = failing("rates", &[IMAGE, setting]);
    for fleet in [before, late, own, image] {
        let (cause, _) = fleet.investigate();
        assert!(!cause.title.contains("CACHE_MODE"), "{}", cause.title);
    }
}
