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
