#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use jiff::Timestamp;
use proptest::prelude::*;

use super::{named, scope, times, vague};

fn now() -> Timestamp {
    "2025-12-16T06:10:00Z".parse().unwrap()
}

fn spans(text: &str) -> Option<String> {
    let times = times(text, now())?;
    Some(format!("{} {}", times.start, times.end.map_or("now".to_owned(), |end| end.to_string())))
}

#[test]
fn a_name_counts_as_a_whole_word_and_the_longest_wins() {
    let names = ["orders", "orders-api", "/aws/lambda/orders-api", "api", "users"];
    assert_eq!(named("Why does Orders-API fail?", names.into_iter()), ["orders-api"]);
    assert_eq!(
        named("what is in /aws/lambda/orders-api, and users?", names.into_iter()),
        ["/aws/lambda/orders-api", "users"]
    );
    assert!(named("my-orders-api2 is slow", names.into_iter()).is_empty());
}

#[test]
fn times_are_read_as_full_times_times_of_the_clock_and_spans_before_now() {
    assert_eq!(spans("errors since 05:45 UTC").unwrap(), "2025-12-16T05:45:00Z now");
    assert_eq!(spans("at 23:30 it broke").unwrap(), "2025-12-15T23:30:00Z now", "a time after now was yesterday");
    assert_eq!(spans("between 04:00 and 5:30").unwrap(), "2025-12-16T04:00:00Z 2025-12-16T05:30:00Z");
    assert_eq!(spans("on 2025-12-14 09:00, or 2025-12-14T10:00:00+01:00").unwrap(), "2025-12-14T09:00:00Z now");
    assert_eq!(spans("in the last 2 hours").unwrap(), "2025-12-16T04:10:00Z now");
    assert_eq!(spans("20 minutes ago").unwrap(), "2025-12-16T05:50:00Z now");
    assert_eq!(spans("why is it slow? error 10.0.0.1:8080"), None);
}

#[test]
fn a_time_days_ago_gives_a_window_of_a_day_and_says_so() {
    let scope = scope("us-east-1", times("since 2025-12-10T12:00Z", now()).unwrap(), now());
    assert_eq!(scope.window.to_string(), "2025-12-10T11:00:00Z to 2025-12-11T11:00:00Z");
    assert_eq!(scope.notes.len(), 2);
}

#[test]
fn a_part_of_the_day_says_how_far_back_to_look() {
    let window = |text: &str| vague("us-east-1", text, now()).window.to_string();
    assert_eq!(window("slow since lunch"), "2025-12-16T00:10:00Z to 2025-12-16T06:10:00Z");
    assert_eq!(window("What happened last night?"), "2025-12-15T14:10:00Z to 2025-12-16T06:10:00Z");
    assert_eq!(window("afternoons are slow"), "2025-12-16T03:10:00Z to 2025-12-16T06:10:00Z");
}

proptest! {
    #[test]
    fn no_question_breaks_the_reader(text in "(\\PC|[0-9:T +-]|last|ago| hours){0,60}") {
        let names = ["orders", "ord"];
        let _ = named(&text, names.into_iter());
        if let Some(times) = times(&text, now()) {
            let scope = scope("us-east-1", times, now());
            prop_assert!(scope.window.start < scope.window.end, "{}", scope.window);
        }
    }
}
