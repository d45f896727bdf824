#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::*;

#[test]
fn a_moment_that_insights_gives_as_a_number_is_shown_as_the_time() {
    let query = "stats min(@timestamp) as first, max( @timestamp ), count(*) as n by bin(1m)";
    assert_eq!(moments(query), ["first", "max( @timestamp )"]);
    assert_eq!(as_moment("1765863937102"), "2025-12-16T05:45:37.102Z");
    assert_eq!(as_moment("2025-12-16 05:45:37.102"), "2025-12-16 05:45:37.102");
}
