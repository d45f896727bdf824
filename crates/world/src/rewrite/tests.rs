#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;
use std::sync::Arc;

use insta::assert_snapshot;
use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::{Files, Scenario, World};

fn fixture() -> Files {
    Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bookshop")).unwrap()
}

fn one(path: &str, text: &str) -> Files {
    Files::from_iter([(path.to_owned(), text.to_owned())])
}

fn text<'a>(files: &'a Files, path: &str) -> &'a str {
    std::str::from_utf8(files.get(path).unwrap()).unwrap()
}

fn names(pairs: &[(&str, &str)]) -> Names {
    pairs.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect()
}

#[test]
fn a_name_is_replaced_where_it_stands_as_a_word_and_the_longest_wins() {
    let files =
        one("scenario.toml", r"orders-api orders reorders orders_x /aws/lambda/orders-api: \torders\norders-api-role.");
    let renamed = rename(&files, &names(&[("orders", "ALPHA"), ("orders-api", "beta"), ("orders-api-role", "gamma")]));
    assert_snapshot!(text(&renamed, "scenario.toml"), @r"beta ALPHA reorders orders_x /aws/lambda/beta: \tALPHA\ngamma.");
}

#[test]
fn paths_are_renamed_where_they_are_names_and_kept_where_they_are_the_formats() {
    let paths = [
        "world/lambda/functions/code/code/code.js",
        "world/lambda/functions/code/versions/1/code/lib/code.js",
        "world/lambda/functions/code/versions.json",
        "world/cloudformation/stacks/code/resources.json",
        "world/logs/code.jsonl",
        "world/logs/log-groups.json",
    ];
    let files: Files = paths.iter().map(|path| (*path, "")).collect();
    let renamed =
        rename(&files, &names(&[("code", "NEW"), ("log-groups", "BAD"), ("versions", "BAD"), ("resources", "BAD")]));
    let renamed: Vec<&str> = renamed.iter().map(|(path, _)| path).collect();
    assert_snapshot!(renamed.join("\n"), @r"
    world/cloudformation/stacks/NEW/resources.json
    world/lambda/functions/NEW/code/NEW.js
    world/lambda/functions/NEW/versions.json
    world/lambda/functions/NEW/versions/1/code/lib/NEW.js
    world/logs/NEW.jsonl
    world/logs/log-groups.json
    ");
}

#[test]
fn times_of_every_form_are_shifted_and_nothing_else() {
    let shifted = shift(
        &one(
            "world/logs/a.jsonl",
            concat!(
                "2025-12-16T05:45:37.102Z 2025-12-31T23:30:00+09:00 2025/12/19 00:13:28 panic 2025-12-16T05:45Z\n",
                r#"{"logStream": "2025/12/16/[$LATEST]0a", "timestamp": 1765863937102, "eventTime":1765863937.102}"#,
                r#" {"createdAt": 1765863937.1, "flatAttic": 1765863937}"#,
                "\n",
                r#""{\"timestamp\":1765863937102}" "Version": "2012-10-17" "Timeout": 900 "id": 1765863937102 2025-13-16T05:45:37Z"#,
            ),
        ),
        SignedDuration::from_hours(25),
    );
    assert_snapshot!(text(&shifted, "world/logs/a.jsonl"), @r#"
    2025-12-17T06:45:37.102Z 2026-01-02T00:30:00+09:00 2025/12/20 01:13:28 panic 2025-12-17T06:45Z
    {"logStream": "2025/12/17/[$LATEST]0a", "timestamp": 1765953937102, "eventTime":1765953937.102} {"createdAt": 1765953937.1, "flatAttic": 1765863937}
    "{\"timestamp\":1765953937102}" "Version": "2012-10-17" "Timeout": 900 "id": 1765863937102 2025-13-16T05:45:37Z
    "#);
}

#[test]
fn the_code_of_functions_is_renamed_but_not_shifted() {
    let code = "world/lambda/functions/orders-api/code/index.js";
    let files = one(code, "// orders-api, 2025-12-16T05:45:37Z");
    assert_eq!(shift(&files, SignedDuration::from_hours(1)), files);
    let renamed = rename(&files, &names(&[("orders-api", "x")]));
    assert_eq!(text(&renamed, "world/lambda/functions/x/code/index.js"), "// x, 2025-12-16T05:45:37Z");
}

#[test]
fn the_names_of_a_world_are_those_of_its_resources() {
    let names: Vec<String> = resource_names(&fixture()).unwrap().into_iter().collect();
    let known = ["orders-api", "orders-api-role", "bookshop/db", "bookshop-db", "bookshop-db-1", "OrdersFunction"];
    let containers = ["bookshop-cluster", "catalog-web", "catalog-app", "catalog-execution-role", "price-import"];
    let around = ["bookshop/catalog", "bookshop-lb", "catalog-targets", "cpu-target"];
    for name in known.into_iter().chain(containers).chain(around) {
        assert!(names.iter().any(|held| held == name), "{name} in {names:?}");
    }
    assert!(
        !names.iter().any(|name| name == "Database" || name == "bookshop"),
        "a plain word stands for other things too"
    );
}

#[test]
fn a_world_with_fresh_names_still_plays_and_bears_no_old_name() {
    let files = fixture();
    let names = fresh_names(&files, &resource_names(&files).unwrap(), 1);
    let new = &names["orders-api"];
    assert_eq!(names["orders-api-role"], format!("{new}-role"));
    let service = &names["catalog-web"];
    let renamed = rename(&files, &names);
    assert!(renamed.iter().all(
        |(path, content)| !path.contains("orders-api") && !String::from_utf8_lossy(content).contains("orders-api")
    ));
    let scenario = Scenario::load(renamed.clone()).unwrap();
    assert_eq!(scenario.truth.components, std::slice::from_ref(new));
    assert_eq!(World::new(Arc::new(scenario)).check(), Ok(()));
    assert!(text(&renamed, "world/ecs/task-definitions.json").contains(&format!("\"/ecs/{service}\"")));
    let back: Names = names.into_iter().map(|(old, new)| (new, old)).collect();
    assert_eq!(rename(&renamed, &back), files);
}

#[test]
fn shifting_moves_now_and_the_truth_together() {
    let day = SignedDuration::from_hours(24);
    let (before, after) = (Scenario::load(fixture()).unwrap(), Scenario::load(shift(&fixture(), day)).unwrap());
    assert_eq!(after.now.duration_since(before.now), day);
    assert_eq!(after.truth.onset.unwrap().duration_since(before.truth.onset.unwrap()), day);
}

#[test]
fn numbers_by_the_hour_of_the_day_move_by_whole_hours() {
    let traffic = "per_hour = [\n  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,\n  12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23.5,\n]\nper_hour = 7";
    let files = one("world/traffic.toml", traffic);
    let shifted = shift(&files, SignedDuration::from_hours(24 + 5));
    assert_snapshot!(text(&shifted, "world/traffic.toml"), @r"
    per_hour = [
      19, 20, 21, 22, 23.5, 0, 1, 2, 3, 4, 5, 6,
      7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
    ]
    per_hour = 7
    ");
    assert_eq!(shift(&shifted, SignedDuration::from_hours(-24 - 5)), files);
}

/// Pieces of log lines and JSON, times among them.
fn piece() -> impl Strategy<Value = String> {
    let number = |digits: u32| {
        (0..10_u64.pow(digits)).prop_map(move |number| format!("{number:0width$}", width = digits as usize))
    };
    prop_oneof![
        (1990..2100, 1..=12, 1..=31, 0..24, 0..60, 0..60, prop::sample::select(vec!["", ".5", ".123Z", "+0100"]))
            .prop_map(|(y, mo, d, h, mi, s, tail)| format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}{tail}")),
        (1990..2100, 1..=12, 1..=31, 0..24, 0..60)
            .prop_map(|(y, mo, d, h, mi)| format!("{y:04}/{mo:02}/{d:02} {h:02}:{mi:02}")),
        (1990..2100, 1..=12, 1..=31).prop_map(|(y, mo, d)| format!("{y:04}/{mo:02}/{d:02}/[$LATEST]")),
        (1_200_000_000_000_i64..2_000_000_000_000).prop_map(|epoch| format!("\"timestamp\": {epoch}")),
        (1_200_000_000_i64..2_000_000_000).prop_map(|epoch| format!("\\\"eventTime\\\":{epoch}.25")),
        number(4),
        "[-:/T .\"]{1,2}",
    ]
}

proptest! {
    #[test]
    fn shifting_back_undoes_a_shift(pieces in prop::collection::vec(piece(), 1..8), seconds in -100_000_000_i64..100_000_000) {
        let files = one("world/logs/a.jsonl", &pieces.join(" "));
        let by = SignedDuration::from_secs(seconds);
        prop_assert_eq!(shift(&shift(&files, by), -by), files);
    }

    #[test]
    fn renaming_back_undoes_a_renaming(
        words in prop::collection::vec(prop::sample::select(vec![
            "orders", "orders-api", "api", "orders-api-role", "x", "-", "/", "\\n", "_", " ", "ö", "OrdersTable", "Orders",
        ]), 1..30),
    ) {
        let files = one("world/logs/a.jsonl", &words.concat());
        let old = ["orders", "orders-api", "orders-api-role", "OrdersTable"].map(str::to_owned);
        let there = fresh_names(&files, &old.into(), 9);
        let back = there.iter().map(|(old, new)| (new.clone(), old.clone())).collect();
        prop_assert_eq!(rename(&rename(&files, &there), &back), files);
    }
}
