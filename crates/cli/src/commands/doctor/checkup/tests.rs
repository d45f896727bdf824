#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use jiff::{SignedDuration, Timestamp};

use super::{Check, Outcome};

#[test]
fn a_clock_is_as_far_off_as_the_answer_s_time_lies_outside_of_the_asking() {
    let aws: Timestamp = "2026-03-10T09:30:00Z".parse().unwrap();
    let check = |before_s: i64, after_s: i64| {
        let at = |seconds| aws + SignedDuration::from_secs(seconds);
        let check = Check::of_clock(Some(aws), at(before_s), at(after_s));
        (check.outcome, check.detail)
    };
    assert_eq!(check(-1, 1), (Outcome::Fine, "as AWS's".to_owned()));
    // A slow answer is no skew.
    assert_eq!(check(-400, 1), (Outcome::Fine, "as AWS's".to_owned()));
    assert_eq!(check(61, 62), (Outcome::Unsure, "60 s ahead of AWS's".to_owned()));
    assert_eq!(check(-301, -300), (Outcome::Failed, "300 s behind AWS's".to_owned()));
    assert_eq!(Check::of_clock(None, aws, aws).outcome, Outcome::Unsure);
}
