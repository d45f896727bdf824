use super::*;

#[test]
fn durations_name_their_units() {
    assert_eq!(
        [0, 999, 12_345, 362_000, 3_840_000].map(duration),
        ["0 ms", "999 ms", "12.3 s", "6 min 02 s", "1 h 04 min"]
    );
}

#[test]
fn thousands_stand_apart() {
    assert_eq!([7, 999, 1_000, 12_345_678].map(count), ["7", "999", "1,000", "12,345,678"]);
}

#[test]
fn an_unknown_price_is_not_zero() {
    assert_eq!(cost(None, "unknown"), "unknown");
    assert_eq!(cost(Some(f64::NAN), "unknown"), "unknown");
    assert_eq!([0.0, 0.012_34, 1.2].map(|dollars| cost(Some(dollars), "unknown")), ["$0", "$0.0123", "$1.20"]);
}

#[test]
fn measures_keep_the_decimals_that_matter() {
    assert_eq!([3.0, 65.24, 0.004, 5000.0, 100.0].map(measure), ["3", "65.2", "0.004", "5000", "100"]);
}
