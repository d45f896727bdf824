#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::borrow::Cow;

use jiff::SignedDuration;
use marple_case::facts::Novelty;

use super::mine;
use crate::logs::blocks::Block;

fn blocks(lines: &[String]) -> Vec<Block<'_>> {
    let start: jiff::Timestamp = "2025-12-16T05:00:00Z".parse().unwrap();
    let at = |place: usize| start + SignedDuration::from_secs(i64::try_from(place).unwrap());
    lines
        .iter()
        .enumerate()
        .map(|(place, line)| Block { at: at(place), stream: "a", text: Cow::Borrowed(line) })
        .collect()
}

#[test]
fn what_is_new_comes_first_errors_before_all_and_the_usual_last() {
    let usual = |count: usize| (0..count).map(|number| format!("GET /api/orders/{number} 200 {number}ms"));
    let window: Vec<String> = usual(40)
        .chain(["connected to replica".to_owned(), "ERROR pool exhausted after 30s".to_owned()])
        .chain(["START RequestId: 1 Version: $LATEST".to_owned()])
        .collect();
    let baseline: Vec<String> = usual(38).chain(["nightly report written".to_owned()]).collect();
    let mined = mine(&blocks(&window), &blocks(&baseline));
    let seen: Vec<(Novelty, &str)> = mined.templates.iter().map(|one| (one.novelty, one.sample.as_str())).collect();
    assert_eq!(
        seen,
        [
            (Novelty::New, "ERROR pool exhausted after 30s"),
            (Novelty::New, "connected to replica"),
            (Novelty::Vanished, "nightly report written"),
            (Novelty::Usual, "GET /api/orders/0 200 0ms"),
        ]
    );
    assert!(mined.templates[0].is_error && !mined.templates[3].is_error);
    assert_eq!((mined.templates[3].count, mined.templates[3].baseline_count), (40, 38));
}

#[test]
fn entries_of_a_slow_query_log_are_told_apart_by_their_statements() {
    let entry = |user: &str, number: usize, statement: &str| {
        format!(
            "# Time: 2026-03-05T10:00:{number:02}.000000Z\n# User@Host: {user}[{user}] @ [10.0.0.9] Id: {number}\n# Query_time: 3.{number} Rows_examined: 9{number}\nSET timestamp=17{number};\n{statement} {number};"
        )
    };
    let report = |number| entry("reporting", number, "SELECT region, SUM(total) FROM sales WHERE day =");
    let points = |number| {
        entry("points_rw", number, "SELECT tier FROM members JOIN stays ON LOWER(mail) = LOWER(guest) WHERE id =")
    };
    let (usual, now): (Vec<String>, Vec<String>) =
        (vec![report(11)], [vec![report(12)], (20..40).map(points).collect()].concat());
    let mined = mine(&blocks(&now), &blocks(&usual));
    let told: Vec<(u64, u64)> = mined.templates.iter().map(|line| (line.count, line.baseline_count)).collect();
    assert_eq!(told, [(20, 0), (1, 1)]);
    assert!(mined.templates[0].sample.starts_with("SELECT tier"), "{}", mined.templates[0].sample);
    assert!(mined.templates[0].sample.contains("\n# User@Host: points_rw[points_rw]"), "{}", mined.templates[0].sample);
}
